// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Flows and their hash, and state: tables of every kind, and the results of look-ups.
 */
#include <dlfcn.h>

#include "lib/run_state.h"

/* ---------------------------------------------------------------- flows */

/* The five fields of a flow, as in the packet. */
static struct state_flow flow_of(const struct packet *p, bool ports)
{
	struct state_flow flow = {.protocol = p->protocol};

	if (p->family == 4) {
		flow.source[2] = flow.destination[2] = htonl(0xffff);
		memcpy(flow.source + 3, p->data + p->l3 + 12, 4);
		memcpy(flow.destination + 3, p->data + p->l3 + 16, 4);
	} else {
		memcpy(flow.source, p->data + p->l3 + 8, 16);
		memcpy(flow.destination, p->data + p->l3 + 24, 16);
	}
	if (ports) {
		memcpy(&flow.source_port, p->data + p->l4, 2);
		memcpy(&flow.destination_port, p->data + p->l4 + 2, 2);
	}
	return flow;
}

/* On 64-bit machines, std::_Hash_bytes() of GNU libstdc++ is MurmurHash64A. */
static uint64_t murmur(const void *bytes, size_t size, uint64_t seed)
{
	static size_t (*hash)(const void *, size_t, size_t);
	void *library;

	if (!hash) {
		library = dlopen("libstdc++.so.6", RTLD_NOW);
		assert_non_null(library);
		*(void **)&hash = dlsym(library, "_ZSt11_Hash_bytesPKvmm");
		assert_non_null(hash);
	}
	return hash(bytes, size, seed);
}

static void assert_flow(const struct packet *p, bool ports)
{
	static const uint64_t seeds[] = {0, 1, 0x123456789abcdef0};
	struct state_flow want = flow_of(p, ports), answers = want;
	struct state_result result;
	struct program program;

	memcpy(answers.source, want.destination, 16);
	memcpy(answers.destination, want.source, 16);
	answers.source_port = want.destination_port;
	answers.destination_port = want.source_port;
	state_load(&program, STATE_FLOW);
	for (size_t i = 0; i < 6; i++) {
		uint64_t seed = seeds[i / 2];

		state_ask(&program, hooks[i & 1], p, &(struct state_ask){.number = seed}, 1,
			  &result);
		assert_int_equal(result.error, 0);
		assert_memory_equal(&result.flow, &want, sizeof(want));
		assert_int_equal(result.numbers[0], murmur(&want, sizeof(want), seed));
		assert_int_equal(result.numbers[1], murmur(&answers, sizeof(want), seed));
	}
	program_close(&program);
}

static void test_flow(void **state)
{
	static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_SCTP};
	struct packet p;

	(void)state;
	for (size_t i = 0; i < 6; i++) {
		state_packet(&p, i & 1 ? 6 : 4, protocols[i / 2]);
		assert_flow(&p, true);
	}
	state_packet(&p, 4, IPPROTO_ICMP);
	assert_flow(&p, false);
	state_packet(&p, 4, IPPROTO_UDP); /* a later fragment has no ports */
	packet_fragment4(&p, 100, true);
	packet_finish(&p);
	assert_flow(&p, false);
}

static void test_no_flow(void **state)
{
	struct state_result result;
	struct program program;
	struct packet p;

	(void)state;
	state_packet(&p, 0, 0);
	state_load(&program, STATE_FLOW);
	for (size_t i = 0; i < 2; i++) {
		state_ask(&program, hooks[i], &p, &(struct state_ask){0}, 1, &result);
		assert_int_equal(result.error, -1);
	}
	program_close(&program);
}

/* ---------------------------------------------------------------- tables */

static void assert_table(int fd, uint32_t key, bool there, uint64_t value)
{
	uint64_t found;

	assert_int_equal(!bpf_map_lookup_elem(fd, &key, &found), there);
	if (there)
		assert_int_equal(found, value);
}

/* Make @call on the key 7, at both hooks. @before and @after are the value; 0: no entry. */
static void assert_call(uint32_t call, uint64_t before, uint64_t number, int error, uint64_t after)
{
	struct state_ask ask = {.key = 7, .number = number};
	struct state_result result;
	struct program program;
	struct packet p;
	int table;

	state_packet(&p, 4, IPPROTO_UDP);
	state_load(&program, call);
	table = program_map(&program, "table");
	for (size_t i = 0; i < 2; i++) {
		bpf_map_delete_elem(table, &ask.key);
		if (before)
			assert_int_equal(bpf_map_update_elem(table, &ask.key, &before, 0), 0);
		state_ask(&program, hooks[i], &p, &ask, 1, &result);
		assert_int_equal(result.error, error);
		if (call == STATE_LOOKUP)
			assert_int_equal(result.numbers[0], before);
		assert_table(table, ask.key, after, after);
	}
	program_close(&program);
}

static void test_table(void **state)
{
	(void)state;
	assert_call(STATE_LOOKUP, 0, 0, -ENOENT, 0);
	assert_call(STATE_LOOKUP, 11, 0, 0, 11);
	assert_call(STATE_INSERT, 0, 12, 0, 12);
	assert_call(STATE_INSERT, 11, 12, -EEXIST, 11);
	assert_call(STATE_UPDATE, 0, 12, 0, 12);
	assert_call(STATE_UPDATE, 11, 12, 0, 12);
	assert_call(STATE_DELETE, 11, 0, 0, 0);
	assert_call(STATE_DELETE, 0, 0, -ENOENT, 0);
}

static void fill(int fd)
{
	for (uint32_t key = 100; key < 100 + STATE_TABLE_ENTRIES; key++) {
		uint64_t value = key;

		assert_int_equal(bpf_map_update_elem(fd, &key, &value, 0), 0);
	}
}

/* A full table refuses a new entry; a full cache evicts an old entry. */
static void test_full(void **state)
{
	struct state_ask ask = {.key = 7, .number = 11};
	struct state_result result;
	struct program program;
	struct packet p;

	(void)state;
	state_packet(&p, 4, IPPROTO_UDP);
	state_load(&program, STATE_UPDATE);
	fill(program_map(&program, "table"));
	for (size_t i = 0; i < 2; i++) {
		state_ask(&program, hooks[i], &p, &ask, 1, &result);
		assert_int_equal(result.error, -E2BIG);
	}
	assert_table(program_map(&program, "table"), 7, false, 0);
	assert_table(program_map(&program, "table"), 100, true, 100);
	program_close(&program);
	state_load(&program, STATE_CACHE);
	fill(program_map(&program, "cache"));
	for (ask.key = 7; ask.key < 40; ask.key++) {
		state_ask(&program, hooks[ask.key & 1], &p, &ask, 1, &result);
		assert_int_equal(result.error, 0);
		assert_table(program_map(&program, "cache"), ask.key, true, 11);
	}
	program_close(&program);
}

static void test_add_and_percpu(void **state)
{
	int cpus = libbpf_num_possible_cpus();
	uint64_t own[cpus], sum = 0, shared;
	struct state_ask ask = {.number = 1ull << 32, .key = 9};
	struct state_result result;
	struct program program;
	uint32_t first = 0;
	struct packet p;

	(void)state;
	state_packet(&p, 4, IPPROTO_UDP);
	state_load(&program, STATE_ADD);
	for (size_t i = 0; i < 2; i++) {
		state_ask(&program, hooks[i], &p, &ask, 500, &result);
		assert_int_equal(result.error, 0);
	}
	bpf_map_lookup_elem(program_map(&program, "counter"), &first, &shared);
	assert_int_equal(shared, 1000ull << 32);
	bpf_map_lookup_elem(program_map(&program, "counter_percpu"), &first, own);
	for (int cpu = 0; cpu < cpus; cpu++)
		sum += own[cpu];
	assert_int_equal(sum, 1000);
	assert_int_equal(bpf_map_lookup_elem(program_map(&program, "table_percpu"), &ask.key, own),
			 0);
	assert_int_equal(bpf_map_lookup_elem(program_map(&program, "cache_percpu"), &ask.key, own),
			 0);
	program_close(&program);
}

static void test_kinds(void **state)
{
	static const struct {
		const char *name;
		enum bpf_map_type type;
	} kinds[] = {
		{"results", BPF_MAP_TYPE_ARRAY},
		{"counter_percpu", BPF_MAP_TYPE_PERCPU_ARRAY},
		{"table", BPF_MAP_TYPE_HASH},
		{"cache", BPF_MAP_TYPE_LRU_HASH},
		{"table_percpu", BPF_MAP_TYPE_PERCPU_HASH},
		{"cache_percpu", BPF_MAP_TYPE_LRU_PERCPU_HASH},
		{"prefixes", BPF_MAP_TYPE_LPM_TRIE},
		{"events", BPF_MAP_TYPE_RINGBUF},
	};
	struct program program;

	(void)state;
	state_load(&program, STATE_LOOKUP);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(*kinds); i++) {
		struct bpf_map_info info = {0};
		uint32_t size = sizeof(info);

		assert_int_equal(
			bpf_obj_get_info_by_fd(program_map(&program, kinds[i].name), &info, &size),
			0);
		assert_int_equal(info.type, kinds[i].type);
		if (info.type != BPF_MAP_TYPE_RINGBUF)
			assert_true(info.btf_key_type_id && info.btf_value_type_id);
	}
	program_close(&program);
}

/* ---------------------------------------------------------------- prefixes */

/* Assert the results of the longest matches for the source, the destination, and @address three
 * ways. */
static void assert_prefixes(const struct program *program, const struct packet *p,
			    const char *address, const uint64_t want[5])
{
	struct edge_ip a = ip(address);
	struct state_result result;
	struct state_ask ask = {0};

	memcpy(ask.address, &a, sizeof(a));
	for (size_t i = 0; i < 2; i++) {
		state_ask(program, hooks[i], p, &ask, 1, &result);
		for (size_t n = 0; n < 5; n++)
			assert_int_equal(result.numbers[n], want[n]);
	}
}

static const struct {
	const char *ip;
	uint32_t length;
} entries[] = {{"192.0.2.0", 24},    {"192.0.2.1", 32}, {"0.0.0.0", 0},	    {"2001:db8::", 32},
	       {"2001:db8:1::", 48}, {"::", 0},		{"::ffff:0:0", 96}, {"::", 64}};

static void test_prefixes(void **state)
{
	struct program program;
	struct packet p;

	(void)state;
	state_load(&program, STATE_PREFIXES);
	for (uint64_t i = 1; i <= 5; i++) {
		struct edge_prefix_key key = prefix_key(entries[i - 1].ip, entries[i - 1].length);

		assert_int_equal(
			bpf_map_update_elem(program_map(&program, "prefixes"), &key, &i, 0), 0);
	}
	state_packet(&p, 4, IPPROTO_UDP); /* from 192.0.2.1 to 198.51.100.2 */
	assert_prefixes(&program, &p, "::ffff:192.0.2.77", (uint64_t[]){2, 3, 1, 0, 1});
	state_packet(&p, 6, IPPROTO_TCP); /* from 2001:db8::1 to 2001:db8:1::2 */
	assert_prefixes(&program, &p, "2001:db8:1::c000:201", (uint64_t[]){4, 5, 5, 5, 2});
	assert_prefixes(&program, &p, "3fff::102:304", (uint64_t[]){4, 5, 0, 0, 3});
	state_packet(&p, 0, 0); /* ARP has no addresses */
	assert_prefixes(&program, &p, "2001:db8::", (uint64_t[]){0, 0, 4, 4, 3});
	program_close(&program);
}

/* IPv6 prefixes that contain the IPv4-mapped addresses match IPv6 addresses only. */
static void test_prefix_families(void **state)
{
	struct program program;
	struct packet p4, p6;

	(void)state;
	state_load(&program, STATE_PREFIXES);
	state_packet(&p4, 4, IPPROTO_UDP);
	state_packet(&p6, 6, IPPROTO_TCP);
	for (uint64_t i = 6; i <= 8; i++) {
		struct edge_prefix_key key = prefix_key(entries[i - 1].ip, entries[i - 1].length);

		assert_int_equal(
			bpf_map_update_elem(program_map(&program, "prefixes"), &key, &i, 0), 0);
	}
	assert_prefixes(&program, &p4, "::ffff:192.0.2.77", (uint64_t[]){0, 0, 0, 7, 0});
	assert_prefixes(&program, &p6, "::1", (uint64_t[]){6, 6, 8, 8, 0});
	program_close(&program);
}

/* A function passes a struct edge_prefix, whose length counts as abi.h documents. */
static void test_prefix_update(void **state)
{
	struct state_result result;
	struct program program;
	struct packet p;

	(void)state;
	state_packet(&p, 4, IPPROTO_UDP);
	for (size_t i = 0; i < 2; i++)
		for (uint64_t n = 1; n <= 6; n++) { /* the seventh would be 0.0.0.0/0 */
			struct edge_prefix_key key =
				prefix_key(entries[n - 1].ip, entries[n - 1].length);
			struct state_ask ask = {.number = n, .key = entries[n - 1].length};
			uint64_t got = 0;

			if (key.family == 4) {
				ask.key += 96;
				ask.address[2] = htonl(0xffff);
				ask.address[3] = key.ip.word[0];
			} else {
				memcpy(ask.address, &key.ip, sizeof(key.ip));
			}
			state_load(&program, STATE_PREFIX_UPDATE);
			state_ask(&program, hooks[i], &p, &ask, 1, &result);
			assert_int_equal(result.error, 0);
			assert_int_equal(
				bpf_map_lookup_elem(program_map(&program, "prefixes"), &key, &got),
				0);
			assert_int_equal(got, n);
			program_close(&program);
		}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_flow),	       cmocka_unit_test(test_no_flow),
		cmocka_unit_test(test_table),	       cmocka_unit_test(test_full),
		cmocka_unit_test(test_add_and_percpu), cmocka_unit_test(test_kinds),
		cmocka_unit_test(test_prefixes),       cmocka_unit_test(test_prefix_families),
		cmocka_unit_test(test_prefix_update),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

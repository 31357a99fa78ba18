// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Look-ups in a table of the SDK, compared with the kernel's LPM trie: a function looks the same keys
 * up in both, in the same packet. The kernel's map has a key type of another name, so it stays the
 * kernel's. Prefixes are near each other, keys are near prefixes, and some have fewer bits than an
 * address or bytes that no prefix has.
 */
#include <arpa/inet.h>

#include "lib/chains.h"

#define XDP EDGE_HOOK_XDP

enum { KEYS = 65536, A_PACKET = 16 };

static const char twins_head[] =
	"struct other_key { __u32 length, family, word[4]; };\n"
	"EDGE_PREFIX_TABLE(table, __u64, 1 << 18);\n"
	"EDGE_LPM(trie, struct other_key, __u64, 1 << 18);\n"
	"struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 65536);\n"
	"	 __type(key, __u32); __type(value, struct other_key); } keys SEC(\".maps\");\n"
	"struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1);\n"
	"	 __type(key, __u32); __type(value, __u64[3]); } sums SEC(\".maps\");\n";

static const char twins_body[] =
	"	__u64 *sum = bpf_map_lookup_elem(&sums, &(__u32){0}), *left, *right;\n"
	"	if (!sum) return EDGE_NEXT;\n"
	"	for (int i = 0; i < 16; i++) {\n"
	"		__u32 at = sum[0]++ & 65535;\n"
	"		struct other_key *wanted = bpf_map_lookup_elem(&keys, &at), key;\n"
	"		if (!wanted) return EDGE_NEXT;\n"
	"		key = *wanted;\n"
	"		left = bpf_map_lookup_elem(&table, &key);\n"
	"		right = bpf_map_lookup_elem(&trie, &key);\n"
	"		sum[1] += !!right;\n"
	"		sum[2] += !left != !right || (left && right && *left != *right);\n"
	"	}\n"
	"	return EDGE_NEXT;\n";

static struct edge_prefix_key keys[KEYS];

/* xorshift64* (Vigna, "An experimental exploration of Marsaglia's xorshift generators") */
static uint32_t number(uint32_t below)
{
	static uint64_t chance = 88172645463325252ull;

	chance ^= chance << 13;
	chance ^= chance >> 7;
	chance ^= chance << 17;
	return (uint32_t)((chance * 0x2545F4914F6CDD1Dull) >> 32) % below;
}

/* ---------------------------------------------------------------- prefixes and keys */

static struct edge_prefix_key prefix(uint8_t family, uint32_t bits, const uint32_t word[4])
{
	struct edge_prefix_key key = {.length = EDGE_PREFIX_FAMILY_BITS + bits, .family = family};

	for (uint32_t i = 0; i < (family == EDGE_PREFIX_IP4 ? 1u : 4u) && bits > 32 * i; i++)
		key.ip.word[i] = htonl(bits >= 32 * i + 32 ? word[i]
							   : word[i] & ~0u << (32 * i + 32 - bits));
	return key;
}

/* @common: the length of most prefixes of a family, or 0. */
static struct edge_prefix_key random_prefix(uint32_t common)
{
	uint8_t family = number(2) ? EDGE_PREFIX_IP4 : EDGE_PREFIX_IP6;
	uint32_t word[4], most = family == EDGE_PREFIX_IP4 ? 32 : 128;
	uint32_t bits = common && number(8) ? common * most / 32 : number(most + 1);

	for (int i = 0; i < 4; i++)
		word[i] = number(4) ? number(16) << (number(7) * 4) : number(UINT32_MAX);
	word[0] ^= family == EDGE_PREFIX_IP4 ? 0 : 0x20010000;
	return prefix(family, bits, word);
}

/* An address in a prefix, or a bit beside it; seldom a shorter key, or one of no family. */
static struct edge_prefix_key key_near(const struct edge_prefix_key *near)
{
	uint32_t bits = near->length - EDGE_PREFIX_FAMILY_BITS, how = number(16);
	struct edge_prefix_key key = *near;

	for (uint32_t i = 0; i < 4; i++) {
		uint32_t fixed = bits <= 32 * i ? 0 : bits - 32 * i < 32 ? bits - 32 * i : 32;

		if (fixed < 32)
			key.ip.word[i] |= htonl(number(3)   ? number(UINT32_MAX) & ~0u >> fixed
						: number(2) ? ~0u >> fixed
							    : 0);
	}
	if (how < 4)
		key.ip.word[how] ^= htonl(1u << number(32));
	key.length = how == 5 ? number(200) : EDGE_PREFIX_FAMILY_BITS + 128;
	if (near->family == EDGE_PREFIX_IP4 && how != 5)
		key.length = EDGE_PREFIX_FAMILY_BITS + 32;
	if (how == 6)
		key.unused[number(3)] = 1;
	return key;
}

/* ---------------------------------------------------------------- both maps */

static int map_fd(const char *name)
{
	int fd = bpf_obj_get(at("bpffs/edge/dev0/xdp/twins/%s", name));

	assert_true(fd >= 0);
	return fd;
}

static void write_prefix(FILE *file, const struct edge_prefix_key *key, uint64_t value)
{
	bool ip4 = key->family == EDGE_PREFIX_IP4;
	char text[INET6_ADDRSTRLEN];

	assert_non_null(inet_ntop(ip4 ? AF_INET : AF_INET6, key->ip.word, text, sizeof(text)));
	fprintf(file, "%s/%u %llu\n", text, key->length - EDGE_PREFIX_FAMILY_BITS,
		(unsigned long long)value);
}

/* Load prefixes into the table by the library, and set them in the trie by the kernel. */
static void load(struct el_map *table, uint32_t count, uint32_t common)
{
	FILE *file = fopen(at("list"), "w");
	int trie = map_fd("trie");
	size_t loaded;

	assert_non_null(file);
	for (uint32_t i = 0; i < count; i++) {
		const struct edge_prefix_key key = random_prefix(common);
		uint64_t value = number(UINT32_MAX);

		write_prefix(file, &key, value);
		assert_int_equal(bpf_map_update_elem(trie, &key, &value, BPF_ANY), 0);
		if (i < KEYS)
			keys[i] = key_near(&key);
	}
	for (uint32_t i = count; i < KEYS; i++)
		keys[i] = key_near(&keys[number(count)]);
	close(trie);
	fclose(file);
	if (el_map_load(table, at("list"), &loaded))
		fail_msg("%s", last_error()->what);
}

static void compare(void)
{
	uint64_t sum[3] = {0};
	uint32_t zero = 0;
	int fd = map_fd("keys");

	for (uint32_t i = 0; i < KEYS; i++)
		assert_int_equal(bpf_map_update_elem(fd, &i, &keys[i], BPF_ANY), 0);
	close(fd);
	fd = map_fd("sums");
	assert_int_equal(bpf_map_update_elem(fd, &zero, sum, BPF_ANY), 0);
	send_frames("dev0", "xdp", 0, 64, KEYS / A_PACKET);
	assert_int_equal(bpf_map_lookup_elem(fd, &zero, sum), 0);
	close(fd);
	assert_int_equal(sum[0], KEYS);
	assert_in_range(sum[1], KEYS / 8, KEYS - 1); /* some keys have a prefix, some have none */
	assert_int_equal(sum[2], 0);
}

static bool is_array(void)
{
	struct bpf_map_info info = {0};
	uint32_t size = sizeof(info);
	int fd = map_fd("table");

	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &size), 0);
	close(fd);
	return info.type == BPF_MAP_TYPE_ARRAY;
}

/* Single entries, set and deleted while the table is in use. */
static void change_some(struct el_map *table)
{
	int trie = map_fd("trie");

	for (int i = 0; i < 500; i++) {
		struct edge_prefix_key key = random_prefix(0);
		uint64_t value = number(1000);
		char text[INET6_ADDRSTRLEN], word[64], number_text[32];
		bool ip4 = key.family == EDGE_PREFIX_IP4;

		inet_ntop(ip4 ? AF_INET : AF_INET6, key.ip.word, text, sizeof(text));
		snprintf(word, sizeof(word), "%s/%u", text, key.length - EDGE_PREFIX_FAMILY_BITS);
		snprintf(number_text, sizeof(number_text), "%llu", (unsigned long long)value);
		if (number(3)) {
			assert_int_equal(el_map_set(table, word, number_text), 0);
			assert_int_equal(bpf_map_update_elem(trie, &key, &value, BPF_ANY), 0);
		} else {
			int error = bpf_map_delete_elem(trie, &key) ? -errno : 0;

			assert_int_equal(el_map_del(table, word), error);
		}
		keys[i] = key_near(&key);
	}
	close(trie);
}

static void check(uint32_t count, uint32_t common)
{
	struct el_map *table = NULL;

	el_chain_free(attach("dev0", XDP, "@twins"));
	assert_int_equal(el_map_open(context, "dev0/xdp/twins/table", &table), 0);
	load(table, count, common);
	assert_string_equal(warning, "");
	assert_true(is_array());
	compare();
	change_some(table);
	compare();
	load(table, count / 8, common);
	compare();
	el_map_free(table);
	detach("dev0", XDP);
}

static void test_nodes(void **state)
{
	(void)state;
	check(20000, 0);
	check(60000, 0); /* the root of IPv4 has 20 bits */
}

static void test_buckets(void **state)
{
	(void)state;
	check(20000, 32); /* /32 and /128 */
	check(20000, 16); /* /64 of IPv6 */
	check(20000, 24); /* /24 and /96 */
}

static int setup(void **state)
{
	if (world_setup(state))
		return -1;
	device("dev0");
	function("twins", twins_head, twins_body);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nodes),
		cmocka_unit_test(test_buckets),
	};

	world_need();
	return cmocka_run_group_tests(tests, setup, world_teardown);
}

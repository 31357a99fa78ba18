// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Ordinary programs in chains, compared with the program itself. */
#include "lib/plain.h"

#include <glob.h>

#include "lib/chains.h"

#include "chain/change.h"

/* ---------------------------------------------------------------- packets */

enum { PACKETS = 40 };

static struct packet plain_packets[PACKETS];
static size_t plain_packets_count;

static struct packet *packet_new(unsigned int ethertype)
{
	struct packet *p = &plain_packets[plain_packets_count++];

	assert_true(plain_packets_count <= PACKETS);
	packet_ethernet(p, ethertype);
	return p;
}

static void packet_end(struct packet *p, size_t payload)
{
	packet_payload(p, payload);
	packet_finish(p);
}

static void make_ip4(void)
{
	static const size_t payloads[] = {0, 1, 2, 3, 18, 40, 200, 1400};
	struct packet *p;

	for (size_t i = 0; i < 8; i++) {
		p = packet_new(ETH_P_IP);
		packet_ip4(p, IPPROTO_UDP, i == 4 ? 8 : 0);
		packet_udp(p, 1000, i % 2 ? 53 : i ? 2000 + i : 7);
		packet_end(p, payloads[i]);
	}
	for (size_t i = 0; i < 6; i++) {
		p = packet_new(ETH_P_IP);
		packet_ip4(p, IPPROTO_TCP, 0);
		packet_tcp(p, 2000, i % 3 ? 80 : 53, 0);
		p->data[p->l4 + 13] = i % 3 ? 0x10 : 0x02; /* ACK, SYN */
		packet_payload(p, payloads[i]);
		if (i == 5)
			memcpy(p->data + p->payload, "GET / HTTP/1.1", 14);
		packet_finish(p);
	}
	for (size_t i = 0; i < 4; i++) {
		p = packet_new(ETH_P_IP);
		packet_ip4(p, IPPROTO_ICMP, 0);
		packet_icmp(p, 8);
		p->data[p->l4 + 7] = (uint8_t)i;
		packet_end(p, payloads[i + 2]);
	}
	p = packet_new(ETH_P_IP); /* a later fragment */
	packet_ip4(p, IPPROTO_UDP, 0);
	packet_fragment4(p, 100, true);
	packet_udp(p, 1000, 53);
	packet_end(p, 40);
}

static void make_ip6(void)
{
	struct packet *p;

	for (size_t i = 0; i < 4; i++) {
		p = packet_new(ETH_P_IPV6);
		packet_ip6(p, i < 2 ? IPPROTO_UDP : IPPROTO_TCP);
		if (i == 1) {
			packet_extension(p, IPPROTO_HOPOPTS, 8);
			packet_extension(p, IPPROTO_DSTOPTS, 16);
		}
		if (i < 2)
			packet_udp(p, 1000, 53);
		else
			packet_tcp(p, 1000, 443, 0);
		packet_end(p, 20 + i);
	}
	p = packet_new(ETH_P_IPV6);
	packet_ip6(p, IPPROTO_ICMPV6);
	packet_icmp(p, 128);
	packet_end(p, 30);
}

/* Tags, tunnels, other protocols, and frames that end early. */
static void make_others(void)
{
	static const size_t lengths[] = {14, 15, 18, 33, 37, 53};
	struct packet *p;

	p = packet_new(ETH_P_8021Q);
	packet_tag(p, 100, ETH_P_IP);
	packet_ip4(p, IPPROTO_UDP, 0);
	packet_udp(p, 1000, 53);
	packet_end(p, 21);
	p = packet_new(ETH_P_8021AD);
	packet_tag(p, 200, ETH_P_8021Q);
	packet_tag(p, 100, ETH_P_IPV6);
	packet_ip6(p, IPPROTO_UDP);
	packet_udp(p, 1000, 53);
	packet_end(p, 22);
	packet_arp(packet_new(ETH_P_ARP));
	packet_payload(packet_new(0x88b5), 46);
	for (size_t i = 0; i < 3; i++) {
		p = packet_new(ETH_P_IP);
		packet_ip4(p, i == 0 ? IPPROTO_IPIP : i == 1 ? IPPROTO_IPV6 : IPPROTO_GRE, 0);
		packet_add(p, (uint8_t[]){0, 0, 8, 0}, i == 2 ? 4 : 0);
		packet_payload(p, 60);
		packet_put16(p, p->l3 + 2, (unsigned int)(p->length - p->l3));
	}
	for (size_t i = 0; i < 6; i++) {
		p = packet_new(i % 2 ? ETH_P_IPV6 : ETH_P_IP);
		packet_payload(p, 60);
		p->length = lengths[i];
	}
}

/* ---------------------------------------------------------------- running */

/* Return: the kernel's action for any number that a program returns. At XDP an unknown number
 * aborts; at TC all numbers but DROP and REDIRECT let the packet go on to the program after the
 * chain. */
static int plain_verdict(enum hook hook, int answer)
{
	if (hook == XDP)
		return answer < XDP_ABORTED || answer > XDP_REDIRECT ? XDP_ABORTED : answer;
	return answer == 2 || answer == 7 ? answer : -1;
}

struct plain_result {
	struct result result;
	struct __sk_buff skb;
};

static void plain_run(enum hook hook, int fd, const struct packet *in, struct plain_result *out)
{
	struct __sk_buff skb = {0};
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = in->data, .data_size_in = (__u32)in->length,
		    .data_out = out->result.out.data, .data_size_out = sizeof(out->result.out.data),
		    .repeat = 1);

	memset(&out->skb, 0, sizeof(out->skb));
	if (hook == TC) {
		run.ctx_in = &skb;
		run.ctx_size_in = sizeof(skb);
		run.ctx_out = &out->skb;
		run.ctx_size_out = sizeof(out->skb);
	}
	if (bpf_prog_test_run_opts(fd, &run))
		fail_msg("test run of %zu bytes: %s", in->length, strerror(errno));
	out->result.answer = plain_verdict(hook, (int)run.retval);
	out->result.out.length = run.data_size_out;
}

static void compare_packet(enum hook hook, int by_itself, int chain, size_t number)
{
	static struct plain_result want, got;
	const struct packet *in = &plain_packets[number];

	if (hook == TC && in->length < (in->data[12] == 8 ? 34u : 54u))
		return; /* at TC, test runs refuse frames without an IP header (kernel 6.18) */
	plain_run(hook, by_itself, in, &want);
	plain_run(hook, chain, in, &got);
	if (got.result.answer != want.result.answer)
		fail_msg("packet %zu: verdict %d, by itself %d", number, got.result.answer,
			 want.result.answer);
	if (got.result.out.length != want.result.out.length ||
	    memcmp(got.result.out.data, want.result.out.data, want.result.out.length))
		fail_msg("packet %zu: %zu bytes, by itself %zu, or others", number,
			 got.result.out.length, want.result.out.length);
	if (got.skb.mark != want.skb.mark || got.skb.priority != want.skb.priority)
		fail_msg("packet %zu: mark %u, priority %u; by itself %u, %u", number, got.skb.mark,
			 got.skb.priority, want.skb.mark, want.skb.priority);
}

/* ---------------------------------------------------------------- maps */

/* Return: whether the entries of the map can be walked and compared. */
static bool has_entries(const struct bpf_map *map)
{
	switch (bpf_map__type(map)) {
	case BPF_MAP_TYPE_ARRAY:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_LPM_TRIE:
		return !bpf_map__is_internal(map);
	default:
		return false;
	}
}

static int chain_map_fd(const struct el_generation *chain, size_t instance, const char *name)
{
	for (size_t i = 0; i < chain->maps_count; i++)
		if (chain->maps[i].instance == instance && !strcmp(chain->maps[i].name, name))
			return chain->maps[i].fd;
	fail_msg("the chain has no map %s", name);
	return -1;
}

static void compare_map(const struct bpf_map *map, int chain_fd)
{
	static uint8_t want[65536], got[65536], key[256];
	uint8_t *before = NULL;
	int fd = bpf_map__fd(map);

	while (!bpf_map_get_next_key(fd, before, key)) {
		memset(want, 0, sizeof(want));
		memset(got, 0, sizeof(got));
		assert_int_equal(bpf_map_lookup_elem(fd, key, want), 0);
		if (bpf_map_lookup_elem(chain_fd, key, got))
			fail_msg("%s lacks an entry", bpf_map__name(map));
		if (memcmp(want, got, sizeof(want)))
			fail_msg("%s has another value", bpf_map__name(map));
		before = key;
	}
}

static void compare_maps(struct bpf_object *object, const struct el_generation *chain,
			 size_t instance)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object)
		if (has_entries(map))
			compare_map(map, chain_map_fd(chain, instance, bpf_map__name(map)));
}

/* ---------------------------------------------------------------- programs */

/* Load the program without a chain. Return: NULL if this kernel refuses it. */
static struct bpf_object *plain_load(const char *path, enum hook hook, int *fd)
{
	struct bpf_object *object = bpf_object__open(path);
	struct bpf_program *program = object ? bpf_object__next_program(object, NULL) : NULL;

	assert_non_null(program);
	bpf_program__set_type(program, hook == XDP ? BPF_PROG_TYPE_XDP : BPF_PROG_TYPE_SCHED_CLS);
	if (bpf_object__load(object)) {
		bpf_object__close(object);
		return NULL;
	}
	*fd = bpf_program__fd(program);
	return object;
}

static struct el_generation *plain_chain(enum edge_hook hook, const char *const *functions,
					 size_t count)
{
	struct el_instance_spec specs[3] = {0};
	struct el_chain_spec spec = {.hook = hook, .instances = specs, .instances_count = count};
	struct el_change change = EL_CHANGE_OF(context);
	struct el_generation *chain;

	for (size_t i = 0; i < count; i++)
		specs[i].function = functions[i];
	if (el_change_make(&change, &spec) || el_change_load(&change))
		fail_msg("%s\n%s", last_error()->what,
			 last_error()->detail ? last_error()->detail : "");
	chain = TAKE_PTR(change.next);
	el_change_close(&change);
	return chain;
}

static const struct exception *exceptions;
static size_t exceptions_count;

static char exception_of(const char *path)
{
	const char *name = strrchr(path, '/') + 1;

	for (size_t i = 0; i < exceptions_count; i++)
		if (!strncmp(name, exceptions[i].name, strlen(exceptions[i].name)) &&
		    name[strlen(exceptions[i].name)] == '.')
			return exceptions[i].kind;
	return 0;
}

/* Return: whether the first program of the object is for the hook, and can be compared. */
static bool is_compared(const char *path, enum hook hook)
{
	struct bpf_object *object = exception_of(path) == 'e' ? NULL : bpf_object__open(path);
	struct bpf_program *program = object ? bpf_object__next_program(object, NULL) : NULL;
	bool xdp = program && !strncmp(bpf_program__section_name(program), "xdp", 3);

	bpf_object__close(object);
	return program && xdp == (hook == XDP);
}

/* Compare one chain with the program itself, loaded anew. */
static void compare_chain(const char *path, enum hook hook, struct el_generation *chain,
			  size_t instance)
{
	int fd = -1;
	struct bpf_object *object = plain_load(path, hook, &fd);

	assert_non_null(object);
	for (size_t round = 0; round < 2; round++)
		for (size_t i = 0; i < plain_packets_count; i++)
			compare_packet(hook, fd, chain->at.programs[0].fd, i);
	compare_maps(object, chain, instance);
	bpf_object__close(object);
	el_generation_free(chain);
}

static void check_middle(const char *path, enum hook hook, char exception)
{
	const char *const functions[] = {"count", path, "blocklist"};
	enum edge_hook ingress = hook == XDP ? EDGE_HOOK_XDP : EDGE_HOOK_TC_INGRESS;
	struct el_instance_spec specs[3] = {
		{.function = functions[0]}, {.function = path}, {.function = functions[2]}};
	struct el_chain_spec spec = {.hook = ingress, .instances = specs, .instances_count = 3};
	struct el_generation *chain;

	if (exception == 'x') {
		assert_int_not_equal(el_chain_check(context, &spec, NULL), 0);
		assert_contains(last_error()->what, "must be the last of the chain");
		return;
	}
	chain = plain_chain(ingress, functions, 3);
	if (exception == 'l') {
		assert_true(chain->at.programs[1].linked);
		el_generation_free(chain);
		return;
	}
	assert_int_equal(chain->at.programs_count, 1);
	assert_true(chain->at.programs[0].kind == EL_PROGRAM_FUSED);
	compare_chain(path, hook, chain, 1);
}

static void check_plain(const char *path, enum hook hook, char exception)
{
	const char *const functions[] = {"blocklist", path};
	enum edge_hook ingress = hook == XDP ? EDGE_HOOK_XDP : EDGE_HOOK_TC_INGRESS;
	enum edge_hook egress = hook == XDP ? EDGE_HOOK_XDP : EDGE_HOOK_TC_EGRESS;
	struct bpf_object *object;
	int fd;

	object = plain_load(path, hook, &fd);
	if (!object)
		skip();
	bpf_object__close(object);
	compare_chain(path, hook, plain_chain(ingress, functions + 1, 1), 0);
	check_middle(path, hook, exception);
	compare_chain(path, hook, plain_chain(egress, functions, 2), 1);
}

/* ---------------------------------------------------------------- the tests */

static enum hook plain_hook;

/* A test's state is the path of its program. */
static void test_program(void **state)
{
	check_plain(*state, plain_hook, exception_of(*state));
}

int plain_main(enum hook hook, const struct exception *list, size_t count)
{
	static struct CMUnitTest tests[128];
	char pattern[PATH_MAX + 64];
	size_t tests_count = 0;
	glob_t found;
	int failures;

	plain_hook = hook;
	exceptions = list;
	exceptions_count = count;
	world_need();
	libbpf_set_print(NULL);
	make_ip4();
	make_ip6();
	make_others();
	snprintf(pattern, sizeof(pattern), "%s/tests/e2e/plain/*.bitcode.o", test_home());
	if (glob(pattern, 0, NULL, &found))
		return 1;
	for (size_t i = 0; i < found.gl_pathc && tests_count < 128; i++)
		if (is_compared(found.gl_pathv[i], hook))
			tests[tests_count++] =
				(struct CMUnitTest){.name = strrchr(found.gl_pathv[i], '/') + 1,
						    .test_func = test_program,
						    .initial_state = found.gl_pathv[i]};
	cmocka_set_message_output(CM_OUTPUT_TAP);
	failures =
		_cmocka_run_group_tests("plain", tests, tests_count, world_setup, world_teardown);
	globfree(&found);
	return failures;
}

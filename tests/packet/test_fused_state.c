// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * State that functions of one fused chain share or own: they read the clock once, and each instance
 * has its own bucket for log lines. And real redirects of packets.
 */
#include <net/if.h>

#include "lib/program.h"
#include "lib/chains.h"
#include "lib/trace.h"

static const enum edge_hook fused_hooks[] = {EDGE_HOOK_XDP, EDGE_HOOK_TC_INGRESS};

static void run(enum edge_hook hook, int repeat)
{
	struct packet p;
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = p.data, .repeat = repeat);
	int fd = bpf_obj_get(at("bpffs/edge/dev0/%s/prog", el_hook_name(hook)));

	packet_make(&p, 4, IPPROTO_UDP, 40);
	options.data_size_in = (uint32_t)p.length;
	assert_true(fd >= 0);
	assert_int_equal(bpf_prog_test_run_opts(fd, &options), 0);
	close(fd);
}

/* Return: the value of key 0; the caller frees it. */
static char *first(enum edge_hook hook, const char *instance, const char *name)
{
	char path[128], *value = NULL;
	struct el_map *map;

	snprintf(path, sizeof(path), "dev0/%s/%s/%s", el_hook_name(hook), instance, name);
	if (el_map_open(context, path, &map) || el_map_get(map, "0", EL_TEXT, &value))
		fail_msg("%s: %s", path, last_error()->what);
	el_map_free(map);
	return value;
}

static void test_one_time_for_all(void **state)
{
	static const char *const clocks[] = {"exact", "coarse", "jiffies"};

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		enum edge_hook hook = fused_hooks[i];

		/* The call in the middle invalidates the view; the time stays. */
		el_chain_free(attach("dev0", hook, "a=@clocks", "dscp", "b=@clocks"));
		run(hook, 1);
		for (size_t n = 0; n < 3; n++) {
			char *a = first(hook, "a", clocks[n]), *b = first(hook, "b", clocks[n]);

			assert_true(strtoull(a, NULL, 10) > 0);
			assert_string_equal(a, b);
			free(a);
			free(b);
		}
		detach("dev0", hook);
	}
}

/* Return: the number of lines of the trace log with "NAME MARK". */
static int lines(const char *name, unsigned int mark)
{
	char text[64];

	snprintf(text, sizeof(text), "edge: %s %u\n", name, mark);
	return trace_lines(text, NULL, 0);
}

static void test_log_of_each_instance(void **state)
{
	unsigned int mark = (unsigned int)getpid();

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		enum edge_hook hook = fused_hooks[i];
		char one[64], two[64];
		int before[2] = {lines("one", mark), lines("two", mark)};

		snprintf(one, sizeof(one), "a=@logger:mark=%u", mark);
		snprintf(two, sizeof(two), "b=@logger:mark=%u,second=1", mark);
		el_chain_free(attach("dev0", hook, one, "count", two));
		run(hook, 2000);
		/* Each instance logs ten lines at once, and some more lines if the machine was
		 * slow. */
		assert_in_range(lines("one", mark) - before[0], 10, 20);
		assert_in_range(lines("two", mark) - before[1], 10, 20);
		assert_contains(pins("dev0"), "/a/bss\n");
		assert_contains(pins("dev0"), "/b/bss\n");
		detach("dev0", hook);
	}
}

static unsigned long received(const char *name)
{
	char path[128];
	unsigned long count = 0;
	FILE *file;

	snprintf(path, sizeof(path), "ip -s -j link show %s | jq '.[0].stats64.rx.packets'", name);
	file = popen(path, "r");
	assert_non_null(file);
	assert_int_equal(fscanf(file, "%lu", &count), 1);
	pclose(file);
	return count;
}

/* Pings enter dev0 from its peer; redirected packets arrive at the peer of dev1. */
static void test_redirect_moves_packets(void **state)
{
	char word[64];

	(void)state;
	assert_int_equal(shell("ethtool -K dev1-peer gro on; ethtool -K dev0 gro on"), 0);
	for (size_t i = 0; i < 2; i++) {
		enum edge_hook hook = fused_hooks[i];
		unsigned long before = received("dev1-peer");
		struct el_counters *read;

		snprintf(word, sizeof(word), "@away:device=%u", if_nametoindex("dev1"));
		el_chain_free(attach("dev0", hook, "count", word));
		assert_int_equal(shell("ping -q -c 20 -i 0.01 -W 1 192.0.2.2 >/dev/null; true"), 0);
		usleep(100000);
		assert_int_equal(received("dev1-peer") - before, 20);
		read = counters("dev0", hook);
		assert_int_equal(read->instances[1].verdicts[EDGE_REDIRECT].packets, 20);
		el_counters_free(read);
		detach("dev0", hook);
	}
}

static int setup(void **state)
{
	int error = world_setup(state);

	if (error)
		return error;
	if (trace_need())
		return -1;
	function("clocks",
		 "EDGE_ARRAY(exact, __u64, 1); EDGE_ARRAY(coarse, __u64, 1);\n"
		 "EDGE_ARRAY(jiffies, __u64, 1);",
		 "	__u32 key = 0; __u64 now = edge_now_ns(pkt);\n"
		 "	edge_table_update(&exact, &key, &now);\n"
		 "	now = edge_now_coarse_ns(pkt); edge_table_update(&coarse, &key, &now);\n"
		 "	now = edge_now_jiffies(pkt); edge_table_update(&jiffies, &key, &now);\n"
		 "	return EDGE_NEXT;");
	function("logger",
		 "EDGE_PARAM(__u32, mark, 0, \"a number\");\n"
		 "EDGE_PARAM(bool, second, false, \"the second\");",
		 "	if (second) edge_log(pkt, \"two %u\", mark);\n"
		 "	else edge_log(pkt, \"one %u\", mark);\n"
		 "	return EDGE_NEXT;");
	function("away", "EDGE_PARAM(__u32, device, 0, \"its number\");",
		 "	return pkt->ip4 ? edge_redirect(pkt, device) : EDGE_NEXT;");
	device("dev0");
	device("dev1");
	/* Pings leave through dev0-peer, to a neighbour with the MAC address of dev0. */
	return shell("ip addr add 192.0.2.1/24 dev dev0-peer &&"
		     " ip neigh replace 192.0.2.2 dev dev0-peer lladdr $("
		     " ip -j link show dev0 | jq -r '.[0].address')");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_time_for_all),
		cmocka_unit_test(test_log_of_each_instance),
		cmocka_unit_test(test_redirect_moves_packets),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	world_need();
	return cmocka_run_group_tests(tests, setup, world_teardown);
}

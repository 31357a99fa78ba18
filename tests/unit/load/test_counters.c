// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A chain's counters, compared with arithmetic, packet by packet: fused, cut by tail calls, with an
 * unfused object at the end, and over swaps. Byte 14 of a frame tells the functions their verdict.
 */
#include "lib/chains.h"

#define XDP EDGE_HOOK_XDP

/* A function returns a verdict for each byte of its range, and lets packets with other bytes go
 * on. */
static const char sorter_head[] =
	"EDGE_PARAM(__u8, mine, 0, \"the upper half of the bytes that it handles\");\n"
	"static __u8 first(struct edge_pkt *pkt)\n"
	"{\n"
	"	__u8 *at = pkt->data + 14;\n"
	"	return (void *)(at + 1) > pkt->end ? 0 : *at;\n"
	"}\n";

#define SORTER                                                   \
	"	__u8 byte = first(pkt);\n"                             \
	"	if (byte >> 4 != mine) return EDGE_NEXT;\n"            \
	"	switch (byte & 15) {\n"                                \
	"	case 1: return EDGE_PASS;\n"                           \
	"	case 2: return edge_drop(pkt, \"two, %: and all\");\n" \
	"	case 3: return edge_drop(pkt, \"three\");\n"           \
	"	case 4: return EDGE_TX;\n"                             \
	"	case 5: return EDGE_ABORT;\n"                          \
	"	case 6: return EDGE_DROP;\n"                           \
	"	case 7: return (enum edge_verdict)77;\n"               \
	"	case 8: return edge_drop(pkt, \"three\");\n"           \
	"	}\n"

/* Too expensive for the verifier if two instances are in one program: 580,000 instructions for each
 * instance. The unknown values of each step prevent the verifier from finding equivalent states. */
static const char heavy_head[] =
	"struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1);\n"
	"	 __type(key, __u32); __type(value, __u64[64]); } scratch SEC(\".maps\");\n"
	"EDGE_PARAM(__u32, rounds, 12000, \"of the loop\");\n"
	"EDGE_PARAM(__u8, mine, 0, \"the byte that it drops\");\n";

static const char heavy_body[] =
	"	__u64 *words = bpf_map_lookup_elem(&scratch, &(__u32){0});\n"
	"	__u64 sum = 0;\n"
	"	if (!words) return EDGE_NEXT;\n"
	"#pragma clang loop unroll(disable)\n"
	"	for (__u32 i = 0; i < rounds; i++) {\n"
	"		sum = sum * 31 + words[i & 63];\n"
	"		asm volatile(\"\" : \"+r\"(sum));\n"
	"	}\n"
	"	words[0] = sum & 1;\n"
	"	__u8 *at = pkt->data + 14;\n"
	"	if ((void *)(at + 1) <= pkt->end && *at == mine) return edge_drop(pkt, "
	"\"heavy\");\n"
	"	return EDGE_NEXT;\n";

static int setup(void **state)
{
	if (world_setup(state))
		return -1;
	device("dev0");
	function("sorter", sorter_head, SORTER "return EDGE_NEXT;");
	function("heavy", heavy_head, heavy_body);
	ordinary("plain",
		 "SEC(\"xdp\") int plain(struct xdp_md *ctx)\n"
		 "{\n"
		 "	__u8 *at = (void *)(long)ctx->data;\n"
		 "	if ((void *)(at + 15) > (void *)(long)ctx->data_end) return XDP_PASS;\n"
		 "	return at[14] == 0x91 ? XDP_DROP : XDP_PASS;\n"
		 "}");
	bare("plain");
	return 0;
}

static int end_chain(void **state)
{
	(void)state;
	el_chain_detach(context, "dev0", XDP);
	el_chain_detach(context, "dev0", EDGE_HOOK_TC_INGRESS);
	return 0;
}

static void assert_count(const struct edge_count *count, uint64_t packets, uint64_t bytes)
{
	assert_int_equal(count->packets, packets);
	assert_int_equal(count->bytes, bytes);
}

/* Send packets for each verdict, in different numbers and lengths, to the instance whose bytes are
 * @mine. */
static void send_each(const char *hook, unsigned int mine)
{
	for (unsigned int what = 1; what <= 8; what++)
		send_frames("dev0", hook, mine << 4 | what, 60 + what, (int)what);
}

static void assert_each(const struct el_instance_counters *instance, uint64_t times)
{
	const struct edge_count *verdicts = instance->verdicts;

	assert_count(&verdicts[EDGE_PASS], 1 * times, 61 * times);
	assert_count(&verdicts[EDGE_DROP], (2 + 3 + 6 + 8) * times,
		     (2 * 62 + 3 * 63 + 6 * 66 + 8 * 68) * times);
	assert_count(&verdicts[EDGE_TX], 4 * times, 4 * 64 * times);
	assert_count(&verdicts[EDGE_REDIRECT], 0, 0);
	assert_count(&verdicts[EDGE_ABORT], (5 + 7) * times, (5 * 65 + 7 * 67) * times);
	assert_int_equal(reason(instance, "two, %: and all"), 2 * times);
	assert_int_equal(reason(instance, "three"), (3 + 8) * times);
	assert_int_equal(reason(instance, "unspecified"), 6 * times);
	assert_int_equal(instance->reasons_count, 3);
}

/* Each instance handles 36 packets. It lets the packets of later instances go on, and also 10
 * packets of 100 bytes that no instance handles. */
static void assert_three(enum edge_hook hook, uint64_t times)
{
	struct el_counters *read = counters("dev0", hook);
	uint64_t bytes = 1 * 61 + 2 * 62 + 3 * 63 + 4 * 64 + 5 * 65 + 6 * 66 + 7 * 67 + 8 * 68;

	assert_int_equal(read->count, 3);
	for (size_t i = 0; i < 3; i++) {
		uint64_t later = 2 - i;

		assert_each(&read->instances[i], times);
		assert_true(read->instances[i].verdicts_known);
		assert_count(&read->instances[i].verdicts[EDGE_NEXT], (later * 36 + 10) * times,
			     (later * bytes + 1000) * times);
		assert_count(&read->instances[i].entered, ((later + 1) * 36 + 10) * times,
			     ((later + 1) * bytes + 1000) * times);
	}
	el_counters_free(read);
}

static void send_three(const char *hook)
{
	for (unsigned int mine = 1; mine <= 3; mine++)
		send_each(hook, mine);
	send_frames("dev0", hook, 0xf0, 100, 10);
}

static void test_fused(void **state)
{
	(void)state;
	el_chain_free(
		attach("dev0", XDP, "a=@sorter:mine=1", "b=@sorter:mine=2", "c=@sorter:mine=3"));
	send_three("xdp");
	assert_three(XDP, 1);
}

static void test_verdicts_at_xdp(void **state)
{
	static const uint32_t expected[] = {0,		 XDP_PASS, XDP_DROP,	XDP_DROP, XDP_TX,
					    XDP_ABORTED, XDP_DROP, XDP_ABORTED, XDP_DROP, XDP_PASS};

	(void)state;
	el_chain_free(attach("dev0", XDP, "a=@sorter:mine=1"));
	for (unsigned int what = 1; what < 10; what++)
		assert_int_equal(send_frames("dev0", "xdp", 1 << 4 | what, 64, 1), expected[what]);
}

static void test_tc(void **state)
{
	(void)state;
	el_chain_free(attach("dev0", EDGE_HOOK_TC_INGRESS, "a=@sorter:mine=1", "b=@sorter:mine=2",
			     "c=@sorter:mine=3"));
	send_three("tc-ingress");
	assert_three(EDGE_HOOK_TC_INGRESS, 1);
}

/* The same chain, with a heavy instance in front of each instance; a program has room for only one
 * heavy instance. */
static void test_cut(void **state)
{
	struct el_chain *chain = attach("dev0", XDP, "h0=@heavy", "a=@sorter:mine=1", "h1=@heavy",
					"b=@sorter:mine=2", "h2=@heavy", "c=@sorter:mine=3");
	const struct el_chain_report *report = el_chain_report(chain);
	struct el_counters *read;
	size_t next = 0;

	(void)state;
	assert_true(report->programs_count > 1);
	assert_contains(report->cut, "too much for the verifier");
	for (size_t i = 0; i < report->programs_count; i++) {
		assert_int_equal(report->programs[i].first, next);
		assert_true(report->programs[i].fused);
		next += report->programs[i].count;
	}
	assert_int_equal(next, 6);
	el_chain_free(chain);
	send_three("xdp");
	read = counters("dev0", XDP);
	for (size_t i = 0; i < 3; i++) {
		assert_each(&read->instances[2 * i + 1], 1);
		assert_int_equal(read->instances[2 * i].entered.packets, (3 - i) * 36 + 10);
		assert_int_equal(read->instances[2 * i].verdicts[EDGE_NEXT].packets,
				 (3 - i) * 36 + 10);
		assert_int_equal(read->instances[2 * i + 1].verdicts[EDGE_NEXT].packets,
				 (2 - i) * 36 + 10);
	}
	el_counters_free(read);
}

static void test_object_as_it_is_is_handed_packets(void **state)
{
	struct el_chain *chain =
		attach("dev0", XDP, "a=@sorter:mine=1", "b=@sorter:mine=2", "old=@plain-bare");
	const struct el_chain_report *report = el_chain_report(chain);
	struct el_counters *read;

	(void)state;
	assert_int_equal(report->programs_count, 2);
	assert_false(report->instances[2].fused);
	assert_contains(report->cut, "has no bitcode");
	el_chain_free(chain);
	send_three("xdp");
	assert_int_equal(send_frames("dev0", "xdp", 0x91, 64, 5), XDP_DROP);
	read = counters("dev0", XDP);
	assert_each(&read->instances[0], 1);
	assert_each(&read->instances[1], 1);
	assert_int_equal(read->instances[1].verdicts[EDGE_NEXT].packets, 36 + 10 + 5);
	assert_int_equal(read->instances[2].entered.packets, 36 + 10 + 5);
	assert_false(read->instances[2].verdicts_known);
	el_counters_free(read);
}

static void test_object_as_it_is_alone(void **state)
{
	struct el_counters *read;

	(void)state;
	el_chain_free(attach("dev0", XDP, "@plain-bare"));
	assert_int_equal(send_frames("dev0", "xdp", 0x91, 64, 5), XDP_DROP);
	assert_int_equal(send_frames("dev0", "xdp", 0x90, 64, 2), XDP_PASS);
	read = counters("dev0", XDP);
	assert_count(&read->instances[0].entered, 7, 7 * 64);
	el_counters_free(read);
}

static void test_ordinary_program_in_the_middle(void **state)
{
	struct el_counters *read;

	(void)state;
	el_chain_free(attach("dev0", XDP, "a=@sorter:mine=1", "@plain", "c=@sorter:mine=3"));
	send_each("xdp", 1);
	send_frames("dev0", "xdp", 0x91, 64, 5);
	send_each("xdp", 3);
	read = counters("dev0", XDP);
	assert_each(&read->instances[0], 1);
	assert_count(&read->instances[1].verdicts[EDGE_DROP], 5, 5 * 64);
	assert_int_equal(read->instances[1].verdicts[EDGE_NEXT].packets, 36);
	assert_each(&read->instances[2], 1);
	el_counters_free(read);
}

/* ---------------------------------------------------------------- over swaps */

static void test_carried_over_swaps(void **state)
{
	(void)state;
	for (uint64_t times = 1; times <= 4; times++) {
		el_chain_free(attach("dev0", XDP, "a=@sorter:mine=1", "b=@sorter:mine=2",
				     "c=@sorter:mine=3"));
		send_three("xdp");
		assert_three(XDP, times);
	}
}

static void test_carried_by_name(void **state)
{
	struct el_counters *read;

	(void)state;
	el_chain_free(
		attach("dev0", XDP, "a=@sorter:mine=1", "b=@sorter:mine=2", "c=@sorter:mine=3"));
	send_three("xdp");
	/* The new chain is reordered, lacks b, adds d, and has c under the new name e, whose
	 * counters start at zero. */
	el_chain_free(
		attach("dev0", XDP, "d=@sorter:mine=4", "e=@sorter:mine=3", "a=@sorter:mine=1"));
	read = counters("dev0", XDP);
	assert_int_equal(read->instances[0].entered.packets, 0);
	assert_int_equal(read->instances[1].entered.packets, 0);
	assert_each(&read->instances[2], 1);
	assert_int_equal(read->instances[2].verdicts[EDGE_NEXT].packets, 2 * 36 + 10);
	el_counters_free(read);
	send_each("xdp", 1);
	read = counters("dev0", XDP);
	assert_each(&read->instances[2], 2);
	assert_int_equal(read->instances[0].verdicts[EDGE_NEXT].packets, 36);
	assert_int_equal(read->instances[2].verdicts[EDGE_NEXT].packets, 2 * 36 + 10);
	el_counters_free(read);
}

static void test_reasons_keep_their_names(void **state)
{
	struct el_counters *read;

	(void)state;
	el_chain_free(attach("dev0", XDP, "a=@sorter:mine=1"));
	send_each("xdp", 1);
	/* The next version numbers its reasons differently, and lacks "two, %: and all". */
	function("other", sorter_head,
		 "	if (first(pkt) == 0xee) return edge_drop(pkt, \"a new one\");\n"
		 "	if (first(pkt) == 0xef) return edge_drop(pkt, \"three\");\n"
		 "return EDGE_NEXT;");
	el_chain_free(attach("dev0", XDP, "a=@other"));
	send_frames("dev0", "xdp", 0xee, 64, 100);
	send_frames("dev0", "xdp", 0xef, 64, 1000);
	read = counters("dev0", XDP);
	assert_int_equal(reason(&read->instances[0], "a new one"), 100);
	assert_int_equal(reason(&read->instances[0], "three"), 1000 + 3 + 8);
	assert_int_equal(reason(&read->instances[0], "unspecified"), 6 + 2);
	assert_int_equal(read->instances[0].verdicts[EDGE_DROP].packets, 1100 + 2 + 3 + 6 + 8);
	el_counters_free(read);
}

static void test_sums_pass_32_bits(void **state)
{
	struct el_counters *read;
	const uint64_t much = (1ull << 33) + 5;
	uint32_t slot = 0;
	struct edge_counters value;
	int fd;

	(void)state;
	el_chain_free(attach("dev0", XDP, "a=@sorter:mine=1"));
	fd = bpf_obj_get(at("bpffs/edge/dev0/xdp/carried"));
	assert_true(fd >= 0);
	memset(&value, 0, sizeof(value));
	value.pass = (struct edge_count){much, much * 64};
	assert_int_equal(bpf_map_update_elem(fd, &slot, &value, 0), 0);
	close(fd);
	send_frames("dev0", "xdp", 0x11, 64, 1);
	el_chain_free(attach("dev0", XDP, "a=@sorter:mine=1"));
	read = counters("dev0", XDP);
	assert_count(&read->instances[0].verdicts[EDGE_PASS], much + 1, (much + 1) * 64);
	el_counters_free(read);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_fused, end_chain),
		cmocka_unit_test_teardown(test_verdicts_at_xdp, end_chain),
		cmocka_unit_test_teardown(test_tc, end_chain),
		cmocka_unit_test_teardown(test_cut, end_chain),
		cmocka_unit_test_teardown(test_object_as_it_is_is_handed_packets, end_chain),
		cmocka_unit_test_teardown(test_object_as_it_is_alone, end_chain),
		cmocka_unit_test_teardown(test_ordinary_program_in_the_middle, end_chain),
		cmocka_unit_test_teardown(test_carried_over_swaps, end_chain),
		cmocka_unit_test_teardown(test_carried_by_name, end_chain),
		cmocka_unit_test_teardown(test_reasons_keep_their_names, end_chain),
		cmocka_unit_test_teardown(test_sums_pass_32_bits, end_chain),
	};

	world_need();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, world_teardown);
}

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * map_follow.c on a real chain: the type of the records comes from the object, which is found again
 * through the chain's metadata. The chain runs on the loopback device of a private world.
*/
#include "lib/chains.h"

#define SOURCE "tell.bpf.c"

/* clang-format off */
static const char source[] =
	"#include <edge/edge.h>\n"
	"struct record { edge_ip4 who; edge_port port; __u16 length; };\n"
	"EDGE_EVENTS(events, struct record, 4096);\n"
	"EDGE_FUNCTION(tell)\n"
	"{\n"
	"	struct record record = {bpf_htonl(0xc0000201), bpf_htons(443), pkt->entry_length};\n"
	"	edge_event(&events, &record);\n"
	"	return EDGE_NEXT;\n"
	"}\n";
/* clang-format on */

static struct el_map *map;

static void write_source(const char *more)
{
	_cleanup_free_ char *text = el_format("%s%s", source, more);

	write_text(SOURCE, text);
}

static int setup(void **state)
{
	struct el_chain *chain;

	if (world_setup(state))
		return -1;
	write_source("");
	chain = attached("lo", EDGE_HOOK_XDP, EL_MODE_GENERIC,
			 (const char *const[]){at(SOURCE), NULL});
	el_chain_free(chain);
	return el_map_open(context, "lo/xdp/tell/events", &map);
}

static int teardown(void **state)
{
	el_map_free(map);
	detach("lo", EDGE_HOOK_XDP);
	return world_teardown(state);
}

/* Send one frame of 64 bytes through the chain. */
static void send_frame(void)
{
	send_frames("lo", "xdp", 0, 64, 1);
}

static int take_record(void *data, const char *value)
{
	snprintf(data, 128, "%s", value);
	return 1;
}

/* Follow until a record. */
static int take(enum el_format format, char got[128])
{
	const struct el_follow_options options = {
		.format = format, .timeout_ms = 5000, .event = take_record, .data = got};

	return el_map_follow(map, &options);
}

static int count_record(void *data, const char *value)
{
	(void)value;
	++*(int *)data;
	return 0;
}

static void test_records_have_a_type(void **state)
{
	char got[128] = "";

	(void)state;
	send_frame();
	assert_int_equal(take(EL_TEXT, got), 1);
	assert_string_equal(got, "{who=192.0.2.1,port=443,length=64}");
	send_frame();
	assert_int_equal(take(EL_JSON, got), 1);
	assert_string_equal(got, "{\"who\":\"192.0.2.1\",\"port\":443,\"length\":64}");
	assert_string_equal(warning, "");
}

static void test_many_records(void **state)
{
	int count = 0;
	const struct el_follow_options options = {
		.timeout_ms = 100, .event = count_record, .data = &count};

	(void)state;
	for (int i = 0; i < 50; i++)
		send_frame();
	assert_int_equal(el_map_follow(map, &options), 0);
	assert_int_equal(count, 50);
}

/* The source has changed since then: its record type may be wrong. */
static void test_another_source(void **state)
{
	char got[128] = "", want[PATH_MAX + 128];

	(void)state;
	write_source("__u32 one_more;\n");
	send_frame();
	assert_int_equal(take(EL_TEXT, got), 1);
	assert_string_equal(got, "0xc000020101bb4000");
	snprintf(want, sizeof(want),
		 "records are shown as bytes: %s has changed since the chain was attached",
		 at(SOURCE));
	assert_string_equal(warning, want);
}

static void test_no_source(void **state)
{
	char got[128] = "";

	(void)state;
	assert_int_equal(unlink(at(SOURCE)), 0);
	send_frame();
	assert_int_equal(take(EL_TEXT, got), 1);
	assert_string_equal(got, "0xc000020101bb4000");
	assert_contains(warning, "records are shown as bytes: ");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records_have_a_type),
		cmocka_unit_test(test_many_records),
		cmocka_unit_test(test_another_source),
		cmocka_unit_test(test_no_source),
	};

	world_need();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}

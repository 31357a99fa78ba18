// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * map_follow.c on a real chain: the type of the records comes from the object, which is found again
 * through the chain's metadata. The chain runs on the loopback device of a private network
 * namespace, with a private bpffs and tmpfs, so the test needs no clean-up.
 */
#include <libgen.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include <bpf/bpf.h>
#include <cmocka.h>

#include "base/base.h"

#define SOURCE "/mnt/tell.bpf.c"
#define MAP    "lo/xdp/tell/events"

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

static struct el_context *context;
static struct el_map *map;
static char warning[512];

static void take_warning(void *data, const char *message)
{
	(void)data;
	snprintf(warning, sizeof(warning), "%s", message);
}

static void write_source(const char *more)
{
	FILE *stream = fopen(SOURCE, "w");

	assert_non_null(stream);
	fprintf(stream, "%s%s", source, more);
	fclose(stream);
}

static int setup(void **state)
{
	char here[] = __FILE__;
	_cleanup_free_ char *home = el_format("%s/../../../build", dirname(here));
	_cleanup_free_ char *absolute = realpath(home, NULL);
	const struct el_context_options options = {.bpffs = "/mnt/pins", .warn = take_warning};
	const struct el_instance_spec instance = {.function = SOURCE};
	const struct el_chain_spec chain = {.device = "lo",
					    .hook = EDGE_HOOK_XDP,
					    .mode = EL_MODE_GENERIC,
					    .instances = &instance,
					    .instances_count = 1};

	(void)state;
	assert_int_equal(unshare(CLONE_NEWNS | CLONE_NEWNET), 0);
	assert_int_equal(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(mount("tmpfs", "/mnt", "tmpfs", 0, "mode=0755"), 0);
	assert_int_equal(mkdir("/mnt/pins", 0700), 0);
	assert_int_equal(mount("bpf", "/mnt/pins", "bpf", 0, NULL), 0);
	assert_non_null(absolute);
	assert_int_equal(setenv("EDGE_LOAD_HOME", absolute, 1), 0);
	write_source("");
	assert_int_equal(el_context_open(&context, &options), 0);
	if (el_chain_attach(context, &chain, NULL))
		fail_msg("%s\n%s", el_error_get(context)->what, el_error_get(context)->detail);
	return el_map_open(context, MAP, &map);
}

static int teardown(void **state)
{
	(void)state;
	el_map_free(map);
	el_chain_detach(context, "lo", EDGE_HOOK_XDP);
	el_context_free(context);
	return 0;
}

/* Send one frame of 64 bytes through the chain. */
static void send_frame(void)
{
	char frame[64] = "";
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = frame, .data_size_in = sizeof(frame));
	int fd = bpf_obj_get("/mnt/pins/edge/lo/xdp/prog");

	assert_true(fd >= 0);
	assert_int_equal(bpf_prog_test_run_opts(fd, &run), 0);
	close(fd);
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
	char got[128] = "";

	(void)state;
	write_source("__u32 one_more;\n");
	send_frame();
	assert_int_equal(take(EL_TEXT, got), 1);
	assert_string_equal(got, "0xc000020101bb4000");
	assert_string_equal(warning, "records are shown as bytes: " SOURCE
				     " has changed since the chain was attached");
}

static void test_no_source(void **state)
{
	char got[128] = "";

	(void)state;
	assert_int_equal(unlink(SOURCE), 0);
	send_frame();
	assert_int_equal(take(EL_TEXT, got), 1);
	assert_string_equal(got, "0xc000020101bb4000");
	assert_non_null(strstr(warning, "records are shown as bytes: "));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_records_have_a_type),
		cmocka_unit_test(test_many_records),
		cmocka_unit_test(test_another_source),
		cmocka_unit_test(test_no_source),
	};

	if (geteuid()) {
		puts("1..0 # SKIP needs root: a chain is attached");
		return 0;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Reports of a function: records in a ring buffer, lines in the kernel's trace log. And bytes read
 * and written anywhere in the frame.
 */
#include <sched.h>
#include <time.h>
#include <sys/mount.h>

#include "lib/run_state.h"
#include "lib/trace.h"

enum {
	EVENTS_BYTES = 4096,
	RECORD_BYTES = 8 + sizeof(struct state_event), /* BPF_RINGBUF_HDR_SZ is 8 */
	LINES_A_SECOND = 10,			       /* EDGE_LOG_RATE */
	LINE_BYTES = 1024,
};

/* ---------------------------------------------------------------- records */

struct seen {
	size_t count;
	struct state_event last;
};

static int see(void *data, void *record, size_t size)
{
	struct seen *seen = data;

	assert_int_equal(size, sizeof(seen->last));
	memcpy(&seen->last, record, size);
	seen->count++;
	return 0;
}

static void test_event(void **state)
{
	struct state_ask ask = {.number = 0x1122334455667788};
	struct state_event want = {ask.number, 0, htons(53), IPPROTO_UDP, 0};
	struct seen seen = {0};
	struct state_result result;
	struct program program;
	struct ring_buffer *ring;
	struct packet p;

	(void)state;
	state_packet(&p, 6, IPPROTO_UDP);
	want.length = (uint32_t)p.length;
	state_load(&program, STATE_EVENT);
	ring = ring_buffer__new(program_map(&program, "events"), see, &seen, NULL);
	assert_non_null(ring);
	for (size_t i = 0; i < 2; i++) {
		memset(&seen.last, 0xff, sizeof(seen.last));
		state_ask(&program, hooks[i], &p, &ask, 1, &result);
		assert_int_equal(result.error, 0);
		assert_int_equal(ring_buffer__consume(ring), 1);
		assert_memory_equal(&seen.last, &want, sizeof(want));
	}
	/* Without a reader, the buffer takes records until it is full, and refuses further
	 * records. */
	seen.count = 0;
	state_ask(&program, XDP, &p, &ask, 1000, &result);
	assert_int_equal(result.error, -EAGAIN);
	ring_buffer__consume(ring);
	assert_int_equal(seen.count, EVENTS_BYTES / RECORD_BYTES);
	state_ask(&program, XDP, &p, &ask, 1, &result);
	assert_int_equal(result.error, 0);
	ring_buffer__free(ring);
	program_close(&program);
}

/* ---------------------------------------------------------------- log lines */

static uint64_t now_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

/* Return: a number that no other test logs. */
static uint64_t own_number(void)
{
	return (uint64_t)getpid() << 40 | (now_ns() & 0xffffffffff);
}

static void test_log(void **state)
{
	char mark[64], line[2048], want[128];
	struct state_result result;
	struct program program;
	struct packet p;

	(void)state;
	skip_without_bpf();
	assert_int_equal(trace_need(), 0);
	state_packet(&p, 4, IPPROTO_UDP);
	for (size_t i = 0; i < 2; i++) {
		struct state_ask ask = {.number = own_number()};
		uint64_t begin;

		snprintf(mark, sizeof(mark), "state %llx ", (unsigned long long)ask.number);
		snprintf(want, sizeof(want), "edge: %slength %zu\n", mark, p.length);
		state_load(&program, STATE_LOG);
		begin = now_ns();
		state_ask(&program, hooks[i], &p, &ask, 2000, &result);
		/* The lines of a second at once, and the lines that became due meanwhile. */
		assert_in_range(trace_lines(mark, line, sizeof(line)), LINES_A_SECOND,
				LINES_A_SECOND + (now_ns() - begin) * LINES_A_SECOND / 1000000000 +
					1);
		assert_string_equal(line, want);
		program_close(&program);
	}
}

static void test_long_line(void **state)
{
	char mark[64], line[4096];
	struct state_ask ask = {0};
	struct state_result result;
	struct program program;
	struct packet p;

	(void)state;
	skip_without_bpf();
	assert_int_equal(trace_need(), 0);
	ask.number = own_number();
	snprintf(mark, sizeof(mark), "state %llx longlong", (unsigned long long)ask.number);
	state_packet(&p, 4, IPPROTO_UDP);
	state_load(&program, STATE_LONG);
	state_ask(&program, XDP, &p, &ask, 1, &result);
	assert_int_equal(trace_lines(mark, line, sizeof(line)), 1);
	assert_in_range(strlen(line), LINE_BYTES - 8, LINE_BYTES); /* of more than 1,600 bytes */
	program_close(&program);
}

/* ---------------------------------------------------------------- bytes */

static void assert_load(const struct program *program, enum hook hook, const struct packet *p,
			uint32_t offset, bool there)
{
	struct state_result result;

	state_ask(program, hook, p, &(struct state_ask){.offset = offset}, 1, &result);
	assert_int_equal(!result.error, there);
	if (there)
		assert_memory_equal(result.bytes, p->data + offset, STATE_BYTES);
}

static void test_load_bytes(void **state)
{
	struct program program;
	struct packet p;

	(void)state;
	state_packet(&p, 4, IPPROTO_UDP);
	state_load(&program, STATE_LOAD);
	for (size_t i = 0; i < 2; i++) {
		uint32_t last = (uint32_t)p.length - STATE_BYTES;

		assert_load(&program, hooks[i], &p, 0, true);
		assert_load(&program, hooks[i], &p, 21, true);
		assert_load(&program, hooks[i], &p, last, true);
		assert_load(&program, hooks[i], &p, last + 1, false);
		assert_load(&program, hooks[i], &p, 0xffffffff, false);
	}
	/* A frame whose tail is in fragments. */
	packet_payload(&p, 9000 - p.length);
	packet_finish(&p);
	for (uint32_t offset = 0; offset <= 9000 - STATE_BYTES; offset += 97)
		assert_load(&program, XDP, &p, offset, true);
	assert_load(&program, XDP, &p, 9000 - STATE_BYTES, true);
	assert_load(&program, XDP, &p, 9001 - STATE_BYTES, false);
	program_close(&program);
}

static void assert_store(const struct program *program, enum hook hook, const struct packet *in,
			 uint32_t offset, bool there)
{
	static struct packet want;
	static struct result result;
	struct state_result said;

	want = *in;
	for (size_t i = 0; there && i < STATE_BYTES; i++)
		want.data[offset + i] = (uint8_t)(0xa0 + i);
	state_ask(program, hook, in, &(struct state_ask){.offset = offset}, 1, &said);
	assert_int_equal(!said.error, there);
	assert_int_equal(said.numbers[0], in->l4); /* the view is still valid */
	program_run(program, hook, in, &result);
	assert_int_equal(result.out.length, want.length);
	assert_memory_equal(result.out.data, want.data, want.length);
}

static void test_store_bytes(void **state)
{
	struct program program;
	struct packet p;

	(void)state;
	state_packet(&p, 4, IPPROTO_UDP);
	state_load(&program, STATE_STORE);
	for (size_t i = 0; i < 2; i++) {
		uint32_t last = (uint32_t)p.length - STATE_BYTES;

		assert_store(&program, hooks[i], &p, (uint32_t)p.payload + 1, true);
		assert_store(&program, hooks[i], &p, last, true);
		assert_store(&program, hooks[i], &p, last + 1, false);
	}
	packet_payload(&p, 9000 - p.length);
	packet_finish(&p);
	for (uint32_t offset = 100; offset <= 9000 - STATE_BYTES; offset += 997)
		assert_store(&program, XDP, &p, offset, true);
	assert_store(&program, XDP, &p, 9001 - STATE_BYTES, false);
	program_close(&program);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_event),	    cmocka_unit_test(test_log),
		cmocka_unit_test(test_long_line),   cmocka_unit_test(test_load_bytes),
		cmocka_unit_test(test_store_bytes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

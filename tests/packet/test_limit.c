// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Clocks and token buckets. The tests choose the times of the requests to a bucket, so the counts
 * are exact; one test uses the clock.
 */
#include <time.h>

#include "lib/run_state.h"

enum { MOST = 1 << 30 }; /* EDGE_BUCKET_BURST_MAX */

static const uint64_t second = 1000000000, start = 1000 * 1000000000ull;

static uint64_t clock_ns(clockid_t id)
{
	struct timespec now;

	assert_int_equal(clock_gettime(id, &now), 0);
	return (uint64_t)now.tv_sec * second + (uint64_t)now.tv_nsec;
}

/* The clock is the host's, and a second call returns the time of the first call. */
static void test_clocks(void **state)
{
	struct state_result result;
	struct program program;
	struct packet p;

	(void)state;
	state_packet(&p, 4, IPPROTO_UDP);
	state_load(&program, STATE_TIME);
	for (size_t i = 0; i < 2; i++) {
		uint64_t before = clock_ns(CLOCK_MONOTONIC);
		uint64_t coarse = clock_ns(CLOCK_MONOTONIC_COARSE);

		state_ask(&program, hooks[i], &p, &(struct state_ask){0}, 1, &result);
		assert_in_range(result.numbers[0], before, clock_ns(CLOCK_MONOTONIC));
		assert_in_range(result.numbers[1], coarse, clock_ns(CLOCK_MONOTONIC_COARSE));
		assert_memory_equal(result.numbers + 3, result.numbers, 3 * sizeof(uint64_t));
	}
	program_close(&program);
}

/* A tick is 1 to 10 ms (CONFIG_HZ is 1,000 to 100). */
static void test_jiffies(void **state)
{
	struct state_result before, after;
	struct program program;
	struct packet p;

	(void)state;
	state_packet(&p, 4, IPPROTO_UDP);
	state_load(&program, STATE_TIME);
	state_ask(&program, XDP, &p, &(struct state_ask){0}, 1, &before);
	usleep(300000);
	state_ask(&program, TC, &p, &(struct state_ask){0}, 1, &after);
	assert_in_range(after.numbers[2] - before.numbers[2],
			(after.numbers[0] - before.numbers[0]) / 10000000 - 1,
			(after.numbers[0] - before.numbers[0]) / 1000000 + 1);
	program_close(&program);
}

/* Return: how many of @tries get their tokens. */
static uint64_t taken(const struct program *program, enum hook hook, struct state_ask ask,
		      int tries)
{
	struct state_result result;
	struct packet p;

	state_packet(&p, 4, IPPROTO_UDP);
	state_ask(program, hook, &p, &ask, tries, &result);
	return result.numbers[0];
}

static void test_bucket(void **state)
{
	struct program program;

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		enum hook hook = hooks[i];
		struct state_ask ask = {.now = start, .rate = 1, .burst = 5, .tokens = 1};

		state_load(&program, STATE_BUCKET);
		assert_int_equal(taken(&program, hook, ask, 100), 5);
		ask.now += second - 1; /* a nanosecond too early for a token */
		assert_int_equal(taken(&program, hook, ask, 100), 0);
		ask.now += 1;
		assert_int_equal(taken(&program, hook, ask, 100), 1);
		ask.now += 2 * second + second / 2; /* time for two and a half tokens */
		assert_int_equal(taken(&program, hook, ask, 100), 2);
		ask.now += second / 2;
		assert_int_equal(taken(&program, hook, ask, 100), 1);
		ask.now += 3600 * second; /* the bucket's size is the limit */
		assert_int_equal(taken(&program, hook, ask, 100), 5);
		ask.now -= 3600 * second; /* this processor's clock is behind another processor's */
		assert_int_equal(taken(&program, hook, ask, 100), 0);
		program_close(&program);
	}
}

static void test_bucket_of_bytes(void **state)
{
	struct state_ask ask = {.now = start, .rate = 1, .burst = 1000, .tokens = 300};
	struct program program;

	(void)state;
	state_load(&program, STATE_BUCKET);
	assert_int_equal(taken(&program, XDP, ask, 10), 3); /* 100 tokens are left */
	ask.tokens = 99;
	assert_int_equal(taken(&program, TC, ask, 10), 1); /* 1 token is left */
	ask.tokens = 1;
	assert_int_equal(taken(&program, XDP, ask, 10), 1);
	ask.now += 3600 * second;
	ask.tokens = 1001; /* more than the bucket holds */
	assert_int_equal(taken(&program, XDP, ask, 10), 0);
	ask.tokens = 1000;
	ask.rate = 0;
	assert_int_equal(taken(&program, XDP, ask, 10), 0);
	ask.rate = 1;
	assert_int_equal(taken(&program, XDP, ask, 10), 1);
	program_close(&program);
}

/* The largest numbers do not overflow: 2^30 tokens at 1 a second. */
static void test_bucket_limits(void **state)
{
	struct state_ask ask = {.now = start, .rate = 1, .burst = 1u << 31, .tokens = MOST};
	struct program program;

	(void)state;
	state_load(&program, STATE_BUCKET);
	assert_int_equal(taken(&program, XDP, ask, 10), 1); /* the burst is capped */
	ask.tokens = 1;
	assert_int_equal(taken(&program, XDP, ask, 10), 0);
	ask.now += 3 * second;
	assert_int_equal(taken(&program, XDP, ask, 10), 3);
	program_close(&program);
	/* 100 Gbit/s, a million bytes: 15,625 packets of 64 bytes, and the 1 % that limit.h
	 * documents. */
	state_load(&program, STATE_BUCKET);
	ask = (struct state_ask){.now = start, .rate = 12500000000, .burst = 1000000, .tokens = 64};
	assert_in_range(taken(&program, XDP, ask, 20000), 15625, 15625 + 15625 * 12 / 1000);
	program_close(&program);
}

/* With the clock: a pause refills the bucket by the tokens of its duration. */
static void test_bucket_refills(void **state)
{
	struct state_ask ask = {.rate = 1000, .burst = 1000, .tokens = 1};
	struct program program;
	uint64_t begin, passed;

	(void)state;
	state_load(&program, STATE_BUCKET);
	begin = clock_ns(CLOCK_MONOTONIC);
	passed = taken(&program, XDP, ask, 20000);
	assert_in_range(passed, 1000, 1000 + (clock_ns(CLOCK_MONOTONIC) - begin) / 1000000 + 1);
	usleep(200000);
	passed += taken(&program, TC, ask, 2000);
	/* The total is the burst plus the rate since the start. */
	assert_in_range(passed, 1000 + 200,
			1000 + (clock_ns(CLOCK_MONOTONIC) - begin) / 1000000 + 1);
	program_close(&program);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_clocks),	      cmocka_unit_test(test_jiffies),
		cmocka_unit_test(test_bucket),	      cmocka_unit_test(test_bucket_of_bytes),
		cmocka_unit_test(test_bucket_limits), cmocka_unit_test(test_bucket_refills),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * once.c: which requests get a kept answer of the compiler, and how many answers are kept.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "fuse/once.h"

static struct el_context context;
static struct el_object *objects[3];
static struct el_instance instances[2];
static const struct el_placement both = {.instances = instances, .count = 2},
				 second = {.instances = instances, .first = 1, .count = 1};
static struct el_fused found;

static int setup(void **state)
{
	(void)state;
	for (size_t i = 0; i < 3; i++) {
		objects[i] = calloc(1, sizeof(*objects[i]));
		assert_non_null(objects[i]);
		objects[i]->users = 1;
	}
	instances[0].object = objects[0];
	instances[1].object = objects[1];
	return el_fusings_begin(&context);
}

/* When nothing is kept any more, only the test uses the objects. */
static int teardown(void **state)
{
	(void)state;
	free(found.object);
	found = (struct el_fused){0};
	el_fusings_end(&context);
	for (size_t i = 0; i < 3; i++) {
		assert_int_equal(objects[i]->users, 1);
		el_object_free(objects[i]);
	}
	return 0;
}

static void keep(const struct el_placement *placement, const char *request, size_t size)
{
	struct el_fused fused = {.size = size, .instance = -1, .object = malloc(size)};

	assert_non_null(fused.object);
	memset(fused.object, 7, size);
	el_fusing_keep(&context, placement, request, &fused);
	free(fused.object);
}

static bool finds(const struct el_placement *placement, const char *request)
{
	free(found.object);
	found = (struct el_fused){0};
	return el_fusing_find(&context, placement, request, &found);
}

static void test_equal(void **state)
{
	(void)state;
	assert_false(finds(&both, "a"));
	keep(&both, "a", 100);
	assert_true(finds(&both, "a"));
	assert_int_equal(found.size, 100);
	assert_int_equal(((const char *)found.object)[99], 7);
}

/* Another parameter, hook or place in the chain stands in the request. */
static void test_other_request(void **state)
{
	(void)state;
	keep(&both, "a", 100);
	assert_false(finds(&both, "b"));
	assert_false(finds(&both, "aa"));
	assert_false(finds(&both, ""));
}

static void test_other_objects(void **state)
{
	(void)state;
	keep(&both, "a", 100);
	assert_false(finds(&second, "a"));
	instances[1].object = objects[2];
	assert_false(finds(&both, "a"));
	instances[1].object = objects[1];
	assert_true(finds(&both, "a"));
}

static void test_refusal(void **state)
{
	const struct el_fused refused = {.refusal = "stack", .instance = 1, .message = "too much"};

	(void)state;
	el_fusing_keep(&context, &both, "a", &refused);
	assert_true(finds(&both, "a"));
	assert_null(found.object);
	assert_string_equal(found.refusal, "stack");
	assert_string_equal(found.message, "too much");
	assert_int_equal(found.instance, 1);
}

static void test_count_is_bounded(void **state)
{
	char request[16];

	(void)state;
	for (int i = 0; i <= EL_FUSINGS_MAX; i++) {
		snprintf(request, sizeof(request), "%d", i);
		keep(&both, request, 10);
	}
	assert_false(finds(&both, "0"));
	assert_true(finds(&both, "1"));
	assert_true(finds(&both, request));
	assert_int_equal(objects[0]->users, 1 + EL_FUSINGS_MAX);
}

static void test_bytes_are_bounded(void **state)
{
	(void)state;
	keep(&both, "a", EL_FUSINGS_BYTES_MAX / 2);
	keep(&both, "b", EL_FUSINGS_BYTES_MAX / 2);
	assert_true(finds(&both, "a"));
	keep(&both, "c", 1);
	assert_false(finds(&both, "a"));
	assert_true(finds(&both, "b"));
	keep(&both, "d", EL_FUSINGS_BYTES_MAX + 1);
	assert_false(finds(&both, "d"));
	assert_true(finds(&both, "b"));
	keep(&both, "e", EL_FUSINGS_BYTES_MAX);
	assert_false(finds(&both, "b"));
	assert_false(finds(&both, "c"));
	assert_true(finds(&both, "e"));
}

/* Outside a plan nothing is kept. */
static void test_no_plan(void **state)
{
	(void)state;
	keep(&both, "a", 100);
	el_fusings_end(&context);
	assert_false(finds(&both, "a"));
	keep(&both, "a", 100);
	assert_false(finds(&both, "a"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_equal, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_request, setup, teardown),
		cmocka_unit_test_setup_teardown(test_other_objects, setup, teardown),
		cmocka_unit_test_setup_teardown(test_refusal, setup, teardown),
		cmocka_unit_test_setup_teardown(test_count_is_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_bytes_are_bounded, setup, teardown),
		cmocka_unit_test_setup_teardown(test_no_plan, setup, teardown),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

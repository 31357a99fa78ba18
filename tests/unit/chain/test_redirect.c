// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The table of the devices that take redirected packets, with little room: stale entries make room,
 * and devices that do not fit cause a warning.
 */
#include "lib/chains.h"

#include "chain/redirect.h"

static int setup(void **state)
{
	if (world_setup(state))
		return -1;
	function("pass", "", "return EDGE_NEXT;");
	return 0;
}

static int table(uint32_t entries)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = BPF_F_NO_PREALLOC);
	int fd = bpf_map_create(BPF_MAP_TYPE_HASH, "targets", 4, 4, entries, &options);

	assert_true(fd >= 0);
	return fd;
}

static int fill(int fd)
{
	struct el_chain_map map = {.name = (char *)EDGE_TARGETS, .fd = fd};
	struct el_generation chain = {.maps = &map, .maps_count = 1};

	*warning = '\0';
	return el_redirect_fill(context, &chain);
}

/* Return: the number of devices in the table, without the devices in @gone. */
static size_t holds(int fd, const uint32_t *gone)
{
	uint32_t key, next;
	size_t count = 0;

	for (bool first = true; !bpf_map_get_next_key(fd, first ? NULL : &key, &next);
	     first = false, key = next)
		count += next != gone[0] && next != gone[1];
	return count;
}

static void test_room(void **state)
{
	const uint32_t gone[] = {0x70000001, 0x70000002}, flags = EDGE_TARGET_FRAMES;
	uint32_t found;
	int fd = table(3); /* the table also has lo, which finishes checksums in generic mode */

	(void)state;
	device("t0"); /* each end of a veth takes frames if the other end has a program */
	el_chain_free(attach("t0", EDGE_HOOK_XDP, "a=@pass"));
	el_chain_free(attach("t0-peer", EDGE_HOOK_XDP, "a=@pass"));
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(bpf_map_update_elem(fd, &gone[i], &flags, BPF_ANY), 0);
	assert_int_equal(fill(fd), 0);
	assert_string_equal(warning, "");
	assert_int_equal(holds(fd, gone), 3);
	for (size_t i = 0; i < 2; i++)
		assert_int_equal(bpf_map_lookup_elem(fd, &gone[i], &found), -ENOENT);
	close(fd);

	fd = table(1);
	assert_int_equal(fill(fd), 0);
	assert_contains(warning, "more than the table of edge_route() has room for");
	assert_int_equal(holds(fd, gone), 1);
	close(fd);
	detach("t0", EDGE_HOOK_XDP);
	detach("t0-peer", EDGE_HOOK_XDP);
	device_remove("t0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_room)};

	world_need();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, world_teardown);
}

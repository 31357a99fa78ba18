// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Error numbers in words: the kernel itself refuses each operation, and the words must fit the
 * attempt. Every number of the kernel and of libbpf has words.
 */
#include <bpf/libbpf.h>

#include "base/reason.h"
#include "lib/world.h"

static int make(enum bpf_map_type type, uint32_t key, uint32_t value, uint32_t entries,
		uint32_t flags)
{
	LIBBPF_OPTS(bpf_map_create_opts, options, .map_flags = flags);

	return bpf_map_create(type, "reason", key, value, entries, &options);
}

/* The kernel has just answered @result, which must be -@error; its words must contain @words. */
static void means(enum el_operation operation, long result, int error, const char *words)
{
	assert_int_equal(result, -error);
	assert_contains(el_reason(operation, errno), words);
	assert_string_equal(el_reason(operation, errno), el_reason(operation, -errno));
}

static void test_maps_that_are_not_made(void **state)
{
	(void)state;
	means(EL_OP_MAP_CREATE, make(BPF_MAP_TYPE_HASH, 16, 8, 2000000000, 0), E2BIG,
	      "too many entries");
	means(EL_OP_MAP_CREATE, make(BPF_MAP_TYPE_PERCPU_HASH, 4, 40000, 1, 0), E2BIG,
	      "a value that is too long");
	means(EL_OP_MAP_CREATE, make(BPF_MAP_TYPE_ARRAY, 4, 8, 4000000000u, 0), ENOMEM,
	      "not enough memory");
	means(EL_OP_MAP_CREATE, make(BPF_MAP_TYPE_LPM_TRIE, 8, 8, 1, 0), EINVAL,
	      "a map of this kind with these sizes and flags");
}

static void test_entries(void **state)
{
	uint32_t key = 0, other = 1, prefixes[][2] = {{32, 1}, {32, 2}};
	uint64_t value = 0;
	int hash = make(BPF_MAP_TYPE_HASH, 4, 8, 1, 0),
	    array = make(BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
	int trie = make(BPF_MAP_TYPE_LPM_TRIE, 8, 8, 1, BPF_F_NO_PREALLOC);
	int frozen = make(BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);
	int closed = make(BPF_MAP_TYPE_ARRAY, 4, 8, 1, BPF_F_WRONLY);
	int events = make(BPF_MAP_TYPE_PERF_EVENT_ARRAY, 4, 4, 1, 0);
	int sockets = make(BPF_MAP_TYPE_XSKMAP, 4, 4, 1, 0);
	int programs = make(BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 1, 0);
	int ring = make(BPF_MAP_TYPE_RINGBUF, 0, 0, 4096, 0);

	(void)state;
	assert_int_equal(bpf_map_update_elem(hash, &key, &value, 0), 0);
	means(EL_OP_MAP_UPDATE, bpf_map_update_elem(hash, &other, &value, 0), E2BIG, "full");
	means(EL_OP_MAP_UPDATE, bpf_map_update_elem(array, &other, &value, 0), E2BIG,
	      "beyond its end");
	assert_int_equal(bpf_map_update_elem(trie, prefixes[0], &value, 0), 0);
	means(EL_OP_MAP_UPDATE, bpf_map_update_elem(trie, prefixes[1], &value, 0), ENOSPC, "full");
	assert_int_equal(bpf_map_freeze(frozen), 0);
	means(EL_OP_MAP_UPDATE, bpf_map_update_elem(frozen, &key, &value, 0), EPERM, "frozen");
	means(EL_OP_MAP_READ, bpf_map_lookup_elem(closed, &key, &value), EPERM, "BPF_F_WRONLY");
	means(EL_OP_MAP_READ, bpf_map_lookup_elem(hash, &other, &value), ENOENT, "no such entry");
	means(EL_OP_MAP_READ, bpf_map_lookup_elem(events, &key, &value), 524, "of this kind");
	means(EL_OP_MAP_READ, bpf_map_lookup_elem(sockets, &key, &value), EOPNOTSUPP,
	      "of this kind");
	means(EL_OP_MAP_READ, bpf_map_lookup_elem(ring, &key, &value), EINVAL, "by key");
	means(EL_OP_MAP_DELETE, bpf_map_delete_elem(array, &key), EINVAL, "can't be deleted");
	means(EL_OP_MAP_UPDATE, bpf_map_update_elem(events, &key, &value, 0), EBADF, "descriptor");
	means(EL_OP_MAP_UPDATE, bpf_map_update_elem(programs, &key, &value, BPF_EXIST), EINVAL,
	      "does not accept");
}

static void test_programs(void **state)
{
	static const struct bpf_insn instructions[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K},
						       {.code = BPF_JMP | BPF_EXIT}};
	size_t many = 1000001;
	struct bpf_insn *long_one = calloc(many, sizeof(*long_one));
	int program;

	(void)state;
	assert_non_null(long_one);
	means(EL_OP_LOAD, bpf_prog_load(BPF_PROG_TYPE_XDP, "reason", "GPL", long_one, many, NULL),
	      E2BIG, "too many instructions");
	free(long_one);
	means(EL_OP_LOAD,
	      bpf_prog_load((enum bpf_prog_type)9999, "reason", "GPL", instructions, 2, NULL),
	      EINVAL, "a program of this type");
	program = bpf_prog_load(BPF_PROG_TYPE_XDP, "reason", "GPL", instructions, 2, NULL);
	assert_true(program >= 0);
	assert_true(bpf_link_create(program, 1, BPF_XDP, NULL) >= 0);
	means(EL_OP_ATTACH, bpf_link_create(program, 1, BPF_XDP, NULL), EBUSY,
	      "another program is attached");
}

static void test_pins(void **state)
{
	int map = make(BPF_MAP_TYPE_ARRAY, 4, 8, 1, 0);

	(void)state;
	write_text(at("file"), "no pin");
	means(EL_OP_PIN, bpf_obj_pin(map, at("pin")), EPERM, "not in a bpffs");
	means(EL_OP_PIN, bpf_obj_pin(map, at("bpffs/none/pin")), ENOENT,
	      "the folder does not exist");
	assert_int_equal(bpf_obj_pin(map, at("bpffs/pin")), 0);
	means(EL_OP_PIN, bpf_obj_pin(map, at("bpffs/pin")), EEXIST, "exists already");
	means(EL_OP_GET, bpf_obj_get(at("file")), EACCES, "not a pinned map");
	means(EL_OP_GET, bpf_obj_get(at("bpffs/none")), ENOENT, "no such file");
}

/* Numbers of errno.h, of the kernel, and of libbpf, and some unknown numbers. */
static void test_every_number_has_words(void **state)
{
	(void)state;
	for (int operation = EL_OP_SYSTEM; operation <= EL_OP_INFO; operation++)
		for (int number = 0; number < 5000; number++) {
			const char *words = el_reason((enum el_operation)operation, number);
			bool named =
				strerrordesc_np(number) || number == 524 ||
				(number >= LIBBPF_ERRNO__LIBELF && number <= LIBBPF_ERRNO__NLPARSE);

			assert_non_null(words);
			assert_null(strstr(words, "nknown error"));
			assert_true(operation == EL_OP_SYSTEM ||
				    !strstr(words, "Argument list too long"));
			assert_int_equal(strstr(words, "has no name") == NULL,
					 named || number == 517 || number == 527);
		}
	assert_string_equal(el_reason(EL_OP_SYSTEM, ENOENT), strerror(ENOENT));
	assert_contains(el_reason(EL_OP_LOAD, 4999), "4999");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_maps_that_are_not_made),
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_programs),
		cmocka_unit_test(test_pins),
		cmocka_unit_test(test_every_number_has_words),
	};

	world_need();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}

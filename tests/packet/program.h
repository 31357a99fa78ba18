/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef PROGRAM_H
#define PROGRAM_H
/*
 * Loads one object with entries for both hooks, by libbpf alone, sets its parameters in .rodata,
 * and runs it on packets from memory (BPF_PROG_TEST_RUN). No program is attached, and no traffic
 * flows.
 */
#include <errno.h>
#include <libgen.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>
#include <cmocka.h>

#include "packet.h"
#include "../../bpf/edge/abi.h"

enum hook { XDP, TC };

static const enum hook hooks[] = {XDP, TC};
static const char *const hook_names[] = {"xdp", "tc"};

/* The kernel's names of a program's answers: linux/bpf.h and linux/pkt_cls.h. */
static const int answer_next[] = {XDP_PASS, -1};
static const int answer_drop[] = {XDP_DROP, 2};

struct program {
	struct bpf_object *object;
	int fd[2]; /* by hook */
};

struct param {
	const char *name;
	const void *value;
	size_t size;
};

#define PARAM(name, variable)                       \
	{                                           \
		name, &(variable), sizeof(variable) \
	}

struct result {
	int answer;
	struct packet out;
};

static inline int program_quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN && !getenv("EDGE_TEST_QUIET") ? vfprintf(stderr, format, args)
								  : 0;
}

/* @path is below build/. */
static inline void program_path(char *out, size_t size, const char *path)
{
	char exe[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	assert_true(length > 0);
	exe[length] = '\0';
	snprintf(out, size, "%s/../../%s", dirname(exe), path);
}

static inline struct bpf_map *program_rodata(struct bpf_object *object)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object) {
		const char *suffix = strstr(bpf_map__name(map), ".rodata");

		if (suffix && !strcmp(suffix, ".rodata"))
			return map;
	}
	fail_msg("no .rodata");
	return NULL;
}

static inline void program_set(struct bpf_object *object, const struct param *param)
{
	const struct btf *btf = bpf_object__btf(object);
	int section = btf__find_by_name_kind(btf, ".rodata", BTF_KIND_DATASEC);
	size_t size;
	char *data = (char *)bpf_map__initial_value(program_rodata(object), &size);

	assert_true(section > 0);
	for (int i = 0; i < btf_vlen(btf__type_by_id(btf, (__u32)section)); i++) {
		const struct btf_var_secinfo *info =
			btf_var_secinfos(btf__type_by_id(btf, (__u32)section)) + i;
		const struct btf_type *variable = btf__type_by_id(btf, info->type);

		if (strcmp(btf__name_by_offset(btf, variable->name_off), param->name))
			continue;
		assert_int_equal(info->size, param->size);
		memcpy(data + info->offset, param->value, param->size);
		return;
	}
	fail_msg("no parameter %s", param->name);
}

static inline void program_load(struct program *program, const char *path,
				const struct param *params, size_t count)
{
	char full[PATH_MAX + 64];
	struct bpf_program *each;

	libbpf_set_print(program_quiet);
	program_path(full, sizeof(full), path);
	program->object = bpf_object__open(full);
	if (!program->object)
		fail_msg("%s: %s", full, strerror(errno));
	for (size_t i = 0; i < count; i++)
		program_set(program->object, params + i);
	assert_int_equal(bpf_object__load(program->object), 0);
	bpf_object__for_each_program(each, program->object) {
		bool xdp = bpf_program__type(each) == BPF_PROG_TYPE_XDP;

		program->fd[xdp ? XDP : TC] = bpf_program__fd(each);
	}
}

static inline void program_close(struct program *program)
{
	bpf_object__close(program->object);
}

static inline int program_map(const struct program *program, const char *name)
{
	int fd = bpf_object__find_map_fd_by_name(program->object, name);

	assert_true(fd >= 0);
	return fd;
}

/* Run one packet through the program @fd. */
static inline void program_run_fd(int fd, const struct packet *in, struct result *result)
{
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = in->data, .data_size_in = (__u32)in->length,
		    .data_out = result->out.data, .data_size_out = sizeof(result->out.data),
		    .repeat = 1);

	memset(&result->out, 0, sizeof(result->out));
	if (bpf_prog_test_run_opts(fd, &run))
		fail_msg("test run of %zu bytes: %s", in->length, strerror(errno));
	result->answer = (int)run.retval;
	result->out.length = run.data_size_out;
	result->out.l3 = in->l3;
	result->out.l4 = in->l4;
	result->out.payload = in->payload;
	result->out.family = in->family;
	result->out.protocol = in->protocol;
}

static inline void program_run(const struct program *program, enum hook hook,
			       const struct packet *in, struct result *result)
{
	program_run_fd(program->fd[hook], in, result);
}

/* Assert that all checksums of the packet are right. */
static inline void assert_checksums(const struct packet *packet)
{
	if (packet->family == 4)
		assert_int_equal(packet_ip4_sum(packet), 0xffff);
	assert_int_equal(packet_transport_sum(packet), 0xffff);
}

static inline void assert_bytes(const struct packet *packet, size_t at, const void *bytes,
				size_t size)
{
	assert_true(at + size <= packet->length);
	assert_memory_equal(packet->data + at, bytes, size);
}

/* Assert that the packet is unchanged. */
static inline void assert_untouched(const struct result *result, const struct packet *in)
{
	assert_int_equal(result->out.length, in->length);
	assert_memory_equal(result->out.data, in->data, in->length);
}

/* Without the privilege no program can run: the test is skipped, and does not pass. */
static inline void skip_without_bpf(void)
{
	if (geteuid())
		skip();
}

/* The key of a prefix table: abi.h's struct edge_prefix_key. */
static inline struct edge_prefix_key prefix_key(const char *text, uint32_t length)
{
	struct edge_prefix_key key = {.length = 32 + length, .family = 4};

	if (inet_pton(AF_INET, text, &key.ip) == 1)
		return key;
	key.family = 6;
	assert_int_equal(inet_pton(AF_INET6, text, &key.ip), 1);
	return key;
}

#endif

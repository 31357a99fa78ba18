// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Loads an object, and runs it on packets from memory. */
#include "lib/program.h"

#include <limits.h>
#include <bpf/btf.h>

#include "lib/test.h"

const enum hook hooks[2] = {XDP, TC};
const char *const hook_names[2] = {"xdp", "tc"};
const int answer_next[2] = {XDP_PASS, -1};
const int answer_drop[2] = {XDP_DROP, 2};

static int program_quiet(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN && !getenv("EDGE_TEST_QUIET") ? vfprintf(stderr, format, args)
								  : 0;
}

static struct bpf_map *program_rodata(struct bpf_object *object)
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

static void program_set(struct bpf_object *object, const struct param *param)
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

void program_load(struct program *program, const char *path, const struct param *params,
		  size_t count)
{
	char full[PATH_MAX + 64];
	struct bpf_program *each;

	libbpf_set_print(program_quiet);
	snprintf(full, sizeof(full), "%s/%s", test_home(), path);
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

void program_close(struct program *program)
{
	bpf_object__close(program->object);
}

int program_map(const struct program *program, const char *name)
{
	int fd = bpf_object__find_map_fd_by_name(program->object, name);

	assert_true(fd >= 0);
	return fd;
}

void program_run_fd(int fd, const struct packet *in, struct result *result)
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

void program_run(const struct program *program, enum hook hook, const struct packet *in,
		 struct result *result)
{
	program_run_fd(program->fd[hook], in, result);
}

void assert_checksums(const struct packet *packet)
{
	if (packet->family == 4)
		assert_int_equal(packet_ip4_sum(packet), 0xffff);
	assert_int_equal(packet_transport_sum(packet), 0xffff);
}

void assert_untouched(const struct result *result, const struct packet *in)
{
	assert_int_equal(result->out.length, in->length);
	assert_memory_equal(result->out.data, in->data, in->length);
}

void assert_result(const struct result *result, int answer, const struct packet *want)
{
	assert_int_equal(result->answer, answer);
	assert_int_equal(result->out.length, want->length);
	assert_memory_equal(result->out.data, want->data, want->length);
}

void skip_without_bpf(void)
{
	if (geteuid())
		skip();
}

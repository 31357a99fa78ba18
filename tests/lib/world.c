// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* A private world for tests of running chains. */
#include "lib/world.h"

#include <errno.h>
#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

void world_need(void)
{
	if (!geteuid() && !unshare(CLONE_NEWNET | CLONE_NEWNS) &&
	    !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return;
	printf("1..0 # SKIP needs root, and namespaces: %s\n", strerror(errno));
	exit(0);
}

int world_setup(void **state)
{
	struct el_context_options options = {.warn = keep_warning};

	(void)state;
	if (scratch_make())
		return -1;
	setenv("EDGE_LOAD_HOME", test_home(), 1);
	if (mkdir(at("bpffs"), 0755) || mount("bpf", at("bpffs"), "bpf", 0, NULL))
		return -1;
	options.bpffs = at("bpffs");
	return el_context_open(&context, &options);
}

int world_teardown(void **state)
{
	(void)state;
	el_context_free(context);
	umount2(at("bpffs"), MNT_DETACH);
	return scratch_remove();
}

void device_remove(const char *name)
{
	shell("ip link del %s 2>/dev/null", name);
}

void device(const char *name)
{
	assert_int_equal(shell("ip link add %s type veth peer name %s-peer && "
			       "ip link set %s addrgenmode none && "
			       "ip link set %s-peer addrgenmode none && "
			       "ip link set %s up && ip link set %s-peer up",
			       name, name, name, name, name, name),
			 0);
}

const char *compile(const char *name, const char *text)
{
	const char *source = at("%s.bpf.c", name), *object = at("%s.o", name);

	write_text(source, text);
	if (el_compile(context, source, object))
		fail_msg("%s\n%s", last_error()->what, last_error()->detail);
	return object;
}

const char *function(const char *name, const char *head, const char *body)
{
	char text[65536];

	snprintf(text, sizeof(text),
		 "#include <edge/edge.h>\n"
		 "struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1);\n"
		 "	 __type(key, __u32); __type(value, __u64); } mark_%d SEC(\".maps\");\n"
		 "%s\nEDGE_FUNCTION(%s)\n{\n"
		 "	__u32 zero_ = 0; bpf_map_lookup_elem(&mark_%d, &zero_);\n%s\n}\n",
		 (int)getpid() % 100000, head, name, (int)getpid() % 100000, body);
	return compile(name, text);
}

const char *ordinary(const char *name, const char *text)
{
	char whole[65536];

	snprintf(whole, sizeof(whole),
		 "#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n%s\n"
		 "char _license[] SEC(\"license\") = \"GPL\";\n",
		 text);
	return compile(name, whole);
}

const char *bare(const char *name)
{
	const char *object = at("%s-bare.o", name);

	assert_int_equal(
		shell("llvm-objcopy --remove-section=.llvmbc --remove-section=.llvmcmd %s %s",
		      at("%s.o", name), object),
		0);
	return object;
}

static bool is_marked(uint32_t id)
{
	struct bpf_map_info info = {0};
	uint32_t size = sizeof(info);
	char mark[16];
	int fd = bpf_map_get_fd_by_id(id);

	if (fd < 0)
		return false;
	snprintf(mark, sizeof(mark), "mark_%d", (int)getpid() % 100000);
	bpf_obj_get_info_by_fd(fd, &info, &size);
	close(fd);
	return !strcmp(info.name, mark);
}

static bool is_marked_program(uint32_t id)
{
	uint32_t maps[128] = {0};
	struct bpf_prog_info info = {.nr_map_ids = 128, .map_ids = (uintptr_t)maps};
	uint32_t size = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);
	bool found = false;

	if (fd < 0)
		return false;
	if (!bpf_obj_get_info_by_fd(fd, &info, &size))
		for (uint32_t i = 0; !found && i < info.nr_map_ids && i < 128; i++)
			found = is_marked(maps[i]);
	close(fd);
	return found;
}

static void count_marked(size_t *programs, size_t *maps)
{
	*programs = *maps = 0;
	for (uint32_t id = 0; !bpf_prog_get_next_id(id, &id);)
		*programs += is_marked_program(id);
	for (uint32_t id = 0; !bpf_map_get_next_id(id, &id);)
		*maps += is_marked(id);
}

void assert_marked(size_t programs, size_t maps)
{
	size_t found_programs = 0, found_maps = 0;

	for (int tries = 0; tries < 50; tries++) {
		count_marked(&found_programs, &found_maps);
		if (found_programs == programs && found_maps == maps)
			return;
		usleep(100000);
	}
	fail_msg("the kernel holds %zu programs and %zu maps of ours, not %zu and %zu",
		 found_programs, found_maps, programs, maps);
}

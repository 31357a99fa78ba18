// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Real maps of the kernel for tests of map/. */
#include "lib/maps.h"

#include <sched.h>
#include <sys/mount.h>
#include <sys/stat.h>

/* clang-format off */
static const char source[] =
	"#include <linux/bpf.h>\n"
	"#include <bpf/bpf_helpers.h>\n"
	"#include <edge/abi.h>\n"
	"#define MAP(name, kind, entries, key_type, value_type, flags)\\\n"
	"	struct { __uint(type, kind); __uint(max_entries, entries); __uint(map_flags, flags);\\\n"
	"		__type(key, key_type); __type(value, value_type); } name SEC(\".maps\");\n"
	"struct count { edge_counter packets; edge_counter bytes; };\n"
	"struct tuple { struct edge_ip ip; edge_port port; __u8 protocol; __u8 zero; };\n"
	"MAP(blocked, BPF_MAP_TYPE_LPM_TRIE, 1 << 20, struct edge_prefix, struct count, 1)\n"
	"MAP(few, BPF_MAP_TYPE_HASH, 4, edge_port, __u32, 0)\n"
	"MAP(flows, BPF_MAP_TYPE_HASH, 5000, struct tuple, struct count, 0)\n"
	"MAP(recent, BPF_MAP_TYPE_LRU_HASH, 64, __u32, __u32, 0)\n"
	"MAP(array, BPF_MAP_TYPE_ARRAY, 8, __u32, struct count, 0)\n"
	"MAP(percpu, BPF_MAP_TYPE_PERCPU_HASH, 8, __u32, struct count, 0)\n"
	"MAP(marks, BPF_MAP_TYPE_PERCPU_ARRAY, 2, __u32, _Bool, 0)\n"
	"MAP(flags, BPF_MAP_TYPE_PERCPU_ARRAY, 2, __u32, __u64, 0)\n"
	"MAP(flags_hash, BPF_MAP_TYPE_PERCPU_HASH, 2, __u32, __u64, 0)\n"
	"MAP(flags_lru, BPF_MAP_TYPE_LRU_PERCPU_HASH, 200, __u32, __u64, 0)\n"
	"struct mixed { edge_counter packets; __u64 limit; };\n"
	"MAP(mixed, BPF_MAP_TYPE_PERCPU_HASH, 2, __u32, struct mixed, 0)\n"
	"MAP(programs, BPF_MAP_TYPE_PROG_ARRAY, 2, __u32, __u32, 0)\n"
	"MAP(sockets, BPF_MAP_TYPE_XSKMAP, 2, __u32, __u32, 0)\n"
	"MAP(sockmap, BPF_MAP_TYPE_SOCKMAP, 2, __u32, __u32, 0)\n"
	"MAP(ports, BPF_MAP_TYPE_DEVMAP_HASH, 9000, __u32, __u32, 0)\n"
	"MAP(icy, BPF_MAP_TYPE_HASH, 2, __u32, __u32, 0)\n"
	"struct { __uint(type, BPF_MAP_TYPE_QUEUE); __uint(max_entries, 4); __uint(value_size, 4); } queue SEC(\".maps\");\n"
	"struct { __uint(type, BPF_MAP_TYPE_RINGBUF); __uint(max_entries, 4096); } events SEC(\".maps\");\n"
	"const volatile __u32 fixed = 7;\n"
	"__u32 first = 1; struct count second = {2, 3};\n"
	"SEC(\"xdp\") int emit(struct xdp_md *ctx)\n"
	"{\n"
	"	struct count count = {fixed, first + second.bytes};\n"
	"	bpf_ringbuf_output(&events, &count, sizeof(count), 0);\n"
	"	return XDP_PASS;\n"
	"}\n";
/* clang-format on */
struct bpf_object *object;
const char folder[] = "/mnt";

char *in_folder(const char *name)
{
	return el_format("%s/%s", folder, name);
}

char *make_file(const char *name, const char *text)
{
	char *path = in_folder(name);
	FILE *stream = fopen(path, "w");

	assert_non_null(stream);
	fputs(text, stream);
	fclose(stream);
	return path;
}

static void pin_maps(const char *bpffs)
{
	_cleanup_free_ char *current = el_format("%s/edge/test:0/xdp", bpffs);
	struct bpf_map *map;

	for (const char *const *part =
		     (const char *const[]){"edge", "edge/test:0", "edge/test:0/xdp:1",
					   "edge/test:0/xdp:1/one", "edge/test:0/xdp:1/two",
					   "edge/test:0/xdp:new", NULL};
	     *part; part++) {
		_cleanup_free_ char *made = el_format("%s/%s", bpffs, *part);

		assert_int_equal(mkdir(made, 0700), 0);
	}
	assert_int_equal(symlink("xdp:1", current), 0);
	bpf_object__for_each_map(map, object) {
		/* libbpf puts the object's name in front of ".data": "maps.data". */
		const char *name = bpf_map__name(map), *dot = strchr(name, '.');
		_cleanup_free_ char *pin =
			el_format("%s/edge/test:0/xdp:1/one/%s", bpffs, dot ? dot + 1 : name);
		_cleanup_free_ char *staged =
			el_format("%s/edge/test:0/xdp:new/%s", bpffs, dot ? dot + 1 : name);

		assert_int_equal(bpf_obj_pin(bpf_map__fd(map), pin), 0);
		if (!strcmp(name, "few"))
			assert_int_equal(bpf_obj_pin(bpf_map__fd(map), staged), 0);
	}
}

int maps_setup(void **state)
{
	_cleanup_free_ char *bpffs = NULL, *file = NULL, *source_path = NULL;
	struct el_context_options options = {0};

	(void)state;
	assert_int_equal(unshare(CLONE_NEWNS), 0);
	assert_int_equal(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(mount("tmpfs", folder, "tmpfs", 0, "mode=0755"), 0);
	bpffs = in_folder("bpf");
	file = in_folder("maps.o");
	source_path = make_file("maps.bpf.c", source);
	assert_int_equal(mkdir(bpffs, 0700), 0);
	assert_int_equal(mount("bpf", bpffs, "bpf", 0, NULL), 0);
	compile_plain(source_path, file);
	object = bpf_object__open(file);
	assert_non_null(object);
	assert_int_equal(bpf_object__load(object), 0);
	pin_maps(bpffs);
	options.bpffs = bpffs;
	return el_context_open(&context, &options);
}

int maps_teardown(void **state)
{
	(void)state;
	bpf_object__close(object);
	el_context_free(context);
	return 0;
}

struct el_map *open_map(const char *name)
{
	_cleanup_free_ char *path = el_format(PATH "%s", name);
	struct el_map *map = NULL;

	if (el_map_open(context, path, &map))
		fail_msg("%s", el_error_get(context)->what);
	return map;
}

int fd_of(const char *name)
{
	return bpf_object__find_map_fd_by_name(object, name);
}

void map_gets(struct el_map *map, const char *key, enum el_format format, const char *want)
{
	_cleanup_free_ char *got = NULL;

	if (el_map_get(map, key, format, &got))
		fail_msg("%s", el_error_get(context)->what);
	assert_string_equal(got, want);
}

static int count_entry(void *data, const char *key, const char *value)
{
	(void)key;
	(void)value;
	++*(size_t *)data;
	return 0;
}

size_t count_entries(struct el_map *map)
{
	size_t count = 0;

	assert_int_equal(el_map_dump(map, EL_TEXT, count_entry, &count), 0);
	return count;
}

int load_text(struct el_map *map, const char *text, size_t *loaded)
{
	_cleanup_free_ char *path = make_file("list", text);

	return el_map_load(map, path, loaded);
}

void empty(const char *name)
{
	struct el_map *map = open_map(name);
	size_t deleted;

	assert_int_equal(el_map_flush(map, &deleted), 0);
	el_map_free(map);
}

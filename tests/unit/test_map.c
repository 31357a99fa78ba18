// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * map*.c on real maps of the kernel. The test has a mount namespace of its own, so that nothing is
 * left to clean up, with a tmpfs for its files, and a bpffs into which it pins maps as a chain
 * does:
 *
 *   BPFFS/edge/test:0/xdp/one/MAP      of the device test.0
 */
#include <fcntl.h>
#include <libgen.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cmocka.h>

#include "../../loader/internal.h"

#define PATH	"test.0/xdp/one/"
#define MILLION 1000000

/* clang-format off */
static const char source[] =
	"#include <linux/bpf.h>\n"
	"#include <bpf/bpf_helpers.h>\n"
	"#include <edge/abi.h>\n"
	"#define MAP(name, kind, entries, key_type, value_type, flags)\\\n"
	"	struct { __uint(type, kind); __uint(max_entries, entries); __uint(map_flags, flags);\\\n"
	"		__type(key, key_type); __type(value, value_type); } name SEC(\".maps\");\n"
	"struct count { __u64 packets; __u64 bytes; };\n"
	"struct tuple { struct edge_ip ip; edge_port port; __u8 protocol; __u8 zero; };\n"
	"MAP(blocked, BPF_MAP_TYPE_LPM_TRIE, 1 << 20, struct edge_prefix, struct count, 1)\n"
	"MAP(few, BPF_MAP_TYPE_HASH, 4, edge_port, __u32, 0)\n"
	"MAP(flows, BPF_MAP_TYPE_HASH, 5000, struct tuple, struct count, 0)\n"
	"MAP(recent, BPF_MAP_TYPE_LRU_HASH, 64, __u32, __u32, 0)\n"
	"MAP(array, BPF_MAP_TYPE_ARRAY, 8, __u32, struct count, 0)\n"
	"MAP(percpu, BPF_MAP_TYPE_PERCPU_HASH, 8, __u32, struct count, 0)\n"
	"MAP(marks, BPF_MAP_TYPE_PERCPU_ARRAY, 2, __u32, _Bool, 0)\n"
	"MAP(programs, BPF_MAP_TYPE_PROG_ARRAY, 2, __u32, __u32, 0)\n"
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

struct count {
	uint64_t packets, bytes;
};

static struct el_context *context;
static struct bpf_object *object;
static const char folder[] = "/mnt";

static char *in_folder(const char *name)
{
	return el_format("%s/%s", folder, name);
}

static void compile_object(const char *output)
{
	char here[] = __FILE__;
	_cleanup_free_ char *root = el_format("%s/../..", dirname(here));
	_cleanup_free_ char *file = in_folder("maps.bpf.c"), *command = NULL;
	FILE *stream = fopen(file, "w");

	assert_non_null(stream);
	fputs(source, stream);
	fclose(stream);
	command = el_format("clang -g -O2 -target bpf -I%s/bpf -I%s/bpf/compat "
			    "-I/usr/include/$(gcc -print-multiarch) -c %s -o %s",
			    root, root, file, output);
	assert_int_equal(system(command), 0);
}

static void pin_maps(const char *bpffs)
{
	struct bpf_map *map;

	for (const char *const *part =
		     (const char *const[]){"edge", "edge/test:0", "edge/test:0/xdp",
					   "edge/test:0/xdp/one", "edge/test:0/xdp/two", NULL};
	     *part; part++) {
		_cleanup_free_ char *made = el_format("%s/%s", bpffs, *part);

		assert_int_equal(mkdir(made, 0700), 0);
	}
	bpf_object__for_each_map(map, object) {
		/* libbpf puts the object's name before ".data": "maps.data". */
		const char *name = bpf_map__name(map), *dot = strchr(name, '.');
		_cleanup_free_ char *pin =
			el_format("%s/edge/test:0/xdp/one/%s", bpffs, dot ? dot + 1 : name);
		_cleanup_free_ char *staged = el_format("%s:new", pin);

		assert_int_equal(bpf_obj_pin(bpf_map__fd(map), pin), 0);
		if (!strcmp(name, "few"))
			assert_int_equal(bpf_obj_pin(bpf_map__fd(map), staged), 0);
	}
}

static int setup(void **state)
{
	_cleanup_free_ char *bpffs = NULL, *file = NULL;
	struct el_context_options options = {0};

	(void)state;
	assert_int_equal(unshare(CLONE_NEWNS), 0);
	assert_int_equal(mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL), 0);
	assert_int_equal(mount("tmpfs", folder, "tmpfs", 0, "mode=0755"), 0);
	bpffs = in_folder("bpf");
	file = in_folder("maps.o");
	assert_int_equal(mkdir(bpffs, 0700), 0);
	assert_int_equal(mount("bpf", bpffs, "bpf", 0, NULL), 0);
	compile_object(file);
	object = bpf_object__open(file);
	assert_non_null(object);
	assert_int_equal(bpf_object__load(object), 0);
	pin_maps(bpffs);
	options.bpffs = bpffs;
	return el_context_open(&context, &options);
}

static int teardown(void **state)
{
	(void)state;
	bpf_object__close(object);
	el_context_free(context);
	return 0;
}

static struct el_map *open_map(const char *name)
{
	_cleanup_free_ char *path = el_format(PATH "%s", name);
	struct el_map *map = NULL;

	if (el_map_open(context, path, &map))
		fail_msg("%s", el_error_get(context)->what);
	return map;
}

/* The library's own view is checked against the kernel's, through this. */
static int fd_of(const char *name)
{
	return bpf_object__find_map_fd_by_name(object, name);
}

static void failed(int result, int error, enum el_kind kind, const char *what)
{
	assert_int_equal(result, -error);
	assert_string_equal(el_error_get(context)->what, what);
	assert_int_equal(el_error_get(context)->kind, kind);
}

static void hinted(const char *hint)
{
	assert_string_equal(el_error_get(context)->hint, hint);
}

static void gets(struct el_map *map, const char *key, enum el_format format, const char *want)
{
	_cleanup_free_ char *got = NULL;

	if (el_map_get(context, map, key, format, &got))
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

static size_t count_entries(struct el_map *map)
{
	size_t count = 0;

	assert_int_equal(el_map_dump(context, map, EL_TEXT, count_entry, &count), 0);
	return count;
}

static char *write_file(const char *name, const char *text)
{
	char *path = in_folder(name);
	FILE *stream = fopen(path, "w");

	assert_non_null(stream);
	fputs(text, stream);
	fclose(stream);
	return path;
}

static int load_text(struct el_map *map, const char *text, size_t *loaded)
{
	_cleanup_free_ char *path = write_file("list", text);

	return el_map_load(context, map, path, loaded);
}

static void empty(const char *name)
{
	struct el_map *map = open_map(name);
	size_t deleted;

	assert_int_equal(el_map_flush(context, map, &deleted), 0);
	el_map_free(map);
}

/* ---------------------------------------------------------------- paths */

static void test_missing_parts(void **state)
{
	struct el_map *map = NULL;

	(void)state;
	failed(el_map_open(context, "test.0/xdp/one/bloked", &map), ENOENT, EL_NOT_FOUND,
	       "instance test.0/xdp/one has no map bloked");
	assert_non_null(strstr(el_error_get(context)->hint, "did you mean blocked?"));
	failed(el_map_open(context, "test.0/xdp/ine/blocked", &map), ENOENT, EL_NOT_FOUND,
	       "the chain at test.0/xdp has no instance ine");
	hinted("did you mean one? its instances are: one, two");
	failed(el_map_open(context, "test.0/tc-egress/one/blocked", &map), ENOENT, EL_NOT_FOUND,
	       "no chain runs on device test.0 at the hook tc-egress");
	hinted("chains run at: xdp");
	failed(el_map_open(context, "lo/xdp/one/blocked", &map), ENOENT, EL_NOT_FOUND,
	       "no chain runs on device lo");
	failed(el_map_open(context, "test.1/xdp/one/blocked", &map), ENOENT, EL_NOT_FOUND,
	       "there is no device test.1");
	hinted("did you mean test.0? chains run on: test.0");
	failed(el_map_open(context, "test.0/xdp/two/x", &map), ENOENT, EL_NOT_FOUND,
	       "instance test.0/xdp/two has no map x");
	hinted("it has no maps");
	assert_null(map);
}

static void test_no_path(void **state)
{
	static const char *const paths[] = {"",
					    "test.0",
					    "test.0/xdp/one",
					    "a/b/c/d/e",
					    "test.0/xdp/one/",
					    "/test.0/xdp/one",
					    "../xdp/one/a",
					    "test.0/./one/few"};
	struct el_map *map = NULL;

	(void)state;
	for (size_t i = 0; i < sizeof(paths) / sizeof(*paths); i++) {
		_cleanup_free_ char *what =
			el_format("%s is not DEVICE/HOOK/INSTANCE/MAP", paths[i]);

		failed(el_map_open(context, paths[i], &map), EINVAL, EL_USAGE, what);
	}
}

static void test_no_bpffs(void **state)
{
	struct el_context *keep = context;
	struct el_context_options options = {.bpffs = folder};
	_cleanup_free_ char *what = el_format("no bpffs is mounted at %s", folder);
	_cleanup_free_ char *hint = el_format("mount -t bpf bpf %s", folder);
	struct el_map *map = NULL;

	(void)state;
	assert_int_equal(el_context_open(&context, &options), 0);
	failed(el_map_open(context, PATH "few", &map), ENODEV, EL_UNSUPPORTED, what);
	assert_non_null(strstr(el_error_get(context)->hint, hint));
	el_context_free(context);
	context = keep;
}

static void test_no_privilege(void **state)
{
	struct el_map *map = NULL;
	int status;
	pid_t child = fork();

	(void)state;
	if (!child) {
		bool right = !setgid(65534) && !setuid(65534) &&
			     el_map_open(context, PATH "few", &map) == -EACCES &&
			     el_error_get(context)->kind == EL_PRIVILEGE;

		_exit(right ? 0 : 1);
	}
	assert_int_equal(waitpid(child, &status, 0), child);
	assert_int_equal(status, 0);
}

static void test_list(void **state)
{
	char **paths;
	size_t count;

	(void)state;
	assert_int_equal(el_maps_list(context, NULL, &paths, &count), 0);
	assert_int_equal(count, 12);
	assert_string_equal(paths[0], "test.0/xdp/one/array");
	assert_string_equal(paths[1], "test.0/xdp/one/blocked");
	el_maps_list_free(paths, count);
	assert_int_equal(el_maps_list(context, "test.0/xdp/two", &paths, &count), 0);
	assert_int_equal(count, 0);
	el_maps_list_free(paths, count);
	failed(el_maps_list(context, "test.0/xdp/tow", &paths, &count), ENOENT, EL_NOT_FOUND,
	       "the chain at test.0/xdp has no instance tow");
	failed(el_maps_list(context, "test.0/xdp/one/few", &paths, &count), EINVAL, EL_USAGE,
	       "test.0/xdp/one/few is not DEVICE, DEVICE/HOOK or DEVICE/HOOK/INSTANCE");
}

static void test_info(void **state)
{
	struct el_map *map = open_map("blocked");
	const struct el_map_info *info = el_map_info(map);

	(void)state;
	assert_string_equal(info->name, "blocked");
	assert_string_equal(info->kind, "lpm_trie");
	assert_string_equal(info->key, "struct edge_prefix");
	assert_string_equal(info->value, "struct count");
	assert_int_equal(info->key_size, 20);
	assert_int_equal(info->value_size, 16);
	assert_int_equal(info->max_entries, 1 << 20);
	el_map_free(map);
}

/* ---------------------------------------------------------------- one entry */

static void test_set_get_del(void **state)
{
	struct el_map *map = open_map("flows");
	char *text = NULL;

	(void)state;
	assert_int_equal(el_map_set(context, map, "ip=192.0.2.1,port=443,protocol=6", "packets=3"),
			 0);
	gets(map, "{protocol=6,port=443,ip=192.0.2.1}", EL_TEXT, "{packets=3,bytes=0}");
	gets(map, "ip=192.0.2.1,port=443,protocol=6", EL_JSON,
	     "{\"key\":{\"ip\":\"192.0.2.1\",\"port\":443,\"protocol\":6,\"zero\":0},"
	     "\"value\":{\"packets\":3,\"bytes\":0}}");
	assert_int_equal(el_map_del(context, map, "ip=192.0.2.1,port=443,protocol=6"), 0);
	failed(el_map_del(context, map, "port=443"), ENOENT, EL_NOT_FOUND,
	       "map " PATH "flows has no entry port=443");
	failed(el_map_get(context, map, "port=443", EL_TEXT, &text), ENOENT, EL_NOT_FOUND,
	       "map " PATH "flows has no entry port=443");
	failed(el_map_set(context, map, "port=443", "packets=x"), EINVAL, EL_USAGE,
	       "value of map flows: field packets: x is not a number");
	failed(el_map_set(context, map, "prt=443", "packets=1"), EINVAL, EL_USAGE,
	       "key of map flows: there is no field prt; did you mean port?");
	assert_int_equal(count_entries(map), 0);
	el_map_free(map);
}

static void test_prefix_table(void **state)
{
	struct el_map *map = open_map("blocked");
	char *text = NULL;

	(void)state;
	assert_int_equal(el_map_set(context, map, "10.0.0.0/8", "{packets=1}"), 0);
	assert_int_equal(el_map_set(context, map, "10.1.0.0/16", "packets=2"), 0);
	assert_int_equal(el_map_set(context, map, "2001:db8::/32", NULL), 0);
	gets(map, "10.1.2.3", EL_TEXT, "{packets=2,bytes=0}");
	gets(map, "10.2.0.0/16", EL_TEXT, "{packets=1,bytes=0}");
	gets(map, "2001:db8::1", EL_TEXT, "{packets=0,bytes=0}");
	failed(el_map_get(context, map, "11.0.0.1", EL_TEXT, &text), ENOENT, EL_NOT_FOUND,
	       "map " PATH "blocked has no entry 11.0.0.1");
	failed(el_map_set(context, map, "10.0.0.1/8", NULL), EINVAL, EL_USAGE,
	       "key of map blocked: 10.0.0.1/8 has bits set behind its length; write 10.0.0.0/8");
	failed(el_map_set(context, map, "{length=129,ip=::}", NULL), EINVAL, EL_USAGE,
	       "key of map blocked: {length=129,ip=::} has a prefix length over 128");
	assert_int_equal(count_entries(map), 3);
	el_map_free(map);
	empty("blocked");
}

static void test_full(void **state)
{
	struct el_map *map = open_map("few");
	uint32_t value = 7;

	(void)state;
	for (uint16_t port = 1; port <= 4; port++)
		assert_int_equal(bpf_map_update_elem(fd_of("few"), &port, &value, 0), 0);
	failed(el_map_set(context, map, "443", "1"), ENOSPC, EL_FAILED,
	       "map " PATH "few is full (4 entries)");
	el_map_free(map);
	empty("few");
}

static void test_array(void **state)
{
	struct el_map *map = open_map("array");
	struct count count;
	uint32_t key = 7;
	size_t deleted;

	(void)state;
	assert_int_equal(el_map_set(context, map, "7", "packets=1,bytes=2"), 0);
	assert_int_equal(bpf_map_lookup_elem(fd_of("array"), &key, &count), 0);
	assert_int_equal(count.bytes, 2);
	failed(el_map_set(context, map, "8", "packets=1"), EINVAL, EL_USAGE,
	       "key of map array: 8 is out of range: the array has the entries 0 to 7");
	failed(el_map_del(context, map, "7"), EINVAL, EL_USAGE,
	       "map " PATH "array is an array, whose entries can't be deleted");
	assert_int_equal(count_entries(map), 8);
	assert_int_equal(el_map_flush(context, map, &deleted), 0);
	assert_int_equal(deleted, 8);
	assert_int_equal(bpf_map_lookup_elem(fd_of("array"), &key, &count), 0);
	assert_int_equal(count.packets, 0);
	assert_int_equal(count.bytes, 0);
	el_map_free(map);
}

static void test_percpu(void **state)
{
	int cpus = libbpf_num_possible_cpus();
	struct count *counts = calloc((size_t)cpus, sizeof(*counts));
	_cleanup_free_ char *text = NULL, *sum = NULL, *last = NULL;
	struct el_map *map = open_map("percpu");
	uint32_t key = 5;

	(void)state;
	for (int cpu = 0; cpu < cpus; cpu++)
		counts[cpu] = (struct count){100, (uint64_t)cpu};
	assert_int_equal(bpf_map_update_elem(fd_of("percpu"), &key, counts, 0), 0);
	sum = el_format("{packets=%d,bytes=%d}", 100 * cpus, cpus * (cpus - 1) / 2);
	gets(map, "5", EL_TEXT, sum);
	assert_int_equal(el_map_get(context, map, "5", EL_JSON, &text), 0);
	last = el_format("{\"packets\":100,\"bytes\":%d}]}", cpus - 1);
	assert_int_equal(strncmp(text, "{\"key\":5,\"value\":{\"packets\":", 28), 0);
	assert_non_null(strstr(text, "\"cpus\":[{\"packets\":100,\"bytes\":0}"));
	assert_string_equal(text + strlen(text) - strlen(last), last);
	assert_int_equal(el_map_set(context, map, "5", "packets=2,bytes=1"), 0);
	assert_int_equal(bpf_map_lookup_elem(fd_of("percpu"), &key, counts), 0);
	for (int cpu = 0; cpu < cpus; cpu++)
		assert_int_equal(counts[cpu].packets * 10 + counts[cpu].bytes, 21);
	assert_int_equal(count_entries(map), 1);
	free(counts);
	el_map_free(map);
	empty("percpu");
}

/* What is not made of integers can't be summed up: one value for each CPU. */
static void test_percpu_without_sum(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct el_map *map = open_map("marks");

	(void)state;
	assert_int_equal(el_map_set(context, map, "1", "true"), 0);
	assert_int_equal(el_map_get(context, map, "1", EL_TEXT, &text), 0);
	assert_int_equal(strncmp(text, "[true", 5), 0);
	free(text);
	assert_int_equal(el_map_get(context, map, "1", EL_JSON, &text), 0);
	assert_int_equal(strncmp(text, "{\"key\":1,\"cpus\":[true", 21), 0);
	el_map_free(map);
}

static void test_variables(void **state)
{
	struct el_map *map = open_map("data");

	(void)state;
	gets(map, "0", EL_TEXT, "{first=1,second={packets=2,bytes=3}}");
	assert_int_equal(el_map_set(context, map, "0", "first=9"), 0);
	gets(map, "0", EL_TEXT, "{first=9,second={packets=2,bytes=3}}");
	assert_int_equal(el_map_set(context, map, "0", "second={bytes=4}"), 0);
	gets(map, "0", EL_TEXT, "{first=9,second={packets=0,bytes=4}}");
	failed(el_map_set(context, map, "0", "frist=9"), EINVAL, EL_USAGE,
	       "value of map data: there is no field frist; did you mean first?");
	el_map_free(map);
	map = open_map("rodata");
	gets(map, "0", EL_TEXT, "{fixed=7}");
	failed(el_map_set(context, map, "0", "fixed=8"), EPERM, EL_USAGE,
	       "map " PATH "rodata is read-only data, frozen when the program was loaded");
	el_map_free(map);
}

static void test_other_kinds(void **state)
{
	struct el_map *map = open_map("queue");
	char *text;

	(void)state;
	failed(el_map_get(context, map, "1", EL_TEXT, &text), EINVAL, EL_USAGE,
	       "map " PATH "queue is a queue, which has no keys");
	el_map_free(map);
	map = open_map("events");
	failed(el_map_set(context, map, "1", "2"), EINVAL, EL_USAGE,
	       "map " PATH "events is a ring buffer: it has records, and no keys");
	el_map_free(map);
	map = open_map("programs");
	assert_int_equal(count_entries(map), 0);
	failed(el_map_set(context, map, "1", "2"), EINVAL, EL_USAGE,
	       "map " PATH
	       "programs is a prog_array: it holds what has no text, and is not changed by hand");
	el_map_free(map);
}

/* ---------------------------------------------------------------- files */

static void test_load(void **state)
{
	struct el_map *map = open_map("flows");
	size_t loaded;

	(void)state;
	assert_int_equal(load_text(map,
				   "# a comment\n"
				   "\n"
				   "  ip=192.0.2.1,port=1  packets=1,bytes=2 \r\n"
				   "{ip=192.0.2.2, port=2} { packets=3, bytes=4 }\n"
				   "\tport=3\n"
				   "port=4 packets=1\n"
				   "port=4 packets=5",
				   &loaded),
			 0);
	assert_int_equal(loaded, 4);
	assert_int_equal(count_entries(map), 4);
	gets(map, "ip=192.0.2.1,port=1", EL_TEXT, "{packets=1,bytes=2}");
	gets(map, "ip=192.0.2.2,port=2", EL_TEXT, "{packets=3,bytes=4}");
	gets(map, "port=3", EL_TEXT, "{packets=0,bytes=0}");
	gets(map, "port=4", EL_TEXT, "{packets=5,bytes=0}");
	el_map_free(map);
	empty("flows");
}

static void test_load_refused(void **state)
{
	struct el_map *map = open_map("few");
	_cleanup_free_ char *what =
		el_format("%s/list:2: value of map few: x is not a number", folder);
	_cleanup_free_ char *nul = in_folder("nul"),
			    *what_nul = el_format("%s/nul:1: there is a NUL byte in it", folder);
	int fd = open(nul, O_CREAT | O_WRONLY, 0600);
	size_t loaded;

	(void)state;
	assert_int_equal(write(fd, "1\0 2\n", 5), 5);
	close(fd);
	failed(load_text(map, "1 1\n2 x\n", &loaded), EINVAL, EL_USAGE, what);
	failed(el_map_load(context, map, nul, &loaded), EINVAL, EL_USAGE, what_nul);
	failed(el_map_load(context, map, "/nowhere/at/all", &loaded), ENOENT, EL_NOT_FOUND,
	       "can't read /nowhere/at/all: No such file or directory");
	failed(el_map_load(context, map, folder, &loaded), EIO, EL_FAILED,
	       el_error_get(context)->what);
	assert_int_equal(count_entries(map), 0);
	el_map_free(map);
}

/* Four fit. What is in the map already, and what comes twice, takes no room of its own. */
static void test_load_room(void **state)
{
	struct el_map *map = open_map("few");
	_cleanup_free_ char *what = el_format(
		"map " PATH "few has room for 4 entries: it holds 3, and %s/list has 2 more",
		folder);
	size_t loaded;

	(void)state;
	assert_int_equal(load_text(map, "1 1\n2 1\n3 1\n1 1\n2 1\n3 1\n", &loaded), 0);
	assert_int_equal(loaded, 3);
	failed(load_text(map, "1 2\n4 2\n5 2\n4 2\n", &loaded), ENOSPC, EL_FAILED, what);
	assert_int_equal(count_entries(map), 3);
	gets(map, "1", EL_TEXT, "1");
	assert_int_equal(load_text(map, "1 2\n2 2\n3 2\n4 2\n", &loaded), 0);
	gets(map, "1", EL_TEXT, "2");
	assert_int_equal(count_entries(map), 4);
	el_map_free(map);
	empty("few");
}

/* An LRU map is never full, but a file larger than it could not be in it. */
static void test_load_lru(void **state)
{
	struct el_map *map = open_map("recent");
	_cleanup_free_ char *text = calloc(1, 4096);
	size_t loaded, length = 0;

	(void)state;
	for (int i = 0; i < 64; i++)
		length += (size_t)sprintf(text + length, "%d 1\n", i);
	assert_int_equal(load_text(map, text, &loaded), 0);
	assert_int_equal(load_text(map, text, &loaded), 0);
	strcpy(text + length, "64 1\n");
	assert_int_equal(load_text(map, text, &loaded), -ENOSPC);
	el_map_free(map);
	empty("recent");
}

static void test_load_array_and_percpu(void **state)
{
	struct el_map *map = open_map("array");
	_cleanup_free_ char *sum = el_format("{packets=%d,bytes=0}", libbpf_num_possible_cpus());
	size_t loaded;

	(void)state;
	assert_int_equal(load_text(map, "0 packets=1\n7 packets=2\n", &loaded), 0);
	gets(map, "7", EL_TEXT, "{packets=2,bytes=0}");
	assert_int_equal(load_text(map, "1 packets=1\n8 packets=2\n", &loaded), -EINVAL);
	gets(map, "1", EL_TEXT, "{packets=0,bytes=0}");
	el_map_free(map);
	map = open_map("percpu");
	assert_int_equal(load_text(map, "1 packets=1\n2 packets=1\n", &loaded), 0);
	assert_int_equal(loaded, 2);
	gets(map, "2", EL_TEXT, sum);
	el_map_free(map);
	empty("percpu");
}

static void test_load_standard_input(void **state)
{
	struct el_map *map = open_map("few");
	_cleanup_free_ char *path = write_file("list", "1 1\n2 2\n");
	size_t loaded;

	(void)state;
	assert_non_null(freopen(path, "r", stdin));
	assert_int_equal(el_map_load(context, map, "-", &loaded), 0);
	assert_int_equal(loaded, 2);
	gets(map, "2", EL_TEXT, "2");
	el_map_free(map);
	empty("few");
}

/* A million different /24 or longer prefixes, in no order: the multiplier is odd, so that i times
 * it, modulo 2^24, never repeats. */
static void write_prefix(FILE *stream, uint32_t i)
{
	uint32_t x = i * 2654435761u % (1u << 24);

	fprintf(stream, "%u.%u.%u.0/24\n", x >> 16, x >> 8 & 255, x & 255);
}

static char *write_million(uint32_t bad_line)
{
	char *path = in_folder("million");
	FILE *stream = fopen(path, "w");

	assert_non_null(stream);
	for (uint32_t i = 0; i < MILLION; i++) {
		if (i + 1 == bad_line)
			fputs("192.0.2.1/24\n", stream);
		else
			write_prefix(stream, i);
	}
	fclose(stream);
	return path;
}

static void test_million_prefixes(void **state)
{
	struct el_map *map = open_map("blocked");
	_cleanup_free_ char *path = write_million(0);
	size_t loaded = 0, deleted = 0;

	(void)state;
	assert_int_equal(el_map_load(context, map, path, &loaded), 0);
	assert_int_equal(loaded, MILLION);
	assert_int_equal(count_entries(map), MILLION);
	for (uint32_t i = 0; i < MILLION; i += 9973) {
		uint32_t x = i * 2654435761u % (1u << 24);
		uint8_t key[20] = {96 + 24, 0, 0, 0, [14] = 0xff, 0xff};
		struct count count;

		key[16] = (uint8_t)(x >> 16);
		key[17] = (uint8_t)(x >> 8);
		key[18] = (uint8_t)x;
		assert_int_equal(bpf_map_lookup_elem(fd_of("blocked"), key, &count), 0);
	}
	assert_int_equal(el_map_flush(context, map, &deleted), 0);
	assert_int_equal(deleted, MILLION);
	assert_int_equal(count_entries(map), 0);
	el_map_free(map);
}

static void test_bad_line_734221(void **state)
{
	struct el_map *map = open_map("blocked");
	_cleanup_free_ char *path = write_million(734221);
	_cleanup_free_ char *what =
		el_format("%s:734221: key of map blocked: 192.0.2.1/24 has bits set behind its "
			  "length; write 192.0.2.0/24",
			  path);
	size_t loaded = 0;

	(void)state;
	assert_int_equal(el_map_set(context, map, "198.51.100.0/24", "packets=7"), 0);
	failed(el_map_load(context, map, path, &loaded), EINVAL, EL_USAGE, what);
	assert_int_equal(count_entries(map), 1);
	gets(map, "198.51.100.0/24", EL_TEXT, "{packets=7,bytes=0}");
	el_map_free(map);
	empty("blocked");
}

static int write_entry(void *data, const char *key, const char *value)
{
	fprintf(data, "%s %s\n", key, value);
	return 0;
}

static void test_dump_loads_again(void **state)
{
	struct el_map *map = open_map("flows");
	_cleanup_free_ char *path = in_folder("dump");
	FILE *stream = fopen(path, "w");
	size_t loaded;

	(void)state;
	for (int i = 0; i < 3000; i++) {
		_cleanup_free_ char *key = el_format("ip=2001:db8::%x,port=%d", i, i);
		_cleanup_free_ char *value = el_format("packets=%d", i);

		assert_int_equal(el_map_set(context, map, key, value), 0);
	}
	assert_int_equal(el_map_dump(context, map, EL_TEXT, write_entry, stream), 0);
	fclose(stream);
	empty("flows");
	assert_int_equal(el_map_load(context, map, path, &loaded), 0);
	assert_int_equal(loaded, 3000);
	gets(map, "ip=2001:db8::bb7,port=2999", EL_TEXT, "{packets=2999,bytes=0}");
	el_map_free(map);
	empty("flows");
}

static int stop_at_third(void *data, const char *key, const char *value)
{
	(void)key;
	(void)value;
	return ++*(int *)data == 3 ? 77 : 0;
}

static void test_dump_stops(void **state)
{
	struct el_map *map = open_map("array");
	int count = 0;

	(void)state;
	assert_int_equal(el_map_dump(context, map, EL_TEXT, stop_at_third, &count), 77);
	assert_int_equal(count, 3);
	el_map_free(map);
}

/* ---------------------------------------------------------------- several at once */

static int run_children(int count, int (*run)(int number))
{
	pid_t children[16];
	int good = 0;

	for (int i = 0; i < count; i++) {
		children[i] = fork();
		if (!children[i])
			_exit(run(i));
		assert_true(children[i] > 0);
	}
	for (int i = 0; i < count; i++) {
		int status;

		assert_int_equal(waitpid(children[i], &status, 0), children[i]);
		good += !status;
	}
	return good;
}

static int set_many(int number)
{
	struct el_map *map;
	int err = el_map_open(context, PATH "flows", &map);

	for (int i = 0; !err && i < 500; i++) {
		_cleanup_free_ char *key = el_format("port=%d,protocol=%d", i, number);

		err = el_map_set(context, map, key, "packets=1");
	}
	return err ? 1 : 0;
}

static void test_sets_at_once(void **state)
{
	struct el_map *map = open_map("flows");

	(void)state;
	assert_int_equal(run_children(8, set_many), 8);
	assert_int_equal(count_entries(map), 8 * 500);
	el_map_free(map);
	empty("flows");
}

static int load_own(int number)
{
	_cleanup_free_ char *name = el_format("list.%d", number), *path = in_folder(name);
	FILE *stream = fopen(path, "w");
	struct el_map *map;
	size_t loaded;

	if (!stream || el_map_open(context, PATH "flows", &map))
		return 2;
	for (int i = 0; i < 3000; i++)
		fprintf(stream, "port=%d,protocol=%d\n", i, number);
	fclose(stream);
	return el_map_load(context, map, path, &loaded) ? 1 : 0;
}

/* 5000 fit, each file has 3000: one of the loads finds room, the others change nothing. */
static void test_loads_at_once(void **state)
{
	struct el_map *map = open_map("flows");

	(void)state;
	assert_int_equal(run_children(4, load_own), 1);
	assert_int_equal(count_entries(map), 3000);
	el_map_free(map);
	empty("flows");
}

/* ---------------------------------------------------------------- ring buffers */

static int take_event(void *data, const char *value)
{
	snprintf(data, 64, "%s", value);
	return 1;
}

static void test_follow(void **state)
{
	struct bpf_program *program = bpf_object__find_program_by_name(object, "emit");
	char packet[64] = "", got[64] = "";
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet, .data_size_in = sizeof(packet));
	struct el_map *map = open_map("events");
	struct el_map *array = open_map("array");

	(void)state;
	assert_int_equal(el_map_follow(context, map, EL_TEXT, 10, take_event, got), 0);
	assert_string_equal(got, "");
	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(program), &run), 0);
	assert_int_equal(el_map_follow(context, map, EL_TEXT, 1000, take_event, got), 1);
	assert_int_equal(strncmp(got, "0x0700000000000000", 18), 0);
	assert_int_equal(strlen(got), 2 + 32);
	failed(el_map_follow(context, array, EL_TEXT, 10, take_event, got), EINVAL, EL_USAGE,
	       "map " PATH
	       "array is no ring buffer but of the kind array: there is nothing to follow");
	el_map_free(map);
	el_map_free(array);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_missing_parts),
		cmocka_unit_test(test_no_path),
		cmocka_unit_test(test_no_bpffs),
		cmocka_unit_test(test_no_privilege),
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_info),
		cmocka_unit_test(test_set_get_del),
		cmocka_unit_test(test_prefix_table),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_array),
		cmocka_unit_test(test_percpu),
		cmocka_unit_test(test_percpu_without_sum),
		cmocka_unit_test(test_variables),
		cmocka_unit_test(test_other_kinds),
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_load_refused),
		cmocka_unit_test(test_load_room),
		cmocka_unit_test(test_load_lru),
		cmocka_unit_test(test_load_array_and_percpu),
		cmocka_unit_test(test_load_standard_input),
		cmocka_unit_test(test_million_prefixes),
		cmocka_unit_test(test_bad_line_734221),
		cmocka_unit_test(test_dump_loads_again),
		cmocka_unit_test(test_dump_stops),
		cmocka_unit_test(test_sets_at_once),
		cmocka_unit_test(test_loads_at_once),
		cmocka_unit_test(test_follow),
	};

	if (geteuid()) {
		puts("1..0 # SKIP needs root: maps are made in the kernel");
		return 0;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}

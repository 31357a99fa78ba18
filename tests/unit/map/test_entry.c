// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A map by its path, and its entries, each by itself: map.c, map_path.c, map_entry.c, map_follow.c.
 */
#include <sys/wait.h>

#include "lib/maps.h"

/* ---------------------------------------------------------------- paths */

static void test_missing_parts(void **state)
{
	struct el_map *map = NULL;

	(void)state;
	failed(el_map_open(context, "test.0/xdp/one/bloked", &map), ENOENT, EL_NOT_FOUND,
	       "instance test.0/xdp/one has no map bloked");
	assert_non_null(strstr(last_error()->hint, "did you mean blocked?"));
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
	hinted("the instance has no maps");
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
		_cleanup_free_ char *what = el_format(
			"%s is neither DEVICE/HOOK/INSTANCE/MAP nor shared/MAP", paths[i]);

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
	assert_non_null(strstr(last_error()->hint, hint));
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
			     el_map_open(context, PATH "few", &map) == -EPERM &&
			     last_error()->kind == EL_PRIVILEGE;

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
	assert_int_equal(count, 20);
	assert_string_equal(paths[0], "test.0/xdp/one/array");
	assert_string_equal(paths[1], "test.0/xdp/one/blocked");
	el_texts_free(paths);
	assert_int_equal(el_maps_list(context, "test.0/xdp/two", &paths, &count), 0);
	assert_int_equal(count, 0);
	el_texts_free(paths);
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
	assert_int_equal(el_map_set(map, "ip=192.0.2.1,port=443,protocol=6", "packets=3"), 0);
	map_gets(map, "{protocol=6,port=443,ip=192.0.2.1}", EL_TEXT, "{packets=3,bytes=0}");
	map_gets(map, "ip=192.0.2.1,port=443,protocol=6", EL_JSON,
		 "{\"key\":{\"ip\":\"192.0.2.1\",\"port\":443,\"protocol\":6,\"zero\":0},"
		 "\"value\":{\"packets\":3,\"bytes\":0}}");
	assert_int_equal(el_map_del(map, "ip=192.0.2.1,port=443,protocol=6"), 0);
	failed(el_map_del(map, "port=443"), ENOENT, EL_NOT_FOUND,
	       "map " PATH "flows has no entry port=443");
	failed(el_map_get(map, "port=443", EL_TEXT, &text), ENOENT, EL_NOT_FOUND,
	       "map " PATH "flows has no entry port=443");
	failed(el_map_set(map, "port=443", "packets=x"), EINVAL, EL_USAGE,
	       "value of map flows: field packets: x is not a number");
	failed(el_map_set(map, "prt=443", "packets=1"), EINVAL, EL_USAGE,
	       "key of map flows: there is no field prt; did you mean port?");
	assert_int_equal(count_entries(map), 0);
	el_map_free(map);
}

static void test_prefix_table(void **state)
{
	struct el_map *map = open_map("blocked");
	char *text = NULL;

	(void)state;
	assert_int_equal(el_map_set(map, "10.0.0.0/8", "{packets=1}"), 0);
	assert_int_equal(el_map_set(map, "10.1.0.0/16", "packets=2"), 0);
	assert_int_equal(el_map_set(map, "2001:db8::/32", NULL), 0);
	map_gets(map, "10.1.0.0/16", EL_TEXT, "{packets=2,bytes=0}");
	map_gets(map, "10.0.0.0/8", EL_TEXT, "{packets=1,bytes=0}");
	map_gets(map, "2001:db8::/32", EL_TEXT, "{packets=0,bytes=0}");
	/* The kernel's look-up finds a shorter prefix for these keys; the exact entry does not
	 * exist. */
	failed(el_map_get(map, "10.1.2.3", EL_TEXT, &text), ENOENT, EL_NOT_FOUND,
	       "map " PATH "blocked has no entry 10.1.2.3");
	assert_string_equal(last_error()->hint,
			    "the longest prefix in the map that contains it is 10.1.0.0/16");
	failed(el_map_get(map, "10.2.0.0/16", EL_TEXT, &text), ENOENT, EL_NOT_FOUND,
	       "map " PATH "blocked has no entry 10.2.0.0/16");
	assert_string_equal(last_error()->hint,
			    "the longest prefix in the map that contains it is 10.0.0.0/8");
	failed(el_map_get(map, "10.1.0.0/17", EL_JSON, &text), ENOENT, EL_NOT_FOUND,
	       "map " PATH "blocked has no entry 10.1.0.0/17");
	failed(el_map_get(map, "10.0.0.0/7", EL_TEXT, &text), ENOENT, EL_NOT_FOUND,
	       "map " PATH "blocked has no entry 10.0.0.0/7");
	failed(el_map_get(map, "11.0.0.1", EL_TEXT, &text), ENOENT, EL_NOT_FOUND,
	       "map " PATH "blocked has no entry 11.0.0.1");
	failed(el_map_set(map, "10.0.0.1/8", NULL), EINVAL, EL_USAGE,
	       "key of map blocked: 10.0.0.1/8 has bits set after its prefix length; write "
	       "10.0.0.0/8");
	failed(el_map_set(map, "{length=129,ip=::}", NULL), EINVAL, EL_USAGE,
	       "key of map blocked: {length=129,ip=::} has a prefix length over 128");
	assert_int_equal(count_entries(map), 3);
	el_map_free(map);
	empty("blocked");
}

/* The object was compiled with an older SDK: its table holds IPv4 as ::ffff:a.b.c.d. */
static void test_prefix_of_both_families(void **state)
{
	static const char *const both[] = {
		"::/0", "::/1", "::/64", "::/80", "{length=0,ip=::}", "::fffe:0:0/95"};
	static const char *const one[] = {"::/96",    "::1/128",   "::fffe:0:0/96",
					  "8000::/1", "0.0.0.0/0", "::ffff:0:0/96"};
	struct el_map *map = open_map("blocked");

	(void)state;
	for (size_t i = 0; i < sizeof(both) / sizeof(*both); i++) {
		_cleanup_free_ char *what = el_format(
			"key of map blocked: %s would match IPv4 too: its function was compiled "
			"with an older SDK, whose tables hold IPv4 as ::ffff:a.b.c.d",
			both[i]);

		failed(el_map_set(map, both[i], NULL), EINVAL, EL_USAGE, what);
	}
	assert_int_equal(count_entries(map), 0);
	for (size_t i = 0; i < sizeof(one) / sizeof(*one); i++)
		assert_int_equal(el_map_set(map, one[i], NULL), 0);
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
	failed(el_map_set(map, "443", "1"), ENOSPC, EL_FAILED,
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
	assert_int_equal(el_map_set(map, "7", "packets=1,bytes=2"), 0);
	assert_int_equal(bpf_map_lookup_elem(fd_of("array"), &key, &count), 0);
	assert_int_equal(count.bytes, 2);
	failed(el_map_set(map, "8", "packets=1"), EINVAL, EL_USAGE,
	       "key of map array: 8 is out of range: the array has the entries 0 to 7");
	failed(el_map_del(map, "7"), EINVAL, EL_USAGE,
	       "map " PATH "array is an array, whose entries can't be deleted");
	assert_int_equal(count_entries(map), 8);
	assert_int_equal(el_map_flush(map, &deleted), 0);
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
	map_gets(map, "5", EL_TEXT, sum);
	assert_int_equal(el_map_get(map, "5", EL_JSON, &text), 0);
	last = el_format("{\"packets\":100,\"bytes\":%d}]}", cpus - 1);
	assert_int_equal(strncmp(text, "{\"key\":5,\"value\":{\"packets\":", 28), 0);
	assert_non_null(strstr(text, "\"cpus\":[{\"packets\":100,\"bytes\":0}"));
	assert_string_equal(text + strlen(text) - strlen(last), last);
	/* Values that were read can be written back: a sum as a sum; a list CPU by CPU. */
	assert_int_equal(el_map_set(map, "5", sum), 0);
	map_gets(map, "5", EL_TEXT, sum);
	assert_int_equal(bpf_map_lookup_elem(fd_of("percpu"), &key, counts), 0);
	for (int cpu = 1; cpu < cpus; cpu++)
		assert_int_equal(counts[cpu].packets + counts[cpu].bytes, 0);
	assert_int_equal(el_map_set(map, "5", text), 0);
	assert_int_equal(bpf_map_lookup_elem(fd_of("percpu"), &key, counts), 0);
	for (int cpu = 0; cpu < cpus; cpu++) {
		assert_int_equal(counts[cpu].packets, 100);
		assert_int_equal(counts[cpu].bytes, cpu);
	}
	assert_int_equal(count_entries(map), 1);
	free(counts);
	el_map_free(map);
	empty("percpu");
}

/* Values other than integers have no sum: they are shown for each CPU. */
static void test_percpu_without_sum(void **state)
{
	_cleanup_free_ char *text = NULL;
	struct el_map *map = open_map("marks");

	(void)state;
	assert_int_equal(el_map_set(map, "1", "true"), 0);
	assert_int_equal(el_map_get(map, "1", EL_TEXT, &text), 0);
	assert_int_equal(strncmp(text, "[true", 5), 0);
	free(text);
	assert_int_equal(el_map_get(map, "1", EL_JSON, &text), 0);
	assert_int_equal(strncmp(text, "{\"key\":1,\"cpus\":[true", 21), 0);
	el_map_free(map);
}

/* Read entry 1 of a map with 8-byte values, for each CPU. */
static void cpu_values(const char *name, uint64_t *out)
{
	uint32_t key = 1;

	assert_int_equal(bpf_map_lookup_elem(fd_of(name), &key, out), 0);
}

/* Numbers that are not counts by their type: flags, or a mark. They are shown without a sum, since
 * a sum could not be written back. Tested for every per-CPU kind. */
static void test_percpu_flags(void **state)
{
	static const char *const names[] = {"flags", "flags_hash", "flags_lru"};
	int cpus = libbpf_num_possible_cpus();
	uint64_t *before = calloc((size_t)cpus, sizeof(*before));
	uint64_t *after = calloc((size_t)cpus, sizeof(*after));
	uint32_t key = 1;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct el_map *map = open_map(names[i]);
		char *text = NULL, *json = NULL;

		assert_int_equal(el_map_set(map, "1", "6"), 0);
		cpu_values(names[i], before);
		for (int cpu = 0; cpu < cpus; cpu++)
			assert_int_equal(before[cpu], 6);
		for (int cpu = 0; cpu < cpus; cpu++)
			before[cpu] = (uint64_t)cpu + 1;
		assert_int_equal(bpf_map_update_elem(fd_of(names[i]), &key, before, 0), 0);
		assert_int_equal(el_map_get(map, "1", EL_TEXT, &text), 0);
		assert_int_equal(el_map_get(map, "1", EL_JSON, &json), 0);
		for (const char *const *back = (const char *const[]){text, json, NULL}; *back;
		     back++) {
			assert_int_equal(el_map_set(map, "1", "0"), 0);
			assert_int_equal(el_map_set(map, "1", *back), 0);
			cpu_values(names[i], after);
			assert_memory_equal(after, before, (size_t)cpus * sizeof(*after));
		}
		free(text);
		free(json);
		el_map_free(map);
	}
	free(before);
	free(after);
}

/* In a value with counts and other fields, a count is written to one CPU as the sum, and the other
 * fields to all CPUs. */
static void test_percpu_mixed(void **state)
{
	int cpus = libbpf_num_possible_cpus();
	struct count *values = calloc((size_t)cpus, sizeof(*values));
	struct el_map *map = open_map("mixed");
	uint32_t key = 1;

	(void)state;
	assert_int_equal(el_map_set(map, "1", "{packets=9,limit=5}"), 0);
	assert_int_equal(bpf_map_lookup_elem(fd_of("mixed"), &key, values), 0);
	for (int cpu = 0; cpu < cpus; cpu++) {
		assert_int_equal(values[cpu].packets, cpu ? 0 : 9);
		assert_int_equal(values[cpu].bytes, 5);
	}
	free(values);
	el_map_free(map);
}

/* Output of -j is valid input for a value or an entry. */
static void test_set_json(void **state)
{
	struct el_map *map = open_map("flows");
	char *text = NULL;

	(void)state;
	assert_int_equal(el_map_set(map,
				    "{\"ip\":\"192.0.2.1\",\"port\":443,\"protocol\":6,\"zero\":0}",
				    "{\"packets\":18446744073709551615, \"bytes\": 2}"),
			 0);
	map_gets(map, "ip=192.0.2.1,port=443,protocol=6", EL_TEXT,
		 "{packets=18446744073709551615,bytes=2}");
	assert_int_equal(el_map_get(map, "ip=192.0.2.1,port=443,protocol=6", EL_JSON, &text), 0);
	assert_int_equal(el_map_set(map, "ip=192.0.2.1,port=443,protocol=6", "{bytes=1}"), 0);
	assert_int_equal(el_map_set(map, "ip=192.0.2.1,port=443,protocol=6", text), 0);
	map_gets(map, "ip=192.0.2.1,port=443,protocol=6", EL_TEXT,
		 "{packets=18446744073709551615,bytes=2}");
	failed(el_map_set(map, "ip=192.0.2.2", text), EINVAL, EL_USAGE,
	       "value of map flows: the entry has the key "
	       "{\"ip\":\"192.0.2.1\",\"port\":443,\"protocol\":6,\"zero\":0}, not "
	       "ip=192.0.2.2");
	failed(el_map_set(map, "ip=192.0.2.2", "{\"packets\"=1,\"pakets\":2}"), EINVAL, EL_USAGE,
	       "value of map flows: there is no field pakets; did you mean packets?");
	free(text);
	el_map_free(map);
	empty("flows");
}

static void test_variables(void **state)
{
	struct el_map *map = open_map("data");

	(void)state;
	map_gets(map, "0", EL_TEXT, "{first=1,second={packets=2,bytes=3}}");
	assert_int_equal(el_map_set(map, "0", "first=9"), 0);
	map_gets(map, "0", EL_TEXT, "{first=9,second={packets=2,bytes=3}}");
	assert_int_equal(el_map_set(map, "0", "second={bytes=4}"), 0);
	map_gets(map, "0", EL_TEXT, "{first=9,second={packets=0,bytes=4}}");
	failed(el_map_set(map, "0", "frist=9"), EINVAL, EL_USAGE,
	       "value of map data: there is no field frist; did you mean first?");
	el_map_free(map);
	map = open_map("rodata");
	map_gets(map, "0", EL_TEXT, "{fixed=7}");
	failed(el_map_set(map, "0", "fixed=8"), EPERM, EL_USAGE,
	       "map " PATH "rodata is read-only data, frozen when the program was loaded");
	el_map_free(map);
}

static void test_other_kinds(void **state)
{
	struct el_map *map = open_map("queue");
	size_t deleted;
	char *text;

	(void)state;
	failed(el_map_get(map, "1", EL_TEXT, &text), EINVAL, EL_USAGE,
	       "map " PATH "queue is a queue, which has no keys");
	el_map_free(map);
	map = open_map("events");
	failed(el_map_set(map, "1", "2"), EINVAL, EL_USAGE,
	       "map " PATH "events is a ring buffer, which has records and no keys");
	el_map_free(map);
	map = open_map("programs");
	assert_int_equal(count_entries(map), 0);
	failed(el_map_set(map, "1", "2147483647"), EINVAL, EL_USAGE,
	       "value of map programs: 2147483647 is not a program: no object has this number");
	failed(el_map_set(map, "1", NULL), EINVAL, EL_USAGE,
	       "value of map programs:  is not a program");
	failed(el_map_flush(map, &deleted), EINVAL, EL_USAGE,
	       "map " PATH "programs is a prog_array, whose values can't be written as text");
	el_map_free(map);
}

/* ---------------------------------------------------------------- ring buffers */

static int take_event(void *data, const char *value)
{
	snprintf(data, 64, "%s", value);
	return 1;
}

static int follow(struct el_map *map, int timeout_ms, char *got)
{
	const struct el_follow_options options = {
		.timeout_ms = timeout_ms, .event = take_event, .data = got};

	return el_map_follow(map, &options);
}

static void test_follow(void **state)
{
	struct bpf_program *program = bpf_object__find_program_by_name(object, "emit");
	char packet[64] = "", got[64] = "";
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = packet, .data_size_in = sizeof(packet));
	struct el_map *map = open_map("events");
	struct el_map *array = open_map("array");

	(void)state;
	assert_int_equal(follow(map, 10, got), 0);
	assert_string_equal(got, "");
	assert_int_equal(bpf_prog_test_run_opts(bpf_program__fd(program), &run), 0);
	assert_int_equal(follow(map, 1000, got), 1);
	assert_int_equal(strncmp(got, "0x0700000000000000", 18), 0);
	assert_int_equal(strlen(got), 2 + 32);
	failed(follow(array, 10, got), EINVAL, EL_USAGE,
	       "map " PATH
	       "array has the kind array, which has no records to follow; ring buffers and "
	       "perf event arrays have records");
	el_map_free(map);
	el_map_free(array);
}

/* The kernel refuses root, too, and the cause is not a missing privilege. */
static void test_frozen(void **state)
{
	struct el_map *map = open_map("icy");
	int fd = bpf_object__find_map_fd_by_name(object, "icy");

	(void)state;
	assert_int_equal(el_map_set(map, "0", "1"), 0);
	assert_int_equal(bpf_map_freeze(fd), 0);
	failed(el_map_set(map, "0", "2"), EPERM, EL_USAGE,
	       "map " PATH "icy is frozen (BPF_MAP_FREEZE): user space can't change it");
	failed(el_map_del(map, "0"), EPERM, EL_USAGE,
	       "map " PATH "icy is frozen (BPF_MAP_FREEZE): user space can't change it");
	el_map_free(map);
}

/* The kernel lets user space write the entries of these maps, but not read them. */
static void test_entries_that_cannot_be_read(void **state)
{
	struct el_map *map = open_map("sockets");
	char *text = NULL;

	(void)state;
	failed(el_map_get(map, "0", EL_TEXT, &text), EINVAL, EL_USAGE,
	       "map " PATH "sockets is a xskmap: the kernel lets user space read no entries of a "
	       "map of this kind");
	el_map_free(map);
	map = open_map("sockmap");
	failed(el_map_get(map, "0", EL_TEXT, &text), EINVAL, EL_USAGE,
	       "map " PATH "sockmap is a sockmap: the kernel lets user space read no entries of a "
	       "map of this kind");
	el_map_free(map);
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
		cmocka_unit_test(test_prefix_of_both_families),
		cmocka_unit_test(test_full),
		cmocka_unit_test(test_array),
		cmocka_unit_test(test_percpu),
		cmocka_unit_test(test_percpu_without_sum),
		cmocka_unit_test(test_percpu_flags),
		cmocka_unit_test(test_percpu_mixed),
		cmocka_unit_test(test_set_json),
		cmocka_unit_test(test_variables),
		cmocka_unit_test(test_other_kinds),
		cmocka_unit_test(test_follow),
		cmocka_unit_test(test_frozen),
		cmocka_unit_test(test_entries_that_cannot_be_read),
	};

	if (geteuid()) {
		puts("1..0 # SKIP needs root: maps are made in the kernel");
		return 0;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, maps_setup, maps_teardown);
}

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Maps as a whole: files are loaded into them, all entries are dumped, and several commands run at
 * once.
 */
#include <fcntl.h>
#include <sys/wait.h>

#include "lib/maps.h"

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
	map_gets(map, "ip=192.0.2.1,port=1", EL_TEXT, "{packets=1,bytes=2}");
	map_gets(map, "ip=192.0.2.2,port=2", EL_TEXT, "{packets=3,bytes=4}");
	map_gets(map, "port=3", EL_TEXT, "{packets=0,bytes=0}");
	map_gets(map, "port=4", EL_TEXT, "{packets=5,bytes=0}");
	el_map_free(map);
	empty("flows");
}

static void test_load_refused(void **state)
{
	struct el_map *map = open_map("few");
	_cleanup_free_ char *what =
		el_format("%s/list:2: value of map few: x is not a number", folder);
	_cleanup_free_ char *nul = in_folder("nul"),
			    *what_nul = el_format("%s/nul:1: the line contains a NUL byte", folder);
	int fd = open(nul, O_CREAT | O_WRONLY, 0600);
	size_t loaded;

	(void)state;
	assert_int_equal(write(fd, "1\0 2\n", 5), 5);
	close(fd);
	failed(load_text(map, "1 1\n2 x\n", &loaded), EINVAL, EL_USAGE, what);
	failed(el_map_load(map, nul, &loaded), EINVAL, EL_USAGE, what_nul);
	failed(el_map_load(map, "/nowhere/at/all", &loaded), ENOENT, EL_NOT_FOUND,
	       "can't read /nowhere/at/all: No such file or directory");
	failed(el_map_load(map, folder, &loaded), EISDIR, EL_FAILED, last_error()->what);
	assert_int_equal(count_entries(map), 0);
	el_map_free(map);
}

/* The map has room for four entries. An entry that exists already, or occurs twice in the file,
 * needs no further room. */
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
	map_gets(map, "1", EL_TEXT, "1");
	assert_int_equal(load_text(map, "1 2\n2 2\n3 2\n4 2\n", &loaded), 0);
	map_gets(map, "1", EL_TEXT, "2");
	assert_int_equal(count_entries(map), 4);
	el_map_free(map);
	empty("few");
}

/* An LRU map is never full, but it could not hold a file that is larger than the map. */
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
	size_t loaded;

	(void)state;
	assert_int_equal(load_text(map, "0 packets=1\n7 packets=2\n", &loaded), 0);
	map_gets(map, "7", EL_TEXT, "{packets=2,bytes=0}");
	assert_int_equal(load_text(map, "1 packets=1\n8 packets=2\n", &loaded), -EINVAL);
	map_gets(map, "1", EL_TEXT, "{packets=0,bytes=0}");
	el_map_free(map);
	map = open_map("percpu");
	assert_int_equal(load_text(map, "1 packets=1\n2 packets=1\n", &loaded), 0);
	assert_int_equal(loaded, 2);
	map_gets(map, "2", EL_TEXT, "{packets=1,bytes=0}");
	el_map_free(map);
	empty("percpu");
}

static void test_load_standard_input(void **state)
{
	struct el_map *map = open_map("few");
	_cleanup_free_ char *path = make_file("list", "1 1\n2 2\n");
	size_t loaded;

	(void)state;
	assert_non_null(freopen(path, "r", stdin));
	assert_int_equal(el_map_load(map, "-", &loaded), 0);
	assert_int_equal(loaded, 2);
	map_gets(map, "2", EL_TEXT, "2");
	el_map_free(map);
	empty("few");
}

/* A million different prefixes of /24 or longer, in no order: the multiplier is odd, so i times the
 * multiplier, modulo 2^24, never repeats. */
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
	assert_int_equal(el_map_load(map, path, &loaded), 0);
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
	assert_int_equal(el_map_flush(map, &deleted), 0);
	assert_int_equal(deleted, MILLION);
	assert_int_equal(count_entries(map), 0);
	el_map_free(map);
}

/* 8,192 entries are written at once (map_walk.c), in the order of the keys' bytes. The first
 * entries name a device that does not exist; the remaining entries, which would be written next,
 * name the loopback device. */
static void test_a_part_that_fails_is_the_end(void **state)
{
	struct el_map *map = open_map("ports");
	_cleanup_free_ char *text = NULL;
	size_t size, loaded = 0;
	FILE *stream = open_memstream(&text, &size);

	(void)state;
	assert_non_null(stream);
	for (unsigned int key = 0; key < 8448; key++)
		fprintf(stream, "0x%02x%02x0000 %s\n", key & 255, key >> 8,
			(key & 255) < 248 ? "0xffffff7f" : "0x01000000");
	assert_int_equal(fclose(stream), 0);
	failed(load_text(map, text, &loaded), EINVAL, EL_FAILED,
	       "can't change map " PATH "ports: the map does not accept this key, value or flag, "
	       "after 0 of 8448 entries");
	assert_int_equal(count_entries(map), 0);
	el_map_free(map);
}

static void test_bad_line_734221(void **state)
{
	struct el_map *map = open_map("blocked");
	_cleanup_free_ char *path = write_million(734221);
	_cleanup_free_ char *what = el_format(
		"%s:734221: key of map blocked: 192.0.2.1/24 has bits set after its prefix "
		"length; write 192.0.2.0/24",
		path);
	size_t loaded = 0;

	(void)state;
	assert_int_equal(el_map_set(map, "198.51.100.0/24", "packets=7"), 0);
	failed(el_map_load(map, path, &loaded), EINVAL, EL_USAGE, what);
	assert_int_equal(count_entries(map), 1);
	map_gets(map, "198.51.100.0/24", EL_TEXT, "{packets=7,bytes=0}");
	el_map_free(map);
	empty("blocked");
}

static int write_entry(void *data, const char *key, const char *value)
{
	fprintf(data, "%s %s\n", key, value);
	return 0;
}

/* The layout of `map dump -j`, or one entry per line, or one entry over many lines. */
static int write_json(void *data, const char *key, const char *value)
{
	static const char *const joints[] = {"[", ",\n", ", ", "\n,\n"};
	static size_t count;

	(void)key;
	fprintf(data, "%s%s", joints[count ? 1 + count % 3 : 0], value);
	count++;
	return 0;
}

static void test_json_loads_again(void **state)
{
	struct el_map *map = open_map("flows");
	_cleanup_free_ char *path = in_folder("dump.json");
	_cleanup_free_ char *bad = el_format("%s/list:3: the element is not a map entry", folder);
	_cleanup_free_ char *open = el_format("%s/list:1: the list of entries has no end", folder);
	_cleanup_free_ char *between =
		el_format("%s/list:1: unexpected text between two entries of the list", folder);
	FILE *stream = fopen(path, "w");
	size_t loaded;

	(void)state;
	for (int i = 0; i < 200; i++) {
		_cleanup_free_ char *key = el_format("ip=2001:db8::%x,port=%d", i, i);
		_cleanup_free_ char *value = el_format("packets=%d", i);

		assert_int_equal(el_map_set(map, key, value), 0);
	}
	assert_int_equal(el_map_dump(map, EL_JSON, write_json, stream), 0);
	fputs("]\n", stream);
	fclose(stream);
	empty("flows");
	if (el_map_load(map, path, &loaded))
		fail_msg("%s", last_error()->what);
	assert_int_equal(loaded, 200);
	map_gets(map, "ip=2001:db8::c7,port=199", EL_TEXT, "{packets=199,bytes=0}");
	/* Entries in sequence without a list, and entries in the layout of jq. */
	assert_int_equal(
		load_text(map,
			  "{\"key\":{\"port\":5},\"value\":{\"packets\":1}}\n"
			  "{\n  \"value\": {\n    \"packets\": 2,\n    \"bytes\": 3\n  },\n"
			  "  \"key\": {\n    \"port\": 6\n  }\n}\n",
			  &loaded),
		0);
	assert_int_equal(loaded, 2);
	map_gets(map, "port=6", EL_TEXT, "{packets=2,bytes=3}");
	/* Entries in YAML's flow form, and JSON or YAML as key and value of a line. */
	assert_int_equal(load_text(map,
				   "[{key: {port: 5, ip: ::1}, value: {packets: 4}},\n"
				   " {'value': '{bytes=5}', \"key\": {'port': 6}}]\n",
				   &loaded),
			 0);
	assert_int_equal(loaded, 2);
	map_gets(map, "port=5,ip=::1", EL_TEXT, "{packets=4,bytes=0}");
	map_gets(map, "port=6", EL_TEXT, "{packets=0,bytes=5}");
	assert_int_equal(load_text(map,
				   "{\"port\": 5, \"ip\": \"::1\"} {\"packets\": 6}\n"
				   "{port: 6} {packets: 7}\n",
				   &loaded),
			 0);
	map_gets(map, "port=5,ip=::1", EL_TEXT, "{packets=6,bytes=0}");
	map_gets(map, "port=6", EL_TEXT, "{packets=7,bytes=0}");
	assert_int_equal(el_map_del(map, "{\"port\":5,\"ip\":\"::1\"}"), 0);
	failed(load_text(map, "[\n{\"key\":{\"port\":7},\"value\":{}},\n{\"key\":{\"port\":8}}]\n",
			 &loaded),
	       EINVAL, EL_USAGE, bad);
	for (const char *const *lacks =
		     (const char *const[]){"{\"key\":{\"port\":7},\"value\":}",
					   "{\"value\": , \"key\":{\"port\":7}}",
					   "{\"key\":,\"value\":{\"packets\":1}}", NULL};
	     *lacks; lacks++) {
		_cleanup_free_ char *text = el_format("[\n\n%s]\n", *lacks);

		failed(load_text(map, text, &loaded), EINVAL, EL_USAGE, bad);
	}
	failed(load_text(map, "[{\"key\":{\"port\":7},\"value\":{}}\n", &loaded), EINVAL, EL_USAGE,
	       open);
	failed(load_text(map, "[{\"key\":{\"port\":7},\"value\":{}} x\n", &loaded), EINVAL,
	       EL_USAGE, between);
	assert_int_equal(count_entries(map), 202);
	assert_int_equal(load_text(map, "[]\n", &loaded), 0);
	assert_int_equal(loaded, 0);
	el_map_free(map);
	empty("flows");
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

		assert_int_equal(el_map_set(map, key, value), 0);
	}
	assert_int_equal(el_map_dump(map, EL_TEXT, write_entry, stream), 0);
	fclose(stream);
	empty("flows");
	assert_int_equal(el_map_load(map, path, &loaded), 0);
	assert_int_equal(loaded, 3000);
	map_gets(map, "ip=2001:db8::bb7,port=2999", EL_TEXT, "{packets=2999,bytes=0}");
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
	assert_int_equal(el_map_dump(map, EL_TEXT, stop_at_third, &count), 77);
	assert_int_equal(count, 3);
	el_map_free(map);
}

/* ---------------------------------------------------------------- concurrent commands */

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

		err = el_map_set(map, key, "packets=1");
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
	return el_map_load(map, path, &loaded) ? 1 : 0;
}

/* The map has room for 5000 entries, and each file has 3000: one load finds room, and the other
 * loads change nothing. */
static void test_loads_at_once(void **state)
{
	struct el_map *map = open_map("flows");

	(void)state;
	assert_int_equal(run_children(4, load_own), 1);
	assert_int_equal(count_entries(map), 3000);
	el_map_free(map);
	empty("flows");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_load),
		cmocka_unit_test(test_load_refused),
		cmocka_unit_test(test_load_room),
		cmocka_unit_test(test_a_part_that_fails_is_the_end),
		cmocka_unit_test(test_load_lru),
		cmocka_unit_test(test_load_array_and_percpu),
		cmocka_unit_test(test_load_standard_input),
		cmocka_unit_test(test_million_prefixes),
		cmocka_unit_test(test_bad_line_734221),
		cmocka_unit_test(test_dump_loads_again),
		cmocka_unit_test(test_json_loads_again),
		cmocka_unit_test(test_dump_stops),
		cmocka_unit_test(test_sets_at_once),
		cmocka_unit_test(test_loads_at_once),
	};

	if (geteuid()) {
		puts("1..0 # SKIP needs root: maps are made in the kernel");
		return 0;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, maps_setup, maps_teardown);
}

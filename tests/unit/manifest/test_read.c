// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The content of a manifest, and its position in the file: each key, each form, and scalars that
 * stay as written. And manifests that other users could have written, which are not read.
 */
#include <libgen.h>
#include <fcntl.h>

#include "lib/manifests.h"

static void test_whole(void **state)
{
	const struct el_manifest_chain *chain = chain_of("version: 1\n"
							 "keep: 3 # of all\n"
							 "chains:\n"
							 "  - device: eth0\n"
							 "    hook: tc-egress\n"
							 "    mode: clsact\n"
							 "    keep: 7\n"
							 "    limits:\n"
							 "      map_memory: 64M\n"
							 "      instructions: 100000\n"
							 "    instances:\n"
							 "      - blocklist\n"
							 "      - {name: fw, function: count}\n");

	(void)state;
	assert_string_equal(manifest->path, at("edge.yaml"));
	assert_int_equal(chain->selector, EL_SELECT_NAME);
	assert_string_equal(chain->select, "eth0");
	assert_int_equal(chain->hook, EDGE_HOOK_TC_EGRESS);
	assert_int_equal(chain->mode, EL_MODE_CLSACT);
	assert_int_equal(chain->keep, 7);
	assert_int_equal(chain->map_memory, 67108864);
	assert_int_equal(chain->instructions, 100000);
	assert_int_equal(chain->instances_count, 2);
	assert_null(chain->specs[0].name);
	assert_string_equal(chain->specs[0].function, "blocklist");
	assert_string_equal(chain->specs[1].name, "fw");
	assert_string_equal(chain->specs[1].function, "count");
	assert_at(chain->at, 4, 5);
	assert_at(chain->selector_at, 4, 13);
	assert_at(chain->mode_at, 6, 11);
	assert_at(chain->map_memory_at, 9, 19);
	assert_at(chain->instructions_at, 10, 21);
	assert_at(chain->instances[0].at, 12, 9);
	assert_at(chain->instances[1].at, 13, 9);
	assert_at(chain->instances[1].function_at, 13, 30);
}

static void test_defaults(void **state)
{
	const struct el_manifest_chain *chain =
		chain_of("chains: [{instances: [count], device: eth0}]\nkeep: 9\nversion: 1\n");

	(void)state;
	assert_int_equal(chain->hook, EDGE_HOOK_XDP);
	assert_int_equal(chain->mode, EL_MODE_DEFAULT);
	assert_int_equal(chain->keep, 9);
	assert_int_equal(chain->map_memory, 0);
	assert_int_equal(chain->instructions, 0);
	assert_at(chain->mode_at, 0, 0);
	assert_int_equal(chain_of(HEAD "  - count\n")->keep, 5);
	assert_int_equal(open_text("version: 1\nchains: []\n"), 0);
	assert_int_equal(manifest->chains_count, 0);
}

static void test_selectors(void **state)
{
	static const struct {
		const char *text;
		enum el_selector selector;
		const char *select;
	} cases[] = {
		{"device: \"eth*\"", EL_SELECT_GLOB, "eth*"},
		{"device: en[[:digit:]]", EL_SELECT_GLOB, "en[[:digit:]]"},
		{"device: eth0.10", EL_SELECT_NAME, "eth0.10"},
		{"device: 1e3", EL_SELECT_NAME, "1e3"},
		{"mac: 02:00:5E:10:00:aF", EL_SELECT_MAC, "02:00:5e:10:00:af"},
		{"mac: 02-00-5e-10-00-af", EL_SELECT_MAC, "02:00:5e:10:00:af"},
		{"alias: to the ISP", EL_SELECT_ALIAS, "to the ISP"},
		{"alias: \"*\"", EL_SELECT_ALIAS, "*"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_free_ char *text = el_format(
			"version: 1\nchains:\n- %s\n  instances: [count]\n", cases[i].text);
		const struct el_manifest_chain *chain = chain_of(text);

		assert_int_equal(chain->selector, cases[i].selector);
		assert_string_equal(chain->select, cases[i].select);
	}
}

static void test_hooks_and_modes(void **state)
{
	static const struct {
		const char *text;
		enum edge_hook hook;
		enum el_mode mode;
	} cases[] = {
		{"mode: native", EDGE_HOOK_XDP, EL_MODE_NATIVE},
		{"mode: generic, hook: xdp", EDGE_HOOK_XDP, EL_MODE_GENERIC},
		{"hook: xdp, mode: shared", EDGE_HOOK_XDP, EL_MODE_SHARED},
		{"mode: tcx, hook: tc-ingress", EDGE_HOOK_TC_INGRESS, EL_MODE_TCX},
		{"hook: tc-egress", EDGE_HOOK_TC_EGRESS, EL_MODE_DEFAULT},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_free_ char *text =
			el_format("{version: 1, chains: [{%s, device: a, instances: [count]}]}",
				  cases[i].text);
		const struct el_manifest_chain *chain = chain_of(text);

		assert_int_equal(chain->hook, cases[i].hook);
		assert_int_equal(chain->mode, cases[i].mode);
	}
}

static void test_orders(void **state)
{
	static const struct {
		const char *text;
		enum el_order order;
		const char *beside;
	} cases[] = {
		{"mode: tcx", EL_ORDER_ANY, NULL},
		{"before: all", EL_ORDER_BEFORE, "all"},
		{"after: 12", EL_ORDER_AFTER, "12"},
		{"after: \"link:12\"", EL_ORDER_AFTER, "link:12"},
		{"before: cil_from_netdev, mode: tcx", EL_ORDER_BEFORE, "cil_from_netdev"},
		{"before: /sys/fs/bpf/theirs", EL_ORDER_BEFORE, "/sys/fs/bpf/theirs"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_free_ char *text = el_format("{version: 1, chains: [{%s, hook: tc-egress, "
						      "device: a, instances: [count]}]}",
						      cases[i].text);
		const struct el_manifest_chain *chain = chain_of(text);

		assert_int_equal(chain->order, cases[i].order);
		if (cases[i].beside)
			assert_string_equal(chain->beside, cases[i].beside);
		else
			assert_null(chain->beside);
	}
}

static void test_sizes(void **state)
{
	static const struct {
		const char *text;
		uint64_t size;
	} cases[] = {
		{"1", 1},
		{"4096", 4096},
		{"512B", 512},
		{"1K", 1024},
		{"1k", 1024},
		{"3KiB", 3072},
		{"64M", 67108864},
		{"64 MiB", 67108864},
		{"2G", 2147483648},
		{"1T", 1099511627776},
		{"16777215T", 18446742974197923840u},
		{"18446744073709551615", UINT64_MAX},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_free_ char *text =
			el_format("version: 1\nchains:\n- {device: a, limits: {map_memory: %s}, "
				  "instances: [count]}",
				  cases[i].text);

		assert_true(chain_of(text)->map_memory == cases[i].size);
	}
}

/* ---------------------------------------------------------------- instances */

static void test_short_form(void **state)
{
	const struct el_manifest_chain *chain = chain_of(HEAD "  - in=count:source=true\n"
							      "  - {name: out, function: count}\n"
							      "  - echo\n");

	(void)state;
	assert_int_equal(chain->instances_count, 3);
	assert_string_equal(chain->specs[0].name, "in");
	assert_string_equal(chain->specs[0].function, "count");
	assert_int_equal(chain->specs[0].params_count, 1);
	assert_string_equal(chain->specs[0].params[0].name, "source");
	assert_string_equal(chain->specs[0].params[0].value, "true");
	assert_string_equal(chain->specs[1].name, "out");
	assert_int_equal(chain->specs[1].params_count, 0);
	assert_null(chain->specs[2].name);
	assert_int_equal(chain->instances[2].maps_count, 0);
}

/* Programs of one object at two hooks share their variables, unless their compiler flags differ. */
static void test_shared_variables(void **state)
{
	static const char text[] = "version: 1\nchains:\n"
				   "- device: eth0\n  hook: xdp\n  instances:\n"
				   "  - {name: a, function: ./f.c#one}\n"
				   "  - {name: b, function: ./f.c#one, cflags: -DX}\n"
				   "- device: eth0\n  hook: tc-ingress\n  instances:\n"
				   "  - {name: a, function: ./f.c#two}\n"
				   "  - {name: b, function: ./f.c#two, cflags: -DX}\n";
	const struct el_manifest_instance *xdp, *tc;

	(void)state;
	if (open_text(text))
		fail_msg("%s", last_error()->what);
	xdp = manifest->chains[0].instances;
	tc = manifest->chains[1].instances;
	for (size_t i = 0; i < 2; i++) {
		assert_int_equal(xdp[i].maps_count, 2);
		assert_int_equal(tc[i].maps_count, 2);
		for (size_t j = 0; j < 2; j++)
			assert_string_equal(xdp[i].maps[j].shared, tc[i].maps[j].shared);
	}
	for (size_t j = 0; j < 2; j++)
		assert_string_not_equal(xdp[0].maps[j].shared, xdp[1].maps[j].shared);
}

/* In clang's form: paths relative to the manifest's folder, words separated by newlines. */
static void test_cflags(void **state)
{
	static const char *const forms[] = {
		"    cflags: -DLIMIT=5 -I include -include  keys.h -mcpu=v2 -fno-builtin\n",
		"    cflags: [-D, LIMIT=5, -Iinclude, -include, keys.h, -mcpu=v2, -fno-builtin]\n"};
	_cleanup_free_ char *wanted =
		el_format("-DLIMIT=5\n-I%s/include\n-include\n%s/keys.h\n-mcpu=v2\n-fno-builtin",
			  scratch, scratch);

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		_cleanup_free_ char *text = el_format(HEAD "  - function: ./f.c\n%s", forms[i]);

		assert_string_equal(chain_of(text)->specs[0].cflags, wanted);
	}
	assert_string_equal(
		chain_of(HEAD "  - {function: ./f.c, cflags: [\"-DA=b c\"]}\n")->specs[0].cflags,
		"-DA=b c");
	assert_string_equal(chain_of(HEAD "  - {function: ./f.c, cflags: -fwrapv -fno-inline "
					  "-fstrict-aliasing -funroll-loops}\n")
				    ->specs[0]
				    .cflags,
			    "-fwrapv\n-fno-inline\n-fstrict-aliasing\n-funroll-loops");
	assert_null(chain_of(HEAD "  - {function: ./f.c}\n")->specs[0].cflags);
}

static void test_params(void **state)
{
	const struct el_manifest_chain *chain =
		chain_of(HEAD "  - dnat:to={ip=2001:db8::1,port=443},ttl=3\n"
			      "  - function: dnat\n"
			      "    name: long\n"
			      "    params:\n"
			      "      to: {ip: 2001:db8::1, port: 443}\n"
			      "      ttl: 3\n");

	(void)state;
	for (size_t i = 0; i < 2; i++) {
		assert_string_equal(chain->specs[i].function, "dnat");
		assert_int_equal(chain->specs[i].params_count, 2);
		assert_string_equal(chain->specs[i].params[0].name, "to");
		assert_string_equal(chain->specs[i].params[0].value,
				    i ? "{ip: 2001:db8::1,port: 443}"
				      : "{ip=2001:db8::1,port=443}");
		assert_string_equal(chain->specs[i].params[1].name, "ttl");
		assert_string_equal(chain->specs[i].params[1].value, "3");
	}
	assert_at(chain->instances[0].params_at[1], 5, 5);
	assert_at(chain->instances[1].params_at[0], 9, 7);
	assert_at(chain->instances[1].params_at[1], 10, 7);
}

/* Return: the value of the only parameter of the only instance. */
static const char *param(const char *written)
{
	_cleanup_free_ char *text =
		el_format(HEAD "  - function: f\n    params:\n      p: %s\n", written);

	return chain_of(text)->specs[0].params[0].value;
}

/* These scalars do not become numbers, bools or dates. */
static void test_scalars_stay(void **state)
{
	static const char *const words[] = {"0x10",	   "010",  "1_000", "1e3",	  "on",
					    "yes",	   "True", "false", ".5",	  "1.2.3.4",
					    "2001:db8::1", "::1",  "12:30", "2026-11-24", "+1",
					    "-5",	   "443",  "a b",   "10.0.0.0/8"};

	(void)state;
	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		assert_string_equal(param(words[i]), words[i]);
	assert_string_equal(param("\"\""), "");
	assert_string_equal(param("'~'"), "~");
	assert_string_equal(param("!!str null"), "null");
	assert_string_equal(param("na\303\257ve"), "na\303\257ve");
	assert_string_equal(param("|\n        a\n        b"), "a\nb\n");
}

static void test_nested_values(void **state)
{
	(void)state;
	assert_string_equal(param("{a: 1, b: {c: on, d: [2, 3]}}"), "{a: 1,b: {c: on,d: [2,3]}}");
	assert_string_equal(param("[1, 0x2, {a: 3}]"), "[1,0x2,{a: 3}]");
	assert_string_equal(param("{}"), "{}");
	assert_string_equal(param("[]"), "[]");
	assert_string_equal(param("\"{a=1}\""), "{a=1}");
	assert_string_equal(param("{a: \"{b=1}\", c: \"[2]\"}"), "{a: \"{b=1}\",c: \"[2]\"}");
	assert_string_equal(param("{\"a\": 1, 'b': [\"c\"]}"), "{a: 1,b: [c]}");
}

/* A string that would end too early, or lose its blanks, is quoted in the form that value.h
 * reads. */
static void test_nested_strings(void **state)
{
	(void)state;
	assert_string_equal(param("{a: x y}"), "{a: x y}");
	assert_string_equal(param("{a: \"x,y\"}"), "{a: \"x,y\"}");
	assert_string_equal(param("{a: \"x}\", b: \"y]\"}"), "{a: \"x}\",b: \"y]\"}");
	assert_string_equal(param("{a: \"\"}"), "{a: \"\"}");
	assert_string_equal(param("{a: \" x \"}"), "{a: \" x \"}");
	assert_string_equal(param("{a: '\"x\"'}"), "{a: \"\\\"x\\\"\"}");
	assert_string_equal(param("{a: \"x,\\\\\\n\\t\"}"), "{a: \"x,\\\\\\n\\t\"}");
	assert_string_equal(param("{a: \"null\", b: '~', c: nil}"),
			    "{a: \"null\",b: \"~\",c: nil}");
	assert_string_equal(param("{a: \"'x\", b: \"[x\"}"), "{a: \"'x\",b: \"[x\"}");
}

static const char *function(const char *written)
{
	_cleanup_free_ char *text = el_format(HEAD "  - {function: %s}\n", written);

	return chain_of(text)->specs[0].function;
}

static void test_paths(void **state)
{
	(void)state;
	assert_string_equal(function("blocklist"), "blocklist");
	assert_string_equal(function("mine.o"), at("mine.o"));
	assert_string_equal(function("mine.bpf.c"), at("mine.bpf.c"));
	assert_string_equal(function("sub/mine"), at("sub/mine"));
	assert_string_equal(function("mine.o#prog"), at("mine.o#prog"));
	assert_string_equal(function("/abs/mine.o"), "/abs/mine.o");
	assert_string_equal(function("/abs/mine.o#prog"), "/abs/mine.o#prog");
	assert_string_equal(chain_of(HEAD "  - x=mine.o:a=1\n")->specs[0].function, at("mine.o"));
}

/* Paths are relative to the folder of the given path, from any working directory. */
static void test_relative_manifest(void **state)
{
	char *before = getcwd(NULL, 0);

	(void)state;
	write_text("edge.yaml", HEAD "  - mine.o\n");
	el_manifest_free(manifest);
	manifest = NULL;
	assert_int_equal(chdir(scratch), 0);
	assert_int_equal(el_manifest_open(context, "edge.yaml", &manifest), 0);
	assert_string_equal(manifest->path, "edge.yaml");
	assert_int_equal(chdir(before), 0);
	free(before);
	assert_string_equal(manifest->chains[0].specs[0].function, at("mine.o"));
}

/* ---------------------------------------------------------------- maps */

static const struct el_manifest_map *map_of(const char *written)
{
	_cleanup_free_ char *text = el_format(MAPS "%s", written);
	const struct el_manifest_instance *instance = chain_of(text)->instances;

	assert_int_equal(instance->maps_count, 1);
	return &instance->maps[0];
}

static void assert_entry(const struct el_manifest_map *map, size_t i, const char *key,
			 const char *value)
{
	assert_true(i < map->entries_count);
	assert_string_equal(map->entries[i].key, key);
	if (value)
		assert_string_equal(map->entries[i].value, value);
	else
		assert_null(map->entries[i].value);
}

static void test_map_keys(void **state)
{
	const struct el_manifest_map *map = map_of("        blocked:\n"
						   "          file: lists/blocked.txt\n"
						   "          size: 100000\n"
						   "          shared: fw-blocked\n");

	(void)state;
	assert_string_equal(map->name, "blocked");
	assert_string_equal(map->file, at("lists/blocked.txt"));
	assert_null(map->entries);
	assert_int_equal(map->size, 100000);
	assert_string_equal(map->shared, "fw-blocked");
	assert_at(map->at, 8, 9);
	assert_at(map->file_at, 9, 17);
	assert_at(map->size_at, 10, 17);
	assert_at(map->shared_at, 11, 19);
}

static void test_entries(void **state)
{
	const struct el_manifest_map *map = map_of("        blocked:\n"
						   "          entries:\n"
						   "            10.0.0.0/8: {packets: 0}\n"
						   "            192.0.2.0/24:\n"
						   "            2001:db8::/32: ~\n"
						   "            ? {ip: 192.0.2.1, port: 1}\n"
						   "            : packets=3\n");

	(void)state;
	assert_int_equal(map->entries_count, 4);
	assert_entry(map, 0, "10.0.0.0/8", "{packets: 0}");
	assert_entry(map, 1, "192.0.2.0/24", NULL);
	assert_entry(map, 2, "2001:db8::/32", NULL);
	assert_entry(map, 3, "{ip: 192.0.2.1,port: 1}", "packets=3");
	assert_at(map->entries[0].at, 10, 13);
	assert_null(map->file);
	assert_int_equal(map->size, 0);
	assert_null(map->shared);
}

static void test_entries_as_keys(void **state)
{
	const struct el_manifest_map *map =
		map_of("        m: {entries: [10.0.0.0/8, \"::1\", {port: 1}]}\n");

	(void)state;
	assert_int_equal(map->entries_count, 3);
	assert_entry(map, 0, "10.0.0.0/8", NULL);
	assert_entry(map, 1, "::1", NULL);
	assert_entry(map, 2, "{port: 1}", NULL);
}

/* A list of entries as map dump -j writes it. A mapping with other keys is a key. */
static void test_entries_of_dump(void **state)
{
	const struct el_manifest_map *map =
		map_of("        m:\n"
		       "          entries:\n"
		       "          - {\"key\":\"10.0.0.0/8\",\"value\":{\"packets\":3}}\n"
		       "          - {\"key\":{\"port\":1},\"value\":5,\"cpus\":[2,3]}\n"
		       "          - {cpus: [1], key: 2}\n"
		       "          - {key: 1, port: 2}\n"
		       "          - {key: 1}\n"
		       "          - {key: {key: 1, value: 2}, value: ~}\n");

	(void)state;
	assert_int_equal(map->entries_count, 6);
	assert_entry(map, 0, "10.0.0.0/8", "{packets: 3}");
	assert_entry(map, 1, "{port: 1}", "[2,3]");
	assert_entry(map, 2, "2", "[1]");
	assert_entry(map, 3, "{key: 1,port: 2}", NULL);
	assert_entry(map, 4, "{key: 1}", NULL);
	assert_entry(map, 5, "{key: 1,value: 2}", NULL);
	assert_at(map->entries[1].at, 11, 20);
}

/* A map without entries differs from a map whose entries the manifest does not mention. */
static void test_no_entries(void **state)
{
	(void)state;
	assert_non_null(map_of("        m: {entries: {}}\n")->entries);
	assert_non_null(map_of("        m: {entries: []}\n")->entries);
	assert_int_equal(map_of("        m: {entries: {}}\n")->entries_count, 0);
	assert_null(map_of("        m: {size: 1}\n")->entries);
}

static void test_many_entries(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);
	const struct el_manifest_map *map;

	(void)state;
	fprintf(stream, "%s        m:\n          entries:\n", MAPS);
	for (int i = 0; i < 50000; i++)
		fprintf(stream, "            10.%d.%d.0/24: {packets: %d}\n", i / 256, i % 256, i);
	fclose(stream);
	map = &chain_of(text)->instances[0].maps[0];
	free(text);
	assert_int_equal(map->entries_count, 50000);
	assert_entry(map, 49999, "10.195.79.0/24", "{packets: 49999}");
	assert_at(map->entries[49999].at, 10 + 49999, 13);
}

/* ---------------------------------------------------------------- YAML */

static void test_aliases(void **state)
{
	(void)state;
	assert_int_equal(
		open_text("version: 1\n"
			  "chains:\n"
			  "- device: eth0\n"
			  "  instances: &all\n"
			  "  - name: fw\n"
			  "    function: blocklist\n"
			  "    maps: {blocked: {entries: [10.0.0.0/8], size: 7, shared: b}}\n"
			  "- {device: eth1, instances: *all}\n"),
		0);
	assert_int_equal(manifest->chains_count, 2);
	assert_string_equal(manifest->chains[1].specs[0].name, "fw");
	assert_string_equal(manifest->chains[1].instances[0].maps[0].shared, "b");
	assert_at(manifest->chains[1].instances[0].at, 5, 5);
}

static void test_document_marks(void **state)
{
	(void)state;
	assert_int_equal(open_text("%YAML 1.1\n---\nversion: 1\nchains: []\n...\n"), 0);
	assert_int_equal(open_text("\357\273\277version: 1\r\nchains: []\r\n"), 0);
	assert_int_equal(open_text("{\"version\": 1, \"chains\": []}"), 0);
}

/* Copy the lines of the example in the man page, which is in build/../userspace/. */
static void copy_example(FILE *page, FILE *out)
{
	char line[256];
	bool inside = false;

	while (fgets(line, sizeof(line), page)) {
		if (!strcmp(line, ".Ed\n") || !strcmp(line, ".Sh DIAGNOSTICS\n"))
			inside = false;
		if (inside && fputs(line, out) < 0)
			return;
		if (!strcmp(line, ".Bd -literal\n") && !ftell(out))
			inside = true;
	}
}

static void test_example_of_man_page(void **state)
{
	_cleanup_free_ char *path = realpath(at("include"), NULL), *text = NULL;
	_cleanup_free_ char *name =
		el_format("%s/userspace/edge-load.yaml.5", dirname(dirname(path)));
	FILE *page = fopen(name, "r"), *out;
	size_t size;

	(void)state;
	assert_non_null(page);
	out = open_memstream(&text, &size);
	copy_example(page, out);
	fclose(page);
	fclose(out);
	if (open_text(text))
		fail_msg("%s\n%s", last_error()->what, text);
	assert_int_equal(manifest->chains_count, 2);
	assert_int_equal(manifest->chains[0].instances[0].maps[0].size, 100000);
	assert_string_equal(manifest->chains[0].instances[0].maps[0].shared, "fw-blocked");
	assert_entry(&manifest->chains[1].instances[0].maps[0], 1, "2001:db8::/32", "{packets: 0}");
}

/* ---------------------------------------------------------------- files */

static void test_standard_input(void **state)
{
	int saved = dup(STDIN_FILENO), fds[2];
	const char text[] = "{version: 1, chains: [{device: a, instances: [mine.o]}]}";
	char *folder = getcwd(NULL, 0);
	_cleanup_free_ char *mine = el_format("%s/mine.o", folder);

	(void)state;
	free(folder);
	el_manifest_free(manifest);
	manifest = NULL;
	assert_int_equal(pipe(fds), 0);
	assert_int_equal(write(fds[1], text, strlen(text)), strlen(text));
	close(fds[1]);
	dup2(fds[0], STDIN_FILENO);
	close(fds[0]);
	assert_int_equal(el_manifest_open(context, "-", &manifest), 0);
	dup2(saved, STDIN_FILENO);
	close(saved);
	assert_string_equal(manifest->path, "standard input");
	assert_string_equal(manifest->chains[0].specs[0].function, mine);
}

static void test_files_refused(void **state)
{
	const char *text = HEAD "  - count\n";

	(void)state;
	assert_int_equal(open_text(text), 0);
	el_manifest_free(manifest);
	manifest = NULL;
	assert_int_equal(chmod(at("edge.yaml"), 0646), 0);
	assert_int_equal(el_manifest_open(context, at("edge.yaml"), &manifest), -EPERM);
	assert_int_equal(last_error()->kind, EL_PRIVILEGE);
	assert_contains(last_error()->what, "users other than its owner can write");
	assert_contains(last_error()->hint, "chmod go-w");
	assert_int_equal(chmod(at("edge.yaml"), 0644), 0);
	assert_int_equal(el_manifest_open(context, at("none.yaml"), &manifest), -ENOENT);
	assert_int_equal(last_error()->kind, EL_NOT_FOUND);
	assert_int_equal(el_manifest_open(context, at("none/edge.yaml"), &manifest), -ENOENT);
	assert_int_equal(last_error()->kind, EL_NOT_FOUND);
	assert_int_equal(el_manifest_open(context, scratch, &manifest), -EISDIR);
	assert_null(manifest);
}

static void test_blame(void **state)
{
	const struct el_manifest_chain *chain = chain_of(HEAD "  - count\n");
	_cleanup_free_ char *what = el_format("%s:5:5: no such thing", at("edge.yaml"));

	(void)state;
	el_fail(context, EL_NOT_FOUND, ENOENT, "look", "no such thing");
	assert_int_equal(el_manifest_blame(context, manifest, chain->instances[0].at, -ENOENT),
			 -ENOENT);
	assert_string_equal(last_error()->what, what);
	assert_string_equal(last_error()->hint, "look");
	assert_int_equal(last_error()->kind, EL_NOT_FOUND);
	el_fail(context, EL_NOT_FOUND, ENOENT, NULL, "nowhere");
	assert_int_equal(el_manifest_blame(context, manifest, chain->mode_at, -ENOENT), -ENOENT);
	assert_string_equal(last_error()->what, "nowhere");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_whole),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_selectors),
		cmocka_unit_test(test_hooks_and_modes),
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_short_form),
		cmocka_unit_test(test_params),
		cmocka_unit_test(test_shared_variables),
		cmocka_unit_test(test_cflags),
		cmocka_unit_test(test_scalars_stay),
		cmocka_unit_test(test_nested_values),
		cmocka_unit_test(test_nested_strings),
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_relative_manifest),
		cmocka_unit_test(test_map_keys),
		cmocka_unit_test(test_entries),
		cmocka_unit_test(test_entries_as_keys),
		cmocka_unit_test(test_entries_of_dump),
		cmocka_unit_test(test_no_entries),
		cmocka_unit_test(test_many_entries),
		cmocka_unit_test(test_aliases),
		cmocka_unit_test(test_document_marks),
		cmocka_unit_test(test_example_of_man_page),
		cmocka_unit_test(test_standard_input),
		cmocka_unit_test(test_files_refused),
		cmocka_unit_test(test_blame),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, scratch_setup, manifests_teardown);
}

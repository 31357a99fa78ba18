// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Every possible error in a manifest. Each error has its own message, with the place, the fault,
 * and the correction.
 */
#include "lib/manifests.h"

static void refused_bytes(const char *text, size_t size, const char *where, const char *what,
			  const char *hint)
{
	_cleanup_free_ char *whole = el_format("%s:%s%s", at("edge.yaml"), where, what);

	if (!open_bytes(text, size))
		fail_msg("this was taken:\n%s", text);
	assert_string_equal(last_error()->what, whole);
	assert_contains(last_error()->hint, hint);
	assert_true(last_error()->kind == EL_USAGE || last_error()->kind == EL_UNSUPPORTED);
	assert_null(manifest);
}

/* @where has the form "LINE:COLUMN". */
static void refused(const char *text, const char *where, const char *what, const char *hint)
{
	_cleanup_free_ char *place = *where ? el_format("%s: ", where) : strdup(" ");

	refused_bytes(text, strlen(text), place, what, hint);
}

/* Like refused(), for a key of a chain in line 5. */
static void refused_chain(const char *line, const char *where, const char *what, const char *hint)
{
	_cleanup_free_ char *text =
		el_format("version: 1\nchains:\n- instances: [count]\n  device: eth0\n%s\n", line);

	refused(text, where, what, hint);
}

static void refused_instance(const char *line, const char *where, const char *what,
			     const char *hint)
{
	_cleanup_free_ char *text = el_format(HEAD "%s\n", line);

	refused(text, where, what, hint);
}

static void refused_map(const char *line, const char *where, const char *what, const char *hint)
{
	_cleanup_free_ char *text = el_format(MAPS "%s\n", line);

	refused(text, where, what, hint);
}

/* ---------------------------------------------------------------- keys */

static void test_unknown_keys(void **state)
{
	(void)state;
	refused("version: 1\nchain: []\n", "2:1",
		"the manifest has no key chain; did you mean chains?",
		"the manifest has these keys: version, keep, chains");
	refused("version: 1\nzebra: []\n", "2:1", "the manifest has no key zebra",
		"version, keep, chains");
	refused_chain("  hok: xdp", "5:3", "a chain has no key hok; did you mean hook?",
		      "device, mac, alias, hook, mode, before, after, keep, limits, instances");
	refused_chain("  limits: {map_memroy: 1M}", "5:12",
		      "limits has no key map_memroy; did you mean map_memory?",
		      "map_memory, instructions");
	refused_instance("  - function: count\n    param: {}", "6:5",
			 "an instance has no key param; did you mean params?",
			 "name, function, cflags, params, maps");
	refused_map("      blocked: {entires: []}", "8:17",
		    "a map has no key entires; did you mean entries?",
		    "file, entries, size, shared");
	refused_chain("  [a]: b", "5:3", "a key must be a string, not a list", "");
	refused_chain("  ~: b", "5:3", "a key must be a string, not empty", "");
}

static void test_keys_twice(void **state)
{
	(void)state;
	refused("version: 1\nchains: []\nversion: 1\n", "3:1",
		"the manifest has the key version twice; the first is in line 1", "keep only one");
	refused_chain("  hook: xdp\n  hook: tc-egress", "6:3",
		      "a chain has the key hook twice; the first is in line 5", "keep only one");
	refused_chain("  device: eth0", "5:3",
		      "a chain has the key device twice; the first is in line 4", "keep only one");
	refused_instance("  - {function: f, params: {a: 1, b: 2, a: 3}}", "5:40",
			 "parameter a is given twice", "keep only one");
	refused_instance("  - f:a=1,a=2", "5:5", "parameter a is given twice", "keep only one");
	refused_map("      m: {size: 1}\n      n: {size: 1}\n      m: {size: 2}", "10:7",
		    "map m is given twice; the first is in line 8", "keep only one");
	refused_map("      m: {entries: {10.0.0.0/8: , 10.1.0.0/16: , 10.0.0.0/8: 3}}", "8:50",
		    "key 10.0.0.0/8 is given twice; the first is in line 8", "keep only one");
}

static void test_missing_keys(void **state)
{
	(void)state;
	refused("chains: []\n", "1:1", "the manifest lacks the key version", "");
	refused("version: 1\n", "1:1", "the manifest lacks the key chains", "");
	refused("version: 1\nchains:\n- {}\n", "3:3", "a chain lacks the key instances", "");
	refused("version: 1\nchains:\n- instances: [f]\n", "3:3", "a chain has no device",
		"device: NAME");
	refused_instance("  - {name: fw}", "5:5", "an instance lacks the key function", "");
}

static void test_wrong_types(void **state)
{
	(void)state;
	refused("version: 1\nchains: {}\n", "2:9", "chains must be a list, not a mapping", "- ");
	refused("version: 1\nchains:\n", "2:8", "chains must be a list, not empty", "[a, b]");
	refused("- version: 1\n", "1:1", "the manifest must be a mapping, not a list",
		"key: value");
	refused("version\n", "1:1", "the manifest must be a mapping, not a string", "");
	refused("version: 1\nchains: [eth0]\n", "2:10", "a chain must be a mapping, not a string",
		"");
	refused_chain("  hook: [xdp]", "5:9", "hook must be a string, not a list", "");
	refused_chain("  hook:", "5:8", "hook must be a string, not empty", "");
	refused_chain("  hook: ''", "5:9", "hook is an empty string", "");
	refused_chain("  limits: 64M", "5:11", "limits must be a mapping, not a string", "");
	refused_instance("  - [count]", "5:5", "an instance must be a mapping, not a list", "");
	refused_instance("  -", "5:4", "an instance must be a string, not empty", "");
	refused_instance("  - {function: f, params: [a]}", "5:27",
			 "params must be a mapping, not a list", "");
	refused_instance("  - {function: f, maps: [a]}", "5:25",
			 "maps must be a mapping, not a list", "");
	refused_map("      m: 5", "8:10", "a map must be a mapping, not a string", "");
	refused_map("      m: {entries: 5}", "8:20", "entries is neither a mapping nor a list",
		    "{} for an empty map");
	refused_map("      m: {file: [a]}", "8:17", "file must be a string, not a list", "");
}

/* ---------------------------------------------------------------- values */

static void test_versions(void **state)
{
	(void)state;
	refused("version: 2\nchains: []\nfuture: {}\n", "1:10",
		"the manifest has version 2; this edge-load supports version 1",
		"use a newer edge-load");
	assert_int_equal(last_error()->kind, EL_UNSUPPORTED);
	refused("version: 0\nchains: []\n", "1:10", "version: 0 is out of range", "");
	refused("version: 1.0\nchains: []\n", "1:10", "version: 1.0 is not a number", "");
	refused("version: one\nchains: []\n", "1:10", "version: one is not a number", "");
}

static void test_numbers(void **state)
{
	(void)state;
	refused_chain("  keep: 0", "5:9", "keep: 0 is out of range", "1 to 100");
	refused_chain("  keep: 101", "5:9", "keep: 101 is out of range", "1 to 100");
	refused_chain("  keep: -1", "5:9", "keep: -1 is not a number", "1 to 100");
	refused_chain("  keep: 5x", "5:9", "keep: 5x is not a number", "1 to 100");
	refused_chain("  keep: 0x5", "5:9", "keep: 0x5 is not a number", "1 to 100");
	refused_chain("  limits: {instructions: 4294967296}", "5:26",
		      "instructions: 4294967296 is out of range", "1 to 4294967295");
	refused_map("      m: {size: 0}", "8:17", "size: 0 is out of range", "");
	refused_map("      m: {size: 1K}", "8:17", "size: 1K is not a number", "");
	refused_map("      m: {size: 99999999999999999999999}", "8:17",
		    "size: 99999999999999999999999 is out of range", "");
}

static void test_sizes(void **state)
{
	static const char *const bad[] = {"64X", "M", "1.5G", "-1", "64MB", "64Mi", "1 2", "0x10"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		_cleanup_free_ char *line = el_format("  limits: {map_memory: %s}", bad[i]);
		_cleanup_free_ char *what = el_format("map_memory: %s is not a size", bad[i]);

		refused_chain(line, "5:24", what, "as 64M");
	}
	refused_chain("  limits: {map_memory: 0}", "5:24", "map_memory: 0 is out of range", "64M");
	refused_chain("  limits: {map_memory: 16777216T}", "5:24",
		      "map_memory: 16777216T is out of range", "64M");
	refused_chain("  limits: {map_memory: 18446744073709551616}", "5:24",
		      "map_memory: 18446744073709551616 is out of range", "64M");
}

static void test_hooks_and_modes(void **state)
{
	(void)state;
	refused_chain("  hook: tc-ingres", "5:9",
		      "there is no hook tc-ingres; did you mean tc-ingress?",
		      "xdp, tc-ingress and tc-egress");
	refused_chain("  hook: XDP", "5:9", "there is no hook XDP", "xdp, tc-ingress");
	refused_chain("  mode: nativ", "5:9", "there is no mode nativ; did you mean native?",
		      "tcx and clsact");
	refused_chain("  mode: default", "5:9", "there is no mode default", "tcx and clsact");
	refused_chain("  mode: tcx", "5:9", "the hook xdp does not support the mode tcx",
		      "native, generic or shared");
	refused_chain("  mode: shared\n  hook: tc-ingress", "5:9",
		      "the hook tc-ingress does not support the mode shared", "tcx or clsact");
	refused_chain("  hook: tc-egress\n  mode: native", "6:9",
		      "the hook tc-egress does not support the mode native", "tcx or clsact");
}

static void test_orders(void **state)
{
	(void)state;
	refused_chain("  before: all", "5:11",
		      "before works at tc-ingress and tc-egress, not at xdp", "shared");
	refused_chain("  after: 12\n  hook: tc-egress\n  mode: clsact", "5:10",
		      "the mode clsact does not support after", "tcx");
	refused_chain("  hook: tc-ingress\n  before: a\n  after: b", "7:10",
		      "a chain has both before and after", "keep only one");
	refused_chain("  hook: tc-ingress\n  before: ''", "6:11", "before is an empty string", "");
	refused_chain("  hook: tc-ingress\n  befor: a", "6:3",
		      "a chain has no key befor; did you mean before?", "before, after");
}

static void refused_selector(const char *line, const char *where, const char *what,
			     const char *hint)
{
	_cleanup_free_ char *text =
		el_format("version: 1\nchains:\n- instances: [count]\n  %s\n", line);

	refused(text, where, what, hint);
}

static void test_selectors(void **state)
{
	static const char *const bad_macs[] = {"02:00:00:00:00",    "02:00:00:00:00:00:01",
					       "02:00:00:00:00:0g", "-1:00:00:00:00:01",
					       "020000000001",	    "2:0:0:0:0:1"};
	static const char *const bad_names[] = {"a/b",	  "..",	 "abcdefghijklmnop",
						"eth0:1", "a b", "a/*"};

	(void)state;
	refused_chain("  mac: 02:00:00:00:00:01", "5:8",
		      "a chain has both device and mac; keep only one",
		      "one of device, mac and alias");
	refused_selector("alias: x\n  device: eth0", "5:11",
			 "a chain has both alias and device; keep only one", "one of");
	for (size_t i = 0; i < sizeof(bad_macs) / sizeof(*bad_macs); i++) {
		_cleanup_free_ char *line = el_format("mac: \"%s\"", bad_macs[i]);
		_cleanup_free_ char *what = el_format("%s is not a MAC address", bad_macs[i]);

		refused_selector(line, "4:8", what, "02:00:00:00:00:01");
	}
	for (size_t i = 0; i < sizeof(bad_names) / sizeof(*bad_names); i++) {
		_cleanup_free_ char *line = el_format("device: \"%s\"", bad_names[i]);
		_cleanup_free_ char *what =
			el_format("%s is not a valid device name", bad_names[i]);

		refused_selector(line, "4:11", what, "'ip link'");
	}
}

static void test_long_alias(void **state)
{
	char line[400] = "alias: ";

	(void)state;
	memset(line + 7, 'a', 256);
	refused_selector(line, "4:10", "alias is longer than 255 bytes, the kernel's limit", "");
}

static void test_chains_twice(void **state)
{
	const char *text = "version: 1\n"
			   "chains:\n"
			   "- {device: eth0, instances: [f]}\n"
			   "- {device: eth0, hook: tc-egress, instances: [f]}\n"
			   "- {instances: [f], hook: xdp, device: eth0}\n";
	const char *macs = "version: 1\n"
			   "chains:\n"
			   "- {mac: \"02:00:00:00:00:0A\", instances: [f]}\n"
			   "- {mac: 02-00-00-00-00-0a, instances: [f]}\n";

	(void)state;
	refused(text, "5:3", "device eth0 at xdp has a second chain; the first chain is in line 3",
		"a hook of a device has only one chain");
	refused(macs, "4:3",
		"mac 02:00:00:00:00:0a at xdp has a second chain; the first chain is in line 3",
		"");
}

/* ---------------------------------------------------------------- instances and maps */

static void test_instances(void **state)
{
	char list[700] = "    [count";

	(void)state;
	for (size_t i = 0; i < 64; i++)
		sprintf(list + strlen(list), ",c%zu=f", i);
	strcat(list, "]");
	refused_instance(list, "5:5", "a chain has 1 to 64 instances, not 65", "");
	refused_instance("    []", "5:5", "a chain has 1 to 64 instances, not 0", "");
	refused_instance("  - count\n  - x=count\n  - count", "7:5",
			 "two instances have the name count; the first is in line 5",
			 "give each instance its own name");
	refused_instance("  - x=a.o\n  - {function: count, name: x}", "6:5",
			 "two instances have the name x; the first is in line 5",
			 "give each instance its own name");
	refused_instance("  - {function: count, name: link}", "5:29",
			 "link is not a valid instance name", "letters, digits");
	refused_instance("  - {function: count, name: a b}", "5:29",
			 "a b is not a valid instance name", "letters, digits");
	refused_instance("  - prog=count", "5:5", "prog is not a valid instance name", "");
	refused_instance("  - count:a", "5:5", "parameter \"a\" has no value; write a=VALUE", "");
	refused_instance("  - count:a={", "5:5", "braces or brackets of \"a={\" don't match", "");
	refused_instance("  - x=", "5:5",
			 "an instance has no function; write [NAME=]FUNCTION[:PARAM=VALUE,...]",
			 "");
}

static void test_params(void **state)
{
	(void)state;
	refused_instance("  - {function: f, params: {a: }}", "5:28", "parameter a has no value",
			 "");
	refused_instance("  - {function: f, params: {a: {b: ~}}}", "5:35",
			 "a value is missing inside of a", "");
	refused_instance("  - {function: f, params: {a: [1, ]}, name: [x]}", "5:45",
			 "name must be a string, not a list", "");
	refused_instance("  - {function: f, params: {a: {\"b=c\": 1}}}", "5:32",
			 "b=c is not a valid field name", "");
	refused_instance("  - {function: f, params: {[a]: 1}}", "5:28",
			 "a parameter name must be a string, not a list", "");
}

static void test_maps(void **state)
{
	static const char *const bad[] = {"a-b", "1a", "a.b", "\"a b\"", "\"\""};

	(void)state;
	for (size_t i = 0; i < 3; i++) {
		_cleanup_free_ char *line = el_format("      %s: {size: 1}", bad[i]);
		_cleanup_free_ char *what = el_format("%s is not a valid map name", bad[i]);

		refused_map(line, "8:7", what, "an identifier");
	}
	refused_map("      m: {entries: {}, file: a.txt}", "8:30",
		    "map m has both file and entries", "keep only one");
	refused_map("      m: {shared: a.b}", "8:19", "a.b is not a valid name of a shared map",
		    "letters, digits");
	refused_map("      m: {entries: [~]}", "8:21", "a key is missing", "");
	refused_map("      m: {entries: {1: {a: }}}", "8:28", "a value is missing inside of 1", "");
}

static void test_shared(void **state)
{
	const char *sizes = HEAD "  - {function: f, maps: {m: {shared: s, size: 5}}}\n"
				 "  - {function: g, maps: {m: {shared: t, size: 6}}}\n"
				 "  - {function: h, maps: {m: {shared: s}}}\n"
				 "  - {function: i, maps: {m: {shared: s, size: 7}}}\n";
	const char *fills = HEAD "  - {function: f, maps: {m: {shared: s, file: a}}}\n"
				 "  - {function: g, maps: {m: {shared: s, entries: []}}}\n";

	(void)state;
	refused(sizes, "8:47", "shared map s has the size 7 here, and 5 in line 5",
		"the same size");
	refused(fills, "6:26", "shared map s is filled here, and in line 5", "in one place");
	assert_int_equal(open_text(HEAD "  - {function: f, maps: {m: {shared: s, size: 5}}}\n"
					"  - {function: g, maps: {m: {shared: s, size: 5}}}\n"),
			 0);
}

/* ---------------------------------------------------------------- YAML */

static void test_empty(void **state)
{
	(void)state;
	refused("", "", "the manifest is empty", "version: 1");
	refused("# a comment\n\n", "", "the manifest is empty", "version: 1");
	refused("---\n", "2:1", "the manifest must be a mapping, not empty", "");
}

static void test_syntax(void **state)
{
	(void)state;
	refused("version: 1\nchains:\n\t- device: eth0\n", "3:1",
		"this is not YAML: found character that cannot start any token, while scanning for "
		"the next token that begins in line 3",
		"blanks, not with tabs");
	refused("version: 1\nchains: [a\n", "3:1",
		"this is not YAML: did not find expected ',' or ']', while parsing a flow sequence "
		"that begins in line 2",
		"");
	refused("version: 1\n chains: []\n", "2:8",
		"this is not YAML: mapping values are not allowed in this context", "");
	refused("version: 'x\n", "2:1",
		"this is not YAML: found unexpected end of stream, while scanning a quoted scalar "
		"that begins in line 1",
		"");
	refused_map(
		"      m: {entries: {::1: }}", "8:21",
		"this is not YAML: did not find expected node content, while parsing a flow node "
		"that begins in line 8",
		"quote a value that begins with a colon");
}

static void test_documents(void **state)
{
	(void)state;
	refused("version: 1\nchains: []\n---\nversion: 1\nchains: []\n", "3:1",
		"a second document begins; a manifest has only one document", "remove");
}

/* For an incomplete sequence, the error names the byte that should continue it; line and column
 * count characters. */
static void test_not_text(void **state)
{
	static const char latin[] = "version: 1\n# na\357ve\n";
	static const char utf16[] = "\377\376v\0e\0r\0";
	static const char zero[] = "version: 1\nch\0ains: []\n";
	static const char escape[] = "version: 1\n# \303\251\033[31m\n";

	(void)state;
	refused_bytes(latin, sizeof(latin) - 1, "2:6: ", "invalid trailing UTF-8 octet", "UTF-8");
	refused_bytes(utf16, sizeof(utf16) - 1, "1:1: ", "invalid leading UTF-8 octet", "UTF-8");
	refused_bytes(zero, sizeof(zero) - 1, "2:3: ", "control characters are not allowed", "");
	refused_bytes(escape, sizeof(escape) - 1, "2:4: ", "control characters are not allowed",
		      "");
	refused("version: \"1\\0\"\n", "1:10", "the file contains a NUL byte", "");
}

static void test_aliases(void **state)
{
	(void)state;
	refused("version: 1\nchains: *all\n", "2:9", "alias *all has no anchor", "&NAME");
	refused("version: 1\nchains: &all [*all]\n", "2:15", "alias *all has no anchor",
		"before the alias");
	refused("version: 1\nchains: !include other.yaml\n", "2:9",
		"the tag !include is not supported", "remove the tag");
}

/* Nine times nine times nine …: the size of the unfolded value is limited, however it is built. */
static void test_aliases_unfold(void **state)
{
	char text[4096] = HEAD "  - function: f\n    params:\n      a: &a [1,1,1,1,1,1,1,1,1]\n";

	(void)state;
	for (char c = 'b'; c < 'k'; c++)
		for (int i = 0; i < 9; i++)
			sprintf(text + strlen(text),
				i == 0	 ? "      %c: &%c [*%c"
				: i == 8 ? ",*%c]\n"
					 : ",*%c",
				i ? c - 1 : c, c, c - 1);
	refused(text, "11:10", "e is longer than 65536 bytes", "");
}

/* An instance of one megabyte, for each of 300 devices. */
static void test_aliases_unfold_chains(void **state)
{
	char *text = NULL;
	size_t size;
	FILE *stream = open_memstream(&text, &size);

	(void)state;
	fprintf(stream, "version: 1\nchains:\n- {device: x, instances: [&f \"f:a=%01048576d\"]}\n",
		0);
	for (int i = 0; i < 300; i++)
		fprintf(stream, "- {device: d%d, instances: [*f]}\n", i);
	fclose(stream);
	refused(text, "", "the manifest needs more than 256 MiB of memory", "files of their own");
	free(text);
}

static void test_deep(void **state)
{
	char text[2000] = "version: 1\nchains: ";
	size_t length = strlen(text);

	(void)state;
	memset(text + length, '[', 31);
	memset(text + length + 31, ']', 31);
	text[length + 62] = '\0';
	refused(text, "2:10", "a chain must be a mapping, not a list", "");
	memset(text + length, '[', 1000);
	text[length + 1000] = '\0';
	refused(text, "2:40", "the manifest is nested deeper than 32 levels", "");
}

static void test_huge(void **state)
{
	size_t size = (4u << 20) + 1;
	_cleanup_free_ char *text = malloc(size);

	(void)state;
	memset(text, '#', size);
	refused_bytes(text, size, " ", "the file is larger than 4 MiB", "file:");
	memset(text, '[', size - 1);
	refused_bytes(text, size - 1, "1:33: ", "the manifest is nested deeper than 32 levels", "");
}

/* A long word is shortened, and the reason stays complete. */
static void test_long_words(void **state)
{
	char line[400] = "  hook: ", what[200] = "there is no hook ";

	(void)state;
	for (int i = 0; i < 100; i++)
		strcat(line, "\303\251");
	for (int i = 0; i < 30; i++)
		strcat(what, "\303\251");
	strcat(what, "\342\200\246");
	refused_chain(line, "5:9", what, "xdp, tc-ingress");
	refused_chain("  hook: \"a\\e[31m\"", "5:9", "there is no hook a?[31m", "");
}

/* Flags that write a file, load code, run a program, or name a file that is not checked. */
static void test_cflags(void **state)
{
	static const char *const flags[] = {"-o",
					    "-MFx",
					    "-MD",
					    "-fplugin=/x.so",
					    "-fpass-plugin=/x.so",
					    "-Xclang",
					    "-B/x",
					    "@/x",
					    "-D@x",
					    "-U@x",
					    "-mcpu=@x",
					    "--config=/x",
					    "-save-temps",
					    "-Wp,-MD,x",
					    "-Wl,-x",
					    "-fmodules",
					    "-fprofile-generate",
					    "-fdiagnostics-format=x",
					    "-fuse-ld=x",
					    "-mllvm",
					    "x.c",
					    "--sysroot=/x",
					    "-x",
					    "-S",
					    "-fsave-optimization-record",
					    "-femit-all-decls=x",
					    "-ftime-trace",
					    "-ftest-coverage",
					    "-fprofile-arcs",
					    "-fproc-stat-report",
					    "-fdump-record-layouts",
					    "-fstack-usage",
					    "-fcrash-diagnostics-dir=x",
					    "-fno-integrated-as",
					    "-fno-builtin=x",
					    "-fwrapv-x",
					    "--coverage",
					    "-gsplit-dwarf",
					    "-save-temps=obj",
					    "-ivfsoverlay",
					    "-f",
					    "-imacros"};

	(void)state;
	for (size_t i = 0; i < sizeof(flags) / sizeof(*flags); i++) {
		_cleanup_free_ char *line =
			el_format("  - {function: ./f.c, cflags: [\"%s\"]}", flags[i]);
		_cleanup_free_ char *what =
			el_format("the compiler flag \"%s\" is not allowed", flags[i]);

		refused_instance(line, "5:31", what, "-D, -U, -I");
	}
	refused_instance("  - {function: ./f.c, cflags: [-D, \"@x\"]}", "5:31",
			 "the compiler flag \"@x\" is not allowed", "");
	refused_instance("  - {function: ./f.c, cflags: [-I]}", "5:31",
			 "the compiler flag -I has no value", "");
	refused_instance("  - {function: ./f.c, cflags: {a: b}}", "5:31",
			 "cflags must be a string, not a mapping", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unknown_keys),
		cmocka_unit_test(test_keys_twice),
		cmocka_unit_test(test_missing_keys),
		cmocka_unit_test(test_wrong_types),
		cmocka_unit_test(test_versions),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_sizes),
		cmocka_unit_test(test_hooks_and_modes),
		cmocka_unit_test(test_orders),
		cmocka_unit_test(test_selectors),
		cmocka_unit_test(test_long_alias),
		cmocka_unit_test(test_chains_twice),
		cmocka_unit_test(test_instances),
		cmocka_unit_test(test_params),
		cmocka_unit_test(test_maps),
		cmocka_unit_test(test_shared),
		cmocka_unit_test(test_empty),
		cmocka_unit_test(test_syntax),
		cmocka_unit_test(test_documents),
		cmocka_unit_test(test_not_text),
		cmocka_unit_test(test_aliases),
		cmocka_unit_test(test_aliases_unfold),
		cmocka_unit_test(test_aliases_unfold_chains),
		cmocka_unit_test(test_deep),
		cmocka_unit_test(test_huge),
		cmocka_unit_test(test_cflags),
		cmocka_unit_test(test_long_words),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, scratch_setup, manifests_teardown);
}

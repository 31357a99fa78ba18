// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A value of YAML mappings and lists becomes the bytes of its type: the way from the manifest to
 * the map, without the kernel. A text reaches a field unchanged, whatever its characters are.
 */
#include <fcntl.h>
#include <sys/stat.h>

#include "lib/values.h"

#include "manifest/manifest.h"

static struct el_manifest *manifest;
static char path[] = "/tmp/edge-test-manifest-XXXXXX";

/* Return: the text form of a parameter that the manifest writes like this. */
static const char *param(const char *written)
{
	FILE *stream = fopen(path, "w");

	assert_non_null(stream);
	fprintf(stream,
		"version: 1\nchains:\n- device: a\n  instances:\n  - function: f\n"
		"    params:\n      p: %s\n",
		written);
	assert_int_equal(fclose(stream), 0);
	el_manifest_free(manifest);
	manifest = NULL;
	if (el_manifest_open(context, path, &manifest))
		fail_msg("%s", last_error()->what);
	return manifest->chains[0].specs[0].params[0].value;
}

#define MEANS(variable, written, ...) READS(variable, param(written), __VA_ARGS__)

static void test_scalars(void **state)
{
	(void)state;
	MEANS(v_u16, "0x10", {16});
	MEANS(v_u16, "010", {10});
	MEANS(v_bool, "on", {true});
	MEANS(v_port, "443", {htons(443)});
	MEANS(v_ip, "::1", ip("::1"));
	MEANS(v_ip, "192.0.2.1", ip("192.0.2.1"));
	MEANS(v_string, "\"\"", {0});
	MEANS(v_string, "null.", {"null."});
}

static void test_nested(void **state)
{
	(void)state;
	MEANS(v_counters, "{packets: 3, bytes: 0x100}", {3, 256});
	MEANS(v_array, "[1, 2]", {1, 2, 0});
	MEANS(v_structs, "[{packets: 1}, {bytes: 2}]", {{1, 0}, {0, 2}});
	MEANS(v_matrix, "[[1, 2, 3], [4]]", {{1, 2, 3}, {4}});
	MEANS(v_nested,
	      "\n        from: {ip: 192.0.2.1, port: 443}\n"
	      "        to: {ip: 2001:db8::1, protocol: 6}\n"
	      "        ports:\n        - 80\n        - 0x1bb\n"
	      "        color: BLUE\n        on: yes\n",
	      {.from = {ip("192.0.2.1"), htons(443), 0},
	       .to = {ip("2001:db8::1"), 0, 6},
	       .ports = {80, 443},
	       .color = BLUE,
	       .on = true});
}

/* Values in the text form already, as a whole or in part. */
static void test_text_form(void **state)
{
	(void)state;
	MEANS(v_counters, "\"{packets=3,bytes=4}\"", {3, 4});
	MEANS(v_counters, "packets=3", {3, 0});
	MEANS(v_nested, "{from: \"{ip=192.0.2.1,port=443}\", ports: \"[7]\"}",
	      {.from = {ip("192.0.2.1"), htons(443), 0}, .ports = {7}});
}

/* JSON of every member of a union, a text that looks like another value, and the null of YAML. */
static void test_json(void **state)
{
	(void)state;
	MEANS(v_word, "{\"first\":4,\"number\":16909060,\"bytes\":[4,3,2,1]}",
	      {.number = 0x01020304});
	MEANS(v_nested, "{\"name\":\"null\",\"on\":true,\"color\":\"BLUE\"}",
	      {.name = "null", .on = true, .color = BLUE});
	MEANS(v_nested, "{name: \"{ip=1}\"}", {.name = "{ip=1}"});
	MEANS(v_nested, "{name: [255,0,0,0,0,0,0,0,0,0,0,0,0,0,0,1]}",
	      {.name = {(char)0xff, [15] = 1}});
	MEANS(v_counters, "'{\"packets\": 3, bytes: 4}'", {3, 4});
	MEANS(v_structs, "['{\"packets\": 3}', \"{bytes=4}\"]", {{3, 0}, {0, 4}});
}

/* Every text of one or two characters that are special in YAML or in the text form, as a field
 * among other fields. */
static void test_every_text(void **state)
{
	static const char odd[] = "a ,=\"'\\{}[]:#&*!|>%@`~-?\t\n";
	struct nested want = {.ports = {1}, .on = true};

	(void)state;
	for (size_t i = 0; i < sizeof(odd) - 1; i++)
		for (size_t j = 0; j < sizeof(odd); j++) {
			const char two[] = {odd[i], odd[j], '\0'};
			_cleanup_free_ char *written =
				el_format("{ports: [1], name: \"\\x%02x%s%02x\", on: 1}", two[0],
					  two[1] ? "\\x" : "", two[1]);

			if (!two[1])
				strcpy(strchr(written, '"') + 5, "\", on: 1}");
			memset(want.name, 0, sizeof(want.name));
			memcpy(want.name, two, strlen(two));
			reads("v_nested", param(written), &want, sizeof(want));
		}
}

static int setup(void **state)
{
	int fd = mkstemp(path);

	if (fd < 0)
		return -1;
	close(fd);
	return values_setup(state);
}

static int teardown(void **state)
{
	el_manifest_free(manifest);
	unlink(path);
	return values_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_scalars),	   cmocka_unit_test(test_nested),
		cmocka_unit_test(test_text_form),  cmocka_unit_test(test_json),
		cmocka_unit_test(test_every_text),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The forms of a value: text, JSON, and YAML's flow form. Each form that is written for some bytes
 * is read as the same bytes, wherever a value stands in a longer text.
 */
#include "lib/values.h"

#include "object/instance.h"

/* ---------------------------------------------------------------- other writers' forms */

/* @json as a program with other habits writes it: spaces and newlines between all tokens. */
static char *spread_out(const char *json)
{
	char *out = calloc(4, strlen(json) + 1), *at = out;
	bool quoted = false;

	assert_non_null(out);
	for (; *json; json++) {
		if (quoted && *json == '\\') {
			*at++ = *json++;
		} else if (*json == '"') {
			quoted = !quoted;
		} else if (!quoted && strchr("{}[]:,", *json)) {
			*at++ = ' ';
			*at++ = *json;
			*at++ = *json == ',' ? '\n' : ' ';
			continue;
		}
		*at++ = *json;
	}
	return out;
}

/* Copy the string at @json, in double quotes, without them, or in single quotes if @value. A string
 * with an escape keeps its double quotes. Return: the text behind it. */
static const char *copy_string(const char *json, bool value, char **at)
{
	size_t length = strcspn(json + 1, "\"\\");
	bool escaped = json[1 + length] == '\\';

	if (escaped) {
		*(*at)++ = *json++;
		while (*json != '"') {
			if (*json == '\\')
				*(*at)++ = *json++;
			*(*at)++ = *json++;
		}
		*(*at)++ = *json++;
		return json;
	}
	if (value)
		*(*at)++ = '\'';
	for (json++; *json != '"'; json++) {
		*(*at)++ = *json;
		if (*json == '\'')
			*(*at)++ = *json;
	}
	if (value)
		*(*at)++ = '\'';
	return json + 1;
}

/* @json in YAML's flow form. */
static char *yaml_of(const char *json)
{
	char *out = calloc(4, strlen(json) + 1), *at = out;
	bool named = false; /* behind the colon of a member, or in a list */

	assert_non_null(out);
	while (*json) {
		if (*json == '"') {
			const char *begin = json + 1 + strcspn(json + 1, "\"\\");

			named = begin[0] != '"' || begin[1] != ':';
			json = copy_string(json, named, &at);
			continue;
		}
		*at++ = *json;
		if (*json == ':' || *json == ',')
			*at++ = ' ';
		json++;
	}
	return out;
}

/* ---------------------------------------------------------------- random values */

/* Variables of types whose text determines all bytes. */
static const char *const exact[] = {
	"v_u8",	      "v_s8",	    "v_u16",	 "v_s16",    "v_u32",	"v_s32",   "v_u64",
	"v_s64",      "v_char",	    "v_color",	 "v_be16",   "v_be32",	"v_be64",  "v_ip4",
	"v_port",     "v_ip",	    "v_prefix",	 "v_key",    "v_mac",	"v_in6",   "v_in",
	"v_counters", "v_endpoint", "v_single",	 "v_name",   "v_word",	"v_array", "v_structs",
	"v_matrix",   "v_string",   "v_pointer", "v_int128", "v_large",
};

/* Types whose text lacks bytes of padding, or the bits of a bool of, say, 7. */
static const char *const lossy[] = {"v_bool",	"v_peer",  "v_bits", "v_nested",
				    "v_padded", "v_mixed", "v_every"};

static uint32_t random_state = 1;

static uint32_t random_number(void)
{
	random_state = random_state * 1103515245 + 12345;
	return random_state >> 8;
}

/* Bytes that are random, few in number, or characters that a form could mistake. */
static void fill(uint8_t *bytes, size_t size)
{
	static const char odd[] = "\"'\\{}[],:= \t\n~#&*!|%@`-?nul0/\xc3\xa9";
	uint32_t way = random_number() % 4;

	for (size_t i = 0; i < size; i++) {
		uint32_t number = random_number();

		bytes[i] = way == 0   ? (uint8_t)number
			   : way == 1 ? (number % 4 ? 0 : (uint8_t)(number >> 8))
			   : way == 2 ? number % 3
				      : (uint8_t)odd[number % sizeof(odd)];
	}
}

static void same_bytes(const struct el_value_type *type, const char *text, const uint8_t *want)
{
	uint32_t size = el_value_type_size(type);
	_cleanup_free_ uint8_t *got = malloc(size);

	memset(got, 0xee, size);
	if (el_value_type_parse(context, type, &(struct el_value_text){"value", text}, got))
		fail_msg("%s: %s", text, el_error_get(context)->what);
	if (memcmp(got, want, size))
		fail_msg("%s is read as other bytes", text);
}

/* The text of a union shows only its largest member, which may lack bytes of the others. */
static void same_text(const struct el_value_type *type, const char *text)
{
	_cleanup_free_ uint8_t *bytes = malloc(el_value_type_size(type));
	_cleanup_free_ char *again = NULL;

	if (el_value_type_parse(context, type, &(struct el_value_text){"value", text}, bytes))
		fail_msg("%s: %s", text, el_error_get(context)->what);
	again = shown(type, bytes, EL_TEXT);
	assert_string_equal(again, text);
}

/* Hand over @text as a parameter among others, and as the key of a line. */
static void same_place(const char *text)
{
	_cleanup_free_ char *written = el_format("f:one=1,p=%s,two=2", text);
	_cleanup_free_ char *line = el_format("%s 7", text), *joined = el_format("p=%s,q=1", text);
	_cleanup_free_ struct el_assignment *params = NULL;
	struct el_instance_text instance;
	size_t count;

	assert_int_equal(el_instance_parse(context, written, &instance), 0);
	assert_int_equal(instance.spec.params_count, 3);
	assert_string_equal(instance.params[1].value, text);
	assert_string_equal(instance.params[2].name, "two");
	el_instance_text_free(&instance);
	assert_int_equal(el_params_split(joined, &params, &count), 0);
	assert_int_equal(count, 2);
	assert_string_equal(params[0].value, text);
	assert_string_equal(el_value_text_end(line, ' ', NULL), " 7");
}

static void every_form(const struct el_value_type *type, const uint8_t *bytes, bool is_lossy)
{
	_cleanup_free_ char *text = shown(type, bytes, EL_TEXT);
	_cleanup_free_ char *json = shown(type, bytes, EL_JSON);
	_cleanup_free_ char *spread = spread_out(json), *yaml = yaml_of(json);

	same_bytes(type, json, bytes);
	same_bytes(type, spread, bytes);
	same_bytes(type, yaml, bytes);
	same_text(type, text);
	if (!is_lossy)
		same_bytes(type, text, bytes);
	same_place(text);
	same_place(json);
}

static void test_exact(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(exact) / sizeof(*exact); i++) {
		_cleanup_(close_type) struct el_value_type *type =
			open_type(btf, type_of(exact[i]));
		_cleanup_free_ uint8_t *bytes = malloc(el_value_type_size(type));

		for (int round = 0; round < 500; round++) {
			fill(bytes, el_value_type_size(type));
			every_form(type, bytes, false);
		}
	}
}

/* The bytes that are read for a JSON have this JSON, and the other forms have these bytes. */
static void test_lossy(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(lossy) / sizeof(*lossy); i++) {
		_cleanup_(close_type) struct el_value_type *type =
			open_type(btf, type_of(lossy[i]));
		_cleanup_free_ uint8_t *bytes = malloc(el_value_type_size(type));

		for (int round = 0; round < 500; round++) {
			_cleanup_free_ char *json = NULL, *again = NULL;

			fill(bytes, el_value_type_size(type));
			json = shown(type, bytes, EL_JSON);
			if (el_value_type_parse(context, type,
						&(struct el_value_text){"value", json}, bytes))
				fail_msg("%s: %s", json, el_error_get(context)->what);
			again = shown(type, bytes, EL_JSON);
			assert_string_equal(json, again);
			every_form(type, bytes, true);
		}
	}
}

/* ---------------------------------------------------------------- YAML's flow form */

static void test_yaml(void **state)
{
	(void)state;
	READS(v_counters, "{packets: 3, bytes: 0x10}", {3, 16});
	READS(v_counters, "{packets:3,bytes=4}", {3, 4});
	READS(v_counters, "{'packets': 3, \"bytes\" : '4'}", {3, 4});
	READS(v_counters, "\"{packets: 3}\"", {3, 0});
	READS(v_structs, "[{packets: 1}, '{bytes=2}']", {{1, 0}, {0, 2}});
	READS(v_endpoint, "{ip: ::1, port: 443}", {ip("::1"), htons(443), 0});
	READS(v_endpoint, "{ip:2001:db8::1}", {ip("2001:db8::1"), 0, 0});
	READS(v_nested, "{name: it's , color: 'BLUE', \"on\": Yes, from: {ip: '192.0.2.1'}}",
	      {.name = "it's", .color = BLUE, .on = true, .from = {ip("192.0.2.1"), 0, 0}});
	READS(v_nested, "{name: 'a, ''b''}', on: true}", {.name = "a, 'b'}", .on = true});
	READS(v_mac, "'02:00:00:00:ab:01'", {{2, 0, 0, 0, 0xab, 1}});
	READS(v_string, "'a\\n'''", "a\\n'");
	READS(v_word, "{first: 4, number: 16909060, bytes: [4, 3, 2, 1]}", {.number = 0x01020304});
	READS(v_word, "{bytes: [4, 3, 2, 1], first: 4}", {.number = 0x01020304});
	READS(v_prefix, "\"10.0.0.0\\/8\"", {104, ip("10.0.0.0")});
	READS(v_string, "\"\\u00e9\\ud83d\\ude00\"",
	      {(char)0xc3, (char)0xa9, (char)0xf0, (char)0x9f, (char)0x98, (char)0x80});
	READS(v_name, "{text: \"null\"}", {"null"});
	READS(v_name, "{text=null}", {"null"});
}

static void test_refused(void **state)
{
	(void)state;
	REFUSES(v_counters, "{packets: 3, packets: 3}", "value: field packets is given twice");
	REFUSES(v_counters, "{\"packets\": 3, \"frames\": 1}", "value: there is no field frames");
	hinted("write {field=value,…} or {\"field\":value,…} with the fields packets, bytes");
	REFUSES(v_counters, "{packets: 3,}",
		"value: a field name is missing at \"}\", at character 13");
	REFUSES(v_counters, "{\"packets\": 3} x", "value: \"x\" is unexpected, at character 16");
	REFUSES(v_counters, "{\"packets\" 3}",
		"value: : is missing behind packets, at character 12");
	REFUSES(v_counters, "{'packets: 3}",
		"value: a quote is missing behind packets, at character 10");
	REFUSES(v_counters, "{packets: 3", "value: } is missing at the end, at character 12");
	REFUSES(v_counters, "packets: 3", "value: packets: 3 is not a struct counters");
	REFUSES(v_counters, "{packets: 1.5}", "value: field packets: 1.5 is not a number");
	hinted("write a number from 0 to 18446744073709551615");
	REFUSES(v_counters, "{packets: null}",
		"value: field packets: there is no value; omit the field to set it to zero");
	REFUSES(v_counters, "{packets: , bytes: 1}",
		"value: field packets: there is no value; omit the field to set it to zero");
	REFUSES(v_nested, "{name: ~}",
		"value: field name: there is no value; omit the field to set it to zero");
	REFUSES(v_nested, "{\"from\": null}",
		"value: field from: there is no value; omit the field to set it to zero");
	REFUSES(v_nested, "{name: 'it}", "value: field name: 'it} has no closing quote");
	REFUSES(v_u32, "'7", "value: '7 has no closing quote");
	REFUSES(v_u32, "''", "value: '' is empty");
	REFUSES(v_u32, "\"7\\u00001\"", "value: \"7\\u00001\" is a word with a NUL byte");
	REFUSES(v_string, "\"\\ud83d\"", "value: \\u is not an escape");
	REFUSES(v_word, "{first: 5, number: 16909060}",
		"value: fields first and number share their bytes and differ: give only one of the "
		"two");
	REFUSES(v_word, "{first=4,number: 16909061}",
		"value: fields first and number share their bytes and differ: give only one of the "
		"two");
	REFUSES(v_structs, "[\"{packets: 1} x\"]",
		"value: field [0]: \"x\" is unexpected, at character 2");
	REFUSES(v_array, "[1, {}]", "value: field [1]: { is not a number");
}

/* A quote inside a bare word is a character like any other, also where words are separated. */
static void test_separated(void **state)
{
	char words[] = "f:name=5\"disk,to={\"ip\":\"::1\",name: 'a}b,c'},it=it's,ttl=3";
	char unmatched[] = "f:to={ip: [1},ttl=3";
	struct el_instance_text instance;

	(void)state;
	assert_int_equal(el_instance_parse(context, words, &instance), 0);
	assert_int_equal(instance.spec.params_count, 4);
	assert_string_equal(instance.params[0].value, "5\"disk");
	assert_string_equal(instance.params[1].value, "{\"ip\":\"::1\",name: 'a}b,c'}");
	assert_string_equal(instance.params[2].value, "it's");
	assert_string_equal(instance.params[3].value, "3");
	el_instance_text_free(&instance);
	assert_int_equal(el_instance_parse(context, unmatched, &instance), -EINVAL);
	assert_string_equal(el_error_get(context)->what,
			    "braces or brackets of \"to={ip: [1},ttl=3\" don't match");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exact),	  cmocka_unit_test(test_lossy),
		cmocka_unit_test(test_yaml),	  cmocka_unit_test(test_refused),
		cmocka_unit_test(test_separated),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, values_setup, values_teardown);
}

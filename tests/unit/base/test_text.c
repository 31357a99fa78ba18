// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Text from outside: its form on the terminal, and in JSON.
 */
#include <jansson.h>

#include "lib/test.h"

#include "loader.h"

static char *shown(const char *text, bool lines)
{
	char *out = NULL;
	size_t size;
	FILE *stream = open_memstream(&out, &size);

	el_text_write(stream, text, lines);
	fclose(stream);
	return out;
}

static void assert_shown(const char *text, bool lines, const char *expected)
{
	char *out = shown(text, lines);

	assert_string_equal(out, expected);
	free(out);
}

static void test_shown(void **state)
{
	(void)state;
	assert_shown("plain text, \\ and \"", false, "plain text, \\ and \"");
	assert_shown("ü € 𝄞", false, "ü € 𝄞");
	assert_shown("a\033[31mb\007\177", false, "a\\x1b[31mb\\x07\\x7f");
	assert_shown("a\nb\tc\r", false, "a\\x0ab\\x09c\\x0d");
	assert_shown("a\nb\tc\r", true, "a\nb\tc\\x0d");
	/* C1: U+009B is a terminal's CSI. */
	assert_shown("\xc2\x9b"
		     "31m \xc2\xa0",
		     true, "\\u009b31m \xc2\xa0");
	assert_shown("\xe2\x80\xae \xe2\x81\xa6 \xe2\x80\x8f \xd8\x9c", true,
		     "\\u202e \\u2066 \\u200f \\u061c");
	/* Invalid UTF-8: a lone byte, a cut character, an overlong character, half of a UTF-16
	 * pair. */
	assert_shown("\xff \x9b \xe2\x82", true, "\\xff \\x9b \\xe2\\x82");
	assert_shown("\xc0\xaf \xe0\x80\x9b \xed\xa0\x80 \xf4\x90\x80\x80", true,
		     "\\xc0\\xaf \\xe0\\x80\\x9b \\xed\\xa0\\x80 \\xf4\\x90\\x80\\x80");
}

/* Every text of one to three bytes from a few kinds of bytes: the output never controls a
 * terminal. */
static void test_nothing_drives(void **state)
{
	static const unsigned char kinds[] = {'a',  0x1b, 0x7f, 0x80, 0x8e, 0x9b, 0x9c, 0xa6, 0xae,
					      0xc2, 0xd8, 0xe2, 0xed, 0xf0, 0xff, '\\', '"',  '\n'};
	size_t count = sizeof(kinds);

	(void)state;
	for (size_t i = 0; i < count * count * count; i++) {
		char text[4] = {(char)kinds[i % count], (char)kinds[i / count % count],
				(char)kinds[i / count / count]};
		char *out = shown(text, false), *utf8 = el_text_utf8(text);
		uint32_t code = 0;
		size_t size;

		for (size_t at = 0; out[at]; at += size) {
			size = el_text_next(out + at, strlen(out + at), &code);
			assert_int_not_equal(size, 0);
			assert_false(el_text_drives(code));
		}
		for (size_t at = 0; utf8[at]; at += size) {
			size = el_text_next(utf8 + at, strlen(utf8 + at), &code);
			assert_int_not_equal(size, 0);
		}
		free(out);
		free(utf8);
	}
}

static void test_json_is_read_again(void **state)
{
	static const char text[] = "a\"b\\c\n\033[1m\177 \xc2\x9b \xe2\x80\xae € \001";
	char *out = NULL;
	size_t size;
	FILE *stream = open_memstream(&out, &size);
	json_t *json;

	(void)state;
	assert_true(el_text_write_json(stream, text, strlen(text)));
	fclose(stream);
	for (const char *c = out; *c; c++)
		assert_true(*c < 0 || (*c >= ' ' && *c != 0x7f));
	assert_null(strstr(out, "\xc2\x9b"));
	json = json_loads(out, JSON_DECODE_ANY, NULL);
	assert_non_null(json);
	assert_string_equal(json_string_value(json), text);
	json_decref(json);
	free(out);

	stream = open_memstream(&out, &size);
	assert_false(el_text_write_json(stream, "a\xff", 2));
	fclose(stream);
	assert_int_equal(size, 0);
	free(out);
	out = el_text_utf8("a\xff€");
	assert_string_equal(out, "a\\xff€");
	free(out);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_shown),
		cmocka_unit_test(test_nothing_drives),
		cmocka_unit_test(test_json_is_read_again),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

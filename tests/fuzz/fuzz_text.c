// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Untrusted text on its way out: to a terminal, which the text must not control, and into JSON,
 * which must stay valid.
 */
#include "fuzz.h"

static void check_shown(const char *text, bool lines)
{
	char *shown = NULL;
	size_t size, length = 0;
	FILE *stream = open_memstream(&shown, &size);

	fuzz_check(stream, "no memory");
	el_text_write(stream, text, lines);
	fclose(stream);
	for (const char *at = shown; *at; at += length) {
		uint32_t code = 0;

		length = el_text_next(at, strlen(at), &code);
		fuzz_check(length, "what is written is no UTF-8: %s", shown);
		fuzz_check(!el_text_drives(code) || (lines && (code == '\n' || code == '\t')),
			   "U+%04x is written", code);
		/* Check the ranges again, without el_text_drives(): C0, DEL, C1, bidirectional. */
		fuzz_check(code >= 0x20 || lines, "C0 is written");
		fuzz_check(code < 0x7f || code > 0x9f, "C1 is written");
		fuzz_check((code < 0x202a || code > 0x202e) && (code < 0x2066 || code > 0x2069),
			   "a change of direction is written");
	}
	free(shown);
}

static void check_json(const char *text, size_t length)
{
	char *json = NULL, *utf8 = el_text_utf8(text);
	size_t size;
	FILE *stream = open_memstream(&json, &size);
	bool written = el_text_write_json(stream, text, length);

	fclose(stream);
	fuzz_check(written || !size, "no UTF-8, and yet %s", json);
	if (written)
		fuzz_check_json(json);
	free(json);
	stream = open_memstream(&json, &size);
	fuzz_check(utf8 && el_text_write_json(stream, utf8, strlen(utf8)), "no UTF-8 after all: %s",
		   text);
	fclose(stream);
	fuzz_check_json(json);
	free(json);
	free(utf8);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	char *text = fuzz_rest(&input);

	check_shown(text, false);
	check_shown(text, true);
	check_json(text, size);
	free(text);
	return 0;
}

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Text from other sources: names and licences in objects and pins, output of compilers and of the
 * verifier, file names. A terminal obeys some characters as commands, and some characters change
 * the order in which others are shown; these functions escape all of them.
 */
#include "base/base.h"

size_t el_text_next(const char *text, size_t length, uint32_t *code)
{
	static const uint32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
	const unsigned char *bytes = (const unsigned char *)text;
	size_t size = !length		      ? 0
		      : bytes[0] < 0x80	      ? 1
		      : bytes[0] >> 5 == 0x6  ? 2
		      : bytes[0] >> 4 == 0xe  ? 3
		      : bytes[0] >> 3 == 0x1e ? 4
					      : 0;

	if (!size || size > length)
		return 0;
	*code = size == 1 ? bytes[0] : bytes[0] & (0xffu >> (size + 1));
	for (size_t i = 1; i < size; i++) {
		if (bytes[i] >> 6 != 2)
			return 0;
		*code = *code << 6 | (bytes[i] & 0x3f);
	}
	/* Overlong encodings and halves of UTF-16 pairs are invalid. */
	return *code < least[size] || *code > 0x10ffff || (*code >= 0xd800 && *code < 0xe000)
		       ? 0
		       : size;
}

bool el_text_drives(uint32_t code)
{
	return code < 0x20 || (code >= 0x7f && code < 0xa0) ||	    /* C0, DEL, C1 */
	       code == 0x61c || code == 0x200e || code == 0x200f || /* direction marks */
	       (code >= 0x202a && code <= 0x202e) ||		    /* embeddings, overrides */
	       (code >= 0x2066 && code <= 0x2069);		    /* isolates */
}

static bool is_ascii(const char *text, size_t length)
{
	for (size_t i = 0; i < length; i++)
		if ((unsigned char)text[i] < ' ' || (unsigned char)text[i] >= 0x7f)
			return false;
	return true;
}

void el_text_write(FILE *stream, const char *text, bool lines)
{
	size_t length = strlen(text), size;
	uint32_t code = 0;

	if (is_ascii(text, length)) {
		fwrite(text, 1, length, stream);
		return;
	}
	for (; length; text += size, length -= size) {
		size = el_text_next(text, length, &code);
		if (!size || (code < 0x80 && el_text_drives(code) &&
			      !(lines && (code == '\n' || code == '\t')))) {
			size = 1;
			fprintf(stream, "\\x%02x", (unsigned char)*text);
		} else if (code >= 0x80 && el_text_drives(code)) {
			fprintf(stream, "\\u%04x", code);
		} else {
			fwrite(text, 1, size, stream);
		}
	}
}

bool el_text_write_json(FILE *stream, const char *text, size_t length)
{
	const char *plain = text; /* the start of the text that is not written yet */
	size_t size;
	uint32_t code = 0;

	for (size_t at = 0; at < length; at += size) {
		size = el_text_next(text + at, length - at, &code);
		if (!size)
			return false;
	}
	fputc('"', stream);
	for (; length; text += size, length -= size) {
		size = el_text_next(text, length, &code);
		if (code != '"' && code != '\\' && !el_text_drives(code))
			continue;
		fwrite(plain, 1, (size_t)(text - plain), stream);
		plain = text + size;
		if (code == '"' || code == '\\')
			fprintf(stream, "\\%c", (char)code);
		else
			fprintf(stream, "\\u%04x", code);
	}
	fwrite(plain, 1, (size_t)(text - plain), stream);
	fputc('"', stream);
	return true;
}

char *el_text_utf8(const char *text)
{
	size_t length = strlen(text), size;
	char *copy = malloc(4 * length + 1), *to = copy;
	uint32_t code;

	if (!copy)
		return NULL;
	for (; length; text += size, length -= size) {
		size = el_text_next(text, length, &code);
		if (size) {
			memcpy(to, text, size);
			to += size;
		} else {
			size = 1;
			to += sprintf(to, "\\x%02x", (unsigned char)*text);
		}
	}
	*to = '\0';
	return copy;
}

void el_texts_free(char **texts)
{
	for (size_t i = 0; texts && texts[i]; i++)
		free(texts[i]);
	free(texts);
}

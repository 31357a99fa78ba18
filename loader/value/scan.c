// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Finds the end of a value inside a longer text: a list of parameters, a line of a file, an entry
 * in JSON. A quote opens a text in quotes only at its beginning, as in parse.c, and is a character
 * like any other inside a bare word.
 */
#include <ctype.h>

#include "value/value.h"

enum { DEPTH_MAX = 64 };

static void scan_quoted(struct el_value_scan *scan, char c)
{
	if (scan->escaped) {
		scan->escaped = false;
	} else if (c == '\\' && scan->quote == '"') {
		scan->escaped = true;
	} else if (c == scan->quote) {
		scan->bare = c == '"'; /* behind '...', another ' continues the text */
		scan->quote = '\0';
	}
}

static void scan_open(struct el_value_scan *scan, char c)
{
	if (scan->depth++ >= DEPTH_MAX)
		scan->unmatched = true;
	scan->lists = scan->lists << 1 | (c == '[');
	scan->named = scan->bare = false;
}

static void scan_close(struct el_value_scan *scan, char c)
{
	if (!scan->depth || (scan->lists & 1) != (c == ']'))
		scan->unmatched = true;
	if (scan->depth)
		scan->depth--;
	scan->lists >>= 1;
	scan->named = scan->bare = true;
}

/* Behind the '=' or ':' of a member, its value begins; other such characters belong to a word. */
static void scan_separator(struct el_value_scan *scan, char c)
{
	bool separates =
		!scan->named && (c == '=' || scan->depth) && !(scan->depth && scan->lists & 1);

	scan->bare = !separates;
	scan->named |= separates;
}

static void scan_special(struct el_value_scan *scan, char c)
{
	if (scan->quote)
		scan_quoted(scan, c);
	else if ((c == '"' || c == '\'') && !scan->bare)
		scan->quote = c;
	else if (c == '{' || c == '[')
		scan_open(scan, c);
	else if (c == '}' || c == ']')
		scan_close(scan, c);
	else if (c == ',')
		scan->named = scan->bare = false;
	else if (c == '=' || c == ':')
		scan_separator(scan, c);
	else if (!isspace((unsigned char)c))
		scan->bare = true;
}

/* Most characters are letters and digits: files of a million entries pass here. */
static inline bool scan_word(struct el_value_scan *scan, char c)
{
	bool word = (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z');

	scan->bare |= word && !scan->quote;
	return word && !scan->escaped;
}

void el_value_scan_next(struct el_value_scan *scan, char c)
{
	if (!scan_word(scan, c))
		scan_special(scan, c);
}

char *el_value_text_end(char *text, char end, bool *matched)
{
	struct el_value_scan scan = {0};

	for (; *text; text++) {
		bool ends;

		if (scan_word(&scan, *text))
			continue;
		ends = end == ' ' ? isspace((unsigned char)*text) : *text == end;
		if (ends && !scan.depth && !scan.quote)
			break;
		scan_special(&scan, *text);
	}
	if (matched)
		*matched = !scan.unmatched && !scan.depth;
	return text;
}

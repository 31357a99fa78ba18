// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Check a tree of YAML: mappings against a table of keys, scalars against their types. An error
 * gives the place in the file and the valid input.
 */
#include <ctype.h>

#include "manifest/read.h"

#define WANTS_MAX 16

struct manifest_shown el_manifest_shown(const char *text)
{
	struct manifest_shown shown;
	size_t length = strlen(text), end = length;

	if (length > 60)
		for (end = 60; end && (text[end] & 0xc0) == 0x80;)
			end--;
	for (size_t i = 0; i < end; i++)
		shown.text[i] = text[i];
	for (size_t i = 0; i < end; i++)
		if (iscntrl((unsigned char)shown.text[i]))
			shown.text[i] = '?';
	strcpy(shown.text + end, end < length ? "…" : "");
	return shown;
}

/* ---------------------------------------------------------------- duplicates */

static int compare_words(const void *a, const void *b)
{
	const struct manifest_word *left = a, *right = b;
	int order = strcmp(left->text, right->text);

	if (order)
		return order;
	if (left->at.line != right->at.line)
		return left->at.line < right->at.line ? -1 : 1;
	return left->at.column < right->at.column ? -1 : left->at.column > right->at.column;
}

const struct manifest_word *el_manifest_find_twice(struct manifest_word *words, size_t count)
{
	const struct manifest_word *first = NULL;

	if (count)
		qsort(words, count, sizeof(*words), compare_words);
	for (size_t i = 1; i < count; i++)
		if (!strcmp(words[i].text, words[i - 1].text) &&
		    (!first || words[i].at.line < first->at.line))
			first = &words[i];
	return first;
}

/* ---------------------------------------------------------------- mappings */

static const char *kind_name(const struct manifest_node *node)
{
	switch (node->kind) {
	case MANIFEST_LIST:
		return "a list";
	case MANIFEST_MAPPING:
		return "a mapping";
	default:
		return node->text ? "a string" : "empty";
	}
}

int el_manifest_want(const struct manifest_reader *reader, struct manifest_field field,
		     enum manifest_kind kind)
{
	static const char *const wanted[] = {[MANIFEST_SCALAR] = "a string",
					     [MANIFEST_LIST] = "a list",
					     [MANIFEST_MAPPING] = "a mapping"};
	static const char *const hints[] = {
		[MANIFEST_SCALAR] = "write a string or a number, in quotes where YAML needs quotes",
		[MANIFEST_LIST] = "begin each element with \"- \", or write [a, b]",
		[MANIFEST_MAPPING] = "write lines of \"key: value\", or {key: value}"};

	if (field.node->kind == kind && (kind != MANIFEST_SCALAR || field.node->text))
		return 0;
	return el_manifest_refuse(reader, field.node->at, hints[kind], "%s must be %s, not %s",
				  el_manifest_shown(field.name).text, wanted[kind],
				  kind_name(field.node));
}

/* "a, b, c": the keys of a mapping. */
static void list_wants(const struct manifest_want *wants, char *out, size_t size)
{
	size_t length = 0;

	for (; wants->name && length < size; wants++)
		length += (size_t)snprintf(out + length, size - length, "%s%s", length ? ", " : "",
					   wants->name);
}

/* A mapping while its pairs are read. */
struct mapping {
	struct manifest_field field;
	const struct manifest_want *wants;
	const struct manifest_node *seen[WANTS_MAX]; /* the key of each want; NULL: not yet */
	void *out;
};

static int refuse_key(const struct manifest_reader *reader, const struct mapping *mapping,
		      const struct manifest_node *key)
{
	const char *names[WANTS_MAX], *nearest, *name = mapping->field.name;
	char list[200] = "", hint[260];
	size_t count = 0;

	for (; mapping->wants[count].name; count++)
		names[count] = mapping->wants[count].name;
	nearest = el_nearest(key->text, names, count);
	list_wants(mapping->wants, list, sizeof(list));
	snprintf(hint, sizeof(hint), "%s has these keys: %s", name, list);
	return el_manifest_refuse(reader, key->at, hint, "%s has no key %s%s%s%s", name,
				  el_manifest_shown(key->text).text,
				  nearest ? "; did you mean " : "", nearest ? nearest : "",
				  nearest ? "?" : "");
}

static int read_pair(struct manifest_reader *reader, struct mapping *mapping, size_t pair)
{
	const struct manifest_node *key = manifest_key(mapping->field.node, pair);
	const struct manifest_node *value = manifest_value(mapping->field.node, pair);
	const struct manifest_want *want = mapping->wants;
	const struct manifest_node **seen = mapping->seen;
	int err = el_manifest_want(reader, (struct manifest_field){"a key", key}, MANIFEST_SCALAR);

	if (err)
		return err;
	for (; want->name && strcmp(want->name, key->text); want++)
		seen++;
	if (!want->name)
		return refuse_key(reader, mapping, key);
	if (*seen)
		return el_manifest_refuse(reader, key->at, "keep only one of the two keys",
					  "%s has the key %s twice; the first is in line %u",
					  mapping->field.name, want->name, (*seen)->at.line);
	*seen = key;
	return want->read(reader, (struct manifest_field){want->name, value}, mapping->out);
}

int el_manifest_read_mapping(struct manifest_reader *reader, struct manifest_field field,
			     const struct manifest_want *wants, void *out)
{
	struct mapping mapping = {.field = field, .wants = wants, .out = out};
	int err = el_manifest_want(reader, field, MANIFEST_MAPPING);

	for (size_t i = 0; !err && i < field.node->count; i++)
		err = read_pair(reader, &mapping, i);
	for (size_t i = 0; !err && wants[i].name; i++)
		if (wants[i].needed && !mapping.seen[i])
			err = el_manifest_refuse(reader, field.node->at, NULL,
						 "%s lacks the key %s", field.name, wants[i].name);
	return err;
}

/* ---------------------------------------------------------------- scalars */

int el_manifest_read_text(struct manifest_reader *reader, struct manifest_field field,
			  const char **out)
{
	int err = el_manifest_want(reader, field, MANIFEST_SCALAR);

	if (err)
		return err;
	if (!*field.node->text)
		return el_manifest_refuse(reader, field.node->at, NULL, "%s is an empty string",
					  field.name);
	*out = field.node->text;
	return 0;
}

/* Parse decimal digits; @end points behind them. Return: 0, or -ERANGE beyond 64 bits. */
static int digits_parse(const char *text, uint64_t *out, const char **end)
{
	uint64_t number = 0;

	for (; isdigit((unsigned char)*text); text++) {
		unsigned int digit = (unsigned int)(*text - '0');

		if (number > (UINT64_MAX - digit) / 10)
			return -ERANGE;
		number = number * 10 + digit;
	}
	*out = number;
	*end = text;
	return 0;
}

int el_manifest_read_number(struct manifest_reader *reader, struct manifest_field field,
			    uint32_t max, uint32_t *out)
{
	const char *text = "", *end;
	char hint[60];
	uint64_t number;
	int err = el_manifest_read_text(reader, field, &text);

	if (err)
		return err;
	err = digits_parse(text, &number, &end);
	snprintf(hint, sizeof(hint), "write a number from 1 to %u", max);
	if (!err && (end == text || *end))
		return el_manifest_refuse(reader, field.node->at, hint, "%s: %s is not a number",
					  field.name, el_manifest_shown(text).text);
	if (err || !number || number > max)
		return el_manifest_refuse(reader, field.node->at, hint, "%s: %s is out of range",
					  field.name, el_manifest_shown(text).text);
	*out = (uint32_t)number;
	return 0;
}

/* Parse K, M, G, KiB and so on. Return: the number of bits to shift, or -1. */
static int unit_parse(const char *unit)
{
	static const char letters[] = "KMGT";
	const char *letter = *unit ? strchr(letters, toupper((unsigned char)*unit)) : NULL;

	if (!*unit || !strcmp(unit, "B"))
		return 0;
	if (!letter || (unit[1] && strcmp(unit + 1, "iB")))
		return -1;
	return 10 * (int)(letter - letters + 1);
}

int el_manifest_read_size(struct manifest_reader *reader, struct manifest_field field,
			  uint64_t *out)
{
	static const char hint[] = "write bytes, or a number with K, M, G or T, as 64M";
	const char *text = "", *unit = "";
	uint64_t number = 0;
	int err = el_manifest_read_text(reader, field, &text), shift = 0;

	if (err)
		return err;
	err = digits_parse(text, &number, &unit);
	if (!err) {
		bool digits = unit != text;

		while (*unit == ' ')
			unit++;
		shift = unit_parse(unit);
		if (shift < 0 || !digits)
			return el_manifest_refuse(reader, field.node->at, hint,
						  "%s: %s is not a size", field.name,
						  el_manifest_shown(text).text);
	}
	if (err || !number || number > UINT64_MAX >> shift)
		return el_manifest_refuse(reader, field.node->at, hint, "%s: %s is out of range",
					  field.name, el_manifest_shown(text).text);
	*out = number << shift;
	return 0;
}

int el_manifest_read_path(struct manifest_reader *reader, struct manifest_field field,
			  const char **out)
{
	_cleanup_free_ char *path = NULL;
	const char *text = "";
	int err = el_manifest_read_text(reader, field, &text);

	if (err)
		return err;
	*out = text;
	if (*text == '/')
		return 0;
	path = el_format("%s/%s", strcmp(reader->folder, "/") ? reader->folder : "", text);
	if (!path)
		return el_fail_memory(reader->context);
	*out = el_manifest_copy(reader, path);
	return *out ? 0 : -ENOMEM;
}

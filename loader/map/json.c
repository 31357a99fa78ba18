// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Entries in the JSON of entry.c, or in YAML's flow form: a list, or a sequence without a list,
 * over any number of lines.
 * This file only cuts them into parts; value/parse.c parses the parts.
 */
#include <ctype.h>

#include "map/map.h"

static char *skip_spaces(const char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	return (char *)(uintptr_t)text;
}

/* ---------------------------------------------------------------- an entry in JSON */

/* The pointer in @entry for the member at @at, or NULL; @at moves behind the member's name, which
 * may be in quotes, and its colon. */
static char **member_at(struct el_map_entry_text *entry, const char **at)
{
	const struct {
		const char *name;
		char **text;
	} members[] = {{"key", &entry->key}, {"value", &entry->value}, {"cpus", &entry->cpus}};
	const char *text = skip_spaces(*at);
	char quote = *text == '"' || *text == '\'' ? *text : '\0';

	text += !!quote;
	for (size_t i = 0; i < sizeof(members) / sizeof(*members); i++) {
		size_t length = strlen(members[i].name);

		if (strncmp(text, members[i].name, length) || (quote && text[length] != quote))
			continue;
		text = skip_spaces(text + length + !!quote);
		*at = text + (*text == ':');
		return *text == ':' ? members[i].text : NULL;
	}
	return NULL;
}

bool el_map_entry_begins(const char *text)
{
	struct el_map_entry_text entry;

	text = skip_spaces(text);
	if (*text++ != '{')
		return false;
	return member_at(&entry, &text);
}

/* Cut "NAME":VALUE off behind the value. Return: the text behind it; NULL if this is not a valid
 * new member or the value is missing. */
static char *split_member(struct el_map_entry_text *entry, char *at)
{
	const char *behind = at;
	char **member = member_at(entry, &behind), *end;

	if (!member || *member)
		return NULL;
	*member = skip_spaces(behind);
	end = el_value_text_end(*member, ',', NULL);
	at = end + (*end == ',');
	*end = '\0';
	while (end > *member && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return **member ? at : NULL;
}

bool el_map_entry_split(char *text, struct el_map_entry_text *entry)
{
	char *at = skip_spaces(text), *end = at + strlen(at);

	*entry = (struct el_map_entry_text){0};
	while (end > at && isspace((unsigned char)end[-1]))
		end--;
	if (!el_map_entry_begins(at) || end[-1] != '}')
		return false;
	end[-1] = '\0';
	for (at++; at && *skip_spaces(at);)
		at = split_member(entry, at);
	return at && entry->key && (entry->value || entry->cpus);
}

/* ---------------------------------------------------------------- a sequence of entries */

bool el_map_json_is_open(const struct el_map_json *json)
{
	return json->list || json->scan.depth;
}

bool el_map_json_begins(const char *line)
{
	line = skip_spaces(line);
	if (*line == '{' && !*skip_spaces(line + 1)) /* the entry continues on the next lines */
		return true;
	if (*line != '[')
		return el_map_entry_begins(line);
	line = skip_spaces(line + 1);
	/* "[" and "[]" cannot be keys or sections; "[{" may end the line. */
	return !*line || *line == ']' || el_map_entry_begins(line) ||
	       (*line == '{' && !*skip_spaces(line + 1));
}

static int keep(struct el_map_json *json, char character)
{
	if (json->length + 2 > json->room) {
		size_t room = json->room ? json->room * 2 : 256;
		char *text = realloc(json->text, room);

		if (!text)
			return -ENOMEM;
		json->text = text;
		json->room = room;
	}
	json->text[json->length++] = character;
	json->text[json->length] = '\0';
	return 0;
}

static int take_between(struct el_map_json *json, char character)
{
	if (character == '{') {
		json->scan = (struct el_value_scan){0};
		el_value_scan_next(&json->scan, character);
		json->length = 0;
		return keep(json, character);
	}
	if (isspace((unsigned char)character) || (character == ',' && json->list))
		return 0;
	if (character != (json->list ? ']' : '['))
		return -EBADMSG;
	json->list = !json->list;
	return 0;
}

int el_map_json_line(struct el_map_json *json, const char *line,
		     int (*entry)(void *data, char *text), void *data)
{
	int err = 0;

	json->begun = true;
	for (; !err && *line; line++) {
		bool inside = json->scan.depth;

		if (inside)
			el_value_scan_next(&json->scan, *line);
		err = inside ? keep(json, *line) : take_between(json, *line);
		if (!err && inside && !json->scan.depth)
			err = entry(data, json->text);
	}
	return err;
}

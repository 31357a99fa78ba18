// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Make a tree from YAML, in one pass over libyaml's events. A tree that is too deep is refused
 * here, so other files may recurse into a tree without a check. An alias is the node of its anchor,
 * and an anchor is known only when its node is complete, so the tree has no cycles.
 *
 * Why libyaml and not libfyaml's document tree (0.7.12, Debian 12): libfyaml loops forever on 18
 * bytes of a broken %directive, takes more than 100 s to find a duplicate key among 100,000 keys,
 * accepts bytes in comments that are not UTF-8, and has no place for an empty value. With it this
 * file had 180 lines in place of 337, failed 10 of the first 21 tests of refused manifests, and
 * hung in the next test, of aliases.
 */
#include <yaml.h>

#include "manifest/read.h"

#define ANCHORS_MAX 1000

struct anchor {
	char *name;
	struct manifest_node *node;
};

struct tree {
	struct manifest_reader *reader;
	yaml_parser_t parser;
	const char *text;
	size_t size;
	struct anchor *anchors;
	size_t anchors_count;
	unsigned int depth;
};

#define _cleanup_event_ _cleanup_(yaml_event_delete)

static int read_node(struct tree *tree, const yaml_event_t *event, struct manifest_node **out);

static struct el_position position(yaml_mark_t mark)
{
	return (struct el_position){(uint32_t)mark.line + 1, (uint32_t)mark.column + 1};
}

/* ---------------------------------------------------------------- invalid YAML */

/* For text that is not UTF-8, libyaml reports only the offset of the byte. */
static struct el_position position_of_byte(const struct tree *tree, size_t offset)
{
	struct el_position at = {1, 1};

	for (size_t i = 0; i < offset && i < tree->size; i++) {
		if (tree->text[i] == '\n') {
			at.line++;
			at.column = 1;
		} else if ((tree->text[i] & 0xc0) != 0x80) {
			at.column++;
		}
	}
	return at;
}

static int refuse_bytes(const struct tree *tree)
{
	const yaml_parser_t *parser = &tree->parser;

	return el_manifest_refuse(tree->reader, position_of_byte(tree, parser->problem_offset),
				  "a manifest is a text file in UTF-8", "%s", parser->problem);
}

static bool line_has_tab(const struct tree *tree, size_t line)
{
	const char *at = tree->text, *end = tree->text + tree->size;

	while (at && line--) {
		at = memchr(at, '\n', (size_t)(end - at));
		at = at ? at + 1 : NULL;
	}
	return at && at < end && at[strspn(at, " -")] == '\t';
}

/* Report libyaml's problem and its context. */
static int refuse_yaml(const struct tree *tree)
{
	const yaml_parser_t *parser = &tree->parser;
	const char *hint = NULL;
	char about[160] = "";

	if (parser->error == YAML_MEMORY_ERROR)
		return el_fail_memory(tree->reader->context);
	if (parser->error == YAML_READER_ERROR)
		return refuse_bytes(tree);
	if (line_has_tab(tree, parser->problem_mark.line))
		hint = "YAML is indented with blanks, not with tabs";
	else if (parser->problem && !strcmp(parser->problem, "did not find expected node content"))
		hint = "between braces, quote a value that begins with a colon, as \"::1\"";
	if (parser->context)
		snprintf(about, sizeof(about), ", %s that begins in line %zu", parser->context,
			 parser->context_mark.line + 1);
	return el_manifest_refuse(
		tree->reader, position(parser->problem_mark), hint, "this is not YAML: %s%s",
		parser->problem ? parser->problem : "the text ends too early", about);
}

/* ---------------------------------------------------------------- anchors */

static int note_anchor(struct tree *tree, const yaml_char_t *name, struct manifest_node *node)
{
	struct anchor *anchors;

	if (!name)
		return 0;
	if (tree->anchors_count == ANCHORS_MAX)
		return el_manifest_refuse(tree->reader, node->at, NULL,
					  "there are more than %d anchors", ANCHORS_MAX);
	anchors = reallocarray(tree->anchors, tree->anchors_count + 1, sizeof(*anchors));
	if (!anchors)
		return el_fail_memory(tree->reader->context);
	tree->anchors = anchors;
	anchors[tree->anchors_count].name = el_manifest_copy(tree->reader, (const char *)name);
	anchors[tree->anchors_count].node = node;
	return anchors[tree->anchors_count++].name ? 0 : -ENOMEM;
}

/* If two anchors have the name, the later anchor counts (YAML 1.1, section 3.2.2.2). */
static int read_alias(struct tree *tree, const yaml_event_t *event, struct manifest_node **out)
{
	const char *name = (const char *)event->data.alias.anchor;

	for (size_t i = tree->anchors_count; i-- > 0;)
		if (!strcmp(tree->anchors[i].name, name)) {
			*out = tree->anchors[i].node;
			return 0;
		}
	return el_manifest_refuse(tree->reader, position(event->start_mark),
				  "define the anchor, &NAME, before the alias",
				  "alias *%s has no anchor", el_manifest_shown(name).text);
}

/* ---------------------------------------------------------------- nodes */

static int next_event(struct tree *tree, yaml_event_t *event)
{
	return yaml_parser_parse(&tree->parser, event) ? 0 : refuse_yaml(tree);
}

bool el_manifest_is_null(const char *text)
{
	return !*text || !strcmp(text, "~") || !strcmp(text, "null") || !strcmp(text, "Null") ||
	       !strcmp(text, "NULL");
}

/* YAML's own tags are redundant and accepted; other tags have no meaning here and are refused. */
static int check_tag(const struct tree *tree, const yaml_event_t *event, const yaml_char_t *tag)
{
	static const char own[] = "tag:yaml.org,2002:";
	const char *text = (const char *)tag;

	if (!tag || !strcmp(text, "!") || !strncmp(text, own, sizeof(own) - 1))
		return 0;
	return el_manifest_refuse(tree->reader, position(event->start_mark), "remove the tag",
				  "the tag %s is not supported", el_manifest_shown(text).text);
}

static int read_scalar(struct tree *tree, const yaml_event_t *event, struct manifest_node *node)
{
	const char *text = (const char *)event->data.scalar.value;

	if (strlen(text) != event->data.scalar.length)
		return el_manifest_refuse(tree->reader, node->at, NULL,
					  "the file contains a NUL byte");
	if (event->data.scalar.style == YAML_PLAIN_SCALAR_STYLE && !event->data.scalar.tag &&
	    el_manifest_is_null(text))
		return 0;
	node->text = el_manifest_copy(tree->reader, text);
	return node->text ? 0 : -ENOMEM;
}

struct items {
	struct manifest_node **nodes;
	size_t count, room;
};

static int add_item(struct tree *tree, struct items *items, const yaml_event_t *event)
{
	if (items->count == items->room) {
		size_t room = items->room ? items->room * 2 : 8;
		struct manifest_node **nodes =
			reallocarray(items->nodes, room, sizeof(*items->nodes));

		if (!nodes)
			return el_fail_memory(tree->reader->context);
		items->nodes = nodes;
		items->room = room;
	}
	return read_node(tree, event, &items->nodes[items->count++]);
}

/* Read nodes up to the event that ends the list or mapping. */
static int read_items(struct tree *tree, yaml_event_type_t end, struct items *items)
{
	int err = 0;

	while (!err) {
		_cleanup_event_ yaml_event_t event = {0};

		err = next_event(tree, &event);
		if (!err && event.type == end)
			return 0;
		if (!err)
			err = add_item(tree, items, &event);
	}
	return err;
}

static int read_collection(struct tree *tree, yaml_event_type_t end, struct manifest_node *node)
{
	struct items items = {0};
	size_t size = sizeof(*items.nodes);
	int err;

	if (tree->depth == EL_MANIFEST_DEPTH_MAX)
		return el_manifest_refuse(tree->reader, node->at, NULL,
					  "the manifest is nested deeper than %d levels",
					  EL_MANIFEST_DEPTH_MAX);
	tree->depth++;
	err = read_items(tree, end, &items);
	tree->depth--;
	if (!err) {
		node->count = node->kind == MANIFEST_MAPPING ? items.count / 2 : items.count;
		node->items = el_manifest_alloc(tree->reader, items.count + 1, size);
		err = node->items ? 0 : -ENOMEM;
	}
	if (!err && items.count)
		memcpy(node->items, items.nodes, items.count * size);
	free(items.nodes);
	return err;
}

static int fill_node(struct tree *tree, const yaml_event_t *event, struct manifest_node *node,
		     const yaml_char_t **anchor)
{
	const yaml_char_t *tag;
	int err;

	switch (event->type) {
	case YAML_SCALAR_EVENT:
		node->kind = MANIFEST_SCALAR;
		*anchor = event->data.scalar.anchor;
		err = check_tag(tree, event, event->data.scalar.tag);
		return err ? err : read_scalar(tree, event, node);
	case YAML_SEQUENCE_START_EVENT:
		node->kind = MANIFEST_LIST;
		*anchor = event->data.sequence_start.anchor;
		tag = event->data.sequence_start.tag;
		err = check_tag(tree, event, tag);
		return err ? err : read_collection(tree, YAML_SEQUENCE_END_EVENT, node);
	default:
		node->kind = MANIFEST_MAPPING;
		*anchor = event->data.mapping_start.anchor;
		tag = event->data.mapping_start.tag;
		err = check_tag(tree, event, tag);
		return err ? err : read_collection(tree, YAML_MAPPING_END_EVENT, node);
	}
}

static int read_node(struct tree *tree, const yaml_event_t *event, struct manifest_node **out)
{
	const yaml_char_t *anchor = NULL;
	struct manifest_node *node;
	int err;

	if (event->type == YAML_ALIAS_EVENT)
		return read_alias(tree, event, out);
	node = el_manifest_alloc(tree->reader, 1, sizeof(*node));
	if (!node)
		return -ENOMEM;
	node->at = position(event->start_mark);
	err = fill_node(tree, event, node, &anchor);
	if (!err)
		err = note_anchor(tree, anchor, node);
	if (!err)
		*out = node;
	return err;
}

/* ---------------------------------------------------------------- the document */

static int refuse_empty(const struct tree *tree)
{
	return el_fail(tree->reader->context, EL_USAGE, EINVAL,
		       "the smallest manifest is: {version: 1, chains: []}",
		       "%s: the manifest is empty", tree->reader->path);
}

static int check_end(struct tree *tree)
{
	_cleanup_event_ yaml_event_t end = {0}, next = {0};
	int err = next_event(tree, &end);

	if (!err)
		err = next_event(tree, &next);
	if (err || next.type == YAML_STREAM_END_EVENT)
		return err;
	return el_manifest_refuse(tree->reader, position(next.start_mark),
				  "remove the second document, or move it to its own file",
				  "a second document begins; a manifest has only one document");
}

static int read_document(struct tree *tree, struct manifest_node **out)
{
	_cleanup_event_ yaml_event_t stream = {0}, document = {0}, root = {0};
	int err = next_event(tree, &stream);

	if (!err)
		err = next_event(tree, &document);
	if (!err && document.type == YAML_STREAM_END_EVENT)
		return refuse_empty(tree);
	if (!err)
		err = next_event(tree, &root);
	if (!err)
		err = read_node(tree, &root, out);
	return err ? err : check_end(tree);
}

/* A byte order mark is skipped here: libyaml would count it as a column of the first line. */
int el_manifest_tree(struct manifest_reader *reader, const char *text, size_t size,
		     const struct manifest_node **out)
{
	size_t mark = size >= 3 && !memcmp(text, "\357\273\277", 3) ? 3 : 0;
	struct tree tree = {.reader = reader, .text = text + mark, .size = size - mark};
	struct manifest_node *root = NULL;
	int err;

	if (!yaml_parser_initialize(&tree.parser))
		return el_fail_memory(reader->context);
	yaml_parser_set_encoding(&tree.parser, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&tree.parser, (const unsigned char *)tree.text, tree.size);
	err = read_document(&tree, &root);
	yaml_parser_delete(&tree.parser);
	free(tree.anchors);
	if (!err)
		*out = root;
	return err;
}

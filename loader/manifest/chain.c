// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Read a chain of a manifest: its device selector, hook, mode, order and limits. match.c finds the
 * devices.
 */
#include <ctype.h>

#include "manifest/read.h"

#define ALIAS_MAX 255 /* linux/if.h: IFALIASZ, less the NUL */

/* A chain during the reading, with values that are needed only until it is complete. */
struct draft {
	struct el_manifest_chain *chain;
	const char *selector; /* the key of its selector */
};

/* ---------------------------------------------------------------- device selectors */

static int set_selector(struct manifest_reader *reader, struct draft *draft,
			struct manifest_field field, enum el_selector selector)
{
	struct el_manifest_chain *chain = draft->chain;

	if (draft->selector)
		return el_manifest_refuse(reader, field.node->at,
					  "a chain needs exactly one of device, mac and alias",
					  "a chain has both %s and %s; keep only one",
					  draft->selector, field.name);
	draft->selector = field.name;
	chain->selector = selector;
	chain->selector_at = field.node->at;
	return el_manifest_read_text(reader, field, &chain->select);
}

/* A name that the kernel accepts (net/core/dev.c: dev_valid_name()), or a pattern of fnmatch(3). */
static bool is_device_name(const char *text, bool glob)
{
	if (!strcmp(text, ".") || !strcmp(text, "..") || strlen(text) >= (glob ? 256 : IF_NAMESIZE))
		return false;
	for (; *text; text++)
		if (*text == '/' || (*text == ':' && !glob) || isspace((unsigned char)*text) ||
		    iscntrl((unsigned char)*text))
			return false;
	return true;
}

static int read_device(struct manifest_reader *reader, struct manifest_field field, void *out)
{
	struct draft *draft = out;
	bool glob = field.node->text && strpbrk(field.node->text, "*?[");
	int err = set_selector(reader, draft, field, glob ? EL_SELECT_GLOB : EL_SELECT_NAME);

	if (err || is_device_name(field.node->text, glob))
		return err;
	return el_manifest_refuse(
		reader, field.node->at,
		"give a name as 'ip link' shows it, or a pattern such as \"eth*\"",
		"%s is not a valid device name", el_manifest_shown(field.node->text).text);
}

/* Convert to lower case with colons, in place. */
static bool mac_normalise(char *text)
{
	for (size_t i = 0; text[i]; i++) {
		bool separator = i % 3 == 2;

		if (separator ? text[i] != ':' && text[i] != '-'
			      : !isxdigit((unsigned char)text[i]))
			return false;
		text[i] = separator ? ':' : (char)tolower((unsigned char)text[i]);
	}
	return strlen(text) == 17;
}

static int read_mac(struct manifest_reader *reader, struct manifest_field field, void *out)
{
	struct draft *draft = out;
	int err = set_selector(reader, draft, field, EL_SELECT_MAC);
	char *text = err ? NULL : el_manifest_copy(reader, field.node->text);

	if (!text)
		return err ? err : -ENOMEM;
	draft->chain->select = text;
	if (mac_normalise(text))
		return 0;
	return el_manifest_refuse(reader, field.node->at, "write the address as 02:00:00:00:00:01",
				  "%s is not a MAC address",
				  el_manifest_shown(field.node->text).text);
}

static int read_alias(struct manifest_reader *reader, struct manifest_field field, void *out)
{
	int err = set_selector(reader, out, field, EL_SELECT_ALIAS);

	if (err || strlen(field.node->text) <= ALIAS_MAX)
		return err;
	return el_manifest_refuse(reader, field.node->at, NULL,
				  "alias is longer than %d bytes, the kernel's limit", ALIAS_MAX);
}

/* ---------------------------------------------------------------- hook, mode, order */

static int read_hook(struct manifest_reader *reader, struct manifest_field field, void *out)
{
	const char *const names[] = {el_hook_name(EDGE_HOOK_XDP),
				     el_hook_name(EDGE_HOOK_TC_INGRESS),
				     el_hook_name(EDGE_HOOK_TC_EGRESS)};
	struct draft *draft = out;
	const char *text, *nearest;
	int err = el_manifest_read_text(reader, field, &text);

	if (err || !el_hook_parse(text, &draft->chain->hook))
		return err;
	nearest = el_nearest(text, names, sizeof(names) / sizeof(*names));
	return el_manifest_refuse(
		reader, field.node->at, "the hooks are xdp, tc-ingress and tc-egress",
		"there is no hook %s%s%s%s", el_manifest_shown(text).text,
		nearest ? "; did you mean " : "", nearest ? nearest : "", nearest ? "?" : "");
}

static const enum el_mode modes[] = {EL_MODE_NATIVE, EL_MODE_GENERIC, EL_MODE_SHARED, EL_MODE_TCX,
				     EL_MODE_CLSACT};
#define MODES	  (sizeof(modes) / sizeof(*modes))
#define MODES_XDP 3 /* the number of XDP modes, which come first */

static int read_mode(struct manifest_reader *reader, struct manifest_field field, void *out)
{
	struct draft *draft = out;
	const char *names[MODES], *text, *nearest;
	int err = el_manifest_read_text(reader, field, &text);

	if (err)
		return err;
	draft->chain->mode_at = field.node->at;
	for (size_t i = 0; i < MODES; i++) {
		names[i] = el_mode_name(modes[i]);
		if (strcmp(names[i], text))
			continue;
		draft->chain->mode = modes[i];
		return 0;
	}
	nearest = el_nearest(text, names, MODES);
	return el_manifest_refuse(reader, field.node->at,
				  "the modes are native, generic and shared at xdp, tcx and clsact "
				  "at tc-ingress and tc-egress",
				  "there is no mode %s%s%s%s", el_manifest_shown(text).text,
				  nearest ? "; did you mean " : "", nearest ? nearest : "",
				  nearest ? "?" : "");
}

/* Called when hook and mode are known. */
static int check_mode(struct manifest_reader *reader, const struct el_manifest_chain *chain)
{
	bool xdp = chain->hook == EDGE_HOOK_XDP, of_xdp = false;

	if (chain->mode == EL_MODE_DEFAULT)
		return 0;
	for (size_t i = 0; i < MODES_XDP; i++)
		of_xdp |= chain->mode == modes[i];
	if (xdp == of_xdp)
		return 0;
	return el_manifest_refuse(reader, chain->mode_at,
				  xdp ? "use native, generic or shared, or omit mode"
				      : "use tcx or clsact, or omit mode",
				  "the hook %s does not support the mode %s",
				  el_hook_name(chain->hook), el_mode_name(chain->mode));
}

static int set_order(struct manifest_reader *reader, struct el_manifest_chain *chain,
		     struct manifest_field field, enum el_order order)
{
	int err;

	if (chain->order != EL_ORDER_ANY)
		return el_manifest_refuse(reader, field.node->at, "keep only one of the keys",
					  "a chain has both before and after");
	chain->order = order;
	chain->order_at = field.node->at;
	err = el_manifest_read_text(reader, field, &chain->beside);
	if (!err && strchr(chain->beside, '/'))
		err = el_manifest_read_path(reader, field, &chain->beside);
	return err;
}

static int read_before(struct manifest_reader *reader, struct manifest_field field, void *out)
{
	struct draft *draft = out;

	return set_order(reader, draft->chain, field, EL_ORDER_BEFORE);
}

static int read_after(struct manifest_reader *reader, struct manifest_field field, void *out)
{
	struct draft *draft = out;

	return set_order(reader, draft->chain, field, EL_ORDER_AFTER);
}

/* Called when hook and mode are known, too. */
static int check_order(struct manifest_reader *reader, const struct el_manifest_chain *chain)
{
	const char *name = el_order_name(chain->order);

	if (chain->order == EL_ORDER_ANY)
		return 0;
	if (chain->hook == EDGE_HOOK_XDP)
		return el_manifest_refuse(reader, chain->order_at,
					  "a device has one XDP program; with mode: shared, libxdp "
					  "orders several programs in its dispatcher",
					  "%s works at tc-ingress and tc-egress, not at xdp", name);
	if (chain->mode == EL_MODE_CLSACT)
		return el_manifest_refuse(reader, chain->order_at, "use mode: tcx, or omit mode",
					  "the mode clsact does not support %s", name);
	return 0;
}

/* ---------------------------------------------------------------- limits */

static int read_keep(struct manifest_reader *reader, struct manifest_field field, void *out)
{
	struct draft *draft = out;

	return el_manifest_read_number(reader, field, EL_KEEP_MAX, &draft->chain->keep);
}

static int read_map_memory(struct manifest_reader *reader, struct manifest_field field, void *out)
{
	struct draft *draft = out;

	draft->chain->map_memory_at = field.node->at;
	return el_manifest_read_size(reader, field, &draft->chain->map_memory);
}

static int read_instructions(struct manifest_reader *reader, struct manifest_field field, void *out)
{
	struct draft *draft = out;

	draft->chain->instructions_at = field.node->at;
	return el_manifest_read_number(reader, field, UINT32_MAX, &draft->chain->instructions);
}

static int read_limits(struct manifest_reader *reader, struct manifest_field field, void *out)
{
	static const struct manifest_want wants[] = {{"map_memory", false, read_map_memory},
						     {"instructions", false, read_instructions},
						     {0}};

	return el_manifest_read_mapping(reader, field, wants, out);
}

static int read_instances(struct manifest_reader *reader, struct manifest_field field, void *out)
{
	struct draft *draft = out;

	return el_manifest_read_instances(reader, field, draft->chain);
}

/* ---------------------------------------------------------------- the whole chain */

static int read_chain(struct manifest_reader *reader, const struct manifest_node *node,
		      struct el_manifest_chain *chain)
{
	static const struct manifest_want wants[] = {{"device", false, read_device},
						     {"mac", false, read_mac},
						     {"alias", false, read_alias},
						     {"hook", false, read_hook},
						     {"mode", false, read_mode},
						     {"before", false, read_before},
						     {"after", false, read_after},
						     {"keep", false, read_keep},
						     {"limits", false, read_limits},
						     {"instances", true, read_instances},
						     {0}};
	struct draft draft = {.chain = chain};
	int err;

	chain->at = node->at;
	chain->keep = reader->keep;
	err = el_manifest_read_mapping(reader, (struct manifest_field){"a chain", node}, wants,
				       &draft);
	if (!err && !draft.selector)
		err = el_manifest_refuse(reader, node->at,
					 "write device: NAME (or a pattern), mac: or alias:",
					 "a chain has no device");
	if (!err)
		err = check_mode(reader, chain);
	return err ? err : check_order(reader, chain);
}

static const char *selector_name(enum el_selector selector)
{
	static const char *const names[] = {
		[EL_SELECT_NAME] = "device",
		[EL_SELECT_GLOB] = "device",
		[EL_SELECT_MAC] = "mac",
		[EL_SELECT_ALIAS] = "alias",
	};

	return names[selector];
}

char *el_manifest_chain_text(const struct el_manifest_chain *chain)
{
	return el_format("%s %s", selector_name(chain->selector), chain->select);
}

static int check_twice(struct manifest_reader *reader, const struct el_manifest_chain *chains,
		       size_t count)
{
	struct manifest_word *words = el_manifest_alloc(reader, count + 1, sizeof(*words));
	const struct manifest_word *twice;

	if (!words)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		_cleanup_free_ char *text = el_manifest_chain_text(&chains[i]);
		_cleanup_free_ char *whole =
			text ? el_format("%s at %s", text, el_hook_name(chains[i].hook)) : NULL;

		if (!whole)
			return el_fail_memory(reader->context);
		words[i].at = chains[i].at;
		words[i].text = el_manifest_copy(reader, whole);
		if (!words[i].text)
			return -ENOMEM;
	}
	twice = el_manifest_find_twice(words, count);
	if (!twice)
		return 0;
	return el_manifest_refuse(reader, twice->at, "a hook of a device has only one chain",
				  "%s has a second chain; the first chain is in line %u",
				  twice->text, twice[-1].at.line);
}

int el_manifest_read_chains(struct manifest_reader *reader, const struct manifest_node *node,
			    struct el_manifest *manifest)
{
	struct el_manifest_chain *chains =
		el_manifest_alloc(reader, node->count + 1, sizeof(*chains));
	int err = chains ? 0 : -ENOMEM;

	for (size_t i = 0; !err && i < node->count; i++)
		err = read_chain(reader, node->items[i], &chains[i]);
	if (!err)
		err = check_twice(reader, chains, node->count);
	manifest->chains = chains;
	manifest->chains_count = node->count;
	if (!err)
		err = el_manifest_join(reader, manifest);
	return err ? err : el_manifest_check_shared(reader, manifest);
}

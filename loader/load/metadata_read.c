// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The metadata of a generation, read back: from the .rodata map of its program, and from their texts
 * into instances and programs. They come from the kernel, but any program could have written them,
 * so each part is checked.
 */
#include <ctype.h>

#include <bpf/bpf.h>

#include "base/reason.h"
#include "kernel/descriptor.h"
#include "load/load.h"
#include "load/metadata.h"
#include "pin/pin.h"

/* The limit of .rodata, which also has the constants of the functions. */
enum { VALUE_MAX = 16 << 20 };

/* The byte of the "%XX" at @text, or -1 if there is no such sequence. */
static int escaped_byte(const char *text)
{
	unsigned int byte;

	if (*text != '%' || !isxdigit((unsigned char)text[1]) || !isxdigit((unsigned char)text[2]))
		return -1;
	sscanf(text + 1, "%2x", &byte);
	return (int)byte;
}

static void unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; to++) {
		int byte = escaped_byte(from);

		*to = byte < 0 ? *from : (char)byte;
		from += byte < 0 ? 1 : 3;
	}
	*to = '\0';
}

const char *el_metadata_reason(const char *text, unsigned int *number, char name[EDGE_NAME_MAX])
{
	unsigned long value;
	size_t length = 0;
	char *end;

	if (!isdigit((unsigned char)*text))
		return NULL;
	value = strtoul(text, &end, 10);
	if (*end != ':' || value >= EDGE_REASONS_MAX)
		return NULL;
	*number = (unsigned int)value;
	for (text = end + 1; *text && *text != ',';) {
		int byte = escaped_byte(text);

		if (length < EDGE_NAME_MAX - 1)
			name[length++] = byte < 0 ? *text : (char)byte;
		text += byte < 0 ? 1 : 3;
	}
	name[length] = '\0';
	return *text ? text + 1 : text;
}

/* @part: the part of the metadata that cannot be read. */
static int broken(struct el_context *context, const struct el_generation *chain, const char *part)
{
	return el_fail(context, EL_FAILED, EPROTO,
		       "detach the chain with 'edge-load detach', then attach it again",
		       "the chain on %s %s describes itself in a way that edge-load %s can't read: "
		       "its %s",
		       chain->at.site.device, el_hook_name(chain->at.site.hook), EL_VERSION, part);
}

static size_t count_items(const char *text)
{
	size_t count = *text ? 1 : 0;

	for (; *text; text++)
		count += *text == ' ';
	return count;
}

/* Cut @text at the first @separator. Return: the text after it, or "". */
static char *cut_at(char *text, char separator)
{
	char *at = strchr(text, separator);

	if (!at)
		return text + strlen(text);
	*at = '\0';
	return at + 1;
}

/* NAME=FUNCTION[,MAP/ENTRIES…][;CFLAGS][:PARAMS] */
static int read_instance(struct el_instance *instance, char *item)
{
	char *function = strchr(item, '='), *params, *cflags, *sizes;

	if (!function)
		return -EPROTO;
	*function++ = '\0';
	params = cut_at(function, ':');
	cflags = cut_at(function, ';');
	sizes = cut_at(function, ',');
	unescape(item);
	unescape(function);
	unescape(cflags);
	unescape(params);
	instance->name = strdup(item);
	instance->function = strdup(function);
	instance->cflags = strdup(cflags);
	instance->params_text = strdup(params);
	instance->sizes = strdup(sizes);
	if (!instance->name || !instance->function || !instance->cflags || !instance->params_text ||
	    !instance->sizes)
		return -ENOMEM;
	/* A name becomes a folder of pins. */
	return el_instance_name_valid(instance->name) ? 0 : -EPROTO;
}

/* Whether el_metadata_reason() can read @text to the end, each reason once; "-" means no
 * reasons. */
static bool are_reasons(const char *text)
{
	char name[EDGE_NAME_MAX];
	unsigned int number;
	size_t count = 0;

	if (!strcmp(text, "-"))
		return true;
	while (text && *text && count++ < EDGE_REASONS_MAX)
		text = el_metadata_reason(text, &number, name);
	return text && !*text && count < EDGE_REASONS_MAX;
}

static bool is_digest(const char *text)
{
	return strlen(text) == strspn(text, "0123456789abcdef") &&
	       strlen(text) < sizeof(((struct el_instance *)NULL)->digest);
}

/* Whether an earlier instance has the name: they would share a folder of pins. */
static bool is_named_before(const struct el_generation *chain, size_t number)
{
	for (size_t i = 0; i < number; i++)
		if (!strcmp(chain->instances[i].name, chain->instances[number].name))
			return true;
	return false;
}

/* The fields that have an item for each instance; strsep() moves the pointers. */
struct items {
	char *chain, *digests, *reasons;
};

/* Read the items of instance @number. @part: the part that is not sound, after an error. */
static int read_items(struct el_generation *chain, size_t number, struct items *items,
		      const char **part)
{
	struct el_instance *instance = &chain->instances[number];
	char *item = strsep(&items->chain, " "), *digest = strsep(&items->digests, " "),
	     *reasons = strsep(&items->reasons, " ");
	int error = item ? read_instance(instance, item) : -EPROTO;

	*part = "instances";
	if (error || is_named_before(chain, number))
		return error ? error : -EPROTO;
	*part = "digests";
	if (!digest || !is_digest(digest))
		return -EPROTO;
	*part = "drop reasons";
	if (!reasons || !are_reasons(reasons))
		return -EPROTO;
	instance->owner = number;
	snprintf(instance->digest, sizeof(instance->digest), "%s", digest);
	instance->reasons = strdup(reasons);
	return instance->reasons ? 0 : -ENOMEM;
}

/* Return: whether @letter is the letter of a kind. */
static bool read_kind(char letter, struct el_program *program)
{
	const char *found = memchr(el_metadata_letters, tolower((unsigned char)letter),
				   sizeof(el_metadata_letters));

	program->kind =
		found ? (enum el_program_kind)(found - el_metadata_letters) : EL_PROGRAM_FUSED;
	program->linked = isupper((unsigned char)letter);
	return found;
}

/* Read FIRST+COUNT and the kind of each program; together, the programs are the whole chain. A
 * program without instances is the entry of an unmodified object behind it. */
static int read_programs(struct el_generation *chain, char *items)
{
	size_t count = count_items(items), next = 0;

	if (!count)
		return -EPROTO;
	chain->at.programs = calloc(count, sizeof(*chain->at.programs));
	if (!chain->at.programs)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		struct el_program *program = &chain->at.programs[i];
		char *item = strsep(&items, " ");
		unsigned int form = EL_FORM_WHOLE;
		char letter = '\0';

		program->fd = -1;
		program->link_fd = -1;
		if (sscanf(item, "%zu+%zu%c%u", &program->first, &program->count, &letter, &form) <
			    3 ||
		    program->first != next || next == chain->instances_count ||
		    (!program->count && i && !chain->at.programs[i - 1].count) ||
		    program->count > chain->instances_count - next || !read_kind(letter, program) ||
		    form >= EL_FORMS)
			return -EPROTO;
		program->form = form;
		chain->at.programs_count = i + 1;
		for (size_t j = program->first; j < program->first + program->count; j++) {
			chain->instances[j].program = i;
			chain->instances[j].fusable = program->kind == EL_PROGRAM_FUSED;
			chain->instances[j].plain = program->kind == EL_PROGRAM_PLAIN;
		}
		next += program->count;
	}
	return next == chain->instances_count ? 0 : -EPROTO;
}

/* Terminate every text inside its field; the code that reads them relies on that. */
static void terminate(struct edge_metadata *metadata)
{
	metadata->user[sizeof(metadata->user) - 1] = '\0';
	metadata->version[sizeof(metadata->version) - 1] = '\0';
	metadata->cut[sizeof(metadata->cut) - 1] = '\0';
	metadata->programs[sizeof(metadata->programs) - 1] = '\0';
	metadata->digests[sizeof(metadata->digests) - 1] = '\0';
	metadata->chain[sizeof(metadata->chain) - 1] = '\0';
	metadata->reasons[sizeof(metadata->reasons) - 1] = '\0';
}

int el_metadata_parse(const void *bytes, size_t size, struct edge_metadata *out)
{
	if (size < sizeof(*out))
		return -EPROTO;
	memcpy(out, bytes, sizeof(*out));
	terminate(out);
	return out->abi == EDGE_ABI && out->mode <= EL_MODE_SHARED ? 0 : -EPROTO;
}

int el_metadata_peek(int fd, struct edge_metadata *out)
{
	_cleanup_free_ char *value = NULL;
	uint32_t size, zero = 0;
	int error = el_descriptor_check_one(fd, VALUE_MAX, &size);

	if (error)
		return error == -EMEDIUMTYPE ? -EPROTO : error;
	if (size < sizeof(*out))
		return -EPROTO;
	value = malloc(size);
	if (!value)
		return -ENOMEM;
	if (bpf_map_lookup_elem(fd, &zero, value))
		return -errno;
	return el_metadata_parse(value, size, out);
}

int el_metadata_any(struct el_context *context, const struct el_site *site,
		    struct edge_metadata *out)
{
	static const struct el_which whiches[] = {
		{EL_WHICH_RUNNING, 0}, {EL_WHICH_GONE, 0}, {EL_WHICH_NEW, 0}};
	_cleanup_free_ uint32_t *numbers = NULL;
	_cleanup_fd_ int fd = -1;
	size_t count = 0;

	for (size_t i = 0; i < sizeof(whiches) / sizeof(*whiches) && fd < 0; i++)
		fd = el_pin_get(context, site, whiches[i], "metadata");
	if (fd < 0 && !el_pin_generations(context, site, &numbers, &count) && count)
		fd = el_pin_get(context, site, EL_GENERATION(numbers[count - 1]), "metadata");
	return fd < 0 ? fd : el_metadata_peek(fd, out);
}

static int fetch(struct el_context *context, struct el_generation *chain)
{
	int error;

	chain->metadata = calloc(1, sizeof(*chain->metadata));
	if (!chain->metadata)
		return el_fail_memory(context);
	error = el_metadata_peek(chain->metadata_fd, chain->metadata);
	if (error == -EPROTO)
		return broken(context, chain, "metadata");
	return error ? el_fail(context, EL_FAILED, -error, NULL,
			       "can't read the chain on %s %s: %s", chain->at.site.device,
			       el_hook_name(chain->at.site.hook), el_reason(EL_OP_MAP_READ, -error))
		     : 0;
}

int el_metadata_unpack(struct el_generation *chain, const char **part)
{
	const struct edge_metadata *metadata = chain->metadata;
	_cleanup_free_ char *instances = strdup(metadata->chain),
			    *digests = strdup(metadata->digests),
			    *reasons = strdup(metadata->reasons),
			    *programs = strdup(metadata->programs);
	struct items items = {instances, digests, reasons};
	int error = 0;

	chain->cut = strdup(metadata->cut);
	if (!instances || !digests || !reasons || !programs || !chain->cut)
		return -ENOMEM;
	chain->at.site.mode = metadata->mode;
	chain->keep = metadata->keep;
	chain->declared = metadata->declared;
	chain->instances_count = count_items(instances);
	*part = "instances";
	if (!chain->instances_count || chain->instances_count > EDGE_INSTANCES_MAX) {
		chain->instances_count = 0;
		return -EPROTO;
	}
	chain->instances = calloc(chain->instances_count, sizeof(*chain->instances));
	if (!chain->instances) {
		chain->instances_count = 0;
		return -ENOMEM;
	}
	for (size_t i = 0; !error && i < chain->instances_count; i++)
		error = read_items(chain, i, &items, part);
	if (error)
		return error;
	*part = "programs";
	return read_programs(chain, programs);
}

int el_metadata_read(struct el_context *context, struct el_generation *chain)
{
	const char *part = NULL;
	int error = fetch(context, chain);

	if (error)
		return error;
	error = el_metadata_unpack(chain, &part);
	return error == -ENOMEM ? el_fail_memory(context)
	       : error		? broken(context, chain, part)
				: 0;
}

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Metadata: the description of a chain inside the kernel, in struct edge_metadata (abi.h). It is
 * written before the load and read back through the pin of the program's .rodata. In names, blanks,
 * commas, colons and percent signs are written as %XX, so that the texts can be split.
 */
#include <ctype.h>
#include <pwd.h>

#include <bpf/bpf.h>

#include "pin/pin.h"
#include "load/load.h"
#include "kernel/descriptor.h"
#include "kernel/netns.h"
#include "base/reason.h"

/* The limit of .rodata, which also has the constants of the functions. */
enum { VALUE_MAX = 16 << 20 };

static void put_escaped(FILE *out, const char *text, const char *special)
{
	for (const char *c = text; *c; c++)
		fprintf(out, (unsigned char)*c <= ' ' || strchr(special, *c) ? "%%%02x" : "%c",
			(unsigned char)*c);
}

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

/* ---------------------------------------------------------------- writing */

static void write_user(struct edge_metadata *metadata)
{
	const char *sudo = getenv("SUDO_USER");
	const struct passwd *user = getpwuid(getuid());

	if (sudo && *sudo)
		snprintf(metadata->user, sizeof(metadata->user), "%s", sudo);
	else if (user)
		snprintf(metadata->user, sizeof(metadata->user), "%s", user->pw_name);
	else
		snprintf(metadata->user, sizeof(metadata->user), "%u", getuid());
}

static void write_chain(FILE *out, const struct el_instance *instance)
{
	put_escaped(out, instance->name, "%=:,");
	fputc('=', out);
	put_escaped(out, instance->function, "%=:,;");
	if (instance->sizes && *instance->sizes)
		fprintf(out, ",%s", instance->sizes);
	if (*instance->cflags) {
		fputc(';', out);
		put_escaped(out, instance->cflags, "%:;");
	}
	if (*instance->params_text) {
		fputc(':', out);
		put_escaped(out, instance->params_text, "%");
	}
}

static void write_digest(FILE *out, const struct el_instance *instance)
{
	fputs(instance->digest, out);
}

static void write_reasons(FILE *out, const struct el_instance *instance)
{
	fputs(instance->reasons, out);
}

/* Write a text field with an item for each instance, separated by blanks. */
static int write_items(struct el_context *context, const struct el_generation *chain, char *field,
		       size_t size, void (*item)(FILE *out, const struct el_instance *instance))
{
	FILE *out = fmemopen(field, size, "w");

	if (!out)
		return el_fail_memory(context);
	setbuf(out, NULL);
	for (size_t i = 0; i < chain->instances_count; i++) {
		if (i)
			fputc(' ', out);
		item(out, &chain->instances[i]);
	}
	if (ferror(out) || ftell(out) >= (long)size) {
		fclose(out);
		return el_fail(context, EL_USAGE, E2BIG,
			       "shorten the paths, the names or the parameters",
			       "the description of the chain is longer than %zu bytes", size - 1);
	}
	fclose(out);
	return 0;
}

int el_metadata_make(struct el_context *context, struct el_generation *chain, uint32_t generation)
{
	struct edge_metadata *metadata = calloc(1, sizeof(*metadata));
	uint64_t netns = 0;
	int error;

	if (!metadata)
		return el_fail_memory(context);
	free(chain->metadata);
	chain->metadata = metadata;
	metadata->abi = EDGE_ABI;
	metadata->generation = generation;
	metadata->time = (uint64_t)time(NULL);
	metadata->mode = chain->at.site.mode;
	metadata->ifindex = (uint32_t)chain->at.site.ifindex;
	metadata->keep = chain->keep;
	metadata->declared = chain->declared;
	el_netns_cookie(&netns);
	metadata->netns = netns;
	snprintf(metadata->version, sizeof(metadata->version), "%s", EL_VERSION);
	write_user(metadata);
	error = write_items(context, chain, metadata->chain, sizeof(metadata->chain), write_chain);
	if (!error)
		error = write_items(context, chain, metadata->digests, sizeof(metadata->digests),
				    write_digest);
	if (!error)
		error = write_items(context, chain, metadata->reasons, sizeof(metadata->reasons),
				    write_reasons);
	return error;
}

/* ---------------------------------------------------------------- reading */

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

static int read_instances(struct el_generation *chain, char *items, char *digests, char *reasons,
			  const char **part)
{
	char *at[3] = {items, digests, reasons};

	for (size_t i = 0; i < chain->instances_count; i++) {
		struct el_instance *instance = &chain->instances[i];
		char *item = strsep(&at[0], " "), *digest = strsep(&at[1], " "),
		     *reason = strsep(&at[2], " ");
		int error = item ? read_instance(instance, item) : -EPROTO;

		*part = "instances";
		if (error || is_named_before(chain, i))
			return error ? error : -EPROTO;
		*part = "digests";
		if (!digest || !is_digest(digest))
			return -EPROTO;
		*part = "drop reasons";
		if (!reason || !are_reasons(reason))
			return -EPROTO;
		instance->owner = i;
		snprintf(instance->digest, sizeof(instance->digest), "%s", digest);
		instance->reasons = strdup(reason);
		if (!instance->reasons)
			return -ENOMEM;
	}
	return 0;
}

/* The letters of struct edge_metadata (bpf/edge/abi.h); a capital letter means linked. */
static const char letters[EL_PROGRAM_KINDS] = {
	[EL_PROGRAM_FUSED] = 'f', [EL_PROGRAM_EDGE] = 'o', [EL_PROGRAM_PLAIN] = 'p'};

static size_t describe_program(char *out, size_t room, const struct el_program *program)
{
	char letter = letters[program->kind];
	int length = snprintf(out, room, "%zu+%zu%c", program->first, program->count,
			      program->linked ? toupper(letter) : letter);

	if (program->form && (size_t)length < room)
		length += snprintf(out + length, room - (size_t)length, "%d", program->form);
	return (size_t)length;
}

void el_metadata_describe(struct el_generation *chain, const struct el_program *first)
{
	struct edge_metadata *metadata = chain->metadata;
	const size_t room = sizeof(metadata->programs);
	size_t used;

	metadata->program = (uint32_t)first->first;
	snprintf(metadata->cut, sizeof(metadata->cut), "%s", chain->cut ? chain->cut : "");
	used = describe_program(metadata->programs, room, first);
	for (size_t i = 0; i < chain->at.programs_count && used + 1 < room; i++) {
		metadata->programs[used++] = ' ';
		used += describe_program(metadata->programs + used, room - used,
					 &chain->at.programs[i]);
	}
}

/* Return: whether @letter is the letter of a kind. */
static bool read_kind(char letter, struct el_program *program)
{
	const char *found = memchr(letters, tolower((unsigned char)letter), sizeof(letters));

	program->kind = found ? (enum el_program_kind)(found - letters) : EL_PROGRAM_FUSED;
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
	_cleanup_free_ char *items = strdup(metadata->chain), *digests = strdup(metadata->digests);
	_cleanup_free_ char *reasons = strdup(metadata->reasons),
			    *programs = strdup(metadata->programs);
	int error;

	chain->cut = strdup(metadata->cut);
	if (!items || !digests || !reasons || !programs || !chain->cut)
		return -ENOMEM;
	chain->at.site.mode = metadata->mode;
	chain->keep = metadata->keep;
	chain->declared = metadata->declared;
	chain->instances_count = count_items(items);
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
	error = read_instances(chain, items, digests, reasons, part);
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

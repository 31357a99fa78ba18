// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Metadata: what a chain says of itself inside the kernel, in struct edge_metadata (abi.h). Written
 * before the load, read back through the pin of the program's .rodata. In its texts a blank, a
 * comma, a colon and a percent sign of a name are written %XX, so that a split is a split.
 */
#include <pwd.h>

#include <bpf/bpf.h>

#include "chain.h"
#include "netns.h"
#include "reason.h"

static void put_escaped(FILE *out, const char *text, const char *special)
{
	for (const char *c = text; *c; c++)
		fprintf(out, (unsigned char)*c <= ' ' || strchr(special, *c) ? "%%%02x" : "%c",
			(unsigned char)*c);
}

static void unescape(char *text)
{
	char *to = text;

	for (const char *from = text; *from; to++) {
		unsigned int byte;

		if (*from == '%' && sscanf(from + 1, "%2x", &byte) == 1) {
			*to = (char)byte;
			from += 3;
		} else {
			*to = *from++;
		}
	}
	*to = '\0';
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

/* A text field with an item for each instance, blanks between. */
static int write_items(struct el_context *context, const struct el_chain *chain, char *field,
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

int el_metadata_make(struct el_context *context, struct el_chain *chain, uint32_t generation)
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
	metadata->mode = chain->mode;
	metadata->ifindex = (uint32_t)chain->ifindex;
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

static int broken(struct el_context *context, const struct el_chain *chain)
{
	return el_fail(context, EL_FAILED, EPROTO,
		       "'edge-load detach' takes it off; then attach it anew",
		       "the chain on %s %s describes itself in a way that edge-load %s can't read",
		       chain->device, el_hook_name(chain->hook), EL_VERSION);
}

static size_t count_items(const char *text)
{
	size_t count = *text ? 1 : 0;

	for (; *text; text++)
		count += *text == ' ';
	return count;
}

/* What follows the first @separator in @text, which ends before it; or "". */
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
	return instance->name && instance->function && instance->cflags && instance->params_text &&
			       instance->sizes
		       ? 0
		       : -ENOMEM;
}

static int read_instances(struct el_chain *chain, char *items, char *digests, char *reasons)
{
	char *at[3] = {items, digests, reasons};

	for (size_t i = 0; i < chain->instances_count; i++) {
		struct el_instance *instance = &chain->instances[i];
		char *item = strsep(&at[0], " "), *digest = strsep(&at[1], " "),
		     *reason = strsep(&at[2], " ");
		int error;

		if (!item || !digest || !reason)
			return -EPROTO;
		instance->owner = i;
		error = read_instance(instance, item);
		if (error)
			return error;
		snprintf(instance->digest, sizeof(instance->digest), "%s", digest);
		instance->reasons = strdup(reason);
		if (!instance->reasons)
			return -ENOMEM;
	}
	return 0;
}

/* FIRST+COUNT and the kind, for each program. */
static int read_programs(struct el_chain *chain, char *items)
{
	size_t count = count_items(items);

	chain->programs = calloc(count ? count : 1, sizeof(*chain->programs));
	if (!chain->programs)
		return -ENOMEM;
	for (size_t i = 0; i < count; i++) {
		struct el_program *program = &chain->programs[i];
		char *item = strsep(&items, " ");
		unsigned int form = EL_FORM_WHOLE;

		program->fd = -1;
		program->link_fd = -1;
		if (sscanf(item, "%zu+%zu%c%u", &program->first, &program->count, &program->kind,
			   &form) < 3 ||
		    program->first + program->count > chain->instances_count || form >= EL_FORMS)
			return -EPROTO;
		program->form = form;
		chain->programs_count = i + 1;
		for (size_t j = program->first; j < program->first + program->count; j++) {
			chain->instances[j].program = i;
			chain->instances[j].fusable = el_program_fused(program);
			chain->instances[j].plain = el_program_plain(program);
		}
	}
	return 0;
}

/* Every text ends inside its field: what follows trusts that. */
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

int el_metadata_peek(int fd, struct edge_metadata *out)
{
	struct bpf_map_info info = {0};
	uint32_t size = sizeof(info), zero = 0;
	_cleanup_free_ char *value = NULL;

	if (bpf_obj_get_info_by_fd(fd, &info, &size))
		return -errno;
	if (info.value_size < sizeof(*out))
		return -EPROTO;
	value = calloc(1, info.value_size);
	if (!value)
		return -ENOMEM;
	if (bpf_map_lookup_elem(fd, &zero, value))
		return -errno;
	memcpy(out, value, sizeof(*out));
	terminate(out);
	return out->abi == EDGE_ABI ? 0 : -EPROTO;
}

int el_metadata_any(struct el_context *context, const char *device, enum edge_hook hook,
		    struct edge_metadata *out)
{
	static const char *const whiches[] = {NULL, EL_PIN_GONE, EL_PIN_NEW};
	_cleanup_free_ uint32_t *numbers = NULL;
	_cleanup_free_ char *number = NULL;
	_cleanup_fd_ int fd = -1;
	size_t count = 0;

	for (size_t i = 0; i < sizeof(whiches) / sizeof(*whiches) && fd < 0; i++)
		fd = el_pin_get(context, device, hook, whiches[i], "metadata");
	if (fd < 0 && !el_pin_generations(context, device, hook, &numbers, &count) && count)
		number = el_format("%u", numbers[count - 1]);
	if (number)
		fd = el_pin_get(context, device, hook, number, "metadata");
	return fd < 0 ? fd : el_metadata_peek(fd, out);
}

static int fetch(struct el_context *context, struct el_chain *chain)
{
	int error;

	chain->metadata = calloc(1, sizeof(*chain->metadata));
	if (!chain->metadata)
		return el_fail_memory(context);
	error = el_metadata_peek(chain->metadata_fd, chain->metadata);
	if (error == -EPROTO)
		return broken(context, chain);
	return error ? el_fail(context, EL_FAILED, -error, NULL,
			       "can't read the chain on %s %s: %s", chain->device,
			       el_hook_name(chain->hook), el_reason(EL_OP_MAP_READ, -error))
		     : 0;
}

int el_metadata_read(struct el_context *context, struct el_chain *chain)
{
	_cleanup_free_ char *items = NULL, *digests = NULL, *reasons = NULL, *programs = NULL;
	int error = fetch(context, chain);

	if (error)
		return error;
	items = strdup(chain->metadata->chain);
	digests = strdup(chain->metadata->digests);
	reasons = strdup(chain->metadata->reasons);
	programs = strdup(chain->metadata->programs);
	chain->cut = strdup(chain->metadata->cut);
	if (!items || !digests || !reasons || !programs || !chain->cut)
		return el_fail_memory(context);
	chain->mode = chain->metadata->mode;
	chain->keep = chain->metadata->keep;
	chain->declared = chain->metadata->declared;
	chain->instances = calloc(count_items(items) + 1, sizeof(*chain->instances));
	if (!chain->instances)
		return el_fail_memory(context);
	chain->instances_count = count_items(items);
	error = read_instances(chain, items, digests, reasons);
	if (!error)
		error = read_programs(chain, programs);
	return error == -ENOMEM ? el_fail_memory(context) : error ? broken(context, chain) : 0;
}

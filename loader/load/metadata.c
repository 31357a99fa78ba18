// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Metadata: the description of a chain inside the kernel, in struct edge_metadata (abi.h). It is
 * written before the load and read back through the pin of the program's .rodata. In names, blanks,
 * commas, colons and percent signs are written as %XX, so that the texts can be split.
 */
#include <ctype.h>
#include <pwd.h>

#include "kernel/netns.h"
#include "load/metadata.h"

static void put_escaped(FILE *out, const char *text, const char *special)
{
	for (const char *c = text; *c; c++)
		fprintf(out, (unsigned char)*c <= ' ' || strchr(special, *c) ? "%%%02x" : "%c",
			(unsigned char)*c);
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

/* A text field of the metadata that has an item for each instance, separated by blanks. */
struct field {
	char *text;
	size_t size;
	void (*write)(FILE *out, const struct el_instance *instance);
};

static int write_field(struct el_context *context, const struct el_generation *chain,
		       const struct field *field)
{
	FILE *out = fmemopen(field->text, field->size, "w");

	if (!out)
		return el_fail_memory(context);
	setbuf(out, NULL);
	for (size_t i = 0; i < chain->instances_count; i++) {
		if (i)
			fputc(' ', out);
		field->write(out, &chain->instances[i]);
	}
	if (ferror(out) || ftell(out) >= (long)field->size) {
		fclose(out);
		return el_fail(
			context, EL_USAGE, E2BIG, "shorten the paths, the names or the parameters",
			"the description of the chain is longer than %zu bytes", field->size - 1);
	}
	fclose(out);
	return 0;
}

static int write_fields(struct el_context *context, const struct el_generation *chain)
{
	struct edge_metadata *metadata = chain->metadata;
	const struct field fields[] = {
		{metadata->chain, sizeof(metadata->chain), write_chain},
		{metadata->digests, sizeof(metadata->digests), write_digest},
		{metadata->reasons, sizeof(metadata->reasons), write_reasons},
	};
	int error = 0;

	for (size_t i = 0; !error && i < sizeof(fields) / sizeof(*fields); i++)
		error = write_field(context, chain, &fields[i]);
	return error;
}

int el_metadata_make(struct el_context *context, struct el_generation *chain, uint32_t generation)
{
	struct edge_metadata *metadata = calloc(1, sizeof(*metadata));
	uint64_t netns = 0;

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
	return write_fields(context, chain);
}

const char el_metadata_letters[EL_PROGRAM_KINDS] = {
	[EL_PROGRAM_FUSED] = 'f', [EL_PROGRAM_EDGE] = 'o', [EL_PROGRAM_PLAIN] = 'p'};

static size_t describe_program(char *out, size_t room, const struct el_program *program)
{
	char letter = el_metadata_letters[program->kind];
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

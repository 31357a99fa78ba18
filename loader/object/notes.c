// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Reads the notes that the SDK leaves in an object (abi.h): the function's name, its parameters and
 * its drop reasons. A plain program has no notes.
 */
#include <ctype.h>

#include "object/elf.h"
#include "object/object.h"

static const char *const hint_rebuild = "build the object again with this edge-load's headers";

static int fail_note(struct el_context *context, const struct el_object *object,
		     const char *section, const char *why)
{
	return el_fail(context, EL_COMPILE, EINVAL, hint_rebuild, "%s: section %s: %s",
		       object->info.path, section, why);
}

static bool is_identifier(const char *text, size_t size)
{
	if (!memchr(text, '\0', size) || (!isalpha((unsigned char)*text) && *text != '_'))
		return false;
	for (; *text; text++)
		if (!isalnum((unsigned char)*text) && *text != '_')
			return false;
	return true;
}

/* Whether @text is terminated and has no control characters, because terminals will show it. */
static bool is_line(const char *text, size_t size)
{
	if (!memchr(text, '\0', size))
		return false;
	for (; *text; text++)
		if (iscntrl((unsigned char)*text))
			return false;
	return true;
}

static int read_function(struct el_context *context, struct el_object *object,
			 const struct el_elf *elf)
{
	const char *section = ".edge.function";
	struct edge_function_note note;
	size_t size = 0;
	const char *at = el_elf_section(elf, section, &size);

	if (!at)
		return 0;
	if (size < sizeof(note.abi))
		return fail_note(context, object, section, "too short");
	memcpy(&note, at, size < sizeof(note) ? size : sizeof(note));
	if (note.abi != EDGE_ABI)
		return el_fail(context, EL_COMPILE, EINVAL, hint_rebuild,
			       "%s: built for ABI %u of edge-load; this edge-load has ABI %u",
			       object->info.path, note.abi, EDGE_ABI);
	if (size > sizeof(note) && size % sizeof(note) == 0)
		return fail_note(context, object, section,
				 "more than one EDGE_FUNCTION(); an object has only one");
	if (size != sizeof(note))
		return fail_note(context, object, section, "its size differs from the ABI's");
	if (!is_identifier(note.name, sizeof(note.name)))
		return fail_note(context, object, section,
				 "the function's name is not an identifier");
	if (!is_line(note.help, sizeof(note.help)))
		return fail_note(context, object, section, "the help is not a line of text");
	object->info.function = at + offsetof(struct edge_function_note, name);
	object->info.help = at + offsetof(struct edge_function_note, help);
	object->info.frags = note.flags & EDGE_FUNCTION_FRAGS_OK;
	return 0;
}

/* The note is copied before it is read, because the section may not be aligned in the file. */
static int read_param_note(struct el_context *context, struct el_object *object, const char *at,
			   struct el_param_info *param)
{
	const char *section = ".edge.param";
	struct edge_param_note note;

	memcpy(&note, at, sizeof(note));
	if (!is_identifier(note.name, sizeof(note.name)))
		return fail_note(context, object, section,
				 "a parameter's name is not an identifier");
	if (!is_line(note.help, sizeof(note.help)))
		return fail_note(context, object, section,
				 "a parameter's help is not a line of text");
	param->name = at + offsetof(struct edge_param_note, name);
	param->help = at + offsetof(struct edge_param_note, help);
	param->min = note.min;
	param->max = note.max;
	param->ranged = note.min || note.max;
	return 0;
}

static int read_params(struct el_context *context, struct el_object *object,
		       const struct el_elf *elf)
{
	const size_t step = sizeof(struct edge_param_note);
	struct el_param_info *params;
	size_t size = 0;
	const char *notes = el_elf_section(elf, ".edge.param", &size);
	int error = 0;

	if (size % step)
		return fail_note(context, object, ".edge.param", "its size differs from the ABI's");
	params = calloc(size / step + 1, sizeof(*params));
	if (!params)
		return el_fail_memory(context);
	object->info.params = params;
	object->info.params_count = size / step;
	for (size_t i = 0; i < size / step && !error; i++)
		error = read_param_note(context, object, notes + i * step, &params[i]);
	return error;
}

static int read_reason_note(struct el_context *context, struct el_object *object, const char *at)
{
	const char *section = ".edge.reason";
	struct edge_reason_note note;

	memcpy(&note, at, sizeof(note));
	if (!note.number || note.number >= EDGE_REASONS_MAX)
		return fail_note(context, object, section, "a number out of range");
	if (!is_line(note.name, sizeof(note.name)))
		return fail_note(context, object, section, "a reason is not a line of text");
	object->info.reasons[note.number] = at + offsetof(struct edge_reason_note, name);
	if (note.number >= object->info.reasons_count)
		object->info.reasons_count = note.number + 1;
	return 0;
}

static int read_reasons(struct el_context *context, struct el_object *object,
			const struct el_elf *elf)
{
	const size_t step = sizeof(struct edge_reason_note);
	const char **reasons = calloc(EDGE_REASONS_MAX, sizeof(*reasons));
	size_t size = 0;
	const char *notes = el_elf_section(elf, ".edge.reason", &size);
	int error = 0;

	if (!reasons)
		return el_fail_memory(context);
	object->info.reasons = reasons;
	object->info.reasons_count = 1;
	reasons[0] = "unspecified";
	if (size % step)
		return fail_note(context, object, ".edge.reason",
				 "its size differs from the ABI's");
	for (size_t i = 0; i < size / step && !error; i++)
		error = read_reason_note(context, object, notes + i * step);
	return error;
}

int el_object_read_notes(struct el_context *context, struct el_object *object,
			 const struct el_elf *elf)
{
	int error;

	object->info.help = "";
	error = read_function(context, object, elf);
	if (!error && object->info.function)
		error = read_params(context, object, elf);
	return error ? error : read_reasons(context, object, elf);
}

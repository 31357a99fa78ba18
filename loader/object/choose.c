// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Chooses the program of an object for each hook.
 */
#include "object/object.h"

static const char *hook_text(const struct el_program_info *program)
{
	return program->xdp ? "xdp" : program->tc ? "tc" : "another hook";
}

/* List the programs for XDP and TC: "one (xdp), two (xdp), three (tc)"; malloc'ed, or NULL. */
static char *list_programs(const struct el_object_info *info)
{
	char *list = strdup("");

	for (size_t i = 0; i < info->programs_count && list; i++) {
		const struct el_program_info *program = &info->programs[i];
		char *longer;

		if (!program->xdp && !program->tc)
			continue;
		longer = el_format("%s%s%s (%s)", list, *list ? ", " : "", program->name,
				   hook_text(program));
		free(list);
		list = longer;
	}
	return list;
}

/* List the programs of an object that has none for XDP and TC, with their sections. */
static char *list_others(const struct el_object_info *info)
{
	char *list =
		strdup(info->programs_count
			       ? "a program for them has the section xdp or tc; the object has: "
			       : "the object has no program");

	for (size_t i = 0; i < info->programs_count && list; i++) {
		char *longer = el_format("%s%s%s (section %s)", list, i ? ", " : "",
					 info->programs[i].name, info->programs[i].section);

		free(list);
		list = longer;
	}
	return list;
}

static const struct el_program_info *find(const struct el_object_info *info, const char *name)
{
	for (size_t i = 0; i < info->programs_count; i++)
		if (!strcmp(info->programs[i].name, name))
			return &info->programs[i];
	return NULL;
}

static int choose_entries(struct el_context *context, struct el_object *object, const char *program)
{
	const struct el_object_info *info = &object->info;
	_cleanup_free_ char *xdp = el_format("%s_xdp", info->function);
	_cleanup_free_ char *tc = el_format("%s_tc", info->function);

	if (!xdp || !tc)
		return el_fail_memory(context);
	if (program)
		return el_fail(
			context, EL_USAGE, EINVAL, "remove the # and the text after it",
			"%s: the object is the function %s and has no programs to choose from",
			info->path, info->function);
	object->program_xdp = find(info, xdp);
	object->program_tc = find(info, tc);
	if (!object->program_xdp || !object->program_tc)
		return el_fail(context, EL_COMPILE, EINVAL, "build the object again",
			       "%s: function %s has no program %s", info->path, info->function,
			       object->program_xdp ? tc : xdp);
	return 0;
}

static int choose_named(struct el_context *context, struct el_object *object, const char *name)
{
	const struct el_object_info *info = &object->info;
	const struct el_program_info *program = find(info, name);

	if (!program) {
		_cleanup_free_ char *list = list_programs(info);
		_cleanup_free_ char *hint =
			el_format("the programs are: %s", list && *list ? list : "none");

		return el_fail(context, EL_NOT_FOUND, ENOENT, hint, "%s: has no program \"%s\"",
			       info->path, name);
	}
	if (!program->xdp && !program->tc)
		return el_fail(context, EL_COMPILE, EINVAL, NULL,
			       "%s: program %s (section %s) is not an XDP or TC program",
			       info->path, name, program->section);
	object->program_xdp = program->xdp ? program : NULL;
	object->program_tc = program->tc ? program : NULL;
	return 0;
}

static int fail_choice(struct el_context *context, const struct el_object_info *info,
		       const char *example)
{
	_cleanup_free_ char *list = list_programs(info);
	_cleanup_free_ char *hint = el_format("choose a program: %s#%s; the programs are: %s",
					      info->path, example, list ? list : "");

	return el_fail(context, EL_COMPILE, EINVAL, hint,
		       "%s: has more than one program for a hook", info->path);
}

/* If no program is chosen, the object takes frames in fragments if all of its XDP programs do. */
static bool all_take_frags(const struct el_object_info *info)
{
	bool any = false, all = true;

	for (size_t i = 0; i < info->programs_count; i++) {
		any |= info->programs[i].xdp;
		all &= info->programs[i].frags || !info->programs[i].xdp;
	}
	return any && all;
}

/* Whether the object has at most one program for each hook, and at least one in all. */
static bool has_choice(const struct el_object_info *info)
{
	size_t xdp = 0, tc = 0;

	for (size_t i = 0; i < info->programs_count; i++) {
		xdp += info->programs[i].xdp;
		tc += info->programs[i].tc;
	}
	return xdp <= 1 && tc <= 1 && xdp + tc > 0;
}

static int choose_only(struct el_context *context, struct el_object *object)
{
	const struct el_object_info *info = &object->info;

	for (size_t i = 0; i < info->programs_count; i++) {
		const struct el_program_info *program = &info->programs[i];

		if ((program->xdp && object->program_xdp) || (program->tc && object->program_tc))
			return fail_choice(context, info, program->name);
		if (program->xdp)
			object->program_xdp = program;
		if (program->tc)
			object->program_tc = program;
	}
	if (!object->program_xdp && !object->program_tc) {
		_cleanup_free_ char *hint = list_others(info);

		return el_fail(context, EL_COMPILE, EINVAL, hint,
			       "%s: has no program for XDP or TC", info->path);
	}
	return 0;
}

int el_object_choose(struct el_context *context, struct el_object *object, const char *program,
		     bool look)
{
	int error;

	if (object->info.function)
		return choose_entries(context, object, program);
	if (look && !program && !has_choice(&object->info)) {
		object->info.frags = all_take_frags(&object->info);
		return 0;
	}
	error = program ? choose_named(context, object, program) : choose_only(context, object);
	if (error)
		return error;
	object->info.frags = object->program_xdp && object->program_xdp->frags;
	return 0;
}

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Ask the confined compiler (child.c) for one fused object. protocol.h describes the protocol. This
 * file does not use LLVM.
 */
#include <sys/mman.h>

#include <jansson.h>

#include "fuse/fuse.h"
#include "fuse/fused.h"
#include "fuse/once.h"
#include "fuse/protocol.h"
#include "object/lines.h"
#include "object/elf.h"
#include "base/run.h"
#include "base/reason.h"

const char *const el_placement_names[EL_CONSTANTS] = {
	[EL_CONSTANT_FIRST] = "edge_first",
	[EL_CONSTANT_LENGTH] = "edge_length",
	[EL_CONSTANT_END] = "edge_end",
	[EL_CONSTANT_NEXT] = "edge_next",
	[EL_CONSTANT_HOOK] = "edge_hook",
	[EL_CONSTANT_FLAGS] = "edge_flags",
	[EL_CONSTANT_MAC_FIRST] = "edge_mac_first",
	[EL_CONSTANT_MAC_LAST] = "edge_mac_last",
};

void el_placement_constants(const struct el_placement *placement, uint32_t values[EL_CONSTANTS])
{
	size_t next = placement->first + placement->count;

	values[EL_CONSTANT_FIRST] = (uint32_t)placement->first;
	values[EL_CONSTANT_LENGTH] = (uint32_t)placement->count;
	values[EL_CONSTANT_END] = (uint32_t)placement->end;
	values[EL_CONSTANT_NEXT] = placement->last ? EDGE_LAST : (uint32_t)next;
	values[EL_CONSTANT_HOOK] = placement->site->hook;
	values[EL_CONSTANT_FLAGS] = placement->site->flags |
				    (placement->next_plain ? EDGE_CHAIN_NEXT_PLAIN : 0) |
				    (placement->form >= EL_FORM_SETTLED ? EDGE_CHAIN_SETTLE : 0) |
				    (placement->clsact ? EDGE_CHAIN_CLSACT : 0);
	memcpy(&values[EL_CONSTANT_MAC_FIRST], &placement->site->mac[0], sizeof(*values));
	memcpy(&values[EL_CONSTANT_MAC_LAST], &placement->site->mac[4], sizeof(*values));
}

static json_t *hex_of(const void *bytes, size_t size)
{
	_cleanup_free_ char *text = malloc(2 * size + 1);

	if (!text)
		return NULL;
	el_hex(text, bytes, size);
	return json_string(text);
}

static bool gpl_compatible(const char *license)
{
	/* The kernel's list: include/linux/license.h. */
	static const char *const words[] = {
		"GPL",		"GPL v2",	"GPL and additional rights",
		"Dual BSD/GPL", "Dual MIT/GPL", "Dual MPL/GPL"};

	for (size_t i = 0; i < sizeof(words) / sizeof(*words); i++)
		if (!strcmp(license, words[i]))
			return true;
	return false;
}

/* Give up the whole object if memory is short: the compiler would use a default for a missing
 * key. */
static json_t *put(json_t *object, const char *key, json_t *value)
{
	if (!json_object_set_new(object, key, value))
		return object;
	json_decref(object);
	return NULL;
}

static json_t *constants_of(const struct el_placement *placement)
{
	json_t *constants = json_object();
	uint32_t values[EL_CONSTANTS];

	el_placement_constants(placement, values);
	for (size_t i = 0; i < EL_CONSTANTS_FOLDED; i++)
		constants = put(constants, el_placement_names[i],
				hex_of(&values[i], sizeof(values[i])));
	for (size_t i = 0; i < placement->count; i++)
		if (!gpl_compatible(
			    placement->instances[placement->first + i].object->info.license))
			constants = put(constants, "edge_license", hex_of("Proprietary", 12));
	return constants;
}

static json_t *params_of(const struct el_instance *instance)
{
	const struct el_object *object = instance->object;
	json_t *params = json_object();

	for (size_t i = 0; i < object->info.params_count; i++)
		if (instance->params[i])
			params = put(params, object->info.params[i].name,
				     hex_of(instance->params[i], object->params[i].size));
	return params;
}

static json_t *tables_of(const struct el_placement *placement, size_t owner)
{
	json_t *tables = json_object();

	for (size_t i = 0; i < placement->tables_count; i++) {
		const struct el_fuse_table *table = &placement->tables[i];

		if (table->owner == owner)
			tables = put(tables, table->map,
				     hex_of(&table->space, sizeof(table->space)));
	}
	return tables;
}

static bool has_tables(const struct el_placement *placement)
{
	for (size_t i = 0; i < placement->count; i++)
		for (size_t j = 0; j < placement->tables_count; j++)
			if (placement->instances[placement->first + i].owner ==
			    placement->tables[j].owner)
				return true;
	return false;
}

static json_t *instance_of(const struct el_placement *placement, size_t number, size_t descriptor)
{
	const struct el_instance *instance = &placement->instances[number];
	_cleanup_free_ char *symbol = NULL;

	if (instance->plain)
		symbol = strdup(el_instance_program(instance, placement->site->hook)->name);
	else
		symbol = el_format("edge_fn_%s", instance->object->info.function);
	if (!symbol)
		return NULL;
	return json_pack("{s:i, s:i, s:b, s:b, s:s, s:i, s:s, s:b, s:o, s:o}", "number",
			 (int)number, "owner", (int)instance->owner, "joined",
			 el_instance_is_joined(placement->instances, placement->instances_count,
					       instance->owner),
			 "last", number + 1 == placement->instances_count, "name", instance->name,
			 "descriptor", (int)descriptor, "symbol", symbol, "plain", instance->plain,
			 "params", params_of(instance), "tables",
			 tables_of(placement, instance->owner));
}

/*
 * Whether clang's whole -O2 pipeline runs over the program, or only the passes that a chain of SDK
 * functions needs. Plain programs are written for the output of that pipeline; and if the verifier
 * refused a form of the chain, the next form must be different code.
 */
static bool takes_all_passes(const struct el_placement *placement)
{
	bool all = placement->form != EL_FORM_WHOLE;

	for (size_t i = 0; i < placement->count; i++)
		all = all || placement->instances[placement->first + i].plain;
	return all;
}

/* Return: the request, malloc'ed; NULL: memory is short. */
static char *request_text(const struct el_placement *placement)
{
	bool xdp = placement->site->hook == EDGE_HOOK_XDP;
	json_t *instances = json_array(), *request;
	char *text;

	for (size_t i = 0; i < placement->count; i++)
		if (json_array_append_new(instances, instance_of(placement, placement->first + i,
								 EL_FUSE_MODULES + i))) {
			json_decref(instances);
			return NULL;
		}
	request = json_pack(
		"{s:s, s:s, s:b, s:b, s:b, s:i, s:o, s:o}", "entry", xdp ? "edge_xdp" : "edge_tc",
		"plain", xdp ? "edge_plain_xdp" : "edge_plain_tc", "apart",
		placement->form >= EL_FORM_KEPT, "own_cpu", placement->form >= EL_FORM_OWN_CPU,
		"all_passes", takes_all_passes(placement), "table",
		(int)(EL_FUSE_MODULES + placement->count), "constants", constants_of(placement),
		"instances", instances);
	text = request ? json_dumps(request, JSON_COMPACT) : NULL;
	json_decref(request);
	return text;
}

/* All descriptors that the child gets, in the order of protocol.h. */
struct child_files {
	int fds[5 + EDGE_INSTANCES_MAX];
	size_t count;
	/* chain.bpf.o, and prefix.bpf.o if there are tables; malloc'ed */
	struct part {
		char *data;
		size_t size;
	} entries, table;
};

static void child_files_close(struct child_files *files)
{
	for (size_t i = 0; i < files->count; i++)
		if (files->fds[i] >= 0)
			close(files->fds[i]);
	free(files->entries.data);
	free(files->table.data);
}

static int child_files_add(struct child_files *files, int fd)
{
	if (fd < 0)
		return fd;
	files->fds[files->count++] = fd;
	return 0;
}

/* Put the bitcode of one of edge-load's own objects into a memory file. */
static int part_file(struct el_context *context, const char *name, struct part *part)
{
	_cleanup_free_ char *path = el_format("%s/%s", context->libdir, name);
	_cleanup_(el_elf_close) struct el_elf elf = {0};
	const char *bitcode;
	size_t size;
	int error = path ? el_file_read(path, &part->data, &part->size) : -ENOMEM;

	if (error)
		return el_fail(context, EL_UNSUPPORTED, -error,
			       "the file is part of edge-load: install edge-load again",
			       "can't read %s: %s", path ? path : name,
			       el_reason(EL_OP_SYSTEM, -error));
	elf.path = path;
	elf.data = part->data;
	elf.size = part->size;
	error = el_elf_open(context, &elf);
	if (error)
		return error;
	bitcode = el_elf_section(&elf, ".llvmbc", &size);
	if (!bitcode)
		return el_fail(context, EL_COMPILE, ENOENT,
			       "the file is part of edge-load: install edge-load again",
			       "%s has no bitcode", path);
	return el_run_file("part", bitcode, size);
}

static int child_files_open(struct el_context *context, const struct el_placement *placement,
			    const char *request, struct child_files *files)
{
	int entries = part_file(context, "chain.bpf.o", &files->entries), error, table;

	if (entries < 0)
		return entries;
	error = child_files_add(files, el_run_file("request", request, strlen(request)));
	if (!error)
		error = child_files_add(files, el_run_file("answer", "", 0));
	if (!error)
		error = child_files_add(files, el_run_file("object", "", 0));
	if (error)
		close(entries);
	else
		error = child_files_add(files, entries);
	for (size_t i = 0; !error && i < placement->count; i++) {
		const struct el_object *object = placement->instances[placement->first + i].object;

		error = child_files_add(
			files, el_run_file("module", object->bitcode, object->bitcode_size));
	}
	if (error)
		return el_fail(context, EL_FAILED, -error, NULL, "can't prepare the compiler: %s",
			       el_reason(EL_OP_SYSTEM, -error));
	if (!has_tables(placement))
		return 0;
	table = part_file(context, "prefix.bpf.o", &files->table);
	return child_files_add(files, table);
}

static int fail_run(struct el_context *context, const char *path, int error)
{
	return el_fail(context, error == ENOENT ? EL_UNSUPPORTED : EL_FAILED, error,
		       error == ENOENT
			       ? "edge-load-fuse is part of edge-load: install edge-load again"
			       : NULL,
		       "can't start %s: %s", path, el_reason(EL_OP_SYSTEM, error));
}

/* The usual reason is a missing libLLVM, which the dynamic loader names in @said. */
static int fail_start(struct el_context *context, const char *path, const char *said)
{
	return el_fail(context, EL_UNSUPPORTED, ENOEXEC,
		       "edge-load-fuse is part of edge-load and needs libLLVM: install both",
		       "can't start %s: %.*s", path, (int)strcspn(said, "\n"), said);
}

static int fail_limit(struct el_context *context, const char *limit)
{
	return el_fail(context, EL_FAILED, EDQUOT,
		       "raise the limit (ulimit, systemd.exec(5)), or attach fewer functions; for "
		       "more time set $EDGE_LOAD_COMPILE_SECONDS",
		       "the chain can't be fused: the compiler exceeded a limit: %s", limit);
}

/* Return: 0; an error if the child's exit status explains more than its
 * answer, which may be missing. */
static int check_end(struct el_context *context, const char *path, int status, int said_fd)
{
	_cleanup_free_ char *said = NULL, *limit = NULL;
	size_t size = 0;

	if (!status)
		return 0;
	el_run_output_at_most(said_fd, 1 << 20, &said, &size);
	limit = el_run_limit(status, said);
	if (limit)
		return fail_limit(context, limit);
	if (status == 127 && said && *said)
		return fail_start(context, path, said);
	return status > 0 ? 0 : fail_run(context, path, -status);
}

static int take_answer(struct el_context *context, const struct child_files *files,
		       const struct el_placement *placement, struct el_fused *fused)
{
	_cleanup_free_ char *text = NULL, *object = NULL;
	size_t size = 0;
	bool done;
	int error = el_run_output_at_most(files->fds[EL_FUSE_ANSWER - EL_FUSE_REQUEST],
					  EL_FUSED_ANSWER_MAX, &text, &size);

	if (error == -ENOMEM)
		return el_fail_memory(context);
	done = el_fused_answer(error ? "" : text, error ? 0 : size, placement, fused);
	/* If memory was too short to read the answer, it is not a refusal. */
	if (el_check_memory(context))
		return -ENOMEM;
	if (done) {
		error = el_run_output_at_most(files->fds[EL_FUSE_OBJECT - EL_FUSE_REQUEST],
					      EL_FUSED_OBJECT_MAX, &object, &fused->size);
		fused->object = TAKE_PTR(object);
		return error ? el_fail(context, EL_FAILED, -error, NULL,
				       "can't read the fused object: %s",
				       el_reason(EL_OP_SYSTEM, -error))
			     : 0;
	}
	return 0;
}

static void restore_lines(const struct el_placement *placement, const struct child_files *files,
			  struct el_fused *fused)
{
	__attribute__((cleanup(el_lines_free))) struct el_lines known = {0};
	int err = el_lines_add(&known, files->entries.data, files->entries.size);

	if (!err && files->table.data)
		err = el_lines_add(&known, files->table.data, files->table.size);
	for (size_t i = 0; !err && i < placement->count; i++) {
		const struct el_object *object = placement->instances[placement->first + i].object;

		err = el_lines_add(&known, object->data, object->size);
	}
	if (!err)
		el_lines_restore(&known, &fused->object, &fused->size);
}

/* Run the compiler. Return: 0; -errno, noted. */
static int fuse_now(struct el_context *context, const struct el_placement *placement,
		    const char *request, struct el_fused *fused)
{
	__attribute__((cleanup(child_files_close))) struct child_files files = {.count = 0};
	_cleanup_free_ char *path = el_format("%s/edge-load-fuse", context->libdir);
	_cleanup_fd_ int said = memfd_create("said", MFD_CLOEXEC);
	const char *const words[] = {path, NULL}, *const environment[] = {NULL};
	struct el_run child = {.words = words,
			       .environment = environment,
			       .in = -1,
			       .out = -1,
			       .err = said,
			       .files = files.fds,
			       .rights.changes_user = true};
	int status, error;

	if (!path)
		return el_fail_memory(context);
	error = el_home_check(context);
	if (!error && said < 0)
		error = fail_run(context, path, errno);
	if (!error)
		error = child_files_open(context, placement, request, &files);
	if (error)
		return error;
	child.files_count = files.count;
	status = el_run(&child);
	error = check_end(context, path, status, said);
	if (!error)
		error = take_answer(context, &files, placement, fused);
	/* Crafted or damaged bitcode can make LLVM abort; it runs in a child for this reason. */
	if (!error && !fused->object && !*fused->message)
		snprintf(fused->message, sizeof(fused->message), "the compiler ended with %s %d",
			 status > 128 ? "signal" : "status", status > 128 ? status - 128 : status);
	if (error || fused->refusal)
		return error;
	error = el_fused_check(context, fused->object, fused->size);
	if (!error)
		restore_lines(placement, &files, fused);
	return error;
}

int el_fuse(struct el_context *context, const struct el_placement *placement,
	    struct el_fused *fused)
{
	_cleanup_free_ char *request = request_text(placement);
	int error;

	*fused = (struct el_fused){.instance = -1};
	if (!request)
		return el_fail_memory(context);
	if (el_fusing_find(context, placement, request, fused))
		return 0;
	error = fuse_now(context, placement, request, fused);
	if (!error)
		el_fusing_keep(context, placement, request, fused);
	return error;
}

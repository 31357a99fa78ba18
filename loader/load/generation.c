// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A generation: fuse instances and load their programs. This file decides which instances become
 * one program, and where a chain is cut: before and after an object that cannot be fused, and where
 * the verifier's or the compiler's limits require it. The programs are loaded from the last to the
 * first, because the first program carries the metadata of all programs.
 */
#include <stdarg.h>

#include <bpf/bpf.h>

#include "fuse/protocol.h"
#include "fuse/fuse.h"
#include "state/inherit.h"
#include "base/reason.h"
#include "load/refusal.h"
#include "base/rights.h"
#include "state/stale.h"
#include "load/targets.h"

struct making {
	struct el_making is;
	bool again;	    /* an instance cannot be fused: start over */
	enum el_form least; /* halves skip the forms in which the whole was refused */
};

static void __attribute__((format(printf, 2, 3)))
note_cut(struct el_chain *chain, const char *format, ...)
{
	char *text = NULL, *whole;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	if (!text || (chain->cut && strstr(chain->cut, text))) {
		free(text);
		return;
	}
	whole = chain->cut && *chain->cut ? el_format("%s; %s", chain->cut, text) : strdup(text);
	free(text);
	free(chain->cut);
	chain->cut = whole;
}

/*
 * At TC, an unfused plain program in the middle of a chain is a link of its own: TCX calls it, and
 * then the next link, as long as each program returns TCX_NEXT. The last instance is reached by a
 * tail call instead, so no swap leaves it behind.
 */
static bool stands_apart_unfused(const struct el_chain *chain, size_t number)
{
	return chain->at.site.hook != EDGE_HOOK_XDP && !el_hook_takes_clsact(&chain->at) &&
	       number + 1 < chain->instances_count && chain->instances[number].plain;
}

static bool stands_apart(const struct el_chain *chain, size_t number)
{
	return !chain->instances[number].fusable && stands_apart_unfused(chain, number);
}

/* Whether a program that begins with this instance is the first program of a part of the chain. */
static bool begins_part(const struct el_chain *chain, size_t first)
{
	return !first || stands_apart(chain, first - 1);
}

static struct el_placement placement_of(const struct el_chain *chain, size_t first, size_t count)
{
	size_t next = first + count;
	bool apart = next < chain->instances_count && stands_apart(chain, next);
	struct el_placement placement = el_placement_alone(chain, first);

	placement.count = count;
	placement.end = apart ? next : chain->instances_count;
	placement.last = next == chain->instances_count || apart;
	placement.next_plain = !placement.last && el_instance_uncounted(&chain->instances[next]);
	return placement;
}

/* A program for the instances of @placement, to be put before the loaded programs. */
static struct el_program program_of(const struct el_placement *placement, enum el_program_kind kind,
				    bool linked)
{
	return (struct el_program){.fd = -1,
				   .first = placement->first,
				   .count = placement->count,
				   .kind = kind,
				   .form = placement->form,
				   .linked = linked,
				   .link_fd = -1};
}

static int put_first(struct el_context *context, struct el_chain *chain, struct el_program *program)
{
	struct el_program *programs =
		realloc(chain->at.programs, (chain->at.programs_count + 1) * sizeof(*programs));

	if (!programs)
		return el_fail_memory(context);
	chain->at.programs = programs;
	memmove(programs + 1, programs, chain->at.programs_count * sizeof(*programs));
	chain->at.programs_count++;
	program->report.form = el_program_form(program);
	program->report.first = program->first;
	program->report.count = program->count;
	program->report.fused = program->kind == EL_PROGRAM_FUSED;
	program->report.linked = program->linked;
	programs[0] = *program;
	return 0;
}

static void load_free(struct el_load *load)
{
	free(load->log);
	free(load->words);
}

/* ---------------------------------------------------------------- refusals */

/* Turn the child's refusal into an error. */
static int refused_by_compiler(const struct making *making, const struct el_fused *fused)
{
	const struct el_instance *instance =
		fused->instance >= 0 ? &making->is.chain->instances[fused->instance] : NULL;
	const char *function = instance ? instance->function : "an object of the chain";

	if (!strcmp(fused->refusal, EL_FUSE_KIND_BITCODE))
		return el_fail(making->is.context, EL_COMPILE, EINVAL,
			       "build the object again: edge-load build",
			       "the bitcode of %s is corrupt: %s", function, fused->message);
	if (!strcmp(fused->refusal, EL_FUSE_KIND_UNSUPPORTED))
		return el_fail(making->is.context, EL_COMPILE, EOPNOTSUPP,
			       "attach the function that calls it at another hook",
			       "%s is not possible", fused->message);
	if (!strcmp(fused->refusal, EL_FUSE_KIND_TAIL_CALL))
		return el_fail(making->is.context, EL_COMPILE, EINVAL, "put the instance last",
			       "%s must be the last of the chain: %s", function, fused->message);
	if (!strcmp(fused->refusal, EL_FUSE_KIND_STACK))
		return el_fail(making->is.context, EL_VERIFIER, E2BIG,
			       "move large variables into a map",
			       "a function needs more than the 512 bytes of stack that BPF has: %s",
			       fused->message);
	return el_fail(making->is.context, EL_COMPILE, EINVAL, NULL, "the chain can't be fused: %s",
		       fused->message);
}

/* ---------------------------------------------------------------- one program */

/* The result of an attempt to fuse and load a program. */
struct attempt {
	struct el_fused fused;
	struct el_load load;
};

static void attempt_free(struct attempt *attempt)
{
	free(attempt->fused.object);
	load_free(&attempt->load);
	*attempt = (struct attempt){0};
}

static int make_range(struct making *making, size_t first, size_t count);

static int make_halves(struct making *making, size_t first, size_t count, enum el_form least)
{
	enum el_form before = making->least;
	size_t half = count / 2;
	int error;

	making->least = least;
	error = make_range(making, first + half, count - half);
	if (!error && !making->again)
		error = make_range(making, first, half);
	making->least = before;
	return error;
}

/* Use the object's own program for the instance from now on, and make the chain again. */
static int __attribute__((format(printf, 3, 4)))
take_own_code(struct making *making, size_t number, const char *format, ...)
{
	struct el_instance *instance = &making->is.chain->instances[number];
	va_list args;

	va_start(args, format);
	vsnprintf(instance->unfusable, sizeof(instance->unfusable), format, args);
	va_end(args);
	instance->fusable = false;
	making->again = true;
	return 0;
}

static int load_fused(struct making *making, struct attempt *attempt,
		      const struct el_placement *placement)
{
	size_t first = placement->first;
	struct el_program program = program_of(placement, EL_PROGRAM_FUSED,
					       first && begins_part(making->is.chain, first));
	double start = el_now_ms();
	int error;

	el_metadata_describe(making->is.chain, &program);
	attempt->load.elf = attempt->fused.object;
	attempt->load.size = attempt->fused.size;
	attempt->load.instance = -1;
	error = el_program_load(&making->is, placement, &attempt->load, &program);
	making->is.chain->load_ms += el_now_ms() - start;
	return error ? error : put_first(making->is.context, making->is.chain, &program);
}

/* Return: 0; -EACCES with the compiler's or the verifier's refusal in
 * @attempt; else an error is noted. */
static int try_form(struct making *making, const struct el_placement *placement,
		    struct attempt *attempt)
{
	double start = el_now_ms();
	int error;

	attempt_free(attempt);
	attempt->load.brief = true;
	error = el_fuse(making->is.context, placement, &attempt->fused);
	making->is.chain->fuse_ms += el_now_ms() - start;
	if (error)
		return error;
	return attempt->fused.refusal ? -EACCES : load_fused(making, attempt, placement);
}

/* Whether the form gives these instances another program than the previous form. */
static bool form_differs(const struct making *making, const struct el_placement *placement)
{
	size_t plain = 0;

	for (size_t i = 0; i < placement->count; i++)
		plain += making->is.chain->instances[placement->first + i].plain;
	return placement->form == EL_FORM_WHOLE ||
	       (placement->form == EL_FORM_SETTLED && placement->count > plain) ||
	       (placement->form > EL_FORM_SETTLED && plain);
}

static bool refused_with(const struct attempt *attempt, const char *kind)
{
	return attempt->fused.refusal && !strcmp(attempt->fused.refusal, kind);
}

/* Whether another form may help: the verifier refused the code, or the compiler failed. An error of
 * the kernel without a log has another cause. */
static bool form_matters(const struct attempt *attempt)
{
	if (attempt->fused.refusal)
		return refused_with(attempt, EL_FUSE_KIND_STACK) ||
		       refused_with(attempt, EL_FUSE_KIND_OTHER);
	/* A verifier without memory also returns ENOMEM, before it has seen all of the code. */
	if (attempt->load.error == -ENOMEM && !attempt->load.too_large)
		return false;
	return attempt->load.error != -EPERM && attempt->load.log && *attempt->load.log;
}

/* Whether a call was refused because of the license of another instance in the same program; no
 * form changes that. The messages are from kernel/bpf/verifier.c of 6.10 and before. */
static bool licenses_differ(const struct attempt *attempt)
{
	const char *log = attempt->fused.refusal ? NULL : attempt->load.log;

	return log && (strstr(log, "cannot call GPL-restricted function") ||
		       strstr(log, "cannot call GPL only function"));
}

/* Whether the instances together exceed a limit, so that fewer instances may pass. */
static bool is_too_much(const struct attempt *attempt, size_t count)
{
	return count > 1 && (attempt->load.too_large || refused_with(attempt, EL_FUSE_KIND_STACK));
}

static int cut_in_halves(struct making *making, const struct el_placement *placement,
			 const struct attempt *attempt)
{
	_cleanup_free_ char *refusal = attempt->fused.refusal ? strdup(attempt->fused.message)
							      : el_refusal_words(&attempt->load);
	bool too_much = is_too_much(attempt, placement->count);

	if (refused_with(attempt, EL_FUSE_KIND_STACK))
		note_cut(making->is.chain,
			 "%zu instances together need more than 512 bytes of stack",
			 placement->count);
	else if (licenses_differ(attempt))
		note_cut(making->is.chain,
			 "among %zu instances, the license of one forbids kernel functions that "
			 "another calls (GPL-compatible programs only)",
			 placement->count);
	else
		note_cut(making->is.chain, "%zu instances together are %s (%s)", placement->count,
			 too_much ? "too much for the verifier" : "refused",
			 refusal ? refusal : "");
	return make_halves(making, placement->first, placement->count,
			   too_much || licenses_differ(attempt) ? making->least : placement->form);
}

/* Handle a single instance that cannot be fused in any form. */
static int make_unfused(struct making *making, const struct el_placement *placement,
			const struct attempt *attempt)
{
	const struct el_instance *instance = &making->is.chain->instances[placement->first];
	_cleanup_free_ char *refusal = NULL;

	if (refused_with(attempt, EL_FUSE_KIND_STACK))
		return take_own_code(making, placement->first,
				     "%s needs more than 512 bytes of stack when it is fused",
				     instance->name);
	if (attempt->fused.refusal)
		return take_own_code(making, placement->first, "%s can't be fused: %s",
				     instance->name, attempt->fused.message);
	refusal = el_refusal_words(&attempt->load);
	return take_own_code(making, placement->first,
			     "the verifier refuses %s when it is fused: %s", instance->name,
			     refusal ? refusal : "");
}

/* Handle a refusal that no other form would change. */
static int refuse_attempt(struct making *making, const struct el_placement *placement,
			  struct attempt *attempt)
{
	const struct el_fused *fused = &attempt->fused;
	size_t guilty = fused->instance < 0 ? 0 : (size_t)fused->instance;

	if (!fused->refusal)
		return el_refusal(making->is.context, making->is.chain, placement, &attempt->load);
	if (fused->instance >= 0 && refused_with(attempt, EL_FUSE_KIND_NEWER))
		return take_own_code(
			making, guilty,
			"the bitcode of %s was written by a newer LLVM than this machine's",
			making->is.chain->instances[guilty].function);
	if (fused->instance >= 0 && refused_with(attempt, EL_FUSE_KIND_TAIL_CALL) &&
	    stands_apart_unfused(making->is.chain, guilty))
		return take_own_code(making, guilty, "%s", fused->message);
	return refused_by_compiler(making, fused);
}

static int make_range(struct making *making, size_t first, size_t count)
{
	__attribute__((cleanup(attempt_free))) struct attempt attempt = {0};
	struct el_placement placement = placement_of(making->is.chain, first, count),
			    tried = placement;
	int error;

	for (placement.form = making->least; placement.form < EL_FORMS; placement.form++) {
		if (!form_differs(making, &placement) && placement.form != making->least)
			continue;
		tried = placement;
		error = try_form(making, &placement, &attempt);
		if (error != -EACCES)
			return error;
		if (is_too_much(&attempt, count) || licenses_differ(&attempt))
			break;
		if (!form_matters(&attempt))
			return refuse_attempt(making, &placement, &attempt);
	}
	if (count > 1)
		return cut_in_halves(making, &tried, &attempt);
	if (count == 1)
		return make_unfused(making, &tried, &attempt);
	return refuse_attempt(making, &tried, &attempt);
}

/* ---------------------------------------------------------------- own code */

/* The load of an instance's own object. */
static struct el_load load_of(const struct el_instance *instance, size_t number)
{
	return (struct el_load){.elf = instance->object->data,
				.size = instance->object->size,
				.instance = (int)number};
}

/* Refuse an unmodified program in the middle, which cannot pass packets on. If the program itself
 * is refused, report that instead. */
static int refuse_place(struct making *making, const struct el_placement *placement)
{
	const struct el_instance *instance = &making->is.chain->instances[placement->first];
	__attribute__((cleanup(load_free))) struct el_load load =
		load_of(instance, placement->first);
	struct el_program program = {.fd = -1};
	int error = 0;

	if (instance->object->info.bitcode)
		error = el_program_load(&making->is, placement, &load, &program);
	if (program.fd >= 0)
		close(program.fd);
	if (load.error)
		return el_refusal(making->is.context, making->is.chain, placement, &load);
	if (error)
		return error;
	return el_fail(making->is.context, EL_COMPILE, EINVAL,
		       instance->object->info.bitcode ? "put the instance last"
						      : "compile it with -fembed-bitcode, give its "
							"source, or put the instance last",
		       "instance %s must be the last of the chain: %s, so its program is used "
		       "unmodified and can't pass packets on",
		       instance->name, instance->unfusable);
}

/* Load the unmodified program of an object that cannot be fused. */
static int make_alone(struct making *making, size_t number)
{
	struct el_placement placement = placement_of(making->is.chain, number, 1);
	const struct el_instance *instance = &making->is.chain->instances[number];
	__attribute__((cleanup(load_free))) struct el_load load = load_of(instance, number);
	bool apart = stands_apart(making->is.chain, number);
	struct el_program program =
		program_of(&placement, instance->plain ? EL_PROGRAM_PLAIN : EL_PROGRAM_EDGE, apart);
	double start = el_now_ms();
	int error;

	if (instance->plain && !apart && !placement.last)
		return refuse_place(making, &placement);
	note_cut(making->is.chain, "%s", instance->unfusable);
	error = el_program_load(&making->is, &placement, &load, &program);
	making->is.chain->load_ms += el_now_ms() - start;
	if (load.error)
		return el_refusal(making->is.context, making->is.chain, &placement, &load);
	if (error)
		return error;
	if (apart)
		el_warn(making->is.context,
			"instance %s is a TCX link of its own: only packets for which it returns "
			"TC_ACT_UNSPEC reach the instances after it",
			instance->name);
	return put_first(making->is.context, making->is.chain, &program);
}

/* ---------------------------------------------------------------- the whole */

/* From the end: fuse runs of fusable instances, and load the others singly. A chain needs an
 * entry. */
static int make_all(struct making *making)
{
	const struct el_chain *chain = making->is.chain;
	size_t end = chain->instances_count;
	int error = 0;

	while (!error && !making->again && end) {
		size_t first = end - 1;

		if (!chain->instances[first].fusable) {
			error = make_alone(making, first);
			/* An empty program before it carries the metadata, or counts for it. */
			if (!error && begins_part(chain, first))
				error = make_range(making, first, 0);
		} else {
			while (first && chain->instances[first - 1].fusable)
				first--;
			error = make_range(making, first, end - first);
		}
		end = first;
	}
	return error;
}

static void start_over(struct el_chain *chain)
{
	int *const fds[] = {&chain->metadata_fd, &chain->counters_fd, &chain->carried_fd,
			    &chain->at.tail_fd};

	for (size_t i = 0; i < chain->at.programs_count; i++)
		close(chain->at.programs[i].fd);
	chain->at.programs_count = 0;
	free(chain->cut);
	chain->cut = NULL;
	el_maps_free(chain);
	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++) {
		if (*fds[i] >= 0)
			close(*fds[i]);
		*fds[i] = -1;
	}
}

static int fill_tail(struct el_context *context, struct el_chain *chain)
{
	for (size_t i = 1; i < chain->at.programs_count; i++) {
		uint32_t slot = (uint32_t)chain->at.programs[i].first;

		if (chain->at.programs[i].linked)
			continue;
		if (bpf_map_update_elem(chain->at.tail_fd, &slot, &chain->at.programs[i].fd, 0))
			return el_fail(context, EL_UNSUPPORTED, errno,
				       "the instances of a cut chain must all have, or all lack, "
				       "xdp.frags",
				       "program %zu can't be reached by a tail call: %s", i,
				       el_reason(EL_OP_MAP_UPDATE, errno));
	}
	return 0;
}

/*
 * Bind all maps to the entry, so that they are listed with it, including maps that no instruction
 * refers to because a parameter removed the code. Kernels before 5.10 lack BPF_PROG_BIND_MAP and
 * show fewer maps.
 */
static void bind_maps(const struct el_chain *chain)
{
	int entry = chain->at.programs[0].fd;

	bpf_prog_bind_map(entry, chain->counters_fd, NULL);
	bpf_prog_bind_map(entry, chain->carried_fd, NULL);
	for (size_t i = 0; i < chain->maps_count; i++)
		bpf_prog_bind_map(entry, chain->maps[i].fd, NULL);
}

static void place_instances(struct el_chain *chain)
{
	for (size_t i = 0; i < chain->at.programs_count; i++)
		for (size_t j = 0; j < chain->at.programs[i].count; j++)
			chain->instances[chain->at.programs[i].first + j].program = i;
}

int el_generation_make(const struct el_making *of)
{
	struct making making = {.is = *of};
	struct el_context *context = of->context;
	struct el_chain *chain = of->chain;
	int error = el_rights_need(context, EL_NEED_LOAD);

	if (error)
		return error;
	chain->at.frags = !chain->asked.unfragmented;
	for (size_t i = 0; i < chain->instances_count; i++)
		chain->at.frags &= chain->instances[i].object->info.frags;
	if (chain->at.frags)
		chain->at.site.flags |= EDGE_CHAIN_FRAGS;
	do {
		making.again = false;
		error = make_all(&making);
		if (making.again)
			start_over(chain);
	} while (!error && making.again);
	if (!error)
		error = fill_tail(context, chain);
	if (!error)
		error = el_targets_load(of);
	if (!error)
		error = el_maps_join(context, chain);
	if (!error)
		error = el_stale_check(context, chain, of->previous, true);
	if (error)
		return error;
	bind_maps(chain);
	place_instances(chain);
	return 0;
}

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Cutting a chain: fuse neighbouring instances into one program, and cut them into several programs
 * where the verifier's or the compiler's limits require it. An instance that cannot be fused even
 * alone keeps the program of its own object.
 */
#include <stdarg.h>

#include "fuse/protocol.h"
#include "load/cut.h"
#include "load/refusal.h"
#include "load/tables.h"

void el_cut_note(struct el_generation *chain, const char *format, ...)
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
static bool stands_apart_unfused(const struct el_generation *chain, size_t number)
{
	return chain->at.site.hook != EDGE_HOOK_XDP && !el_hook_takes_clsact(&chain->at) &&
	       number + 1 < chain->instances_count && chain->instances[number].plain;
}

bool el_cut_stands_apart(const struct el_generation *chain, size_t number)
{
	return !chain->instances[number].fusable && stands_apart_unfused(chain, number);
}

bool el_cut_begins_part(const struct el_generation *chain, size_t first)
{
	return !first || el_cut_stands_apart(chain, first - 1);
}

struct el_placement el_cut_placement(const struct el_generation *chain, size_t first, size_t count)
{
	size_t next = first + count;
	bool apart = next < chain->instances_count && el_cut_stands_apart(chain, next);
	struct el_placement placement = el_placement_alone(chain, first);

	placement.count = count;
	placement.end = apart ? next : chain->instances_count;
	placement.last = next == chain->instances_count || apart;
	placement.next_plain = !placement.last && el_instance_uncounted(&chain->instances[next]);
	return placement;
}

struct el_program el_cut_program(const struct el_placement *placement, enum el_program_kind kind,
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

int el_cut_put_first(struct el_context *context, struct el_generation *chain,
		     struct el_program *program)
{
	struct el_program *programs =
		realloc(chain->at.programs, (chain->at.programs_count + 1) * sizeof(*programs));

	if (!programs)
		return el_fail_memory(context);
	chain->at.programs = programs;
	memmove(programs + 1, programs, chain->at.programs_count * sizeof(*programs));
	chain->at.programs_count++;
	programs[0] = *program;
	return 0;
}

/* ---------------------------------------------------------------- refusals */

/* Turn the child's refusal into an error. */
static int refused_by_compiler(const struct el_cut *cut, const struct el_fused *fused)
{
	const struct el_instance *instance =
		fused->instance >= 0 ? &cut->making->chain->instances[fused->instance] : NULL;
	const char *function = instance ? instance->function : "an object of the chain";

	if (!strcmp(fused->refusal, EL_FUSE_KIND_BITCODE))
		return el_fail(cut->making->context, EL_COMPILE, EINVAL,
			       "build the object again: edge-load build",
			       "the bitcode of %s is corrupt: %s", function, fused->message);
	if (!strcmp(fused->refusal, EL_FUSE_KIND_UNSUPPORTED))
		return el_fail(cut->making->context, EL_COMPILE, EOPNOTSUPP,
			       "attach the function that calls it at another hook",
			       "%s is not possible", fused->message);
	if (!strcmp(fused->refusal, EL_FUSE_KIND_TAIL_CALL))
		return el_fail(cut->making->context, EL_COMPILE, EINVAL, "put the instance last",
			       "%s must be the last of the chain: %s", function, fused->message);
	if (!strcmp(fused->refusal, EL_FUSE_KIND_STACK))
		return el_fail(cut->making->context, EL_VERIFIER, E2BIG,
			       "move large variables into a map",
			       "a function needs more than the 512 bytes of stack that BPF has: %s",
			       fused->message);
	return el_fail(cut->making->context, EL_COMPILE, EINVAL, NULL,
		       "the chain can't be fused: %s", fused->message);
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
	el_load_free(&attempt->load);
	*attempt = (struct attempt){0};
}

static int make_halves(struct el_cut *cut, size_t first, size_t count, enum el_form least)
{
	enum el_form before = cut->least;
	size_t half = count / 2;
	int error;

	cut->least = least;
	error = el_cut_fuse(cut, first + half, count - half);
	if (!error && !cut->again)
		error = el_cut_fuse(cut, first, half);
	cut->least = before;
	return error;
}

/* Use the object's own program for the instance from now on, and make the chain again. */
static int __attribute__((format(printf, 3, 4)))
take_own_code(struct el_cut *cut, size_t number, const char *format, ...)
{
	struct el_instance *instance = &cut->making->chain->instances[number];
	va_list args;

	va_start(args, format);
	vsnprintf(instance->unfusable, sizeof(instance->unfusable), format, args);
	va_end(args);
	instance->fusable = false;
	el_tables_drop(cut->making->chain, instance->owner);
	cut->again = true;
	return 0;
}

static int load_fused(struct el_cut *cut, struct attempt *attempt,
		      const struct el_placement *placement)
{
	size_t first = placement->first;
	struct el_program program =
		el_cut_program(placement, EL_PROGRAM_FUSED,
			       first && el_cut_begins_part(cut->making->chain, first));
	double start = el_now_ms();
	int error;

	el_metadata_describe(cut->making->chain, &program);
	attempt->load.elf = attempt->fused.object;
	attempt->load.size = attempt->fused.size;
	attempt->load.instance = -1;
	error = el_program_load(cut->making, placement, &attempt->load, &program);
	cut->making->times->load_ms += el_now_ms() - start;
	return error ? error : el_cut_put_first(cut->making->context, cut->making->chain, &program);
}

/* Return: 0; -EACCES with the compiler's or the verifier's refusal in
 * @attempt; else an error is noted. */
static int try_form(struct el_cut *cut, const struct el_placement *placement,
		    struct attempt *attempt)
{
	double start = el_now_ms();
	int error;

	attempt_free(attempt);
	attempt->load.brief = true;
	error = el_fuse(cut->making->context, placement, &attempt->fused);
	cut->making->times->fuse_ms += el_now_ms() - start;
	if (error)
		return error;
	return attempt->fused.refusal ? -EACCES : load_fused(cut, attempt, placement);
}

/* Whether the form gives these instances another program than the previous form. */
static bool form_differs(const struct el_cut *cut, const struct el_placement *placement)
{
	size_t plain = 0;

	for (size_t i = 0; i < placement->count; i++)
		plain += cut->making->chain->instances[placement->first + i].plain;
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

static int cut_in_halves(struct el_cut *cut, const struct el_placement *placement,
			 const struct attempt *attempt)
{
	_cleanup_free_ char *refusal = attempt->fused.refusal ? strdup(attempt->fused.message)
							      : el_refusal_words(&attempt->load);
	bool too_much = is_too_much(attempt, placement->count);

	if (refused_with(attempt, EL_FUSE_KIND_STACK))
		el_cut_note(cut->making->chain,
			    "%zu instances together need more than 512 bytes of stack",
			    placement->count);
	else if (licenses_differ(attempt))
		el_cut_note(cut->making->chain,
			    "among %zu instances, the license of one forbids kernel functions that "
			    "another calls (GPL-compatible programs only)",
			    placement->count);
	else
		el_cut_note(cut->making->chain, "%zu instances together are %s (%s)",
			    placement->count, too_much ? "too much for the verifier" : "refused",
			    refusal ? refusal : "");
	return make_halves(cut, placement->first, placement->count,
			   too_much || licenses_differ(attempt) ? cut->least : placement->form);
}

/* Handle a single instance that cannot be fused in any form. */
static int make_unfused(struct el_cut *cut, const struct el_placement *placement,
			const struct attempt *attempt)
{
	const struct el_instance *instance = &cut->making->chain->instances[placement->first];
	_cleanup_free_ char *refusal = NULL;

	if (refused_with(attempt, EL_FUSE_KIND_STACK))
		return take_own_code(cut, placement->first,
				     "%s needs more than 512 bytes of stack when it is fused",
				     instance->name);
	if (attempt->fused.refusal)
		return take_own_code(cut, placement->first, "%s can't be fused: %s", instance->name,
				     attempt->fused.message);
	refusal = el_refusal_words(&attempt->load);
	return take_own_code(cut, placement->first, "the verifier refuses %s when it is fused: %s",
			     instance->name, refusal ? refusal : "");
}

/* Handle a refusal that no other form would change. */
static int refuse_attempt(struct el_cut *cut, const struct el_placement *placement,
			  struct attempt *attempt)
{
	const struct el_fused *fused = &attempt->fused;
	size_t guilty = fused->instance < 0 ? 0 : (size_t)fused->instance;

	if (!fused->refusal)
		return el_refusal(cut->making->context, cut->making->chain, placement,
				  &attempt->load);
	if (fused->instance >= 0 && refused_with(attempt, EL_FUSE_KIND_NEWER))
		return take_own_code(
			cut, guilty,
			"the bitcode of %s was written by a newer LLVM than this machine's",
			cut->making->chain->instances[guilty].function);
	if (fused->instance >= 0 && refused_with(attempt, EL_FUSE_KIND_TAIL_CALL) &&
	    stands_apart_unfused(cut->making->chain, guilty))
		return take_own_code(cut, guilty, "%s", fused->message);
	return refused_by_compiler(cut, fused);
}

/* Use the kernel's kind of map for the instances of a program that was refused: the verifier of
 * another kernel may not follow the table's code. Return: whether there was a table. */
static bool drop_tables(struct el_cut *cut, const struct attempt *attempt, size_t first,
			size_t count)
{
	struct el_generation *chain = cut->making->chain;
	bool had = false;

	for (size_t i = first; i < first + count; i++)
		had |= el_tables_drop(chain, chain->instances[i].owner);
	cut->again |= had;
	if (had && !attempt->fused.refusal)
		el_warn(cut->making->context,
			"the kernel refuses the program with prefix tables, so their maps stay the "
			"kernel's, which are slow with many entries");
	return had;
}

int el_cut_fuse(struct el_cut *cut, size_t first, size_t count)
{
	__attribute__((cleanup(attempt_free))) struct attempt attempt = {0};
	struct el_placement placement = el_cut_placement(cut->making->chain, first, count),
			    tried = placement;
	int error;

	for (placement.form = cut->least; placement.form < EL_FORMS; placement.form++) {
		if (!form_differs(cut, &placement) && placement.form != cut->least)
			continue;
		tried = placement;
		error = try_form(cut, &placement, &attempt);
		if (error != -EACCES)
			return error;
		if (is_too_much(&attempt, count) || licenses_differ(&attempt))
			break;
		if (!form_matters(&attempt))
			return drop_tables(cut, &attempt, first, count)
				       ? 0
				       : refuse_attempt(cut, &placement, &attempt);
	}
	if (count > 1)
		return cut_in_halves(cut, &tried, &attempt);
	if (count == 1 && drop_tables(cut, &attempt, first, count))
		return 0;
	if (count == 1)
		return make_unfused(cut, &tried, &attempt);
	return refuse_attempt(cut, &tried, &attempt);
}

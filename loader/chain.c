// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Chains: the order in which everything else is called, so that a failure at any step leaves what
 * ran running and nothing behind. The steps of a change, all under the chain's lock:
 *
 *   recover (what a killed edge-load left) -> look at what runs -> open and fuse and load the new
 * generation -> pin it beside the old one -> attach or swap -> put the pins in place -> carry the
 * counters
 */
#include <bpf/bpf.h>
#include <nettle/sha2.h>

#include "inherit.h"
#include "tcx.h"
#include "types.h"

double el_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

int el_chain_new(struct el_context *context, struct el_chain **out)
{
	struct el_chain *chain = calloc(1, sizeof(*chain));

	if (!chain)
		return el_fail_memory(context);
	chain->metadata_fd = -1;
	chain->counters_fd = -1;
	chain->carried_fd = -1;
	chain->tail_fd = -1;
	chain->link_fd = -1;
	chain->entries_locks[0] = chain->entries_locks[1] = -1;
	*out = chain;
	return 0;
}

int el_chain_lock_entries(struct el_context *context, struct el_chain *chain)
{
	if (chain->dry || chain->entries_locks[0] >= 0)
		return 0;
	return el_pin_lock_entries(context, chain->device, chain->hook, NULL,
				   &chain->entries_locks[0]);
}

void el_chain_unlock_entries(struct el_chain *chain)
{
	for (size_t i = 0; i < 2; i++) {
		el_cleanup_fd(&chain->entries_locks[i]);
		chain->entries_locks[i] = -1;
	}
}

void el_chain_free(struct el_chain *chain)
{
	int fds[5];

	if (!chain)
		return;
	el_chain_unlock_entries(chain);
	memcpy(fds,
	       (int[]){chain->metadata_fd, chain->counters_fd, chain->carried_fd, chain->tail_fd,
		       chain->link_fd},
	       sizeof(fds));
	for (size_t i = 0; i < 5; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	for (size_t i = 0; i < chain->programs_count; i++) {
		if (chain->programs[i].fd >= 0)
			close(chain->programs[i].fd);
		if (chain->programs[i].link_fd >= 0)
			close(chain->programs[i].link_fd);
	}
	el_inherit_report_free(chain);
	el_maps_free(chain);
	el_instances_free(chain->instances, chain->instances_count);
	free(chain->programs);
	el_types_free(chain->types);
	free(chain->metadata);
	free(chain->cut);
	free(chain->device);
	free((void *)chain->report.programs);
	free((void *)chain->report.instances);
	free(chain);
}

const struct el_chain_report *el_chain_report(const struct el_chain *chain)
{
	return &chain->report;
}

/* Of all that makes a chain this one: its functions' code, their order, names and parameters. */
static void make_digest(const struct edge_metadata *metadata, char digest[17])
{
	uint8_t bytes[8];
	struct sha256_ctx sha;

	sha256_init(&sha);
	sha256_update(&sha, strlen(metadata->chain) + 1, (const uint8_t *)metadata->chain);
	sha256_update(&sha, strlen(metadata->digests), (const uint8_t *)metadata->digests);
	sha256_digest(&sha, sizeof(bytes), bytes);
	for (size_t i = 0; i < sizeof(bytes); i++)
		sprintf(digest + 2 * i, "%02x", bytes[i]);
}

int el_chain_report_make(struct el_context *context, struct el_chain *chain)
{
	struct el_program_report *programs = calloc(chain->programs_count + 1, sizeof(*programs));
	struct el_instance_report *instances =
		calloc(chain->instances_count + 1, sizeof(*instances));

	free((void *)chain->report.programs);
	free((void *)chain->report.instances);
	chain->report = (struct el_chain_report){
		.device = chain->device,
		.ifindex = chain->ifindex,
		.hook = chain->hook,
		.mode = chain->mode,
		.state = chain->state,
		.keep = chain->keep,
		.declared = chain->declared,
		.generation = chain->metadata->generation,
		.link_id = chain->link_id,
		.time = (time_t)chain->metadata->time,
		.user = chain->metadata->user,
		.cut = chain->cut ? chain->cut : "",
		.programs_count = chain->programs_count,
		.instances_count = chain->instances_count,
		.programs = programs,
		.instances = instances,
		.maps = chain->map_reports,
		.maps_count = chain->map_reports_count,
		.fuse_ms = chain->fuse_ms,
		.load_ms = chain->load_ms,
		.attach_ms = chain->attach_ms,
	};
	if (!programs || !instances)
		return el_fail_memory(context);
	make_digest(chain->metadata, chain->report.digest);
	for (size_t i = 0; i < chain->programs_count; i++)
		programs[i] = chain->programs[i].report;
	for (size_t i = 0; i < chain->instances_count; i++)
		instances[i] = (struct el_instance_report){
			.name = chain->instances[i].name,
			.function = chain->instances[i].function,
			.params = chain->instances[i].params_text,
			.digest = chain->instances[i].digest,
			.program = chain->instances[i].program,
			.fused = chain->programs_count &&
				 chain->programs[chain->instances[i].program].report.fused,
		};
	return 0;
}

/* ---------------------------------------------------------------- changing */

static int check_mode(struct el_context *context, const struct el_chain_spec *spec)
{
	bool xdp = spec->hook == EDGE_HOOK_XDP;

	if (spec->mode == EL_MODE_DEFAULT ||
	    xdp == (spec->mode == EL_MODE_NATIVE || spec->mode == EL_MODE_GENERIC ||
		    spec->mode == EL_MODE_SHARED))
		return 0;
	return el_fail(context, EL_USAGE, EINVAL,
		       xdp ? "native, generic or shared" : "tcx or clsact, or leave it out",
		       "the hook %s has no mode %s", el_hook_name(spec->hook),
		       el_mode_name(spec->mode));
}

static int check_order(struct el_context *context, const struct el_chain_spec *spec)
{
	const char *order = el_order_name(spec->order);

	if (spec->order == EL_ORDER_ANY)
		return 0;
	if (spec->hook == EDGE_HOOK_XDP)
		return el_fail(
			context, EL_USAGE, EINVAL,
			"there is one XDP program on a device; --mode shared puts several into "
			"it, in libxdp's order",
			"%s is for tc-ingress and tc-egress, and not for xdp", order);
	if (spec->mode == EL_MODE_CLSACT)
		return el_fail(context, EL_USAGE, EINVAL, "--mode tcx, or leave it out",
			       "the mode clsact knows no %s", order);
	if (spec->beside && *spec->beside)
		return 0;
	return el_fail(context, EL_USAGE, EINVAL, "a program's number or name, or all", "%s whom?",
		       order);
}

/* A chain from @spec, opened and checked as far as it goes without the kernel. */
static int chain_of_spec(struct el_context *context, const struct el_chain_spec *spec,
			 struct el_chain **out)
{
	_cleanup_chain_ struct el_chain *chain = NULL;
	int error = check_mode(context, spec);

	if (!error)
		error = check_order(context, spec);
	if (!error)
		error = el_chain_new(context, &chain);
	if (error)
		return error;
	chain->hook = spec->hook;
	chain->mode = spec->mode;
	chain->start_empty = spec->start_empty;
	chain->order = spec->order;
	chain->beside = spec->beside;
	if (chain->hook == EDGE_HOOK_XDP && chain->mode == EL_MODE_DEFAULT)
		chain->mode = EL_MODE_NATIVE;
	if (spec->device) {
		chain->device = strdup(spec->device);
		error = chain->device ? el_hook_device(context, chain) : el_fail_memory(context);
	}
	if (!error)
		error = el_instances_make(context, spec, chain);
	if (!error)
		*out = TAKE_PTR(chain);
	return error;
}

static int keep_mode(struct el_context *context, const struct el_chain_spec *spec,
		     struct el_chain *chain, const struct el_chain *previous)
{
	if (spec->mode == EL_MODE_DEFAULT || spec->mode == previous->mode) {
		chain->mode = previous->mode;
		return 0;
	}
	return el_fail(context, EL_CONFLICT, EEXIST, "detach it first, or leave --mode out",
		       "the chain on %s %s runs in mode %s, which a swap can't change",
		       chain->device, el_hook_name(chain->hook), el_mode_name(previous->mode));
}

enum { KEEP_DEFAULT = 5 };

static bool runs(const struct el_chain *previous)
{
	return previous && previous->state == EL_STATE_RUNS;
}

/* The new one takes over the old one's links. Else it gets links of its own, and the old one's, if
 * it runs, go when all is done: until then a packet passes both. */
static bool swaps(const struct el_chain *chain, const struct el_chain *previous)
{
	return runs(previous) && !chain->leaves;
}

static void refresh_link(struct el_chain *chain)
{
	struct bpf_link_info info = {0};
	uint32_t size = sizeof(info);

	if (chain->link_fd >= 0 && !bpf_obj_get_info_by_fd(chain->link_fd, &info, &size))
		chain->link_id = info.id;
}

int el_chain_stage(struct el_context *context, struct el_chain *chain,
		   const struct el_chain *previous)
{
	int error = el_pin_stage(context, chain, swaps(chain, previous) ? previous : NULL);

	if (!error && chain->entries_locks[0] >= 0)
		error = el_pin_lock_entries(context, chain->device, chain->hook, EL_PIN_NEW,
					    &chain->entries_locks[1]);
	return error || !previous ? error : el_counters_carry(context, chain, previous);
}

/* The pins as they were before el_chain_stage(). */
static void unpin(struct el_context *context, const struct el_chain *chain,
		  const struct el_chain *previous)
{
	if (previous)
		el_pin_point(context, chain->device, chain->hook, previous->metadata->generation);
	el_pin_drop(context, chain->device, chain->hook, chain->metadata->generation);
	el_pin_unstage(context, chain->device, chain->hook);
}

void el_chain_back(struct el_context *context, struct el_chain *chain, struct el_chain *previous)
{
	const struct el_hook_ops *ops = el_hook_ops(chain->hook);
	struct el_error error = context->error;

	/* What goes wrong now is not what the caller is to hear. */
	context->error.detail = NULL;
	if (swaps(chain, previous)) {
		ops->swap(context, previous, chain);
		el_hook_settle();
		el_inherit_undo(context, chain);
	} else {
		ops->detach(context, chain);
	}
	unpin(context, chain, previous);
	free(context->error.detail);
	context->error = error;
}

int el_chain_over(struct el_context *context, struct el_chain *chain, struct el_chain *previous)
{
	const struct el_hook_ops *ops = el_hook_ops(chain->hook);
	double start = el_now_ms();
	int error = swaps(chain, previous) ? ops->swap(context, chain, previous)
					   : ops->attach(context, chain);

	if (error)
		return error;
	if (!swaps(chain, previous))
		error = el_pin_link(context, chain);
	if (!error)
		error = el_pin_commit(context, chain->device, chain->hook,
				      chain->metadata->generation);
	if (error)
		el_chain_back(context, chain, previous);
	chain->attach_ms = el_now_ms() - start;
	return error;
}

void el_chain_settle(struct el_context *context, struct el_chain *chain,
		     const struct el_chain *previous)
{
	if (chain->leaves && el_hook_ops(chain->hook)->detach(context, chain->leaves))
		el_warn(context, "%s; the next command tries again", context->error.what);
	chain->leaves = NULL;
	/* Nobody works in the old generation any more: now the sums and the maps are final. */
	if (previous)
		el_hook_settle();
	el_inherit_merge(context, chain);
	el_pin_prune(context, chain->device, chain->hook, chain->keep);
	if (previous)
		el_counters_carry(context, chain, previous);
	refresh_link(chain);
	chain->state = EL_STATE_RUNS;
}

static int check_replaced(struct el_context *context, const struct el_chain *previous)
{
	if (previous->state != EL_STATE_REPLACED)
		return 0;
	return el_fail(context, EL_CONFLICT, EBUSY,
		       "look at it with 'bpftool net show'; 'edge-load detach' takes it off, with "
		       "the chain",
		       "somebody put another program in the place of the chain on %s %s",
		       previous->device, el_hook_name(previous->hook));
}

/* One more than the highest that is kept, whichever runs. */
static int next_generation(struct el_context *context, const struct el_chain *chain,
			   uint32_t *generation)
{
	_cleanup_free_ uint32_t *numbers = NULL;
	size_t count = 0;
	int error = el_pin_generations(context, chain->device, chain->hook, &numbers, &count);

	*generation = count ? numbers[count - 1] + 1 : 1;
	return error;
}

int el_chain_make(struct el_context *context, const struct el_chain_spec *spec,
		  const struct el_chain *previous, struct el_chain **out)
{
	_cleanup_chain_ struct el_chain *chain = NULL;
	uint32_t generation = 0;
	int error = previous ? check_replaced(context, previous) : 0;

	if (!error)
		error = chain_of_spec(context, spec, &chain);
	if (!error && runs(previous))
		error = keep_mode(context, spec, chain, previous);
	if (!error && chain->order != EL_ORDER_ANY)
		error = el_tcx_check(context, chain, runs(previous) ? previous : NULL);
	if (!error && spec->device)
		error = next_generation(context, chain, &generation);
	if (!error)
		error = el_inherit_sizes(context, chain, previous);
	if (error)
		return error;
	chain->keep = spec->keep ? spec->keep : previous ? previous->keep : KEEP_DEFAULT;
	chain->declared = spec->declared || (previous && previous->declared);
	error = el_metadata_make(context, chain, generation);
	if (!error)
		error = el_chain_report_make(context, chain);
	if (!error)
		*out = TAKE_PTR(chain);
	return error;
}

int el_chain_load(struct el_context *context, struct el_chain *chain,
		  const struct el_chain *previous)
{
	int error = el_generation_make(context, chain, previous);

	if (!error && el_inherit_converts(chain))
		error = el_chain_lock_entries(context, chain);
	if (!error)
		error = el_inherit_fill(context, chain);
	if (!error)
		error = el_inherit_report(context, chain, previous);
	return error ? error : el_chain_report_make(context, chain);
}

int el_chain_change(struct el_context *context, const struct el_chain_spec *spec,
		    struct el_chain *previous, struct el_chain **out)
{
	_cleanup_chain_ struct el_chain *chain = NULL;
	int error = el_chain_make(context, spec, previous, &chain);

	if (!error)
		error = el_chain_load(context, chain, previous);
	if (!error)
		error = el_chain_stage(context, chain, previous);
	if (!error)
		error = el_chain_over(context, chain, previous);
	if (error)
		return error;
	el_chain_settle(context, chain, previous);
	el_chain_unlock_entries(chain);
	error = el_inherit_report(context, chain, previous);
	if (!error)
		error = el_chain_report_make(context, chain);
	if (!error && out)
		*out = TAKE_PTR(chain);
	return error;
}

/* What a swap would replace, or nothing. */
static int look_if_any(struct el_context *context, const struct el_chain_spec *spec,
		       struct el_chain **previous)
{
	int error = el_pin_exists(context, spec->device, spec->hook);

	if (!error)
		error = el_chain_look(context, spec->device, spec->hook, previous);
	return error == -ENOENT ? 0 : error;
}

int el_chain_check(struct el_context *context, const struct el_chain_spec *spec,
		   struct el_chain **out)
{
	_cleanup_chain_ struct el_chain *chain = NULL, *previous = NULL;
	int error = 0;

	if (!error && spec->device)
		error = look_if_any(context, spec, &previous);
	if (!error)
		error = el_chain_make(context, spec, previous, &chain);
	if (error)
		return error;
	chain->dry = true;
	error = el_chain_load(context, chain, previous);
	if (!error && out)
		*out = TAKE_PTR(chain);
	return error;
}

int el_chain_lock(struct el_context *context, const char *device, enum edge_hook hook,
		  struct el_chain **out, int *lock_fd)
{
	_cleanup_fd_ int lock = -1;
	int error = el_pin_lock(context, device, hook, &lock);

	*out = NULL;
	if (error)
		return error;
	error = el_recover(context, device, hook);
	if (!error)
		error = el_chain_look(context, device, hook, out);
	if (error && error != -ENOENT) {
		el_pin_unstage(context, device, hook);
		return error;
	}
	*lock_fd = TAKE_FD(lock);
	return 0;
}

int el_chain_attach(struct el_context *context, const struct el_chain_spec *spec,
		    struct el_chain **out)
{
	_cleanup_chain_ struct el_chain *previous = NULL;
	_cleanup_fd_ int lock = -1;
	struct el_chain probe = {.device = (char *)spec->device, .hook = spec->hook};
	int error = el_hook_device(context, &probe);

	if (!error)
		error = el_chain_lock(context, spec->device, spec->hook, &previous, &lock);
	if (error)
		return error;
	error = el_chain_change(context, spec, previous, out);
	if (error)
		el_pin_unstage(context, spec->device, spec->hook);
	return error;
}

/* No chain where one was asked for: is it the device that is missing? */
static int no_chain(struct el_context *context, const char *device, enum edge_hook hook)
{
	struct el_chain probe = {.device = (char *)device, .hook = hook};
	int error = el_hook_device(context, &probe);

	return error ? error
		     : el_fail(context, EL_NOT_FOUND, ENOENT, "'edge-load status' lists the chains",
			       "no chain of ours runs on %s %s", device, el_hook_name(hook));
}

int el_chain_open(struct el_context *context, const char *device, enum edge_hook hook,
		  struct el_chain **out)
{
	int error = el_pin_check_bpffs(context);

	if (!error)
		error = el_pin_exists(context, device, hook);
	if (!error)
		error = el_chain_look(context, device, hook, out);
	return error == -ENOENT ? no_chain(context, device, hook) : error;
}

/* Lock a chain that is there, and open it. The folder of pins is not made where there is none. */
int el_chain_open_locked(struct el_context *context, const char *device, enum edge_hook hook,
			 struct el_chain **out, int *lock_fd)
{
	_cleanup_fd_ int lock = -1;
	int error = el_pin_check_bpffs(context);

	if (!error)
		error = el_pin_exists(context, device, hook);
	if (error == -ENOENT) {
		el_pin_tidy(context, device);
		return no_chain(context, device, hook);
	}
	if (!error)
		error = el_pin_lock(context, device, hook, &lock);
	if (error) /* what is staged is the lock's owner's */
		return error;
	error = el_recover(context, device, hook);
	if (!error)
		error = el_chain_open(context, device, hook, out);
	if (error)
		el_pin_unstage(context, device, hook);
	else
		*lock_fd = TAKE_FD(lock);
	return error;
}

static int detach(struct el_context *context, const struct el_chain *chain)
{
	int error = chain->state == EL_STATE_DETACHED
			    ? 0
			    : el_hook_ops(chain->hook)->detach(context, chain);

	/* A packet that is still on its way through finds the program array whole. */
	if (!error && chain->tail_fd >= 0)
		el_hook_settle();
	return error;
}

int el_chain_finish_detach(struct el_context *context, const char *device, enum edge_hook hook)
{
	_cleanup_chain_ struct el_chain *chain = NULL;
	int error = el_chain_look(context, device, hook, &chain);

	if (!error)
		error = detach(context, chain);
	if (!error || error == -ENOENT)
		el_pin_clear(context, device, hook);
	return error == -ENOENT ? 0 : error;
}

int el_chain_detach_locked(struct el_context *context, const struct el_chain *chain)
{
	int error = el_pin_retire(context, chain->device, chain->hook);

	if (error)
		return error;
	error = detach(context, chain);
	if (error)
		el_pin_unretire(context, chain->device, chain->hook);
	else
		el_pin_remove(context, chain->device, chain->hook);
	return error;
}

int el_chain_detach(struct el_context *context, const char *device, enum edge_hook hook)
{
	_cleanup_chain_ struct el_chain *chain = NULL;
	_cleanup_fd_ int lock = -1;
	int error = el_chain_open_locked(context, device, hook, &chain, &lock);

	return error ? error : el_chain_detach_locked(context, chain);
}

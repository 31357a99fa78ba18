// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A chain as the kernel has it: read back from its link, its pins and its metadata. Nothing here
 * changes anything, and nothing takes the lock: a look that falls into a swap is repeated.
 */
#include <dirent.h>
#include <net/if.h>

#include <bpf/bpf.h>

#include "chain.h"
#include "descriptor.h"
#include "netns.h"
#include "rights.h"

static void report_program(struct el_chain *chain, size_t number)
{
	struct el_program *program = &chain->programs[number];
	struct bpf_prog_info info = {0};
	uint32_t size = sizeof(info);

	program->report.first = program->first;
	program->report.count = program->count;
	program->report.fused = el_program_fused(program);
	program->report.form = el_program_form(program);
	program->report.linked = el_program_linked(program);
	if (program->fd < 0 || bpf_obj_get_info_by_fd(program->fd, &info, &size))
		return;
	program->report.id = info.id;
	program->report.instructions = info.xlated_prog_len / 8;
	for (size_t i = 0; i < sizeof(info.tag); i++)
		sprintf(program->report.tag + 2 * i, "%02x", info.tag[i]);
}

static int add_map(struct el_context *context, struct el_chain *chain, size_t instance,
		   const char *name, int fd)
{
	struct el_chain_map *maps = realloc(chain->maps, (chain->maps_count + 1) * sizeof(*maps));
	char *copy = strdup(name);

	if (maps)
		chain->maps = maps;
	if (!maps || !copy) {
		close(fd);
		free(copy);
		return el_fail_memory(context);
	}
	maps[chain->maps_count++] = (struct el_chain_map){
		.instance = instance, .name = copy, .fd = fd, .id = el_descriptor_id(fd)};
	return 0;
}

static int open_pins(const struct el_context *context, struct el_chain *chain, const char *which)
{
	static const char *const names[] = {"metadata", "counters", "carried", "tail"};
	int *const fds[] = {&chain->metadata_fd, &chain->counters_fd, &chain->carried_fd,
			    &chain->tail_fd};

	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++) {
		*fds[i] = el_pin_get(context, chain->device, chain->hook, which, names[i]);
		if (*fds[i] < 0 && (fds[i] != &chain->tail_fd || *fds[i] != -ENOENT))
			return *fds[i];
	}
	return 0;
}

/* What is there and can't be opened is not what is not there: a map that was overlooked would be
 * made anew, and its entries lost. Return: 0; -ESTALE it went while we looked. */
static int open_maps_of(struct el_context *context, struct el_chain *chain, size_t instance,
			const char *which)
{
	_cleanup_free_ char *path = el_pin_path(context, chain->device, chain->hook, which,
						chain->instances[instance].name);
	_cleanup_dir_ DIR *dir = path ? opendir(path) : NULL;
	struct dirent *entry;
	int error = 0;

	if (!path)
		return el_fail_memory(context);
	if (!dir)
		return errno == ENOENT ? 0 : el_pin_cannot_open(context, path, errno);
	while (!error && (entry = readdir(dir))) {
		_cleanup_free_ char *file = el_format("%s/%s", path, entry->d_name);
		int fd;

		if (!file)
			return el_fail_memory(context);
		if (entry->d_name[0] == '.')
			continue;
		fd = bpf_obj_get(file);
		if (fd < 0)
			return errno == ENOENT ? -ESTALE : el_pin_cannot_open(context, file, errno);
		error = add_map(context, chain, instance, entry->d_name, fd);
		if (!error && !chain->maps[chain->maps_count - 1].id)
			error = el_pin_cannot_open(context, file, errno);
	}
	return error;
}

/* Return: 0; -ESTALE one is not there. */
static int open_programs(struct el_context *context, struct el_chain *chain, const char *which)
{
	for (size_t i = 0; i < chain->programs_count; i++) {
		struct el_program *program = &chain->programs[i];
		_cleanup_free_ char *prog = el_pin_numbered("prog", i);
		_cleanup_free_ char *link = el_pin_numbered("link", i);

		if (!prog || !link)
			return el_fail_memory(context);
		program->fd = el_pin_get(context, chain->device, chain->hook, which, prog);
		if (i && el_program_linked(program))
			program->link_fd =
				el_pin_get(context, chain->device, chain->hook, which, link);
		if (program->fd < 0 || (i && el_program_linked(program) && program->link_fd < 0))
			return -ESTALE;
		report_program(chain, i);
	}
	return 0;
}

/* All that is pinned of a generation. Return: 0; -ESTALE it is not whole; else an error is noted.
 */
static int open_generation(struct el_context *context, struct el_chain *chain, const char *which)
{
	int error = open_pins(context, chain, which);

	if (error == -EACCES || error == -EPERM)
		return el_fail(context, EL_PRIVILEGE, EPERM, el_rights_hint(),
			       "can't open the pins of %s %s: not enough privilege", chain->device,
			       el_hook_name(chain->hook));
	if (error)
		return -ESTALE;
	error = el_metadata_read(context, chain);
	if (!error)
		error = open_programs(context, chain, which);
	if (chain->hook != EDGE_HOOK_XDP)
		chain->mode = chain->link_fd < 0 ? EL_MODE_CLSACT : EL_MODE_TCX;
	for (size_t i = 0; !error && i < chain->instances_count; i++)
		error = open_maps_of(context, chain, i, which);
	return error;
}

/*
 * Which pinned generation has the program @running; 0: the one that is pinned as current. It is not
 * the current one for the moment between a swap and its commit. malloc'ed, "" for the current one;
 * NULL: none.
 */
static char *which_runs(struct el_context *context, const struct el_chain *chain, uint32_t running)
{
	static const char *const whiches[] = {NULL, EL_PIN_GONE, EL_PIN_NEW};
	_cleanup_free_ uint32_t *numbers = NULL;
	size_t count = 0;

	for (size_t i = 0; i < 3; i++) {
		uint32_t id = el_pin_program(context, chain->device, chain->hook, whiches[i]);

		if (id && (id == running || (!running && i < 2)))
			return strdup(whiches[i] ? whiches[i] : "");
	}
	if (el_pin_generations(context, chain->device, chain->hook, &numbers, &count))
		return NULL;
	while (count--) {
		_cleanup_free_ char *number = el_format("%u", numbers[count]);

		if (number && running &&
		    el_pin_program(context, chain->device, chain->hook, number) == running)
			return TAKE_PTR(number);
	}
	return NULL;
}

/* Return: 0; -EXDEV the link's device is in another network namespace; -ESTALE a swap came between
 * the two questions. */
static int check_here(struct el_context *context, const struct el_chain *chain,
		      const struct bpf_link_info *info, uint32_t running)
{
	const struct el_hook_ops *ops = el_hook_ops(chain->hook);
	uint32_t now = 0;

	if (chain->link_fd < 0)
		return 0;
	if ((int)info->xdp.ifindex != chain->ifindex)
		return -EXDEV;
	if (ops->here(chain, running))
		return 0;
	ops->query(context, chain, &now);
	return now == running ? -EXDEV : -ESTALE;
}

/* Return: 0, also where there is none. */
static int open_link(struct el_context *context, struct el_chain *chain)
{
	chain->link_fd = el_pin_any_link(context, chain->device, chain->hook);
	if (chain->link_fd == -EACCES || chain->link_fd == -EPERM)
		return el_fail(context, EL_PRIVILEGE, EPERM, el_rights_hint(),
			       "can't look at the chain on %s %s: not enough privilege",
			       chain->device, el_hook_name(chain->hook));
	return 0;
}

/* Whether every one of a chain's links is attached, and not the first alone. */
static bool is_whole(const struct el_chain *chain)
{
	for (size_t i = 1; i < chain->programs_count; i++)
		if (el_program_linked(&chain->programs[i]) &&
		    !el_descriptor_link_lives(chain->programs[i].link_fd))
			return false;
	return true;
}

/* Of a chain that does not run: whether the device that it was made for is still there. */
static bool device_is_there(const struct el_chain *chain)
{
	uint64_t cookie = 0;

	if (el_netns_cookie(&cookie))
		cookie = chain->metadata->netns;
	return (int)chain->metadata->ifindex == chain->ifindex && chain->metadata->netns == cookie;
}

static int open_running(struct el_context *context, struct el_chain *chain)
{
	struct bpf_link_info info = {0};
	uint32_t size = sizeof(info), running = 0;
	_cleanup_free_ char *which = NULL;
	int error = open_link(context, chain);

	if (!error)
		error = el_hook_ops(chain->hook)->query(context, chain, &running);
	if (error)
		return error;
	if (chain->link_fd >= 0 && !bpf_obj_get_info_by_fd(chain->link_fd, &info, &size))
		chain->link_id = info.id;
	chain->ifindex = (int)if_nametoindex(chain->device);
	error = running ? check_here(context, chain, &info, running) : 0;
	if (error)
		return error;
	which = which_runs(context, chain, running);
	chain->state = running ? EL_STATE_RUNS : EL_STATE_DETACHED;
	if (!which && running && el_pin_program(context, chain->device, chain->hook, NULL)) {
		chain->state = EL_STATE_REPLACED;
		which = strdup("");
	}
	if (!which)
		return running ? -ESTALE : -ENOENT;
	if (!running && !strcmp(which, EL_PIN_GONE)) /* somebody is about to remove the rest */
		return -ENOENT;
	error = open_generation(context, chain, *which ? which : NULL);
	if (!error && chain->state == EL_STATE_RUNS && !is_whole(chain))
		chain->state = EL_STATE_DETACHED;
	if (!error && !running && !device_is_there(chain))
		return -ENOENT;
	return error ? error : el_chain_report_make(context, chain);
}

int el_chain_look(struct el_context *context, const char *device, enum edge_hook hook,
		  struct el_chain **out)
{
	int error = 0;

	/* A swap may rename the pins while we read them: then look again. */
	for (int tries = 0; tries < 20; tries++) {
		_cleanup_chain_ struct el_chain *chain = NULL;

		error = el_chain_new(context, &chain);
		if (error)
			return error;
		chain->hook = hook;
		chain->device = strdup(device);
		if (!chain->device)
			return el_fail_memory(context);
		error = open_running(context, chain);
		if (!error)
			*out = TAKE_PTR(chain);
		if (error != -ESTALE)
			break;
		usleep(1000);
	}
	if (error == -ESTALE)
		return el_fail(context, EL_CONFLICT, EBUSY, "try again",
			       "the pins of %s %s do not belong to the program that runs", device,
			       el_hook_name(hook));
	if (error == -EXDEV)
		return el_fail(
			context, EL_CONFLICT, EEXIST,
			"enter the namespace by --netns NAME, which gives it pins of its own; or "
			"use "
			"--bpffs",
			"the pins of %s %s belong to a device of that name in another network "
			"namespace",
			device, el_hook_name(hook));
	return error;
}

int el_chain_look_at(struct el_context *context, const char *device, enum edge_hook hook,
		     uint32_t number, struct el_chain **out)
{
	_cleanup_free_ char *which = el_format("%u", number);
	_cleanup_chain_ struct el_chain *chain = NULL;
	int error = which ? el_chain_new(context, &chain) : el_fail_memory(context);

	if (error)
		return error;
	chain->hook = hook;
	chain->state = EL_STATE_KEPT;
	chain->device = strdup(device);
	if (!chain->device)
		return el_fail_memory(context);
	chain->ifindex = (int)if_nametoindex(device);
	chain->link_fd = el_pin_get(context, device, hook, which, "link");
	error = open_generation(context, chain, which);
	if (!error)
		error = el_chain_report_make(context, chain);
	if (!error)
		*out = TAKE_PTR(chain);
	return error == -ESTALE ? -ENOENT : error;
}

/* ---------------------------------------------------------------- all of them */

void el_chains_free(struct el_chain **chains, size_t count)
{
	for (size_t i = 0; i < count; i++)
		el_chain_free(chains[i]);
	free(chains);
}

struct gathering {
	struct el_chain **chains;
	size_t count;
};

static int gather_device(struct el_context *context, const char *device,
			 struct gathering *gathering)
{
	for (enum edge_hook hook = EDGE_HOOK_XDP; hook <= EDGE_HOOK_TC_EGRESS; hook++) {
		struct el_chain *chain = NULL, **chains;
		int error = el_pin_exists(context, device, hook);

		if (!error)
			error = el_chain_look(context, device, hook, &chain);
		if (error == -ENOENT)
			continue;
		if (error)
			return error;
		chains = realloc(gathering->chains,
				 (gathering->count + 1) * sizeof(struct el_chain *));
		if (!chains) {
			el_chain_free(chain);
			return el_fail_memory(context);
		}
		gathering->chains = chains;
		chains[gathering->count++] = chain;
	}
	return 0;
}

static int gather_all(struct el_context *context, struct gathering *gathering)
{
	struct dirent **entries;
	int count = scandir(context->root, &entries, NULL, alphasort), error = 0;

	if (count < 0 && errno == ENOENT)
		return 0;
	if (count < 0)
		return el_fail(context, errno == EACCES ? EL_PRIVILEGE : EL_FAILED, errno,
			       errno == EACCES ? el_rights_hint() : NULL, "can't read %s: %s",
			       context->root, strerror(errno));
	for (int i = 0; i < count; i++) {
		_cleanup_free_ char *device = el_pin_to_device(entries[i]->d_name);

		if (!error && device)
			error = gather_device(context, device, gathering);
		free(entries[i]);
	}
	free(entries);
	return error;
}

int el_chains_open(struct el_context *context, const char *device, struct el_chain ***out,
		   size_t *count)
{
	struct gathering gathering = {0};
	int error = el_pin_check_bpffs(context);

	if (error)
		return error;
	if (device && !if_nametoindex(device)) {
		struct el_chain probe = {.device = (char *)device};

		return el_hook_device(context, &probe);
	}
	error = device ? gather_device(context, device, &gathering)
		       : gather_all(context, &gathering);
	if (error) {
		el_chains_free(gathering.chains, gathering.count);
		return error;
	}
	*out = gathering.chains;
	*count = gathering.count;
	return 0;
}

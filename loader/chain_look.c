// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A chain as the kernel has it: read back from its link, its pins and its metadata. Nothing here
 * changes anything, and nothing takes the lock: a look that falls into a swap is repeated.
 */
#include <dirent.h>
#include <net/if.h>

#include <bpf/bpf.h>

#include "chain.h"

/*
 * A program reached by a tail call has no pin of its own; its array tells its number
 * (kernel/bpf/arraymap.c), and who has CAP_SYS_ADMIN gets a descriptor by that.
 */
static void find_in_tail(const struct el_chain *chain, struct el_program *program)
{
	uint32_t slot = (uint32_t)program->first, id;

	if (chain->tail_fd < 0 || bpf_map_lookup_elem(chain->tail_fd, &slot, &id))
		return;
	program->report.id = id;
	program->fd = bpf_prog_get_fd_by_id(id);
}

static void report_program(struct el_chain *chain, size_t number)
{
	struct el_program *program = &chain->programs[number];
	struct bpf_prog_info info = {0};
	uint32_t size = sizeof(info);

	if (program->fd < 0 && number)
		find_in_tail(chain, program);

	program->report.first = program->first;
	program->report.count = program->count;
	program->report.fused = el_program_fused(program);
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
	maps[chain->maps_count++] =
		(struct el_chain_map){.instance = instance, .name = copy, .fd = fd};
	return 0;
}

/* Its pins in the generation whose pins end in @suffix: a map that was kept has no staged one. */
static int open_maps_of(struct el_context *context, struct el_chain *chain, size_t instance,
			const char *suffix)
{
	_cleanup_free_ char *path =
		el_pin_path(context, chain->device, chain->hook, chain->instances[instance].name);
	DIR *dir = path ? opendir(path) : NULL;
	struct dirent *entry;
	int error = 0;

	while (!error && dir && (entry = readdir(dir))) {
		_cleanup_free_ char *file = el_format("%s/%s%s", path, entry->d_name, suffix);
		int fd = -1;

		if (entry->d_name[0] == '.' || strchr(entry->d_name, ':'))
			continue;
		if (file)
			fd = bpf_obj_get(file);
		if (fd < 0 && file && *suffix) {
			file[strlen(file) - strlen(suffix)] = '\0';
			fd = bpf_obj_get(file);
		}
		if (fd >= 0)
			error = add_map(context, chain, instance, entry->d_name, fd);
	}
	if (dir)
		closedir(dir);
	return error;
}

/* @name of the generation whose pins end in @suffix. One that has been renamed already has taken
 * its place: the program's is the last. */
static int get_pin(const struct el_context *context, const struct el_chain *chain, const char *name,
		   const char *suffix)
{
	_cleanup_free_ char *staged = el_format("%s%s", name, suffix);
	int fd = staged ? el_pin_get(context, chain->device, chain->hook, staged) : -ENOMEM;

	return fd == -ENOENT && *suffix ? el_pin_get(context, chain->device, chain->hook, name)
					: fd;
}

static int open_pins(const struct el_context *context, struct el_chain *chain, const char *suffix)
{
	static const char *const names[] = {"metadata", "counters", "carried", "tail"};
	int *const fds[] = {&chain->metadata_fd, &chain->counters_fd, &chain->carried_fd,
			    &chain->tail_fd};

	for (size_t i = 0; i < sizeof(fds) / sizeof(*fds); i++) {
		*fds[i] = get_pin(context, chain, names[i], suffix);
		if (*fds[i] < 0 && fds[i] != &chain->tail_fd)
			return *fds[i];
	}
	return 0;
}

static uint32_t id_of_program(int fd)
{
	struct bpf_prog_info info = {0};
	uint32_t size = sizeof(info);

	return bpf_obj_get_info_by_fd(fd, &info, &size) ? 0 : info.id;
}

/*
 * Open the pins of the generation whose program @running is: for the moment between a swap and its
 * commit they are still called NAME:new.
 */
static int open_generation(struct el_context *context, struct el_chain *chain, uint32_t running,
			   int *program_fd, const char **suffix)
{
	static const char *const suffixes[] = {"", ":new"};

	for (size_t i = 0; i < 2; i++) {
		_cleanup_free_ char *name = el_format("prog%s", suffixes[i]);
		_cleanup_fd_ int fd =
			name ? el_pin_get(context, chain->device, chain->hook, name) : -ENOMEM;

		if (fd == -EACCES || fd == -EPERM)
			return el_fail(context, EL_PRIVILEGE, EPERM, "run as root",
				       "can't open the pins of %s %s: not enough privilege",
				       chain->device, el_hook_name(chain->hook));
		if (fd < 0 || id_of_program(fd) != running ||
		    open_pins(context, chain, suffixes[i]))
			continue;
		*program_fd = TAKE_FD(fd);
		*suffix = suffixes[i];
		return 0;
	}
	return -ESTALE;
}

/* The programs after the first that have a link of their own. */
static int open_linked(struct el_context *context, struct el_chain *chain, const char *suffix)
{
	size_t number = 0;

	for (size_t i = 1; i < chain->programs_count; i++) {
		struct el_program *program = &chain->programs[i];
		_cleanup_free_ char *prog = NULL, *link = NULL;

		if (!el_program_linked(program))
			continue;
		prog = el_pin_numbered("prog", ++number);
		link = el_pin_numbered("link", number);
		if (!prog || !link)
			return el_fail_memory(context);
		program->fd = get_pin(context, chain, prog, suffix);
		program->link_fd = el_pin_get(context, chain->device, chain->hook, link);
		if (program->fd < 0 || program->link_fd < 0)
			return -ESTALE;
	}
	return 0;
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

static int open_running(struct el_context *context, struct el_chain *chain)
{
	struct bpf_link_info info = {0};
	uint32_t size = sizeof(info), running = 0;
	const char *suffix = "";
	int program = -1, error;

	chain->link_fd = el_pin_get(context, chain->device, chain->hook, "link");
	if (chain->link_fd == -EACCES || chain->link_fd == -EPERM)
		return el_fail(context, EL_PRIVILEGE, EPERM, "run as root",
			       "can't look at the chain on %s %s: not enough privilege",
			       chain->device, el_hook_name(chain->hook));
	error = el_hook_ops(chain->hook)->query(context, chain, &running);
	if (error || !running)
		return error ? error : -ENOENT;
	if (chain->link_fd >= 0 && !bpf_obj_get_info_by_fd(chain->link_fd, &info, &size))
		chain->link_id = info.id;
	chain->ifindex = (int)if_nametoindex(chain->device);
	error = check_here(context, chain, &info, running);
	if (error)
		return error;
	error = open_generation(context, chain, running, &program, &suffix);
	if (!error)
		error = el_metadata_read(context, chain);
	if (chain->hook != EDGE_HOOK_XDP)
		chain->mode = chain->link_fd < 0 ? EL_MODE_CLSACT : EL_MODE_TCX;
	if (error) {
		if (program >= 0)
			close(program);
		return error;
	}
	chain->programs[0].fd = program;
	error = open_linked(context, chain, suffix);
	for (size_t i = 0; i < chain->programs_count; i++)
		report_program(chain, i);
	for (size_t i = 0; !error && i < chain->instances_count; i++)
		error = open_maps_of(context, chain, i, suffix);
	return error ? error : el_chain_report_make(context, chain);
}

/* Return: 0; -ENOENT nothing of ours runs there, without noting an error; else an error is noted.
 */
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
			"give each network namespace a bpffs of its own (--bpffs)",
			"the pins of %s %s belong to a device of that name in another network "
			"namespace",
			device, el_hook_name(hook));
	return error;
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
			       errno == EACCES ? "run as root" : NULL, "can't read %s: %s",
			       context->root, strerror(errno));
	for (int i = 0; i < count; i++) {
		for (char *c = entries[i]->d_name; *c; c++)
			if (*c == ':')
				*c = '.';
		if (!error && entries[i]->d_name[0] != '.')
			error = gather_device(context, entries[i]->d_name, gathering);
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

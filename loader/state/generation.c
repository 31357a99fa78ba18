// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Make an empty generation, and free a generation. Freeing closes descriptors only: pins and links
 * keep the objects in the kernel.
 */
#include "fuse/fuse.h"
#include "map/map.h"
#include "map/types.h"
#include "state/inherit.h"

int el_generation_new(struct el_context *context, struct el_generation **out)
{
	struct el_generation *chain = calloc(1, sizeof(*chain));

	if (!chain)
		return el_fail_memory(context);
	chain->metadata_fd = -1;
	chain->counters_fd = -1;
	chain->carried_fd = -1;
	chain->at.tail_fd = -1;
	chain->at.link_fd = -1;
	*out = chain;
	return 0;
}

int el_generation_set_device(struct el_context *context, struct el_generation *chain,
			     const char *device)
{
	chain->device = strdup(device);
	chain->at.site.device = chain->device;
	return chain->device ? 0 : el_fail_memory(context);
}

int el_generation_new_at(struct el_context *context, const struct el_site *site,
			 struct el_generation **out)
{
	_cleanup_generation_ struct el_generation *chain = NULL;
	int error = el_generation_new(context, &chain);

	if (error)
		return error;
	chain->at.site.hook = site->hook;
	if (site->device)
		error = el_generation_set_device(context, chain, site->device);
	if (!error)
		*out = TAKE_PTR(chain);
	return error;
}

void el_generation_free_maps(struct el_generation *chain)
{
	for (size_t i = 0; i < chain->maps_count; i++) {
		el_inherit_free(&chain->maps[i]);
		if (chain->maps[i].fd >= 0)
			close(chain->maps[i].fd);
		free(chain->maps[i].name);
	}
	free(chain->maps);
	chain->maps = NULL;
	chain->maps_count = 0;
}

void el_generation_free(struct el_generation *chain)
{
	int fds[5];

	if (!chain)
		return;
	memcpy(fds,
	       (int[]){chain->metadata_fd, chain->counters_fd, chain->carried_fd, chain->at.tail_fd,
		       chain->at.link_fd},
	       sizeof(fds));
	for (size_t i = 0; i < 5; i++)
		if (fds[i] >= 0)
			close(fds[i]);
	for (size_t i = 0; i < chain->at.programs_count; i++) {
		if (chain->at.programs[i].fd >= 0)
			close(chain->at.programs[i].fd);
		if (chain->at.programs[i].link_fd >= 0)
			close(chain->at.programs[i].link_fd);
	}
	el_generation_free_maps(chain);
	el_instances_free(chain->instances, chain->instances_count);
	free(chain->at.programs);
	el_types_free(chain->types);
	for (size_t i = 0; i < chain->staged_count; i++) {
		el_map_load_free(chain->staged[i].load);
		el_map_free(chain->staged[i].like);
	}
	free(chain->tables);
	free(chain->staged);
	free(chain->metadata);
	free(chain->cut);
	free(chain->device);
	free(chain);
}

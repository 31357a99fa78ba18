// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The pins of a chain, as any process with write access to the folder can make them: the chain's
 * description of itself (metadata), its counts, the kinds and sizes of these maps. Input: the
 * shapes of the three maps, the numbers of struct edge_metadata, then its texts, each with a NUL at
 * its end.
 */
#include <sys/stat.h>

#include "../../loader/chain/chain.h"
#include "kernel.h"

#define DEVICE "dev"

static char paths[8][8192];

static const char *path_of(size_t number, const char *name)
{
	snprintf(paths[number], sizeof(paths[number]), "%s/%s/xdp%s%s", fuzz_context()->root,
		 DEVICE, name ? "/" : "", name ? name : "");
	return paths[number];
}

static void make_folders(void)
{
	static bool made;
	char path[8192];

	if (made)
		return;
	made = true;
	fuzz_check(!mkdir(fuzz_context()->root, 0700), "no folder");
	snprintf(path, sizeof(path), "%s/" DEVICE, fuzz_context()->root);
	fuzz_check(!mkdir(path, 0700) && !mkdir(path_of(0, NULL), 0700) &&
			   !mkdir(path_of(0, "one"), 0700),
		   "no folder");
}

/* Mostly correct, since a wrong shape is refused at once, which tests nothing further. */
static struct fuzz_map shape(struct fuzz_input *input, uint32_t type, size_t value_size,
			     uint32_t entries)
{
	struct fuzz_map map = {.type = type, .key_size = 4, .max_entries = entries};
	uint64_t odd = fuzz_number(input, 1);

	map.value_size = (uint32_t)value_size;
	if (odd & 1)
		map.type = (uint32_t)fuzz_number(input, 1) % 34;
	if (odd & 2)
		map.key_size = (uint32_t)fuzz_number(input, 2);
	if (odd & 4)
		map.value_size = (uint32_t)fuzz_number(input, 2);
	if (odd & 8)
		map.max_entries = (uint32_t)fuzz_number(input, 1);
	return map;
}

static void take_text(struct fuzz_input *input, char *field, size_t size)
{
	char *text = fuzz_text(input);
	size_t length = strlen(text);

	memcpy(field, text, length < size ? length : size);
	free(text);
}

static void make_metadata(struct fuzz_input *input, struct edge_metadata *metadata)
{
	*metadata = (struct edge_metadata){.ifindex = 1};
	metadata->time = fuzz_number(input, 4);
	metadata->abi = (uint32_t)fuzz_number(input, 1);
	metadata->generation = (uint32_t)fuzz_number(input, 4);
	metadata->mode = (uint32_t)fuzz_number(input, 4);
	metadata->keep = (uint32_t)fuzz_number(input, 4);
	metadata->declared = (uint32_t)fuzz_number(input, 4);
	take_text(input, metadata->user, sizeof(metadata->user));
	take_text(input, metadata->version, sizeof(metadata->version));
	take_text(input, metadata->cut, sizeof(metadata->cut));
	take_text(input, metadata->programs, sizeof(metadata->programs));
	take_text(input, metadata->digests, sizeof(metadata->digests));
	take_text(input, metadata->chain, sizeof(metadata->chain));
	take_text(input, metadata->reasons, sizeof(metadata->reasons));
}

static void check_chain(const struct el_generation *chain)
{
	size_t next = 0;

	fuzz_check(chain->instances_count && chain->at.programs_count, "a chain of nothing");
	fuzz_check(chain->instances_count <= EDGE_INSTANCES_MAX, "%zu instances",
		   chain->instances_count);
	fuzz_check(el_mode_name(chain->at.site.mode), "mode %u", chain->at.site.mode);
	for (size_t i = 0; i < chain->at.programs_count; i++) {
		const struct el_program *program = &chain->at.programs[i];

		fuzz_check(el_program_form(program), "program %zu has no form", i);
		fuzz_check(program->first == next && next < chain->instances_count,
			   "program %zu does not begin at instance %zu", i, next);
		next += program->count;
	}
	fuzz_check(next == chain->instances_count, "instances are in no program");
	for (size_t i = 0; i < chain->instances_count; i++) {
		const struct el_instance *instance = &chain->instances[i];

		fuzz_check(el_instance_name_valid(instance->name), "an instance is called \"%s\"",
			   instance->name);
	}
}

static void count(struct el_context *context, const struct el_generation *chain)
{
	struct el_counters *counters = NULL;

	if (!el_counters_of(context, chain, &counters)) {
		for (size_t i = 0; i < counters->count; i++)
			fuzz_check(counters->instances[i].reasons_count <= EDGE_REASONS_MAX,
				   "reasons");
		el_counters_free(counters);
	}
	el_counters_carry(context, chain, chain);
	el_counters_reset(context, chain);
}

static void report(struct el_context *context, const struct el_generation *chain)
{
	struct el_chain_report report;
	struct el_differences *changes = NULL;

	if (!el_report_make(context, chain, &report) &&
	    !el_chain_diff(context, &report, &report, &changes))
		fuzz_check(!changes->count, "it differs from itself");
	el_differences_free(changes);
	el_report_free(&report);
}

static void open_chain(struct el_context *context)
{
	struct el_opening opening = {.context = context, .which = EL_WHICH(RUNNING)};
	struct el_generation *chain = NULL;
	int error;

	fuzz_check(!el_generation_new_at(context, &EL_SITE(DEVICE, EDGE_HOOK_XDP), &chain),
		   "no memory");
	chain->at.site.ifindex = 1;
	opening.chain = chain;
	error = el_chain_open_generation(&opening);
	if (error && error != -ESTALE)
		fuzz_check_noted(error);
	if (!error) {
		check_chain(chain);
		count(context, chain);
		report(context, chain);
	}
	free(opening.lost);
	el_generation_free(chain);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct el_context *context = fuzz_context();
	struct fuzz_input input = {data, size};
	struct edge_metadata *metadata = malloc(sizeof(*metadata));
	struct edge_counters counts;
	struct fuzz_map maps[3];
	static const char *const names[] = {"metadata", "counters", "carried"};
	size_t descriptors = fuzz_descriptors();

	maps[0] = shape(&input, BPF_MAP_TYPE_ARRAY, sizeof(*metadata), 1);
	maps[1] = shape(&input, BPF_MAP_TYPE_PERCPU_ARRAY, sizeof(counts), 65);
	maps[2] = shape(&input, BPF_MAP_TYPE_ARRAY, sizeof(counts), 65);
	make_folders();
	make_metadata(&input, metadata);
	memset(&counts, size & 1 ? 0xff : 0x01, sizeof(counts));
	for (size_t i = 0; i < 3; i++) {
		maps[i].value = i ? (void *)&counts : (void *)metadata;
		maps[i].value_length = i ? sizeof(counts) : sizeof(*metadata);
		fuzz_map_pin(&maps[i], path_of(i, names[i]));
	}
	fuzz_pin(FUZZ_PIN_PROGRAM, path_of(3, "prog"));
	fuzz_pin(FUZZ_PIN_PROGRAM, path_of(4, "prog1"));
	fuzz_pin(FUZZ_PIN_LINK, path_of(5, "link1"));
	open_chain(context);
	fuzz_kernel_forget();
	fuzz_check(fuzz_descriptors() == descriptors, "a descriptor is open still");
	free(metadata);
	return 0;
}

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Restores a file of `map save`: sections for the maps of a chain, which are the maps of
 * types.bpf.c. Saved again and restored into empty maps, the maps have the same entries.
 */
#include <sys/stat.h>

#include <bpf/bpf.h>

#include "maps.h"

#define CHAIN "dev/xdp"

static const char *pin_of(const char *name)
{
	static char path[8192];

	snprintf(path, sizeof(path), "%s/dev/xdp:1/one/%s", fuzz_context()->root, name);
	return path;
}

/* Make the pins of a chain with these maps: folders and files here, the maps in kernel.c. */
static void make_chain(const struct fuzz_kind *kinds, size_t count)
{
	static const char *const folders[] = {"", "/dev", "/dev/xdp:1", "/dev/xdp:1/one"};
	struct el_context *context = fuzz_context();
	char path[8192];

	for (size_t i = 0; i < sizeof(folders) / sizeof(*folders); i++) {
		snprintf(path, sizeof(path), "%s%s", context->root, folders[i]);
		fuzz_check(!mkdir(path, 0700), "can't make %s", path);
	}
	snprintf(path, sizeof(path), "%s/dev/xdp", context->root);
	fuzz_check(!symlink("xdp:1", path), "can't make %s", path);
	for (size_t i = 0; i < count; i++) {
		const struct el_types types = {(struct btf *)fuzz_btf(), kinds[i].key,
					       kinds[i].value};
		FILE *file = fopen(pin_of(kinds[i].name), "w");

		fuzz_check(file && !fclose(file), "no pin");
		fuzz_map_pin(&kinds[i].map, strdup(pin_of(kinds[i].name)));
		fuzz_check(!el_types_pin_one(context, pin_of(kinds[i].name), &types, 1),
			   "no types: %s", context->error.what);
	}
}

static char *save(void)
{
	struct el_context *context = fuzz_context();
	char path[8192], *text = NULL;
	size_t count, size;

	snprintf(path, sizeof(path), "%s/saved", fuzz_folder());
	fuzz_check(!el_maps_save(context, CHAIN, path, &count), "%s", context->error.what);
	fuzz_check(!el_file_read(path, &text, &size), "no file");
	return text;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct el_context *context = fuzz_context();
	size_t count, restored, descriptors;
	static const struct fuzz_kind *kinds;
	char *saved, *again;
	int error;

	if (!kinds) {
		kinds = fuzz_kinds(&count);
		make_chain(kinds, count);
	}
	descriptors = fuzz_descriptors();
	error = el_maps_restore(context, CHAIN, fuzz_file("input", data, size), &restored);
	fuzz_check_noted(error);
	fuzz_check(fuzz_descriptors() == descriptors, "a descriptor is open still");
	if (!error && restored) {
		saved = save();
		fuzz_kernel_empty();
		fuzz_check(!el_maps_restore(context, CHAIN,
					    fuzz_file("saved", saved, strlen(saved)), &restored),
			   "%s was saved, and is not restored: %s", saved, context->error.what);
		again = save();
		fuzz_check(!strcmp(saved, again), "%s becomes %s", saved, again);
		free(saved);
		free(again);
	}
	fuzz_kernel_empty();
	return 0;
}

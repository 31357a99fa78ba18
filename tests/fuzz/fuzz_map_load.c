// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Loads the entries of a file into a map: lines, or JSON. Input: the number of a map of
 * types.bpf.c, then the file. The loaded map is dumped, and the dump is loaded into another map:
 * both maps then have the same entries.
 */
#include "maps.h"

struct dump {
	char *text;
	size_t size;
	FILE *stream;
	enum el_format format;
};

static int dump_entry(void *data, const char *key, const char *value)
{
	struct dump *dump = data;

	if (dump->format == EL_JSON)
		fuzz_check_json(value);
	fprintf(dump->stream, dump->format == EL_JSON ? "%s%s\n" : "%s %s\n",
		dump->format == EL_JSON ? "" : key, value);
	return 0;
}

static void load_again(const struct fuzz_kind *kind, struct el_map *map, enum el_format format)
{
	struct el_context *context = fuzz_context();
	struct el_map *other = fuzz_kind_open(kind);
	struct dump dump = {.format = format};
	size_t loaded;
	const char *path;

	dump.stream = open_memstream(&dump.text, &dump.size);
	fuzz_check(dump.stream, "no memory");
	fuzz_check(!el_map_dump(map, format, dump_entry, &dump), "%s: %s", kind->name,
		   context->error.what);
	fclose(dump.stream);
	path = fuzz_file("dump", dump.text, dump.size);
	fuzz_check(!el_map_load(other, path, &loaded), "%s: %s\n%s", kind->name,
		   context->error.what, dump.text);
	fuzz_check(fuzz_map_same(map->fd, other->fd), "another map of type %s: %s", kind->name,
		   dump.text);
	free(dump.text);
	el_map_free(other);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	size_t count, loaded = 0, descriptors = fuzz_descriptors();
	const struct fuzz_kind *kinds = fuzz_kinds(&count),
			       *kind = &kinds[fuzz_number(&input, 1) % count];
	struct el_map *map = fuzz_kind_open(kind);
	const char *path = fuzz_file("input", input.at, input.left);
	int error = el_map_load(map, path, &loaded);

	fuzz_check_noted(error);
	fuzz_check(!error || !fuzz_map_entries(map->fd), "%s: refused, and %zu are set: %s",
		   kind->name, fuzz_map_entries(map->fd), fuzz_context()->error.what);
	/* For per-CPU maps, text and JSON show the sum of the counts. */
	if (!error && !map->cpus) {
		load_again(kind, map, EL_TEXT);
		load_again(kind, map, EL_JSON);
	}
	el_map_free(map);
	fuzz_kernel_forget();
	fuzz_check(fuzz_descriptors() == descriptors, "a descriptor is open still");
	return 0;
}

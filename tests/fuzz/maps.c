// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The maps of types.bpf.c: maps.h.
 */
#include <libgen.h>
#include <limits.h>

#include <bpf/btf.h>

#include "maps.h"

#define KINDS 32

static struct fuzz_kind kinds[KINDS];
static size_t kinds_count;

/* types.o stands beside the target. */
static struct bpf_object *types(void)
{
	static struct bpf_object *object;
	char exe[PATH_MAX] = "", path[PATH_MAX + 16];

	if (object)
		return object;
	fuzz_check(readlink("/proc/self/exe", exe, sizeof(exe) - 1) > 0, "who am I?");
	snprintf(path, sizeof(path), "%s/types.o", dirname(exe));
	object = bpf_object__open(path);
	fuzz_check(object, "can't open %s", path);
	return object;
}

const struct btf *fuzz_btf(void)
{
	return bpf_object__btf(types());
}

const struct fuzz_kind *fuzz_kinds(size_t *count)
{
	struct bpf_map *map;

	if (!kinds_count)
		bpf_object__for_each_map(map, types()) {
			if (bpf_map__is_internal(map) || kinds_count == KINDS)
				continue;
			kinds[kinds_count++] = (struct fuzz_kind){
				.name = bpf_map__name(map),
				.map = {.type = bpf_map__type(map),
					.key_size = bpf_map__key_size(map),
					.value_size = bpf_map__value_size(map),
					.max_entries = bpf_map__max_entries(map)},
				.key = bpf_map__btf_key_type_id(map),
				.value = bpf_map__btf_value_type_id(map),
			};
		}
	*count = kinds_count;
	return kinds;
}

struct el_map *fuzz_kind_open(const struct fuzz_kind *kind)
{
	const struct el_types types = {(struct btf *)fuzz_btf(), kind->key, kind->value};
	struct el_typed_map copy;
	struct el_map *map = NULL;

	copy.fd = fuzz_map_open(&kind->map);
	fuzz_check(!el_types_copy(fuzz_context(), &types, &copy.types) &&
			   !el_map_of_fd(fuzz_context(), &copy, kind->name, &map),
		   "no map %s: %s", kind->name, fuzz_context()->error.what);
	close(copy.fd);
	return map;
}

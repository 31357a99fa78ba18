// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Read-only variables of a libbpf object, before it is loaded.
 */
#include <bpf/btf.h>

#include "load/rodata.h"

long el_rodata_offset(const struct bpf_object *object, const char *section_name, const char *name)
{
	const struct btf *btf = bpf_object__btf(object);
	int id = btf ? btf__find_by_name_kind(btf, section_name, BTF_KIND_DATASEC) : -ENOENT;
	const struct btf_type *section;
	const struct btf_var_secinfo *variable;

	if (id < 0)
		return -ENOENT;
	section = btf__type_by_id(btf, (uint32_t)id);
	variable = btf_var_secinfos(section);
	for (size_t i = 0; i < btf_vlen(section); i++) {
		const struct btf_type *type = btf__type_by_id(btf, variable[i].type);

		if (!strcmp(btf__name_by_offset(btf, type->name_off), name))
			return variable[i].offset;
	}
	return -ENOENT;
}

/* libbpf's name of the .rodata map begins with the object's name; the name of a .rodata.x
 * map is the section's name. */
static const char *rodata_section(const struct bpf_map *map)
{
	return bpf_map__is_internal(map) ? strstr(bpf_map__name(map), ".rodata") : NULL;
}

int el_rodata_set(const struct bpf_object *object, const char *name, const void *bytes, size_t size)
{
	struct bpf_map *map;

	bpf_object__for_each_map(map, object) {
		const char *section = rodata_section(map);
		long offset = section ? el_rodata_offset(object, section, name) : -ENOENT;
		size_t room;
		char *value;

		if (offset < 0)
			continue;
		/* const in libbpf 1.1 but not in 1.5; skeletons write there in both versions. */
		value = (char *)(uintptr_t)bpf_map__initial_value(map, &room);
		if (!value || (size_t)offset + size > room)
			return -ENOENT;
		memcpy(value + offset, bytes, size);
		return 0;
	}
	return -ENOENT;
}

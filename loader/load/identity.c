// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Assign the maps of a libbpf object to instances, by their names. The instance's number in a name
 * was written by the confined compiler, and is not trusted.
 */
#include <bpf/btf.h>

#include "load/identity.h"

/* ".data.i3", ".bss.i3" of a fused object; ".data", ".bss", ".data.x" of an unmodified object. */
static void identify_internal(const char *section, int instance, struct el_identity *identity)
{
	bool bss = strstr(section, ".bss");
	const char *rest = strstr(section, bss ? ".bss" : ".data");
	size_t number;

	if (!rest || strstr(section, ".rodata"))
		return;
	rest += bss ? 4 : 5;
	if (instance >= 0)
		number = (size_t)instance;
	else if (sscanf(rest, ".i%zu", &number) == 1)
		rest = "";
	else
		return;
	identity->mine = true;
	identity->instance = number;
	snprintf(identity->name, sizeof(identity->name), "%s%s", bss ? "bss" : "data", rest);
	for (char *c = identity->name; *c; c++)
		if (*c == '.')
			*c = '_';
}

/* "i3__blocked" of a fused object; "blocked" of an unmodified object. */
static struct el_identity identify_map(const struct bpf_map *map, int instance)
{
	const char *name = bpf_map__name(map), *own = name;
	struct el_identity identity = {0};
	size_t number = (size_t)instance;

	if (bpf_map__is_internal(map)) {
		identify_internal(name, instance, &identity);
		return identity;
	}
	if (instance < 0) {
		own = strstr(name, "__");
		if (sscanf(name, "i%zu__", &number) != 1 || !own)
			return identity;
		own += 2;
	} else if (!strcmp(name, "edge_counters") || !strncmp(name, "edge_tail_", 10)) {
		return identity;
	}
	identity.mine = true;
	identity.instance = number;
	snprintf(identity.name, sizeof(identity.name), "%s", own);
	return identity;
}

/* Look the name up in BTF: libbpf forgets the name of a map when the
 * map is replaced by another map. */
static bool has_map(const struct bpf_object *object, const char *name)
{
	const struct btf *btf = bpf_object__btf(object);
	int id = btf ? btf__find_by_name_kind(btf, ".maps", BTF_KIND_DATASEC) : -ENOENT;
	const struct btf_type *section = id < 0 ? NULL : btf__type_by_id(btf, (uint32_t)id);

	for (size_t i = 0; section && i < btf_vlen(section); i++) {
		const struct btf_type *variable =
			btf__type_by_id(btf, btf_var_secinfos(section)[i].type);

		if (!strcmp(btf__name_by_offset(btf, variable->name_off), name))
			return true;
	}
	return false;
}

/* A map in the source may also be named data or bss. Then the globals are NAME-globals, which is
 * not a valid name of a map. */
static struct el_identity name_map(const struct bpf_object *object, const struct bpf_map *map,
				   int instance)
{
	struct el_identity identity = identify_map(map, instance);
	char own[96];

	if (!identity.mine || !bpf_map__is_internal(map))
		return identity;
	if (instance < 0)
		snprintf(own, sizeof(own), "i%zu__%s", identity.instance, identity.name);
	else
		snprintf(own, sizeof(own), "%s", identity.name);
	if (has_map(object, own))
		strncat(identity.name, "-globals",
			sizeof(identity.name) - strlen(identity.name) - 1);
	return identity;
}

/* Check the name, which becomes the name of a pin, and the number. In a fused object, the untrusted
 * compiler process chose both. */
static int check_identity(struct el_context *context, const struct el_generation *chain,
			  const struct bpf_map *map, const struct el_identity *identity)
{
	const char *name = identity->name;

	if (identity->instance >= chain->instances_count)
		return el_fail(context, EL_FAILED, EBADMSG, "install edge-load again",
			       "map %s of the fused object belongs to an instance that the chain "
			       "does not have",
			       bpf_map__name(map));
	if (*name && *name != '.' && !strchr(name, '/'))
		return 0;
	return el_fail(context, EL_COMPILE, EINVAL, "give the map a name that C allows",
		       "map \"%s\" can't be pinned by its name", bpf_map__name(map));
}

int el_identify(const struct el_loading *loading, const struct bpf_map *map,
		struct el_identity *out)
{
	const struct el_making *making = loading->making;
	struct el_identity identity = name_map(loading->object, map, loading->instance);
	int error =
		identity.mine ? check_identity(making->context, making->chain, map, &identity) : 0;

	if (!error && identity.mine)
		identity.instance = making->chain->instances[identity.instance].owner;
	*out = identity;
	return error;
}

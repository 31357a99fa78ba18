// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Shape: whether two maps hold the same thing. Sizes alone do not tell: two counters that changed
 * places have the size they had, and a map kept over that swap would lie. So the types of key and
 * value are compared by BTF, name by name.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "chain.h"
#include "rights.h"

/* A type inside its BTF, through typedefs and qualifiers. */
struct place {
	const struct btf *btf;
	uint32_t id;
};

static const struct btf_type *type_of(const struct place *place)
{
	int id = btf__resolve_type(place->btf, place->id);

	return id < 0 ? NULL : btf__type_by_id(place->btf, (uint32_t)id);
}

static bool same_name(const struct place *a, uint32_t a_name, const struct place *b,
		      uint32_t b_name)
{
	return !strcmp(btf__name_by_offset(a->btf, a_name), btf__name_by_offset(b->btf, b_name));
}

static bool same_type(const struct place *a, const struct place *b, int depth);

static bool same_members(const struct place *a, const struct btf_type *at, const struct place *b,
			 const struct btf_type *bt, int depth)
{
	const struct btf_member *am = btf_members(at), *bm = btf_members(bt);

	for (size_t i = 0; i < btf_vlen(at); i++) {
		struct place ai = {a->btf, am[i].type}, bi = {b->btf, bm[i].type};

		if (am[i].offset != bm[i].offset ||
		    !same_name(a, am[i].name_off, b, bm[i].name_off) ||
		    !same_type(&ai, &bi, depth + 1))
			return false;
	}
	return true;
}

/* "i3__total" of a fused program is "total": the number changes with the instance's place in the
 * chain. */
static const char *plain_name(const struct btf *btf, uint32_t offset)
{
	const char *name = btf__name_by_offset(btf, offset);
	int skip = 0;

	return sscanf(name, "i%*u__%n", &skip) == 0 && skip ? name + skip : name;
}

/* The variables of a program's globals: .data, .bss. */
static bool same_variables(const struct place *a, const struct btf_type *at, const struct place *b,
			   const struct btf_type *bt, int depth)
{
	const struct btf_var_secinfo *av = btf_var_secinfos(at), *bv = btf_var_secinfos(bt);

	for (size_t i = 0; i < btf_vlen(at); i++) {
		const struct btf_type *ai = btf__type_by_id(a->btf, av[i].type);
		const struct btf_type *bi = btf__type_by_id(b->btf, bv[i].type);
		struct place ap = {a->btf, ai->type}, bp = {b->btf, bi->type};

		if (av[i].offset != bv[i].offset || av[i].size != bv[i].size ||
		    strcmp(plain_name(a->btf, ai->name_off), plain_name(b->btf, bi->name_off)) ||
		    !same_type(&ap, &bp, depth + 1))
			return false;
	}
	return true;
}

static bool same_values(const struct place *a, const struct btf_type *at, const struct place *b,
			const struct btf_type *bt)
{
	const struct btf_enum *av = btf_enum(at), *bv = btf_enum(bt);

	for (size_t i = 0; i < btf_vlen(at); i++)
		if (av[i].val != bv[i].val || !same_name(a, av[i].name_off, b, bv[i].name_off))
			return false;
	return true;
}

static bool same_type(const struct place *a, const struct place *b, int depth)
{
	const struct btf_type *at = type_of(a), *bt = type_of(b);
	struct place ae, be;

	if (!at || !bt || btf_kind(at) != btf_kind(bt) || btf_vlen(at) != btf_vlen(bt) ||
	    depth > 16)
		return false;
	switch (btf_kind(at)) {
	case BTF_KIND_INT:
		return at->size == bt->size && btf_int_encoding(at) == btf_int_encoding(bt);
	case BTF_KIND_ENUM:
		return at->size == bt->size && same_values(a, at, b, bt);
	case BTF_KIND_ARRAY:
		ae = (struct place){a->btf, btf_array(at)->type};
		be = (struct place){b->btf, btf_array(bt)->type};
		return btf_array(at)->nelems == btf_array(bt)->nelems &&
		       same_type(&ae, &be, depth + 1);
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return at->size == bt->size && same_members(a, at, b, bt, depth);
	case BTF_KIND_DATASEC:
		return same_variables(a, at, b, bt, depth);
	default:
		return at->size == bt->size;
	}
}

static bool same_types(const struct btf *btf, const struct bpf_map *map,
		       const struct bpf_map_info *info)
{
	uint32_t key = bpf_map__btf_key_type_id(map), value = bpf_map__btf_value_type_id(map);
	struct btf *old = info->btf_id ? el_rights_btf(info->btf_id) : NULL;
	struct place now_key = {btf, key}, old_key = {old, info->btf_key_type_id};
	struct place now_value = {btf, value}, old_value = {old, info->btf_value_type_id};
	bool same;

	if (!old) /* without BTF, or without the privilege to fetch it, the sizes must do */
		return true;
	same = (!key || !info->btf_key_type_id || same_type(&now_key, &old_key, 0)) &&
	       (!value || !info->btf_value_type_id || same_type(&now_value, &old_value, 0));
	btf__free(old);
	return same;
}

bool el_shape_same(const struct btf *btf, const struct bpf_map *map, uint32_t entries, int old_fd)
{
	struct bpf_map_info info = {0};
	uint32_t size = sizeof(info);

	/* The kernel adds the read-only flag itself to .rodata. */
	return !bpf_obj_get_info_by_fd(old_fd, &info, &size) && info.type == bpf_map__type(map) &&
	       info.key_size == bpf_map__key_size(map) &&
	       info.value_size == bpf_map__value_size(map) && info.max_entries == entries &&
	       (info.map_flags & ~(uint32_t)BPF_F_RDONLY_PROG) == bpf_map__map_flags(map) &&
	       (!btf || same_types(btf, map, &info));
}

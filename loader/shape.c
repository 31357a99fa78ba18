// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Shape: whether two maps hold the same thing. Sizes alone do not tell: two counters that changed
 * places have the size they had, and a map kept over that swap would lie; so would a number that
 * changed its byte order. So the types of key and value are compared by BTF, name by name.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "chain.h"
#include "types.h"
#include "value.h"

static bool same_type(struct el_context *context, const struct btf *new_btf, uint32_t new_id,
		      const struct btf *old_btf, uint32_t old_id)
{
	struct el_value_type *new_type = NULL, *old_type = NULL;
	bool same;

	if (!new_id || !old_id) /* without BTF the sizes must do */
		return true;
	same = !el_value_type_open(context, new_btf, new_id, &new_type) &&
	       !el_value_type_open(context, old_btf, old_id, &old_type) &&
	       el_value_type_same(new_type, old_type);
	el_value_type_free(new_type);
	el_value_type_free(old_type);
	return same;
}

bool el_shape_same(struct el_context *context, const struct btf *btf, const struct bpf_map *map,
		   uint32_t entries, int old_fd, const struct el_types *old)
{
	struct bpf_map_info info = {0};
	uint32_t size = sizeof(info);

	/* The kernel adds the read-only flag itself to .rodata. */
	if (bpf_obj_get_info_by_fd(old_fd, &info, &size) || info.type != bpf_map__type(map) ||
	    info.key_size != bpf_map__key_size(map) ||
	    info.value_size != bpf_map__value_size(map) || info.max_entries != entries ||
	    (info.map_flags & ~(uint32_t)BPF_F_RDONLY_PROG) != bpf_map__map_flags(map))
		return false;
	return !btf || !old->btf ||
	       (same_type(context, btf, bpf_map__btf_key_type_id(map), old->btf, old->key) &&
		same_type(context, btf, bpf_map__btf_value_type_id(map), old->btf, old->value));
}

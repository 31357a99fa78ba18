// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A BTF type's name as in C. Corrupt BTF may contain circles, so the depth is limited.
 */
#include <bpf/btf.h>

#include "value/value.h"

#define DEPTH_MAX 32

static char *name_of(const struct btf *btf, uint32_t type_id, int depth);

/* "int[2][3]" is an array of two of arrays of three: the outer number comes first. */
static char *array_name(const struct btf *btf, const struct btf_type *t, int depth)
{
	_cleanup_free_ char *element = name_of(btf, btf_array(t)->type, depth + 1);
	const char *bounds;

	if (!element)
		return NULL;
	bounds = strchrnul(element, '[');
	return el_format("%.*s[%u]%s", (int)(bounds - element), element, btf_array(t)->nelems,
			 bounds);
}

static char *pointer_name(const struct btf *btf, const struct btf_type *t, int depth)
{
	const struct btf_type *to = btf__type_by_id(btf, t->type);
	_cleanup_free_ char *name = NULL;

	if (to && btf_is_func_proto(to))
		return strdup("void *");
	name = name_of(btf, t->type, depth + 1);
	return name ? el_format("%s%s*", name, name[strlen(name) - 1] == '*' ? "" : " ") : NULL;
}

static char *name_of(const struct btf *btf, uint32_t type_id, int depth)
{
	const struct btf_type *t = btf__type_by_id(btf, type_id);
	const char *name;

	if (!t || depth > DEPTH_MAX)
		return NULL;
	if (btf_is_mod(t))
		return name_of(btf, t->type, depth + 1);
	if (btf_is_array(t))
		return array_name(btf, t, depth);
	if (btf_is_ptr(t))
		return pointer_name(btf, t, depth);
	if (btf_is_void(t))
		return strdup("void");
	name = btf__name_by_offset(btf, t->name_off);
	if (!name || !*name)
		name = "(anonymous)";
	if (btf_is_struct(t))
		return el_format("struct %s", name);
	if (btf_is_union(t))
		return el_format("union %s", name);
	if (btf_is_any_enum(t))
		return el_format("enum %s", name);
	return strdup(name);
}

char *el_value_type_name(const struct btf *btf, uint32_t type_id)
{
	return name_of(btf, type_id, 0);
}

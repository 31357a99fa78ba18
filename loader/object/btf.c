// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Checks the BTF of an object or of a pin. libbpf checks BTF itself since 1.4, but Debian 12's
 * libbpf follows any number in it, out of bounds and in circles. So this check runs before libbpf
 * opens the object: every referenced type and name exists, a function has a prototype, a section
 * has variables, and no chain of typedefs and qualifiers is a circle.
 */
#include <bpf/btf.h>

#include "base/capture.h"
#include "object/object.h"

static void cleanup_btf(struct btf **btf)
{
	btf__free(*btf);
}

static bool is_type(const struct btf *btf, __u32 id)
{
	return id < btf__type_cnt(btf);
}

static bool is_name(const struct btf *btf, __u32 offset)
{
	return btf__name_by_offset(btf, offset) != NULL;
}

static bool members_are_sound(const struct btf *btf, const struct btf_type *type)
{
	const struct btf_member *member = btf_members(type);

	for (int i = 0; i < btf_vlen(type); i++, member++)
		if (!is_type(btf, member->type) || !is_name(btf, member->name_off))
			return false;
	return true;
}

static bool enumerators_are_sound(const struct btf *btf, const struct btf_type *type)
{
	for (int i = 0; i < btf_vlen(type); i++)
		if (!is_name(btf, btf_is_enum(type) ? btf_enum(type)[i].name_off
						    : btf_enum64(type)[i].name_off))
			return false;
	return true;
}

static bool arguments_are_sound(const struct btf *btf, const struct btf_type *type)
{
	const struct btf_param *param = btf_params(type);

	for (int i = 0; i < btf_vlen(type); i++, param++)
		if (!is_type(btf, param->type) || !is_name(btf, param->name_off))
			return false;
	return is_type(btf, type->type);
}

static bool variables_are_sound(const struct btf *btf, const struct btf_type *type)
{
	const struct btf_var_secinfo *info = btf_var_secinfos(type);

	for (int i = 0; i < btf_vlen(type); i++, info++)
		if (!info->type || !is_type(btf, info->type) ||
		    (!btf_is_var(btf__type_by_id(btf, info->type)) &&
		     !btf_is_func(btf__type_by_id(btf, info->type))))
			return false;
	return true;
}

/* Whether a chain of typedefs and qualifiers ends. A longer chain than the number of types is a
 * circle. */
static bool comes_to_an_end(const struct btf *btf, const struct btf_type *type)
{
	__u32 steps = btf__type_cnt(btf);

	while (steps && type && (btf_is_mod(type) || btf_is_typedef(type))) {
		type = btf__type_by_id(btf, type->type);
		steps--;
	}
	return steps > 0 && type;
}

static bool is_sound(const struct btf *btf, const struct btf_type *type)
{
	if (!is_name(btf, type->name_off))
		return false;
	switch (btf_kind(type)) {
	case BTF_KIND_STRUCT:
	case BTF_KIND_UNION:
		return members_are_sound(btf, type);
	case BTF_KIND_ENUM:
	case BTF_KIND_ENUM64:
		return enumerators_are_sound(btf, type);
	case BTF_KIND_ARRAY:
		return is_type(btf, btf_array(type)->type) &&
		       is_type(btf, btf_array(type)->index_type);
	case BTF_KIND_FUNC_PROTO:
		return arguments_are_sound(btf, type);
	case BTF_KIND_FUNC:
		return type->type && is_type(btf, type->type) &&
		       btf_is_func_proto(btf__type_by_id(btf, type->type));
	case BTF_KIND_DATASEC:
		return variables_are_sound(btf, type);
	case BTF_KIND_CONST:
	case BTF_KIND_VOLATILE:
	case BTF_KIND_RESTRICT:
	case BTF_KIND_TYPEDEF:
	case BTF_KIND_TYPE_TAG:
		return is_type(btf, type->type) && comes_to_an_end(btf, type);
	case BTF_KIND_PTR:
	case BTF_KIND_VAR:
	case BTF_KIND_DECL_TAG:
		return is_type(btf, type->type);
	default:
		return true;
	}
}

/* Open BTF without libbpf's messages. libbpf accepts a header of any length, but reads the types
 * behind it through pointers, so they must be aligned. */
static struct btf *open_quietly(const void *data, size_t size)
{
	struct btf_header header = {0};
	struct el_capture capture;
	struct btf *btf;

	if (size >= sizeof(header))
		memcpy(&header, data, sizeof(header));
	if (header.hdr_len % 4) {
		errno = EINVAL;
		return NULL;
	}
	el_capture_begin(&capture);
	btf = btf__new(data, (__u32)size);
	free(el_capture_end(&capture));
	return btf;
}

/* The number of the first invalid type, or 0. */
static __u32 first_unsound(const struct btf *btf)
{
	for (__u32 id = 1; id < btf__type_cnt(btf); id++)
		if (!is_sound(btf, btf__type_by_id(btf, id)))
			return id;
	return 0;
}

struct btf *el_object_btf(const void *data, size_t size)
{
	_cleanup_(cleanup_btf) struct btf *btf = open_quietly(data, size);

	return btf && !first_unsound(btf) ? TAKE_PTR(btf) : NULL;
}

int el_object_check_btf(struct el_context *context, const char *path, const char *data, size_t size)
{
	_cleanup_(cleanup_btf) struct btf *btf = open_quietly(data, size);
	__u32 id = btf ? first_unsound(btf) : 0;

	if (!btf && errno == ENOMEM)
		return el_fail_memory(context);
	if (!btf)
		return el_fail(context, EL_COMPILE, EINVAL, "copy or build the object again",
			       "%s: truncated or corrupt: its BTF can't be read", path);
	return id ? el_fail(context, EL_COMPILE, EINVAL, "copy or build the object again",
			    "%s: truncated or corrupt: type %u of its BTF", path, id)
		  : 0;
}

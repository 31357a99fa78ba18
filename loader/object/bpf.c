// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Reads an object with libbpf and BTF: its programs and their hooks, its maps, its BTF.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "base/capture.h"
#include "object/elf.h"
#include "object/object.h"
#include "value/value.h"
#include "base/reason.h"

static void cleanup_bpf(struct bpf_object **bpf)
{
	bpf_object__close(*bpf);
}

/* ---------------------------------------------------------------- programs */

static const struct btf_type *skip_modifiers(const struct btf *btf, __u32 id)
{
	const struct btf_type *type = btf__type_by_id(btf, id);

	while (type && (btf_is_mod(type) || btf_is_typedef(type)))
		type = btf__type_by_id(btf, type->type);
	return type;
}

/* The struct to which a program's first argument points, or NULL if BTF has no such type. */
static const char *context_struct(const struct btf *btf, const char *program)
{
	__s32 id = btf__find_by_name_kind(btf, program, BTF_KIND_FUNC);
	const struct btf_type *type = id > 0 ? btf__type_by_id(btf, (__u32)id) : NULL;

	type = type ? btf__type_by_id(btf, type->type) : NULL;
	if (!type || !btf_is_func_proto(type) || !btf_vlen(type))
		return NULL;
	type = skip_modifiers(btf, btf_params(type)[0].type);
	if (!type || !btf_is_ptr(type))
		return NULL;
	type = skip_modifiers(btf, type->type);
	return type && btf_is_struct(type) ? btf__name_by_offset(btf, type->name_off) : NULL;
}

static bool begins_with_any(const char *text, const char *const *starts)
{
	for (; *starts; starts++)
		if (!strncmp(text, *starts, strlen(*starts)))
			return true;
	return false;
}

/*
 * Finds the hooks of a program. libbpf opens all programs. It sets the program type of the sections
 * that it knows, and leaves the old names (xdp_prog, prog, classifier/x, and in 1.1 tcx/…) at
 * "unspecified"; for these, the type of the context or the section's name decides. A program with a
 * type other than XDP's and TC's has none of these hooks, whatever its context.
 */
static void find_hooks(const struct btf *btf, const struct bpf_program *program,
		       struct el_program_info *info)
{
	static const char *const xdp_sections[] = {"xdp", NULL};
	static const char *const tc_sections[] = {"tc", "classifier", "action", NULL};
	static const char *const devmap_sections[] = {"xdp_devmap", "xdp/devmap", NULL};
	static const char *const cpumap_sections[] = {"xdp_cpumap", "xdp/cpumap", NULL};
	const char *context = context_struct(btf, info->name);

	switch (bpf_program__type(program)) {
	case BPF_PROG_TYPE_XDP:
		info->xdp = bpf_program__expected_attach_type(program) == BPF_XDP;
		info->devmap = bpf_program__expected_attach_type(program) == BPF_XDP_DEVMAP;
		info->cpumap = bpf_program__expected_attach_type(program) == BPF_XDP_CPUMAP;
		info->frags = !strncmp(info->section, "xdp.frags", 9);
		return;
	case BPF_PROG_TYPE_SCHED_CLS:
	case BPF_PROG_TYPE_SCHED_ACT:
		info->tc = true;
		return;
	case BPF_PROG_TYPE_UNSPEC:
		break;
	default:
		return;
	}
	if (context) {
		info->xdp = !strcmp(context, "xdp_md");
		info->tc = !strcmp(context, "__sk_buff");
	} else {
		info->xdp = begins_with_any(info->section, xdp_sections);
		info->tc = begins_with_any(info->section, tc_sections);
	}
	info->devmap = begins_with_any(info->section, devmap_sections);
	info->cpumap = begins_with_any(info->section, cpumap_sections);
	if (info->devmap || info->cpumap)
		info->xdp = false;
}

static int read_programs(struct el_context *context, struct el_object *object,
			 const struct bpf_object *bpf)
{
	struct el_program_info *programs = NULL;
	struct bpf_program *program;
	size_t count = 0;

	bpf_object__for_each_program(program, bpf)
		count++;
	programs = calloc(count + 1, sizeof(*programs));
	if (!programs)
		return el_fail_memory(context);
	object->info.programs = programs;
	bpf_object__for_each_program(program, bpf) {
		struct el_program_info *info = &programs[object->info.programs_count++];

		info->name = el_object_keep(object, strdup(bpf_program__name(program)));
		info->section = el_object_keep(object, strdup(bpf_program__section_name(program)));
		if (!info->name || !info->section)
			return el_fail_memory(context);
		find_hooks(object->btf, program, info);
	}
	return 0;
}

/* ---------------------------------------------------------------- maps */

bool el_object_has_map(const struct el_object *object, const char *name)
{
	for (size_t i = 0; i < object->info.maps_count; i++)
		if (!strcmp(object->info.maps[i].name, name))
			return true;
	return (object->has_bss && !strcmp(name, "bss")) ||
	       (object->has_data && !strcmp(name, "data"));
}

static void note_variables(struct el_object *object, const struct bpf_map *map)
{
	const char *section = strrchr(bpf_map__name(map), '.');

	if (!bpf_map__is_internal(map) || !section)
		return;
	object->has_bss |= !strcmp(section, ".bss");
	object->has_data |= !strcmp(section, ".data");
}

/* Whether a map is of the SDK. Such a map belongs to the loader, not to the function (abi.h). */
static bool is_own_map(const struct el_object *object, const struct bpf_map *map)
{
	if (bpf_map__is_internal(map))
		return false;
	return !object->info.function || strncmp(bpf_map__name(map), "edge_", 5);
}

static const char *keep_type_name(struct el_object *object, __u32 type_id)
{
	return el_object_keep(object,
			      type_id ? el_value_type_name(object->btf, type_id) : strdup(""));
}

static int read_map(struct el_context *context, struct el_object *object, const struct bpf_map *map,
		    struct el_map_info *info)
{
	const char *kind = libbpf_bpf_map_type_str(bpf_map__type(map));

	info->name = el_object_keep(object, strdup(bpf_map__name(map)));
	info->kind = kind ? kind : "unknown";
	info->key = keep_type_name(object, bpf_map__btf_key_type_id(map));
	info->value = keep_type_name(object, bpf_map__btf_value_type_id(map));
	info->key_size = bpf_map__key_size(map);
	info->value_size = bpf_map__value_size(map);
	info->max_entries = bpf_map__max_entries(map);
	info->flags = bpf_map__map_flags(map);
	return info->name && info->key && info->value ? 0 : el_fail_memory(context);
}

enum { PIN_NAME = 63 }; /* the length of a map's name in its pin (load/maps.c, map/types.c) */

/* Whether both maps would have the same pin: ".data.x" is pinned as data_x. */
static bool same_pin(const struct bpf_map *a, const struct bpf_map *b)
{
	const char *x = bpf_map__name(a), *y = bpf_map__name(b);

	x += *x == '.';
	y += *y == '.';
	for (size_t i = 0; i < PIN_NAME; i++) {
		if ((x[i] == '.' ? '_' : x[i]) != (y[i] == '.' ? '_' : y[i]))
			return false;
		if (!x[i])
			return true;
	}
	return true;
}

static int check_names(struct el_context *context, const struct el_object *object,
		       const struct bpf_object *bpf)
{
	const struct bpf_map *map, *other;

	bpf_object__for_each_map(map, bpf) {
		for (other = bpf_object__next_map(bpf, map); other;
		     other = bpf_object__next_map(bpf, other))
			if (bpf_map__is_internal(map) == bpf_map__is_internal(other) &&
			    same_pin(map, other))
				return el_fail(
					context, EL_COMPILE, EINVAL, "rename one of the maps",
					"%s: the names of maps %s and %s begin with the same %d "
					"characters, and pins use no more than these",
					object->info.path, bpf_map__name(map), bpf_map__name(other),
					PIN_NAME);
	}
	return 0;
}

static int read_maps(struct el_context *context, struct el_object *object,
		     const struct bpf_object *bpf)
{
	struct el_map_info *maps;
	struct bpf_map *map;
	size_t count = 0;
	int error = check_names(context, object, bpf);

	if (error)
		return error;
	bpf_object__for_each_map(map, bpf)
		count++;
	maps = calloc(count + 1, sizeof(*maps));
	if (!maps)
		return el_fail_memory(context);
	object->info.maps = maps;
	object->map_types = calloc(count + 1, sizeof(*object->map_types));
	if (!object->map_types)
		return el_fail_memory(context);
	bpf_object__for_each_map(map, bpf) {
		note_variables(object, map);
		if (!is_own_map(object, map))
			continue;
		object->map_types[object->info.maps_count] = (struct el_object_types){
			bpf_map__btf_key_type_id(map), bpf_map__btf_value_type_id(map)};
		error = read_map(context, object, map, &maps[object->info.maps_count++]);
		if (error)
			break;
	}
	return error;
}

/* ---------------------------------------------------------------- the whole */

/* Keep libbpf's BTF, because libbpf fills in the sizes and offsets of .rodata when it opens an
 * object. */
static int keep_btf(struct el_context *context, struct el_object *object,
		    const struct bpf_object *bpf)
{
	const void *raw;
	__u32 size;

	raw = bpf_object__btf(bpf) ? btf__raw_data(bpf_object__btf(bpf), &size) : NULL;
	object->btf = raw ? btf__new(raw, size) : NULL;
	if (!object->btf)
		return el_fail(context, EL_COMPILE, EINVAL, "compile it with clang -g -target bpf",
			       "%s: its type information (BTF) can't be read", object->info.path);
	return 0;
}

/* Note that libbpf refuses the object. For a function or variable without a definition, libbpf only
 * reports that an extern has no BTF. Takes over @said. */
static int refuse_to_open(struct el_context *context, const char *path, int error, char *said)
{
	static const char words[] = "failed to find BTF for extern '";
	const char *missing = said ? strstr(said, words) : NULL;
	char name[128];

	if (error == ENOMEM)
		error = el_fail_memory(context);
	else if (missing && sscanf(missing + sizeof(words) - 1, "%127[^']", name) == 1)
		error = el_fail(context, EL_COMPILE, EINVAL,
				"link the object with the object that defines the symbol (bpftool "
				"gen object), or mark a symbol of the kernel with __ksym",
				"%s: refers to %s, which is defined nowhere", path, name);
	else
		error = el_fail(context, EL_COMPILE, EINVAL, said ? "libbpf says:" : NULL,
				"%s: libbpf can't read it: %s", path, el_reason(EL_OP_OPEN, error));
	el_error_detail(context, said);
	return error;
}

int el_object_read_bpf(struct el_context *context, struct el_object *object)
{
	_cleanup_(cleanup_bpf) struct bpf_object *bpf = NULL;
	struct el_capture capture;
	char *said;
	int error;

	el_capture_begin(&capture);
	bpf = bpf_object__open_mem(object->data, object->size, NULL);
	error = errno;
	said = el_capture_end(&capture);
	if (!bpf)
		return refuse_to_open(context, object->info.path, error, said);
	free(said);
	error = keep_btf(context, object, bpf);
	if (!error)
		error = read_programs(context, object, bpf);
	return error ? error : read_maps(context, object, bpf);
}

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Reads the parameters of an object: `const volatile` globals in .rodata. An edge function lists
 * its parameters in notes; in a plain program, all such variables are parameters.
 */
#include <bpf/btf.h>

#include "object/elf.h"
#include "object/object.h"
#include "value/value.h"

/* One variable of a read-only section, described by BTF and ELF. */
struct variable {
	const char *name;
	uint32_t type_id, size;
	const char *initial;
};

struct variables {
	struct variable *variable;
	size_t count;
};

static void variables_free(struct variables *variables)
{
	free(variables->variable);
}

/* Only a variable that is both const and volatile may be changed before the load, and is read anew
 * by the code. */
static bool is_const_volatile(const struct btf *btf, uint32_t type_id)
{
	const struct btf_type *type = btf__type_by_id(btf, type_id);
	bool is_const = false, is_volatile = false;

	while (type && (btf_is_mod(type) || btf_is_typedef(type) || btf_is_array(type))) {
		is_const |= btf_is_const(type);
		is_volatile |= btf_is_volatile(type);
		type = btf__type_by_id(btf,
				       btf_is_array(type) ? btf_array(type)->type : type->type);
	}
	return is_const && is_volatile;
}

/* Add the parameters among the variables of a read-only section. Return: 0; -EINVAL a variable lies
 * outside of the section; -ENOMEM. */
static int add_section(struct el_object *object, const struct el_elf *elf,
		       const struct btf_type *section, struct variables *out)
{
	const struct btf_var_secinfo *info = btf_var_secinfos(section);
	size_t count = btf_vlen(section), size = 0;
	const char *data =
		el_elf_section(elf, btf__name_by_offset(object->btf, section->name_off), &size);
	struct variable *longer;

	if (!data)
		return 0;
	longer = reallocarray(out->variable, out->count + count + 1, sizeof(*longer));
	if (!longer)
		return -ENOMEM;
	out->variable = longer;
	for (; count--; info++) {
		const struct btf_type *var = btf__type_by_id(object->btf, info->type);

		if (!var || !btf_is_var(var) || btf_var(var)->linkage != BTF_VAR_GLOBAL_ALLOCATED ||
		    !is_const_volatile(object->btf, var->type))
			continue;
		if (info->offset > size || info->size > size - info->offset)
			return -EINVAL;
		longer[out->count++] = (struct variable){
			.name = btf__name_by_offset(object->btf, var->name_off),
			.type_id = var->type,
			.size = info->size,
			.initial = data + info->offset,
		};
	}
	return 0;
}

static int collect(struct el_context *context, struct el_object *object, const struct el_elf *elf,
		   struct variables *out)
{
	for (__u32 id = 1; id < btf__type_cnt(object->btf); id++) {
		const struct btf_type *section = btf__type_by_id(object->btf, id);
		const char *name;
		int error;

		if (!btf_is_datasec(section))
			continue;
		name = btf__name_by_offset(object->btf, section->name_off);
		if (strncmp(name, ".rodata", 7))
			continue;
		error = add_section(object, elf, section, out);
		if (error == -ENOMEM)
			return el_fail_memory(context);
		if (error)
			return el_fail(context, EL_COMPILE, EINVAL, "build the object again",
				       "%s: BTF places a variable outside of %s", object->info.path,
				       name);
	}
	return 0;
}

static bool is_signed(const struct btf *btf, uint32_t type_id)
{
	int id = btf__resolve_type(btf, type_id);
	const struct btf_type *type = id < 0 ? NULL : btf__type_by_id(btf, (uint32_t)id);

	return type && btf_is_int(type) && btf_int_encoding(type) & BTF_INT_SIGNED;
}

/* Fill in parameter @number, whose name is known. */
static int fill_in(struct el_context *context, struct el_object *object, size_t number,
		   const struct variable *variable)
{
	struct el_param_info *info = &object->info.params[number];
	struct el_object_param *param = &object->params[number];
	int error = el_value_type_open(context, object->btf, variable->type_id, &param->type);

	if (error == -ENOMEM)
		return error;
	if (error || el_value_type_size(param->type) != variable->size)
		return el_fail(context, EL_COMPILE, EINVAL, NULL,
			       "%s: the initial value of parameter %s can't be shown",
			       object->info.path, info->name);
	param->is_signed = is_signed(object->btf, variable->type_id);
	param->size = variable->size;
	param->initial = variable->initial;
	info->type = el_object_keep(object, el_value_type_name(object->btf, variable->type_id));
	info->initial = el_object_keep(object, el_value_type_text(param->type, param->initial));
	return info->type && info->initial ? 0 : el_fail_memory(context);
}

static const struct variable *find(const struct variables *variables, const char *name)
{
	for (size_t i = 0; i < variables->count; i++)
		if (!strcmp(variables->variable[i].name, name))
			return &variables->variable[i];
	return NULL;
}

static int fill_in_noted(struct el_context *context, struct el_object *object,
			 const struct variables *variables)
{
	struct el_param_info *params = object->info.params;
	int error = 0;

	for (size_t i = 0; i < object->info.params_count && !error; i++) {
		const struct variable *variable = find(variables, params[i].name);

		if (!variable)
			return el_fail(context, EL_COMPILE, EINVAL, "build the object again",
				       "%s: parameter %s has no variable of its name",
				       object->info.path, params[i].name);
		error = fill_in(context, object, i, variable);
	}
	return error;
}

static int fill_in_all(struct el_context *context, struct el_object *object,
		       const struct variables *variables)
{
	struct el_param_info *params = calloc(variables->count + 1, sizeof(*params));
	int error = 0;

	if (!params)
		return el_fail_memory(context);
	object->info.params = params;
	for (size_t i = 0; i < variables->count && !error; i++) {
		const char *name = variables->variable[i].name;
		size_t at = object->info.params_count;

		/* Reserved names: abi.h, and bpftool's metadata. */
		if (!strncmp(name, "edge_", 5) || !strncmp(name, "bpf_metadata_", 13))
			continue;
		params[at].name = el_object_keep(object, strdup(name));
		params[at].help = "";
		if (!params[at].name)
			return el_fail_memory(context);
		object->info.params_count++;
		error = fill_in(context, object, at, &variables->variable[i]);
	}
	return error;
}

int el_object_read_params(struct el_context *context, struct el_object *object,
			  const struct el_elf *elf)
{
	_cleanup_(variables_free) struct variables variables = {0};
	size_t count;
	int error = collect(context, object, elf, &variables);

	if (error)
		return error;
	count = object->info.function ? object->info.params_count : variables.count;
	object->params = calloc(count + 1, sizeof(*object->params));
	if (!object->params)
		return el_fail_memory(context);
	object->params_count = count;
	return object->info.function ? fill_in_noted(context, object, &variables)
				     : fill_in_all(context, object, &variables);
}

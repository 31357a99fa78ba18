// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Reads the initial contents of program arrays: values = {[1] = &second}. The compiler writes a
 * relocation in .maps for each named program; libbpf fills the slots from the relocations after a
 * load, but does not export them.
 */
#include <gelf.h>
#include <libelf.h>

#include <bpf/btf.h>

#include "object/elf.h"
#include "object/object.h"

/* A relocation: its offset in .maps, and the symbol to which it refers. */
struct place {
	uint64_t offset;
	const char *symbol;
};

/* The variable of .maps that contains @offset, by BTF with the offsets that libbpf filled in. */
static const struct btf_var_secinfo *variable_at(const struct btf *btf, uint64_t offset)
{
	int id = btf__find_by_name_kind(btf, ".maps", BTF_KIND_DATASEC);
	const struct btf_type *section = id < 0 ? NULL : btf__type_by_id(btf, (uint32_t)id);

	for (size_t i = 0; section && i < btf_vlen(section); i++) {
		const struct btf_var_secinfo *variable = btf_var_secinfos(section) + i;

		if (offset >= variable->offset && offset - variable->offset < variable->size)
			return variable;
	}
	return NULL;
}

/* The offset of the member `values` in the map's struct, or -ENOENT. */
static long values_offset(const struct btf *btf, const struct btf_type *variable)
{
	int id = btf__resolve_type(btf, variable->type);
	const struct btf_type *type = id < 0 ? NULL : btf__type_by_id(btf, (uint32_t)id);

	if (!type || !btf_is_struct(type))
		return -ENOENT;
	for (uint32_t i = 0; i < btf_vlen(type); i++)
		if (!strcmp(btf__name_by_offset(btf, btf_members(type)[i].name_off), "values"))
			return btf_member_bit_offset(type, i) / 8;
	return -ENOENT;
}

static const struct el_program_info *find_program(const struct el_object_info *info,
						  const char *name)
{
	for (size_t i = 0; i < info->programs_count; i++)
		if (!strcmp(info->programs[i].name, name))
			return &info->programs[i];
	return NULL;
}

/* Add the slot of a relocation to a program; skip a relocation to an inner map. */
static int add_slot(struct el_context *context, struct el_object *object, const struct place *place)
{
	const struct btf_var_secinfo *where = variable_at(object->btf, place->offset);
	const struct el_program_info *program = find_program(&object->info, place->symbol);
	const struct btf_type *variable = where ? btf__type_by_id(object->btf, where->type) : NULL;
	long values = variable ? values_offset(object->btf, variable) : -ENOENT;
	struct el_object_slot *slots;

	if (!program || values < 0 || place->offset < where->offset + (uint64_t)values)
		return 0;
	slots = reallocarray(object->slots, object->slots_count + 1, sizeof(*slots));
	if (!slots)
		return el_fail_memory(context);
	object->slots = slots;
	slots[object->slots_count++] = (struct el_object_slot){
		.map = btf__name_by_offset(object->btf, variable->name_off),
		.index = (uint32_t)((place->offset - where->offset - (uint64_t)values) / 8),
		.program = program,
	};
	return 0;
}

/* The symbol of a relocation; "" if it has no name. */
static const char *symbol_of(const struct el_elf *elf, const GElf_Shdr *relocations, size_t number)
{
	Elf_Scn *symbols = elf_getscn(elf->elf, relocations->sh_link);
	Elf_Data *data = symbols ? elf_getdata(symbols, NULL) : NULL;
	const char *name = NULL;
	GElf_Shdr shdr;
	GElf_Sym symbol;

	if (data && gelf_getshdr(symbols, &shdr) && gelf_getsym(data, (int)number, &symbol))
		name = elf_strptr(elf->elf, shdr.sh_link, symbol.st_name);
	return name ? name : "";
}

static Elf_Scn *section_named(const struct el_elf *elf, const char *name, GElf_Shdr *shdr)
{
	Elf_Scn *section = NULL;
	size_t names;

	if (elf_getshdrstrndx(elf->elf, &names))
		return NULL;
	while ((section = elf_nextscn(elf->elf, section))) {
		const char *found = gelf_getshdr(section, shdr)
					    ? elf_strptr(elf->elf, names, shdr->sh_name)
					    : NULL;

		if (found && !strcmp(found, name))
			return section;
	}
	return NULL;
}

int el_object_read_slots(struct el_context *context, struct el_object *object,
			 const struct el_elf *elf)
{
	GElf_Shdr shdr;
	Elf_Scn *section = section_named(elf, ".rel.maps", &shdr);
	Elf_Data *data = section ? elf_getdata(section, NULL) : NULL;
	GElf_Rel relocation;
	int error = 0;

	for (int i = 0; !error && data && gelf_getrel(data, i, &relocation); i++)
		error = add_slot(
			context, object,
			&(struct place){
				.offset = relocation.r_offset,
				.symbol = symbol_of(elf, &shdr, GELF_R_SYM(relocation.r_info))});
	return error;
}

bool el_object_fills(const struct el_object *object, const char *map)
{
	for (size_t i = 0; i < object->slots_count; i++)
		if (!strcmp(object->slots[i].map, map))
			return true;
	return false;
}

const struct el_program_info *el_object_target(const struct el_object *object, const char *program)
{
	for (size_t i = 0; i < object->slots_count; i++)
		if (!strcmp(object->slots[i].program->name, program))
			return object->slots[i].program;
	return NULL;
}

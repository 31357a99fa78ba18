// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Checks the outermost layer of an object: it is ELF, complete, and for the BPF machine of this
 * byte order. This file does not know the meaning of a section.
 */
#include <elf.h>
#include <gelf.h>
#include <libelf.h>
#include <linux/bpf.h>

#include "object/elf.h"

/* Debian 12's <elf.h> knows EM_BPF; the number is in linux/elf-em.h since kernel 3.18. */
#ifndef EM_BPF
#define EM_BPF 247
#endif

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
enum { ORDER_HERE = ELFDATA2LSB };
#else
enum { ORDER_HERE = ELFDATA2MSB };
#endif

static const char *machine_name(unsigned int machine)
{
	switch (machine) {
	case EM_X86_64:
		return "x86-64";
	case EM_AARCH64:
		return "arm64";
	case EM_386:
		return "i386";
	case EM_ARM:
		return "arm";
	case EM_RISCV:
		return "RISC-V";
	case EM_S390:
		return "s390";
	case EM_PPC64:
		return "ppc64";
	default:
		return "another";
	}
}

static int check_machine(struct el_context *context, const struct el_elf *elf,
			 const GElf_Ehdr *header)
{
	const char *path = elf->path;
	const char *hint = "compile it with clang -target bpf, or with edge-load build";

	if (header->e_machine != EM_BPF)
		return el_fail(context, EL_COMPILE, EINVAL, hint,
			       "%s: made for %s machine (ELF machine %u), not for BPF", path,
			       machine_name(header->e_machine), header->e_machine);
	if (header->e_ident[EI_CLASS] != ELFCLASS64)
		return el_fail(context, EL_COMPILE, EINVAL, hint, "%s: not a 64-bit ELF file",
			       path);
	if (header->e_ident[EI_DATA] != ORDER_HERE)
		return el_fail(context, EL_COMPILE, EINVAL,
			       "compile the source on this machine, or with -target bpfel or "
			       "bpfeb, as the machine needs",
			       "%s: BPF of the other byte order than this machine's", path);
	if (header->e_type != ET_REL)
		return el_fail(context, EL_COMPILE, EINVAL, hint,
			       "%s: not an object file (ELF type %u)", path, header->e_type);
	return 0;
}

static int fail_truncated(struct el_context *context, const struct el_elf *elf, const char *part,
			  uint64_t end)
{
	return el_fail(context, EL_COMPILE, EINVAL, "copy or build the object again",
		       "%s: truncated or corrupt: %s ends at byte %llu, the file at %zu", elf->path,
		       part, (unsigned long long)end, elf->size);
}

static int fail_corrupt(struct el_context *context, const struct el_elf *elf)
{
	const char *reason = elf_errmsg(-1);

	/* libelf has no public error number for this. */
	if (!strcmp(reason, "out of memory"))
		return el_fail_memory(context);
	return el_fail(context, EL_COMPILE, EINVAL, "copy or build the object again",
		       "%s: truncated or corrupt: %s", elf->path, reason);
}

static int fail_section(struct el_context *context, const struct el_elf *elf, const char *name,
			const char *why)
{
	return el_fail(context, EL_COMPILE, EINVAL, "copy or build the object again",
		       "%s: truncated or corrupt: section %s %s", elf->path, name, why);
}

/* Readers find a section by its name. If two sections had the same name, the checked section might
 * not be the section that is used. */
static int check_name(struct el_context *context, const struct el_elf *elf, Elf_Scn *section,
		      const char *name)
{
	Elf_Scn *other = section;
	size_t names;

	if (elf_getshdrstrndx(elf->elf, &names))
		return fail_corrupt(context, elf);
	while ((other = elf_nextscn(elf->elf, other))) {
		const char *found = NULL;
		GElf_Shdr shdr;

		if (gelf_getshdr(other, &shdr) && shdr.sh_type != SHT_GROUP)
			found = elf_strptr(elf->elf, names, shdr.sh_name);
		if (found && !strcmp(found, name))
			return fail_section(context, elf, name, "is there twice");
	}
	return 0;
}

/* Check one section: its bytes are inside the file, and its name is inside the table of names. */
static int check_section(struct el_context *context, const struct el_elf *elf, Elf_Scn *section,
			 size_t names)
{
	GElf_Shdr shdr;
	const char *name;

	if (!gelf_getshdr(section, &shdr))
		return fail_corrupt(context, elf);
	name = elf_strptr(elf->elf, names, shdr.sh_name);
	if (!name)
		return fail_corrupt(context, elf);
	/* libbpf copies these two sections without checking their type. */
	if (shdr.sh_type == SHT_NOBITS && (!strcmp(name, "license") || !strcmp(name, "version")))
		return fail_section(context, elf, name, "has no bytes");
	if (shdr.sh_type != SHT_NOBITS &&
	    (shdr.sh_offset > elf->size || shdr.sh_size > elf->size - shdr.sh_offset))
		return fail_truncated(context, elf, *name ? name : "a section",
				      shdr.sh_offset + shdr.sh_size);
	return shdr.sh_type == SHT_GROUP ? 0 : check_name(context, elf, section, name);
}

/* Far more sections than any object has: each is compared with each. */
enum { SECTIONS_MAX = 4096 };

static int check_sections(struct el_context *context, const struct el_elf *elf,
			  const GElf_Ehdr *header)
{
	Elf_Scn *section = NULL;
	size_t names, count;
	uint64_t table;
	int error = 0;

	if (elf_getshdrnum(elf->elf, &count) || !count || elf_getshdrstrndx(elf->elf, &names))
		return fail_corrupt(context, elf);
	table = (uint64_t)count * sizeof(Elf64_Shdr);
	if (header->e_shoff > elf->size || table > elf->size - header->e_shoff)
		return fail_truncated(context, elf, "its table of sections",
				      header->e_shoff + table);
	if (header->e_shentsize != sizeof(Elf64_Shdr) || header->e_shoff % sizeof(uint64_t) ||
	    count > SECTIONS_MAX)
		return el_fail(context, EL_COMPILE, EINVAL, "copy or build the object again",
			       "%s: truncated or corrupt: its table of sections has %zu entries of "
			       "%u bytes at byte %llu",
			       elf->path, count, header->e_shentsize,
			       (unsigned long long)header->e_shoff);
	while (!error && (section = elf_nextscn(elf->elf, section)))
		error = check_section(context, elf, section, names);
	return error;
}

int el_elf_open(struct el_context *context, struct el_elf *elf)
{
	GElf_Ehdr header;
	int error;

	if (!elf->size)
		return el_fail(context, EL_COMPILE, EINVAL, NULL, "%s: an empty file", elf->path);
	if (elf->size < SELFMAG || memcmp(elf->data, ELFMAG, SELFMAG))
		return el_fail(context, EL_COMPILE, EINVAL,
			       "use an object from edge-load build, or a source that ends in .c",
			       "%s: not an ELF file", elf->path);
	elf_version(EV_CURRENT);
	elf->elf = elf_memory(elf->data, elf->size);
	if (!elf->elf || !gelf_getehdr(elf->elf, &header))
		error = fail_corrupt(context, elf);
	else
		error = check_machine(context, elf, &header);
	if (!error)
		error = check_sections(context, elf, &header);
	if (error)
		el_elf_close(elf);
	return error;
}

void el_elf_close(struct el_elf *elf)
{
	if (elf->elf)
		elf_end(elf->elf);
	elf->elf = NULL;
}

const char *el_elf_section(const struct el_elf *elf, const char *name, size_t *size)
{
	Elf_Scn *section = NULL;
	size_t names;

	if (elf_getshdrstrndx(elf->elf, &names))
		return NULL;
	while ((section = elf_nextscn(elf->elf, section))) {
		GElf_Shdr shdr;
		const char *found;

		if (!gelf_getshdr(section, &shdr) || shdr.sh_type == SHT_NOBITS)
			continue;
		found = elf_strptr(elf->elf, names, shdr.sh_name);
		if (found && !strcmp(found, name)) {
			*size = shdr.sh_size;
			return elf->data + shdr.sh_offset;
		}
	}
	return NULL;
}

/* ---------------------------------------------------------------- calls */

/* The offset of the first call through a register in a section, or -1. */
static int64_t find_indirect(const struct el_elf *elf, const GElf_Shdr *shdr)
{
	const uint8_t *code = (const uint8_t *)elf->data + shdr->sh_offset;
	const uint8_t indirect = BPF_JMP | BPF_CALL | BPF_X;

	if (shdr->sh_type != SHT_PROGBITS || !(shdr->sh_flags & SHF_EXECINSTR))
		return -1;
	for (size_t at = 0; at + sizeof(struct bpf_insn) <= shdr->sh_size;
	     at += sizeof(struct bpf_insn))
		if (code[at] == indirect)
			return (int64_t)at;
	return -1;
}

/* Whether the object has helpers as variables: bpf_helpers.h declares helpers as static variables,
 * which only -O0 leaves in the object. */
static bool has_helper_variables(const struct el_elf *elf)
{
	Elf_Scn *section = NULL;
	GElf_Shdr shdr;

	while ((section = elf_nextscn(elf->elf, section))) {
		Elf_Data *data = elf_getdata(section, NULL);
		GElf_Sym symbol;

		if (!gelf_getshdr(section, &shdr) || shdr.sh_type != SHT_SYMTAB)
			continue;
		for (int i = 0; gelf_getsym(data, i, &symbol); i++) {
			const char *name = elf_strptr(elf->elf, shdr.sh_link, symbol.st_name);

			if (name && !strncmp(name, "bpf_", 4) && symbol.st_size == 8 &&
			    symbol.st_info == GELF_ST_INFO(STB_LOCAL, STT_OBJECT))
				return true;
		}
	}
	return false;
}

bool el_elf_indirect_call(const struct el_elf *elf, const char *section, struct el_elf_call *out)
{
	Elf_Scn *scn = NULL;
	size_t names;
	bool found = false;

	if (elf_getshdrstrndx(elf->elf, &names))
		return false;
	while ((scn = elf_nextscn(elf->elf, scn))) {
		GElf_Shdr shdr;
		const char *name;
		int64_t offset;

		if (!gelf_getshdr(scn, &shdr))
			return false;
		name = elf_strptr(elf->elf, names, shdr.sh_name);
		offset = find_indirect(elf, &shdr);
		if (!name || offset < 0 || (found && strcmp(name, section)))
			continue;
		*out = (struct el_elf_call){.section = name, .offset = (uint64_t)offset};
		found = true;
	}
	if (found)
		out->unoptimised = has_helper_variables(elf);
	return found;
}

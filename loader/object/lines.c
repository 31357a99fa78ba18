// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Source lines (lines.h). Documentation/bpf/btf.rst describes the layout of .BTF and .BTF.ext;
 * every offset in them is checked, because objects are untrusted.
 */
#include <gelf.h>
#include <linux/btf.h>

#include "object/lines.h"
#include "object/elf.h"

/* .BTF.ext's header and its line record; libbpf does not export these structs. */
struct ext_header {
	uint16_t magic;
	uint8_t version;
	uint8_t flags;
	uint32_t header_size;
	uint32_t functions_offset, functions_size;
	uint32_t lines_offset, lines_size;
};

struct ext_line {
	uint32_t offset;
	uint32_t file;
	uint32_t text;
	uint32_t number; /* line << 10 | column */
};

/* The sections .BTF and .BTF.ext of a file. */
struct ext {
	char *btf, *ext;
	size_t btf_size, ext_size;
	const char *strings;
	uint32_t strings_size;
};

static void elf_end_cleanup(Elf **elf)
{
	if (*elf)
		elf_end(*elf);
}

/* The section @name, with its header in @out; NULL if the file has none, or it lies outside the
 * file. */
static Elf_Scn *find_section(Elf *elf, size_t size, const char *name, GElf_Shdr *out)
{
	Elf_Scn *section = NULL;
	size_t names;

	if (elf_getshdrstrndx(elf, &names))
		return NULL;
	while ((section = elf_nextscn(elf, section))) {
		const char *found;

		if (!gelf_getshdr(section, out))
			return NULL;
		found = elf_strptr(elf, names, out->sh_name);
		if (found && !strcmp(found, name) && out->sh_type != SHT_NOBITS &&
		    out->sh_offset <= size && out->sh_size <= size - out->sh_offset)
			return section;
	}
	return NULL;
}

/* Return: 0; -ENOENT the file has no line information; -EINVAL it is malformed. */
static int open_ext(Elf *elf, char *data, size_t size, struct ext *out)
{
	GElf_Shdr btf, ext;
	struct btf_header header;

	if (!elf || !find_section(elf, size, ".BTF", &btf) ||
	    !find_section(elf, size, ".BTF.ext", &ext))
		return -ENOENT;
	if (btf.sh_size < sizeof(header) || ext.sh_size < sizeof(struct ext_header))
		return -EINVAL;
	memcpy(&header, data + btf.sh_offset, sizeof(header));
	if (header.hdr_len > btf.sh_size || header.str_off > btf.sh_size - header.hdr_len ||
	    header.str_len > btf.sh_size - header.hdr_len - header.str_off || !header.str_len)
		return -EINVAL;
	*out = (struct ext){
		.btf = data + btf.sh_offset,
		.btf_size = btf.sh_size,
		.ext = data + ext.sh_offset,
		.ext_size = ext.sh_size,
		.strings = data + btf.sh_offset + header.hdr_len + header.str_off,
		.strings_size = header.str_len,
	};
	return out->strings[out->strings_size - 1] ? -EINVAL : 0;
}

static const char *string_at(const struct ext *ext, uint32_t offset)
{
	return offset < ext->strings_size ? ext->strings + offset : "";
}

/* Call @visit for each line record. Return: 0; -EINVAL the records are malformed; @visit's return
 * value, if it is not 0. */
static int each_line(const struct ext *ext,
		     int (*visit)(void *data, const char *section, struct ext_line *line),
		     void *data)
{
	struct ext_header header;
	uint32_t record, info[2];
	char *at, *end;

	memcpy(&header, ext->ext, sizeof(header));
	if (header.header_size > ext->ext_size ||
	    header.lines_offset > ext->ext_size - header.header_size ||
	    header.lines_size > ext->ext_size - header.header_size - header.lines_offset)
		return -EINVAL;
	at = ext->ext + header.header_size + header.lines_offset;
	end = at + header.lines_size;
	if (end - at < (long)sizeof(record))
		return 0;
	memcpy(&record, at, sizeof(record));
	if (record < sizeof(struct ext_line) || record % 4)
		return -EINVAL;
	for (at += sizeof(record); end - at >= (long)sizeof(info);) {
		memcpy(info, at, sizeof(info)); /* the section's name, and its number of records */
		at += sizeof(info);
		if (info[1] > (size_t)(end - at) / record)
			return -EINVAL;
		for (uint32_t i = 0; i < info[1]; i++, at += record) {
			struct ext_line line;
			int err;

			memcpy(&line, at, sizeof(line));
			err = visit(data, string_at(ext, info[0]), &line);
			if (err)
				return err;
			memcpy(at, &line, sizeof(line));
		}
	}
	return 0;
}

/* ---------------------------------------------------------------- reading */

struct reading {
	const struct ext *ext;
	struct el_lines *lines;
};

static int add_line(void *data, const char *section, struct ext_line *line)
{
	struct reading *reading = data;
	struct el_lines *lines = reading->lines;

	if (lines->count == lines->room) {
		size_t room = lines->room ? 2 * lines->room : 512;
		struct el_line *list = reallocarray(lines->list, room, sizeof(*list));

		if (!list)
			return -ENOMEM;
		lines->list = list;
		lines->room = room;
	}
	lines->list[lines->count++] = (struct el_line){
		.section = section,
		.offset = line->offset,
		.number = line->number >> 10,
		.file = string_at(reading->ext, line->file),
		.text = string_at(reading->ext, line->text),
	};
	return 0;
}

int el_lines_add(struct el_lines *lines, const void *elf, size_t size)
{
	__attribute__((cleanup(elf_end_cleanup))) Elf *file = NULL;
	char *data = (char *)(uintptr_t)elf; /* read only: add_line() changes no record */
	struct ext ext;
	int err;

	elf_version(EV_CURRENT);
	file = elf_memory(data, size);
	err = open_ext(file, data, size, &ext);
	if (!err)
		err = each_line(&ext, add_line, &(struct reading){&ext, lines});
	return err == -ENOENT ? 0 : err;
}

void el_lines_free(struct el_lines *lines)
{
	free(lines->list);
	*lines = (struct el_lines){0};
}

const struct el_line *el_lines_at(const struct el_lines *lines, const char *section,
				  uint32_t offset)
{
	const struct el_line *found = NULL;

	for (size_t i = 0; i < lines->count; i++) {
		const struct el_line *line = &lines->list[i];

		if (!strcmp(line->section, section) && line->offset <= offset &&
		    (!found || line->offset >= found->offset))
			found = line;
	}
	return found;
}

const char *el_lines_base(const char *file)
{
	const char *slash = strrchr(file, '/');

	return slash ? slash + 1 : file;
}

/* ---------------------------------------------------------------- restoring */

/* The texts of all objects of a chain, sorted by file and number; and the strings of the fused
 * object, to which the texts are appended. */
struct restoring {
	struct ext ext;
	const struct el_line *known;
	size_t known_count;
	uint32_t *offsets; /* offset of each known text in the strings; 0: not appended yet */
	char *added;
	uint32_t added_size;
};

static void restoring_free(struct restoring *restoring)
{
	free(restoring->offsets);
}

static int compare_places(const void *a, const void *b)
{
	const struct el_line *left = a, *right = b;
	int order = strcmp(left->file, right->file);

	return order ? order : (left->number > right->number) - (left->number < right->number);
}

/* Sort the lines, and keep one line for each place; if its texts differ, without a text. */
static void unite(struct el_lines *lines)
{
	size_t kept = 0;

	qsort(lines->list, lines->count, sizeof(*lines->list), compare_places);
	for (size_t i = 1; i < lines->count; i++) {
		struct el_line *last = &lines->list[kept], *line = &lines->list[i];

		if (compare_places(last, line))
			lines->list[++kept] = *line;
		else if (strcmp(last->text, line->text))
			last->text = "";
	}
	lines->count = kept + 1;
}

static int add_text(void *data, const char *section, struct ext_line *line)
{
	struct restoring *restoring = data;
	const struct el_line place = {
		.number = line->number >> 10,
		.file = string_at(&restoring->ext, line->file),
	};
	const struct el_line *found = bsearch(&place, restoring->known, restoring->known_count,
					      sizeof(place), compare_places);
	uint32_t *offset;

	(void)section;
	if (!found || !*found->text || *string_at(&restoring->ext, line->text))
		return 0;
	offset = &restoring->offsets[found - restoring->known];
	if (!*offset) {
		size_t length = strlen(found->text) + 1;

		*offset = restoring->ext.strings_size + restoring->added_size;
		memcpy(restoring->added + restoring->added_size, found->text, length);
		restoring->added_size += (uint32_t)length;
	}
	line->text = *offset;
	return 0;
}

/* Strings are the last part of LLVM's .BTF, so they can grow. */
static bool can_grow(const struct ext *ext, const GElf_Ehdr *ehdr)
{
	return ext->strings + ext->strings_size == ext->btf + ext->btf_size &&
	       ehdr->e_ident[EI_CLASS] == ELFCLASS64;
}

/*
 * @grown is a copy of the file with room behind @start for the grown .BTF. Return: the file's new
 * length, or 0.
 */
static size_t restore(char *grown, size_t size, size_t start, struct restoring *restoring)
{
	__attribute__((cleanup(elf_end_cleanup))) Elf *file = elf_memory(grown, size);
	struct btf_header header;
	struct ext *ext = &restoring->ext;
	GElf_Ehdr ehdr;
	GElf_Shdr shdr;
	Elf64_Shdr *entry;

	if (open_ext(file, grown, size, ext) || !gelf_getehdr(file, &ehdr) || !can_grow(ext, &ehdr))
		return 0;
	restoring->added = grown + start + ext->btf_size;
	memcpy(grown + start, ext->btf, ext->btf_size);
	if (each_line(ext, add_text, restoring))
		return 0;
	memcpy(&header, ext->btf, sizeof(header));
	header.str_len += restoring->added_size;
	memcpy(grown + start, &header, sizeof(header));
	entry = (Elf64_Shdr *)(grown + ehdr.e_shoff) +
		elf_ndxscn(find_section(file, size, ".BTF", &shdr));
	entry->sh_offset = start;
	entry->sh_size = ext->btf_size + restoring->added_size;
	return start + ext->btf_size + restoring->added_size;
}

void el_lines_restore(struct el_lines *known, void **elf, size_t *size)
{
	__attribute__((cleanup(restoring_free))) struct restoring restoring = {0};
	_cleanup_free_ char *grown = NULL;
	size_t start = (*size + 7) & ~(size_t)7, room = 0;

	if (!known->count)
		return;
	unite(known);
	for (size_t i = 0; i < known->count; i++)
		room += strlen(known->list[i].text) + 1;
	restoring.known = known->list;
	restoring.known_count = known->count;
	restoring.offsets = calloc(known->count + 1, sizeof(*restoring.offsets));
	grown = calloc(1, start + *size + room);
	if (!grown || !restoring.offsets)
		return;
	memcpy(grown, *elf, *size);
	room = restore(grown, *size, start, &restoring);
	if (!room)
		return;
	free(*elf);
	*elf = TAKE_PTR(grown);
	*size = room;
}

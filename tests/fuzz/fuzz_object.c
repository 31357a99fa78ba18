// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * An object: ELF, its BTF, notes, programs, maps and parameters; then the loader's use of an
 * accepted object: its source lines, its types, the initial values of its parameters as text.
 */
#include <bpf/btf.h>

#include "../../loader/object/lines.h"
#include "../../loader/object/object.h"
#include "../../loader/object/elf.h"
#include "../../loader/value/value.h"
#include "fuzz.h"

static void look_at_lines(const struct el_object *object)
{
	struct el_lines lines = {0};

	if (!el_lines_add(&lines, object->data, object->size))
		el_lines_at(&lines,
			    object->info.programs_count ? object->info.programs[0].section : "", 8);
	el_lines_free(&lines);
}

static void look_at_calls(const struct el_object *object)
{
	struct el_elf elf = {.path = "object", .data = object->data, .size = object->size};
	struct el_elf_call call;

	fuzz_check(!el_elf_open(fuzz_context(), &elf), "it was read before");
	el_elf_indirect_call(&elf, "xdp", &call);
	el_elf_close(&elf);
}

static void look_at_params(const struct el_object *object)
{
	for (size_t i = 0; i < object->info.params_count; i++) {
		const struct el_object_param *param = &object->params[i];
		char *text = el_value_type_text(param->type, param->initial);
		char *bytes = malloc(param->size + 1);

		if (text)
			el_value_type_parse(fuzz_context(), param->type,
					    &(struct el_value_text){"parameter", text}, bytes);
		free(text);
		free(bytes);
	}
}

static void look_at_slots(const struct el_object *object)
{
	for (size_t i = 0; i < object->slots_count; i++)
		fuzz_check(el_object_fills(object, object->slots[i].map), "slot %zu", i);
	for (size_t i = 0; i < object->info.maps_count; i++)
		fuzz_check(el_object_has_map(object, object->info.maps[i].name), "map %zu", i);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct el_context *context = fuzz_context();
	const char *path = fuzz_file("input.o", data, size);
	struct el_object *object = NULL;
	size_t descriptors = fuzz_descriptors();
	int error = el_object_inspect(context, path, &object);

	fuzz_check(!error == !!object, "error %d, and an object", error);
	fuzz_check(fuzz_descriptors() == descriptors, "a descriptor is open still");
	fuzz_check_noted(error);
	if (error)
		return 0;
	look_at_lines(object);
	look_at_calls(object);
	look_at_params(object);
	look_at_slots(object);
	el_object_free(object);
	return 0;
}

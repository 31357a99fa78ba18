// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Type information: BTF, checked like the BTF of an object, then used like the BTF of a map. Values
 * of each type are written as text and as JSON, read again, and converted to the next type.
 */
#include <bpf/btf.h>

#include "../../loader/object/object.h"
#include "values.h"

enum { TYPES_MAX = 64 };

static void convert(const struct el_value_type *from, const struct el_value_type *to)
{
	struct el_value_convert *convert = NULL;
	struct el_value_misfit misfit;
	size_t count;

	if (el_value_convert_open(fuzz_context(), from, to, &convert))
		return;
	if (el_value_type_size(from) <= FUZZ_VALUE_MAX &&
	    el_value_type_size(to) <= FUZZ_VALUE_MAX) {
		void *old = calloc(1, el_value_type_size(from) + 1);
		void *new = calloc(1, el_value_type_size(to) + 1);

		el_value_convert_run(convert, old, new, &misfit);
		free(old);
		free(new);
	}
	el_field_reports_free(el_value_convert_take_fields(convert, &count), count);
	el_value_convert_free(convert);
}

static void use(const struct btf *btf)
{
	struct el_value_type *before = NULL;

	for (uint32_t id = 1; id < btf__type_cnt(btf) && id <= TYPES_MAX; id++) {
		struct el_value_type *type = NULL;

		free(el_value_type_name(btf, id));
		if (el_value_type_open(fuzz_context(), btf, id, &type))
			continue;
		fuzz_value_of_type(type, false, NULL, 0);
		if (before)
			convert(before, type);
		el_value_type_free(before);
		before = type;
	}
	el_value_type_free(before);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *bytes = (const char *)data;
	struct btf *btf;
	int error = el_object_check_btf(fuzz_context(), "input", bytes, size);

	fuzz_check_noted(error);
	if (error)
		return 0;
	btf = btf__new(data, (uint32_t)size);
	fuzz_check(btf, "libbpf can't read BTF that was found sound");
	use(btf);
	btf__free(btf);
	return 0;
}

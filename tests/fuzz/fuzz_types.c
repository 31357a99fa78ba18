// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The types of a chain's maps, in the format of its pin `types`. Input: the shape of the map that
 * holds the types, the shape of a map of the chain, then the bytes of the pin. Accepted types are
 * used as `map dump` uses them.
 */
#include <sys/stat.h>

#include <bpf/btf.h>

#include "../../loader/map/types.h"
#include "kernel.h"
#include "values.h"

static void use(const struct btf *btf, uint32_t id)
{
	struct el_value_type *type = NULL;

	free(el_value_type_name(btf, id));
	if (!id || el_value_type_open(fuzz_context(), btf, id, &type))
		return;
	fuzz_value_of_type(type, false, NULL, 0);
	el_value_type_free(type);
}

static void open_types(const char *folder, int fd)
{
	static const struct el_map_name name = {"one", "map"};
	struct el_typed_map map = {.fd = fd};
	uint32_t origin;
	char *lost = NULL;

	if (!el_types_open(fuzz_context(), folder, &name, &map) && map.types.btf) {
		use(map.types.btf, map.types.key);
		use(map.types.btf, map.types.value);
	}
	btf__free(map.types.btf);
	el_types_origin(fuzz_context(), folder, &name, &origin);
	el_types_lost(fuzz_context(), folder, &lost);
	fuzz_check(!lost || strchr(lost, '/'), "\"%s\" is lost", lost);
	free(lost);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static char path[8192];
	struct fuzz_input input = {data, size};
	struct fuzz_map types = {0}, map = {.type = BPF_MAP_TYPE_HASH, .max_entries = 8};
	size_t descriptors = fuzz_descriptors();
	int fd;

	types.type = (uint32_t)fuzz_number(&input, 1) % 34;
	types.key_size = (uint32_t)fuzz_number(&input, 1);
	types.max_entries = (uint32_t)fuzz_number(&input, 1);
	map.key_size = (uint32_t)fuzz_number(&input, 2);
	map.value_size = (uint32_t)fuzz_number(&input, 2);
	fd = fuzz_map_open(&map);
	types.value_size = (uint32_t)input.left;
	types.value = input.at;
	types.value_length = input.left;
	snprintf(path, sizeof(path), "%s/types", fuzz_folder());
	fuzz_map_pin(&types, path);
	open_types(fuzz_folder(), fd);
	close(fd);
	fuzz_kernel_forget();
	fuzz_check(fuzz_descriptors() == descriptors, "a descriptor is open still");
	return 0;
}

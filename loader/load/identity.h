/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_IDENTITY_H
#define EL_IDENTITY_H
#include "load/load.h"

/* The role of a libbpf object's map in the chain. */
struct el_identity {
	size_t instance;
	char name[64]; /* of the pin */
	bool mine;     /* of an instance; false: read-only data, or a map of the SDK */
};

/**
 * el_identify() - find the instance and the name of a map
 * @out: the instance is the owner, because programs of one object share the maps of one instance
 *
 * Return: 0; -EBADMSG the chain has no such instance; -EINVAL the name is not valid for a pin.
 */
int el_identify(const struct el_loading *loading, const struct bpf_map *map,
		struct el_identity *out);

#endif

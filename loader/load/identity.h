/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_IDENTITY_H
#define EL_IDENTITY_H
#include "load/load.h"

/* What one map of a libbpf object is to us. */
struct el_identity {
	size_t instance;
	char name[64]; /* as its pin */
	bool mine;     /* an instance's; false: read-only data, or one of the SDK's */
};

/**
 * el_identify() - find out what a map is to us
 * @out: its owner is the instance, as programs of one object have one instance's maps
 *
 * Return: 0; -EBADMSG the chain has no such instance; -EINVAL no pin can have the name.
 */
int el_identify(const struct el_loading *loading, const struct bpf_map *map,
		struct el_identity *out);

#endif

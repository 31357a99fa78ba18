/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_SNAPSHOT_H
#define EL_SNAPSHOT_H
/*
 * A copy of a map's entries at one point in time, found by key.
 */
#include "base/base.h"

struct el_snapshot {
	uint32_t key_size, value_size;
	uint8_t *bytes; /* each key followed by its value, in the order of addition */
	bool *seen;	/* per entry: a later walk has visited it */
	size_t count, room;
	uint32_t *slots; /* a hash table: 0 if empty, else the entry number + 1 */
	size_t slots_count;
};

#define EL_SNAPSHOT_NONE SIZE_MAX

/* Return: 0; -EEXIST the key is already present (no error is noted); -ENOMEM, noted. */
int el_snapshot_add(struct el_context *context, struct el_snapshot *snapshot, const void *key,
		    const void *value);
/* Return: the number of the entry, or EL_SNAPSHOT_NONE. */
size_t el_snapshot_find(const struct el_snapshot *snapshot, const void *key);
void el_snapshot_free(struct el_snapshot *snapshot);

static inline const uint8_t *el_snapshot_key(const struct el_snapshot *snapshot, size_t number)
{
	return snapshot->bytes + number * (snapshot->key_size + snapshot->value_size);
}

static inline const uint8_t *el_snapshot_value(const struct el_snapshot *snapshot, size_t number)
{
	return el_snapshot_key(snapshot, number) + snapshot->key_size;
}

#endif

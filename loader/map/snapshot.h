/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_SNAPSHOT_H
#define EL_SNAPSHOT_H
/*
 * A map's entries as they were at a time, found by their keys.
 */
#include "base/base.h"

struct el_snapshot {
	uint32_t key_size, value_size;
	uint8_t *bytes; /* keys, their values behind them, in the order they came in */
	bool *seen;	/* of each, by whoever walks the map again */
	size_t count, room;
	uint32_t *slots; /* a hash table of numbers, 0 where empty, else one more */
	size_t slots_count;
};

#define EL_SNAPSHOT_NONE SIZE_MAX

/* Return: 0; -EEXIST the key is there already, without noting an error; -ENOMEM, noted. */
int el_snapshot_add(struct el_context *context, struct el_snapshot *snapshot, const void *key,
		    const void *value);
/* Return: an entry's number, or EL_SNAPSHOT_NONE. */
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

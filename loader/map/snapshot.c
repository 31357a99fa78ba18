// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A copy of a map's entries: an array of entries, and a hash table by key (open addressing, at most
 * half full), because a million entries are looked up again.
 */
#include "map/snapshot.h"

/* FNV-1a, with the high bits folded in: http://www.isthe.com/chongo/tech/comp/fnv/ */
static uint64_t hash(const uint8_t *key, uint32_t size)
{
	uint64_t value = 0xcbf29ce484222325;

	for (uint32_t i = 0; i < size; i++)
		value = (value ^ key[i]) * 0x100000001b3;
	return value ^ value >> 32;
}

/* The slot that holds @key, or the empty slot for it. */
static size_t slot_of(const struct el_snapshot *snapshot, const void *key)
{
	size_t mask = snapshot->slots_count - 1, slot = hash(key, snapshot->key_size) & mask;

	while (snapshot->slots[slot] && memcmp(el_snapshot_key(snapshot, snapshot->slots[slot] - 1),
					       key, snapshot->key_size))
		slot = (slot + 1) & mask;
	return slot;
}

static bool grow_slots(struct el_snapshot *snapshot)
{
	size_t count = snapshot->slots_count ? snapshot->slots_count * 2 : 1024;
	uint32_t *slots = calloc(count, sizeof(*slots));

	if (!slots)
		return false;
	free(snapshot->slots);
	snapshot->slots = slots;
	snapshot->slots_count = count;
	for (size_t i = 0; i < snapshot->count; i++)
		slots[slot_of(snapshot, el_snapshot_key(snapshot, i))] = (uint32_t)i + 1;
	return true;
}

static bool grow_entries(struct el_snapshot *snapshot)
{
	size_t room = snapshot->room ? snapshot->room * 2 : 512;
	uint8_t *bytes = reallocarray(snapshot->bytes, room,
				      (size_t)snapshot->key_size + snapshot->value_size);
	bool *seen = reallocarray(snapshot->seen, room, sizeof(*seen));

	snapshot->bytes = bytes ? bytes : snapshot->bytes;
	snapshot->seen = seen ? seen : snapshot->seen;
	if (!bytes || !seen)
		return false;
	snapshot->room = room;
	return true;
}

int el_snapshot_add(struct el_context *context, struct el_snapshot *snapshot, const void *key,
		    const void *value)
{
	size_t number = snapshot->count, slot;
	uint8_t *bytes;

	if ((number == snapshot->room && !grow_entries(snapshot)) ||
	    (number * 2 >= snapshot->slots_count && !grow_slots(snapshot)))
		return el_fail_memory(context);
	slot = slot_of(snapshot, key);
	if (snapshot->slots[slot])
		return -EEXIST;
	snapshot->slots[slot] = (uint32_t)++snapshot->count;
	bytes = (uint8_t *)el_snapshot_key(snapshot, number);
	memcpy(bytes, key, snapshot->key_size);
	if (snapshot->value_size)
		memcpy(bytes + snapshot->key_size, value, snapshot->value_size);
	snapshot->seen[number] = false;
	return 0;
}

size_t el_snapshot_find(const struct el_snapshot *snapshot, const void *key)
{
	uint32_t slot = snapshot->slots_count ? snapshot->slots[slot_of(snapshot, key)] : 0;

	return slot ? slot - 1 : EL_SNAPSHOT_NONE;
}

void el_snapshot_free(struct el_snapshot *snapshot)
{
	free(snapshot->bytes);
	free(snapshot->seen);
	free(snapshot->slots);
	*snapshot = (struct el_snapshot){.key_size = snapshot->key_size,
					 .value_size = snapshot->value_size};
}

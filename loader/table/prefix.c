// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A prefix table: opened, read and changed. Prefixes of the length that has buckets go there, if
 * there is room, and all others to the trie.
 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include <bpf/bpf.h>

#include "table/prefix.h"

/* ---------------------------------------------------------------- keys */

static el_address mask_of(uint32_t bits)
{
	return bits ? ~(el_address)0 << (128 - bits) : 0;
}

/* Return: 0; -EINVAL the bytes are no prefix. */
static int read_key(const struct edge_prefix_key *key, struct el_prefix *prefix)
{
	uint32_t most = key->family == EDGE_PREFIX_IP4 ? 32 : 128;
	el_address address = 0;

	if ((key->family != EDGE_PREFIX_IP4 && key->family != EDGE_PREFIX_IP6) ||
	    key->length < EDGE_PREFIX_FAMILY_BITS || key->length - EDGE_PREFIX_FAMILY_BITS > most)
		return -EINVAL;
	for (uint32_t i = 0; i < most / 32; i++)
		address |= (el_address)__builtin_bswap32(key->ip.word[i]) << (96 - 32 * i);
	prefix->family = key->family == EDGE_PREFIX_IP6;
	prefix->bits = key->length - EDGE_PREFIX_FAMILY_BITS;
	prefix->first = address & mask_of(prefix->bits);
	prefix->last = prefix->first | ~mask_of(prefix->bits);
	return 0;
}

void el_prefix_key_of(struct edge_prefix_key *key, int family, uint32_t bits, el_address address)
{
	*key = (struct edge_prefix_key){.length = EDGE_PREFIX_FAMILY_BITS + bits,
					.family = family ? EDGE_PREFIX_IP6 : EDGE_PREFIX_IP4};
	for (int i = 0; i < (family ? 4 : 1); i++)
		key->ip.word[i] = __builtin_bswap32((uint32_t)(address >> (96 - 32 * i)));
}

/* ---------------------------------------------------------------- opening */

/* Whether a part of the space is inside of it. */
static bool is_inside(const struct edge_prefix_space *space, uint64_t at, uint64_t size)
{
	return at >= EDGE_PREFIX_HEADER && at % 8 == 0 && size <= space->size &&
	       at <= space->size - size;
}

static bool exact_is_sound(const struct edge_prefix_space *space,
			   const struct edge_prefix_exact *exact)
{
	if (!exact->bits)
		return true;
	return exact->bits <= 128 && exact->slots && exact->slots <= EDGE_PREFIX_SLOTS_MAX &&
	       (exact->key_size == 4 || exact->key_size == 8 || exact->key_size == 16) &&
	       exact->values >= 8 + exact->slots * exact->key_size &&
	       exact->values <= exact->bucket_size &&
	       (uint64_t)exact->values + (uint64_t)exact->slots * space->stride <=
		       exact->bucket_size &&
	       exact->buckets && exact->bucket_size % 8 == 0 &&
	       is_inside(space, exact->at, (uint64_t)exact->buckets * exact->bucket_size);
}

/* Check the layout that stands in a map of @size bytes. */
static bool is_sound(const struct edge_prefix_header *header, size_t size)
{
	const struct edge_prefix_space *space = &header->space;
	uint64_t nodes = (uint64_t)space->units * EDGE_PREFIX_UNIT;

	return header->magic == EDGE_PREFIX_MAGIC && space->size == size &&
	       space->root_bits >= 16 && space->root_bits <= 24 && space->numbers &&
	       space->numbers <= EDGE_PREFIX_NUMBER && space->value_size <= space->stride &&
	       space->stride % 4 == 0 && space->units &&
	       is_inside(space, space->roots[0], 4ull << space->root_bits) &&
	       is_inside(space, space->roots[1], 4ull << EDGE_PREFIX_ROOT6) &&
	       is_inside(space, space->nodes, nodes + EDGE_PREFIX_BEHIND) &&
	       is_inside(space, space->values, (uint64_t)space->numbers * space->stride) &&
	       is_inside(space, space->entries,
			 (uint64_t)space->numbers * sizeof(struct edge_prefix_entry)) &&
	       exact_is_sound(space, &space->exact[0]) && exact_is_sound(space, &space->exact[1]);
}

static int attach(struct el_prefix_table *table, char *base, size_t size)
{
	table->base = base;
	table->header = (struct edge_prefix_header *)(void *)base;
	if (size < EDGE_PREFIX_HEADER || !is_sound(table->header, size))
		return -EPROTO;
	table->space = table->header->space;
	table->entries = (struct edge_prefix_entry *)(void *)(base + table->space.entries);
	return 0;
}

int el_prefix_open(int fd, bool live, struct el_prefix_table **out)
{
	struct el_prefix_table *table = calloc(1, sizeof(*table));
	struct bpf_map_info info = {0};
	uint32_t info_size = sizeof(info);
	int error = table ? 0 : -ENOMEM;
	void *base = MAP_FAILED;

	if (!error && bpf_obj_get_info_by_fd(fd, &info, &info_size))
		error = -errno;
	if (!error && (info.type != BPF_MAP_TYPE_ARRAY || info.max_entries != 1 ||
		       !(info.map_flags & BPF_F_MMAPABLE)))
		error = -EPROTO;
	if (!error)
		base = mmap(NULL, info.value_size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (!error && base == MAP_FAILED)
		error = -errno;
	if (!error)
		error = attach(table, base, info.value_size);
	if (error) {
		if (base != MAP_FAILED)
			munmap(base, info.value_size);
		free(table);
		return error;
	}
	table->live = live;
	*out = table;
	return 0;
}

int el_prefix_build_open(const struct el_prefix_counts *counts, uint32_t value_size, uint32_t room,
			 struct el_prefix_table **out)
{
	struct el_prefix_table *table = calloc(1, sizeof(*table));
	struct edge_prefix_header *header;
	struct edge_prefix_space space;
	char *base;
	int error;

	if (!table)
		return -ENOMEM;
	error = el_prefix_plan(counts, value_size, &space);
	base = error ? MAP_FAILED
		     : mmap(NULL, space.size, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
	if (base == MAP_FAILED) {
		free(table);
		return error ? error : -ENOMEM;
	}
	header = (struct edge_prefix_header *)(void *)base;
	*header = (struct edge_prefix_header){.magic = EDGE_PREFIX_MAGIC,
					      .room = room,
					      .space = space,
					      .used_units = 1,
					      .used_numbers = 1};
	error = attach(table, base, space.size);
	if (error) {
		munmap(base, space.size);
		free(table);
		return error;
	}
	*out = table;
	return 0;
}

static struct edge_prefix_header empty(const struct edge_prefix_space *space, uint32_t room)
{
	return (struct edge_prefix_header){.magic = EDGE_PREFIX_MAGIC,
					   .room = room,
					   .space = *space,
					   .used_units = 1,
					   .used_numbers = 1};
}

int el_prefix_format(int fd, const struct edge_prefix_space *space, uint32_t room)
{
	char *base = mmap(NULL, space->size, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);

	if (base == MAP_FAILED)
		return -errno;
	*(struct edge_prefix_header *)(void *)base = empty(space, room);
	munmap(base, space->size);
	return 0;
}

void el_prefix_counts_add(struct el_prefix_counts *counts, const struct edge_prefix_key *key)
{
	struct el_prefix prefix;

	if (!read_key(key, &prefix))
		counts->of[prefix.family][prefix.bits]++;
}

void el_prefix_set_live(struct el_prefix_table *table, bool live)
{
	el_prefix_commit(table);
	table->live = live;
}

void el_prefix_free(struct el_prefix_table *table)
{
	if (!table)
		return;
	el_prefix_commit(table);
	munmap(table->base, table->space.size);
	free(table->dropped);
	free(table);
}

/* ---------------------------------------------------------------- reading */

const struct edge_prefix_space *el_prefix_space(const struct el_prefix_table *table)
{
	return &table->space;
}

uint32_t el_prefix_value_size(const struct el_prefix_table *table)
{
	return table->space.value_size;
}

uint32_t el_prefix_room(const struct el_prefix_table *table)
{
	return table->header->room;
}

uint32_t el_prefix_count(const struct el_prefix_table *table)
{
	return table->header->count;
}

char *el_prefix_get(const struct el_prefix_table *table, const struct edge_prefix_key *key)
{
	struct el_prefix prefix;
	uint32_t number, parent;
	char *value;

	if (read_key(key, &prefix))
		return NULL;
	value = el_exact_is(table, &prefix) ? el_exact_find(table, &prefix) : NULL;
	if (value)
		return value;
	number = el_trie_find(table, &prefix, &parent);
	return number ? el_prefix_value(table, number) : NULL;
}

char *el_prefix_match(const struct el_prefix_table *table, const struct edge_prefix_key *key)
{
	struct el_prefix prefix, exact;
	uint32_t number;
	char *value;

	if (read_key(key, &prefix))
		return NULL;
	number = el_trie_match(table, prefix.family, prefix.first);
	exact = prefix;
	exact.bits = table->space.exact[prefix.family].bits;
	exact.first &= mask_of(exact.bits);
	if (exact.bits && (!number || el_prefix_bits(table, number) < exact.bits)) {
		value = el_exact_find(table, &exact);
		if (value)
			return value;
	}
	return number ? el_prefix_value(table, number) : NULL;
}

bool el_prefix_next(const struct el_prefix_table *table, uint64_t *cursor,
		    struct edge_prefix_key *key, const char **value)
{
	uint64_t slots[2] = {el_exact_slots(table, 0), el_exact_slots(table, 1)}, at;

	for (; *cursor < slots[0] + slots[1]; ++*cursor) {
		int family = *cursor >= slots[0];

		*value = el_exact_slot(table, family, *cursor - (family ? slots[0] : 0), key);
		if (*value) {
			++*cursor;
			return true;
		}
	}
	for (at = *cursor - slots[0] - slots[1];
	     at < table->header->used_numbers && at < table->space.numbers; at++) {
		if (!table->entries[at].used)
			continue;
		*key = table->entries[at].key;
		*value = el_prefix_value(table, (uint32_t)at);
		*cursor = slots[0] + slots[1] + at + 1;
		return true;
	}
	return false;
}

/* ---------------------------------------------------------------- changing */

/*
 * A process may be killed in the middle of a change. The header then says which entry was put in or
 * taken out, and the next change does that again, which does no harm where it was done. Where only
 * a bucket changed, by one store, the prefixes are counted anew.
 */
#define ONLY_COUNT EDGE_PREFIX_NUMBER

static void begin(struct el_prefix_table *table, uint32_t number)
{
	table->changing = true;
	__atomic_store_n(&table->header->changing, number, __ATOMIC_RELEASE);
}

static void end(struct el_prefix_table *table)
{
	__atomic_store_n(&table->header->changing, 0, __ATOMIC_RELEASE);
	table->changing = false;
	if (el_space_is_due(table))
		el_prefix_commit(table);
}

/* How many prefixes of a family are longer than those in its buckets. */
static void count_longer(struct el_prefix_table *table, const struct el_prefix *prefix, int more)
{
	uint32_t bits = table->space.exact[prefix->family].bits;

	if (bits && prefix->bits > bits)
		__atomic_add_fetch(&table->header->longer[prefix->family], more, __ATOMIC_RELEASE);
}

/* An entry that packets no longer find. */
static void forget(struct el_prefix_table *table, uint32_t number)
{
	if (!number || number >= table->space.numbers || !table->entries[number].used)
		return;
	table->entries[number].used = 0;
	el_space_drop_number(table, number);
}

static int put_in_trie(struct el_prefix_table *table, const struct el_prefix *prefix,
		       const void *value)
{
	uint32_t parent, number, old;

	if (!el_trie_has_room(table, prefix))
		el_prefix_commit(table);
	if (!el_trie_has_room(table, prefix))
		return -EXFULL;
	number = el_space_take_number(table);
	if (!number) {
		el_prefix_commit(table);
		number = el_space_take_number(table);
	}
	if (!number)
		return -EXFULL;
	old = el_trie_find(table, prefix, &parent);
	table->entries[number] = (struct edge_prefix_entry){.parent = parent, .used = 1};
	el_prefix_key_of(&table->entries[number].key, prefix->family, prefix->bits, prefix->first);
	memcpy(el_prefix_value(table, number), value, table->space.value_size);
	if (!old)
		count_longer(table, prefix, 1);
	table->header->removing = 0;
	table->header->replaced = old;
	begin(table, number);
	el_trie_put(table, prefix, number);
	forget(table, old);
	return 0;
}

static void remove_from_trie(struct el_prefix_table *table, const struct el_prefix *prefix,
			     uint32_t number)
{
	table->header->removing = 1;
	begin(table, number);
	el_trie_remove(table, prefix, number);
	count_longer(table, prefix, -1);
	forget(table, number);
}

static uint32_t count_anew(const struct el_prefix_table *table)
{
	struct edge_prefix_key key;
	const char *value;
	uint64_t cursor = 0;
	uint32_t count = 0;

	while (el_prefix_next(table, &cursor, &key, &value))
		count++;
	return count;
}

/* Finish the change of a process that was killed. */
static void finish_change(struct el_prefix_table *table)
{
	uint32_t number = table->header->changing;
	struct el_prefix prefix;

	if (!number)
		return;
	if (number < table->space.numbers && !read_key(&table->entries[number].key, &prefix) &&
	    el_trie_has_room(table, &prefix)) {
		table->changing = true;
		if (table->header->removing) {
			el_trie_remove(table, &prefix, number);
			forget(table, number);
		} else {
			el_trie_put(table, &prefix, number);
			forget(table, table->header->replaced);
		}
	}
	table->header->count = count_anew(table);
	end(table);
}

/* A value of at most 8 bytes is replaced by one store. */
static bool store_value(const struct el_prefix_table *table, char *place, const void *value)
{
	uint64_t whole;
	uint32_t half;

	if (table->space.value_size == 8) {
		memcpy(&whole, value, sizeof(whole));
		__atomic_store_n((uint64_t *)(void *)place, whole, __ATOMIC_RELAXED);
	} else if (table->space.value_size == 4) {
		memcpy(&half, value, sizeof(half));
		__atomic_store_n((uint32_t *)(void *)place, half, __ATOMIC_RELAXED);
	} else {
		return false;
	}
	return true;
}

int el_prefix_set(struct el_prefix_table *table, const struct edge_prefix_key *key,
		  const void *value, uint64_t flags)
{
	struct el_prefix prefix;
	char *old;
	int error = read_key(key, &prefix);

	if (error)
		return error;
	finish_change(table);
	old = el_prefix_get(table, key);
	if (old && flags == BPF_NOEXIST)
		return -EEXIST;
	if (!old && flags == BPF_EXIST)
		return -ENOENT;
	if (!old && table->header->count >= table->header->room)
		return -ENOSPC;
	if (old && (!memcmp(old, value, table->space.value_size) || store_value(table, old, value)))
		return 0;
	/* A prefix that found no room in its buckets stays in the trie. */
	begin(table, ONLY_COUNT);
	error = -ENOSPC;
	if (el_exact_is(table, &prefix) && (!old || el_exact_find(table, &prefix)))
		error = el_exact_put(table, &prefix, value);
	if (error)
		error = put_in_trie(table, &prefix, value);
	table->header->count += !error && !old;
	end(table);
	return error;
}

int el_prefix_delete(struct el_prefix_table *table, const struct edge_prefix_key *key)
{
	struct el_prefix prefix;
	uint32_t number = 0, parent;
	bool exact;
	int error = read_key(key, &prefix);

	if (error)
		return error;
	finish_change(table);
	exact = el_exact_is(table, &prefix) && el_exact_find(table, &prefix);
	if (!exact)
		number = el_trie_find(table, &prefix, &parent);
	if (!exact && !number)
		return -ENOENT;
	if (!exact && !el_trie_has_room(table, &prefix))
		el_prefix_commit(table);
	if (!exact && !el_trie_has_room(table, &prefix))
		return -EXFULL;
	begin(table, ONLY_COUNT);
	if (exact)
		el_exact_remove(table, &prefix);
	else
		remove_from_trie(table, &prefix, number);
	table->header->count--;
	end(table);
	return 0;
}

void el_prefix_commit(struct el_prefix_table *table)
{
	if (!table->dropped_count)
		return;
	if (table->live)
		el_grace_period();
	el_space_settle(table);
}

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * After the swap: merge the changes that packets made in the old map between the copy and the swap
 * into the new map, which other packets already change. convert.h has the rules. The swap is
 * already made, so errors here are only warnings.
 */
#include <sched.h>

#include <bpf/bpf.h>

#include "state/convert.h"
#include "base/reason.h"

struct merge {
	struct el_context *context;
	struct el_convert *convert;
	struct el_snapshot changed; /* entries of the old map that differ from the copy */
	struct el_value_leaf *leaves;
	size_t leaves_count;
	int program; /* or negative: entries are replaced as a whole */
	/* A value of the new map, of all CPUs: at the copy, in the old map now, in the new map. */
	uint8_t *base, *final, *current, *key;
	bool clamped;
	int error; /* the first error */
};

static void merge_free(struct merge *merge)
{
	el_snapshot_free(&merge->changed);
	free(merge->leaves);
	free(merge->base);
	free(merge->final);
	free(merge->current);
	free(merge->key);
	if (merge->program >= 0)
		close(merge->program);
}

static void note(struct merge *merge, int error)
{
	if (!merge->error)
		merge->error = error;
}

/* ---------------------------------------------------------------- finding */

static int find_changed(void *data, const void *key, const void *value)
{
	struct merge *merge = data;
	struct el_snapshot *before = &merge->convert->snapshot;
	size_t number = el_snapshot_find(before, key);
	int err;

	if (number != EL_SNAPSHOT_NONE) {
		before->seen[number] = true;
		if (!memcmp(el_snapshot_value(before, number), value, before->value_size))
			return 0;
	}
	err = el_snapshot_add(merge->context, &merge->changed, key, value);
	return err == -EEXIST ? 0 : err;
}

/* ---------------------------------------------------------------- changing */

/* The fallback without the program: additions by packets between the two calls are lost. */
static int replace(struct merge *merge, const struct el_edit *edit)
{
	const struct el_map *map = merge->convert->to;
	uint8_t *at = merge->current + edit->offset +
		      (map->cpus ? edit->cpu * EL_MAP_STRIDE(map->info.value_size) : 0);
	uint64_t number = 0;

	if (el_map_lookup(map, edit->key, merge->current))
		return -errno;
	memcpy(&number, at, edit->size);
	if (!edit->add && number != edit->expected)
		return 0;
	number = edit->add ? number + edit->number : edit->number;
	memcpy(at, &number, edit->size);
	return el_map_update(map, edit->key, merge->current, BPF_EXIST) ? -errno : 0;
}

/* Change a value of a table in place: packets see the same memory. */
static int edit_table(const struct el_map *map, const struct el_edit *edit)
{
	char *place = el_map_place(map, edit->key);
	uint64_t expected = edit->expected;
	uint32_t half = (uint32_t)edit->expected;

	if (!place)
		return -ENOENT;
	place += edit->offset;
	if ((uintptr_t)place % edit->size || edit->size < 4)
		return -EOPNOTSUPP;
	if (edit->add && edit->size == 8)
		__atomic_fetch_add((uint64_t *)place, edit->number, __ATOMIC_RELAXED);
	else if (edit->add)
		__atomic_fetch_add((uint32_t *)place, (uint32_t)edit->number, __ATOMIC_RELAXED);
	else if (edit->size == 8)
		__atomic_compare_exchange_n((uint64_t *)place, &expected, edit->number, false,
					    __ATOMIC_RELAXED, __ATOMIC_RELAXED);
	else
		__atomic_compare_exchange_n((uint32_t *)place, &half, (uint32_t)edit->number, false,
					    __ATOMIC_RELAXED, __ATOMIC_RELAXED);
	return 0;
}

/* -ENOENT: the new program deleted the entry, or other entries evicted it. */
static void change(struct merge *merge, const struct el_edit *edit)
{
	int error = merge->convert->to->table ? edit_table(merge->convert->to, edit)
		    : merge->program < 0
			    ? -EOPNOTSUPP
			    : el_convert_program_run(merge->program, merge->convert->to, edit);

	if (error == -EOPNOTSUPP)
		error = replace(merge, edit);
	if (error && error != -ENOENT)
		note(merge, -error);
}

static void add_count(struct merge *merge, const struct el_value_leaf *leaf, uint32_t cpu)
{
	uint64_t before = 0, after = 0;
	struct el_edit edit = {.key = merge->key,
			       .cpu = cpu,
			       .offset = leaf->offset,
			       .size = leaf->size,
			       .add = true};

	memcpy(&before, merge->base + leaf->offset, leaf->size);
	memcpy(&after, merge->final + leaf->offset, leaf->size);
	edit.number = after - before;
	change(merge, &edit);
}

/* Set the old program's value unless the new program has written the field since the copy: the
 * newer writer wins. The kernel compares again, because packets may write meanwhile. */
static void set_bytes(struct merge *merge, const struct el_value_leaf *leaf, uint32_t cpu)
{
	const struct el_map *map = merge->convert->to;
	const uint8_t *now = merge->current + leaf->offset +
			     (map->cpus ? cpu * EL_MAP_STRIDE(map->info.value_size) : 0);
	struct el_edit edit = {.key = merge->key, .cpu = cpu, .offset = leaf->offset};
	uint32_t left = leaf->size;

	if (el_map_lookup(map, merge->key, merge->current) ||
	    memcmp(now, merge->base + leaf->offset, leaf->size))
		return;
	for (; left; left -= edit.size, edit.offset += edit.size) {
		for (edit.size = 8; edit.size > left || edit.offset % edit.size;)
			edit.size /= 2;
		edit.number = edit.expected = 0;
		memcpy(&edit.number, merge->final + edit.offset, edit.size);
		memcpy(&edit.expected, merge->base + edit.offset, edit.size);
		change(merge, &edit);
	}
}

/* ---------------------------------------------------------------- one entry */

/* Convert the value of one CPU, or of a map without per-CPU values, to the new map's type. */
static void convert_one(struct merge *merge, const uint8_t *value, uint8_t *out)
{
	const struct el_convert *convert = merge->convert;

	if (!value)
		return;
	if (!convert->value)
		memcpy(out, value, convert->to->info.value_size);
	else if (!el_value_convert_run(convert->value, value, out, NULL))
		merge->clamped = true;
}

/* Merge changed entry @number, as far as the value of CPU @cpu is concerned. */
static void merge_entry(struct merge *merge, size_t number, uint32_t cpu)
{
	const struct el_convert *convert = merge->convert;
	const struct el_snapshot *before = &convert->snapshot;
	const uint8_t *key = el_snapshot_key(&merge->changed, number);
	size_t at = convert->from->cpus ? cpu * EL_MAP_STRIDE(convert->from->info.value_size) : 0;
	const uint8_t *final = el_snapshot_value(&merge->changed, number) + at, *base = NULL;
	size_t known = el_snapshot_find(before, key);

	if (known != EL_SNAPSHOT_NONE)
		base = el_snapshot_value(before, known) + at;
	if (base && !memcmp(base, final, convert->from->info.value_size))
		return;
	el_convert_key(convert, key, merge->key, NULL);
	el_convert_blank(convert, merge->base);
	el_convert_blank(convert, merge->final);
	convert_one(merge, base, merge->base);
	convert_one(merge, final, merge->final);
	for (size_t i = 0; i < merge->leaves_count; i++) {
		const struct el_value_leaf *leaf = &merge->leaves[i];

		if (!memcmp(merge->base + leaf->offset, merge->final + leaf->offset, leaf->size))
			continue;
		if (leaf->sums)
			add_count(merge, leaf, cpu);
		else if (base || el_map_is_array(convert->to))
			set_bytes(merge, leaf, cpu);
		/* Otherwise both programs added the entry, and the new program wrote all of it. */
	}
}

/* Add an entry that the old program added. Return: whether the entry needs
 * no merge. */
static bool insert(struct merge *merge, size_t number)
{
	const struct el_convert *convert = merge->convert;
	const uint8_t *key = el_snapshot_key(&merge->changed, number);

	if (el_map_is_array(convert->to) ||
	    el_snapshot_find(&convert->snapshot, key) != EL_SNAPSHOT_NONE)
		return false;
	merge->clamped |= !el_convert_key(convert, key, merge->key, NULL);
	el_convert_blank(convert, merge->final);
	merge->clamped |= !el_convert_value(convert, el_snapshot_value(&merge->changed, number),
					    merge->final, NULL);
	if (!el_map_update(convert->to, merge->key, merge->final, BPF_NOEXIST))
		return true;
	if (errno != EEXIST)
		note(merge, errno);
	return errno != EEXIST;
}

/* Delete an entry that the old program deleted, unless the new program has changed it. LRU maps are
 * excluded, because they evict entries without a program's decision. */
static void forget(struct merge *merge, size_t number)
{
	const struct el_convert *convert = merge->convert;
	const struct el_map *map = convert->to;

	el_convert_key(convert, el_snapshot_key(&convert->snapshot, number), merge->key, NULL);
	el_convert_blank(convert, merge->base);
	el_convert_value(convert, el_snapshot_value(&convert->snapshot, number), merge->base, NULL);
	if (!el_map_lookup(map, merge->key, merge->current) &&
	    !memcmp(merge->base, merge->current, map->value_room))
		el_map_delete(map, merge->key);
}

/* ---------------------------------------------------------------- all entries */

/* Run on the CPU that owns the values, so that no packet's addition interrupts ours. If that is
 * impossible, because the CPU is offline (and changes nothing) or not allowed to us, an addition
 * may be lost. */
static void merge_cpu(struct merge *merge, uint32_t cpu)
{
	if (merge->convert->to->cpus && cpu < CPU_SETSIZE) {
		cpu_set_t set;

		CPU_ZERO(&set);
		CPU_SET(cpu, &set);
		sched_setaffinity(0, sizeof(set), &set);
	}
	for (size_t i = 0; i < merge->changed.count; i++)
		if (!merge->changed.seen[i])
			merge_entry(merge, i, cpu);
}

static void merge_all(struct merge *merge)
{
	const struct el_convert *convert = merge->convert;
	uint32_t cpus = convert->to->cpus ? convert->to->cpus : 1;
	cpu_set_t before;

	for (size_t i = 0; i < merge->changed.count; i++)
		merge->changed.seen[i] = insert(merge, i);
	sched_getaffinity(0, sizeof(before), &before);
	for (uint32_t cpu = 0; cpu < cpus; cpu++)
		merge_cpu(merge, cpu);
	sched_setaffinity(0, sizeof(before), &before);
	for (size_t i = 0; i < convert->snapshot.count; i++)
		if (!convert->snapshot.seen[i] && !el_map_is_array(convert->to) &&
		    !el_map_is_lru(convert->from))
			forget(merge, i);
}

static int merge_open(struct merge *merge)
{
	const struct el_map *to = merge->convert->to;

	merge->changed.key_size = merge->convert->snapshot.key_size;
	merge->changed.value_size = merge->convert->snapshot.value_size;
	merge->base = calloc(1, to->value_room + 1);
	merge->final = calloc(1, to->value_room + 1);
	merge->current = calloc(1, to->value_room + 1);
	merge->key = calloc(1, to->info.key_size + 1);
	if (!merge->base || !merge->final || !merge->current || !merge->key)
		return el_fail_memory(merge->context);
	return el_value_type_leaves(merge->context, to->value, &merge->leaves,
				    &merge->leaves_count);
}

void el_convert_merge(struct el_context *context, struct el_convert *convert)
{
	_cleanup_(merge_free) struct merge merge = {
		.context = context, .convert = convert, .program = -1};
	int err = merge_open(&merge);

	if (!err)
		err = el_map_walk(convert->from, find_changed, &merge);
	if (err) {
		el_warn(context, "map %s: changes by packets during the swap are lost: %s",
			convert->to->path, el_reason(EL_OP_MAP_READ, -err));
		return;
	}
	if (merge.changed.count)
		merge.program = el_convert_program_load(convert->to);
	merge_all(&merge);
	if (merge.error)
		el_warn(context, "map %s: some changes by packets during the swap are lost: %s",
			convert->to->path, el_reason(EL_OP_MAP_UPDATE, merge.error));
	if (merge.clamped)
		el_warn(context,
			"map %s: a value that packets wrote during the swap does not fit its new "
			"type, and was set to the nearest value",
			convert->to->path);
	el_snapshot_free(&convert->snapshot);
	el_snapshot_free(&convert->made);
}

/* ---------------------------------------------------------------- undoing */

/* Make the snapshot of the reverse conversion: the new map's entries right after the fill. */
static int turn_snapshot(struct el_context *context, const struct el_convert *convert,
			 struct el_convert *back)
{
	const struct el_snapshot *filled = &convert->snapshot;
	_cleanup_free_ uint8_t *key = malloc(convert->to->info.key_size + 1);
	_cleanup_free_ uint8_t *value = malloc(convert->to->value_room + 1);
	int err = key && value ? 0 : el_fail_memory(context);

	for (size_t i = 0; !err && i < filled->count; i++) {
		el_convert_blank(convert, value);
		el_convert_key(convert, el_snapshot_key(filled, i), key, NULL);
		el_convert_value(convert, el_snapshot_value(filled, i), value, NULL);
		err = el_snapshot_add(context, &back->snapshot, key, value);
		if (err == -EEXIST)
			err = 0;
	}
	return err;
}

void el_convert_undo(struct el_context *context, struct el_convert *convert)
{
	struct el_convert back = {.from = convert->to, .to = convert->from};
	char why[EL_CONVERT_WHY] = "";
	int err = el_convert_plan(context, &back, why);

	if (!err)
		err = turn_snapshot(context, convert, &back);
	if (err)
		el_warn(context, "map %s: changes by packets during the swap are lost: %s",
			convert->to->path, *why ? why : el_reason(EL_OP_MAP_READ, -err));
	else
		el_convert_merge(context, &back);
	el_convert_unplan(&back);
}

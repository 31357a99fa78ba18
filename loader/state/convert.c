// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Conversion of a running chain's map into the map that replaces it, because its types, its size or
 * its kind changed. The types tell whether a conversion is possible, and the entries tell whether
 * they fit; both are checked before anything is changed.
 */
#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "state/convert.h"
#include "base/reason.h"

/* ---------------------------------------------------------------- kinds */

/* Maps of one family store their entries in the same way. */
enum family { OTHER, HASH, PERCPU_HASH, ARRAY, PERCPU_ARRAY, LPM };

static enum family family_of(const struct el_map *map)
{
	switch (map->type) {
	case BPF_MAP_TYPE_HASH:
	case BPF_MAP_TYPE_LRU_HASH:
		return HASH;
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
		return PERCPU_HASH;
	case BPF_MAP_TYPE_ARRAY:
		return ARRAY;
	case BPF_MAP_TYPE_PERCPU_ARRAY:
		return PERCPU_ARRAY;
	case BPF_MAP_TYPE_LPM_TRIE:
		return LPM;
	default:
		return OTHER;
	}
}

static int check_kinds(const struct el_convert *convert, char why[EL_CONVERT_WHY])
{
	if (family_of(convert->from) == family_of(convert->to) && family_of(convert->from) != OTHER)
		return 0;
	snprintf(why, EL_CONVERT_WHY, "its kind changed from %s to %s", convert->from->info.kind,
		 convert->to->info.kind);
	if (convert->from->type == convert->to->type)
		snprintf(why, EL_CONVERT_WHY, "the contents of a %s can't be copied",
			 convert->to->info.kind);
	return -EINVAL;
}

/* ---------------------------------------------------------------- planning */

/* Plan the conversion of the keys or of the values; without a plan, the bytes stay the same. */
static int open_value(struct el_context *context, struct el_convert *convert, bool key,
		      char why[EL_CONVERT_WHY])
{
	const struct el_map *from = convert->from, *to = convert->to;
	const struct el_value_type *old = key ? from->key : from->value;
	const struct el_value_type *new = key ? to->key : to->value;
	uint32_t old_size = key ? from->info.key_size : from->info.value_size;
	uint32_t new_size = key ? to->info.key_size : to->info.value_size;
	int err;

	if (old_size == new_size && (!from->btf || !to->btf || el_value_type_same(old, new)))
		return 0;
	if (!from->btf || !to->btf) {
		snprintf(why, EL_CONVERT_WHY,
			 "the types of its entries can't be read without CAP_SYS_ADMIN or the "
			 "object that it was made from");
		return -EINVAL;
	}
	if (key && family_of(to) == LPM &&
	    !(el_value_type_is_prefix(old) && el_value_type_is_prefix(new))) {
		snprintf(why, EL_CONVERT_WHY, "a prefix table's key can't be converted");
		return -EINVAL;
	}
	err = el_value_convert_open(context, old, new, key ? &convert->key : &convert->value);
	if (err == -EINVAL)
		snprintf(why, EL_CONVERT_WHY, "its %s can't be converted: %s",
			 key ? "key" : "value", context->error.what);
	return err;
}

static int add_fields(struct el_context *context, struct el_convert *convert,
		      struct el_value_convert *side, bool key)
{
	size_t count, before = convert->fields_count;
	struct el_field_report *fields, *all;

	if (!side)
		return 0;
	fields = el_value_convert_take_fields(side, &count);
	all = reallocarray(convert->fields, before + count + 1, sizeof(*all));
	if (!all) {
		el_field_reports_free(fields, count);
		return el_fail_memory(context);
	}
	convert->fields = all;
	convert->fields_count += count;
	for (size_t i = 0; i < count; i++) {
		all[before + i] = fields[i];
		all[before + i].key = key;
	}
	free(fields);
	return 0;
}

/* New variables keep their initial values, which libbpf has stored in the map. */
static int read_initial(struct el_context *context, struct el_convert *convert)
{
	uint32_t zero = 0;

	if (!el_value_type_is_section(convert->to->value))
		return 0;
	convert->initial = calloc(1, convert->to->value_room + 1);
	if (!convert->initial)
		return el_fail_memory(context);
	if (bpf_map_lookup_elem(convert->to->fd, &zero, convert->initial))
		return el_fail(context, EL_FAILED, errno, NULL, "can't read map %s: %s",
			       convert->to->path, el_reason(EL_OP_MAP_READ, errno));
	return 0;
}

int el_convert_plan(struct el_context *context, struct el_convert *convert,
		    char why[EL_CONVERT_WHY])
{
	int err = check_kinds(convert, why);

	if (!err)
		err = open_value(context, convert, true, why);
	if (!err)
		err = open_value(context, convert, false, why);
	if (!err)
		err = add_fields(context, convert, convert->key, true);
	if (!err)
		err = add_fields(context, convert, convert->value, false);
	if (err)
		return err;
	convert->snapshot.key_size = convert->from->info.key_size;
	convert->snapshot.value_size = convert->from->value_room;
	convert->made.key_size = convert->to->info.key_size;
	return read_initial(context, convert);
}

static void cleanup_convert(struct el_convert **convert)
{
	el_convert_free(*convert);
}

int el_convert_open(struct el_context *context, const struct el_convert_maps *maps,
		    struct el_convert **out, char why[EL_CONVERT_WHY])
{
	_cleanup_(cleanup_convert) struct el_convert *convert = calloc(1, sizeof(*convert));
	struct el_typed_map copy = {.fd = maps->to.fd};
	int err = convert ? el_types_copy(context, &maps->to.types, &copy.types)
			  : el_fail_memory(context);

	if (err)
		return err;
	err = el_map_of_fd(context, &copy, maps->path, &convert->to);
	if (err)
		btf__free(copy.types.btf);
	if (!err)
		err = el_map_of_fd(context, &maps->from, maps->path, &convert->from);
	if (err)
		return err;
	err = el_convert_plan(context, convert, why);
	if (err)
		convert->from->btf = NULL; /* the caller still owns it */
	else
		*out = TAKE_PTR(convert);
	return err;
}

void el_convert_free(struct el_convert *convert)
{
	if (!convert)
		return;
	el_convert_unplan(convert);
	el_map_free(convert->from);
	el_map_free(convert->to);
	free(convert);
}

void el_convert_unplan(struct el_convert *convert)
{
	el_value_convert_free(convert->key);
	el_value_convert_free(convert->value);
	el_snapshot_free(&convert->snapshot);
	el_snapshot_free(&convert->made);
	free(convert->initial);
	el_field_reports_free(convert->fields, convert->fields_count);
}

bool el_convert_changes(const struct el_convert *convert)
{
	return convert->key || convert->value;
}

/* ---------------------------------------------------------------- one entry */

void el_convert_blank(const struct el_convert *convert, void *out)
{
	if (convert->initial)
		memcpy(out, convert->initial, convert->to->value_room);
	else
		memset(out, 0, convert->to->value_room);
}

bool el_convert_key(const struct el_convert *convert, const void *key, void *out,
		    struct el_value_misfit *misfit)
{
	memset(out, 0, convert->to->info.key_size);
	if (convert->key)
		return el_value_convert_run(convert->key, key, out, misfit);
	memcpy(out, key, convert->to->info.key_size);
	return true;
}

bool el_convert_value(const struct el_convert *convert, const void *value, void *out,
		      struct el_value_misfit *misfit)
{
	uint32_t from = EL_MAP_STRIDE(convert->from->info.value_size);
	uint32_t to = EL_MAP_STRIDE(convert->to->info.value_size);
	uint32_t cpus = convert->to->cpus ? convert->to->cpus : 1;
	bool good = true;

	if (!convert->value) {
		memcpy(out, value, convert->to->value_room);
		return true;
	}
	for (uint32_t cpu = 0; cpu < cpus && (good || !misfit); cpu++)
		good &= el_value_convert_run(convert->value, (const uint8_t *)value + cpu * from,
					     (uint8_t *)out + cpu * to, misfit);
	return good;
}

/* ---------------------------------------------------------------- all entries */

struct fill {
	struct el_context *context;
	struct el_convert *convert;
	struct el_map_writer writer;
	size_t held;
};

static int fail_fit(const struct fill *fill, const void *key, bool in_key,
		    const struct el_value_misfit *misfit)
{
	const struct el_map *map = fill->convert->from;
	_cleanup_free_ char *text = el_value_type_text(map->key, key);

	return el_fail(fill->context, EL_CONFLICT, ERANGE,
		       "nothing was changed; give the field a wider type, change the entry "
		       "(edge-load map set), or empty the map (--start-empty)",
		       "map %s, entry %s: %s%s%s is %s, which does not fit its new type %s",
		       map->path, text ? text : "", in_key ? "the key" : "the value",
		       *misfit->field ? "'s field " : "", misfit->field, misfit->value,
		       misfit->type);
}

static int fail_same(const struct fill *fill, const void *key)
{
	const struct el_map *map = fill->convert->from;
	_cleanup_free_ char *text = el_value_type_text(map->key, key);

	return el_fail(
		fill->context, EL_CONFLICT, EEXIST,
		"nothing was changed; keep the field of the key that distinguishes the two "
		"entries, delete one entry (edge-load map del), or empty the map (--start-empty)",
		"map %s, entry %s: another entry has the same key in the new type", map->path,
		text ? text : "");
}

static int fail_room(const struct fill *fill, const char *held)
{
	const struct el_map *map = fill->convert->to;

	return el_fail(fill->context, EL_CONFLICT, ENOSPC,
		       "nothing was changed; make the map larger, delete entries (edge-load map "
		       "del), or empty the map (--start-empty)",
		       "map %s would have room for %u entries, but holds %s", map->path,
		       map->info.max_entries, held);
}

static bool is_zero(const uint8_t *bytes, size_t size)
{
	return !size || (!*bytes && !memcmp(bytes, bytes + 1, size - 1));
}

static int write_entry(struct fill *fill, const void *key, const void *value)
{
	struct el_convert *convert = fill->convert;
	struct el_value_misfit said, *misfit = convert->lenient ? NULL : &said;
	uint8_t *new_key, *new_value;
	int error = 0;

	if (!el_map_writer_next(&fill->writer, &new_key, &new_value)) {
		error = el_map_writer_flush(&fill->writer);
		el_map_writer_next(&fill->writer, &new_key, &new_value);
	}
	if (error)
		return el_map_fail_update(convert->to, error);
	el_convert_blank(convert, new_value);
	if (!el_convert_key(convert, key, new_key, misfit)) {
		if (misfit)
			return fail_fit(fill, key, true, misfit);
		convert->clamped = true;
	}
	if (!el_convert_value(convert, value, new_value, misfit)) {
		if (misfit)
			return fail_fit(fill, key, false, misfit);
		convert->clamped = true;
	}
	if (!convert->key || (!el_value_convert_loses(convert->key) && !convert->clamped))
		return 0;
	error = el_snapshot_add(fill->context, &convert->made, new_key, NULL);
	if (error != -EEXIST)
		return error;
	convert->left_out++;
	return convert->lenient ? 0 : fail_same(fill, key);
}

static int fill_entry(void *data, const void *key, const void *value)
{
	struct fill *fill = data;
	struct el_convert *convert = fill->convert;
	const struct el_map *to = convert->to;
	uint32_t index;
	char text[32];
	int err;

	/* The new array already has all entries, as zeroes; write only the others. */
	if (el_map_is_array(to) && !convert->initial) {
		if (is_zero(value, convert->from->value_room))
			return 0;
		memcpy(&index, key, sizeof(index));
		snprintf(text, sizeof(text), "entry %u", index);
		if (index >= to->info.max_entries && convert->lenient) {
			convert->left_out++;
			return 0;
		}
		if (index >= to->info.max_entries)
			return fail_room(fill, text);
	}
	err = el_snapshot_add(fill->context, &convert->snapshot, key, value);
	if (err)
		return err == -EEXIST ? 0 : err; /* a walk may visit an entry twice */
	fill->held++;
	return fill->held > to->info.max_entries ? 0 : write_entry(fill, key, value);
}

static int count_entry(void *data, const void *key, const void *value)
{
	size_t *count = data;

	(void)key;
	(void)value;
	++*count;
	return 0;
}

/* An LRU map evicts entries before it is full: a map with a list for each CPU gives this CPU only
 * its share of the entries, and a map that was used before keeps free entries on other CPUs. */
static int count_forgotten(struct el_context *context, struct el_convert *convert)
{
	size_t count = 0;
	int err = el_map_walk(convert->to, count_entry, &count);

	if (!err && count < convert->entries) {
		el_warn(context,
			"map %s holds %zu of its %zu entries: an LRU map evicts entries before it "
			"is full; give it more room than entries",
			convert->to->path, count, convert->entries);
		convert->entries = count;
	}
	return err;
}

int el_convert_fill(struct el_context *context, struct el_convert *convert)
{
	struct fill fill = {.context = context, .convert = convert};
	char text[32];
	int err, error;

	el_snapshot_free(&convert->snapshot);
	el_snapshot_free(&convert->made);
	el_map_set_live(convert->to, false);
	err = el_map_writer_open(convert->to, &fill.writer);
	fill.writer.lenient = convert->lenient;
	if (!err)
		err = el_map_walk(convert->from, fill_entry, &fill);
	snprintf(text, sizeof(text), "%zu", fill.held);
	if (!err && fill.held > convert->to->info.max_entries && !convert->lenient)
		err = fail_room(&fill, text);
	if (!err) {
		error = el_map_writer_flush(&fill.writer);
		err = error ? el_map_fail_update(convert->to, error) : 0;
	}
	el_map_writer_free(&fill.writer);
	el_map_set_live(convert->to, true);
	convert->entries = fill.held;
	convert->left_out += fill.writer.left_out;
	if (convert->lenient && fill.held > convert->to->info.max_entries)
		convert->left_out += fill.held - convert->to->info.max_entries;
	if (!err && el_map_is_lru(convert->to) && fill.held)
		err = count_forgotten(context, convert);
	return err;
}

int el_convert_refill(struct el_context *context, struct el_convert *convert)
{
	size_t deleted;
	int err = convert->initial ? 0 : el_map_flush(convert->to, &deleted);

	convert->lenient = true;
	if (!err)
		err = el_convert_fill(context, convert);
	if (err)
		return err;
	if (convert->left_out)
		el_warn(context, "map %s: %zu of %zu entries do not fit the old type or size",
			convert->to->path, convert->left_out, convert->entries);
	if (convert->clamped)
		el_warn(context,
			"map %s: a value does not fit the old type, and was set to the nearest "
			"value",
			convert->to->path);
	return 0;
}

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Maps whose types have changed: the conversion of every kind of field, conversions that are
 * refused before any change, and the result if both generations wrote to an entry. The tests use
 * real maps: the pairs NAME_old, NAME_new of one source.
 */
#include <arpa/inet.h>
#include <fcntl.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "lib/scratch.h"

#include "state/convert.h"

/* clang-format off */
static const char source[] =
	"#include <linux/bpf.h>\n"
	"#include <bpf/bpf_helpers.h>\n"
	"#include <edge/abi.h>\n"
	"#define MAP(name, kind, entries, key_type, value_type, flags)\\\n"
	"	struct { __uint(type, kind); __uint(max_entries, entries); __uint(map_flags, flags);\\\n"
	"		__type(key, key_type); __type(value, value_type); } name SEC(\".maps\");\n"
	"#define PAIR(name, kind, old_entries, new_entries, old_value, new_value)\\\n"
	"	MAP(name##_old, kind, old_entries, __u32, old_value, 0)\\\n"
	"	MAP(name##_new, kind, new_entries, __u32, new_value, 0)\n"
	"struct inner_old { __u8 a; __s16 b; };\n"
	"struct inner_new { __s64 b; __u32 c; __u8 a; };\n"
	"struct fields_old { __u32 wide; __s8 sign; __be16 port; edge_ip4 ip; char name[4]; _Bool on;\n"
	"	__u16 list[3]; struct inner_old inner; __u32 gone; __u32 small:3; __u32 big:20; };\n"
	"struct fields_new { struct inner_new inner; __u64 wide; __s32 sign; __u32 port;\n"
	"	struct edge_ip ip; char name[8]; __u8 on; __u32 list[5]; __u32 fresh; __u32 small:5; __u32 big; };\n"
	"PAIR(fields, BPF_MAP_TYPE_HASH, 16, 16, struct fields_old, struct fields_new)\n"
	"PAIR(narrow, BPF_MAP_TYPE_HASH, 16, 16, __s64, __u16)\n"
	"PAIR(array, BPF_MAP_TYPE_ARRAY, 8, 4, __u32, __u32)\n"
	"struct count { edge_counter packets; __u64 last_ns; __u32 color; };\n"
	"struct count2 { edge_counter drops; edge_counter packets; __u64 last_ns; __u32 color; };\n"
	"struct watch { edge_counter total_latency_ns; __u64 largest; __u64 packets; __u32 sequence;\n"
	"	edge_counter32 last_seen; edge_counter lanes[2]; };\n"
	"PAIR(watch, BPF_MAP_TYPE_HASH, 16, 32, struct watch, struct watch)\n"
	"PAIR(watches, BPF_MAP_TYPE_PERCPU_ARRAY, 1, 2, struct watch, struct watch)\n"
	"PAIR(counts, BPF_MAP_TYPE_HASH, 16, 16, struct count, struct count2)\n"
	"PAIR(cpus, BPF_MAP_TYPE_PERCPU_HASH, 16, 16, struct count, struct count2)\n"
	"PAIR(full, BPF_MAP_TYPE_HASH, 16, 4, __u32, __u32)\n"
	"MAP(million_old, BPF_MAP_TYPE_HASH, 1 << 20, __u32, struct count, 1)\n"
	"MAP(million_new, BPF_MAP_TYPE_HASH, 1 << 20, __u32, struct count2, 0)\n"
	"struct either_old { __u32 kind; union { __u64 number; __u32 half; }; };\n"
	"struct either_new { __u64 more; union { __u64 number; __u32 half; }; __u32 kind; };\n"
	"struct either_bad { __u32 kind; union { __u64 number; __u16 half; }; };\n"
	"PAIR(either, BPF_MAP_TYPE_HASH, 4, 4, struct either_old, struct either_new)\n"
	"PAIR(badly, BPF_MAP_TYPE_HASH, 4, 4, struct either_old, struct either_bad)\n"
	"struct other { __u64 x; };\n"
	"PAIR(nothing, BPF_MAP_TYPE_HASH, 4, 4, struct count, struct other)\n"
	"struct key_old { __u32 a; __u32 b; };\n"
	"struct key_new { __u64 a; };\n"
	"MAP(keys_old, BPF_MAP_TYPE_HASH, 4, struct key_old, __u32, 0)\n"
	"MAP(keys_new, BPF_MAP_TYPE_LRU_HASH, 64, struct key_new, __u32, 0)\n"
	"MAP(prefix_old, BPF_MAP_TYPE_LPM_TRIE, 8, struct edge_prefix, struct count, 1)\n"
	"MAP(prefix_new, BPF_MAP_TYPE_LPM_TRIE, 16, struct edge_prefix, struct count2, 1)\n"
	"MAP(trie_old, BPF_MAP_TYPE_LPM_TRIE, 8, struct edge_prefix, __u32, 1)\n"
	"MAP(trie_new, BPF_MAP_TYPE_LPM_TRIE, 8, struct edge_prefix_key, __u32, 1)\n"
	"SEC(\"xdp\") int pass(struct xdp_md *ctx) { return XDP_PASS; }\n";
/* clang-format on */

struct count {
	uint64_t packets, last_ns;
	uint32_t color;
};

struct count2 {
	uint64_t drops, packets, last_ns;
	uint32_t color;
};

struct watch {
	uint64_t total_latency_ns, largest, packets;
	uint32_t sequence, last_seen;
	uint64_t lanes[2];
};

static struct bpf_object *object;

static int setup(void **state)
{
	if (scratch_setup(state))
		return -1;
	write_text("maps.bpf.c", source);
	compile_plain(at("maps.bpf.c"), at("maps.o"));
	object = bpf_object__open(at("maps.o"));
	assert_non_null(object);
	return bpf_object__load(object);
}

static int teardown(void **state)
{
	bpf_object__close(object);
	return scratch_teardown(state);
}

static struct bpf_map *map_of(const char *name, const char *side)
{
	_cleanup_free_ char *whole = el_format("%s_%s", name, side);

	return bpf_object__find_map_by_name(object, whole);
}

static int fd_of(const char *name, const char *side)
{
	return bpf_map__fd(map_of(name, side));
}

static struct el_types types_of(const struct bpf_map *map)
{
	const struct btf *btf = bpf_object__btf(object);
	__u32 size;
	const void *raw = btf__raw_data(btf, &size);

	return (struct el_types){btf__new(raw, size), bpf_map__btf_key_type_id(map),
				 bpf_map__btf_value_type_id(map)};
}

static int open_pair(const char *name, struct el_convert **out, char why[EL_CONVERT_WHY])
{
	_cleanup_free_ char *path = el_format("one/%s", name);
	const struct el_convert_maps maps = {
		.path = path,
		.from = {fd_of(name, "old"), types_of(map_of(name, "old"))},
		.to = {fd_of(name, "new"), types_of(map_of(name, "new"))},
	};
	int err = el_convert_open(context, &maps, out, why);

	btf__free(maps.to.types.btf);
	if (err)
		btf__free(maps.from.types.btf);
	return err;
}

static struct el_convert *opened(const char *name)
{
	struct el_convert *convert = NULL;
	char why[EL_CONVERT_WHY] = "";

	if (open_pair(name, &convert, why))
		fail_msg("%s", why);
	return convert;
}

static void refused(const char *name, const char *why)
{
	struct el_convert *convert = NULL;
	char said[EL_CONVERT_WHY] = "";

	assert_int_equal(open_pair(name, &convert, said), -EINVAL);
	assert_string_equal(said, why);
	assert_null(convert);
}

static void put(const char *name, const char *side, uint32_t key, const void *value)
{
	assert_int_equal(bpf_map_update_elem(fd_of(name, side), &key, value, BPF_ANY), 0);
}

static bool get(const char *name, const char *side, uint32_t key, void *value)
{
	return !bpf_map_lookup_elem(fd_of(name, side), &key, value);
}

static size_t entries(const char *name, const char *side)
{
	uint8_t key[64], *before = NULL;
	size_t count = 0;

	while (!bpf_map_get_next_key(fd_of(name, side), before, key)) {
		before = key;
		count++;
	}
	return count;
}

static void unfit(const char *name, int error, const char *what)
{
	struct el_convert *convert = opened(name);

	assert_int_equal(el_convert_fill(context, convert), -error);
	assert_string_equal(last_error()->what, what);
	assert_int_equal(last_error()->kind, EL_CONFLICT);
	el_convert_free(convert);
}

/* ---------------------------------------------------------------- fields */

struct fields_old {
	uint32_t wide;
	int8_t sign;
	uint16_t port;
	uint32_t ip;
	char name[4];
	bool on;
	uint16_t list[3];
	struct {
		uint8_t a;
		int16_t b;
	} inner;
	uint32_t gone;
	uint32_t small : 3, big : 20;
};

struct fields_new {
	struct {
		int64_t b;
		uint32_t c;
		uint8_t a;
	} inner;
	uint64_t wide;
	int32_t sign;
	uint32_t port;
	uint8_t ip[16] __attribute__((aligned(4)));
	char name[8];
	uint8_t on;
	uint32_t list[5];
	uint32_t fresh;
	uint32_t small : 5;
	uint32_t big;
};

static void test_fields(void **state)
{
	static const uint8_t mapped[16] = {[10] = 0xff, [11] = 0xff, 192, 0, 2, 1};
	struct fields_old old = {.wide = 4000000000u,
				 .sign = -5,
				 .port = htons(443),
				 .ip = htonl(0xc0000201),
				 .name = "eth",
				 .on = true,
				 .list = {1, 65535, 3},
				 .inner = {200, -300},
				 .gone = 1,
				 .small = 5,
				 .big = 0xabcde};
	struct fields_new new;
	struct el_convert *convert = opened("fields");

	(void)state;
	put("fields", "old", 1, &old);
	assert_int_equal(el_convert_fill(context, convert), 0);
	assert_int_equal(convert->entries, 1);
	memset(&new, 0xff, sizeof(new));
	assert_true(get("fields", "new", 1, &new));
	assert_int_equal(new.wide, 4000000000u);
	assert_int_equal(new.sign, -5);
	assert_int_equal(new.port, 443);
	assert_memory_equal(new.ip, mapped, 16);
	assert_memory_equal(new.name, "eth\0\0\0\0", 8);
	assert_int_equal(new.on, 1);
	assert_int_equal(new.list[1], 65535);
	assert_int_equal(new.list[2], 3);
	assert_int_equal(new.list[3] + new.list[4], 0);
	assert_int_equal(new.inner.a, 200);
	assert_int_equal(new.inner.b, -300);
	assert_int_equal(new.inner.c, 0);
	assert_int_equal(new.fresh, 0);
	assert_int_equal(new.small, 5);
	assert_int_equal(new.big, 0xabcde);
	el_convert_free(convert);
}

static void has_field(const struct el_convert *convert, const char *name,
		      enum el_field_change change, const char *from, const char *to)
{
	for (size_t i = 0; i < convert->fields_count; i++) {
		const struct el_field_report *field = &convert->fields[i];

		if (strcmp(field->name, name))
			continue;
		assert_int_equal(field->change, change);
		assert_string_equal(field->from, from);
		assert_string_equal(field->to, to);
		assert_false(field->key);
		return;
	}
	fail_msg("field %s is not reported", name);
}

static void test_report(void **state)
{
	struct el_convert *convert = opened("fields");

	(void)state;
	has_field(convert, "wide", EL_FIELD_WIDENED, "__u32", "__u64");
	has_field(convert, "ip", EL_FIELD_WIDENED, "edge_ip4", "struct edge_ip");
	has_field(convert, "inner.b", EL_FIELD_WIDENED, "__s16", "__s64");
	has_field(convert, "inner.a", EL_FIELD_SAME, "__u8", "__u8");
	has_field(convert, "inner.c", EL_FIELD_NEW, "", "__u32");
	has_field(convert, "list[]", EL_FIELD_WIDENED, "__u16", "__u32");
	has_field(convert, "name", EL_FIELD_WIDENED, "char[4]", "char[8]");
	has_field(convert, "fresh", EL_FIELD_NEW, "", "__u32");
	has_field(convert, "gone", EL_FIELD_LOST, "__u32", "");
	has_field(convert, "small", EL_FIELD_WIDENED, "__u32:3", "__u32:5");
	el_convert_free(convert);
}

static void test_union(void **state)
{
	struct {
		uint64_t kind, number;
	} old = {7, 0x1122334455667788};
	struct {
		uint64_t more, number;
		uint32_t kind;
	} new = {0};
	struct el_convert *convert = opened("either");

	(void)state;
	put("either", "old", 1, &old);
	assert_int_equal(el_convert_fill(context, convert), 0);
	assert_true(get("either", "new", 1, &new));
	assert_int_equal(new.more, 0);
	assert_int_equal(new.number, 0x1122334455667788);
	assert_int_equal(new.kind, 7);
	el_convert_free(convert);
	refused("badly", "its value can't be converted: a union's members have changed: number");
}

static void test_nothing_in_common(void **state)
{
	(void)state;
	refused("nothing", "its value can't be converted: the two types have no field in common");
}

/* ---------------------------------------------------------------- refused conversions */

static void test_misfit(void **state)
{
	int64_t number = 65535;
	uint16_t narrow = 0;
	struct el_convert *convert;
	uint32_t key = 2;

	(void)state;
	put("narrow", "old", 1, &number);
	convert = opened("narrow");
	assert_int_equal(el_convert_fill(context, convert), 0);
	assert_true(get("narrow", "new", 1, &narrow));
	assert_int_equal(narrow, 65535);
	el_convert_free(convert);
	number = 65536;
	put("narrow", "old", 2, &number);
	unfit("narrow", ERANGE,
	      "map one/narrow, entry 2: the value is 65536, which does not fit its new type __u16");
	number = -1;
	put("narrow", "old", 2, &number);
	unfit("narrow", ERANGE,
	      "map one/narrow, entry 2: the value is -1, which does not fit its new type __u16");
	bpf_map_delete_elem(fd_of("narrow", "old"), &key);
}

static void test_room(void **state)
{
	uint32_t value = 1;

	(void)state;
	for (uint32_t key = 0; key < 5; key++)
		put("full", "old", key, &value);
	unfit("full", ENOSPC, "map one/full would have room for 4 entries, but holds 5");
	put("array", "old", 3, &value);
	put("array", "old", 6, &value);
	unfit("array", ENOSPC, "map one/array would have room for 4 entries, but holds entry 6");
}

static void test_array(void **state)
{
	uint32_t value = 0, got = 0;
	struct el_convert *convert = opened("array");

	(void)state;
	put("array", "old", 6, &value);
	value = 33;
	put("array", "old", 3, &value);
	assert_int_equal(el_convert_fill(context, convert), 0);
	assert_true(get("array", "new", 3, &got));
	assert_int_equal(got, 33);
	assert_false(el_convert_changes(convert));
	el_convert_free(convert);
}

/* Two keys that differ only in the removed field. */
static void test_keys(void **state)
{
	uint32_t a[2] = {1, 1}, b[2] = {1, 2}, value = 5, got = 0;
	uint64_t key = 1;
	struct el_convert *convert = opened("keys");
	int fd = fd_of("keys", "old");

	(void)state;
	assert_int_equal(bpf_map_update_elem(fd, a, &value, BPF_ANY), 0);
	assert_int_equal(el_convert_fill(context, convert), 0);
	assert_int_equal(bpf_map_lookup_elem(fd_of("keys", "new"), &key, &got), 0);
	assert_int_equal(got, 5);
	el_convert_free(convert);
	assert_int_equal(bpf_map_update_elem(fd, b, &value, BPF_ANY), 0);
	convert = opened("keys");
	assert_int_equal(el_convert_fill(context, convert), -EEXIST);
	assert_non_null(
		strstr(last_error()->what, "another entry has the same key in the new type"));
	el_convert_free(convert);
}

static void test_prefixes(void **state)
{
	struct {
		uint32_t length;
		uint8_t ip[16];
	} key = {96 + 24, {[10] = 0xff, [11] = 0xff, 192, 0, 2}};
	struct count old = {1, 2, 3};
	struct count2 new = {0};
	struct el_convert *convert = opened("prefix");

	(void)state;
	assert_int_equal(bpf_map_update_elem(fd_of("prefix", "old"), &key, &old, BPF_ANY), 0);
	assert_int_equal(el_convert_fill(context, convert), 0);
	assert_int_equal(bpf_map_lookup_elem(fd_of("prefix", "new"), &key, &new), 0);
	assert_int_equal(new.packets, 1);
	assert_int_equal(new.color, 3);
	el_convert_free(convert);
}

/* A table of an object that was compiled with an older SDK. */
static void test_prefix_keys(void **state)
{
	const struct {
		struct edge_prefix old;
		struct edge_prefix_key new;
	} keys[] = {
		{{0, {{0}}}, {32, 6, {0}, {{0}}}},
		{{96, {{0, 0, htonl(0xffff), 0}}}, {32, 4, {0}, {{0}}}},
		{{120, {{0, 0, htonl(0xffff), htonl(0xc0000200)}}},
		 {56, 4, {0}, {{htonl(0xc0000200)}}}},
		{{32, {{htonl(0x20010db8)}}}, {64, 6, {0}, {{htonl(0x20010db8)}}}},
		{{80, {{0}}}, {112, 6, {0}, {{0}}}},
	};
	struct el_convert *convert = opened("trie");
	struct edge_prefix_key at, *last = NULL;
	uint32_t value;
	size_t count = 0;

	(void)state;
	for (value = 0; value < 5; value++)
		assert_int_equal(bpf_map_update_elem(fd_of("trie", "old"), &keys[value].old, &value,
						     BPF_ANY),
				 0);
	assert_int_equal(el_convert_fill(context, convert), 0);
	while (!bpf_map_get_next_key(fd_of("trie", "new"), last, &at)) {
		assert_int_equal(bpf_map_lookup_elem(fd_of("trie", "new"), &at, &value), 0);
		assert_in_range(value, 0, 4);
		assert_memory_equal(&at, &keys[value].new, sizeof(at));
		last = &at;
		count++;
	}
	assert_int_equal(count, 5);
	el_convert_free(convert);
}

/* ---------------------------------------------------------------- after the swap */

static void put_old(uint32_t key, uint64_t packets, uint64_t last_ns, uint32_t color)
{
	put("counts", "old", key, &(struct count){packets, last_ns, color});
}

static void put_new(uint32_t key, uint64_t packets, uint64_t last_ns, uint32_t color)
{
	put("counts", "new", key, &(struct count2){9, packets, last_ns, color});
}

static void is_new(uint32_t key, uint64_t packets, uint64_t last_ns, uint32_t color)
{
	struct count2 got = {0};

	assert_true(get("counts", "new", key, &got));
	assert_int_equal(got.packets, packets);
	assert_int_equal(got.last_ns, last_ns);
	assert_int_equal(got.color, color);
}

/* Counts are added. For other fields, the new program's value wins if it wrote the field, otherwise
 * the old program's value. */
static void test_merge(void **state)
{
	struct el_convert *convert = opened("counts");
	uint32_t key = 5;
	struct count2 gone;

	(void)state;
	for (key = 1; key <= 6; key++)
		put_old(key, 100, 1000, 1);
	assert_int_equal(el_convert_fill(context, convert), 0);
	/* Entry 1: no program writes; 2: the old program; 3: the new program; 4: both programs. */
	put_old(2, 110, 1010, 2);
	put_new(3, 105, 1005, 3);
	put_old(4, 110, 1010, 1);
	put_new(4, 105, 1020, 1);
	/* The old program deletes the entries 5 and 6, and the new program has changed 6. The old
	 * program adds 7; both programs add 8. */
	key = 5;
	bpf_map_delete_elem(fd_of("counts", "old"), &key);
	key = 6;
	bpf_map_delete_elem(fd_of("counts", "old"), &key);
	put_new(6, 101, 1001, 1);
	put_old(7, 3, 1030, 7);
	put_old(8, 3, 1030, 0);
	put_new(8, 4, 1040, 8);
	el_convert_merge(context, convert);
	assert_string_equal(warning, "");
	is_new(1, 100, 1000, 1);
	is_new(2, 110, 1010, 2);
	is_new(3, 105, 1005, 3);
	is_new(4, 115, 1020, 1);
	assert_false(get("counts", "new", 5, &gone));
	is_new(6, 101, 1001, 1);
	is_new(7, 3, 1030, 7);
	is_new(8, 7, 1040, 8);
	assert_int_equal(entries("counts", "new"), 7);
	el_convert_free(convert);
}

/* The type decides which fields are counts, not their name or width. */
static void test_merge_by_type(void **state)
{
	const struct watch before = {1000, 200, 7, 50, 8, {1, 2}};
	const struct watch old = {1600, 280, 9, 60, 18, {11, 2}},
			   new = {1100, 220, 8, 55, 9, {2, 4}};
	/* 1000 + 600 + 100, the new largest, packets and sequence, 8 + 10 + 1, 1 + 10 + 1, 2 + 2 */
	const struct watch both = {1700, 220, 8, 55, 19, {12, 4}};
	/* An entry that both programs made: 1600 + 1100, 18 + 9, 11 + 2, 2 + 4. */
	const struct watch made = {2700, 0, 8, 55, 27, {13, 6}};
	struct watch got = {0}, fresh = new;
	struct el_convert *convert = opened("watch");

	(void)state;
	fresh.largest = 0;
	for (uint32_t key = 1; key <= 3; key++)
		put("watch", "old", key, &before);
	assert_int_equal(el_convert_fill(context, convert), 0);
	put("watch", "old", 1, &old);
	put("watch", "new", 2, &new);
	put("watch", "old", 3, &old);
	put("watch", "new", 3, &new);
	put("watch", "old", 4, &old);
	put("watch", "new", 4, &fresh);
	el_convert_merge(context, convert);
	assert_true(get("watch", "new", 1, &got));
	assert_memory_equal(&got, &old, sizeof(got));
	assert_true(get("watch", "new", 2, &got));
	assert_memory_equal(&got, &new, sizeof(got));
	assert_true(get("watch", "new", 3, &got));
	assert_memory_equal(&got, &both, sizeof(got));
	assert_true(get("watch", "new", 4, &got));
	assert_memory_equal(&got, &made, sizeof(got));
	el_convert_free(convert);
}

/* Like test_merge_by_type(), for every CPU, in a map that only became larger. */
static void test_merge_by_type_cpus(void **state)
{
	const struct watch before = {1000, 200, 7, 50, 8, {1, 2}};
	const struct watch old = {1600, 280, 9, 60, 18, {11, 2}},
			   new = {1100, 220, 8, 55, 9, {2, 4}};
	const struct watch both = {1700, 220, 8, 55, 19, {12, 4}};
	int count = libbpf_num_possible_cpus();
	struct watch *room = calloc((size_t)count, sizeof(*room));
	struct el_convert *convert;

	(void)state;
	for (int i = 0; i < count; i++)
		room[i] = before;
	put("watches", "old", 0, room);
	convert = opened("watches");
	assert_int_equal(el_convert_fill(context, convert), 0);
	room[0] = old;
	put("watches", "old", 0, room);
	for (int i = 0; i < count; i++)
		room[i] = new;
	put("watches", "new", 0, room);
	el_convert_merge(context, convert);
	assert_true(get("watches", "new", 0, room));
	assert_memory_equal(&room[0], &both, sizeof(both));
	for (int i = 1; i < count; i++)
		assert_memory_equal(&room[i], &new, sizeof(new));
	el_convert_free(convert);
	free(room);
}

static struct el_map *opened_alone(const char *name)
{
	const struct el_typed_map open = {.fd = fd_of(name, "new")};
	struct el_map *map = NULL;

	assert_int_equal(el_map_of_fd(context, &open, name, &map), 0);
	return map;
}

/* A program merges the counts in the kernel, because in user space a packet's addition could be
 * lost between the look-up and the update. */
static void test_merge_program(void **state)
{
	static const char *const names[] = {"fields", "narrow", "array",  "counts",
					    "cpus",   "full",	"either", "nothing",
					    "keys",   "prefix", "watch",  "watches"};
	struct count2 got = {0};
	uint32_t key = 3;

	(void)state;
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct el_map *map = opened_alone(names[i]);
		int fd = el_convert_program_load(map);

		assert_true(fd >= 0);
		close(fd);
		el_map_free(map);
	}
	put_new(3, 100, 1000, 40);
	{
		struct el_map *map = opened_alone("counts");
		int fd = el_convert_program_load(map);
		struct el_edit edit = {.key = &key, .offset = 8, .size = 8, .number = 5};

		edit.add = true;
		assert_int_equal(el_convert_program_run(fd, map, &edit), 0);
		edit.offset = offsetof(struct count2, color);
		edit.size = 4;
		assert_int_equal(el_convert_program_run(fd, map, &edit), 0);
		edit.offset--;
		assert_int_equal(el_convert_program_run(fd, map, &edit), -EOPNOTSUPP);
		/* A packet has changed the value since then, so this value stays. */
		edit = (struct el_edit){.key = &key, .offset = 16, .size = 8, .number = 7};
		for (edit.size = 8; edit.size; edit.size /= 2) {
			edit.expected = 999;
			assert_int_equal(el_convert_program_run(fd, map, &edit), 0);
			assert_true(get("counts", "new", 3, &got));
			assert_int_equal(got.last_ns, 1000);
		}
		for (edit.size = 8; edit.size; edit.size /= 2) {
			edit.expected = edit.size == 8 ? 1000 : 0;
			edit.offset = edit.size == 8 ? 16 : 16 + edit.size;
			edit.number = edit.size == 8 ? 0 : edit.size;
			assert_int_equal(el_convert_program_run(fd, map, &edit), 0);
		}
		close(fd);
		el_map_free(map);
	}
	assert_true(get("counts", "new", 3, &got));
	assert_int_equal(got.drops, 9);
	assert_int_equal(got.packets, 105);
	/* 4 in bytes 4 to 7, 2 in bytes 2 and 3, 1 in byte 1 */
	assert_int_equal(got.last_ns, 4ull << 32 | 2 << 16 | 1 << 8);
	assert_int_equal(got.color, 45);
	bpf_map_delete_elem(fd_of("counts", "new"), &key);
}

/* Each CPU has its own value. */
static void test_merge_cpus(void **state)
{
	int count = libbpf_num_possible_cpus();
	struct count *old = calloc((size_t)count, sizeof(*old));
	struct count2 *new = calloc((size_t)count, sizeof(*new));
	struct el_convert *convert = opened("cpus");

	(void)state;
	assert_int_equal(sizeof(*old) % 8, 0);
	for (int i = 0; i < count; i++)
		old[i].packets = (uint64_t)i + 1;
	put("cpus", "old", 1, old);
	assert_int_equal(el_convert_fill(context, convert), 0);
	for (int i = 0; i < count; i++) {
		old[i].packets += 10;
		new[i].packets = (uint64_t)i + 101;
	}
	put("cpus", "old", 1, old);
	put("cpus", "new", 1, new);
	el_convert_merge(context, convert);
	assert_true(get("cpus", "new", 1, new));
	for (int i = 0; i < count; i++)
		assert_int_equal(new[i].packets, i + 111);
	el_convert_free(convert);
	free(old);
	free(new);
}

/* After the copy, the old program writes a value that the new type cannot hold; there is no way
 * back. */
static void test_merge_misfit(void **state)
{
	int64_t number = 1;
	uint16_t narrow = 0;
	struct el_convert *convert = opened("narrow");

	(void)state;
	put("narrow", "old", 1, &number);
	assert_int_equal(el_convert_fill(context, convert), 0);
	number = 100000;
	put("narrow", "old", 1, &number);
	*warning = '\0';
	el_convert_merge(context, convert);
	assert_true(get("narrow", "new", 1, &narrow));
	assert_int_equal(narrow, 65535);
	assert_non_null(strstr(warning, "does not fit its new type"));
	el_convert_free(convert);
}

/* ---------------------------------------------------------------- many */

static void put_million(void)
{
	enum { CHUNK = 1 << 16 };
	uint32_t *keys = calloc(CHUNK, sizeof(*keys)), count;
	struct count *values = calloc(CHUNK, sizeof(*values));

	for (uint32_t at = 0; at < 1000000; at += count) {
		count = 1000000 - at < CHUNK ? 1000000 - at : CHUNK;
		for (uint32_t i = 0; i < count; i++) {
			keys[i] = (at + i) * 2654435761u;
			values[i] = (struct count){.packets = at + i, .last_ns = 1};
		}
		assert_int_equal(
			bpf_map_update_batch(fd_of("million", "old"), keys, values, &count, NULL),
			0);
	}
	free(keys);
	free(values);
}

static void test_million(void **state)
{
	struct el_convert *convert = opened("million");
	struct count2 got = {0};
	struct timespec from, to;

	(void)state;
	put_million();
	clock_gettime(CLOCK_MONOTONIC, &from);
	assert_int_equal(el_convert_fill(context, convert), 0);
	clock_gettime(CLOCK_MONOTONIC, &to);
	print_message("# a million entries converted in %.2f s\n",
		      (double)(to.tv_sec - from.tv_sec) +
			      (double)(to.tv_nsec - from.tv_nsec) / 1e9);
	assert_int_equal(convert->entries, 1000000);
	assert_int_equal(entries("million", "new"), 1000000);
	for (uint32_t i = 0; i < 1000000; i += 99991) {
		assert_true(get("million", "new", i * 2654435761u, &got));
		assert_int_equal(got.packets, i);
	}
	put("million", "old", 0, &(struct count){.packets = 5, .last_ns = 2});
	el_convert_merge(context, convert);
	assert_true(get("million", "new", 0, &got));
	assert_int_equal(got.packets, 5);
	assert_int_equal(got.last_ns, 2);
	el_convert_free(convert);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),	      cmocka_unit_test(test_report),
		cmocka_unit_test(test_union),	      cmocka_unit_test(test_nothing_in_common),
		cmocka_unit_test(test_misfit),	      cmocka_unit_test(test_room),
		cmocka_unit_test(test_array),	      cmocka_unit_test(test_keys),
		cmocka_unit_test(test_prefixes),      cmocka_unit_test(test_merge),
		cmocka_unit_test(test_merge_cpus),    cmocka_unit_test(test_merge_misfit),
		cmocka_unit_test(test_merge_by_type), cmocka_unit_test(test_merge_by_type_cpus),
		cmocka_unit_test(test_million),	      cmocka_unit_test(test_merge_program),
		cmocka_unit_test(test_prefix_keys),
	};

	if (geteuid()) {
		printf("1..0 # SKIP needs root\n");
		return 0;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}

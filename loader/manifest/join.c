// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Programs of one object at several hooks of one device share the variables of the object, as with
 * every other loader. The manifest is read as if it declared these variables as shared maps, under
 * generated names. Inside one chain, object/instance.c shares all maps.
 */
#include <inttypes.h>

#include "manifest/read.h"

/* A chain of the manifest that names one device, and an instance of it. */
struct member {
	const struct el_manifest_chain *chain;
	size_t number;
};

static const struct el_instance_spec *spec_of(const struct member *member)
{
	return &member->chain->specs[member->number];
}

/* The length of the path in PATH#PROGRAM; 0 if @function chooses no program. */
static size_t path_length(const char *function)
{
	const char *hash = *function == '/' ? strrchr(function, '#') : NULL;

	return hash && hash[1] ? (size_t)(hash - function) : 0;
}

static bool same_flags(const struct el_instance_spec *a, const struct el_instance_spec *b)
{
	return !strcmp(a->cflags ? a->cflags : "", b->cflags ? b->cflags : "");
}

/* Whether both belong to one object, on one device. */
static bool belong_together(const struct member *a, const struct member *b)
{
	const char *left = spec_of(a)->function, *right = spec_of(b)->function;
	size_t length = path_length(left);

	return length && length == path_length(right) && !strncmp(left, right, length) &&
	       same_flags(spec_of(a), spec_of(b)) && a->chain->selector == b->chain->selector &&
	       !strcmp(a->chain->select, b->chain->select);
}

/* FNV-1a, 64 bits (draft-eastlake-fnv, section 2; its offset basis and prime). */
#define FNV_BASIS 14695981039346656037u
#define FNV_PRIME 1099511628211u

static uint64_t hash_of(const char *text, size_t length, uint64_t hash)
{
	for (size_t i = 0; i < length; i++)
		hash = (hash ^ (unsigned char)text[i]) * FNV_PRIME;
	return hash;
}

/* A different name for each combination of object, compiler flags and device. Each text except the
 * last text is hashed with its NUL, so that different lists of texts are never equal bytes. */
static uint64_t name_hash(const struct member *member)
{
	const char *flags = spec_of(member)->cflags ? spec_of(member)->cflags : "";
	const char *select = member->chain->select, *function = spec_of(member)->function;
	uint64_t hash = hash_of(flags, strlen(flags) + 1, FNV_BASIS);

	hash = hash_of(select, strlen(select) + 1, hash);
	return hash_of(function, path_length(function), hash);
}

static bool says_of(const struct el_manifest_instance *instance, const char *map)
{
	for (size_t i = 0; i < instance->maps_count; i++)
		if (!strcmp(instance->maps[i].name, map))
			return true;
	return false;
}

/* A section of variables that the manifest declares explicitly is left alone. */
static int share(struct manifest_reader *reader, const struct member *member)
{
	static const char *const sections[] = {"bss", "data"};
	struct el_manifest_instance *instance =
		(struct el_manifest_instance *)&member->chain->instances[member->number];
	struct el_manifest_map *maps =
		el_manifest_alloc(reader, instance->maps_count + 2, sizeof(*maps));
	uint64_t hash = name_hash(member);

	if (!maps)
		return -ENOMEM;
	for (size_t i = 0; i < instance->maps_count; i++)
		maps[i] = instance->maps[i];
	instance->maps = maps;
	for (size_t i = 0; i < 2; i++) {
		_cleanup_free_ char *name =
			el_format("object-%016" PRIx64 "-%s", hash, sections[i]);
		struct el_manifest_map *map = &maps[instance->maps_count];

		if (says_of(instance, sections[i]))
			continue;
		*map = (struct el_manifest_map){
			.at = instance->at, .name = sections[i], .optional = true};
		map->shared = name ? el_manifest_copy(reader, name) : NULL;
		if (!map->shared)
			return -ENOMEM;
		instance->maps_count++;
	}
	return 0;
}

/* Whether the members are different programs, at more than one hook. A program that is used twice
 * has separate variables for each use. */
static bool are_joined(const struct member *members, size_t count, size_t first)
{
	bool hooks = false;

	for (size_t i = 0; i < count; i++) {
		if (!belong_together(&members[first], &members[i]))
			continue;
		hooks |= members[i].chain->hook != members[first].chain->hook;
		for (size_t j = 0; j < i; j++)
			if (belong_together(&members[first], &members[j]) &&
			    !strcmp(spec_of(&members[i])->function, spec_of(&members[j])->function))
				return false;
	}
	return hooks;
}

int el_manifest_join(struct manifest_reader *reader, const struct el_manifest *manifest)
{
	struct member *members;
	size_t room = 1, count = 0;
	int err = 0;

	for (size_t i = 0; i < manifest->chains_count; i++)
		room += manifest->chains[i].instances_count;
	members = el_manifest_alloc(reader, room, sizeof(*members));
	if (!members)
		return -ENOMEM;
	for (size_t i = 0; i < manifest->chains_count; i++)
		for (size_t j = 0; j < manifest->chains[i].instances_count; j++) {
			struct member member = {&manifest->chains[i], j};

			if (member.chain->selector != EL_SELECT_GLOB &&
			    path_length(spec_of(&member)->function))
				members[count++] = member;
		}
	for (size_t i = 0; !err && i < count; i++)
		if (are_joined(members, count, i))
			err = share(reader, &members[i]);
	return err;
}

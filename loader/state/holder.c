// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Maps whose entries hold programs: whether a chain's programs can use them, and copying their
 * entries.
 */
#include <bpf/bpf.h>

#include "state/holder.h"
#include "base/reason.h"

static bool get_info(int fd, struct bpf_map_info *info)
{
	uint32_t size = sizeof(*info);

	memset(info, 0, sizeof(*info));
	return !bpf_obj_get_info_by_fd(fd, info, &size);
}

static bool is_one(uint32_t type)
{
	return type == BPF_MAP_TYPE_PROG_ARRAY || type == BPF_MAP_TYPE_DEVMAP ||
	       type == BPF_MAP_TYPE_DEVMAP_HASH || type == BPF_MAP_TYPE_CPUMAP;
}

int el_holder_offset(const struct bpf_map_info *info)
{
	if (info->type == BPF_MAP_TYPE_PROG_ARRAY)
		return 0;
	/* struct bpf_devmap_val, struct bpf_cpumap_val */
	return is_one(info->type) && info->value_size == 8 ? 4 : -1;
}

bool el_holder_same(int fd, int other_fd)
{
	struct bpf_map_info info, other;

	return get_info(fd, &info) && get_info(other_fd, &other) && is_one(info.type) &&
	       info.type == other.type && info.key_size == 4 && other.key_size == 4 &&
	       info.value_size <= 8 && info.value_size == other.value_size;
}

/* ---------------------------------------------------------------- which programs */

/* Load an XDP program of @chain's kind that refers to a map (@map_fd -1: to no map) and drops all
 * packets. Return: 0 the kernel accepts it; else an errno. */
static int try_program(const struct el_generation *chain, int map_fd)
{
	const struct bpf_insn code[] = {
		{BPF_LD | BPF_DW | BPF_IMM, BPF_REG_1, map_fd < 0 ? 0 : BPF_PSEUDO_MAP_FD, 0,
		 map_fd < 0 ? 0 : map_fd},
		{0, 0, 0, 0, 0},
		{BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, XDP_DROP},
		{BPF_JMP | BPF_EXIT, 0, 0, 0, 0},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options);
	int fd;

	el_hook_xdp_type(&chain->at, &options.expected_attach_type, &options.prog_flags);
	fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "edge_try", "Dual BSD/GPL", code,
			   sizeof(code) / sizeof(*code), &options);
	if (fd < 0)
		return errno;
	close(fd);
	return 0;
}

bool el_holder_takes(const struct el_generation *chain, int fd)
{
	struct bpf_map_info info;

	if (chain->at.site.hook != EDGE_HOOK_XDP || !get_info(fd, &info) || !is_one(info.type))
		return true;
	return try_program(chain, fd) != EINVAL || try_program(chain, -1);
}

/* ---------------------------------------------------------------- entries */

/* A walk over the entries of one map. Every key has 4 bytes, and every value at most 8. */
struct walk {
	int fd;
	struct bpf_map_info info;
	bool started;
	uint32_t key;
	uint8_t value[8];
	uint32_t program; /* the number of the program, or 0 */
};

/* Return: whether there is another entry. */
static bool next(struct walk *walk)
{
	int offset = el_holder_offset(&walk->info);
	uint32_t key;

	while (!bpf_map_get_next_key(walk->fd, walk->started ? &walk->key : NULL, &key)) {
		walk->started = true;
		walk->key = key;
		if (bpf_map_lookup_elem(walk->fd, &key, walk->value))
			continue; /* an empty slot */
		walk->program = 0;
		if (offset >= 0)
			memcpy(&walk->program, walk->value + offset, sizeof(walk->program));
		return true;
	}
	return false;
}

static int fail_program(const struct el_inheritance *of, uint32_t key)
{
	const struct el_generation *chain = of->making->chain;
	const char *instance = chain->instances[of->map->instance].name, *name = of->map->name;
	_cleanup_free_ char *hint = el_format(
		"nothing was changed; delete the entry, and set it again after the change: "
		"edge-load map del %s/%s/%s/%s %u; or empty the map: --start-empty %s/%s",
		chain->at.site.device, el_hook_name(chain->at.site.hook), instance, name, key,
		instance, name);
	const char *why = el_holder_takes(chain, of->from->fd) ? "its definition differs"
			  : chain->at.frags
				  ? "the chain accepts frames in fragments (xdp.frags)"
				  : "the chain accepts no frames in fragments (xdp.frags)";

	return el_fail(of->making->context, EL_CONFLICT, EEXIST, hint,
		       "map %s/%s must be created again, because %s now, and the program in its "
		       "entry %u, which was set by hand, can't be kept",
		       instance, name, why, key);
}

static int fail_put(const struct el_inheritance *of, uint32_t key, int error)
{
	return el_fail(
		of->making->context, EL_CONFLICT, EEXIST, "nothing was changed",
		"map %s/%s must be created again, and the new map does not accept entry %u: %s",
		of->making->chain->instances[of->map->instance].name, of->map->name, key,
		el_reason(EL_OP_MAP_UPDATE, error));
}

int el_holder_fill(const struct el_inheritance *of)
{
	struct walk walk = {.fd = of->from->fd};

	if (!get_info(walk.fd, &walk.info))
		return el_fail(of->making->context, EL_FAILED, errno, NULL, "can't read map %s: %s",
			       of->from->name, el_reason(EL_OP_INFO, errno));
	for (of->map->entries = 0; next(&walk); of->map->entries++) {
		if (walk.program)
			return fail_program(of, walk.key);
		if (bpf_map_update_elem(of->map->fd, &walk.key, walk.value, BPF_ANY))
			return fail_put(of, walk.key, errno);
	}
	return 0;
}

/* Delete the entries of @to that the map @from does not have. */
static void remove_others(const struct walk *from, struct walk *to)
{
	uint8_t value[8];

	while (next(to)) {
		if (!bpf_map_lookup_elem(from->fd, &to->key, value))
			continue;
		bpf_map_delete_elem(to->fd, &to->key);
		if (to->info.type == BPF_MAP_TYPE_DEVMAP_HASH)
			to->started = false; /* without the key, there is no next key: restart */
	}
}

void el_holder_return(const struct el_inheritance *of)
{
	struct walk from = {.fd = of->from->fd}, to = {.fd = of->map->fd};
	const struct el_generation *target = of->making->chain;

	if (!get_info(from.fd, &from.info) || !get_info(to.fd, &to.info))
		return;
	of->map->change = EL_MAP_RESIZED;
	remove_others(&from, &to);
	while (next(&from)) {
		if (!from.program && !bpf_map_update_elem(to.fd, &from.key, from.value, BPF_ANY)) {
			of->map->entries++;
			continue;
		}
		el_warn(of->making->context,
			"entry %u of map %s/%s is as generation %u left it: %s", from.key,
			target->instances[of->map->instance].name, of->map->name,
			target->metadata->generation,
			from.program ? "its program was set for a later generation"
				     : el_reason(EL_OP_MAP_UPDATE, errno));
	}
}

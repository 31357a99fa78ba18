// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * One map: opened from its pin, with its types from BTF. Requests are checked here before the
 * kernel sees them, because the kernel has one error number for ten reasons.
 */
#include <fcntl.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>
#include <bpf/libbpf.h>

#include "kernel/bpffs.h"
#include "pin/pin.h"
#include "kernel/descriptor.h"
#include "map/map.h"
#include "map/reference.h"
#include "map/types.h"
#include "base/reason.h"
#include "table/table.h"

void el_map_free(struct el_map *map)
{
	if (!map)
		return;
	el_value_type_free(map->key);
	el_value_type_free(map->value);
	btf__free(map->btf);
	el_prefix_free(map->table);
	if (map->fd >= 0)
		close(map->fd);
	free(map->key_name);
	free(map->value_name);
	free(map->what_key);
	free(map->what_value);
	free(map->path);
	free(map->pin);
	free(map);
}

const struct el_map_info *el_map_info(const struct el_map *map)
{
	return &map->info;
}

bool el_map_is_array(const struct el_map *map)
{
	return map->type == BPF_MAP_TYPE_ARRAY || map->type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

bool el_map_is_lru(const struct el_map *map)
{
	return map->type == BPF_MAP_TYPE_LRU_HASH || map->type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static bool is_percpu(const struct el_map *map)
{
	switch (map->type) {
	case BPF_MAP_TYPE_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_ARRAY:
	case BPF_MAP_TYPE_LRU_PERCPU_HASH:
	case BPF_MAP_TYPE_PERCPU_CGROUP_STORAGE:
		return true;
	default:
		return false;
	}
}

/* ---------------------------------------------------------------- opening */

static int fail_open(const struct el_map *map, const char *thing, int error)
{
	if (error == EPERM || error == EACCES)
		return el_fail(map->context, EL_PRIVILEGE, error,
			       "run as root (CAP_BPF and CAP_NET_ADMIN)",
			       "no permission to read %s of map %s", thing, map->path);
	return el_fail(map->context, EL_FAILED, error, NULL, "can't read %s of map %s: %s", thing,
		       map->path, el_reason(EL_OP_INFO, error));
}

/* The key or the value of a map, as the kernel describes it. */
struct part {
	uint32_t type_id, size;
	bool number; /* without BTF, it is a number; otherwise, it is bytes */
};

/* Open the type in the map's BTF. *@out stays NULL if there is none, or if its size is different,
 * which the kernel does not let happen. */
static int open_btf(const struct el_map *map, const struct part *part, struct el_value_type **out)
{
	int err;

	if (!map->btf || !part->type_id)
		return 0;
	err = el_value_type_open(map->context, map->btf, part->type_id, out);
	if (!err && el_value_type_size(*out) != part->size) {
		el_value_type_free(*out);
		*out = NULL;
	}
	return err;
}

/* The name of a type that open_btf() has opened; malloc'ed, or NULL. */
static char *btf_name(const struct el_map *map, const struct part *part,
		      const struct el_value_type *type)
{
	return el_value_type_is_section(type) ? strdup("variables")
					      : el_value_type_name(map->btf, part->type_id);
}

static int open_type(const struct el_map *map, const struct part *part, struct el_value_type **out,
		     char **name)
{
	int err = open_btf(map, part, out);

	if (err)
		return err;
	if (*out) {
		*name = btf_name(map, part, *out);
		return *name ? 0 : el_fail_memory(map->context);
	}
	err = part->number ? el_value_type_open_number(map->context, part->size, out)
			   : el_value_type_open_bytes(map->context, part->size, out);
	if (err)
		return err;
	*name = !part->size    ? strdup("")
		: part->number ? strdup("__u32")
			       : el_format("%u bytes", part->size);
	return *name ? 0 : el_fail_memory(map->context);
}

/* Kinds of maps whose key is a number from 0 to max_entries - 1. */
static bool is_indexed(const struct el_map *map)
{
	switch (map->type) {
	case BPF_MAP_TYPE_PROG_ARRAY:
	case BPF_MAP_TYPE_ARRAY_OF_MAPS:
	case BPF_MAP_TYPE_DEVMAP:
	case BPF_MAP_TYPE_CPUMAP:
	case BPF_MAP_TYPE_XSKMAP:
		return true;
	default:
		return el_map_is_array(map);
	}
}

static int open_types(struct el_map *map, const struct bpf_map_info *info)
{
	const struct part key = {.type_id = info->btf_key_type_id,
				 .size = info->key_size,
				 .number = is_indexed(map) && info->key_size == 4};
	/* The kernel returns the number of the program or map as the value. */
	const struct part value = {.type_id = info->btf_value_type_id,
				   .size = info->value_size,
				   .number = el_map_is_holder(map)};
	int err = open_type(map, &key, &map->key, &map->key_name);

	if (!err)
		err = open_type(map, &value, &map->value, &map->value_name);
	map->info.key = map->key_name;
	map->info.value = map->value_name;
	return err;
}

static int read_shape(struct el_map *map, const struct bpf_map_info *info)
{
	int cpus = libbpf_num_possible_cpus();
	const char *kind;

	if (cpus < 0)
		return el_fail(map->context, EL_FAILED, -cpus, NULL, "can't count the CPUs: %s",
			       el_reason(EL_OP_SYSTEM, -cpus));
	map->type = info->type;
	kind = libbpf_bpf_map_type_str(map->type);
	map->info.kind = kind ? kind : "unknown";
	map->info.key_size = info->key_size;
	map->info.value_size = info->value_size;
	map->info.max_entries = info->max_entries;
	map->info.flags = info->map_flags;
	map->cpus = is_percpu(map) ? (uint32_t)cpus : 0;
	map->value_room =
		map->cpus ? EL_MAP_STRIDE(info->value_size) * map->cpus : info->value_size;
	return 0;
}

static int name_map(struct el_map *map, const char *path)
{
	const char *slash;

	map->path = strdup(path);
	if (!map->path)
		return el_fail_memory(map->context);
	slash = strrchr(map->path, '/');
	map->info.name = slash ? slash + 1 : map->path;
	map->what_key = el_format("key of map %s", map->info.name);
	map->what_value = el_format("value of map %s", map->info.name);
	return map->what_key && map->what_value ? 0 : el_fail_memory(map->context);
}

static int open_table(struct el_map *map, const struct el_typed_map *from,
		      struct bpf_map_info *info)
{
	int err = 0;

	if (!el_map_is_table(info, &from->types))
		return 0;
	err = el_prefix_open(map->fd, true, &map->table);
	if (err)
		return fail_open(map, "the table", -err);
	el_map_describe_table(map->table, info);
	map->info.table = true;
	return 0;
}

int el_map_of_fd(struct el_context *context, const struct el_typed_map *from, const char *path,
		 struct el_map **out)
{
	_cleanup_map_ struct el_map *map = calloc(1, sizeof(*map));
	struct bpf_map_info info = {0};
	uint32_t size = sizeof(info);
	int err;

	if (!map)
		return el_fail_memory(context);
	map->context = context;
	map->fd = fcntl(from->fd, F_DUPFD_CLOEXEC, 3);
	err = name_map(map, path);
	if (err)
		return err;
	if (map->fd < 0 || bpf_obj_get_info_by_fd(map->fd, &info, &size))
		return fail_open(map, "the shape", errno);
	err = open_table(map, from, &info);
	if (err)
		return err;
	info.btf_key_type_id = from->types.key;
	info.btf_value_type_id = from->types.value;
	map->btf = from->types.btf;
	err = read_shape(map, &info);
	if (!err)
		err = open_types(map, &info);
	if (err)
		map->btf = NULL;
	else
		*out = TAKE_PTR(map);
	return err;
}

/* Every map of a chain has its types pinned. Without the pin, only CAP_SYS_ADMIN can read them from
 * the kernel. */
static int fail_types(struct el_context *context, const char *path)
{
	return el_fail(context, EL_CONFLICT, ENOENT,
		       "the next attach of the chain restores the pin",
		       "the pinned types of map %s are missing: the pin was removed or replaced "
		       "outside edge-load",
		       path);
}

int el_map_open(struct el_context *context, const char *path, struct el_map **out)
{
	struct el_map probe = {.context = context, .path = (char *)path};
	struct el_typed_map found;
	_cleanup_free_ char *pin = NULL;
	_cleanup_fd_ int fd = -1;
	int err = el_map_path_find(context, path, &pin);

	if (err)
		return err;
	fd = el_bpffs_get(context->bpffs, pin);
	if (fd < 0)
		return fail_open(&probe, "the pin", -fd);
	found.fd = fd;
	err = el_types_open_pin(context, pin, &found);
	if (err == -EPERM)
		return fail_types(context, path);
	if (err)
		return fail_open(&probe, "the types", -err);
	err = el_map_of_fd(context, &found, path, out);
	if (err)
		btf__free(found.types.btf);
	else
		(*out)->pin = TAKE_PTR(pin);
	return err;
}

/* ---------------------------------------------------------------- locking */

/* The folder whose lock protects the entries: BPFFS/edge/DEVICE/HOOK or BPFFS/edge/shared.
 * malloc'ed. */
static char *lock_folder(const struct el_map *map)
{
	bool shared = strchr(map->path, '/') == strrchr(map->path, '/');
	char *folder = strdup(map->pin);

	for (int parts = shared ? 1 : 2; folder && parts; parts--) {
		char *slash = strrchr(folder, '/');

		if (slash)
			*slash = '\0';
	}
	return folder;
}

int el_map_hold(const struct el_map *map, bool alone, int *lock_fd)
{
	_cleanup_free_ char *folder = map->pin ? lock_folder(map) : NULL;
	_cleanup_fd_ int lock = -1, now = -1;
	int err;

	if (!map->pin)
		return 0;
	if (!folder)
		return el_fail_memory(map->context);
	/* A table has one writer at a time. */
	err = el_pin_hold_entries(map->context, folder, alone || map->table, &lock);
	if (err)
		return err == -ENOENT ? -ESTALE : err;
	now = el_bpffs_get(map->context->bpffs, map->pin);
	*lock_fd = TAKE_FD(lock);
	return el_descriptor_id(now) == el_descriptor_id(map->fd) ? 0 : -ESTALE;
}

void el_map_hold_reading(const struct el_map *map, int *lock_fd)
{
	_cleanup_free_ char *folder = map->pin && map->table ? lock_folder(map) : NULL;

	if (folder && el_pin_hold_entries(map->context, folder, false, lock_fd))
		*lock_fd = -1;
}

void el_map_exchange(struct el_map *map, struct el_map *now)
{
	struct el_map before = *map;

	*map = *now;
	*now = before;
}

int el_map_hold_anew(struct el_map *map, int *lock_fd)
{
	_cleanup_map_ struct el_map *now = NULL;
	int err = el_map_hold(map, false, lock_fd);

	if (err != -ESTALE)
		return err;
	err = el_map_open(map->context, map->path, &now);
	if (err)
		return err;
	el_map_exchange(map, now);
	return 0;
}

/* ---------------------------------------------------------------- supported operations */

/* The kernel returns the cookie of a socket only if values have room for it
 * (net/core/sock_map.c). */
static bool holds_unseen_sockets(const struct el_map *map)
{
	return (map->type == BPF_MAP_TYPE_SOCKMAP || map->type == BPF_MAP_TYPE_SOCKHASH) &&
	       map->info.value_size != sizeof(uint64_t);
}

int el_map_check_readable(const struct el_map *map)
{
	if (map->type == BPF_MAP_TYPE_RINGBUF || map->type == BPF_MAP_TYPE_PERF_EVENT_ARRAY)
		return el_fail(map->context, EL_USAGE, EINVAL,
			       "follow the records: edge-load map follow PATH",
			       "map %s is a %s, which has records and no keys", map->path,
			       map->type == BPF_MAP_TYPE_RINGBUF ? "ring buffer"
								 : "perf event array");
	if (map->type == BPF_MAP_TYPE_CGROUP_ARRAY || map->type == BPF_MAP_TYPE_XSKMAP ||
	    holds_unseen_sockets(map))
		return el_fail(map->context, EL_USAGE, EINVAL, NULL, "map %s is a %s: %s",
			       map->path, map->info.kind, el_reason(EL_OP_MAP_READ, EOPNOTSUPP));
	if (map->info.key_size)
		return 0;
	return el_fail(map->context, EL_USAGE, EINVAL, NULL, "map %s is a %s, which has no keys",
		       map->path, map->info.kind);
}

static int check_holds_text(const struct el_map *map)
{
	if (!el_map_is_holder(map))
		return el_map_check_readable(map);
	return el_fail(
		map->context, EL_USAGE, EINVAL,
		map->type == BPF_MAP_TYPE_PROG_ARRAY
			? "set its entries singly: edge-load map set PATH KEY prog:OBJECT#PROGRAM"
			: "set its entries singly: edge-load map set PATH KEY map:PATH",
		"map %s is a %s, whose values can't be written as text", map->path, map->info.kind);
}

int el_map_check_settable(const struct el_map *map)
{
	return el_map_is_holder(map) ? 0 : el_map_check_writable(map);
}

int el_map_check_writable(const struct el_map *map)
{
	switch (map->type) {
	case BPF_MAP_TYPE_PERF_EVENT_ARRAY:
	case BPF_MAP_TYPE_CGROUP_ARRAY:
	case BPF_MAP_TYPE_STACK_TRACE:
	case BPF_MAP_TYPE_SOCKMAP:
	case BPF_MAP_TYPE_SOCKHASH:
	case BPF_MAP_TYPE_XSKMAP:
	case BPF_MAP_TYPE_REUSEPORT_SOCKARRAY:
		return el_fail(
			map->context, EL_USAGE, EINVAL, NULL,
			"map %s is a %s, whose values can't be written as text or set by hand",
			map->path, map->info.kind);
	default:
		return check_holds_text(map);
	}
}

int el_map_parse_key(const struct el_map *map, const struct el_value_text *text, void *out)
{
	uint32_t number = 0;
	int err = el_value_type_parse(map->context, map->key, text, out);

	if (err)
		return err;
	if (map->info.key_size >= sizeof(number))
		memcpy(&number, out, sizeof(number));
	if (is_indexed(map) && number >= map->info.max_entries)
		return el_fail(map->context, EL_USAGE, EINVAL, NULL,
			       "%s: %s is out of range: the array has the entries 0 to %u",
			       text->name, text->text, map->info.max_entries - 1);
	if (map->type == BPF_MAP_TYPE_LPM_TRIE && number > (map->info.key_size - 4) * 8)
		return el_fail(map->context, EL_USAGE, EINVAL, NULL,
			       "%s: %s has a prefix length over %u", text->name, text->text,
			       (map->info.key_size - 4) * 8);
	return 0;
}

int el_map_check_key(const struct el_map *map, const struct el_value_text *text, const void *key)
{
	if (map->type != BPF_MAP_TYPE_LPM_TRIE || !el_value_prefix_spans(map->key, key))
		return 0;
	return el_fail(
		map->context, EL_USAGE, EINVAL,
		"compile the function again: tables of this version keep IPv4 and IPv6 apart",
		"%s: %s would match IPv4 too: its function was compiled with an older SDK, "
		"whose tables hold IPv4 as ::ffff:a.b.c.d",
		text->name, text->text);
}

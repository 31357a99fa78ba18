// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The emulation of bpf(2) for maps in this process: kernel.h. Commands that no reader of the loader
 * uses are refused.
 */
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/vfs.h>

#include <bpf/libbpf.h>

#include "kernel.h"

#define MAPS	 64
#define ENOTSUPP 524
#define BPFFS	 0xcafe4a11

struct entry {
	struct entry *next;
	uint8_t bytes[]; /* the key, then the value */
};

/* Identified by its file, which is the same for all descriptors of the object. */
struct made {
	int fd;
	ino_t file;
	enum fuzz_pin kind;
	struct fuzz_map map;
	const char *path;	 /* of its pin, or NULL */
	char own_path[PATH_MAX]; /* if bpf(2) pinned the object */
	struct entry *entries;
	size_t count;
};

static struct made maps[MAPS];
static size_t maps_count;

static struct made *made_of(uint64_t fd)
{
	struct stat status;

	if (fstat((int)fd, &status))
		return NULL;
	for (size_t i = 0; i < maps_count; i++)
		if (maps[i].file == status.st_ino)
			return &maps[i];
	return NULL;
}

/* ---------------------------------------------------------------- the target's side */

static struct made *add(const struct fuzz_map *map, const char *path)
{
	struct made *made = &maps[maps_count];
	struct stat status;

	fuzz_check(maps_count++ < MAPS, "too many maps");
	*made = (struct made){.map = *map, .path = path, .fd = memfd_create("bpf", MFD_CLOEXEC)};
	fuzz_check(made->fd >= 0 && !fstat(made->fd, &status), "no memory file");
	made->file = status.st_ino;
	if (path && access(path, F_OK))
		close(creat(path, 0600));
	return made;
}

static int descriptor(struct made *made)
{
	int fd = fcntl(made->fd, F_DUPFD_CLOEXEC, 3);

	fuzz_check(fd >= 0, "too many descriptors");
	return fd;
}

int fuzz_map_open(const struct fuzz_map *map)
{
	return descriptor(add(map, NULL));
}

void fuzz_map_pin(const struct fuzz_map *map, const char *path)
{
	add(map, path);
}

void fuzz_pin(enum fuzz_pin kind, const char *path)
{
	add(&(const struct fuzz_map){0}, path)->kind = kind;
}

static void forget_entries(struct made *made)
{
	while (made->entries) {
		struct entry *next = made->entries->next;

		free(made->entries);
		made->entries = next;
	}
	made->count = 0;
}

void fuzz_kernel_empty(void)
{
	for (size_t i = 0; i < maps_count; i++)
		if (!*maps[i].own_path)
			forget_entries(&maps[i]);
}

void fuzz_kernel_forget(void)
{
	for (size_t i = 0; i < maps_count; i++) {
		forget_entries(&maps[i]);
		close(maps[i].fd);
	}
	maps_count = 0;
}

size_t fuzz_map_entries(int fd)
{
	return made_of((uint64_t)fd)->count;
}

/* Return: the place of the entry of @key, or the place to insert it. Entries are sorted by key. */
static struct entry **place_of(struct made *made, const void *key)
{
	struct entry **place = &made->entries;

	while (*place && memcmp((*place)->bytes, key, made->map.key_size) < 0)
		place = &(*place)->next;
	return place;
}

static struct entry *find(struct made *made, const void *key)
{
	struct entry *entry = *place_of(made, key);

	return entry && !memcmp(entry->bytes, key, made->map.key_size) ? entry : NULL;
}

/* ---------------------------------------------------------------- the caller's side */

static ssize_t real_readlink(const char *path, char *out, size_t size)
{
	static ssize_t (*real)(const char *path, char *out, size_t size);

	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "readlink");
	return real(path, out, size);
}

/* Replaces the C library's readlink(): returns the kernel's name for the file of a descriptor. */
ssize_t readlink(const char *path, char *out, size_t size)
{
	static const char *const names[] = {
		[FUZZ_PIN_MAP] = "anon_inode:bpf-map",
		[FUZZ_PIN_PROGRAM] = "anon_inode:bpf-prog",
		[FUZZ_PIN_LINK] = "anon_inode:bpf_link",
	};
	const struct made *made;
	size_t length;
	int fd;

	if (sscanf(path, "/proc/self/fd/%d", &fd) != 1 || !(made = made_of((uint64_t)fd)))
		return real_readlink(path, out, size);
	length = strlen(names[made->kind]);
	if (length > size)
		length = size;
	memcpy(out, names[made->kind], length);
	return (ssize_t)length;
}

static bool is_percpu(const struct fuzz_map *map)
{
	return map->type == BPF_MAP_TYPE_PERCPU_HASH || map->type == BPF_MAP_TYPE_PERCPU_ARRAY ||
	       map->type == BPF_MAP_TYPE_LRU_PERCPU_HASH;
}

static bool is_array(const struct fuzz_map *map)
{
	return map->type == BPF_MAP_TYPE_ARRAY || map->type == BPF_MAP_TYPE_PERCPU_ARRAY;
}

static size_t room_of(const struct fuzz_map *map)
{
	return is_percpu(map) ? (((size_t)map->value_size + 7) & ~(size_t)7) *
					(size_t)libbpf_num_possible_cpus()
			      : map->value_size;
}

static int lookup(struct made *made, const void *key, uint8_t *value)
{
	size_t room = room_of(&made->map), length = made->map.value_length;
	struct entry *entry = find(made, key);
	uint32_t index = 0;

	if (entry) {
		memcpy(value, entry->bytes + made->map.key_size, room);
		return 0;
	}
	if (made->map.key_size == sizeof(index))
		memcpy(&index, key, sizeof(index));
	if (!is_array(&made->map) || index >= made->map.max_entries)
		return ENOENT;
	if (length > room)
		length = room;
	memset(value, 0, room);
	if (length)
		memcpy(value, made->map.value, length);
	return 0;
}

/* Return: whether @other holds all entries of @made. */
static bool holds(struct made *made, struct made *other)
{
	size_t room = room_of(&made->map);
	uint8_t *value = malloc(room + 1);
	bool same = true;

	fuzz_check(value, "no memory");
	for (struct entry *entry = made->entries; same && entry; entry = entry->next)
		same = !lookup(other, entry->bytes, value) &&
		       !memcmp(value, entry->bytes + made->map.key_size, room);
	free(value);
	return same;
}

bool fuzz_map_same(int fd, int other)
{
	struct made *made = made_of((uint64_t)fd), *second = made_of((uint64_t)other);

	return holds(made, second) && holds(second, made);
}

static int update(struct made *made, const void *key, const void *value)
{
	size_t room = room_of(&made->map), key_size = made->map.key_size;
	struct entry *entry = find(made, key), **place = place_of(made, key);
	uint32_t index = 0;

	if (is_array(&made->map)) {
		memcpy(&index, key, sizeof(index));
		if (index >= made->map.max_entries)
			return E2BIG;
	}
	if (!entry) {
		if (made->count == made->map.max_entries)
			return E2BIG;
		entry = calloc(1, sizeof(*entry) + key_size + room);
		fuzz_check(entry, "no memory");
		entry->next = *place;
		*place = entry;
		made->count++;
	}
	memcpy(entry->bytes, key, key_size);
	memcpy(entry->bytes + key_size, value, room);
	return 0;
}

static int next_key(struct made *made, const void *key, void *next)
{
	const struct entry *entry = made->entries;
	uint32_t index = UINT32_MAX;

	if (is_array(&made->map) && made->map.key_size == sizeof(index)) {
		if (key)
			memcpy(&index, key, sizeof(index));
		index = index >= made->map.max_entries ? 0 : index + 1;
		memcpy(next, &index, sizeof(index));
		return index < made->map.max_entries ? 0 : ENOENT;
	}
	if (key && find(made, key))
		entry = find(made, key)->next;
	if (!entry)
		return ENOENT;
	memcpy(next, entry->bytes, made->map.key_size);
	return 0;
}

/* For a program and a link, only the number counts; all three kinds of info begin with type and
 * number (linux/bpf.h). */
static int tell(struct made *made, union bpf_attr *attr)
{
	struct bpf_map_info info = {
		.type = made->map.type,
		.id = (uint32_t)(made - maps) + 1,
		.key_size = made->map.key_size,
		.value_size = made->map.value_size,
		.max_entries = made->map.max_entries,
		.map_flags = made->map.flags,
	};
	uint32_t size = attr->info.info_len < sizeof(info) ? attr->info.info_len : sizeof(info);

	memcpy((void *)(uintptr_t)attr->info.info, &info, size);
	attr->info.info_len = size;
	return 0;
}

/* A path that begins with a descriptor is a path below the folder of this descriptor. */
static int open_pin(const char *path)
{
	char real[PATH_MAX] = "", whole[2 * PATH_MAX];
	int fd, length = 0;

	snprintf(whole, sizeof(whole), "%s", path);
	if (sscanf(path, "/proc/self/fd/%d%n", &fd, &length) == 1) {
		snprintf(whole, sizeof(whole), "%.*s", length, path);
		if (real_readlink(whole, real, sizeof(real) - 1) < 0)
			return -1;
		snprintf(whole, sizeof(whole), "%s%s", real, path + length);
	}
	if (!realpath(whole, real))
		return -1;
	for (size_t i = 0; i < maps_count; i++)
		if (maps[i].path && !strcmp(maps[i].path, real))
			return descriptor(&maps[i]);
	errno = EINVAL; /* like a file that is not a pin */
	return -1;
}

/* The file at @path shows that there is a pin. */
static long make_pin(struct made *made, const char *path)
{
	int fd = made ? creat(path, 0600) : -1;

	if (fd < 0)
		return -1;
	close(fd);
	made->path = realpath(path, made->own_path);
	return made->path ? 0 : -1;
}

static long make_map(const union bpf_attr *attr)
{
	return fuzz_map_open(&(const struct fuzz_map){.type = attr->map_type,
						      .key_size = attr->key_size,
						      .value_size = attr->value_size,
						      .max_entries = attr->max_entries});
}

/* Return: 0, or the errno. */
static int answer(int command, union bpf_attr *attr)
{
	struct made *made =
		made_of(command == BPF_OBJ_GET_INFO_BY_FD ? attr->info.bpf_fd : attr->map_fd);
	void *key = (void *)(uintptr_t)attr->key, *value = (void *)(uintptr_t)attr->value;

	if (!made)
		return EBADF;
	if (made->kind != FUZZ_PIN_MAP && command != BPF_OBJ_GET_INFO_BY_FD)
		return EINVAL;
	switch (command) {
	case BPF_OBJ_GET_INFO_BY_FD:
		return tell(made, attr);
	case BPF_MAP_LOOKUP_ELEM:
		return lookup(made, key, value);
	case BPF_MAP_UPDATE_ELEM:
		return update(made, key, value);
	case BPF_MAP_GET_NEXT_KEY:
		return next_key(made, key, (void *)(uintptr_t)attr->next_key);
	default:
		return EPERM;
	}
}

/* Return: a descriptor or 0; -1 with errno. */
static long bpf(int command, union bpf_attr *attr)
{
	int error;

	if (command == BPF_OBJ_GET)
		return open_pin((const char *)(uintptr_t)attr->pathname);
	if (command == BPF_OBJ_PIN)
		return make_pin(made_of(attr->bpf_fd), (const char *)(uintptr_t)attr->pathname);
	if (command == BPF_MAP_CREATE)
		return make_map(attr);
	if (command == BPF_MAP_LOOKUP_BATCH || command == BPF_MAP_UPDATE_BATCH)
		error = ENOTSUPP;
	else
		error = answer(command, attr);
	errno = error ? error : errno;
	return error ? -1 : 0;
}

/* Replaces the C library's syscall(). Like the original, it reads words that the caller did not
 * pass. */
__attribute__((no_sanitize("address"))) long syscall(long number, ...)
{
	static long (*real)(long number, ...);
	long words[6];
	va_list args;

	va_start(args, number);
	for (size_t i = 0; i < 6; i++)
		words[i] = va_arg(args, long);
	va_end(args);
	if (number == SYS_bpf)
		return bpf((int)words[0], (union bpf_attr *)words[1]);
	if (!real)
		*(void **)&real = dlsym(RTLD_NEXT, "syscall");
	return real(number, words[0], words[1], words[2], words[3], words[4], words[5]);
}

/* The target's folder is a bpffs. */
int statfs(const char *path, struct statfs *out)
{
	(void)path;
	*out = (struct statfs){.f_type = BPFFS};
	return 0;
}

int fstatfs(int fd, struct statfs *out)
{
	(void)fd;
	*out = (struct statfs){.f_type = BPFFS};
	return 0;
}

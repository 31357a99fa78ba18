/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_MAP_H
#define EL_MAP_H
/*
 * One map of a running chain: the declarations that the files of this folder share. path.c finds a
 * pin and map.c opens it; entry.c handles one entry, walk.c all entries, load.c the entries of a
 * file, and chain/follow.c the records of a ring buffer.
 */
#include <linux/bpf.h>

#include "value/value.h"

/* The distance in bytes between the values of two neighbouring CPUs. */
#define EL_MAP_STRIDE(size) (((size) + 7) & ~7u)

struct el_map {
	struct el_context *context; /* it notes the errors of the map, and outlives the map */
	struct el_map_info info;    /* its texts are parts of the path, key_name and value_name */
	char *path;		    /* DEVICE/HOOK/INSTANCE/MAP */
	char *key_name, *value_name;
	char *pin;
	char *what_key, *what_value; /* "key of map blocked", for errors */
	int fd;
	enum bpf_map_type type;
	uint32_t cpus;	     /* of a per-CPU map, with 8-byte aligned values; else 0 */
	uint32_t value_room; /* bytes that the kernel copies for a value: of all CPUs */
	struct btf *btf;     /* or NULL */
	struct el_value_type *key, *value;
	struct el_prefix_table *table; /* NULL: the kernel's map has the entries */
};

struct bpf_map_info;
struct el_typed_map;
struct el_types;

/* ---------------------------------------------------------------- path.c */

/**
 * el_map_path_find() - find the pin of DEVICE/HOOK/INSTANCE/MAP or shared/MAP
 *
 * Return: 0; -EINVAL the path has neither form (EL_USAGE); -ENOENT a part of the path does not
 * exist (EL_NOT_FOUND; the error names the part and the existing names); -ENODEV no bpffs; -EACCES.
 */
int el_map_path_find(struct el_context *context, const char *path, char **pin);

/* ---------------------------------------------------------------- map.c */

struct el_typed_map;

/**
 * el_map_of_fd() - open a map by a descriptor instead of a path
 * @from: its descriptor is duplicated; on success, the map takes ownership of its BTF
 * @path: the name of the map in errors
 */
int el_map_of_fd(struct el_context *context, const struct el_typed_map *from, const char *path,
		 struct el_map **out);

/**
 * el_map_hold() - lock the entries of a map, so that no swap moves them to another map
 * @alone: also exclude all other commands that change entries
 * @lock_fd: the caller closes it after the change; it stays -1 if the map was not found by its path
 *
 * Return: 0; -ESTALE a swap replaced the map since @map was opened, or the chain is gone (no error
 * is noted); otherwise -errno with an error noted.
 */
int el_map_hold(const struct el_map *map, bool alone, int *lock_fd);
/* Keep others from changing a table while it is read, as far as the caller may. */
void el_map_hold_reading(const struct el_map *map, int *lock_fd);
/* @map becomes the map @now, and the other way round. */
void el_map_exchange(struct el_map *map, struct el_map *now);
/* Like el_map_hold(), but opens the map again if it was replaced; @map then is the new map. */
int el_map_hold_anew(struct el_map *map, int *lock_fd);

/* Refuse a map whose entries cannot be read or written by key. */
int el_map_check_readable(const struct el_map *map);
int el_map_check_writable(const struct el_map *map);
/* Refuse a map whose single entries cannot be set or deleted: a settable value is text, or refers
 * to a program or a map. */
int el_map_check_settable(const struct el_map *map);
bool el_map_is_array(const struct el_map *map);
bool el_map_is_lru(const struct el_map *map);
/* Parse a key and check that the kernel will accept it: an index inside the array, a prefix length
 * that fits the key. @out has key_size bytes. */
int el_map_parse_key(const struct el_map *map, const struct el_value_text *text, void *out);
/* Refuse a key that would match more in this table than its text says. */
int el_map_check_key(const struct el_map *map, const struct el_value_text *text, const void *key);

/* ---------------------------------------------------------------- entry.c */

/* The bytes of an entry: key_size and value_room. */
struct el_map_entry {
	const void *key, *value;
};

/* Write an entry in the format of el_map_get() and el_map_dump(). */
void el_map_write_entry(const struct el_map *map, const struct el_map_entry *entry,
			enum el_format format, FILE *stream);
/* Write the values of all CPUs as a list. */
void el_map_write_cpus(const struct el_map *map, const void *room, enum el_format format,
		       FILE *stream);
/* Whether an update failed with @error because the map is full. */
bool el_map_is_full(const struct el_map *map, int error);
/* Note the error of a failed update. */
int el_map_fail_update(const struct el_map *map, int error);

/* ---------------------------------------------------------------- set.c */

/* el_map_set(), without laying a table out anew: -EXFULL it has no room for the prefix. */
int el_map_set_here(struct el_map *map, const char *key, const char *value);

/* ---------------------------------------------------------------- access.c */

/* Like bpf_map_lookup_elem(), bpf_map_update_elem() and bpf_map_delete_elem(), in a kernel's map or a
 * table. Return: 0; -1 with errno. */
int el_map_lookup(const struct el_map *map, const void *key, void *value);
int el_map_update(const struct el_map *map, const void *key, const void *value, uint64_t flags);
int el_map_delete(const struct el_map *map, const void *key);
/* The value of exactly this prefix in a table, which packets may change at the same time; or NULL. */
char *el_map_place(const struct el_map *map, const void *key);
/* el_map_walk() over a table. */
int el_map_walk_table(const struct el_map *map,
		      int (*visit)(void *data, const void *key, const void *value), void *data);
/* Whether packets find the entries of a table now. If they do not, changes need no grace period. */
void el_map_set_live(const struct el_map *map, bool live);
/* Whether a map with these types, which are those of its function, is a table. */
bool el_map_is_table(const struct bpf_map_info *info, const struct el_types *types);
/* If the map is a table, set @info to the map in whose place it stands. */
void el_map_see_table(const struct el_typed_map *map, struct bpf_map_info *info);
/* Set the kind, the sizes and the flags to those of the map in whose place the table stands. */
void el_map_describe_table(const struct el_prefix_table *table, struct bpf_map_info *info);

/* ---------------------------------------------------------------- value.c */

/**
 * el_map_parse_value() - parse a value, or a list of the values of all CPUs
 * @room: value_room bytes; variables that the text omits keep their bytes
 *
 * Return: 0; -EINVAL, -ENOMEM with an error noted.
 */
int el_map_parse_value(const struct el_map *map, const struct el_value_text *text, uint8_t *room);

/* ---------------------------------------------------------------- json.c */

/* An entry in the JSON of el_map_write_entry(): {"key":K,"value":V,"cpus":[V,...]}. */
struct el_map_entry_text {
	char *key;
	char *value, *cpus; /* either may be NULL */
};

bool el_map_entry_begins(const char *text);
/* Cut @text into its parts. Return: whether @text is an entry. */
bool el_map_entry_split(char *text, struct el_map_entry_text *entry);
/* The text to parse as the value: for a per-CPU map, the values of all CPUs if present. */
static inline const char *el_map_entry_value(const struct el_map *map,
					     const struct el_map_entry_text *entry)
{
	return (map->cpus && entry->cpus) || !entry->value ? entry->cpus : entry->value;
}

/* JSON entries that are read line by line. Initialise to zero; the owner frees @text. */
struct el_map_json {
	bool begun;		   /* the text so far is JSON */
	bool list;		   /* inside the brackets of a list */
	struct el_value_scan scan; /* of the current entry */
	char *text;		   /* the part of the current entry that was read */
	size_t length, room;
};

/* Whether JSON entries begin with this line. */
bool el_map_json_begins(const char *line);
/* Whether the text is incomplete: inside a list or an entry. */
bool el_map_json_is_open(const struct el_map_json *json);
/* Call @entry for each entry that ends in the line. Return: 0; -EBADMSG there is other text between
 * entries; -ENOMEM (both without noting an error); or the result of @entry. */
int el_map_json_line(struct el_map_json *json, const char *line,
		     int (*entry)(void *data, char *text), void *data);

/* ---------------------------------------------------------------- write.c */

/* A buffer of entries to write into a map, in batches if the kernel supports them. */
struct el_map_writer {
	const struct el_map *map;
	uint8_t *keys, *values;
	uint32_t size, count;
	bool single;	/* the kernel has no batches for this kind of map */
	size_t written; /* entries that the kernel accepted */
	bool lenient;	/* leave out entries for which a table has no room */
	size_t left_out;
};

int el_map_writer_open(const struct el_map *map, struct el_map_writer *writer);
void el_map_writer_free(struct el_map_writer *writer);
/* Space for the next entry: key_size and value_room bytes. Return: false: the buffer is full, flush
 * first. */
bool el_map_writer_next(struct el_map_writer *writer, uint8_t **key, uint8_t **value);
/* Write all buffered entries. Return: 0, or the errno; writer->written counts the accepted
 * entries. */
int el_map_writer_flush(struct el_map_writer *writer);

/* ---------------------------------------------------------------- load.c */

/* A load of entries, as lines of KEY [VALUE] or JSON: all are read and checked, then written. */
struct el_map_load;

/* Variables that a line omits keep their values. @file: the name of the input in errors; @file and
 * @map must outlive the load. */
int el_map_load_open(const struct el_map *map, const char *file, struct el_map_load **out);
int el_map_load_line(struct el_map_load *load, size_t number, char *line, size_t length);
/* Whether @line begins or continues JSON entries. @load is the load so far, or NULL. */
bool el_map_load_is_json(const struct el_map_load *load, const char *line);
/* Call after getline() returned -1. Return: 0 at the end of @stream; otherwise an error is
 * noted. */
int el_map_load_end(struct el_context *context, FILE *stream, const char *file);
/* Check that the input is complete and that the map has room for it. */
int el_map_load_check(struct el_map_load *load);
int el_map_load_write(struct el_map_load *load, size_t *loaded);
void el_map_load_free(struct el_map_load *load);
static inline void el_map_load_cleanup(struct el_map_load **load)
{
	el_map_load_free(*load);
}
/* Read and check a file; the entries are written by el_map_load_write(). */
int el_map_load_read(struct el_map *map, const char *file, struct el_map_load **out);
int el_map_load_file(struct el_map *map, const char *file, size_t *loaded);
/* Like el_map_load_write(), into another map with the same types, in which packets do not look yet. */
int el_map_load_fill(struct el_map_load *load, const struct el_map *map);
/* The entries that were read. */
size_t el_map_load_count(const struct el_map_load *load);
int el_map_load_each(const struct el_map_load *load,
		     int (*visit)(void *data, const void *key, const void *value), void *data);

/* ---------------------------------------------------------------- walk.c */

/* The number of entries to transfer in one system call. */
uint32_t el_map_chunk(const struct el_map *map);
/* Whether @error, from the first call of a batch, says that this kind of map has no batches. */
bool el_map_no_batch(int error);
/**
 * el_map_walk() - visit every entry, in the kernel's order
 * @visit: gets key_size and value_room bytes; a result other than 0 ends the walk
 *
 * An entry that is added or deleted during the walk may be visited or not. Return: 0, the result of
 * @visit, or -errno with an error noted.
 */
int el_map_walk(const struct el_map *map,
		int (*visit)(void *data, const void *key, const void *value), void *data);

#endif

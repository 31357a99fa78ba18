/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_MAP_H
#define EL_MAP_H
/*
 * One map of a running chain, as map*.c share it. A pin is found by path.c and opened by map.c;
 * entry.c has one entry, walk.c all of them, load.c those of a file, and chain/follow.c
 * the records of a ring buffer.
 */
#include <linux/bpf.h>

#include "value/value.h"

/* Bytes from one CPU's value to the next one's. */
#define EL_MAP_STRIDE(size) (((size) + 7) & ~7u)

struct el_map {
	struct el_map_info info; /* its strings are the map's */
	char *path;		 /* DEVICE/HOOK/INSTANCE/MAP */
	char *pin;
	char *what_key, *what_value; /* "key of map blocked", for errors */
	int fd;
	enum bpf_map_type type;
	uint32_t cpus;	     /* of a per-CPU map, whose values lie 8-byte aligned; else 0 */
	uint32_t value_room; /* bytes of a value as the kernel copies it: of all CPUs */
	struct btf *btf;     /* or NULL */
	struct el_value_type *key, *value;
};

/* ---------------------------------------------------------------- path.c */

/**
 * el_map_path_find() - from DEVICE/HOOK/INSTANCE/MAP to a pin
 *
 * Return: 0; -EINVAL it has not four parts (EL_USAGE); -ENOENT a part of it is not there
 * (EL_NOT_FOUND: which one, and what is there instead); -ENODEV no bpffs; -EACCES.
 */
int el_map_path_find(struct el_context *context, const char *path, char **pin);

/* ---------------------------------------------------------------- map.c */

struct el_types;

/**
 * el_map_of_fd() - a map that is not found by its path
 * @fd: is duplicated
 * @path: how to call it in errors
 * @types: types->btf is the map's afterwards, if this succeeds
 */
int el_map_of_fd(struct el_context *context, int fd, const char *path, const struct el_types *types,
		 struct el_map **out);

/**
 * el_map_hold() - while entries are changed, no swap brings them into another map
 * @alone: nobody else changes any either
 * @lock_fd: to be closed after the change; stays -1 where the map was not found by its path
 *
 * Return: 0; -ESTALE a swap did so since @map was opened, or the chain is gone, without noting an
 * error; else an error is noted.
 */
int el_map_hold(struct el_context *context, const struct el_map *map, bool alone, int *lock_fd);
/* The same; where it is another map now, @map becomes that. */
int el_map_hold_anew(struct el_context *context, struct el_map *map, int *lock_fd);

/* What can't be read or written by key, refused. */
int el_map_check_readable(struct el_context *context, const struct el_map *map);
int el_map_check_writable(struct el_context *context, const struct el_map *map);
/* One entry of it can be set or deleted: its value is text, or refers to a program or a map. */
int el_map_check_settable(struct el_context *context, const struct el_map *map);
bool el_map_is_array(const struct el_map *map);
bool el_map_is_lru(const struct el_map *map);
/* Text to a key that the kernel will take: an index inside the array, a length that fits. @out has
 * key_size bytes. */
int el_map_parse_key(struct el_context *context, const struct el_map *map, const char *what,
		     const char *text, void *out);
/* Refuses to add a key that the table would take for more than its text says. */
int el_map_check_key(struct el_context *context, const struct el_map *map, const char *what,
		     const char *text, const void *key);
/* ---------------------------------------------------------------- entry.c */

/* An entry as el_map_get() and el_map_dump() give it out. @value has value_room bytes. */
void el_map_write_entry(const struct el_map *map, const void *key, const void *value,
			enum el_format format, FILE *stream);
/* Every CPU's value, as a list. */
void el_map_write_cpus(const struct el_map *map, const void *room, enum el_format format,
		       FILE *stream);
/* Whether an update failed with @error for want of room; and why it failed. */
bool el_map_is_full(const struct el_map *map, int error);
int el_map_fail_update(struct el_context *context, const struct el_map *map, int error);

/* ---------------------------------------------------------------- value.c */

/* Where a key or an element ends: at a space, or at a comma, outside of braces, brackets and
 * quotes. */
char *el_map_word_end(char *text, bool comma);
/**
 * el_map_parse_value() - a value's text, or that of every CPU's values
 * @what: how to call it in errors
 * @room: value_room bytes; variables that the text leaves out keep what is there
 *
 * Return: 0; -EINVAL, -ENOMEM with an error noted.
 */
int el_map_parse_value(struct el_context *context, const struct el_map *map, const char *what,
		       const char *text, uint8_t *room);

/* ---------------------------------------------------------------- json.c */

/* An entry as el_map_write_entry() has it in JSON: {"key":K,"value":V,"cpus":[V,...]}. */
struct el_map_entry_text {
	char *key;
	char *value, *cpus; /* one of them may be NULL */
};

bool el_map_entry_begins(const char *text);
/* Cut @text into its parts. Return: whether it is an entry. */
bool el_map_entry_split(char *text, struct el_map_entry_text *entry);
/* What the value is read from: of a per-CPU map, every CPU's values where they are there. */
static inline const char *el_map_entry_value(const struct el_map *map,
					     const struct el_map_entry_text *entry)
{
	return (map->cpus && entry->cpus) || !entry->value ? entry->cpus : entry->value;
}

/* Entries of a text that is read line by line. All zero at first; the text is freed by its owner.
 */
struct el_map_json {
	bool begun; /* what was read so far is JSON */
	bool list;  /* inside of its brackets */
	int depth;  /* of the entry at hand */
	bool quoted, escaped;
	char *text; /* the entry at hand, as far as it was read */
	size_t length, room;
};

/* Whether a line is the first one of entries in JSON; whether their text has an end yet. */
bool el_map_json_begins(const char *line);
bool el_map_json_is_open(const struct el_map_json *json);
/* Call @entry with each entry that ends in the line. Return: 0; -EBADMSG there is something else;
 * -ENOMEM, both without noting an error; what @entry returned. */
int el_map_json_line(struct el_map_json *json, const char *line,
		     int (*entry)(void *data, char *text), void *data);

/* ---------------------------------------------------------------- write.c */

/* Entries on their way into a map, in batches where the kernel has them. */
struct el_map_writer {
	const struct el_map *map;
	uint8_t *keys, *values;
	uint32_t size, count;
	bool single;	/* this kind of map has no batches */
	size_t written; /* entries that the kernel took */
};

int el_map_writer_open(struct el_context *context, const struct el_map *map,
		       struct el_map_writer *writer);
void el_map_writer_free(struct el_map_writer *writer);
/* Room for the next entry: key_size and value_room bytes. NULL: flush first. */
bool el_map_writer_next(struct el_map_writer *writer, uint8_t **key, uint8_t **value);
/* Write what there is. Return: 0, or the errno; writer->written says how far it came. */
int el_map_writer_flush(struct el_map_writer *writer);

/* ---------------------------------------------------------------- load.c */

/* Lines of KEY [VALUE] on their way into a map: read and checked, then written. */
struct el_map_load;

/* Variables that a line leaves out stay as they are. @file: how to call it in errors; it and @map
 * must live as long. */
int el_map_load_open(struct el_context *context, const struct el_map *map, const char *file,
		     struct el_map_load **out);
int el_map_load_line(struct el_map_load *load, size_t number, char *line, size_t length);
/* Whether a line begins, or goes on, with entries in JSON: of @load, which may be NULL. */
bool el_map_load_is_json(const struct el_map_load *load, const char *line);
/* Is it complete, and is there room? */
/* After the last line that getline() got: 0 at the end of the file @stream; else it is an error. */
int el_map_load_end(struct el_context *context, FILE *stream, const char *file);
int el_map_load_check(struct el_map_load *load);
int el_map_load_write(struct el_map_load *load, size_t *loaded);
void el_map_load_free(struct el_map_load *load);

/* ---------------------------------------------------------------- walk.c */

/* Entries that one call to the kernel carries. */
uint32_t el_map_chunk(const struct el_map *map);
/* Does @error, of a batch's first call, say that this kind of map has no batches? */
bool el_map_no_batch(int error);
/**
 * el_map_walk() - every entry, in the order that the kernel has them in
 * @visit: gets key_size and value_room bytes; what it returns, other than 0, ends the walk
 *
 * An entry that is added or deleted meanwhile may be seen or not. Return: 0, what @visit returned,
 * or an error that was noted.
 */
int el_map_walk(struct el_context *context, const struct el_map *map,
		int (*visit)(void *data, const void *key, const void *value), void *data);

#endif

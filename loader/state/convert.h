/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_CONVERT_H
#define EL_CONVERT_H
/*
 * The conversion of a map's entries into a map of the next generation: opened and planned by
 * convert.c, merged by convert_merge.c.
 *
 * SWAP. Before the swap, el_convert_fill() copies every entry into the new map, which no packet
 * uses yet, and remembers it. After the swap, when no CPU runs the old program any more,
 * el_convert_merge() reads the old map again and transfers the changes that packets made since the
 * copy. If both programs changed an entry, it is merged field by field:
 *
 *   edge_counter, edge_counter32            the old program's additions are added in the kernel, by
 *                                           an atomic instruction on the CPU that owns the value:
 *                                           no packet's addition is lost
 *   other fields                            the new program's value if it wrote the field,
 *                                           otherwise the old program's value
 *   an entry that the old program added     is added; merged if the new program added it, too
 *   an entry that the old program deleted   is deleted, unless the new program changed it
 *
 * So no entry is lost, and no count that is made by atomic additions or on a CPU of its own. During
 * the merge, the new program works with the entries as they were at the copy.
 *
 * ROLLBACK. A rollback converts in the other direction, into a map that an older generation left,
 * and is never refused because of the entries: el_convert_refill() empties that map first, and a
 * value that does not fit becomes the nearest value that does. If a swap is undone,
 * el_convert_undo() merges the new program's changes into the old map.
 */
#include "state/convert_program.h"
#include "map/map.h"
#include "map/snapshot.h"
#include "map/types.h"

struct el_convert {
	struct el_map *from, *to;
	struct el_value_convert *key, *value; /* NULL: the bytes stay the same */
	struct el_snapshot snapshot;	      /* the old map at the copy */
	struct el_snapshot made;	      /* new keys, if two old keys could become equal */
	uint8_t *initial;		      /* for new variables; NULL: no variables */
	struct el_field_report *fields;	      /* of the key, then of the value */
	size_t fields_count;
	size_t entries;
	bool lenient;	 /* nothing is refused; clamped and left_out record the losses */
	bool clamped;	 /* a value became the nearest value that fits */
	size_t left_out; /* entries without room or with an equal key */
};

enum { EL_CONVERT_WHY = 560 }; /* room for the obstacle to a conversion, as text */

/* The two maps of a conversion. */
struct el_convert_maps {
	const char *path; /* INSTANCE/MAP */
	struct el_typed_map from, to;
};

/**
 * el_convert_open() - plan the conversion of one map's entries into another map
 * @maps: descriptors are duplicated. On success, maps->from.types.btf is taken over;
 *        maps->to.types.btf is copied
 * @why:  the obstacle, if there is one
 *
 * Return: 0; -EINVAL the conversion is impossible (no error is noted); else an error is noted.
 */
int el_convert_open(struct el_context *context, const struct el_convert_maps *maps,
		    struct el_convert **out, char why[EL_CONVERT_WHY]);
void el_convert_free(struct el_convert *convert);
/* Whether the bytes of the entries change, rather than only the map. */
bool el_convert_changes(const struct el_convert *convert);

/* Copy all entries. Return: 0; -ERANGE a value does not fit, -ENOSPC too
 * many entries (EL_CONFLICT). */
int el_convert_fill(struct el_context *context, struct el_convert *convert);
/* Like el_convert_fill(), but empties the target first, and warns instead of refusing. */
int el_convert_refill(struct el_context *context, struct el_convert *convert);
/* Transfer the changes since el_convert_fill(). Failures are only warnings:
 * the swap cannot be undone. */
void el_convert_merge(struct el_context *context, struct el_convert *convert);
/* Undo after el_convert_fill(), when the old program runs again and the new program has stopped:
 * merge the new program's changes into the old map, as el_convert_merge() does. */
void el_convert_undo(struct el_context *context, struct el_convert *convert);
/* Plan the conversion between the two maps of @convert. */
int el_convert_plan(struct el_context *context, struct el_convert *convert,
		    char why[EL_CONVERT_WHY]);
/* Free everything except the two maps. */
void el_convert_unplan(struct el_convert *convert);

/* Convert one key or value. @out has the new map's key_size or value_room. New fields of a value
 * keep their bytes in @out. @misfit NULL: a value that does not fit becomes the nearest value. */
bool el_convert_key(const struct el_convert *convert, const void *key, void *out,
		    struct el_value_misfit *misfit);
bool el_convert_value(const struct el_convert *convert, const void *value, void *out,
		      struct el_value_misfit *misfit);
/* Prepare @out for el_convert_value(): zeroes, or the initial values of variables. */
void el_convert_blank(const struct el_convert *convert, void *out);

#endif

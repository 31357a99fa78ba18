/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_CONVERT_H
#define EL_CONVERT_H
/*
 * One map's entries on their way into another map, of the next generation: opened and planned by
 * convert.c, merged by convert_merge.c.
 *
 * WHAT HAPPENS, AND WHEN. Before the swap, el_convert_fill() copies every entry into the new map,
 * which no packet sees yet, and remembers it. After the swap, when no CPU runs the old program any
 * more, el_convert_merge() goes through the old map again, and brings over what its packets changed
 * in between. An entry that the old program changed, and the new one too, is merged field by field:
 *
 *   edge_counter, edge_counter32            what the old one added is added, in the kernel, by an
 *                                           atomic instruction on the CPU whose value it is: no
 *                                           packet's addition is lost
 *   other fields                            the new program's value stands where it wrote one,
 *                                           else the old one's
 *   an entry that the old one added         is added; where the new one added it too, merged
 *   an entry that the old one deleted       is deleted, unless the new one has changed it
 *
 * So no entry is lost, and no count where it is made by atomic additions or on a CPU of its own.
 * For the time of the merge, the new program works with entries as they were at the copy.
 *
 * A ROLLBACK goes the other way, into a map that was left behind, and is never refused for what a
 * map holds: el_convert_refill() empties that map first, and what does not fit becomes what comes
 * nearest. Where a swap is taken back, el_convert_undo() merges what the new program wrote.
 */
#include "state/convert_program.h"
#include "map/map.h"
#include "map/snapshot.h"
#include "map/types.h"

struct el_convert {
	struct el_map *from, *to;
	struct el_value_convert *key, *value; /* NULL: the same bytes */
	struct el_snapshot snapshot;	      /* the old map at the copy */
	struct el_snapshot made;	      /* new keys, where two old ones could become one */
	uint8_t *initial;		      /* what new variables hold; NULL but of a section */
	struct el_field_report *fields;	      /* the key's, then the value's */
	size_t fields_count;
	size_t entries;
	bool lenient;	 /* nothing is refused; what was not to be had is counted here */
	bool clamped;	 /* a value became what comes nearest */
	size_t left_out; /* entries that have no place */
};

/**
 * el_convert_open() - plan how one map's entries become another's
 * @path: INSTANCE/MAP
 * @from, @to: their descriptors, duplicated, and types; where this succeeds from->btf is taken;
 * to->btf is copied
 * @why: what stands in the way, where something does
 *
 * Return: 0; -EINVAL it can't be done, without noting an error; else an error is noted.
 */
int el_convert_open(struct el_context *context, const char *path, int from_fd,
		    const struct el_types *from, int to_fd, const struct el_types *to,
		    struct el_convert **out, char *why, size_t why_size);
void el_convert_free(struct el_convert *convert);
/* Whether entries are other bytes now, and not only in another map. */
bool el_convert_changes(const struct el_convert *convert);

/* Copy all. Return: 0; -ERANGE a value does not fit, -ENOSPC there are too many (EL_CONFLICT). */
int el_convert_fill(struct el_context *context, struct el_convert *convert);
/* The same into a map that holds something already, which goes. Refuses nothing, but warns. */
int el_convert_refill(struct el_context *context, struct el_convert *convert);
/* Bring over what changed since. What can't be is warned of: there is no way back. */
void el_convert_merge(struct el_context *context, struct el_convert *convert);
/* After el_convert_fill(), when the old program runs again and the new one no more: what that
 * changed goes into the old map, in the same way. */
void el_convert_undo(struct el_context *context, struct el_convert *convert);
/* Find out how @convert's entries get from one of its maps to the other. */
int el_convert_plan(struct el_context *context, struct el_convert *convert, char *why,
		    size_t why_size);
/* Free all but the two maps. */
void el_convert_unplan(struct el_convert *convert);

/* One entry: @out has the new map's key_size, or value_room. What is new in a value keeps what is
 * in @out. @misfit NULL: what does not fit becomes what comes nearest. */
bool el_convert_key(const struct el_convert *convert, const void *key, void *out,
		    struct el_value_misfit *misfit);
bool el_convert_value(const struct el_convert *convert, const void *value, void *out,
		      struct el_value_misfit *misfit);
/* @out for el_convert_value(): zeroes, or the variables' initial values. */
void el_convert_blank(const struct el_convert *convert, void *out);

#endif

/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_CHANGE_H
#define EL_CHANGE_H
/*
 * A change replaces the running chain of a device and hook by the next chain. attach, apply, param
 * set, map replace, map resize and rollback all go through these steps, in this order:
 *
 *   open      lock the chain, recover it, read the running chain into change->previous
 *   make      make change->next from the spec; nothing of it is in the kernel yet
 *   load      fuse and verify change->next, and fill its maps
 *   stage     pin change->next beside the running chain
 *   over      run change->next in the place of the running chain
 *   leave     detach the old generation's links, if the next has links of its own
 *   settle    merge maps and counters of the old generation, remove the oldest generations
 *   close     unlock
 *
 * A rollback has a kept generation as change->next: el_change_return() is its make. A step that
 * fails returns -errno, notes the error, and leaves the running chain running; el_change_back()
 * undoes all earlier steps.
 */
#include "chain/chain.h"

struct el_change {
	struct el_context *context;
	struct el_asked asked; /* for next */
	struct el_place place; /* for next */
	struct el_generation
		*previous; /* the running chain, or a chain detached outside; or NULL */
	struct el_generation *next;
	struct el_times times; /* of the steps */
	int lock;	       /* the lock of the chain; -1: the chain is only read */
	int entries_locks[2];  /* the entry locks of the old and the new generation; or -1 */
	bool returns;	       /* next is a kept generation: a rollback */
	bool dry;	       /* next is only tried: it is neither pinned nor attached */
	bool over;	       /* next runs in the place of previous */
};

#define EL_CHANGE_OF(of) \
	((struct el_change){.context = (of), .lock = -1, .entries_locks = {-1, -1}})
#define _cleanup_change_ _cleanup_(el_change_close)

/* Lock and recover the chain of a device and hook, and read it into change->previous. Creates the
 * folder of pins if it is missing. */
int el_change_open(struct el_change *change, const struct el_site *site);
/* Like el_change_open(), for an existing chain: creates nothing, and notes -ENOENT if there is no
 * chain. */
int el_change_open_existing(struct el_change *change, const struct el_site *site);
/* @spec: the caller keeps it until el_change_over() is done. */
int el_change_make(struct el_change *change, const struct el_chain_spec *spec);
/* Make the kept generation @number change->next. -ENOENT, without noting an error: it is gone. */
int el_change_return(struct el_change *change, uint32_t number);
int el_change_load(struct el_change *change);
int el_change_stage(struct el_change *change);
int el_change_over(struct el_change *change);
/* Return: whether a grace period (el_hook_settle()) must pass before the change is settled. After
 * it, no CPU runs the old generation: its counters and maps are final. All changes of a plan share
 * one grace period. */
bool el_change_leave(struct el_change *change);
void el_change_settle(struct el_change *change);
void el_change_back(struct el_change *change);
/* Free the chains that the change still owns, and unlock. */
void el_change_close(struct el_change *change);

/* Run the steps from load to settle, and refresh the tables of redirects. */
int el_change_run(struct el_change *change);
/* Report change->next, and the effect of the change. @out: for el_report_free(), also after an
 * error. */
int el_change_report(struct el_change *change, struct el_chain_report *out);
/* Hand change->next over to the caller of the library, with its report. @out may be NULL. */
int el_change_tell(struct el_change *change, struct el_chain **out);
/* The change as its steps in state/ and load/ see it. */
static inline struct el_making el_change_making(struct el_change *change)
{
	return (struct el_making){change->context, change->next, change->previous, change->asked,
				  &change->times};
}

/* Lock the entries of the running chain, from the copy of the entries to their merge. Without the
 * lock, changes by other commands would be lost, or counted twice. Does nothing if the entries are
 * locked already, or if the change is dry. */
int el_change_lock_entries(struct el_change *change);
void el_change_unlock_entries(struct el_change *change);

/* The variants of load and stage for a rollback: return.c. */
int el_change_load_kept(struct el_change *change);
int el_change_stage_kept(struct el_change *change);

#endif

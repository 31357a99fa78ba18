/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_CHANGE_H
#define EL_CHANGE_H
/*
 * A change: from the chain that runs on a device and hook to the chain that is to run there. attach,
 * apply, param set, map replace, map resize and rollback all go through these steps, in this order:
 *
 *   open      lock the chain, recover it, look at what runs: change->previous
 *   make      what is asked for becomes a chain, change->next; nothing of it is in the kernel
 *   load      it is fused and verified, and its maps are filled
 *   stage     it is pinned beside the running chain
 *   over      it runs in the running chain's place
 *   settle    nothing of the past is needed any more
 *   close     unlock
 *
 * A rollback has a generation that was kept in the place of a new one: el_change_return() is its
 * make. Each step returns 0 or -errno, the error noted, and leaves the running chain running;
 * el_change_back() undoes all that came before.
 */
#include "chain/chain.h"

struct el_change {
	struct el_context *context;
	struct el_chain *previous; /* what runs, or is left of a chain; NULL: nothing */
	struct el_chain *next;
	int lock;	      /* of the chain; or -1: it is only looked at */
	int entries_locks[2]; /* of the generations that entries come from and go to; or -1 */
	bool returns;	      /* next is a generation that was kept */
	bool dry;	      /* next is only tried: it gets no pins and no place */
	bool over;	      /* next runs in previous's place */
};

#define EL_CHANGE_OF(of) \
	((struct el_change){.context = (of), .lock = -1, .entries_locks = {-1, -1}})
#define _cleanup_change_ _cleanup_(el_change_close)

/* What runs on a device and hook, recovered, under the chain's lock. The folder of pins is made if
 * there is none. */
int el_change_open(struct el_change *change, const struct el_site *site);
/* The same for a chain that is there: -ENOENT, noted, if there is none. Nothing is made. */
int el_change_open_existing(struct el_change *change, const struct el_site *site);
int el_change_make(struct el_change *change, const struct el_chain_spec *spec);
/* Generation @number of the chain, one of those kept. -ENOENT, without noting an error: it is gone. */
int el_change_return(struct el_change *change, uint32_t number);
int el_change_load(struct el_change *change);
int el_change_stage(struct el_change *change);
int el_change_over(struct el_change *change);
void el_change_settle(struct el_change *change);
void el_change_back(struct el_change *change);
/* Free what is left of the change, and unlock. */
void el_change_close(struct el_change *change);

/* load to settle, and the report of change->next. */
int el_change_run(struct el_change *change);

/* From the copy of the running chain's entries to their merge nobody else changes entries: those
 * changes would be lost, or come over twice. Nothing to do if they are locked, or the change is
 * dry. */
int el_change_lock_entries(struct el_change *change);
void el_change_unlock_entries(struct el_change *change);

/* What a rollback does in the place of load, stage and over's first step: return.c. */
int el_change_load_kept(struct el_change *change);
int el_change_stage_kept(struct el_change *change);

#endif

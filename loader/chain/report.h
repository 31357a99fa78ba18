/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_REPORT_H
#define EL_REPORT_H
/*
 * The report of a chain for the caller of the library: made from a generation, and from the change
 * that made it.
 */
#include "load/load.h"
#include "state/inherit.h"

/* Report @of, without maps and times. The texts belong to the generation, which must outlive the
 * report. @out: for el_report_free(), also after an error. */
int el_report_make(struct el_context *context, const struct el_generation *of,
		   struct el_chain_report *out);
/* Add the effect of a change on the maps, and the time that it took. */
int el_report_change(struct el_chain_report *report, const struct el_making *making);
void el_report_free(struct el_chain_report *report);

/* A chain in the hands of the library's caller. */
struct el_chain {
	struct el_generation *generation;
	struct el_chain_report report;
	char *why, *hint; /* storage of the report's texts; or NULL */
};

/* Make the object for the caller. Takes over *@generation on success. */
int el_chain_tell(struct el_context *context, struct el_generation **generation,
		  struct el_chain **out);

#endif

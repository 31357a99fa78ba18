/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef RUN_STATE_H
#define RUN_STATE_H
/*
 * Loads tests/packet/state.bpf.c for one call, runs it, and reads the results that it stored.
 */
#include "lib/program.h"
#include "packet/state.h"

void state_load(struct program *program, uint32_t call);
/* Ask for the call @repeat times, on the same packet. */
void state_ask(const struct program *program, enum hook hook, const struct packet *in,
	       const struct state_ask *ask, int repeat, struct state_result *result);
/* As packet_make(), but ARP if @protocol is 0. */
void state_packet(struct packet *p, int family, uint8_t protocol);

#endif

/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef RUN_VIEW_H
#define RUN_VIEW_H
/*
 * Runs tests/packet/view.bpf.c on a packet, and returns its view of the packet.
 */
#include "lib/program.h"
#include "packet/view.h"

void look(const struct program *program, enum hook hook, const struct packet *in,
	  struct view *view);
/* Finish the packet, and look at it at both hooks. */
void look_at_both(struct packet *p, struct view views[2]);
/* Return: the number of transport headers in the view. */
int headers_seen(const struct view *v);
/* Add a header of @protocol, TCP with twelve bytes of options, and a payload. */
void transport(struct packet *p, uint8_t protocol);

#endif

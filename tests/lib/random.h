/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef RANDOM_H
#define RANDOM_H
/*
 * A generator of random packets. random_packet() builds tags, both families, options, extension headers in any number and
 * order, source routes, fragments, tunnels and all transports, with checksums by RFC 8200, section 8.1; then it falsifies
 * the length fields of some headers, and damages or cuts some packets.
 */
#include "lib/packet.h"

/* Bytes that a test run puts into one page: the limit for a program without fragment support. */
enum { LINEAR = 3400 };

/* Start with other packets; @seed is not 0. */
void chance_seed(uint64_t seed);
/* Return: a number below @limit. */
uint32_t below(uint32_t limit);
void random_packet(struct packet *p);

#endif

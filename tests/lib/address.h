/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef ADDRESS_H
#define ADDRESS_H
/*
 * Addresses from their text.
 */
#include <netinet/in.h>
#include <stdint.h>

#include "../bpf/edge/abi.h"

/* An IPv4 address becomes ::ffff:a.b.c.d. */
struct edge_ip ip(const char *text);
struct in6_addr in6(const char *text);
/* The key of a prefix table: abi.h's struct edge_prefix_key. */
struct edge_prefix_key prefix_key(const char *text, uint32_t length);

#endif

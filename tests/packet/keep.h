/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef KEEP_H
#define KEEP_H
/* Loads state.bpf.c for one call, runs it, and reads the results that it stored. */
#include "program.h"
#include "state.h"

static inline void state_load(struct program *program, uint32_t call)
{
	uint32_t flags = EDGE_CHAIN_FRAGS;

	skip_without_bpf();
	program_load(program, "tests/packet/state.bpf.o",
		     (struct param[]){PARAM("call", call), PARAM("edge_flags", flags)}, 2);
}

static inline void state_ask(const struct program *program, enum hook hook, const struct packet *in,
			     const struct state_ask *ask, int repeat, struct state_result *result)
{
	static const struct state_result none;
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = in->data, .data_size_in = (__u32)in->length,
		    .repeat = repeat);
	int results = program_map(program, "results");
	uint32_t first = 0;

	assert_int_equal(bpf_map_update_elem(program_map(program, "asks"), &first, ask, 0), 0);
	assert_int_equal(bpf_map_update_elem(results, &first, &none, 0), 0);
	assert_int_equal(bpf_prog_test_run_opts(program->fd[hook], &run), 0);
	assert_int_equal((int)run.retval, answer_next[hook]);
	assert_int_equal(bpf_map_lookup_elem(results, &first, result), 0);
}

/* If @protocol is 0, the packet is ARP. */
static inline void state_packet(struct packet *p, int family, uint8_t protocol)
{
	memset(p, 0, sizeof(*p));
	packet_ethernet(p, !protocol ? ETH_P_ARP : family == 4 ? ETH_P_IP : ETH_P_IPV6);
	if (!protocol) {
		packet_arp(p);
		return;
	}
	if (family == 4)
		packet_ip4(p, protocol, 0);
	else
		packet_ip6(p, protocol);
	if (protocol == IPPROTO_TCP)
		packet_tcp(p, 1000, 80, 0);
	else if (protocol == IPPROTO_UDP)
		packet_udp(p, 1000, 53);
	else if (protocol == IPPROTO_SCTP)
		packet_sctp(p, 1000, 2000);
	else
		packet_icmp(p, protocol == IPPROTO_ICMP ? 8 : 128);
	packet_payload(p, 40);
	packet_finish(p);
}

#endif

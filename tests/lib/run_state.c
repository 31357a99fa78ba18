// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Runs tests/packet/state.bpf.c. */
#include "lib/run_state.h"

void state_load(struct program *program, uint32_t call)
{
	uint32_t flags = EDGE_CHAIN_FRAGS;

	skip_without_bpf();
	program_load(program, "tests/packet/state.bpf.o",
		     (struct param[]){PARAM("call", call), PARAM("edge_flags", flags)}, 2);
}

void state_ask(const struct program *program, enum hook hook, const struct packet *in,
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

void state_packet(struct packet *p, int family, uint8_t protocol)
{
	if (protocol) {
		packet_make(p, family, protocol, 40);
		return;
	}
	memset(p, 0, sizeof(*p));
	packet_ethernet(p, ETH_P_ARP);
	packet_arp(p);
}

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Runs tests/packet/view.bpf.c. */
#include "lib/run_view.h"

void look(const struct program *program, enum hook hook, const struct packet *in, struct view *view)
{
	struct result result;
	__u32 first = 0;

	program_run(program, hook, in, &result);
	assert_int_equal(result.answer, answer_next[hook]);
	assert_int_equal(bpf_map_lookup_elem(program_map(program, "seen"), &first, view), 0);
}

int headers_seen(const struct view *v)
{
	return (v->tcp >= 0) + (v->udp >= 0) + (v->icmp >= 0) + (v->icmp6 >= 0) + (v->sctp >= 0);
}

void look_at_both(struct packet *p, struct view views[2])
{
	struct program program;

	skip_without_bpf();
	packet_finish(p);
	program_load(&program, "tests/packet/view.bpf.o", NULL, 0);
	for (size_t i = 0; i < 2; i++)
		look(&program, hooks[i], p, views + i);
	program_close(&program);
}

void transport(struct packet *p, uint8_t protocol)
{
	p->protocol = protocol;
	switch (protocol) {
	case IPPROTO_TCP:
		packet_tcp(p, 1000, 80, 12);
		break;
	case IPPROTO_UDP:
		packet_udp(p, 1000, 53);
		break;
	case IPPROTO_SCTP:
		packet_sctp(p, 1000, 2000);
		break;
	default:
		packet_icmp(p, protocol == IPPROTO_ICMP ? 8 : 128);
	}
	packet_payload(p, 20);
}

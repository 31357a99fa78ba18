// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The packet view, at both hooks: for given bytes, the view shows exactly these headers at these
 * offsets. If the packet is cut after any byte, the view shows the headers that are still whole,
 * and no other header.
 */
#include "lib/run_view.h"

/* Return: the least size of the transport header at which the view shows it. */
static size_t transport_size(const struct packet *p)
{
	switch (p->protocol) {
	case IPPROTO_TCP:
		return 20;
	case IPPROTO_SCTP:
		return 12;
	default:
		return 8;
	}
}

static __s32 transport_seen(const struct packet *p, const struct view *view)
{
	switch (p->protocol) {
	case IPPROTO_TCP:
		return view->tcp;
	case IPPROTO_UDP:
		return view->udp;
	case IPPROTO_ICMP:
		return view->icmp;
	case IPPROTO_ICMPV6:
		return view->icmp6;
	case IPPROTO_SCTP:
		return view->sctp;
	default:
		return -1;
	}
}

static void assert_l3(const struct packet *p, const struct view *v)
{
	/* An IPv4 header is whole with its options, an IPv6 header without its extensions. */
	size_t size = p->family == 4 ? (p->data[p->l3] & 15u) * 4 : 40;
	bool whole = p->length >= p->l3 + size;

	assert_int_equal(v->ip4, p->family == 4 && whole ? (__s32)p->l3 : -1);
	assert_int_equal(v->ip6, p->family == 6 && whole ? (__s32)p->l3 : -1);
}

/* Check the view of @p, which now ends at p->length; @full was its finished length. */
static void assert_seen(const struct packet *p, size_t full, const struct view *v)
{
	bool transport = p->length >= p->l4 + transport_size(p);

	assert_int_equal(v->eth, 0);
	assert_l3(p, v);
	assert_int_equal(transport_seen(p, v), transport ? (__s32)p->l4 : -1);
	assert_int_equal(headers_seen(v), transport);
	assert_int_equal(v->payload, transport && p->length >= p->payload ? (__s32)p->payload : -1);
	if (!transport)
		return;
	assert_int_equal(v->l4, p->l4);
	assert_int_equal(v->protocol, p->protocol);
	assert_int_equal(v->l4_length, full - p->l4);
	assert_int_equal(v->payload_length, full - p->payload);
	assert_int_equal(v->length, p->length);
}

/* At TC a test run refuses a frame of type IP without a whole IP header (EINVAL). The stack would
 * not pass such a frame to a program either. */
static size_t least_length(const struct packet *p, enum hook hook)
{
	if (hook == XDP || p->l3 > ETH_HLEN)
		return ETH_HLEN;
	return p->l3 + (p->family == 4 ? 20 : 40);
}

/* Check the whole packet, and the packet cut after every byte. */
static void assert_every_length(struct packet *p)
{
	struct program program;
	struct view view;
	size_t full;

	skip_without_bpf();
	packet_finish(p);
	full = p->length;
	program_load(&program, "tests/packet/view.bpf.o", NULL, 0);
	for (size_t i = 0; i < 2; i++) {
		for (p->length = full; p->length >= least_length(p, hooks[i]); p->length--) {
			look(&program, hooks[i], p, &view);
			assert_seen(p, full, &view);
		}
	}
	p->length = full;
	program_close(&program);
}

static void test_ip4(void **state)
{
	static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMP, IPPROTO_SCTP};

	(void)state;
	for (size_t i = 0; i < sizeof(protocols); i++) {
		struct packet p = {0};

		packet_ethernet(&p, ETH_P_IP);
		packet_ip4(&p, protocols[i], 0);
		transport(&p, protocols[i]);
		assert_every_length(&p);
	}
}

static void test_ip4_options(void **state)
{
	(void)state;
	for (size_t options = 4; options <= 40; options += 12) {
		struct packet p = {0};

		packet_ethernet(&p, ETH_P_IP);
		packet_ip4(&p, IPPROTO_UDP, options);
		transport(&p, IPPROTO_UDP);
		assert_every_length(&p);
	}
}

static void test_ip6(void **state)
{
	static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP, IPPROTO_ICMPV6, IPPROTO_SCTP};

	(void)state;
	for (size_t i = 0; i < sizeof(protocols); i++) {
		struct packet p = {0};

		packet_ethernet(&p, ETH_P_IPV6);
		packet_ip6(&p, protocols[i]);
		transport(&p, protocols[i]);
		assert_every_length(&p);
	}
}

static void test_ip6_extensions(void **state)
{
	struct packet p = {0};

	(void)state;
	packet_ethernet(&p, ETH_P_IPV6);
	packet_ip6(&p, IPPROTO_TCP);
	packet_extension(&p, IPPROTO_HOPOPTS, 8);
	packet_extension(&p, IPPROTO_DSTOPTS, 24);
	packet_extension(&p, IPPROTO_ROUTING, 24);
	packet_fragment6(&p, 0, false);
	packet_extension(&p, IPPROTO_AH, 24);
	packet_extension(&p, IPPROTO_DSTOPTS, 8);
	transport(&p, IPPROTO_TCP);
	assert_every_length(&p);
}

static void test_a_seventh_extension_is_too_many(void **state)
{
	struct packet p = {0};
	struct view v[2];

	(void)state;
	packet_ethernet(&p, ETH_P_IPV6);
	packet_ip6(&p, IPPROTO_UDP);
	for (int i = 0; i < 7; i++)
		packet_extension(&p, IPPROTO_DSTOPTS, 8);
	transport(&p, IPPROTO_UDP);
	look_at_both(&p, v);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(v[i].ip6, 14);
		assert_int_equal(v[i].l4, -1);
		assert_int_equal(headers_seen(v + i), 0);
	}
}

static void test_tags(void **state)
{
	struct packet one = {0}, two = {0};

	(void)state;
	packet_ethernet(&one, ETH_P_8021Q);
	packet_tag(&one, 0x6064, ETH_P_IP);
	packet_ip4(&one, IPPROTO_UDP, 4);
	transport(&one, IPPROTO_UDP);
	assert_every_length(&one);
	packet_ethernet(&two, ETH_P_8021AD);
	packet_tag(&two, 200, ETH_P_8021Q);
	packet_tag(&two, 100, ETH_P_IPV6);
	packet_ip6(&two, IPPROTO_TCP);
	transport(&two, IPPROTO_TCP);
	assert_every_length(&two);
}

static void test_tags_are_told(void **state)
{
	struct packet p = {0};
	struct view v[2];

	(void)state;
	packet_ethernet(&p, ETH_P_8021AD);
	packet_tag(&p, 0x60c8, ETH_P_8021Q);
	packet_tag(&p, 100, ETH_P_IP);
	packet_ip4(&p, IPPROTO_UDP, 0);
	transport(&p, IPPROTO_UDP);
	look_at_both(&p, v);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(v[i].tags, 2);
		assert_int_equal(ntohs(v[i].outer_proto), ETH_P_8021AD);
		assert_int_equal(v[i].outer_tci, 0x60c8);
		assert_int_equal(ntohs(v[i].inner_proto), ETH_P_8021Q);
		assert_int_equal(v[i].inner_tci, 100);
		assert_int_equal(ntohs(v[i].ethertype), ETH_P_IP);
	}
}

static void test_a_third_tag_hides_ip(void **state)
{
	struct packet p = {0};
	struct view v[2];

	(void)state;
	packet_ethernet(&p, ETH_P_8021Q);
	packet_tag(&p, 1, ETH_P_8021Q);
	packet_tag(&p, 2, ETH_P_8021Q);
	packet_tag(&p, 3, ETH_P_IP);
	packet_ip4(&p, IPPROTO_UDP, 0);
	transport(&p, IPPROTO_UDP);
	look_at_both(&p, v);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(v[i].tags, 2);
		assert_int_equal(v[i].ip4, -1);
		assert_int_equal(headers_seen(v + i), 0);
	}
}

/* After pushes the outermost tag is in the packet at XDP, and in the metadata at TC. The views must
 * differ in the offsets of the headers only. */
static void test_metadata_tags_look_alike(void **state)
{
	struct program program;
	struct view v;

	(void)state;
	skip_without_bpf();
	for (uint8_t push = 1; push <= 2; push++) {
		struct packet p = {0};

		packet_ethernet(&p, ETH_P_IP);
		packet_ip4(&p, IPPROTO_UDP, 0);
		transport(&p, IPPROTO_UDP);
		packet_finish(&p);
		program_load(&program, "tests/packet/view.bpf.o",
			     (struct param[]){PARAM("push", push)}, 1);
		for (size_t i = 0; i < 2; i++) {
			int in_packet = hooks[i] == XDP ? push : push - 1;

			look(&program, hooks[i], &p, &v);
			assert_int_equal(v.tags, push);
			assert_int_equal(ntohs(v.outer_proto),
					 push == 2 ? ETH_P_8021AD : ETH_P_8021Q);
			assert_int_equal(v.outer_tci, push == 2 ? 0x60c8 : 100);
			assert_int_equal(v.inner_tci, push == 2 ? 100 : 0);
			assert_int_equal(v.ip4, 14 + 4 * in_packet);
			assert_int_equal(v.udp, 34 + 4 * in_packet);
		}
		program_close(&program);
	}
}

/* An XDP frame of 9,000 bytes has a linear part and fragments; the view's length covers both. */
static void test_xdp_frags(void **state)
{
	uint32_t flags = EDGE_CHAIN_FRAGS;
	struct program program;
	struct packet p = {0};
	struct view v;

	(void)state;
	skip_without_bpf();
	packet_ethernet(&p, ETH_P_IP);
	packet_ip4(&p, IPPROTO_UDP, 0);
	packet_udp(&p, 1000, 53);
	packet_payload(&p, 9000 - p.length);
	packet_finish(&p);
	program_load(&program, "tests/packet/view.bpf.o",
		     (struct param[]){PARAM("edge_flags", flags)}, 1);
	look(&program, XDP, &p, &v);
	assert_int_equal(v.length, 9000);
	assert_int_equal(v.udp, 34);
	assert_int_equal(v.payload_length, 9000 - 42);
	program_close(&program);
}

static void test_fragments(void **state)
{
	static const struct {
		unsigned int offset;
		bool more;
	} cases[] = {{0, true}, {100, true}, {200, false}, {0x1fff, false}};
	struct view v[2];

	(void)state;
	for (size_t i = 0; i < 8; i++) {
		unsigned int offset = cases[i / 2].offset;
		bool more = cases[i / 2].more;
		struct packet p = {0};

		packet_ethernet(&p, i & 1 ? ETH_P_IPV6 : ETH_P_IP);
		if (i & 1) {
			packet_ip6(&p, IPPROTO_UDP);
			packet_fragment6(&p, offset, more);
		} else {
			packet_ip4(&p, IPPROTO_UDP, 0);
			packet_fragment4(&p, offset, more);
		}
		transport(&p, IPPROTO_UDP);
		look_at_both(&p, v);
		for (int hook = 0; hook < 2; hook++) {
			assert_int_equal(v[hook].fragment, offset | (more ? 0x2000 : 0));
			assert_int_equal(v[hook].protocol, IPPROTO_UDP);
			assert_int_equal(v[hook].udp, offset ? -1 : (__s32)p.l4);
			assert_int_equal(v[hook].l4, offset ? -1 : (__s32)p.l4);
		}
	}
}

static void test_arp(void **state)
{
	struct program program;
	struct packet p = {0};
	struct view v;

	(void)state;
	skip_without_bpf();
	packet_ethernet(&p, ETH_P_ARP);
	packet_arp(&p);
	program_load(&program, "tests/packet/view.bpf.o", NULL, 0);
	for (size_t i = 0; i < 2; i++) {
		for (p.length = 42; p.length >= 14; p.length--) {
			look(&program, hooks[i], &p, &v);
			assert_int_equal(v.arp, p.length == 42 ? 14 : -1);
			assert_int_equal(v.ip4, -1);
		}
	}
	program_close(&program);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_ip4),
		cmocka_unit_test(test_ip4_options),
		cmocka_unit_test(test_ip6),
		cmocka_unit_test(test_ip6_extensions),
		cmocka_unit_test(test_a_seventh_extension_is_too_many),
		cmocka_unit_test(test_tags),
		cmocka_unit_test(test_tags_are_told),
		cmocka_unit_test(test_a_third_tag_hides_ip),
		cmocka_unit_test(test_metadata_tags_look_alike),
		cmocka_unit_test(test_xdp_frags),
		cmocka_unit_test(test_fragments),
		cmocka_unit_test(test_arp),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

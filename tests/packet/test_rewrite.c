// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Rewrites, at both hooks: the field has the requested value, every checksum is right over the
 * whole packet, and no other byte changes.
 */
#include "calls.h"
#include "lib/program.h"

static struct edge_ip address(int family)
{
	return ip(family == 4 ? "203.0.113.77" : "2001:db8:ffff::9");
}

static void load(struct program *program, uint32_t call, int family, uint32_t number)
{
	struct edge_ip ip = address(family);
	uint16_t port = htons(4321);

	program_load(program, "tests/packet/calls.bpf.o",
		     (struct param[]){PARAM("call", call), PARAM("ip", ip), PARAM("port", port),
				      PARAM("number", number)},
		     4);
}

/* Run @call on @in; it must succeed, and the packet must become @want. */
static void assert_becomes(uint32_t call, uint32_t number, const struct packet *in,
			   const struct packet *want)
{
	struct program program;
	struct result result;

	load(&program, call, in->family ? in->family : 4, number);
	for (size_t i = 0; i < 2; i++) {
		program_run(&program, hooks[i], in, &result);
		assert_result(&result, answer_next[hooks[i]], want);
	}
	program_close(&program);
}

static void assert_refused(uint32_t call, uint32_t number, const struct packet *in)
{
	struct program program;
	struct result result;

	load(&program, call, in->family ? in->family : 4, number);
	for (size_t i = 0; i < 2; i++) {
		program_run(&program, hooks[i], in, &result);
		assert_int_equal(result.answer, answer_drop[hooks[i]]);
		assert_untouched(&result, in);
	}
	program_close(&program);
}

static void set_address(struct packet *p, bool source)
{
	struct edge_ip ip = address(p->family);

	if (p->family == 4)
		memcpy(p->data + p->l3 + (source ? 12 : 16), &ip.word[3], 4);
	else
		memcpy(p->data + p->l3 + (source ? 8 : 24), &ip, 16);
}

static const uint8_t protocols[] = {IPPROTO_TCP, IPPROTO_UDP};

static void test_addresses(void **state)
{
	(void)state;
	skip_without_bpf();
	for (int family = 4; family <= 6; family += 2) {
		for (size_t i = 0; i < 2; i++) {
			struct packet in, want;

			packet_make(&in, family, protocols[i], 33);
			want = in;
			set_address(&want, true);
			packet_finish(&want);
			assert_becomes(CALL_SOURCE_IP, 0, &in, &want);
			want = in;
			set_address(&want, false);
			packet_finish(&want);
			assert_becomes(CALL_DESTINATION_IP, 0, &in, &want);
		}
	}
}

static void test_ports(void **state)
{
	(void)state;
	skip_without_bpf();
	for (int family = 4; family <= 6; family += 2) {
		for (size_t i = 0; i < 2; i++) {
			struct packet in, want;

			packet_make(&in, family, protocols[i], 33);
			want = in;
			packet_put16(&want, want.l4, 4321);
			packet_finish(&want);
			assert_becomes(CALL_SOURCE_PORT, 0, &in, &want);
			set_address(&want, true);
			packet_finish(&want);
			assert_becomes(CALL_SOURCE, 0, &in, &want);
			want = in;
			packet_put16(&want, want.l4 + 2, 4321);
			packet_finish(&want);
			assert_becomes(CALL_DESTINATION_PORT, 0, &in, &want);
			set_address(&want, false);
			packet_finish(&want);
			assert_becomes(CALL_DESTINATION, 0, &in, &want);
		}
	}
}

static void test_icmp_checksums(void **state)
{
	struct packet in, want;

	(void)state;
	skip_without_bpf();
	packet_make(&in, 4, IPPROTO_ICMP, 33); /* its checksum does not cover the addresses */
	want = in;
	set_address(&want, false);
	packet_finish(&want);
	assert_becomes(CALL_DESTINATION_IP, 0, &in, &want);
	packet_make(&in, 6, IPPROTO_ICMPV6, 33); /* its checksum covers the addresses */
	want = in;
	set_address(&want, false);
	packet_finish(&want);
	assert_becomes(CALL_DESTINATION_IP, 0, &in, &want);
}

/* RFC 768: a checksum of 0 means no checksum. It stays 0. */
static void test_no_udp_checksum_stays_none(void **state)
{
	struct packet in, want;

	(void)state;
	skip_without_bpf();
	packet_make(&in, 4, IPPROTO_UDP, 33);
	packet_put16(&in, in.l4 + 6, 0);
	want = in;
	set_address(&want, false);
	packet_finish(&want);
	packet_put16(&want, want.l4 + 6, 0);
	assert_becomes(CALL_DESTINATION_IP, 0, &in, &want);
}

/* RFC 768: a computed checksum of 0 is sent as 0xffff. The payload is chosen for this sum. */
static void test_a_udp_checksum_of_zero(void **state)
{
	struct packet in, want;

	(void)state;
	skip_without_bpf();
	packet_make(&in, 4, IPPROTO_UDP, 33);
	want = in;
	set_address(&want, false);
	packet_put16(&want, want.payload, 0);
	packet_finish(&want);
	packet_put16(&want, want.payload, packet_get16(&want, want.l4 + 6));
	packet_put16(&in, in.payload, packet_get16(&want, want.payload));
	packet_finish(&in);
	packet_finish(&want);
	assert_int_equal(packet_get16(&want, want.l4 + 6), 0);
	packet_put16(&want, want.l4 + 6, 0xffff);
	assert_becomes(CALL_DESTINATION_IP, 0, &in, &want);
}

/* In a later fragment only the IP header changes, since it has no transport header. */
static void test_a_later_fragment(void **state)
{
	struct packet in, want;

	(void)state;
	skip_without_bpf();
	packet_make(&in, 4, IPPROTO_UDP, 33);
	packet_fragment4(&in, 185, false);
	packet_finish(&in);
	want = in;
	set_address(&want, false);
	packet_finish(&want);
	assert_becomes(CALL_DESTINATION_IP, 0, &in, &want);
	assert_refused(CALL_DESTINATION_PORT, 0, &in);
}

static void test_ttl(void **state)
{
	(void)state;
	skip_without_bpf();
	for (int family = 4; family <= 6; family += 2) {
		struct packet in, want;
		size_t field;

		packet_make(&in, family, IPPROTO_UDP, 33);
		field = in.l3 + (family == 4 ? 8 : 7);
		want = in;
		want.data[field] = 63;
		packet_finish(&want);
		assert_becomes(CALL_TTL, 0, &in, &want);
		for (uint8_t ttl = 0; ttl < 2; ttl++) {
			in.data[field] = ttl;
			packet_finish(&in);
			assert_refused(CALL_TTL, 0, &in);
		}
	}
}

/* The builders set ECN to 1, which must stay. */
static void test_dscp(void **state)
{
	struct packet in, want;

	(void)state;
	skip_without_bpf();
	packet_make(&in, 4, IPPROTO_TCP, 33);
	want = in;
	want.data[want.l3 + 1] = 46 << 2 | 1;
	packet_finish(&want);
	assert_becomes(CALL_DSCP, 46, &in, &want);
	packet_make(&in, 6, IPPROTO_TCP, 33);
	want = in; /* 46 << 2 | 1 is 0xb9; the flow label is 5 */
	memcpy(want.data + want.l3, (uint8_t[]){0x6b, 0x90, 0, 5}, 4);
	assert_becomes(CALL_DSCP, 46, &in, &want);
}

/* Make the checksum partial, as a local socket leaves it to the device: the sum of the pseudo
 * header, not complemented. */
static void make_partial(struct packet *p)
{
	packet_put16(p, p->l4 + (p->protocol == IPPROTO_TCP ? 16 : 6), packet_pseudo_sum(p));
}

static void load_partial(struct program *program, uint32_t call, int family)
{
	struct edge_ip ip = address(family);
	uint32_t flags = EDGE_CHAIN_PARTIAL_CSUM;
	uint16_t port = htons(4321);

	program_load(program, "tests/packet/calls.bpf.o",
		     (struct param[]){PARAM("call", call), PARAM("ip", ip), PARAM("port", port),
				      PARAM("edge_flags", flags)},
		     4);
}

/* On veth, at XDP: a partial checksum stays partial, for the new addresses; a complete checksum
 * stays complete. */
static void test_partial_checksums(void **state)
{
	struct program program;
	struct result result;

	(void)state;
	skip_without_bpf();
	for (int i = 0; i < 8; i++) {
		struct packet in, want;
		bool partial = i & 4;

		packet_make(&in, i & 1 ? 6 : 4, protocols[i >> 1 & 1], 33);
		want = in;
		set_address(&want, false);
		packet_put16(&want, want.l4 + 2, 4321);
		packet_finish(&want);
		if (partial) {
			make_partial(&in);
			make_partial(&want);
		}
		load_partial(&program, CALL_DESTINATION, in.family);
		program_run(&program, XDP, &in, &result);
		assert_int_equal(result.answer, answer_next[XDP]);
		assert_memory_equal(result.out.data, want.data, want.length);
		program_close(&program);
	}
}

/* Packets sent at XDP have complete checksums, at any length. */
static void test_a_partial_checksum_is_completed(void **state)
{
	static const size_t lengths[] = {0, 1, 3, 64, 127, 1000, 1400};
	struct program program;
	struct result result;

	(void)state;
	skip_without_bpf();
	load_partial(&program, CALL_TX, 4);
	for (size_t i = 0; i < 14; i++) {
		struct packet in, want;

		packet_make(&in, i & 1 ? 6 : 4, IPPROTO_TCP, 33);
		in.length = in.payload;
		packet_payload(&in, lengths[i / 2]);
		packet_finish(&in);
		want = in;
		make_partial(&in);
		program_run(&program, XDP, &in, &result);
		assert_int_equal(result.answer, XDP_TX);
		assert_memory_equal(result.out.data, want.data, want.length);
		program_run(&program, XDP, &want, &result);
		assert_untouched(&result, &want);
	}
	program_close(&program);
}

/* Compare the IP packet at the end of the frame. test_move.c checks the headers in front of it. */
static void assert_inner(const struct result *result, const struct packet *want)
{
	size_t size = want->length - want->l3;

	assert_true(result->out.length >= want->length);
	assert_memory_equal(result->out.data + result->out.length - size, want->data + want->l3,
			    size);
}

static void load_sending(struct program *program, uint32_t call, int family)
{
	struct edge_ip ip = address(family);
	uint32_t flags = EDGE_CHAIN_PARTIAL_CSUM, number = 100;
	uint8_t send_back = 1;

	program_load(program, "tests/packet/calls.bpf.o",
		     (struct param[]){PARAM("call", call), PARAM("ip", ip), PARAM("ip2", ip),
				      PARAM("number", number), PARAM("edge_flags", flags),
				      PARAM("send_back", send_back)},
		     6);
}

/* If a call has pushed a header in front of a partial checksum, this checksum is completed in place
 * when the frame is sent; a complete checksum stays. */
static void test_a_hidden_partial_checksum_is_completed(void **state)
{
	static const uint32_t calls[] = {CALL_PUSH,	   CALL_ENCAP_IP,   CALL_ENCAP_GUE,
					 CALL_ENCAP_VXLAN, CALL_ENCAP_VLAN, CALL_ENCAP_DECAP,
					 CALL_VLAN_PUSH};
	struct program program;
	struct result result;

	(void)state;
	skip_without_bpf();
	for (size_t i = 0; i < sizeof(calls) / sizeof(*calls); i++) {
		load_sending(&program, calls[i], i & 1 ? 4 : 6);
		for (size_t j = 0; j < 4; j++) {
			struct packet in, want;

			packet_make(&in, j & 1 ? 6 : 4, protocols[j >> 1], 33);
			want = in;
			make_partial(&in);
			program_run(&program, XDP, &in, &result);
			assert_int_equal(result.answer, XDP_TX);
			assert_inner(&result, &want);
			program_run(&program, XDP, &want, &result);
			assert_int_equal(result.answer, XDP_TX);
			assert_inner(&result, &want);
		}
		program_close(&program);
	}
}

/* A tunnel as the sender's kernel builds it: the outer protocol, its header, and whether the inner
 * packet has an Ethernet header. */
static const struct tunnel {
	uint8_t protocol, size, header[20];
	bool ethernet;
} tunnels[] = {
	{IPPROTO_IPIP, 0, {0}, false},
	{IPPROTO_GRE, 4, {0, 0, 8, 0}, false},
	{IPPROTO_GRE, 12, {0xa0, 0, 0x65, 0x58, 0, 0, 0, 0, 0, 0, 0, 1}, true},
	{IPPROTO_UDP, 16, {0, 1, 18, 181, 0, 0, 0, 0, 8, 0, 0, 0, 0, 0, 7, 0}, true}, /* VXLAN */
	{IPPROTO_UDP, 20, {0, 1, 23, 193, 0, 0, 0, 0, 1, 0, 0x65, 0x58}, true},	      /* Geneve */
	{IPPROTO_UDP, 12, {0, 1, 23, 192, 0, 0, 0, 0, 0, IPPROTO_IPIP}, false},	      /* GUE */
	{IPPROTO_UDP, 8, {0, 1, 21, 179}, false},				      /* FOU */
};

static void put_in_tunnel(const struct tunnel *tunnel, const struct packet *inner,
			  struct packet *out)
{
	size_t from = tunnel->ethernet ? 0 : inner->l3, l4 = 14 + 20;

	memset(out, 0, sizeof(*out));
	packet_ethernet(out, ETH_P_IP);
	packet_ip4(out, tunnel->protocol, 0);
	memcpy(out->data + l4, tunnel->header, tunnel->size);
	memcpy(out->data + l4 + tunnel->size, inner->data + from, inner->length - from);
	out->length = l4 + tunnel->size + inner->length - from;
	packet_put16(out, out->l3 + 2, (uint16_t)(out->length - out->l3));
}

/* A local tunnel leaves the inner checksum to the device: this checksum is completed, too. */
static void test_a_partial_checksum_in_a_tunnel_is_completed(void **state)
{
	struct program program;
	struct result result;

	(void)state;
	skip_without_bpf();
	load_partial(&program, CALL_TX, 4);
	for (size_t i = 0; i < 4 * sizeof(tunnels) / sizeof(*tunnels); i++) {
		struct packet inner, in, want;

		packet_make(&inner, i & 1 ? 6 : 4, protocols[i >> 1 & 1], 33);
		put_in_tunnel(&tunnels[i / 4], &inner, &want);
		make_partial(&inner);
		put_in_tunnel(&tunnels[i / 4], &inner, &in);
		program_run(&program, XDP, &in, &result);
		assert_int_equal(result.answer, XDP_TX);
		assert_memory_equal(result.out.data, want.data, want.length);
		program_run(&program, XDP, &want, &result);
		assert_untouched(&result, &want);
	}
	program_close(&program);
}

/* SCTP leaves its CRC32c to the device, and the SDK cannot complete it: the frame is not sent. */
static void test_a_partial_sctp_checksum_is_not_sent(void **state)
{
	struct program program;
	struct result result;
	struct packet in;

	(void)state;
	skip_without_bpf();
	packet_make(&in, 4, IPPROTO_SCTP, 33);
	for (size_t i = 0; i < 2; i++) {
		load_sending(&program, i ? CALL_ENCAP_IP : CALL_DSCP, 4);
		packet_put16(&in, in.l4 + 8, 0); /* the builder's value: 0 */
		program_run(&program, XDP, &in, &result);
		assert_int_equal(result.answer, XDP_ABORTED);
		packet_put16(&in, in.l4 + 8, 0x1234);
		program_run(&program, XDP, &in, &result);
		assert_int_equal(result.answer, XDP_TX);
		program_close(&program);
	}
}

static const uint8_t new_mac[6] = {2, 0, 0, 0, 0, 0xaa};

/* Assert that one call changes @in to @want, at both hooks. */
static void assert_call(uint32_t call, const struct packet *in, const struct packet *want)
{
	struct program program;
	struct result result;

	program_load(&program, "tests/packet/calls.bpf.o", (struct param[]){PARAM("call", call)},
		     1);
	for (size_t i = 0; i < 2; i++) {
		program_run(&program, hooks[i], in, &result);
		assert_int_equal(result.answer, answer_next[hooks[i]]);
		assert_untouched(&result, want);
	}
	program_close(&program);
}

static void test_macs(void **state)
{
	struct packet in, want;

	(void)state;
	skip_without_bpf();
	packet_make(&in, 4, IPPROTO_TCP, 33);
	want = in;
	memcpy(want.data + 6, new_mac, 6);
	assert_call(CALL_MAC_SOURCE, &in, &want);
	want = in;
	memcpy(want.data, new_mac, 6);
	assert_call(CALL_MAC_DESTINATION, &in, &want);
	want = in;
	memcpy(want.data, in.data + 6, 6);
	memcpy(want.data + 6, in.data, 6);
	assert_call(CALL_SWAP_MACS, &in, &want);
}

static void test_swap_ips(void **state)
{
	struct packet in, want;

	(void)state;
	skip_without_bpf();
	packet_make(&in, 4, IPPROTO_TCP, 33);
	want = in;
	memcpy(want.data + want.l3 + 12, in.data + in.l3 + 16, 4);
	memcpy(want.data + want.l3 + 16, in.data + in.l3 + 12, 4);
	packet_finish(&want);
	assert_call(CALL_SWAP_IPS, &in, &want);
	packet_make(&in, 6, IPPROTO_UDP, 33);
	want = in;
	memcpy(want.data + want.l3 + 8, in.data + in.l3 + 24, 16);
	memcpy(want.data + want.l3 + 24, in.data + in.l3 + 8, 16);
	packet_finish(&want);
	assert_call(CALL_SWAP_IPS, &in, &want);
}

/* Like a packet that is sent back, a redirected packet gets a complete checksum at XDP. */
static void test_redirect(void **state)
{
	static const int redirect[] = {[XDP] = XDP_REDIRECT, [TC] = 7 /* TC_ACT_REDIRECT */};
	struct program program;
	struct result result;
	struct packet in, want;

	(void)state;
	skip_without_bpf();
	load_partial(&program, CALL_REDIRECT, 4);
	packet_make(&in, 4, IPPROTO_TCP, 33);
	want = in;
	for (size_t i = 0; i < 2; i++) {
		program_run(&program, hooks[i], &want, &result);
		assert_int_equal(result.answer, redirect[hooks[i]]);
		assert_untouched(&result, &want);
	}
	make_partial(&in);
	program_run(&program, XDP, &in, &result);
	assert_int_equal(result.answer, XDP_REDIRECT);
	assert_untouched(&result, &want);
	program_close(&program);
}

static void test_refusals(void **state)
{
	struct packet p;

	(void)state;
	skip_without_bpf();
	packet_make(&p, 4, IPPROTO_SCTP, 33);
	assert_refused(CALL_SOURCE_PORT, 0, &p);
	packet_make(&p, 4, IPPROTO_ICMP, 33);
	assert_refused(CALL_SOURCE_PORT, 0, &p);
	memset(&p, 0, sizeof(p));
	packet_ethernet(&p, ETH_P_ARP);
	packet_arp(&p);
	assert_refused(CALL_SOURCE_IP, 0, &p);
	assert_refused(CALL_TTL, 0, &p);
	assert_refused(CALL_DSCP, 10, &p);
}

/* Build an IPv6 packet with @count extension headers of one kind; a routing header has @left
 * segments left. */
static void make_extended(struct packet *p, uint8_t number, size_t count, uint8_t left)
{
	memset(p, 0, sizeof(*p));
	packet_ethernet(p, ETH_P_IPV6);
	packet_ip6(p, IPPROTO_UDP);
	for (size_t i = 0; i < count; i++) {
		size_t at = p->length;

		packet_extension(p, number, 24);
		if (number == IPPROTO_ROUTING)
			p->data[at + 3] = left;
	}
	packet_udp(p, 1000, 53);
	packet_payload(p, 20);
	packet_finish(p);
}

/* The address stays if the checksum that covers it cannot be found, or covers another destination
 * (RFC 8200, section 8.1; RFC 791, section 3.1). */
static void test_addresses_whose_checksum_is_out_of_reach(void **state)
{
	struct packet p;

	(void)state;
	skip_without_bpf();
	make_extended(&p, IPPROTO_DSTOPTS, 7, 0);
	assert_refused(CALL_SOURCE_IP, 0, &p);
	assert_refused(CALL_DESTINATION_IP, 0, &p);
	assert_refused(CALL_SWAP_IPS, 0, &p);
	make_extended(&p, IPPROTO_ROUTING, 1, 1);
	assert_refused(CALL_DESTINATION_IP, 0, &p);
	assert_refused(CALL_DESTINATION, 0, &p);
	assert_refused(CALL_SWAP_IPS, 0, &p);
	packet_make(&p, 4, IPPROTO_UDP, 33); /* the transport header is cut off */
	p.length = p.l4 + 4;
	assert_refused(CALL_SOURCE_IP, 0, &p);
	memset(&p, 0, sizeof(p));
	packet_ethernet(&p, ETH_P_IP);
	packet_ip4(&p, IPPROTO_UDP, 12);
	packet_udp(&p, 1000, 53);
	packet_payload(&p, 20);
	memcpy(p.data + p.l3 + 20, (uint8_t[]){1, 148, 4, 0, 0, 131, 7, 4, 203, 0, 113, 5}, 12);
	packet_finish(&p);
	assert_refused(CALL_DESTINATION_IP, 0, &p);
	assert_refused(CALL_SWAP_IPS, 0, &p);
}

/* A finished source route does not matter, nor do other options and headers. */
static void test_used_up_source_routes(void **state)
{
	struct packet in, want;

	(void)state;
	skip_without_bpf();
	make_extended(&in, IPPROTO_ROUTING, 1, 0);
	want = in;
	set_address(&want, false);
	packet_finish(&want);
	assert_becomes(CALL_DESTINATION_IP, 0, &in, &want);
	memset(&in, 0, sizeof(in));
	packet_ethernet(&in, ETH_P_IP);
	packet_ip4(&in, IPPROTO_UDP, 40);
	packet_udp(&in, 1000, 53);
	packet_payload(&in, 20);
	memcpy(in.data + in.l3 + 28, (uint8_t[]){148, 4, 0, 0, 131, 7, 8, 203, 0, 113, 5}, 11);
	packet_finish(&in);
	want = in;
	set_address(&want, false);
	packet_finish(&want);
	assert_becomes(CALL_DESTINATION_IP, 0, &in, &want);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_ports),
		cmocka_unit_test(test_icmp_checksums),
		cmocka_unit_test(test_no_udp_checksum_stays_none),
		cmocka_unit_test(test_a_udp_checksum_of_zero),
		cmocka_unit_test(test_a_later_fragment),
		cmocka_unit_test(test_ttl),
		cmocka_unit_test(test_dscp),
		cmocka_unit_test(test_partial_checksums),
		cmocka_unit_test(test_a_partial_checksum_is_completed),
		cmocka_unit_test(test_macs),
		cmocka_unit_test(test_swap_ips),
		cmocka_unit_test(test_redirect),
		cmocka_unit_test(test_refusals),
		cmocka_unit_test(test_a_hidden_partial_checksum_is_completed),
		cmocka_unit_test(test_a_partial_checksum_in_a_tunnel_is_completed),
		cmocka_unit_test(test_a_partial_sctp_checksum_is_not_sent),
		cmocka_unit_test(test_addresses_whose_checksum_is_out_of_reach),
		cmocka_unit_test(test_used_up_source_routes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

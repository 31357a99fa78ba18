// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Calls that move the packet: tags, headers pushed and popped, the end cut off, tunnels. The
 * expected bytes are written out here, from the RFCs; decapsulation returns the packet that was
 * encapsulated.
 */
#include <sys/utsname.h>

#include "calls.h"
#include "lib/program.h"

struct ends {
	struct edge_ip remote, local; /* as text */
};

static void ends(struct ends *ends, int family)
{
	ends->remote = ip(family == 4 ? "203.0.113.9" : "2001:db8:9::9");
	ends->local = ip(family == 4 ? "203.0.113.1" : "2001:db8:9::1");
}

static void load(struct program *program, uint32_t call, int family, uint32_t number)
{
	struct ends e;

	ends(&e, family);
	program_load(program, "tests/packet/calls.bpf.o",
		     (struct param[]){PARAM("call", call), PARAM("ip", e.remote),
				      PARAM("ip2", e.local), PARAM("number", number)},
		     4);
}

static void run(uint32_t call, int family, uint32_t number, enum hook hook, const struct packet *in,
		struct result *result)
{
	struct program program;

	load(&program, call, family, number);
	program_run(&program, hook, in, result);
	program_close(&program);
}

/* At TC the tag is then in the metadata, which a test run does not show; test_view.c tests that. */
static void test_vlan_push(void **state)
{
	struct packet in, want = {0};
	struct result result;

	(void)state;
	skip_without_bpf();
	packet_make(&in, 4, IPPROTO_UDP, 40);
	packet_add(&want, in.data, 12);
	packet_add(&want, (uint8_t[]){0x81, 0, 0x60, 0x64}, 4);
	packet_add(&want, in.data + 12, in.length - 12);
	run(CALL_VLAN_PUSH, 4, 0x6064, XDP, &in, &result);
	assert_result(&result, answer_next[XDP], &want);
	run(CALL_VLAN_PUSH, 4, 0x6064, TC, &in, &result);
	assert_result(&result, answer_next[TC], &in);
	/* Pop the tag that is in the packet. */
	run(CALL_VLAN_POP, 4, 0, XDP, &want, &result);
	assert_result(&result, answer_next[XDP], &in);
	run(CALL_VLAN_POP, 4, 0, TC, &want, &result);
	assert_result(&result, answer_next[TC], &in);
}

static void test_vlan_set_and_refusals(void **state)
{
	struct packet plain, tagged = {0}, want;
	struct result result;

	(void)state;
	skip_without_bpf();
	packet_make(&plain, 4, IPPROTO_UDP, 40);
	packet_add(&tagged, plain.data, 12);
	packet_add(&tagged, (uint8_t[]){0x81, 0, 0, 10}, 4);
	packet_add(&tagged, plain.data + 12, plain.length - 12);
	want = tagged;
	packet_put16(&want, 14, 0x2014);
	run(CALL_VLAN_SET, 4, 0x2014, XDP, &tagged, &result);
	assert_result(&result, answer_next[XDP], &want);
	for (size_t i = 0; i < 2; i++) {
		run(CALL_VLAN_SET, 4, 1, hooks[i], &plain, &result);
		assert_int_equal(result.answer, answer_drop[hooks[i]]);
		run(CALL_VLAN_POP, 4, 1, hooks[i], &plain, &result);
		assert_int_equal(result.answer, answer_drop[hooks[i]]);
	}
}

/* 0x88b5 is the ethertype for local experiments (IEEE 802). */
static void test_push_and_pop(void **state)
{
	struct packet in, want = {0};
	struct result result;

	(void)state;
	skip_without_bpf();
	packet_make(&in, 4, IPPROTO_UDP, 40);
	packet_add(&want, in.data, 12);
	packet_add(&want, (uint8_t[]){0x88, 0xb5, 1, 2, 3, 4, 5, 6, 7, 8}, 10);
	packet_add(&want, in.data + 14, in.length - 14);
	for (size_t i = 0; i < 2; i++) {
		run(CALL_PUSH, 4, 0, hooks[i], &in, &result);
		assert_result(&result, answer_next[hooks[i]], &want);
	}
}

/* Pop removes the outer of two IP headers; it refuses packets other than IP. */
static void test_pop(void **state)
{
	struct packet in, want, arp = {0};
	struct result result;

	(void)state;
	skip_without_bpf();
	packet_make(&want, 4, IPPROTO_UDP, 40);
	memset(&in, 0, sizeof(in));
	packet_ethernet(&in, ETH_P_IP);
	packet_ip4(&in, IPPROTO_IPIP, 0);
	packet_add(&in, want.data + ETH_HLEN, want.length - ETH_HLEN);
	packet_finish(&in);
	packet_ethernet(&arp, ETH_P_ARP);
	packet_arp(&arp);
	for (size_t i = 0; i < 2; i++) {
		run(CALL_POP, 4, 0, hooks[i], &in, &result);
		assert_result(&result, answer_next[hooks[i]], &want);
		run(CALL_POP, 4, 0, hooks[i], &arp, &result);
		assert_int_equal(result.answer, answer_drop[hooks[i]]);
		assert_untouched(&result, &arp);
	}
}

/* Pushes succeed until the headroom is used up (256 bytes at XDP, less the kernel's own 32 to 40);
 * then the packet stays unchanged. At TC the kernel adds headroom. */
static void test_push_until_no_headroom(void **state)
{
	struct packet in;
	struct result result;

	(void)state;
	skip_without_bpf();
	packet_make(&in, 4, IPPROTO_UDP, 40);
	for (size_t i = 0; i < 2; i++) {
		size_t pushed;

		run(CALL_PUSH_MANY, 4, 16, hooks[i], &in, &result);
		assert_int_equal(result.answer, answer_next[hooks[i]]);
		pushed = (result.out.length - in.length) / 20;
		assert_int_equal(result.out.length, in.length + 20 * pushed);
		if (hooks[i] == XDP)
			assert_in_range(pushed, 10, 11);
		else
			assert_int_equal(pushed, 16);
		assert_memory_equal(result.out.data, in.data, ETH_HLEN);
		for (size_t n = 0; n < pushed; n++)
			assert_memory_equal(result.out.data + ETH_HLEN + 20 * n, in.data + ETH_HLEN,
					    20);
		assert_memory_equal(result.out.data + ETH_HLEN + 20 * pushed, in.data + ETH_HLEN,
				    in.length - ETH_HLEN);
	}
}

static void test_trim(void **state)
{
	struct packet in, want;
	struct result result;

	(void)state;
	skip_without_bpf();
	packet_make(&in, 4, IPPROTO_UDP, 40);
	want = in;
	want.length = 60;
	for (size_t i = 0; i < 2; i++) {
		run(CALL_TRIM, 4, 60, hooks[i], &in, &result);
		assert_result(&result, answer_next[hooks[i]], &want);
		run(CALL_TRIM, 4, (uint32_t)in.length + 1, hooks[i], &in, &result);
		assert_int_equal(result.answer, answer_drop[hooks[i]]);
	}
}

/* A frame that ends after its link header moves like any other frame, or stays unchanged. */
static void test_short_frames(void **state)
{
	struct packet in = {0}, want = {0};
	struct result result;

	(void)state;
	skip_without_bpf();
	packet_ethernet(&in, 0x88b5);
	packet_add(&want, in.data, 12);
	packet_add(&want, (uint8_t[]){0x81, 0, 0, 100, 0x88, 0xb5}, 6);
	run(CALL_VLAN_PUSH, 4, 100, XDP, &in, &result);
	assert_result(&result, answer_next[XDP], &want);
	run(CALL_VLAN_POP, 4, 0, XDP, &want, &result);
	assert_result(&result, answer_next[XDP], &in);
}

/* At TC the kernel also moves the tag after the outermost tag out of the packet. If that tag is cut
 * off, both tags stay. */
static void test_a_tag_that_is_cut_off(void **state)
{
	struct packet in = {0};
	struct result result;

	(void)state;
	skip_without_bpf();
	packet_ethernet(&in, ETH_P_8021Q);
	packet_tag(&in, 10, ETH_P_8021Q);
	packet_add(&in, (uint8_t[]){0, 20}, 2);
	run(CALL_VLAN_POP, 4, 0, TC, &in, &result);
	assert_int_equal(result.answer, answer_drop[TC]);
	assert_untouched(&result, &in);
}

static void assert_refused(uint32_t call, int family, uint32_t number, const struct packet *in)
{
	struct program program;
	struct result result;

	load(&program, call, family, number);
	for (size_t i = 0; i < 2; i++) {
		program_run(&program, hooks[i], in, &result);
		assert_int_equal(result.answer, answer_drop[hooks[i]]);
		assert_untouched(&result, in);
	}
	program_close(&program);
}

/* A pop must leave at least the link header, and a trim must not cut a header. */
static void test_no_more_is_taken_than_there_is(void **state)
{
	struct packet in;

	(void)state;
	skip_without_bpf();
	packet_make(&in, 4, IPPROTO_UDP, 40); /* 14 + 20 + 8 + 40 bytes */
	assert_refused(CALL_POP_IP, 4, (uint32_t)in.length - ETH_HLEN + 1, &in);
	assert_refused(CALL_POP_IP, 4, 0, &in);
	assert_refused(CALL_POP_IP, 4, 5000, &in);
	assert_refused(CALL_TRIM, 4, (uint32_t)in.payload - 1, &in);
	assert_refused(CALL_TRIM, 4, 20, &in);
}

/* Build the outer IP header for @inner bytes, from RFC 791 and RFC 8200. DSCP and ECN come from the
 * inner header, where the builders set the byte to 1. */
static void outer(struct packet *p, int family, uint8_t protocol, size_t inner)
{
	struct ends e;

	ends(&e, family);
	p->l3 = p->length;
	p->family = family;
	if (family == 4) {
		packet_add(p, (uint8_t[]){0x45, 1, 0,	0, 0,	0, 0x40, 0, 64,	 protocol,
					  0,	0, 203, 0, 113, 1, 203,	 0, 113, 9},
			   20);
		packet_put16(p, p->l3 + 2, (unsigned int)inner + 20);
		packet_put16(p, p->l3 + 10, (uint16_t)~packet_ip4_sum(p));
		return;
	}
	packet_add(p, (uint8_t[]){0x60, 0x10, 0, 0, 0, 0, protocol, 64}, 8);
	packet_put16(p, p->l3 + 4, (unsigned int)inner);
	packet_add(p, &e.local, 16);
	packet_add(p, &e.remote, 16);
}

static void outer_udp(struct packet *p, unsigned int port, size_t inner)
{
	packet_udp(p, 50000, port);
	packet_put16(p, p->length - 4, (unsigned int)inner + 8);
}

static void tunnel(struct packet *want, const struct packet *in, uint32_t call, int family)
{
	size_t inner = in->length - ETH_HLEN;
	uint8_t protocol = in->family == 4 ? IPPROTO_IPIP : IPPROTO_IPV6;

	memset(want, 0, sizeof(*want));
	packet_ethernet(want, family == 4 ? ETH_P_IP : ETH_P_IPV6);
	if (call == CALL_ENCAP_IP) {
		outer(want, family, protocol, inner);
	} else if (call == CALL_ENCAP_GUE) {
		outer(want, family, IPPROTO_UDP, inner + 12);
		outer_udp(want, 6080, inner + 4);
		packet_add(want, (uint8_t[]){0, protocol, 0, 0}, 4);
	} else {
		outer(want, family, IPPROTO_UDP, inner + 30);
		outer_udp(want, 4789, inner + 22);
		packet_add(want, (uint8_t[]){8, 0, 0, 0, 0x12, 0x34, 0x56, 0}, 8);
		packet_add(want, in->data, ETH_HLEN);
	}
	packet_add(want, in->data + ETH_HLEN, inner);
}

/* Decapsulation accepts only an IP packet with a whole header that is not longer than the tunnel's
 * packet. */
static void test_unsound_inner_packets(void **state)
{
	static const struct {
		size_t at; /* from the start of the inner IP header */
		unsigned int value;
		size_t cut;
	} faults[] = {
		{0, 0x6500, 0},	     /* wrong version */
		{0, 0x4400, 0},	     /* a header of 16 bytes */
		{2, 19, 0},	     /* shorter than its header */
		{2, 1000, 0},	     /* longer than the tunnel's packet */
		{0, 0x4f00, 40 + 8}, /* a header that ends beyond the frame */
	};
	static const struct {
		uint32_t encap, decap;
		size_t headers;
	} kinds[] = {{CALL_ENCAP_IP, CALL_DECAP_IP, 20},
		     {CALL_ENCAP_GUE, CALL_DECAP_GUE, 32},
		     {CALL_ENCAP_VXLAN, CALL_DECAP_VXLAN, 50}};

	(void)state;
	skip_without_bpf();
	for (size_t kind = 0; kind < 3; kind++) {
		struct program program;
		struct result result;

		load(&program, kinds[kind].decap, 4, 0);
		for (size_t i = 0; i < 2 * sizeof(faults) / sizeof(*faults); i++) {
			struct packet inner, in;

			packet_make(&inner, 4, IPPROTO_UDP, 40);
			tunnel(&in, &inner, kinds[kind].encap, 4);
			packet_put16(&in, ETH_HLEN + kinds[kind].headers + faults[i / 2].at,
				     faults[i / 2].value);
			in.length -= faults[i / 2].cut;
			program_run(&program, hooks[i & 1], &in, &result);
			assert_int_equal(result.answer, answer_drop[hooks[i & 1]]);
			assert_untouched(&result, &in);
		}
		program_close(&program);
	}
}

/* At TC, decapsulation of the other family needs kernel 6.3; older kernels refuse it. */
static bool can_decap(enum hook hook, int inner, int outer)
{
	struct utsname system;
	int major = 0, minor = 0;

	if (hook == XDP || inner == outer)
		return true;
	assert_int_equal(uname(&system), 0);
	assert_int_equal(sscanf(system.release, "%d.%d", &major, &minor), 2);
	return major > 6 || (major == 6 && minor >= 3);
}

/* Try all four combinations of families: decapsulation restores the encapsulated packet. */
static void assert_tunnel(uint32_t encap, uint32_t decap)
{
	skip_without_bpf();
	for (int i = 0; i < 8; i++) {
		enum hook hook = hooks[i & 1];
		int inner = i & 2 ? 6 : 4, family = i & 4 ? 6 : 4;
		struct packet in, want;
		struct result result;

		packet_make(&in, inner, IPPROTO_UDP, 40);
		tunnel(&want, &in, encap, family);
		run(encap, family, 0x123456, hook, &in, &result);
		assert_result(&result, answer_next[hook], &want);
		run(decap, family, 0, hook, &want, &result);
		if (can_decap(hook, inner, family)) {
			assert_result(&result, answer_next[hook], &in);
		} else {
			assert_int_equal(result.answer, answer_drop[hook]);
			assert_untouched(&result, &want);
		}
		/* Decapsulation refuses a packet without a tunnel. */
		run(decap, family, 0, hook, &in, &result);
		assert_int_equal(result.answer, answer_drop[hook]);
		assert_untouched(&result, &in);
	}
}

/* Push and pop headers of the other family: at TC the kernel must know the new protocol of the
 * packet (calls_agreed()). */
static void test_push_and_pop_across_families(void **state)
{
	(void)state;
	skip_without_bpf();
	for (size_t i = 0; i < 4; i++) {
		enum hook hook = hooks[i & 1];
		int inner = i & 2 ? 6 : 4;
		struct packet in;
		struct result result;
		struct packet pushed;

		packet_make(&in, inner, IPPROTO_UDP, 40);
		run(CALL_PUSH_IP, inner, 0, hook, &in, &result);
		assert_int_equal(result.answer, answer_next[hook]);
		pushed = result.out;
		assert_int_equal(pushed.length, in.length + (inner == 4 ? 40 : 20));
		run(CALL_POP_IP, inner, inner == 4 ? 40 : 20, hook, &pushed, &result);
		if (can_decap(hook, inner, 10 - inner)) {
			assert_result(&result, answer_next[hook], &in);
		} else {
			assert_int_equal(result.answer, answer_drop[hook]);
			assert_untouched(&result, &pushed);
		}
	}
}

static void test_ip_in_ip(void **state)
{
	(void)state;
	assert_tunnel(CALL_ENCAP_IP, CALL_DECAP_IP);
}

static void test_gue(void **state)
{
	(void)state;
	assert_tunnel(CALL_ENCAP_GUE, CALL_DECAP_GUE);
}

static void test_vxlan(void **state)
{
	(void)state;
	assert_tunnel(CALL_ENCAP_VXLAN, CALL_DECAP_VXLAN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_vlan_push),
		cmocka_unit_test(test_vlan_set_and_refusals),
		cmocka_unit_test(test_push_and_pop),
		cmocka_unit_test(test_trim),
		cmocka_unit_test(test_pop),
		cmocka_unit_test(test_push_until_no_headroom),
		cmocka_unit_test(test_ip_in_ip),
		cmocka_unit_test(test_gue),
		cmocka_unit_test(test_vxlan),
		cmocka_unit_test(test_short_frames),
		cmocka_unit_test(test_a_tag_that_is_cut_off),
		cmocka_unit_test(test_no_more_is_taken_than_there_is),
		cmocka_unit_test(test_unsound_inner_packets),
		cmocka_unit_test(test_push_and_pop_across_families),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

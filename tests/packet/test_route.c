// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * route, with a routing table of the test's own, in a private network namespace:
 *
 *     in (02:…:02) ── the packets come in here      out (02:…:22) ── 10.9.0.0/24, fd09::/64
 *
 *   198.51.100.0/24, 2001:db8:1::/48 via 10.9.0.2 and fd09::2, whose address is 02:00:00:00:00:99
 *   203.0.113.0/24 a blackhole, 203.0.114.0/24 unreachable, 203.0.115.0/24 prohibited
 *   203.0.116.0/24 via 10.9.0.3, whose MAC address is unknown
 *   to UDP port 5353, or with mark 7: a table in which all is a blackhole
 *
 * The namespace ends with the process, so the test needs no clean-up.
 */
#include <net/if.h>
#include <sched.h>

#include "lib/program.h"

#define ROUTE "lib/edge-load/functions/route.o"

static const uint8_t mac_out[6] = {2, 0, 0, 0, 0, 0x22}, mac_next[6] = {2, 0, 0, 0, 0, 0x99};

static int world(void **state)
{
	static const char script[] =
		"set -e\n"
		"ip link set lo up\n"
		"ip link add in address 02:00:00:00:00:02 type veth peer name in-peer\n"
		"ip link add out address 02:00:00:00:00:22 type veth peer name out-peer\n"
		"for d in in in-peer out out-peer; do\n"
		"  echo 0 > /proc/sys/net/ipv6/conf/$d/accept_dad\n"
		"  ip link set $d up\n"
		"done\n"
		"echo 1 > /proc/sys/net/ipv4/ip_forward\n"
		"echo 1 > /proc/sys/net/ipv6/conf/all/forwarding\n"
		"ip address add 10.9.0.1/24 dev out\n"
		"ip address add fd09::1/64 dev out\n"
		"ip address add 192.0.2.254/24 dev in\n"
		"ip neighbour add 10.9.0.2 lladdr 02:00:00:00:00:99 dev out\n"
		"ip neighbour add fd09::2 lladdr 02:00:00:00:00:99 dev out\n"
		"ip route add 198.51.100.0/24 via 10.9.0.2\n"
		"ip route add 2001:db8:1::/48 via fd09::2\n"
		"ip route add blackhole 203.0.113.0/24\n"
		"ip route add unreachable 203.0.114.0/24\n"
		"ip route add prohibit 203.0.115.0/24\n"
		"ip route add 203.0.116.0/24 via 10.9.0.3\n"
		"ip route add blackhole default table 100\n"
		"ip -6 route add blackhole default table 100\n"
		"for family in -4 -6; do\n"
		"  ip $family rule add pref 100 ipproto udp dport 5353 lookup 100\n"
		"  ip $family rule add pref 101 fwmark 7 lookup 100\n"
		"done\n";

	(void)state;
	if (geteuid())
		return 0;
	if (unshare(CLONE_NEWNET))
		return -1;
	return system(script);
}

static void load(struct program *program, bool quiet)
{
	program_load(program, ROUTE, (struct param[]){PARAM("quiet", quiet)}, 1);
}

/* Run as if @in had arrived at the device "in", at TC with a mark. */
static void run_marked(const struct program *program, enum hook hook, const struct packet *in,
		       uint32_t mark, struct result *result)
{
	struct xdp_md xdp = {.data_end = (__u32)in->length};
	struct __sk_buff skb = {.mark = mark};
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in->data, .data_size_in = (__u32)in->length,
		    .data_out = result->out.data, .data_size_out = sizeof(result->out.data),
		    .ctx_in = hook == XDP ? (void *)&xdp : (void *)&skb,
		    .ctx_size_in = hook == XDP ? sizeof(xdp) : sizeof(skb), .repeat = 1);

	xdp.ingress_ifindex = if_nametoindex("in");
	skb.ifindex = if_nametoindex("in");
	if (bpf_prog_test_run_opts(program->fd[hook], &opts))
		fail_msg("test run: %s", strerror(errno));
	result->answer = (int)opts.retval;
	result->out.length = opts.data_size_out;
}

static void run(const struct program *program, enum hook hook, const struct packet *in,
		struct result *result)
{
	run_marked(program, hook, in, 0, result);
}

/* RFC 1812: the packet has one hop less and the addresses of the next hop, and no other byte
 * changes. At TC the kernel sets the addresses on output (bpf_redirect_neigh()). */
static void test_forwards(void **state)
{
	static const int redirect[] = {[XDP] = XDP_REDIRECT, [TC] = 7 /* TC_ACT_REDIRECT */};
	struct program program;
	struct result result;

	(void)state;
	skip_without_bpf();
	load(&program, false);
	for (int i = 0; i < 4; i++) {
		enum hook hook = hooks[i & 1];
		struct packet in, want;

		packet_make(&in, i & 2 ? 6 : 4, IPPROTO_UDP, 33);
		want = in;
		if (hook == XDP) {
			memcpy(want.data, mac_next, 6);
			memcpy(want.data + 6, mac_out, 6);
		}
		want.data[want.l3 + (i & 2 ? 7 : 8)] = 63;
		packet_finish(&want);
		run(&program, hook, &in, &result);
		assert_result(&result, redirect[hook], &want);
	}
	program_close(&program);
}

static void assert_answer(const struct program *program, const struct packet *in, bool drop)
{
	struct result result;

	for (size_t i = 0; i < 2; i++) {
		run(program, hooks[i], in, &result);
		assert_int_equal(result.answer, drop ? answer_drop[i] : answer_next[i]);
		assert_untouched(&result, in);
	}
}

static void to(struct packet *p, uint8_t a, uint8_t b, uint8_t c, uint8_t d)
{
	memcpy(p->data + p->l3 + 16, (uint8_t[]){a, b, c, d}, 4);
	packet_finish(p);
}

/* Packets that the kernel answers with an error go to the kernel, or are dropped if `quiet` is
 * set. */
static void test_dead_ends(void **state)
{
	struct program program;
	struct packet p;

	(void)state;
	skip_without_bpf();
	for (int quiet = 0; quiet < 2; quiet++) {
		load(&program, quiet);
		packet_make(&p, 4, IPPROTO_UDP, 33);
		to(&p, 203, 0, 113, 1); /* a blackhole */
		assert_answer(&program, &p, true);
		to(&p, 203, 0, 114, 1); /* unreachable */
		assert_answer(&program, &p, quiet);
		to(&p, 203, 0, 115, 1); /* prohibited */
		assert_answer(&program, &p, quiet);
		packet_make(&p, 4, IPPROTO_UDP, 33);
		p.data[p.l3 + 8] = 1; /* the last hop */
		packet_finish(&p);
		assert_answer(&program, &p, quiet);
		program_close(&program);
	}
}

static void test_left_to_the_kernel(void **state)
{
	struct program program;
	struct packet p;

	(void)state;
	skip_without_bpf();
	load(&program, true);
	packet_make(&p, 4, IPPROTO_UDP, 33);
	to(&p, 203, 0, 116, 1); /* a neighbour with an unknown MAC address */
	assert_answer(&program, &p, false);
	to(&p, 10, 9, 0, 1); /* to this machine */
	assert_answer(&program, &p, false);
	to(&p, 8, 8, 8, 8); /* no route */
	assert_answer(&program, &p, false);
	packet_make(&p, 4, IPPROTO_UDP, 33); /* longer than the MTU of the outgoing device */
	packet_payload(&p, 1500);
	packet_finish(&p);
	assert_answer(&program, &p, false);
	memset(&p, 0, sizeof(p)); /* the kernel handles options */
	packet_ethernet(&p, ETH_P_IP);
	packet_ip4(&p, IPPROTO_UDP, 4);
	packet_udp(&p, 1, 2);
	packet_finish(&p);
	assert_answer(&program, &p, false);
	for (int family = 4; family <= 6; family += 2) { /* the kernel trims the excess byte */
		packet_make(&p, family, IPPROTO_UDP, 33);
		packet_payload(&p, 1);
		assert_answer(&program, &p, false);
	}
	packet_make(&p, 6, IPPROTO_UDP,
		    33); /* ip6_rcv_core(): length 0 means no payload, except for GSO */
	p.data[p.l3 + 4] = p.data[p.l3 + 5] = 0;
	assert_answer(&program, &p, false);
	program_close(&program);
}

/* ---------------------------------------------------------------- packets left to the kernel */

static void from(struct packet *p, const char *address)
{
	assert_int_equal(inet_pton(p->family == 4 ? AF_INET : AF_INET6, address,
				   p->data + p->l3 + (p->family == 4 ? 12 : 8)),
			 1);
	packet_finish(p);
}

static void load_with_mac(struct program *program)
{
	uint32_t first = htonl(0x02000000), last = htons(0x0002);

	program_load(program, ROUTE,
		     (struct param[]){PARAM("edge_mac_first", first), PARAM("edge_mac_last", last)},
		     2);
}

/* ip_forward(), ip6_forward(): PACKET_HOST alone. RFC 1812, section 5.3.4. */
static void test_frames_for_others(void **state)
{
	static const uint8_t macs[][6] = {{2, 0, 0, 0, 0, 0x77},
					  {2, 0, 0, 0, 1, 2},
					  {3, 0, 0, 0, 0, 2},
					  {0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
					  {0x33, 0x33, 0, 0, 0, 1}};
	struct program program;
	struct packet p;

	(void)state;
	skip_without_bpf();
	load_with_mac(&program);
	for (int family = 4; family <= 6; family += 2)
		for (size_t i = 0; i < sizeof(macs) / sizeof(*macs); i++) {
			packet_make(&p, family, IPPROTO_UDP, 33);
			memcpy(p.data, macs[i], 6);
			assert_answer(&program, &p, false);
		}
	program_close(&program);
}

/* ip_route_input_slow(), fib_validate_source(), ip6_rcv_core(), ip6_forward(). */
static void test_sources_that_the_kernel_refuses(void **state)
{
	static const char *const sources[] = {"0.0.0.0",     "0.1.2.3",	    "127.0.0.1",
					      "224.0.0.1",   "239.1.2.3",   "255.255.255.255",
					      "10.9.0.1",    "10.9.0.77",   "192.0.2.254",
					      "192.0.2.255", "203.0.113.1", "8.8.8.8"};
	static const char *const sources6[] = {
		"::", "::1", "ff02::1", "ff0e::1", "::ffff:192.0.2.1", "fe80::1"};
	struct program program;
	struct packet p;

	(void)state;
	skip_without_bpf();
	load_with_mac(&program);
	for (size_t i = 0; i < sizeof(sources) / sizeof(*sources); i++) {
		packet_make(&p, 4, IPPROTO_UDP, 33);
		from(&p, sources[i]);
		assert_answer(&program, &p, false);
	}
	for (size_t i = 0; i < sizeof(sources6) / sizeof(*sources6); i++) {
		packet_make(&p, 6, IPPROTO_UDP, 33);
		from(&p, sources6[i]);
		assert_answer(&program, &p, false);
	}
	program_close(&program);
}

/* ip_rcv_core(), ip6_rcv_core(). */
static void test_headers_that_the_kernel_refuses(void **state)
{
	struct program program;
	struct packet p;

	(void)state;
	skip_without_bpf();
	load_with_mac(&program);
	packet_make(&p, 4, IPPROTO_UDP, 33);
	p.data[p.l3 + 11] ^= 1; /* the checksum */
	assert_answer(&program, &p, false);
	for (int family = 4; family <= 6; family += 2) {
		packet_make(&p, family, IPPROTO_UDP, 33);
		p.length--; /* the last byte is missing */
		assert_answer(&program, &p, false);
		p.length += 9; /* longer than the frame */
		assert_answer(&program, &p, false);
	}
	packet_make(&p, 6, IPPROTO_UDP, 33);
	memset(p.data + p.l3 + 24, 0, 16); /* to a link-local address */
	p.data[p.l3 + 24] = 0xfe;
	p.data[p.l3 + 25] = 0x80;
	packet_finish(&p);
	assert_answer(&program, &p, false);
	program_close(&program);
}

/* Policy rules by port and, at TC, by mark (kernel 6.10) lead to a blackhole. */
static void test_rules(void **state)
{
	struct program program;
	struct result result;
	struct packet p;

	(void)state;
	skip_without_bpf();
	load_with_mac(&program);
	for (int family = 4; family <= 6; family += 2) {
		packet_make(&p, family, IPPROTO_UDP, 33);
		p.data[p.l4 + 2] = 5353 >> 8;
		p.data[p.l4 + 3] = 5353 & 0xff;
		packet_finish(&p);
		assert_answer(&program, &p, true);
		packet_make(&p, family, IPPROTO_UDP, 33);
		run_marked(&program, TC, &p, 7, &result);
		/* The look-up of an older kernel takes no mark, so the function leaves the packet
		 * to the kernel. */
		if (result.answer != answer_next[TC])
			assert_int_equal(result.answer, answer_drop[TC]);
		run_marked(&program, TC, &p, 8, &result);
		if (result.answer != answer_next[TC])
			assert_int_equal(result.answer, 7);
	}
	program_close(&program);
}

/* At XDP, the kernel forwards packets to a device that takes no frames from programs of other
 * devices. */
static void test_devices_that_take_no_frames(void **state)
{
	uint32_t flags = EDGE_CHAIN_TARGETS, takes = EDGE_TARGET_FRAMES;
	uint32_t out = if_nametoindex("out");
	struct program program;
	struct result result;
	struct packet p;

	(void)state;
	skip_without_bpf();
	program_load(&program, ROUTE, (struct param[]){PARAM("edge_flags", flags)}, 1);
	packet_make(&p, 4, IPPROTO_UDP, 33);
	run(&program, XDP, &p, &result);
	assert_int_equal(result.answer, XDP_PASS);
	assert_untouched(&result, &p);
	run(&program, TC, &p, &result);
	assert_int_equal(result.answer, 7);
	assert_int_equal(bpf_map_update_elem(program_map(&program, EDGE_TARGETS), &out, &takes, 0),
			 0);
	run(&program, XDP, &p, &result);
	assert_int_equal(result.answer, XDP_REDIRECT);
	program_close(&program);
}

/* Generic XDP sends whole frames: the kernel forwards packets to a device without Ethernet frames,
 * for example a tun device, and to a device that the loader has not seen. */
static void test_devices_without_ethernet(void **state)
{
	uint32_t flags = EDGE_CHAIN_GENERIC, sends = EDGE_TARGET_CHECKSUMS;
	uint32_t out = if_nametoindex("out");
	struct program program;
	struct result result;
	struct packet p;

	(void)state;
	skip_without_bpf();
	program_load(&program, ROUTE, (struct param[]){PARAM("edge_flags", flags)}, 1);
	packet_make(&p, 4, IPPROTO_UDP, 33);
	for (int i = 0; i < 3; i++) {
		run(&program, XDP, &p, &result);
		assert_int_equal(result.answer, i < 2 ? XDP_PASS : XDP_REDIRECT);
		if (i < 2)
			assert_untouched(&result, &p);
		run(&program, TC, &p, &result);
		assert_int_equal(result.answer, 7);
		assert_int_equal(
			bpf_map_update_elem(program_map(&program, EDGE_TARGETS), &out, &sends, 0),
			0);
		sends |= EDGE_TARGET_ETHERNET;
	}
	program_close(&program);
}

/* At XDP, one packet a second to a next hop goes to the kernel, which probes the neighbour. */
static void test_neighbours_are_asked(void **state)
{
	struct program program;
	struct result result;
	struct packet p, p6;

	(void)state;
	skip_without_bpf();
	load_with_mac(&program);
	packet_make(&p, 4, IPPROTO_UDP, 33);
	packet_make(&p6, 6, IPPROTO_UDP, 33);
	for (int i = 0; i < 3; i++) {
		run(&program, XDP, i == 1 ? &p6 : &p, &result);
		assert_int_equal(result.answer, XDP_REDIRECT);
	}
	usleep(1100000);
	for (int i = 0; i < 4; i++) {
		run(&program, XDP, i & 1 ? &p6 : &p, &result);
		assert_int_equal(result.answer, i < 2 ? XDP_PASS : XDP_REDIRECT);
		if (i < 2)
			assert_untouched(&result, i & 1 ? &p6 : &p);
	}
	program_close(&program);
}

/* A packet with a partial checksum that cannot be completed at XDP is left unchanged to the kernel.
 * SCTP's CRC32c is 0 until it is computed. */
static void test_an_unfinished_checksum(void **state)
{
	uint32_t flags = EDGE_CHAIN_PARTIAL_CSUM, first = htonl(0x02000000), last = htons(0x0002);
	struct program program;
	struct result result;

	(void)state;
	skip_without_bpf();
	program_load(&program, ROUTE,
		     (struct param[]){PARAM("edge_flags", flags), PARAM("edge_mac_first", first),
				      PARAM("edge_mac_last", last)},
		     3);
	for (int i = 0; i < 4; i++) {
		struct packet p;

		packet_make(&p, i & 1 ? 6 : 4, IPPROTO_UDP, 33);
		p.protocol = IPPROTO_SCTP;
		p.data[p.l3 + (i & 1 ? 6 : 9)] = IPPROTO_SCTP;
		memset(p.data + p.l4 + 8, i & 2 ? 0 : 1, 4);
		packet_finish(&p);
		run(&program, XDP, &p, &result);
		assert_int_equal(result.answer, i & 2 ? XDP_PASS : XDP_REDIRECT);
		if (i & 2)
			assert_untouched(&result, &p);
	}
	program_close(&program);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forwards),
		cmocka_unit_test(test_dead_ends),
		cmocka_unit_test(test_left_to_the_kernel),
		cmocka_unit_test(test_frames_for_others),
		cmocka_unit_test(test_sources_that_the_kernel_refuses),
		cmocka_unit_test(test_headers_that_the_kernel_refuses),
		cmocka_unit_test(test_rules),
		cmocka_unit_test(test_devices_that_take_no_frames),
		cmocka_unit_test(test_devices_without_ethernet),
		cmocka_unit_test(test_neighbours_are_asked),
		cmocka_unit_test(test_an_unfinished_checksum),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, world, NULL);
}

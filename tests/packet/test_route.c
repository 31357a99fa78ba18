// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * route, against a routing table of the test's own: a network namespace that nobody else sees, with
 *
 *     in (02:…:11) ── the packets come in here      out (02:…:22) ── 10.9.0.0/24, fd09::/64
 *
 *   198.51.100.0/24, 2001:db8:1::/48 via 10.9.0.2 and fd09::2, whose address is 02:00:00:00:00:99
 *   203.0.113.0/24 a blackhole, 203.0.114.0/24 unreachable, 203.0.115.0/24 prohibited
 *   203.0.116.0/24 via 10.9.0.3, whose address nobody knows
 *
 * It ends with the process: there is nothing to clean up.
 */
#include <net/if.h>
#include <sched.h>

#include "program.h"

#define ROUTE "lib/edge-load/functions/route.o"

static const uint8_t mac_out[6] = {2, 0, 0, 0, 0, 0x22}, mac_next[6] = {2, 0, 0, 0, 0, 0x99};

static int world(void **state)
{
	static const char script[] =
		"set -e\n"
		"ip link set lo up\n"
		"ip link add in address 02:00:00:00:00:11 type veth peer name in-peer\n"
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
		"ip route add 203.0.116.0/24 via 10.9.0.3\n";

	(void)state;
	if (geteuid())
		return 0;
	if (unshare(CLONE_NEWNET))
		return -1;
	return system(script);
}

static void make(struct packet *p, int family)
{
	memset(p, 0, sizeof(*p));
	packet_ethernet(p, family == 4 ? ETH_P_IP : ETH_P_IPV6);
	if (family == 4)
		packet_ip4(p, IPPROTO_UDP, 0);
	else
		packet_ip6(p, IPPROTO_UDP);
	packet_udp(p, 1000, 53);
	packet_payload(p, 33);
	packet_finish(p);
}

static void load(struct program *program, bool quiet)
{
	program_load(program, ROUTE, (struct param[]){PARAM("quiet", quiet)}, 1);
}

/* Run as if @in had come in at the device "in". */
static void run(const struct program *program, enum hook hook, const struct packet *in,
		struct result *result)
{
	struct xdp_md xdp = {.data_end = (__u32)in->length};
	struct __sk_buff skb = {0};
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

/* RFC 1812: one hop less, the next hop's addresses, and not another byte. */
static void test_forwards(void **state)
{
	static const int redirect[] = {XDP_REDIRECT, 7};
	struct program program;
	struct result result;

	(void)state;
	skip_without_bpf();
	load(&program, false);
	for (int i = 0; i < 4; i++) {
		enum hook hook = hooks[i & 1];
		struct packet in, want;

		make(&in, i & 2 ? 6 : 4);
		want = in;
		memcpy(want.data, mac_next, 6);
		memcpy(want.data + 6, mac_out, 6);
		want.data[want.l3 + (i & 2 ? 7 : 8)] = 63;
		packet_finish(&want);
		run(&program, hook, &in, &result);
		assert_int_equal(result.answer, redirect[hook]);
		assert_int_equal(result.out.length, want.length);
		assert_memory_equal(result.out.data, want.data, want.length);
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

/* What the kernel answers is left to it, or dropped where it is told to be quiet. */
static void test_dead_ends(void **state)
{
	struct program program;
	struct packet p;

	(void)state;
	skip_without_bpf();
	for (int quiet = 0; quiet < 2; quiet++) {
		load(&program, quiet);
		make(&p, 4);
		to(&p, 203, 0, 113, 1); /* a blackhole */
		assert_answer(&program, &p, true);
		to(&p, 203, 0, 114, 1); /* unreachable */
		assert_answer(&program, &p, quiet);
		to(&p, 203, 0, 115, 1); /* prohibited */
		assert_answer(&program, &p, quiet);
		make(&p, 4);
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
	make(&p, 4);
	to(&p, 203, 0, 116, 1); /* a neighbour that nobody knows */
	assert_answer(&program, &p, false);
	to(&p, 10, 9, 0, 1); /* to this machine */
	assert_answer(&program, &p, false);
	to(&p, 8, 8, 8, 8); /* no route */
	assert_answer(&program, &p, false);
	make(&p, 4); /* longer than the way out takes */
	packet_payload(&p, 1500);
	packet_finish(&p);
	assert_answer(&program, &p, false);
	memset(&p, 0, sizeof(p)); /* options are for the kernel */
	packet_ethernet(&p, ETH_P_IP);
	packet_ip4(&p, IPPROTO_UDP, 4);
	packet_udp(&p, 1, 2);
	packet_finish(&p);
	assert_answer(&program, &p, false);
	program_close(&program);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forwards),
		cmocka_unit_test(test_dead_ends),
		cmocka_unit_test(test_left_to_the_kernel),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, world, NULL);
}

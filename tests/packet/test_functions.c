// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The installed functions, each loaded as a single object, at both hooks: a packet, state and
 * parameters yield an answer and bytes. test_route.c tests route.
 */
#include "calls.h"
#include "lib/program.h"

#define FUNCTION(name) "lib/edge-load/functions/" name ".o"

/* Structs of the functions' maps, with the layout of their BTF. */
struct counts {
	uint64_t packets, bytes;
};

static void assert_answer(const struct program *program, enum hook hook, const struct packet *in,
			  int answer)
{
	struct result result;

	program_run(program, hook, in, &result);
	assert_int_equal(result.answer, answer);
	assert_untouched(&result, in);
}

/* Assert that the program changes @in to @want, and lets it go on. */
static void assert_becomes(const struct program *program, const struct packet *in,
			   const struct packet *want)
{
	struct result result;

	for (size_t i = 0; i < 2; i++) {
		program_run(program, hooks[i], in, &result);
		assert_result(&result, answer_next[hooks[i]], want);
	}
}

/* ---------------------------------------------------------------- blocklist */

static void block(const struct program *program, const char *text, uint32_t length)
{
	struct edge_prefix_key key = prefix_key(text, length);
	struct counts zero = {0};

	assert_int_equal(bpf_map_update_elem(program_map(program, "blocked"), &key, &zero, 0), 0);
}

static void test_blocklist(void **state)
{
	struct edge_prefix_key key = prefix_key("192.0.2.0", 24);
	struct program program;
	struct packet p4, p6;
	struct counts counts;

	(void)state;
	skip_without_bpf();
	program_load(&program, FUNCTION("blocklist"), NULL, 0);
	packet_make(&p4, 4, IPPROTO_UDP, 33);
	packet_make(&p6, 6, IPPROTO_TCP, 33);
	for (size_t i = 0; i < 2; i++) { /* no address is listed */
		assert_answer(&program, hooks[i], &p4, answer_next[i]);
		assert_answer(&program, hooks[i], &p6, answer_next[i]);
	}
	block(&program, "192.0.2.0", 24);
	block(&program, "198.51.100.0", 24); /* the destination, which blocklist ignores */
	block(&program, "2001:db8::", 48);
	for (size_t i = 0; i < 2; i++) {
		assert_answer(&program, hooks[i], &p4, answer_drop[i]);
		assert_answer(&program, hooks[i], &p6, answer_drop[i]);
	}
	assert_int_equal(bpf_map_lookup_elem(program_map(&program, "blocked"), &key, &counts), 0);
	assert_int_equal(counts.packets, 2);
	assert_int_equal(counts.bytes, 2 * p4.length);
	program_close(&program);
}

static void test_blocklist_counts_only(void **state)
{
	struct program program;
	bool count_only = true;
	struct packet p;

	(void)state;
	skip_without_bpf();
	program_load(&program, FUNCTION("blocklist"),
		     (struct param[]){PARAM("count_only", count_only)}, 1);
	block(&program, "0.0.0.0", 0);
	packet_make(&p, 4, IPPROTO_UDP, 33);
	assert_answer(&program, XDP, &p, XDP_PASS);
	assert_answer(&program, TC, &p, -1);
	program_close(&program);
}

static void assert_blocked(const struct program *program, const struct packet *p, bool blocked)
{
	for (size_t i = 0; i < 2; i++)
		assert_answer(program, hooks[i], p, blocked ? answer_drop[i] : answer_next[i]);
}

static void unblock(const struct program *program, const char *text, uint32_t length)
{
	struct edge_prefix_key key = prefix_key(text, length);

	assert_int_equal(bpf_map_delete_elem(program_map(program, "blocked"), &key), 0);
}

/* A prefix of one family never matches an address of the other family, in any notation. */
static void test_blocklist_keeps_families_apart(void **state)
{
	struct program program;
	struct packet p4, p6, as4;

	(void)state;
	skip_without_bpf();
	program_load(&program, FUNCTION("blocklist"), NULL, 0);
	packet_make(&p4, 4, IPPROTO_UDP, 33);
	packet_make(&p6, 6, IPPROTO_UDP, 33);
	packet_make(&as4, 6, IPPROTO_UDP, 33); /* from ::ffff:192.0.2.1, in an IPv6 header */
	memcpy(as4.data + ETH_HLEN + 8, "\0\0\0\0\0\0\0\0\0\0\xff\xff\xc0\0\x02\x01", 16);
	block(&program, "0.0.0.0", 0);
	assert_blocked(&program, &p4, true);
	assert_blocked(&program, &p6, false);
	assert_blocked(&program, &as4, false);
	unblock(&program, "0.0.0.0", 0);
	for (uint32_t length = 0; length <= 128; length += 16) { /* up to ::ffff:192.0.2.1/128 */
		const char *text = length > 112	 ? "::ffff:192.0.2.1"
				   : length > 96 ? "::ffff:192.0.0.0"
				   : length > 80 ? "::ffff:0.0.0.0"
						 : "::";

		block(&program, text, length);
		assert_blocked(&program, &p4, false);
		assert_blocked(&program, &p6, !length);
		assert_blocked(&program, &as4, true);
		unblock(&program, text, length);
	}
	program_close(&program);
}

/* ---------------------------------------------------------------- ratelimit */

static void test_ratelimit(void **state)
{
	uint32_t pps = 1, burst = 3;
	struct program program;
	struct packet p4, p6;

	(void)state;
	skip_without_bpf();
	for (size_t i = 0; i < 2; i++) {
		program_load(&program, FUNCTION("ratelimit"),
			     (struct param[]){PARAM("pps", pps), PARAM("burst", burst)}, 2);
		packet_make(&p4, 4, IPPROTO_UDP, 33);
		packet_make(&p6, 6, IPPROTO_UDP, 33);
		for (int n = 0; n < 3; n++)
			assert_answer(&program, hooks[i], &p4, answer_next[i]);
		assert_answer(&program, hooks[i], &p4, answer_drop[i]);
		/* Another source has its own bucket. */
		assert_answer(&program, hooks[i], &p6, answer_next[i]);
		p4.data[p4.l3 + 15]++;
		packet_finish(&p4);
		assert_answer(&program, hooks[i], &p4, answer_next[i]);
		program_close(&program);
	}
}

static void test_ratelimit_by_prefix(void **state)
{
	uint32_t pps = 1, burst = 2;
	uint8_t prefix4 = 24;
	struct program program;
	struct packet p;

	(void)state;
	skip_without_bpf();
	program_load(&program, FUNCTION("ratelimit"),
		     (struct param[]){PARAM("pps", pps), PARAM("burst", burst),
				      PARAM("prefix4", prefix4)},
		     3);
	packet_make(&p, 4, IPPROTO_UDP, 33);
	for (int n = 0; n < 4; n++) { /* 192.0.2.1 to .4 share a bucket */
		assert_answer(&program, XDP, &p, n < 2 ? XDP_PASS : XDP_DROP);
		p.data[p.l3 + 15]++;
		packet_finish(&p);
	}
	program_close(&program);
}

/* At 20 packets a second, a token is due every 50 ms; the burst of 1 caps the bucket at one
 * token. */
static void test_ratelimit_refills(void **state)
{
	uint32_t pps = 20, burst = 1;
	struct program program;
	struct packet p;

	(void)state;
	skip_without_bpf();
	program_load(&program, FUNCTION("ratelimit"),
		     (struct param[]){PARAM("pps", pps), PARAM("burst", burst)}, 2);
	packet_make(&p, 4, IPPROTO_UDP, 33);
	assert_answer(&program, XDP, &p, XDP_PASS);
	assert_answer(&program, XDP, &p, XDP_DROP);
	usleep(120000);
	assert_answer(&program, XDP, &p, XDP_PASS);
	assert_answer(&program, XDP, &p, XDP_DROP);
	program_close(&program);
}

/* ---------------------------------------------------------------- count, dscp */

/* Assert the sum of `count`'s entry for TCP port 80 over all processors. */
static void assert_counted(const struct program *program, uint64_t packets, uint64_t bytes)
{
	struct {
		uint8_t protocol, unused;
		uint16_t port;
	} key = {.protocol = IPPROTO_TCP, .port = htons(80)};
	int cpus = libbpf_num_possible_cpus();
	struct counts counts[cpus], sum = {0};

	assert_int_equal(bpf_map_lookup_elem(program_map(program, "counts"), &key, counts), 0);
	for (int cpu = 0; cpu < cpus; cpu++) {
		sum.packets += counts[cpu].packets;
		sum.bytes += counts[cpu].bytes;
	}
	assert_int_equal(sum.packets, packets);
	assert_int_equal(sum.bytes, bytes);
}

static void test_count(void **state)
{
	struct program program;
	struct packet p;

	(void)state;
	skip_without_bpf();
	program_load(&program, FUNCTION("count"), NULL, 0);
	packet_make(&p, 6, IPPROTO_TCP, 33);
	for (int n = 0; n < 3; n++)
		assert_answer(&program, hooks[n & 1], &p, answer_next[n & 1]);
	assert_counted(&program, 3, 3 * p.length);
	program_close(&program);
}

static void test_dscp(void **state)
{
	struct packet tcp, udp, want;
	uint16_t port = htons(80);
	struct program program;
	uint8_t dscp = 10;

	(void)state;
	skip_without_bpf();
	program_load(&program, FUNCTION("dscp"),
		     (struct param[]){PARAM("dscp", dscp), PARAM("port", port)}, 2);
	packet_make(&tcp, 4, IPPROTO_TCP, 33);
	want = tcp;
	want.data[want.l3 + 1] = 10 << 2 | 1;
	packet_finish(&want);
	assert_becomes(&program, &tcp, &want);
	packet_make(&udp, 4, IPPROTO_UDP, 33); /* another port */
	assert_becomes(&program, &udp, &udp);
	program_close(&program);
}

/* ---------------------------------------------------------------- packets on the wire */

enum { WIRE_SEGMENTS = 3, WIRE_SIZE = 100, WIRE_HEADERS = 14 + 20 + 20 };

/* Run a packet of three segments at TC. If @segments is 0, the program must compute their
 * number. */
static int run_segments(const struct program *program, __u32 segments, uint8_t protocol)
{
	struct __sk_buff skb = {.gso_segs = segments, .gso_size = WIRE_SIZE};
	struct packet in = {0}, out;
	LIBBPF_OPTS(bpf_test_run_opts, opts, .data_in = in.data, .data_out = out.data,
		    .data_size_out = sizeof(out.data), .ctx_in = &skb, .ctx_size_in = sizeof(skb),
		    .repeat = 1);

	packet_ethernet(&in, ETH_P_IP);
	packet_ip4(&in, protocol, 0);
	if (protocol == IPPROTO_TCP)
		packet_tcp(&in, 1000, 80, 0);
	packet_payload(&in, WIRE_SEGMENTS * WIRE_SIZE);
	packet_finish(&in);
	opts.data_size_in = (__u32)in.length;
	assert_int_equal(bpf_prog_test_run_opts(program->fd[TC], &opts), 0);
	return (int)opts.retval;
}

static int run_gso(const struct program *program, __u32 segments)
{
	return run_segments(program, segments, IPPROTO_TCP);
}

/* Return: the sum over all processors of @slot of the chain's own counters, by @verdict. */
static struct edge_count chain_count(const struct program *program, uint32_t slot, size_t verdict)
{
	int cpus = libbpf_num_possible_cpus();
	struct edge_counters *each = calloc((size_t)cpus, sizeof(*each));
	struct edge_count sum = {0};

	assert_non_null(each);
	assert_int_equal(bpf_map_lookup_elem(program_map(program, "edge_counters"), &slot, each),
			 0);
	for (int i = 0; i < cpus; i++) {
		const struct edge_count *count = (const struct edge_count *)&each[i] + verdict;

		sum.packets += count->packets;
		sum.bytes += count->bytes;
	}
	free(each);
	return sum;
}

static void test_gso_counts_as_on_the_wire(void **state)
{
	const uint64_t bytes = WIRE_SEGMENTS * (WIRE_HEADERS + WIRE_SIZE);
	struct edge_prefix_key key = prefix_key("192.0.2.0", 24);
	struct program program;
	struct edge_count count;
	struct counts listed;

	(void)state;
	skip_without_bpf();
	for (__u32 segments = 0; segments <= WIRE_SEGMENTS; segments += WIRE_SEGMENTS) {
		program_load(&program, FUNCTION("count"), NULL, 0);
		assert_int_equal(run_gso(&program, segments), answer_next[TC]);
		assert_counted(&program, WIRE_SEGMENTS, bytes);
		count = chain_count(&program, 1, EDGE_NEXT);
		assert_int_equal(count.packets, WIRE_SEGMENTS);
		assert_int_equal(count.bytes, bytes);
		program_close(&program);
	}
	/* Without a transport header in view, only the link and IP headers are counted for each
	 * segment. */
	program_load(&program, FUNCTION("count"), NULL, 0);
	assert_int_equal(run_segments(&program, WIRE_SEGMENTS, IPPROTO_GRE), answer_next[TC]);
	count = chain_count(&program, 1, EDGE_NEXT);
	assert_int_equal(count.packets, WIRE_SEGMENTS);
	assert_int_equal(count.bytes, WIRE_SEGMENTS * (14 + 20 + WIRE_SIZE));
	program_close(&program);
	program_load(&program, FUNCTION("blocklist"), NULL, 0);
	block(&program, "192.0.2.0", 24);
	assert_int_equal(run_gso(&program, WIRE_SEGMENTS), answer_drop[TC]);
	assert_int_equal(bpf_map_lookup_elem(program_map(&program, "blocked"), &key, &listed), 0);
	assert_int_equal(listed.packets, WIRE_SEGMENTS);
	assert_int_equal(listed.bytes, bytes);
	count = chain_count(&program, 0, EDGE_DROP);
	assert_int_equal(count.packets, WIRE_SEGMENTS);
	program_close(&program);
}

/* The kernel counts a packet whose end was cut as one frame, and so do later functions. */
static void test_a_cut_gso_packet_is_one(void **state)
{
	uint32_t call = CALL_TRIM, number = WIRE_HEADERS + 10;
	struct program program;
	struct calls_wire wire;
	uint32_t zero = 0;

	(void)state;
	skip_without_bpf();
	program_load(&program, "tests/packet/calls.bpf.o",
		     (struct param[]){PARAM("call", call), PARAM("number", number)}, 2);
	assert_int_equal(run_gso(&program, WIRE_SEGMENTS), answer_next[TC]);
	assert_int_equal(bpf_map_lookup_elem(program_map(&program, "calls_after"), &zero, &wire),
			 0);
	assert_int_equal(wire.packets, 1);
	assert_int_equal(wire.bytes, number);
	program_close(&program);
}

/* A packet that needs more tokens than the bucket holds passes if the bucket is full, and leaves a
 * debt. */
static void test_gso_is_limited_as_on_the_wire(void **state)
{
	uint32_t pps = 2, burst;
	struct program program;

	(void)state;
	skip_without_bpf();
	for (burst = 2; burst <= 7; burst += 5) {
		program_load(&program, FUNCTION("ratelimit"),
			     (struct param[]){PARAM("pps", pps), PARAM("burst", burst)}, 2);
		for (uint32_t i = 0; i < 4; i++)
			assert_int_equal(run_gso(&program, WIRE_SEGMENTS),
					 i < (burst == 2 ? 1 : 2) ? answer_next[TC]
								  : answer_drop[TC]);
		program_close(&program);
	}
}

/* ---------------------------------------------------------------- echo */

static void swap(struct packet *p, size_t a, size_t b, size_t size)
{
	uint8_t bytes[16];

	memcpy(bytes, p->data + a, size);
	memcpy(p->data + a, p->data + b, size);
	memcpy(p->data + b, bytes, size);
}

/* RFC 792, RFC 4443: the reply is the request with another type. */
static void answer_of(struct packet *p)
{
	swap(p, 0, 6, 6);
	if (p->family == 4)
		swap(p, p->l3 + 12, p->l3 + 16, 4);
	else
		swap(p, p->l3 + 8, p->l3 + 24, 16);
	p->data[p->l3 + (p->family == 4 ? 8 : 7)] = 64;
	p->data[p->l4] = p->family == 4 ? 0 : 129;
	packet_finish(p);
}

/* An echo request to the MAC address of lo, the device at which test runs arrive; echo requires it
 * at TC. */
static void make_echo(struct packet *p, int family)
{
	packet_make(p, family, family == 4 ? IPPROTO_ICMP : IPPROTO_ICMPV6, 33);
	memset(p->data, 0, 6);
}

static void test_echo(void **state)
{
	static const int answer_tx[] = {[XDP] = XDP_TX, [TC] = 7 /* TC_ACT_REDIRECT */};
	struct program program;
	struct result result;

	(void)state;
	skip_without_bpf();
	program_load(&program, FUNCTION("echo"), NULL, 0);
	for (int i = 0; i < 4; i++) {
		enum hook hook = hooks[i & 1];
		struct packet in, want;

		make_echo(&in, i & 2 ? 6 : 4);
		in.data[in.l3 + (i & 2 ? 7 : 8)] = 3;
		packet_finish(&in);
		want = in;
		answer_of(&want);
		program_run(&program, hook, &in, &result);
		assert_int_equal(result.answer, answer_tx[hook]);
		assert_memory_equal(result.out.data, want.data, want.length);
		assert_checksums(&result.out);
	}
	program_close(&program);
}

static void test_echo_leaves_alone(void **state)
{
	struct program program;
	struct packet p;

	(void)state;
	skip_without_bpf();
	program_load(&program, FUNCTION("echo"), NULL, 0);
	make_echo(&p, 4);
	p.data[p.l4] = 0; /* an answer */
	packet_finish(&p);
	assert_becomes(&program, &p, &p);
	make_echo(&p, 4);
	packet_fragment4(&p, 0, true);
	packet_finish(&p);
	assert_becomes(&program, &p, &p);
	make_echo(&p, 4);
	p.data[p.l3 + 16] = 224;
	packet_finish(&p);
	assert_becomes(&program, &p, &p);
	make_echo(&p, 4);
	p.length = p.l4 + 7; /* cut within the ICMP header */
	assert_becomes(&program, &p, &p);
	program_close(&program);
}

/* Requests that the kernel would not answer either: ip_rcv_core(), ip_route_input_slow(),
 * ip6_rcv_core(). */
static void test_echo_leaves_to_the_kernel(void **state)
{
	static const char *const addresses[] = {"0.0.0.0", "127.0.0.1", "224.0.0.1",
						"255.255.255.255"};
	static const char *const addresses6[] = {"::", "::1", "ff02::1", "::ffff:192.0.2.1"};
	struct program program;
	struct packet p;

	(void)state;
	skip_without_bpf();
	program_load(&program, FUNCTION("echo"), NULL, 0);
	for (size_t i = 0; i < 16; i++) {
		bool source = i & 1, ip4 = i & 2;
		const char *text = (ip4 ? addresses : addresses6)[i / 4];
		size_t size = ip4 ? 4 : 16;

		make_echo(&p, ip4 ? 4 : 6);
		assert_int_equal(inet_pton(ip4 ? AF_INET : AF_INET6, text,
					   p.data + p.l3 + (ip4 ? 12 : 8) + (source ? 0 : size)),
				 1);
		packet_finish(&p);
		assert_becomes(&program, &p, &p);
	}
	make_echo(&p, 4);
	memset(p.data, 0xff, 6); /* broadcast */
	assert_becomes(&program, &p, &p);
	make_echo(&p, 4);
	p.data[p.l3 + 10] ^= 0x80; /* a wrong header checksum */
	assert_becomes(&program, &p, &p);
	make_echo(&p, 6);
	p.length--;
	assert_becomes(&program, &p, &p);
	/* An unfinished source route, whose last address the checksum covers (RFC 8200, 8.1). */
	p = (struct packet){0};
	packet_ethernet(&p, ETH_P_IPV6);
	memset(p.data, 0, 6);
	packet_ip6(&p, IPPROTO_ICMPV6);
	packet_extension(&p, IPPROTO_ROUTING, 24);
	p.data[p.l3 + 40 + 3] = 1; /* segments left */
	packet_icmp(&p, 128);
	packet_finish(&p);
	assert_becomes(&program, &p, &p);
	program_close(&program);
}

/* The loader has set the device's MAC address; the frame is for another machine. */
static void test_echo_of_other_machines(void **state)
{
	uint32_t first = htonl(0x02000000), last = htons(0x0002);
	struct program program;
	struct result result;
	struct packet p;

	(void)state;
	skip_without_bpf();
	program_load(&program, FUNCTION("echo"),
		     (struct param[]){PARAM("edge_mac_first", first), PARAM("edge_mac_last", last)},
		     2);
	packet_make(&p, 4, IPPROTO_ICMP, 33);
	program_run(&program, XDP, &p, &result);
	assert_int_equal(result.answer, XDP_TX);
	p.data[5] = 3;
	assert_becomes(&program, &p, &p);
	program_close(&program);
}

static void test_echo_for_one_address(void **state)
{
	struct edge_ip address = ip("::ffff:198.51.100.3");
	struct program program;
	struct packet p;

	(void)state;
	skip_without_bpf();
	program_load(&program, FUNCTION("echo"), (struct param[]){PARAM("address", address)}, 1);
	make_echo(&p, 4); /* for 198.51.100.2 */
	assert_becomes(&program, &p, &p);
	program_close(&program);
}

/* ---------------------------------------------------------------- dnat */

static void put_ip(struct packet *p, bool source, const struct edge_ip *address)
{
	if (p->family == 4)
		memcpy(p->data + p->l3 + (source ? 12 : 16), &address->word[3], 4);
	else
		memcpy(p->data + p->l3 + (source ? 8 : 24), address, 16);
}

/* Both directions: the answer to the translated packet gets the old address as its source. */
static void assert_dnat(int family, uint8_t protocol)
{
	struct edge_ip address = ip(family == 4 ? "::ffff:198.51.100.2" : "2001:db8:1::2");
	struct edge_ip to = ip(family == 4 ? "::ffff:10.1.2.3" : "fd00::3");
	uint16_t port = htons(protocol == IPPROTO_TCP ? 80 : 53), to_port = htons(8080);
	struct packet in, want, back;
	struct program program;

	program_load(&program, FUNCTION("dnat"),
		     (struct param[]){PARAM("address", address), PARAM("port", port),
				      PARAM("to", to), PARAM("to_port", to_port)},
		     4);
	packet_make(&in, family, protocol, 33);
	want = in;
	put_ip(&want, false, &to);
	packet_put16(&want, want.l4 + 2, 8080);
	packet_finish(&want);
	assert_becomes(&program, &in, &want);
	back = want; /* from the server, to a client */
	put_ip(&back, true, &to);
	packet_put16(&back, back.l4, 8080);
	packet_put16(&back, back.l4 + 2, 1000);
	packet_finish(&back);
	want = back;
	put_ip(&want, true, &address);
	packet_put16(&want, want.l4, ntohs(port));
	packet_finish(&want);
	assert_becomes(&program, &back, &want);
	packet_put16(&in, in.l4 + 2, 81); /* another port */
	packet_finish(&in);
	assert_becomes(&program, &in, &in);
	program_close(&program);
}

static void test_dnat(void **state)
{
	(void)state;
	skip_without_bpf();
	for (int family = 4; family <= 6; family += 2) {
		assert_dnat(family, IPPROTO_TCP);
		assert_dnat(family, IPPROTO_UDP);
	}
}

/* Without a port, all packets to the host are translated, including later fragments. */
static void test_dnat_of_a_host(void **state)
{
	struct edge_ip address = ip("::ffff:198.51.100.2"), to = ip("::ffff:10.1.2.3");
	struct program program;
	struct packet in, want;

	(void)state;
	skip_without_bpf();
	program_load(&program, FUNCTION("dnat"),
		     (struct param[]){PARAM("address", address), PARAM("to", to)}, 2);
	packet_make(&in, 4, IPPROTO_ICMP, 33);
	want = in;
	put_ip(&want, false, &to);
	packet_finish(&want);
	assert_becomes(&program, &in, &want);
	packet_fragment4(&in, 100, false);
	packet_finish(&in);
	packet_fragment4(&want, 100, false);
	packet_finish(&want);
	assert_becomes(&program, &in, &want);
	program_close(&program);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_blocklist),
		cmocka_unit_test(test_blocklist_counts_only),
		cmocka_unit_test(test_blocklist_keeps_families_apart),
		cmocka_unit_test(test_ratelimit),
		cmocka_unit_test(test_ratelimit_by_prefix),
		cmocka_unit_test(test_ratelimit_refills),
		cmocka_unit_test(test_count),
		cmocka_unit_test(test_dscp),
		cmocka_unit_test(test_gso_counts_as_on_the_wire),
		cmocka_unit_test(test_gso_is_limited_as_on_the_wire),
		cmocka_unit_test(test_a_cut_gso_packet_is_one),
		cmocka_unit_test(test_echo),
		cmocka_unit_test(test_echo_leaves_alone),
		cmocka_unit_test(test_echo_leaves_to_the_kernel),
		cmocka_unit_test(test_echo_of_other_machines),
		cmocka_unit_test(test_echo_for_one_address),
		cmocka_unit_test(test_dnat),
		cmocka_unit_test(test_dnat_of_a_host),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

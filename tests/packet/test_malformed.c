// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Headers with wrong lengths, and bytes after a packet's end, which the view must not show. */
#include "lib/run_view.h"

/* Ethernet pads short frames to 60 bytes: bytes beyond the IP header's length are not payload. */
static void test_padding_is_not_payload(void **state)
{
	struct packet p = {0};
	struct view v[2];

	(void)state;
	packet_ethernet(&p, ETH_P_IP);
	packet_ip4(&p, IPPROTO_UDP, 0);
	packet_udp(&p, 1, 2);
	packet_payload(&p, 3);
	packet_finish(&p);
	p.family = 0; /* keep look_at_both() from counting the padding */
	p.protocol = 0;
	p.length = 60;
	look_at_both(&p, v);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(v[i].payload_length, 3);
		assert_int_equal(v[i].length, 60);
		assert_int_equal(v[i].udp, 34);
	}
}

/* A header beyond the end of the IP packet is padding that looks like a header. */
static void test_a_transport_header_in_the_padding(void **state)
{
	struct packet p = {0};
	struct view v[2];

	(void)state;
	packet_ethernet(&p, ETH_P_IP);
	packet_ip4(&p, IPPROTO_UDP, 0);
	transport(&p, IPPROTO_UDP);
	packet_finish(&p);
	packet_put16(&p, p.l3 + 2, 27);
	p.family = 0;
	p.protocol = 0;
	look_at_both(&p, v);
	for (int i = 0; i < 2; i++) {
		assert_int_equal(v[i].ip4, 14);
		assert_int_equal(v[i].udp, -1);
	}
}

static void test_malformed_ip(void **state)
{
	static const uint8_t first[] = {0x44, 0x40, 0x65, 0x05};
	struct view v[2];

	(void)state;
	for (size_t i = 0; i < sizeof(first); i++) {
		struct packet p = {0};

		packet_ethernet(&p, ETH_P_IP);
		packet_ip4(&p, IPPROTO_UDP, 0);
		transport(&p, IPPROTO_UDP);
		packet_finish(&p);
		p.data[14] = first[i];
		p.family = 0;
		p.protocol = 0;
		look_at_both(&p, v);
		for (int hook = 0; hook < 2; hook++) {
			assert_int_equal(v[hook].ip4, -1);
			assert_int_equal(headers_seen(v + hook), 0);
		}
	}
}

static void test_malformed_tcp(void **state)
{
	static const uint8_t offsets[] = {0x00, 0x40, 0xf0}; /* 0, 16 and 60 of the 52 bytes */
	struct view v[2];

	(void)state;
	for (size_t i = 0; i < sizeof(offsets); i++) {
		struct packet p = {0};

		packet_ethernet(&p, ETH_P_IP);
		packet_ip4(&p, IPPROTO_TCP, 0);
		transport(&p, IPPROTO_TCP);
		p.data[p.l4 + 12] = offsets[i];
		look_at_both(&p, v);
		assert_int_equal(v[0].tcp, -1);
		assert_int_equal(v[1].tcp, -1);
		assert_int_equal(v[0].ip4, 14);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_padding_is_not_payload),
		cmocka_unit_test(test_a_transport_header_in_the_padding),
		cmocka_unit_test(test_malformed_ip),
		cmocka_unit_test(test_malformed_tcp),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

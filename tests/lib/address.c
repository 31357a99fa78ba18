// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Addresses from their text. */
#include "lib/address.h"

#include <arpa/inet.h>

#include "lib/test.h"

struct edge_ip ip(const char *text)
{
	struct edge_ip address = {.word = {[2] = htonl(0xffff)}};

	if (inet_pton(AF_INET, text, &address.word[3]) != 1)
		assert_int_equal(inet_pton(AF_INET6, text, &address), 1);
	return address;
}

struct in6_addr in6(const char *text)
{
	struct in6_addr address;

	assert_int_equal(inet_pton(AF_INET6, text, &address), 1);
	return address;
}

struct edge_prefix_key prefix_key(const char *text, uint32_t length)
{
	struct edge_prefix_key key = {.length = 32 + length, .family = 4};

	if (inet_pton(AF_INET, text, &key.ip) == 1)
		return key;
	key.family = 6;
	assert_int_equal(inet_pton(AF_INET6, text, &key.ip), 1);
	return key;
}

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Every kind of type: the bytes of a text, the text and JSON of bytes, and refused texts.
 */
#include <arpa/inet.h>

#include "lib/values.h"

static void test_integers(void **state)
{
	(void)state;
	BOTH(v_u8, "0", 0);
	BOTH(v_u8, "255", 255);
	BOTH(v_s8, "-128", -128);
	BOTH(v_s8, "127", 127);
	BOTH(v_u16, "65535", 65535);
	BOTH(v_s16, "-32768", -32768);
	BOTH(v_u32, "4294967295", 4294967295);
	BOTH(v_s32, "-2147483648", -2147483647 - 1);
	BOTH(v_u64, "18446744073709551615", UINT64_MAX);
	BOTH(v_s64, "-9223372036854775808", INT64_MIN);
	BOTH(v_s64, "9223372036854775807", INT64_MAX);
	BOTH(v_char, "65", 65);
	BOTH(v_const, "7", 7);
	READS(v_u32, "0xDEADbeef", 0xdeadbeef);
	READS(v_s32, "-0x10", -16);
	READS(v_u32, "007", 7);
	READS(v_u32, " 7 ", 7);
	JSON(v_u64, "18446744073709551615", UINT64_MAX);
	JSON(v_s64, "-1", -1);
}

static void test_integers_refused(void **state)
{
	(void)state;
	REFUSES(v_u8, "256", "value: 256 is out of range: __u8 takes a number from 0 to 255");
	REFUSES(v_u8, "-1", "value: -1 is out of range: __u8 takes a number from 0 to 255");
	REFUSES(v_s8, "128", "value: 128 is out of range: __s8 takes a number from -128 to 127");
	REFUSES(v_s8, "-129", "value: -129 is out of range: __s8 takes a number from -128 to 127");
	REFUSES(v_u64, "18446744073709551616",
		"value: 18446744073709551616 is out of range: __u64 takes a number from 0 to "
		"18446744073709551615");
	REFUSES(v_u32, "abc", "value: abc is not a number");
	hinted("write a number from 0 to 4294967295");
	REFUSES(v_u32, "", "value: the value is missing");
	REFUSES(v_u32, "0x", "value: 0x is not a number");
	REFUSES(v_u32, "7 8", "value: 7 8 is not a number");
	REFUSES(v_u32, "1e3", "value: 1e3 is not a number");
	REFUSES(v_u32, "+1", "value: +1 is not a number");
	REFUSES(v_u32, "--1", "value: --1 is not a number");
	REFUSES(v_u32, "1,2", "value: 1,2 is not a number");
	REFUSES(v_u32, "\xef\xbc\x91", "value: \xef\xbc\x91 is not a number");
}

static void test_bool_and_enum(void **state)
{
	(void)state;
	BOTH(v_bool, "true", true);
	BOTH(v_bool, "false", false);
	for (const char *const *yes = (const char *const[]){"1", "yes", "on", "True", NULL}; *yes;
	     yes++)
		READS(v_bool, *yes, true);
	for (const char *const *no = (const char *const[]){"0", "no", "off", NULL}; *no; no++)
		READS(v_bool, *no, false);
	REFUSES(v_bool, "2", "value: 2 is not a bool");
	hinted("write true or false, 1 or 0, yes or no, on or off");
	JSON(v_bool, "true", true);
	BOTH(v_color, "GREEN", GREEN);
	BOTH(v_color, "3", 3);
	READS(v_color, "40", BLUE);
	JSON(v_color, "\"GREEN\"", GREEN);
	JSON(v_color, "3", 3);
	REFUSES(v_color, "GREN", "value: GREN is not a value of enum color; did you mean GREEN?");
	hinted("write one of RED, GREEN, BLUE, or a number");
	REFUSES(v_color, "purple", "value: purple is not a value of enum color");
	/* clang 14 writes LARGE as 0. */
	BOTH(v_large, "0", 0);
	READS(v_large, "4294967296", LARGE);
}

static void test_network_order(void **state)
{
	(void)state;
	BOTH(v_be16, "258", htons(258));
	BOTH(v_be32, "16909060", htonl(0x01020304));
	BOTH(v_be64, "72623859790382856", htobe64(0x0102030405060708));
	BOTH(v_port, "443", htons(443));
	JSON(v_port, "443", htons(443));
	REFUSES(v_port, "65536",
		"value: 65536 is out of range: edge_port takes a number from 0 to 65535");
	REFUSES(v_port, "https", "value: https is not a number");
}

static void test_addresses(void **state)
{
	(void)state;
	BOTH(v_ip4, "192.0.2.1", inet_addr("192.0.2.1"));
	JSON(v_ip4, "\"192.0.2.1\"", inet_addr("192.0.2.1"));
	BOTH(v_in, "192.0.2.1", {inet_addr("192.0.2.1")});
	BOTH(v_ip, "192.0.2.1", ip("192.0.2.1"));
	BOTH(v_ip, "2001:db8::1", ip("2001:db8::1"));
	BOTH(v_ip, "::", {});
	READS(v_ip, "::ffff:192.0.2.1", ip("192.0.2.1"));
	JSON(v_ip, "\"2001:db8::1\"", ip("2001:db8::1"));
	BOTH(v_in6, "2001:db8::1", in6("2001:db8::1"));
	BOTH(v_mac, "02:00:00:00:ab:01", {{2, 0, 0, 0, 0xab, 1}});
	READS(v_mac, "02:00:00:00:AB:01", {{2, 0, 0, 0, 0xab, 1}});
	JSON(v_mac, "\"02:00:00:00:ab:01\"", {{2, 0, 0, 0, 0xab, 1}});
	REFUSES(v_ip4, "192.0.2", "value: 192.0.2 is not an IPv4 address");
	REFUSES(v_ip4, "192.0.2.256", "value: 192.0.2.256 is not an IPv4 address");
	REFUSES(v_ip4, "2001:db8::1", "value: 2001:db8::1 is not an IPv4 address");
	hinted("write an IPv4 address, as 192.0.2.1");
	REFUSES(v_ip, "localhost", "value: localhost is not an address");
	hinted("write an address, as 192.0.2.1 or 2001:db8::1");
	REFUSES(v_in6, "192.0.2.1", "value: 192.0.2.1 is not an IPv6 address");
	REFUSES(v_mac, "2:0:0:0:0:1", "value: 2:0:0:0:0:1 is not a MAC address");
	REFUSES(v_mac, "02:00:00:00:00:0g", "value: 02:00:00:00:00:0g is not a MAC address");
}

static void test_prefixes(void **state)
{
	(void)state;
	BOTH(v_prefix, "10.0.0.0/8", {104, ip("10.0.0.0")});
	BOTH(v_prefix, "0.0.0.0/0", {96, ip("0.0.0.0")});
	BOTH(v_prefix, "::/0", {0, {}});
	BOTH(v_prefix, "2001:db8::/32", {32, ip("2001:db8::")});
	READS(v_prefix, "10.0.0.1", {128, ip("10.0.0.1")});
	READS(v_prefix, "2001:db8::1", {128, ip("2001:db8::1")});
	JSON(v_prefix, "\"10.0.0.0/8\"", {104, ip("10.0.0.0")});
	REFUSES(v_prefix, "10.0.0.1/8",
		"value: 10.0.0.1/8 has bits set after its prefix length; write 10.0.0.0/8");
	REFUSES(v_prefix, "2001:db8::1/33",
		"value: 2001:db8::1/33 has bits set after its prefix length; write 2001:db8::/33");
	REFUSES(v_prefix, "10.0.0.0/33", "value: the prefix length of 10.0.0.0/33 is not 0 to 32");
	REFUSES(v_prefix, "::/129", "value: the prefix length of ::/129 is not 0 to 128");
	REFUSES(v_prefix, "10.0.0.0/", "value: the prefix length of 10.0.0.0/ is not 0 to 32");
	REFUSES(v_prefix, "10.0.0.0/-1", "value: the prefix length of 10.0.0.0/-1 is not 0 to 32");
	REFUSES(v_prefix, "10.0/8", "value: 10.0/8 is not a prefix");
	hinted("write a prefix, as 192.0.2.0/24 or 2001:db8::/32, or a bare address");
}

/* The family comes first in the key of a prefix table: no text of one family matches the other
 * family. */
static void test_prefix_keys(void **state)
{
	const struct edge_ip ip4 = {.word = {htonl(0x0a000000)}},
			     host = {.word = {htonl(0x0a000001)}};

	(void)state;
	BOTH(v_key, "10.0.0.0/8", {32 + 8, 4, {0}, ip4});
	BOTH(v_key, "0.0.0.0/0", {32, 4, {0}, {}});
	BOTH(v_key, "::/0", {32, 6, {0}, {}});
	BOTH(v_key, "::/80", {32 + 80, 6, {0}, {}});
	BOTH(v_key, "::ffff:0.0.0.0/96", {32 + 96, 6, {0}, ip("0.0.0.0")});
	BOTH(v_key, "2001:db8::/32", {32 + 32, 6, {0}, ip("2001:db8::")});
	READS(v_key, "10.0.0.1", {64, 4, {0}, host});
	READS(v_key, "::ffff:10.0.0.1", {160, 6, {0}, ip("10.0.0.1")});
	JSON(v_key, "\"10.0.0.0/8\"", {32 + 8, 4, {0}, ip4});
	REFUSES(v_key, "10.0.0.1/8",
		"value: 10.0.0.1/8 has bits set after its prefix length; write 10.0.0.0/8");
	REFUSES(v_key, "10.0.0.0/33", "value: the prefix length of 10.0.0.0/33 is not 0 to 32");
	REFUSES(v_key, "::/129", "value: the prefix length of ::/129 is not 0 to 128");
	/* These keys have no text form as a prefix. */
	BOTH(v_key, "{length=40,family=4,unused=[0,0,0],ip=a00:1::}", {40, 4, {0}, ip("a00:1::")});
	BOTH(v_key, "{length=31,family=6,unused=[0,0,0],ip=::}", {31, 6, {0}, {}});
	BOTH(v_key, "{length=40,family=5,unused=[0,0,0],ip=::}", {40, 5, {0}, {}});
}

/* A prefix without a text form is written and read as a struct. */
static void test_odd_prefixes(void **state)
{
	(void)state;
	BOTH(v_prefix, "{length=104,ip=10.0.0.1}", {104, ip("10.0.0.1")});
	BOTH(v_prefix, "{length=200,ip=::}", {200, {}});
	JSON(v_prefix, "{\"length\":200,\"ip\":\"::\"}", {200, {}});
}

static void test_structs(void **state)
{
	(void)state;
	BOTH(v_counters, "{packets=3,bytes=180}", {3, 180});
	READS(v_counters, "packets=3,bytes=180", {3, 180});
	READS(v_counters, " { bytes = 180 , packets = 3 } ", {3, 180});
	READS(v_counters, "bytes=180", {0, 180});
	READS(v_counters, "{}", {0, 0});
	JSON(v_counters, "{\"packets\":3,\"bytes\":180}", {3, 180});
	READS(v_single, "7", {7});
	READS(v_single, "only=7", {7});
	BOTH(v_single, "{only=7}", {7});
	READS(v_name, "a=b", {"a=b"});
	BOTH(v_endpoint, "{ip=2001:db8::1,port=443,protocol=6}",
	     {ip("2001:db8::1"), htons(443), 6});
	JSON(v_endpoint, "{\"ip\":\"192.0.2.1\",\"port\":443,\"protocol\":6}",
	     {ip("192.0.2.1"), htons(443), 6});
	BOTH(v_nested,
	     "{from={ip=192.0.2.1,port=1,protocol=6},to={ip=2001:db8::1,port=2,protocol=17},"
	     "ports=[1,2,3,4],name=eth0,color=BLUE,on=true}",
	     {{ip("192.0.2.1"), htons(1), 6},
	      {ip("2001:db8::1"), htons(2), 17},
	      {1, 2, 3, 4},
	      "eth0",
	      BLUE,
	      true});
}

static void test_structs_refused(void **state)
{
	(void)state;
	REFUSES(v_counters, "pakets=3", "value: there is no field pakets; did you mean packets?");
	hinted("write {field=value,…} or {\"field\":value,…} with the fields packets, bytes");
	REFUSES(v_counters, "{packets=3,frames=1}", "value: there is no field frames");
	REFUSES(v_counters, "{packets=3", "value: } is missing at the end, at character 11");
	REFUSES(v_counters, "{packets=3}}", "value: \"}\" is unexpected, at character 12");
	REFUSES(v_counters, "packets=3}", "value: \"}\" is unexpected, at character 10");
	REFUSES(v_counters, "{packets=3 bytes=4}",
		"value: field packets: 3 bytes=4 is not a number");
	REFUSES(v_counters, "{packets=3,}",
		"value: a field name is missing at \"}\", at character 12");
	REFUSES(v_counters, "{packets}", "value: = is missing behind packets, at character 9");
	REFUSES(v_counters, "packets=1,packets=2", "value: field packets is given twice");
	REFUSES(v_counters, "packets=", "value: field packets: the value is missing");
	REFUSES(v_counters, "3", "value: 3 is not a struct counters");
	REFUSES(v_counters, "", "value: the value is missing");
	REFUSES(v_nested, "to={port=99999}",
		"value: field to.port: 99999 is out of range: edge_port takes a number from 0 to "
		"65535");
	REFUSES(v_nested, "ports=[1,x]", "value: field ports[1]: x is not a number");
	REFUSES(v_nested, "to=7", "value: field to: { is missing at \"7\", at character 4");
}

static void test_unions(void **state)
{
	(void)state;
	READS(v_word, "7", {.first = 7});
	READS(v_word, "first=7", {.first = 7});
	BOTH(v_word, "{number=16909060}", {.number = 0x01020304});
	READS(v_word, "bytes=[4,3,2,1]", {.number = 0x01020304});
	JSON(v_word, "{\"first\":4,\"number\":16909060,\"bytes\":[4,3,2,1]}",
	     {.number = 0x01020304});
	REFUSES(v_word, "{first=1,number=2}",
		"value: fields first and number share their bytes: give only one of the two");
	READS(v_peer, "family=2,v4=192.0.2.1", {2, {inet_addr("192.0.2.1")}});
	BOTH(v_peer, "{family=10,v6=2001:db8::1}", {10, {.v6 = in6("2001:db8::1")}});
	REFUSES(v_peer, "v4=192.0.2.1,v6=::",
		"value: fields v4 and v6 share their bytes: give only one of the two");
}

static void test_bitfields(void **state)
{
	(void)state;
	BOTH(v_bits, "{a=5,b=100,c=-16,d=true,e=281474976710655}",
	     {.a = 5, .b = 100, .c = -16, .d = true, .e = 281474976710655});
	JSON(v_bits, "{\"a\":5,\"b\":100,\"c\":-16,\"d\":false,\"e\":0}",
	     {.a = 5, .b = 100, .c = -16});
	REFUSES(v_bits, "a=8",
		"value: field a: 8 is out of range: __u32 takes a number from 0 to 7");
	REFUSES(v_bits, "c=16",
		"value: field c: 16 is out of range: __s32 takes a number from -16 to 15");
}

static void test_arrays(void **state)
{
	(void)state;
	BOTH(v_array, "[1,2,3]", {1, 2, 3});
	READS(v_array, "[ 1 , 2 ]", {1, 2, 0});
	READS(v_array, "[]", {0});
	BOTH(v_matrix, "[[1,2,3],[4,5,6]]", {{1, 2, 3}, {4, 5, 6}});
	BOTH(v_structs, "[{packets=1,bytes=2},{packets=3,bytes=4}]", {{1, 2}, {3, 4}});
	JSON(v_matrix, "[[1,2,3],[4,5,6]]", {{1, 2, 3}, {4, 5, 6}});
	REFUSES(v_array, "[1,2,3,4]", "value: there are more than 3 elements");
	REFUSES(v_array, "[1,2", "value: ] is missing at the end, at character 5");
	REFUSES(v_array, "1,2", "value: [ is missing at \"1,2\", at character 1");
	hinted("write [a,b,…] with up to 3 elements");
	REFUSES(v_array, "[1,70000]",
		"value: field [1]: 70000 is out of range: __u16 takes a number from 0 to 65535");
}

static void test_strings(void **state)
{
	(void)state;
	BOTH(v_string, "eth0", "eth0");
	BOTH(v_string, "eth0.100", {'e', 't', 'h', '0', '.', '1', '0', '0'});
	BOTH(v_string, "\"\"", "");
	BOTH(v_string, "\"a,b}\"", "a,b}");
	BOTH(v_string, "\"\\\"\\\\\"", "\"\\");
	BOTH(v_string, "\"a\\x00b\\xff\"", {'a', 0, 'b', (char)0xff});
	READS(v_string, "a b", "a b");
	READS(v_string, "\"\\n\\t\"", "\n\t");
	JSON(v_string, "\"eth0\"", "eth0");
	JSON(v_string, "\"a\\\"b\"", "a\"b");
	JSON(v_string, "[255,0,0,0,0,0,0,0]", {(char)0xff});
	REFUSES(v_string, "123456789", "value: 123456789 is longer than 8 bytes");
	REFUSES(v_string, "\"123456789\"", "value: \"123456789\" is longer than 8 bytes");
	REFUSES(v_string, "\"abc", "value: \"abc has no closing quote");
	REFUSES(v_string, "\"a\\q\"", "value: \\q is not an escape");
	REFUSES(v_string, "\"a\"b", "value: \"b\" is unexpected, at character 4");
}

static void test_pointers_and_bytes(void **state)
{
	(void)state;
	BOTH(v_pointer, "0xffff888000000000", (void *)0xffff888000000000);
	BOTH(v_int128, "0x01000000000000000000000000000080",
	     (unsigned __int128)1 | (unsigned __int128)0x80 << 120);
	JSON(v_int128, "\"0x01000000000000000000000000000000\"", 1);
	REFUSES(v_int128, "1", "value: 1 is not 16 bytes in hexadecimal");
	hinted("write 0x and 32 hexadecimal digits");
	REFUSES(v_int128, "0x0100000000000000000000000000000g",
		"value: 0x0100000000000000000000000000000g is not 16 bytes in hexadecimal");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_integers_refused),
		cmocka_unit_test(test_bool_and_enum),
		cmocka_unit_test(test_network_order),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_odd_prefixes),
		cmocka_unit_test(test_prefix_keys),
		cmocka_unit_test(test_structs),
		cmocka_unit_test(test_structs_refused),
		cmocka_unit_test(test_unions),
		cmocka_unit_test(test_bitfields),
		cmocka_unit_test(test_arrays),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_pointers_and_bytes),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, values_setup, values_teardown);
}

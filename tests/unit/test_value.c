// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * value.c: text to bytes and back, for every kind of type. The types below are compiled twice: by
 * this test's compiler, whose structs say which bytes are right, and by clang for BPF, whose BTF
 * the library reads.
 */
#include <arpa/inet.h>
#include <endian.h>
#include <libgen.h>
#include <limits.h>
#include <setjmp.h>
#include <stdarg.h>
#include <netinet/in.h>

#include <bpf/btf.h>
#include <cmocka.h>
#include <jansson.h>

#include "../../loader/value.h"

#define COMPILED_TWICE(...) \
	__VA_ARGS__         \
	static const char source[] = #__VA_ARGS__;

/* clang-format off */
COMPILED_TWICE(
	enum color { RED = 1, GREEN = 2, BLUE = 40 };
	struct counters { __u64 packets; __u64 bytes; };
	struct endpoint { struct edge_ip ip; edge_port port; __u8 protocol; } __attribute__((packed));
	struct nested {
		struct endpoint from;
		struct endpoint to;
		__u16 ports[4];
		char name[16];
		enum color color;
		_Bool on;
	} __attribute__((packed));
	struct padded { __u8 one; __u32 two; __u16 three; };
	struct single { __u32 only; };
	struct name { char text[16]; };
	union word { __u8 first; __u32 number; __u8 bytes[4]; };
	struct peer { __u32 family; union { edge_ip4 v4; struct in6_addr v6; }; };
	struct bits { __u32 a : 3; __u32 b : 7; __s32 c : 5; _Bool d : 1; __u64 e : 48; };
	__u8 v_u8; __s8 v_s8; __u16 v_u16; __s16 v_s16; __u32 v_u32; __s32 v_s32; __u64 v_u64; __s64 v_s64;
	_Bool v_bool; char v_char; enum color v_color; const volatile __u32 v_const;
	__be16 v_be16; __be32 v_be32; __be64 v_be64; edge_ip4 v_ip4; edge_port v_port;
	struct edge_ip v_ip; struct edge_prefix v_prefix; struct edge_mac v_mac; struct in6_addr v_in6;
	struct in_addr v_in;
	struct counters v_counters; struct endpoint v_endpoint; struct nested v_nested; struct single v_single;
	struct name v_name; union word v_word; struct peer v_peer; struct bits v_bits;
	struct padded v_padded;
	__u16 v_array[3]; struct counters v_structs[2]; __u8 v_matrix[2][3]; char v_string[8]; void *v_pointer;
	unsigned __int128 v_int128;
)
/* clang-format on */

static struct el_context *context;
static struct btf *btf;

static int setup(void **state)
{
	char folder[] = "/tmp/edge-test-value-XXXXXX", here[] = __FILE__;
	_cleanup_free_ char *file = NULL, *object = NULL, *command = NULL, *root = NULL;
	FILE *stream;
	int err;

	(void)state;
	assert_non_null(mkdtemp(folder));
	root = el_format("%s/../..", dirname(here));
	file = el_format("%s/types.bpf.c", folder);
	object = el_format("%s/types.o", folder);
	stream = fopen(file, "w");
	assert_non_null(stream);
	fprintf(stream,
		"#include <edge/abi.h>\n#include <linux/in.h>\n#include <linux/in6.h>\n%s\n",
		source);
	fclose(stream);
	command = el_format("clang -g -O2 -target bpf -I%s/bpf -I%s/bpf/compat "
			    "-I/usr/include/$(gcc -print-multiarch) -c %s -o %s",
			    root, root, file, object);
	err = system(command);
	if (!err)
		btf = btf__parse(object, NULL);
	unlink(object);
	unlink(file);
	rmdir(folder);
	return err || !btf || el_context_open(&context, NULL) ? -1 : 0;
}

static int teardown(void **state)
{
	(void)state;
	btf__free(btf);
	el_context_free(context);
	return 0;
}

static uint32_t type_of(const char *variable)
{
	int id = btf__find_by_name_kind(btf, variable, BTF_KIND_VAR);

	assert_true(id > 0);
	return btf__type_by_id(btf, (uint32_t)id)->type;
}

static void reads(const char *variable, const char *text, const void *want, size_t size)
{
	_cleanup_free_ uint8_t *got = malloc(size);

	memset(got, 0xee, size);
	if (el_value_parse(context, btf, type_of(variable), "value", text, got, size))
		fail_msg("%s: %s", text, el_error_get(context)->what);
	assert_memory_equal(got, want, size);
}

static void writes(const char *variable, enum el_format format, const char *text, const void *bytes,
		   size_t size)
{
	_cleanup_free_ char *got = NULL;

	assert_int_equal(
		el_value_format(context, btf, type_of(variable), bytes, size, format, &got), 0);
	assert_string_equal(got, text);
}

static void refuses(const char *variable, size_t size, const char *text, const char *what)
{
	_cleanup_free_ uint8_t *got = malloc(size);

	assert_int_equal(el_value_parse(context, btf, type_of(variable), "value", text, got, size),
			 -EINVAL);
	assert_string_equal(el_error_get(context)->what, what);
	assert_int_equal(el_error_get(context)->kind, EL_USAGE);
}

static void hints(const char *hint)
{
	assert_string_equal(el_error_get(context)->hint, hint);
}

/* READS: this text is these bytes. BOTH: and these bytes are this text. JSON: and this JSON. */
#define READS(variable, text, ...)                                         \
	do {                                                               \
		__typeof__(variable) want = __VA_ARGS__;                   \
		reads(#variable, text, (const void *)&want, sizeof(want)); \
	} while (0)
#define WRITES(variable, format, text, ...)                                         \
	do {                                                                        \
		__typeof__(variable) want = __VA_ARGS__;                            \
		writes(#variable, format, text, (const void *)&want, sizeof(want)); \
	} while (0)
#define BOTH(variable, text, ...)                             \
	do {                                                  \
		READS(variable, text, __VA_ARGS__);           \
		WRITES(variable, EL_TEXT, text, __VA_ARGS__); \
	} while (0)
#define JSON(variable, text, ...)     WRITES(variable, EL_JSON, text, __VA_ARGS__)
#define REFUSES(variable, text, what) refuses(#variable, sizeof(variable), text, what)

static struct edge_ip ip(const char *text)
{
	struct edge_ip address = {.word = {[2] = htonl(0xffff)}};

	if (inet_pton(AF_INET, text, &address.word[3]) != 1)
		assert_int_equal(inet_pton(AF_INET6, text, &address), 1);
	return address;
}

static struct in6_addr in6(const char *text)
{
	struct in6_addr address;

	assert_int_equal(inet_pton(AF_INET6, text, &address), 1);
	return address;
}

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
	hints("write a number from 0 to 4294967295");
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
	hints("write true or false, 1 or 0, yes or no, on or off");
	JSON(v_bool, "true", true);
	BOTH(v_color, "GREEN", GREEN);
	BOTH(v_color, "3", 3);
	READS(v_color, "40", BLUE);
	JSON(v_color, "\"GREEN\"", GREEN);
	JSON(v_color, "3", 3);
	REFUSES(v_color, "GREN", "value: GREN is not a value of enum color; did you mean GREEN?");
	hints("write one of RED, GREEN, BLUE, or a number");
	REFUSES(v_color, "purple", "value: purple is not a value of enum color");
}

static void test_enum64(void **state)
{
	struct btf *made = btf__new_empty();
	_cleanup_free_ char *text = NULL;
	int64_t got, want = -5000000000;
	int id = btf__add_enum64(made, "wide", 8, true);

	(void)state;
	assert_int_equal(btf__add_enum64_value(made, "FAR", (uint64_t)want), 0);
	assert_int_equal(el_value_parse(context, made, (uint32_t)id, "value", "FAR", &got, 8), 0);
	assert_int_equal(got, want);
	assert_int_equal(el_value_format(context, made, (uint32_t)id, &got, 8, EL_TEXT, &text), 0);
	assert_string_equal(text, "FAR");
	btf__free(made);
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
	hints("write an IPv4 address, as 192.0.2.1");
	REFUSES(v_ip, "localhost", "value: localhost is not an address");
	hints("write an address, as 192.0.2.1 or 2001:db8::1");
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
		"value: 10.0.0.1/8 has bits set behind its length; write 10.0.0.0/8");
	REFUSES(v_prefix, "2001:db8::1/33",
		"value: 2001:db8::1/33 has bits set behind its length; write 2001:db8::/33");
	REFUSES(v_prefix, "10.0.0.0/33", "value: the prefix length of 10.0.0.0/33 is not 0 to 32");
	REFUSES(v_prefix, "::/129", "value: the prefix length of ::/129 is not 0 to 128");
	REFUSES(v_prefix, "10.0.0.0/", "value: the prefix length of 10.0.0.0/ is not 0 to 32");
	REFUSES(v_prefix, "10.0.0.0/-1", "value: the prefix length of 10.0.0.0/-1 is not 0 to 32");
	REFUSES(v_prefix, "10.0/8", "value: 10.0/8 is not a prefix");
	hints("write a prefix, as 192.0.2.0/24 or 2001:db8::/32, or a bare address");
}

/* What a prefix's own text can't say is shown, and taken, as a struct. */
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
	hints("write {field=value,…} with the fields packets, bytes");
	REFUSES(v_counters, "{packets=3,frames=1}", "value: there is no field frames");
	REFUSES(v_counters, "{packets=3", "value: } is missing at the end");
	REFUSES(v_counters, "{packets=3}}", "value: \"}\" is unexpected");
	REFUSES(v_counters, "packets=3}", "value: \"}\" is unexpected");
	REFUSES(v_counters, "{packets=3 bytes=4}",
		"value: field packets: 3 bytes=4 is not a number");
	REFUSES(v_counters, "{packets=3,}", "value: a field's name is missing at \"}\"");
	REFUSES(v_counters, "{packets}", "value: = is missing behind packets");
	REFUSES(v_counters, "packets=1,packets=2", "value: field packets is given twice");
	REFUSES(v_counters, "packets=", "value: field packets: the value is missing");
	REFUSES(v_counters, "3", "value: 3 is not a struct counters");
	REFUSES(v_counters, "", "value: the value is missing");
	REFUSES(v_nested, "to={port=99999}",
		"value: field to.port: 99999 is out of range: edge_port takes a number from 0 to "
		"65535");
	REFUSES(v_nested, "ports=[1,x]", "value: field ports[1]: x is not a number");
	REFUSES(v_nested, "to=7", "value: field to: { is missing at \"7\"");
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
		"value: fields first and number share their bytes: give one of them");
	READS(v_peer, "family=2,v4=192.0.2.1", {2, {inet_addr("192.0.2.1")}});
	BOTH(v_peer, "{family=10,v6=2001:db8::1}", {10, {.v6 = in6("2001:db8::1")}});
	REFUSES(v_peer, "v4=192.0.2.1,v6=::",
		"value: fields v4 and v6 share their bytes: give one of them");
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
	REFUSES(v_array, "[1,2", "value: ] is missing at the end");
	REFUSES(v_array, "1,2", "value: [ is missing at \"1,2\"");
	hints("write [a,b,…] with up to 3 elements");
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
	REFUSES(v_string, "\"a\"b", "value: \"b\" is unexpected");
}

static void test_pointers_and_bytes(void **state)
{
	(void)state;
	BOTH(v_pointer, "0xffff888000000000", (void *)0xffff888000000000);
	BOTH(v_int128, "0x01000000000000000000000000000080",
	     (unsigned __int128)1 | (unsigned __int128)0x80 << 120);
	JSON(v_int128, "\"0x01000000000000000000000000000000\"", 1);
	REFUSES(v_int128, "1", "value: 1 is not 16 bytes in hexadecimal");
	hints("write 0x and 32 hexadecimal digits");
	REFUSES(v_int128, "0x0100000000000000000000000000000g",
		"value: 0x0100000000000000000000000000000g is not 16 bytes in hexadecimal");
}

static void test_names(void **state)
{
	static const struct {
		const char *variable, *name;
	} cases[] = {
		{"v_u64", "__u64"},	  {"v_const", "__u32"},
		{"v_port", "edge_port"},  {"v_prefix", "struct edge_prefix"},
		{"v_word", "union word"}, {"v_color", "enum color"},
		{"v_array", "__u16[3]"},  {"v_matrix", "__u8[2][3]"},
		{"v_pointer", "void *"},  {"v_string", "char[8]"},
	};

	(void)state;
	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		_cleanup_free_ char *name = el_value_type_name(btf, type_of(cases[i].variable));

		assert_string_equal(name, cases[i].name);
	}
}

/* Any bytes -> text -> bytes -> text: the texts are the same, and so are bytes without padding. */
static void round_trip(const char *variable, size_t size, bool exact)
{
	uint8_t before[256], after[256];

	assert_true(size <= sizeof(before));
	for (int round = 0; round < 500; round++) {
		_cleanup_free_ char *text = NULL, *again = NULL, *json = NULL;
		json_error_t error;
		json_t *tree;

		for (size_t i = 0; i < size; i++)
			before[i] = random() % 4 ? (uint8_t)random() : 0;
		assert_int_equal(el_value_format(context, btf, type_of(variable), before, size,
						 EL_TEXT, &text),
				 0);
		assert_int_equal(
			el_value_parse(context, btf, type_of(variable), "value", text, after, size),
			0);
		if (exact)
			assert_memory_equal(before, after, size);
		assert_int_equal(el_value_format(context, btf, type_of(variable), after, size,
						 EL_TEXT, &again),
				 0);
		assert_string_equal(text, again);
		assert_int_equal(el_value_format(context, btf, type_of(variable), before, size,
						 EL_JSON, &json),
				 0);
		tree = json_loads(json, JSON_DECODE_ANY | JSON_DECODE_INT_AS_REAL | JSON_ALLOW_NUL,
				  &error);
		assert_non_null(tree);
		json_decref(tree);
	}
}

#define EXACT(variable)	 round_trip(#variable, sizeof(variable), true)
#define PADDED(variable) round_trip(#variable, sizeof(variable), false)

static void test_round_trips(void **state)
{
	(void)state;
	srandom(1);
	EXACT(v_u8);
	EXACT(v_s16);
	EXACT(v_u32);
	EXACT(v_s64);
	EXACT(v_color);
	EXACT(v_be32);
	EXACT(v_ip4);
	EXACT(v_port);
	EXACT(v_ip);
	EXACT(v_prefix);
	EXACT(v_mac);
	EXACT(v_in6);
	EXACT(v_counters);
	EXACT(v_single);
	EXACT(v_name);
	EXACT(v_word);
	EXACT(v_peer);
	EXACT(v_array);
	EXACT(v_structs);
	EXACT(v_matrix);
	EXACT(v_string);
	EXACT(v_pointer);
	EXACT(v_int128);
	EXACT(v_endpoint);
	PADDED(v_padded);
	PADDED(v_nested);
	EXACT(v_bits);
	PADDED(v_bool);
}

/* Prefixes of every length, each with the host bits that its bytes allow. */
static void test_every_prefix_length(void **state)
{
	(void)state;
	for (uint32_t length = 0; length <= 128; length++) {
		struct edge_prefix prefix = {length, {}};
		uint8_t *bytes = (uint8_t *)&prefix.ip;

		for (uint32_t bit = 0; bit < length; bit++)
			bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
		for (int flip = 0; flip < 2; flip++) {
			_cleanup_free_ char *text = NULL;

			assert_int_equal(el_value_format(context, btf, type_of("v_prefix"), &prefix,
							 sizeof(prefix), EL_TEXT, &text),
					 0);
			assert_int_equal(text[0] == '{', flip);
			reads("v_prefix", text, &prefix, sizeof(prefix));
			if (length == 128)
				break;
			bytes[length / 8] |= (uint8_t)(0x80 >> length % 8);
		}
	}
}

static void corrupt(struct btf *made, int id, const char *what)
{
	struct el_value_type *type = NULL;

	assert_int_equal(el_value_type_open(context, made, (uint32_t)id, &type), -EINVAL);
	assert_null(type);
	assert_string_equal(el_error_get(context)->what, what);
	btf__free(made);
}

/* BTF comes from files of other people: what is wrong with it must end here. */
static void test_corrupt_btf(void **state)
{
	struct btf *made;
	int id;

	(void)state;
	made = btf__new_empty();
	id = btf__add_struct(made, "ring", 8);
	btf__add_field(made, "again", id, 0, 0);
	corrupt(made, id, "BTF is corrupt: types nested too deep");

	made = btf__new_empty();
	id = btf__add_int(made, "int", 4, BTF_INT_SIGNED);
	id = btf__add_struct(made, "short", 4);
	btf__add_field(made, "outside", 1, 32, 0);
	corrupt(made, id, "BTF is corrupt: a member outside of its struct");

	made = btf__new_empty();
	id = btf__add_int(made, "int", 4, BTF_INT_SIGNED);
	id = btf__add_array(made, id, id, 0x40000000);
	corrupt(made, id, "BTF is corrupt: an array that is too large");

	made = btf__new_empty();
	id = btf__add_typedef(made, "self", 1);
	corrupt(made, id, "BTF is corrupt: a type that is not there");

	made = btf__new_empty();
	id = btf__add_fwd(made, "unknown", BTF_FWD_STRUCT);
	corrupt(made, id, "BTF is corrupt: a value of a type that has no size");

	corrupt(btf__new_empty(), 77, "BTF is corrupt: a type that is not there");
}

static void test_name_of_a_ring(void **state)
{
	struct btf *made = btf__new_empty();
	int id = btf__add_ptr(made, 1);

	(void)state;
	assert_null(el_value_type_name(made, (uint32_t)id));
	btf__free(made);
}

static void test_sums(void **state)
{
	struct counters a = {1, 2}, b = {10, UINT64_MAX};
	struct el_value_type *type;

	(void)state;
	assert_int_equal(el_value_type_open(context, btf, type_of("v_counters"), &type), 0);
	assert_true(el_value_type_sums(type));
	el_value_type_add(type, &a, &b);
	assert_int_equal(a.packets, 11);
	assert_int_equal(a.bytes, 1);
	el_value_type_free(type);
	assert_int_equal(el_value_type_open(context, btf, type_of("v_endpoint"), &type), 0);
	assert_false(el_value_type_sums(type));
	el_value_type_free(type);
}

/* Any text at all is read or refused, and nothing is written behind the type. */
static void test_any_text(void **state)
{
	static const char letters[] = "{}[]=,\"\\x0123456789abcdef./: -packetsbyfromtonip";
	static const char *const variables[] = {"v_nested", "v_prefix", "v_word", "v_string",
						"v_structs"};
	uint8_t room[512];
	char text[24];

	(void)state;
	for (int round = 0; round < 50000; round++) {
		const char *variable = variables[round % 5];
		uint32_t id = type_of(variable);
		size_t size = (size_t)btf__resolve_size(btf, id), length = random() % sizeof(text);
		int err;

		memset(room, 0xee, sizeof(room));
		for (size_t i = 0; i < length; i++)
			text[i] = letters[random() % (sizeof(letters) - 1)];
		text[length] = '\0';
		err = el_value_parse(context, btf, id, "value", text, room, size);
		assert_true(!err || err == -EINVAL);
		assert_true(room[size] == 0xee && room[sizeof(room) - 1] == 0xee);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_integers),
		cmocka_unit_test(test_integers_refused),
		cmocka_unit_test(test_bool_and_enum),
		cmocka_unit_test(test_enum64),
		cmocka_unit_test(test_network_order),
		cmocka_unit_test(test_addresses),
		cmocka_unit_test(test_prefixes),
		cmocka_unit_test(test_odd_prefixes),
		cmocka_unit_test(test_structs),
		cmocka_unit_test(test_structs_refused),
		cmocka_unit_test(test_unions),
		cmocka_unit_test(test_bitfields),
		cmocka_unit_test(test_arrays),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_pointers_and_bytes),
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_round_trips),
		cmocka_unit_test(test_every_prefix_length),
		cmocka_unit_test(test_corrupt_btf),
		cmocka_unit_test(test_name_of_a_ring),
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_any_text),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, teardown);
}

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * SDK calls on random packets, compared with a model in plain C (lib/reading.h). For every packet:
 * a call that returns an error leaves all bytes unchanged; a rewrite keeps every checksum as right
 * or wrong as it was, and changes no other field; a call that moves the packet yields the bytes of
 * the model.
 *
 * EDGE_MODEL_SECONDS=60 sets the duration (`make test-model SECONDS=60`); EDGE_MODEL_SEED=N starts
 * with other packets.
 */
#include <time.h>

#include "calls.h"
#include "lib/random.h"
#include "lib/reading.h"
#include "lib/program.h"

/* Compare the input with the output of a call that returned 0. Return: the fault, or NULL. */
typedef const char *judge_t(enum hook hook, const struct packet *in, const struct packet *out);

/* ---------------------------------------------------------------- rewrites */

/* In the arithmetic of RFC 1071, 0 and 0xffff are the same number. */
static bool same_sum(uint16_t a, uint16_t b)
{
	return a == b || (a + b == 0xffff && (!a || !b));
}

static bool same_bytes(const struct packet *in, const struct packet *out, size_t from, size_t to)
{
	return to <= from || !memcmp(in->data + from, out->data + from, to - from);
}

static const char *judge_rewrite(enum hook hook, const struct packet *in, const struct packet *out)
{
	struct reading before, after;
	size_t end;

	(void)hook;
	read_packet(in, &before);
	read_packet(out, &after);
	if (in->length != out->length || before.l3 != after.l3 || before.l4 != after.l4)
		return "the headers moved";
	if (!before.l3)
		return same_bytes(in, out, 12, in->length) ? NULL : "no IP packet, but it changed";
	if (before.family == 4 && !same_sum(before.ip4_sum, after.ip4_sum))
		return "the IPv4 header checksum";
	if (before.field && before.protocol == IPPROTO_UDP && !packet_get16(in, before.field)) {
		if (packet_get16(out, after.field))
			return "a UDP packet without checksum got one";
	} else if (before.field && !same_sum(before.transport_sum, after.transport_sum)) {
		return "the transport checksum";
	}
	if (before.field && before.protocol == IPPROTO_UDP && packet_get16(in, before.field) &&
	    !packet_get16(out, after.field))
		return "a UDP packet lost its checksum";
	if (!same_bytes(in, out, 12, before.l3))
		return "the link header";
	end = before.l4 ? before.l4 + 20 : before.l3 + 40;
	return same_bytes(in, out, end, in->length) ? NULL : "the payload";
}

/* ---------------------------------------------------------------- moves */

/* Check that @out is @in with @size bytes inserted at offset @at: @bytes, or any bytes if @bytes is
 * NULL. */
static const char *judge_inserted(const struct packet *in, const struct packet *out, size_t at,
				  const uint8_t *bytes, size_t size)
{
	if (out->length != in->length + size)
		return "the length";
	if (bytes && memcmp(out->data + at, bytes, size))
		return "what was put in";
	return memcmp(out->data + at + size, in->data + at, in->length - at) ? "what followed"
									     : NULL;
}

static const char *judge_vlan_push(enum hook hook, const struct packet *in,
				   const struct packet *out)
{
	static const uint8_t tag[4] = {0x81, 0, 0, 100};

	if (hook == TC) /* the tag is in the metadata */
		return in->length == out->length && same_bytes(in, out, 0, in->length)
			       ? NULL
			       : "the bytes";
	return same_bytes(in, out, 0, 12) ? judge_inserted(in, out, 12, tag, 4) : "the addresses";
}

static const char *judge_vlan_pop(enum hook hook, const struct packet *in, const struct packet *out)
{
	/* At TC the next tag goes into the metadata. */
	size_t size = hook == TC && is_tag_type(packet_get16(in, 16)) ? 8 : 4;

	if (!is_tag_type(packet_get16(in, 12)))
		return "there was no tag";
	return same_bytes(in, out, 0, 12) ? judge_inserted(out, in, 12, NULL, size)
					  : "the addresses";
}

static const char *judge_vlan_set(enum hook hook, const struct packet *in, const struct packet *out)
{
	(void)hook;
	if (in->length != out->length || !is_tag_type(packet_get16(in, 12)))
		return "there was no tag";
	return packet_get16(out, 14) == 100 && same_bytes(in, out, 0, 14) &&
			       same_bytes(in, out, 16, in->length)
		       ? NULL
		       : "the bytes";
}

static const char *judge_push(enum hook hook, const struct packet *in, const struct packet *out)
{
	static const uint8_t header[8] = {1, 2, 3, 4, 5, 6, 7, 8};
	struct reading r;

	(void)hook;
	read_packet(in, &r);
	if (!r.l3)
		return "it was no IP packet";
	if (packet_get16(out, r.l3 - 2) != 0x88b5 || !same_bytes(in, out, 0, r.l3 - 2))
		return "the link header";
	return judge_inserted(in, out, r.l3, header, sizeof(header));
}

static const char *judge_pop(enum hook hook, const struct packet *in, const struct packet *out)
{
	struct reading r;

	(void)hook;
	read_packet(in, &r);
	if (!r.l3)
		return "it was no IP packet";
	if (packet_get16(out, r.l3 - 2) != ETH_P_IP || !same_bytes(in, out, 0, r.l3 - 2))
		return "the link header";
	return judge_inserted(out, in, r.l3, NULL, 20);
}

enum { TRIM_TO = 60 };

static const char *judge_trim(enum hook hook, const struct packet *in, const struct packet *out)
{
	struct reading r;

	(void)hook;
	read_packet(in, &r);
	if (out->length != TRIM_TO || !same_bytes(in, out, 0, TRIM_TO))
		return "the bytes";
	if (r.tags > 2)
		return NULL;
	if (r.l3 && out->length < r.l3 + (r.family == 4 ? 20 : 40))
		return "the IP header was cut";
	/* The view shows no transport header behind a seventh extension header. */
	return r.field && r.extensions <= 6 && out->length < r.l4 + 8
		       ? "the transport header was cut"
		       : NULL;
}

/* The outer header must be right, and be followed by the original packet. */
static const char *judge_encap(enum hook hook, const struct packet *in, const struct packet *out)
{
	struct reading before, after;
	size_t grown = out->length - in->length;
	bool ends_with_frame;

	(void)hook;
	read_packet(in, &before);
	read_packet(out, &after);
	if (!before.l3 || out->length <= in->length)
		return "it was no IP packet";
	if (after.l3 != before.l3 || after.family != 4 || after.ip4_sum != 0xffff)
		return "the outer header";
	/* VXLAN carries the whole frame, the other tunnels only the IP packet. */
	ends_with_frame = after.protocol == IPPROTO_UDP && packet_get16(out, after.l4 + 2) == 4789;
	if (after.total != (ends_with_frame ? out->length - after.l3 : before.total + grown))
		return "the outer length";
	if (after.protocol == IPPROTO_UDP && packet_get16(out, after.l4 + 4) != after.l4_length)
		return "the UDP length";
	return memcmp(out->data + before.l3 + grown, in->data + before.l3, in->length - before.l3)
		       ? "the inner packet"
		       : NULL;
}

static const char *judge_decap(enum hook hook, const struct packet *in, const struct packet *out)
{
	struct reading before, after;
	size_t gone = in->length - out->length, inner;

	(void)hook;
	read_packet(in, &before);
	read_packet(out, &after);
	if (!before.l4 || out->length >= in->length)
		return "it was in no tunnel";
	inner = before.l3 + gone;
	if (inner > before.l4 + before.l4_length)
		return "the inner packet begins behind the outer one's end";
	if (memcmp(out->data + before.l3, in->data + inner, in->length - inner))
		return "the inner packet";
	if (after.l3 != before.l3)
		return "what was inside is no sound IP packet";
	return inner + after.total > before.l4 + before.l4_length
		       ? "the inner packet is longer than the outer one"
		       : NULL;
}

/* ---------------------------------------------------------------- running */

static const struct model {
	uint32_t call, number;
	int family; /* of the address to set, or of the outer header */
	judge_t *judge;
} models[] = {
	{CALL_SOURCE_IP, 0, 4, judge_rewrite},
	{CALL_SOURCE_IP, 0, 6, judge_rewrite},
	{CALL_DESTINATION_IP, 0, 4, judge_rewrite},
	{CALL_DESTINATION_IP, 0, 6, judge_rewrite},
	{CALL_SOURCE, 0, 4, judge_rewrite},
	{CALL_DESTINATION, 0, 6, judge_rewrite},
	{CALL_TTL, 0, 4, judge_rewrite},
	{CALL_DSCP, 46, 4, judge_rewrite},
	{CALL_SWAP_IPS, 0, 4, judge_rewrite},
	{CALL_VLAN_PUSH, 100, 4, judge_vlan_push},
	{CALL_VLAN_POP, 0, 4, judge_vlan_pop},
	{CALL_VLAN_SET, 100, 4, judge_vlan_set},
	{CALL_PUSH, 0, 4, judge_push},
	{CALL_POP, 0, 4, judge_pop},
	{CALL_TRIM, TRIM_TO, 4, judge_trim},
	{CALL_ENCAP_IP, 0, 4, judge_encap},
	{CALL_ENCAP_GUE, 0, 4, judge_encap},
	{CALL_ENCAP_VXLAN, 0, 4, judge_encap},
	{CALL_DECAP_IP, 0, 4, judge_decap},
	{CALL_DECAP_GUE, 0, 4, judge_decap},
	{CALL_DECAP_VXLAN, 0, 4, judge_decap},
};

enum { MODELS = sizeof(models) / sizeof(*models), DISAGREEMENTS_SHOWN = 3 };

static void load(struct program *program, const struct model *model)
{
	struct edge_ip ip, local;
	uint16_t port = htons(4321);

	inet_pton(AF_INET6, model->family == 4 ? "::ffff:203.0.113.9" : "2001:db8:9::9", &ip);
	inet_pton(AF_INET6, model->family == 4 ? "::ffff:203.0.113.1" : "2001:db8:9::1", &local);
	program_load(program, "tests/packet/calls.bpf.o",
		     (struct param[]){PARAM("call", model->call), PARAM("ip", ip),
				      PARAM("ip2", local), PARAM("port", port),
				      PARAM("number", model->number)},
		     5);
}

static void show(const char *name, const struct packet *p)
{
	fprintf(stderr, "  %s ", name);
	for (size_t i = 0; i < p->length && i < 400; i++)
		fprintf(stderr, "%02x", p->data[i]);
	fputc('\n', stderr);
}

/* Return: whether the model agrees. Packets that the kernel refuses for a test run do not count. */
static bool agrees(const struct program *program, const struct model *model, enum hook hook,
		   const struct packet *in)
{
	static struct packet out;
	LIBBPF_OPTS(bpf_test_run_opts, run, .data_in = in->data, .data_size_in = (__u32)in->length,
		    .data_out = out.data, .data_size_out = sizeof(out.data), .repeat = 1);
	const char *wrong;

	if (bpf_prog_test_run_opts(program->fd[hook], &run))
		return true;
	out.length = run.data_size_out;
	if ((int)run.retval == answer_drop[hook])
		wrong = out.length == in->length && same_bytes(in, &out, 0, in->length)
				? NULL
				: "an error, but the packet changed";
	else
		wrong = model->judge(hook, in, &out);
	if (!wrong)
		return true;
	fprintf(stderr, "call %u of family %d at %s: %s\n", model->call, model->family,
		hook_names[hook], wrong);
	show("in ", in);
	show("out", &out);
	return false;
}

static double now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

/* Make one call on random packets for @seconds. Return: the number of disagreements. */
static int try_model(const struct model *model, double seconds, unsigned long *tried)
{
	static struct packet in;
	struct program program;
	double end;
	int wrong = 0;

	load(&program, model);
	end = now() + seconds;
	for (int i = 0; wrong < DISAGREEMENTS_SHOWN && (i < 1000 || now() < end); i++) {
		random_packet(&in);
		for (size_t hook = 0; hook < 2; hook++)
			wrong += !agrees(&program, model, hooks[hook], &in);
		*tried += 2;
	}
	program_close(&program);
	return wrong;
}

static void test_random_packets(void **state)
{
	const char *seconds = getenv("EDGE_MODEL_SECONDS"), *seed = getenv("EDGE_MODEL_SEED");
	double each = (seconds ? atof(seconds) : 2) / MODELS;
	unsigned long tried = 0;
	int wrong = 0;

	(void)state;
	skip_without_bpf();
	chance_seed((seed ? strtoull(seed, NULL, 10) : 1) * 0x9e3779b97f4a7c15);
	for (size_t i = 0; i < MODELS; i++)
		wrong += try_model(&models[i], each, &tried);
	print_message("# %lu runs\n", tried);
	assert_int_equal(wrong, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_random_packets)};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, NULL, NULL);
}

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Plain programs that the verifier accepts as clang compiles them, but refuses after another
 * optimisation: the form in which a chain with them is fused, and the cases that use the object's
 * own code.
 */
#include "lib/chains.h"

#define XDP EDGE_HOOK_XDP
#define TC  EDGE_HOOK_TC_INGRESS

/* Make an object as its author compiles it: with clang, without -mcpu=, with bitcode. */
static void made(const char *name, const char *flags, const char *text)
{
	char options[256], whole[65536];

	snprintf(whole, sizeof(whole),
		 "#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n%s\n"
		 "char _license[] SEC(\"license\") = \"GPL\";\n",
		 text);
	write_text(at("%s.bpf.c", name), whole);
	snprintf(options, sizeof(options), "-fembed-bitcode=all %s", flags);
	assert_int_equal(clang("clang", options, at("%s.bpf.c", name), at("%s.o", name)), 0);
}

#define BYTES "void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;\n"

static int setup(void **state)
{
	if (world_setup(state))
		return -1;
	device("dev0");
	function("pass", "", "return EDGE_NEXT;");
	return 0;
}

static const struct el_program_report *program(const struct el_chain *chain, size_t number)
{
	assert_true(number < el_chain_report(chain)->programs_count);
	return &el_chain_report(chain)->programs[number];
}

/* The chain must have one program of @form, and the metadata in the kernel must agree. */
static void assert_form(struct el_chain *chain, enum edge_hook hook, const char *form)
{
	struct el_chain *seen;

	assert_int_equal(el_chain_report(chain)->programs_count, 1);
	assert_string_equal(program(chain, 0)->form, form);
	assert_int_equal(el_chain_open(context, "dev0", hook, &seen), 0);
	assert_string_equal(program(seen, 0)->form, form);
	el_chain_free(seen);
	el_chain_free(chain);
	assert_int_equal(el_chain_detach(context, "dev0", hook), 0);
}

/* A condition that tests both an offset's bound and the packet's end is not a NULL test. */
static void test_comparison_of_pointers(void **state)
{
	(void)state;
	made("offset", "",
	     "struct { __uint(type, BPF_MAP_TYPE_ARRAY); __type(key, __u32); __type(value, "
	     "__u16);\n"
	     "	__uint(max_entries, 1); } offsets SEC(\".maps\");\n"
	     "SEC(\"xdp\") int offset(struct xdp_md *ctx)\n{\n" BYTES "	__u32 key = 0;\n"
	     "	__u16 *off = bpf_map_lookup_elem(&offsets, &key);\n"
	     "	__u8 *byte;\n"
	     "	if (!off)\n		return XDP_PASS;\n"
	     "	byte = data + *off;\n"
	     "	if (*off > 256 || (void *)(byte + 20) > end)\n		return XDP_PASS;\n"
	     "	return byte[14] == 17 ? XDP_DROP : XDP_PASS;\n}");
	el_chain_free(attach("dev0", XDP, "a=@pass", "@offset", "b=@pass"));
	assert_int_equal(send_frames("dev0", "xdp", 17, 64, 1), XDP_DROP);
	assert_int_equal(send_frames("dev0", "xdp", 18, 64, 1), XDP_PASS);
	assert_int_equal(el_chain_detach(context, "dev0", XDP), 0);
	assert_form(attach("dev0", XDP, "@offset"), XDP, "whole");
}

/* The program finds that a pointer equals data_end; the optimiser, run again, then uses data_end in
 * its place. */
static void test_twice_optimised(void **state)
{
	(void)state;
	made("last", "",
	     "SEC(\"xdp\") int last(struct xdp_md *ctx)\n{\n" BYTES "	unsigned int offset = 14;\n"
	     "	for (int i = 0; i < 1500; i++) {\n"
	     "		if (data + offset > end)\n			return XDP_PASS;\n"
	     "		if (data + offset == end)\n			goto read;\n"
	     "		offset++;\n	}\n	return XDP_PASS;\n"
	     "read:\n	return *(__u8 *)(data + (offset - 1)) == 7 ? XDP_DROP : XDP_PASS;\n}");
	el_chain_free(attach("dev0", XDP, "a=@pass", "@last", "b=@pass"));
	assert_int_equal(send_frames("dev0", "xdp", 7, 15, 1), XDP_DROP);
	assert_int_equal(send_frames("dev0", "xdp", 7, 16, 1), XDP_PASS);
	assert_int_equal(el_chain_detach(context, "dev0", XDP), 0);
	assert_form(attach("dev0", XDP, "a=@pass", "@last", "b=@pass"), XDP, "kept");
}

/* data_end is loaded in two branches and used after both: the verifier refuses this with
 * -mcpu=v3. */
static void test_own_cpu(void **state)
{
	(void)state;
	made("ends", "",
	     "SEC(\"tc\") int ends(struct __sk_buff *skb)\n{\n"
	     "	void *at = (void *)(long)skb->data + 14;\n	__u16 port = 0;\n	__u8 "
	     "protocol;\n"
	     "	if (skb->protocol == 0x0008) {\n"
	     "		if (at + 20 > (void *)(long)skb->data_end)\n			return 0;\n"
	     "		protocol = *(__u8 *)(at + 9), at += 20;\n	} else {\n"
	     "		if (at + 40 > (void *)(long)skb->data_end)\n			return 0;\n"
	     "		protocol = *(__u8 *)(at + 6), at += 40;\n	}\n"
	     "	switch (protocol) {\n"
	     "	case 6: if (at + 20 > (void *)(long)skb->data_end) return 0;\n"
	     "		port = *(__u16 *)(at + 2); break;\n"
	     "	case 17: if (at + 8 > (void *)(long)skb->data_end) return 0;\n"
	     "		port = *(__u16 *)(at + 2); break;\n	}\n"
	     "	return port == 0x3500 ? 2 : 0;\n}");
	assert_form(attach("dev0", TC, "a=@pass", "@ends", "b=@pass"), TC, "own-cpu");
}

/* Code of two objects that the linker has combined: two modules of bitcode. */
static void test_linked_object(void **state)
{
	(void)state;
	made("one", "",
	     "extern int other(struct xdp_md *ctx);\nstatic int seen;\n"
	     "SEC(\"xdp\") int one(struct xdp_md *ctx) { seen++; return other(ctx) + seen - 1; }");
	made("two", "",
	     "static int seen = 3;\n"
	     "__attribute__((noinline)) int other(struct xdp_md *ctx)\n{\n" BYTES "	seen++;\n"
	     "	return data + 15 > end ? XDP_PASS : *(__u8 *)(data + 14) == 9 ? XDP_DROP : "
	     "XDP_PASS;\n}");
	assert_int_equal(
		shell("bpftool gen object %s %s %s", at("linked.o"), at("one.o"), at("two.o")), 0);
	el_chain_free(attach("dev0", XDP, "a=@pass", "@linked", "b=@pass"));
	assert_int_equal(send_frames("dev0", "xdp", 9, 64, 1), XDP_DROP);
	assert_int_equal(el_chain_detach(context, "dev0", XDP), 0);
	assert_form(attach("dev0", XDP, "@linked"), XDP, "whole");
}

/* ---------------------------------------------------------------- own code */

/* The program uses the whole stack, and leaves no room for other functions. */
#define DEEP(section, context, yes, no)                                           \
	"SEC(\"" section "\") int deep_" section "(struct " context " *ctx)\n{\n" \
	"	volatile __u64 all[63];\n"                                              \
	"	for (int i = 0; i < 63; i++)\n		all[i] = i;\n" BYTES      \
	"	if (data + 15 > end)\n		return " no ";\n"                 \
	"	return all[*(__u8 *)(data + 14) & 31] == 5 ? " yes " : " no ";\n}"

static void test_own_code_last(void **state)
{
	struct el_chain *chain;

	(void)state;
	made("deep", "", DEEP("xdp", "xdp_md", "XDP_DROP", "XDP_PASS"));
	chain = attach("dev0", XDP, "a=@pass", "@deep");
	assert_int_equal(el_chain_report(chain)->programs_count, 2);
	assert_string_equal(program(chain, 1)->form, "as-compiled");
	assert_contains(el_chain_report(chain)->cut, "deep_xdp needs more than 512 bytes of stack");
	el_chain_free(chain);
	assert_int_equal(send_frames("dev0", "xdp", 5, 64, 1), XDP_DROP);
	assert_int_equal(send_frames("dev0", "xdp", 6, 64, 1), XDP_PASS);
	/* Values that are kept across this program need the stack, too. */
	function("clocks", "",
		 "	__u64 sum = edge_now_ns(pkt) + edge_now_coarse_ns(pkt) + "
		 "edge_now_jiffies(pkt);\n"
		 "	return sum == 5 ? EDGE_DROP : EDGE_NEXT;");
	refused("dev0", XDP, EL_COMPILE,
		"instance deep_xdp must be the last of the chain: deep_xdp needs more than 512 "
		"bytes",
		"put the instance last", "a=@clocks", "@deep", "b=@clocks");
	assert_int_equal(el_chain_detach(context, "dev0", XDP), 0);
}

static void test_own_code_anywhere_at_tc(void **state)
{
	struct el_chain *chain;

	(void)state;
	made("deept", "", DEEP("tc", "__sk_buff", "2", "-1"));
	chain = attach("dev0", TC, "a=@pass", "@deept", "b=@pass");
	assert_int_equal(el_chain_report(chain)->programs_count, 3);
	assert_true(program(chain, 1)->linked);
	assert_string_equal(program(chain, 1)->form, "as-compiled");
	assert_string_equal(program(chain, 2)->form, "whole");
	el_chain_free(chain);
	assert_int_equal(el_chain_detach(context, "dev0", TC), 0);
}

/* Return: a formatted text, valid until the fourth next call. */
static const char *at_text(const char *format, ...) __attribute__((format(printf, 1, 2)));
static const char *at_text(const char *format, ...)
{
	static char texts[4][4096];
	static unsigned int next;
	char *text = texts[next++ % 4];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(texts[0]), format, args);
	va_end(args);
	return text;
}

/* In the middle of a chain at TC, the program becomes its own link, after which the kernel
 * continues with the next link. */
static void assert_linked(const char *name, const char *text, const char *reason)
{
	struct el_chain *chain;

	made(name, "",
	     at_text("struct { __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(max_entries, 1);\n"
		     "	 __type(key, __u32); __type(value, __u32); } next SEC(\".maps\");\n"
		     "SEC(\"tc\") %s",
		     text));
	chain = attach("dev0", TC, "a=@pass", at_text("@%s", name), "b=@pass");
	assert_true(program(chain, 1)->linked);
	assert_contains(el_chain_report(chain)->cut, reason);
	el_chain_free(chain);
	assert_int_equal(el_chain_detach(context, "dev0", TC), 0);
}

/* A program that ends in its own tail call, which may be written in assembly. */
static void test_own_tail_call_at_tc(void **state)
{
	(void)state;
	assert_linked("jumps",
		      "int jumps(struct __sk_buff *ctx)\n"
		      "{ bpf_tail_call(ctx, &next, 0); return -1; }",
		      "jumps() ends in a tail call of its own");
	assert_linked("jumps_to",
		      "int jumps_to(struct __sk_buff *ctx)\n"
		      "{ bpf_tail_call_static(ctx, &next, 0); return -1; }",
		      "jumps_to() ends in a tail call of its own");
	assert_linked("jumps_by",
		      "int jumps_by(struct __sk_buff *ctx)\n"
		      "{ long answer; asm volatile(\"r1 = %[c]; r2 = %[m]; r3 = 0; call %[f]; \"\n"
		      "\"%[a] = 1\" : [a]\"=r\"(answer) : [c]\"r\"(ctx), [m]\"r\"(&next),\n"
		      "[f]\"i\"(BPF_FUNC_tail_call) : \"r0\", \"r1\", \"r2\", \"r3\", "
		      "\"r4\", \"r5\");\n"
		      "return answer ? -1 : 0; }",
		      "jumps_by() ends in a tail call of its own");
}

/* A call in another program of the file does not affect this program. */
static void test_neighbour_leaves(void **state)
{
	struct el_chain *chain;

	(void)state;
	made("neighbours", "",
	     "struct { __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(max_entries, 1);\n"
	     "	 __type(key, __u32); __type(value, __u32); } next SEC(\".maps\");\n"
	     "static __attribute__((noinline)) int away(struct __sk_buff *ctx)\n"
	     "{ bpf_tail_call(ctx, &next, 0); return (int)ctx->len; }\n"
	     "SEC(\"tc\") int calls(struct __sk_buff *ctx) { return away(ctx) ? -1 : 0; }\n"
	     "SEC(\"tc\") int ends(struct __sk_buff *ctx)\n"
	     "{ asm volatile(\"r0 = 0; exit\" ::: \"r0\"); return (int)ctx->len; }\n"
	     "SEC(\"tc\") int stays(struct __sk_buff *ctx) { return ctx->len ? -1 : 0; }");
	chain = attach("dev0", TC, "a=@pass", at_text("%s#stays", at("neighbours.o")), "b=@pass");
	assert_int_equal(el_chain_report(chain)->programs_count, 1);
	el_chain_free(chain);
	assert_int_equal(el_chain_detach(context, "dev0", TC), 0);
	chain = attach("dev0", TC, "a=@pass", at_text("%s#calls", at("neighbours.o")), "b=@pass");
	assert_contains(el_chain_report(chain)->cut, "away() ends in a tail call of its own");
	el_chain_free(chain);
	assert_int_equal(el_chain_detach(context, "dev0", TC), 0);
}

/* Assembly that exits the program would end the whole chain if it were inlined. */
static void test_exit_in_assembly(void **state)
{
	(void)state;
	assert_linked("leaves",
		      "int leaves(struct __sk_buff *ctx)\n"
		      "{ if (ctx->len > 1) asm volatile(\"r0 = 0; exit\" ::: \"r0\"); return -1; }",
		      "leaves() has an exit in its assembly");
	assert_linked("bare",
		      "__attribute__((naked)) int bare(struct __sk_buff *ctx)\n"
		      "{ asm volatile(\"r0 = 0; exit\"); }",
		      "bare() is naked: all of it is assembly");
}

/* The program is already wrong as compiled: the error says this at every place in the chain. */
static void test_wrong_as_compiled(void **state)
{
	static const char *const chains[][3] = {
		{"@astray", "b=@pass"}, {"a=@pass", "@astray"}, {"@astray"}};

	(void)state;
	made("astray", "",
	     "SEC(\"xdp\") int astray(struct xdp_md *ctx)\n{\n" BYTES
	     "	return *(__u8 *)end ? XDP_DROP : data ? XDP_PASS : XDP_TX;\n}");
	for (size_t i = 0; i < 3; i++)
		refused_words("dev0", XDP, EL_MODE_DEFAULT,
			      (const char *const[]){chains[i][0], chains[i][1], NULL}, EL_VERIFIER,
			      "the verifier refuses instance astray at xdp: R", "");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_comparison_of_pointers),
		cmocka_unit_test(test_twice_optimised),
		cmocka_unit_test(test_own_cpu),
		cmocka_unit_test(test_linked_object),
		cmocka_unit_test(test_own_code_last),
		cmocka_unit_test(test_own_code_anywhere_at_tc),
		cmocka_unit_test(test_own_tail_call_at_tc),
		cmocka_unit_test(test_neighbour_leaves),
		cmocka_unit_test(test_exit_in_assembly),
		cmocka_unit_test(test_wrong_as_compiled),
	};

	world_need();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, world_teardown);
}

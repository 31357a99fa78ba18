// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Refusals of the compiler or the kernel: the instance that caused them, and the message. And the
 * maps, data and calls that a plain program may have. The running chain stays unchanged.
 */
#include "load/refusal.h"
#include "lib/chains.h"

#define XDP EDGE_HOOK_XDP

static int setup(void **state)
{
	if (world_setup(state))
		return -1;
	device("dev0");
	function("pass", "", "return EDGE_NEXT;");
	el_chain_free(attach("dev0", XDP, "first=@pass"));
	return 0;
}

static void test_verifier_says_what_and_who(void **state)
{
	(void)state;
	function("wild", "", "return *(volatile __u8 *)(pkt->end + 1) ? EDGE_DROP : EDGE_NEXT;");
	refused("dev0", XDP, EL_VERIFIER, "the verifier refuses instance bad at xdp: R",
		"source line", "bad=@wild");
	assert_null(strstr(last_error()->what, "Permission denied"));
	assert_contains(last_error()->detail, "processed ");
	/* The error names the source line and the instance. */
	refused("dev0", XDP, EL_VERIFIER, "refuses instance bad at", "wild.bpf.c:8: return *(",
		"a=@pass", "bad=@wild", "z=@pass");
	assert_contains(last_error()->detail, "; return *(volatile __u8 *)(pkt->end + 1)");
}

/* The most common mistake of a function's author. */
static void test_pointer_used_untested(void **state)
{
	(void)state;
	function("syn", "", "if (pkt->tcp->syn)\n\treturn EDGE_DROP;\nreturn EDGE_NEXT;");
	refused("dev0", XDP, EL_VERIFIER, "refuses instance syn at xdp: R",
		"syn.bpf.c:8: if (pkt->tcp->syn)\n  the pointer may be NULL here", "@syn");
	assert_contains(last_error()->what, "invalid mem access");
	assert_contains(last_error()->detail, "; if (pkt->tcp->syn)");
	refused("dev0", EDGE_HOOK_TC_INGRESS, EL_VERIFIER, "refuses instance syn at tc-ingress: R",
		"syn.bpf.c:8: if (pkt->tcp->syn)", "a=@pass", "@syn", "z=@pass");
	/* An object from a compiler that was free to rely on the access. */
	setenv("EDGE_LOAD_CFLAGS", "-fdelete-null-pointer-checks", 1);
	compile("built", "#include <edge/edge.h>\nEDGE_FUNCTION(built)\n"
			 "{ return pkt->tcp->syn ? EDGE_DROP : EDGE_NEXT; }\n");
	unsetenv("EDGE_LOAD_CFLAGS");
	bare("built");
	refused("dev0", XDP, EL_VERIFIER,
		"refuses instance built at xdp: ", "a pointer used without a test for NULL",
		"a=@pass", "@built-bare");
	/* The result of a look-up, in an object that is used unfused. */
	ordinary("found", "struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 1);\n"
			  "	 __type(key, __u32); __type(value, __u64); } one SEC(\".maps\");\n"
			  "SEC(\"xdp\") int found(struct xdp_md *ctx)\n"
			  "{\n"
			  "	__u32 key = 0;\n"
			  "	__u64 *value = bpf_map_lookup_elem(&one, &key);\n"
			  "	return *value ? XDP_DROP : XDP_PASS;\n"
			  "}");
	bare("found");
	refused("dev0", XDP, EL_VERIFIER, "refuses instance found at",
		"found.bpf.c:9: return *value ? XDP_DROP : XDP_PASS;\n  the pointer may be NULL",
		"a=@pass", "@found-bare");
}

/* Before Linux 6.9 the log has the texts of source lines, without files and numbers (6.1's
 * print_linfo()). If libbpf itself fails after a log without a fault, the verifier has not refused
 * the program. */
static void test_logs_of_other_kernels(void **state)
{
	struct el_instance instance = {.name = "two"};
	struct el_generation chain = {
		.at.site.hook = XDP, .instances = &instance, .instances_count = 1};
	const struct el_placement placement = {.count = 1};
	struct el_load load = {.error = -EACCES, .section = "xdp"};
	char *elf = NULL;

	(void)state;
	ordinary("two", "SEC(\"xdp\") int two(struct xdp_md *ctx)\n"
			"{\n"
			"	if (ctx->rx_queue_index == 7)\n"
			"		return XDP_DROP;\n"
			"	return XDP_PASS;\n"
			"}");
	assert_int_equal(el_file_read(at("two.o"), &elf, &load.size), 0);
	load.elf = elf;
	load.log = strdup("0: R1=ctx(off=0,imm=0) R10=fp0\n"
			  "; if (ctx->rx_queue_index == 7)\n"
			  "0: (61) r1 = *(u32 *)(r1 +16)\n"
			  "R1 invalid mem access 'inv'\n"
			  "processed 1 insns (limit 1000000) max_states_per_insn 0\n");
	load.words = strdup("libbpf: prog 'two': BPF program load failed: Permission denied\n");
	assert_int_equal(el_refusal(context, &chain, &placement, &load), -EACCES);
	assert_string_equal(last_error()->what, "the verifier refuses instance two at xdp: R1 "
						"invalid mem access 'inv'");
	assert_string_equal(last_error()->hint,
			    "source line two.bpf.c:5: if (ctx->rx_queue_index == 7)");
	free(load.log);
	free(load.words);
	load.error = -EBADF;
	load.log = strdup("processed 8 insns (limit 1000000) max_states_per_insn 0\n");
	load.words = strdup("libbpf: map 'jumps': failed to initialize slot [1]\n"
			    "libbpf: failed to load object 'edge'\n");
	assert_int_equal(el_refusal(context, &chain, &placement, &load), -EBADF);
	assert_string_equal(last_error()->what, "libbpf can't load instance two at xdp: map "
						"'jumps': failed to initialize slot [1]");
	free(load.log);
	free(load.words);
	free(elf);
}

/* ---------------------------------------------------------------- without optimisation */

static void test_compiled_without_optimisation(void **state)
{
	(void)state;
	setenv("EDGE_LOAD_CFLAGS", "-O0", 1);
	ordinary("slow", "static int clock(void) { return bpf_ktime_get_ns() != 0; }\n"
			 "SEC(\"xdp\") int slow(struct xdp_md *ctx)\n"
			 "{ return clock() ? XDP_DROP : XDP_PASS; }");
	write_text(at("sdk.bpf.c"),
		   "#include <edge/edge.h>\n"
		   "EDGE_FUNCTION(sdk) { return pkt->ip4 ? EDGE_PASS : EDGE_NEXT; }");
	assert_int_not_equal(el_compile(context, at("sdk.bpf.c"), at("sdk.o")), 0);
	assert_contains(last_error()->hint, "EDGE_LOAD_CFLAGS has -O0");
	unsetenv("EDGE_LOAD_CFLAGS");
	/* The fuser optimises the program; the code without bitcode stays as compiled. */
	el_chain_free(attach("dev0", XDP, "a=@pass", "@slow"));
	assert_int_equal(send_frames("dev0", "xdp", 0, 64, 1), XDP_DROP);
	bare("slow");
	refused("dev0", XDP, EL_VERIFIER, "instance slow at xdp was compiled without optimis",
		"-O2", "a=@pass", "@slow-bare");
	el_chain_free(attach("dev0", XDP, "first=@pass"));
}

static void test_call_through_a_pointer(void **state)
{
	(void)state;
	ordinary("table", "static __attribute__((noinline)) int one(int x) { return x > 3; }\n"
			  "static __attribute__((noinline)) int two(int x) { return x > 5; }\n"
			  "int (*jump[2])(int) = {one, two};\n"
			  "SEC(\"xdp\") int table(struct xdp_md *ctx)\n"
			  "{ return jump[ctx->rx_queue_index & 1](ctx->ingress_ifindex); }");
	bare("table");
	refused("dev0", XDP, EL_VERIFIER, "instance table at xdp calls a function through a poin",
		"table.bpf.c:7: ", "a=@pass", "@table");
	refused("dev0", XDP, EL_VERIFIER, "instance table at xdp calls a function through",
		"table.bpf.c:7: ", "@table-bare");
}

static void test_too_large_a_map(void **state)
{
	(void)state;
	compile("huge", "#include <edge/edge.h>\n"
			"EDGE_TABLE(huge, struct edge_ip, __u64, 2000000000);\n"
			"EDGE_FUNCTION(huge) { struct edge_ip ip; return edge_source(pkt, &ip) &&\n"
			"edge_table_lookup(&huge, &ip) ? EDGE_DROP : EDGE_NEXT; }");
	refused("dev0", XDP, EL_FAILED, "2000000000 entries of 16 + 8 bytes): it is too large", "",
		"@huge");
}

static void test_unsupported_at_a_hook(void **state)
{
	(void)state;
	function("odd", "",
		 "asm volatile(\"# edge-unsupported: edge_thing() at xdp\"); return EDGE_NEXT;");
	refused("dev0", XDP, EL_COMPILE, "edge_thing()", "another hook", "a=@pass", "bad=@odd");
}

static void test_corrupt_bitcode_names_its_object(void **state)
{
	(void)state;
	function("torn", "", "return EDGE_NEXT;");
	assert_int_equal(
		shell("cd %s && llvm-objcopy --dump-section=.llvmbc=torn.bc torn.o && "
		      "printf XXXX | dd of=torn.bc bs=1 seek=64 conv=notrunc 2>/dev/null && "
		      "llvm-objcopy --update-section=.llvmbc=torn.bc torn.o",
		      scratch),
		0);
	refused("dev0", XDP, EL_COMPILE, "torn.o is corrupt", "edge-load build", "a=@pass",
		"@torn");
}

static void test_newer_bitcode_is_taken_as_it_is(void **state)
{
	struct el_chain *chain;

	(void)state;
	function("later", "", "return edge_drop(pkt, \"later\");");
	if (clang("clang-19", "-mcpu=v3 -fembed-bitcode=all 2>/dev/null", at("later.bpf.c"),
		  at("later.o")))
		skip();
	chain = attach("dev0", XDP, "a=@pass", "@later", "b=@pass");
	if (el_chain_report(chain)->programs_count > 1)
		assert_contains(el_chain_report(chain)->cut, "newer LLVM");
	el_chain_free(chain);
	assert_null(strstr(pins("dev0"), "edge_tail")); /* maps of the SDK have no pins */
	assert_int_equal(send_frames("dev0", "xdp", 0, 64, 1), XDP_DROP);
	el_chain_free(attach("dev0", XDP, "@later", "b=@pass"));
	assert_int_equal(send_frames("dev0", "xdp", 0, 64, 1), XDP_DROP);
	el_chain_free(attach("dev0", XDP, "first=@pass"));
}

/* Check @words without a device. Return: the error, or NULL. */
static const char *checked(enum edge_hook hook, const char *const *words)
{
	static struct words spec;

	memset(&spec, 0, sizeof(spec));
	spec.spec.hook = hook;

	for (; *words; words++)
		words_add(&spec, *words);
	spec.spec.instances = spec.specs;
	return el_chain_check(context, &spec.spec, NULL) ? last_error()->what : NULL;
}

/* The verifier's log quotes the source line in the encoding of the source. */
static void test_check_of_a_source_in_latin_1(void **state)
{
	const char *what;

	(void)state;
	function("latin", "",
		 "return *(volatile __u8 *)(pkt->end + 1) /* \xe9 */ ? EDGE_DROP : EDGE_NEXT;");
	what = checked(XDP, (const char *const[]){"@latin", NULL});
	assert_non_null(what);
	assert_contains(what, "the verifier refuses instance latin at xdp: R");
	assert_contains(last_error()->detail, "\xe9");
}

/* The properties of a device, as the loader knows them, are part of the program that the verifier
 * checks. */
static void test_check_tries_each_device(void **state)
{
	static const char end[] =
		"return *(volatile __u8 *)(pkt->end + 1) ? EDGE_DROP : EDGE_NEXT;";
	char text[512];

	(void)state;
	snprintf(text, sizeof(text),
		 "if (edge_flags & EDGE_CHAIN_PARTIAL_CSUM) %s return EDGE_NEXT;", end);
	function("veth", "", text);
	refused("dev0", XDP, EL_VERIFIER, "the verifier refuses instance veth at xdp: R", "",
		"@veth");
	assert_contains(checked(XDP, (const char *const[]){"@veth", NULL}),
			"on a veth: the verifier refuses instance veth at xdp: R");
	assert_int_equal(last_error()->kind, EL_VERIFIER);
	assert_contains(last_error()->detail, "processed ");

	snprintf(text, sizeof(text),
		 "if (!(edge_flags & EDGE_CHAIN_PARTIAL_CSUM)) %s return EDGE_NEXT;", end);
	function("nic", "", text);
	el_chain_free(attach("dev0", XDP, "@nic"));
	assert_contains(checked(XDP, (const char *const[]){"a=@pass", "@nic", NULL}),
			"on a NIC other than a veth: the verifier refuses instance nic at xdp: R");
	el_chain_free(attach("dev0", XDP, "first=@pass"));

	snprintf(text, sizeof(text),
		 "#include <edge/edge.h>\nEDGE_FUNCTION_FRAGS(whole)\n{\n"
		 "if (!(edge_flags & EDGE_CHAIN_FRAGS)) %s return EDGE_NEXT; }\n",
		 end);
	compile("whole", text);
	assert_contains(checked(XDP, (const char *const[]){"@whole", NULL}),
			"on a veth, without frames in fragments: the verifier refuses");
	function("wild2", "", end);
	assert_ptr_equal(
		strstr(checked(XDP, (const char *const[]){"@wild2", NULL}), "the verifier"),
		last_error()->what);
	assert_null(checked(XDP, (const char *const[]){"a=@pass", "b=@pass", NULL}));
}

static void test_license(void **state)
{
	(void)state;
	compile("closed", "#define EDGE_LICENSE \"Proprietary\"\n#include <edge/edge.h>\n"
			  "EDGE_FUNCTION(closed) { return bpf_trace_printk(\"x\", 2) ? EDGE_NEXT : "
			  "EDGE_DROP; }");
	refused("dev0", XDP, EL_VERIFIER, "GPL", "GPL-compatible license", "bad=@closed");
}

/* One program has one license: instances with different licenses are in different programs, each in
 * its best form. */
static void test_licenses_that_differ(void **state)
{
	const struct el_chain_report *report;
	struct el_chain *chain;

	(void)state;
	ordinary("prints", "SEC(\"xdp\") int prints(struct xdp_md *ctx)\n"
			   "{ bpf_printk(\"x\"); return XDP_PASS; }");
	compile("closed", "#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n"
			  "SEC(\"xdp\") int closed(struct xdp_md *ctx) { return XDP_PASS; }\n"
			  "char _license[] SEC(\"license\") = \"Proprietary\";\n");
	chain = attach("dev0", XDP, "@closed", "@prints");
	report = el_chain_report(chain);
	assert_int_equal(report->programs_count, 2);
	assert_string_equal(report->programs[0].form, "whole");
	assert_string_equal(report->programs[1].form, "whole");
	assert_contains(report->cut, "license");
	el_chain_free(chain);
	el_chain_free(attach("dev0", XDP, "first=@pass"));
}

/* ---------------------------------------------------------------- the refused instance */

/* The verifier prints two states after the reason. */
static void test_endless_loop(void **state)
{
	(void)state;
	ordinary("ever", "SEC(\"xdp\") int ever(struct xdp_md *ctx)\n"
			 "{\n"
			 "	volatile int x = 0;\n"
			 "	while (x != -5)\n"
			 "		x++;\n"
			 "	return XDP_PASS;\n"
			 "}");
	refused("dev0", XDP, EL_VERIFIER,
		"the verifier refuses instance ever at xdp: infinite loop detected",
		"ever.bpf.c:6: while (x != -5)", "a=@pass", "@ever", "z=@pass");
}

static void test_beyond_the_packet(void **state)
{
	(void)state;
	ordinary("past", "SEC(\"xdp\") int past(struct xdp_md *ctx)\n"
			 "{\n"
			 "	__u8 *data = (void *)(long)ctx->data;\n"
			 "	if (data + 33 > (__u8 *)(long)ctx->data_end)\n"
			 "		return XDP_PASS;\n"
			 "	return data[33] == 7 ? XDP_DROP : XDP_PASS;\n"
			 "}");
	refused("dev0", XDP, EL_VERIFIER, "offset is outside of the packet",
		"past.bpf.c:8: return data[33] == 7 ? XDP_DROP : XDP_PASS;\n  test that the packet",
		"a=@pass", "@past");
}

/* libbpf reports an object that a fused instance lacks; the error names the instance. */
static void test_libbpf_names_what_it_misses(void **state)
{
	(void)state;
	ordinary("config", "extern unsigned int CONFIG_NOWHERE __kconfig;\n"
			   "SEC(\"xdp\") int config(struct xdp_md *ctx)\n"
			   "{ return CONFIG_NOWHERE ? XDP_DROP : XDP_PASS; }");
	refused("dev0", XDP, EL_COMPILE,
		"libbpf can't load instance config at xdp: extern 'CONFIG_NOWHERE'", "", "a=@pass",
		"@config", "z=@pass");
	ordinary("kfunc", "extern int nowhere(int x) __ksym;\n"
			  "SEC(\"xdp\") int kfunc(struct xdp_md *ctx)\n"
			  "{ return nowhere(1) ? XDP_DROP : XDP_PASS; }");
	refused("dev0", XDP, EL_COMPILE, "libbpf can't load instance kfunc at xdp: extern (func",
		"", "a=@pass", "@kfunc", "z=@pass");
	ordinary("odd",
		 "struct { __uint(type, 99); __type(key, __u32); __type(value, __u64);\n"
		 "	__uint(max_entries, 4); } kind SEC(\".maps\");\n"
		 "SEC(\"xdp\") int odd(struct xdp_md *ctx)\n"
		 "{ __u32 k = 1; return bpf_map_lookup_elem(&kind, &k) ? XDP_DROP : XDP_PASS; }");
	refused("dev0", XDP, EL_COMPILE, "libbpf can't load instance odd at xdp: map 'kind': ", "",
		"a=@pass", "@odd", "z=@pass");
}

static void test_programs_of_other_hooks(void **state)
{
	(void)state;
	ordinary("socket",
		 "SEC(\"socket\") int filter(struct __sk_buff *skb) { return 1; }\n"
		 "SEC(\"cgroup_skb/egress\") int out(struct __sk_buff *skb) { return 1; }");
	refused("dev0", XDP, EL_COMPILE, "socket.o: has no program for XDP or TC",
		"the object has: filter (section socket), out (section cgroup_skb/egress)",
		"@socket");
}

/* ---------------------------------------------------------------- plain programs' maps */

static void test_map_called_data_beside_globals(void **state)
{
	(void)state;
	ordinary("both", "struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 9);\n"
			 "	 __type(key, __u64); __type(value, __u64); } data SEC(\".maps\");\n"
			 "int total = 7;\n"
			 "SEC(\"xdp\") int both(struct xdp_md *ctx)\n"
			 "{\n"
			 "	__u64 key = total++;\n"
			 "	bpf_map_update_elem(&data, &key, &key, BPF_ANY);\n"
			 "	return bpf_map_lookup_elem(&data, &key) ? XDP_DROP : XDP_PASS;\n"
			 "}");
	el_chain_free(attach("dev0", XDP, "@both"));
	assert_int_equal(send_frames("dev0", "xdp", 0, 64, 1), XDP_DROP);
	el_chain_free(attach("dev0", XDP, "@both"));
	assert_int_equal(send_frames("dev0", "xdp", 0, 64, 1), XDP_DROP);
	el_chain_free(attach("dev0", XDP, "first=@pass"));
}

/* Read-only data may be in named sections, like Cilium's: tested fused and unfused. */
static void test_parameters_in_a_section_of_their_own(void **state)
{
	(void)state;
	ordinary("tuned", "const volatile __u32 pass = 1;\n"
			  "const volatile __u32 limit SEC(\".rodata.config\") = 1;\n"
			  "SEC(\"xdp\") int tuned(struct xdp_md *ctx)\n"
			  "{ return limit == 7 && pass == 8 ? XDP_DROP : XDP_PASS; }");
	bare("tuned");
	el_chain_free(attach("dev0", XDP, "a=@pass", "@tuned:limit=7,pass=8"));
	assert_int_equal(send_frames("dev0", "xdp", 0, 64, 1), XDP_DROP);
	el_chain_free(attach("dev0", XDP, "a=@pass", "@tuned-bare:limit=7,pass=8"));
	assert_int_equal(send_frames("dev0", "xdp", 0, 64, 1), XDP_DROP);
	el_chain_free(attach("dev0", XDP, "a=@pass", "@tuned-bare:limit=8,pass=8"));
	assert_int_equal(send_frames("dev0", "xdp", 0, 64, 1), XDP_PASS);
	el_chain_free(attach("dev0", XDP, "first=@pass"));
}

static void test_mixed_map_definition(void **state)
{
	(void)state;
	ordinary("mixed",
		 "struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 9);\n"
		 "	 __uint(key_size, 4); __type(value, __u64); } seen SEC(\".maps\");\n"
		 "SEC(\"xdp\") int mixed(struct xdp_md *ctx)\n"
		 "{ __u32 key = 0; return bpf_map_lookup_elem(&seen, &key) ? XDP_DROP : XDP_PASS; "
		 "}");
	el_chain_free(attach("dev0", XDP, "@mixed"));
	el_chain_free(attach("dev0", XDP, "first=@pass"));
}

static void test_map_in_map(void **state)
{
	(void)state;
	ordinary("nest",
		 "struct inner { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1);\n"
		 "	 __type(key, __u32); __type(value, __u64); } leaf SEC(\".maps\");\n"
		 "struct { __uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS); __uint(max_entries, 1);\n"
		 "	 __type(key, __u32); __array(values, struct inner); } outer "
		 "SEC(\".maps\")\n"
		 "	 = { .values = { [0] = &leaf } };\n"
		 "SEC(\"xdp\") int nest(struct xdp_md *ctx)\n"
		 "{\n"
		 "	__u32 key = 0;\n"
		 "	void *in = bpf_map_lookup_elem(&outer, &key);\n"
		 "	__u64 *count = in ? bpf_map_lookup_elem(in, &key) : 0;\n"
		 "	return count && ++*count == 2 ? XDP_DROP : XDP_PASS;\n"
		 "}");
	el_chain_free(attach("dev0", XDP, "a=@pass", "@nest"));
	assert_int_equal(send_frames("dev0", "xdp", 0, 64, 1), XDP_PASS);
	el_chain_free(attach("dev0", XDP, "@nest", "a=@pass"));
	assert_int_equal(send_frames("dev0", "xdp", 0, 64, 1),
			 XDP_DROP); /* the value survives the swap */
	el_chain_free(attach("dev0", XDP, "first=@pass"));
}

/* The target of the program's own tail call returns to the kernel, so no later function of the
 * chain would run. */
static void test_tail_call_of_its_own(void **state)
{
	(void)state;
	ordinary("jump", "struct { __uint(type, BPF_MAP_TYPE_PROG_ARRAY); __uint(max_entries, 1);\n"
			 "	 __type(key, __u32); __type(value, __u32); } next SEC(\".maps\");\n"
			 "SEC(\"xdp\") int jump(struct xdp_md *ctx)\n"
			 "{ bpf_tail_call(ctx, &next, 0); return XDP_PASS; }");
	el_chain_free(attach("dev0", XDP, "a=@pass", "@jump"));
	assert_int_equal(send_frames("dev0", "xdp", 0, 64, 1), XDP_PASS);
	refused("dev0", XDP, EL_COMPILE, "jump() ends in a tail call of its own",
		"put the instance last", "a=@jump", "b=@pass");
	el_chain_free(attach("dev0", XDP, "first=@pass"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_verifier_says_what_and_who),
		cmocka_unit_test(test_pointer_used_untested),
		cmocka_unit_test(test_logs_of_other_kernels),
		cmocka_unit_test(test_compiled_without_optimisation),
		cmocka_unit_test(test_call_through_a_pointer),
		cmocka_unit_test(test_too_large_a_map),
		cmocka_unit_test(test_unsupported_at_a_hook),
		cmocka_unit_test(test_corrupt_bitcode_names_its_object),
		cmocka_unit_test(test_newer_bitcode_is_taken_as_it_is),
		cmocka_unit_test(test_check_of_a_source_in_latin_1),
		cmocka_unit_test(test_check_tries_each_device),
		cmocka_unit_test(test_license),
		cmocka_unit_test(test_licenses_that_differ),
		cmocka_unit_test(test_endless_loop),
		cmocka_unit_test(test_beyond_the_packet),
		cmocka_unit_test(test_libbpf_names_what_it_misses),
		cmocka_unit_test(test_programs_of_other_hooks),
		cmocka_unit_test(test_map_called_data_beside_globals),
		cmocka_unit_test(test_parameters_in_a_section_of_their_own),
		cmocka_unit_test(test_mixed_map_definition),
		cmocka_unit_test(test_map_in_map),
		cmocka_unit_test(test_tail_call_of_its_own),
	};

	world_need();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, world_teardown);
}

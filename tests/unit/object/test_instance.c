// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Attachments that are refused before any change: names, parameters, hooks, devices, objects. Each
 * case has its own message, and the running chain stays unchanged: the same program, the same pins.
 */
#include "lib/chains.h"

#define XDP EDGE_HOOK_XDP

static int setup(void **state)
{
	if (world_setup(state))
		return -1;
	device("dev0");
	function("pass", "", "return EDGE_NEXT;");
	function("knobs",
		 "EDGE_PARAM_RANGE(__u32, rate, 10, 1, 100, \"a rate\");\n"
		 "EDGE_PARAM_RANGE(short, offset, 0, -5, 5, \"a signed one\");\n"
		 "EDGE_PARAM_RANGE(long long, wide, 0, -5, 5, \"a wide one\");\n"
		 "EDGE_PARAM_RANGE(__be16, port, 0, 0, 1024, \"in network order\");\n"
		 "EDGE_PARAM(edge_ip4, gate, 0, \"an address\");\n",
		 "return rate + offset + wide == 13 && !gate && port == bpf_htons(7)\n"
		 "	? edge_drop(pkt, \"thirteen\") : EDGE_NEXT;");
	ordinary("plain", "SEC(\"xdp\") int plain(struct xdp_md *ctx) { return XDP_PASS; }");
	bare("plain");
	el_chain_free(attach("dev0", XDP, "first=@pass"));
	return 0;
}

/* ---------------------------------------------------------------- names */

static void test_names_of_instances(void **state)
{
	static const char *const bad[] = {
		"link",	 "prog",	"metadata", "counters",
		"tail",	 "carried",	"",	    "abcdefghijklmnopqrstuvwxyz012345",
		"a b",	 "a/b",		"a.b",	    "prog:new",
		"../up", "na\303\257ve"};

	(void)state;
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		struct el_instance_spec instance = {.name = bad[i], .function = at("pass.o")};
		struct el_chain_spec spec = {
			.device = "dev0", .instances = &instance, .instances_count = 1};

		assert_int_equal(el_chain_attach(context, &spec, NULL), -EINVAL);
		assert_int_equal(last_error()->kind, EL_USAGE);
		assert_contains(last_error()->what, "is not a valid instance name");
		assert_contains(last_error()->hint, "letters, digits, - and _");
	}
	el_chain_free(attach("dev0", XDP, "abcdefghijklmnopqrstuvwxyz01234=@pass"));
	el_chain_free(attach("dev0", XDP, "first=@pass"));
}

static void test_two_of_one_name(void **state)
{
	(void)state;
	refused("dev0", XDP, EL_USAGE, "two instances have the name a", "NAME=FUNCTION", "a=@pass",
		"b=@pass", "a=@knobs");
	refused("dev0", XDP, EL_USAGE, "two instances have the name pass", "NAME=FUNCTION", "@pass",
		"@pass");
}

static void test_too_many_and_none(void **state)
{
	const char *list[66] = {NULL};
	static char text[65][32];

	(void)state;
	for (size_t i = 0; i < 65; i++) {
		snprintf(text[i], sizeof(text[i]), "i%zu=@pass", i);
		list[i] = text[i];
	}
	refused_words("dev0", XDP, EL_MODE_DEFAULT, list, EL_USAGE, "1 to 64 instances, not 65",
		      "");
	list[0] = NULL;
	refused_words("dev0", XDP, EL_MODE_DEFAULT, list, EL_USAGE, "1 to 64 instances, not 0", "");
}

/* ---------------------------------------------------------------- parameters */

static void test_unknown_parameter(void **state)
{
	(void)state;
	refused("dev0", XDP, EL_USAGE, "has no parameter rat", "did you mean rate?",
		"a=@knobs:rat=3");
	refused("dev0", XDP, EL_USAGE, "has no parameter xyzzyplugh", "edge-load inspect",
		"a=@knobs:xyzzyplugh=3");
	refused("dev0", XDP, EL_USAGE, "has no parameter rate", "", "a=@pass:rate=3");
	/* Variables that the SDK reserves are not parameters. */
	refused("dev0", XDP, EL_USAGE, "has no parameter edge_next", "", "a=@knobs:edge_next=3");
}

/* Parameters of the form MAP.size=ENTRIES. */
static void test_sizes_of_maps(void **state)
{
	struct el_instance_text instance;
	const struct el_instance_spec *spec = &instance.spec;
	char text[] = "a=f.o:x=1,flows.size=4294967295,y=2,seen.size=7";

	(void)state;
	assert_int_equal(el_instance_parse(context, text, &instance), 0);
	assert_int_equal(spec->params_count, 2);
	assert_string_equal(spec->params[1].name, "y");
	assert_int_equal(spec->maps_count, 2);
	assert_string_equal(spec->maps[0].name, "flows");
	assert_int_equal(spec->maps[0].max_entries, 4294967295);
	assert_string_equal(spec->maps[1].name, "seen");
	assert_int_equal(spec->maps[1].max_entries, 7);
	el_instance_text_free(&instance);
	for (size_t i = 0; i < 6; i++) {
		static const char *const bad[] = {"0", "", "-1", "4294967296", "7x", "0x7"};
		char word[64];

		snprintf(word, sizeof(word), "f.o:m.size=%s", bad[i]);
		assert_int_equal(el_instance_parse(context, word, &instance), -EINVAL);
		assert_contains(last_error()->what, "the size of map m is not a number of entries");
	}
	assert_int_equal(
		el_instance_parse(context, strcpy(text, "f.o:m.size=1,m.size=2"), &instance),
		-EINVAL);
	assert_contains(last_error()->what, "the size of map m is given twice");
}

static void test_parameter_out_of_range(void **state)
{
	(void)state;
	refused("dev0", XDP, EL_USAGE, "parameter rate of instance a: 101 is out of range",
		"rate takes 1 to 100", "a=@knobs:rate=101");
	refused("dev0", XDP, EL_USAGE, "0 is out of range", "1 to 100", "a=@knobs:rate=0");
	refused("dev0", XDP, EL_USAGE, "-6 is out of range", "-5 to 5", "a=@knobs:offset=-6");
	refused("dev0", XDP, EL_USAGE, "6 is out of range", "-5 to 5", "a=@knobs:wide=6");
	refused("dev0", XDP, EL_USAGE, "1025 is out of range", "0 to 1024", "a=@knobs:port=1025");
	refused("dev0", XDP, EL_USAGE, "parameter rate of instance a", "", "a=@knobs:rate=");
	refused("dev0", XDP, EL_USAGE, "parameter rate of instance a", "", "a=@knobs:rate=ten");
	refused("dev0", XDP, EL_USAGE, "parameter rate of instance a", "",
		"a=@knobs:rate=4294967297");
	refused("dev0", XDP, EL_USAGE, "parameter gate of instance a", "", "a=@knobs:gate=1.2.3");
}

static void test_parameter_inside_its_range(void **state)
{
	(void)state;
	el_chain_free(attach("dev0", XDP, "a=@knobs:rate=1,offset=-5,wide=-5,port=1024"));
	el_chain_free(attach("dev0", XDP, "a=@knobs:rate=100,offset=5,wide=5,port=0"));
	el_chain_free(attach("dev0", XDP, "first=@pass"));
}

static void test_parameter_given_twice(void **state)
{
	(void)state;
	refused("dev0", XDP, EL_USAGE, "parameter rate of instance a is given twice",
		"give the parameter once", "a=@knobs:rate=1,rate=1");
}

/* 13 = 15 + -3 + 1: signs and byte order are as in the function. */
static void test_parameters_are_what_the_function_sees(void **state)
{
	struct el_counters *read;

	(void)state;
	el_chain_free(attach("dev0", XDP, "a=@knobs:rate=15,offset=-3,wide=1,port=7", "b=@knobs"));
	assert_int_equal(send_frames("dev0", "xdp", 0, 64, 3), XDP_DROP);
	read = counters("dev0", XDP);
	assert_int_equal(reason(&read->instances[0], "thirteen"), 3);
	assert_int_equal(read->instances[1].entered.packets, 0);
	el_counters_free(read);
	el_chain_free(attach("dev0", XDP, "first=@pass"));
}

/* ---------------------------------------------------------------- hooks, modes, devices */

static void test_wrong_hook(void **state)
{
	(void)state;
	refused("dev0", EDGE_HOOK_TC_INGRESS, EL_USAGE, "has no program for the hook tc-ingress",
		"edge-load inspect", "a=@plain");
}

static void test_wrong_mode(void **state)
{
	static const char *const list[] = {"a=@pass", NULL};

	(void)state;
	refused_words("dev0", XDP, EL_MODE_TCX, list, EL_USAGE,
		      "the hook xdp does not support the mode tcx", "native, generic or shared");
	refused_words("dev0", EDGE_HOOK_TC_EGRESS, EL_MODE_GENERIC, list, EL_USAGE,
		      "the hook tc-egress does not support the mode generic", "tcx or clsact");
	refused_words("dev0", XDP, EL_MODE_GENERIC, list, EL_CONFLICT, "runs in mode native",
		      "detach the chain first");
}

static void test_no_device(void **state)
{
	(void)state;
	refused("dev1", XDP, EL_NOT_FOUND, "there is no device dev1", "did you mean dev0?",
		"a=@pass");
	refused("a-name-longer-than-a-device-can-have", XDP, EL_NOT_FOUND, "there is no device",
		"ip link", "a=@pass");
	refused("../dev0", XDP, EL_NOT_FOUND, "there is no device ../dev0", "", "a=@pass");
	refused("", XDP, EL_NOT_FOUND, "there is no device", "", "a=@pass");
}

/* The kernel also finds a device by other names, under which the pins would then be. */
static void test_device_by_another_name(void **state)
{
	(void)state;
	assert_int_equal(shell("ip link property add dev dev0 altname other0"), 0);
	refused("other0", XDP, EL_NOT_FOUND, "other0", "dev0", "a=@pass");
	refused("dev0:1", XDP, EL_NOT_FOUND, "dev0:1", "dev0", "a=@pass");
	assert_string_equal(pins("other0"), "");
	assert_string_equal(pins("dev0:1"), "");
}

static void test_device_without_ethernet(void **state)
{
	(void)state;
	if (shell("ip tuntap add tun0 mode tun 2>/dev/null"))
		skip();
	refused("tun0", XDP, EL_UNSUPPORTED, "tun0 carries no Ethernet frames", "Ethernet device",
		"a=@pass");
	device_remove("tun0");
}

/* ---------------------------------------------------------------- objects */

static void test_object_as_it_is_before_others(void **state)
{
	(void)state;
	refused("dev0", XDP, EL_COMPILE, "instance old must be the last of the chain",
		"put the instance last", "a=@pass", "old=@plain-bare", "b=@pass");
}

static void test_missing_object(void **state)
{
	(void)state;
	refused("dev0", XDP, EL_NOT_FOUND, "nowhere.o", "", "a=@nowhere");
}

/* ---------------------------------------------------------------- many parameters */

static const char *params_of(const struct el_chain *chain)
{
	return el_chain_report(chain)->instances[0].params;
}

/* All parameters stay when one changes, for any number of parameters and any content of a text. */
static void test_no_parameter_is_lost(void **state)
{
	enum { COUNT = 80 };
	static char head[16384], body[4096], names[COUNT][8];
	static struct el_assignment params[COUNT + 1];
	struct el_instance_spec instance = {.name = "many", .params = params};
	struct el_chain_spec spec = {
		.device = "dev0", .instances = &instance, .instances_count = 1, .keep = 1};
	const struct el_assignment one = {"p0", "9"};
	struct el_params_spec set = {.device = "dev0",
				     .hook = XDP,
				     .instance = "many",
				     .params = &one,
				     .params_count = 1};
	char expected[1024] = "text=\"a,b=}{\\\"c\"";
	struct el_chain *chain = NULL;
	size_t h = 0, b = 0, e = strlen(expected);

	(void)state;
	h = (size_t)snprintf(head, sizeof(head),
			     "typedef char word[16];\n"
			     "EDGE_PARAM(word, text, EDGE_INIT(0), \"a text\");\n");
	b = (size_t)snprintf(body, sizeof(body), "return text[0] + 0");
	for (size_t i = 0; i < COUNT; i++) {
		snprintf(names[i], sizeof(names[i]), "p%zu", i);
		params[i] = (struct el_assignment){names[i], "1"};
		h += (size_t)snprintf(head + h, sizeof(head) - h,
				      "EDGE_PARAM(__u32, p%zu, 0, \"p\");\n", i);
		b += (size_t)snprintf(body + b, sizeof(body) - b, " + p%zu", i);
		e += (size_t)snprintf(expected + e, sizeof(expected) - e, ",p%zu=%d", i, i ? 1 : 9);
	}
	snprintf(body + b, sizeof(body) - b, " == 7 ? EDGE_DROP : EDGE_NEXT;");
	params[COUNT] = (struct el_assignment){"text", "\"a,b=}{\\\"c\""};
	instance.function = function("many", head, body);
	instance.params_count = COUNT + 1;
	if (el_chain_attach(context, &spec, NULL))
		fail_msg("%s (%s)", last_error()->what, last_error()->hint);
	if (el_chain_set_params(context, &set, &chain))
		fail_msg("%s (%s)", last_error()->what, last_error()->hint);
	assert_string_equal(params_of(chain), expected);
	el_chain_free(chain);
	/* Set more parameters at once than the instance has set. */
	for (size_t i = 0; i < COUNT; i++)
		params[i].value = "2";
	set.params = params;
	set.params_count = COUNT + 1;
	assert_int_equal(el_chain_set_params(context, &set, &chain), 0);
	assert_contains(params_of(chain), "text=\"a,b=}{\\\"c\",p0=2,");
	assert_contains(params_of(chain), ",p79=2");
	el_chain_free(chain);
	el_chain_free(attach("dev0", XDP, "first=@pass"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names_of_instances),
		cmocka_unit_test(test_two_of_one_name),
		cmocka_unit_test(test_too_many_and_none),
		cmocka_unit_test(test_unknown_parameter),
		cmocka_unit_test(test_sizes_of_maps),
		cmocka_unit_test(test_parameter_out_of_range),
		cmocka_unit_test(test_parameter_inside_its_range),
		cmocka_unit_test(test_parameter_given_twice),
		cmocka_unit_test(test_parameters_are_what_the_function_sees),
		cmocka_unit_test(test_wrong_hook),
		cmocka_unit_test(test_wrong_mode),
		cmocka_unit_test(test_no_device),
		cmocka_unit_test(test_device_by_another_name),
		cmocka_unit_test(test_device_without_ethernet),
		cmocka_unit_test(test_object_as_it_is_before_others),
		cmocka_unit_test(test_missing_object),
		cmocka_unit_test(test_no_parameter_is_lost),
	};

	world_need();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, world_teardown);
}

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * An attachment, at each hook and in each mode. It counts only if the kernel has put it at the
 * intended place; if the kernel refuses it, the error has the kernel's message. And variables of an
 * instance that has moved to another place in the chain.
 */
#include "lib/chains.h"

#include "chain/change.h"

#define XDP EDGE_HOOK_XDP

static int setup(void **state)
{
	if (world_setup(state))
		return -1;
	function("pass", "", "return EDGE_NEXT;");
	return 0;
}

/* ---------------------------------------------------------------- the attachment's place */

static const struct {
	enum edge_hook hook;
	enum el_mode mode;
} places[] = {
	{EDGE_HOOK_XDP, EL_MODE_NATIVE},	{EDGE_HOOK_XDP, EL_MODE_GENERIC},
	{EDGE_HOOK_TC_INGRESS, EL_MODE_TCX},	{EDGE_HOOK_TC_EGRESS, EL_MODE_TCX},
	{EDGE_HOOK_TC_INGRESS, EL_MODE_CLSACT}, {EDGE_HOOK_TC_EGRESS, EL_MODE_CLSACT},
};

/* Checked with iproute2, without the library. */
static void assert_nothing_on(const char *name)
{
	assert_int_equal(shell("! ip -d link show dev %s | grep -q xdp", name), 0);
	assert_int_equal(shell("! tc filter show dev %s ingress | grep -q bpf", name), 0);
	assert_int_equal(shell("! tc filter show dev %s egress | grep -q bpf", name), 0);
}

/* Prepare a change like el_chain_attach(), up to the attachment. */
static struct el_change staged(const char *name, size_t place)
{
	char function[PATH_MAX + 16];
	struct el_instance_spec instance = {.name = "a", .function = function};
	struct el_chain_spec spec = {.device = name,
				     .hook = places[place].hook,
				     .mode = places[place].mode,
				     .instances = &instance,
				     .instances_count = 1};
	struct el_change change = EL_CHANGE_OF(context);

	snprintf(function, sizeof(function), "%s/pass.o", scratch);
	assert_int_equal(el_change_make(&change, &spec), 0);
	assert_int_equal(el_change_load(&change), 0);
	assert_int_equal(el_pin_make_folders(context, &change.next->at.site), 0);
	assert_int_equal(el_change_stage(&change), 0);
	return change;
}

static void test_device_made_anew_before_the_attach(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		struct el_change change;

		device("anew0");
		change = staged("anew0", i);
		device_remove("anew0");
		device("anew0");
		assert_int_equal(el_change_over(&change), -ENODEV);
		assert_int_equal(last_error()->kind, EL_NOT_FOUND);
		assert_contains(last_error()->what, "the device anew0, number ");
		el_change_back(&change);
		el_change_close(&change);
		assert_nothing_on("anew0");
		assert_string_equal(pins("anew0"), "");
		device_remove("anew0");
	}
	assert_marked(0, 0);
}

/* The chain was made for a device that was then renamed; another device has its name now. Neither
 * device gets the chain. */
static void test_device_renamed_before_the_attach(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		struct el_change change;

		device("moved0");
		change = staged("moved0", i);
		assert_int_equal(shell("ip link set moved0 down && ip link set moved0 name moved1 "
				       "&& ip link set moved1 up && ip link set moved0-peer name "
				       "moved1-peer"),
				 0);
		device("moved0");
		assert_int_equal(el_change_over(&change), -EBUSY);
		assert_int_equal(last_error()->kind, EL_CONFLICT);
		assert_contains(last_error()->what, "was renamed to moved1");
		el_change_back(&change);
		el_change_close(&change);
		assert_nothing_on("moved0");
		assert_nothing_on("moved1");
		assert_string_equal(pins("moved0"), "");
		device_remove("moved0");
		device_remove("moved1");
	}
	assert_marked(0, 0);
}

/* A chain that was attached, and then removed by another tool, does not count as attached. */
static void test_attached_and_gone_again(void **state)
{
	(void)state;
	for (size_t i = 0; i < sizeof(places) / sizeof(*places); i++) {
		const struct el_hook_ops *ops = el_hook_ops(places[i].hook);
		struct el_change change;

		device("gone1");
		change = staged("gone1", i);
		assert_int_equal((ops->attach)(context, &change.next->at, &change.place), 0);
		assert_int_equal(ops->verify(context, &change.next->at), 0);
		if (change.next->at.link_fd >= 0)
			assert_int_equal(bpf_link_detach(change.next->at.link_fd), 0);
		else
			assert_int_equal(shell("tc qdisc del dev gone1 clsact"), 0);
		assert_int_equal(ops->verify(context, &change.next->at), -EBUSY);
		assert_contains(last_error()->what, "does not run the chain on gone1");
		el_change_back(&change);
		el_change_close(&change);
		device_remove("gone1");
	}
	assert_marked(0, 0);
}

/* An ingress qdisc accepts a filter for egress, and runs it at ingress
 * (net/sched/sch_ingress.c). */
static void test_egress_on_an_ingress_qdisc(void **state)
{
	static const char *const list[] = {"a=@pass", NULL};
	const struct el_hook_ops *ops = el_hook_ops(EDGE_HOOK_TC_EGRESS);
	struct el_chain *chain = NULL;

	(void)state;
	device("ingress0");
	assert_int_equal(shell("tc qdisc add dev ingress0 ingress"), 0);
	refused_words("ingress0", EDGE_HOOK_TC_EGRESS, EL_MODE_CLSACT, list, EL_CONFLICT,
		      "ingress0 has an ingress qdisc, which has no egress",
		      "tc qdisc add dev ingress0 clsact");
	assert_nothing_on("ingress0");
	el_chain_free(attached("ingress0", EDGE_HOOK_TC_INGRESS, EL_MODE_CLSACT, list));
	refused_words("ingress0", EDGE_HOOK_TC_EGRESS, EL_MODE_CLSACT, list, EL_CONFLICT,
		      "no egress", "clsact");
	/* The library does not mistake the filter at ingress for a filter at egress, and keeps
	 * it. */
	assert_int_equal(el_chain_detach(context, "ingress0", EDGE_HOOK_TC_EGRESS), -ENOENT);
	assert_int_equal(shell("test $(tc filter show dev ingress0 ingress | grep -c edge_tc) = 1"),
			 0);
	detach("ingress0", EDGE_HOOK_TC_INGRESS);

	/* An ingress qdisc replaces clsact while a chain runs. */
	assert_int_equal(shell("tc qdisc del dev ingress0 ingress"), 0);
	chain = attached("ingress0", EDGE_HOOK_TC_EGRESS, EL_MODE_CLSACT, list);
	assert_int_equal(shell("tc qdisc del dev ingress0 clsact && "
			       "tc qdisc add dev ingress0 ingress"),
			 0);
	el_chain_free(attached("ingress0", EDGE_HOOK_TC_INGRESS, EL_MODE_CLSACT, list));
	assert_int_equal(ops->verify(context, &chain->generation->at), -EBUSY);
	el_chain_free(chain);
	chain = NULL;
	assert_int_equal(el_chain_open(context, "ingress0", EDGE_HOOK_TC_EGRESS, &chain), 0);
	assert_int_equal(el_chain_report(chain)->state, EL_STATE_DETACHED);
	el_chain_free(chain);
	detach("ingress0", EDGE_HOOK_TC_EGRESS);
	assert_int_equal(shell("test $(tc filter show dev ingress0 ingress | grep -c edge_tc) = 1"),
			 0);
	detach("ingress0", EDGE_HOOK_TC_INGRESS);
	device_remove("ingress0");
	assert_marked(0, 0);
}

/* ---------------------------------------------------------------- the kernel's messages */

static void test_drivers_words(void **state)
{
	static const char *const list[] = {"a=@pass", NULL};

	(void)state;
	/* Source: drivers/net/veth.c, veth_xdp_set(). */
	assert_int_equal(shell("ip link add few0 numtxqueues 1 numrxqueues 1 type veth "
			       "peer name many9 numtxqueues 4 numrxqueues 4"),
			 0);
	refused_words("few0", XDP, EL_MODE_DEFAULT, list, EL_FAILED,
		      "XDP expects number of rx queues not less than peer tx queues", "");
	device_remove("few0");
	assert_int_equal(shell("ip link add wide0 type veth peer name wide1 mtu 9000"), 0);
	refused_words("wide0", XDP, EL_MODE_DEFAULT, list, EL_UNSUPPORTED,
		      "Peer MTU is too large to set XDP", "a smaller MTU");
	assert_nothing_on("wide0");
	device_remove("wide0");
	refused_words("lo", XDP, EL_MODE_DEFAULT, list, EL_UNSUPPORTED,
		      "the driver of lo has no native XDP", "--mode generic");
	assert_marked(0, 0);
}

/* The kernel refuses ports of a bond likewise. Source: net/core/dev.c, dev_xdp_attach(). */
static void test_program_on_the_device_above(void **state)
{
	static const char *const list[] = {"a=@pass", NULL};

	(void)state;
	device("port0");
	if (shell("ip link add above0 link port0 type macvlan mode bridge 2>/dev/null")) {
		device_remove("port0");
		skip();
	}
	el_chain_free(attached("above0", XDP, EL_MODE_GENERIC, list));
	for (enum el_mode mode = EL_MODE_NATIVE; mode <= EL_MODE_GENERIC; mode++) {
		refused_words("port0", XDP, mode, list, EL_CONFLICT,
			      "above0, the device above port0, already has XDP program ",
			      "edge-load detach above0");
		assert_contains(last_error()->what, "an upper device already has a program");
		assert_null(strstr(last_error()->what, "program 0;"));
	}
	assert_string_equal(pins("port0"), "");
	detach("above0", XDP);
	el_chain_free(attached("port0", XDP, EL_MODE_NATIVE, list));
	detach("port0", XDP);
	device_remove("port0");
	assert_marked(0, 0);
}

/* ---------------------------------------------------------------- instances at another place */

/* The name of the map with the instance's variables contains the number of its old place. */
static void test_instance_at_another_place(void **state)
{
	struct el_map *map = NULL;
	char *value = NULL;

	(void)state;
	function("seen", "__u64 seen;", "__sync_fetch_and_add(&seen, 1); return EDGE_NEXT;");
	device("moved0");
	el_chain_free(attach("moved0", XDP, "a=@pass", "b=@pass", "c=@seen"));
	send_frames("moved0", "xdp", 0, 64, 3);
	el_chain_free(attach("moved0", XDP, "c=@seen"));
	send_frames("moved0", "xdp", 0, 64, 4);
	assert_int_equal(el_map_open(context, "moved0/xdp/c/bss", &map), 0);
	assert_int_equal(el_map_get(map, "0", EL_TEXT, &value), 0);
	assert_string_equal(value, "{seen=7}");
	free(value);
	el_map_free(map);
	detach("moved0", XDP);
	device_remove("moved0");
	assert_marked(0, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_device_made_anew_before_the_attach),
		cmocka_unit_test(test_device_renamed_before_the_attach),
		cmocka_unit_test(test_attached_and_gone_again),
		cmocka_unit_test(test_egress_on_an_ingress_qdisc),
		cmocka_unit_test(test_drivers_words),
		cmocka_unit_test(test_program_on_the_device_above),
		cmocka_unit_test(test_instance_at_another_place),
	};

	world_need();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, world_teardown);
}

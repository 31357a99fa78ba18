// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The devices that a manifest's chains select, on an invented machine: el_devices_read() and
 * if_nametoindex(3) of this file replace the real functions. unit/kernel/test_device.c tests the real
 * functions.
 *
 *   eth0, eth1   network cards, ports of bond0, which gave both the address of eth0
 *   eth0.10      a VLAN of eth0
 *   br0          a bridge, with the address of its port, tap0
 *   veth0        with its peer veth1, of the same address
 *   wg0          has no Ethernet frames
 */
#include <net/if_arp.h>

#include "lib/manifests.h"

#include "kernel/device.h"

#define MAC(n) "02:00:00:00:00:0" #n

static struct el_device machine[] = {
	{.ifindex = 1, .name = "lo", .type = ARPHRD_LOOPBACK, .mac = "00:00:00:00:00:00"},
	{.ifindex = 2,
	 .name = "eth0",
	 .type = ARPHRD_ETHER,
	 .mac = MAC(a),
	 .burnt = MAC(a),
	 .master = 4,
	 .alias = (char *)"uplink"},
	{.ifindex = 3,
	 .name = "eth1",
	 .type = ARPHRD_ETHER,
	 .mac = MAC(a),
	 .burnt = MAC(b),
	 .master = 4,
	 .alias = (char *)"to the lab"},
	{.ifindex = 4, .name = "bond0", .type = ARPHRD_ETHER, .mac = MAC(a)},
	{.ifindex = 5, .name = "eth0.10", .type = ARPHRD_ETHER, .mac = MAC(a), .lower = 2},
	{.ifindex = 6, .name = "br0", .type = ARPHRD_ETHER, .mac = MAC(c)},
	{.ifindex = 7, .name = "tap0", .type = ARPHRD_ETHER, .mac = MAC(c), .master = 6},
	{.ifindex = 8, .name = "veth0", .type = ARPHRD_ETHER, .mac = MAC(d), .lower = 9},
	{.ifindex = 9,
	 .name = "veth1",
	 .type = ARPHRD_ETHER,
	 .mac = MAC(d),
	 .lower = 8,
	 .alias = (char *)"to the lab"},
	{.ifindex = 10, .name = "wg0", .type = ARPHRD_NONE},
};
#define MACHINE (sizeof(machine) / sizeof(*machine))

int el_devices_read(struct el_context *unused, struct el_device **out, size_t *count)
{
	(void)unused;
	*out = machine;
	*count = MACHINE;
	return 0;
}

void el_devices_free(struct el_device *devices, size_t count)
{
	(void)devices;
	(void)count;
}

/* The linker takes all of loader/kernel/device.c or nothing of it. */
int el_device_xdp(int ifindex, struct el_device *out)
{
	(void)ifindex;
	(void)out;
	return -ENODEV;
}

/* enp3s0 is an altname of eth0. */
unsigned int if_nametoindex(const char *name)
{
	for (size_t i = 0; i < MACHINE; i++)
		if (!strcmp(machine[i].name, !strcmp(name, "enp3s0") ? "eth0" : name))
			return (unsigned int)machine[i].ifindex;
	return 0;
}

static struct el_manifest_match *match;

static int try_match(const char *chains)
{
	_cleanup_free_ char *text = el_format("version: 1\nchains:\n%s", chains);

	el_manifest_match_free(match);
	match = NULL;
	assert_int_equal(open_text(text), 0);
	return el_manifest_match(context, manifest, &match);
}

/* @devices: the names of the devices that a chain with this selector matches, a blank before
 * each. */
static void selects(const char *selector, const char *devices)
{
	_cleanup_free_ char *text = el_format("- %s\n  instances: [count]\n", selector);
	char found[400] = "";

	assert_int_equal(try_match(text), 0);
	for (size_t i = 0; i < match->targets_count; i++) {
		const struct el_manifest_target *target = &match->targets[i];

		assert_ptr_equal(target->chain, &manifest->chains[0]);
		assert_int_equal(target->ifindex, if_nametoindex(target->device));
		sprintf(found + strlen(found), " %s", target->device);
	}
	assert_string_equal(found, devices);
	assert_int_equal(match->absent_count, *devices ? 0 : 1);
}

static void test_names(void **state)
{
	(void)state;
	selects("device: eth0", " eth0");
	selects("device: eth0.10", " eth0.10");
	selects("device: wg0", " wg0");
	selects("device: enp3s0", " eth0");
	selects("device: eth", "");
	selects("device: ETH0", "");
}

static void test_globs(void **state)
{
	(void)state;
	selects("device: eth*", " eth0 eth1 eth0.10");
	selects("device: eth?", " eth0 eth1");
	selects("device: \"[bv]*[01]\"", " bond0 br0 veth0 veth1");
	selects("device: \"*\"", " lo eth0 eth1 bond0 eth0.10 br0 tap0 veth0 veth1");
	selects("device: wg*", "");
	selects("device: enp*", "");
}

static void test_macs(void **state)
{
	(void)state;
	selects("mac: 02:00:00:00:00:0a", " eth0");
	selects("mac: 02-00-00-00-00-0A", " eth0");
	selects("mac: 02:00:00:00:00:0b", " eth1");
	selects("mac: 02:00:00:00:00:0c", " tap0");
	selects("mac: 02:00:00:00:00:0d", " veth0 veth1");
	selects("mac: 02:00:00:00:00:0e", "");
}

static void test_aliases(void **state)
{
	(void)state;
	selects("alias: uplink", " eth0");
	selects("alias: to the lab", " eth1 veth1");
	selects("alias: Uplink", "");
	selects("alias: \"up*\"", "");
}

static void test_order_and_absent(void **state)
{
	(void)state;
	assert_int_equal(try_match("- {device: veth0, instances: [f]}\n"
				   "- {device: later0, instances: [f]}\n"
				   "- {device: \"eth?\", instances: [f]}\n"
				   "- {alias: later, instances: [f]}\n"),
			 0);
	assert_int_equal(match->targets_count, 3);
	assert_string_equal(match->targets[0].device, "veth0");
	assert_string_equal(match->targets[1].device, "eth0");
	assert_string_equal(match->targets[2].device, "eth1");
	assert_ptr_equal(match->targets[2].chain, &manifest->chains[2]);
	assert_int_equal(match->absent_count, 2);
	assert_ptr_equal(match->absent[0], &manifest->chains[1]);
	assert_ptr_equal(match->absent[1], &manifest->chains[3]);
	assert_int_equal(try_match("  []\n"), 0);
	assert_int_equal(match->targets_count + match->absent_count, 0);
}

static void test_conflict(void **state)
{
	_cleanup_free_ char *what =
		el_format("%s:5:11: eth1 at xdp has a chain here, and another chain in line 3",
			  at("edge.yaml"));

	(void)state;
	assert_int_equal(try_match("- {device: \"eth*\", instances: [f]}\n"
				   "- {device: eth1, hook: tc-ingress, instances: [f]}\n"
				   "- {alias: to the lab, instances: [f]}\n"),
			 -EBUSY);
	assert_int_equal(last_error()->kind, EL_USAGE);
	assert_string_equal(last_error()->what, what);
	assert_null(match);
	assert_int_equal(try_match("- {device: \"eth*\", instances: [f]}\n"
				   "- {device: eth1, hook: tc-ingress, instances: [f]}\n"),
			 0);
}

static int teardown(void **state)
{
	el_manifest_match_free(match);
	return manifests_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_names),
		cmocka_unit_test(test_globs),
		cmocka_unit_test(test_macs),
		cmocka_unit_test(test_aliases),
		cmocka_unit_test(test_order_and_absent),
		cmocka_unit_test(test_conflict),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, scratch_setup, teardown);
}

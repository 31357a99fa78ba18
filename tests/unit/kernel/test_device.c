// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The list has the devices of this network namespace only: exactly the devices that ip(8) created.
 */
#include <net/if_arp.h>

#include <sched.h>
#include <signal.h>
#include <sys/wait.h>

#include "lib/scratch.h"

#include "kernel/device.h"

static struct el_device *devices;
static size_t count;

static const struct el_device *find(const char *name)
{
	for (size_t i = 0; i < count; i++)
		if (!strcmp(devices[i].name, name))
			return &devices[i];
	fail_msg("%s is not listed", name);
	return NULL;
}

static void list(void)
{
	el_devices_free(devices, count);
	devices = NULL;
	assert_int_equal(el_devices_read(context, &devices, &count), 0);
	for (size_t i = 1; i < count; i++)
		assert_true(devices[i - 1].ifindex < devices[i].ifindex);
}

static void test_list(void **state)
{
	(void)state;
	list();
	assert_int_equal(count, 1);
	assert_int_equal(find("lo")->type, ARPHRD_LOOPBACK);
	assert_null(find("lo")->alias);
	assert_int_equal(
		shell("ip link add a0 address 02:00:00:00:00:0a type veth peer name a1 && "
		      "ip link set a0 alias 'to the lab' && ip link add br0 type bridge && "
		      "ip link set a1 master br0 && ip tuntap add tun0 mode tun && "
		      "ip link add link a0 name a0.1 type macvlan mode passthru"),
		0);
	list();
	assert_int_equal(count, 6);
	assert_string_equal(find("a0")->mac, "02:00:00:00:00:0a");
	assert_string_equal(find("a0")->alias, "to the lab");
	assert_int_equal(find("a0")->type, ARPHRD_ETHER);
	assert_int_equal(find("a0")->ifindex, if_nametoindex("a0"));
	assert_int_equal(find("a0")->lower, find("a1")->ifindex);
	assert_int_equal(find("a1")->lower, find("a0")->ifindex);
	assert_int_equal(find("a1")->master, find("br0")->ifindex);
	assert_int_equal(find("br0")->master, 0);
	assert_int_equal(find("a0.1")->lower, find("a0")->ifindex);
	assert_string_equal(find("a0.1")->mac, "02:00:00:00:00:0a");
	assert_int_equal(find("tun0")->type, ARPHRD_NONE);
	assert_string_equal(find("tun0")->mac, "");
}

/* Start a process in its own network namespace. */
static pid_t start_elsewhere(void)
{
	int ready[2];
	pid_t child;
	char byte;

	assert_int_equal(pipe(ready), 0);
	child = fork();
	assert_true(child >= 0);
	if (!child) {
		if (unshare(CLONE_NEWNET) || write(ready[1], "", 1) != 1)
			_exit(1);
		for (;;)
			pause();
	}
	close(ready[1]);
	assert_int_equal(read(ready[0], &byte, 1), 1);
	close(ready[0]);
	return child;
}

/* The index of a device in another namespace is not the index of a local device. */
static void test_peer_elsewhere(void **state)
{
	pid_t child = start_elsewhere();

	(void)state;
	assert_int_equal(shell("ip link add near type veth peer name far netns %d", (int)child), 0);
	list();
	assert_int_equal(find("near")->lower, 0);
	assert_int_equal(shell("ip link del near"), 0);
	kill(child, SIGKILL);
	waitpid(child, NULL, 0);
}

/* The list is longer than one netlink message. */
static void test_many(void **state)
{
	(void)state;
	assert_int_equal(shell("for i in $(seq 150); do echo link add m$i type veth peer name n$i; "
			       "done | ip -batch -"),
			 0);
	list();
	for (int i = 1; i <= 150; i++) {
		char name[IF_NAMESIZE];

		snprintf(name, sizeof(name), "n%d", i);
		assert_int_equal(find(name)->ifindex, if_nametoindex(name));
	}
}

static int teardown(void **state)
{
	el_devices_free(devices, count);
	return scratch_teardown(state);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_list),
		cmocka_unit_test(test_peer_elsewhere),
		cmocka_unit_test(test_many),
	};

	if (geteuid() || unshare(CLONE_NEWNET)) {
		puts("1..0 # SKIP needs root: a network namespace is made");
		return 0;
	}
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, scratch_setup, teardown);
}

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A chain and its device: a device that is deleted and created again, with a dot in its name, in
 * another network namespace, in each mode, and claimed by two chains at once.
 */
#include <sched.h>
#include <sys/wait.h>
#include <fcntl.h>

#include "lib/chains.h"

#define XDP EDGE_HOOK_XDP

static int setup(void **state)
{
	if (world_setup(state))
		return -1;
	function("pass", "", "return EDGE_NEXT;");
	function("block", "", "return edge_drop(pkt, \"all\");");
	return 0;
}

static void test_device_made_anew(void **state)
{
	struct el_chain *chain;

	(void)state;
	device("gone0");
	el_chain_free(attach("gone0", XDP, "a=@pass"));
	el_chain_free(attach("gone0", EDGE_HOOK_TC_EGRESS, "a=@pass"));
	device_remove("gone0");
	device("gone0");
	assert_int_equal(el_chain_open(context, "gone0", XDP, &chain), -ENOENT);
	chain = attach("gone0", XDP, "b=@block");
	assert_int_equal(el_chain_report(chain)->generation, 1);
	el_chain_free(chain);
	assert_null(strstr(pins("gone0"), "xdp/a"));
	assert_int_equal(send_frames("gone0", "xdp", 0, 64, 1), XDP_DROP);
	detach("gone0", XDP);
	el_chain_free(attach("gone0", EDGE_HOOK_TC_EGRESS, "b=@block"));
	detach("gone0", EDGE_HOOK_TC_EGRESS);
	assert_string_equal(pins("gone0"), "");
	assert_marked(0, 0);
	device_remove("gone0");
}

static void test_name_with_a_dot(void **state)
{
	struct el_chains chains;

	(void)state;
	assert_int_equal(shell("ip link add d.7 type veth peer name d.8"), 0);
	el_chain_free(attach("d.7", XDP, "a=@pass"));
	assert_int_equal(el_chains_open(context, NULL, &chains), 0);
	assert_int_equal(chains.count, 1);
	assert_string_equal(el_chain_report(chains.list[0])->device, "d.7");
	el_chains_free(&chains);
	detach("d.7", XDP);
	device_remove("d.7");
}

static void test_modes(void **state)
{
	static const char *const first[] = {"a=@pass", NULL}, *const second[] = {"a=@block", NULL};
	static const struct {
		enum edge_hook hook;
		enum el_mode mode;
		const char *seen; /* a command that finds the attachment in iproute2's output */
	} modes[] = {
		{EDGE_HOOK_XDP, EL_MODE_GENERIC, "ip link show dev m0 | grep -q xdpgeneric"},
		{EDGE_HOOK_XDP, EL_MODE_NATIVE,
		 "ip link show dev m0 | grep -q 'xdp id\\|prog/xdp'"},
		{EDGE_HOOK_TC_INGRESS, EL_MODE_CLSACT,
		 "tc filter show dev m0 ingress | grep -q bpf"},
		{EDGE_HOOK_TC_EGRESS, EL_MODE_CLSACT, "tc filter show dev m0 egress | grep -q bpf"},
		{EDGE_HOOK_TC_EGRESS, EL_MODE_TCX,
		 "bpftool net show dev m0 | grep -q egress || true"},
	};

	(void)state;
	device("m0");
	for (size_t i = 0; i < sizeof(modes) / sizeof(*modes); i++) {
		const char *hook = el_hook_name(modes[i].hook);
		struct el_chain *chain = attached("m0", modes[i].hook, modes[i].mode, first);

		assert_int_equal(el_chain_report(chain)->mode, modes[i].mode);
		el_chain_free(chain);
		assert_int_equal(shell("%s", modes[i].seen), 0);
		assert_int_equal(send_frames("m0", hook, 0, 64, 1) & 0xff, i < 2 ? XDP_PASS : 0xff);
		el_chain_free(attached("m0", modes[i].hook, EL_MODE_DEFAULT, second));
		chain = NULL;
		assert_int_equal(el_chain_open(context, "m0", modes[i].hook, &chain), 0);
		assert_int_equal(el_chain_report(chain)->mode, modes[i].mode);
		assert_int_equal(el_chain_report(chain)->generation, 2);
		el_chain_free(chain);
		assert_int_equal(send_frames("m0", hook, 0, 64, 1), i < 2 ? (int)XDP_DROP : 2);
		detach("m0", modes[i].hook);
		assert_string_equal(pins("m0"), "");
		assert_marked(0, 0);
	}
	device_remove("m0");
}

/* Both ends of a veth pair between namespaces often have the same name and number. */
static void test_same_name_and_number_in_another_namespace(void **state)
{
	static const char *const list[] = {"b=@block", NULL};
	struct el_chain *chain = NULL;
	int home = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC), other;
	uint32_t program;

	(void)state;
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	device("twin0");
	el_chain_free(attach("twin0", XDP, "a=@pass"));
	el_chain_free(attach("twin0", EDGE_HOOK_TC_INGRESS, "a=@pass"));
	program = program_of("twin0", "xdp");
	other = open("/proc/self/ns/net", O_RDONLY | O_CLOEXEC); /* keeps the namespace alive */
	assert_int_equal(unshare(CLONE_NEWNET), 0);
	device("twin0");
	for (enum edge_hook hook = XDP; hook <= EDGE_HOOK_TC_INGRESS; hook++) {
		assert_int_equal(el_chain_open(context, "twin0", hook, &chain), -EEXIST);
		assert_contains(last_error()->what, "in another network namespace");
		refused_words("twin0", hook, EL_MODE_DEFAULT, list, EL_CONFLICT,
			      "in another network namespace", "--bpffs");
		assert_int_equal(el_chain_detach(context, "twin0", hook), -EEXIST);
	}
	assert_int_equal(program_of("twin0", "xdp"), program);
	assert_int_equal(setns(other, CLONE_NEWNET), 0);
	detach("twin0", XDP);
	detach("twin0", EDGE_HOOK_TC_INGRESS);
	assert_marked(0, 0);
	assert_int_equal(setns(home, CLONE_NEWNET), 0);
	close(other);
	close(home);
}

static void test_two_at_once(void **state)
{
	static const char *const list[] = {"a=@pass", NULL};
	size_t won = 0;

	(void)state;
	device("race0");
	for (size_t i = 0; i < 4; i++)
		if (!fork()) {
			int error = attach_words(NULL, "race0", XDP, EL_MODE_DEFAULT, list);

			_exit(!error ? 0 : last_error()->kind);
		}
	for (size_t i = 0; i < 4; i++) {
		int status;

		assert_true(wait(&status) > 0);
		assert_true(WIFEXITED(status));
		won += !WEXITSTATUS(status);
		if (WEXITSTATUS(status))
			assert_int_equal(WEXITSTATUS(status), EL_CONFLICT);
	}
	assert_true(won >= 1);
	assert_marked(1, 1);
	detach("race0", XDP);
	assert_marked(0, 0);
	device_remove("race0");
}

static void test_sixty_four(void **state)
{
	static char text[64][32];
	const char *list[65] = {NULL};
	struct el_chain *chain;
	struct el_counters *read;

	(void)state;
	device("many0");
	for (size_t i = 0; i < 64; i++) {
		snprintf(text[i], sizeof(text[i]), "i%zu=@%s", i, i == 63 ? "block" : "pass");
		list[i] = text[i];
	}
	chain = attached("many0", XDP, EL_MODE_DEFAULT, list);
	assert_int_equal(el_chain_report(chain)->instances_count, 64);
	el_chain_free(chain);
	assert_int_equal(send_frames("many0", "xdp", 0, 64, 9), XDP_DROP);
	read = counters("many0", XDP);
	for (size_t i = 0; i < 64; i++)
		assert_int_equal(read->instances[i].entered.packets, 9);
	assert_int_equal(reason(&read->instances[63], "all"), 9);
	el_counters_free(read);
	detach("many0", XDP);
	device_remove("many0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_device_made_anew),
		cmocka_unit_test(test_name_with_a_dot),
		cmocka_unit_test(test_modes),
		cmocka_unit_test(test_same_name_and_number_in_another_namespace),
		cmocka_unit_test(test_two_at_once),
		cmocka_unit_test(test_sixty_four),
	};

	world_need();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, world_teardown);
}

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Kills at any step: a child attaches, swaps or detaches, and dies of SIGKILL before its Nth call
 * that changes something, for every other N of a swap at XDP, and every few N of the other
 * commands. Afterwards the old or the new chain runs, it can be read, the next command works, and
 * the kernel keeps no leaked objects.
 *
 * To count the calls, the test replaces functions of libc: syscall(), through which libbpf calls
 * bpf(), and the functions that change a folder.
 */
#include <sys/wait.h>
#include <dlfcn.h>
#include <signal.h>
#include <sys/syscall.h>

#include "lib/chains.h"

/* ---------------------------------------------------------------- dying */

static int calls_to_live = -1; /* -1: no limit */
static bool armed;	       /* starts at the first pin */

static void perhaps_die(void)
{
	if (armed && calls_to_live >= 0 && calls_to_live-- == 0)
		kill(getpid(), SIGKILL);
}

long syscall(long number, ...)
{
	static long (*real)(long, ...);
	long words[6];
	va_list args;

	va_start(args, number);
	for (size_t i = 0; i < 6; i++)
		words[i] = va_arg(args, long);
	va_end(args);
	if (!real)
		real = (long (*)(long, ...))dlsym(RTLD_NEXT, "syscall");
	armed |= number == __NR_bpf && words[0] == BPF_OBJ_PIN;
	perhaps_die();
	return real(number, words[0], words[1], words[2], words[3], words[4], words[5]);
}

#define STAND_IN(name, parameters, arguments)                              \
	int name parameters                                                \
	{                                                                  \
		static int(*real) parameters;                              \
                                                                           \
		if (!real)                                                 \
			real = (int(*) parameters)dlsym(RTLD_NEXT, #name); \
		perhaps_die();                                             \
		return real arguments;                                     \
	}

STAND_IN(renameat2,
	 (int from_above, const char *from, int to_above, const char *to, unsigned int flags),
	 (from_above, from, to_above, to, flags))
STAND_IN(unlinkat, (int above, const char *name, int flags), (above, name, flags))
STAND_IN(symlinkat, (const char *to, int above, const char *name), (to, above, name))
STAND_IN(mkdirat, (int above, const char *name, mode_t mode), (above, name, mode))

/* ---------------------------------------------------------------- killed commands */

static const char *const old_chain[] = {"a=@mark", "gone=@table", "t=@table", NULL};
static const char *const new_chain[] = {"t=@other", "a=@mark", "b=@mark", NULL};

static enum edge_hook hook;
static enum el_mode mode;
static int stride; /* every stride-th call is tested: each costs two or three fusings */

static int do_attach(void)
{
	return attach_words(NULL, "dev0", hook, mode, old_chain);
}

static int do_swap(void)
{
	return attach_words(NULL, "dev0", hook, mode, new_chain);
}

static int do_detach(void)
{
	return el_chain_detach(context, "dev0", hook);
}

/* Return: true if the child was killed, false if it finished. */
static bool killed_at(int call, int (*work)(void), bool from_the_start)
{
	int status;
	pid_t pid = fork();

	assert_true(pid >= 0);
	if (!pid) {
		armed = from_the_start;
		calls_to_live = call;
		_exit(work() ? 1 : 0);
	}
	assert_int_equal(waitpid(pid, &status, 0), pid);
	if (WIFSIGNALED(status))
		assert_int_equal(WTERMSIG(status), SIGKILL);
	else
		assert_int_equal(WEXITSTATUS(status), 0);
	return WIFSIGNALED(status);
}

static int setup(void **state)
{
	static const char table[] = "struct { __uint(type, BPF_MAP_TYPE_ARRAY);\n"
				    "	 __uint(max_entries, %d); __type(key, __u32);\n"
				    "	 __type(value, __u64); } table SEC(\".maps\");\n";
	static const char body[] = "	bpf_map_lookup_elem(&table, &zero_); return EDGE_NEXT;";
	char head[512];

	if (world_setup(state))
		return -1;
	device("dev0");
	function("mark", "", "return EDGE_NEXT;");
	snprintf(head, sizeof(head), table, 1);
	function("table", head, body);
	snprintf(head, sizeof(head), table, 2);
	function("other", head, body);
	return 0;
}

/* ---------------------------------------------------------------- checks after the kill */

/* Readers must see a whole chain, old or new, or no chain if @may_be_none. Return: the number of
 * its instances. */
static size_t look(int call, bool may_be_none)
{
	struct el_chain *chain = NULL;
	struct el_counters *read = NULL;
	size_t count;

	if (el_chain_open(context, "dev0", hook, &chain)) {
		if (!may_be_none || last_error()->kind != EL_NOT_FOUND)
			fail_msg("killed before call %d: %s", call, last_error()->what);
		return 0;
	}
	if (el_counters_read(context, chain, &read))
		fail_msg("killed before call %d: %s", call, last_error()->what);
	count = read->count;
	assert_int_equal(read->instances[count - 1].entered.packets, 0);
	el_counters_free(read);
	el_chain_free(chain);
	return count;
}

/* Both chains have three instances; the second instance of the old chain is called gone. */
static bool runs_new(void)
{
	struct el_chain *chain = NULL;
	bool is_new;

	assert_int_equal(el_chain_open(context, "dev0", hook, &chain), 0);
	is_new = strcmp(el_chain_report(chain)->instances[1].name, "gone");
	assert_int_equal(el_chain_report(chain)->generation, is_new ? 2 : 1);
	el_chain_free(chain);
	return is_new;
}

/* Each pinned map of instance t must have the size that the running function set. */
static void assert_map_is_of(const char *table_of, uint32_t entries)
{
	struct bpf_map_info info = {0};
	uint32_t size = sizeof(info), mine[64] = {0};
	struct bpf_prog_info program = {.nr_map_ids = 64, .map_ids = (uintptr_t)mine};
	uint32_t program_size = sizeof(program);
	int fd = bpf_obj_get(at("bpffs/edge/dev0/%s/%s/table", el_hook_name(hook), table_of));
	int program_fd = bpf_obj_get(at("bpffs/edge/dev0/%s/prog", el_hook_name(hook)));
	bool bound = false;

	assert_true(fd >= 0 && program_fd >= 0);
	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &size), 0);
	assert_int_equal(bpf_obj_get_info_by_fd(program_fd, &program, &program_size), 0);
	assert_int_equal(info.max_entries, entries);
	for (uint32_t i = 0; i < program.nr_map_ids && i < 64; i++)
		bound |= mine[i] == info.id;
	assert_true(bound);
	close(fd);
	close(program_fd);
}

static void assert_clean_after(int call)
{
	if (do_swap())
		fail_msg("killed before call %d: then %s", call, last_error()->what);
	assert_null(strstr(pins("dev0"), ":new"));
	assert_null(strstr(pins("dev0"), "gone"));
	assert_map_is_of("t", 2);
	assert_marked(1, 3);
	detach("dev0", hook);
	assert_string_equal(pins("dev0"), "");
	assert_marked(0, 0);
}

/* ---------------------------------------------------------------- the tests */

static void attach_killed(void)
{
	for (int call = 0; killed_at(call, do_attach, false); call += stride) {
		look(call, true);
		assert_clean_after(call);
	}
	detach("dev0", hook);
}

static void swap_killed(void)
{
	size_t olds = 0, news = 0;
	bool killed;

	for (int call = 0;; call += stride) {
		assert_int_equal(do_attach(), 0);
		killed = killed_at(call, do_swap, false);
		if (!killed)
			break;
		assert_int_equal(look(call, false), 3);
		if (runs_new())
			news++;
		else
			olds++;
		assert_clean_after(call);
	}
	assert_true(olds > 0 && news > 0);
	detach("dev0", hook);
	assert_marked(0, 0);
}

static void detach_killed(void)
{
	bool killed = true;

	for (int call = 0; killed; call += stride) {
		assert_int_equal(do_attach(), 0);
		killed = killed_at(call, do_detach, true);
		if (!killed)
			break;
		look(call, true);
		if (call % 2) {
			assert_clean_after(call);
			continue;
		}
		if (el_chain_detach(context, "dev0", hook))
			assert_int_equal(last_error()->kind, EL_NOT_FOUND);
		assert_string_equal(pins("dev0"), "");
		assert_marked(0, 0);
	}
	assert_string_equal(pins("dev0"), "");
}

/* Return: the device of an XDP link, or 0 if the link is detached. */
static uint32_t device_of(int link)
{
	struct bpf_link_info info = {0};
	uint32_t size = sizeof(info);

	assert_int_equal(bpf_obj_get_info_by_fd(link, &info, &size), 0);
	return info.xdp.ifindex;
}

/*
 * The command was killed between two links of a new chain. The link that was pinned is detached,
 * since the kernel would free it only some time after the removal of its pin. In this test, a link
 * of another chain takes its place, and is held open. A link that the running chain also has stays.
 */
static void test_new_links_are_detached(void **state)
{
	static const char *const words[] = {"a=@mark", NULL};
	int kept, other;

	(void)state;
	hook = EDGE_HOOK_XDP;
	device("dev1");
	assert_int_equal(attach_words(NULL, "dev0", hook, EL_MODE_NATIVE, words), 0);
	assert_int_equal(attach_words(NULL, "dev1", hook, EL_MODE_NATIVE, words), 0);
	kept = bpf_obj_get(at("bpffs/edge/dev0/xdp/link"));
	other = bpf_obj_get(at("bpffs/edge/dev1/xdp/link"));
	assert_true(kept >= 0 && other >= 0);
	assert_int_equal(mkdir(at("bpffs/edge/dev0/xdp:new"), 0700), 0);
	assert_int_equal(bpf_obj_pin(kept, at("bpffs/edge/dev0/xdp:new/link")), 0);
	assert_int_equal(bpf_obj_pin(other, at("bpffs/edge/dev0/xdp:new/link1")), 0);
	/* The next command first undoes the interrupted change. */
	assert_int_equal(attach_words(NULL, "dev0", hook, EL_MODE_NATIVE, words), 0);
	assert_int_not_equal(device_of(kept), 0);
	assert_int_equal(device_of(other), 0);
	assert_null(strstr(pins("dev0"), ":new"));
	close(kept);
	close(other);
	detach("dev0", hook);
	el_chain_detach(context, "dev1", hook);
	device_remove("dev1");
	assert_marked(0, 0);
}

static int end_chain(void **state)
{
	(void)state;
	if (el_chain_detach(context, "dev0", hook) && last_error()->kind != EL_NOT_FOUND)
		print_message("%s\n", last_error()->what);
	return 0;
}

#define KILLED(what, hook_, mode_, stride_)                      \
	static void test_##what##_##mode_##_killed(void **state) \
	{                                                        \
		(void)state;                                     \
		hook = hook_;                                    \
		mode = mode_;                                    \
		stride = stride_;                                \
		what##_killed();                                 \
	}

KILLED(attach, EDGE_HOOK_XDP, EL_MODE_NATIVE, 5)
KILLED(swap, EDGE_HOOK_XDP, EL_MODE_NATIVE, 2)
KILLED(detach, EDGE_HOOK_XDP, EL_MODE_NATIVE, 5)
KILLED(attach, EDGE_HOOK_TC_INGRESS, EL_MODE_CLSACT, 7)
KILLED(swap, EDGE_HOOK_TC_INGRESS, EL_MODE_CLSACT, 7)
KILLED(detach, EDGE_HOOK_TC_INGRESS, EL_MODE_CLSACT, 7)

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(test_new_links_are_detached, end_chain),
		cmocka_unit_test_teardown(test_attach_EL_MODE_NATIVE_killed, end_chain),
		cmocka_unit_test_teardown(test_swap_EL_MODE_NATIVE_killed, end_chain),
		cmocka_unit_test_teardown(test_detach_EL_MODE_NATIVE_killed, end_chain),
		cmocka_unit_test_teardown(test_attach_EL_MODE_CLSACT_killed, end_chain),
		cmocka_unit_test_teardown(test_swap_EL_MODE_CLSACT_killed, end_chain),
		cmocka_unit_test_teardown(test_detach_EL_MODE_CLSACT_killed, end_chain),
	};

	world_need();
	cmocka_set_message_output(CM_OUTPUT_TAP);
	return cmocka_run_group_tests(tests, setup, world_teardown);
}

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The verifier's opinion of a function after an SDK call that moved or rewrote the packet. Each
 * call stands before each installed function, at every hook, on devices with and without partial
 * checksums, for frames in fragments and for whole frames. `make test` tries each pair at one
 * place, in turn; EDGE_VERIFIER=all tries each pair at all places, which takes some minutes (`make
 * test-verifier`).
 *
 * It also tries functions as authors write them at first, each alone and at every place
 * (written*.bpf.c).
 *
 * Two processes share the work. No program is attached.
 */
#include <sys/wait.h>

#include "behind.h"
#include "lib/program.h"
#include "lib/chains.h"
#include "chain/change.h"

/* The places that a chain can be loaded for. */
static const struct place {
	enum edge_hook hook;
	bool partial, frags;
} places[] = {
	{EDGE_HOOK_XDP, false, false}, {EDGE_HOOK_XDP, false, true}, {EDGE_HOOK_XDP, true, false},
	{EDGE_HOOK_XDP, true, true},   {EDGE_HOOK_TC_INGRESS, 0, 0}, {EDGE_HOOK_TC_EGRESS, 0, 0},
};

static const struct calls {
	const char *object;
	int count;
} calls[] = {
	{"behind_move", BEHIND_MOVES},
	{"behind_tunnel", BEHIND_TUNNELS},
	{"behind_rewrite", BEHIND_REWRITES},
};

static const char *const shipped[] = {
	"count",
	"dnat:address=192.0.2.80,port=80,to=203.0.113.2,to_port=8080",
	"blocklist",
	"echo",
	"dscp:dscp=46,port=9000",
	"route",
	"ratelimit",
};

enum { PLACES = 6, SHIPPED = 7, WORKERS = 2 };

/* Egress refuses edge_tx() and edge_route(), since the packet already leaves there. */
static bool stands_at(const char *function, enum edge_hook hook)
{
	return hook != EDGE_HOOK_TC_EGRESS ||
	       (strcmp(function, "echo") && strcmp(function, "route"));
}

static void call_word(char *word, size_t size, const struct calls *of, int call)
{
	snprintf(word, size, "%s/tests/packet/%s.bpf.o:call=%d", test_home(), of->object, call);
}

/* Load the chain as the loader would for this place, without a device of that kind. */
static int load_at(const struct place *place, const struct el_chain_spec *spec)
{
	_cleanup_change_ struct el_change change = EL_CHANGE_OF(context);
	int error = el_change_make(&change, spec);

	if (error)
		return error;
	if (place->partial)
		change.next->at.site.flags |= EDGE_CHAIN_PARTIAL_CSUM;
	change.next->instances[0].object->info.frags = place->frags;
	change.dry = true;
	return el_change_load(&change);
}

/* Try one call with one function after it, or with none. Return: whether the verifier accepts
 * them. */
static bool accepted(const struct place *place, const struct calls *of, int call,
		     const char *function)
{
	static struct words words;
	char word[2 * PATH_MAX];

	if (function && !stands_at(function, place->hook))
		return true;
	memset(&words, 0, sizeof(words));
	words.spec = (struct el_chain_spec){.hook = place->hook, .instances = words.specs};
	call_word(word, sizeof(word), of, call);
	words_add(&words, word);
	if (function)
		words_add(&words, function);
	if (!load_at(place, &words.spec))
		return true;
	fprintf(stderr, "%s, call %d, then %s at %s%s%s: %s\n%s\n", of->object, call,
		function ?: "nothing", el_hook_name(place->hook),
		place->partial ? ", partial checksums" : "", place->frags ? ", fragments" : "",
		last_error()->what, last_error()->detail ?: "");
	return false;
}

/* Return: whether this call and function are tried at this place. The next call, and the next
 * function, are tried at the next place. */
static bool is_tried(int call, int function, int place)
{
	const char *wanted = getenv("EDGE_VERIFIER");

	return (wanted && !strcmp(wanted, "all")) || (call + function) % PLACES == place;
}

/* Try every second case, from @number on. Return: the number of refused cases. */
static int work(const struct calls *of, int number)
{
	int refused = 0, tried = 0;

	for (int i = 0; i < of->count * SHIPPED * PLACES; i++) {
		int call = i / PLACES / SHIPPED, function = i / PLACES % SHIPPED;
		int place = i % PLACES;

		if (is_tried(call, function, place) && tried++ % WORKERS == number)
			refused += !accepted(&places[place], of, call, shipped[function]);
	}
	return refused;
}

static void sweep(const struct calls *of)
{
	pid_t workers[WORKERS];

	for (int i = 0; i < WORKERS; i++) {
		workers[i] = fork();
		assert_true(workers[i] >= 0);
		if (!workers[i])
			_exit(work(of, i) > 0);
	}
	for (int i = 0; i < WORKERS; i++) {
		int status;

		assert_int_equal(waitpid(workers[i], &status, 0), workers[i]);
		assert_int_equal(status, 0);
	}
}

static void test_behind_moves(void **state)
{
	(void)state;
	sweep(&calls[0]);
}

static void test_behind_tunnels(void **state)
{
	(void)state;
	sweep(&calls[1]);
}

static void test_behind_rewrites(void **state)
{
	(void)state;
	sweep(&calls[2]);
}

/* Try each call alone, at every place. */
static void alone(const struct calls *of)
{
	int refused = 0;

	for (int i = 0; i < of->count * PLACES; i++)
		refused += !accepted(&places[i % PLACES], of, i / PLACES, NULL);
	assert_int_equal(refused, 0);
}

static void test_written(void **state)
{
	(void)state;
	alone(&(const struct calls){"written", 1});
	alone(&(const struct calls){"written_tunnel", 2});
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_behind_moves),
		cmocka_unit_test(test_behind_tunnels),
		cmocka_unit_test(test_behind_rewrites),
		cmocka_unit_test(test_written),
	};

	cmocka_set_message_output(CM_OUTPUT_TAP);
	world_need();
	return cmocka_run_group_tests(tests, world_setup, world_teardown);
}

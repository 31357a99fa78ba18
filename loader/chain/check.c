// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Fuse and verify a chain without attaching it. The fused program depends on the device, whose
 * properties the loader passes to the chain (EDGE_CHAIN_*). Without a device, the program for each
 * kind of device is verified: this process verifies the first program, and forked processes verify
 * the other programs at the same time.
 */
#include <sys/mman.h>
#include <sys/wait.h>

#include "chain/change.h"
#include "base/run.h"
#include "base/reason.h"

/* One program of a chain at XDP for each kind of device. */
struct variant {
	const char *device; /* for messages: "on ..." */
	uint32_t flags;
	bool unfragmented;
};

static const struct variant variants[] = {
	{"a NIC other than a veth", 0, false},
	{"a veth", EDGE_CHAIN_PARTIAL_CSUM, false},
	{"a veth, without frames in fragments", EDGE_CHAIN_PARTIAL_CSUM, true},
};

enum { VARIANTS = sizeof(variants) / sizeof(*variants) };

/* A program that another process verifies. */
struct verifying {
	pid_t pid;
	int answer_fd;
	struct el_error error; /* its detail is malloc'ed */
	bool refused;
};

/* For all variants. */
struct verifying_all {
	struct verifying each[VARIANTS];
};

static void verifying_free(struct verifying_all *all)
{
	for (size_t i = 0; i < VARIANTS; i++) {
		if (all->each[i].pid > 0)
			waitpid(all->each[i].pid, NULL, 0);
		if (all->each[i].answer_fd >= 0)
			close(all->each[i].answer_fd);
		free(all->each[i].error.detail);
	}
}

static int load_variant(struct el_change *change, const struct variant *variant)
{
	change->next->at.site.flags |= variant->flags;
	change->asked.unfragmented = variant->unfragmented;
	return el_change_load(change);
}

static void no_warning(void *data, const char *message)
{
	(void)data;
	(void)message;
}

/* The answer of the other process, as raw bytes, since a verifier log need not be UTF-8. The bytes
 * of the detail follow. */
struct answer {
	enum el_kind kind;
	char what[sizeof(((struct el_error *)NULL)->what)];
	char hint[sizeof(((struct el_error *)NULL)->hint)];
	size_t detail_length;
};

/* Return: whether all bytes were written. */
static bool write_all(int fd, const void *bytes, size_t size)
{
	const char *at = bytes;
	ssize_t wrote;

	for (; size; at += wrote, size -= (size_t)wrote) {
		wrote = write(fd, at, size);
		if (wrote <= 0)
			return false;
	}
	return true;
}

/* Runs in a forked process, and ends it. */
static void __attribute__((noreturn))
verify_and_exit(struct el_change *change, const struct variant *variant, int answer_fd)
{
	const struct el_error *error = &change->context->error;
	const char *detail;
	struct answer answer;

	change->context->warn = no_warning;
	if (!load_variant(change, variant))
		_exit(EXIT_SUCCESS);
	detail = error->detail ? error->detail : "";
	answer = (struct answer){.kind = error->kind, .detail_length = strlen(detail)};
	memcpy(answer.what, error->what, sizeof(answer.what));
	memcpy(answer.hint, error->hint, sizeof(answer.hint));
	if (write_all(answer_fd, &answer, sizeof(answer)))
		write_all(answer_fd, detail, answer.detail_length);
	_exit(EXIT_FAILURE);
}

static int start(struct el_change *change, const struct variant *variant,
		 struct verifying *verifying)
{
	verifying->answer_fd = memfd_create("answer", MFD_CLOEXEC);
	if (verifying->answer_fd >= 0)
		verifying->pid = fork();
	if (verifying->answer_fd < 0 || verifying->pid < 0)
		return el_fail(change->context, EL_FAILED, errno, NULL,
			       "can't start another process: %s", el_reason(EL_OP_SYSTEM, errno));
	if (!verifying->pid)
		verify_and_exit(change, variant, verifying->answer_fd);
	return 0;
}

/* Return: 0; -ENODATA the answer is incomplete; -ENOMEM. */
static int read_answer(int fd, struct el_error *out)
{
	_cleanup_free_ char *bytes = NULL;
	struct answer answer;
	size_t size;
	int error = el_run_output(fd, &bytes, &size);

	if (error)
		return error;
	if (size < sizeof(answer))
		return -ENODATA;
	memcpy(&answer, bytes, sizeof(answer));
	if (size - sizeof(answer) != answer.detail_length)
		return -ENODATA;
	out->detail = strndup(bytes + sizeof(answer), answer.detail_length);
	if (!out->detail)
		return -ENOMEM;
	out->kind = answer.kind;
	memcpy(out->what, answer.what, sizeof(out->what));
	memcpy(out->hint, answer.hint, sizeof(out->hint));
	return 0;
}

static int ended_without_answer(struct el_context *context, int status)
{
	if (WIFSIGNALED(status))
		return el_fail(context, EL_FAILED, ECHILD, NULL,
			       "the process that verifies the chain was killed by signal %d",
			       WTERMSIG(status));
	return el_fail(context, EL_FAILED, ECHILD, NULL,
		       "the process that verifies the chain exited with status %d and gave no "
		       "reason",
		       WEXITSTATUS(status));
}

static int end(struct el_context *context, struct verifying *verifying)
{
	int status, error;

	while (waitpid(verifying->pid, &status, 0) < 0)
		if (errno != EINTR)
			return el_fail(context, EL_FAILED, errno, NULL,
				       "can't wait for a process: %s",
				       el_reason(EL_OP_SYSTEM, errno));
	verifying->pid = 0;
	if (WIFEXITED(status) && WEXITSTATUS(status) == EXIT_SUCCESS)
		return 0;
	error = WIFEXITED(status) ? read_answer(verifying->answer_fd, &verifying->error) : -ENODATA;
	if (error == -ENOMEM)
		return el_fail_memory(context);
	if (error)
		return ended_without_answer(context, status);
	verifying->refused = true;
	return 0;
}

/* The refused kinds of device, as "a veth; a veth, without frames in fragments"; malloc'ed. */
static char *refused_devices(const struct verifying *all, size_t count)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	for (size_t i = 0; out && i < count; i++)
		if (all[i].refused)
			fprintf(out, "%s%s", ftell(out) ? "; " : "", variants[i].device);
	if (out)
		el_stream_end(out, &text);
	return text;
}

/* Note the first refusal, and the refused kinds of device unless all are refused. */
static int judge(struct el_context *context, struct verifying *all, size_t count)
{
	_cleanup_free_ char *devices = refused_devices(all, count);
	struct verifying *first = NULL;
	size_t refused = 0;

	for (size_t i = count; i-- > 0;) {
		if (!all[i].refused)
			continue;
		first = &all[i];
		refused++;
	}
	if (!first)
		return 0;
	if (refused == count)
		el_fail(context, first->error.kind, EACCES, first->error.hint, "%s",
			first->error.what);
	else
		el_fail(context, first->error.kind, EACCES, first->error.hint, "on %s: %s",
			devices ? devices : "", first->error.what);
	el_error_detail(context, first->error.detail);
	first->error.detail = NULL;
	return -EACCES;
}

static bool takes_fragments(const struct el_generation *chain)
{
	for (size_t i = 0; i < chain->instances_count; i++)
		if (!chain->instances[i].object->info.frags)
			return false;
	return true;
}

static int load_all_variants(struct el_change *change)
{
	struct el_context *context = change->context;
	__attribute__((cleanup(verifying_free))) struct verifying_all all;
	size_t count = takes_fragments(change->next) ? VARIANTS : VARIANTS - 1;
	int error = 0;

	for (size_t i = 0; i < VARIANTS; i++)
		all.each[i] = (struct verifying){.answer_fd = -1};
	for (size_t i = 1; !error && i < count; i++)
		error = start(change, &variants[i], &all.each[i]);
	if (error)
		return error;
	if (load_variant(change, &variants[0])) {
		all.each[0].refused = true;
		all.each[0].error = context->error;
		context->error.detail = NULL;
	}
	for (size_t i = 1; !error && i < count; i++)
		error = end(context, &all.each[i]);
	return error ? error : judge(context, all.each, count);
}

/* Read the running chain, which a swap would replace, if there is a chain. */
static int look_if_any(struct el_context *context, const struct el_chain_spec *spec,
		       struct el_generation **previous)
{
	const struct el_site site = EL_SITE(spec->device, spec->hook);
	int error = el_pin_exists(context, &site);

	if (!error)
		error = el_chain_look(context, &site, previous);
	return error == -ENOENT ? 0 : error;
}

int el_chain_check(struct el_context *context, const struct el_chain_spec *spec,
		   struct el_chain **out)
{
	_cleanup_change_ struct el_change change = EL_CHANGE_OF(context);
	int error = 0;

	change.dry = true;
	if (spec->device)
		error = look_if_any(context, spec, &change.previous);
	if (!error)
		error = el_change_make(&change, spec);
	if (error)
		return error;
	error = spec->device || spec->hook != EDGE_HOOK_XDP ? el_change_load(&change)
							    : load_all_variants(&change);
	return error ? error : el_change_tell(&change, out);
}

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * XDP, shared: the chain runs beside other programs, in libxdp's dispatcher. The dispatcher's entry
 * is a small program (bpf/chain/shared.bpf.c), which calls the first program of the running
 * generation by a tail call, through a program array of edge-load. So a swap is one map update,
 * atomic for packets, and changes neither the dispatcher nor its other entries.
 *
 * Only this file calls libxdp; dispatcher.c reads libxdp's pins. libxdp loads an entry without an
 * expected attach type and without BPF_F_XDP_HAS_FRAGS. The kernel requires both to match among all
 * programs that share a program array, so load/program.c loads the programs of a shared chain in
 * the same way.
 */
#include <net/if.h>

#include <bpf/bpf.h>
#include <xdp/libxdp.h>

#include "pin/pin.h"
#include "kernel/bpffs.h"
#include "base/capture.h"
#include "kernel/descriptor.h"
#include "hook/dispatcher.h"
#include "hook/xdp_shared.h"
#include "base/reason.h"
#include "base/rights.h"

static const uint32_t the_one = 0; /* the key of the array's only element */

/* ---------------------------------------------------------------- the array */

static char *array_path(const struct el_context *context, const struct el_attachment *chain)
{
	return el_pin_path(context, &chain->site, EL_WHICH(SHARED), NULL);
}

static int array_open(const struct el_context *context, const struct el_attachment *chain)
{
	_cleanup_free_ char *path = array_path(context, chain);
	_cleanup_fd_ int fd = path ? el_bpffs_get(context->bpffs, path) : -1;
	int error =
		fd < 0 ? -errno
		       : el_descriptor_check_map(fd, BPF_MAP_TYPE_PROG_ARRAY, sizeof(uint32_t), 1);

	errno = -error;
	return error ? -1 : TAKE_FD(fd);
}

static void array_remove(const struct el_context *context, const struct el_attachment *chain)
{
	_cleanup_free_ char *path = array_path(context, chain);

	if (path)
		el_bpffs_unlink(context->bpffs, path);
}

static int array_make(struct el_context *context, const struct el_attachment *chain, int *out)
{
	_cleanup_free_ char *path = array_path(context, chain);
	_cleanup_fd_ int fd = bpf_map_create(BPF_MAP_TYPE_PROG_ARRAY, "edge_shared", 4, 4, 1, NULL);

	if (!path)
		return el_fail_memory(context);
	el_bpffs_unlink(
		context->bpffs,
		path); /* a killed attach, or a removal from the dispatcher, leaves its array */
	if (fd < 0 || bpf_map_update_elem(fd, &the_one, &chain->programs[0].fd, BPF_ANY) ||
	    el_bpffs_pin(context->bpffs, fd, path))
		return el_fail(context, errno == EPERM ? EL_PRIVILEGE : EL_FAILED, errno, NULL,
			       "can't make the program array %s: %s", path,
			       el_reason(EL_OP_MAP_CREATE, errno));
	*out = TAKE_FD(fd);
	return 0;
}

/* ---------------------------------------------------------------- libxdp */

static char last_words[256]; /* of libxdp, which has one print function per process */

static int keep_words(enum libxdp_print_level level, const char *format, va_list args)
{
	if (level == LIBXDP_WARN) {
		vsnprintf(last_words, sizeof(last_words), format, args);
		last_words[strcspn(last_words, "\n")] = '\0';
	}
	return 0;
}

/* One call of libxdp: keeps the messages of libxdp and libbpf, and selects
 * libxdp's or our dispatcher. */
struct session {
	struct el_context *context;
	bool ours; /* use our dispatcher */
	struct el_capture capture;
	bool raised, chosen;
	char *words; /* of libbpf, malloc'ed, after session_end(); or NULL */
};

static void session_begin(struct session *session)
{
	_cleanup_free_ char *folder = el_format("%s/libxdp", session->context->libdir);

	*last_words = '\0';
	libxdp_set_print(keep_words);
	session->chosen = session->ours && folder && !setenv("LIBXDP_OBJECT_PATH", folder, 1);
	session->raised = el_rights_raise();
	el_capture_begin(&session->capture);
}

static void session_end(struct session *session)
{
	el_rights_lower(session->raised);
	if (session->chosen)
		unsetenv("LIBXDP_OBJECT_PATH");
	free(session->words);
	session->words = el_capture_end(&session->capture);
}

static void session_free(struct session *session)
{
	free(session->words);
}

/* The mode of the existing program applies to the chain as well. */
static enum xdp_attach_mode mode_on(int ifindex)
{
	bool generic;

	el_dispatcher_on(ifindex, &generic);
	return generic ? XDP_MODE_SKB : XDP_MODE_NATIVE;
}

/* Whether to retry with our dispatcher: see bpf/chain/dispatcher.bpf.c. */
static bool is_worth_ours(int error)
{
	return error == -EINVAL && !secure_getenv("LIBXDP_OBJECT_PATH");
}

static int entry_load(struct el_context *context, int array, struct bpf_object **object,
		      struct xdp_program **out)
{
	_cleanup_free_ char *path = el_format("%s/shared.bpf.o", context->libdir);
	DECLARE_LIBXDP_OPTS(xdp_program_opts, options, .prog_name = "edge_chain");
	struct bpf_map *map;

	*object = path ? bpf_object__open_file(path, NULL) : NULL;
	if (!*object)
		return -errno;
	map = bpf_object__find_map_by_name(*object, "edge_shared");
	if (!map || bpf_map__reuse_fd(map, array))
		return -EINVAL;
	options.obj = *object;
	*out = xdp_program__create(&options);
	return (int)libxdp_get_error(*out);
}

/* Add the entry to the dispatcher on the device, or create a dispatcher. If libxdp cannot use a
 * dispatcher, it attaches the program directly; that is not shared, so the program is detached
 * again. */
static int enter(struct session *session, const struct el_attachment *chain, int array)
{
	struct xdp_program *program = NULL;
	struct bpf_object *object = NULL;
	enum xdp_attach_mode mode;
	int error, entry;

	session_begin(session);
	mode = mode_on(chain->site.ifindex);
	error = entry_load(session->context, array, &object, &program);
	if (!error)
		error = xdp_program__attach(program, chain->site.ifindex, mode, 0);
	entry = error ? -1 : el_dispatcher_entry(chain->site.ifindex, array);
	if (!error && entry < 0) {
		xdp_program__detach(program, chain->site.ifindex, mode, 0);
		error = -EOPNOTSUPP;
	}
	if (entry >= 0)
		close(entry);
	if (program && !libxdp_get_error(program))
		xdp_program__close(program);
	bpf_object__close(object);
	session_end(session);
	return error;
}

static int leave(struct session *session, const struct el_attachment *chain, int entry)
{
	struct xdp_program *program;
	enum xdp_attach_mode mode;
	int error;

	session_begin(session);
	mode = mode_on(chain->site.ifindex);
	program = xdp_program__from_fd(dup(entry));
	error = (int)libxdp_get_error(program);
	if (!error) {
		error = xdp_program__detach(program, chain->site.ifindex, mode, 0);
		xdp_program__close(program);
	}
	session_end(session);
	return error;
}

/* ---------------------------------------------------------------- refusals */

/* Probe with libbpf, silently, because libxdp would continue without a dispatcher. */
static int check_freplace(struct el_context *context, const struct el_attachment *chain)
{
	struct el_capture capture;
	bool raised = el_rights_raise();
	int can;

	el_capture_begin(&capture);
	can = libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_EXT, NULL);
	free(el_capture_end(&capture));
	el_rights_lower(raised);
	if (can == 1)
		return 0;
	return el_fail(context, EL_UNSUPPORTED, EOPNOTSUPP,
		       "use --mode native, if no other program needs the device",
		       "the chain on %s can't be shared: this kernel refuses programs that replace "
		       "functions (freplace), which libxdp's dispatcher needs",
		       chain->site.device);
}

static int refused(struct el_context *context, const struct el_attachment *chain, int error,
		   char *words)
{
	if (error == -EBUSY || error == -EEXIST)
		error = el_fail(context, EL_CONFLICT, EBUSY,
				"its owner must attach it with libxdp ('xdp-loader load')",
				"%s has an XDP program that is not in libxdp's dispatcher",
				chain->site.device);
	else if (error == -EOPNOTSUPP)
		error = el_fail(context, EL_UNSUPPORTED, EOPNOTSUPP,
				"'xdp-loader status' and 'xdp-loader load -v' may say more",
				"libxdp can't make a dispatcher on %s: %s", chain->site.device,
				*last_words ? last_words : "libxdp gives no reason");
	else
		error = el_fail(context, error == -EPERM ? EL_PRIVILEGE : EL_FAILED, -error,
				"'xdp-loader status' shows the attached programs",
				"libxdp can't add the chain to its dispatcher on %s: %s",
				chain->site.device,
				*last_words ? last_words : el_reason(EL_OP_ATTACH, -error));
	el_error_detail(context, words);
	return error;
}

/* ---------------------------------------------------------------- the contract */

int el_shared_attach(struct el_context *context, struct el_attachment *chain)
{
	_cleanup_(session_free) struct session session = {.context = context};
	_cleanup_fd_ int array = -1;
	int error = el_dispatcher_check(context);

	if (!error)
		error = el_dispatcher_check_object(context);
	if (!error)
		error = check_freplace(context, chain);
	if (!error)
		error = array_make(context, chain, &array);
	if (error)
		return error;
	error = enter(&session, chain, array);
	session.ours = is_worth_ours(error);
	if (session.ours)
		error = enter(&session, chain, array);
	if (!error)
		return 0;
	array_remove(context, chain);
	return refused(context, chain, error, TAKE_PTR(session.words));
}

int el_shared_swap(struct el_context *context, struct el_attachment *chain,
		   struct el_attachment *previous)
{
	_cleanup_fd_ int array = array_open(context, chain);
	uint32_t running = 0;

	/* A map has no compare and swap. The lock excludes other edge-load processes; this
	 * query detects other changes. */
	el_shared_query(context, chain, &running);
	if (array < 0 || !running || running != previous->programs[0].id)
		return el_fail(
			context, EL_CONFLICT, EBUSY, "check 'edge-load status', then try again",
			"the chain on %s xdp was changed by another process at the same time",
			chain->site.device);
	if (!bpf_map_update_elem(array, &the_one, &chain->programs[0].fd, BPF_ANY))
		return 0;
	return el_fail(context, EL_FAILED, errno, NULL, "can't swap the chain on %s xdp: %s",
		       chain->site.device, el_reason(EL_OP_MAP_UPDATE, errno));
}

int el_shared_detach(struct el_context *context, const struct el_attachment *chain)
{
	_cleanup_fd_ int array = array_open(context, chain);
	_cleanup_fd_ int entry = array < 0 ? -1 : el_dispatcher_entry(chain->site.ifindex, array);
	_cleanup_(session_free) struct session session = {.context = context};
	int error = entry < 0 ? 0 : el_dispatcher_check_object(context);

	if (error)
		return error;
	if (entry >= 0)
		error = leave(&session, chain, entry);
	session.ours = is_worth_ours(error);
	if (session.ours)
		error = leave(&session, chain, entry);
	if (error)
		return el_fail(context, EL_FAILED, -error, "check 'xdp-loader status'",
			       "libxdp can't detach the chain on %s: %s", chain->site.device,
			       *last_words ? last_words : el_reason(EL_OP_DETACH, -error));
	if (array < 0)
		return 0;
	/* The array is emptied when its last pin goes, but packets may still use it. */
	el_hook_settle();
	array_remove(context, chain);
	return 0;
}

int el_shared_query(struct el_context *context, const struct el_attachment *chain, uint32_t *id)
{
	_cleanup_fd_ int array = array_open(context, chain);
	int error = array < 0 ? errno : 0, ifindex = (int)if_nametoindex(chain->site.device);
	_cleanup_fd_ int entry = array < 0 ? -1 : el_dispatcher_entry(ifindex, array);

	*id = 0;
	if (error && error != ENOENT)
		return el_hook_unknown(context, chain, error);
	if (entry >= 0 && bpf_map_lookup_elem(array, &the_one, id))
		*id = 0;
	return 0;
}

uint32_t el_shared_entry(const struct el_context *context, const struct el_attachment *chain)
{
	_cleanup_fd_ int array = array_open(context, chain);
	_cleanup_fd_ int entry = array < 0 ? -1 : el_dispatcher_entry(chain->site.ifindex, array);

	return el_descriptor_id(entry);
}

void el_shared_tidy(struct el_context *context, const struct el_site *site, int ifindex)
{
	struct el_attachment probe = {.site = *site};
	_cleanup_fd_ int array = site->hook == EDGE_HOOK_XDP ? array_open(context, &probe) : -1;

	if (array >= 0)
		el_dispatcher_sweep(ifindex, array);
}

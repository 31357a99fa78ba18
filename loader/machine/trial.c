// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Try what this kernel can do, instead of deriving it from the kernel version: programs are loaded,
 * and links are made on the loopback of a network namespace that exists only during the trial. No
 * running chain changes.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <sched.h>
#include <sys/wait.h>

#include "base/reason.h"
#include "base/rights.h"
#include "machine/features.h"

/* Debian 12's headers are of kernel 6.1. */
#define PROBE_TCX_INGRESS 46	    /* BPF_TCX_INGRESS, kernel 6.6 */
#define PROBE_XDP_FRAGS	  (1u << 5) /* BPF_F_XDP_HAS_FRAGS, kernel 5.18 */

static int load(enum bpf_prog_type type, __u32 flags)
{
	/* r0 = 0; exit */
	static const struct bpf_insn instructions[] = {{.code = BPF_ALU64 | BPF_MOV | BPF_K},
						       {.code = BPF_JMP | BPF_EXIT}};
	LIBBPF_OPTS(bpf_prog_load_opts, options, .prog_flags = flags);

	return bpf_prog_load(type, "edge_probe", "GPL", instructions, 2, &options);
}

/* In a child: link a program to the loopback of a new network namespace. Return: 0, or an errno. */
static int link_in_namespace(int program, enum bpf_attach_type type, __u32 flags)
{
	LIBBPF_OPTS(bpf_link_create_opts, options, .flags = flags);
	const int loopback = 1;
	int link;

	el_rights_raise();
	if (unshare(CLONE_NEWNET))
		return errno;
	link = bpf_link_create(program, loopback, type, &options);
	return link < 0 ? -link : 0;
}

/* Return: 0, or the errno of the refusal. */
static int try_link(int program, enum bpf_attach_type type, __u32 flags)
{
	int status;
	pid_t pid;

	if (program < 0)
		return -program;
	pid = fork();
	if (pid < 0)
		return errno;
	if (!pid)
		_exit(link_in_namespace(program, type, flags));
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return errno;
	return WIFEXITED(status) ? WEXITSTATUS(status) : EIO;
}

/* The trial of a feature. */
struct trial {
	const char *name;
	int error; /* 0: it works; EPERM: unknown, since a missing privilege tells nothing */
	bool needed;
	const char *without; /* the consequence if the kernel lacks it */
};

static void add_tried(struct features *features, const struct trial *trial)
{
	bool unknown = trial->error == EPERM;
	struct el_feature *feature =
		el_feature_add(features, trial->name, !trial->error || unknown, "%s",
			       unknown			? "not tried: not permitted"
			       : trial->error == EINVAL ? "this kernel does not have it"
			       : trial->error		? el_reason(EL_OP_SYSTEM, trial->error)
							: "yes");

	feature->needed = trial->needed && !unknown;
	if (!feature->good)
		el_feature_note(feature, "%s", trial->without);
}

static int errno_of(int descriptor)
{
	return descriptor < 0 ? -descriptor : 0;
}

static void try_links(struct features *features)
{
	_cleanup_fd_ int xdp = load(BPF_PROG_TYPE_XDP, 0);
	_cleanup_fd_ int tc = load(BPF_PROG_TYPE_SCHED_CLS, 0);
	_cleanup_fd_ int frags = load(BPF_PROG_TYPE_XDP, PROBE_XDP_FRAGS);

	const struct trial trials[] = {
		{"XDP programs", errno_of(xdp), true,
		 "the kernel refuses even the smallest program"},
		{"TC programs", errno_of(tc), true, "the kernel refuses even the smallest program"},
		{"XDP link", try_link(xdp, BPF_XDP, XDP_FLAGS_SKB_MODE), true,
		 "attaching at xdp needs links (kernel 5.9)"},
		{"TCX", try_link(tc, (enum bpf_attach_type)PROBE_TCX_INGRESS, 0), false,
		 "chains at tc are attached with clsact (TCX: kernel 6.6)"},
		{"XDP frags", errno_of(frags), false,
		 "no XDP on devices whose MTU needs frames in fragments (kernel 5.18)"},
	};

	for (size_t i = 0; i < sizeof(trials) / sizeof(*trials); i++)
		add_tried(features, &trials[i]);
}

/* A kernel that supports the command checks the descriptors first: EBADF. */
static void try_bind_map(struct features *features)
{
	int error = -bpf_prog_bind_map(-1, -1, NULL);

	add_tried(features,
		  &(const struct trial){"BPF_PROG_BIND_MAP", error == EBADF ? 0 : error, false,
					"bpftool shows no metadata of chains (kernel 5.10)"});
}

/* libbpf's own probe reports a missing privilege as a missing feature, so it is called only if
 * programs can be loaded. */
static void try_freplace(struct features *features)
{
	_cleanup_fd_ int xdp = load(BPF_PROG_TYPE_XDP, 0);
	int error = xdp == -EPERM ? EPERM : 0;

	if (!error && libbpf_probe_bpf_prog_type(BPF_PROG_TYPE_EXT, NULL) != 1)
		error = EOPNOTSUPP;
	add_tried(features, &(const struct trial){"freplace", error, false,
						  "libxdp's dispatcher does not work: a device has "
						  "one XDP program, and --mode "
						  "shared is not available"});
}

void el_trials(struct features *features)
{
	try_links(features);
	try_bind_map(features);
	try_freplace(features);
}

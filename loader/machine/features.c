// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Probe the features of this kernel and machine. Features are tried where possible, not derived
 * from the kernel version: programs are loaded, and links are made on the loopback of a network
 * namespace that exists only during the probe. The probe changes no running chain.
 */
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/bpf.h>
#include <linux/if_link.h>
#include <linux/magic.h>
#include <sched.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/vfs.h>
#include <sys/wait.h>

#include "base/capture.h"
#include "chain/chain.h"
#include "kernel/device.h"
#include "kernel/netns.h"
#include "base/rights.h"
#include "base/run.h"
#include "base/reason.h"

/* Debian 12's headers are of kernel 6.1. */
#define PROBE_TCX_INGRESS 46	    /* BPF_TCX_INGRESS, kernel 6.6 */
#define PROBE_XDP_FRAGS	  (1u << 5) /* BPF_F_XDP_HAS_FRAGS, kernel 5.18 */

enum { FEATURES_MAX = 24, STATE_MAX = 128 };

/* el_features_probe() returns the first member, so that all is one allocation, freed at once. */
struct features {
	struct el_feature feature[FEATURES_MAX];
	char state[FEATURES_MAX][STATE_MAX];
	size_t count;
};

static struct el_feature *__attribute__((format(printf, 4, 5)))
add(struct features *features, const char *name, bool good, const char *format, ...)
{
	struct el_feature *feature = &features->feature[features->count];
	char *state = features->state[features->count++];
	va_list args;

	va_start(args, format);
	vsnprintf(state, STATE_MAX, format, args);
	va_end(args);
	state[strcspn(state, "\n")] = '\0';
	feature->name = name;
	feature->state = state;
	feature->good = good;
	feature->kind = EL_UNSUPPORTED;
	return feature;
}

static void __attribute__((format(printf, 2, 3)))
note(struct el_feature *feature, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(feature->note, sizeof(feature->note), format, args);
	va_end(args);
}

/* ---------------------------------------------------------------- the kernel's settings */

static void probe_kernel(struct features *features)
{
	struct utsname system;

	if (!uname(&system))
		add(features, "kernel", true, "%s %s", system.release, system.machine);
}

/* The first line of a file, or "" if it can't be read. */
static void read_line(const char *path, char *line, size_t size)
{
	_cleanup_file_ FILE *file = fopen(path, "re");

	*line = '\0';
	if (file && !fgets(line, (int)size, file))
		*line = '\0';
	line[strcspn(line, "\n")] = '\0';
}

static void probe_jit(struct features *features)
{
	struct el_feature *feature;
	char line[32];

	read_line("/proc/sys/net/core/bpf_jit_enable", line, sizeof(line));
	/* The file may be missing in a network namespace. The JIT then counts as on: with
	 * CONFIG_BPF_JIT_ALWAYS_ON it can't be turned off. */
	feature = add(features, "JIT", strcmp(line, "0") != 0, "%s",
		      !strcmp(line, "0") ? "off" : "on");
	if (!feature->good)
		note(feature, "programs are interpreted, which is many times slower: sysctl "
			      "net.core.bpf_jit_enable=1");
}

static void probe_unprivileged(struct features *features)
{
	struct el_feature *feature;
	char line[32];

	read_line("/proc/sys/kernel/unprivileged_bpf_disabled", line, sizeof(line));
	feature = add(features, "unprivileged BPF", strcmp(line, "0") != 0, "%s",
		      strcmp(line, "0") ? "off" : "on");
	if (!feature->good)
		note(feature, "every user may load programs: "
			      "sysctl kernel.unprivileged_bpf_disabled=1");
}

static void probe_btf(struct features *features)
{
	bool found = !access("/sys/kernel/btf/vmlinux", R_OK);
	struct el_feature *feature =
		add(features, "kernel BTF", found, "%s", found ? "/sys/kernel/btf/vmlinux" : "no");

	if (!found)
		note(feature, "only programs that ask for kernel types (CO-RE) need it");
}

/* ---------------------------------------------------------------- privileges */

/* The path of this program, for setcap(8). */
static char *own_path(void)
{
	char path[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", path, sizeof(path) - 1);

	return strndup(path, length < 0 ? 0 : (size_t)length);
}

static void probe_privilege(struct features *features)
{
	_cleanup_free_ char *missing = el_rights_missing(EL_NEED_LOAD), *exe = own_path();
	bool enough = missing && !*missing;
	struct el_feature *feature =
		add(features, "privilege", enough, "%s%s",
		    enough ? "CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON" : "missing: ",
		    enough    ? ""
		    : missing ? missing
			      : "");

	feature->needed = true;
	feature->kind = EL_PRIVILEGE;
	if (enough)
		return;
	note(feature,
	     "nothing can be attached or shown: run edge-load as root (sudo), or grant the "
	     "capabilities: setcap cap_bpf,cap_net_admin,cap_perfmon+ep %s; in a unit of systemd: "
	     "AmbientCapabilities=CAP_BPF CAP_NET_ADMIN CAP_PERFMON",
	     exe ? exe : "edge-load");
}

/* CAP_SYS_ADMIN: the commands that need it, and the commands that do not. */
static void probe_others(struct features *features)
{
	bool raised = el_rights_raise();
	int error = bpf_prog_get_fd_by_id(0);
	struct el_feature *feature = add(features, "CAP_SYS_ADMIN", error != -EPERM, "%s",
					 error == -EPERM ? "no" : "yes");

	el_rights_lower(raised);
	if (!feature->good)
		note(feature, "programs of other tools are shown by number, not by name, and "
			      "--netns does not work; all other features work");
}

/* ---------------------------------------------------------------- bpffs */

/* The bpffs belongs to another user: systemd mounts it for root alone. */
static void note_owner(struct el_feature *feature, const char *path)
{
	feature->kind = EL_PRIVILEGE;
	note(feature,
	     "run edge-load as the owner of the folder, or make a folder of your own as root: "
	     "mkdir -m 700 %s/NAME; chown USER %s/NAME; and use --bpffs %s/NAME",
	     path, path, path);
}

static void probe_bpffs(struct el_context *context, struct features *features)
{
	_cleanup_free_ char *netns = NULL;
	struct statfs statfs_bpffs;
	bool mounted =
		!statfs(context->bpffs, &statfs_bpffs) && statfs_bpffs.f_type == BPF_FS_MAGIC;
	const char *folder = access(context->root, F_OK) ? context->bpffs : context->root;
	bool writable = mounted && !eaccess(folder, R_OK | W_OK | X_OK);
	struct el_feature *feature =
		add(features, "bpffs", writable, "%s%s", mounted ? folder : context->bpffs,
		    !mounted	? " is not one"
		    : !writable ? " may not be written to"
				: "");

	feature->needed = true;
	if (mounted && !writable)
		note_owner(feature, context->bpffs);
	if (mounted)
		return;
	netns = el_netns_exec_name();
	if (netns)
		note(feature,
		     "'ip netns exec' hides the bpffs: outside of it, use 'edge-load --netns %s "
		     "...'",
		     netns);
	else
		note(feature, "mount -t bpf bpf %s", context->bpffs);
}

/* Whether other users could have made the pins, or can remove them. */
static void probe_pins(struct el_context *context, struct features *features)
{
	struct el_feature *feature;
	struct stat folder;

	if (stat(context->root, &folder))
		return;
	if (el_folder_check_owner(context, context->root, context->bpffs)) {
		feature = add(features, "pins", false, "not safe");
		feature->needed = true;
		feature->kind = EL_PRIVILEGE;
		note(feature, "%s: %s", context->error.what, context->error.hint);
		return;
	}
	add(features, "pins", true, "%s, mode %04o, user %u", context->root, folder.st_mode & 07777,
	    folder.st_uid);
}

/* ---------------------------------------------------------------- programs and links */

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
	struct el_feature *feature = add(features, trial->name, !trial->error || unknown, "%s",
					 unknown		  ? "not tried: not permitted"
					 : trial->error == EINVAL ? "this kernel does not have it"
					 : trial->error ? el_reason(EL_OP_SYSTEM, trial->error)
							: "yes");

	feature->needed = trial->needed && !unknown;
	if (!feature->good)
		note(feature, "%s", trial->without);
}

static int errno_of(int descriptor)
{
	return descriptor < 0 ? -descriptor : 0;
}

static void probe_links(struct features *features)
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
static void probe_bind_map(struct features *features)
{
	int error = -bpf_prog_bind_map(-1, -1, NULL);

	add_tried(features,
		  &(const struct trial){"BPF_PROG_BIND_MAP", error == EBADF ? 0 : error, false,
					"bpftool shows no metadata of chains (kernel 5.10)"});
}

/* libbpf's own probe reports a missing privilege as a missing feature, so it is called only if
 * programs can be loaded. */
static void probe_freplace(struct features *features)
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

/* ---------------------------------------------------------------- devices */

/* Only for devices with an XDP program. */
static void probe_tags(struct el_context *context, struct features *features)
{
	struct el_device *devices = NULL;
	char state[STATE_MAX] = "", how[EL_HOOK_HOW] = "", one[EL_HOOK_HOW];
	struct el_feature *feature;
	size_t count = 0;

	if (el_devices_read(context, &devices, &count))
		return;
	for (size_t i = 0; i < count; i++) {
		size_t used = strlen(state);

		if (!(devices[i].xdp_native | devices[i].xdp_generic) ||
		    !el_hook_hides_tags(context, devices[i].name, devices[i].xdp_generic != 0, one))
			continue;
		if (!used)
			memcpy(how, one, sizeof(how));
		snprintf(state + used, sizeof(state) - used, "%s%s", used ? ", " : "hidden at ",
			 devices[i].name);
	}
	el_devices_free(devices, count);
	feature = add(features, "VLAN tags at XDP", !*state, "%s", *state ? state : "seen");
	if (*state)
		note(feature,
		     "the device removes tags from frames before XDP sees them, so tagged packets "
		     "look untagged to functions: %s",
		     how);
}

/* ---------------------------------------------------------------- programs that edge-load runs */

/* The first line of the output of `@program --version`. Return: whether it ran. */
static bool read_version(const char *program, char *line, size_t size)
{
	const char *const words[] = {program, "--version", NULL};
	_cleanup_fd_ int out = memfd_create("version", MFD_CLOEXEC);
	_cleanup_free_ char *text = NULL;
	size_t text_size;

	const struct el_run run = {.words = words,
				   .in = -1,
				   .out = out,
				   .err = out,
				   .rights.reads_private = el_rights_private(program)};

	if (out < 0 || el_run(&run) || el_run_output(out, &text, &text_size))
		return false;
	snprintf(line, size, "%.*s", (int)strcspn(text, "\n"), text);
	return true;
}

static void probe_tools(struct el_context *context, struct features *features)
{
	_cleanup_free_ char *fuse = el_format("%s/edge-load-fuse", context->libdir);
	const char *clang = getenv("CLANG");
	char line[STATE_MAX] = "not found";
	struct el_feature *feature;
	bool found;

	found = fuse && read_version(fuse, line, sizeof(line));
	feature = add(features, "LLVM", found, "%s", line);
	feature->needed = true;
	if (!found && el_home_check(context))
		note(feature, "%s: %s", context->error.what, context->error.hint);
	else if (!found)
		note(feature, "%s does not run: chains can't be fused",
		     fuse ? fuse : "edge-load-fuse");
	snprintf(line, sizeof(line), "not found");
	found = read_version(clang && *clang ? clang : "clang", line, sizeof(line));
	feature = add(features, "clang", found, "%s", line);
	if (!found)
		note(feature,
		     "sources can't be compiled, but objects can be used: apt install clang");
}

int el_features_probe(struct el_context *context, struct el_feature **out, size_t *count)
{
	struct features *features = calloc(1, sizeof(*features));
	struct el_capture capture;

	if (!features)
		return el_fail_memory(context);
	el_capture_begin(&capture);
	probe_kernel(features);
	probe_privilege(features);
	probe_others(features);
	probe_bpffs(context, features);
	probe_pins(context, features);
	probe_links(features);
	probe_bind_map(features);
	probe_freplace(features);
	probe_jit(features);
	probe_btf(features);
	probe_unprivileged(features);
	probe_tags(context, features);
	probe_tools(context, features);
	free(el_capture_end(&capture));
	*out = features->feature;
	*count = features->count;
	return 0;
}

void el_features_free(struct el_feature *features)
{
	free(features);
}

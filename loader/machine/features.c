// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Probe the features of this kernel and machine: its settings, the privileges and pins of this
 * command, its devices, and the programs that edge-load runs. trial.c tries what the kernel can do.
 */
#include <bpf/bpf.h>
#include <limits.h>
#include <linux/magic.h>
#include <stdarg.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/utsname.h>
#include <sys/vfs.h>

#include "base/capture.h"
#include "base/rights.h"
#include "base/run.h"
#include "chain/chain.h"
#include "kernel/device.h"
#include "kernel/netns.h"
#include "machine/features.h"

struct el_feature *el_feature_add(struct features *features, const char *name, bool good,
				  const char *format, ...)
{
	struct el_feature *feature = &features->feature[features->count];
	char *state = features->state[features->count++];
	va_list args;

	va_start(args, format);
	vsnprintf(state, FEATURE_STATE_MAX, format, args);
	va_end(args);
	state[strcspn(state, "\n")] = '\0';
	feature->name = name;
	feature->state = state;
	feature->good = good;
	feature->kind = EL_UNSUPPORTED;
	return feature;
}

void el_feature_note(struct el_feature *feature, const char *format, ...)
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
		el_feature_add(features, "kernel", true, "%s %s", system.release, system.machine);
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
	feature = el_feature_add(features, "JIT", strcmp(line, "0") != 0, "%s",
				 !strcmp(line, "0") ? "off" : "on");
	if (!feature->good)
		el_feature_note(feature,
				"programs are interpreted, which is many times slower: sysctl "
				"net.core.bpf_jit_enable=1");
}

static void probe_unprivileged(struct features *features)
{
	struct el_feature *feature;
	char line[32];

	read_line("/proc/sys/kernel/unprivileged_bpf_disabled", line, sizeof(line));
	feature = el_feature_add(features, "unprivileged BPF", strcmp(line, "0") != 0, "%s",
				 strcmp(line, "0") ? "off" : "on");
	if (!feature->good)
		el_feature_note(feature, "every user may load programs: "
					 "sysctl kernel.unprivileged_bpf_disabled=1");
}

static void probe_btf(struct features *features)
{
	bool found = !access("/sys/kernel/btf/vmlinux", R_OK);
	struct el_feature *feature = el_feature_add(features, "kernel BTF", found, "%s",
						    found ? "/sys/kernel/btf/vmlinux" : "no");

	if (!found)
		el_feature_note(feature, "only programs that ask for kernel types (CO-RE) need it");
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
		el_feature_add(features, "privilege", enough, "%s%s",
			       enough ? "CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON" : "missing: ",
			       enough	 ? ""
			       : missing ? missing
					 : "");

	feature->needed = true;
	feature->kind = EL_PRIVILEGE;
	if (enough)
		return;
	el_feature_note(
		feature,
		"nothing can be attached or shown: run edge-load as root (sudo), or grant the "
		"capabilities: setcap cap_bpf,cap_net_admin,cap_perfmon+ep %s; in a unit of "
		"systemd: "
		"AmbientCapabilities=CAP_BPF CAP_NET_ADMIN CAP_PERFMON",
		exe ? exe : "edge-load");
}

/* CAP_SYS_ADMIN: the commands that need it, and the commands that do not. */
static void probe_others(struct features *features)
{
	bool raised = el_rights_raise();
	int error = bpf_prog_get_fd_by_id(0);
	struct el_feature *feature = el_feature_add(features, "CAP_SYS_ADMIN", error != -EPERM,
						    "%s", error == -EPERM ? "no" : "yes");

	el_rights_lower(raised);
	if (!feature->good)
		el_feature_note(feature,
				"programs of other tools are shown by number, not by name, and "
				"--netns does not work; all other features work");
}

/* ---------------------------------------------------------------- bpffs */

/* The bpffs belongs to another user: systemd mounts it for root alone. */
static void note_owner(struct el_feature *feature, const char *path)
{
	feature->kind = EL_PRIVILEGE;
	el_feature_note(
		feature,
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
	struct el_feature *feature = el_feature_add(features, "bpffs", writable, "%s%s",
						    mounted ? folder : context->bpffs,
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
		el_feature_note(
			feature,
			"'ip netns exec' hides the bpffs: outside of it, use 'edge-load --netns %s "
			"...'",
			netns);
	else
		el_feature_note(feature, "mount -t bpf bpf %s", context->bpffs);
}

/* Whether other users could have made the pins, or can remove them. */
static void probe_pins(struct el_context *context, struct features *features)
{
	struct el_feature *feature;
	struct stat folder;

	if (stat(context->root, &folder))
		return;
	if (el_folder_check_owner(context, context->root, context->bpffs)) {
		feature = el_feature_add(features, "pins", false, "not safe");
		feature->needed = true;
		feature->kind = EL_PRIVILEGE;
		el_feature_note(feature, "%s: %s", context->error.what, context->error.hint);
		return;
	}
	el_feature_add(features, "pins", true, "%s, mode %04o, user %u", context->root,
		       folder.st_mode & 07777, folder.st_uid);
}

/* ---------------------------------------------------------------- devices */

/* Only for devices with an XDP program. */
static void probe_tags(struct el_context *context, struct features *features)
{
	struct el_device *devices = NULL;
	char state[FEATURE_STATE_MAX] = "", how[EL_HOOK_HOW] = "", one[EL_HOOK_HOW];
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
	feature = el_feature_add(features, "VLAN tags at XDP", !*state, "%s",
				 *state ? state : "seen");
	if (*state)
		el_feature_note(feature,
				"the device removes tags from frames before XDP sees them, so "
				"tagged packets "
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
	char line[FEATURE_STATE_MAX] = "not found";
	struct el_feature *feature;
	bool found;

	found = fuse && read_version(fuse, line, sizeof(line));
	feature = el_feature_add(features, "LLVM", found, "%s", line);
	feature->needed = true;
	if (!found && el_home_check(context))
		el_feature_note(feature, "%s: %s", context->error.what, context->error.hint);
	else if (!found)
		el_feature_note(feature, "%s does not run: chains can't be fused",
				fuse ? fuse : "edge-load-fuse");
	snprintf(line, sizeof(line), "not found");
	found = read_version(clang && *clang ? clang : "clang", line, sizeof(line));
	feature = el_feature_add(features, "clang", found, "%s", line);
	if (!found)
		el_feature_note(
			feature,
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
	el_trials(features);
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

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Capabilities. edge-load works with three of them: CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON. It
 * gives up all others right after the start, for itself and for the programs that it runs.
 *
 * Other capabilities of root, and when edge-load keeps them:
 *   CAP_SYS_ADMIN         kept where a verb shows programs of other tools or loads a program, but
 *                         not effective: it is raised for the one call that gets a descriptor by
 *                         a number, and for libbpf's search in the BTF of modules
 *   CAP_DAC_READ_SEARCH   kept: an object lies in its owner's home, which no other user may enter
 *   CAP_DAC_OVERRIDE      kept where a verb writes files
 *   CAP_SETUID, _SETGID   kept where a compiler may be run, or the pins belong to another user, but
 *                         not effective: a child becomes another user with them, or this process
 *                         while it accesses files
 *   CAP_KILL              kept where a compiler may be run as another user: to end it when it takes
 *                         too long. The kernel also requires it to end the compiler when its
 *                         edge-load ends (PR_SET_PDEATHSIG)
 *
 * Pins of another user are opened, made and removed with the rights of that user, because that user
 * controls the contents of the folder.
 */
#include <grp.h>
#include <pwd.h>
#include <sys/capability.h>
#include <sys/fsuid.h>
#include <sys/prctl.h>
#include <sys/stat.h>

#include <bpf/bpf.h>
#include <bpf/btf.h>

#include "base/rights.h"
#include "base/rights.h"
#include "base/reason.h"

static const struct {
	cap_value_t value;
	const char *name;
} three[] = {{CAP_BPF, "CAP_BPF"}, {CAP_NET_ADMIN, "CAP_NET_ADMIN"}, {CAP_PERFMON, "CAP_PERFMON"}};

static const cap_value_t to_become[] = {CAP_SETUID, CAP_SETGID};

#define _cleanup_cap_ _cleanup_(cleanup_cap)
static void cleanup_cap(cap_t *caps)
{
	if (*caps)
		cap_free(*caps);
}

static bool has(cap_t caps, cap_value_t value, cap_flag_t flag)
{
	cap_flag_value_t set = CAP_CLEAR;

	return caps && !cap_get_flag(caps, value, flag, &set) && set == CAP_SET;
}

/* CAP_SYS_ADMIN included CAP_BPF and CAP_PERFMON before kernel 5.8, and still does. */
static bool may(cap_t caps, cap_value_t value)
{
	return has(caps, value, CAP_EFFECTIVE) ||
	       (value != CAP_NET_ADMIN && has(caps, CAP_SYS_ADMIN, CAP_EFFECTIVE));
}

/* ---------------------------------------------------------------- available rights */

bool el_rights_any(void)
{
	_cleanup_cap_ cap_t caps = cap_get_proc();

	return may(caps, CAP_BPF) || may(caps, CAP_NET_ADMIN);
}

char *el_rights_missing(enum el_need need)
{
	_cleanup_cap_ cap_t caps = cap_get_proc();
	const char *names[3];
	size_t count = 0;

	for (size_t i = 0; i < (need == EL_NEED_LOAD ? 3 : 2); i++)
		if (!may(caps, three[i].value))
			names[count++] = three[i].name;
	return el_format("%s%s%s%s%s", count ? names[0] : "", count == 3 ? ", " : "",
			 count == 3 ? names[1] : "", count > 1 ? " and " : "",
			 count > 1 ? names[count - 1] : "");
}

const char *el_rights_hint(void)
{
	int error = errno; /* the caller is about to report it */
	_cleanup_free_ char *missing = el_rights_missing(EL_NEED_LOAD);

	errno = error;
	if (missing && !*missing)
		return "run edge-load as the owner of the pins or as root, or use a folder of your "
		       "own with --bpffs ('edge-load doctor' shows how)";
	return "run edge-load as root (sudo), or grant the missing capabilities: 'edge-load "
	       "doctor' shows how";
}

int el_rights_need(struct el_context *context, enum el_need need)
{
	_cleanup_free_ char *missing = el_rights_missing(need), *all = NULL;

	if (missing && !*missing)
		return 0;
	/* A caller that lacks a capability for EL_NEED_LOOK hears of all missing capabilities at
	 * once. */
	all = el_rights_missing(EL_NEED_LOAD);
	if (!missing || !all)
		return el_fail_memory(context);
	return el_fail(context, EL_PRIVILEGE, EPERM,
		       "run edge-load as root (sudo), or grant the missing capabilities: "
		       "'edge-load doctor' shows how",
		       "not enough privilege: %s %s missing", all, strchr(all, ' ') ? "are" : "is");
}

/* ---------------------------------------------------------------- giving up rights */

static void keep(cap_t kept, cap_t now, cap_value_t value, bool effective)
{
	if (!has(now, value, CAP_PERMITTED))
		return;
	cap_set_flag(kept, CAP_PERMITTED, 1, &value, CAP_SET);
	if (effective)
		cap_set_flag(kept, CAP_EFFECTIVE, 1, &value, CAP_SET);
}

static void choose(const struct el_context *context, unsigned int flags, cap_t now, cap_t kept)
{
	bool stands_in = !has(now, CAP_BPF, CAP_PERMITTED) || !has(now, CAP_PERFMON, CAP_PERMITTED);

	if (!(flags & EL_RIGHTS_NONE)) {
		for (size_t i = 0; i < 3; i++)
			keep(kept, now, three[i].value, true);
		if (stands_in || flags & (EL_RIGHTS_OTHERS | EL_RIGHTS_SWEEP))
			keep(kept, now, CAP_SYS_ADMIN, stands_in || flags & EL_RIGHTS_SWEEP);
	}
	if (flags & EL_RIGHTS_SWEEP) {
		keep(kept, now, CAP_SYS_PTRACE, true);
		keep(kept, now, CAP_SETPCAP, true);
	}
	if (geteuid())
		return;
	if (flags & (EL_RIGHTS_NONE | EL_RIGHTS_OTHERS)) {
		keep(kept, now, CAP_SETUID, false);
		keep(kept, now, CAP_SETGID, false);
		keep(kept, now, CAP_KILL, true);
	}
	keep(kept, now, CAP_DAC_READ_SEARCH, true);
	if (flags & EL_RIGHTS_FILES)
		keep(kept, now, CAP_DAC_OVERRIDE, true);
	for (size_t i = 0; context->pins_owned && i < sizeof(to_become) / sizeof(*to_become); i++)
		keep(kept, now, to_become[i], false);
}

/* Limit the capabilities that a program which this process runs could regain, above all as root. */
static void bound(cap_t now, cap_t kept)
{
	if (!has(now, CAP_SETPCAP, CAP_EFFECTIVE))
		return;
	for (cap_value_t value = 0; value < cap_max_bits(); value++)
		if (!has(kept, value, CAP_PERMITTED))
			cap_drop_bound(value);
}

int el_rights_drop(struct el_context *context, unsigned int flags)
{
	_cleanup_cap_ cap_t now = cap_get_proc(), kept = cap_init();

	if (!now || !kept)
		return el_fail_memory(context);
	choose(context, flags, now, kept);
	if (!(flags & EL_RIGHTS_SWEEP))
		bound(now, kept);
	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) || cap_reset_ambient() || cap_set_proc(kept))
		return el_fail(context, EL_FAILED, errno, NULL, "can't give up capabilities: %s",
			       el_reason(EL_OP_SYSTEM, errno));
	return 0;
}

bool el_rights_is_lesser(uid_t owner)
{
	return !geteuid() && owner;
}

void el_rights_groups(uid_t uid, struct el_rights_groups *groups)
{
	const int room = sizeof(groups->gid) / sizeof(*groups->gid);
	const struct passwd *user = getpwuid(uid);

	/* nogroup, on every Linux */
	*groups = (struct el_rights_groups){.gid = {65534}, .count = 1};
	if (!user)
		return;
	groups->count = room;
	if (getgrouplist(user->pw_name, user->pw_gid, groups->gid, &groups->count) < 0)
		groups->count = room; /* the user is in more groups: keep the first 64 */
	groups->gid[0] = user->pw_gid;
}

static int become_user(uid_t uid, const struct el_rights_groups *groups)
{
	const cap_value_t needed[] = {CAP_SETUID, CAP_SETGID};
	_cleanup_cap_ cap_t caps = cap_get_proc();

	if (!caps)
		return -ENOMEM;
	if (cap_set_flag(caps, CAP_EFFECTIVE, 2, needed, CAP_SET) || cap_set_proc(caps) ||
	    setgroups((size_t)groups->count, groups->gid) ||
	    setresgid(groups->gid[0], groups->gid[0], groups->gid[0]) || setresuid(uid, uid, uid))
		return -errno;
	return 0;
}

int el_rights_child(const struct el_rights_child *rights, const struct el_rights_groups *groups)
{
	_cleanup_cap_ cap_t now = cap_get_proc(), kept = cap_init();
	int error = rights->is_owner ? become_user(rights->uid, groups) : 0;

	if (!now || !kept)
		return -ENOMEM;
	if (error)
		return error;
	if (rights->reads_private && !rights->is_owner)
		keep(kept, now, CAP_DAC_READ_SEARCH, true);
	if (rights->changes_user && !geteuid()) {
		keep(kept, now, CAP_SETUID, true);
		keep(kept, now, CAP_SETGID, true);
	}
	return cap_reset_ambient() || cap_set_proc(kept) ? -errno : 0;
}

/* ---------------------------------------------------------------- pins of another user */

/* Change the user and group for file access alone. Switching to and from user 0 also changes the
 * effective capabilities; cap_set_proc() restores them. */
static void become(uid_t user, gid_t group)
{
	_cleanup_cap_ cap_t now = cap_get_proc(), raised = now ? cap_dup(now) : NULL;

	if (!raised || (uid_t)setfsuid((uid_t)-1) == user)
		return;
	for (size_t i = 0; i < sizeof(to_become) / sizeof(*to_become); i++)
		if (has(now, to_become[i], CAP_PERMITTED))
			cap_set_flag(raised, CAP_EFFECTIVE, 1, &to_become[i], CAP_SET);
	cap_set_proc(raised);
	setfsgid(group);
	setfsuid(user);
	cap_set_proc(now);
}

bool el_rights_private(const char *path)
{
	_cleanup_cap_ cap_t now = cap_get_proc(), less = now ? cap_dup(now) : NULL;
	const cap_value_t files[] = {CAP_DAC_READ_SEARCH, CAP_DAC_OVERRIDE};
	uid_t user = (uid_t)setfsuid((uid_t)-1);
	gid_t group = (gid_t)setfsgid((gid_t)-1);
	bool readable;

	if (!less || !has(now, CAP_DAC_READ_SEARCH, CAP_EFFECTIVE) ||
	    cap_set_flag(less, CAP_EFFECTIVE, 2, files, CAP_CLEAR) || cap_set_proc(less))
		return false;
	become(geteuid(), getegid());
	readable = !eaccess(path, R_OK);
	become(user, group);
	cap_set_proc(now);
	return !readable;
}

static bool is_user(uid_t user)
{
	return (uid_t)setfsuid((uid_t)-1) == user;
}

bool el_rights_take(struct el_context *context, uid_t user, gid_t group)
{
	context->pins_uid = user;
	context->pins_gid = group;
	context->pins_owned = !setgroups(0, NULL);
	el_rights_files(context, true);
	if (is_user(user))
		return true;
	context->pins_owned = false;
	return false;
}

void el_rights_files(const struct el_context *context, bool pins)
{
	if (!context->pins_owned)
		return;
	if (pins)
		become(context->pins_uid, context->pins_gid);
	else
		become(geteuid(), getegid());
}

/* ---------------------------------------------------------------- raised */

static bool set_admin(cap_flag_value_t value)
{
	_cleanup_cap_ cap_t caps = cap_get_proc();
	const cap_value_t admin = CAP_SYS_ADMIN;

	return has(caps, admin, CAP_PERMITTED) &&
	       has(caps, admin, CAP_EFFECTIVE) != (value == CAP_SET) &&
	       !cap_set_flag(caps, CAP_EFFECTIVE, 1, &admin, value) && !cap_set_proc(caps);
}

bool el_rights_raise(void)
{
	return set_admin(CAP_SET);
}

void el_rights_lower(bool raised)
{
	if (raised)
		set_admin(CAP_CLEAR);
}

int el_rights_program(uint32_t id)
{
	bool raised = el_rights_raise();
	int fd = bpf_prog_get_fd_by_id(id);

	el_rights_lower(raised);
	return fd;
}

int el_rights_map(uint32_t id)
{
	bool raised = el_rights_raise();
	int fd = bpf_map_get_fd_by_id(id);

	el_rights_lower(raised);
	return fd;
}

struct btf *el_rights_btf(uint32_t id)
{
	bool raised = el_rights_raise();
	struct btf *btf = btf__load_from_kernel_by_id(id);
	int error = errno;

	el_rights_lower(raised);
	errno = error;
	return btf;
}

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Another tool's attachments to TCX, made with the bare system call, since Debian 12's bpftool, tc
 * and libbpf do not support TCX.
 *
 *   tcx attach PIN DEVICE ingress|egress [first | before ID | after ID] [link NEW_PIN]
 *   tcx detach PIN DEVICE ingress|egress
 *   tcx list DEVICE ingress|egress          prints the program ids in their order
 *
 * PIN is a pinned program. Without a link, the attachment stays until it is detached.
 */
#include <errno.h>
#include <linux/bpf.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

/* Source: linux/bpf.h of kernel 6.6. */
enum {
	TCX_INGRESS = 46,
	TCX_EGRESS = 47,
	F_BEFORE = 1 << 3,
	F_AFTER = 1 << 4,
	F_ID = 1 << 5,
};

struct attach {
	__u32 device, program, type, flags, replaced, relative;
	__u64 revision;
};

struct link_create {
	__u32 program, device, type, flags, relative, unused;
	__u64 revision;
};

struct query {
	__u32 device, type, flags, attach_flags;
	__u64 programs;
	__u32 count, unused;
	__u64 program_flags, links, link_flags, revision;
};

struct pin {
	__u64 path;
	__u32 fd, flags;
};

static int bpf(int command, void *attr, size_t size)
{
	return (int)syscall(__NR_bpf, command, attr, size);
}

static int fail(const char *what)
{
	fprintf(stderr, "tcx: %s: %s\n", what, strerror(errno));
	return 1;
}

static int list(struct attach attach)
{
	__u32 ids[64] = {0};
	struct query query = {.device = attach.device,
			      .type = attach.type,
			      .programs = (__u64)(unsigned long)ids,
			      .count = 64};

	if (bpf(BPF_PROG_QUERY, &query, sizeof(query)))
		return fail("query");
	for (__u32 i = 0; i < query.count; i++)
		printf("%u\n", ids[i]);
	return 0;
}

static int link_and_pin(struct attach attach, const char *path)
{
	struct link_create create = {.program = attach.program,
				     .device = attach.device,
				     .type = attach.type,
				     .flags = attach.flags,
				     .relative = attach.relative};
	struct pin pin = {.path = (__u64)(unsigned long)path};
	int fd = bpf(BPF_LINK_CREATE, &create, sizeof(create));

	if (fd < 0)
		return fail("link");
	pin.fd = (__u32)fd;
	return bpf(BPF_OBJ_PIN, &pin, sizeof(pin)) ? fail(path) : 0;
}

static int attach_or_detach(const char *verb, const char *path, struct attach attach, char **words)
{
	struct pin pin = {.path = (__u64)(unsigned long)path};
	const char *link = NULL;
	int fd = bpf(BPF_OBJ_GET, &pin, sizeof(pin));

	if (fd < 0)
		return fail(path);
	attach.program = (__u32)fd;
	if (!strcmp(verb, "detach"))
		return bpf(BPF_PROG_DETACH, &attach, sizeof(attach)) ? fail("detach") : 0;
	for (; *words; words++) {
		if (!strcmp(*words, "first")) {
			attach.flags = F_BEFORE;
		} else if (!strcmp(*words, "link")) {
			link = *++words;
		} else {
			attach.flags = F_ID | (!strcmp(*words, "before") ? F_BEFORE : F_AFTER);
			attach.relative = (__u32)strtoul(*++words, NULL, 10);
		}
	}
	if (link)
		return link_and_pin(attach, link);
	return bpf(BPF_PROG_ATTACH, &attach, sizeof(attach)) ? fail("attach") : 0;
}

int main(int argc, char **argv)
{
	const char *verb = argc > 3 ? argv[1] : "";
	char **place = argv + (strcmp(verb, "list") ? 3 : 2);
	struct attach attach = {0};

	if (!*verb || !place[0] || !place[1])
		return 2;
	attach.device = if_nametoindex(place[0]);
	attach.type = strcmp(place[1], "egress") ? TCX_INGRESS : TCX_EGRESS;
	if (!strcmp(verb, "list"))
		return list(attach);
	return attach_or_detach(verb, argv[2], attach, place + 2);
}

/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_NETNS_H
#define EL_NETNS_H
/*
 * The network namespace of this process. (loader.h declares how to enter another namespace.)
 */
#include "base/base.h"

/* The namespace's cookie, which no other namespace has or will have until the machine restarts.
 * Return: 0; -errno, without noting an error; -ENOPROTOOPT: a kernel before 5.14. */
int el_netns_cookie(uint64_t *cookie);

/* Whether a namespace with this cookie exists: a namespace with a process, or with a mount as `ip
 * netns` makes it. Return: true also if the answer is unknown. */
bool el_netns_lives(uint64_t cookie);

/* If this process was started by `ip netns exec NAME`, which hides the bpffs behind a fresh /sys.
 * Return: NAME, malloc'ed; otherwise NULL. */
char *el_netns_exec_name(void);

/* Return: the folder of pins of this process's namespace, malloc'ed; NULL if the namespace has no
 * folder of its own. */
char *el_netns_root(const struct el_context *context);
/* Make a symbolic link beside that folder, with the name by which the namespace was entered. If the
 * folder does not exist, remove the link. */
void el_netns_label(const struct el_context *context);

#endif

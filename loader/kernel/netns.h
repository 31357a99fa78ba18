/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_NETNS_H
#define EL_NETNS_H
/*
 * The network namespace that this process is in. (To enter another one is loader.h's.)
 */
#include "base/base.h"

/* Its number, which no other namespace has or will have until the machine is started again. Return:
 * 0; -errno, without noting an error; -ENOPROTOOPT: a kernel before 5.14. */
int el_netns_cookie(uint64_t *cookie);

/* Whether there is one of this number: one that has a process, or a mount as `ip netns` makes it.
 * Return: true also where that can't be told. */
bool el_netns_lives(uint64_t cookie);

/* Where this process was started by `ip netns exec NAME`, which hides the bpffs behind a fresh
 * /sys: NAME, malloc'ed; else NULL. */
char *el_netns_exec_name(void);

/* The folder of pins of the namespace that this process is in, where it has one of its own:
 * malloc'ed; else NULL. */
char *el_netns_root(const struct el_context *context);
/* Give that folder the name by which it was entered, as a symbolic link beside it, while it is
 * there. */
void el_netns_label(const struct el_context *context);

#endif

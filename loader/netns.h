/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_NETNS_H
#define EL_NETNS_H
/*
 * The network namespace that this process is in. (To enter another one is loader.h's.)
 */
#include "internal.h"

/* Its number, which no other namespace has or will have until the machine is started again. Return:
 * 0; -errno, without noting an error; -ENOPROTOOPT: a kernel before 5.14. */
int el_netns_cookie(uint64_t *cookie);

#endif

/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_NETDEV_H
#define EL_NETDEV_H
#include <stdint.h>

/* linux/netdev.h, kernel 6.3: newer than Debian 12's headers. */
#define NETDEV_XDP_BASIC       (1 << 0) /* native mode */
#define NETDEV_XDP_NDO_XMIT    (1 << 2)
#define NETDEV_XDP_NDO_XMIT_SG (1 << 6)

/**
 * el_netdev_read() - ask the kernel for the XDP features of its devices
 * @note: called for each device of this network namespace, with its NETDEV_XDP_* and @data; if it
 * returns a value other than 0, el_netdev_read() returns -ENOMEM
 *
 * Return: 0; -EOPNOTSUPP the kernel can't tell (before 6.3); -errno, without noting an error.
 */
int el_netdev_read(int (*note)(void *data, uint32_t ifindex, uint64_t features), void *data);

#endif

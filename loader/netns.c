// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Network namespaces: which one this process is in.
 */
#include <sys/socket.h>

#include "netns.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* asm-generic/socket.h of kernel 5.14 */
#endif

int el_netns_cookie(uint64_t *cookie)
{
	_cleanup_fd_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	socklen_t size = sizeof(*cookie);

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, cookie, &size))
		return -errno;
	return 0;
}

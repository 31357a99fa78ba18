/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_OWN_H
#define EL_OWN_H
/*
 * Ownership of local variables, in the library and in userspace/. A variable with a cleanup
 * attribute owns its object or descriptor, which is freed when the variable leaves its scope. It is
 * NULL or -1 from its declaration on. TAKE_PTR and TAKE_FD empty the variable and return its value,
 * which the receiver then owns. The objects of loader.h have attributes there.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

/* Call f(&variable) at the end of the scope. */
#define _cleanup_(f)   __attribute__((cleanup(f)))
#define _cleanup_free_ _cleanup_(el_cleanup_free)
#define _cleanup_fd_   _cleanup_(el_cleanup_fd)
#define _cleanup_file_ _cleanup_(el_cleanup_file)
#define _cleanup_dir_  _cleanup_(el_cleanup_dir)

#define TAKE_PTR(p)                        \
	({                                 \
		__typeof__(p) taken = (p); \
		(p) = NULL;                \
		taken;                     \
	})
#define TAKE_FD(fd)             \
	({                      \
		int taken = fd; \
		(fd) = -1;      \
		taken;          \
	})

/* Define el_X_cleanup() for an object with el_X_free(), which accepts NULL. */
#define EL_CLEANUP(x, type)                              \
	static inline void el_##x##_cleanup(type *owner) \
	{                                                \
		el_##x##_free(*owner);                   \
	}

static inline void el_cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void el_cleanup_fd(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static inline void el_cleanup_file(FILE **file)
{
	if (*file)
		fclose(*file);
}

static inline void el_cleanup_dir(DIR **dir)
{
	if (*dir)
		closedir(*dir);
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_INTERNAL_H
#define EL_INTERNAL_H
/*
 * What the library's files share among themselves: the context, errors, ownership. A file that owns
 * a noun declares it in a header of its own (object/object.h, fuse/fuse.h, …).
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "loader.h"

struct el_map;

struct el_context {
	char *bpffs; /* where the bpffs is mounted */
	char *root; /* our folder in it: BPFFS/edge, or the network namespace's own (kernel/netns.c)
		     */
	char *netns;	/* the name of the one that was entered, or NULL */
	char *libdir;	/* edge-load-fuse, chain.bpf.o, functions/ */
	char *include;	/* the SDK's headers */
	bool lost;	/* neither of these was found, for want of /proc */
	double wait_ms; /* for a lock that another edge-load has */
	uid_t pins_uid; /* whose rights this process has for files, where pins_owned (rights.c) */
	gid_t pins_gid;
	bool pins_owned;
	/* chain/map_program.c, for map/reference.c: a program that an entry of a map is to have. */
	int (*load_program)(struct el_context *context, const struct el_map *map, const char *word,
			    bool frags, int *fd);
	void (*warn)(void *data, const char *message);
	void (*note)(void *data, const char *message);
	void *warn_data;
	bool (*memory_was_short)(void);
	struct el_error error;
};

/*
 * Ownership: _cleanup_(f) calls f(&variable) when the variable leaves its scope; TAKE_PTR and
 * TAKE_FD hand what it holds to somebody else.
 */
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

/**
 * el_fail() - note an error in the context, and return it
 * @error: the errno to return, positive
 * @hint:  what to do about it, or NULL
 *
 * Return: -@error. Every failure that a caller will see passes here exactly once, where it is known
 * best.
 */
int el_fail(struct el_context *context, enum el_kind kind, int error, const char *hint,
	    const char *format, ...) __attribute__((format(printf, 5, 6)));
int el_fail_memory(struct el_context *context); /* -ENOMEM */
/* To be called before anything that runs is changed: a part of what was prepared may be missing,
 * unseen, when an allocation has failed on the way. Return: 0; -ENOMEM, noted. */
int el_check_memory(struct el_context *context);
#if defined(EL_ANALYZER) || defined(__clang_analyzer__)
/* What analyzers can't see from another file: a failure is never 0. */
static inline int el_is_error(int error)
{
	if (error >= 0)
		__builtin_unreachable();
	return error;
}
#define el_fail(...)		el_is_error(el_fail(__VA_ARGS__))
#define el_fail_memory(context) el_is_error(el_fail_memory(context))
#endif
/* Hand over @detail (malloc'ed: a compiler's or verifier's output) to the error just noted. */
void el_error_detail(struct el_context *context, char *detail);
void el_warn(struct el_context *context, const char *format, ...)
	__attribute__((format(printf, 2, 3)));
/* As el_warn(), for what is no fault: a property of a device that the user may want to change. */
void el_note(struct el_context *context, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Whether nothing is there: for certain, and not that it can't be told now. */
static inline bool el_is_absent(const char *path)
{
	return access(path, F_OK) && (errno == ENOENT || errno == ENOTDIR);
}

/* Close a stream of open_memstream() into @text. Where memory is short, fclose() alone says
 * nothing: the text is NULL then, or cut. Return: 0; -ENOMEM, @text freed and NULL. */
int el_stream_end(FILE *stream, char **text);
/* Whether edge-load's own files can be found at all. Return: 0; -ENOENT, noted. */
int el_home_check(struct el_context *context);
/* The time since some fixed point, in milliseconds: CLOCK_MONOTONIC. */
double el_now_ms(void);
/* @size bytes as hexadecimal digits and a NUL: @out has room for 2 * @size + 1. */
void el_hex(char *out, const void *bytes, size_t size);
/* asprintf() that returns NULL when memory is short. */
char *el_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Read a whole file, a NUL added behind it. Return: 0, or -errno without noting an error. */
/* Of sources, objects, and the output of other programs: bytes. */
#define EL_FILE_MAX (256 << 20)
int el_file_read(const char *path, char **out, size_t *size);
int el_file_read_fd(int fd, char **out, size_t *size);

/* ---- owner.c */
/**
 * el_file_check_owner() - refuse a file that somebody else could have written
 * @path: its name
 * @fd: the file, open, so that what is checked is what is read; or a folder
 *
 * Its owner has to be root, the caller (below sudo, whoever called sudo, too) or who owns edge-load
 * itself, and nobody else may write it. A group may write in which the owner is alone. The same
 * counts for its folder, which others may write if it is sticky as /tmp is. Return: 0; -EPERM
 * (EL_PRIVILEGE, with what to do); -EINVAL (EL_USAGE): a FIFO or a device.
 */
int el_file_check_owner(struct el_context *context, const char *path, int fd);
/* Open a file for reading, without waiting, and check it so where this process has privileges:
 * without, nothing can be done with it that its author could not do. A FIFO or a device is always
 * refused. Errors are noted. */
int el_file_open_owned(struct el_context *context, const char *path, int *out);
/* Refuse a FIFO or a device by its name; what is not there passes. */
int el_file_check_kind(struct el_context *context, const char *path);
/* The same for a file that another program reads by its name: with every folder above it. */
int el_path_check_owner(struct el_context *context, const char *path);
/* The same for a folder of pins, inside the folder @above: it may belong to another user where none
 * but root could have made it there. One that is not there passes. */
int el_folder_check_owner(struct el_context *context, const char *path, const char *above);
/* Whether somebody else has put something there, where all users may: that such a folder would be
 * refused. One that is not there is not planted. */
bool el_folder_is_planted(const struct el_context *context, const char *path, const char *above);
/* Whether a user's word is as good as the caller's. */
bool el_owner_is_trusted(const struct el_context *context, uid_t owner);

#endif

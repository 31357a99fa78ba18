/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_INTERNAL_H
#define EL_INTERNAL_H
/*
 * Shared declarations of the library's files: the context and its errors. A file that owns a
 * noun declares it in a header of its own (object/object.h, fuse/fuse.h, …).
 */
#include <dirent.h>
#include <errno.h>
#include <stdlib.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "loader.h"

struct el_fusings;
struct el_objects;
struct el_program_reference;

struct el_context {
	char *bpffs;	/* where the bpffs is mounted */
	char *root;	/* BPFFS/edge, or the folder of a network namespace (kernel/netns.c) */
	char *netns;	/* the name of the network namespace that was entered, or NULL */
	char *libdir;	/* edge-load-fuse, chain.bpf.o, functions/ */
	char *include;	/* the SDK's headers */
	bool lost;	/* libdir and include were not found, because /proc is not mounted */
	double wait_ms; /* how long to wait for a lock that another edge-load holds */
	uid_t pins_uid; /* files are accessed with this user's rights, if pins_owned (rights.c) */
	gid_t pins_gid;
	bool pins_owned;
	/* Set by chain/map_program.c, called by map/reference.c: loads a program for an entry of a
	 * map. */
	int (*load_program)(struct el_context *context, const struct el_program_reference *program,
			    int *fd);
	/* What a plan opens and fuses once for all its chains (object/once.c, fuse/once.c); NULL
	 * outside a plan. */
	struct el_objects *objects;
	struct el_fusings *fusings;
	void (*warn)(void *data, const char *message);
	void (*note)(void *data, const char *message);
	void *warn_data;
	bool (*memory_was_short)(void);
	struct el_error error;
};

/**
 * el_fail() - note an error in the context, and return it
 * @error: the errno to return, positive
 * @hint:  the remedy to suggest to the user, or NULL
 *
 * Return: -@error. Every failure that a caller will see passes here exactly once, where its cause
 * is best known.
 */
int el_fail(struct el_context *context, enum el_kind kind, int error, const char *hint,
	    const char *format, ...) __attribute__((format(printf, 5, 6)));
int el_fail_memory(struct el_context *context); /* -ENOMEM */
/* Call this before a running program is changed: if an allocation failed earlier, a part of the
 * preparation may be missing unnoticed. Return: 0; -ENOMEM, noted. */
int el_check_memory(struct el_context *context);
#if defined(EL_ANALYZER) || defined(__clang_analyzer__)
/* Analyzers can't see from another file that a failure is never 0. */
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
/* Like el_warn(), for a message that reports no fault: a property of a device that the user may
 * want to change. */
void el_note(struct el_context *context, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* Whether @path certainly does not exist. A path that can't be checked now counts as present. */
static inline bool el_is_absent(const char *path)
{
	return access(path, F_OK) && (errno == ENOENT || errno == ENOTDIR);
}

/* Close a stream of open_memstream() into @text. If memory is short, fclose() alone reports no
 * error, and the text is NULL or truncated. Return: 0; -ENOMEM, @text freed and NULL. */
int el_stream_end(FILE *stream, char **text);
/* Check that edge-load's own files can be found. Return: 0; -ENOENT, noted. */
int el_home_check(struct el_context *context);
/* The time since a fixed point, in milliseconds: CLOCK_MONOTONIC. */
double el_now_ms(void);
/* Write @size bytes as hexadecimal digits and a NUL: @out has room for 2 * @size + 1 bytes. */
void el_hex(char *out, const void *bytes, size_t size);
/* asprintf() that returns NULL when memory is short. */
char *el_format(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Read a whole file and append a NUL. Return: 0, or -errno without noting an error. */
/* The size limit of sources, objects, and the output of other programs, in bytes. */
#define EL_FILE_MAX (256 << 20)
int el_file_read(const char *path, char **out, size_t *size);
int el_file_read_fd(int fd, char **out, size_t *size);

/* ---- owner.c */
/**
 * el_file_check_owner() - refuse a file that an untrusted user could have written
 * @path: its name
 * @fd: the open file, so that the checked file is the file that is read; or a folder
 *
 * The file must belong to root, to the caller (under sudo, also to the user who called sudo) or to
 * the owner of edge-load itself, and no other user may have write access. Write access of a group
 * is accepted if the owner is its only member. The same rules apply to the file's folder, except
 * that other users may write to a sticky folder such as /tmp. Return: 0; -EPERM (EL_PRIVILEGE, with
 * a hint); -EINVAL (EL_USAGE): a FIFO or a device.
 */
int el_file_check_owner(struct el_context *context, const char *path, int fd);
/* Open a file for reading, without blocking. If this process has privileges, check the file's owner
 * as above: without privileges, edge-load can do nothing with the file that its author could not
 * do. A FIFO or a device is always refused. Errors are noted. */
int el_file_open_owned(struct el_context *context, const char *path, int *out);
/* Refuse a FIFO or a device by its name; a path that does not exist passes. */
int el_file_check_kind(struct el_context *context, const char *path);
/* Like el_file_check_owner(), for a file that another program opens by its name: checks every
 * folder above it, too. */
int el_path_check_owner(struct el_context *context, const char *path);
/* Like el_file_check_owner(), for a folder of pins inside the folder @above: it may belong to
 * another user if only root could have made it there. A folder that does not exist passes. */
int el_folder_check_owner(struct el_context *context, const char *path, const char *above);
/* Whether an untrusted user has put a folder or another file at @path, in a folder where all users
 * may write: el_folder_check_owner() would refuse it. A path that does not exist returns false. */
bool el_folder_is_planted(const struct el_context *context, const char *path, const char *above);
/* Whether the files of user @owner are trusted like the caller's own. */
bool el_owner_is_trusted(const struct el_context *context, uid_t owner);

#endif

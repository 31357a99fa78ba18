/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_BPFFS_H
#define EL_BPFFS_H
/*
 * Files, folders and pins below a bpffs.
 *
 * @bpffs is the folder that the caller trusts, and every @path begins with it. Each function opens
 * the folder that holds the last part of the path, and works on that descriptor. It refuses a
 * symbolic link that leads out of its own folder (-EXDEV), a folder on another file system
 * (-EMEDIUMTYPE), and a folder that belongs neither to root nor to the user whose rights this
 * process has for files (-EPERM). Only open, read and scan follow a symbolic link in the last part.
 *
 * Return: 0, a descriptor, or -errno. errno is set, too. No error is noted.
 */
#include <sys/types.h>

#include "base/base.h"

/* Whether the file system of a descriptor is a bpffs. */
bool el_bpffs_is(int fd);

/* Open a folder: @flags is O_RDONLY or O_PATH. */
int el_bpffs_open(const char *bpffs, const char *path, int flags);
/* Like opendir(): NULL with errno. */
DIR *el_bpffs_read(const char *bpffs, const char *path);
/* Like scandir() with alphasort(). Return: the number of entries, or -errno. */
int el_bpffs_scan(const char *bpffs, const char *path, struct dirent ***entries);
/* Whether @path exists; a dangling symbolic link counts. Return: 0, or -errno. */
int el_bpffs_find(const char *bpffs, const char *path);

/* Like bpf_obj_get() and bpf_obj_pin(). -EMEDIUMTYPE: a symbolic link is in the pin's place. */
int el_bpffs_get(const char *bpffs, const char *path);
int el_bpffs_pin(const char *bpffs, int fd, const char *path);

int el_bpffs_mkdir(const char *bpffs, const char *path);
int el_bpffs_rmdir(const char *bpffs, const char *path);
int el_bpffs_unlink(const char *bpffs, const char *path);
/* @flags: as in renameat2(). */
int el_bpffs_rename(const char *bpffs, const char *from, const char *to, unsigned int flags);
int el_bpffs_symlink(const char *bpffs, const char *target, const char *path);
/* Read a link's target. It is truncated to @room and ends with a NUL. */
int el_bpffs_readlink(const char *bpffs, const char *path, char *target, size_t room);
/* Remove a folder with its contents, or a file. Return: whether it is gone. */
bool el_bpffs_remove_tree(const char *bpffs, const char *path);

#endif

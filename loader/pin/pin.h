/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_PIN_H
#define EL_PIN_H
/*
 * Pins: what outlives a command. Folders, generations and locks of a chain, by its device and hook.
 */
#include "base/site.h"

/* The error of a pin at which another kind of object is pinned than the chain had there. */
#define EL_PIN_REPLACED EMEDIUMTYPE

#define EL_PIN_SHARED "shared" /* beside the devices: state/shared_map.h */

/* Folders: one; those above a chain's pins, and its lock's. */
int el_pin_make_folder(struct el_context *context, const char *path);
int el_pin_make_folders(struct el_context *context, const struct el_site *site);
/* Pin @fd as @staged first, and then in place of what is at @path: at no time there is nothing. */
int el_pin_over(struct el_context *context, int fd, const char *staged, const char *path);
/* What was pinned as EL_WHICH(NEW) goes; and all of a chain that is not to be. Under the lock. */
void el_pin_unstage(struct el_context *context, const struct el_site *site);
/* Whether somebody is in the middle of a swap, or was killed there. A detach is not meant: to
 * finish it changes what packets meet. */
bool el_pin_is_half(const struct el_context *context, const struct el_site *site);
/* Remove what was about to get another name, or to be removed. */
void el_pin_clear_half(struct el_context *context, const struct el_site *site);
/* Remove all of a chain, but its lock; and with it. */
void el_pin_clear(struct el_context *context, const struct el_site *site);
void el_pin_remove(struct el_context *context, const struct el_site *site);
/* Remove the folders above a chain's pins, where nothing is in them. Needs no lock. */
void el_pin_tidy(struct el_context *context, const char *device);
/* "DEVICE" as a file's name in bpffs, which takes no dots. */
char *el_pin_device(const char *device);
/* And back; NULL: it is no device's. */
char *el_pin_to_device(const char *file);
char *el_pin_path(const struct el_context *context, const struct el_site *site,
		  struct el_which which, const char *name);
/* Whether a name is a pin of the chain itself, and can't be an instance's. */
bool el_pin_is_own(const char *name);
/* Whether a name in a device's folder is HOOK or HOOK:whatever. */
bool el_pin_is_of_hook(const char *name, enum edge_hook hook);
/* NAME of the first program, NAME1, NAME2 … of those behind it. malloc'ed. */
char *el_pin_numbered(const char *name, size_t number);
/* Open a pin of the chain itself. Return: a descriptor, or -errno; -EL_PIN_REPLACED: it is of
 * another kind (program, map, link) than the chain pins under that name. */
int el_pin_get(const struct el_context *context, const struct el_site *site, struct el_which which,
	       const char *name);
/* What is there and can't be opened: @error is positive. */
int el_pin_cannot_open(struct el_context *context, const char *path, int error);
/* The number of a generation's program in the kernel, or 0. */
uint32_t el_pin_program(const struct el_context *context, const struct el_site *site,
			struct el_which which);
/* The link, of whichever generation has it pinned: the current one, or one that is coming or going.
 * Return: a descriptor, or -errno. */
int el_pin_any_link(struct el_context *context, const struct el_site *site);
/* Return: 0 there are pins; -ENOENT there are none, without noting an error; else an error is
 * noted. */
int el_pin_exists(struct el_context *context, const struct el_site *site);
/* Whether any generation is pinned: one that has its number, or one that is being made. */
bool el_pin_any(struct el_context *context, const struct el_site *site);
int el_pin_check_bpffs(struct el_context *context);
/* Whether a bpffs is mounted where ours are. */
bool el_pin_is_mounted(const struct el_context *context);
/* Why @path can't be pinned: errno says it. Return: -errno, noted. */
int el_pin_cannot(struct el_context *context, const char *path);
/* Whether our folder is below a bpffs, and nobody made it but a user whom we trust; also where
 * there is none. */
bool el_pin_is_trusted(struct el_context *context);

/* ---- pin/lock.c: locks end when *@lock_fd is closed. -EBUSY (EL_CONFLICT): somebody has it */
/* Who changes a chain; who changes all that a manifest means. Waited for as the context says. */
int el_pin_lock(struct el_context *context, const struct el_site *site, int *lock_fd);
int el_pin_lock_all(struct el_context *context, bool alone, int *lock_fd);
/* What the names of shared maps mean; @folder has them. */
int el_pin_lock_shared(struct el_context *context, const char *folder, int *lock_fd);
/* If nobody else has that. Return: 0, or -errno, without noting an error. */
int el_pin_try_shared(struct el_context *context, const char *folder, int *lock_fd);
/* The entries of generation @which, alone: while they go from its maps to another's. */
int el_pin_lock_entries(struct el_context *context, const struct el_site *site,
			struct el_which which, int *lock_fd);
/* The same, for who changes entries one by one, with others who do, or @alone; @folder is a
 * generation's, or that of shared maps. -ENOENT there is none, without noting an error. */
int el_pin_hold_entries(struct el_context *context, const char *folder, bool alone, int *lock_fd);

/* ---- pin/generation.c */
/* The numbers of those that are pinned, rising. malloc'ed. */
int el_pin_generations(struct el_context *context, const struct el_site *site, uint32_t **out,
		       size_t *count);
/* The one that is pinned as running, or 0. */
uint32_t el_pin_current(const struct el_context *context, const struct el_site *site);
/* Give the new generation its number and make it current; or make another one current, for which
 * el_pin_aim() can be called first: before the links change. */
int el_pin_aim(struct el_context *context, const struct el_site *site, uint32_t generation);
int el_pin_commit(struct el_context *context, const struct el_site *site, uint32_t generation);
int el_pin_point(struct el_context *context, const struct el_site *site, uint32_t generation);
/* Remove one; it is gone as a whole. */
void el_pin_drop(struct el_context *context, const struct el_site *site, uint32_t generation);
/* Remove the oldest until @keep are left; never the current one. */
void el_pin_prune(struct el_context *context, const struct el_site *site, uint32_t keep);
/* A detach begins: the current one is called EL_WHICH(GONE). */
int el_pin_retire(struct el_context *context, const struct el_site *site);
/* And does not come to its end. */
void el_pin_unretire(struct el_context *context, const struct el_site *site);

#endif

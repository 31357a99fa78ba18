/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_PIN_H
#define EL_PIN_H
/*
 * Pins: folders, generations and locks of a chain, by its device and hook. They outlive the
 * command.
 */
#include "base/site.h"

/* The error for a pin that holds another kind of object than the chain pinned there. */
#define EL_PIN_REPLACED EMEDIUMTYPE

#define EL_PIN_SHARED "shared" /* beside the devices: state/shared_map.h */

/* Make one folder; make the folders above a chain's pins, and the lock's folder. */
int el_pin_make_folder(struct el_context *context, const char *path);
int el_pin_make_folders(struct el_context *context, const struct el_site *site);
/* Pin @fd as @staged, then rename it to @path: @path exists at all times. */
int el_pin_over(struct el_context *context, int fd, const char *staged, const char *path);
/* Remove the pins of EL_WHICH(NEW); if the chain has no generation, remove all its pins. Under the
 * lock. */
void el_pin_unstage(struct el_context *context, const struct el_site *site);
/* Whether a process is in the middle of a swap, or was killed there. A detach does not count:
 * finishing it changes the processing of packets. */
bool el_pin_is_half(const struct el_context *context, const struct el_site *site);
/* Remove pins that were about to be renamed or removed. */
void el_pin_clear_half(struct el_context *context, const struct el_site *site);
/* Remove all pins of a chain without its lock; and with its lock. */
void el_pin_clear(struct el_context *context, const struct el_site *site);
void el_pin_remove(struct el_context *context, const struct el_site *site);
/* Remove the folders above a chain's pins, if they are empty. Needs no lock. */
void el_pin_tidy(struct el_context *context, const char *device);
/* Convert a device's name into a file name in bpffs, which does not allow dots. */
char *el_pin_device(const char *device);
/* Convert it back; NULL: it is not the name of a device's folder. */
char *el_pin_to_device(const char *file);
char *el_pin_path(const struct el_context *context, const struct el_site *site,
		  struct el_which which, const char *name);
/* Whether a name is reserved for pins of the chain itself, so that no instance can have it. */
bool el_pin_is_own(const char *name);
/* Whether a name in a device's folder is HOOK or begins with HOOK and a colon. */
bool el_pin_is_of_hook(const char *name, enum edge_hook hook);
/* NAME for the first program, NAME1, NAME2 … for further programs. malloc'ed. */
char *el_pin_numbered(const char *name, size_t number);
/* Open a pin of the chain itself. Return: a descriptor, or -errno; -EL_PIN_REPLACED: it is of
 * another kind (program, map, link) than the chain pins under that name. */
int el_pin_get(const struct el_context *context, const struct el_site *site, struct el_which which,
	       const char *name);
/* Note the error of a pin that exists and can't be opened: @error is positive. */
int el_pin_cannot_open(struct el_context *context, const char *path, int error);
/* The number of a generation's program in the kernel, or 0. */
uint32_t el_pin_program(const struct el_context *context, const struct el_site *site,
			struct el_which which);
/* Open the link in any generation that has it pinned: the current generation, or a generation that
 * is being made or removed. Return: a descriptor, or -errno. */
int el_pin_any_link(struct el_context *context, const struct el_site *site);
/* Return: 0 the chain has pins; -ENOENT it has none, without noting an error; otherwise an error is
 * noted. */
int el_pin_exists(struct el_context *context, const struct el_site *site);
/* Whether any generation is pinned: a generation with a number, or a generation that is being made.
 */
bool el_pin_any(struct el_context *context, const struct el_site *site);
int el_pin_check_bpffs(struct el_context *context);
/* Whether a bpffs is mounted at the context's path. */
bool el_pin_is_mounted(const struct el_context *context);
/* Note that @path can't be pinned, with the reason from errno. Return: -errno, noted. */
int el_pin_cannot(struct el_context *context, const char *path);
/* Whether edge-load's folder is below a bpffs and was made by a trusted user; also true if it does
 * not exist. */
bool el_pin_is_trusted(struct el_context *context);

/* ---- pin/lock.c: a lock ends when *@lock_fd is closed. -EBUSY (EL_CONFLICT): already locked */
/* Lock a chain for a change; lock all chains for a manifest. The context sets the time to wait. */
int el_pin_lock(struct el_context *context, const struct el_site *site, int *lock_fd);
int el_pin_lock_all(struct el_context *context, bool alone, int *lock_fd);
/* Lock the meaning of the names of shared maps; @folder holds these names. */
int el_pin_lock_shared(struct el_context *context, const char *folder, int *lock_fd);
/* Take the same lock, if no other process has it. Return: 0, or -errno, without noting an error. */
int el_pin_try_shared(struct el_context *context, const char *folder, int *lock_fd);
/* Lock the entries of generation @which exclusively, while they are copied from its maps to the
 * maps of another generation. */
int el_pin_lock_entries(struct el_context *context, const struct el_site *site,
			struct el_which which, int *lock_fd);
/* Lock the entries for changes of single entries: shared with other such commands, or exclusively
 * if @alone. @folder is the folder of a generation or of shared maps. -ENOENT it does not exist,
 * without noting an error. */
int el_pin_hold_entries(struct el_context *context, const char *folder, bool alone, int *lock_fd);

/* ---- pin/generation.c */
/* The numbers of the pinned generations, rising. malloc'ed. */
int el_pin_generations(struct el_context *context, const struct el_site *site, uint32_t **out,
		       size_t *count);
/* The number of the generation that is pinned as running, or 0. */
uint32_t el_pin_current(const struct el_context *context, const struct el_site *site);
/* el_pin_commit() gives the new generation its number and makes it current. el_pin_point() makes
 * another generation current; before the links change, el_pin_aim() can stage this. */
int el_pin_aim(struct el_context *context, const struct el_site *site, uint32_t generation);
int el_pin_commit(struct el_context *context, const struct el_site *site, uint32_t generation);
int el_pin_point(struct el_context *context, const struct el_site *site, uint32_t generation);
/* Remove one generation; it disappears as a whole. */
void el_pin_drop(struct el_context *context, const struct el_site *site, uint32_t generation);
/* Remove the oldest generations until @keep are left; never the current generation. */
void el_pin_prune(struct el_context *context, const struct el_site *site, uint32_t keep);
/* Begin a detach: rename the current generation's link to EL_WHICH(GONE). */
int el_pin_retire(struct el_context *context, const struct el_site *site);
/* Undo el_pin_retire(), when the detach failed. */
void el_pin_unretire(struct el_context *context, const struct el_site *site);

#endif

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The generations of a chain among the pins (pin.c draws them): their numbers, the running
 * generation, the switch to another generation, and their removal. Invariant: HOOK points to a
 * completely pinned generation.
 */
#include <dirent.h>

#include "kernel/bpffs.h"
#include "pin/pin.h"
#include "base/reason.h"

/* ---------------------------------------------------------------- committing */

static int cannot(struct el_context *context, const char *verb, const char *path)
{
	return el_fail(context, errno == EPERM || errno == EACCES ? EL_PRIVILEGE : EL_FAILED, errno,
		       NULL, "can't %s %s: %s", verb, path, el_reason(EL_OP_SYSTEM, errno));
}

static bool is_aimed(const struct el_context *context, const char *staged, const char *target)
{
	char text[64];

	return !el_bpffs_readlink(context->bpffs, staged, text, sizeof(text)) &&
	       !strcmp(text, target);
}

int el_pin_aim(struct el_context *context, const struct el_site *site, uint32_t generation)
{
	_cleanup_free_ char *staged = el_pin_path(context, site, EL_WHICH(POINT), NULL);
	_cleanup_free_ char *target = el_format("%s:%u", el_hook_name(site->hook), generation);

	if (!staged || !target)
		return el_fail_memory(context);
	if (is_aimed(context, staged, target))
		return 0;
	el_bpffs_unlink(context->bpffs, staged);
	return el_bpffs_symlink(context->bpffs, target, staged) ? cannot(context, "make", staged)
								: 0;
}

/* Complete el_pin_aim(): HOOK becomes the staged link. */
static int hit(struct el_context *context, const struct el_site *site)
{
	_cleanup_free_ char *path = el_pin_path(context, site, EL_WHICH(RUNNING), NULL);
	_cleanup_free_ char *staged = el_pin_path(context, site, EL_WHICH(POINT), NULL);
	int error;

	if (!path || !staged)
		return el_fail_memory(context);
	if (!el_bpffs_rename(context->bpffs, staged, path, 0))
		return 0;
	error = cannot(context, "replace", path);
	el_bpffs_unlink(context->bpffs, staged);
	return error;
}

int el_pin_point(struct el_context *context, const struct el_site *site, uint32_t generation)
{
	int error = el_pin_aim(context, site, generation);

	return error ? error : hit(context, site);
}

int el_pin_commit(struct el_context *context, const struct el_site *site, uint32_t generation)
{
	_cleanup_free_ char *staged = el_pin_path(context, site, EL_WHICH(NEW), NULL);
	_cleanup_free_ char *path = el_pin_path(context, site, EL_GENERATION(generation), NULL);
	int error;

	if (!staged || !path)
		return el_fail_memory(context);
	/* While the staged link exists, other processes can see that the work is unfinished
	 * (el_pin_is_half()). */
	error = el_pin_aim(context, site, generation);
	if (error)
		return error;
	if (el_bpffs_rename(context->bpffs, staged, path, 0)) {
		error = cannot(context, "rename", staged);
		el_pin_clear_half(context, site);
		return error;
	}
	error = hit(context, site);
	if (error)
		el_bpffs_rename(context->bpffs, path, staged, 0);
	return error;
}

/* ---------------------------------------------------------------- generations */

static int compare_numbers(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

int el_pin_generations(struct el_context *context, const struct el_site *site, uint32_t **out,
		       size_t *count)
{
	_cleanup_free_ char *file = el_pin_device(site->device);
	_cleanup_free_ char *above = file ? el_format("%s/%s", context->root, file) : NULL;
	_cleanup_dir_ DIR *dir = above ? el_bpffs_read(context->bpffs, above) : NULL;
	size_t prefix = strlen(el_hook_name(site->hook)) + 1, found = 0;
	_cleanup_free_ uint32_t *numbers = NULL;
	struct dirent *entry;

	if (!above)
		return el_fail_memory(context);
	if (!dir && errno != ENOENT)
		return cannot(context, "look into", above);
	while (dir && (entry = readdir(dir))) {
		uint32_t *more;
		char *end;
		unsigned long number;

		if (!el_pin_is_of_hook(entry->d_name, site->hook) ||
		    strlen(entry->d_name) <= prefix)
			continue;
		number = strtoul(entry->d_name + prefix, &end, 10);
		if (*end || !number || number > UINT32_MAX)
			continue;
		more = reallocarray(numbers, found + 1, sizeof(*numbers));
		if (!more)
			return el_fail_memory(context);
		numbers = more;
		numbers[found++] = (uint32_t)number;
	}
	if (found)
		qsort(numbers, found, sizeof(*numbers), compare_numbers);
	*out = TAKE_PTR(numbers);
	*count = found;
	return 0;
}

bool el_pin_any(struct el_context *context, const struct el_site *site)
{
	_cleanup_free_ char *staged = el_pin_path(context, site, EL_WHICH(NEW), NULL);
	_cleanup_free_ uint32_t *numbers = NULL;
	size_t count = 0;

	return el_pin_generations(context, site, &numbers, &count) || count || !staged ||
	       !el_is_absent(staged);
}

uint32_t el_pin_current(const struct el_context *context, const struct el_site *site)
{
	_cleanup_free_ char *path = el_pin_path(context, site, EL_WHICH(RUNNING), NULL);
	char target[64];
	const char *colon;

	if (!path || el_bpffs_readlink(context->bpffs, path, target, sizeof(target)))
		return 0;
	colon = strrchr(target, ':');
	return colon ? (uint32_t)strtoul(colon + 1, NULL, 10) : 0;
}

/* Rename the generation before the removal, because half a generation must not count as a
 * generation. The kernel empties a program array when its last pin goes. No packet uses it any
 * more: the caller has waited (el_hook_settle()). */
void el_pin_drop(struct el_context *context, const struct el_site *site, uint32_t generation)
{
	_cleanup_free_ char *old = el_pin_path(context, site, EL_WHICH(OLD), NULL);
	_cleanup_free_ char *path = el_pin_path(context, site, EL_GENERATION(generation), NULL);

	if (path && old)
		el_bpffs_remove_tree(context->bpffs,
				     el_bpffs_rename(context->bpffs, path, old, 0) ? path : old);
}

void el_pin_prune(struct el_context *context, const struct el_site *site, uint32_t keep)
{
	_cleanup_free_ uint32_t *numbers = NULL;
	uint32_t current = el_pin_current(context, site);
	size_t count = 0, left;

	if (!current || el_pin_generations(context, site, &numbers, &count))
		return;
	left = count;
	for (size_t i = 0; i < count && left > (keep ? keep : 1); i++) {
		if (numbers[i] == current)
			continue;
		el_pin_drop(context, site, numbers[i]);
		left--;
	}
}

/* ---------------------------------------------------------------- removing */

int el_pin_retire(struct el_context *context, const struct el_site *site)
{
	_cleanup_free_ char *path = el_pin_path(context, site, EL_WHICH(RUNNING), NULL);
	_cleanup_free_ char *gone = el_pin_path(context, site, EL_WHICH(GONE), NULL);

	if (!path || !gone)
		return el_fail_memory(context);
	if (!el_bpffs_rename(context->bpffs, path, gone, 0) || errno == ENOENT)
		return 0;
	return cannot(context, "rename", path);
}

void el_pin_unretire(struct el_context *context, const struct el_site *site)
{
	_cleanup_free_ char *path = el_pin_path(context, site, EL_WHICH(RUNNING), NULL);
	_cleanup_free_ char *gone = el_pin_path(context, site, EL_WHICH(GONE), NULL);

	if (path && gone)
		el_bpffs_rename(context->bpffs, gone, path, 0);
}

void el_pin_clear_half(struct el_context *context, const struct el_site *site)
{
	static const struct el_which halves[] = {{EL_WHICH_POINT, 0}, {EL_WHICH_LINK, 0}};
	_cleanup_free_ char *old = el_pin_path(context, site, EL_WHICH(OLD), NULL);

	for (size_t i = 0; i < sizeof(halves) / sizeof(*halves); i++) {
		_cleanup_free_ char *path = el_pin_path(context, site, halves[i], NULL);

		if (path)
			el_bpffs_unlink(context->bpffs, path);
	}
	if (old)
		el_bpffs_remove_tree(context->bpffs, old);
}

bool el_pin_is_half(const struct el_context *context, const struct el_site *site)
{
	static const struct el_which halves[] = {
		{EL_WHICH_NEW, 0}, {EL_WHICH_POINT, 0}, {EL_WHICH_LINK, 0}, {EL_WHICH_OLD, 0}};

	for (size_t i = 0; i < sizeof(halves) / sizeof(*halves); i++) {
		_cleanup_free_ char *path = el_pin_path(context, site, halves[i], NULL);

		if (path && !el_bpffs_find(context->bpffs, path))
			return true;
	}
	return false;
}

void el_pin_clear(struct el_context *context, const struct el_site *site)
{
	static const struct el_which others[] = {
		{EL_WHICH_SHARED, 0}, {EL_WHICH_RUNNING, 0}, {EL_WHICH_GONE, 0}};
	_cleanup_free_ char *staged = el_pin_path(context, site, EL_WHICH(NEW), NULL);
	_cleanup_free_ uint32_t *numbers = NULL;
	size_t count = 0;
	bool gone;

	if (!staged || el_pin_generations(context, site, &numbers, &count))
		return;
	el_pin_clear_half(context, site);
	gone = el_bpffs_remove_tree(context->bpffs, staged);
	for (size_t i = 0; i < count; i++) {
		_cleanup_free_ char *path =
			el_pin_path(context, site, EL_GENERATION(numbers[i]), NULL);

		gone &= path && el_bpffs_remove_tree(context->bpffs, path);
	}
	if (!gone)
		el_warn(context,
			"some pins of %s %s can't be removed; the next command tries again",
			site->device, el_hook_name(site->hook));
	/* Remove these pins last: while one of them exists, another process can finish the work. */
	for (size_t i = 0; gone && i < sizeof(others) / sizeof(*others); i++) {
		_cleanup_free_ char *path = el_pin_path(context, site, others[i], NULL);

		if (path)
			el_bpffs_unlink(context->bpffs, path);
	}
}

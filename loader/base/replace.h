/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_REPLACE_H
#define EL_REPLACE_H
/*
 * A file that is written for the caller, and takes the place of the one that is there.
 */
#include "base/base.h"

struct el_replacement {
	int fd;	      /* what is to be written to */
	int folder;   /* that the file is to be in; or -1 */
	char *name;   /* in there */
	char *beside; /* what the new file is called until it is complete; or NULL: fd is a pipe's
			 or a device's */
	bool unnamed; /* it is not called so yet */
};

/**
 * el_replace_begin() - open a new file beside @path
 * @streams: a pipe or a character device at @path is written into; else that is refused
 *
 * Errors are noted. Afterwards el_replace_end() puts the new file in the place of what is at @path,
 * if that is a regular file or nothing, or el_replace_give_up() removes it.
 */
int el_replace_begin(struct el_context *context, const char *path, bool streams,
		     struct el_replacement *file);
int el_replace_end(struct el_context *context, const char *path, struct el_replacement *file);
void el_replace_give_up(struct el_context *context, struct el_replacement *file);

#endif

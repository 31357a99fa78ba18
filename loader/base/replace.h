/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_REPLACE_H
#define EL_REPLACE_H
/*
 * A file that edge-load writes for the caller, and that replaces the existing file.
 */
#include "base/base.h"

struct el_replacement {
	int fd;	      /* the descriptor to write to */
	int folder;   /* the folder of the destination; or -1 */
	char *name;   /* the name of the destination in that folder */
	char *beside; /* the new file's name until it is complete; NULL: fd is a pipe or device */
	bool unnamed; /* the new file does not have the name @beside yet */
};

/**
 * el_replace_begin() - open a new file beside @path
 * @streams: write into a pipe or a character device at @path; otherwise such a file is refused
 *
 * Errors are noted. Afterwards, el_replace_end() moves the new file to @path, if that is a regular
 * file or does not exist; el_replace_give_up() removes the new file.
 */
int el_replace_begin(struct el_context *context, const char *path, bool streams,
		     struct el_replacement *file);
int el_replace_end(struct el_context *context, const char *path, struct el_replacement *file);
void el_replace_give_up(struct el_context *context, struct el_replacement *file);

#endif

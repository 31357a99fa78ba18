/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_SOURCE_H
#define EL_SOURCE_H
#include "base/rights.h"

struct el_source {
	const char *path;
	const char *flags; /* the flags of this source, or NULL */
	uid_t owner;
	int bytes;   /* a memory file */
	int headers; /* a memory file for clang's list of headers (-MD) */
};

/* The numbers of bytes and headers in clang's process. */
#define EL_SOURCE_BYTES	  "3"
#define EL_SOURCE_HEADERS "4"

/* Read the source at its path, and check its owner (el_file_open_owned()). The descriptors must be
 * -1 before the call. */
int el_source_open(struct el_context *context, struct el_source *source);
void el_source_close(struct el_source *source);
/* The rights of its compiler: the rights of the source's owner, if that is not root. */
struct el_rights_child el_source_rights(const struct el_context *context,
					const struct el_source *source);
/* Check the owners of all headers in clang's list. Return: 0; -EPERM (EL_PRIVILEGE). */
int el_source_check_headers(struct el_context *context, const struct el_source *source);

#endif

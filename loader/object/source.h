/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_SOURCE_H
#define EL_SOURCE_H
#include "base/rights.h"

struct el_source {
	const char *path;
	const char *flags; /* of its own, or NULL */
	uid_t owner;
	int bytes;   /* a memory file */
	int headers; /* another one, for clang's list of them (-MD) */
};

/* Their numbers in clang's process. */
#define EL_SOURCE_BYTES	  "3"
#define EL_SOURCE_HEADERS "4"

/* Of its path: read it, its owner checked (el_file_open_owned()). The descriptors are -1 before. */
int el_source_open(struct el_context *context, struct el_source *source);
void el_source_close(struct el_source *source);
/* What its compiler may do: what its owner may, where that is not root. */
struct el_rights_child el_source_rights(const struct el_context *context,
					const struct el_source *source);
/* Check the owners of all headers in clang's list. Return: 0; -EPERM (EL_PRIVILEGE). */
int el_source_check_headers(struct el_context *context, const struct el_source *source);

#endif

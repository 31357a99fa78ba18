/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef MEMORY_H
#define MEMORY_H
#include <stdbool.h>

/* Whether any allocation of this process has failed. */
bool memory_was_short(void);
/* Record a failed allocation that memory.c does not see. */
void memory_note_short(void);

#endif

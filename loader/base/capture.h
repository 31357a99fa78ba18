/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_CAPTURE_H
#define EL_CAPTURE_H
/*
 * What libbpf says, kept for the error's detail in place of the terminal. libbpf has one print
 * function for the whole process: between begin and end, the warnings of this thread are kept and
 * everything else is dropped.
 *
 *	struct el_capture capture;
 *
 *	el_capture_begin(&capture);
 *	bpf = bpf_object__open_mem(…);
 *	said = el_capture_end(&capture);
 */
#include "base/base.h"

struct el_capture {
	char *text; /* may be NULL */
	size_t size;
	FILE *stream;
	void *before; /* libbpf's print function until now */
};

void el_capture_begin(struct el_capture *capture);
/* Return: what was said, malloc'ed; NULL where nothing was. */
char *el_capture_end(struct el_capture *capture);

#endif

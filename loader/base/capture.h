/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_CAPTURE_H
#define EL_CAPTURE_H
/*
 * Captures libbpf's messages for the error's detail, so that libbpf does not print them on the
 * terminal. libbpf has one print function for the whole process: between begin and end, the
 * warnings of this thread are kept and all other messages are dropped.
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
	void *before; /* libbpf's print function before this capture */
};

void el_capture_begin(struct el_capture *capture);
/* Return: the captured warnings, malloc'ed; NULL if there are none. */
char *el_capture_end(struct el_capture *capture);

#endif

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Keeps what libbpf prints. The stream of the capture at work is this file's only state: libbpf
 * hands its print function no pointer of ours.
 */
#include <stdarg.h>
#include <bpf/libbpf.h>

#include "capture.h"

static _Thread_local FILE *stream_now;

static int keep(enum libbpf_print_level level, const char *format, va_list args)
{
	return level == LIBBPF_WARN && stream_now ? vfprintf(stream_now, format, args) : 0;
}

void el_capture_begin(struct el_capture *capture)
{
	capture->text = NULL;
	capture->size = 0;
	capture->stream = open_memstream(&capture->text, &capture->size);
	stream_now = capture->stream;
	capture->before = (void *)libbpf_set_print(keep);
}

char *el_capture_end(struct el_capture *capture)
{
	libbpf_set_print((libbpf_print_fn_t)capture->before);
	stream_now = NULL;
	if (capture->stream)
		fclose(capture->stream);
	if (!capture->size) {
		free(capture->text);
		capture->text = NULL;
	}
	return TAKE_PTR(capture->text);
}

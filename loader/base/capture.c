// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Captures libbpf's messages. The stream of the active capture is this file's only state: libbpf
 * passes no pointer of the caller to its print function.
 */
#include <stdarg.h>
#include <bpf/libbpf.h>

#include "base/capture.h"

static _Thread_local FILE *stream_now;

/* The BTF of an object is loaded for its maps, before the object itself is (load/maps.c). libbpf
 * reports the second load of the BTF as an error, and continues. */
static bool is_btf_there(const char *text)
{
	return strstr(text, "Error loading .BTF into kernel: -17.");
}

static int keep(enum libbpf_print_level level, const char *format, va_list args)
{
	_cleanup_free_ char *text = NULL;

	if (level != LIBBPF_WARN || !stream_now || vasprintf(&text, format, args) < 0)
		return 0;
	return is_btf_there(text) ? 0 : fputs(text, stream_now);
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
	if (capture->stream && el_stream_end(capture->stream, &capture->text))
		capture->size = 0;
	if (!capture->size) {
		free(capture->text);
		capture->text = NULL;
	}
	return TAKE_PTR(capture->text);
}

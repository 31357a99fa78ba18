// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The last error of a context, warnings and notes, and the few helpers that every other file needs.
 * No function here prints.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <sys/stat.h>

#include <nettle/base16.h>

#include "base/base.h"

const struct el_error *el_error_get(const struct el_context *context)
{
	return &context->error;
}

int(el_fail)(struct el_context *context, enum el_kind kind, int error, const char *hint,
	     const char *format, ...)
{
	va_list args;

	if (error == EMFILE || error == ENFILE) {
		kind = EL_FAILED;
		hint = NULL; /* el_reason() names the remedy; no object is missing or in the way */
	}
	context->error.kind = kind;
	va_start(args, format);
	vsnprintf(context->error.what, sizeof(context->error.what), format, args);
	va_end(args);
	snprintf(context->error.hint, sizeof(context->error.hint), "%s", hint ? hint : "");
	el_error_detail(context, NULL);
	return -error;
}

int(el_fail_memory)(struct el_context *context)
{
	return el_fail(context, EL_FAILED, ENOMEM, NULL, "out of memory");
}

int el_check_memory(struct el_context *context)
{
	return context->memory_was_short && context->memory_was_short() ? el_fail_memory(context)
									: 0;
}

void el_error_detail(struct el_context *context, char *detail)
{
	free(context->error.detail);
	context->error.detail = detail;
}

/* Hand the message to @take, the caller's warn() or note(), if the caller gave one. */
static void tell(const struct el_context *context, void (*take)(void *data, const char *message),
		 const char *format, va_list args)
{
	char message[1024];

	if (!take)
		return;
	vsnprintf(message, sizeof(message), format, args);
	take(context->warn_data, message);
}

void el_warn(struct el_context *context, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tell(context, context->warn, format, args);
	va_end(args);
}

void el_note(struct el_context *context, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	tell(context, context->note, format, args);
	va_end(args);
}

int el_stream_end(FILE *stream, char **text)
{
	bool failed = ferror(stream);

	if (!fclose(stream) && !failed && *text)
		return 0;
	free(*text);
	*text = NULL;
	return -ENOMEM;
}

char *el_format(const char *format, ...)
{
	char *text = NULL;
	va_list args;

	va_start(args, format);
	if (vasprintf(&text, format, args) < 0)
		text = NULL;
	va_end(args);
	return text;
}

double el_now_ms(void)
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return (double)now.tv_sec * 1e3 + (double)now.tv_nsec / 1e6;
}

void el_hex(char *out, const void *bytes, size_t size)
{
	base16_encode_update(out, size, bytes);
	out[BASE16_ENCODE_LENGTH(size)] = '\0';
}

/* Levenshtein's distance, with a single row; words of more than 64 characters are never near. */
static size_t edit_distance(const char *a, const char *b)
{
	size_t row[65], length = strlen(b);

	if (strlen(a) > 64 || length > 64)
		return SIZE_MAX;
	for (size_t j = 0; j <= length; j++)
		row[j] = j;
	for (size_t i = 1; a[i - 1]; i++) {
		size_t corner = row[0];

		row[0] = i;
		for (size_t j = 1; j <= length; j++) {
			size_t above = row[j];
			size_t best = corner + (a[i - 1] != b[j - 1]);

			if (above + 1 < best)
				best = above + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			row[j] = best;
			corner = above;
		}
	}
	return row[length];
}

const char *el_nearest(const char *word, const char *const *words, size_t count)
{
	const char *nearest = NULL;
	size_t least = strlen(word) / 3 + 2;

	for (size_t i = 0; i < count; i++) {
		size_t distance = edit_distance(word, words[i]);

		if (distance < least) {
			least = distance;
			nearest = words[i];
		}
	}
	return nearest;
}

int el_file_read_fd(int fd, char **out, size_t *size)
{
	_cleanup_free_ char *text = NULL;
	struct stat stat;
	size_t done = 0;

	if (fstat(fd, &stat))
		return -errno;
	if (S_ISDIR(stat.st_mode))
		return -EISDIR;
	/* A sparse file takes no room on the disk, but all of its size in memory. */
	if (stat.st_size > EL_FILE_MAX)
		return -EFBIG;
	text = malloc((size_t)stat.st_size + 1);
	if (!text)
		return -ENOMEM;
	while (done < (size_t)stat.st_size) {
		ssize_t got = read(fd, text + done, (size_t)stat.st_size - done);

		if (got < 0)
			return -errno;
		if (!got)
			break;
		done += (size_t)got;
	}
	text[done] = '\0';
	*out = TAKE_PTR(text);
	*size = done;
	return 0;
}

int el_file_read(const char *path, char **out, size_t *size)
{
	_cleanup_fd_ int fd = open(path, O_RDONLY | O_CLOEXEC);

	return fd < 0 ? -errno : el_file_read_fd(fd, out, size);
}

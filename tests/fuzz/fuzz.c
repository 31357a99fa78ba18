// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Code that the fuzz targets share: fuzz.h.
 */
#include <fcntl.h>
#include <ftw.h>
#include <limits.h>
#include <stdarg.h>
#include <sys/mman.h>

#include <jansson.h>

#include "fuzz.h"

struct el_context *fuzz_context(void)
{
	static struct el_context *context;
	const struct el_context_options options = {.bpffs = fuzz_folder()};

	if (!context)
		fuzz_check(!el_context_open(&context, &options), "no context");
	return context;
}

void fuzz_found(const char *format, ...)
{
	va_list args;

	fputs("FOUND: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	abort();
}

void fuzz_check_noted(int error)
{
	struct el_context *context = fuzz_context();

	fuzz_check(error <= 0, "an error of %d", error);
	fuzz_check(!error || *context->error.what, "error %d has no words", error);
	*context->error.what = '\0';
}

void fuzz_check_json(const char *text)
{
	json_error_t error;
	json_t *json = json_loads(text, JSON_DECODE_ANY | JSON_ALLOW_NUL, &error);

	/* Integers of jansson end at 2^63 - 1; integers of JSON have no limit. */
	fuzz_check(json || strstr(error.text, "too big integer"), "no JSON: %s: %s", error.text,
		   text);
	json_decref(json);
}

/* ---------------------------------------------------------------- the input */

uint64_t fuzz_number(struct fuzz_input *input, size_t bytes)
{
	uint64_t number = 0;

	for (size_t i = 0; i < bytes && input->left; i++, input->left--)
		number |= (uint64_t)*input->at++ << 8 * i;
	return number;
}

static char *take(struct fuzz_input *input, size_t length)
{
	char *text = malloc(length + 1);

	fuzz_check(text, "no memory");
	memcpy(text, input->at, length);
	text[length] = '\0';
	input->at += length;
	input->left -= length;
	return text;
}

char *fuzz_text(struct fuzz_input *input)
{
	const uint8_t *end = input->left ? memchr(input->at, '\0', input->left) : NULL;
	char *text = take(input, end ? (size_t)(end - input->at) : input->left);

	fuzz_number(input, 1);
	return text;
}

char *fuzz_rest(struct fuzz_input *input)
{
	return take(input, input->left);
}

/* ---------------------------------------------------------------- files */

static int remove_one(const char *path, const struct stat *status, int type, struct FTW *ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	return remove(path);
}

static void remove_folder(void)
{
	nftw(fuzz_folder(), remove_one, 16, FTW_DEPTH | FTW_PHYS);
}

const char *fuzz_folder(void)
{
	static char folder[PATH_MAX];
	const char *base = getenv("TMPDIR");

	if (*folder)
		return folder;
	snprintf(folder, sizeof(folder), "%s/edge-load-fuzz.XXXXXX", base ? base : "/dev/shm");
	fuzz_check(mkdtemp(folder), "no folder at %s: %s", folder, strerror(errno));
	atexit(remove_folder);
	return folder;
}

static void put(int fd, const void *data, size_t size)
{
	fuzz_check(!ftruncate(fd, 0) && pwrite(fd, data, size, 0) == (ssize_t)size,
		   "can't write a file: %s", strerror(errno));
}

const char *fuzz_file(const char *name, const void *data, size_t size)
{
	static char path[PATH_MAX + NAME_MAX];
	int fd;

	snprintf(path, sizeof(path), "%s/%s", fuzz_folder(), name);
	fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	fuzz_check(fd >= 0, "can't make %s: %s", path, strerror(errno));
	put(fd, data, size);
	close(fd);
	return path;
}

void fuzz_standard_input(const void *data, size_t size)
{
	static int fd = -1;

	if (fd < 0) {
		fd = memfd_create("input", MFD_CLOEXEC);
		fuzz_check(fd >= 0 && dup2(fd, STDIN_FILENO) == STDIN_FILENO, "no memory file");
	}
	put(fd, data, size);
	lseek(STDIN_FILENO, 0, SEEK_SET);
}

/* A new descriptor gets the lowest free number. */
size_t fuzz_descriptors(void)
{
	int fd = dup(STDERR_FILENO);

	close(fd);
	return (size_t)fd;
}

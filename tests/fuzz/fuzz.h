/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef FUZZ_H
#define FUZZ_H
/*
 * What the fuzz targets share. A target is one reader of bytes that other people write: it defines
 * LLVMFuzzerTestOneInput() (llvm.org/docs/LibFuzzer.html), hands the input to the reader, and holds
 * what the reader made of it against what must be true of it.
 */
#include "../../loader/base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* One library context for all inputs of a target, made at the first call. */
struct el_context *fuzz_context(void);

/* End the program with a message, and so report the input, where @good is false. */
#define fuzz_check(good, ...)                    \
	do {                                     \
		if (!(good))                     \
			fuzz_found(__VA_ARGS__); \
	} while (0)
void fuzz_found(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
/* Of an operation that returned @error: where it failed, an error was noted that says something. */
void fuzz_check_noted(int error);
/* Each of these is one value in JSON. */
void fuzz_check_json(const char *text);

/* The input, taken from its start bit by bit; where it is at its end, all is zero and empty. */
struct fuzz_input {
	const uint8_t *at;
	size_t left;
};

uint64_t fuzz_number(struct fuzz_input *input, size_t bytes); /* little-endian */
/* Up to the next NUL, which is passed over; or to the end. malloc'ed. */
char *fuzz_text(struct fuzz_input *input);
/* All that is left. malloc'ed, with a NUL behind it. */
char *fuzz_rest(struct fuzz_input *input);

/* The path of a file that holds this, good until the next call with this name. */
const char *fuzz_file(const char *name, const void *data, size_t size);
/* The same bytes on standard input. */
void fuzz_standard_input(const void *data, size_t size);
/* A folder of the target's own; its path. */
const char *fuzz_folder(void);

/* How many descriptors are open: for the test that a reader closes its own. */
size_t fuzz_descriptors(void);

#endif

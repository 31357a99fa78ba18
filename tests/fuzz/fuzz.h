/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef FUZZ_H
#define FUZZ_H
/*
 * Code that the fuzz targets share. A target is a reader of untrusted bytes: it defines
 * LLVMFuzzerTestOneInput() (llvm.org/docs/LibFuzzer.html), hands the input to the reader, and
 * checks the reader's result against its invariants.
 */
#include "../../loader/base/base.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* Return: the library context for all inputs of a target, made by the first call. */
struct el_context *fuzz_context(void);

/* If @good is false, end the program with a message; the fuzzer then reports the input. */
#define fuzz_check(good, ...)                    \
	do {                                     \
		if (!(good))                     \
			fuzz_found(__VA_ARGS__); \
	} while (0)
void fuzz_found(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
/* Check an operation that returned @error: if it failed, it must have noted an error with a
 * message. */
void fuzz_check_noted(int error);
/* Check that @text is one JSON value. */
void fuzz_check_json(const char *text);

/* The input, read from its start. At the end of the input, all numbers are zero and all texts
 * empty. */
struct fuzz_input {
	const uint8_t *at;
	size_t left;
};

uint64_t fuzz_number(struct fuzz_input *input, size_t bytes); /* little-endian */
/* The text up to the next NUL, which is skipped, or up to the end. malloc'ed. */
char *fuzz_text(struct fuzz_input *input);
/* All remaining bytes. malloc'ed, with a NUL after the end. */
char *fuzz_rest(struct fuzz_input *input);

/* Write a file with these bytes. Return: its path, valid until the next call with this name. */
const char *fuzz_file(const char *name, const void *data, size_t size);
/* Put these bytes on standard input. */
void fuzz_standard_input(const void *data, size_t size);
/* Return: the path of the target's private folder. */
const char *fuzz_folder(void);

/* Return: the number of open descriptors, to test that a reader closes the descriptors it opens. */
size_t fuzz_descriptors(void);

#endif

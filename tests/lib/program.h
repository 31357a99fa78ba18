/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef PROGRAM_H
#define PROGRAM_H
/*
 * Loads one object with entries for both hooks, by libbpf alone, sets its parameters in .rodata, and runs it on packets from
 * memory (BPF_PROG_TEST_RUN). No program is attached, and no traffic flows.
 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <arpa/inet.h>
#include <bpf/bpf.h>
#include <bpf/libbpf.h>
#include <cmocka.h>

#include "lib/address.h"
#include "lib/packet.h"

enum hook { XDP, TC };

extern const enum hook hooks[2];
extern const char *const hook_names[2];

/* The kernel's names of a program's answers: linux/bpf.h and linux/pkt_cls.h. */
extern const int answer_next[2], answer_drop[2];

struct program {
	struct bpf_object *object;
	int fd[2]; /* by hook */
};

struct param {
	const char *name;
	const void *value;
	size_t size;
};

#define PARAM(name, variable)                       \
	{                                           \
		name, &(variable), sizeof(variable) \
	}

struct result {
	int answer;
	struct packet out;
};

/* Load the object @path below build/ with these parameters, or fail the test. */
void program_load(struct program *program, const char *path, const struct param *params,
		  size_t count);
void program_close(struct program *program);
/* Return: the descriptor of the map @name. */
int program_map(const struct program *program, const char *name);

/* Run one packet through the program @fd. */
void program_run_fd(int fd, const struct packet *in, struct result *result);
void program_run(const struct program *program, enum hook hook, const struct packet *in,
		 struct result *result);

/* Assert that all checksums of the packet are right. */
void assert_checksums(const struct packet *packet);
/* Assert that the packet is unchanged. */
void assert_untouched(const struct result *result, const struct packet *in);
/* Assert that the answer is @answer, and the packet is @want, byte by byte. */
void assert_result(const struct result *result, int answer, const struct packet *want);
/* Without the privilege no program can run: the test is skipped, and does not pass. */
void skip_without_bpf(void);

#endif

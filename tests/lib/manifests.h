/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef MANIFESTS_H
#define MANIFESTS_H
/*
 * Manifests from a text.
 */
#include "lib/scratch.h"

#include "manifest/manifest.h"

/* A manifest up to the instances of its chain, which start at line 5, indented by two blanks. */
#define HEAD "version: 1\nchains:\n- device: eth0\n  instances:\n"
/* A manifest up to the maps of its instance, which start at line 8, indented by eight blanks. */
#define MAPS HEAD "  - name: fw\n    function: blocklist\n    maps:\n"

extern struct el_manifest *manifest; /* the last one that was opened */

/* Write edge.yaml into the scratch folder, and open it. Return: as el_manifest_open(). */
int open_bytes(const char *text, size_t size);

int open_text(const char *text);
/* Open a manifest of one chain, or fail the test. Return: the chain. */
const struct el_manifest_chain *chain_of(const char *text);

void assert_at(struct el_position position, uint32_t line, uint32_t column);

int manifests_teardown(void **state);

#endif

/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef MANIFESTS_H
#define MANIFESTS_H
/*
 * Opens a manifest from a text. Include this header once, after cmocka.h.
 */
#include "scratch.h"

#include "manifest/manifest.h"

/* A manifest up to the instances of its chain, which start at line 5, indented by two blanks. */
#define HEAD "version: 1\nchains:\n- device: eth0\n  instances:\n"
/* A manifest up to the maps of its instance, which start at line 8, indented by eight blanks. */
#define MAPS HEAD "  - name: fw\n    function: blocklist\n    maps:\n"

static struct el_manifest *manifest;

static inline int open_bytes(const char *text, size_t size)
{
	el_manifest_free(manifest);
	manifest = NULL;
	write_file("edge.yaml", text, size);
	return el_manifest_open(context, at("edge.yaml"), &manifest);
}

static inline int open_text(const char *text)
{
	return open_bytes(text, strlen(text));
}

static inline const struct el_manifest_chain *chain_of(const char *text)
{
	if (open_text(text))
		fail_msg("%s", last_error()->what);
	assert_int_equal(manifest->chains_count, 1);
	return &manifest->chains[0];
}

static inline void assert_at(struct el_position position, uint32_t line, uint32_t column)
{
	assert_int_equal(position.line, line);
	assert_int_equal(position.column, column);
}

static inline int manifests_teardown(void **state)
{
	el_manifest_free(manifest);
	return scratch_teardown(state);
}

#endif

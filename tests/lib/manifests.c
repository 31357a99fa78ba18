// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Manifests from a text. */
#include "lib/manifests.h"

struct el_manifest *manifest;

int open_bytes(const char *text, size_t size)
{
	el_manifest_free(manifest);
	manifest = NULL;
	write_file("edge.yaml", text, size);
	return el_manifest_open(context, at("edge.yaml"), &manifest);
}

int open_text(const char *text)
{
	return open_bytes(text, strlen(text));
}

const struct el_manifest_chain *chain_of(const char *text)
{
	if (open_text(text))
		fail_msg("%s", last_error()->what);
	assert_int_equal(manifest->chains_count, 1);
	return &manifest->chains[0];
}

void assert_at(struct el_position position, uint32_t line, uint32_t column)
{
	assert_int_equal(position.line, line);
	assert_int_equal(position.column, column);
}

int manifests_teardown(void **state)
{
	el_manifest_free(manifest);
	return scratch_teardown(state);
}

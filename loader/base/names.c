// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The names of enum values, as users write and read them.
 */
#include "base/base.h"

static const char *const hook_names[] = {"xdp", "tc-ingress", "tc-egress"};
static const char *const mode_names[] = {"default", "native", "generic", "tcx",
					 "clsact",  "shared", "offload"};
static const char *const verdict_names[] = {"next", "pass", "drop", "tx", "redirect", "abort"};

const char *el_hook_name(enum edge_hook hook)
{
	return hook_names[hook];
}

int el_hook_parse(const char *text, enum edge_hook *hook)
{
	for (size_t i = 0; i < sizeof(hook_names) / sizeof(*hook_names); i++) {
		if (strcmp(text, hook_names[i]))
			continue;
		*hook = (enum edge_hook)i;
		return 0;
	}
	return -EINVAL;
}

const char *el_mode_name(enum el_mode mode)
{
	return (size_t)mode < sizeof(mode_names) / sizeof(*mode_names) ? mode_names[mode]
								       : "unknown";
}

const char *el_order_name(enum el_order order)
{
	static const char *const names[] = {"any", "before", "after"};

	return names[order];
}

const char *el_state_name(enum el_state state)
{
	static const char *const names[] = {"runs",  "detached",  "replaced",  "kept",
					    "moved", "elsewhere", "unreadable"};

	return names[state];
}

const char *el_verdict_name(enum edge_verdict verdict)
{
	return verdict < EDGE_VERDICTS ? verdict_names[verdict] : "unknown";
}

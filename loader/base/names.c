// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The names of enum values, as users write and read them.
 */
#include "base/base.h"

static const char *const hook_names[] = {
	[EDGE_HOOK_XDP] = "xdp",
	[EDGE_HOOK_TC_INGRESS] = "tc-ingress",
	[EDGE_HOOK_TC_EGRESS] = "tc-egress",
};
static const char *const mode_names[] = {
	[EL_MODE_DEFAULT] = "default", [EL_MODE_NATIVE] = "native", [EL_MODE_GENERIC] = "generic",
	[EL_MODE_TCX] = "tcx",	       [EL_MODE_CLSACT] = "clsact", [EL_MODE_SHARED] = "shared",
	[EL_MODE_OFFLOAD] = "offload",
};
static const char *const verdict_names[EDGE_VERDICTS] = {
	[EDGE_NEXT] = "next", [EDGE_PASS] = "pass",	    [EDGE_DROP] = "drop",
	[EDGE_TX] = "tx",     [EDGE_REDIRECT] = "redirect", [EDGE_ABORT] = "abort",
};

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
	static const char *const names[] = {
		[EL_ORDER_ANY] = "any",
		[EL_ORDER_BEFORE] = "before",
		[EL_ORDER_AFTER] = "after",
	};

	return names[order];
}

const char *el_state_name(enum el_state state)
{
	static const char *const names[] = {
		[EL_STATE_RUNS] = "runs",
		[EL_STATE_DETACHED] = "detached",
		[EL_STATE_REPLACED] = "replaced",
		[EL_STATE_KEPT] = "kept",
		[EL_STATE_MOVED] = "moved",
		[EL_STATE_ELSEWHERE] = "elsewhere",
		[EL_STATE_UNREADABLE] = "unreadable",
	};

	return names[state];
}

const char *el_verdict_name(enum edge_verdict verdict)
{
	return verdict < EDGE_VERDICTS ? verdict_names[verdict] : "unknown";
}

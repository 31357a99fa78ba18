// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Sources of objects, and the check of a refused object. */
#include "lib/objects.h"

const char edge_source[] =
	"#define EDGE_HELP \"guards a door\"\n"
	"#include <edge/edge.h>\n"
	"struct { __uint(type, BPF_MAP_TYPE_HASH); __uint(max_entries, 77);\n"
	"	 __type(key, struct edge_prefix); __type(value, __u64); } seen SEC(\".maps\");\n"
	"EDGE_PARAM_RANGE(__u32, pps, 1000, 1, 5000, \"packets a second\");\n"
	"EDGE_PARAM(edge_ip4, gate, 0, \"who may\");\n"
	"EDGE_FUNCTION(guard)\n"
	"{\n"
	"	struct edge_prefix key = {.length = pps};\n"
	"	if (bpf_map_lookup_elem(&seen, &key) || gate)\n"
	"		return edge_drop(pkt, \"seen before\");\n"
	"	return EDGE_NEXT;\n"
	"}\n";

void build(const char *source, const char *text, const char *object)
{
	write_text(source, text);
	if (el_compile(context, at("%s", source), at("%s", object)))
		fail_msg("%s\n%s", last_error()->what, last_error()->detail);
}

void build_guard(void)
{
	if (access(at("guard.o"), F_OK))
		build("guard.bpf.c", edge_source, "guard.o");
}

struct el_object *open_object(const char *name)
{
	struct el_object *object = NULL;

	if (el_object_open(context, name, &object))
		fail_msg("%s", last_error()->what);
	return object;
}

void assert_refused(const char *name, int error, enum el_kind kind, const char *what)
{
	struct el_object *object = (void *)-1;

	assert_int_equal(el_object_open(context, name, &object), -error);
	assert_ptr_equal(object, (void *)-1);
	assert_contains(last_error()->what, what);
	assert_int_equal(last_error()->kind, kind);
}

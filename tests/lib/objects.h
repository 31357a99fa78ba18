/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef OBJECTS_H
#define OBJECTS_H
/*
 * Sources of objects, and the check of a refused object.
 */
#include "lib/scratch.h"

#define ORDINARY "#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n"
#define LICENSE	 "char _license[] SEC(\"license\") = \"GPL\";\n"
#define XDP(section, name) \
	"SEC(\"" section "\") int " name "(struct xdp_md *ctx) { return XDP_PASS; }\n"
#define TC(section, name) "SEC(\"" section "\") int " name "(struct __sk_buff *skb) { return 0; }\n"

/* A function "guard" with two parameters, a map and a drop reason. */
extern const char edge_source[];

/* Write @text to @source in the scratch folder, and compile it to @object there. */
void build(const char *source, const char *text, const char *object);

/* Build guard.o, once for all tests. */
void build_guard(void);

struct el_object *open_object(const char *name);

/* Opening the object must fail with this errno and kind, and the error must contain @what. */
void assert_refused(const char *name, int error, enum el_kind kind, const char *what);

#endif

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* content: filters and changes HTTP requests by their payload, in three ways. */
#define EDGE_HELP "filter and change HTTP requests by what is in them"
#include <edge/edge.h>

enum { FIRST = 5, PATH = 5 }; /* length of "GET /"; number of path bytes that are compared */

EDGE_PARAM_RANGE(__u8, how, 0, 0, 2, "0: a pointer to the start, 1: one to the path, 2: a copy");

EDGE_INLINE bool content_is(const char *text, const char *wanted)
{
	for (int i = 0; i < PATH; i++)
		if (text[i] != wanted[i])
			return false;
	return true;
}

EDGE_FUNCTION_FRAGS(content)
{
	char path[PATH], file[PATH] = {'/', 'f', 'i', 'l', 'e'};
	long error = 0;
	char *at;

	if (!pkt->tcp || pkt->tcp->dest != bpf_htons(80) || pkt->payload_length < FIRST + PATH)
		return EDGE_NEXT;
	if (how == 0) {
		at = edge_payload(pkt, FIRST + PATH);
		at = at ? at + FIRST - 1 : NULL;
	} else if (how == 1) {
		at = edge_payload_at(pkt, FIRST - 1, PATH);
	} else {
		at = edge_payload_read(pkt, FIRST - 1, path, PATH) ? NULL : path;
	}
	if (!at)
		return edge_drop(pkt, "unreadable");
	if (content_is(at, "/drop"))
		return edge_drop(pkt, "content");
	/* edge_payload_write() invalidates pointers into the payload. */
	if (content_is(at, "/edit"))
		error = edge_payload_write(pkt, FIRST - 1, file, PATH);
	else if (content_is(at, "/oddl"))
		error = edge_payload_write(pkt, FIRST, file + 1, PATH - 1);
	return error ? edge_drop(pkt, "unwritable") : EDGE_NEXT;
}

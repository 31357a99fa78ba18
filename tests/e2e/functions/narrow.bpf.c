// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* narrow: answers packets that are longer than an MTU, as in front of a tunnel. */
#define EDGE_HELP "tell senders of a smaller MTU"
#include <edge/edge.h>

EDGE_PARAM(__u32, mtu, 1400, "the longest IP packet that fits");

EDGE_FUNCTION_FRAGS(narrow)
{
	enum edge_verdict verdict = edge_too_big(pkt, mtu);

	return verdict == EDGE_DROP ? edge_drop(pkt, "large") : verdict;
}

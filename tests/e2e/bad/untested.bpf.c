// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* untested: uses a header's pointer without a test; the verifier refuses it. */
#include <edge/edge.h>

EDGE_FUNCTION(untested)
{
	return pkt->tcp->syn ? EDGE_DROP : EDGE_NEXT;
}

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* untested: uses a header pointer without a NULL test; the verifier refuses the program. */
#include <edge/edge.h>

EDGE_FUNCTION(untested)
{
	return pkt->tcp->syn ? EDGE_DROP : EDGE_NEXT;
}

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* unbounded: reads past the end of a packet; the verifier refuses the program. */
#include <edge/edge.h>

EDGE_FUNCTION(unbounded)
{
	const __u8 *data = pkt->data;

	return data[100] == 1 ? EDGE_DROP : EDGE_NEXT;
}

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* broken: does not compile; line 7 says why. */
#include <edge/edge.h>

EDGE_FUNCTION(broken)
{
	return EDGE_NEXT + nowhere;
}

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* broken: does not compile, because of the undefined name in line 7. */
#include <edge/edge.h>

EDGE_FUNCTION(broken)
{
	return EDGE_NEXT + nowhere;
}

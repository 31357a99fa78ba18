// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The plain programs of tests/e2e/plain for TC, in chains (lib/plain.h). A program is a test.
 */
#include "lib/plain.h"

static const struct exception exceptions[] = {
	/* the tail call does not return, but the kernel continues after the program's link */
	{"tc_tail_call", 'l'},
};

int main(void)
{
	return plain_main(TC, exceptions, sizeof(exceptions) / sizeof(*exceptions));
}

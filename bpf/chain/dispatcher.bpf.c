// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A dispatcher of libxdp's protocol (its version 2), for kernels that refuse our entry in the
 * dispatcher of libxdp up to 1.5: since Linux 6.13, and in the stable 6.12 series, a function that
 * changes packets can only replace a function that may change packets, and a tail call counts as a
 * change. So these slots say that they may change packets, by a call that changes nothing.
 *
 * The names are the protocol's: prog0 … prog9 are the slots; libxdp tries compat_test and xdp_pass
 * first, and fills in conf. A slot without a program returns a value that always means: go on.
 */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include <xdp/prog_dispatcher.h>

static volatile const struct xdp_dispatcher_config conf = {};

/* The compiler must not know a slot's answer. */
#define SLOT(name)                                                 \
	__attribute__((noinline)) int name(struct xdp_md *context) \
	{                                                          \
		volatile int answer = XDP_DISPATCHER_RETVAL;       \
                                                                   \
		if (!context)                                      \
			return XDP_ABORTED;                        \
		bpf_xdp_adjust_tail(context, 0);                   \
		return answer;                                     \
	}

SLOT(prog0)
SLOT(prog1)
SLOT(prog2)
SLOT(prog3)
SLOT(prog4)
SLOT(prog5)
SLOT(prog6)
SLOT(prog7)
SLOT(prog8)
SLOT(prog9)
SLOT(compat_test)

#define RUN(number)                                                             \
	do {                                                                    \
		int answer;                                                     \
                                                                                \
		if (count <= (number))                                          \
			return XDP_PASS;                                        \
		answer = prog##number(context);                                 \
		if (!((1U << (answer & 31)) & conf.chain_call_actions[number])) \
			return answer;                                          \
	} while (0)

SEC("xdp")
int xdp_dispatcher(struct xdp_md *context)
{
	__u8 count = conf.num_progs_enabled;

	RUN(0);
	RUN(1);
	RUN(2);
	RUN(3);
	RUN(4);
	RUN(5);
	RUN(6);
	RUN(7);
	RUN(8);
	RUN(9);
	if (count <= 10)
		return XDP_PASS;
	/* Never: the slot has to be part of the program. */
	return compat_test(context);
}

SEC("xdp")
int xdp_pass(struct xdp_md *context)
{
	return XDP_PASS;
}

char _license[] SEC("license") = "GPL";
__uint(dispatcher_version, XDP_DISPATCHER_VERSION) SEC(XDP_METADATA_SECTION);

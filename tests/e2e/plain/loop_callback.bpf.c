// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* bpf_loop() with a callback that reads the packet; the callback's context is on the stack. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct search {
	struct xdp_md *ctx;
	__u32 found;
};

static long look(__u32 index, void *data)
{
	struct search *search = data;
	__u8 byte;

	if (bpf_xdp_load_bytes(search->ctx, index * 4, &byte, 1))
		return 1;
	if (byte == 0x45)
		search->found = index + 1;
	return search->found != 0;
}

SEC("xdp.frags")
int loop_callback(struct xdp_md *ctx)
{
	struct search search = {ctx, 0};

	bpf_loop(64, look, &search, 0);
	return search.found ? XDP_TX : XDP_PASS;
}

char _license[] SEC("license") = "GPL";

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Reads and writes the packet through a dynptr, with kernel functions (kernel 6.4). */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

extern int bpf_dynptr_from_xdp(struct xdp_md *ctx, __u64 flags, struct bpf_dynptr *out) __ksym;
extern void *bpf_dynptr_slice(const struct bpf_dynptr *p, __u32 offset, void *buffer,
			      __u32 size) __ksym;

SEC("xdp")
int dynptr_packet(struct xdp_md *ctx)
{
	struct bpf_dynptr packet;
	__u8 buffer[14] = {}, *eth, mark = 0x5a;

	if (bpf_dynptr_from_xdp(ctx, 0, &packet))
		return XDP_ABORTED;
	eth = bpf_dynptr_slice(&packet, 0, buffer, sizeof(buffer));
	if (!eth)
		return XDP_DROP;
	if (eth[12] != 8)
		return XDP_PASS;
	bpf_dynptr_write(&packet, 5, &mark, 1, 0);
	return XDP_TX;
}

char _license[] SEC("license") = "GPL";

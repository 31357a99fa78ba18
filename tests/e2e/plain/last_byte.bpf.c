// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Walks to the last byte of the packet: the loop ends when the pointer is equal to data_end. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int last_byte(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	unsigned int offset = 14;

	for (int i = 0; i < 1500; i++) {
		if (data + offset > end)
			return XDP_PASS;
		if (data + offset == end)
			goto read;
		offset++;
	}
	return XDP_PASS;
read:
	return *(__u8 *)(data + (offset - 1)) & 1 ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* A bounded loop over the packet's bytes, which compares each byte's address with the packet's
 * end. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

SEC("xdp")
int byte_sum(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 sum = 0;

	for (int i = 0; i < 200; i++) {
		__u8 *byte = data + i;

		if ((void *)(byte + 1) > end)
			break;
		sum += *byte;
	}
	return sum & 1 ? XDP_PASS : XDP_DROP;
}

char _license[] SEC("license") = "GPL";

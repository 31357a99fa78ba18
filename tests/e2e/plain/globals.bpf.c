// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Global variables of each kind: zeroed, initialised, read-only, a table, a string. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct totals {
	__u64 packets, bytes, by_class[4];
} totals;
__u32 limit = 90;
static __u8 last_bytes[4] = {1, 2, 3, 4};
const volatile __u32 step = 3;
static const __u8 classes[16] = {0, 1, 2, 3, 3, 2, 1, 0, 1, 1, 2, 2, 3, 3, 0, 0};
static const char text[] = "edge";

SEC("xdp")
int globals(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 class = classes[(end - data) & 15];

	totals.packets += step;
	totals.bytes += end - data;
	totals.by_class[class & 3]++;
	if (data + 4 > end)
		return XDP_DROP;
	last_bytes[class & 3] += text[class & 3];
	limit += last_bytes[0] & 1;
	return end - data > limit ? XDP_TX : XDP_PASS;
}

char _license[] SEC("license") = "GPL";

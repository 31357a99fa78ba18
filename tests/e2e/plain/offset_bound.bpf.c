// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Compares an offset from a map with its bound, and with the packet's end, in one condition. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u16);
} offsets SEC(".maps");

SEC("xdp")
int offset_bound(struct xdp_md *ctx)
{
	void *data = (void *)(long)ctx->data, *end = (void *)(long)ctx->data_end;
	__u32 key = 0;
	__u16 *offset = bpf_map_lookup_elem(&offsets, &key);
	__u8 *at;

	if (!offset)
		return XDP_PASS;
	at = data + *offset;
	if (*offset > 256 || (void *)(at + 20) > end)
		return XDP_PASS;
	*offset = (*offset + 3) % 40;
	return at[9] & 1 ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";

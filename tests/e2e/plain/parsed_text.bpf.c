// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Compares an HTTP method with bpf_strncmp(), and writes a number with bpf_snprintf(). */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, char[16]);
} said SEC(".maps");

static const char format[] = "%d bytes";

SEC("xdp")
int parsed_text(struct xdp_md *ctx)
{
	char start[8] = {};
	__u64 length = ctx->data_end - ctx->data;
	__u32 key = 0;
	char *text = bpf_map_lookup_elem(&said, &key);

	if (!text)
		return XDP_ABORTED;
	bpf_snprintf(text, 16, format, &length, sizeof(length));
	if (bpf_xdp_load_bytes(ctx, 54, start, sizeof(start) - 1))
		return XDP_PASS;
	return bpf_strncmp(start, 4, "GET ") ? XDP_PASS : XDP_DROP;
}

char _license[] SEC("license") = "GPL";

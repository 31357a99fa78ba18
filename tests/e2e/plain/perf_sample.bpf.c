// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Writes packet samples to a perf event array without a reader. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_PERF_EVENT_ARRAY);
	__uint(key_size, sizeof(__u32));
	__uint(value_size, sizeof(__u32));
} samples SEC(".maps");

struct sample {
	__u16 cookie, length;
};

SEC("xdp")
int perf_sample(struct xdp_md *ctx)
{
	struct sample sample = {0xdead, ctx->data_end - ctx->data};
	__u64 flags = BPF_F_CURRENT_CPU | (__u64)(sample.length < 64 ? sample.length : 64) << 32;

	return bpf_perf_event_output(ctx, &samples, flags, &sample, sizeof(sample)) ? XDP_PASS
										    : XDP_DROP;
}

char _license[] SEC("license") = "GPL";

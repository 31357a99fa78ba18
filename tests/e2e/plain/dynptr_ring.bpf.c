// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* A ring buffer record of variable length, reserved through a dynptr. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_RINGBUF);
	__uint(max_entries, 4096);
} records SEC(".maps");

SEC("xdp")
int dynptr_ring(struct xdp_md *ctx)
{
	__u32 length = ctx->data_end - ctx->data;
	struct bpf_dynptr record;
	int error;

	error = bpf_ringbuf_reserve_dynptr(&records, 8 + length % 8, 0, &record);
	if (!error)
		error = bpf_dynptr_write(&record, 4, &length, sizeof(length), 0);
	bpf_ringbuf_discard_dynptr(&record, 0);
	return error ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";

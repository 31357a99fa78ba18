// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
// clang: -mcpu=v3
/* Atomic operations of 32 and 64 bits whose results are used. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} cells SEC(".maps");

__u32 turn;

SEC("xdp")
int atomics(struct xdp_md *ctx)
{
	__u32 zero = 0, one = 1, before;
	__u64 *sum = bpf_map_lookup_elem(&cells, &zero), *last = bpf_map_lookup_elem(&cells, &one);
	__u64 length = ctx->data_end - ctx->data, old;

	if (!sum || !last)
		return XDP_ABORTED;
	before = __sync_fetch_and_add(&turn, 1);
	old = __sync_lock_test_and_set(last, length);
	__sync_fetch_and_or(&turn, 0x100);
	__sync_fetch_and_add(sum, old);
	if (__sync_val_compare_and_swap(sum, 500, 7) == 500)
		return XDP_TX;
	return before & 2 ? XDP_DROP : XDP_PASS;
}

char _license[] SEC("license") = "GPL";

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* A token bucket that a spin lock protects. */
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>

struct bucket {
	struct bpf_spin_lock lock;
	__u32 tokens, refused;
};

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 8);
	__type(key, __u32);
	__type(value, struct bucket);
} buckets SEC(".maps");

SEC("xdp")
int locked(struct xdp_md *ctx)
{
	struct bucket fresh = {.tokens = 5}, *bucket;
	__u32 key = (ctx->data_end - ctx->data) & 1;
	int verdict = XDP_DROP;

	bucket = bpf_map_lookup_elem(&buckets, &key);
	if (!bucket) {
		bpf_map_update_elem(&buckets, &key, &fresh, BPF_NOEXIST);
		bucket = bpf_map_lookup_elem(&buckets, &key);
	}
	if (!bucket)
		return XDP_ABORTED;
	bpf_spin_lock(&bucket->lock);
	if (bucket->tokens) {
		bucket->tokens--;
		verdict = XDP_PASS;
	} else {
		bucket->refused++;
	}
	bpf_spin_unlock(&bucket->lock);
	return verdict;
}

char _license[] SEC("license") = "GPL";

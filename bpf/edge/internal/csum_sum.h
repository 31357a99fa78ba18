/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EDGE_INTERNAL_CSUM_SUM_H
#define EDGE_INTERNAL_CSUM_SUM_H
/*
 * The checksum's sum over many bytes of a packet, as a subprogram.
 */
#include <edge/internal/bounds.h>

enum {
	EDGE_CSUM_BLOCK = 512, /* the most that bpf_csum_diff() takes */
	EDGE_CSUM_BLOCKS = 16, /* more than a linear part holds */
	EDGE_CSUM_CHUNK = 64,  /* by way of the stack */
};

/* Copy @size bytes from @offset in the frame to the stack. Return: 0 or the helper's error. */
EDGE_INLINE long edge_csum_load(void *ctx, enum edge_hook hook, __u32 offset, void *to, __u32 size)
{
	return hook == EDGE_HOOK_XDP ? bpf_xdp_load_bytes(ctx, offset, to, size)
				     : bpf_skb_load_bytes(ctx, offset, to, size);
}

/* The result of edge_csum_add() if it fails: no sum. */
#define EDGE_CSUM_NONE (1ULL << 32)

/* The sum of @length bytes from @offset on: linear bytes in blocks, the last 511 by way of the
 * stack. Return: 32 bits, or EDGE_CSUM_NONE. */
EDGE_INLINE __u64 edge_csum_add(void *ctx, enum edge_hook hook, void *data, void *end, __u32 offset,
				__u32 length)
{
	__u8 chunk[EDGE_CSUM_CHUNK] = {0};
	__u32 sum = 0;

#pragma clang loop unroll(disable)
	for (int i = 0; i < EDGE_CSUM_BLOCKS && length >= EDGE_CSUM_BLOCK; i++) {
		void *at = edge_data_at(data, offset & (2 * EDGE_HEADERS_MAX + 1));

		if (at + EDGE_CSUM_BLOCK > end)
			return EDGE_CSUM_NONE;
		sum = bpf_csum_diff(NULL, 0, at, EDGE_CSUM_BLOCK, sum);
		offset += EDGE_CSUM_BLOCK;
		length -= EDGE_CSUM_BLOCK;
	}
	if (length >= EDGE_CSUM_BLOCK)
		return EDGE_CSUM_NONE;
#pragma clang loop unroll(disable)
	for (int i = 0; i < EDGE_CSUM_BLOCK / EDGE_CSUM_CHUNK && length >= EDGE_CSUM_CHUNK; i++) {
		if (edge_csum_load(ctx, hook, offset, chunk, sizeof(chunk)))
			return EDGE_CSUM_NONE;
		sum = bpf_csum_diff(NULL, 0, (__be32 *)chunk, sizeof(chunk), sum);
		offset += EDGE_CSUM_CHUNK;
		length -= EDGE_CSUM_CHUNK;
	}
	for (int i = 0; i < EDGE_CSUM_CHUNK / 8; i++)
		((edge_word64 *)chunk)[i] = 0;
	if (length) {
		/* For the verifier: 1 to 64. Before kernel 6.2 a test for 0 tells it nothing. */
		length--;
		asm("" : "+r"(length));
		length = (length & (EDGE_CSUM_CHUNK - 1)) + 1;
		if (edge_csum_load(ctx, hook, offset, chunk, length))
			return EDGE_CSUM_NONE;
	}
	return (__u32)bpf_csum_diff(NULL, 0, (__be32 *)chunk, sizeof(chunk), sum);
}

EDGE_SUBPROGRAM __u64 edge_sub_add_xdp(struct xdp_md *ctx, __u32 offset, __u32 length)
{
	return edge_csum_add(ctx, EDGE_HOOK_XDP, edge_pointer(ctx->data),
			     edge_pointer(ctx->data_end), offset, length);
}

EDGE_SUBPROGRAM __u64 edge_sub_add_tc(struct __sk_buff *ctx, __u32 offset, __u32 length)
{
	return edge_csum_add(ctx, EDGE_HOOK_TC_INGRESS, edge_pointer(ctx->data),
			     edge_pointer(ctx->data_end), offset, length);
}

/*
 * The sum of @length bytes from @offset on. All of them must be linear, except for the last 511.
 *
 * Return: whether the sum could be made.
 */
EDGE_INLINE bool edge_csum_sum(const struct edge_pkt *pkt, __u32 offset, __u32 length, __u32 *sum)
{
	__u64 added = pkt->hook == EDGE_HOOK_XDP ? edge_sub_add_xdp(pkt->ctx, offset, length)
						 : edge_sub_add_tc(pkt->ctx, offset, length);

	*sum = added;
	return !(added & EDGE_CSUM_NONE);
}

#endif

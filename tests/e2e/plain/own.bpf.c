// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Several programs of one object that reach each other: by tail calls through a program array that
 * the source fills and through a program array that the source leaves empty, by a devmap, by a
 * cpumap. The object also has an outer map with one inner map, and a map whose size the source
 * leaves open.
 */
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

int second(struct xdp_md *ctx);
int tc_second(struct __sk_buff *skb);

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__uint(key_size, sizeof(__u32));
	__array(values, int(void *));
} jumps SEC(".maps") = {.values = {[1] = (void *)&second}};

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__uint(key_size, sizeof(__u32));
	__array(values, int(void *));
} tc_jumps SEC(".maps") = {.values = {[0] = (void *)&tc_second}};

struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u32);
} next SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct bpf_devmap_val);
} ports SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_CPUMAP);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct bpf_cpumap_val);
} cpus SEC(".maps");

struct inner {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u64);
};
struct inner one SEC(".maps"), other SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_ARRAY_OF_MAPS);
	__uint(max_entries, 2);
	__type(key, __u32);
	__array(values, struct inner);
} outer SEC(".maps") = {.values = {[0] = &one}};

const volatile __u32 step = 1;
__u64 fell, reached, third_reached, left, on_cpus, tc_reached, seen;

SEC("xdp") int second(struct xdp_md *ctx)
{
	__sync_fetch_and_add(&reached, step);
	bpf_tail_call(ctx, &jumps, 2);
	return XDP_PASS;
}

SEC("xdp") int third(struct xdp_md *ctx)
{
	__sync_fetch_and_add(&third_reached, 1);
	return XDP_PASS;
}

SEC("xdp") int first(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &jumps, 1);
	__sync_fetch_and_add(&fell, 1);
	return XDP_PASS;
}

SEC("xdp") int enter(struct xdp_md *ctx)
{
	bpf_tail_call(ctx, &next, 3);
	__sync_fetch_and_add(&fell, 1);
	return XDP_PASS;
}

SEC("xdp") int to_port(struct xdp_md *ctx)
{
	return bpf_redirect_map(&ports, 0, XDP_PASS);
}

SEC("xdp/devmap") int leaving(struct xdp_md *ctx)
{
	__sync_fetch_and_add(&left, 1);
	return XDP_DROP;
}

SEC("xdp") int to_cpu(struct xdp_md *ctx)
{
	return bpf_redirect_map(&cpus, 0, XDP_PASS);
}

SEC("xdp/cpumap") int on_cpu(struct xdp_md *ctx)
{
	__sync_fetch_and_add(&on_cpus, 1);
	return XDP_PASS;
}

SEC("xdp") int nested(struct xdp_md *ctx)
{
	__u32 outer_key = 1, key = 0;
	void *map = bpf_map_lookup_elem(&outer, &outer_key);
	__u64 *count = map ? bpf_map_lookup_elem(map, &key) : NULL;

	if (count)
		__sync_fetch_and_add(count, 1);
	return XDP_PASS;
}

SEC("tc") int tc_second(struct __sk_buff *skb)
{
	__sync_fetch_and_add(&tc_reached, 1);
	return 0;
}

SEC("tc") int tc_first(struct __sk_buff *skb)
{
	bpf_tail_call(skb, &tc_jumps, 0);
	__sync_fetch_and_add(&fell, 1);
	return 0;
}

/* Two programs that share a variable: notes() writes it, and limits() acts on it. */
SEC("xdp") int notes(struct xdp_md *ctx)
{
	seen += 1;
	return XDP_PASS;
}

SEC("xdp") int limits(struct xdp_md *ctx)
{
	return seen > 5 ? XDP_DROP : XDP_PASS;
}

SEC("tc") int tc_notes(struct __sk_buff *skb)
{
	seen += 1;
	return -1;
}

SEC("tc") int tc_limits(struct __sk_buff *skb)
{
	return seen > 5 ? 2 : -1;
}

char LICENSE[] SEC("license") = "GPL";

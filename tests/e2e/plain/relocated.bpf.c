// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* CO-RE relocations: the offset of a field, the existence of fields and types in this kernel, and a
 * size. */
#include <linux/bpf.h>
#include <bpf/bpf_core_read.h>
#include <bpf/bpf_helpers.h>

struct xdp_buff___local {
	void *data_end;
	void *no_such_field;
} __attribute__((preserve_access_index));

struct no_such_struct___local {
	int field;
} __attribute__((preserve_access_index));

struct task_struct___local {
	int pid;
} __attribute__((preserve_access_index));

__u32 offset, size;

SEC("xdp")
int relocated(struct xdp_md *ctx)
{
	offset = bpf_core_field_offset(struct task_struct___local, pid);
	size = bpf_core_type_size(struct task_struct___local);
	if (bpf_core_type_exists(struct no_such_struct___local) ||
	    bpf_core_field_exists(struct xdp_buff___local, no_such_field))
		return XDP_ABORTED;
	return bpf_core_field_exists(struct xdp_buff___local, data_end) ? XDP_TX : XDP_DROP;
}

char _license[] SEC("license") = "GPL";

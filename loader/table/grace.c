// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A grace period of RCU, asked for from user space. Programs at XDP and TC run inside of a read-side
 * section, so when it has passed, none of them holds an address from before.
 */
#include <linux/membarrier.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "table/table.h"

/*
 * A change of a map of maps waits for programs that may still use the old map (maybe_wait_bpf_programs()
 * in kernel/bpf/syscall.c, since Linux 5.0).
 */
static int wait_by_map(void)
{
	uint32_t zero = 0;
	int inner = bpf_map_create(BPF_MAP_TYPE_ARRAY, "edge_grace", 4, 4, 1, NULL), outer = -1;
	int error = -1;

	if (inner >= 0) {
		LIBBPF_OPTS(bpf_map_create_opts, options, .inner_map_fd = (uint32_t)inner);

		outer = bpf_map_create(BPF_MAP_TYPE_ARRAY_OF_MAPS, "edge_grace", 4, 4, 1, &options);
	}
	if (outer >= 0)
		error = bpf_map_update_elem(outer, &zero, &inner, BPF_ANY);
	if (outer >= 0)
		close(outer);
	if (inner >= 0)
		close(inner);
	return error;
}

void el_grace_period(void)
{
	/* synchronize_rcu(), except on a machine with one processor, where no program runs now, and on
	 * one with nohz_full=, which refuses (kernel/sched/membarrier.c). */
	if (!syscall(SYS_membarrier, MEMBARRIER_CMD_GLOBAL, 0, 0))
		return;
	while (wait_by_map())
		usleep(100000);
}

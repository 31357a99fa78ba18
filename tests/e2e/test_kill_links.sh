#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Changes of a chain of several TCX links, killed at each of their system calls: kill.sh says how.
. "$(dirname "$0")/lib.sh"
. "$here/sweep.sh"
. "$here/kill.sh"

sweep_begin
counts=''

# Each plain object without bitcode at TC is a link of its own, and the kernel knows one link at a time
# (userspace/README.md, limits). Killed in between, some links are ahead of the first, until the next command, whichever it is. A detach is finished by
# the next that changes the chain, and status tells it as detached.
mixed() {
	mixes=$((mixes + 1))
	if [ "$new" = "0 0 0 0" ]; then
		stamps="$old detached"
		[[ $1 =~ ^(1\ 1\ 0\ 0|1\ 0\ 0\ 0)$ ]]
		return
	fi
	edge-load -q status >/dev/null
	probe
	[ "$stamps" = "$old" ] && [[ $1 =~ ^(1\ [12]\ 2\ 0|2\ [12]\ 1\ 0|0\ 1\ [01]\ 0)$ ]]
}
mixes=0
cat >"$work/plain.bpf.c" <<-END
	#include <linux/bpf.h>
	#include <bpf/bpf_helpers.h>

	typedef __u32 edge_counter;
	struct {
		__uint(type, BPF_MAP_TYPE_ARRAY);
		__uint(max_entries, 1);
		__type(key, __u32);
		__type(value, edge_counter);
	} $name SEC(".maps");
	const volatile __u8 at, mark;

	SEC("tcx/egress")
	int plain(struct __sk_buff *skb)
	{
		__u8 byte = mark, protocol = 0;
		__u32 zero = 0, *count = bpf_map_lookup_elem(&$name, &zero);

		if (count)
			__sync_fetch_and_add(count, 1);
		bpf_skb_load_bytes(skb, 23, &protocol, 1);
		if (protocol == 17 && at < 8)
			bpf_skb_store_bytes(skb, 14 + 20 + 8 + at, &byte, 1, 0);
		return -1; /* TCX_NEXT */
	}
	char LICENSE[] SEC("license") = "GPL";
END
clang -O2 -g -target bpf "-I/usr/include/$(gcc -print-multiarch)" -c "$work/plain.bpf.c" -o "$work/plain.o"

# links_of MARK: a chain of three links.
links_of() {
	printf '  - {device: edge0, hook: tc-egress, instances: ["a=%s:at=0,mark=%s", "b=%s:at=1,mark=%s", "c=%s:at=2,mark=%s"]}\n' \
		"$work/stamp1.o" "$1" "$work/plain.o" "$1" "$work/plain.o" "$1"
}
state_of links_a "1 1 1 0" "$(links_of 1)"
state_of links_b "2 2 2 0" "$(links_of 2)"
detached=(edge0 --hook tc-egress)
expected_warning="edge-load: warning: instance b is a TCX link of its own: only packets for which it returns TC_ACT_UNSPEC \
reach the instances after it"
kills "apply, the first, three links" apply none links_a links_a
kills "detach, three links" detach links_a none links_a
kills "apply, three links" apply links_a links_b
kills "rollback, three links" rollback links_a links_b

# Somebody detaches one of them outside edge-load.
wrong='' shape_of=()
reach links_a
each=$(bpftool link show -j | jq --argjson id "$(status edge0 tc-egress '.programs[1].id')" '.[] | select(.prog_id == $id).id')
ok "one link of three is detached" bpftool link detach id "$each"
is "status tells the chain as detached" "$(status edge0 tc-egress .state)" detached
edge-load -q plan "$work/links_a.yaml" >"$work/said" 2>&1
is "plan finds a difference" $? 9
like "and says which" "$(<"$work/said")" 'detached'
reach links_a
probe
is "an apply makes it whole, and each link is there once" "$stamps $(on edge "$build/tests/e2e/tcx" list edge0 egress | wc -l)$wrong" "1 1 1 0 3"
echo "# $mixes times some links were the new chain's for a moment"
finish

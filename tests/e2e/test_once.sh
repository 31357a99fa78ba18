#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# One manifest for many devices: work that is the same for all of them is done once, and each device gets its own
# parameters, maps, hook and MAC address. Work is counted in system calls, not in time.
. "$(dirname "$0")/lib.sh"

yaml=$work/edge.yaml
manifest() { cat >"$yaml"; }

# calls COMMAND...: run it, and note its system calls, for the functions below
calls() {
	on edge strace -f -qq -o "$work/calls" -e trace=execve,membarrier,openat,recvmsg "$build/bin/edge-load" "$@" >"$work/said" 2>&1
}
count() { grep -c "$1" "$work/calls"; }
fusings() { count 'execve(.*edge-load-fuse".* = 0$'; }
compilations() { count '/clang", .*"-emit-llvm".* = 0$'; }

# devices FIRST LAST
devices() {
	local number

	for ((number = $1; number <= $2; number++)); do
		echo "link add many$number type veth peer name peer$number"
		echo "link set many$number up"
		echo "link set peer$number up"
	done | ip -n edge -batch -
}

# ---------------------------------------------------------------- forty devices, one chain
chain() { printf 'version: 1\nchains:\n- device: "many*"\n  instances: [count, "fw=blocklist:count_only=%s", route]\n' "$1" | manifest; }
running() { edge-load status -j | jq '[.[] | select(.state == "runs" and (.device | startswith("many")))] | length'; }

devices 1 10
chain true
ok "ten devices" calls apply "$yaml"
some_opens=$(count openat)
ok "again" calls apply "$yaml"
some_unchanged=$(count openat) some_messages=$(count recvmsg)
ok "detach them" edge-load detach --all
devices 11 40
calls plan "$yaml"
like "plan of forty devices" "$(<"$work/said")" 'many40 xdp: to be attached, generation 1'
is "the chain is fused once" "$(fusings)" 1
is "nothing is left" "$(pins)" ""
ok "apply to forty devices" calls apply "$yaml"
is "the chain is fused once" "$(fusings)" 1
is "each object is opened once" "$(count 'openat.*functions/count\.o"')" 1
is "all run" "$(running)" 40
between "the work grows with the number of devices, not with its square" "$(count openat)" 1 $((some_opens * 5))
ok "apply again" calls apply "$yaml"
is "it fuses nothing" "$(fusings)" 0
is "each object is opened once" "$(count 'openat.*functions/count\.o"')" 1
between "the work grows with the number of devices" "$(count openat)" 1 $((some_unchanged * 5))
between "and so do the questions about devices" "$(count recvmsg)" 1 $((some_messages * 5))
chain false
ok "a parameter changes" calls apply "$yaml"
is "the chain is fused once" "$(fusings)" 1
is "all changes wait for one grace period" "$(count membarrier)" 1
is "all are swapped" "$(edge-load status -j | jq '[.[] | select(.generation == 2)] | length')" 40

# ---------------------------------------------------------------- what a device has of its own
cat >"$work/steps.bpf.c" <<-END
	#include <edge/edge.h>
	EDGE_PARAM(__u32, times, 1, "steps for each packet");
	__u64 steps, mine;
	EDGE_FUNCTION(steps)
	{
		__sync_fetch_and_add(&steps, times);
		if (edge_is_for_host(pkt))
			__sync_fetch_and_add(&mine, 1);
		return EDGE_NEXT;
	}
END
two() { printf 'version: 1\nchains:\n- device: edge0\n  %s\n- device: edge1\n  %s\n' "$1" "$2" | manifest; }
counted() { entry "$1/bss" 0 "| \"\(.steps) \(.mine)\""; }
ok "detach all" edge-load detach --all
on edge sysctl -qw net.ipv4.icmp_echo_ignore_broadcasts=1
one="instances: [{name: s, function: ./steps.bpf.c, params: {times: 2}}]"
two "$one" "$one"
ok "two devices, one function" calls apply "$yaml"
is "its source is compiled once" "$(compilations)" 1
is "it is fused once" "$(fusings)" 1
pings client 10 198.51.100.1 >/dev/null
is "each device has maps of its own" "$(counted edge0/xdp/s), $(counted edge1/xdp/s)" "20 10, 0 0"
pings server 5 203.0.113.1 >/dev/null
is "and its MAC address" "$(counted edge0/xdp/s), $(counted edge1/xdp/s)" "20 10, 10 5"
# A frame for edge1 arrives at edge0.
ip -n client neigh replace 198.51.100.9 lladdr 02:00:00:00:02:01 dev client0
on client ping -q -c 3 -i 0.05 -W 0.1 198.51.100.9 >/dev/null
is "a device does not have the address of another" "$(counted edge0/xdp/s)" "26 10"
two "$one" "${one/2/3}"
ok "another parameter at one of them" calls apply "$yaml"
is "that chain is fused anew" "$(fusings)" 1
ok "detach all" edge-load detach --all
ok "both at once" calls apply "$yaml"
is "each is fused" "$(fusings)" 2
pings client 10 203.0.113.2 >/dev/null
is "each device has its parameter" "$(counted edge0/xdp/s), $(counted edge1/xdp/s)" "20 10, 30 10"
ok "detach all" edge-load detach --all
two "$one" "hook: tc-ingress
  $one"
ok "another hook at one of them" calls apply "$yaml"
is "each is fused" "$(fusings)" 2
pings client 10 203.0.113.2 >/dev/null
is "each hook has its program" "$(counted edge0/xdp/s), $(counted edge1/tc-ingress/s)" "20 10, 20 10"
ok "detach all" edge-load detach --all
sized() { echo "instances: [{name: count, function: count, maps: {counts: {size: $1}}}]"; }
two "$(sized 100)" "$(sized 200)"
ok "maps of another size at one of them" calls apply "$yaml"
entries() { bpftool -j map show pinned "/sys/fs/bpf/edge/$1" | jq .max_entries; }
is "each device has its size" "$(entries edge0/xdp/count/counts) $(entries edge1/xdp/count/counts)" "100 200"
finish

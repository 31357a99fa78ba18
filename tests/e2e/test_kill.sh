#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Killed at a system call: strace lets rollback, apply and detach die of SIGKILL at their Nth call, for every N, or every
# few where one round takes a fusing. Whenever it is, the old chain runs or the new one, whole; the next command
# works; nothing leaks.
. "$(dirname "$0")/lib.sh"

# What changes something; a kill at any other call leaves what one at the next of these leaves.
changing=bpf,rename,symlink,unlink,mkdir,rmdir,flock,sendto,membarrier

# calls COMMAND...: its system calls of those, a line each: which one, and the how-many-eth of its kind.
calls() {
	on edge strace -qq -o "$work/calls" -e "trace=$changing" "$build/bin/edge-load" -q "$@" >/dev/null &&
		sed -E 's/\(.*//' "$work/calls" | awk '{ print $1, ++n[$1] }'
}

# killed CALL NUMBER COMMAND...: COMMAND dies at that call. Return: 1, it did not come there.
killed() {
	local call=$1 when=$2

	shift 2
	on edge strace -qq -o /dev/null -e "trace=$call" -e "inject=$call:signal=SIGKILL:when=$when" \
		"$build/bin/edge-load" -q "$@" >/dev/null 2>&1
	[ $? -eq 137 ]
}

# A function whose map has a name of its own: other tests run beside this one, and the kernel tells of all.
name=k$BASHPID$RANDOM
cat >"$work/own.bpf.c" <<-END
	#include <edge/edge.h>
	struct {
		__uint(type, BPF_MAP_TYPE_ARRAY);
		__uint(max_entries, 1);
		__type(key, __u32);
		__type(value, __u64);
	} $name SEC(".maps");
	EDGE_FUNCTION(own)
	{
		__u32 zero = 0;
		__u64 *count = bpf_map_lookup_elem(&$name, &zero);

		if (count)
			++*count;
		return EDGE_NEXT;
	}
END
"$build/bin/edge-load" build -q "$work/own.bpf.c" -o "$work/own.o"

# kernel: how many maps of that name there are, and programs that use them, whoever holds them.
kernel() {
	bpftool map show -j | jq -c --arg name "$name" '[.[] | select(.name == $name) | .id]' >"$work/ours"
	jq length "$work/ours"
	bpftool prog show -j | jq --slurpfile ours "$work/ours" '[.[] | select(any(.map_ids[]?; IN($ours[0][])))] | length'
}

# steady WANTED: the kernel frees a little later than the last user goes.
steady() { [ "$(kernel | paste -sd' ')" = "$1" ]; }

program() { ip -n edge -j -d link show dev edge0 | jq '.[0].xdp.prog.id // 0'; }

# ---------------------------------------------------------------- rollback: at every call
ok "first generation" edge-load attach edge0 "$work/own.o" dscp:dscp=10
ok "second" edge-load attach edge0 "$work/own.o" dscp:dscp=12
second=$(program)
edge-load rollback edge0 -q
first=$(program)
edge-load rollback edge0 2 -q
held=$(kernel | paste -sd" ")
calls rollback edge0 1 >"$work/rollback"
wrong='' old=0 new=0
while read -r call n <&3; do
	edge-load rollback edge0 2 -q 2>/dev/null
	[ "$(program)" = "$second" ] || wrong+=" $call $n:before"
	killed "$call" "$n" rollback edge0 1 || continue
	case $(program) in
	"$first") new=$((new + 1)) shown=1 ;;
	"$second") old=$((old + 1)) shown=2 ;;
	*) wrong+=" $n:neither" ;;
	esac
	[ "$(status edge0 xdp .generation)" = "$shown" ] || wrong+=" $call $n:status"
done 3<"$work/rollback"
is "rollback killed at $((old + new)) of $(wc -l <"$work/rollback") calls: the old chain runs $old times, the new one $new" "$wrong" ""
ok "both were seen" [ $((old > 0 && new > 0)) = 1 ]
edge-load rollback edge0 2 -q 2>/dev/null
ok "nothing leaks" wait_for 10 steady "$held"
is "no pin is left of what was killed" "$(pins | grep -cE ':(new|point|gone)')" 0
is "packets pass" "$(pings client 5 203.0.113.2)" 5

# ---------------------------------------------------------------- apply: two chains at once
manifest() {
	printf 'version: 1\nkeep: 1\nchains:\n  - {device: edge0, instances: [%s, "dscp:dscp=%s"]}\n' "$work/own.o" "$1"
	printf '  - {device: edge1, hook: tc-egress, instances: [%s, "dscp:dscp=%s"]}\n' "$work/own.o" "$1"
}
manifest 20 >"$work/a.yaml"
manifest 22 >"$work/b.yaml"
values() { edge-load status -j | jq -r '[.[].instances[] | select(.name == "dscp") | .params] | join(" ")'; }

ok "apply" edge-load apply "$work/a.yaml"
held=$(kernel | paste -sd" ")
calls apply "$work/b.yaml" >"$work/apply"
total=$(wc -l <"$work/apply")
wrong='' rounds=0
while read -r call n <&3; do
	said=$(edge-load apply "$work/a.yaml" -q 2>&1) || wrong+=" $call $n:$said"
	[ "$(values)" = "dscp=20 dscp=20" ] || wrong+=" $call $n:before"
	killed "$call" "$n" apply "$work/b.yaml" || continue
	rounds=$((rounds + 1))
	[[ "$(values)" =~ ^dscp=2[02]\ dscp=2[02]$ ]] || wrong+=" $call $n:$(values)"
done 3< <(awk -v step=$((total / 20 + 1)) 'NR % step == 0' "$work/apply")
is "apply killed at $rounds of $total calls: each chain is the old one or the new one" "$wrong" ""
ok "the next apply" edge-load apply "$work/a.yaml"
is "does what it says" "$(values)" "dscp=20 dscp=20"
ok "nothing leaks" wait_for 10 steady "$held"
is "no pin is left of what was killed" "$(pins | grep -cE ':(new|point|gone)')" 0

# ---------------------------------------------------------------- detach
calls detach edge1 --hook tc-egress >"$work/detach"
total=$(wc -l <"$work/detach")
wrong='' rounds=0
while read -r call n <&3; do
	edge-load apply "$work/a.yaml" -q 2>/dev/null || wrong+=" $call $n:apply"
	killed "$call" "$n" detach edge1 --hook tc-egress || continue
	rounds=$((rounds + 1))
	[[ "$(edge-load status edge1 -j | jq -r 'map(.state) | join(" ")')" =~ ^(runs)?$ ]] || wrong+=" $call $n:status"
	edge-load detach edge1 --hook tc-egress -q 2>"$work/said" || grep -q 'no chain of ours' "$work/said" ||
		wrong+=" $call $n:$(<"$work/said")"
done 3< <(awk -v step=$((total / 15 + 1)) 'NR % step == 0' "$work/detach")
is "detach killed at $rounds of $total calls: the next one works" "$wrong" ""
ok "the other chain" edge-load detach edge0
is "no pin is left" "$(pins)" ""
ok "nothing of ours is left in the kernel" wait_for 10 steady "0 0"
finish

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Shared mode, the life of a chain: a manifest's, generations, killed at its calls, in a generic dispatcher. Always there
# is somebody else's program beside it, which stays and sees its packets.
# run: alone
. "$(dirname "$0")/lib.sh"

if ! edge-load doctor -j | jq -e '.[] | select(.name == "freplace").good' >/dev/null; then
	skip "the life of a shared chain" "needs freplace"
	finish
fi
if ! command -v xdp-loader >/dev/null; then
	skip "the life of a shared chain" "needs xdp-tools"
	finish
fi

tally=$(function_object tally)
plain=$build/tests/e2e/plain/protocols.o
yaml=$work/edge.yaml
passed() { on edge xdp-filter status | awk '$1 == "XDP_PASS" { print $2 }'; }
counted() { entry edge0/xdp/t/tallies 0 .packets; }
filter() { on edge xdp-loader status edge0 | awk '$1 == "=>" && $3 ~ "xdpfilt" { print $4 }'; }
generations() { edge-load history edge0 -j | jq -r 'map("\(.generation):\(.state)") | join(" ")'; }
folders() { find /sys/fs/bpf/xdp -name "dispatch-*" 2>/dev/null | wc -l; }

# code COMMAND...: its exit status
code() {
	"$@" >"$work/said" 2>&1
	echo $?
}

# manifest STEP [MODE [CHAIN...]]: a chain on edge0, and more.
manifest() {
	printf 'version: 1\nchains:\n  - {device: edge0, mode: %s, instances: ["t=%s:step=%s"]}\n' "${2:-shared}" "$tally" "$1" >"$yaml"
	shift $(($# > 2 ? 2 : $#))
	[ $# -eq 0 ] || printf '  - %s\n' "$@" >>"$yaml"
}

# ---------------------------------------------------------------- a manifest's
ok "theirs: xdp-filter" on edge xdp-filter load edge0 -p allow
theirs=$(filter)
manifest 1
is "plan" "$(code edge-load plan "$yaml")" 9
is "changes nothing" "$(dispatched edge0) $(pins)" "xdpfilt_alw_all "
is "apply" "$(code edge-load apply "$yaml")" 0
is "ours is beside theirs" "$(dispatched edge0) $(filter)" "edge_chain xdpfilt_alw_all $theirs"
is "a second apply" "$(code edge-load apply "$yaml")" 0
like "does nothing" "$(<"$work/said")" 'nothing to do'
manifest 2
is "another parameter, under traffic" "$(
	on client ping -n -q -i 0.01 -c 1000 203.0.113.2 >"$work/pings" &
	code edge-load apply "$yaml"
	wait
)" 0
like "no packet is lost" "$(<"$work/pings")" '1000 packets transmitted, 1000 received'
is "both saw them all" "$(passed) $(of edge0 xdp t packets)" "1000 1000"
is "history" "$(generations)" "1:kept 2:runs"
is "diff" "$(edge-load diff edge0 1 2)" "~ t: parameters step=1 -> step=2"
before=$(counted)
is "rollback" "$(code edge-load rollback edge0)" 0
is "the first runs" "$(generations) $(pings client 20 203.0.113.2) $(($(counted) - before))" "1:runs 2:kept 20 20"
is "forward again" "$(code edge-load rollback edge0 2)" 0
is "the second runs" "$(generations) $(pings client 20 203.0.113.2) $(($(counted) - before))" "1:kept 2:runs 20 60"
manifest 2 native
is "another mode is not a swap" "$(code edge-load apply "$yaml")" 5
like "and says where" "$(<"$work/said")" 'edge.yaml:3:.*shared'
is "theirs went through it all" "$(filter) $(passed)" "$theirs 1040"

# ---------------------------------------------------------------- outside edge-load
ok "theirs: unload all, ours too" on edge xdp-loader unload edge0 --all
is "status says so" "$(status edge0 xdp .state)" detached
manifest 2
is "apply puts it right" "$(code edge-load apply "$yaml")" 0
is "with its counters" "$(dispatched edge0) $(of edge0 xdp t packets)" "edge_chain 1040"

# ---------------------------------------------------------------- all or nothing
wire client extra 02:00:00:00:07:02 edge edge0a 02:00:00:00:07:01
ip -n edge link set dev edge1 xdp obj "$plain" sec xdp
manifest 3 shared "{device: edge0a, mode: shared, instances: [count]}" "{device: edge1, mode: shared, instances: [count]}"
before=$(edge-load status -j | jq -c 'map([.device, .generation, .program.id])') pins_before=$(pins | sort)
is "a foreign program on the last of three devices" "$(code edge-load apply "$yaml")" 5
like "is named" "$(<"$work/said")" 'edge1 has an XDP program that is not in'
is "the swap is taken back" "$(edge-load status -j | jq -c 'map([.device, .generation, .program.id])')" "$before"
is "the attachment, too" "$(dispatched edge0)/$(dispatched edge0a)" edge_chain/
is "no pin more, no pin less" "$(pins | sort)" "$pins_before"
is "theirs runs" "$(ip -n edge -j link show edge1 | jq '.[0].xdp.prog.name')" '"protocols"'
ip -n edge link set dev edge1 xdp off
is "packets pass" "$(pings client 20 203.0.113.2)" 20

ok "another one" edge-load attach edge0a --mode shared count
is "two dispatchers" "$(folders)" 2
ip -n edge link del edge0a
is "its device goes, and it with it" "$(edge-load status -j | jq -c 'map(select(.state != "foreign") | .device)') $(folders)" '["edge0"] 1'

# ---------------------------------------------------------------- a generic dispatcher
ok "detach" edge-load detach edge0
ok "theirs: xdp-filter, generic" on edge xdp-filter load -m skb -p allow edge0
theirs=$(filter) before=$(passed)
ok "ours: attach" edge-load attach edge0 --mode shared "t=$tally"
is "it is generic" "$(ip -n edge -j link show edge0 | jq '.[0].xdp.mode') $(dispatched edge0)" "2 edge_chain xdpfilt_alw_all"
is "a swap under traffic" "$(
	on client ping -n -q -i 0.01 -c 1000 203.0.113.2 >"$work/pings" &
	code edge-load param set edge0/xdp/t step=2
	wait
)" 0
like "no packet is lost" "$(<"$work/pings")" '1000 packets transmitted, 1000 received'
is "both saw them all" "$(($(passed) - before)) $(of edge0 xdp t packets)" "1000 1000"
is "generations" "$(generations)" "1:kept 2:runs"

# ---------------------------------------------------------------- killed
# What changes something; a kill at any other call leaves what one at the next of these leaves.
changing=bpf,renameat2,symlinkat,unlinkat,mkdirat,flock,sendto,membarrier

# calls COMMAND...: its system calls of those, a line each: which one, the how-many-eth of its kind, and its text.
calls() {
	on edge strace -qq -o "$work/calls" -e "trace=$changing" "$build/bin/edge-load" -q "$@" >/dev/null &&
		awk -F'(' '{ print $1, ++n[$1], $0 }' "$work/calls"
}

# killed CALL NUMBER COMMAND...: COMMAND dies at that call. Return: 1, it did not come there.
killed() {
	local call=$1 when=$2

	shift 2
	on edge strace -qq -o /dev/null -e "trace=$call" -e "inject=$call:signal=SIGKILL:when=$when" \
		"$build/bin/edge-load" -q "$@" >/dev/null 2>&1
	[ $? -eq 137 ]
}

# some FILE COUNT: so many of its lines, evenly, a fifth of them where that takes long; and the last three.
some() {
	local count=$2 lines

	lines=$(wc -l <"$1")
	[ -z "${EDGE_TEST_SLOW:-}" ] || count=$((count / 5))
	awk -v step=$((lines / count + 1)) -v lines="$lines" 'NR % step == 0 || NR > lines - 3' "$1"
}

# kernel: how many programs, maps and links there are, whoever holds them.
kernel() {
	local kind

	for kind in prog map link; do bpftool "$kind" show -j | jq length; done | paste -sd' '
}
steady() { [ "$(kernel)" = "$1" ]; }

held=$(kernel)
calls rollback edge0 1 >"$work/rollback"
wrong='' old=0 new=0
while read -r call n _ <&3; do
	edge-load rollback edge0 2 -q 2>/dev/null
	killed "$call" "$n" rollback edge0 1 || continue
	case $(status edge0 xdp .generation) in
	1) new=$((new + 1)) ;;
	2) old=$((old + 1)) ;;
	*) wrong+=" $call $n:neither" ;;
	esac
	[ "$(pings client 3 203.0.113.2)" = 3 ] || wrong+=" $call $n:lost"
done 3< <(some "$work/rollback" 100)
is "rollback killed at $((old + new)) of $(wc -l <"$work/rollback") calls: the old chain runs $old times, the new one $new" "$wrong" ""
edge-load rollback edge0 2 -q 2>/dev/null
ok "nothing leaks ($held programs, maps, links)" wait_for 10 steady "$held"
is "theirs is the program that it was" "$(dispatched edge0) $(filter)" "edge_chain xdpfilt_alw_all $theirs"

# Each round begins and ends without a chain of ours. From its array on it is libxdp's work, and pins.
ok "detach" edge-load detach edge0
settled=$(kernel)
calls attach edge0 --mode shared "t=$tally" | awk '/PROG_ARRAY/ { seen = 1 } seen' >"$work/attach"
calls detach edge0 >"$work/detach"
wait_for 10 steady "$settled"
held=$(kernel) wrong='' old=0 new=0
is "attached and detached leaves nothing" "$held $(folders)" "$settled 1"
while read -r call n _ <&3; do
	killed "$call" "$n" attach edge0 --mode shared "t=$tally" || continue
	case $(dispatched edge0) in
	"edge_chain xdpfilt_alw_all") new=$((new + 1)) wanted=runs ;;
	"xdpfilt_alw_all") old=$((old + 1)) wanted=null ;;
	*) wrong+=" $call $n:$(dispatched edge0)" ;;
	esac
	[ "$(status edge0 xdp .state)" = "$wanted" ] || wrong+=" $call $n:status"
	edge-load detach edge0 -q 2>"$work/said" || grep -q 'no edge-load chain' "$work/said" || wrong+=" $call $n:$(<"$work/said")"
	wait_for 10 steady "$held" || wrong+=" $call $n:leak:$(kernel)/$(folders)"
	[ "$(dispatched edge0) $(pins)" = "xdpfilt_alw_all " ] || wrong+=" $call $n:$(dispatched edge0) $(pins)"
done 3< <(some "$work/attach" 40)
is "attach killed at $((old + new)) of $(wc -l <"$work/attach") calls: without ours $old times, with it $new" "$wrong" ""
wrong='' old=0 new=0
while read -r call n _ <&3; do
	edge-load attach -q edge0 --mode shared "t=$tally" || wrong+=" $call $n:attach"
	killed "$call" "$n" detach edge0 || continue
	case $(dispatched edge0) in
	"edge_chain xdpfilt_alw_all") old=$((old + 1)) ;;
	"xdpfilt_alw_all") new=$((new + 1)) ;;
	*) wrong+=" $call $n:$(dispatched edge0)" ;;
	esac
	[[ $(status edge0 xdp .state) =~ ^(runs|null)$ ]] || wrong+=" $call $n:$(status edge0 xdp .state)"
	edge-load detach edge0 -q 2>"$work/said" || grep -q 'no edge-load chain' "$work/said" || wrong+=" $call $n:$(<"$work/said")"
	wait_for 10 steady "$held" || wrong+=" $call $n:leak:$(kernel)/$(folders)"
	[ "$(dispatched edge0) $(pins)" = "xdpfilt_alw_all " ] || wrong+=" $call $n:$(dispatched edge0) $(pins)"
done 3< <(some "$work/detach" 30)
is "detach killed at $((old + new)) of $(wc -l <"$work/detach") calls: ours was still there $old times" "$wrong" ""
is "theirs is the program that it was" "$(dispatched edge0) $(filter)" "xdpfilt_alw_all $theirs"
is "packets pass" "$(pings client 20 203.0.113.2)" 20
is "one dispatcher is pinned" "$(folders)" 1
finish

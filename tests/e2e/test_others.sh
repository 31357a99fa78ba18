#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Other people's programs beside ours: TCX programs before and after the chain, XDP programs, filters of clsact. What the
# order says is seen in what becomes of packets: our chain marks what goes to port 9, and their gate, an ordinary program
# (plain/mark_gate), drops what is marked when it comes to it. What status says is compared with the kernel (tcx.c), tc
# and bpftool.
. "$(dirname "$0")/lib.sh"

tally=$(function_object tally)
for name in gate other; do
	sed "s/mark_gate/$name/" "$here/plain/mark_gate.bpf.c" >"$work/$name.bpf.c"
done
sed -i 's/= 13;/= 14;/' "$work/other.bpf.c" # the gate's mark is not its
cp "$here/plain/"{protocols,marker,mark_gate}.bpf.c "$work/"
for name in gate other protocols marker mark_gate; do
	clang -O2 -g -target bpf "-I/usr/include/$(gcc -print-multiarch)" -c "$work/$name.bpf.c" -o "$work/$name.o"
done
"$build/bin/edge-load" build -q "$work/marker.bpf.c" -o "$work/fused.o"
ours=("t=$tally" "marker=$work/fused.o")

tcx() { on edge "$build/tests/e2e/tcx" "$@"; }
order() { tcx list edge0 ingress | paste -sd' '; }
id_of() { bpftool prog show pinned "/sys/fs/bpf/$1" -j | jq .id; }
id() { status edge0 tc-ingress ".programs[${1:-0}].id"; }
attach() { edge-load attach edge0 --hook tc-ingress "$@"; }
# rows DEVICE: what status says, a line for each: hook, mode, place, whose, the first program's id.
rows() { edge-load status "$@" -j | jq -r '.[] | "\(.hook) \(.mode) \(.place) \(.state) \(.programs[0].id)"'; }
# gate_saw: how many packets the gate let pass, and dropped.
gate_saw() {
	local map

	for map in $(bpftool prog show pinned /sys/fs/bpf/gate -j | jq '.map_ids[]'); do
		bpftool map dump id "$map" -j | jq -r '.. | .totals? // empty | "\(.passed) \(.dropped)"'
	done | sort -u
}
# marked COUNT: so many datagrams to port 9; prints how many arrive.
marked() {
	receive_start server 9
	send client 198.51.100.2 203.0.113.2 9 2000 "$1" >/dev/null
	receive_end | sed -E 's/received ([0-9]+),.*/\1/'
}
code() {
	"$@" >"$work/said" 2>&1
	echo $?
}
manifest() {
	printf 'version: 1\nchains:\n  - device: edge0\n    hook: tc-ingress\n    %s\n    instances: ["t=%s", "marker=%s"]\n' \
		"$1" "$tally" "$work/fused.o" >"$work/edge.yaml"
}
on client sysctl -qw net.ipv6.conf.all.disable_ipv6=1 # counts are to be exact, and IPv6 speaks unasked

# ---------------------------------------------------------------- filters of clsact, and XDP

ip -n edge link set dev edge1 xdp obj "$work/protocols.o" sec xdp
xdp=$(ip -n edge -j link show edge1 | jq '.[0].xdp.prog.id')
on edge tc qdisc add dev edge1 clsact
on edge tc filter add dev edge1 ingress pref 5 handle 7 bpf da obj "$work/gate.o" sec tcx/ingress
on edge tc filter add dev edge1 egress pref 6 handle 1 bpf da obj "$work/other.o" sec tcx/ingress
on edge tc filter add dev edge1 ingress pref 4 protocol ip u32 match ip dst 192.0.2.99 flowid 1:1
filter() { on edge tc -j filter show dev edge1 "$1" | jq '[.[] | .options?.prog?.id? // empty][0]'; }
theirs="xdp native 1 foreign $xdp
tc-ingress clsact 1 foreign $(filter ingress)
tc-egress clsact 1 foreign $(filter egress)"
is "a device that has only other people's programs, and a filter of another kind" "$(rows edge1)" "$theirs"
is "bpftool knows the same" "$(bpftool net show -j | jq -c '[.[0] | (.xdp, .tc)[].id] | sort')" \
	"$(rows edge1 | awk '{ print $5 }' | sort -n | jq -sc .)"
like "the table names what is not ours" "$(edge-load status)" "^edge1 +xdp +native +- not ours +$xdp +[0-9a-f]{16} protocols$"
like "and the filter's place" "$(edge-load status edge1)" 'tc-ingress clsact +- not ours .* gate \(pref 5, handle 0x7\)$'
is "their tags are the kernel's" "$(edge-load status edge1 -j | jq -r '.[0].programs[0].tag')" \
	"$(bpftool prog show id "$xdp" -j | jq -r .tag)"
is "stats is about ours alone" "$(edge-load stats -j)" '[]'
is "and so is map list" "$(edge-load map list)" ""
ok "a chain in clsact beside them" edge-load attach edge1 --hook tc-ingress --mode clsact "t=$tally"
is "stands behind theirs, as tc has it" "$(rows edge1 | sed -n 2,3p)" \
	"tc-ingress clsact 1 foreign $(filter ingress)
tc-ingress clsact 2 runs $(status edge1 tc-ingress .program.id)"
refused "clsact has no order" 5 'runs in mode clsact' edge-load attach edge1 --hook tc-ingress --after all "t=$tally"
is "packets pass both" "$(pings client 10 203.0.113.2 && of edge1 tc-ingress t packets)" $'10\n10'
ok "detach" edge-load detach edge1 --hook tc-ingress
is "theirs are as they were" "$(rows edge1)" "$theirs"
on edge tc qdisc add dev edge0 ingress
on edge tc filter add dev edge0 parent ffff: pref 9 bpf da obj "$work/gate.o" sec tcx/ingress
like "the ingress qdisc, which has no egress" "$(rows edge0)" '^tc-ingress clsact 1 foreign [0-9]+$'
on edge tc qdisc del dev edge0 ingress
is "nothing is left of it" "$(rows edge0)" ""

# ---------------------------------------------------------------- refused

refused "XDP has no order" 2 'not at xdp' edge-load attach edge0 --before all "t=$tally"
refused "nor has clsact" 2 'clsact does not support after' attach --mode clsact --after all "t=$tally"
refused "before or after" 2 'cannot be used together' attach --before all --after all "t=$tally"
refused "before no program" 2 'before needs a program' attach --before "" "t=$tally"
if ! tcx list edge0 ingress >/dev/null 2>&1; then
	refused "before Linux 6.6" 8 'before and its like need TCX' attach --before all "t=$tally"
	manifest 'before: all'
	refused "in a manifest, too" 8 'edge.yaml:.*need TCX' edge-load apply "$work/edge.yaml"
	is "nothing is pinned" "$(pins)" ""
	skip "before and after" "needs TCX, which came with Linux 6.6"
	finish
fi

# ---------------------------------------------------------------- before and after

for name in gate other; do
	bpftool prog load "$work/$name.o" "/sys/fs/bpf/$name" type classifier
done
gate=$(id_of gate) other=$(id_of other)
tcx attach /sys/fs/bpf/gate edge0 ingress
tcx attach /sys/fs/bpf/other edge0 ingress link /sys/fs/bpf/other_link
ok "before theirs" attach --before gate "${ours[@]}"
is "so the kernel has it" "$(order)" "$(id) $gate $other"
is "and status" "$(rows edge0)" "tc-ingress tcx 1 runs $(id)
tc-ingress tcx 2 foreign $gate
tc-ingress tcx 3 foreign $other"
like "theirs by name" "$(edge-load status edge0 | sed -n 3p)" "^edge0 +tc-ingress tcx +- not ours +$gate +[0-9a-f]{16} gate$"
is "a link's number" "$(edge-load status edge0 -j | jq '.[2].link_id')" "$(bpftool link show pinned /sys/fs/bpf/other_link -j | jq .id)"
ok "port 9 gets the mark 13" edge-load map set edge0/tc-ingress/marker/marks 9 '{mark=13}'
is "their gate drops what our chain has marked" "$(marked 30)" 0
is "it saw the marks" "$(gate_saw)" "0 30"
is "so did we" "$(of edge0 tc-ingress t packets)" 30

first=$(id)
ok "a swap" attach "${ours[@]}"
is "keeps the place" "$(order)" "$(id) $gate $other"
ok "param set" edge-load param set edge0/tc-ingress/t step=2
is "keeps it, too" "$(order)" "$(id) $gate $other"
ok "and rollback" edge-load rollback edge0 --hook tc-ingress 1
is "all the more" "$(order)" "$first $gate $other"
ok "to stand where it stands is a swap" attach --before "$other" "${ours[@]}"
is "whose link is the same" "$(order)" "$(id) $gate $other"

ok "after theirs" attach --after "$gate" "${ours[@]}"
is "it is moved" "$(order)" "$gate $(id) $other"
is "with its maps" "$(entry edge0/tc-ingress/marker/marks 9 .packets)" 30
is "their gate sees no mark now" "$(marked 20)" 20
is "and has seen the packets" "$(gate_saw)" "20 30"
is "as we have" "$(of edge0 tc-ingress t packets)" 50
ok "back to a generation of before the move" edge-load rollback edge0 --hook tc-ingress 1
is "where the chain is now" "$(order)" "$gate $first $other"

ok "by the link's number" attach --after "link:$(bpftool link show pinned /sys/fs/bpf/other_link -j | jq .id)" "${ours[@]}"
is "last" "$(order)" "$gate $other $(id)"
ok "by a pinned link" attach --before /sys/fs/bpf/other_link "${ours[@]}"
is "in the middle" "$(order)" "$gate $(id) $other"
ok "by a pinned program" attach --before /sys/fs/bpf/gate "${ours[@]}"
is "before it" "$(order)" "$(id) $gate $other"
ok "after all" attach --after all "${ours[@]}"
is "last" "$(order)" "$gate $other $(id)"
ok "before all" attach --before all "${ours[@]}"
is "first" "$(order)" "$(id) $gate $other"

# ---------------------------------------------------------------- nobody is meant, or two

before=$(rows edge0)
pinned=$(pins | sort)
refused "no such name" 4 "can't be attached before gat: no such TCX program" attach --before gat "${ours[@]}"
like "the nearest is named" "$(attach --before gat "${ours[@]}" 2>&1)" 'did you mean gate\?'
refused "no such number" 4 "can't be attached after 4000000000" attach --after 4000000000 "${ours[@]}"
refused "no such link" 4 "can't be attached after link:4000000000" attach --after link:4000000000 "${ours[@]}"
refused "no such pin" 4 "can't open the pin /sys/fs/bpf/none" attach --after /sys/fs/bpf/none "${ours[@]}"
refused "a pin of something else" 2 'neither a program nor a link' \
	attach --after /sys/fs/bpf/edge/edge0/tc-ingress/t/tallies "${ours[@]}"
refused "itself" 2 'is the chain on edge0 tc-ingress itself' attach --after "$(id)" "${ours[@]}"
is "nothing of that changed anything" "$(rows edge0; pins | sort)" "$before"$'\n'"$pinned"
bpftool prog load "$work/gate.o" /sys/fs/bpf/gate2 type classifier
tcx attach /sys/fs/bpf/gate2 edge0 ingress
refused "two of one name" 2 "the name gate: $gate and $(id_of gate2)" attach --after gate "${ours[@]}"
ok "by number it is clear" attach --after "$(id_of gate2)" "${ours[@]}"
is "and so it is" "$(order)" "$gate $other $(id_of gate2) $(id)"
tcx detach /sys/fs/bpf/gate2 edge0 ingress
ok "before all again" attach --before all "${ours[@]}"
is "one link of ours is left" "$(rows edge0 | grep -c foreign)/$(order | wc -w)" 2/3

# ---------------------------------------------------------------- without CAP_SYS_ADMIN

three="-all,+bpf,+net_admin,+perfmon"
as_service() {
	on edge setpriv --inh-caps "$three" --bounding-set "$three" -- "$build/bin/edge-load" "$@"
}
is "status: theirs by number" "$(as_service status edge0 -j | jq -c '.[] | select(.state == "foreign") | [.programs[0].id, .programs[0].name]' | paste -sd' ')" \
	"[$gate,\"\"] [$other,\"\"]"
refused "a name can't be read" 3 "the program at edge0 tc-ingress with the name gate: reading program names needs CAP_SYS_ADMIN" \
	as_service attach edge0 --hook tc-ingress --after gate "${ours[@]}"
ok "a number is enough" as_service attach edge0 --hook tc-ingress --after "$gate" "${ours[@]}"
is "so it stands" "$(order)" "$gate $(id) $other"
ok "and a pinned link" as_service attach edge0 --hook tc-ingress --after /sys/fs/bpf/other_link "${ours[@]}"
is "so it stands" "$(order)" "$gate $other $(id)"

# ---------------------------------------------------------------- a manifest

manifest 'before: gate'
is "another place is a difference" "$(code edge-load plan "$work/edge.yaml")" 9
like "named" "$(<"$work/said")" '~ the chain: place elsewhere -> before gate'
is "plan changes nothing" "$(order)" "$gate $other $(id)"
is "apply" "$(code edge-load apply "$work/edge.yaml")" 0
is "moves it" "$(order)" "$(id) $gate $other"
generation=$(status edge0 tc-ingress .generation)
is "a second apply" "$(code edge-load apply "$work/edge.yaml")" 0
is "does nothing" "$(status edge0 tc-ingress .generation)" "$generation"
tcx detach /sys/fs/bpf/gate edge0 ingress
tcx attach /sys/fs/bpf/gate edge0 ingress first
is "they come back, and stand before us" "$(order)" "$gate $(id) $other"
is "plan sees it" "$(code edge-load plan "$work/edge.yaml")" 9
is "apply puts it right" "$(code edge-load apply "$work/edge.yaml")" 0
is "by moving ours" "$(order)" "$(id) $gate $other"
tcx attach /sys/fs/bpf/gate2 edge0 ingress before "$gate"
is "one more between us and them is no difference" "$(code edge-load plan "$work/edge.yaml" | sed 's/4/two of a name/;s/2/two of a name/')" "two of a name"
manifest "before: $gate"
is "by number" "$(code edge-load plan "$work/edge.yaml")" 0
tcx detach /sys/fs/bpf/gate2 edge0 ingress
manifest 'after: nobody'
refused "nobody" 4 'edge.yaml:.* after nobody: no such TCX program' edge-load apply "$work/edge.yaml"
manifest "before: all
    after: all"
refused "both" 2 'edge.yaml:6:.*both before and after' edge-load apply "$work/edge.yaml"
manifest 'befor: all'
refused "a wrong key" 2 'edge.yaml:5:.*did you mean before' edge-load apply "$work/edge.yaml"
printf 'version: 1\nchains:\n  - {device: edge0, after: all, instances: [count]}\n' >"$work/xdp.yaml"
refused "at XDP" 2 'xdp.yaml:3:.*after works at tc-ingress' edge-load apply "$work/xdp.yaml"

# ---------------------------------------------------------------- a chain of several links

links=("a=$tally" "m=$work/mark_gate.o" "z=$tally")
ok "detach" edge-load detach edge0 --hook tc-ingress
is "theirs alone are there" "$(order)" "$gate $other"
ok "three links, before the second of theirs" attach -q --before other "${links[@]}"
all() { echo "$(id 0) $(id 1) $(id 2)"; }
is "stand together" "$(order)" "$gate $(all) $other"
ok "moved" attach -q --before all "${links[@]}"
is "stand together" "$(order)" "$(all) $gate $other"
ok "swapped" attach -q "${links[@]}"
is "stay together" "$(order)" "$(all) $gate $other"
is "packets pass them all" "$(pings client 10 203.0.113.2 && of edge0 tc-ingress z packets)" $'10\n10'
tcx attach /sys/fs/bpf/gate2 edge0 ingress after "$(id 1)"
like "somebody steps between: status says so" "$(edge-load status edge0)" "program $(id_of gate2), which is not edge-load's, is attached between"
is "and where" "$(rows edge0 | paste -sd,)" \
	"tc-ingress tcx 1 runs $(id 0),tc-ingress tcx 3 foreign $(id_of gate2),tc-ingress tcx 5 foreign $gate,tc-ingress tcx 6 foreign $other"
ok "put right" attach -q --before all "${links[@]}"
is "they stand together" "$(order)" "$(all) $(id_of gate2) $gate $other"
ok "detach" edge-load detach edge0 --hook tc-ingress
tcx detach /sys/fs/bpf/gate2 edge0 ingress

# ---------------------------------------------------------------- moved under traffic

moves=0
# moves_while PID BLOCKED...: from one side of the gate to the other, while it runs.
moves_while() {
	local pid=$1

	shift
	while kill -0 "$pid" 2>/dev/null; do
		attach -q --before gate "$@" || break
		attach -q --after gate "$@" || break
		moves=$((moves + 2))
	done
}
ok "a chain" attach --after gate fw=blocklist
start client ping -n -q -c 1000 -i 0.002 203.0.113.2 >"$work/pings"
moves_while "$started" fw=blocklist
like "$moves moves: no packet is lost" "$(<"$work/pings")" '1000 packets transmitted, 1000 received'
ok "the client is blocked" edge-load map set edge0/tc-ingress/fw/blocked 198.51.100.2
moves=0
receive_start server 7
start client "$build/tests/e2e/udp" send 198.51.100.2 203.0.113.2 7 1000 3000 >"$work/sent"
moves_while "$started" fw=blocklist
is "$moves moves: no packet passes beside the chain" "$(<"$work/sent") $(receive_end)" "3000 received 0, twice 0, out of order 0"
ok "it has moved" [ "$moves" -gt 0 ]

# ---------------------------------------------------------------- killed on the way

# A plain object needs no fusing, so a move takes no time.
plain=("m=$work/mark_gate.o")
ok "detach" edge-load detach edge0 --hook tc-ingress
ok "a chain" attach --after gate "${plain[@]}"
changing=bpf,renameat2,symlinkat,unlinkat,mkdirat,flock,membarrier
on edge strace -qq -o "$work/calls" -e "trace=$changing" "$build/bin/edge-load" -q attach edge0 --hook tc-ingress --before gate "${plain[@]}"
# What comes before the first new link is as in any swap.
awk -F'(' '{ ++n[$1] } /BPF_LINK_CREATE/ { on = 1 } on { print $1, n[$1] }' "$work/calls" >"$work/moves"
wrong='' rounds=0 both=0
while read -r call n <&3; do
	said=$(attach -q --after gate "${plain[@]}" 2>&1) || wrong+=" $call $n:$said"
	was=$(id)
	[ "$(order)" = "$gate $was $other" ] || wrong+=" $call $n:before($(order))"
	on edge strace -qq -o /dev/null -e "trace=$call" -e "inject=$call:signal=SIGKILL:when=$n" \
		"$build/bin/edge-load" -q attach edge0 --hook tc-ingress --before gate "${plain[@]}" >/dev/null 2>&1
	[ $? -eq 137 ] || continue
	rounds=$((rounds + 1))
	case $(order) in
	"$gate $was $other" | *[0-9]" $gate $other") ;;
	*[0-9]" $gate $was $other") both=$((both + 1)) ;;
	*) wrong+=" $call $n:$(order)" ;;
	esac
	said=$(attach -q "${plain[@]}" 2>&1) || wrong+=" $call $n:$said"
	case $(order) in
	"$gate $(id) $other" | "$(id) $gate $other") ;;
	*) wrong+=" $call $n:left($(order))" ;;
	esac
done 3<"$work/moves"
is "killed at $rounds of $(wc -l <"$work/moves") calls of a move from its first link on: the chain runs, $both times at both places, and the next command finds one" "$wrong" ""
ok "rounds" [ "$rounds" -gt 0 ]

# ---------------------------------------------------------------- the end

ok "detach" edge-load detach edge0 --hook tc-ingress
is "nothing is pinned" "$(pins)" ""
is "their TCX programs are as they were" "$(order)" "$gate $other"
is "and all else" "$(rows edge1)" "$theirs"
finish

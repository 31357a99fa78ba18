#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Generations: a chain's earlier ones stay loaded, are listed and compared, and run again by one change of the link,
# under traffic; what somebody does outside edge-load is seen, and put right by the next attach.
. "$(dirname "$0")/lib.sh"

# generations: "NUMBER:STATE ..." as history lists them
generations() {
	edge-load history "$@" -j | jq -r 'map("\(.generation):\(.state)") | join(" ")'
}

# kernel_program DEVICE: the number of the XDP program that the kernel runs there.
kernel_program() { ip -n edge -j -d link show dev "$1" | jq '.[0].xdp.prog.id // 0'; }

# at HOOK DEVICE
at() {
	local hook=$1 device=$2 chain=$2/$1 pings_file=$work/pings sent first

	ok "$hook: first generation" edge-load attach "$device" --hook "$hook" count dscp:dscp=10
	first=$(status "$device" "$hook" '.programs[0].id')
	ok "$hook: second" edge-load attach "$device" --hook "$hook" count dscp:dscp=12 blocklist
	ok "$hook: third, by a parameter" edge-load param set "$chain/dscp" dscp=14
	is "$hook: history has all three" "$(generations "$device" --hook "$hook")" "1:kept 2:kept 3:runs"
	is "$hook: with digests of their own" \
		"$(edge-load history "$device" --hook "$hook" -j | jq -r '.[].digest' | sort -u | wc -l)" 3
	like "$hook: and as a table" "$(edge-load history "$device" --hook "$hook")" '^ +2 kept .* count dscp:dscp=12 blocklist$'

	is "$hook: diff of two" "$(edge-load diff "$device" --hook "$hook" 1 2)" \
		$'~ dscp: parameters dscp=10 -> dscp=12\n+ blocklist=blocklist'
	is "$hook: diff against what runs" "$(edge-load diff "$device" --hook "$hook" 2)" \
		'~ dscp: parameters dscp=12 -> dscp=14'

	ok "$hook: an entry" edge-load map set "$chain/blocklist/blocked" 192.0.2.0/24
	is "$hook: packets pass" "$(pings client 20 203.0.113.2)" 20
	on client ping -n -q -i 0.002 -c 1500 203.0.113.2 >"$pings_file" &
	sent=$!
	ok "$hook: roll back under traffic" edge-load rollback "$device" --hook "$hook"
	is "$hook: the second runs" "$(generations "$device" --hook "$hook")" "1:kept 2:runs 3:kept"
	is "$hook: and shares its map with the third" "$(edge-load map dump "$chain/blocklist/blocked" | grep -c 192.0.2.0/24)" 1
	ok "$hook: to the first" edge-load rollback "$device" --hook "$hook" 1
	is "$hook: its own program runs" "$(status "$device" "$hook" '.programs[0].id')" "$first"
	ok "$hook: and forward again" edge-load rollback "$device" --hook "$hook" 3
	ok "$hook: there its map is" edge-load map get "$chain/blocklist/blocked" 192.0.2.0/24
	wait "$sent"
	like "$hook: no packet was lost" "$(<"$pings_file")" '1500 packets transmitted, 1500 received'
	is "$hook: counters went on through it all" "$(of "$device" "$hook" count packets)" 1520

	refused "$hook: no way back to what runs" 2 'generation 3 already runs' \
		edge-load rollback "$device" --hook "$hook" 3
	refused "$hook: nor to what there never was" 4 'no longer has generation 9' \
		edge-load rollback "$device" --hook "$hook" 9
	refused "$hook: a number is wanted" 2 'not a generation number' edge-load rollback "$device" --hook "$hook" two
	refused "$hook: diff of what is not kept" 4 'not kept' edge-load diff "$device" --hook "$hook" 9

	ok "$hook: two are enough" edge-load attach "$device" --hook "$hook" --keep 2 count
	is "$hook: the others went" "$(generations "$device" --hook "$hook")" "3:kept 4:runs"
	ok "$hook: keep is remembered" edge-load attach "$device" --hook "$hook" blocklist
	is "$hook: the oldest goes" "$(generations "$device" --hook "$hook")" "4:kept 5:runs"
	ids "$device" "$hook" >"$work/ids"
	ok "$hook: detach" edge-load detach "$device" --hook "$hook"
	is "$hook: no pin is left" "$(pins)" ""
	ok "$hook: and nothing in the kernel" gone "$(<"$work/ids")"
	refused "$hook: no history without a chain" 4 'no edge-load chain is attached' edge-load history "$device" --hook "$hook"
}

at xdp edge0
at tc-ingress edge0
at tc-egress edge1

# ---------------------------------------------------------------- outside edge-load
ok "attach" edge-load attach edge0 count blocklist
ok "an entry" edge-load map set edge0/xdp/blocklist/blocked 192.0.2.0/24
is "5 packets" "$(pings client 5 203.0.113.2)" 5
ok "somebody detaches the link" bpftool link detach id "$(status edge0 xdp .link_id)"
is "the kernel runs nothing" "$(kernel_program edge0)" 0
is "status says so" "$(status edge0 xdp .state)" detached
like "in words too" "$(edge-load status edge0)" 'detached outside'
refused "no parameters for what does not run" 5 'was detached' edge-load param set edge0/xdp/blocklist count_only=true
refused "no rollback either" 5 'detached outside edge-load' edge-load rollback edge0 1
ok "attach puts it right" edge-load attach edge0 count blocklist
is "it runs" "$(status edge0 xdp .state)" runs
is "in the kernel" "$(kernel_program edge0)" "$(status edge0 xdp '.programs[0].id')"
ok "with its map" edge-load map get edge0/xdp/blocklist/blocked 192.0.2.0/24
is "and its counters" "$(of edge0 xdp count packets)" 5
ok "somebody detaches again" bpftool link detach id "$(status edge0 xdp .link_id)"
ok "detach takes away what is left" edge-load detach edge0
is "all of it" "$(pins)" ""

# ---------------------------------------------------------------- the device goes
ip -n edge link add edge9 type veth peer name peer9
ok "attach to a third device" edge-load attach edge9 count
ip -n edge link del edge9
is "it went, and its chain with it" "$(edge-load status -j | jq length)" 0
ip -n edge link add edge9 type veth peer name peer9
is "another one of that name has none" "$(edge-load status edge9 -j | jq length)" 0
ok "and gets its own" edge-load attach edge9 count
is "from the start" "$(status edge9 xdp .generation)" 1
ok "detach" edge-load detach edge9
finish

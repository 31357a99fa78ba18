#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# A chain that is too much for the verifier is cut by tail calls; it says so, counts right, and swaps as any other.
. "$(dirname "$0")/lib.sh"

tally=$(function_object tally)
wide=$(function_object wide)
filter=$here/plain/port_filter.bpf.c

# at HOOK DEVICE
at() {
	local hook=$1 device=$2 name before

	ok "$hook: attach" edge-load attach "$device" --hook "$hook" \
		"a=$wide" "b=$tally" "c=$wide" blocklist "d=$wide" "e=$tally"
	is "$hook: it is not one program" "$(status "$device" "$hook" .fused)" false
	is "$hook: but one for each wide function at least" "$(status "$device" "$hook" '.programs | length >= 3')" true
	like "$hook: and says why" "$(status "$device" "$hook" .cut)" 'too much for the verifier'
	is "$hook: every instance is in one of them" \
		"$(status "$device" "$hook" '[.programs[].instances[]] | join(" ")')" "a b c blocklist d e"
	ok "$hook: block one source" edge-load map set "$device/$hook/blocklist/blocked" 198.51.100.66
	is "$hook: ping through all" "$(pings client 20 203.0.113.2 -I 198.51.100.2)" 20
	is "$hook: ping from the blocked source" "$(pings client 30 203.0.113.2 -I 198.51.100.66)" 0
	for name in a b c; do
		is "$hook: $name's map counted what all met" "$(entry "$device/$hook/$name/tallies" 0 .packets)" 50
		is "$hook: edge-load counted for $name" "$(of "$device" "$hook" "$name" packets)" 50
		is "$hook: $name let all go on" "$(of "$device" "$hook" "$name" verdict.next)" 50
	done
	is "$hook: the drops stand with their instance" "$(of "$device" "$hook" blocklist drops.listed)" 30
	for name in d e; do
		is "$hook: $name's map counted the rest" "$(entry "$device/$hook/$name/tallies" 0 .packets)" 20
		is "$hook: edge-load counted for $name" "$(of "$device" "$hook" "$name" packets)" 20
	done
	is "$hook: bytes of the last" "$(of "$device" "$hook" e bytes)" $((20 * 98))

	ok "$hook: swap for one that fits" edge-load attach "$device" --hook "$hook" "a=$wide" "e=$tally"
	is "$hook: ping" "$(pings client 20 203.0.113.2 -I 198.51.100.2)" 20
	is "$hook: maps were kept" "$(entry "$device/$hook/a/tallies" 0 .packets) $(entry "$device/$hook/e/tallies" 0 .packets)" "70 40"
	ok "$hook: and back" edge-load attach "$device" --hook "$hook" "a=$wide" "c=$wide" "e=$tally"
	is "$hook: ping" "$(pings client 20 203.0.113.2 -I 198.51.100.2)" 20
	is "$hook: maps were kept" "$(entry "$device/$hook/a/tallies" 0 .packets) $(entry "$device/$hook/e/tallies" 0 .packets)" "90 60"
	before=$(ids "$device" "$hook")
	ok "$hook: detach" edge-load detach "$device" --hook "$hook"
	ok "$hook: nothing is left in the kernel" gone "$before"
	is "$hook: nothing is pinned" "$(pins)" ""
}

address client client0 198.51.100.66/24
ip -n edge neigh replace 198.51.100.66 lladdr 02:00:00:00:01:02 dev edge0
at xdp edge0
at tc-ingress edge0
[ -z "${EDGE_TEST_SLOW:-}" ] || finish
at tc-egress edge1

# 33 programs in a row is what the kernel allows (MAX_TAIL_CALL_CNT).
words=()
for i in {1..12}; do
	words+=("w$i=$wide")
done
ok "twelve programs in a row: attach" edge-load attach edge0 "${words[@]}" "p=$filter" "z=$tally"
between "twelve programs in a row" "$(status edge0 xdp '.programs | length')" 12 33
is "ping through them" "$(pings client 20 203.0.113.2 -I 198.51.100.2)" 20
is "the last saw each" "$(entry edge0/xdp/z/tallies 0 .packets) $(of edge0 xdp z packets)" "20 20"

# No packet is lost when one cut chain takes over from another.
receive_start server 9000
start client "$build/tests/e2e/udp" send 198.51.100.2 203.0.113.2 9000 3000 >"$work/sent"
sender=$started
for i in 1 2 3 4 5 6; do
	edge-load attach edge0 "w1=$wide" "w2=$wide" "z=$tally:step=$i" >/dev/null
done
kill "$sender"
wait "$sender"
is "six swaps of a cut chain under traffic lose nothing" "$(receive_end)" "received $(<"$work/sent"), twice 0, out of order 0"
is "and its last instance counted each" "$(of edge0 xdp z packets)" $(($(<"$work/sent") + 20))
finish

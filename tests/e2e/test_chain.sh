#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# A chain: 32 instances of one function, parameters, maps kept over a swap, and nothing left by a detach.
. "$(dirname "$0")/lib.sh"

tally=$(function_object tally)
words=()
for i in {1..32}; do
	words+=("t$i=$tally:step=$i")
done

# counted DEVICE HOOK: what each instance's own map says, one number after another.
counted() {
	local i

	for i in {1..32}; do
		entry "$1/$2/t$i/tallies" 0 .packets
	done | paste -sd' '
}

# at HOOK DEVICE: 20 pings, each of which is one packet at the hook.
at() {
	local hook=$1 device=$2 wanted before

	ok "$hook: attach 32 instances" edge-load attach "$device" --hook "$hook" "${words[@]}"
	is "$hook: they are one program" "$(status "$device" "$hook" '.fused, (.programs | length)' | paste -sd' ')" "true 1"
	is "$hook: ping through them" "$(pings client 20 203.0.113.2)" 20
	wanted=$(seq -s' ' 20 20 640)
	is "$hook: each counted by its own parameter, in its own map" "$(counted "$device" "$hook")" "$wanted"
	is "$hook: and edge-load counted for each" \
		"$(stats "$device" "$hook" '[.instances[] | [.packets, .verdicts.next] | unique[]] | unique | map(tostring) | join(" ")')" 20
	is "$hook: in bytes as well: 14 + 20 + 8 + 56 a packet" \
		"$(stats "$device" "$hook" '[.instances[].bytes] | unique | map(tostring) | join(" ")')" $((20 * 98))

	ok "$hook: another value for one" edge-load param set "$device/$hook/t7" step=1000
	is "$hook: makes generation 2" "$(status "$device" "$hook" .generation)" 2
	is "$hook: which says so" "$(status "$device" "$hook" '.instances[6].params, .instances[7].params' | paste -sd' ')" "step=1000 step=8"
	is "$hook: ping through them" "$(pings client 20 203.0.113.2)" 20
	wanted=$(seq -s' ' 40 40 1280 | sed -E 's/^(([0-9]+ ){6})280 /\120140 /')
	is "$hook: what was counted is kept, and that one counts otherwise" "$(counted "$device" "$hook")" "$wanted"
	is "$hook: counters go on" "$(of "$device" "$hook" t32 packets)" 40

	ok "$hook: swap for a shorter chain" edge-load attach "$device" --hook "$hook" "t2=$tally:step=5" "new=$tally"
	is "$hook: ping through it" "$(pings client 20 203.0.113.2)" 20
	is "$hook: the one that stayed kept its map" "$(entry "$device/$hook/t2/tallies" 0 .packets)" 180
	is "$hook: the new one began at nothing" "$(of "$device" "$hook" new packets)" 20
	is "$hook: no pin is left of the others" "$(find -L "/sys/fs/bpf/edge/$device/$hook" | grep -cE '/t[13456789][0-9]*(/|$)')" 0

	before=$(ids "$device" "$hook")
	like "$hook: it holds programs and maps" "$(cut -d' ' -f1 <<<"$before" | sort -u | paste -sd' ')" '^map prog$'
	ok "$hook: detach" edge-load detach "$device" --hook "$hook"
	ok "$hook: nothing of it is left in the kernel" gone "$before"
	is "$hook: nothing is pinned" "$(pins)" ""
	is "$hook: the link is up and carries" "$(pings client 5 203.0.113.2)" 5
	is "$hook: status knows no chain" "$(edge-load status -j)" "[]"
}

at xdp edge0
at tc-ingress edge0
at tc-egress edge1
finish

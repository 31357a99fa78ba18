#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# A chain is swapped 200 times under traffic, and no packet is lost or seen twice: counted by the sender, by the
# receiver, and by a map that every generation shares.
# run: alone
. "$(dirname "$0")/lib.sh"

tally=$(function_object tally)

# at HOOK DEVICE SWAPS [MODE]
at() {
	local hook=$1 device=$2 swaps=$3 mode=${4:+--mode $4} name="$1${4:+, $4}" swapped=0 i words before

	# shellcheck disable=SC2086
	ok "$name: attach" edge-load attach "$device" --hook "$hook" $mode "t=$tally"
	stream_start
	for ((i = 1; i <= swaps; i++)); do
		words=("t=$tally" "other=$tally:step=$((i % 9 + 1))")
		[ $((i % 2)) -eq 0 ] || words=("other=$tally" "t=$tally")
		# shellcheck disable=SC2086
		edge-load attach "$device" --hook "$hook" $mode "${words[@]}" >/dev/null && swapped=$((swapped + 1))
	done
	stream_end
	is "$name: $swaps swaps were made" "$swapped" "$swaps"
	is "$name: generation" "$(status "$device" "$hook" .generation)" $((swaps + 1))
	ok "$name: there was traffic all the while ($sent packets)" [ "$sent" -gt $((swaps * 100)) ]
	all_arrived "$name: every packet arrived once, in order"
	is "$name: the map that all generations share counted each" \
		"$(entry "$device/$hook/t/tallies" 0 .packets)" "$sent"
	is "$name: and so did edge-load, over all generations" "$(of "$device" "$hook" t packets)" "$sent"
	before=$(ids "$device" "$hook")
	ok "$name: detach" edge-load detach "$device" --hook "$hook"
	ok "$name: no generation is left" gone "$before"
	is "$name: nothing is pinned" "$(pins)" ""
}

at xdp edge0 200
at tc-ingress edge0 40
at tc-egress edge1 40
at xdp edge0 20 generic
at tc-ingress edge0 20 clsact
finish

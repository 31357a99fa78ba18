#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# A thousand swaps under traffic, of every kind, at XDP and TC at the same time: no packet is lost or seen twice, no
# entry that a packet made is lost, and every count is exact, through conversions of all maps, too.
#
# udp.c numbers its datagrams. The functions ledger1 and ledger2, two versions of one, have an entry for each 64 numbers,
# so entries come into being all the while, those milliseconds included in which a conversion goes on; each has to say
# 64 in the end. The sender waits for the cable and the receiver's buffer takes seconds, and the kernel's own counters
# say if one of them lost something itself.
# run: alone
. "$(dirname "$0")/lib.sh"

rounds=${EDGE_TEST_SWAPS_ROUNDS:-16} # of 60 swaps
applies=20 # of 2 swaps
all=$((rounds * 60 + applies * 2))
tally=$(function_object tally)
versions=([1]="$(function_object ledger1)" [2]="$(function_object ledger2)")
yaml=$work/edge.yaml

# ---------------------------------------------------------------- swaps, each counted by its kind

# swap KIND COMMAND...: a line of $work/swaps if it was made, else what it said.
swap() {
	local kind=$1 said

	shift
	if said=$("$@" 2>&1); then
		echo "$kind" >>"$work/swaps"
	else
		echo "$*: $said" >>"$work/refused"
	fi
}

swaps() { grep -c "$1" "$work/swaps"; }

# round DEVICE HOOK NUMBER: 30 swaps
round() {
	local device=$1 hook=$2 number=$3 file=${versions[$(($3 % 2 + 1))]} generation i

	swap "conversion by attach" edge-load attach "$device" --hook "$hook" "t=$tally" "f=$file" "x=$tally"
	swap "parameter" edge-load param set "$device/$hook/x" "step=$((number % 7 + 2))"
	swap "attach" edge-load attach "$device" --hook "$hook" "x=$tally" "f=$file" "t=$tally"
	generation=$(status "$device" "$hook" .generation)
	for i in 1 2 1 2 0 2 1 2 0 1 2 1 0 1 2 1 2 0 2 1 2 0 1 2 1; do
		swap "rollback" edge-load rollback "$device" --hook "$hook" $((generation - i))
	done
	swap "conversion by rollback" edge-load rollback "$device" --hook "$hook" $((generation - 3))
	swap "conversion by rollback" edge-load rollback "$device" --hook "$hook" "$generation"
}

# All rounds on one device and hook, but for the applies, which are for both.
turns() {
	local device=$1 hook=$2 from=$3 to=$4 i

	for ((i = from; i < to; i++)); do
		round "$device" "$hook" "$i"
	done
}

# apply NUMBER: both chains at once
apply() {
	cat >"$yaml" <<-YAML
		version: 1
		chains:
		  - device: edge0
		    instances: [{name: t, function: $tally}, {name: f, function: ${versions[$(($1 % 2 + 1))]}}]
		  - device: edge1
		    hook: tc-egress
		    instances: [{name: f, function: ${versions[$(($1 % 2 + 1))]}}, {name: t, function: $tally}]
	YAML
	swap "conversion by apply" edge-load apply "$yaml"
	echo "conversion by apply" >>"$work/swaps" # of the second chain
}

# ---------------------------------------------------------------- what has to be there

# wrong_pages DEVICE HOOK: how many entries are missing, too many, or say another number than they should.
wrong_pages() {
	edge-load map dump "$1/$2/f/pages" | sed -E 's/^([0-9]+) .*packets=([0-9]+).*/\1 \2/' |
		awk -v sent="$sent" '
			{ packets[$1] = $2 }
			END {
				for (key = 0; key * 64 < sent; key++) {
					wrong += packets[key] != (sent - key * 64 < 64 ? sent - key * 64 : 64)
					delete packets[key]
				}
				for (key in packets) wrong++
				print wrong + 0
			}'
}

# sum_lanes DEVICE HOOK: entries and packets of a per-CPU table.
sum_lanes() { edge-load map dump "$1/$2/f/lanes" | awk '{ sum += $2 } END { print NR, sum + 0 }'; }

# whole DEVICE HOOK
whole() {
	local name="$1 $2"

	is "$name: of $(((sent + 63) / 64)) entries, none is missing, none is wrong" "$(wrong_pages "$1" "$2")" 0
	is "$name: nor of $(((sent + 255) / 256)) in a per-CPU table" "$(sum_lanes "$1" "$2")" "$(((sent + 255) / 256)) $sent"
	is "$name: a per-CPU count" "$(entry "$1/$2/f/totals" 0)" "$sent"
	is "$name: a variable" "$(entry "$1/$2/f/bss" 0 .seen)" "$sent"
	is "$name: a map that all generations share" "$(entry "$1/$2/t/tallies" 0 .packets)" "$sent"
	is "$name: what edge-load counted, over all generations" "$(of "$1" "$2" t packets)" "$sent"
}

# ---------------------------------------------------------------- the run

: >"$work/swaps"
: >"$work/refused"
ok "attach at XDP" edge-load attach edge0 "t=$tally" "f=${versions[2]}" "x=$tally"
ok "attach at TC" edge-load attach edge1 --hook tc-egress "t=$tally" "f=${versions[2]}" "x=$tally"
receive_start server 9000
start client "$build/tests/e2e/udp" send 198.51.100.2 203.0.113.2 9000 2000 >"$work/sent"
sender=$started
half=$((rounds / 2))
for part in "0 $half" "$half $rounds"; do
	# shellcheck disable=SC2086
	turns edge0 xdp $part &
	first=$!
	# shellcheck disable=SC2086
	turns edge1 tc-egress $part &
	wait "$first" "$!"
	for ((i = 0; i < applies / 2; i++)); do
		apply "$i"
	done
done
kill "$sender"
wait "$sender"
sent=$(<"$work/sent")
received=$(receive_end)

sort "$work/swaps" | uniq -c | sed 's/^ */# swaps: /'
echo "# packets: sent $sent, $received"
is "every swap was made" "$(<"$work/refused")" ""
is "$all of them" "$(swaps .)" "$all"
ok "there was traffic all the while ($sent packets)" [ "$sent" -gt $((all * 20)) ]
is "the receiver lost nothing itself" "$(snmp server UdpRcvbufErrors)" 0
is "every packet arrived once, in order" "$received" "received $sent, twice 0, out of order 0"
whole edge0 xdp
whole edge1 tc-egress
finish

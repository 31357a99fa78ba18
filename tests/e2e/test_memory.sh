#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# One allocation fails after the other, in each command that reads: its answer is the whole one, or it says why not and ends
# with another status, in one message; never is it empty, shorter or wrong with success.
#
# EDGE_MEMORY_EVERY=N: each Nth allocation, from a number on that EDGE_MEMORY_SEED=N (1) chooses (13).
. "$(dirname "$0")/lib.sh"
. "$here/memory.sh"

every=${EDGE_MEMORY_EVERY:-13}
# whole_or_told WORDS...
whole_or_told() {
	local at=0 count messages status whole wrong=''

	SHORT_COUNT=$work/count short "$@" >"$work/whole" 2>/dev/null
	whole=$?
	count=$(<"$work/count")
	for ((at = 1 + RANDOM % every; at <= count; at += every)); do
		short "$@" >"$work/out" 2>"$work/err"
		status=$?
		messages=$(grep -vE '^(edge-load: |\{")(warning|note)' "$work/err" | grep -cE '^(edge-load: |\{"error")')
		if [ "$status" -gt 128 ]; then
			wrong+=" $at:died"
		elif [ "$messages" -gt 1 ]; then
			wrong+=" $at:said"
		elif [ "$status" -ne 1 ] && grep -qE '^(edge-load: |\{"error".*"what": ")out of memory' "$work/err"; then
			wrong+=" $at:status"
		elif [ "$status" -ne 0 ] && [ ! -s "$work/err" ]; then
			[ "$status" -eq "$whole" ] || wrong+=" $at:silent"
		elif [ "$status" -eq "$whole" ] && ! cmp -s "$work/whole" "$work/out"; then
			wrong+=" $at:other"
		fi
	done
	ok "$*: $count allocations, counted" [ "$count" -gt 100 ]
	is "$*: whole, or told" "$wrong" ""
}

edge-load -q attach edge0 blocklist count
edge-load -q attach edge0 blocklist count:source=true
edge-load -q attach edge0 --hook tc-ingress count
edge-load -q map set edge0/xdp/blocklist/blocked 192.0.2.0/24 packets=3
edge-load -q map set edge0/xdp/blocklist/blocked 198.51.100.0/24
for words in "-j status" status "-j stats" stats "map list" "-j map list" "map dump edge0/xdp/blocklist/blocked" \
	"-j map dump edge0/xdp/blocklist/blocked" "map get edge0/xdp/blocklist/blocked 192.0.2.0/24" "-j inspect blocklist" \
	"inspect blocklist" "-j history edge0" "history edge0" "diff edge0 1" "map save edge0 -" "--all-netns status" "-j --all-netns stats"; do
	read -ra list <<<"$words"
	whole_or_told "${list[@]}"
done

finish

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# One allocation fails after the other, in each command that changes something: it succeeds, and all is done; or it says why
# not in one message, and all is as it was, or all is done. The same command then succeeds, and nothing else is left.
#
# EDGE_MEMORY_EVERY=N: each Nth allocation, from a number on that EDGE_MEMORY_SEED=N (1) chooses (67).
. "$(dirname "$0")/lib.sh"
. "$here/memory.sh"
. "$here/sweep.sh"
shopt -s nullglob dotglob

every=${EDGE_MEMORY_EVERY:-67}
keep_fused
tally=$(function_object tally)
blocked=edge0/xdp/blocklist/blocked
file=$work/here/file # what save and build write
mkdir "$work/here" "$work/tmp"
export TMPDIR=$work/tmp

# state: what runs, what its maps hold, and what is in the file, but for numbers that each change makes anew; in $now.
state() {
	now=$({
		edge-load status -j
		edge-load map save edge0 -
		edge-load map list edge0 -j
		cksum "$file" 2>&1
	} 2>/dev/null | sed -E '/^(#.*|\[\]|)$/d; s/"(ifindex|generation|digest|link_id|id|time|tag|place|held|user)": ("[^"]*"|[0-9]+|null)//g')
	left=("$work/here"/* "$work/tmp"/*)
}

# quiet WORDS...: edge-load, of which no message is expected; apart from what sets a test up, it counts as wrong.
quiet() { edge-load -q "$@" >/dev/null 2>"$work/said" || wrong+=$'\n'"$at: $* says $(<"$work/said")"; }

# judge STATUS: one run whose allocation failed, by $now.
judge() {
	local messages

	messages=$(grep -v '^edge-load: \(warning\|note\): ' "$work/err" | grep -c '^edge-load: ')
	[ "$now" = "$before" ] || [ "$now" = "$after" ] || wrong+=$'\n'"$at: $1, half done: $now"
	[[ "${left[*]}" == "${files[0]}" || "${left[*]}" == "${files[1]}" ]] || wrong+=$'\n'"$at: leaves ${left[*]}"
	if [ "$1" -eq 0 ]; then
		[ "$now" = "$after" ] || wrong+=$'\n'"$at: success, and not done"
		[ "$messages" -eq 0 ] || wrong+=$'\n'"$at: success, and $(<"$work/err")"
	elif [ "$1" -ge 10 ] || [ "$messages" -ne 1 ]; then
		wrong+=$'\n'"$at: $1 $(<"$work/err")"
	fi
}

# changes RESET WORDS...: RESET is the function that makes the state before.
changes() {
	local reset=$1 at=0 wrong='' before after files=() count done=0 told=0 status

	shift
	"$reset"
	state
	before=$now files[0]="${left[*]}"
	SHORT_COUNT=$work/count short "$@" >/dev/null 2>&1
	count=$(<"$work/count")
	state
	after=$now files[1]="${left[*]}"
	for ((at = 1 + RANDOM % every; at <= count; at += every)); do
		"$reset"
		short "$@" >/dev/null 2>"$work/err"
		status=$?
		state
		judge $status
		if [ $status -eq 0 ]; then done=$((done + 1)); else told=$((told + 1)); fi
		[ "$now" = "$after" ] || quiet "$@"
		state
		[ "$now" = "$after" ] || wrong+=$'\n'"$at: once more leads to $now"
	done
	"$reset"
	state
	[ "$now" = "$before" ] || wrong+=$'\n'"in the end: $now"
	ok "$*: another state, by $count allocations" [ $((count > 100)) = 1 -a "$before" != "$after" ]
	is "$*: done $done times, or told $told times" "$wrong" ""
}

off() { edge-load -q detach --all >/dev/null 2>&1; }
one() { quiet attach edge0 --keep 1 "$tally"; }
two() { off && quiet attach edge0 "$tally" && quiet attach edge0 "$tally:step=2"; }
changes off attach -q edge0 "$tally"
changes off attach -q edge0 --hook tc-egress --mode clsact "$tally:step=7"
changes one detach -q edge0
off
# The parameters that the compiler is given are short of none.
every=$((every / 4 + 1))
changes one attach -q edge0 --keep 1 "$tally" "b=$tally:step=2"
changes one param set -q edge0/xdp/tally step=3
every=$((every * 4))
changes two rollback -q edge0

# manifest FILE STEP ENTRIES MORE: a chain with a table; MORE is another chain, or nothing.
manifest() {
	printf 'version: 1\nkeep: 1\nchains:\n  - {device: edge0, instances: [{function: %s, params: {step: %s}},
    {function: blocklist, maps: {blocked: {entries: [%s], size: 64}}}]}\n%s\n' "$tally" "$2" "$3" "${4:-}" >"$work/$1.yaml"
}
manifest a 1 192.0.2.0/24 "  - {device: edge0, hook: tc-ingress, instances: [$tally]}"
manifest b 2 "192.0.3.0/24, 192.0.4.0/24" "  - {device: edge1, instances: [$tally]}"
apply_a() { quiet apply "$work/a.yaml"; }
off
changes apply_a apply -q "$work/b.yaml"

off
quiet attach edge0 --keep 1 blocklist "$tally"
printf '%s\n' 192.0.2.0/24 "192.0.3.0/24 packets=5" >"$work/list"
printf '%s\n' "198.51.100.0/24 packets=7" >"$work/old"
printf '[xdp/blocklist/blocked]\n192.0.2.0/24\n' >"$work/saved"
replaced() { quiet map replace "$blocked" "$work/old"; }
resized() { quiet map resize "$blocked" 1024; }
filled() { quiet map flush "$blocked" && quiet map load "$blocked" "$work/old"; }
changes filled map set -q $blocked 192.0.2.0/24 packets=3
changes filled map del -q $blocked 198.51.100.0/24
changes filled map load -q $blocked "$work/list"
changes filled map flush -q $blocked
changes filled map restore -q edge0 "$work/saved"
changes replaced map replace -q $blocked "$work/list"
changes resized map resize -q $blocked 2000
before_file() { echo before >"$file"; }
changes before_file map save -q edge0 "$file"
cp "$here/functions/tally.bpf.c" "$work/built.bpf.c"
changes before_file build -q "$work/built.bpf.c" -o "$file"
finish

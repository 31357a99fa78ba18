#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Many edge-loads at once on one device: each does what it was told, or says conflict in one message and has done
# nothing; what was said to be done is not undone by another one that is in the middle of something.
. "$(dirname "$0")/lib.sh"

tally=$(function_object tally)
chain=edge0/xdp

# ---------------------------------------------------------------- one that is slow

# slow CALL:NUMBER COMMAND...: an edge-load that stays for two seconds before the first such system call, or the second…
slow() {
	local call=$1

	shift
	strace -f -qq -o /dev/null -e trace="${call%:*}" -e inject="${call%:*}:delay_enter=2s:when=${call##*:}" -- \
		nsenter --net=/run/netns/edge -- "$build/bin/edge-load" "$@"
}

# beside CALL:NUMBER COMMAND...: others are refused meanwhile, and do not disturb it.
beside() {
	local text="at ${1#/^} of an $2" pid

	slow "$@" >"$work/slow" 2>&1 &
	pid=$!
	wait_for 10 test -e "/sys/fs/bpf/edge/edge0/xdp:new" || fail "$text: it stands at its last step"
	refused "$text: no other attach meanwhile" 5 'another edge-load' edge-load attach edge0 "a=$tally"
	refused "$text: no parameters" 5 'another edge-load' edge-load param set "$chain/a" step=2
	refused "$text: no rollback" 5 'another edge-load' edge-load rollback edge0
	refused "$text: no detach" 5 'another edge-load' edge-load detach edge0
	wait "$pid"
	is "$text: it comes to its end" "$? $(<"$work/slow")" "0 "
}

beside '/^rename:1' attach -q edge0 --keep 64 "a=$tally" "b=$tally" fw=blocklist # where nothing runs yet
beside '/^rename:1' attach -q edge0 "b=$tally" "a=$tally" fw=blocklist
is "both generations are there" "$(edge-load history edge0 -j | jq -c 'map(.generation)')" '[1,2]'
ok "detach" edge-load detach edge0
is "nothing is pinned" "$(pins)" ""

# ---------------------------------------------------------------- entries

# Both versions of a table: what was set or deleted with success while its entries go over to the other one stays so.
first=$(function_object flows1)
second=$(function_object flows2)
flows=$chain/f/flows

keys() { edge-load map dump "$flows" -j | jq -c '[.[].key] | sort'; }

# last_call COMMAND...: how many calls of bpf(2) an edge-load makes.
last_call() {
	strace -f -qq -e trace=bpf -o "$work/trace" nsenter --net=/run/netns/edge -- "$build/bin/edge-load" "$@"
	grep -c 'bpf(' "$work/trace"
}

# late FILE COMMAND...: it changes its entry two seconds after it opened the map; meanwhile the map is converted.
late() {
	local file=$1 calls pid

	shift
	calls=$(last_call map set "$flows" 10 packets=1)
	slow "bpf:$calls" "$@" >"$work/slow" 2>&1 &
	pid=$!
	sleep 0.7
	ok "$2: meanwhile, another version" edge-load attach edge0 "f=$file"
	wait "$pid"
	is "$2: it says success" "$? $(<"$work/slow")" "0 "
}

# between_copy_and_merge FILE GENERATION TEXT KEYS: a conversion that stands there; entries are changed meanwhile.
between_copy_and_merge() {
	local pid

	slow '/^symlink:1' attach edge0 "f=$1" >"$work/slow" 2>&1 &
	pid=$!
	wait_for 10 test -e "/sys/fs/bpf/edge/edge0/xdp:$2" || fail "the conversion stands before its commit"
	ok "$3: set one more" edge-load map set "$flows" 30 packets=30
	ok "$3: set one that is there" edge-load map set "$flows" 11 packets=7
	ok "$3: delete one" edge-load map del "$flows" 12
	wait "$pid"
	is "$3: the conversion comes to its end" "$?" 0
	is "$3: so it is" "$(keys)" "$4"
	is "$3: with that value" "$(entry "$flows" 11 .packets)" 7
}

ok "a table" edge-load attach edge0 "f=$second"
printf '%s packets=1\n' {10..14} >"$work/five"
ok "with five entries" edge-load map load "$flows" "$work/five"
late "$first" map set "$flows" 20 packets=20
is "and it is there" "$(keys)" '[10,11,12,13,14,20]'
late "$second" map del "$flows" 20
is "and it is gone" "$(keys)" '[10,11,12,13,14]'
between_copy_and_merge "$first" 4 "to a hash table" '[10,11,13,14,30]'
ok "again" edge-load map load "$flows" "$work/five"
between_copy_and_merge "$second" 5 "to an LRU one" '[10,11,13,14,30]'
finish

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Many edge-loads at once on one device: each does what it was told, or says conflict in one message and has done
# nothing.
. "$(dirname "$0")/lib.sh"

tally=$(function_object tally)
chain=edge0/xdp

# ---------------------------------------------------------------- one that is slow

# slow CALL COMMAND...: an edge-load that stays for two seconds before its first such system call.
slow() {
	local call=$1

	shift
	strace -f -qq -o /dev/null -e trace="$call" -e inject="$call:delay_enter=2s:when=1" -- \
		nsenter --net=/run/netns/edge -- "$build/bin/edge-load" "$@"
}

# beside CALL COMMAND...: others are refused meanwhile, and do not disturb it.
beside() {
	local text="$1 of $2" pid

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

beside rename attach -q edge0 --keep 64 "a=$tally" "b=$tally" fw=blocklist # where nothing runs yet
beside rename attach -q edge0 "b=$tally" "a=$tally" fw=blocklist
is "both generations are there" "$(edge-load history edge0 -j | jq -c 'map(.generation)')" '[1,2]'
ok "detach" edge-load detach edge0
is "nothing is pinned" "$(pins)" ""
finish

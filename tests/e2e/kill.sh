# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154,SC2034
#
# Killed at a system call: strace lets a command die of SIGKILL at each of its calls after which something is another than
# before, one run a call. Whenever it is, packets meet the old chain or the new one, whole, and status says which; the next
# command does what it says; nothing leaks. Sourced behind sweep.sh.
#
# EDGE_KILL_EVERY=N: at each Nth of those alone. EDGE_KILL=every: at whatever call it makes, some 400 to 900 of them.

# killed_at CALL NUMBER SIGNATURE: $words die there. Return: 1, they did not come there.
killed_at() {
	local status

	{
		on edge strace -qq -o "$work/trace" -e "trace=$1" -e "inject=$1:signal=SIGKILL:when=$2" \
			"$build/bin/edge-load" -q "${words[@]}" >/dev/null 2>&1
	} 2>/dev/null
	status=$?
	[ $status -eq 137 ] || return 1
	[ "$(signatures <"$work/trace" | awk 'END { print $3 }')" = "$3" ] || others=$((others + 1))
}

# kills_at VERB STATE: the calls of a whole run that leads there from $state, those to be killed at, each with the state.
kills_at() {
	words_for "$1" "$2"
	calls "$work/calls" "${words[@]}"
	expect "the exit status" $? "$refused"
	[ "$refused" -ne 0 ] || state=$2
	if [ "${EDGE_KILL:-}" = every ]; then
		grep -v '^execve ' "$work/calls"
	else
		surviving "$work/calls"
	fi | sed "s/^/$2 /" >"$work/to_$2"
}

# go_on VERB STATE: the command that follows a kill; for a rollback, another one half of the times.
go_on() {
	if [ "$1" = rollback ] && [ $((killed % 2)) -eq 0 ]; then
		state=$2
		[ "$stamps" = "${stamps_of[$2]}" ] || edge-load -q rollback "${detached[@]}" "$(number_of "$2")" 2>"$work/said" ||
			wrong+=$'\n'"$at: $(<"$work/said")"
		arrived
	else
		reach "$2"
	fi
}

# killing VERB [NEXT] <LINES: each line's command is killed at its call, and then goes on to its state, or to NEXT.
killing() {
	local target call number sign old new

	while read -r target call number sign _ <&3; do
		at="$call $number $sign to $target"
		if [ "$state" = "$target" ]; then
			if [ "$target" = "$first" ]; then reach "$second"; else reach "$first"; fi
		fi
		old=${stamps_of[$state]} new=${stamps_of[$target]}
		words_for "$1" "$target"
		if ! killed_at "$call" "$number" "$sign"; then
			missed=$((missed + 1)) state=$target
			continue
		fi
		killed=$((killed + 1))
		probe
		case $stamps in
		"$new") news=$((news + 1)) ;;
		"$old") olds=$((olds + 1)) ;;
		*) mixed "$stamps" || wrong+=$'\n'"$at: packets meet $stamps" ;;
		esac
		told
		expect "what status tells" "$marks" "$stamps"
		[ -z "$counts" ] || counted
		[ -z "$counts" ] || expect "what was counted" "$count" $((sent - base))
		go_on "$1" "${2:-$target}"
	done 3<"$work/plan"
}

# mixed STAMPS: whether these are neither the old chain's nor the new one's, and yet right. Two chains are two: one can be
# the old one while the other is the new one, each of them whole.
mixed() { false; }

refused=0 # the exit status of a command that is to be taken back

# kills TITLE VERB FIRST SECOND [NEXT]: between two states, to and fro by turns; with NEXT, always from the first.
kills() {
	local title=$1 verb=$2 first=$3 second=$4 next=${5:-} at=before held
	local count=0 killed=0 missed=0 others=0 olds=0 news=0 offset every=${EDGE_KILL_EVERY:-1} started_s=$SECONDS

	wrong=''
	reach "$first"
	[ -z "$counts" ] || counted
	base=$((sent - count))
	[ "$refused" -ne 0 ] || reach "$second"
	shape_of=()
	reach "$first"
	kills_at "$verb" "$second"
	if [ -n "$next" ]; then
		cp "$work/to_$second" "$work/plan"
		reach "$first"
	else
		kills_at "$verb" "$first"
		paste -d'\n' "$work/to_$second" "$work/to_$first" | awk 'NF && (NR % 4 == 1 || NR % 4 == 0)' >"$work/plan"
	fi
	# The kernel frees what the way here left a little later: what there is for a second is what is held.
	held=$(settled)
	if [ "$every" -gt 1 ]; then
		offset=$((RANDOM % every))
		echo "# $title: one call of $every, from number $offset on"
		awk -v every="$every" -v offset="$offset" 'NR % every == offset' "$work/plan" >"$work/some"
		mv "$work/some" "$work/plan"
	fi
	killing "$verb" "$next"
	[ "$state" = "$first" ] || reach "$first"
	# What one that is taken back does depends on what the one before left at the other device.
	[ "$refused" -ne 0 ] || [ "${EDGE_KILL:-}" = every ] || expect "calls that were others than planned" "$others" 0
	[ "$missed" -eq 0 ] || [ "${EDGE_KILL:-}" = every ] || wrong+=$'\n'"$missed calls were not made again"
	is "$title: killed at $killed calls, $olds times the old chain ran on, $news times the new one" "$wrong" ""
	[ "$every" -gt 3 ] || ok "$title: both were seen" [ $((olds > 0 && news > 0)) = 1 ]
	ok "$title: nothing leaks ($held maps, programs, links)" wait_for 10 steady "$held"
	echo "# $title: $((SECONDS - started_s)) s"
}

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Many edge-loads at once on one device: each does what it was told, or says conflict in one message and has done
# nothing; what was said to be done is not undone by another one that is in the middle of something.
. "$(dirname "$0")/lib.sh"

many=50
options=(--json)
tally=$(function_object tally)
chain=edge0/xdp

# ---------------------------------------------------------------- one that is slow

# beside COMMAND...: an attach that stands still while it pins its new generation, at the seventh folder that it makes;
# others are refused meanwhile, and do not disturb it.
beside() {
	local text="beside the $1" tracer pid

	shift
	strace -f -qq -o /dev/null -e trace=/^mkdir -e inject=/^mkdir:signal=SIGSTOP:when=7 -- \
		nsenter --net=/run/netns/edge -- "$build/bin/edge-load" "$@" >"$work/slow" 2>&1 &
	tracer=$!
	wait_for 60 test -e /sys/fs/bpf/edge/edge0/xdp:new/fw
	pid=$(pgrep -P "$tracer")
	ok "$text: it stands there" wait_for 10 grep -q '^State:.[tT]' "/proc/$pid/status"
	refused "$text: no other attach" 5 'another edge-load' edge-load attach edge0 "a=$tally"
	refused "$text: no parameters" 5 'another edge-load' edge-load param set "$chain/a" step=2
	refused "$text: no rollback" 5 'another edge-load' edge-load rollback edge0
	refused "$text: no detach" 5 'another edge-load' edge-load detach edge0
	kill -CONT "$pid"
	wait "$tracer"
	is "$text: it comes to its end" "$? $(<"$work/slow")" "0 "
}

beside "first attach" attach -q edge0 --keep 64 "a=$tally" "b=$tally" fw=blocklist # where nothing runs yet
beside "second" attach -q edge0 "b=$tally" "a=$tally" fw=blocklist
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

# slow CALL:NUMBER COMMAND...: an edge-load that stays for two seconds before the first such system call, or the second…
slow() {
	local call=$1

	shift
	strace -f -qq -o /dev/null -e trace="${call%:*}" -e inject="${call%:*}:delay_enter=2s:when=${call##*:}" -- \
		nsenter --net=/run/netns/edge -- "$build/bin/edge-load" "$@"
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

# ---------------------------------------------------------------- fifty
#
# The generations tell the order of the commands: number N is the chain that its command makes of number N-1, of the
# generation that ran at the start, or of a generation that a rollback went to.

# command FOLDER NUMBER WORDS...: waits at the gate; FOLDER/NUMBER.words, .out, .err and .status are what came of it.
command() {
	local to=$1/$2

	shift 2
	echo "$*" >"$to.words"
	flock -s "$work/gate" true
	edge-load "${options[@]}" "$@" >"$to.out" 2>"$to.err"
	echo $? >"$to.status"
}

# at_once FOLDER KIND...: $many commands, of these kinds in turn, started at the same moment.
at_once() {
	local folder=$work/$1 gate pids=() kinds i

	shift
	kinds=("$@")
	mkdir "$folder"
	exec {gate}>"$work/gate"
	flock "$gate"
	for ((i = 0; i < many; i++)); do
		"one_${kinds[i % ${#kinds[@]}]}" "$folder" "$i" {gate}>&- &
		pids+=($!)
	done
	sleep 0.3
	exec {gate}>&-
	wait "${pids[@]}"
}

one_attach() { command "$1" "$2" attach edge0 --keep 64 "a=$tally:step=$(($2 + 2))" "b=$tally" fw=blocklist; }
one_other() { command "$1" "$2" attach edge0 --keep 64 "b=$tally:step=$(($2 + 2))" fw=blocklist "a=$tally"; }
one_param() { command "$1" "$2" param set "$chain/$([ $(($2 % 2)) -eq 0 ] && echo a || echo b)" step=$(($2 + 2)); }
one_rollback() { command "$1" "$2" rollback edge0 $(($2 % 3 + 1)); }
one_back() { command "$1" "$2" rollback edge0; }
one_detach() { command "$1" "$2" detach edge0; }
one_resize() { command "$1" "$2" map resize "$chain/fw/blocked" $((2000 + $2)); }
one_replace() {
	echo "192.0.2.$2" >"$1/$2.list"
	command "$1" "$2" map replace "$chain/fw/blocked" "$1/$2.list"
}
one_apply() {
	manifest "$1/$2.yaml" $(($2 + 2))
	command "$1" "$2" apply "$1/$2.yaml"
}

# manifest FILE STEP
manifest() {
	cat >"$1" <<-END
		version: 1
		chains:
		  - device: edge0
		    keep: 64
		    instances:
		      - fw=blocklist
		      - {name: b, function: $tally, params: {step: $2}}
		      - {name: a, function: $tally}
	END
}

# ---------------------------------------------------------------- what came of it

# succeeded FOLDER: the numbers of the commands that did.
succeeded() { grep -lx 0 "$work/$1"/*.status | sed -E 's/.*\/([0-9]+)\.status/\1/' | sort -n; }

# bad FOLDER: commands that neither succeeded nor said conflict, in one message and nothing else. Notes may stand beside
# a success: an attach that finds no chain, since another command took it off, tells what the device does with VLAN tags.
bad() {
	local status name

	for status in "$work/$1"/*.status; do
		name=${status%.status}
		case $(<"$status") in
		0)
			[ "$(jq -s 'all(keys == ["note"])' "$name.err")" = true ] ||
				echo "$(<"$name.words"): $(<"$name.err")"
			;;
		5)
			[ ! -s "$name.out" ] && [ "$(jq -s 'length == 1 and .[0].error.kind == "conflict"' "$name.err")" = true ] ||
				echo "$(<"$name.words"): $(<"$name.out") $(<"$name.err")"
			;;
		2 | 4) # what it went back to was not there, or runs
			grep -q '^rollback' "$name.words" && grep -qE 'already runs|no longer has generation|has no generation' "$name.err" ||
				echo "$(<"$name.words"): $(<"$name.err")"
			;;
		*) echo "$(<"$name.words"): exit status $(<"$status"), $(<"$name.err")" ;;
		esac
	done
}

chain_text='(.instances | map("\(.name):\(.params)") | join(" "))'

# of_command FOLDER NUMBER: "GENERATION DIGEST" that it says it made.
of_command() { jq -r '(.chains[0].chain? // .) | "\(.generation) \(.digest)"' "$work/$1/$2.out"; }

# makes FOLDER NUMBER BEFORE: the chain that it makes of another.
makes() {
	local words

	words=$(<"$work/$1/$2.words")
	case $words in
	attach*) sed -E "s,=($tally|blocklist),:,g; s,::,:,g; s,.*--keep 64 ,," <<<"$words" ;;
	apply*) echo "fw: b:step=$(($2 + 2)) a:" ;;
	param*) sed -E "s,\b${words:20:1}:[^ ]*,${words:20:1}:${words##* }," <<<"$3" ;;
	map*) echo "$3" ;;
	esac
}

# unexplained FOLDER BEFORE RAN: generations after number BEFORE that no command made, or that differ from those which
# their commands make. RAN is the generation that ran when the commands started: after a rollback it is not BEFORE.
unexplained() {
	local number generation digest history bases base text made line
	declare -A maker=()

	history=$(edge-load history edge0 -j | jq -r ".[] | \"\(.generation) \(.digest) \" + $chain_text")
	bases=$(grep -lx 'rollback.*' "$work/$1"/*.words | sed 's/\.words$//' | while read -r number; do
		[ "$(<"$number.status")" -ne 0 ] || jq .generation "$number.out"
	done | sort -un)
	for number in $(succeeded "$1"); do
		[[ $(<"$work/$1/$number.words") != rollback* ]] || continue
		read -r generation digest <<<"$(of_command "$1" "$number")"
		[ -z "${maker[$generation]:-}" ] || echo "two made generation $generation"
		maker[$generation]=$number
		grep -q "^$generation $digest " <<<"$history" || echo "$(<"$work/$1/$number.words") made no $generation $digest"
	done
	while read -r generation digest text; do
		[ "$generation" -gt "$2" ] || continue
		number=${maker[$generation]:-} made=no
		for base in $((generation - 1)) "$3" $bases; do
			line=$(sed -nE "s/^$base [^ ]+ //p" <<<"$history")
			[ -z "$number" ] || [ "$(makes "$1" "$number" "$line")" != "$text" ] || made=yes
		done
		[ $made = yes ] || echo "generation $generation: $text, by ${number:+$(<"$work/$1/$number.words")}"
	done <<<"$history"
}

# last FOLDER: the generations that may run now: the latest, and those that rollbacks went to.
last() {
	{
		edge-load history edge0 -j | jq '.[-1].generation'
		grep -l '^rollback' "$work/$1"/*.words | while read -r name; do
			[ "$(<"${name%.words}.status")" -ne 0 ] || jq .generation "${name%.words}.out"
		done
	} | sort -u
}

# whole: what is pinned is what runs and the generations that are kept, and nothing else.
whole() {
	local folder=/sys/fs/bpf/edge/edge0 wanted

	wanted=$(edge-load history edge0 -j | jq -r '.[] | "xdp:\(.generation)"' | sort)
	[ "$(find "$folder" -mindepth 1 -maxdepth 1 -printf '%f\n' | sort)" = "$(printf 'xdp\nxdp:lock\n%s\n' "$wanted" | sort)" ] &&
		[ "$(readlink "$folder/xdp")" = "xdp:$(status edge0 xdp .generation)" ] &&
		[ "$(status edge0 xdp .program.id)" = "$(ip -n edge -j -d link show dev edge0 | jq '.[0].xdp.prog.id')" ] &&
		[ -z "$(find "$folder"/xdp:* -mindepth 1 -name '*:*')" ]
}

# counted FOLDER: a line for the log
counted() {
	local folder=$work/$1 kind

	for kind in attach param apply map rollback detach; do
		printf '# %s: %s %s of %s\n' "$1" "$kind" "$(grep -l "^$kind" "$folder"/*.words | sed 's/words$/status/' | xargs -r grep -lx 0 | wc -l)" \
			"$(grep -l "^$kind" "$folder"/*.words | wc -l)"
	done
}

# round NAME KIND...
round() {
	local name=$1 before ran

	before=$(edge-load history edge0 -j | jq '.[-1].generation')
	ran=$(status edge0 xdp .generation)
	at_once "$@"
	counted "$name"
	is "$name: each of $many succeeded, or said conflict" "$(bad "$name")" ""
	ok "$name: one at least succeeded" [ -n "$(succeeded "$name")" ]
	is "$name: each generation is what one command made of one before" "$(unexplained "$name" "$before" "$ran")" ""
	ok "$name: the last one runs, or one that a rollback went to" grep -qx "$(status edge0 xdp .generation)" <<<"$(last "$name")"
	ok "$name: the pins are whole, and no more" whole
}

ok "detach" edge-load detach edge0
ok "attach" edge-load attach edge0 --keep 64 "a=$tally" "b=$tally" fw=blocklist
receive_start server 9000
start client "$build/tests/e2e/udp" send 198.51.100.2 203.0.113.2 9000 2000 >"$work/sent"
sender=$started
round changes attach param apply replace resize other param
round rollbacks attach rollback param back apply back
edge-load rollback edge0 1 >"$work/said" 2>&1 # unless it runs already
is "an older generation than the latest runs" "$(status edge0 xdp .generation)" 1
options+=(--wait)
round in-turn attach param apply replace resize other param
is "in-turn: all of them succeeded" "$(succeeded in-turn | wc -l)" "$many"
options=(--json)

# Of those who saw the same generation, one is the faster one.
seen=$(status edge0 xdp .generation)
one_seen() {
	manifest "$1/$2.yaml" $(($2 + 2))
	command "$1" "$2" apply --wait "$1/$2.yaml" --if-generation "$([ $(($2 % 2)) -eq 0 ] || echo "$chain=")$seen"
}
many=10
at_once seen seen
is "apply --if-generation: one of $many" "$(succeeded seen | wc -l)" 1
is "the others say conflict" "$(bad seen)" ""
is "and it is the next" "$(status edge0 xdp .generation)" $((seen + 1))
kill "$sender"
wait "$sender"
is "every packet arrived once, in order, through all of it" "$(receive_end)" "received $(<"$work/sent"), twice 0, out of order 0"
refused "a chain that the manifest does not mean" 2 'has no chain for edge1 xdp' \
	edge-load apply "$work/seen/0.yaml" --if-generation "edge1/xdp=1"
refused "no chain" 2 'is not DEVICE/HOOK' edge-load apply "$work/seen/0.yaml" --if-generation "edge0=1"
# ---------------------------------------------------------------- in turn

# Those who wait get the lock in the order in which they came, and nobody waits longer for the others' haste.
waiting() { [ "$(grep -c -- "-> FLOCK .*:$(stat -c %i /sys/fs/bpf/edge/edge0/xdp:lock) " /proc/locks)" -ge "$1" ]; }

# in_turn WAIT: eight attaches wait behind one who has the lock.
in_turn() {
	local wait=$1 i holder pids=()

	on edge "$build/bin/edge-load" -q attach edge0 --keep 16 "w0=$tally"
	flock /sys/fs/bpf/edge/edge0/xdp:lock sleep 60 &
	holder=$!
	wait_for 10 not flock -n /sys/fs/bpf/edge/edge0/xdp:lock true
	for i in {1..8}; do
		on edge "$build/bin/edge-load" -q attach edge0 "$wait" "w$i=$tally" 2>>"$work/turn.err" &
		pids+=($!)
		wait_for 2 waiting "$i"
	done
	pkill -P "$holder"
	wait "${pids[@]}" "$holder" 2>/dev/null
	is "$wait: in the order in which they came" \
		"$(on edge "$build/bin/edge-load" -j history edge0 | jq -r '[.[].instances[].name] | join(" ")')" \
		"w0 w1 w2 w3 w4 w5 w6 w7 w8"
	on edge "$build/bin/edge-load" -q detach edge0
}

on edge "$build/bin/edge-load" -q detach --all
in_turn --wait
in_turn --wait=50
on edge "$build/bin/edge-load" -q attach edge0 count
flock /sys/fs/bpf/edge/edge0/xdp:lock sleep 60 &
holder=$!
wait_for 10 not flock -n /sys/fs/bpf/edge/edge0/xdp:lock true
begun=${EPOCHREALTIME/./}
refused "a time to wait is kept" 5 'another edge-load' on edge "$build/bin/edge-load" attach edge0 count --wait=0.7
between "and not much longer" "$(((${EPOCHREALTIME/./} - begun) / 1000))" 700 1500
pkill -P "$holder"
wait "$holder" 2>/dev/null
on edge "$build/bin/edge-load" -q detach edge0

refused "no number of seconds" 2 'number of seconds' edge-load attach edge0 count --wait=soon

# Chains on other devices and hooks are nobody's business.
many=5
one_elsewhere() {
	local places=("edge0 --hook tc-ingress" "edge0 --hook tc-egress" "edge1" "edge1 --hook tc-ingress" "edge1 --hook tc-egress")

	# shellcheck disable=SC2086
	command "$1" "$2" attach ${places[$2]} "t=$tally"
}
at_once elsewhere elsewhere
is "on five devices and hooks, all succeed at once" "$(succeeded elsewhere | wc -l)" 5

# Who takes the chain off, and who puts one there.
many=50
at_once detaches attach detach param detach other apply rollback
counted detaches
is "detaches: each succeeded, or said conflict, or found none" "$(bad detaches | grep -v 'no edge-load chain is attached')" ""
edge-load detach edge0 >"$work/said" 2>&1
is "detaches: nothing is left over" "$(find /sys/fs/bpf/edge/edge0 -name 'xdp*')" ""
finish

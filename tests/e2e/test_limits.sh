#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Too few open files, no /proc, closed standard streams: each command does what it was told, or says why not and what to
# do, and nothing is lost.
. "$(dirname "$0")/lib.sh"

tally=$(function_object tally)
runs() { edge-load -j status | jq -c 'map([.device, .hook, .state, .generation])'; }

# ---------------------------------------------------------------- open files

# A chain in another network namespace, without a name, whose pins are in a folder of their own: whoever can't look whether
# it lives does not remove them.
ip netns add other
ip -n other link add o0 type veth peer name o1
ok "a chain in another namespace" "$build/bin/edge-load" -n other attach -q o0 count
folders=$(ls -d /sys/fs/bpf/edge-netns-*)
ok "a chain here" edge-load attach -q edge0 "t=$tally" count
before=$(runs)

# few FILES COMMAND...: with so many open files at most
few() {
	local files=$1

	shift
	on edge bash -c "ulimit -n $files; exec \"\$@\"" few "$build/bin/edge-load" "$@"
}

# short_of_files COMMAND...
short_of_files() {
	local files status wrong=''

	for files in {5..20} 25 30 40; do
		few "$files" "$@" >"$work/out" 2>"$work/err"
		status=$?
		if [ "$status" -eq 0 ]; then
			[ ! -s "$work/err" ] || wrong+=$'\n'"$files: success, and $(<"$work/err")"
		elif ! grep -q 'too many open files.*ulimit -n' "$work/err" && ! grep -q 'loading shared libraries' "$work/err"; then
			wrong+=$'\n'"$files: $status $(<"$work/err")"
		fi
	done
	is "$1 with 5 to 40 open files: done, or the reason" "$wrong" ""
}

short_of_files status
short_of_files -j stats
short_of_files map dump edge0/xdp/count/counts
short_of_files inspect count
is "they changed nothing" "$(runs)" "$before"
short_of_files check t="$tally" count
short_of_files attach -q edge0 --hook tc-ingress t="$tally"
is "the chain that was there stays" "$(runs | jq -c .[0])" "$(jq -c .[0] <<<"$before")"
is "the other namespace's pins stay" "$(ls -d /sys/fs/bpf/edge-netns-*)" "$folders"
is "and its chain runs" "$("$build/bin/edge-load" -n other -j status | jq -r .[0].state)" runs

# ---------------------------------------------------------------- no /proc

without_proc() { on edge unshare -m bash -c 'mount -t tmpfs tmpfs /proc; exec "$@"' without "$build/bin/edge-load" "$@"; }

is "without /proc: status" "$(without_proc -j status | jq -c 'map([.device, .hook, .state, .generation])')" "$(runs)"
refused "without /proc: attach of a function that ships" 8 'no /proc is mounted' without_proc attach edge0 count
refused "without /proc: attach of an object" 8 'no /proc is mounted' without_proc attach edge0 "$tally"
cp "$top/bpf/functions/count.bpf.c" "$work/"
refused "without /proc: build" 8 'no /proc is mounted' without_proc build count.bpf.c -o out.o
refused "without /proc: it says what to do" 8 'mount -t proc proc /proc' without_proc check count
without_proc doctor >"$work/doctor"
is "without /proc: doctor fails" $? 8
like "without /proc: with the reason" "$(grep -A1 '^FAIL  LLVM' "$work/doctor" | tail -1)" \
	"own files can't be found: no /proc is mounted: mount -t proc proc /proc"
EDGE_LOAD_HOME=$build ok "without /proc, with EDGE_LOAD_HOME: inspect" without_proc inspect count

# ---------------------------------------------------------------- closed streams

closed() { # closed REDIRECTIONS COMMAND...
	local how=$1

	shift
	eval "on edge \"\$build/bin/edge-load\" \"\$@\" $how"
}

ok "an object, to compare" edge-load build count.bpf.c -o whole.o
for how in '<&-' '>&-' '2>&-' '<&- >&-' '<&- >&- 2>&-'; do
	rm -f out.o
	closed "$how" build count.bpf.c -o out.o 2>/dev/null
	ok "build $how: the whole object" cmp out.o whole.o
done
closed '>&-' status 2>"$work/err"
is "status >&-: a failure" "$?" 1
ok "and it is said" grep -q "can't write all of the output: Bad file descriptor" "$work/err"
closed '2>&-' status >"$work/out"
is "status 2>&-: its exit status" "$?" 0
ok "and its output" grep -q '^edge0 *xdp' "$work/out"
closed '<&-' map load edge0/xdp/count/counts - 2>"$work/err"
is "map load from a closed standard input: a failure" "$?" 1
on edge unshare -m bash -c "mount -t tmpfs tmpfs /dev; exec $build/bin/edge-load status >&-" 2>"$work/err"
is "status >&- without /dev/null: a failure, too" "$? $(grep -c 'Bad file descriptor' "$work/err")" "1 1"
for words in status "-j status" stats "map list" "-j map dump edge0/xdp/count/counts" "inspect count" doctor help version "history edge0"; do
	# shellcheck disable=SC2086
	edge-load $words >/dev/full 2>"$work/err"
	is "$words >/dev/full: a failure, and the reason" "$? $(grep -c 'No space left' "$work/err")" "1 1"
done

finish

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Commands that a signal ends: by that signal, at once; no compiler runs on, no file is left, and what was there stays.
# test_kill*.sh have what SIGKILL at each system call leaves in the kernel, test_save.sh what SIGTERM at those of a save
# does.
. "$(dirname "$0")/lib.sh"

tally=$(function_object tally)
mkdir -p "$work/here" "$work/tmp" "$work/home/lib/edge-load"
export TMPDIR=$work/tmp
cp "$here/functions/tally.bpf.c" "$work/source.bpf.c"
echo before >"$work/here/out.o"
: >"$work/compiler"
chmod 666 "$work/compiler"

# Compilers that say that they run, and go on for longer than this test waits.
ln -s "$build/lib/edge-load"/* "$work/home/lib/edge-load/"
ln -s "$build/include" "$work/home/include"
rm "$work/home/lib/edge-load/edge-load-fuse"
cat >"$work/slow" <<-END2
	#!/bin/bash
	echo \$\$ >"$work/compiler"
	exec sleep 60
END2
chmod 755 "$work/slow"
cp "$work/slow" "$work/home/lib/edge-load/edge-load-fuse"

ended() { [ ! -e "/proc/$1" ]; }
runs() { edge-load -j status | jq -c 'map([.device, .hook, .state, .generation])'; }
found() { (cd "$work" && cat here/* && find here tmp && find /sys/fs/bpf -mindepth 3 ! -path '*:lock'); }

# during TITLE WORDS...: each signal, while the compiler runs
during() {
	local title=$1 before signal status wrong=''

	shift
	before=$(runs; found)
	for signal in INT TERM HUP PIPE; do
		: >"$work/compiler"
		# In the background bash lets SIGINT be ignored.
		start edge env --default-signal "$build/bin/edge-load" "$@" >"$work/said" 2>&1
		wait_for 10 test -s "$work/compiler" || wrong+=" $signal: no compiler"
		kill -$signal "$started"
		wait "$started" 2>/dev/null
		status=$?
		[ $status -eq $((128 + $(kill -l $signal))) ] || wrong+=" $signal: status $status"
		wait_for 2 ended "$(<"$work/compiler")" || wrong+=" $signal: the compiler runs on"
		[ "$(runs; found)" = "$before" ] || wrong+=" $signal: $(runs; found)"
	done
	is "$title: ended by each signal, with the compiler, and nothing is left" "$wrong" ""
}

ok "a chain" edge-load attach -q edge0 "$tally"
CLANG=$work/slow during "build" build "$work/source.bpf.c" -o "$work/here/out.o"
CLANG=$work/slow during "attach of a source" attach edge0 "$work/source.bpf.c"
chmod a+r "$work/source.bpf.c" && chown 4242 "$work/source.bpf.c"
CLANG=$work/slow during "build of another user's source" build "$work/source.bpf.c" -o "$work/here/out.o"
chown 0 "$work/source.bpf.c"
printf 'version: 1\nchains:\n  - {device: edge0, instances: [{function: %s, params: {step: 2}}]}\n' "$tally" >"$work/edge.yaml"
for words in "attach edge0 $tally:step=2" "param set edge0/xdp/tally step=2" "apply $work/edge.yaml"; do
	read -ra list <<<"$words"
	EDGE_LOAD_HOME=$work/home during "${list[0]} while it is fused" "${list[@]}"
done

# What does not end by itself, and the shell that called it.
for words in "stats --watch=0.1" "-j stats --watch=0.1"; do
	read -ra list <<<"$words"
	wrong=''
	for signal in INT TERM HUP PIPE; do
		start edge env --default-signal "$build/bin/edge-load" "${list[@]}" >"$work/said" 2>&1
		wait_for 10 test -s "$work/said"
		kill -$signal "$started"
		wait "$started" 2>/dev/null
		[ $? -eq $((128 + $(kill -l $signal))) ] || wrong+=" $signal"
	done
	is "$words: ended by each signal" "$wrong" ""
done
edge-load stats --watch=0.1 2>"$work/said" | head -n 1 >/dev/null
is "stats --watch whose reader is gone: SIGPIPE, and no word" "${PIPESTATUS[0]} $(<"$work/said")" "141 "

# It is ended before its child has asked to end with it: where the child puts its descriptors in their places.
: >"$work/compiler"
CLANG=$work/slow start edge strace -f -qq -o /dev/null -e trace=dup3 -e inject=dup3:delay_enter=1500000 \
	"$build/bin/edge-load" build "$work/source.bpf.c" -o "$work/here/out.o" 2>/dev/null
loader() { loader_pid=$(pgrep -P "$started" -f bin/edge-load) && child_pid=$(pgrep -P "$loader_pid"); }
wait_for 20 loader
kill -TERM "$loader_pid"
ok "a child that is not yet the compiler ends, too" wait_for 20 ended "$child_pid"
is "and never becomes it" "$(cat "$work/compiler" 2>/dev/null)" ""
finish

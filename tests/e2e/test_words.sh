#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Words of others (licences, names of devices, programs and files, what a compiler says) drive no terminal, and JSON is
# valid whatever they are.
. "$(dirname "$0")/lib.sh"

# Clears the screen; a terminal's command in the C1 set; text from right to left; a byte that is no UTF-8.
evil=$'\e[2J\xc2\x9b31m\xe2\x80\xae\xff'

# harmless FILE...: nothing there that a terminal obeys, and UTF-8 throughout.
harmless() {
	local file

	for file; do
		iconv -f UTF-8 -t UTF-8 "$file" >/dev/null || return 1
		! LC_ALL=C grep -qP '[\x01-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\x8e\x8f\xaa-\xae]|\xe2\x81[\xa6-\xa9]|\xd8\x9c' \
			"$file" || return 1
	done
}

# shows TITLE STATUS TEXT COMMAND...: it ends with STATUS, TEXT is in what it prints, and all of that is harmless; so with
# -j, where each line on both streams is JSON.
shows() {
	local title=$1 expected=$2 text=$3 status

	shift 3
	edge-load "$@" >"$work/out" 2>"$work/err"
	status=$?
	is "$title: exit status" "$status" "$expected"
	ok "$title: it is shown" grep -qF -- "$text" "$work/out" "$work/err"
	ok "$title: and drives no terminal" harmless "$work/out" "$work/err"
	edge-load -j "$@" >"$work/out" 2>"$work/err"
	ok "$title: nor does its JSON" harmless "$work/out" "$work/err"
	ok "$title: which is valid" jq -es . "$work/out" "$work/err"
}

# ---------------------------------------------------------------- names of devices

ip -n edge link add plain type veth peer name plain-peer
on edge ip link set plain name "d$evil"
ok "an attach to a device of such a name" edge-load -q attach "d$evil" count
shows "status" 0 'd\x1b[2J\u009b31m\u202e\xff' status
shows "stats" 0 'd\x1b[2J\u009b31m\u202e\xff' stats
shows "map list" 0 'd\x1b[2J\u009b31m\u202e\xff/xdp/count/counts' map list
is "its chain is in the JSON of status" "$(edge-load -j status | jq -c '[.[] | .hook]')" '["xdp"]'
is "bytes that are no UTF-8 have escapes there, the rest has not" \
	"$(edge-load -j status | jq -r '.[0].device == "d\u001b[2J\u009b31m\u202e\\xff"')" true
shows "an error" 4 'no edge-load chain is attached to d\x1b[2J' param set "d$evil/tc-ingress/x" a=1
shows "a device that is not there" 4 'x\x1b[2J' attach "x$evil" count
ok "detach" edge-load -q detach "d$evil"

# ---------------------------------------------------------------- what is in an object

cat >"$work/worded.bpf.c" <<'END'
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
const volatile int level = 3;
SEC("xdp") int worded(struct xdp_md *ctx) { return level ? XDP_PASS : XDP_DROP; }
char _license[] SEC("license") = "GPL \033[2J\302\23331m\342\200\256\377";
END
ok "an object with such a licence" edge-load build worded.bpf.c -o worded.o
shows "inspect" 0 'GPL \x1b[2J\u009b31m\u202e\xff' inspect ./worded.o
cp worded.o "w$evil.o"
shows "inspect of a file of such a name" 0 'w\x1b[2J' inspect "./w$evil.o"
shows "a file that is not there" 4 'n\x1b[2J' inspect "./n$evil.o"
shows "an unknown command" 2 'unknown command "v\x1b[2J' "v$evil"

# ---------------------------------------------------------------- what a compiler says, and a newline in a name

printf '#error look: %s\nint f(;\n' "$evil" >"$work/loud.bpf.c"
shows "the compiler's words" 6 'look: ' inspect ./loud.bpf.c
is "whose lines stay lines" "$(edge-load inspect ./loud.bpf.c 2>&1 | grep -c 'error:')" 3
forged=$'./a\nedge-load: all is well.o'
edge-load inspect "$forged" 2>"$work/err"
is "no name makes a message of its own" "$(grep -c '^edge-load: ' "$work/err")" 1

finish

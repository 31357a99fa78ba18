#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Every bad input: its exit code, one message that names the thing, the reason and what to do, in words and as JSON; and
# the chain that runs is untouched, while traffic goes through it.
. "$(dirname "$0")/lib.sh"

tally=$(function_object tally)
kinds=(ok failed usage privilege not-found conflict compile verifier unsupported)

# One line for all that must not change: the program and link in the kernel, the pins, what the tables hold.
picture() {
	status edge0 xdp '"\(.generation) \(.program.id) \(.link_id)"'
	ip -n edge -j link show edge0 | jq -c '.[0].xdp.prog.id'
	edge-load map dump edge0/xdp/small/table -j
	edge-load map dump edge0/xdp/guard/blocked | wc -l
	pins | sort
	bpftool net show -j | jq -c '[.[].xdp, .[].tc]'
}

# json STATUS COMMAND...: with -j, one JSON object on stderr that says the same, and nothing on stdout.
json() {
	local wanted=$1 status

	shift
	"$@" -j >"$work/json.out" 2>"$work/json.err"
	status=$?
	[ "$status" -eq "$wanted" ] && [ ! -s "$work/json.out" ] && [ "$(wc -l <"$work/json.err")" -eq 1 ] &&
		jq -e --arg kind "${kinds[$wanted]}" '.error | .kind == $kind and (.what | length) > 0 and has("hint") and has("detail")' \
			"$work/json.err"
}

# bad TEXT STATUS REGEX COMMAND...: the words of edge-load's.
bad() {
	local text=$1 status=$2 regex=$3

	shift 3
	refused "$text" "$status" "$regex" "$@"
	ok "$text: as JSON" json "$status" "$@"
	is "$text: nothing has changed" "$(picture)" "$before"
}

ok "a chain that runs" edge-load attach edge0 guard=blocklist "small=$(function_object small)" t="$tally"
ok "with a table that has two entries" eval 'edge-load map set edge0/xdp/small/table 192.0.2.1 && edge-load map set edge0/xdp/small/table 192.0.2.2'
before=$(picture)
receive_start server 9000
start client "$build/tests/e2e/udp" send 198.51.100.2 203.0.113.2 9000 1000 >"$work/sent"
sender=$started

# ---------------------------------------------------------------- objects
keep=(edge-load attach edge0 guard=blocklist "small=$work/small.o" "t=$tally")
echo 'not a program' >"$work/text.o"
head -c 3000 "$tally" >"$work/truncated.o"
echo 'int main(void) { return 0; }' | gcc -x c -c - -o "$work/host.o"
llvm-objcopy -R .BTF -R .BTF.ext "$tally" "$work/nobtf.o"
llvm-objcopy --dump-section ".llvmbc=$work/bitcode" "$tally"
# Where the module begins: farther behind there are names, of which any will do.
dd if=/dev/zero of="$work/bitcode" bs=1 count=256 seek=256 conv=notrunc 2>/dev/null
llvm-objcopy --update-section ".llvmbc=$work/bitcode" "$tally" "$work/corrupt.o"
bad "a file that is not ELF" 6 'text\.o.*not an ELF' "${keep[@]}" "x=$work/text.o"
bad "a truncated object" 6 'truncated\.o.*truncated' "${keep[@]}" "x=$work/truncated.o"
bad "an object for another machine" 6 'host\.o.*not for BPF' "${keep[@]}" "x=$work/host.o"
bad "an object without BTF" 6 'nobtf\.o.*BTF' "${keep[@]}" "x=$work/nobtf.o"
bad "an object whose bitcode is corrupt" 6 'corrupt\.o.*corrupt' "${keep[@]}" "x=$work/corrupt.o"
bad "a source that does not compile" 6 'broken\.bpf\.c:7:.*nowhere' "${keep[@]}" "x=$here/bad/broken.bpf.c"
bad "a function that the verifier refuses" 7 'verifier refuses.*outside of the packet' "${keep[@]}" "x=$here/bad/unbounded.bpf.c"
bad "a pointer that is used untested: its instance and its line" 7 'refuses instance x at xdp: .*invalid mem access' "${keep[@]}" "x=$here/bad/untested.bpf.c"
# The log: its last 40 lines below two or three of ours, all of it with --verbose; each source line has its text.
"${keep[@]}" "x=$here/bad/untested.bpf.c" 2>"$work/short"
"${keep[@]}" "x=$here/bad/untested.bpf.c" --verbose 2>"$work/long"
like "the source line is shown" "$(sed -n 2p "$work/short")" 'untested\.bpf\.c:7: return pkt->tcp->syn'
left=$(sed -n 's/^(\([0-9]*\) lines of .* are left out.*/\1/p' "$work/short")
is "the log is cut" "$(wc -l <"$work/short")" 44
is "--verbose shows all of it" "$(wc -l <"$work/long")" $((43 + left))
ok "from its first instruction on" grep -q '^0: (' "$work/long"
ok "to the same end" [ "$(tail -n 40 "$work/long")" = "$(tail -n 40 "$work/short")" ]
like "with the text of source lines" "$(<"$work/long")" '; return pkt->tcp->syn \? EDGE_DROP : EDGE_NEXT'
bad "a file that is not there" 4 'nosuch\.o.*No such file' "${keep[@]}" "x=$work/nosuch.o"
bad "a directory" 4 "Is a directory" "${keep[@]}" "x=$work/"

# ---------------------------------------------------------------- words
bad "an unknown function" 4 '"nosuch"' "${keep[@]}" nosuch
bad "a function misspelt" 4 'did you mean blocklist' "${keep[@]}" x=blocklst
bad "an unknown parameter" 2 'no parameter nosuch' "${keep[@]}" dscp:nosuch=1
bad "a value out of its range" 2 '64 is out of range' "${keep[@]}" dscp:dscp=64
bad "a value that is too large for its type" 2 '256 is out of range' "${keep[@]}" dscp:protocol=256
bad "a value that is no number" 2 'abc is not a number' "${keep[@]}" dscp:dscp=abc
bad "a parameter given twice" 2 'twice' "${keep[@]}" dscp:dscp=1,dscp=2
bad "two instances of one name" 2 'the name guard' "${keep[@]}" "guard=$tally"
bad "a name that can't be one" 2 'not a valid instance name' "${keep[@]}" "link=$tally"
bad "an unknown device" 4 'no device nosuch0' edge-load attach nosuch0 blocklist
bad "an unknown hook" 2 'unknown hook "ingress".*tc-ingress' edge-load attach edge0 --hook ingress blocklist
bad "an unknown mode" 2 'unknown mode "fast".*generic' edge-load attach edge0 --mode fast blocklist
bad "a mode of another hook" 2 'tc-ingress does not support the mode native' edge-load attach edge0 --hook tc-ingress --mode native blocklist
bad "no functions" 2 'no instance given' edge-load attach edge0
bad "an unknown verb" 2 'did you mean attach' edge-load atach edge0 blocklist
bad "an unknown option" 2 'nosuch' edge-load attach edge0 --nosuch blocklist
# shellcheck disable=SC2046
bad "65 instances" 2 '1 to 64' edge-load attach edge0 $(printf "i%d=$tally " {1..65})
bad "param set: an unknown instance" 4 'no instance nosuch' edge-load param set edge0/xdp/nosuch count_only=true
bad "param set: an unknown parameter" 2 'no parameter nosuch' edge-load param set edge0/xdp/guard nosuch=1
bad "param set: a bad value" 2 'maybe is not a bool' edge-load param set edge0/xdp/guard count_only=maybe
bad "param set: where no chain runs" 4 'edge0 tc-ingress' edge-load param set edge0/tc-ingress/guard count_only=true
bad "detach where no chain runs" 4 'edge1 xdp' edge-load detach edge1
bad "status of an unknown device" 4 'no device nosuch0' edge-load status nosuch0

# ---------------------------------------------------------------- maps
bad "an unknown map" 4 'no map nosuch' edge-load map get edge0/xdp/guard/nosuch 192.0.2.1
bad "a path that is none" 2 'DEVICE/HOOK/INSTANCE/MAP' edge-load map get edge0/xdp/guard 192.0.2.1
bad "a key that is not there" 4 'no entry 192.0.2.9' edge-load map get edge0/xdp/guard/blocked 192.0.2.9
bad "a prefix with host bits set" 2 '10\.0\.0\.1/8.*10\.0\.0\.0/8' edge-load map set edge0/xdp/guard/blocked 10.0.0.1/8
bad "a prefix that is too long" 2 '10\.0\.0\.0/33' edge-load map set edge0/xdp/guard/blocked 10.0.0.0/33
bad "an address that is none" 2 '10\.0\.0 is not' edge-load map set edge0/xdp/guard/blocked 10.0.0
bad "an unknown field" 2 'no field nosuch' edge-load map set edge0/xdp/guard/blocked 192.0.2.1 '{nosuch=1}'
bad "a full map" 1 'full' edge-load map set edge0/xdp/small/table 192.0.2.3
printf '192.0.2.%d\n' 3 4 5 >"$work/three"
bad "a file with more than there is room for" 1 'room for 2' edge-load map load edge0/xdp/small/table "$work/three"
awk 'BEGIN {
	for (i = 0; i < 1000000; i++)
		print i == 734220 ? "10.0.0.0/33" : sprintf("%d.%d.%d.0/24", 10 + i / 65536, i / 256 % 256, i % 256)
}' >"$work/million"
bad "a file whose line 734,221 is bad" 2 'million:734221:.*10\.0\.0\.0/33' edge-load map load edge0/xdp/guard/blocked "$work/million"
bad "a file that is not there" 4 'nofile' edge-load map load edge0/xdp/guard/blocked "$work/nofile"

# ---------------------------------------------------------------- the machine
nobody() { on edge setpriv --reuid 65534 --regid 65534 --clear-groups "$build/bin/edge-load" "$@"; }
bad "attach without privilege" 3 'CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON are missing' nobody attach edge0 blocklist
bad "status without privilege" 3 'CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON are missing' nobody status
bad "map get without privilege" 3 'CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON are missing' nobody map get edge0/xdp/guard/blocked 192.0.2.1
bad "no bpffs" 8 'no bpffs is mounted at /run/work' edge-load --bpffs "$work" attach edge0 blocklist
bad "inside ip netns exec, which hides it" 8 'ip netns exec' ip netns exec edge "$build/bin/edge-load" attach edge0 blocklist
# A foreign XDP program, and eight edge-loads at once: test_modes.sh. One that holds the lock for longer than we wait:
exec 9<"/sys/fs/bpf/edge/edge0/xdp:lock"
flock 9
bad "another edge-load at work" 5 'another edge-load' "${keep[@]}" "x=$tally"
exec 9<&-

# ---------------------------------------------------------------- bitcode newer than the loader's LLVM
# It is taken as it is, and status says why; the chain is cut there.
llvm=$(llvm-config --version | cut -d. -f1)
newer=$(printf '%s\n' /usr/bin/clang-[0-9]* | sort -V | tail -n 1)
if [ "${newer##*-}" -gt "$llvm" ] 2>/dev/null; then
	ok "a newer clang compiles it (${newer##*/}, LLVM here is $llvm)" "$newer" -O2 -g -target bpf -mcpu=v3 -fembed-bitcode=all \
		"-I$build/include" "-I$build/include/edge-compat" "-I/usr/include/$(gcc -print-multiarch)" \
		-c "$here/functions/tally.bpf.c" -o "$work/newer.o"
	ok "bitcode that is too new is no failure" "${keep[@]}" "new=$work/newer.o" "z=$tally"
	like "status says why the chain is cut" "$(status edge0 xdp .cut)" 'newer\.o was written by a newer LLVM'
	is "the instance is not fused" "$(status edge0 xdp '.instances[] | select(.name == "new") | .fused')" false
	is "traffic meets it, and what is behind it" "$(pings client 20 203.0.113.2)" 20
	ok "each counted" [ "$(entry edge0/xdp/new/tallies 0 .packets)" -ge 20 ]
	ok "each counted" [ "$(entry edge0/xdp/z/tallies 0 .packets)" -ge 20 ]
else
	skip "bitcode newer than the loader's LLVM" "needs a newer clang"
fi

kill "$sender"
wait "$sender"
is "through all of it no packet was lost" "$(receive_end)" "received $(<"$work/sent"), twice 0, out of order 0"
is "and the running chain counted each and the pings" "$(entry edge0/xdp/t/tallies 0 .packets)" "$(of edge0 xdp t packets)"
ok "detach" edge-load detach edge0
is "nothing is pinned" "$(pins)" ""
finish

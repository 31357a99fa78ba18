#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Shared mode: a chain in libxdp's dispatcher, beside the programs that xdp-filter and xdp-loader put there. Where the
# kernel has no freplace: one message, and nothing done.
. "$(dirname "$0")/lib.sh"

tally=$(function_object tally)

if ! edge-load doctor -j | jq -e '.[] | select(.name == "freplace").good' >/dev/null; then
	refused "without freplace: one message" 8 'freplace' edge-load attach edge0 --mode shared "t=$tally"
	is "nothing is attached" "$(ip -n edge -j link show edge0 | jq '.[0].xdp')" null
	is "nothing is pinned" "$(pins)" ""
	is "shared is not for tc" "$(edge-load attach edge0 --hook tc-ingress --mode shared "t=$tally" 2>/dev/null; echo $?)" 2
	skip "beside other people's programs" "needs freplace"
	finish
fi
if ! command -v xdp-loader >/dev/null; then
	skip "beside other people's programs" "needs xdp-tools"
	finish
fi

# entries: what is in the dispatcher, by the kernel's names; and number_of NAME.
entries() { on edge xdp-loader status edge0 | awk '$1 == "=>" { print $3 }' | sort | paste -sd' '; }
number_of() { on edge xdp-loader status edge0 | awk -v name="$1" '$1 == "=>" && $3 ~ name { print $4 }'; }
hits() { on edge xdp-filter status | awk '$2 ~ /^dst,/ && $1 == 7 { print $3 }'; }
counted() { entry edge0/xdp/t/tallies 0 .packets; }

# ---------------------------------------------------------------- theirs first
ok "theirs: xdp-filter load" on edge xdp-filter load edge0 -p allow
ok "theirs: drop what goes to port 7" on edge xdp-filter port 7 -m dst -p udp
filter=$(number_of xdpfilt)
ok "ours: attach beside it" edge-load attach edge0 --mode shared "t=$tally"
is "both are in the dispatcher" "$(entries)" "edge_chain xdpfilt_alw_all"
is "theirs is the program that it was" "$(number_of xdpfilt)" "$filter"
is "status says so" "$(status edge0 xdp '"\(.mode) \(.generation)"')" "shared 1"
is "ping through both" "$(pings client 20 203.0.113.2)" 20
is "ours counted" "$(counted)" 20
receive_start server 7
send client 198.51.100.2 203.0.113.2 7 500 30 >/dev/null
is "theirs drops" "$(receive_end)" "received 0, twice 0, out of order 0"
is "and counted" "$(hits)" 30
is "ours stands behind it" "$(counted)" 20

# ---------------------------------------------------------------- a swap under traffic
swaps=$([ -n "${EDGE_TEST_SLOW:-}" ] && echo 6 || echo 40) swapped=0
receive_start server 9000
start client "$build/tests/e2e/udp" send 198.51.100.2 203.0.113.2 9000 1000 >"$work/sent"
sender=$started
for ((i = 1; i <= swaps; i++)); do
	edge-load attach edge0 "t=$tally" "other=$tally:step=$i" >/dev/null && swapped=$((swapped + 1))
done
kill "$sender"
wait "$sender"
is "$swaps swaps are made" "$swapped" "$swaps"
is "and lose nothing ($(<"$work/sent") packets)" "$(receive_end)" "received $(<"$work/sent"), twice 0, out of order 0"
is "a map that all generations share counted each" "$(counted)" $((20 + $(<"$work/sent")))
is "and so did edge-load" "$(of edge0 xdp t packets)" $((20 + $(<"$work/sent")))
is "theirs is attached, and the program that it was" "$(entries) $(number_of xdpfilt)" "edge_chain xdpfilt_alw_all $filter"
is "generation" "$(status edge0 xdp .generation)" $((swaps + 1))

# ---------------------------------------------------------------- theirs come and go
# libxdp up to 1.5 has a dispatcher in which, on newer kernels, our entry can't be put again (bpf/dispatcher.bpf.c).
if on edge xdp-filter unload edge0 >"$work/theirs" 2>&1; then
	is "theirs is unloaded beside us, ours is still there" "$(entries)" edge_chain
	before=$(counted)
	is "ping" "$(pings client 20 203.0.113.2)" 20
	is "ours counted" "$(counted)" $((before + 20))
	ok "theirs: load beside us" on edge xdp-filter load edge0 -p allow
else
	skip "theirs comes and goes beside us" "needs libxdp 1.6 on this kernel"
fi
is "both are there" "$(entries)" "edge_chain xdpfilt_alw_all"
is "ping" "$(pings client 20 203.0.113.2)" 20

# ---------------------------------------------------------------- ours goes
filter=$(number_of xdpfilt)
chain=$(ids edge0 xdp)
ok "ours: detach" edge-load detach edge0
is "theirs stays" "$(entries) $(number_of xdpfilt)" "xdpfilt_alw_all $filter"
is "nothing of ours is pinned" "$(pins)" ""
ok "nothing of ours is in the kernel" gone "$chain"
is "ping" "$(pings client 20 203.0.113.2)" 20

# ---------------------------------------------------------------- the end of it
ok "ours: attach again" edge-load attach edge0 --mode shared "t=$tally"
refused "shared to native is not a swap" 5 shared edge-load attach edge0 --mode native "t=$tally"
ok "theirs: unload all, ours too" on edge xdp-loader unload edge0 --all
is "nothing is there" "$(ip -n edge -j link show edge0 | jq '.[0].xdp')" null
ok "ours: attach to an empty device" edge-load attach edge0 --mode shared "t=$tally"
is "ours alone" "$(entries)" edge_chain
is "ping" "$(pings client 20 203.0.113.2)" 20
ok "ours: detach" edge-load detach edge0
is "the dispatcher is gone" "$(ip -n edge -j link show edge0 | jq '.[0].xdp')" null
clang -O2 -g -target bpf "-I/usr/include/$(gcc -print-multiarch)" -c "$here/plain/protocols.bpf.c" -o "$work/protocols.o"
ip -n edge link set dev edge0 xdp obj "$work/protocols.o" sec xdp
refused "a program outside of the dispatcher is left alone" 5 'edge0' edge-load attach edge0 --mode shared "t=$tally"
is "it runs" "$(ip -n edge -j link show edge0 | jq '.[0].xdp.prog.name')" '"protocols"'
is "nothing is pinned" "$(pins)" ""
finish

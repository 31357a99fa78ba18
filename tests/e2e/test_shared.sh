#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Shared mode: a chain in libxdp's dispatcher, between the programs that xdp-filter and xdp-loader put there. Each counts
# for itself what it saw. Where the kernel has no freplace: one message, and nothing done.
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

# number_of NAME: a program in the dispatcher, by the kernel's number; hits: what xdp-filter dropped, passed: and let go
# on; counted: what our chain saw; behind: and the program behind it.
number_of() { on edge xdp-loader status edge0 | awk -v name="$1" '$1 == "=>" && $3 ~ name { print $4 }'; }
hits() { on edge xdp-filter status | awk '$2 ~ /^dst,/ && $1 == 7 { print $3 }'; }
passed() { on edge xdp-filter status | awk '$1 == "XDP_PASS" { print $2 }'; }
counted() { entry edge0/xdp/t/tallies 0 .packets; }
behind() {
	bpftool map dump id "$(bpftool prog show id "$last" -j | jq '.map_ids[0]')" -j | jq '[.[].formatted.value] | add // 0'
}

# ---------------------------------------------------------------- theirs first
ok "theirs: xdp-filter load" on edge xdp-filter load edge0 -p allow
ok "theirs: drop what goes to port 7" on edge xdp-filter port 7 -m dst -p udp
ok "theirs: xdp-loader load" on edge xdp-loader load edge0 "$build/tests/e2e/plain/protocols.o"
filter=$(number_of xdpfilt) last=$(number_of protocols)
ok "ours: attach between them" edge-load attach edge0 --mode shared "t=$tally"
is "all are in the dispatcher" "$(dispatched edge0)" "edge_chain protocols xdpfilt_alw_all"
is "theirs are the programs that they were" "$(number_of xdpfilt) $(number_of protocols)" "$filter $last"
is "status says so" "$(status edge0 xdp '"\(.mode) \(.generation)"')" "shared 1"
is "and shows all that the dispatcher calls, in its order" "$(edge-load status edge0 -j | jq -r '
	.[] | select(.mode == "shared") | if .state == "foreign" then .programs[0] | "\(.id) \(.name)" else "ours" end')" \
	"$(on edge xdp-loader status edge0 | awk '$1 == "=>" { print $3 == "edge_chain" ? "ours" : $4 " " $3 }')"
is "ping through all" "$(pings client 20 203.0.113.2)" 20
is "each saw them: theirs, ours, theirs" "$(passed) $(counted) $(behind)" "20 20 20"
receive_start server 7
send client 198.51.100.2 203.0.113.2 7 500 30 >/dev/null
is "theirs drops" "$(receive_end)" "received 0, twice 0, out of order 0"
is "and counted" "$(hits)" 30
is "ours stands behind it" "$(counted)" 20

# ---------------------------------------------------------------- swaps under traffic
receive_start server 9000
start client "$build/tests/e2e/udp" send 198.51.100.2 203.0.113.2 9000 1000 >"$work/sent"
sender=$started
ok "ours: swapped under traffic, fused anew" edge-load attach edge0 "t=$tally" "other=$tally:step=2"
rolled=$([ -n "${EDGE_TEST_SLOW:-}" ] && echo 10 || echo 100) back=0
for ((i = 1; i <= rolled; i++)); do
	edge-load rollback edge0 $((i % 2 ? 1 : 2)) >/dev/null && back=$((back + 1))
done
is "and $rolled times more, rolled back and forth" "$back" "$rolled"
kill "$sender"
wait "$sender"
sent=$(<"$work/sent") got=$(receive_end)
is "$((rolled + 1)) swaps: sent $sent packets, ${got%%,*}" "$got" "received $sent, twice 0, out of order 0"
is "xdp-filter saw $(($(passed) - 20))" "$(passed)" $((20 + sent))
is "our chain saw $(($(counted) - 20)), in all generations" "$(counted)" $((20 + sent))
is "and counted them itself" "$(of edge0 xdp t packets)" $((20 + sent))
is "the program behind it saw $(($(behind) - 20))" "$(behind)" $((20 + sent))
is "theirs are attached, and the programs that they were" "$(dispatched edge0) $(number_of xdpfilt) $(number_of protocols)" \
	"edge_chain protocols xdpfilt_alw_all $filter $last"

# ---------------------------------------------------------------- theirs come and go
# libxdp up to 1.5 has a dispatcher in which, on newer kernels, our entry can't be put again (bpf/chain/dispatcher.bpf.c).
if on edge xdp-filter unload edge0 >"$work/theirs" 2>&1; then
	is "theirs is unloaded beside us, the others are still there" "$(dispatched edge0)" "edge_chain protocols"
	before=$(counted)
	is "ping" "$(pings client 20 203.0.113.2)" 20
	is "ours counted" "$(counted)" $((before + 20))
	ok "theirs: load beside us" on edge xdp-filter load edge0 -p allow
	filter=$(number_of xdpfilt)
else
	skip "theirs comes and goes beside us" "needs libxdp 1.6 on this kernel"
fi
is "all are there" "$(dispatched edge0)" "edge_chain protocols xdpfilt_alw_all"
is "ping" "$(pings client 20 203.0.113.2)" 20

# ---------------------------------------------------------------- ours goes
chain=$(ids edge0 xdp)
ok "ours: detach" edge-load detach edge0
is "theirs stay" "$(dispatched edge0) $(number_of xdpfilt) $(number_of protocols)" "protocols xdpfilt_alw_all $filter $last"
is "nothing of ours is pinned" "$(pins)" ""
ok "nothing of ours is in the kernel" gone "$chain"
is "ping" "$(pings client 20 203.0.113.2)" 20

# ---------------------------------------------------------------- the end of it
ok "theirs: unload all" on edge xdp-loader unload edge0 --all
is "nothing is there" "$(ip -n edge -j link show edge0 | jq '.[0].xdp')" null
ok "ours: attach to an empty device" edge-load attach edge0 --mode shared "t=$tally"
is "ours alone" "$(dispatched edge0)" edge_chain
refused "shared to native is not a swap" 5 shared edge-load attach edge0 --mode native "t=$tally"
is "ping" "$(pings client 20 203.0.113.2)" 20
ok "ours: detach" edge-load detach edge0
is "the dispatcher is gone" "$(ip -n edge -j link show edge0 | jq '.[0].xdp')" null
is "and libxdp has nothing pinned" "$(find /sys/fs/bpf/xdp -name 'dispatch-*')" ""
ip -n edge link set dev edge0 xdp obj "$build/tests/e2e/plain/protocols.o" sec xdp
refused "a program outside of the dispatcher is left alone" 5 'edge0' edge-load attach edge0 --mode shared "t=$tally"
is "it runs" "$(ip -n edge -j link show edge0 | jq '.[0].xdp.prog.name')" '"protocols"'
is "nothing is pinned" "$(pins)" ""
finish

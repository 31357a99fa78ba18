#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Five programs that know nothing of edge-load (tests/e2e/plain): fused among our functions, from source and from an
# object with bitcode; and as they are, from a plain object, at the end of a chain.
. "$(dirname "$0")/lib.sh"

tally=$(function_object tally)
plain=$here/plain
mount -t tracefs tracefs /sys/kernel/tracing 2>/dev/null

# made NAME [FLAG]...: the program as its own author compiles it; prints the object's path.
made() {
	local name=$1

	shift
	clang -O2 -g -target bpf "-I/usr/include/$(gcc -print-multiarch)" "$@" -c "$plain/$name.bpf.c" -o "$work/$name$#.o" &&
		echo "$work/$name$#.o"
}

# traffic: 10 pings, 30 datagrams to port 7, 40 to port 9, and 5 pings of 1300 bytes.
traffic() {
	pings client 10 203.0.113.2
	send client 198.51.100.2 203.0.113.2 7 2000 30
	send client 198.51.100.2 203.0.113.2 9 2000 40
	pings client 5 203.0.113.2 -s 1272
}

# xdp_chain TITLE PORT_FILTER PROTOCOLS
xdp_chain() {
	ok "$1: attach" edge-load attach edge0 "a=$tally" "port_filter=$2" "protocols=$3" "z=$tally"
	is "$1: one program" "$(status edge0 xdp .fused)" true
	is "$1: ping and send through them" "$(traffic | paste -sd' ')" "10 30 40 5"
	is "$1: port_filter dropped what goes to port 7" "$(of edge0 xdp port_filter verdict.drop)" 30
	is "$1: and let the rest go on" "$(of edge0 xdp port_filter verdict.next)" 55
	is "$1: its zeroed data counted them" "$(entry edge0/xdp/port_filter/bss 0 .dropped)" 30
	is "$1: the function behind them saw the rest" "$(of edge0 xdp z packets)" 55
	is "$1: protocols' map has UDP" "$(entry edge0/xdp/protocols/by_protocol 17)" 40
	is "$1: and ICMP" "$(entry edge0/xdp/protocols/by_protocol 1)" 15
	ok "$1: its read-only data is a parameter" edge-load param set edge0/xdp/port_filter blocked_port=9
	traffic >/dev/null
	is "$1: then port 9 is dropped: the map was kept" "$(entry edge0/xdp/port_filter/bss 0 .dropped)" $((30 + 40))
	ok "$1: detach" edge-load detach edge0
}

# tc_chain TITLE HOOK DEVICE SIZES MARKER MARK_GATE
tc_chain() {
	local hook=$2 device=$3

	ok "$1: attach" edge-load attach "$device" --hook "$hook" "sizes=$4:verbose=true" "a=$tally" "marker=$5" "mark_gate=$6" "z=$tally"
	is "$1: one program" "$(status "$device" "$hook" .fused)" true
	ok "$1: port 9 gets the mark 13" edge-load map set "$device/$hook/marker/marks" 9 '{mark=13}'
	is "$1: ping and send through them" "$(traffic | paste -sd' ')" "10 30 40 5"
	is "$1: mark_gate saw marker's mark, and dropped" "$(of "$device" "$hook" mark_gate verdict.drop)" 40
	is "$1: its zeroed data counted as well" "$(entry "$device/$hook/mark_gate/bss" 0 '.totals | "\(.passed) \(.dropped)"')" "45 40"
	is "$1: marker's map counted" "$(entry "$device/$hook/marker/marks" 9 '| "\(.mark) \(.packets)"')" "13 40"
	is "$1: sizes told small from large" "$(entry "$device/$hook/sizes/bss" 0 '.counts | join(" ")')" "80 5"
	ok "$1: and wrote it into the trace" grep -q "sizes: 1314 bytes, class 1" /sys/kernel/tracing/trace
	is "$1: its initialised data holds its value" "$(entry "$device/$hook/sizes/data" 0 .limit)" 1000
	ok "$1: which can be changed" edge-load map set "$device/$hook/sizes/data" 0 '{limit=2000}'
	traffic >/dev/null
	is "$1: and then all are small" "$(entry "$device/$hook/sizes/bss" 0 '.counts | join(" ")')" "165 5"
	is "$1: the function behind them saw the rest" "$(of "$device" "$hook" z packets)" 90
	ok "$1: detach" edge-load detach "$device" --hook "$hook"
}

# last DEVICE HOOK NAME WANTED_NEXT: a plain object without bitcode, behind one of ours.
last() {
	local device=$1 hook=$2 before

	ok "$hook, $3 as it is: attach" edge-load attach "$device" --hook "$hook" "a=$tally" "$(made "$3")"
	is "$hook, $3 as it is: status says so" "$(status "$device" "$hook" '[.instances[].fused] | map(tostring) | join(" ")')" "true false"
	like "$hook, $3 as it is: and why" "$(status "$device" "$hook" .cut)" 'no bitcode'
	traffic >/dev/null
	is "$hook, $3 as it is: all packets reach it" "$(of "$device" "$hook" "$3" packets)" 85
	is "$hook, $3 as it is: what it says of them is not known" "$(stats "$device" "$hook" '.instances[1].verdicts')" null
	before=$(ids "$device" "$hook")
	ok "$hook, $3 as it is: detach" edge-load detach "$device" --hook "$hook"
	ok "$hook, $3 as it is: nothing is left" gone "$before"
}

xdp_chain "xdp, sources" "$plain/port_filter.bpf.c" "$plain/protocols.bpf.c"
tc_chain "tc-ingress, sources" tc-ingress edge0 "$plain/sizes.bpf.c" "$plain/marker.bpf.c" "$plain/mark_gate.bpf.c"
if [ -z "${EDGE_TEST_SLOW:-}" ]; then
	xdp_chain "xdp, objects with bitcode" "$(made port_filter -fembed-bitcode=all)" "$(made protocols -fembed-bitcode=all)"
	tc_chain "tc-egress, objects with bitcode" tc-egress edge1 "$(made sizes -fembed-bitcode=all)" \
		"$(made marker -fembed-bitcode=all)" "$(made mark_gate -fembed-bitcode=all)"
	last edge0 xdp port_filter
	last edge0 tc-ingress marker
	last edge1 tc-egress mark_gate
fi

last edge0 xdp protocols
last edge0 tc-ingress sizes

# What it drops is really gone, and its own maps are there to read.
ok "as it is: attach with a parameter" edge-load attach edge0 "a=$tally" "$(made port_filter):blocked_port=9"
receive_start server 9
send client 198.51.100.2 203.0.113.2 9 2000 25 >/dev/null
is "as it is: it drops by its parameter" "$(receive_end)" "received 0, twice 0, out of order 0"
is "as it is: its zeroed data counted" "$(entry edge0/xdp/port_filter/bss 0 .dropped)" 25
refused "as it is: it must be the last of the chain" 6 "must be the last of the chain" \
	edge-load attach edge0 "$(made port_filter)" "z=$tally"
is "as it is: that left the chain alone" "$(status edge0 xdp .generation)" 1
ok "as it is: detach" edge-load detach edge0
is "nothing is pinned" "$(pins)" ""
finish

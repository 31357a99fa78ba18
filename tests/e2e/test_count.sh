#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# count tells packets and bytes by protocol and port, and lets everything go on.
. "$(dirname "$0")/lib.sh"

# counted DEVICE HOOK PROTOCOL PORT: "PACKETS BYTES", summed over the processors
counted() {
	edge-load map get "$1/$2/count/counts" "{protocol=$3,port=$4}" | sed -nE 's/.*packets=([0-9]+).*bytes=([0-9]+).*/\1 \2/p'
}

# at HOOK DEVICE: Ethernet 14, IPv4 20, IPv6 40, UDP 8, ICMP 8; 64 bytes are in a datagram, 56 in a ping.
at() {
	local hook=$1 device=$2 port=$3 segments

	ok "$hook: attach" edge-load attach "$device" --hook "$hook" count
	receive_start server 9000
	send client 198.51.100.2 203.0.113.2 9000 4000 700 >/dev/null
	send client 198.51.100.2 203.0.113.2 9001 4000 300 >/dev/null
	send client 2001:db8:1::2 2001:db8:2::2 9000 4000 200 >/dev/null
	pings client 25 203.0.113.2 >/dev/null
	pings client 15 2001:db8:2::2 >/dev/null
	is "$hook: everything went on" "$(receive_end)" "received 700, twice 200, out of order 0"
	is "$hook: UDP port 9000, both families" "$(counted "$device" "$hook" 17 9000)" "900 $((700 * 106 + 200 * 126))"
	is "$hook: UDP port 9001" "$(counted "$device" "$hook" 17 9001)" "300 $((300 * 106))"
	is "$hook: ICMP" "$(counted "$device" "$hook" 1 0)" "25 $((25 * 98))"
	is "$hook: ICMPv6" "$(counted "$device" "$hook" 58 0)" "15 $((15 * 118))"
	segments=$(snmp server TcpInSegs)
	is "$hook: curl" "$(on client curl -s http://203.0.113.2/)" "host server"
	is "$hook: TCP port 80 has as many as the server's kernel got" "$(counted "$device" "$hook" 6 80 | cut -d' ' -f1)" \
		$(($(snmp server TcpInSegs) - segments))
	is "$hook: it lets everything go on" "$(of "$device" "$hook" count verdict.next)" "$(of "$device" "$hook" count packets)"
	ok "$hook: count by source port" edge-load param set "$device/$hook/count" source=true
	ok "$hook: forget" edge-load map flush "$device/$hook/count/counts"
	on client curl -s --local-port "$port" http://203.0.113.2/ >/dev/null
	like "$hook: the client's port" "$(counted "$device" "$hook" 6 "$port")" '^[4-9] '
	ok "$hook: detach" edge-load detach "$device" --hook "$hook"
}

web server 80
on client curl -s http://203.0.113.2/ >/dev/null
at xdp edge0 5551
at tc-ingress edge0 5552
at tc-egress edge1 5553
finish

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# echo answers ping at the device: the kernels behind it see none of it, and the client sees nothing odd.
. "$(dirname "$0")/lib.sh"

# at HOOK
at() {
	local hook=$1 before before6 server

	ok "$hook: attach" edge-load attach edge0 --hook "$hook" echo
	before=$(snmp edge IcmpInEchos) before6=$(snmp edge Icmp6InEchos) server=$(snmp server IcmpInEchos)
	is "$hook: ping the edge" "$(pings client 50 198.51.100.1)" 50
	is "$hook: ping the edge, IPv6" "$(pings client 50 2001:db8:1::1)" 50
	is "$hook: with 1400 bytes" "$(pings client 20 198.51.100.1 -s 1400)" 20
	is "$hook: and with an odd number of them" "$(pings client 20 2001:db8:1::1 -s 1001)" 20
	is "$hook: ping what is behind it" "$(pings client 10 203.0.113.2)" 10
	is "$hook: the edge's kernel saw no IPv4 ping" $(($(snmp edge IcmpInEchos) - before)) 0
	is "$hook: and no IPv6 ping" $(($(snmp edge Icmp6InEchos) - before6)) 0
	is "$hook: nor did the server's" $(($(snmp server IcmpInEchos) - server)) 0
	is "$hook: each was sent back" "$(of edge0 "$hook" echo verdict.tx)" 150
	is "$hook: other traffic goes on" "$(on client curl -s http://203.0.113.2/)" "host server"
	is "$hook: a ping to a broadcast address is not its business" \
		"$(pings client 3 198.51.100.255 -b >/dev/null; of edge0 "$hook" echo verdict.tx)" 150

	before=$(snmp edge IcmpInEchos)
	ok "$hook: answer for one address alone" edge-load param set "edge0/$hook/echo" address=203.0.113.2
	is "$hook: ping the edge" "$(pings client 10 198.51.100.1)" 10
	is "$hook: now its kernel answers" $(($(snmp edge IcmpInEchos) - before)) 10
	is "$hook: ping the server" "$(pings client 10 203.0.113.2)" 10
	is "$hook: which does not see it" $(($(snmp server IcmpInEchos) - server)) 0
	ok "$hook: detach" edge-load detach edge0 --hook "$hook"
	is "$hook: the client's kernel found no wrong checksum" "$(bad_checksums client)" 0
}

web server 80
take_tx client client0
at xdp
at tc-ingress
refused "at tc-egress nothing can be sent back, and edge-load says so" 6 'tc-egress' edge-load attach edge1 --hook tc-egress echo
finish

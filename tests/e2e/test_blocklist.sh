#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# blocklist drops what comes from a listed prefix, at every hook, and nothing else.
. "$(dirname "$0")/lib.sh"

address client client0 198.51.100.66/24 2001:db8:1:0:bad::66/64
ip -n edge neigh replace 198.51.100.66 lladdr 02:00:00:00:01:02 dev edge0
ip -n edge neigh replace 2001:db8:1:0:bad::66 lladdr 02:00:00:00:01:02 dev edge0
cat >"$work/list" <<-END
	# who is not welcome
	198.51.100.64/26

	2001:db8:1:0:bad::/80
END

# at HOOK DEVICE
at() {
	local hook=$1 device=$2 chain=$2/$1/blocklist before6 flood

	ok "$hook: attach" edge-load attach "$device" --hook "$hook" blocklist
	is "$hook: an empty list lets everything through" "$(pings client 20 203.0.113.2 -I 198.51.100.66)" 20
	ok "$hook: load two prefixes from a file" edge-load map load "$chain/blocked" "$work/list"

	before6=$(snmp server Icmp6InEchos)
	receive_start server 9000
	send client 198.51.100.66 203.0.113.2 9000 20000 40000 >"$work/flood" &
	flood=$!
	is "$hook: others are answered during a flood" "$(pings client 50 203.0.113.2 -I 198.51.100.2)" 50
	send client 198.51.100.2 203.0.113.2 9000 1000 500 >"$work/sent"
	wait "$flood"
	is "$hook: the server got the others' datagrams alone" "$(receive_end)" "received 500, twice 0, out of order 0"
	is "$hook: each packet of the flood was counted as dropped" "$(of "$device" "$hook" blocklist drops.listed)" 40000

	is "$hook: IPv6 from a listed prefix is dropped" "$(pings client 20 2001:db8:2::2 -I 2001:db8:1:0:bad::66)" 0
	is "$hook: IPv6 from elsewhere is not" "$(pings client 20 2001:db8:2::2 -I 2001:db8:1::2)" 20
	is "$hook: the server saw that alone" $(($(snmp server Icmp6InEchos) - before6)) 20
	is "$hook: verdicts add up" "$(of "$device" "$hook" blocklist verdict.drop)" 40020
	like "$hook: the entry counted its 40000" "$(edge-load map get "$chain/blocked" 198.51.100.64/26)" 'packets=40000\b'
	like "$hook: the entry counted its 20" "$(edge-load map get "$chain/blocked" 2001:db8:1:0:bad::/80)" 'packets=20\b'

	ok "$hook: take the prefix off" edge-load map del "$chain/blocked" 198.51.100.64/26
	is "$hook: and its source is welcome again" "$(pings client 20 203.0.113.2 -I 198.51.100.66)" 20
	ok "$hook: count only" edge-load param set "$chain" count_only=true
	is "$hook: then what is listed passes" "$(pings client 20 2001:db8:2::2 -I 2001:db8:1:0:bad::66)" 20
	like "$hook: and is counted" "$(edge-load map get "$chain/blocked" 2001:db8:1:0:bad::/80)" 'packets=40\b'
	ok "$hook: detach" edge-load detach "$device" --hook "$hook"
}

at xdp edge0
at tc-ingress edge0
at tc-egress edge1
finish

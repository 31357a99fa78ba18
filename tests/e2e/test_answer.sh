#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# A sender whose packets are too big for a tunnel is told, from every hook: edge_too_big().
. "$(dirname "$0")/lib.sh"

put() { on client curl -s --max-time 10 -T "$work/file" -o /dev/null -w '%{http_code}' "http://$1/upload"; }

# learned ADDRESS: the MTU that the client's kernel has for the way there.
learned() { on client ip route get "$1" | sed -n 's/.* mtu \([0-9]*\).*/\1/p'; }

forget() {
	on client ip route flush cache
	on client ip -6 route flush cache
}

# at HOOK DEVICE
at() {
	local hook=$1 device=$2 file=$work/$1.pcap

	forget
	ok "$hook: attach" edge-load attach -q "$device" --hook "$hook" "$build/tests/e2e/functions/narrow.o:mtu=1400"
	capture client client0 "$file" "icmp or icmp6"
	is "$hook: small packets pass" "$(pings client 5 203.0.113.2)" 5
	is "$hook: a packet of 1,400 bytes passes" "$(pings client 3 203.0.113.2 -M 'do' -s 1372)" 3
	like "$hook: one of 1,401 is answered" "$(on client ping -n -c 1 -W 1 -M 'do' -s 1373 203.0.113.2 2>&1)" \
		'From 203.0.113.2 .*(Frag needed|message too long).*1400'
	is "$hook: the client's kernel learned it" "$(learned 203.0.113.2)" 1400
	like "$hook: IPv6" "$(on client ping -n -c 1 -W 1 -M 'do' -s 1353 2001:db8:2::2 2>&1)" 'Packet too big: mtu=1400'
	is "$hook: and learned it" "$(learned 2001:db8:2::2)" 1400
	forget
	is "$hook: 4 MB by TCP" "$(put 203.0.113.2)" 200
	is "$hook: the client learned the MTU from an answer to TCP" "$(learned 203.0.113.2)" 1400
	is "$hook: by IPv6" "$(put '[2001:db8:2::2]')" 200
	is "$hook: it learned that too" "$(learned 2001:db8:2::2)" 1400
	forget
	is "$hook: what may be fragmented is dropped, as nobody may be told" "$(pings client 3 203.0.113.2 -M dont -s 1450)" 0
	between "$hook: and counted" "$(of "$device" "$hook" narrow drops.large)" 3 3
	capture_end
	is "$hook: every answer's checksum is right, and quotes what RFC 1812 and RFC 4443 allow" \
		"$(read_capture "$file" "icmp.type == 3 || icmpv6.type == 2" icmp.checksum.status icmpv6.checksum.status ip.len ipv6.plen |
			awk '{ print $1, $2 }' | sort -u | paste -sd';')" "1 1240;1 576"
	is "$hook: the client's kernel found no wrong checksum" "$(bad_checksums client)" 0
	edge-load detach -q "$device" --hook "$hook"
}

# below_1280 HOOK DEVICE: no IPv6 sender goes below 1,280 bytes (RFC 2473, 7.1): it is told that, and a shorter packet, of
# which nobody can be told, is dropped.
below_1280() {
	ok "$1: a tunnel narrower than IPv6 allows: attach" edge-load attach -q "$2" --hook "$1" "$build/tests/e2e/functions/narrow.o:mtu=1200"
	is "$1: 1,200 bytes fit" "$(pings client 3 2001:db8:2::2 -s 1152)" 3
	like "$1: the sender of 1,281 is told of 1,280" "$(on client ping -n -c 1 -W 1 -M 'do' -s 1233 2001:db8:2::2 2>&1)" \
		'Packet too big: mtu=1280'
	forget
	is "$1: one of 1,280 is dropped" "$(on client ping -n -c 1 -W 1 -M 'do' -s 1232 2001:db8:2::2 2>&1 | grep -cE 'bytes from|Packet too big')" 0
	is "$1: and counted" "$(of "$2" "$1" narrow drops.large)" 1
	like "$1: the sender of IPv4 is told the truth" "$(on client ping -n -c 1 -W 1 -M 'do' -s 1233 203.0.113.2 2>&1)" \
		'From 203.0.113.2 .*(Frag needed|message too long).*1200'
	edge-load detach -q "$2" --hook "$1"
	forget
}

# unwrapped TITLE INSTANCE...: a packet that was in a tunnel and is in none any more is nobody's to take out of one: the
# kernel answers for the way behind it.
unwrapped() {
	local title=$1

	ok "$title: attach" edge-load attach -q edge0 "${@:2}" route
	is "$title: small packets pass" "$(pings client 5 203.0.113.2)" 5
	like "$title: the kernel answers for a large one" \
		"$(on client ping -n -c 1 -W 1 -M 'do' -s 1373 203.0.113.2 2>&1)" 'From 198.51.100.1 .*(Frag needed|message too long).*1400'
	forget
}

web server 80
take_tx client client0
# A local socket's checksum in a quoted packet is completed by the edge, not left to the client.
on edge ethtool -K edge0 tx off >/dev/null
head -c 4194304 /dev/urandom >"$work/file"
at xdp edge0
at tc-ingress edge0
at tc-egress edge1
below_1280 xdp edge0
below_1280 tc-ingress edge0
below_1280 tc-egress edge1
ip -n edge link set edge1 mtu 1400
wrap=w=$build/tests/e2e/functions/wrap.o:local=203.0.113.1,remote=203.0.113.2
cp "$here/plain/decapsulate.bpf.c" "$work/"
unwrapped "edge_decap() behind edge_encap()" "$wrap,unwrap=1"
unwrapped "edge_pop() behind edge_encap()" "$wrap,unwrap=2"
unwrapped "a plain program behind edge_encap()" "$wrap" "$work/decapsulate.bpf.c"
finish

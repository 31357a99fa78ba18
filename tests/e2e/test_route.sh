#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# route forwards past the kernel's stack as its routing table says, and leaves to the kernel what it can't.
. "$(dirname "$0")/lib.sh"

forwarded() { echo $(($(snmp edge IpForwDatagrams) + $(snmp edge Ip6OutForwDatagrams))); }

put() {
	on client curl -s --max-time 10 -T "$work/file" -o "$work/answer" -w '%{http_code}' "http://$1/upload"
}

# at HOOK
at() {
	# At XDP about one packet a second of each next hop is the kernel's: it asks whether the next hop is still there.
	local hook=$1 before file=$work/$1.pcap asks=0

	[ "$hook" != xdp ] || asks=8
	ok "$hook: attach on both sides" eval "edge-load attach edge0 --hook $hook route && edge-load attach edge1 --hook $hook route"
	before=$(forwarded)
	capture server server0 "$file" "icmp or icmp6"
	is "$hook: ping" "$(pings client 30 203.0.113.2)" 30
	is "$hook: ping, IPv6" "$(pings client 20 2001:db8:2::2)" 20
	capture_end
	between "$hook: the edge's kernel forwarded none of it, but to ask" $(($(forwarded) - before)) 0 "$asks"
	between "$hook: route did, there" "$(of edge0 "$hook" route verdict.redirect)" $((50 - asks)) 50
	between "$hook: and back" "$(of edge1 "$hook" route verdict.redirect)" $((50 - asks)) 50
	is "$hook: TTL and hop limit were counted down, checksums are good" \
		"$(read_capture "$file" "icmp.type == 8 || icmpv6.type == 128" ip.ttl ip.checksum.status ipv6.hlim | sort | uniq -c | awk '{ print $1, $2, $3 }' | paste -sd' ')" \
		"20 63  30 63 1"
	is "$hook: the frames went from the edge's address to the server's" \
		"$(read_capture "$file" "icmp.type == 8" eth.src eth.dst | sort -u)" $'02:00:00:00:02:01\t02:00:00:00:02:02'
	is "$hook: curl" "$(on client curl -s http://203.0.113.2/)" "host server"
	is "$hook: curl, IPv6" "$(on client curl -s -g 'http://[2001:db8:2::2]/')" "host server"
	before=$(forwarded)
	is "$hook: 4 MB to the server, in large segments at tc" "$(put 203.0.113.2)" 200
	between "$hook: past the edge's kernel" $(($(forwarded) - before)) 0 "$asks"
	receive_start server 9000
	send client 2001:db8:1::2 2001:db8:2::2 9000 10000 5000 >/dev/null
	# What the kernel is left with to ask comes out later than what XDP sends.
	like "$hook: 5000 datagrams" "$(receive_end)" "^received 5000, twice 0, out of order [0-$asks]\$"

	like "$hook: a TTL that runs out is the kernel's to answer" "$(on client ping -n -c 1 -W 1 -t 1 203.0.113.2)" \
		'From 198.51.100.1 .*Time to live exceeded'
	like "$hook: a hop limit as well" "$(on client ping -n -c 1 -W 1 -t 1 2001:db8:2::2)" 'From 2001:db8:1::1 .*Time exceeded'
	on client ip route flush cache # of what the client learned before
	like "$hook: a packet too large for the way" "$(on client ping -n -c 1 -W 1 -M 'do' -s 1400 192.0.2.9)" \
		'From 198.51.100.1 .*(Frag needed|message too long).*1300'
	on client ip route flush cache
	is "$hook: 4 MB by that way: the client learns the MTU" "$(put 192.0.2.9)" 200
	on edge ip neigh del 203.0.113.2 dev edge1
	between "$hook: without a neighbour the kernel asks for it" "$(pings client 20 203.0.113.2)" 18 20
	before=$(of edge0 "$hook" route verdict.redirect)
	is "$hook: and then it is known" "$(pings client 10 203.0.113.2)" 10
	between "$hook: and used" $(($(of edge0 "$hook" route verdict.redirect) - before)) $((10 - asks)) 10
	like "$hook: where nobody answers for an address" "$(on client ping -n -c 1 -W 4 203.0.113.77)" 'From 198.51.100.1 .*Unreachable'

	is "$hook: to a network behind a bridge, which takes no XDP frames" "$(pings client 10 10.77.0.2)" 10
	ip -n edge neigh replace 203.0.113.2 dev edge1 lladdr 02:00:00:00:66:66 nud stale
	between "$hook: a neighbour that has another address now is asked" "$(pings client 40 203.0.113.2 -i 0.2)" 10 38
	is "$hook: and found" "$(pings client 5 203.0.113.2)" 5
	is "$hook: a blackhole" "$(pings client 10 192.0.2.200)" 0
	is "$hook: is dropped and counted" "$(of edge0 "$hook" route drops.blackhole)" 10
	is "$hook: IPv6 as well" "$(pings client 10 2001:db8:dead::1)" 0
	is "$hook: is counted too" "$(of edge0 "$hook" route drops.blackhole)" 20
	ok "$hook: quiet" edge-load param set "edge0/$hook/route" quiet=true
	is "$hook: then nobody is told that a TTL ran out" "$(on client ping -n -c 3 -i 0.05 -W 1 -t 1 203.0.113.2 | grep -c exceeded)" 0
	is "$hook: it is counted" "$(of edge0 "$hook" route drops.ttl)" 3
	ok "$hook: an unreachable place" not on client ping -n -c 3 -i 0.05 -W 1 192.0.2.250
	is "$hook: is counted" "$(of edge0 "$hook" route drops.unreachable)" 3
	ok "$hook: detach" eval "edge-load detach edge0 --hook $hook && edge-load detach edge1 --hook $hook"
	is "$hook: the server's kernel found no wrong checksum" "$(bad_checksums server)" 0
}

web server 80
head -c 4194304 /dev/urandom >"$work/file"
# A narrow way, a blackhole in each family, and an unreachable place.
ip -n server addr add 192.0.2.9/32 dev lo
ip -n edge route add 192.0.2.9 via 203.0.113.2 mtu lock 1300
ip -n edge route add blackhole 192.0.2.200
ip -n edge -6 route add blackhole 2001:db8:dead::/48
ip -n edge route add unreachable 192.0.2.250
# A network behind a bridge of the edge's.
ip netns add far
ip -n edge link add br0 type bridge
ip -n edge link add br0p type veth peer name far0 netns far
ip -n edge link set br0p master br0 up
ip -n edge link set br0 up
ip -n edge addr add 10.77.0.1/24 dev br0
ip -n far addr add 10.77.0.2/24 dev far0
ip -n far link set far0 up
ip -n far route add default via 10.77.0.1
on edge sysctl -q net.ipv4.neigh.edge1.delay_first_probe_time=1 net.ipv4.neigh.edge1.retrans_time_ms=200
at xdp
at tc-ingress

# A tun device, as a VPN has one, sends packets without an Ethernet header. Its other end writes down each one's first byte.
cat >"$work/vpn.py" <<-'END'
	import fcntl, os, struct

	tun = os.open("/dev/net/tun", os.O_RDWR)
	fcntl.ioctl(tun, 0x400454ca, struct.pack("16sH22x", b"tun0", 0x1001))  # TUNSETIFF: IFF_TUN, IFF_NO_PI
	print("ready", flush=True)
	while True:
	    packet = os.read(tun, 65536)
	    if packet[0] != 0x60:  # the kernel's own IPv6
	        print("%02x %d" % (packet[0], len(packet)), flush=True)
END
start edge python3 "$work/vpn.py" >>"$work/vpn"
ok "a tun device" wait_for 10 grep -q ready "$work/vpn"
ip -n edge addr add 10.88.0.1 peer 10.88.0.2 dev tun0
ip -n edge link set tun0 up
for how in "xdp native" "xdp generic" "tc-ingress tcx"; do
	read -r hook mode <<<"$how"
	: >"$work/vpn"
	ok "$how: attach" edge-load attach -q edge0 --hook "$hook" --mode "$mode" route
	send client 198.51.100.2 10.88.0.2 9000 1000 20 >/dev/null
	ok "$how: twenty datagrams for a tun device" wait_for 5 eval "[ \$(wc -l <'$work/vpn') -ge 20 ]"
	is "$how: begin with their IP header" "$(sort "$work/vpn" | uniq -c | awk '{ print $1, $2, $3 }')" "20 45 92"
	ok "$how: detach" edge-load detach edge0 --hook "$hook"
done
finish

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Checksums that are only begun: a virtual machine leaves them to the tap that it speaks over, and on every device the
# kernel's own packets, which generic XDP sees, may carry one. Whatever the SDK does to such a packet, the server's kernel
# takes it, and a checksum that is complete stays right, too.
. "$(dirname "$0")/lib.sh"

# A virtual machine's network card, as virtio-net is one: each line of its input is "partial" or "complete" and an
# address, to whose port 9000 it sends a datagram. Its checksum is the pseudo header's sum (RFC 768), or whole.
cat >"$work/machine.py" <<-'END'
	import fcntl, os, socket, struct, sys

	def add(data, total=0):
	    for (word,) in struct.iter_unpack("!H", data + b"\0" * (len(data) % 2)):
	        total += word
	    while total >> 16:
	        total = (total & 0xffff) + (total >> 16)
	    return total

	tap = os.open("/dev/net/tun", os.O_RDWR | os.O_NONBLOCK)
	fcntl.ioctl(tap, 0x400454ca, struct.pack("16sH22x", b"tap0", 0x5002))  # TUNSETIFF: IFF_TAP, IFF_NO_PI, IFF_VNET_HDR
	fcntl.ioctl(tap, 0x400454d0, 1)  # TUNSETOFFLOAD: TUN_F_CSUM
	# TUNSETSNDBUF: without a limit, and not blocking, as QEMU does; else the driver runs native programs on skbs, too.
	fcntl.ioctl(tap, 0x400454d4, struct.pack("i", 0x7fffffff))
	print("ready", flush=True)
	number = 0
	for line in sys.stdin:
	    kind, address = line.split()
	    source, destination = socket.inet_aton("192.0.2.2"), socket.inet_aton(address)
	    data = struct.pack("=Q", number) + bytes(56)  # as udp.c
	    number += 1
	    udp = struct.pack("!HHHH", 4000, 9000, 8 + len(data), 0) + data
	    pseudo = add(source + destination + struct.pack("!HH", 17, len(udp)))
	    check = pseudo if kind == "partial" else ~add(udp, pseudo) & 0xffff
	    udp = udp[:6] + struct.pack("!H", check) + udp[8:]
	    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + len(udp), 1, 0, 64, 17, 0) + source + destination
	    ip = ip[:10] + struct.pack("!H", ~add(ip) & 0xffff) + ip[12:]
	    ethernet = bytes.fromhex("020000000901" "020000000902" "0800")
	    header = bytes(10)
	    if kind == "partial":  # VIRTIO_NET_HDR_F_NEEDS_CSUM; the sum begins at 34, its field is 6 behind
	        header = struct.pack("<BBHHHH", 1, 0, 0, 0, 34, 6)
	    os.write(tap, header + ethernet + ip + udp)
END

# datagrams KIND ADDRESS: 20 of them; they must all arrive, with a good checksum. Return: how many did.
datagrams() {
	local i

	receive_start server 9000
	for ((i = 0; i < 20; i++)); do
		echo "$1 $2" >&"${MACHINE[1]}"
	done
	receive_end
}

ok "the edge's tun driver" on edge test -c /dev/net/tun
coproc MACHINE { on edge python3 "$work/machine.py"; }
read -r said <&"${MACHINE[0]}"
is "a virtual machine at tap0" "$said" ready
ip -n edge link set tap0 address 02:00:00:00:09:01
address edge tap0 192.0.2.1/24
ip -n edge link set tap0 up
# The kernel finishes what it sends itself, so that the server sees what a wire would bring.
on edge ethtool -K edge1 tx off >/dev/null

for mode in native generic; do
	for kind in partial complete; do
		like "no chain, $kind" "$(datagrams $kind 203.0.113.2)" '^received 20,'
		ok "dnat, $mode" edge-load attach tap0 --mode $mode dnat:address=198.18.0.9,to=203.0.113.2
		like "dnat, $mode, $kind" "$(datagrams $kind 198.18.0.9)" '^received 20,'
		ok "route, $mode" edge-load attach tap0 dscp:dscp=10 route
		like "route, $mode, $kind" "$(datagrams $kind 203.0.113.2)" '^received 20,'
		is "all were redirected" "$(of tap0 xdp route verdict.redirect)" 20
		ok "detach" edge-load detach tap0
	done
done
is "and no checksum was wrong" "$(bad_checksums server)" 0

# A host behind the server, which sends on what the edge sent. Its card finishes nothing, so the server's kernel does, and
# a checksum that it takes for partial must be.
ip netns add behind
wire behind behind0 02:00:00:00:03:02 server server1 02:00:00:00:03:01
address behind behind0 192.0.2.130/25
address server server1 192.0.2.129/25
ip -n behind route add default via 192.0.2.129
ip -n edge route add 192.0.2.128/25 via 203.0.113.2
on server sysctl -qw net.ipv4.ip_forward=1
on server ethtool -K server1 tx off >/dev/null
for mode in native generic; do
	ok "to a host behind the next one, $mode" edge-load attach -q edge0 --mode $mode route
	receive_start behind 9000
	send client 198.51.100.2 192.0.2.130 9000 1000 20 >/dev/null
	like "to a host behind the next one, $mode: all arrive" "$(receive_end)" '^received 20,'
	is "and no checksum was wrong" "$(bad_checksums behind)" 0
	ok "detach" edge-load detach edge0
done

# A tunnel of the sender's own kernel leaves the checksum inside to the device.
ip -n client link add tunnel0 type vxlan id 5 local 198.51.100.2 remote 203.0.113.2 dstport 4789
ip -n server link add tunnel0 type vxlan id 5 local 203.0.113.2 remote 198.51.100.2 dstport 4789
address client tunnel0 10.5.0.1/24
address server tunnel0 10.5.0.2/24
ip -n client link set tunnel0 up
ip -n server link set tunnel0 up
for mode in native generic; do
	ok "through a tunnel, $mode" edge-load attach -q edge0 --mode $mode route
	receive_start server 9000
	send client 10.5.0.1 10.5.0.2 9000 1000 20 >/dev/null
	like "through a tunnel, $mode: all arrive" "$(receive_end)" '^received 20,'
	is "and no checksum was wrong" "$(bad_checksums server)" 0
	ok "detach" edge-load detach edge0
done

# Generic XDP sends out of a device on top of another: that one finishes what is partial, and must find it unfinished.
ip -n edge link add bridge1 address 02:00:00:00:02:01 type bridge
ip -n edge link set edge1 master bridge1
ip -n edge link set bridge1 up
ip -n edge addr del 203.0.113.1/24 dev edge1
ip -n edge addr add 203.0.113.1/24 dev bridge1
ip -n edge neigh replace 203.0.113.2 lladdr 02:00:00:00:02:02 dev bridge1
for kind in partial complete; do
	ok "route to a bridge, generic" edge-load attach tap0 --mode generic dscp:dscp=10 route
	like "route to a bridge, generic, $kind" "$(datagrams $kind 203.0.113.2)" '^received 20,'
	is "all were redirected" "$(of tap0 xdp route verdict.redirect)" 20
	ok "detach" edge-load detach tap0
done
is "and no checksum was wrong, either" "$(bad_checksums server)" 0
finish

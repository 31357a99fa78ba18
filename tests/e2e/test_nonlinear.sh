#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Bulk TCP through chains that rewrite: segments that the stack hands down whole (TSO, GSO, GRO), whose payload is in
# pages and whose checksum is only begun; and the same with every offload off. Whatever arrives must be what was sent,
# and no kernel on the way may count a bad checksum.
. "$(dirname "$0")/lib.sh"

head -c 8000000 /dev/urandom >sent
sum=$(sha256sum <sent)

# transfer ADDRESS SERVER: the file from the client to port 8080 of ADDRESS; prints the sum of what the server's port
# 9090 got.
transfer() {
	local pid

	start server timeout 30 ncat -n -l "$2" 9090 --recv-only >received
	pid=$started
	wait_for 10 listening server tcp 9090 || return
	on client timeout 30 ncat -n --send-only "$1" 8080 <sent
	wait "$pid"
	sha256sum <received
}

# errors: what the kernels of client, edge and server counted as bad, over all protocols.
errors() {
	local host

	for host in client edge server; do
		on "$host" nstat -asz | awk '/InCsumErrors|TcpInErrs|UdpInErrors|InHdrErrors/ { sum += $2 } END { print sum + 0 }'
	done | paste -sd' '
}

offloads() {
	on client ethtool -K client0 "$@" >/dev/null
	on edge ethtool -K edge0 "$@" >/dev/null
	on edge ethtool -K edge1 "$@" >/dev/null
	on server ethtool -K server0 "$@" >/dev/null
}

# average DEVICE HOOK INSTANCE: bytes a packet, on the average, of what an instance counted: on the wire.
average() {
	local packets

	packets=$(of "$1" "$2" "$3" packets)
	echo $(($(of "$1" "$2" "$3" bytes) / (packets ? packets : 1)))
}

# seen DEVICE HOOK: bytes a packet, on the average, as the instance "tally" saw them.
seen() {
	edge-load map get -j "$1/$2/tally/tallies" 0 | jq '.value | .bytes / .packets | floor'
}

tally=$build/tests/e2e/functions/tally.o
dnat4="n4=dnat:address=203.0.113.100,port=8080,to=203.0.113.2,to_port=9090"
dnat6="n6=dnat:address=2001:db8:2::100,port=8080,to=2001:db8:2::2,to_port=9090"

# both TEXT: the file over IPv4 and IPv6.
both() {
	is "$1: IPv4: what was sent arrived" "$(transfer 203.0.113.100 203.0.113.2)" "$sum"
	is "$1: IPv6: what was sent arrived" "$(transfer 2001:db8:2::100 2001:db8:2::2)" "$sum"
}

# The address that clients use is on the link to the server, so the edge routes there translated or not; the answers
# are translated as they come in from the server.
for offload in on off; do
	offloads tso $offload gso $offload gro $offload tx $offload 2>/dev/null
	name="offloads $offload"

	ok "$name: attach at tc-ingress, answers at edge1" edge-load attach edge1 --hook tc-ingress "$dnat4" "$dnat6"
	ok "$name: attach at tc-ingress" edge-load attach edge0 --hook tc-ingress count "$tally" dscp:dscp=10 "$dnat4" "$dnat6"
	both "$name, tc-ingress"
	is "$name, tc-ingress: no bad checksum, no error" "$(errors)" "0 0 0"
	if [ $offload = on ]; then
		between "$name: the chain saw segments larger than a frame" "$(seen edge0 tc-ingress)" 3000 70000
	else
		between "$name: the chain saw frames" "$(seen edge0 tc-ingress)" 60 1514
	fi
	between "$name: and counted frames" "$(average edge0 tc-ingress count)" 60 1514
	ok "$name: detach" edge-load detach edge0 --hook tc-ingress

	# At the edge's own way out the translation comes after routing.
	ip -n edge neigh replace 203.0.113.100 lladdr 02:00:00:00:02:02 dev edge1
	ip -n edge neigh replace 2001:db8:2::100 lladdr 02:00:00:00:02:02 dev edge1
	ok "$name: attach at tc-egress" edge-load attach edge1 --hook tc-egress count "$tally" dscp:dscp=10 "$dnat4" "$dnat6"
	both "$name, tc-egress"
	is "$name, tc-egress: no bad checksum, no error" "$(errors)" "0 0 0"
	if [ $offload = on ]; then
		between "$name: the chain saw segments larger than a frame" "$(seen edge1 tc-egress)" 3000 70000
	fi
	between "$name: and counted frames" "$(average edge1 tc-egress count)" 60 1514
	ok "$name: detach" edge-load detach edge1 --hook tc-egress
	ok "$name: detach" edge-load detach edge1 --hook tc-ingress
done

# ---------------------------------------------------------------- XDP
# Local sockets' checksums are only begun on veth, unless told otherwise. Then they are complete, and one in 65,535 looks
# as if it were not (bpf/edge/internal/transport_csum.h): of some 20,000 packets that are translated, 0.3. It is sent
# again, bad, until its timestamp changes (a millisecond), and the kernel counts it twice, as an error and as a bad
# checksum: up to 34 were seen.
for offload in on off; do
	offloads tx $offload gro on 2>/dev/null
	ok "xdp, tx $offload: attach, answers" edge-load attach edge1 "$dnat4" "$dnat6"
	ok "xdp, tx $offload: attach" edge-load attach edge0 count dscp:dscp=10 "$dnat4" "$dnat6"
	both "xdp, tx $offload"
	after=$(errors)
	if [ $offload = on ]; then
		is "xdp, tx on: no bad checksum, no error" "$after" "0 0 0"
	else
		between "xdp, tx off: no more bad checksums than chance makes" $((${after// /+})) 0 200
	fi
	between "xdp, tx $offload: the chain saw them" "$(of edge0 xdp count packets)" 2000 100000
	ok "xdp, tx $offload: detach" edge-load detach edge0
	ok "xdp, tx $offload: detach" edge-load detach edge1
done

# ---------------------------------------------------------------- content
# What a socket sends lies in pages behind the headers: a filter by content sees it at every hook, and may change it.
web server 80
echo "the file" >"$work/web-server/file"
fetch() { on client curl -s --max-time "${2:-10}" "http://203.0.113.2/$1"; }
for hook in xdp tc-ingress tc-egress; do
	device=$([ $hook = tc-egress ] && echo edge1 || echo edge0)
	for how in 0 1 2; do
		ok "content, $hook, $how: attach" edge-load attach -q "$device" --hook $hook "$build/tests/e2e/functions/content.o:how=$how"
		is "content, $hook, $how: a request passes" "$(fetch pass)" "host server"
		is "content, $hook, $how: one is dropped" "$(fetch drop 0.5)" ""
		between "content, $hook, $how: for its content" "$(of "$device" $hook content drops.content)" 1 9
		is "content, $hook, $how: one is changed" "$(fetch edit)" "the file"
		is "content, $hook, $how: and one at an odd offset" "$(fetch oddl)" "the file"
		edge-load detach -q "$device" --hook $hook
	done
done
finish

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# dnat: a real client speaks to an address that nobody has, and a real server answers; both directions, both families,
# every checksum verified by the receiving kernel and by tshark.
. "$(dirname "$0")/lib.sh"

v4=dnat:address=192.0.2.80,port=80,to=203.0.113.2,to_port=8080,protocol=6
v6=dnat:address=2001:db8:80::80,port=80,to=2001:db8:2::2,to_port=8080
udp=dnat:address=192.0.2.53,port=53,to=203.0.113.2,to_port=9000,protocol=17

# sum URL: what a client gets from there
sum() { on client curl -s -g --max-time 20 "$1" | sha256sum | cut -d' ' -f1; }

# at TITLE HOOK THERE BACK [CASE]: requests meet the chain on the device THERE, answers on BACK. CASE is
#   partial  the cable brings the server checksums that a device has yet to complete: tshark can't verify them
#   whole    senders complete them; on a cable one of 65,535 is then taken for a partial checksum
#            (bpf/edge/internal/transport_csum.h), its packet is dropped by the receiver and sent again
at() {
	local title=$1 hook=$2 there=$3 back=$4 file=$work/$2.pcap wrong may=0 udp_come=500

	[ "${5:-}" != whole ] || may=50 udp_come='(500|499|498)'
	wrong=$(($(bad_checksums server) + $(bad_checksums client)))
	ok "$title: attach there" edge-load attach "$there" --hook "$hook" "v4=$v4" "v6=$v6" "udp=$udp"
	ok "$title: attach on the way back" edge-load attach "$back" --hook "$hook" "v4=$v4" "v6=$v6" "udp=$udp"
	capture server server0 "$file" "tcp port 8080 or udp port 9000"
	is "$title: curl" "$(on client curl -s http://192.0.2.80/)" "host server"
	is "$title: curl, IPv6" "$(on client curl -s -g 'http://[2001:db8:80::80]/')" "host server"
	receive_start server 9000
	send client 198.51.100.2 192.0.2.53 53 4000 500 >/dev/null
	like "$title: UDP" "$(receive_end)" "^received $udp_come, twice 0, out of order 0\$"
	capture_end
	is "$title: a file of 16 MB" "$(sum http://192.0.2.80/file)" "$file_sum"
	is "$title: the same, IPv6" "$(sum 'http://[2001:db8:80::80]/file')" "$file_sum"
	on client curl -s --max-time 20 -T "$work/web-server/file" -o "$work/put" -w "%{http_code}" http://192.0.2.80/upload >"$work/code"
	is "$title: and one of 16 MB to the server" "$(<"$work/code")" 200
	read_capture "$file" "tcp || udp" ip.src ip.dst ip.checksum.status tcp.checksum.status udp.checksum.status >"$work/table"
	ok "$title: the server got what was sent to it ($(wc -l <"$work/table") packets)" \
		awk -F'\t' '$2 == "203.0.113.2" { n++ } END { exit n < 500 }' "$work/table"
	between "$title: no checksum is wrong, say both kernels" \
		$(($(bad_checksums server) + $(bad_checksums client) - wrong)) 0 "$may"
	wrong=$(awk -F'\t' '$2 == "203.0.113.2" && ($3 == 0 || $4 == 0 || $5 == 0)' "$work/table" | wc -l)
	[ "${5:-}" = partial ] || between "$title: nor says tshark" "$wrong" 0 "$may"
	is "$title: nothing was untranslatable" "$(of "$there" "$hook" v4 verdict.drop)$(of "$back" "$hook" v4 verdict.drop)" 00
	ok "$title: another port" edge-load param set "$there/$hook/v4" port=81
	ok "$title: on the way back too" edge-load param set "$back/$hook/v4" port=81
	is "$title: curl there" "$(on client curl -s http://192.0.2.80:81/)" "host server"
	ok "$title: and no longer at the old one" not on client curl -s --max-time 1 http://192.0.2.80/
	ok "$title: detach" edge-load detach "$there" --hook "$hook"
	ok "$title: detach" edge-load detach "$back" --hook "$hook"
}

web server 8080
head -c 16777216 /dev/urandom >"$work/web-server/file"
chmod 755 "$work" "$work/web-server" && chmod 644 "$work/web-server/file"
file_sum=$(sha256sum <"$work/web-server/file" | cut -d' ' -f1)
is "the server has the file" "$(on server curl -s http://127.0.0.1:8080/file | sha256sum | cut -d' ' -f1)" "$file_sum"
# At tc-egress the packet was routed with the address that it came with.
ip -n edge route add 192.0.2.0/24 via 203.0.113.2
ip -n edge -6 route add 2001:db8:80::/64 via 2001:db8:2::2

at "xdp" xdp edge0 edge1 partial
for host in client server; do
	on "$host" ethtool -K "${host}0" tx off tso off gso off >/dev/null 2>&1
done
at "xdp, whole checksums" xdp edge0 edge1 whole
for host in client server; do
	on "$host" ethtool -K "${host}0" tx on tso on gso on >/dev/null 2>&1
done
on edge ethtool -K edge0 tx off tso off gso off >/dev/null 2>&1
on edge ethtool -K edge1 tx off tso off gso off >/dev/null 2>&1
at "xdp, completed at the edge" xdp edge0 edge1
at "tc-ingress, completed at the edge" tc-ingress edge0 edge1
at "tc-egress, completed at the edge" tc-egress edge1 edge0
finish

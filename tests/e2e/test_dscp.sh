#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# dscp marks what it should, in both families; ECN's bits and checksums stay right. Read at the server by tshark.
. "$(dirname "$0")/lib.sh"

# marks CONDITION COLUMN: of the captured packets that meet awk's condition, how many have which value.
marks() {
	awk -F'\t' -v OFS= "$1 { print \$$2 }" "$work/table" | sort -n | uniq -c |
		awk '{ printf "%s%sx%s", separator, $1, $2; separator = " " }'
}

# at HOOK DEVICE
at() {
	local hook=$1 device=$2 file=$work/$1.pcap

	ok "$hook: attach" edge-load attach "$device" --hook "$hook" ef=dscp:dscp=46,port=9000 af=dscp:dscp=10,protocol=1
	capture server server0 "$file" "dst host 203.0.113.2 or dst host 2001:db8:2::2"
	send client 198.51.100.2 203.0.113.2 9000 1000 40 >/dev/null
	send client 198.51.100.2 203.0.113.2 9001 1000 30 >/dev/null
	send client 2001:db8:1::2 2001:db8:2::2 9000 1000 20 >/dev/null
	is "$hook: ping, with ECN bits set" "$(pings client 10 203.0.113.2 -Q 0x03)" 10
	capture_end
	read_capture "$file" "ip.dst == 203.0.113.2 || ipv6.dst == 2001:db8:2::2" ip.proto ipv6.nxt udp.dstport \
		ip.dsfield.dscp ipv6.tclass.dscp ip.dsfield.ecn ip.checksum.status >"$work/table"
	is "$hook: UDP port 9000 is EF" "$(marks '$1 == 17 && $3 == 9000' 4)" "40x46"
	is "$hook: UDP port 9001 is not" "$(marks '$1 == 17 && $3 == 9001' 4)" "30x0"
	is "$hook: IPv6 as well" "$(marks '$2 == 17 && $3 == 9000' 5)" "20x46"
	is "$hook: ping is AF11" "$(marks '$1 == 1' 4)" "10x10"
	is "$hook: and its ECN bits are as they were" "$(marks '$1 == 1' 6)" "10x3"
	is "$hook: every header checksum is good" "$(marks '$1' 7)" "80x1"
	ok "$hook: detach" edge-load detach "$device" --hook "$hook"
}

at xdp edge0
at tc-ingress edge0
at tc-egress edge1
is "the server's kernel found no wrong checksum" "$(bad_checksums server)" 0
finish

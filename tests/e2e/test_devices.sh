#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Devices that are not a veth: the edge's two devices are of each kind in turn, and at every hook and mode that the kind
# has, packets are counted, rewritten, routed and encapsulated, and the chain is swapped while traffic flows.
#
#   veth                           two ends of one cable
#   tap                            as a virtual machine is connected: checksums and segments arrive unfinished
#   bridge, macvlan, vlan, bond    on top of a veth
#   virtio_net, vmxnet3            four network cards of the machine, by their driver
#   …-plain                        the same, with the cards' offloads off
#   …-jumbo                        the same, with frames of 9,000 bytes, which come in fragments
#
# EDGE_TEST_DEVICES="KIND… KIND/MODE…" names what is tried: tap, bridge and macvlan where it is not set. Network cards are
# used only in a virtual machine that tests/kernels/run starts.
#
# The lines "KIND MODE: WORD: …" are what the table of devices in userspace/README.md is made of (tests/kernels/table).

# The first of this script's two lives is in the machine's network namespace, which the second one needs.
if [ -z "${EDGE_TEST_INSIDE:-}" ]; then
	exec {machine}</proc/self/ns/net
	export EDGE_TEST_MACHINE=$machine
fi
. "$(dirname "$0")/lib.sh"

touch /run/netns/machine && mount --bind "/proc/self/fd/$EDGE_TEST_MACHINE" /run/netns/machine || exit 1
mtu=1500
cables=() cards=() has_cards=no

# ---------------------------------------------------------------- cables: HOST DEVICE MAC edge DEVICE MAC

# plug HOST DEVICE MAC edge DEVICE MAC: two devices that are there get their addresses, and are set up.
plug() {
	ip -n "$1" link set "$2" address "$3" mtu "$mtu"
	ip -n "$4" link set "$5" address "$6" mtu "$mtu"
	by_flow "$1" "$2"
	by_flow "$4" "$5"
	ip -n "$1" link set "$2" up
	ip -n "$4" link set "$5" up
}

veth() { wire "$@"; }

tap() {
	start "$1" "$build/tests/e2e/cable" "$2" "$5" >"$work/cable-$5"
	cables+=("$started")
	wait_for 10 grep -q ready "$work/cable-$5"
	ip -n "$1" link set "$5" netns "$4"
	plug "$@"
}

# A veth below the edge's device, for a device on top of another.
below() { wire "$1" "$2" "$3" "$4" "$5-low" "02:00:00:00:0f:0${5: -1}"; }

bridge() {
	below "$@"
	ip -n "$4" link add "$5" address "$6" type bridge
	ip -n "$4" link set "$5-low" master "$5"
	plug "$@"
}

macvlan() {
	below "$@"
	ip -n "$4" link add "$5" link "$5-low" type macvlan mode bridge
	plug "$@"
}

vlan() {
	wire "$1" "$2-low" "02:00:00:00:0e:0${5: -1}" "$4" "$5-low" "02:00:00:00:0f:0${5: -1}"
	ip -n "$1" link add "$2" link "$2-low" type vlan id 42
	ip -n "$4" link add "$5" link "$5-low" type vlan id 42
	plug "$@"
}

bond() {
	below "$@"
	ip -n "$4" link add "$5" address "$6" type bond mode active-backup
	ip -n "$4" link set "$5-low" down
	ip -n "$4" link set "$5-low" master "$5"
	plug "$@"
}

# Two of the machine's network cards; two that follow each other are on one cable (tests/kernels/run).
card() {
	ip -n machine link set "${cards[0]}" netns "$1" name "$2"
	ip -n machine link set "${cards[1]}" netns "$4" name "$5"
	cards=("${cards[@]:2}")
	plug "$@"
}

# cards_of DRIVER: the machine's network cards of that driver, in the order of their places on the bus.
cards_of() {
	local device

	on machine ip -o link | awk -F': ' '{ print $2 }' | while read -r device; do
		on machine ethtool -i "$device" 2>/dev/null | awk -v driver="$1" -v device="$device" '
			$1 == "driver:" { mine = $2 == driver }
			$1 == "bus-info:" && mine { print $2, device }'
	done | sort | cut -d' ' -f2
}

# ---------------------------------------------------------------- hosts, of one kind of device after the other

# offload_off FEATURE...: of what the cards do with checksums, segments and tags. A card has not all of them.
offload_off() {
	local host each

	for host in client:client0 edge:edge0 edge:edge1 server:server0; do
		for each; do
			on "${host%:*}" ethtool -K "${host#*:}" "$each" off >/dev/null 2>&1
		done
	done
}

# cards_back: a card does not go with its namespace, but would go to the machine's, at some time. Devices that this test
# made must never get there.
cards_back() {
	local host number=0

	[ "$has_cards" = yes ] || return
	has_cards=no
	for host in client:client0 edge:edge0 edge:edge1 server:server0; do
		ip -n "${host%:*}" link set "${host#*:}" netns machine name "card$number" 2>/dev/null
		number=$((number + 1))
	done
}

# hosts KIND: three hosts whose edge has devices of that kind. Services: a file by HTTP, and the end of a tunnel.
hosts() {
	local driver=${1%-*}

	cards_back
	[ ${#cables[@]} -eq 0 ] || kill "${cables[@]}"
	[ -z "${web_pid:-}" ] || kill "$web_pid"
	ip netns del client && ip netns del edge && ip netns del server || exit 1
	cables=() mtu=1500
	[[ $1 != *-jumbo ]] || mtu=9000
	case $1 in
	virtio_net* | vmxnet3*)
		mapfile -t cards < <(cards_of "$driver")
		[ ${#cards[@]} -ge 4 ] || return 1
		has_cards=yes
		topology card
		;;
	*) topology "$1" ;;
	esac
	[[ $1 != *-plain ]] || offload_off rx tx tso gso gro rxvlan txvlan
	# qemu 7.2 makes IP fragments of what this card is to cut into TCP segments, and fragments have no ports to rewrite.
	[[ $1 != vmxnet3 ]] || offload_off tso
	web server 9090
	web_pid=$started
	head -c 1000000 /dev/urandom >"$work/web-server/file"
	file_sum=$(sha256sum <"$work/web-server/file")
	ip -n server link add tunnel address 02:00:00:00:01:01 type vxlan id 7 local 203.0.113.2 dstport 4789
	ip -n server addr add 192.0.2.9/32 dev tunnel
	ip -n server link set tunnel up
	on client tc qdisc add dev client0 clsact
	on client tc filter add dev client0 egress bpf direct-action object-file "$work/tags_out.o" section tc
}

# The kernel keeps the tag beside the packet, as it does of a VLAN device, and leaves it to the card, or puts it in itself.
cat >"$work/tags_out.bpf.c" <<'END'
#include <linux/bpf.h>
#include <linux/if_ether.h>
#include <bpf/bpf_endian.h>
#include <bpf/bpf_helpers.h>

SEC("tc") int tags_out(struct __sk_buff *skb)
{
	__be32 to = 0;

	bpf_skb_load_bytes_relative(skb, 16, &to, sizeof(to), BPF_HDR_START_NET);
	if (skb->protocol == bpf_htons(ETH_P_IP) && to == bpf_htonl(0xc0000282)) /* 192.0.2.130 */
		bpf_skb_vlan_push(skb, bpf_htons(ETH_P_8021Q), 77);
	return -1; /* TC_ACT_UNSPEC: go on */
}
char LICENSE[] SEC("license") = "GPL";
END
clang -O2 -g -target bpf "-I/usr/include/$(gcc -print-multiarch)" -c "$work/tags_out.bpf.c" -o "$work/tags_out.o" || exit 1

# ---------------------------------------------------------------- what is shown

# errors: packets that a kernel took for damaged.
errors() {
	local host

	for host in client edge server; do
		on "$host" nstat -asz | awk '/InCsumErrors|TcpInErrs|UdpInErrors|InHdrErrors/ { sum += $2 } END { print sum + 0 }'
	done | awk '{ sum += $1 } END { print sum }'
}

attach() { # DEVICE INSTANCE...: at the hook and in the mode in question
	edge-load attach "$1" "${how[@]}" "${@:2}"
}

counts() { # TITLE HOOK
	ok "$1: count: attach" attach edge0 count
	send client 198.51.100.2 198.51.100.1 9001 1000 200 >/dev/null
	is "$1: count: datagrams, and their bytes" \
		"$(entry "edge0/$2/count/counts" '{protocol=17,unused=0,port=9001}' '| "\(.packets) \(.bytes)"')" "200 $((200 * (14 + 20 + 8 + 64)))"
	is "$1: count: pings are answered" "$(pings client 20 198.51.100.1)" 20
	is "$1: count: and counted" "$(entry "edge0/$2/count/counts" '{protocol=1,unused=0,port=0}' .packets)" 20
}

# tags: a tagged packet is seen with its tag, or the first attach has said that it is not.
tags() { # TITLE HOOK
	local said seen="1 tag"

	said=$(attach edge0 "$(function_object tags)":to=192.0.2.130 2>&1)
	[[ $said != *'removes VLAN tags'* ]] || seen="0 tags"
	# A card with rx-vlan-filter takes tags that a VLAN device has, or all.
	ip -n edge link set edge0 promisc on
	on client ping -q -n -c 10 -i 0.01 -W 0.1 192.0.2.130 >/dev/null
	ip -n edge link set edge0 promisc off
	is "$1: tags: 10 tagged packets, seen as attach says ($seen)" \
		"$(entry "edge0/$2/tags/seen" 0) $(entry "edge0/$2/tags/seen" 1) $(entry "edge0/$2/tags/seen" 2)" \
		"$([ "$seen" = "1 tag" ] && echo 0 10 0 || echo 10 0 0)"
}

# Bulk TCP, both ways, to an address that the chains translate. A checksum that is complete and looks as if it were not is
# taken for that (bpf/edge/internal/transport_csum.h): one packet in 65,535.
rewrites() { # TITLE HOOK
	local before address="n4=dnat:address=203.0.113.100,port=8080,to=203.0.113.2,to_port=9090"

	ok "$1: rewrite: attach" eval "attach edge0 $address dscp:dscp=10 route && attach edge1 $address route"
	before=$(errors)
	is "$1: rewrite: a file from the server" \
		"$(on client curl -s --max-time 30 http://203.0.113.100:8080/file | sha256sum)" "$file_sum"
	is "$1: rewrite: a file to the server" "$(on client curl -s --max-time 30 -T "$work/web-server/file" -o /dev/null \
		-w '%{http_code}' http://203.0.113.100:8080/upload)" 200
	between "$1: rewrite: no kernel finds packets damaged" $(($(errors) - before)) 0 20
}

# By the chain that rewrites() left.
routes() { # TITLE HOOK
	local before

	before=$(of edge0 "$2" route packets)
	is "$1: route: pings" "$(pings client 50 203.0.113.2)" 50
	is "$1: route: pings, IPv6" "$(pings client 50 2001:db8:2::2)" 50
	between "$1: route: by the chain" $(($(of edge0 "$2" route packets) - before)) 100 110
	is "$1: route: none refused" "$(of edge0 "$2" route verdict.drop)" 0
}

swaps() { # TITLE HOOK
	local value received began=$SECONDS

	stream_start
	for value in 20 30 40; do
		edge-load -q param set "edge0/$2/dscp" dscp=$value || break
	done
	stream_end
	is "$1: swap: three times" "$value $(status edge0 "$2" .generation)" "40 6"
	received=$(receive_end)
	is "$1: swap: under traffic, of which nothing is lost" "${received%, out of order*}" "received $sent, twice 0"
	# At XDP the kernel gets a packet a second, on a slower way (edge_route_asks()).
	between "$1: swap: in order, but for one packet a second" "${received##* }" 0 $((SECONDS - began + 1))
}

encapsulates() { # TITLE HOOK
	ok "$1: encapsulate: attach" attach edge0 tunnel="$(function_object tunnel)":port=7000,local=203.0.113.1,remote=203.0.113.2,vni=7 route
	receive_start server 7000
	is "$1: encapsulate: datagrams" "$(send client 198.51.100.2 192.0.2.9 7000 1000 200)" 200
	is "$1: encapsulate: the tunnel's end takes all of them" "$(receive_end)" "received 200, twice 0, out of order 0"
}

# shows KIND MODE
shows() {
	local hook=xdp title="$1 $2" how=(--mode "$2")

	[ "$2" != tc-ingress ] || hook=tc-ingress how=(--hook tc-ingress)
	tags "$title" "$hook"
	counts "$title" "$hook"
	rewrites "$title" "$hook"
	routes "$title" "$hook"
	swaps "$title" "$hook"
	encapsulates "$title" "$hook"
	ok "$title: detach" edge-load detach --all
}

# native KIND: on top of another device there is none; a bond's is that of what is below it.
native() {
	case $1 in
	bridge | macvlan | vlan)
		refused "$1 native: refused" 8 'no native XDP' edge-load attach edge0 --mode native count
		# Before 6.3, the kernel does not tell without an attachment.
		[ "$(printf '6.3\n%s\n' "$(uname -r)" | sort -V | head -1)" != 6.3 ] ||
			refused "$1 native: refused by check, too" 8 'no native XDP' edge-load check --device edge0 count
		;;
	*)
		ok "$1 native: check" edge-load check --device edge0 count
		shows "$1" native
		;;
	esac
}

for each in ${EDGE_TEST_DEVICES:-tap bridge macvlan}; do
	kind=${each%/*} mode=${each#"${each%/*}"}
	if ! hosts "$kind"; then
		fail "$kind: the machine has no four such devices"
		continue
	fi
	[ "${mode:-/native}" != /native ] || native "$kind"
	for other in generic tc-ingress; do
		[ "${mode:-/$other}" != "/$other" ] || shows "$kind" "$other"
	done
done
finish

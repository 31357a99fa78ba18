#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# ratelimit passes so many packets a second from each source, and a burst: a flood is cut down to it, others feel nothing.
# run: alone
. "$(dirname "$0")/lib.sh"

# flood COUNT: 8000 a second from .66; prints what of them may pass at 1000 a second and a burst of 200, within a tenth.
flood() {
	local began=${EPOCHREALTIME//./}

	send client 198.51.100.66 203.0.113.2 9000 8000 "$1" >/dev/null
	echo $((200 + (${EPOCHREALTIME//./} - began) / 1000))
}

# at HOOK DEVICE
at() {
	local hook=$1 device=$2 chain=$2/$1/ratelimit may passed

	ok "$hook: attach" edge-load attach "$device" --hook "$hook" ratelimit:pps=1000,burst=200
	receive_start server 9000
	flood 16000 >"$work/may" &
	is "$hook: another source is answered meanwhile" "$(pings client 60 203.0.113.2 -I 198.51.100.2)" 60
	wait $!
	may=$(<"$work/may")
	passed=$(receive_end | sed -E 's/received ([0-9]+),.*/\1/')
	between "$hook: of 16000 at 8000 a second passed $passed" "$passed" $((may * 85 / 100)) $((may * 105 / 100))
	is "$hook: the rest was dropped, and counted so" "$(of "$device" "$hook" ratelimit drops.over)" $((16000 - passed))
	like "$hook: its entry knows both" "$(edge-load map get "$chain/sources" 198.51.100.66)" "passed=$passed,dropped=$((16000 - passed))"

	ok "$hook: count a /24 as one source" edge-load attach "$device" --hook "$hook" ratelimit:pps=2,burst=20,prefix4=24
	is "$hook: the first takes the burst" "$(pings client 20 203.0.113.2 -I 198.51.100.66 -i 0.002)" 20
	between "$hook: little is left for its neighbour" "$(pings client 20 203.0.113.2 -I 198.51.100.2 -i 0.002)" 0 12
	sleep 1
	between "$hook: IPv6 has a bucket of its own" "$(pings client 20 2001:db8:2::2 -i 0.002)" 20 20
	between "$hook: which ends as well" "$(pings client 20 2001:db8:2::2 -i 0.002)" 0 12

	ok "$hook: room for a real client" edge-load param set "$chain" pps=1000000 burst=1000000
	on client iperf3 -c 203.0.113.2 -t 1 -J >"$work/iperf.json"
	ok "$hook: iperf3 gets through ($(jq '.end.sum_received.bits_per_second / 1e6 | floor' "$work/iperf.json") Mbit/s)" \
		jq -e '.end.sum_received.bits_per_second > 5e7' "$work/iperf.json"
	ok "$hook: detach" edge-load detach "$device" --hook "$hook"
}

address client client0 198.51.100.66/24
ip -n edge neigh replace 198.51.100.66 lladdr 02:00:00:00:01:02 dev edge0
iperf_server server
at xdp edge0
at tc-ingress edge0
at tc-egress edge1
finish

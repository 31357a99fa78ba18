#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Other ways to attach: generic XDP, clsact, a VLAN device with a dot in its name; other people's programs are left
# alone; two edge-loads at once.
. "$(dirname "$0")/lib.sh"

tally=$(function_object tally)
for name in protocols marker; do
	clang -O2 -g -target bpf "-I/usr/include/$(gcc -print-multiarch)" -c "$here/plain/$name.bpf.c" -o "$work/$name.o"
done

counts() { entry "$1/$2/$3/tallies" 0 .packets; }

# ---------------------------------------------------------------- generic XDP
ok "generic: attach" edge-load attach edge0 --mode generic "t=$tally"
is "generic: status says so" "$(status edge0 xdp .mode)" generic
is "generic: so does the kernel" "$(ip -n edge -j link show edge0 | jq -r '.[0].xdp.mode')" 2
is "generic: ping" "$(pings client 20 203.0.113.2)" 20
is "generic: counted" "$(counts edge0 xdp t)" 20
refused "generic to native is not a swap" 5 'generic' edge-load attach edge0 --mode native "t=$tally"
is "generic: that left it alone" "$(status edge0 xdp '"\(.mode) \(.generation)"')" "generic 1"
ok "generic: swap without saying the mode" edge-load attach edge0 "t=$tally" "u=$tally"
is "generic: the mode is kept" "$(status edge0 xdp '"\(.mode) \(.generation)"')" "generic 2"
ok "generic: detach" edge-load detach edge0
ok "native: attach" edge-load attach edge0 --mode native "t=$tally"
is "native: so says the kernel" "$(ip -n edge -j link show edge0 | jq -r '.[0].xdp.mode')" 1
ok "native: detach" edge-load detach edge0

# ---------------------------------------------------------------- clsact
for direction in ingress egress; do
	device=$([ "$direction" = ingress ] && echo edge0 || echo edge1) hook=tc-$direction
	ok "clsact $direction: attach" edge-load attach "$device" --hook "$hook" --mode clsact "t=$tally"
	is "clsact $direction: status says so" "$(status "$device" "$hook" .mode)" clsact
	like "clsact $direction: tc shows it" "$(on edge tc filter show dev "$device" "$direction")" 'edge_tc.*direct-action'
	is "clsact $direction: ping" "$(pings client 20 203.0.113.2)" 20
	is "clsact $direction: counted" "$(counts "$device" "$hook" t)" 20
	ok "clsact $direction: swap" edge-load param set "$device/$hook/t" step=2
	is "clsact $direction: one filter is there" "$(on edge tc filter show dev "$device" "$direction" | grep -c direct-action)" 1
	is "clsact $direction: ping" "$(pings client 20 203.0.113.2)" 20
	is "clsact $direction: counted on" "$(counts "$device" "$hook" t)" 60
	ok "clsact $direction: detach" edge-load detach "$device" --hook "$hook"
	is "clsact $direction: no filter is left" "$(on edge tc filter show dev "$device" "$direction")" ""
done

# ---------------------------------------------------------------- another mode, after somebody detached it
# The dead link of the earlier generation, which is kept, is not the later one's.
ok "detached outside: attach" edge-load attach edge0 --hook tc-ingress "t=$tally"
if [ "$(status edge0 tc-ingress .mode)" = tcx ]; then
	ok "detached outside: by bpftool" bpftool link detach id "$(status edge0 tc-ingress .link_id)"
	ok "clsact after tcx: attach" edge-load attach edge0 --hook tc-ingress --mode clsact "t=$tally"
	is "clsact after tcx: it runs" "$(status edge0 tc-ingress '"\(.state) \(.mode) \(.generation)"')" "runs clsact 2"
	is "clsact after tcx: nothing there is called somebody else's" \
		"$(edge-load status edge0 -j | jq 'map(select(.state == "foreign")) | length')" 0
	ok "clsact after tcx: swap" edge-load attach edge0 --hook tc-ingress "t=$tally" count
	is "clsact after tcx: by the same filter" "$(status edge0 tc-ingress '"\(.state) \(.mode) \(.generation)"')" "runs clsact 3"
	rm /sys/fs/bpf/edge/edge0/tc-ingress/metadata
	ok "clsact after tcx: detach, though a pin is missing" edge-load detach edge0 --hook tc-ingress
	is "clsact after tcx: no filter is left" "$(on edge tc filter show dev edge0 ingress)" ""
else
	ok "detach" edge-load detach edge0 --hook tc-ingress
fi

# ---------------------------------------------------------------- a VLAN device
# Where the kernel has no VLAN devices, a cable of that name.
if ip -n client link add link client0 name client0.7 type vlan id 7 2>/dev/null; then
	ip -n edge link add link edge0 name edge0.7 type vlan id 7
else
	wire client client0.7 02:00:00:00:07:02 edge edge0.7 02:00:00:00:07:01
fi
address client client0.7 192.0.2.2/24
address edge edge0.7 192.0.2.1/24
ip -n client link set client0.7 up
ip -n edge link set edge0.7 up
ok "VLAN: attach at tc-ingress" edge-load attach edge0.7 --hook tc-ingress "t=$tally"
is "VLAN: ping" "$(pings client 20 192.0.2.1)" 20
between "VLAN: counted (and the neighbour's ARP)" "$(counts edge0.7 tc-ingress t)" 20 22
is "VLAN: status has its name" "$(status edge0.7 tc-ingress .device)" edge0.7
ok "VLAN: attach at xdp, generic" edge-load attach edge0.7 --mode generic "t=$tally"
is "VLAN: two chains" "$(edge-load status edge0.7 -j | jq -r '[.[].hook] | sort | join(" ")')" "tc-ingress xdp"
is "VLAN: a map's path" "$(edge-load map list edge0.7 -j | jq -r '.. | strings | select(test("xdp/t/tallies$"))' | head -n 1)" "edge0.7/xdp/t/tallies"
is "VLAN: ping" "$(pings client 20 192.0.2.1)" 20
between "VLAN: counted at both" "$(counts edge0.7 xdp t)" 20 22
ok "VLAN: detach xdp" edge-load detach edge0.7
ok "VLAN: detach tc-ingress" edge-load detach edge0.7 --hook tc-ingress
is "nothing is pinned" "$(pins)" ""

# ---------------------------------------------------------------- other people's programs
ip -n edge link set dev edge0 xdp obj "$work/protocols.o" sec xdp
theirs=$(ip -n edge -j link show edge0 | jq '.[0].xdp.prog.id')
refused "a foreign XDP program is not replaced" 5 "edge0.*$theirs.*protocols" edge-load attach edge0 "t=$tally"
is "it still runs" "$(ip -n edge -j link show edge0 | jq '.[0].xdp.prog.id')" "$theirs"
is "and nothing of ours is pinned" "$(pins)" ""
refused "nor is it detached" 4 'edge0' edge-load detach edge0
ip -n edge link set dev edge0 xdp off
ok "when it is gone, ours attaches" edge-load attach edge0 "t=$tally"
ip -n edge link set dev edge0 xdp obj "$work/protocols.o" sec xdp 2>"$work/said"
like "and is not replaced by others" "$(<"$work/said")" '[Cc]an.t replace|busy|exists'
is "it runs on" "$(status edge0 xdp .program.id)" "$(ip -n edge -j link show edge0 | jq '.[0].xdp.prog.id')"
on edge tc qdisc add dev edge0 clsact 2>/dev/null # unless it is there
on edge tc filter add dev edge0 ingress pref 5 handle 7 bpf da obj "$work/marker.o" sec tc
ok "a foreign filter at tc is left beside ours" edge-load attach edge0 --hook tc-ingress --mode clsact "t=$tally"
ok "detach ours" edge-load detach edge0 --hook tc-ingress
like "theirs is still there" "$(on edge tc filter show dev edge0 ingress)" 'pref 5'

# ---------------------------------------------------------------- two at once
ok "a chain to quarrel over" edge-load attach edge0 "t=$tally"
start_generation=$(status edge0 xdp .generation)
for i in {1..8}; do
	{
		edge-load attach edge0 "t=$tally:step=$i" "u$i=$tally" >"$work/at-once.$i" 2>&1
		echo "$?" >"$work/at-once.$i.status"
	} &
	quarrel[i]=$!
done
wait "${quarrel[@]}"
won=$(cat "$work"/at-once.*.status | grep -c '^0$')
lost=$(cat "$work"/at-once.*.status | grep -c '^5$')
is "eight at once: each succeeds or says that it is in conflict" $((won + lost)) 8
ok "eight at once: $won of them succeed" [ "$won" -ge 1 ]
is "eight at once: the generation rose once for each that did" "$(status edge0 xdp .generation)" $((start_generation + won))
is "the chain that runs is one of theirs, whole" \
	"$(status edge0 xdp '(.instances | length) == 2 and (.instances[0].params | ltrimstr("step=")) == (.instances[1].name | ltrimstr("u"))')" true
is "the kernel runs what status says" "$(status edge0 xdp .program.id)" "$(ip -n edge -j link show edge0 | jq '.[0].xdp.prog.id')"
is "ping" "$(pings client 20 203.0.113.2)" 20
ok "detach" edge-load detach edge0
is "nothing is pinned" "$(pins)" ""
finish

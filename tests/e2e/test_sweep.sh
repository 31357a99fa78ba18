#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# A device that goes takes its pins along, and the memory of its chains; one that is renamed keeps them; a new one of an
# old name is another one.
. "$(dirname "$0")/lib.sh"

# device NAME [PEER]: a veth pair on the edge
device() { ip -n edge link add "$1" type veth peer name "${2:-peer-$1}"; }

# folders: the devices that have pins
folders() { (cd /sys/fs/bpf/edge 2>/dev/null && echo ./*) | sed 's,\./,,g'; }

says() { edge-load "$@" 2>&1; }

# ---------------------------------------------------------------- gone
device dev0
device dev1
ok "a chain at each hook, with generations behind it" edge-load attach dev0 count -q
ok "…" edge-load attach dev0 count blocklist -q
ok "…" edge-load attach dev0 --hook tc-ingress --mode clsact count -q
ok "…" edge-load attach dev0 --hook tc-egress count -q
ok "and another device's" edge-load attach dev1 count -q
held=$(ids dev0 xdp; ids dev0 tc-ingress; ids dev0 tc-egress)
is "nothing is gone" "$(says sweep)" ""
ip -n edge link del dev0
is "the device goes: status does not show it" "$(edge-load status -j | jq -r 'map(.device) | unique | join(" ")')" dev1
is "and its pins are gone" "$(folders)" dev1
ok "with all that they held in the kernel" gone "$held"
is "the other device's chain runs" "$(status dev1 xdp .state)/$(status dev1 xdp .generation)" runs/1

# ---------------------------------------------------------------- the name again
ifindex=$(status dev1 xdp .ifindex)
ok "entries that shall not be inherited" edge-load attach dev1 blocklist -q
ok "…" edge-load map set dev1/xdp/blocklist/blocked 192.0.2.0/24
held=$(ids dev1 xdp)
ip -n edge link del dev1
device dev1
ok "a new device of that name has another number" test "$(ip -n edge -j link show dev1 | jq '.[0].ifindex')" -ne "$ifindex"
is "and no chain" "$(says status dev1)" ""
ok "the old one's is free" gone "$held"
ok "it gets its own" edge-load attach dev1 blocklist -q
is "which begins anew" "$(status dev1 xdp .generation)" 1
is "and empty" "$(edge-load map dump dev1/xdp/blocklist/blocked)" ""
ip -n edge link del dev1
device dev1
ok "an attach right after the change of devices" edge-load attach dev1 count -q
is "begins anew, too" "$(status dev1 xdp .generation)" 1
ip -n edge link del dev1
is "sweep says what it removes" "$(says sweep)" "dev1: the device is gone, the pins of its chains are removed"
is "once" "$(says sweep)" ""
is "no pin is left" "$(pins)" ""

# ---------------------------------------------------------------- renamed
device dev2.7
ok "a chain, two hooks" edge-load attach dev2.7 count -q
ok "…" edge-load attach dev2.7 --hook tc-egress count -q
program=$(status dev2.7 xdp .program.id)
ip -n edge link set dev2.7 name wan.0
is "a renamed device keeps its chains, under its new name" "$(says sweep -j | jq -c .)" \
	'[{"device":"dev2.7","now":"wan.0"}]'
is "both" "$(edge-load status -j | jq -r 'map("\(.device)/\(.hook)") | join(" ")')" "wan.0/xdp wan.0/tc-egress"
is "the program is the same" "$(status wan.0 xdp .program.id)" "$program"
ok "it can be swapped there" edge-load attach wan.0 count blocklist -q
is "as the next generation" "$(status wan.0 xdp .generation)" 2
device dev2.7 other
is "a new device may have the old name" "$(says status dev2.7)" ""
ip -n edge link del dev2.7
ip -n edge link del wan.0
is "it goes under its new name" "$(says sweep)" "wan.0: the device is gone, the pins of its chains are removed"

# ---------------------------------------------------------------- what is not gone
device dev3
ok "a link that somebody detached" edge-load attach dev3 count -q
ok "…" bpftool link detach id "$(status dev3 xdp .link_id)"
is "is no device that is gone" "$(says sweep)" ""
is "status tells" "$(status dev3 xdp .state)" detached
ok "an attach finds its maps" edge-load attach dev3 count -q
is "and counts on" "$(status dev3 xdp .generation)" 2
# In the same bpffs, without --netns: another namespace's pins.
ip netns add other
ip -n other link add dev4 type veth peer name peer4
ok "a chain of another namespace, without a link" on other "$build/bin/edge-load" -q attach dev4 --hook tc-ingress --mode clsact count
is "is left alone from here" "$(says sweep)" ""
is "and runs there" "$(on other "$build/bin/edge-load" status -j dev4 | jq -r '.[0].state')" runs
ip netns del other
is "until that namespace is gone" "$(says sweep)" "dev4: the device is gone, the pins of its chains are removed"
is "which takes no other's along" "$(folders)" dev3
ok "a lock that nobody holds" mkdir -p /sys/fs/bpf/edge/never/xdp:lock
is "of a device that never was goes" "$(says sweep; folders)" dev3
ip -n edge link del dev3

# ---------------------------------------------------------------- at once
for i in {1..8}; do
	device "v$i"
	edge-load attach "v$i" count -q || fail "attach v$i"
done
for i in {1..8}; do
	ip -n edge link del "v$i"
done
for i in {1..8}; do
	says sweep >"$work/swept.$i" &
	sweeps[i]=$!
done
wait "${sweeps[@]}"
is "eight sweeps at a time remove each once" \
	"$(cat "$work"/swept.* | sort | tr -d '\n' | sed 's/: the device is gone, the pins of its chains are removed/ /g')" "v1 v2 v3 v4 v5 v6 v7 v8 "
is "no pin is left" "$(pins)" ""
refused "sweep takes no arguments" 2 'takes no arguments' edge-load sweep dev0
finish

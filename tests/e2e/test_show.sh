#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# status, stats and doctor say what is so: compared with bpftool, ping and the kernel.
. "$(dirname "$0")/lib.sh"

# ---------------------------------------------------------------- nothing runs

is 'status says nothing where nothing runs' "$(edge-load status)" ''
is 'and an empty array with -j' "$(edge-load status -j)" '[]'
edge-load status nodev >out 2>err
is 'an unknown device is not found' "$?" 4

# ---------------------------------------------------------------- status and stats

# Counts are to be exact, and IPv6 speaks unasked.
on client sysctl -qw net.ipv6.conf.all.disable_ipv6=1
ok 'attach' edge-load attach -q edge0 guard=blocklist
id=$(status edge0 xdp .program.id)
like "ip link shows the program's id" "$(ip -n edge -d link show edge0)" "prog/xdp id $id "
is 'so is its tag' "$(status edge0 xdp .program.tag)" "$(bpftool prog show id "$id" -j | jq -r .tag)"
is 'device, mode, generation, fused' "$(status edge0 xdp '[.device, .mode, .generation, .fused] | map(tostring) | join(" ")')" 'edge0 native 1 true'
like 'the table has a line for it' "$(edge-load status edge0)" "edge0 +xdp +native +1 +fused +$id "

is 'ten pings are answered' "$(pings client 10 203.0.113.2 -s 56)" 10
# 14 of Ethernet, 20 of IPv4, 8 of ICMP and 56 of data.
is 'ten packets reached the instance' "$(of edge0 xdp guard packets)" 10
is 'of so many bytes' "$(of edge0 xdp guard bytes)" $((10 * (14 + 20 + 8 + 56)))
is 'it let them all go on' "$(of edge0 xdp guard verdict.next)" 10
like 'the table says so too' "$(edge-load stats edge0)" 'guard +blocklist +10 +980 +10 +0 +0 '

# ---------------------------------------------------------------- watch

start edge timeout 3 "$build/bin/edge-load" stats edge0 --watch=0.5 >watched
watcher=$started
start client ping -n -q -c 250 -i 0.01 203.0.113.2 >/dev/null
wait "$watcher"
ok 'watch appends a table for each interval where no terminal is' [ "$(grep -c ' guard ' watched)" -ge 4 ]
# ping promises a hundred a second at most; a busy machine makes it less.
between 'with the rate of the pings' "$(awk '$3 == "guard" { print $5 }' watched | sort -n | tail -1)" 20 130
timeout 1 nsenter --net=/run/netns/edge "$build/bin/edge-load" stats -j --watch=0.2 >watched
is 'and with -j one array a line' "$(head -1 watched | jq -r '.[0] | "\(.device) \(.name)"')" 'edge0 guard'

# ---------------------------------------------------------------- doctor

ok 'doctor finds what is needed' edge-load doctor
ok 'and says it in JSON' sh -c "'$build/bin/edge-load' doctor -j | jq -e 'map(select(.needed)) | all(.good)'"
# The tags that a NIC takes out of the frames, XDP does not see (rx-vlan-offload, which a veth has too).
like 'doctor names the device that hides VLAN tags from XDP' "$(edge-load doctor)" 'no +VLAN tags at XDP +hidden at edge0'
like 'and how to see them' "$(edge-load doctor)" 'ethtool -K edge0 rxvlan off'
stderr_of() { { "$@" >/dev/null; } 2>&1; }
like 'attach notes it of a new chain' "$(stderr_of edge-load attach edge1 count)" \
	'^edge-load: note: edge1 removes VLAN tags .*ethtool -K edge1 rxvlan off'
is 'and no more of a swap' "$(stderr_of edge-load attach edge1 count:source=true)" ''
edge-load detach -q edge1
is '-q silences the note' "$(edge-load attach -q edge1 count 2>&1)" ''
edge-load detach -q edge1
like 'with -j the note is JSON' "$(stderr_of edge-load attach -j edge1 count | jq -r .note)" '^edge1 removes VLAN tags '
edge-load detach -q edge1
is 'it is not noted at tc-ingress' "$(stderr_of edge-load attach edge1 --hook tc-ingress count)" ''
edge-load detach -q edge1 --hook tc-ingress
printf 'version: 1\nchains:\n- {device: edge1, hook: xdp, instances: [count]}\n' >tags.yaml
like 'plan notes it' "$(stderr_of edge-load plan tags.yaml)" '^edge-load: note: edge1 removes VLAN tags '
like 'check notes it' "$(stderr_of edge-load check --device edge1 count)" '^edge-load: note: edge1 removes VLAN tags '

# What attach would refuse for the device's sake, check and plan refuse in the same words, and attach nothing.
same_refusal() { # TITLE EXIT DEVICE
	refused "$1: attach refuses" "$2" '' edge-load attach "$3" count
	edge-load attach "$3" count 2>as_attach
	refused "$1: so does check" "$2" '' edge-load check --device "$3" count
	edge-load check --device "$3" count 2>as_check
	is "$1: in the same words" "$(<as_check)" "$(<as_attach)"
	printf 'version: 1\nchains:\n- {device: %s, hook: xdp, instances: [count]}\n' "$3" >plan.yaml
	refused "$1: plan does, too" "$2" "$(head -1 as_attach | sed 's/^edge-load: //')" edge-load plan plan.yaml
	is "$1: nothing is attached" "$(edge-load status "$3")" ''
}
same_refusal 'lo' 8 lo
is 'lo: for what it lacks' "$(<as_check)" "edge-load: the driver of lo has no native XDP
  try --mode generic"
ip -n edge link add br0 type bridge
same_refusal 'a bridge' 8 br0
ip -n edge link add few0 numtxqueues 1 numrxqueues 1 type veth peer name many0 numtxqueues 4 numrxqueues 4
same_refusal 'a veth with fewer queues than its peer' 1 few0
ok 'at TC, the driver does not matter' edge-load check --device lo --hook tc-ingress count
sed -i 's/hook: xdp/hook: xdp, mode: generic/; s/few0/br0/' plan.yaml
is 'nor does it in generic mode: plan' "$(edge-load plan plan.yaml >out 2>&1; echo $?)" 9
ok 'nor does it in generic mode: attach' edge-load attach -q br0 --mode generic count
ok 'nor does it in generic mode: check beside that' edge-load check --device br0 count
ip -n edge link del br0
ip -n edge link del few0

on edge ethtool -K edge1 rxvlan off
is 'where the offload is off, nothing is noted' "$(stderr_of edge-load attach edge1 count)" ''
edge-load detach -q edge1
"$build/bin/edge-load" doctor --bpffs /tmp >out 2>&1
is 'without a bpffs it says that the machine lacks it' "$?" 8
like 'and what to do' "$(cat out)" 'mount -t bpf bpf /tmp'
ip netns exec edge "$build/bin/edge-load" doctor >out 2>&1
like "inside ip netns exec it names the trap" "$(cat out)" 'edge-load --netns edge'
setpriv --reuid 65534 --clear-groups --bounding-set -all --inh-caps -all "$build/bin/edge-load" doctor >out 2>&1
is 'without privileges it ends with that code' "$?" 3
like 'and names them' "$(cat out)" 'missing: CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON'

ok 'detach' edge-load detach -q edge0
finish

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# What somebody with bpftool alone sees of a chain: names, what it is made of, devices, and maps field by field.
. "$(dirname "$0")/lib.sh"

# prog HOOK DEVICE FILTER: jq's FILTER on what bpftool says of the chain's program.
prog() { bpftool prog show pinned "/sys/fs/bpf/edge/$2/$1/prog" -j | jq -r "$3"; }

# fields FILTER PIN: jq's FILTER on a pinned map's entries, formatted by its BTF.
fields() { bpftool map dump pinned "/sys/fs/bpf/edge/$2" -j | jq -r "[.[] | .formatted] | $1"; }

ok "attach at xdp" edge-load attach edge0 guard=blocklist ef=dscp:dscp=46,port=9000 count
ok "attach at tc-egress" edge-load attach edge1 --hook tc-egress limit=ratelimit:pps=5000
ok "list a prefix" edge-load map set edge0/xdp/guard/blocked 192.0.2.0/24
is "ping" "$(pings client 20 203.0.113.2)" 20

# ---------------------------------------------------------------- prog show
is "the program at xdp has a name" "$(prog xdp edge0 .name)" edge_xdp
is "and at tc" "$(prog tc-egress edge1 .name)" edge_tc
is "it is the one that status names" "$(prog xdp edge0 '"\(.id) \(.tag)"')" "$(status edge0 xdp '.program | "\(.id) \(.tag)"')"
is "its kind and licence" "$(prog xdp edge0 '"\(.type) \(.gpl_compatible)"')" "xdp true"
is "metadata: the generation" "$(prog xdp edge0 .metadata.edge_generation)" 1
is "metadata: the chain, as it was asked for" "$(prog xdp edge0 .metadata.edge_chain)" \
	"guard=blocklist ef=dscp:dscp=46,port=9000 count=count"
is "metadata: the chain at tc-egress" "$(prog tc-egress edge1 .metadata.edge_chain)" "limit=ratelimit:pps=5000"
is "metadata: whose it is" "$(prog xdp edge0 .metadata.edge_user)" root
is "metadata: the version" "$(prog xdp edge0 .metadata.edge_version)" "$(edge-load version | cut -d' ' -f2)"
is "metadata: each object's digest" "$(prog xdp edge0 .metadata.edge_digests)" \
	"$(for name in blocklist dscp count; do sha256sum "$build/lib/edge-load/functions/$name.o" | cut -c1-16; done | paste -sd' ')"
like "metadata: the drop reasons" "$(prog xdp edge0 .metadata.edge_reasons)" '^1:listed '
ok "edge-load set it again: generation 2" edge-load param set edge0/xdp/ef dscp=10
is "and the pin is the program that runs" "$(prog xdp edge0 '"\(.metadata.edge_generation) \(.id)"')" \
	"2 $(ip -n edge -j link show edge0 | jq '.[0].xdp.prog.id')"
like "metadata: the new value" "$(prog xdp edge0 .metadata.edge_chain)" 'ef=dscp:dscp=10,port=9000'
like "source lines survive the fusing" "$(bpftool prog dump xlated pinned /sys/fs/bpf/edge/edge0/xdp/prog linum)" 'count\.bpf\.c'

# ---------------------------------------------------------------- net show, link show
is "net show has the device" "$(bpftool net show -j | jq -r '.[0].xdp[] | "\(.devname) \(.mode) \(.id)"')" \
	"edge0 driver $(status edge0 xdp .program.id)"
is "link show: the link that status names" "$(bpftool link show id "$(status edge0 xdp .link_id)" -j | jq -r '"\(.type) \(.prog_id)"')" \
	"xdp $(status edge0 xdp .program.id)"
if [ "$(status edge1 tc-egress .mode)" != tcx ]; then
	skip "the same at tc-egress" "needs TCX (a clsact filter has no link)"
else
	is "the same at tc-egress" "$(bpftool link show pinned /sys/fs/bpf/edge/edge1/tc-egress/link -j | jq .prog_id)" \
		"$(status edge1 tc-egress .program.id)"
fi

# ---------------------------------------------------------------- map show, map dump
is "a map has the name of its source" "$(bpftool map show pinned /sys/fs/bpf/edge/edge0/xdp/guard/blocked -j | jq -r '"\(.name) \(.type) \(.max_entries)"')" \
	"blocked lpm_trie 1048576"
is "a prefix: 32 + 24 bits, of IPv4" "$(fields '.[0].key | "\(.length) \(.family)"' edge0/xdp/guard/blocked)" "56 4"
is "and its fields by name" "$(fields '.[0].value | keys | join(" ")' edge0/xdp/guard/blocked)" "bytes packets"
is "a table per processor" "$(fields '.[] | select(.key.protocol == 1) | [.values[].value.packets] | add' edge0/xdp/count/counts)" 20
is "a token bucket's neighbour fields" "$(fields '.[] | select(.key.length == 128) | "\(.value.passed) \(.value.dropped)"' edge1/tc-egress/limit/sources)" "20 0"
is "the counters: what left the chain at its end, generation 1's carried" \
	"$(edge-load attach edge1 --hook tc-egress limit=ratelimit:pps=5000 -q; pings client 10 203.0.113.2 >/dev/null; \
		fields '[.[].values[].value.next.packets] | add' edge1/tc-egress/counters)" 10
ok "what edge-load sets, bpftool reads" eval "edge-load map set edge0/xdp/guard/blocked 198.18.0.0/15 '{packets=7}'"
is "field by field" "$(fields '.[] | select(.key.length == 32 + 15) | .value.packets' edge0/xdp/guard/blocked)" 7
ok "detach" edge-load detach edge0
ok "detach" edge-load detach edge1 --hook tc-egress
finish

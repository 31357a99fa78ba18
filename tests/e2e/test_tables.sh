#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# A map of prefixes with many entries becomes a table of the SDK: packets, commands and swaps find in it what they would
# find in the kernel's map.
. "$(dirname "$0")/lib.sh"

address client client0 198.51.100.66/24 2001:db8:1:0:bad::66/64
ip -n edge neigh replace 198.51.100.66 lladdr 02:00:00:00:01:02 dev edge0
ip -n edge neigh replace 2001:db8:1:0:bad::66 lladdr 02:00:00:00:01:02 dev edge0
map=edge0/xdp/blocklist/blocked

# kind: how the kernel has the map: lpm_trie, or array for a table.
kind() { bpftool -j map show pinned "/sys/fs/bpf/edge/$map" | jq -r .type; }

# prefixes COUNT: that many prefixes of 10.0.0.0/8 and 2001:db8:ffff::/48, which no packet of this test has.
prefixes() {
	local i

	for ((i = 0; i < $1; i++)); do
		printf '10.%d.%d.0/24\n2001:db8:ffff:%x::/64\n' $((i / 256)) $((i % 256)) "$i"
	done
}

# blocks TEXT: the two listed sources are dropped and counted, the others pass.
blocks() {
	is "$1: IPv4 from a listed prefix is dropped" "$(pings client 5 203.0.113.2 -I 198.51.100.66)" 0
	is "$1: IPv4 from elsewhere is not" "$(pings client 5 203.0.113.2 -I 198.51.100.2)" 5
	is "$1: IPv6 from a listed prefix is dropped" "$(pings client 5 2001:db8:2::2 -I 2001:db8:1:0:bad::66)" 0
	is "$1: IPv6 from elsewhere is not" "$(pings client 5 2001:db8:2::2 -I 2001:db8:1::2)" 5
}

packets() { edge-load map get "$map" "$1" -j | jq .value.packets; }

printf '%s\n' 198.51.100.64/26 2001:db8:1:0:bad::/80 >"$work/two"
prefixes 3000 >"$work/many"

# ---------------------------------------------------------------- it becomes a table

ok "attach" edge-load attach edge0 blocklist count
ok "load two prefixes" edge-load map load "$map" "$work/two"
is "a map with two entries is the kernel's" "$(kind)" lpm_trie
blocks "kernel's map"
ok "load 6000 prefixes" edge-load map load "$map" "$work/many"
is "it is a table now" "$(kind)" array
like "map list shows it" "$(edge-load map list edge0)" "^$map  *prefix_table "
is "in a generation of its own" "$(status edge0 xdp .generation)" 2
is "and has all entries" "$(edge-load map dump "$map" | wc -l)" 6002
is "with what they counted" "$(packets 198.51.100.64/26) $(packets 2001:db8:1:0:bad::/80)" "5 5"
blocks table
is "packets count in a table" "$(packets 198.51.100.64/26) $(packets 2001:db8:1:0:bad::/80)" "10 10"

# ---------------------------------------------------------------- single entries

refused "a shorter prefix is another entry" 4 'has no entry 198.51.100.66' edge-load map get "$map" 198.51.100.66
ok "set a longer one" edge-load map set "$map" 198.51.100.66 packets=100
blocks "longer prefix"
is "the longest prefix counts" "$(packets 198.51.100.66) $(packets 198.51.100.64/26)" "105 10"
ok "delete the longer one" edge-load map del "$map" 198.51.100.66
refused "it is gone" 4 'has no entry' edge-load map del "$map" 198.51.100.66
ok "delete the shorter one" edge-load map del "$map" 198.51.100.64/26
is "then its source passes" "$(pings client 5 203.0.113.2 -I 198.51.100.66)" 5
ok "the default route blocks all" edge-load map set "$map" 0.0.0.0/0
is "nobody passes" "$(pings client 3 203.0.113.2 -I 198.51.100.2)" 0
ok "take it off" edge-load map del "$map" 0.0.0.0/0
ok "set it again" edge-load map set "$map" 198.51.100.64/26 packets=10
is "no single entry made a generation" "$(status edge0 xdp .generation)" 2

# ---------------------------------------------------------------- swaps

edge-load map dump "$map" -j | jq -c 'sort' >"$work/before"
ok "attach another chain" edge-load attach edge0 count blocklist
is "the table is kept" "$(kind)" array
edge-load map dump "$map" -j | jq -c 'sort' >"$work/after"
ok "with the same entries" cmp -s "$work/before" "$work/after"
blocks "after a swap"
ok "resize" edge-load map resize "$map" 50000
edge-load map dump "$map" -j | jq -c 'sort' >"$work/after"
is "a table in place of the table" "$(kind)" array
is "of the new size" "$(edge-load map list -j | jq ".[] | select(.path == \"$map\") | .max_entries")" 50000
blocks "after a resize"
ok "back to the generation before the table" edge-load rollback edge0 1
is "which has the kernel's map" "$(kind)" lpm_trie
is "with all entries" "$(edge-load map dump "$map" | wc -l)" 6002
blocks "after a rollback"
ok "and forth" edge-load rollback edge0 4
is "a table again" "$(kind)" array
blocks "after two rollbacks"

# ---------------------------------------------------------------- growth

prefixes 20000 | sed 's/^10\./11./; s/ffff/fffe/' >"$work/more"
ok "load more than the table has room for" edge-load map load "$map" "$work/more"
is "all are there" "$(edge-load map dump "$map" | wc -l)" 46002
blocks "after growth"
prefixes 4000 | sed 's/^10\./12./; s/ffff/fffd/' >"$work/over"
refused "more than max_entries" 1 'map .* has room for 50000 entries|is full' edge-load map load "$map" "$work/over"
is "nothing was changed" "$(edge-load map dump "$map" | wc -l)" 46002
ok "empty it" edge-load map flush "$map"
is "it is empty" "$(edge-load map dump "$map" | wc -l)" 0
is "and everybody passes" "$(pings client 3 203.0.113.2 -I 198.51.100.66)" 3

# ---------------------------------------------------------------- whole content

cat "$work/two" "$work/many" >"$work/all"
ok "replace" edge-load map replace "$map" "$work/all"
is "a table" "$(kind)" array
blocks "after a replace"
ok "replace by few entries" edge-load map replace "$map" "$work/two"
is "the kernel's map" "$(kind)" lpm_trie
blocks "after a second replace"
edge-load detach edge0
cat >"$work/edge.yaml" <<-END
	version: 1
	chains:
	  - device: edge0
	    instances:
	      - {name: blocklist, function: blocklist, maps: {blocked: {file: all}}}
END
ok "apply a manifest with a file" edge-load apply "$work/edge.yaml"
is "a table from the start" "$(kind)" array
blocks "after an apply"
is "applied again, nothing changes" "$(edge-load apply "$work/edge.yaml" | tail -n 1)" "nothing to do"
ok "save" edge-load map save edge0 "$work/saved"
ok "flush" edge-load map flush "$map"
ok "restore" edge-load map restore edge0 "$work/saved"
is "all are there again" "$(edge-load map dump "$map" | wc -l)" 6002
blocks "after a restore"
ok "detach" edge-load detach edge0

# ---------------------------------------------------------------- maps that stay the kernel's

map=edge0/xdp/f/listed
ok "a function that changes its map" edge-load attach edge0 "f=$(function_object forgives)"
ok "load 6000 prefixes" edge-load map load "$map" "$work/many"
is "the map stays the kernel's" "$(kind)" lpm_trie
ok "list a source" edge-load map set "$map" 198.51.100.66 1
is "its first packet is dropped" "$(pings client 5 203.0.113.2 -I 198.51.100.66)" 4
ok "attach again" edge-load attach edge0 "f=$(function_object forgives)"
is "with the kernel's map" "$(kind)" lpm_trie
ok "detach" edge-load detach edge0
is "nothing is pinned" "$(pins)" ""
finish

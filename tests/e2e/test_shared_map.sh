#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Maps that a manifest shares: one blocklist for two devices and both hooks, one flow table that two chains count in; made,
# joined, refilled, converted and parted under traffic, and gone with the last one who has it.
# run: alone
. "$(dirname "$0")/lib.sh"

first=$(function_object flows1)
second=$(function_object flows2)
blocked=shared/fw
flows=shared/flows

# map_id PIN: the number of a pinned map, as bpftool has it
map_id() { bpftool map show pinned "/sys/fs/bpf/edge/$1" -j | jq .id; }
# chains LIST [COUNTING]: two devices block what is in the file LIST, and count in one table; at egress, edge1 counts too.
chains() {
	cat <<-END
		version: 1
		chains:
		  - device: "edge[01]"
		    instances:
		      - {name: b, function: blocklist, maps: {blocked: {shared: fw, file: $1}}}
		      - {name: f, function: ${2:-$first}, maps: {flows: {shared: flows}}}
		  - device: edge1
		    hook: tc-egress
		    instances:
		      - {name: out, function: ${3:-${2:-$first}}, maps: {flows: {shared: flows}}}
	END
}

ok "one has a table of its own" edge-load attach edge0 b=blocklist "f=$first"
for i in {10..39}; do echo "$i packets=$i,state=OPEN,port=$i"; done >"$work/entries"
ok "with entries" edge-load map load edge0/xdp/f/flows "$work/entries"
printf '192.0.2.0/24\n' >"$work/list"
chains "$work/list" >"$work/edge.yaml"
plan=$(edge-load plan "$work/edge.yaml")
is "plan finds a difference" $? 9
like "what was its own is to be shared" "$plan" 'f: map flows: its own -> shared as flows'
is "and plan shares nothing" "$(edge-load map list -j | jq -r '.[].path' | grep -c ^shared)" 0
ok "apply" edge-load apply "$work/edge.yaml"
is "a second plan finds nothing to do" "$(
	edge-load plan "$work/edge.yaml" >/dev/null
	echo $?
)" 0

id=$(map_id "$flows")
for pin in edge0/xdp/f/flows edge1/xdp/f/flows edge1/tc-egress/out/flows; do
	is "$pin is that map" "$(map_id "$pin")" "$id"
done
is "so it is with the list" "$(map_id edge0/xdp/b/blocked) $(map_id edge1/xdp/b/blocked)" "$(map_id "$blocked") $(map_id "$blocked")"
is "bpftool reads it in field names" \
	"$(bpftool map lookup pinned "/sys/fs/bpf/edge/$flows" key 10 0 0 0 -j | jq -r .formatted.value.packets)" 10
is "the entries of the one that had it first are in it" "$(edge-load map dump "$flows" | wc -l)" 30
is "map list shows the names" "$(edge-load map list -j | jq -r '.[].path' | grep ^shared | xargs)" "$flows $blocked"
is "and them alone, where asked" "$(edge-load map list shared -j | jq -r '.[].path' | xargs)" "$flows $blocked"

# ---------------------------------------------------------------- two chains, one table

is "the client is heard" "$(pings client 3 203.0.113.2)" 3
ok "an entry, by the shared name" edge-load map set "$blocked" 198.51.100.0/24
is "blocks it at one device" "$(pings client 3 203.0.113.2)" 0
is "and the answers' device has it" "$(edge-load map dump edge1/xdp/b/blocked | grep -c 198.51.100)" 1
ok "away with it" edge-load map del edge1/xdp/b/blocked 198.51.100.0/24
is "at both" "$(pings client 3 203.0.113.2)" 3

# ---------------------------------------------------------------- under traffic

# What passes is counted at edge0 on the way in, and at edge1 on the way out: twice.
total() { entry "$flows" 0 .packets; }
stream_start
printf '192.0.2.0/24\n203.0.113.128/25\n' >"$work/longer"
chains "$work/longer" >"$work/edge.yaml"
plan=$(edge-load plan "$work/edge.yaml")
is "another list: a difference" $? 9
like "of one entry" "$plan" 'b: map blocked -> 1 entries added, 0 removed, 0 changed'
is "which two chains are to be swapped for" "$(grep -c 'to be swapped' <<<"$plan")" 2
ok "apply" edge-load apply "$work/edge.yaml"
is "both have the new list" "$(edge-load map dump edge0/xdp/b/blocked | wc -l) $(map_id edge1/xdp/b/blocked)" "2 $(map_id "$blocked")"
for version in "$second" "$first" "$second"; do
	chains "$work/longer" "$version" >"$work/edge.yaml"
	ok "all count in another type" edge-load apply -q "$work/edge.yaml"
	is "in one map" "$(map_id edge0/xdp/f/flows) $(map_id edge1/tc-egress/out/flows)" "$(map_id "$flows") $(map_id "$flows")"
done
stream_end
all_arrived "every packet arrived once, in order"
is "the table counted each packet twice ($sent)" "$(total)" $((2 * sent))
is "no entry was lost" "$(edge-load map dump "$flows" | wc -l)" 31

# ---------------------------------------------------------------- what is refused

chains "$work/longer" "$first" "$(function_object flows3)" >"$work/two.yaml"
before=$(pins)
refused "two shapes of one map" 5 "two.yaml:.*can't be the shared map flows: its definition differs" \
	edge-load apply "$work/two.yaml"
chains "$work/longer" "$second" "$first" >"$work/two.yaml"
refused "also where one would not change" 5 'definition' edge-load apply "$work/two.yaml"
chains "$work/list" "$second" >"$work/one.yaml"
is "for one device, the list that all have is none of its business" "$(
	edge-load plan --device edge0 "$work/one.yaml" >/dev/null
	echo $?
)" 0
chains "$work/longer" "$first" >"$work/one.yaml"
refused "nor can it have another type alone" 5 'edge1 .*which shares the map' \
	edge-load apply --device edge0 "$work/one.yaml"
refused "by hand, another shape" 5 'map f/flows is shared with other instances' edge-load attach edge0 b=blocklist "f=$first"
refused "by hand, another table" 5 'map b/blocked is shared' edge-load map replace edge0/xdp/b/blocked "$work/list"
refused "by hand, another size" 5 'map f/flows is shared' edge-load map resize edge0/xdp/f/flows 1000
refused "a name that there is not" 4 'there is no shared map fv' edge-load map dump shared/fv
is "nothing has changed" "$(pins)" "$before"
ok "another parameter keeps it" edge-load param set edge0/xdp/b count_only=true
is "with the map" "$(map_id edge0/xdp/f/flows)" "$(map_id "$flows")"

# ---------------------------------------------------------------- rollback, parting, going

is "roll one back to the list of before" "$(edge-load rollback edge1 1 -q && edge-load map dump edge1/xdp/b/blocked | wc -l)" 1
is "the other has its own" "$(edge-load map dump edge0/xdp/b/blocked | wc -l)" 2
plan=$(edge-load plan "$work/edge.yaml")
like "plan sees that it is not shared" "$plan" 'edge1 xdp: to be swapped'
ok "and apply brings it back" edge-load apply -q "$work/edge.yaml"
is "into one" "$(map_id edge1/xdp/b/blocked)" "$(map_id "$blocked")"
sed 's/maps: {flows: {shared: flows}}/params: {}/' "$work/edge.yaml" >"$work/own.yaml"
plan=$(edge-load plan "$work/own.yaml")
like "each its own again: says plan" "$plan" 'out: map flows: shared as flows -> its own'
ok "and apply" edge-load apply -q "$work/own.yaml"
ids=$(for pin in edge0/xdp/f edge1/xdp/f edge1/tc-egress/out; do map_id "$pin/flows"; done | sort -u | wc -l)
is "three maps" "$ids" 3
is "each with the entries" "$(for pin in edge0/xdp/f edge1/xdp/f edge1/tc-egress/out; do edge-load map dump "$pin/flows" | wc -l; done | xargs)" "31 31 31"
chains "$work/longer" "$second" >"$work/edge.yaml"
ok "shared again" edge-load apply -q "$work/edge.yaml"
for left in flows:new gone:types; do
	bpftool map pin id "$(map_id "$flows")" "/sys/fs/bpf/edge/shared/$left"
done
is "what a killed one left" "$(edge-load status >"$work/out" && pins | grep -c 'shared/.*:')" 2
printf 'version: 1\nchains: []\n' >"$work/none.yaml"
ok "no chain is left" edge-load apply -q "$work/none.yaml"
is "nor any pin" "$(pins)" ""
finish

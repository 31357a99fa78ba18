#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The maps that a path names are the maps that packets see: maps of every kind are kept by a swap; libbpf pins none;
# maps of maps hold the tables of the running generation; maps that programs of one object share go on where the first program
# has another name; `map follow` follows the buffer of the running generation.
. "$(dirname "$0")/lib.sh"

plain=$here/plain

# made NAME [FLAG]...: the program as its own author compiles it; prints the object's path.
made() {
	clang -O2 -g -target bpf "-I/usr/include/$(gcc -print-multiarch)" "${@:2}" -c "$plain/$1.bpf.c" -o "$work/$1$#.o" &&
		echo "$work/$1$#.o"
}

# map_ids CHAIN: every map of its instances and its number, from bpftool.
map_ids() {
	local pin

	for pin in /sys/fs/bpf/edge/"$1"/*/*; do
		echo "${pin#/sys/fs/bpf/edge/"$1"/} $(bpftool -j map show pinned "$pin" | jq .id)"
	done
}

# ---------------------------------------------------------------- kept

kinds=$(made kinds)
ok "a program with maps of 23 kinds and flags" edge-load attach edge0 "$kinds"
before=$(map_ids edge0/xdp)
is "all have a pin" "$(wc -l <<<"$before")" 23
ok "swap" edge-load attach edge0 count "$kinds"
is "every map is the same one" "$(map_ids edge0/xdp | grep ^kinds/)" "$before"
cat >"$work/kinds.yaml" <<-END
	version: 1
	chains:
	  - device: edge0
	    instances:
	      - count
	      - {function: $kinds, maps: {records: {size: 5000}, lists: {size: 257}}}
END
ok "a manifest with sizes that the kernel rounds" edge-load apply "$work/kinds.yaml"
is "still the same" "$(map_ids edge0/xdp | grep ^kinds/)" "$before"
ok "then there is nothing to do" edge-load plan "$work/kinds.yaml"
ok "a map that its author opens to write alone is resized" edge-load map resize edge0/xdp/kinds/writer 9
refused "what can't be copied is not resized" 5 'the contents of a queue can.t be copied' edge-load map resize edge0/xdp/kinds/line 9
is "and libbpf has no part in that" "$(edge-load map resize edge0/xdp/kinds/line 9 2>&1 | grep -c libbpf)" 0

cat >"$work/seeded.bpf.c" <<'END'
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_ZERO_SEED);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} seeded SEC(".maps");
SEC("xdp") int seed(struct xdp_md *ctx)
{
	__u32 key = 0;

	return bpf_map_lookup_elem(&seeded, &key) ? XDP_DROP : XDP_PASS;
}
END
refused "a flag that takes a right which root has given up" 8 'map seeded has the flag BPF_F_ZERO_SEED, which needs CAP_SYS_ADMIN' \
	edge-load check "$work/seeded.bpf.c"

# ---------------------------------------------------------------- followed

# follow MAP: into $work/records and $work/said; its process id is in $following.
follow() {
	: >"$work/records"
	: >"$work/said"
	edge-load map follow "$1" >"$work/records" 2>"$work/said" &
	following=$!
}
followed() { [ "$(grep -c 8877665544332211 "$work/records")" -ge "$1" ]; }
ended() { ! kill -0 "$following" 2>/dev/null; }
# pinged N: until as many records came of one ping each.
pinged() {
	for _ in $(seq 40); do
		followed "$1" && return
		pings client 1 203.0.113.2 >/dev/null
	done
	false
}

for map in events records; do
	follow "edge0/xdp/kinds/$map"
	ok "follow $map" pinged 3
	ok "$map: resize" edge-load map resize "edge0/xdp/kinds/$map" 16384
	at=$(grep -c 8877 "$work/records")
	ok "$map: the new one is followed" pinged $((at + 3))
	like "$map: and that is said" "$(cat "$work/said")" "map edge0/xdp/kinds/$map was replaced when its chain was changed"
	ok "$map: a rollback" edge-load rollback edge0
	at=$(grep -c 8877 "$work/records")
	ok "$map: the one that runs again is followed" pinged $((at + 3))
	ok "$map: detach" edge-load detach edge0
	ok "$map: ends it" wait_for 5 ended
	wait "$following"
	is "$map: with 4, not found" $? 4
	like "$map: and the reason" "$(cat "$work/said")" "map edge0/xdp/kinds/$map gets no more records: its chain was detached"
	ok "$map: attach" edge-load attach edge0 count "$kinds"
done
refused "no keys in a perf event array" 2 'is a perf event array, which has records and no keys' \
	edge-load map dump edge0/xdp/kinds/events
ok "resize" edge-load map resize edge0/xdp/kinds/records 65536
follow edge0/xdp/kinds/records
ok "follow it" pinged 3
bpftool link detach pinned /sys/fs/bpf/edge/edge0/xdp/link
ok "a chain that somebody else detaches ends it" wait_for 8 ended
like "with the reason" "$(cat "$work/said")" 'its chain was detached outside edge-load'
edge-load -q detach edge0

# ---------------------------------------------------------------- pinned

for object in "$(made pinned)" "$(made pinned -fembed-bitcode)"; do
	what=$(basename "$object")
	ok "$what: check" edge-load check count "pinned=$object"
	ok "$what: attach" edge-load attach edge0 count "pinned=$object"
	ok "$what: at another device" edge-load attach edge1 "pinned=$object"
	is "$what: libbpf has pinned nothing" "$(find /sys/fs/bpf -mindepth 1 -maxdepth 1 -name '*total*')" ""
	is "$what: 3 pings" "$(pings client 3 203.0.113.2)" 3
	is "$what: each device counts in a map of its own" \
		"$(edge-load map get edge0/xdp/pinned/total 0) $(edge-load map get edge1/xdp/pinned/total 0)" "3 3"
	ok "$what: swap" edge-load attach edge0 "pinned=$object"
	pings client 2 203.0.113.2 >/dev/null
	is "$what: and it counts on" "$(edge-load map get edge0/xdp/pinned/total 0)" 5
	edge-load -q detach --all
done

# ---------------------------------------------------------------- inside another map

chain=edge0/xdp/nested
icmp() { edge-load map get "$chain/table" 1; }
slot() { edge-load map get "$chain/slots" 1; }
narrow=$(made nested -fembed-bitcode) wide=$(made nested -DWIDE -fembed-bitcode)
ok "maps of maps" edge-load attach edge0 "nested=$narrow"
is "4 pings" "$(pings client 4 203.0.113.2)" 4
is "are counted" "$(icmp) $(slot)" "4 4"
before=$(map_ids edge0/xdp)
ok "swap" edge-load attach edge0 "nested=$narrow" count
is "keeps all maps" "$(map_ids edge0/xdp | grep ^nested/)" "$before"
stream_start
ok "resize a hash in an array" edge-load map resize "$chain/table" 64
ok "resize an array in a hash" edge-load map resize "$chain/slots" 8
ok "a conversion" edge-load attach edge0 "nested=$wide"
stream_end
all_arrived "every packet arrived once, in order"
is "the tables counted each packet ($sent)" "$(edge-load map get "$chain/table" 17) $(edge-load map get "$chain/slots" 1)" \
	"$sent $((sent + 4))"
is "2 pings" "$(pings client 2 203.0.113.2)" 2
is "go on counting" "$(icmp)" 6
echo "1 1000" >"$work/table"
ok "replace" edge-load map replace "$chain/table" "$work/table"
is "2 pings more" "$(pings client 2 203.0.113.2)" 2
is "count in the new table" "$(icmp)" 1002
read -r _ _ _ _ _ _ a b c d < <(bpftool map lookup pinned /sys/fs/bpf/edge/$chain/tables key 0 0 0 0)
is "bpftool finds it through the outer map" $((0x$d$c$b$a)) "$(bpftool -j map show pinned /sys/fs/bpf/edge/$chain/table | jq .id)"
ok "another map in a slot" bpftool map update pinned /sys/fs/bpf/edge/$chain/tables key 2 0 0 0 value pinned /sys/fs/bpf/edge/$chain/spare
ok "resize once more" edge-load map resize "$chain/table" 32
is "keeps it there" "$(edge-load map dump "$chain/tables" | grep -c .)" 3
ok "rollback" edge-load rollback edge0
is "2 pings again" "$(pings client 2 203.0.113.2)" 2
is "count in the table that is seen" "$(icmp)" 1004
ok "back over the conversion" edge-load rollback edge0 4
is "2 pings" "$(pings client 2 203.0.113.2)" 2
between "count there, too" "$(icmp)" 5 2000
refused "arrays of another size than the outer map takes" 5 \
	'map nested/rigids is a map of maps that accepts only arrays of 4 entries, but its inner map rigid would have 8' \
	edge-load map resize "$chain/rigid" 8
is "nothing has changed" "$(pings client 2 203.0.113.2) $(edge-load map dump "$chain/rigid" | wc -l)" "2 4"
longer=$(made nested -DNUMBER=__u64 -fembed-bitcode)
for verb in "check --device" attach; do
	# shellcheck disable=SC2086
	refused "an outer map whose key is longer: ${verb% *}" 5 \
		'map nested/slots_by_number is a map of maps, and its key has 8 bytes, not 4 as before' \
		edge-load $verb edge0 "nested=$longer"
done
is "nothing has changed" "$(edge-load map dump "$chain/slots_by_number" | cut -d' ' -f1) $(pings client 2 203.0.113.2)" "1 2"

slots_of() { edge-load map dump "$chain/$1" | cut -d' ' -f1 | paste -sd,; }
ok "a slot that the source fills is emptied" edge-load map del "$chain/tables" 1
ok "the inner map of a hash gets another key" edge-load map set "$chain/slots_by_number" 2 "map:$chain/slots"
ok "and loses that of the source" edge-load map del "$chain/slots_by_number" 1
ok "a resize of the array" edge-load map resize "$chain/slots" 6
ok "and of the hash" edge-load map resize "$chain/table" 48
is "what was deleted does not come back" "$(slots_of tables) $(slots_of slots_by_number)" "0,2 2"
ok "another slot is emptied" edge-load map del "$chain/tables" 2
ok "rollback" edge-load rollback edge0
is "it stays empty" "$(slots_of tables) $(slots_of slots_by_number)" "0 2"

# ---------------------------------------------------------------- programs of one object, whose first has another name
# Two programs of one object have its maps in common, which belong to the first.
edge-load -q detach edge0
two=$(made nested -DTWO -fembed-bitcode)
# counted INSTANCE: its ICMP packets, from the hash in an array and from the array in a hash.
counted() { edge-load map get "edge0/xdp/$1/table" 1 && edge-load map get edge0/xdp/b/slots 1; }
ok "two programs with maps of maps" edge-load attach edge0 "a=$two#nested" "b=$two#again"
pings client 4 203.0.113.2 >/dev/null
is "count in common tables" "$(counted a | paste -sd' ')" "4 4"
before=$(map_ids edge0/xdp | sed -n 's,^b/,,p')
is "with another name, no map is new or lost" "$(edge-load attach edge0 "c=$two#nested" "b=$two#again" | grep 'map ')" ""
is "all are the same" "$(map_ids edge0/xdp | sed -n 's,^c/,,p')" "$before"
ok "a resize" edge-load map resize edge0/xdp/b/table 64
ok "is kept with another name" edge-load attach edge0 "d=$two#nested" "b=$two#again"
is "and its entries are" "$(bpftool -j map show pinned /sys/fs/bpf/edge/edge0/xdp/d/table | jq .max_entries) $(counted d | paste -sd' ')" "64 4 4"
cat >"$work/renamed.yaml" <<-END
	version: 1
	chains:
	  - device: edge0
	    instances:
	      - {name: e, function: "$two#nested", maps: {table: {size: 33}, slots: {size: 9}}}
	      - {name: b, function: "$two#again"}
END
ok "another inner map" edge-load map set edge0/xdp/b/tables 2 map:edge0/xdp/b/spare
ok "and one less" edge-load map del edge0/xdp/b/tables 1
ok "another name and other sizes" edge-load apply "$work/renamed.yaml"
is "the outer map holds what it held" "$(edge-load map dump edge0/xdp/e/tables | cut -d' ' -f1 | paste -sd,)" 0,2
pings client 2 203.0.113.2 >/dev/null
is "are seen through the outer maps" "$(counted e | paste -sd' ')" "6 6"
sed 's/size: 33/size: 33, entries: {1: 0}/; s/name: e/name: f/' "$work/renamed.yaml" >"$work/content.yaml"
is "another name, and content that is there, are no change of the map" "$(edge-load apply "$work/content.yaml" | grep -c 'map ')" 0
is "whose counts stay" "$(counted f | paste -sd' ')" "6 6"
ok "rollback" edge-load rollback edge0
refused "another name, and arrays of another size than the outer map takes" 5 'map f/rigids is a map of maps that accepts only arrays of 4 entries' \
	edge-load attach edge0 "f=$two#nested:rigid.size=8" "b=$two#again"
said=$(edge-load rollback edge0)
like "a rollback converts them back" "$said" 'map d/table: resized, 1 entry, max_entries 64 instead of 33'
is "once, and drops none" "$(grep -c 'resized' <<<"$said") $(grep -c dropped <<<"$said")" "2 0"
pings client 2 203.0.113.2 >/dev/null
is "and they are seen" "$(counted d | paste -sd' ')" "8 8"

object=$(made own -fembed-bitcode)
ok "two programs with a program array" edge-load attach edge0 "a=$object#notes" "b=$object#first"
ok "a program that was set by hand" edge-load map set edge0/xdp/a/jumps 2 "prog:$object#third"
third=$(edge-load map dump edge0/xdp/b/jumps | grep '^2 ')
ok "another name" edge-load attach edge0 "c=$object#notes" "b=$object#first"
is "keeps it" "$(edge-load map dump edge0/xdp/b/jumps | grep '^2 ')" "${third:-none}"
finish

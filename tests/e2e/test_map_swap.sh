#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# A table gets more room under traffic, and none of its entries or counts is lost; a table is replaced as a whole.
# run: alone
. "$(dirname "$0")/lib.sh"

first=$(function_object flows1)
flows=edge0/xdp/f/flows

room() { edge-load map list edge0/xdp/f -j | jq -r ".[] | select(.path == \"$flows\") | .max_entries"; }

ok "attach" edge-load attach edge0 "f=$first" "b=blocklist"
for i in {10..49}; do echo "$i packets=$i,state=OPEN,port=$i"; done >"$work/entries"
ok "40 entries of 64" edge-load map load "$flows" "$work/entries"

# ---------------------------------------------------------------- room

stream_start
for entries in 100 1000 41 64 200; do
	ok "room for $entries" edge-load map resize "$flows" "$entries"
	is "and so it has" "$(room)" "$entries"
done
stream_end
all_arrived "every packet arrived once, in order"
is "the table counted each packet ($sent)" "$(entry "$flows" 0 .packets)" "$sent"
is "no entry was lost or changed" "$(edge-load map dump "$flows" | grep -v '^0 ' | sort -n)" \
	"$(sed -E 's/([0-9]+) (packets=[0-9]+),(.*)/\1 {\2,legacy=0,\3}/' "$work/entries")"
ok "a swap" edge-load param set edge0/xdp/b count_only=true
is "keeps the room" "$(room)" 200
ok "and so does an attach" edge-load attach edge0 "f=$first" "b=blocklist"
is "with the entries" "$(room) $(edge-load map dump "$flows" | wc -l)" "200 41"
refused "less room than it holds" 5 'map f/flows would have room for 40 entries, but holds 41' \
	edge-load map resize "$flows" 40
is "and nothing has changed" "$(room)" 200
refused "a variable's map has no size" 2 \
	'map edge0/xdp/f/bss holds the program.s variables, so its size can.t be changed' edge-load map resize edge0/xdp/f/bss 4
refused "nor is it given one" 2 "map bss of $first holds the program's variables, so its size can.t be changed" \
	edge-load attach edge0 "f=$first:bss.size=4" "b=blocklist"

# ---------------------------------------------------------------- a table as a whole

blocked=edge0/xdp/b/blocked
ok "a list" edge-load map set "$blocked" 203.0.113.0/24
is "blocks nothing of the client's" "$(pings client 3 203.0.113.2)" 3
printf '198.51.100.0/24\n2001:db8:1::/64\n' >"$work/list"
ok "another list in its place" edge-load map replace "$blocked" "$work/list"
is "is all that is there" "$(edge-load map dump "$blocked" | cut -d' ' -f1 | sort)" $'198.51.100.0/24\n2001:db8:1::/64'
is "and blocks the client" "$(pings client 3 203.0.113.2)" 0
printf '203.0.113.0/24\n203.0.113/x\n' >"$work/bad"
before=$(ids edge0 xdp)
refused "a list with a bad line" 2 'bad:2: key of map blocked' edge-load map replace "$blocked" "$work/bad"
is "changes nothing" "$(ids edge0 xdp)" "$before"
: >"$work/none"
ok "an empty list" edge-load map replace "$blocked" "$work/none"
is "empties it" "$(edge-load map dump "$blocked")" ""
is "and the client is heard" "$(pings client 3 203.0.113.2)" 3
is "the other instance's table is the same" "$(edge-load map dump "$flows" | wc -l)" 41
finish

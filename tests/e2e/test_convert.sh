#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# A function's types change to and fro under traffic: its tables, its per-CPU table and its variables are converted field
# by field, and no packet, no entry and no count is lost. What does not fit, and what can't be converted, is refused.
# run: alone
. "$(dirname "$0")/lib.sh"

first=$(function_object flows1)
second=$(function_object flows2)
third=$(function_object flows3)
flows=edge0/xdp/f/flows

field() { edge-load check --device edge0 f="$second" -j | jq -r ".maps[] | select(.map == \"$1\") | $2"; }

# ---------------------------------------------------------------- under traffic

under_traffic() {
	local i swapped=0

	for i in {10..49}; do
		echo "$i packets=$((i * 100000000 % 4000000000)),state=$([ $((i % 2)) -eq 0 ] && echo OPEN || echo CLOSED),port=$i"
	done >"$work/entries"
	ok "40 entries" edge-load map load "$flows" "$work/entries"
	stream_start
	for i in {1..10}; do
		edge-load attach edge0 "f=$([ $((i % 2)) -eq 0 ] && echo "$first" || echo "$second")" >/dev/null &&
			swapped=$((swapped + 1))
	done
	stream_end
	is "10 swaps were made, each with three conversions" "$swapped" 10
	ok "there was traffic all the while ($sent packets)" [ "$sent" -gt 1000 ]
	all_arrived "every packet arrived once, in order"
	is "the table counted each packet" "$(entry "$flows" 0 .packets)" "$sent"
	is "so did a per-CPU table" "$(entry edge0/xdp/f/totals 0)" "$sent"
	is "so did a variable" "$(entry edge0/xdp/f/bss 0 .seen)" "$sent"
	is "no entry was lost or changed" \
		"$(edge-load map dump "$flows" | grep -v '^0 ' | sort -n)" \
		"$(sed -E 's/([0-9]+) (packets=[0-9]+),(.*)/\1 {\2,legacy=0,\3}/' "$work/entries")"
}

ok "attach" edge-load attach edge0 "f=$first"
under_traffic

# ---------------------------------------------------------------- looked at before

before=$(ids edge0 xdp)
is "check: what becomes of the table" "$(field flows '"\(.change) \(.entries) \(.max_entries_before) \(.max_entries)"')" \
	"converted 41 64 256"
is "check: of each field" "$(field flows '.fields[] | "\(.name) \(.change) \(.from) \(.to)"')" "state converted state state
port widened __be16 __u32
packets widened edge_counter32 edge_counter
drops new  edge_counter
legacy lost __u32 "
is "check: of a variable" "$(field bss '.fields[] | "\(.name) \(.change)"')" "seen widened"
is "check: a new one" "$(field data .change)" "new"
is "check changed nothing" "$(ids edge0 xdp)" "$before"

# ---------------------------------------------------------------- what is refused

ok "over to the second" edge-load attach edge0 "f=$second"
is "a name goes before a number in an enum" "$(entry "$flows" 11 .state) $(edge-load map get "$flows" 12 | grep -o 'state=[A-Z]*')" \
	"CLOSED state=OPEN"
ok "a value that the first's type can't hold" edge-load map set "$flows" 77 packets=4294967296,state=OPEN,port=443
before=$(ids edge0 xdp) dump=$(edge-load map dump "$flows" | sort) pins=$(pins)
refused "a value that does not fit" 5 \
	"map f/flows, entry 77: the value's field packets is 4294967296, which does not fit its new type edge_counter32" \
	edge-load attach edge0 "f=$first"
refused "nor is it in check" 5 "entry 77" edge-load check --device edge0 "f=$first"
refused "a table of another kind" 5 "definition of map f/flows has changed.*its kind changed from lru_hash to array" \
	edge-load attach edge0 "f=$third"
is "nothing was touched: the program, the maps" "$(ids edge0 xdp)" "$before"
is "nor their entries" "$(edge-load map dump "$flows" | sort)" "$dump"
is "nor the pins" "$(pins)" "$pins"
ok "unless it may start empty" edge-load attach edge0 --start-empty f/flows "f=$third"
is "and does" "$(entry "$flows" 0)" 0
finish

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# What a chain's maps hold, saved into a text, and restored: into the same chain, and by name into the function's next
# version. One bad line, and nothing is changed.
. "$(dirname "$0")/lib.sh"

first=$(function_object flows1)
second=$(function_object flows2)
chain=edge0/xdp

dumps() { for map in f/flows f/totals f/bss b/blocked; do edge-load map dump "$chain/$map" -j | jq -cS 'sort_by(.key | tostring)'; done; }

ok "attach" edge-load attach edge0 "f=$first" "b=blocklist"
ok "entries" edge-load map set "$chain/f/flows" 11 packets=5,legacy=7,state=CLOSED,port=443
ok "entries" edge-load map set "$chain/f/flows" 12 packets=6,state=OPEN,port=80
ok "a prefix" edge-load map set "$chain/b/blocked" 203.0.113.0/24
send client 198.51.100.2 203.0.113.2 9000 1000 100 >"$work/sent"
wait_for 5 test "$(entry "$chain/f/totals" 0)" = 100
held=$(dumps)
is "packets were counted on their CPUs" "$(jq -s '.[1][] | select(.key == 0) | .cpus | add' <<<"$held")" 100

# ---------------------------------------------------------------- to and fro

ok "save the chain" edge-load map save "$chain" "$work/saved"
is "it names its sections" "$(grep '^\[' "$work/saved" | sort)" $'[b/blocked]\n[f/bss]\n[f/flows]\n[f/totals]'
like "types are comments" "$(cat "$work/saved")" '^# percpu_array: __u32, edge_counter32 of each CPU$'
like "an entry is as map load reads it" "$(cat "$work/saved")" '^11 \{packets=5,legacy=7,state=CLOSED,port=443\}$'
is "to standard output it is the same" "$(edge-load map save "$chain" - | sort)" "$(sort "$work/saved")"
ok "all is emptied" edge-load detach edge0
ok "and attached anew" edge-load attach edge0 "f=$first" "b=blocklist"
ok "restore" edge-load map restore "$chain" "$work/saved"
is "brings back all, each CPU's values too" "$(dumps)" "$held"
ok "save a device" edge-load map save edge0 "$work/device"
is "has the hook in its sections" "$(grep -c '^\[xdp/' "$work/device")" 4
ok "save a map" edge-load map save "$chain/f/flows" "$work/flows"
ok "which map load reads" edge-load map load "$chain/f/flows" "$work/flows"
ok "and map restore" edge-load map restore "$chain/f/flows" - <"$work/flows"

# ---------------------------------------------------------------- what is refused

before=$(dumps)
sed 's/^12 {packets=6/12 {packts=6/' "$work/saved" | sed 's/^11 {packets=5/11 {packets=99/' >"$work/bad"
line=$(grep -n packts "$work/bad" | cut -d: -f1)
refused "an unknown field, by line, with the nearest" 2 "bad:$line: .*there is no field packts; did you mean packets" \
	edge-load map restore "$chain" "$work/bad"
sed 's/^\[f.flows\]/[f\/flow]/' "$work/saved" >"$work/bad"
refused "an unknown map" 4 'bad:[0-9]+: .*no map flow' edge-load map restore "$chain" "$work/bad"
sed 's/^0 \[.*/0 [1,2/' "$work/saved" >"$work/bad"
refused "half a list" 2 "bad:[0-9]+: .*not a list of every CPU's value" edge-load map restore "$chain" "$work/bad"
refused "no file" 4 'nowhere' edge-load map restore "$chain" "$work/nowhere"
is "nothing was changed by any of them" "$(dumps)" "$before"

# ---------------------------------------------------------------- into the next version

ok "over to the next version" edge-load attach edge0 --start-empty all "f=$second" "b=blocklist"
refused "a field that it lacks" 2 'there is no field legacy' edge-load map restore "$chain" "$work/saved"
sed -E 's/legacy=[0-9]+,//' "$work/saved" >"$work/edited"
ok "which an editor takes out" edge-load map restore "$chain" "$work/edited"
is "the rest is there by name, the new field is zero" "$(edge-load map get "$chain/f/flows" 11)" \
	"{state=CLOSED,port=443,packets=5,drops=0}"
is "and so is a variable" "$(entry "$chain/f/bss" 0 .seen)" 100
finish

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# A rollback over a change of types or sizes, under traffic: the state comes back with it, converted, and no packet, no
# entry and no count is lost. A table that was replaced since is the old one again. Nothing that a map holds refuses it.
# run: alone
. "$(dirname "$0")/lib.sh"

first=$(function_object flows1)
second=$(function_object flows2)
third=$(function_object flows3)
flows=edge0/xdp/f/flows

back() { edge-load rollback edge0 "$1" -j | jq -r ".maps[] | select(.map == \"$2\") | \"\(.change) \(.entries)\""; }

# ---------------------------------------------------------------- under traffic

ok "the first" edge-load attach edge0 "f=$first" b=blocklist
for i in {10..49}; do echo "$i packets=$((i * 80000000)),state=OPEN,port=$i"; done >"$work/entries"
ok "with 40 entries" edge-load map load "$flows" "$work/entries"
ok "the second" edge-load attach edge0 "f=$second" b=blocklist
ok "the third, with more room" edge-load map resize "$flows" 500
stream_start
rolled=0
for generation in 1 2 1 3 1 2 3 2 3 1; do
	edge-load rollback edge0 "$generation" >/dev/null && rolled=$((rolled + 1))
done
stream_end
is "10 rollbacks" "$rolled" 10
ok "there was traffic all the while ($sent packets)" [ "$sent" -gt 100 ]
all_arrived "every packet arrived once, in order"
is "the table counted each packet" "$(entry "$flows" 0 .packets)" "$sent"
is "so did a per-CPU table" "$(entry edge0/xdp/f/totals 0)" "$sent"
is "so did a variable" "$(entry edge0/xdp/f/bss 0 .seen)" "$sent"
is "no entry was lost or changed" "$(edge-load map dump "$flows" | grep -v '^0 ' | sort -n)" \
	"$(sed -E 's/([0-9]+) (packets=[0-9]+),(.*)/\1 {\2,legacy=0,\3}/' "$work/entries")"

# ---------------------------------------------------------------- a swap that is taken back

# The chains of two devices change together, and the second one's link refuses: by strace, in the call that changes it.
manifest() {
	printf 'version: 1\nchains:\n'
	printf '  - {device: edge0, instances: ["f=%s", b=blocklist]}\n' "$1"
	printf '  - {device: edge1, instances: ["count:source=%s"]}\n' "$2"
}
manifest "$first" false >"$work/old.yaml"
manifest "$second" true >"$work/new.yaml"
ok "two chains of a manifest" edge-load apply "$work/old.yaml"
# As many generations as are kept, so that each apply from here on makes the same calls.
for _ in 1 2 3; do
	edge-load apply -q "$work/new.yaml" && edge-load apply -q "$work/old.yaml"
done
on edge strace -qq -o "$work/trace" -e trace=bpf "$build/bin/edge-load" apply "$work/new.yaml" >/dev/null
update=$(grep ^bpf "$work/trace" | grep -n BPF_LINK_UPDATE | tail -n 1 | cut -d: -f1)
is "which takes two changes of links" "$(grep -c BPF_LINK_UPDATE "$work/trace")" 2
ok "and back" edge-load apply "$work/old.yaml"
before=$(entry "$flows" 0 .packets)
stream_start
taken=0
for _ in 1 2 3; do
	on edge strace -qq -o /dev/null -e trace=bpf -e "inject=bpf:error=ENOMEM:when=$update" "$build/bin/edge-load" apply "$work/new.yaml" \
		>/dev/null 2>>"$work/errors" || taken=$((taken + 1))
done
stream_end
is "three applies were taken back" "$taken" 3
is "by their links" "$(grep -c "^edge-load: .*Cannot allocate memory" "$work/errors")" 3
is "the old chain runs" "$(status edge0 xdp '.instances[0].function')" "$first"
all_arrived "every packet arrived once, in order"
is "and was counted" "$(($(entry "$flows" 0 .packets) - before))" "$sent"
ok "detach one" edge-load detach edge1
ok "the first" edge-load attach edge0 --keep 9 "f=$first" b=blocklist
old=$(status edge0 xdp .generation)
ok "the second" edge-load attach edge0 "f=$second" b=blocklist
ok "the third, with more room" edge-load map resize "$flows" 500
ok "back to the first" edge-load rollback edge0 "$old"

# ---------------------------------------------------------------- what has changed since

is "forth, with all 41" "$(back $((old + 2)) flows)" "converted 41"
ok "an entry is deleted" edge-load map del "$flows" 10
ok "one is added" edge-load map set "$flows" 300 packets=1,state=OPEN,port=1
is "to the same types and less room" "$(back $((old + 1)) flows)" "resized 41"
is "the deleted one is not back" "$(edge-load map dump "$flows" | grep -c '^10 ')" 0
is "the new one is there" "$(entry "$flows" 300 .state)" OPEN

# ---------------------------------------------------------------- what does not fit is no obstacle

ok "a count that the first's type can't hold" edge-load map set "$flows" 77 packets=4294967296,state=OPEN,port=443
for i in {400..450}; do echo "$i packets=1,state=OPEN,port=1"; done >"$work/more"
ok "more entries than it had room for" edge-load map load "$flows" "$work/more"
edge-load rollback edge0 "$old" >"$work/out" 2>"$work/err"
is "roll back all the same" $? 0
like "with a word on what had no room" "$(<"$work/err")" 'warning: map f/flows: 29 of 93 entries do not fit'
is "the table is full" "$(edge-load map dump "$flows" | wc -l)" 64
is "one entry became what comes nearest, or had no place" \
	"$(edge-load map dump "$flows" | grep '^77 ' | grep -vc 'packets=4294967295,')" 0
ok "a table of another kind" edge-load attach edge0 --start-empty f/flows "f=$third" b=blocklist
ok "and back" edge-load rollback edge0 "$old"
is "the table is as it was left" "$(edge-load map dump "$flows" | wc -l)" 64

# ---------------------------------------------------------------- a table that was replaced

ok "a list" edge-load map set edge0/xdp/b/blocked 192.0.2.0/24
echo 198.51.100.0/24 >"$work/list"
ok "is replaced" edge-load map replace edge0/xdp/b/blocked "$work/list"
is "and blocks the client" "$(pings client 3 203.0.113.2)" 0
is "the way back" "$(back "$old" blocked)" "as it was left 0"
is "is the old list" "$(edge-load map dump edge0/xdp/b/blocked | cut -d' ' -f1)" 192.0.2.0/24
is "and the client is heard" "$(pings client 3 203.0.113.2)" 3
finish

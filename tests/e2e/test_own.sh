#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# Programs with programs and maps of their own (plain/own.bpf.c): tail calls through arrays that the source fills, and
# through one that 'map set' fills; programs of devmap and cpumap entries; inner maps; maps sized on the command line.
. "$(dirname "$0")/lib.sh"

tally=$(function_object tally)
cp "$here/plain/own.bpf.c" "$here/plain/sized.bpf.c" "$work/"
clang -O2 -g -target bpf "-I/usr/include/$(gcc -print-multiarch)" -c "$work/own.bpf.c" -o "$work/own.o" || exit 1

bss() { entry "edge0/$1/j/bss" 0 ".$2"; }
loaded() { bpftool prog show -j | jq --arg name "$1" 'map(select(.name == $name)) | length'; }
none_of() { [ "$(loaded "$1")" = 0 ]; }

# ---------------------------------------------------------------- tail calls, as the source has them
for form in own.bpf.c own.o; do
	object=$work/$form
	ok "$form: a chain that ends in a tail call" edge-load attach edge0 "a=$tally" "j=$object#first"
	is "$form: pings are answered" "$(pings client 10 203.0.113.2)" 10
	is "$form: the second program was reached" "$(bss xdp '"reached"')/$(bss xdp '"fell"')" 10/0
	is "$form: the function before it counted them" "$(of edge0 xdp a packets)/$(of edge0 xdp a verdict.next)" 10/10
	is "$form: and they are counted where they left" "$(of edge0 xdp j packets)/$(of edge0 xdp j bytes)" 10/980
	ok "$form: another parameter" edge-load param set edge0/xdp/j step=100
	pings client 10 203.0.113.2 >/dev/null
	is "$form: the program behind the tail call has it, too" "$(bss xdp '"reached"')" 1010
	ok "$form: back" edge-load rollback edge0
	pings client 10 203.0.113.2 >/dev/null
	is "$form: the generation before calls its own program" "$(bss xdp '"reached"')" 1020
	ok "$form: a slot that the source leaves empty" edge-load map set edge0/xdp/j/jumps 2 "prog:$object#third"
	pings client 10 203.0.113.2 >/dev/null
	is "$form: is reached from there" "$(bss xdp '"reached"')/$(bss xdp '"third_reached"')" 1030/10
	ok "$form: a swap" edge-load attach edge0 "a=$tally" "j=$object#first"
	pings client 10 203.0.113.2 >/dev/null
	is "$form: keeps what was set by hand" "$(bss xdp '"reached"')/$(bss xdp '"third_reached"')" 1040/20
	ok "$form: and it can be taken out" edge-load map del edge0/xdp/j/jumps 2
	pings client 10 203.0.113.2 >/dev/null
	is "$form: then the chain ends where it did" "$(bss xdp '"reached"')/$(bss xdp '"third_reached"')" 1050/20
	is "$form: no packet was lost to a count" "$(of edge0 xdp j packets)" 60
	refused "$form: nothing can stand behind it" 6 "must be the last of the chain" \
		edge-load attach edge0 "j=$object#first" "a=$tally"
	ok "$form: detach" edge-load detach edge0
	ok "$form: its programs go along" wait_for 10 none_of second
	ok "$form: at TC" edge-load attach edge0 --hook tc-ingress "a=$tally" "j=$object#tc_first"
	is "$form: at TC, pings are answered" "$(pings client 10 203.0.113.2)" 10
	is "$form: at TC, the second program was reached" "$(bss tc-ingress '"tc_reached"')/$(bss tc-ingress '"fell"')" 10/0
	is "$form: at TC, they are counted" "$(of edge0 tc-ingress a packets)/$(of edge0 tc-ingress j packets)" 10/10
	refused "$form: at TC, an XDP program does not go into an array" 2 'does not accept prog:.*#third into map edge0/tc-ingress/j/tc_jumps, a prog_array: it is a program of section xdp' \
		edge-load map set edge0/tc-ingress/j/tc_jumps 1 "prog:$object#third"
	ok "$form: at TC, detach" edge-load detach edge0 --hook tc-ingress
done

# A function of the SDK may leave so, too.
cat >"$work/leaver.bpf.c" <<'END'
#include <edge/edge.h>
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} next SEC(".maps");
EDGE_FUNCTION(leaver)
{
	bpf_tail_call(pkt->ctx, &next, 0);
	return edge_drop(pkt, "stayed");
}
END
refused "a function with a tail call must be the last of the chain" 6 "must be the last of the chain" \
	edge-load check "$work/leaver.bpf.c" "a=$tally"
ok "but last" edge-load attach edge0 "a=$tally" "$work/leaver.bpf.c"
is "what comes back from an empty slot is counted as before" \
	"$(pings client 5 203.0.113.2)/$(of edge0 xdp leaver verdict.drop)/$(of edge0 xdp leaver verdict.next)" 0/5/0
ok "a program of another object" edge-load map set edge0/xdp/leaver/next 0 "prog:$work/own.o#third"
is "takes them: counted as let go on" \
	"$(pings client 5 203.0.113.2)/$(of edge0 xdp leaver verdict.drop)/$(of edge0 xdp leaver verdict.next)" 5/5/5
ok "detach" edge-load detach edge0

# At TC, one packet may stand for many: it is counted as those where it comes back, too.
cat >"$work/returns.bpf.c" <<'END'
#include <edge/edge.h>
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 1);
	__type(key, __u32);
	__type(value, __u32);
} next SEC(".maps");
__u64 large;
EDGE_FUNCTION(returns)
{
	bpf_tail_call(pkt->ctx, &next, 0);
	if (edge_packets(pkt) > 1)
		edge_add(&large, 1);
	return EDGE_NEXT;
}
END
web server 9090
head -c 4000000 /dev/urandom >"$work/web-server/file"
ok "a packet that stands for many comes back" edge-load attach edge1 --hook tc-ingress "a=$tally" "$work/returns.bpf.c"
is "a file, in large segments" "$(on client curl -s http://203.0.113.2:9090/file | sha256sum)" "$(sha256sum <"$work/web-server/file")"
between "some of them" "$(entry edge1/tc-ingress/returns/bss 0 .large)" 1 100000
is "all is counted as before the tail call" "$(of edge1 tc-ingress returns packets)/$(of edge1 tc-ingress returns bytes)" \
	"$(of edge1 tc-ingress a packets)/$(of edge1 tc-ingress a bytes)"
ok "detach" edge-load detach edge1 --hook tc-ingress

# ---------------------------------------------------------------- programs set by hand
ok "an array that the source leaves empty" edge-load attach edge0 "j=$work/own.bpf.c#enter"
is "leads nowhere" "$(pings client 5 203.0.113.2)/$(bss xdp '"fell"')/$(bss xdp '"third_reached"')" 5/5/0
ok "until a program is set" edge-load map set edge0/xdp/j/next 3 "prog:$work/own.bpf.c#third"
is "which has the instance's variables" "$(pings client 5 203.0.113.2)/$(bss xdp '"fell"')/$(bss xdp '"third_reached"')" 5/5/5
is "the entry shows its number" "$(edge-load map dump edge0/xdp/j/next)" \
	"3 $(bpftool prog show name third -j | jq 'if type == "array" then .[-1].id else .id end')"
ok "a swap" edge-load param set edge0/xdp/j step=2
is "keeps it" "$(pings client 5 203.0.113.2)/$(bss xdp '"third_reached"')" 5/10
like "a program of another hook is refused" "$(edge-load map set edge0/xdp/j/next 0 "prog:$work/own.o#leaving" 2>&1)" \
	'does not accept prog:.*own.o#leaving into map edge0/xdp/j/next'
refused "nor is a TC program loaded for XDP" 2 'does not accept prog:.*own.o#tc_second into map edge0/xdp/j/next, a prog_array: it is a program of section tc' \
	edge-load map set edge0/xdp/j/next 0 "prog:$work/own.o#tc_second"
refused "a program that is not there" 4 'has no program "fourth"' edge-load map set edge0/xdp/j/next 0 "prog:$work/own.o#fourth"
refused "no program at all" 2 '2147483647 is not a program: no object has this number' edge-load map set edge0/xdp/j/next 0 2147483647
refused "nor is that one" 2 'x17 is not a program' edge-load map set edge0/xdp/j/next 0 x17
refused "a slot that is not there" 2 '9 is out of range' edge-load map set edge0/xdp/j/next 9 "prog:$work/own.o#third"
is "none of that changed an entry" "$(edge-load map dump edge0/xdp/j/next | cut -d' ' -f1)" 3
each=$(edge-load map get edge0/xdp/j/next 3)
ok "the number that get shows is taken by set" edge-load map set edge0/xdp/j/next 2 "$each"
is "for the same program" "$(edge-load map dump edge0/xdp/j/next | paste -sd' ')" "2 $each 3 $each"

# same_back MAP: what dump shows, in lines and in JSON, load and restore take, and the map is as it was.
same_back() {
	local file=$work/$form-$1 how

	edge-load map dump "edge0/xdp/j/$1" >"$file"
	edge-load map dump -j "edge0/xdp/j/$1" >"$file.json"
	for how in "load edge0/xdp/j/$1 $file" "load edge0/xdp/j/$1 $file.json" "restore edge0/xdp/j/$1 $file" \
		"replace edge0/xdp/j/$1 $file" "replace edge0/xdp/j/$1 $file.json"; do
		# shellcheck disable=SC2086
		ok "$form: what dump shows of $1 goes back: ${how%% *}" edge-load map $how
		is "$form: as it was" "$(edge-load map dump "edge0/xdp/j/$1")" "$(<"$file")"
	done
	sed -E 's/(fd|id)=[0-9]+/\1=2147483647/' "$file" >"$file.gone"
	refused "$form: a program that is gone is told of, with its line" 2 "gone:1: .*2147483647 is not a program: no object has this number" \
		edge-load map load "edge0/xdp/j/$1" "$file.gone"
}

for form in own.bpf.c own.o; do
	ok "$form: a devmap" edge-load attach edge0 "j=$work/$form#to_port"
	ok "$form: an entry with a program" edge-load map set edge0/xdp/j/ports 0 \
		"{ifindex=$(ip -n edge -o link show edge1 | cut -d: -f1),bpf_prog=prog:$work/$form#leaving}"
	pings client 5 203.0.113.2 >/dev/null
	is "$form: which runs where packets leave" "$(bss xdp '"left"')" 5
	same_back ports
	pings client 5 203.0.113.2 >/dev/null
	is "$form: and it is the same program" "$(bss xdp '"left"')" 10
	ok "$form: a cpumap" edge-load attach edge0 "j=$work/$form#to_cpu"
	ok "$form: an entry with a program" edge-load map set edge0/xdp/j/cpus 0 "{\"qsize\":192,\"bpf_prog\":\"prog:$work/$form#on_cpu\"}"
	is "$form: which runs on that CPU, and lets them pass" "$(pings client 5 203.0.113.2)/$(bss xdp '"on_cpus"')" 5/5
	same_back cpus
	refused "$form: a cpumap's program of another kind" 2 'does not accept prog:.*#leaving into map edge0/xdp/j/cpus, a cpumap: it is a program of section xdp/devmap' \
		edge-load map set edge0/xdp/j/cpus 0 "{qsize=192,bpf_prog=prog:$work/$form#leaving}"
	refused "$form: nor by its number" 2 'does not accept .* into map edge0/xdp/j/cpus, a cpumap' \
		edge-load map set edge0/xdp/j/cpus 0 "{qsize=192,bpf_prog={fd=$(status edge0 xdp .program.id)}}"
	is "$form: what runs there is the same program" "$(pings client 5 203.0.113.2)/$(bss xdp '"on_cpus"')" 5/10
	ok "$form: an outer map" edge-load attach edge0 "j=$work/$form#nested"
	ok "$form: another inner map" edge-load map set edge0/xdp/j/outer 1 map:edge0/xdp/j/other
	pings client 5 203.0.113.2 >/dev/null
	is "$form: is the one that packets see" "$(entry edge0/xdp/j/other 0)" 5
	each=$(edge-load map get edge0/xdp/j/outer 1)
	ok "$form: its number is taken, too" edge-load map set edge0/xdp/j/outer 0 "$each"
	is "$form: for the same map" "$(edge-load map get edge0/xdp/j/outer 0)" "$each"
	refused "$form: a map of another size is not" 2 'does not accept map:edge0/xdp/j/bss' \
		edge-load map set edge0/xdp/j/outer 1 map:edge0/xdp/j/bss
	ok "$form: detach" edge-load detach edge0
	ok "$form: its programs go along" wait_for 10 none_of on_cpu
done

# ---------------------------------------------------------------- keys and values of their types
# The kernel takes maps of these kinds without BTF.
cat >"$work/typed.bpf.c" <<'END'
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct inner {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u64);
};
struct inner one SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_HASH_OF_MAPS);
	__uint(max_entries, 4);
	__type(key, __u32);
	__array(values, struct inner);
} outer SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_DEVMAP_HASH);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, struct bpf_devmap_val);
} ports SEC(".maps");
SEC("xdp") int typed(struct xdp_md *ctx)
{
	__u32 key = 7, none = 0;
	void *inner = bpf_map_lookup_elem(&outer, &key);

	if (inner && bpf_map_lookup_elem(inner, &none))
		return XDP_DROP;
	bpf_map_lookup_elem(&one, &none);
	return bpf_redirect_map(&ports, 4242, XDP_PASS);
}
char LICENSE[] SEC("license") = "GPL";
END
typed() { printf 'version: 1\nchains:\n- {device: edge0, instances: [{function: ./typed.bpf.c, maps: {ports: {entries: %s}}}]}\n' "$1" >"$work/typed.yaml"; }
typed '{1001: "{ifindex=1}"}'
ok "a devmap's entries in a manifest" edge-load apply "$work/typed.yaml"
is "are there" "$(edge-load map dump edge0/xdp/typed/ports)" "1001 {ifindex=1,bpf_prog={fd=0}}"
ok "then there is nothing to do" edge-load plan "$work/typed.yaml"
typed '{1001: "{ifindex=1}", 1002: "{ifindex=1}"}'
like "one more is seen" "$(edge-load plan "$work/typed.yaml")" 'map ports -> 1 entries added, 0 removed, 0 changed'
ok "a hash of maps has keys of its type" edge-load map set edge0/xdp/typed/outer 7 map:edge0/xdp/typed/one
is "and shows them so" "$(edge-load map dump edge0/xdp/typed/outer | cut -d' ' -f1)" 7
ok "its packets find the inner map" edge-load map set edge0/xdp/typed/one 0 1
is "and are dropped" "$(pings client 2 203.0.113.2)" 0
ok "detach" edge-load detach edge0

# ---------------------------------------------------------------- variables in common
# limits drops what comes after the sixth packet that notes has seen: they are two programs of one object.
seen() { entry "edge0/$1/bss" 0 .seen; }
ok "two programs of one object" edge-load attach edge0 "l=$work/own.bpf.c#limits" "a=$tally" "n=$work/own.bpf.c#notes"
is "act on one state" "$(pings client 10 203.0.113.2)" 6
is "which is in both's maps" "$(seen xdp/l)/$(seen xdp/n)" 6/6
is "the same one" "$(bpftool map show pinned /sys/fs/bpf/edge/edge0/xdp/l/bss -j | jq .id)" \
	"$(bpftool map show pinned /sys/fs/bpf/edge/edge0/xdp/n/bss -j | jq .id)"
refused "they are not emptied, but set" 2 "map set PATH 0 '\{NAME=VALUE\}'" edge-load map flush edge0/xdp/l/bss
ok "by either path" edge-load map set edge0/xdp/l/bss 0 '{seen=3}'
is "it is changed for both" "$(pings client 10 203.0.113.2)/$(seen xdp/n)" 3/6
ok "in another order, under other names" edge-load attach edge0 "n=$work/own.bpf.c#notes" "x=$work/own.bpf.c#limits"
is "it is kept" "$(pings client 2 203.0.113.2)/$(seen xdp/n)/$(seen xdp/x)" 0/8/8
ok "one of them alone" edge-load attach edge0 "n=$work/own.bpf.c#notes"
is "goes on with it" "$(pings client 2 203.0.113.2)/$(seen xdp/n)" 2/10
ok "back" edge-load rollback edge0
is "both have it again" "$(pings client 2 203.0.113.2)/$(seen xdp/n)/$(seen xdp/x)" 0/12/12
ok "a program that is there twice" edge-load attach edge0 "n=$work/own.bpf.c#notes" "m=$work/own.bpf.c#notes" "x=$work/own.bpf.c#limits"
pings client 2 203.0.113.2 >/dev/null
is "has variables of its own the second time" "$(seen xdp/n)/$(seen xdp/m)/$(seen xdp/x)" 14/2/14
refused "two sizes for one map" 2 'map next of instance x is the same map as that of instance n' \
	edge-load attach edge0 "n=$work/own.bpf.c#notes:next.size=8" "x=$work/own.bpf.c#limits:next.size=16"
ok "detach" edge-load detach edge0
ok "unmodified, too" edge-load attach edge0 --hook tc-ingress "n=$work/own.o#tc_notes" "l=$work/own.o#tc_limits"
is "two links of one state" "$(pings client 10 203.0.113.2)/$(seen tc-ingress/n)/$(seen tc-ingress/l)" 5/10/10
ok "detach" edge-load detach edge0 --hook tc-ingress
both() { printf 'version: 1\nchains:\n- {device: edge0, instances: ["./own.bpf.c#notes"]}\n- {device: edge0, hook: tc-ingress, instances: %s}\n' "$1" >"$work/edge.yaml"; }
both '["./own.bpf.c#tc_limits"]'
ok "at two hooks, by a manifest" edge-load apply "$work/edge.yaml"
is "they have one state" "$(pings client 10 203.0.113.2)/$(seen xdp/notes)/$(seen tc-ingress/tc_limits)" 5/10/10
ok "plan agrees" edge-load plan "$work/edge.yaml"
both '["./own.bpf.c#tc_limits:step=2", count]'
ok "one of them changes" edge-load apply "$work/edge.yaml"
is "they still have" "$(pings client 2 203.0.113.2)/$(seen xdp/notes)/$(seen tc-ingress/tc_limits)" 0/12/12
both '[{function: "./own.bpf.c#tc_limits", maps: {bss: {entries: {0: "{seen=4}"}}}}]'
ok "a manifest that says otherwise" edge-load apply "$work/edge.yaml"
is "is followed" "$(pings client 3 203.0.113.2)/$(seen xdp/notes)/$(seen tc-ingress/tc_limits)" 3/15/4
ok "detach" edge-load detach --all
edge-load status >/dev/null

# ---------------------------------------------------------------- sizes
refused "a map without a size" 2 'map slots has no size' edge-load attach edge0 "$work/sized.bpf.c"
refused "a size for no map" 2 'has no map slot' edge-load attach edge0 "$work/sized.bpf.c:slot.size=8"
ok "is given one" edge-load attach edge0 "$work/sized.bpf.c:slots.size=8,slot=7"
pings client 5 203.0.113.2 >/dev/null
is "and has it" "$(entry edge0/xdp/sized/slots 7)/$(edge-load map list edge0 -j | jq '.[] | select(.path | endswith("slots")).max_entries')" 5/8
ok "another parameter" edge-load param set edge0/xdp/sized slot=5
pings client 5 203.0.113.2 >/dev/null
is "leaves it at that" "$(entry edge0/xdp/sized/slots 7)/$(entry edge0/xdp/sized/slots 5)" 5/5
printf 'version: 1\nchains: [{device: edge0, instances: ["./sized.bpf.c:slot=9,slots.size=16"]}]\n' >"$work/edge.yaml"
ok "a manifest's short form" edge-load apply "$work/edge.yaml"
pings client 5 203.0.113.2 >/dev/null
is "takes one, too" "$(entry edge0/xdp/sized/slots 7)/$(entry edge0/xdp/sized/slots 9)" 5/5
ok "and plan agrees" edge-load plan "$work/edge.yaml"
ok "detach" edge-load detach edge0

# A program that is set by hand has the instance's maps, of the instance's sizes and flags.
cat >"$work/deeper.bpf.c" <<'END'
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct {
	__uint(type, BPF_MAP_TYPE_PROG_ARRAY);
	__uint(max_entries, 2);
	__type(key, __u32);
	__type(value, __u32);
} next SEC(".maps");
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 4);
	__type(key, __u32);
	__type(value, __u64);
} counts SEC(".maps");
static __always_inline void count(__u32 key)
{
	__u64 *value = bpf_map_lookup_elem(&counts, &key);

	if (value)
		__sync_fetch_and_add(value, 1);
}
SEC("xdp") int enter(struct xdp_md *ctx)
{
	count(0);
	bpf_tail_call(ctx, &next, 1);
	return XDP_PASS;
}
SEC("xdp") int deeper(struct xdp_md *ctx)
{
	count(SLOT);
	return XDP_PASS;
}
char LICENSE[] SEC("license") = "GPL";
END
deeper() { printf '{name: %s, function: "./deeper.bpf.c#%s", cflags: -DSLOT=6%s}' "$@"; }
chain() { printf 'version: 1\nchains: [{device: edge0, instances: [%s]}]\n' "$1" >"$work/edge.yaml"; }
chain "$(deeper j enter ', maps: {counts: {size: 8}}')"
ok "a map of 8 entries, not 4" edge-load apply "$work/edge.yaml"
ok "a program that is set by hand" edge-load map set edge0/xdp/j/next 1 "prog:$work/deeper.bpf.c#deeper"
pings client 5 203.0.113.2 >/dev/null
is "has that map" "$(entry edge0/xdp/j/counts 0)/$(entry edge0/xdp/j/counts 6)" 5/5
# Its map is not taken away from under it.
refused "that map is not resized" 5 'map j/counts can.t be created again: the program in entry 1 of map j/next' edge-load map resize edge0/xdp/j/counts 16
printf '0 9\n' >"$work/counts"
refused "nor replaced" 5 'map j/counts can.t be created again: the program in entry 1 of map j/next' edge-load map replace edge0/xdp/j/counts "$work/counts"
pings client 5 203.0.113.2 >/dev/null
is "packets are counted where the map is read" "$(entry edge0/xdp/j/counts 0)/$(entry edge0/xdp/j/counts 6)" 10/10
sed 's/type(value, __u64)/type(value, __u32)/; s/__u64 \*value/__u32 *value/; s/SLOT/6/' "$work/deeper.bpf.c" >"$work/narrow.bpf.c"
like "new code that converts it is taken, with a warning" \
	"$(edge-load attach edge0 "j=$work/narrow.bpf.c#enter:counts.size=8" 2>&1 >/dev/null)" \
	'the program in entry 1 of map j/next, which was set by hand, still uses the map j/counts'
ok "set again" edge-load map set edge0/xdp/j/next 1 "prog:$work/narrow.bpf.c#deeper"
like "so does the way back" "$(edge-load rollback edge0 2>&1 >/dev/null)" 'entry 1 of map j/next.*still uses the map j/counts'
ok "set again for that one" edge-load map del edge0/xdp/j/next 1
ok "without it, the map is resized" edge-load map resize edge0/xdp/j/counts 16
ok "and replaced" edge-load map replace edge0/xdp/j/counts "$work/counts"
ok "the program has the new map" edge-load map set edge0/xdp/j/next 1 "prog:$work/deeper.bpf.c#deeper"
pings client 5 203.0.113.2 >/dev/null
is "which its packets are counted in" "$(entry edge0/xdp/j/counts 0)/$(entry edge0/xdp/j/counts 6)" 14/5
ok "detach" edge-load detach edge0
chain "$(deeper j enter ', maps: {counts: {size: 8}}')"
ok "from the beginning" edge-load apply "$work/edge.yaml"
ok "a program that is set by hand" edge-load map set edge0/xdp/j/next 1 "prog:$work/deeper.bpf.c#deeper"
pings client 10 203.0.113.2 >/dev/null
chain "$(deeper k deeper ', maps: {counts: {size: 8}}'), $(deeper j enter '')"
ok "a map that two instances have" edge-load apply "$work/edge.yaml"
ok "a program that is set for the second" edge-load map set edge0/xdp/j/next 1 "prog:$work/deeper.bpf.c#deeper"
pings client 5 203.0.113.2 >/dev/null
is "has it, too" "$(entry edge0/xdp/k/counts 0)/$(entry edge0/xdp/k/counts 6)" 15/20
ok "detach" edge-load detach edge0
is "nothing is pinned" "$(pins)" ""

# ---------------------------------------------------------------- frames in fragments

# All programs of a program array, a devmap or a cpumap agree on xdp.frags, as long as the map lasts. A chain takes frames
# in fragments if all of its instances do.
sed 's|SEC("xdp|SEC("xdp.frags|' "$here/plain/own.bpf.c" >"$work/frags.bpf.c"
clang -O2 -g -target bpf "-I/usr/include/$(gcc -print-multiarch)" -c "$work/frags.bpf.c" -o "$work/frags.o" || exit 1
cat >"$work/whole.bpf.c" <<'END'
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
SEC("xdp") int whole(struct xdp_md *ctx) { return XDP_PASS; }
char LICENSE[] SEC("license") = "GPL";
END
port=$(ip -n edge -o link show edge1 | cut -d: -f1)
for form in frags.bpf.c frags.o; do
	object=$work/$form
	ok "$form: with fragments" edge-load attach edge0 a=count "j=$object#enter"
	ok "$form: without, and an array that nobody set an entry of" edge-load attach edge0 "w=$work/whole.bpf.c" "j=$object#enter"
	ok "$form: a program" edge-load map set edge0/xdp/j/next 3 "prog:$object#third"
	is "$form: is reached" "$(pings client 5 203.0.113.2)/$(bss xdp '"third_reached"')" 5/5
	refused "$form: with fragments again, check tells of the entry" 5 \
		'map j/next must be created again, because the chain accepts frames in fragments .*in its entry 3' \
		edge-load check --device edge0 a=count "j=$object#enter"
	before=$(ids edge0 xdp)
	refused "$form: as attach does" 5 'nothing was changed; delete the entry, .*: edge-load map del edge0/xdp/j/next 3; .*--start-empty j/next' \
		edge-load attach edge0 a=count "j=$object#enter"
	is "$form: nothing was changed" "$(ids edge0 xdp)" "$before"
	like "$form: the way back says that it has not that entry" "$(edge-load rollback edge0 2>&1 >/dev/null)" \
		'entry 3 of map j/next is as generation 1 left it: its program was set for a later generation'
	is "$form: but its own" "$(edge-load map dump edge0/xdp/j/next)" ''
	ok "$form: a program there" edge-load map set edge0/xdp/j/next 3 "prog:$object#third"
	ok "$form: without fragments, and all entries given up" \
		edge-load attach edge0 "w=$work/whole.bpf.c" "j=$object#enter" --start-empty j/next
	is "$form: none is there" "$(edge-load map dump edge0/xdp/j/next)" ''
	ok "$form: one more" edge-load map resize edge0/xdp/j/next 5
	ok "$form: detach" edge-load detach edge0

	ok "$form: an array that the source fills" edge-load attach edge0 a=count "j=$object#first"
	ok "$form: with an entry that was set by hand" edge-load map set edge0/xdp/j/jumps 2 "prog:$object#third"
	like "$form: loses that, and says so" \
		"$(edge-load attach edge0 "w=$work/whole.bpf.c" "j=$object#first" 2>&1 >/dev/null)" \
		'entry 2 of the program array j/jumps, which was set by hand, is now empty: .*differs in xdp.frags; set the entry again'
	before=$(bss xdp '"reached"')
	is "$form: the source's own program is reached" "$(pings client 5 203.0.113.2)/$(($(bss xdp '"reached"') - before))" 5/5
	ok "$form: detach it" edge-load detach edge0

	ok "$form: a devmap" edge-load attach edge0 a=count "j=$object#to_port"
	ok "$form: a port" edge-load map set edge0/xdp/j/ports 0 "{ifindex=$port}"
	ok "$form: without fragments" edge-load attach edge0 "w=$work/whole.bpf.c" "j=$object#to_port"
	is "$form: keeps its ports" "$(edge-load map dump edge0/xdp/j/ports | grep -c "ifindex=$port")" 1
	ok "$form: another one, with a program" edge-load map set edge0/xdp/j/ports 2 "{ifindex: $port, bpf_prog: 'prog:$object#leaving'}"
	refused "$form: which holds up the way to fragments" 5 'map j/ports must be created again.*in its entry 2' \
		edge-load attach edge0 a=count "j=$object#to_port"
	ok "$form: without it" edge-load map del edge0/xdp/j/ports 2
	ok "$form: a third" edge-load map set edge0/xdp/j/ports 1 "{ifindex=$port}"
	ok "$form: to fragments" edge-load attach edge0 a=count "j=$object#to_port"
	is "$form: with both" "$(edge-load map dump edge0/xdp/j/ports | grep -c "ifindex=$port")" 2
	ok "$form: one less" edge-load map del edge0/xdp/j/ports 1
	ok "$form: back to no fragments" edge-load rollback edge0
	is "$form: which has as many" "$(edge-load map dump edge0/xdp/j/ports | grep -c "ifindex=$port")" 1
	ok "$form: no port any more" edge-load detach edge0

	ok "$form: a cpumap" edge-load attach edge0 a=count "j=$object#to_cpu"
	ok "$form: a CPU" edge-load map set edge0/xdp/j/cpus 0 "{qsize=64}"
	ok "$form: its chain without fragments" edge-load attach edge0 "w=$work/whole.bpf.c" "j=$object#to_cpu"
	is "$form: keeps it" "$(edge-load map dump edge0/xdp/j/cpus | grep -c qsize=64)" 1
	ok "$form: no CPU any more" edge-load detach edge0
done
is "no pin is left" "$(pins)" ""
finish

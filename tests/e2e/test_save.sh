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
edge-load -q detach edge0

# ---------------------------------------------------------------- read and written back

values=$work/values.o
clang -O2 -g -target bpf "-I/usr/include/$(gcc -print-multiarch)" -c "$here/plain/values.bpf.c" -o "$values"
ok "maps of every per-CPU kind, caches, a union" edge-load attach edge0 "$values"
chain=edge0/xdp/values
each=$(seq -s, "$(nproc)")
ok "a number on each CPU" edge-load map set $chain/each_hash 1 "[$each]"
is "is what bpftool finds on each" \
	"$(bpftool -j map dump pinned /sys/fs/bpf/edge/$chain/each_hash | jq -r '.[].formatted.values | map(.value) | join(",")')" "$each"
is "is shown as a list" "$(edge-load map get $chain/each_hash 1)" "[$each]"
ok "a list" edge-load map set $chain/each 1 "[$each]"
ok "one value for all" edge-load map set $chain/each_cache 300 "{name=all,bytes=[1,2,3,4],on=true}"
ok "a count" edge-load map set $chain/counts 4 9
ok "a struct as key and as value" edge-load map set $chain/peers 'name=a,number=67305985' '{name="\x01\xff\"]",number=5}'
of_kernel() {
	for map in each each_hash each_cache counts peers; do
		bpftool -j map dump pinned /sys/fs/bpf/edge/$chain/$map | jq -cS 'map(del(.formatted)) | sort'
	done
}
held=$(of_kernel)
for map in each each_hash each_cache counts peers; do
	edge-load map dump $chain/$map >"$work/$map.text"
	edge-load map dump -j $chain/$map >"$work/$map.json"
	jq . "$work/$map.json" >"$work/$map.jq"
	read -r key value <"$work/$map.text"
	for form in text json jq; do
		ok "$map: load what was dumped, $form" edge-load map load $chain/$map "$work/$map.$form"
	done
	ok "$map: restore it" edge-load map restore $chain/$map "$work/$map.json"
	ok "$map: set what is got" edge-load map set $chain/$map "$key" "$value"
	ok "$map: in JSON" edge-load map set $chain/$map "$key" "$(edge-load map get -j $chain/$map "$key")"
done
is "nothing has changed" "$(of_kernel)" "$held"
ok "save all" edge-load map save $chain "$work/values"
ok "restore" edge-load map restore $chain "$work/values"
is "and nothing has changed" "$(of_kernel)" "$held"
for name in data_hot data.hot .data.hot; do
	is "dump $name" "$(edge-load map dump $chain/$name)" "0 {seen=7}"
done
ok "set it" edge-load map set $chain/data.hot 0 '{seen=8}'
ok "save it" edge-load map save $chain/data.hot "$work/hot"
ok "restore it" edge-load map restore $chain/data.hot "$work/hot"
is "get it" "$(edge-load map get $chain/.data.hot 0)" "{seen=8}"
refused "no such section" 4 'has no map data.cold.*' edge-load map dump $chain/data.cold

# ---------------------------------------------------------------- where it goes
mknod full c 1 7
mknod null c 1 3
refused "a full device" 1 "can't write full: No space left" edge-load map save $chain full
ok "a device" edge-load map save $chain null
is "is one afterwards" "$(stat -c %F full null | uniq)" "character special file"
: >saved && ln -s saved link
ok "a symbolic link" edge-load map save $chain link
is "is one afterwards" "$(stat -c %F link)" "symbolic link"
ok "and leads to what was saved" grep -q '^# the maps of' saved
edge-load map save $chain - >full 2>err
is "standard output on a full disk" "$? $(wc -l <err)" "1 1"
edge-load map dump $chain/cache -j >full 2>err
is "a dump, too" "$? $(grep -c 'No space left' err)" "1 1"

# ---------------------------------------------------------------- what can't be read whole

# AddressSanitizer needs more addresses than this: the program without it is tried.
short() { (ulimit -v 400000 && build=${build%-san} edge-load "$@"); }
for verb in "load $chain/cache" "restore $chain/cache"; do
	# shellcheck disable=SC2086
	refused "map ${verb%% *}: a folder" 1 "can't read /: Is a directory" edge-load map $verb /
	echo '1 1' >endless && truncate -s 600M endless
	# shellcheck disable=SC2086
	refused "a line that memory has no room for" 1 "can't read endless: Cannot allocate memory" short map $verb endless
done

# ---------------------------------------------------------------- who is ended in between

mkdir kept && echo before >kept/state
for each in write fsync fchmod linkat; do
	on edge strace -o /dev/null -e "trace=$each" -e "inject=$each:error=EIO:signal=SIGTERM:when=1" \
		"$build/bin/edge-load" -q map save $chain kept/state >err 2>&1
	is "ended at $each: nothing is left beside the file" "$? $(ls -A kept) $(cat kept/state)" "143 state before"
done
is "and without a signal it is saved" "$(edge-load -q map save $chain kept/state 2>&1; ls -A kept)" state

# ---------------------------------------------------------------- a cache forgets

for map in cache lists; do
	# As packets on all CPUs would: each CPU then keeps free places for itself.
	for i in $(seq 40); do taskset -c $((i % $(nproc))) "$build/bin/edge-load" map set $chain/$map $((5000 + i)) 1; done
	edge-load -q map flush $chain/$map
	seq 1024 | sed 's/$/ 7/' >"$work/entries"
	said=$(edge-load map load $chain/$map "$work/entries" 2>"$work/warned")
	held=$(edge-load map dump $chain/$map | wc -l)
	is "$map: what is loaded is what it holds" "$said" "$held entries loaded"
	[ "$held" = 1024 ] || like "$map: and what it has forgotten is said" "$(cat "$work/warned")" \
		"holds $held of the 1024 entries of .*: an LRU map evicts entries before it is full"
done
said=$(edge-load map resize $chain/lists 1026 2>&1)
after=$(edge-load map dump $chain/lists | wc -l)
like "so it is in a resize" "$said" "map values/lists: resized, $after entries"
# ---------------------------------------------------------------- what has no text
ok "a chain whose maps hold programs, devices and maps, too" edge-load attach edge1 "j=$here/plain/own.bpf.c#first"
is "those that are saved are counted" "$(edge-load map save edge1/xdp "$work/own")" "$(grep -c '^\[' "$work/own") maps saved"
is "the others are named" "$(grep -c 'is not saved$' "$work/own")" 4
refused "one alone is refused" 2 'j/jumps is a prog_array, whose values can.t be written as text' edge-load map save edge1/xdp/j/jumps "$work/own"
ok "and the file is what it was" edge-load map restore edge1/xdp "$work/own"
ok "detach" edge-load detach edge1

finish

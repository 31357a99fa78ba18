#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The forms of a value: text, JSON as -j prints it, and YAML's flow form. Each form that edge-load prints is set again, at
# each place that accepts a value, and gives the same bytes.
. "$(dirname "$0")/lib.sh"

forms=$(function_object forms)
chain=edge0/xdp/forms

# The entries of all maps as the kernel has them.
held() {
	for map in by_place by_name each; do
		bpftool -j map dump pinned "/sys/fs/bpf/edge/$chain/$map" | jq -cS 'map(del(.formatted)) | sort'
	done
}
params() { edge-load status edge0 -j | jq -r '.[].instances[0].params'; }
flush() { for map in by_place by_name each; do edge-load -q map flush $chain/$map; done; }

server='{ip=2001:db8::1,port=443,name="a,b}\"",on=true}'
every="{u8=255,s8=-128,u16=65535,s32=-2147483648,u64=18446744073709551615,s64=-9223372036854775808,on=true,color=BLUE,"
every+="name=\"x]='\\\\\",ip4=192.0.2.1,ip=192.0.2.7,prefix=10.0.0.0/8,mac=02:00:00:00:00:01,port=8080,low=5,high=1048575,"
every+="below=-256,word={number=16909060},servers=[$server,{name=\"\\xff\\x00\\x01\"}],matrix=[[1,2,3],[4,5,6]]}"
all=$every name="\"it's, {\\\"=}\"" least=-9223372036854775807 mac=02:00:00:00:ab:cd

ok "attach with parameters of every form" edge-load attach edge0 "$forms:all=$all,name=$name,least=$least,mac=$mac"
want=$(params)
like "they are shown" "$want" '^all=\{u8=255,.*u64=18446744073709551615.*,name="it.s, \{\\"=\}",least=-9223372036854775807,mac=02:'
ok "a value of every form" edge-load map set $chain/by_place '{key=1,mac=02:00:00:00:00:02,value="a b"}' "$every"
ok "a second one" edge-load map set $chain/by_place '{key=2,value=null}' 'u8=1,color=7,on=false'
ok "a text as key" edge-load map set $chain/by_name '"a {[,"' 18446744073709551615
ok "an apostrophe in it" edge-load map set $chain/by_name "it's" 7
ok "bytes that are no text" edge-load map set $chain/by_name '"\xff\x00\x01"' 8
ok "a value of each CPU" edge-load map set $chain/each 02:00:00:00:00:03 "$server"
held=$(held)

# ---------------------------------------------------------------- maps

for map in by_place by_name each; do
	edge-load map dump $chain/$map >"$work/$map.text"
	edge-load map dump -j $chain/$map >"$work/$map.json"
	jq . "$work/$map.json" >"$work/$map.jq"
	sed 's/"\(key\|value\|cpus\|[a-z][a-z0-9]*\)":/\1: /g' "$work/$map.json" >"$work/$map.yaml"
done
for form in text json yaml; do
	flush
	for map in by_place by_name each; do
		ok "$map: load what was dumped: $form" edge-load map load $chain/$map "$work/$map.$form"
	done
	is "$form: the same bytes" "$(held)" "$held"
done
# jq rounds numbers above 2^53.
jq 'map(.value |= if type == "object" and .u64 > 1 then .u64 = 1 | .s64 = 1 else . end)' "$work/by_place.json" >"$work/jq"
ok "jq's layout" edge-load map load $chain/by_place "$work/jq"
flush
while read -r entry; do
	key=$(jq -c .key <<<"$entry")
	case $key in '{'*) map=by_place ;; *:*) map=each ;; *) map=by_name ;; esac
	ok "$map: set an entry that get -j prints" edge-load map set $chain/$map "$key" "$entry"
	is "get it by its key in JSON" "$(edge-load map get -j $chain/$map "$key")" "$entry"
done < <(cat "$work"/{by_place,by_name,each}.json | sed 's/^\[//; s/,$//; s/\]$//' | grep '^{')
is "the same bytes" "$(held)" "$held"
ok "delete by a key in JSON" edge-load map del $chain/by_place '{"key": 2, "value": "null"}'
ok "by a key in YAML" edge-load map del $chain/by_place "{key: 1, mac: 02:00:00:00:00:02, value: 'a b'}"
is "nothing is left" "$(edge-load map dump $chain/by_place)" ""
ok "a line whose key has a field key" edge-load map load $chain/by_place - <<<'{"key": 2, "value": "null"} {"u8":1,"color":7}'
ok "and in YAML" edge-load map load $chain/by_place - <<<"{key: 1, mac: 02:00:00:00:00:02, value: a b} $every"
is "the same bytes" "$(held)" "$held"
ok "save" edge-load map save $chain "$work/saved"
flush
ok "restore" edge-load map restore $chain "$work/saved"
is "the same bytes" "$(held)" "$held"

ok "an array as key and as value" edge-load map set $chain/by_pair '[1,2]' '[3,4]'
ok "save" edge-load map save $chain "$work/saved"
edge-load -q map flush $chain/by_pair
ok "restore" edge-load map restore $chain "$work/saved"
is "is no name of a section" "$(edge-load map dump $chain/by_pair)" '[1,2] [3,4]'

# ---------------------------------------------------------------- parameters

json=$(edge-load map get -j $chain/by_place '{key=1,mac=02:00:00:00:00:02,value="a b"}' | sed 's/.*,"value"://; s/}$//')
# shellcheck disable=SC2001
yaml=$(sed 's/"\([a-z][a-z0-9]*\)":/\1: /g' <<<"$json")
for value in "$json" "$yaml"; do
	ok "another value" edge-load param set $chain 'all={}' name=x least=1 mac=02:00:00:00:00:00
	ok "param set" edge-load param set $chain "all=$value" "name=$name" 'least="-9223372036854775807"' "mac=\"$mac\""
	is "the same parameters" "$(params)" "$want"
	ok "detach" edge-load detach edge0
	ok "attach" edge-load attach edge0 "$forms:all=$value,name=$name,least=$least,mac='$mac'"
	is "the same parameters" "$(params)" "$want"
done
ok "attach with what status prints" edge-load attach edge0 "$forms:$want"
is "the same parameters" "$(params)" "$want"

# ---------------------------------------------------------------- a manifest

# manifest PARAM ENTRIES: its chain with these texts.
manifest() {
	printf '%s\n' "version: 1" "chains:" "- device: edge0" "  hook: xdp" "  instances:" "  - function: $forms" \
		"    params:" "      all: $1" "      name: $name" "      least: $least" "      mac: \"$mac\"" \
		"    maps:" "      by_place:" "        entries: $2" "      each:" "        entries: $(tr -d '\n' <"$work/each.json")"
}
single=${json//\'/\'\'}
for value in "$json" "'$single'"; do
	ok "detach" edge-load detach edge0
	manifest "$value" "$(tr -d '\n' <"$work/by_place.json")" >edge.yaml
	ok "apply" edge-load apply edge.yaml
	is "the same parameters" "$(params)" "$want"
	ok "the third map" edge-load map load $chain/by_name "$work/by_name.json"
	is "the same bytes" "$(held)" "$held"
done

# ---------------------------------------------------------------- what is refused

refused "a field that is unknown" 2 'value of map by_place: there is no field u9; did you mean u8' \
	edge-load map set $chain/by_place '{"key": 2}' '{"u8": 1, "u9": 2}'
refused "null" 2 'field servers.0..name: there is no value' edge-load map set $chain/by_place 'key=2' '{"servers":[{"name":null}]}'
refused "a fraction" 2 'field u8: 1.0 is not a number' edge-load map set $chain/by_place 'key=2' '{"u8": 1.0}'
refused "a field twice" 2 'field u8 is given twice' edge-load map set $chain/by_place 'key=2' '{"u8": 1, u8: 1}'
refused "members that differ" 2 'share their bytes and differ' \
	edge-load map set $chain/by_place 'key=2' '{"word":{"number":1,"bytes":[2,0,0,0]}}'
refused "text behind" 2 'x" is unexpected, at character 11' edge-load map set $chain/by_place 'key=2' '{"u8": 1} x'
refused "no end" 2 '} is missing at the end, at character 9' edge-load map set $chain/by_place 'key=2' '{"u8": 1'
refused "in a parameter" 2 'parameter all of instance forms: .*u9' edge-load param set $chain 'all={"u9": 1}'
refused "in attach" 2 'there is no field u9' edge-load attach edge0 "$forms:all={\"u9\": 1}"
refused "a line" 2 'standard input:1: key of map by_place: field mac: x is not a MAC' \
	edge-load map load $chain/by_place - <<<'{"mac":"x"} {}'
is "nothing was changed" "$(held) $(params)" "$held $want"
finish

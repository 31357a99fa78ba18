#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# plan and apply: a manifest says what the machine shall have, and the machine has it; all of it, or what it had.
. "$(dirname "$0")/lib.sh"

# manifest TEXT: edge.yaml, in a folder of its own
mkdir -p "$work/etc"
manifest() { cat >"$work/etc/edge.yaml"; }
yaml=$work/etc/edge.yaml

# code COMMAND...: its exit status
code() {
	"$@" >"$work/said" 2>&1
	echo $?
}

# actions: "DEVICE/HOOK:ACTION ..." of a plan
actions() {
	edge-load plan "$yaml" -j | jq -r '.chains | map("\(.device)/\(.hook):\(.action)") | join(" ")'
}

generation() { status "$1" "$2" .generation; }

manifest <<-END
	version: 1
	chains:
	  - device: edge0
	    instances:
	      - count
	      - fw=blocklist:count_only=true
	      - name: mark
	        function: dscp
	        params: {dscp: 10}
	  - device: edge1
	    hook: tc-egress
	    keep: 3
	    instances: [count]
END
is "plan finds a difference" "$(code edge-load plan "$yaml")" 9
like "and says what it is" "$(<"$work/said")" 'edge0 xdp: to be attached, generation 1'
like "instance by instance" "$(<"$work/said")" '\+ fw=blocklist:count_only=true'
is "it changed nothing" "$(edge-load status -j | jq length)" 0
is "and left nothing" "$(pins)" ""
is "apply" "$(code edge-load apply "$yaml")" 0
like "says what it did" "$(<"$work/said")" 'edge1 tc-egress: attached'
is "both run" "$(edge-load status -j | jq length)" 2
is "as told" "$(status edge0 xdp '[.instances[] | "\(.name)=\(.function):\(.params)"] | join(" ")')" \
	"count=count: fw=blocklist:count_only=true mark=dscp:dscp=10"
is "packets pass both" "$(pings client 10 203.0.113.2)/$(of edge1 tc-egress count packets)" 10/10
is "plan finds no difference" "$(code edge-load plan "$yaml")" 0
is "a second apply" "$(code edge-load apply "$yaml")" 0
like "does nothing" "$(<"$work/said")" 'nothing to do'
is "no new generation" "$(generation edge0 xdp)$(generation edge1 tc-egress)" 11

# ---------------------------------------------------------------- changes
manifest <<-END
	version: 1
	chains:
	  - device: edge0
	    instances:
	      - name: mark
	        function: dscp
	        params: {dscp: 12}
	      - count
	      - after=count
	  - device: edge1
	    hook: tc-egress
	    keep: 3
	    instances: [count]
END
is "a parameter, an order, one more, one less: a difference" "$(code edge-load plan "$yaml")" 9
like "the parameter" "$(<"$work/said")" '~ mark: parameters dscp=10 -> dscp=12'
like "the order" "$(<"$work/said")" '~ (mark: from position 3 to 1|count: from position 1 to 2)'
like "one more" "$(<"$work/said")" '\+ after=count'
like "one less" "$(<"$work/said")" '- fw=blocklist:count_only=true'
is "the other chain stays" "$(actions)" "edge0/xdp:swap edge1/tc-egress:nothing"
is "apply under traffic" "$(
	on client ping -n -q -i 0.002 -c 1000 203.0.113.2 >"$work/pings" &
	code edge-load apply "$yaml"
	wait
)" 0
like "no packet is lost" "$(<"$work/pings")" '1000 packets transmitted, 1000 received'
is "one more generation, of that chain alone" "$(generation edge0 xdp)$(generation edge1 tc-egress)" 21
between "its counters went on" "$(of edge0 xdp count packets)" 1010 1010

# ---------------------------------------------------------------- drift
ok "somebody sets a parameter" edge-load param set edge0/xdp/mark dscp=20
is "plan sees it" "$(code edge-load plan "$yaml")" 9
like "which" "$(<"$work/said")" '~ mark: parameters dscp=20 -> dscp=12'
is "the chain changed since the plan" "$(code edge-load apply "$yaml" --if-generation 2)" 5
is "nothing happened" "$(generation edge0 xdp)" 3
is "apply puts it right" "$(code edge-load apply "$yaml")" 0
ok "somebody detaches a link" bpftool link detach id "$(status edge0 xdp .link_id)"
is "plan sees it" "$(code edge-load plan "$yaml")" 9
like "as drift" "$(<"$work/said")" 'drift detached -> runs'
is "apply puts it right" "$(code edge-load apply "$yaml")" 0
is "with its counters" "$(of edge0 xdp count packets)" 1010
is "rollback is a difference" "$(edge-load rollback edge0 >/dev/null && edge-load rollback edge0 2 >/dev/null && code edge-load plan "$yaml")" 0

# ---------------------------------------------------------------- all or nothing
before=$(edge-load status -j | jq -c 'map([.device, .hook, .generation, .program.id])')
pins_before=$(pins | sort)
cat >"$work/etc/wrong.bpf.c" <<-END
	#include <edge/edge.h>
	EDGE_FUNCTION(wrong)
	{
		return *(volatile __u32 *)pkt->end ? EDGE_NEXT : EDGE_PASS;
	}
END
manifest <<-END
	version: 1
	chains:
	  - device: edge0
	    instances: [count]
	  - device: edge1
	    hook: tc-egress
	    instances: [count, ./wrong.bpf.c]
END
is "a function that the verifier refuses" "$(code edge-load apply "$yaml")" 7
like "is named, with its place in the manifest" "$(<"$work/said")" 'edge.yaml:5:.*wrong'
is "the other chain is as it was" "$(edge-load status -j | jq -c 'map([.device, .hook, .generation, .program.id])')" "$before"
is "no pin more, no pin less" "$(pins | sort)" "$pins_before"
manifest <<-END
	version: 1
	chains:
	  - device: edge0
	    limits: {map_memory: 64M}
	    instances: [count, blocklist]
	  - device: edge1
	    hook: tc-egress
	    limits: {instructions: 100}
	    instances: [count, dscp]
END
is "a limit on instructions" "$(code edge-load apply "$yaml")" 1
like "says what it is and where" "$(<"$work/said")" 'edge.yaml:8:.*but the limit is 100'
manifest <<-END
	version: 1
	chains:
	  - device: edge0
	    limits: {map_memory: 1k}
	    instances: [count, blocklist]
END
is "a limit on memory" "$(code edge-load apply "$yaml")" 1
like "says what it is and where" "$(<"$work/said")" 'edge.yaml:4:.*the limit is 1024'
ip -n edge link add foreign type veth peer name foreign1
take_tx edge foreign # gives it a program of somebody's
manifest <<-END
	version: 1
	chains:
	  - device: edge0
	    instances: [dscp]
	  - device: foreign
	    instances: [count]
END
is "a foreign program on the last device: plan" "$(code edge-load plan "$yaml")" 5
like "names it" "$(<"$work/said")" 'edge.yaml:[0-9]+:[0-9]+: foreign has an XDP program that is not edge-load.s'
is "a foreign program on the last device" "$(code edge-load apply "$yaml")" 5
like "is named" "$(<"$work/said")" 'foreign has an XDP program that is not edge-load.s'
is "the first was taken back" "$(edge-load status -j | jq -c 'map(select(.state != "foreign") | [.device, .hook, .generation, .program.id])')" "$before"
is "no pin more, no pin less" "$(pins | sort)" "$pins_before"

# ---------------------------------------------------------------- maps
blocked=edge0/xdp/fw/blocked
keys() { edge-load map dump "$blocked" -j | jq -r '[.[].key] | sort | join(" ")'; }
with_maps() {
	{
		printf 'version: 1\nchains:\n  - device: edge0\n    instances:\n      - count\n'
		printf '      - name: fw\n        function: blocklist\n        maps:\n          blocked:\n'
		printf '            %s\n' "$@"
		printf '  - {device: edge1, hook: tc-egress, keep: 3, instances: [count]}\n'
	} | manifest
}
with_maps 'entries: [192.0.2.0/24, "2001:db8:bad::/48"]'
is "a map's entries" "$(code edge-load apply "$yaml")" 0
is "are there" "$(keys)" "192.0.2.0/24 2001:db8:bad::/48"
generation_before=$(generation edge0 xdp)
is "a second apply" "$(code edge-load apply "$yaml")" 0
is "does nothing" "$(generation edge0 xdp)" "$generation_before"
printf '192.0.2.0/24\n198.51.100.2\n' >"$work/etc/list"
with_maps 'file: list'
is "another content, from a file" "$(code edge-load plan "$yaml")" 9
like "is told" "$(<"$work/said")" '~ fw: map blocked -> 1 entries added, 1 removed, 0 changed'
is "apply" "$(code edge-load apply "$yaml")" 0
is "that is all there is" "$(keys)" "192.0.2.0/24 198.51.100.2/32"
is "and it works" "$(pings client 5 203.0.113.2)" 0
is "what packets counted is no difference" "$(code edge-load plan "$yaml")" 0
like "it is there" "$(edge-load map get "$blocked" 198.51.100.2)" 'packets=5\b'
with_maps 'file: list' 'size: 5000'
is "another size" "$(code edge-load plan "$yaml")" 9
like "is told" "$(<"$work/said")" '~ fw: map blocked: max_entries 1048576 -> 5000'
is "apply" "$(code edge-load apply "$yaml")" 0
like "keeps what packets counted" "$(edge-load map get "$blocked" 198.51.100.2)" 'packets=5\b'
is "somebody's entry" "$(edge-load map set "$blocked" 203.0.113.9 && code edge-load plan "$yaml")" 9
is "goes with the next apply" "$(code edge-load apply "$yaml" && keys)" $'0\n192.0.2.0/24 198.51.100.2/32'
printf '192.0.2.0/24\nnonsense\n' >"$work/etc/list"
is "a line that can't be read" "$(code edge-load apply "$yaml")" 2
like "is named, with the manifest's place" "$(<"$work/said")" 'edge.yaml:9:.*list:2'
is "nothing changed" "$(keys)" "192.0.2.0/24 198.51.100.2/32"
with_maps 'entries: {}'
is "an empty map" "$(code edge-load apply "$yaml")" 0
is "is empty" "$(keys)" ""
is "lets packets pass" "$(pings client 5 203.0.113.2)" 5
with_maps 'size: 5000'
is "nothing said of what is in it" "$(edge-load map set "$blocked" 192.0.2.7 && code edge-load plan "$yaml")" 0
manifest <<-END
	version: 1
	chains:
	  - {device: edge0, instances: [count]}
	  - {device: edge1, hook: tc-egress, keep: 3, instances: [count]}
END
is "without it" "$(code edge-load apply "$yaml")" 0

# ---------------------------------------------------------------- what goes, what stays, what comes
ip -n edge link del foreign
ok "a chain by hand" edge-load attach edge1 count
manifest <<-END
	version: 1
	chains:
	  - device: "edge[0-8]"
	    hook: tc-ingress
	    instances: [count]
	  - device: later0
	    instances: [count]
END
is "a glob, a device to come, one by hand, two of before" "$(actions)" \
	"device later0/xdp:wait edge0/xdp:detach edge0/tc-ingress:attach edge1/xdp:leave edge1/tc-ingress:attach edge1/tc-egress:detach"
is "apply" "$(code edge-load apply "$yaml")" 0
is "so it is" "$(edge-load status -j | jq -r 'map("\(.device)/\(.hook)") | sort | join(" ")')" \
	"edge0/tc-ingress edge1/tc-ingress edge1/xdp"
ip -n edge link add later0 type veth peer name later1
is "the device came" "$(code edge-load apply "$yaml")" 0
is "and has its chain" "$(status later0 xdp .state)" runs
manifest <<-END
	version: 1
	chains: []
END
is "an empty manifest" "$(code edge-load apply "$yaml")" 0
is "leaves what was attached by hand" "$(edge-load status -j | jq -r 'map("\(.device)/\(.hook)") | join(" ")')" "edge1/xdp"

# ---------------------------------------------------------------- one device's
runs() { edge-load status -j | jq -r 'map("\(.device)/\(.hook)") | join(" ")'; }
manifest <<-END
	version: 1
	chains:
	  - {device: "edge*", instances: [count]}
	  - {device: "edge*", hook: tc-egress, instances: [count]}
	  - {device: "later*", instances: [count]}
END
ok "only what the manifest has for one device" edge-load apply "$yaml" --device edge0
is "its chains, no other's" "$(runs)" "edge0/xdp edge0/tc-egress edge1/xdp"
is "again" "$(edge-load apply "$yaml" --device edge0)" \
	$'edge0 xdp: unchanged, generation 1\nedge0 tc-egress: unchanged, generation 1\nnothing to do'
is "plan, too" "$(edge-load plan "$yaml" --device later0 -j |
	jq -r '.chains | map("\(.device)/\(.hook):\(.action)") | join(" ")')" later0/xdp:attach
is "a device that it has nothing for" "$(edge-load apply "$yaml" --device lo)" "nothing to do"
refused "one that is not there" 4 'there is no device edge7' edge-load apply "$yaml" --device edge7
manifest <<-END
	version: 1
	chains:
	  - {device: edge0, instances: [count]}
END
ok "what it has no more" edge-load apply "$yaml" --device edge0
is "goes, from that device" "$(runs)" "edge0/xdp edge1/xdp"

# ---------------------------------------------------------------- compiler flags of one source
mkdir "$work/etc/include"
echo '#define STEP 2' >"$work/etc/include/step.h"
cat >"$work/etc/steps.bpf.c" <<-END
	#include <linux/bpf.h>
	#include <bpf/bpf_helpers.h>
	#include <step.h>
	__u64 steps;
	const volatile __u32 times = 1;
	SEC("xdp") int steps_of(struct xdp_md *ctx)
	{
		__sync_fetch_and_add(&steps, times * (STEP + MORE));
		return XDP_PASS;
	}
	char LICENSE[] SEC("license") = "GPL";
END
flags() { printf 'version: 1\nchains:\n- device: edge0\n  instances:\n  - {function: ./steps.bpf.c, cflags: %s}\n' "$1" | manifest; }
counted() { entry edge0/xdp/steps_of/bss 0 .steps; }
flags '-Iinclude -DMORE=1'
ok "a source with flags of its own" edge-load apply "$yaml" --device edge0
pings client 10 203.0.113.2 >/dev/null
is "it was compiled with them" "$(counted)" $((10 * (2 + 1)))
is "plan finds no difference" "$(code edge-load plan "$yaml" --device edge0)" 0
from_root() { (cd / && "$@"); }
ok "a parameter, set in another directory" from_root edge-load param set edge0/xdp/steps_of times=2
pings client 10 203.0.113.2 >/dev/null
is "keeps the flags" "$(counted)" $((30 + 2 * 10 * (2 + 1)))
flags '[-Iinclude, -DMORE=5]'
is "other flags are a difference" "$(edge-load plan "$yaml" --device edge0 | grep -c 'cflags .*-DMORE=1 -> .*-DMORE=5$')" 1
ok "apply" edge-load apply "$yaml" --device edge0
pings client 10 203.0.113.2 >/dev/null
is "they hold" "$(counted)" $((30 + 60 + 10 * (2 + 5)))
chmod go+w "$work/etc/include"
flags '[-Iinclude, -DMORE=6]'
refused "headers that others can write" 3 'users other than its owner can write .*/etc/include' edge-load apply "$yaml" --device edge0
chmod go-w "$work/etc/include"
printf 'version: 1\nchains: [{device: edge0, instances: [{function: count, cflags: -DX}]}]\n' | manifest
refused "a function that is compiled already" 2 'count.o is already compiled' edge-load apply "$yaml" --device edge0
is "that left the chain alone" "$(status edge0 xdp '.instances[0].name')" steps_of

# ---------------------------------------------------------------- all off
ok "one more" edge-load attach edge1 --hook tc-ingress count
is "all hooks of a device" "$(edge-load detach --all edge1)" $'edge1 xdp: detached\nedge1 tc-ingress: detached'
is "no other's" "$(runs)" edge0/xdp
is "all there is" "$(edge-load detach --all -j | jq -c .)" '[{"device":"edge0","hook":"xdp"}]'
is "then nothing" "$(edge-load detach --all)" ""
is "and no pin" "$(pins)" ""
refused "of all hooks, one" 2 'cannot be used together' edge-load detach --all --hook xdp
refused "all of a device that is not there" 4 'there is no device edge7' edge-load detach --all edge7
finish

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# A chain that can't be read holds up no other one: pins that somebody removed or replaced, a device that moved into
# another network namespace, devices that exchanged their names. It is listed with its state and the reason, and a
# detach takes it off. Where a system call fails, no command ends with success while the chain runs on.
. "$(dirname "$0")/lib.sh"

# device NAME [PEER]: a veth pair on the edge
device() { ip -n edge link add "$1" type veth peer name "${2:-peer-$1}"; }
# says VERB...: both outputs
says() { edge-load "$@" 2>&1; }
# exits STATUS VERB...: succeeds if edge-load ends with STATUS
exits() {
	local wanted=$1

	shift
	edge-load "$@"
	[ $? -eq "$wanted" ]
}
# kernel DEVICE HOOK: the number of the program that the kernel runs there, by netlink; 0: none
kernel() {
	case $2 in
	xdp) ip -n edge -j link show "$1" | jq '.[0].xdp.prog.id // 0' ;;
	tc-ingress) "$build/tests/e2e/tcx" list "$1" ingress ;;
	tc-egress) on edge tc -j filter show dev "$1" egress | jq '[.[].options | select(. != null) | .prog.id] | add // 0' ;;
	esac
}
# attach_at DEVICE HOOK INSTANCE...: at tc-egress by clsact, so that there is a chain without a link, too
attach_at() {
	local device=$1 hook=$2 mode=()

	shift 2
	[ "$hook" != tc-egress ] || mode=(--mode clsact)
	edge-load -q attach "$device" --hook "$hook" "${mode[@]}" "$@"
}
tcx_list() { on edge "$build/tests/e2e/tcx" list "$1" "$2"; }
# runs DEVICE HOOK: whether the kernel runs the program there that status tells of
runs() {
	local id

	id=$(status "$1" "$2" .program.id)
	case $2 in
	tc-ingress) tcx_list "$1" ingress | grep -qw "$id" ;;
	*) [ "$(kernel "$1" "$2")" = "$id" ] ;;
	esac
}
# nothing_at DEVICE HOOK: the kernel runs no program there
nothing_at() {
	case $2 in
	tc-ingress) [ -z "$(tcx_list "$1" ingress)" ] ;;
	*) [ "$(kernel "$1" "$2")" = 0 ] ;;
	esac
}

has_tcx=$(on edge "$build/tests/e2e/tcx" list edge0 ingress >/dev/null 2>&1 && echo yes)
hooks="xdp ${has_tcx:+tc-ingress} tc-egress"

# ---------------------------------------------------------------- pins that somebody removed or replaced
device dev0
device dev1
printf 'version: 1\nchains:\n  - {device: dev1, instances: [count, dscp]}\n' >"$work/one.yaml"
printf 'version: 1\nchains:\n  - {device: dev1, instances: [count]}\n' >"$work/other.yaml"
bpftool map create /sys/fs/bpf/foreign-map type array key 4 value 8 entries 1 name foreign
clang -O2 -g -target bpf "-I/usr/include/$(gcc -print-multiarch)" -c "$here/plain/protocols.bpf.c" -o "$work/protocols.o"
bpftool prog load "$work/protocols.o" /sys/fs/bpf/foreign-prog type xdp 2>/dev/null
manifest=one

# damaged HOOK TEXT REASON COMMAND...: a chain of two generations on dev0, and COMMAND, which does it harm; $pins is
# the folder of the generation that runs.
damaged() {
	local hook=$1 text="$1: $2" reason=$3 generation

	shift 3
	# shellcheck disable=SC2034 # for the command
	pins=/sys/fs/bpf/edge/dev0/$hook
	ok "$text: attach" eval 'attach_at dev0 "$hook" count && attach_at dev0 "$hook" count blocklist'
	eval "$*" || fail "$text: $*"
	ok "$text: status lists it, and says so by its exit status" exits 5 status
	is "$text: with its device, its hook and its state" \
		"$(edge-load status -j 2>/dev/null | jq -r '.[] | select(.device == "dev0" and .state != "foreign") | "\(.hook) \(.state)"')" "$hook unreadable"
	like "$text: and the reason" "$(edge-load status -j dev0 2>/dev/null | jq -r '.[0].reason')" "$reason"
	is "$text: none of it is called somebody else's" \
		"$(edge-load status -j dev0 2>/dev/null | jq '[.[] | select(.state == "foreign")] | length')" 0
	is "$text: stats has the other device's" \
		"$(edge-load stats -j 2>/dev/null | jq -r '.[] | select(.device == "dev1") | .instances[0].verdicts.next | type')" number
	ok "$text: plan finds what differs on the other" exits 9 plan "$work/$manifest.yaml"
	generation=$(status dev1 xdp .generation)
	ok "$text: apply does it" edge-load apply "$work/$manifest.yaml"
	is "$text: as the next generation" "$(status dev1 xdp .generation)" $((generation + 1))
	like "$text: the other's history" "$(edge-load history dev1)" "$((generation + 1)) +runs"
	like "$text: its own lists what can be read" "$(edge-load history dev0 --hook "$hook" -j 2>/dev/null | jq -c 'map(.state)')" '"kept".*"unreadable"'
	refused "$text: no swap, and what to do" 5 "detach" edge-load attach dev0 --hook "$hook" count
	ok "$text: detach takes it off" edge-load detach dev0 --hook "$hook"
	ok "$text: the kernel runs nothing there" nothing_at dev0 "$hook"
	is "$text: no pin is left" "$(find /sys/fs/bpf/edge/dev0 2>/dev/null)" ""
	ok "$text: the other runs" runs dev1 xdp
	manifest=$([ "$manifest" = one ] && echo other || echo one)
}

attach_at dev1 xdp blocklist
for hook in $hooks; do
	damaged "$hook" "a program's pin removed" 'xdp/prog is missing|tc-.*/prog is missing' 'rm $pins/prog'
	damaged "$hook" "metadata replaced" 'metadata holds another object' \
		'rm $pins/metadata && bpftool map pin pinned /sys/fs/bpf/edge/dev1/xdp/metadata $pins/metadata'
done
for hook in $hooks; do
	damaged "$hook" "a map's pin removed" "$hook/blocklist/blocked is missing" 'rm $pins/blocklist/blocked'
done
damaged xdp "an instance's folder removed" 'xdp/count/counts is missing' 'rm -r $pins/count'
damaged xdp "metadata removed" 'metadata is missing' 'rm $pins/metadata'
damaged xdp "a program's pin replaced" 'prog holds another object' \
	'rm $pins/prog && bpftool prog pin pinned /sys/fs/bpf/foreign-prog $pins/prog'
damaged xdp "counters replaced" 'counters holds another object' \
	'rm $pins/counters && bpftool map pin pinned /sys/fs/bpf/foreign-map $pins/counters'
damaged xdp "the link replaced by another device's" 'attached to dev1' \
	'rm $pins/link && bpftool link pin pinned /sys/fs/bpf/edge/dev1/xdp/link $pins/link'

# ---- one of several, and all of them
attach_at dev0 xdp count && attach_at dev0 xdp count blocklist && attach_at dev0 xdp count
rm /sys/fs/bpf/edge/dev0/xdp:2/metadata
is "an earlier generation: history lists it as what it is" \
	"$(edge-load history dev0 -j 2>/dev/null | jq -c 'map([.generation, .state])')" '[[1,"kept"],[2,"unreadable"],[3,"runs"]]'
ok "by its exit status, too" exits 5 history dev0
refused "there is no way back to it" 5 "generation 2 of dev0 xdp can't be read" edge-load rollback dev0 2
ok "but to one that can be read" edge-load rollback dev0 1
rm /sys/fs/bpf/edge/dev0/xdp/prog
ok "all are taken off, that one as well" edge-load detach --all
ok "the kernel runs nothing" nothing_at dev0 xdp
is "no pin is left" "$(pins)" ""

# ---- maps
attach_at dev0 xdp blocklist count && attach_at dev0 xdp blocklist:count_only=true count
edge-load map set dev0/xdp/blocklist/blocked 192.0.2.1
rm /sys/fs/bpf/edge/dev0/xdp:1/count/counts
refused "no way back to a generation that lacks a map" 5 'xdp:1/count/counts is missing' edge-load rollback dev0
rm /sys/fs/bpf/edge/dev0/xdp/types
refused "the types removed: the message is true" 5 'pinned types of map .* are missing' edge-load map dump dev0/xdp/blocklist/blocked
ok "a swap pins them anew" edge-load attach dev0 blocklist count
is "and the map is the same" "$(edge-load map dump dev0/xdp/blocklist/blocked)" "192.0.2.1/32 {packets=0,bytes=0}"
rm /sys/fs/bpf/edge/dev0/xdp/blocklist/blocked
refused "a map's pin removed: so says who asks for it" 5 'the pin of map dev0/xdp/blocklist/blocked is missing' \
	edge-load map dump dev0/xdp/blocklist/blocked
like "and the list" "$(says map list dev0)" 'warning: map dev0/xdp/blocklist/blocked is omitted'
ok "detach" edge-load detach dev0

# ---- all that was pinned of a chain, but for what points to it
attach_at dev0 xdp count
rm -r /sys/fs/bpf/edge/dev0/xdp:1
ok "a generation's folder removed: nothing is attached" nothing_at dev0 xdp
is "and status says nothing else" "$(says status dev0)" ""
ok "plan" exits 9 plan "$work/one.yaml"
ok "the next attach" attach_at dev0 xdp count

# ---- a pin of somebody else's beside the devices
bpftool map pin pinned /sys/fs/bpf/foreign-map /sys/fs/bpf/edge/theirs
is "somebody's pin: status" "$(says status -j | jq -r 'map(.device) | unique | join(" ")')" "dev0"
ok "somebody's pin: plan" exits 9 plan "$work/one.yaml"
ok "somebody's pin: apply" edge-load apply "$work/one.yaml"
ok "somebody's pin: detach all" edge-load detach --all
is "it is left" "$(pins)" $'/sys/fs/bpf/edge\n/sys/fs/bpf/edge/theirs'
rm /sys/fs/bpf/edge/theirs

# ---- nothing but a filter is left
attach_at dev0 tc-egress count
rm -r /sys/fs/bpf/edge/dev0
refused "all pins of a filter removed: attach says what to do" 5 "at the handle of edge-load" \
	edge-load attach dev0 --hook tc-egress --mode clsact count
ok "detach takes the filter off" edge-load detach dev0 --hook tc-egress
ok "so says the kernel" nothing_at dev0 tc-egress
refused "and no other one" 4 'no edge-load chain' edge-load detach dev0 --hook tc-egress

# ---------------------------------------------------------------- a system call that fails is no damage
# The manifest "gone" takes both chains away. Each bpf() of a command answers EBUSY, once (N) or from there on (N+).
printf 'version: 1\nchains:\n  - {device: dev0, instances: [count]}\n  - {device: dev0, hook: tc-egress, mode: clsact, instances: [count]}\n' >"$work/there.yaml"
printf 'version: 1\nchains: []\n' >"$work/gone.yaml"
there() { on edge "$build/bin/edge-load" -q apply "$work/there.yaml" 2>/dev/null; }
# busy EVERY VERB...: $calls of its bpf() fail, each EVERYth; $wrong says where it ended with 0 and a chain is there.
busy() {
	local every=$1 number when total

	shift
	wrong='' calls=0 refusals=0
	there
	on edge strace -qq -o "$work/trace" -e trace=bpf "$build/bin/edge-load" -q "$@" >/dev/null 2>&1
	total=$(wc -l <"$work/trace")
	for ((number = 1; number <= total; number += every)); do
		for when in "$number" "$number+"; do
			[ "$1" = plan ] || there
			calls=$((calls + 1))
			if ! on edge strace -qq -o /dev/null -e trace=bpf -e "inject=bpf:error=EBUSY:when=$when" \
				"$build/bin/edge-load" -q "$@" >/dev/null 2>&1; then
				refusals=$((refusals + 1))
			elif [ "$(kernel dev0 xdp)" != 0 ] || [ "$(kernel dev0 tc-egress)" != 0 ]; then
				wrong+=" $when"
			fi
		done
	done
}
for verb in "2 plan $work/gone.yaml" "7 apply $work/gone.yaml" "11 detach --all"; do
	read -ra words <<<"$verb"
	busy "${words[@]}"
	ok "a bpf() that fails: ${words[1]} made some" [ "$calls" -gt 10 ]
	ok "and says so of some" [ "$refusals" -gt 0 ]
	is "it never ends with 0 while a chain runs on" "$wrong" ""
done
edge-load -q detach --all
is "no pin is left" "$(pins)" ""

# ---------------------------------------------------------------- a device in another network namespace
ip netns add inner
attach_at dev0 xdp count && attach_at dev1 xdp count
[ -z "$has_tcx" ] || attach_at dev0 tc-ingress count
program=$(status dev0 xdp .program.id)
ip -n edge link set dev0 netns inner
ok "a device moved away: status" edge-load status
is "it is shown as that, with what it runs" \
	"$(edge-load status -j | jq -c 'map(select(.device == "dev0")) | [.[0].state, .[0].program.id, .[0].reason]')" \
	"[\"moved\",$program,\"its device was moved into another network namespace\"]"
is "stats has both" "$(edge-load stats -j | jq -r 'map(.device) | unique | join(" ")')" "dev0 dev1"
ok "plan" exits 9 plan "$work/one.yaml"
like "leaves it alone" "$(edge-load plan "$work/one.yaml")" 'dev0 xdp: left alone: its device was moved'
ok "apply" edge-load apply "$work/one.yaml"
is "it runs on there" "$(ip -n inner -j link show dev0 | jq '.[0].xdp.prog.id')" "$program"
like "from inside, the other device is elsewhere" "$(on inner "$build/bin/edge-load" status)" 'dev1 +xdp +native .* elsewhere'
like "and is left alone" "$(on inner "$build/bin/edge-load" detach --all 2>&1)" 'dev1 xdp is not detached'
ok "so it runs" runs dev1 xdp
device dev0 peer-new
attach_at dev1 xdp count
is "what was detached inside is gone here" "$(edge-load status -j dev0 | jq length)" 0
attach_at dev0 xdp count
ip -n edge link set dev0 netns inner name dev00
device dev0 peer-newer
refused "a new device of that name: the message is true" 5 'a device that was moved into another network namespace' \
	edge-load attach dev0 count
ok "a detach by name takes off the one that moved" edge-load detach dev0
is "so says the kernel" "$(ip -n inner -j link show dev00 | jq '.[0].xdp.prog.id')" null
ok "and the new device gets its own" edge-load attach dev0 count
ip -n edge link set dev0 netns inner name dev000
is "it is moved, too" "$(status dev0 xdp .state)" moved
ip -n inner link set dev000 netns edge
is "one that comes back under another name is read again" "$(edge-load status -j | jq -r 'map("\(.device) \(.state)") | join(" ")')" \
	"dev000 runs dev1 runs"
ok "detach all" edge-load detach --all
is "no pin is left" "$(pins)" ""

# ---------------------------------------------------------------- names that went round
# exchange "OLD..." "NEW...": the devices OLD get the names NEW, by way of others
exchange() {
	local -a from to
	local i

	read -ra from <<<"$1"
	read -ra to <<<"$2"
	for i in "${!from[@]}"; do
		ip -n edge link set "${from[i]}" name "way$i"
	done
	for i in "${!to[@]}"; do
		ip -n edge link set "way$i" name "${to[i]}"
	done
}

for name in n.a n.b n.c n.d; do
	device "$name"
	for hook in $hooks; do
		attach_at "$name" "$hook" "${name#n.}=count" || fail "attach $name $hook"
	done
done
attach_at n.a xdp a=blocklist
edge-load map set n.a/xdp/a/blocked 192.0.2.0/24 || fail "map set"
# named: each device with the instances of its chains, which bear the name that the device had
named() { edge-load status -j | jq -r '[.[] | "\(.device | ltrimstr("n."))=\(.instances[0].name)"] | unique | join(" ")'; }
all_run() {
	local name hook

	for name in n.a n.b n.c n.d; do
		for hook in $hooks; do
			runs "$name" "$hook" || { echo "$name $hook"; return 1; }
		done
	done
}
is "four devices" "$(named)" "a=a b=b c=c d=d"
exchange "n.a n.b" "n.b n.a"
is "two exchange their names: sweep tells of both" "$(says sweep | sort)" $'n.a: the device was renamed to n.b\nn.b: the device was renamed to n.a'
is "each chain is under its device's new name" "$(named)" "a=b b=a c=c d=d"
ok "at each hook, by the kernel" all_run
like "maps went along" "$(edge-load map dump n.b/xdp/a/blocked)" '192.0.2.0/24'
exchange "n.a n.b n.c" "n.b n.c n.a"
is "three go round" "$(named)" "a=c b=b c=a d=d"
ok "at each hook, by the kernel" all_run
exchange "n.a n.b n.c n.d" "n.b n.c n.d n.a"
is "four do, and a swap is the first that finds it" \
	"$(attach_at n.a xdp d=count dscp && named)" "a=d b=c c=b d=a"
ok "at each hook, by the kernel" all_run
exchange "n.a n.b n.c n.d" "n.b n.a n.d n.c"
is "two pairs at once" "$(named)" "a=c b=d c=a d=b"
exchange "n.a n.b" "n.b n.new"
device n.a other
is "one goes on to a new name, and a new device takes an old one" "$(named)" "b=c c=a d=b new=d"
ip -n edge link del n.c
exchange "n.d" "n.c"
is "one takes the name of one that is gone" "$(named)" "b=c c=b new=d"
ok "detach all" edge-load detach --all
is "no pin is left" "$(pins)" ""
is "and no program" "$(ip -n edge link show | grep -c 'prog/xdp')" 0
finish

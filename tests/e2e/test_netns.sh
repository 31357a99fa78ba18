#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# --netns: two machines' worth of devices of the same name, each with a chain of its own; a namespace that is deleted, a
# name that is none, and what an operator falls into: nsenter, ip netns exec, a path in place of a name.
#
#    red: eth0 === eth0 :blue        192.0.2.1, 192.0.2.2
. "$(dirname "$0")/lib.sh"

tally=$(function_object tally)
home() { "$build/bin/edge-load" "$@"; } # not inside a namespace, as an operator's shell is not

for host in red blue; do
	ip netns add "$host"
	ip -n "$host" link set lo up
	on "$host" sysctl -qw net.ipv6.conf.default.disable_ipv6=1
done
ip -n red link add eth0 type veth peer name eth0 netns blue
for host in red blue; do
	on "$host" ethtool -K eth0 gro on
	ip -n "$host" link set eth0 up
done
address red eth0 192.0.2.1/24
address blue eth0 192.0.2.2/24

# seen NAMESPACE DEVICE: the instances that status tells of, from outside.
seen() { home --netns "$1" status -j "$2" | jq -r '[.[].instances[].name] | join(" ")'; }
# tallied NAMESPACE INSTANCE
tallied() { home -n "$1" map get "eth0/xdp/$2/tallies" 0 -j | jq .value.packets; }
folders() { find /sys/fs/bpf -maxdepth 1 -name 'edge*' | sort | sed -E 's/[0-9]+$/N/'; }

# ---------------------------------------------------------------- the same name twice

ok "a chain on eth0 of red" home --netns red attach eth0 "r=$tally"
ok "another on eth0 of blue" home -n blue attach eth0 "b=$tally" "b2=$tally"
is "red's is red's" "$(seen red eth0)" r
is "blue's is blue's" "$(seen blue eth0)" "b b2"
is "the namespace that edge-load runs in has none" "$(home status -j)" '[]'
is "20 pings from red are answered" "$(pings red 20 192.0.2.2)" 20
between "each chain counts its own: blue's" "$(tallied blue b2)" 20 40
between "and red's, the answers" "$(tallied red r)" 20 40
is "their programs are two, as the kernel has them" \
	"$(for host in red blue; do ip -n "$host" -j link show eth0 | jq '.[0].xdp.prog.id'; done | sort -u | wc -l)" 2
ok "a swap in blue" home --netns blue attach eth0 "b=$tally"
is "leaves red alone" "$(seen red eth0) $(home -n red status -j | jq '.[0].generation')" "r 1"
is "each has pins of its own, and a name beside them" "$(folders)" \
	"/sys/fs/bpf/edge-netns-N
/sys/fs/bpf/edge-netns-N
/sys/fs/bpf/edge-netns:blue
/sys/fs/bpf/edge-netns:red"
ok "which bpftool reads" bpftool map dump pinned /sys/fs/bpf/edge-netns:blue/eth0/xdp/b/tallies

is "all of them at once" "$(home --all-netns status | awk '/^netns/ { print } / xdp / { print $1, $NF }')" \
	"netns blue:
eth0 b
netns red:
eth0 r"
is "as JSON" "$(home -j --all-netns stats | jq -c 'map([.netns, (.stats[] | .instances[].name)])')" \
	'[[null],["blue","b"],["client"],["edge"],["red","r"],["server"]]'
ok "one that can't be read" home -n blue attach eth0 --hook tc-egress --mode clsact count
rm /sys/fs/bpf/edge-netns:blue/eth0/tc-egress/metadata
like "keeps no other one of its namespace from being shown" "$(home --all-netns status 2>/dev/null)" '^eth0 +xdp .* b$'
is "nor in JSON" "$(home -j --all-netns status 2>/dev/null | jq -c '[.[] | select(.netns == "blue") | .status[].state]')" \
	'["runs","unreadable"]'
ok "it is taken off" home -n blue detach eth0 --hook tc-egress
cat >"$work/scarce.c" <<'END'
/* The second call of the function $SCARCE fails: of --all-netns, the call for the first namespace that has a name. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/types.h>
static int fails(const char *function)
{
	static int calls;

	if (strcmp(getenv("SCARCE"), function) || ++calls != 2)
		return 0;
	errno = EAGAIN;
	return 1;
}
pid_t fork(void) { return fails("fork") ? -1 : ((pid_t (*)(void))dlsym(RTLD_NEXT, "fork"))(); }
int memfd_create(const char *name, unsigned int flags)
{
	return fails("memfd_create") ? -1 : ((int (*)(const char *, unsigned int))dlsym(RTLD_NEXT, "memfd_create"))(name, flags);
}
ssize_t pread(int fd, void *at, size_t size, off_t from)
{
	return fails("pread") ? -1 : ((ssize_t (*)(int, void *, size_t, off_t))dlsym(RTLD_NEXT, "pread"))(fd, at, size, from);
}
ssize_t pread64(int fd, void *at, size_t size, off_t from) { return pread(fd, at, size, from); }
END
gcc -O1 -shared -fPIC -o "$work/scarce.so" "$work/scarce.c"
for function in fork memfd_create pread; do
	LD_PRELOAD=$work/scarce.so SCARCE=$function "${build%-san}/bin/edge-load" -j --all-netns status >"$work/out" 2>"$work/err"
	is "$function() fails for one: the others are shown, and one message says so" \
		"$? $(jq -c '[.[] | select(.status != []) | .netns]' "$work/out") $(jq -r '.error.what' "$work/err" | sed 's/:.*//')" \
		'1 ["red"] status in network namespace blue'
done
refused "a change is made in one alone" 2 'works only with status, stats' home --all-netns detach eth0

# ---------------------------------------------------------------- other ways in

ok "a path does as well" test "$(home --netns /run/netns/blue status -j | jq -r '.[].instances[].name')" = b
start blue sleep 60
wait_for 5 test "/proc/$started/ns/net" -ef /run/netns/blue
is "and that of a process" "$(home --netns "/proc/$started/ns/net" status -j | jq -r '.[].instances[].name')" b
is "nsenter finds the same pins" \
	"$(on blue "$build/bin/edge-load" status -j | jq -r '.[].instances[].name')" b
is "inside, its own name changes nothing" \
	"$(on blue "$build/bin/edge-load" --netns blue status -j | jq -r '.[].instances[].name')" b
refused "ip netns exec is told what to say" 8 'edge-load --netns blue' ip netns exec blue "$build/bin/edge-load" status

# ---------------------------------------------------------------- entered without our knowing

ip netns add green
ip -n green link add eth0 type veth peer name peer0
ip link add eth0 type veth peer name peer0
ok "a chain on eth0 of the namespace that edge-load runs in" home attach eth0 "here=$tally"
refused "by nsenter, into a namespace without pins of its own: they are taken for what they are" 5 \
	'in another network namespace' on green "$build/bin/edge-load" attach eth0 "g=$tally"
like "and --netns is recommended" "$(on green "$build/bin/edge-load" attach eth0 "g=$tally" 2>&1)" 'use --netns NAME'
ok "by clsact, which has no link to tell it" home attach eth0 --hook tc-ingress --mode clsact "here=$tally"
refused "it is the same" 5 'in another network namespace' \
	on green "$build/bin/edge-load" attach eth0 --hook tc-ingress "g=$tally"
is "the chain there has its pins" "$(home map list eth0/tc-ingress/here -j | jq length)" 1
ok "detach" home detach eth0 --hook tc-ingress
# The devices that take redirected frames: each namespace has its own list.
targets() { bpftool -j map dump pinned "/sys/fs/bpf/edge/eth0/xdp/r/edge_targets" | jq -c '[.[].key] | sort'; }
ip -n green link add name only0 index 4001 type veth peer name only1 index 4002
ok "a chain with a table of devices, beside no other" home attach eth0 r=route
before=$(targets)
ok "by nsenter, a chain on a device of another name shares the pins" on green "$build/bin/edge-load" attach only0 r=route
like "the table has a device" "$before" '\[[^]]'
is "and leaves the table of the chain outside as it is" "$(targets)" "$before"
ok "so does its detach" on green "$build/bin/edge-load" detach only0
is "which leaves the table, too" "$(targets)" "$before"
ok "which does it" home --netns green attach eth0 "g=$tally"
is "from then on nsenter meets it" "$(on green "$build/bin/edge-load" status -j | jq -r '.[].instances[].name')" g
ok "detach" home --netns green detach eth0
ok "detach" home detach eth0

# ---------------------------------------------------------------- bad words

refused "a name misspelt" 4 'no network namespace blu.*did you mean blue|did you mean blue' home --netns blu status
refused "a name that is none" 4 'no network namespace nowhere' home --netns nowhere status
refused "a process's number is no name" 4 "/proc/4242424/ns/net" home --netns 4242424 status
refused "a file that is no namespace" 2 'is not a network namespace' home --netns /etc/passwd status
refused "another kind of namespace" 2 'is not a network namespace' home --netns /proc/self/ns/mnt status
refused "no name at all" 2 'needs a value' home status --netns
refused "an empty one" 2 'needs a name' home status --netns ''
refused "a device of outside" 4 'no device edge0' home --netns blue attach edge0 "t=$tally"
refused "without the right to enter" 3 'CAP_SYS_ADMIN' \
	setpriv --bounding-set -sys_admin "$build/bin/edge-load" --netns blue status
is "as JSON, too" "$(setpriv --bounding-set -sys_admin "$build/bin/edge-load" -j --netns blue status 2>&1 | jq -r .error.kind)" \
	privilege

# ---------------------------------------------------------------- one goes, one is deleted

ok "detach in red" home --netns red detach eth0
is "leaves blue's" "$(seen blue eth0)" b
is "and nothing of red's" "$(folders)" "/sys/fs/bpf/edge-netns-N
/sys/fs/bpf/edge-netns:blue"
before=$(home -n blue status -j | jq '.[0].program.id')
ip netns del blue
ok "blue has lost its name, not its process: its chain goes on running" \
	test "$(home --netns "/proc/$started/ns/net" status -j | jq '.[0].program.id')" = "$before"
refused "by name it is not there" 4 'no network namespace blue' home --netns blue status
is "its pins are kept, as it lives" "$(folders | head -n 1)" "/sys/fs/bpf/edge-netns-N"
kill "$started"
wait "$started" 2>/dev/null
wait_for 10 not bpftool link show pinned /sys/fs/bpf/edge-netns:blue/eth0/xdp/link
ip netns add blue # the name again: another namespace, with a device of the same name
ip -n blue link add eth0 type veth peer name peer0
is "another namespace of that name has no chain" "$(home --netns blue status -j)" '[]'
is "and the next command has removed the pins of the one that has gone" "$(folders)" ""
ok "its program is gone" gone "prog $before"
ok "a chain where one was" home --netns blue attach eth0 --hook tc-ingress "t=$tally"
ok "detach" home --netns blue detach eth0 --hook tc-ingress
is "nothing is left" "$(folders)" ""
ok "a chain each in two namespaces" home --netns blue attach eth0 "t=$tally"
ok "…" home --netns edge attach edge0 "t=$tally"
is "all that run, wherever, are taken off" "$(home --all-netns detach --all)" \
	$'netns blue:\neth0 xdp: detached\nnetns edge:\nedge0 xdp: detached'
is "nothing is left of them" "$(folders)" ""
finish

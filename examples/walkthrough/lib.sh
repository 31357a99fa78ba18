# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash
#
# What the walk-through stands on: a world of its own, three hosts, and how its steps are shown.
#
# The script that sources this goes on in mount and network namespaces of its own, with a /run, a bpffs and hosts that
# nobody else sees. When it ends, whichever way, the kernel ends what it started, and removes its devices, chains and
# pins with the last process that used them.

[ "$(id -u)" -eq 0 ] || { echo "$0: needs root (sudo make demo)" >&2; exit 3; }
[ -n "${EDGE_DEMO_INSIDE:-}" ] ||
	EDGE_DEMO_INSIDE=yes exec unshare --mount --net -- "$0" "$@"
set -uo pipefail
trap 'echo; echo "interrupted: all that was made goes with this process"; exit 130' INT TERM

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
work=/run/demo
mount -t tmpfs tmpfs /run && mkdir /run/netns "$work" && mount -t bpf bpf /sys/fs/bpf || exit 1
unset EDGE_LOAD_BPFFS EDGE_LOAD_HOME
PATH=$top/build/bin:$PATH:/usr/sbin:/sbin
[ -x "$top/build/bin/edge-load" ] || { echo "$0: not built yet: run make" >&2; exit 1; }
cd "$top/examples/walkthrough" || exit 1

# ---------------------------------------------------------------- what is shown

bold='' plain='' dim='' steps=0 claims=0
if [ -t 1 ] && [ -z "${NO_COLOR:-}" ]; then
	bold=$'\e[1m' plain=$'\e[0m' dim=$'\e[2m'
fi

# step TITLE LINE...: what comes now, and why.
step() {
	steps=$((steps + 1))
	printf '\n%s%d. %s%s\n' "$bold" "$steps" "$1" "$plain"
	shift
	printf '   %s\n' "$@"
}

# die WHY [WHAT WAS SAID]
die() {
	printf '\n%sfailed:%s %s\n' "$bold" "$plain" "$1" >&2
	[ -z "${2:-}" ] || printf '%s\n' "$2" >&2
	exit 1
}

# show HOST COMMAND: the command, in lines that can be copied.
show() {
	printf '\n%s\n' "$2" | fold -s -w 86 | sed '3,$s/^/      /; 2,$!b; $!s/$/\\/' |
		sed "2s/^/   $dim$1#$plain /"
}

# quote: what was said, in 100 columns.
quote() { expand -t 4 | fold -s -w 95 | sed 's/^/     /'; }

# run HOST COMMAND...: show the command, run it there, show what it says (or the lines of it that match $only).
run() {
	local host=$1 pattern=${only:-}

	shift
	show "$host" "$*"
	said=$(on "$host" "$@" 2>&1) || die "$1 ended with the exit status $?" "$said"
	[ -z "$said" ] || grep -E -- "$pattern" <<<"$said" | quote
}

# ends STATUS COMMAND...: the same on the edge, of what does not end with 0.
ends() {
	local status=$1

	shift
	show edge "$*"
	said=$(on edge "$@" 2>&1)
	is $? "$status" || die "$* did not end with the exit status $status" "$said"
	quote <<<"$said"
}

# claim TEXT COMMAND...: what the walk-through says is so. It ends where it is not.
claim() {
	local text=$1

	shift
	"$@" >/dev/null 2>&1 || die "not so: $text" "($*)"
	claims=$((claims + 1))
	printf '   %sok%s %s\n' "$bold" "$plain" "$text"
}

is() { [ "$1" = "$2" ]; }
not() { ! "$@"; }
has() { grep -qE -- "$2" <<<"$1"; }

# ---------------------------------------------------------------- hosts

# on HOST COMMAND...: run it there. Not `ip netns exec`, which hides the bpffs behind a fresh /sys.
on() {
	local host=$1

	shift
	nsenter --net="/run/netns/$host" -- "$@"
}

# start HOST COMMAND...: run it there in the background, no longer than this script; its process id is in $started.
start() {
	local host=$1

	shift
	setpriv --pdeathsig KILL nsenter --net="/run/netns/$host" -- "$@" </dev/null &
	# shellcheck disable=SC2034 # for the script that sources this
	started=$!
}

# wire HOST DEVICE HOST DEVICE: a cable. GRO makes the veth driver poll a device as NICs are polled, which frames that
# XDP sends to it need (else its peer needs an XDP program).
wire() {
	ip -n "$1" link add "$2" type veth peer name "$4" netns "$3" || die "no veth"
	on "$1" ethtool -K "$2" gro on
	on "$3" ethtool -K "$4" gro on
	ip -n "$1" link set "$2" up
	ip -n "$3" link set "$4" up
}

hosts() {
	local host

	for host in client edge server; do
		ip netns add "$host" || die "no network namespace"
		ip -n "$host" link set lo up
	done
	wire client client0 edge edge0
	wire edge edge1 server server0
	for host in 198.51.100.{2,66,99}/24; do
		ip -n client addr add "$host" dev client0
	done
	ip -n client addr add 2001:db8:1::2/64 dev client0 nodad
	ip -n edge addr add 198.51.100.1/24 dev edge0
	ip -n edge addr add 2001:db8:1::1/64 dev edge0 nodad
	ip -n edge addr add 203.0.113.1/24 dev edge1
	ip -n edge addr add 2001:db8:2::1/64 dev edge1 nodad
	ip -n server addr add 203.0.113.2/24 dev server0
	ip -n server addr add 2001:db8:2::2/64 dev server0 nodad
	on edge sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1
	ip -n client route add default via 198.51.100.1
	ip -n client route add default via 2001:db8:1::1
	ip -n server route add default via 203.0.113.1
	ip -n server route add default via 2001:db8:2::1
	# So that a flood waits for the cable, where the kernel can (6.16).
	on client tc qdisc add dev client0 root pfifo limit 10000
}

# wait_for COMMAND...: until it succeeds, 10 s at most.
wait_for() {
	local until=$((SECONDS + 10))

	until "$@" >/dev/null 2>&1; do
		[ "$SECONDS" -lt "$until" ] || die "waited in vain: $*"
		sleep 0.05
	done
}

listening() { [ -n "$(on "$1" ss -Hlnt "sport = :$2")" ]; }

# servers: nginx at 8080 and iperf3 at 5201, on the server.
servers() {
	cat >"$work/nginx.conf" <<-END
		daemon off; master_process off; pid $work/nginx.pid; error_log $work/nginx.error;
		events {}
		http {
			access_log off;
			client_body_temp_path $work/body; proxy_temp_path $work/proxy; fastcgi_temp_path $work/fastcgi;
			uwsgi_temp_path $work/uwsgi; scgi_temp_path $work/scgi;
			server { listen 8080; location / { return 200 "nginx at \$server_addr:\$server_port\n"; } }
		}
	END
	start server nginx -c "$work/nginx.conf" 2>"$work/nginx.stderr"
	start server iperf3 -s >"$work/iperf3" 2>&1
	wait_for listening server 8080
	wait_for listening server 5201
}

# flood SOURCE COUNT: so many datagrams to the server, as fast as they go.
flood() {
	on client python3 - "$@" <<-'END' || die "the flood failed"
		import socket, sys
		s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
		s.bind((sys.argv[1], 0))
		for i in range(int(sys.argv[2])):
		    s.sendto(b"flood", ("203.0.113.2", 9))
	END
}

# ---------------------------------------------------------------- what is counted

# of DEVICE HOOK INSTANCE FIELD: a number of `edge-load stats -j`.
of() {
	on edge edge-load stats "$1" -j | jq --arg hook "$2" --arg name "$3" \
		"(.[] | select(.hook == \$hook) | .instances[] | select(.name == \$name) | .$4) // 0"
}

# entry PATH KEY FIELD: a number of `edge-load map get -j`; 0 where the key is not.
entry() { on edge edge-load map get "$1" "$2" -j 2>/dev/null | jq ".value.$3" | grep . || echo 0; }

# programs: which run, chain by chain; pps: the limit at edge0.
programs() { on edge edge-load status -j | jq -r 'map(.program.id) | join(" ")'; }
pps() { on edge edge-load status edge0 -j | jq -r '.[0].instances[1].params | capture("pps=(?<n>[0-9]+)").n'; }

# manifest PPS: the three chains of the walk-through, with this limit.
manifest() {
	cat >"$work/edge.yaml" <<-END
		version: 1
		chains:
		  - device: edge0
		    instances:
		      - blocklist
		      - name: ratelimit
		        function: ratelimit
		        params: {pps: $1, burst: 5000}
		      - hello=./hello.o
		      - count
		      - &dnat dnat:address=192.0.2.80,port=80,to=203.0.113.2,to_port=8080
		      - route
		  - device: edge0
		    hook: tc-egress
		    instances: ["dscp:dscp=46,protocol=6,port=80", "count:source=true"]
		  - device: edge1
		    hook: tc-ingress
		    instances: [*dnat, "count:source=true"]
	END
}

# snmp HOST NAME: a counter of the kernel's.
snmp() { on "$1" nstat -asz "$2" | awk -v name="$2" '$1 == name { print $2 }'; }

# lost: what the client's own cable could not take.
lost() { ip -n client -j -s link show client0 | jq '.[0].stats64.tx.dropped'; }

# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash
#
# What the end-to-end tests share: three hosts, real traffic, and TAP.
#
#      client                               edge                               server
#   +------------+             +---------------------------+             +------------+
#   |    client0 |=============| edge0               edge1 |=============| server0    |
#   +------------+             +---------------------------+             +------------+
#      198.51.100.2      198.51.100.1            203.0.113.1      203.0.113.2
#      2001:db8:1::2     2001:db8:1::1           2001:db8:2::1    2001:db8:2::2
#      02::1:2           02::1:1                 02::2:1          02::2:2           (02:00:00:00:…)
#
# The edge forwards; chains are attached to its devices.
#
# A test that sources this file runs inside namespaces of its own (mount, network, process), with a /run, a bpffs and
# named network namespaces that nobody else sees. So tests run beside each other, and when one ends, whichever way, the
# kernel ends its processes and removes its devices, chains and pins.

if [ -z "${EDGE_TEST_INSIDE:-}" ]; then
	if [ "$(id -u)" -ne 0 ]; then
		echo "1..0 # SKIP needs root"
		exit 0
	fi
	EDGE_TEST_INSIDE=yes exec unshare --mount --net --pid --fork --kill-child --mount-proc -- "$0" "$@"
fi
set -uo pipefail
trap 'exit 143' TERM INT

top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
build=$top/${EDGE_TEST_BUILD:-build}
here=$top/tests/e2e
mount -t tmpfs tmpfs /run && mkdir /run/netns /run/work && mount -t bpf bpf /sys/fs/bpf || exit 1
work=/run/work # goes with the namespace
cd "$work" || exit 1
unset EDGE_LOAD_BPFFS EDGE_LOAD_HOME
cores=$(nproc)
# busy: how much longer than on an idle machine something takes: by the processes that want each core.
busy() {
	local load=0

	read -r load _ 2>/dev/null </proc/loadavg
	echo $((1 + ${load%.*} / cores))
}
patience_s=${EDGE_TEST_SLOW:+5} # for an answer, on an emulated machine and on others
patience_s=${patience_s:-$(busy)}

# ---------------------------------------------------------------- hosts

# on HOST COMMAND...: run it there. Not `ip netns exec`, which hides the bpffs behind a fresh /sys.
on() {
	local host=$1

	shift
	nsenter --net="/run/netns/$host" -- "$@"
}

# start HOST COMMAND...: run it there in the background; its process id is in $started.
start() {
	local host=$1

	shift
	nsenter --net="/run/netns/$host" -- "$@" &
	started=$!
}

edge-load() { on edge "$build/bin/edge-load" "$@"; }
bpftool() { on edge "$(type -P bpftool)" "$@"; }

# wire HOST DEVICE MAC HOST DEVICE MAC: a cable between two hosts. GRO makes the veth driver poll a device as NICs are
# polled, which XDP_TX and XDP_REDIRECT towards it need. The packets of a flow stay on one CPU: without an XDP program a
# device delivers on the CPU that its peer happens to send from, and a flow that shares the peer's queue with another
# is reordered.
wire() {
	ip -n "$1" link add "$2" address "$3" type veth peer name "$5" address "$6" netns "$4"
	on "$1" ethtool -K "$2" gro on
	on "$4" ethtool -K "$5" gro on
	by_flow "$1" "$2"
	by_flow "$4" "$5"
	ip -n "$1" link set "$2" up
	ip -n "$4" link set "$5" up
}

# by_flow HOST DEVICE: let the hash of a flow choose the CPU that takes what comes in (receive packet steering); in all
# CPUs' name, as many as there are.
by_flow() {
	ip netns exec "$1" sh -c "printf %x $(((1 << $(nproc)) - 1)) >'/sys/class/net/$2/queues/rx-0/rps_cpus'"
}

# take_tx HOST DEVICE: let it take what its peer sends back by XDP_TX. The veth driver delivers that at once only to a
# device that has an XDP program of its own (drivers/net/veth.c, veth_xdp_flush()).
take_tx() {
	clang -O2 -g -target bpf "-I/usr/include/$(gcc -print-multiarch)" -c "$here/plain/protocols.bpf.c" \
		-o "$work/protocols.o" && ip -n "$1" link set "$2" xdp obj "$work/protocols.o" sec xdp
}

# address HOST DEVICE ADDRESS...
address() {
	local host=$1 device=$2 each

	shift 2
	for each; do
		case $each in
		*:*) ip -n "$host" addr add "$each" dev "$device" nodad ;;
		*) ip -n "$host" addr add "$each" dev "$device" ;;
		esac
	done
}

# topology [CABLE]: the hosts; CABLE is the function that makes a cable between two of them, called as wire is.
topology() {
	local host cable=${1:-wire}

	for host in client edge server; do
		ip netns add "$host"
		ip -n "$host" link set lo up
		# So that counts are exact: no link-local address, no router solicited, a group reported once (23 days).
		on "$host" sysctl -qw net.ipv6.conf.default.addr_gen_mode=1 \
			net.ipv6.conf.default.router_solicitations=0 \
			net.ipv6.conf.default.mldv2_unsolicited_report_interval=2000000000
	done
	"$cable" client client0 02:00:00:00:01:02 edge edge0 02:00:00:00:01:01
	"$cable" server server0 02:00:00:00:02:02 edge edge1 02:00:00:00:02:01
	address client client0 198.51.100.2/24 2001:db8:1::2/64
	address edge edge0 198.51.100.1/24 2001:db8:1::1/64
	address edge edge1 203.0.113.1/24 2001:db8:2::1/64
	address server server0 203.0.113.2/24 2001:db8:2::2/64
	on edge sysctl -qw net.ipv4.ip_forward=1 net.ipv6.conf.all.forwarding=1 \
		net.ipv4.icmp_ratelimit=0 net.ipv6.icmp.ratelimit=0
	# A sender waits for a full ring of the cable, and drops nothing (kernel 6.16).
	on client tc qdisc add dev client0 root pfifo limit 10000
	ip -n client route add default via 198.51.100.1
	ip -n client -6 route add default via 2001:db8:1::1
	ip -n server route add default via 203.0.113.1
	ip -n server -6 route add default via 2001:db8:2::1
	# So that the first packet finds its neighbour, and counts are exact.
	ip -n client neigh replace 198.51.100.1 lladdr 02:00:00:00:01:01 dev client0
	ip -n client neigh replace 2001:db8:1::1 lladdr 02:00:00:00:01:01 dev client0
	ip -n edge neigh replace 198.51.100.2 lladdr 02:00:00:00:01:02 dev edge0
	ip -n edge neigh replace 2001:db8:1::2 lladdr 02:00:00:00:01:02 dev edge0
	ip -n edge neigh replace 203.0.113.2 lladdr 02:00:00:00:02:02 dev edge1
	ip -n edge neigh replace 2001:db8:2::2 lladdr 02:00:00:00:02:02 dev edge1
	ip -n server neigh replace 203.0.113.1 lladdr 02:00:00:00:02:01 dev server0
	ip -n server neigh replace 2001:db8:2::1 lladdr 02:00:00:00:02:01 dev server0
}

# wait_for SECONDS COMMAND...: until it succeeds; fails when it never does, on a busy machine later than on an idle one.
wait_for() {
	local limit=$1 began=$SECONDS

	shift
	until "$@" >/dev/null 2>&1; do
		[ $((SECONDS - began)) -lt "$limit" ] || [ $((SECONDS - began)) -lt $((limit * $(busy))) ] || return 1
		sleep 0.05
	done
}

# listening HOST tcp|udp PORT
listening() { [ -n "$(on "$1" ss -Hln"${2:0:1}" "sport = :$3")" ]; }

# ---------------------------------------------------------------- servers and clients

# web HOST PORT: nginx, which answers "host HOST", and has what a test puts into $work/web-HOST/file.
web() {
	mkdir -p "$work/web-$1"
	cat >"$work/web-$1/nginx.conf" <<-END
		daemon off; master_process off; pid $work/web-$1/pid; error_log $work/web-$1/error;
		events {}
		http {
			access_log off;
			client_body_temp_path $work/web-$1/body; proxy_temp_path $work/web-$1/proxy;
			fastcgi_temp_path $work/web-$1/fastcgi; uwsgi_temp_path $work/web-$1/uwsgi; scgi_temp_path $work/web-$1/scgi;
			client_max_body_size 0;
			server {
				listen $2; listen [::]:$2;
				location / { return 200 "host $1\n"; }
				location = /file { root $work/web-$1; }
			}
		}
	END
	start "$1" nginx -c "$work/web-$1/nginx.conf" 2>"$work/web-$1/stderr"
	wait_for 10 listening "$1" tcp "$2"
}

# iperf_server HOST [PORT]
iperf_server() {
	start "$1" iperf3 -s -p "${2:-5201}" >"$work/iperf-$1" 2>&1
	wait_for 10 listening "$1" tcp "${2:-5201}"
}

# pings HOST COUNT ADDRESS [PING'S OPTIONS]: how many of COUNT pings are answered.
pings() {
	local host=$1 count=$2 address=$3

	shift 3
	on "$host" ping -n -q -c "$count" -i 0.01 -W "$patience_s" "$@" "$address" |
		sed -nE 's/.* ([0-9]+) (packets )?received.*/\1/p'
}

# receive_start HOST PORT, receive_end: count numbered datagrams (udp.c); receive_end prints what came.
receive_start() {
	start "$1" "$build/tests/e2e/udp" receive "$2" >"$work/received"
	receive_pid=$started
	wait_for 10 listening "$1" udp "$2"
}

# It runs in a command substitution, whose shell can't wait(1) for the receiver: what it says last is the sign.
receive_end() {
	sleep 0.2
	kill "$receive_pid"
	wait_for 10 test -s "$work/received"
	cat "$work/received"
}

# stream_start, stream_end: numbered datagrams from the client to the server, all the while; $sent is how many.
stream_start() {
	receive_start server 9000
	start client "$build/tests/e2e/udp" send 198.51.100.2 203.0.113.2 9000 5000 >"$work/sent"
	sender=$started
}

stream_end() {
	kill "$sender"
	wait "$sender"
	sent=$(<"$work/sent")
}

# all_arrived TITLE: each of them, once.
all_arrived() { is "$1" "$(receive_end)" "received $sent, twice 0, out of order 0"; }

# send HOST SOURCE ADDRESS PORT RATE COUNT: numbered datagrams; prints how many.
send() {
	local host=$1

	shift
	on "$host" "$build/tests/e2e/udp" send "$@"
}

# snmp HOST NAME: a counter of the kernel's, of /proc/net/snmp and snmp6 (nstat's names).
snmp() { on "$1" nstat -asz "$2" | awk -v name="$2" '$1 == name { print $2 }'; }

# bad_checksums HOST: what its kernel counted, over all protocols.
bad_checksums() { on "$1" nstat -asz | awk '/InCsumErrors/ { sum += $2 } END { print sum + 0 }'; }

# capture HOST DEVICE FILE FILTER: start recording; ended by capture_end.
capture() {
	start "$1" tcpdump -q -Z root --immediate-mode -B 65536 -i "$2" -w "$3" "$4" 2>"$3.log"
	capture_pid=$started
	wait_for 10 grep -q 'listening on' "$3.log"
}

capture_end() {
	sleep 0.2
	kill "$capture_pid"
	wait "$capture_pid" 2>/dev/null
}

# read_capture FILE FILTER FIELD...: the fields of the packets that match, tab-separated, checksums checked; of what an
# ICMP error quotes, nothing.
read_capture() {
	local file=$1 filter=$2 field fields=()

	shift 2
	for field; do
		fields+=(-e "$field")
	done
	tshark -r "$file" -o ip.check_checksum:TRUE -o tcp.check_checksum:TRUE -o udp.check_checksum:TRUE \
		-Y "$filter" -T fields -E occurrence=f "${fields[@]}" 2>/dev/null
}

# ---------------------------------------------------------------- what edge-load says

# stats DEVICE HOOK FILTER: jq's FILTER on that chain's statistics.
stats() {
	edge-load stats "$1" -j | jq -r --arg hook "$2" '[.. | objects | select(.hook? == $hook and has("instances"))][0] | '"$3"
}

# of DEVICE HOOK INSTANCE FIELD: packets, bytes, verdict.NAME or drops.REASON of an instance.
of() {
	local name=${4#*.} field

	case $4 in
	verdict.*) field=".verdicts[\"$name\"] | if type == \"object\" then .packets else . end" ;;
	drops.*) field=".drops[\"$name\"]" ;;
	*) field=".$4" ;;
	esac
	stats "$1" "$2" "(.instances[] | select(.name == \"$3\") | $field) // 0"
}

# function_object NAME: a function of tests/e2e/functions, which `make tests` compiled; prints the object's path.
function_object() { cp "$build/tests/e2e/functions/$1.o" "$work/$1.o" && echo "$work/$1.o"; }

# status DEVICE HOOK FILTER: of the chain there; what is not ours is passed over.
status() {
	edge-load status "$1" -j | jq -r --arg hook "$2" '[.[] | select(.hook == $hook and .state != "foreign")][0] | '"$3"
}

# entry PATH KEY [FILTER]: a map's value as JSON.
entry() { edge-load map get "$1" "$2" -j | jq -r ".value${3:-}"; }

# ids DEVICE HOOK: "prog ID" and "map ID" of all that the chain holds in the kernel, a line each.
ids() {
	local id

	for id in $(status "$1" "$2" '.programs[].id'); do
		echo "prog $id"
		bpftool prog show id "$id" -j | jq -r '.map_ids[]?' | sed 's/^/map /'
	done | sort -u
}

# gone IDS: none of them is in the kernel any more. It frees them a little later than the last user goes.
gone() {
	local kind id

	while read -r kind id; do
		wait_for 10 not bpftool "$kind" show id "$id" || return 1
	done <<<"$1"
}

not() { ! "$@"; }

# dispatched DEVICE: what is in libxdp's dispatcher there, by the kernel's names, sorted.
dispatched() { on edge xdp-loader status "$1" | awk '$1 == "=>" { print $3 }' | sort | paste -sd' '; }

# pins: what edge-load has pinned.
pins() { find /sys/fs/bpf/edge 2>/dev/null; }

# ---------------------------------------------------------------- TAP

. "$top/tests/lib/tap.sh"

# refused TEXT STATUS REGEX COMMAND...: ends with STATUS, nothing on stdout, and one message that matches on stderr.
refused() {
	local text=$1 wanted=$2 regex=$3 status said

	shift 3
	said=$("$@" 2>&1 >"$work/refused.out")
	status=$?
	if [ "$status" -ne "$wanted" ]; then
		fail "$text" "exit status $status, wanted $wanted" "${said//$'\n'/$'\n'# }"
	elif [ -s "$work/refused.out" ]; then
		fail "$text" "stdout: $(head -c 200 "$work/refused.out")"
	elif ! grep -qE -- "$regex" <<<"$said"; then
		fail "$text" "said   ${said//$'\n'/$'\n'# }" "wanted /$regex/"
	elif [ "$(grep -cE '^(edge-load|Error|error):' <<<"$said")" -ne 1 ]; then
		fail "$text" "not one message:" "${said//$'\n'/$'\n'# }"
	else
		pass "$text"
	fi
}

topology

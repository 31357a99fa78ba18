#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# What becomes of a packet for each number that a plain TC program returns (plain/numbers.bpf.c): the kernel's answer
# for the program by itself, by TCX and by clsact, in both directions, and the same for the program in a chain, fused
# and used unmodified.
. "$(dirname "$0")/lib.sh"

tcx() { on edge "$build/tests/e2e/tcx" "$@"; }

numbers=17
cp "$build/tests/e2e/plain/numbers.o" "$work/numbers.o"
clang -O2 -g -target bpf "-I/usr/include/$(gcc -print-multiarch)" -fembed-bitcode=all \
	-c "$here/plain/numbers.bpf.c" -o "$work/bitcode.o"
bpftool prog load "$work/numbers.o" /sys/fs/bpf/numbers type classifier

# The ports of the datagrams that reach the host's UDP, each once, until the datagram to the port 1999 comes.
cat >"$work/listen.py" <<'END'
import socket, struct, sys
s = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_UDP)
s.settimeout(10)
print("ready", file=sys.stderr, flush=True)
seen = set()
while 1999 not in seen:
    packet = s.recv(2048)
    seen.add(struct.unpack(">H", packet[22:24])[0])
print(*sorted(seen - {1999}))
END
# A datagram to each port; the ports of those that the kernel has dropped on their way out, and says so (ENOBUFS). The
# answers to earlier ones, that nobody listens there, come in between.
cat >"$work/send.py" <<'END'
import errno, socket, sys, time
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
s.setsockopt(socket.IPPROTO_IP, 11, 1)  # IP_RECVERR: else ENOBUFS is not told
failed = []
for port in list(range(2000, 2000 + int(sys.argv[2]))) + [1999]:
    if port == 1999:
        time.sleep(0.4)  # other CPUs take other flows (receive packet steering)
    while True:
        try:
            s.sendto(b"number", (sys.argv[1], port))
            break
        except OSError as error:
            if error.errno == errno.ENOBUFS:
                failed.append(port)
                break
            if error.errno != errno.ECONNREFUSED:
                raise
print("failed", *failed)
END

# probe ingress|egress: of datagrams over edge0, "arrived: PORTS failed PORTS".
probe() {
	local from=client to=edge address=198.51.100.1 listener failed

	[ "$1" = ingress ] || { from=edge to=client address=198.51.100.2; }
	: >"$work/ready"
	start "$to" python3 "$work/listen.py" >"$work/arrived" 2>"$work/ready"
	listener=$started
	wait_for 10 grep -q ready "$work/ready"
	failed=$(on "$from" python3 "$work/send.py" "$address" "$numbers")
	wait "$listener"
	echo "arrived $(cat "$work/arrived") $failed"
}

# compare MODE DIRECTION KERNEL: the same by a chain of the program, fused and unmodified.
compare() {
	local mode=$1 direction=$2 kernel=$3 form next

	for form in bitcode numbers; do
		ok "$mode $direction, $form: attach" edge-load attach edge0 --hook "tc-$direction" --mode "$mode" "./$form.o"
		is "$mode $direction, $form: as the kernel does" "$(probe "$direction")" "$kernel"
		ok "$mode $direction, $form: detach" edge-load detach edge0 --hook "tc-$direction"
	done
	ok "$mode $direction, before others: attach" edge-load attach edge0 --hook "tc-$direction" --mode "$mode" ./bitcode.o count
	is "$mode $direction, before others: as the kernel does" "$(probe "$direction")" "$kernel"
	next=${kernel#arrived } next=${next%% failed*}
	is "$mode $direction, before others: what goes on reaches them" "$(of edge0 "tc-$direction" count packets)" $((1 + $(wc -w <<<"$next")))
	ok "$mode $direction, before others: detach" edge-load detach edge0 --hook "tc-$direction"
}

for direction in ingress egress; do
	if tcx attach /sys/fs/bpf/numbers edge0 $direction 2>/dev/null; then
		kernel=$(probe $direction)
		like "tcx $direction, the kernel by itself" "$kernel" '^arrived 2000 2001 2002 2004 .*failed'
		tcx detach /sys/fs/bpf/numbers edge0 $direction
		compare tcx $direction "$kernel"
	else
		skip "tcx $direction" "needs TCX, which came with Linux 6.6"
	fi
	on edge tc qdisc add dev edge0 clsact 2>/dev/null # a detach leaves it
	on edge tc filter add dev edge0 $direction bpf da pinned /sys/fs/bpf/numbers
	kernel=$(probe $direction)
	like "clsact $direction, the kernel by itself" "$kernel" '^arrived 2000 2001 2002 2004 2006 .*failed'
	on edge tc qdisc del dev edge0 clsact
	compare clsact $direction "$kernel"
done
finish

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# The compilers, of which nothing is believed: what edge-load-fuse has left when it reads bitcode, as root's child and as
# a service's; answers and objects that one which was taken over could give; limits of time, memory and output, for it
# and for clang.
. "$(dirname "$0")/lib.sh"

# The tree may be where another user can't go.
cp -rL "$build/bin" "$build/lib" "$build/include" "$work/" || exit 1
chmod 755 "$work"
program=$work/bin/edge-load
lib=$work/lib/edge-load
mv "$lib/edge-load-fuse" "$lib/edge-load-fuse.real"
cp "$here/compiler/fake.py" "$lib/edge-load-fuse"
gcc -shared -fPIC -O1 -o "$lib/probe.so" "$here/compiler/probe.c" || exit 1
edge-load() { on edge "$program" "$@"; }
mode() { echo "$*" >"$lib/mode"; }
# answers TITLE STATUS REGEX MODE...: a check of a chain, which ends with one message.
answers() {
	local title=$1 status=$2 regex=$3

	shift 3
	mode "$@"
	refused "$title" "$status" "$regex" timeout 20 nsenter --net=/run/netns/edge "$program" check count blocklist
}

# ---------------------------------------------------------------- what it has left

# stopped: the compiler, stopped by itself when it has confined itself.
stopped() { [ "$(ps -o stat= -p "$(pgrep -n -f edge-load-fuse.real)" | cut -c1)" = T ]; }
field() { awk -v name="$1:" '$1 == name { print $2, $3, $4, $5 }' "/proc/$compiler/status" | sed 's/ *$//'; }
mask() { printf '%016x' "$1"; }
# confined WHO UIDS COMMAND...: by its process's files in /proc, and by what it can do.
confined() {
	local who=$1 uids=$2 each

	shift 2
	mode probe
	"$@" attach edge0 count 63</etc/shadow >"$work/said" 2>&1 &
	ok "$who's compiler confines itself" wait_for 20 stopped
	compiler=$(pgrep -n -f edge-load-fuse.real || echo none)
	like "$who's: its user" "$(field Uid)" "$uids"
	for each in CapEff CapPrm CapInh CapAmb; do
		is "$who's: $each" "$(field $each)" "$(mask 0)"
	done
	is "$who's: no new privileges" "$(field NoNewPrivs)" 1
	is "$who's: a filter of system calls" "$(field Seccomp)" 2
	is "$who's: its descriptors" "$(find "/proc/$compiler/fd" -mindepth 1 -printf '%f\n' | sort -n | paste -sd' ')" \
		"0 1 2 3 4 5 6 7"
	is "$who's: the standard ones lead nowhere" "$(readlink "/proc/$compiler/fd/"{0,1} | sed 's|.*/dev/|/dev/|' | sort -u)" /dev/null
	is "$who's: its environment is empty but for the probe" "$(tr '\0' ' ' <"/proc/$compiler/environ")" \
		"LD_PRELOAD=$lib/probe.so "
	is "$who's: nobody of its user can look into it" "$(stat -c %u "/proc/$compiler/environ")" 0
	like "$who's: the largest file" "$(grep 'Max file size' "/proc/$compiler/limits")" ' 268435456 +268435456 '
	like "$who's: its memory" "$(grep 'Max address space' "/proc/$compiler/limits")" ' 4294967296 +4294967296 '
	like "$who's: its processor time" "$(grep 'Max cpu time' "/proc/$compiler/limits")" ' 60 +61 '
	kill -CONT "$compiler"
	wait $! 2>/dev/null
	like "$who's: nothing else is possible" "$(cat "$work/said")" "can't be fused: possible: ?\$"
}
confined root "^3983413421 3983413421 3983413421 3983413421$" edge-load
mkdir -m 700 /sys/fs/bpf/service && chown 4731:4731 /sys/fs/bpf/service
as_service=(setpriv --reuid 4731 --regid 4731 --clear-groups --inh-caps "-all,+bpf,+net_admin,+perfmon"
	--ambient-caps "-all,+bpf,+net_admin,+perfmon" --)
service() { EDGE_LOAD_BPFFS=/sys/fs/bpf/service on edge "${as_service[@]}" "$program" "$@"; }
confined "a service" "^4731 4731 4731 4731$" service
# Where the machine gives no namespace of users, as with user.max_user_namespaces=0, and none in a chroot(2); and where root
# may not become another user, either. What is left is the rest of the confinement.
mkdir "$work/root" && mount --rbind / "$work/root" && mount --make-rprivate "$work/root"
chrooted() { on edge chroot "$work/root" "$@"; }
confined "a chrooted service" "^4731 4731 4731 4731$" \
	chrooted env EDGE_LOAD_BPFFS=/sys/fs/bpf/service "${as_service[@]}" "$program"
confined "chrooted root" "^0 0 0 0$" \
	chrooted setpriv --bounding-set -setuid,-setgid -- "$program"
umount -l "$work/root" && rmdir "$work/root"
mv "$lib/edge-load-fuse" "$lib/edge-load-fuse.fake" && cp "$lib/edge-load-fuse.real" "$lib/edge-load-fuse"
for error in ENOSPC EPERM; do
	ok "a service attaches where the kernel says $error" env EDGE_LOAD_BPFFS=/sys/fs/bpf/service nsenter --net=/run/netns/edge \
		strace -f -o "$work/strace" -e trace=unshare -e inject=unshare:error=$error "${as_service[@]}" "$program" attach edge1 count
	like "to its compiler" "$(<"$work/strace")" "unshare\(CLONE_NEWUSER\) += -1 $error"
done
mv "$lib/edge-load-fuse.fake" "$lib/edge-load-fuse"
service -q detach edge1

# ---------------------------------------------------------------- what it gives back

answers "an object of 20 GiB" 1 'its output is larger than 262144 KiB \(RLIMIT_FSIZE\)' large-object
answers "an answer of 1 MiB" 6 "can't be fused: the compiler ended with status 0" large-answer
answers "no answer" 6 "can't be fused: the compiler ended with status 0" no-answer
answers "no object" 1 "returned an object that can't be used: .*empty file" no-object
answers "an answer about an instance that is not there" 6 "can't be fused: x" instance
answers "a map of an instance that is not there" 1 'map i9__counts of the fused object belongs to an instance that the chain does not have' \
	replace i0__counts i9__counts
answers "a map whose name is a path" 6 'map "i0__\.\./xxx" can.t be pinned' replace i0__counts i0__../xxx
answers "counters of another shape" 6 'map edge_counters differs from the definition' replace edge_tail_xdp edge_counters
answers "type information that is not there" 1 "returned .*no type information" type .BTF 8
answers "a licence without bytes" 1 "returned .*section license has no bytes" type license 8
answers "two sections of one name" 1 "returned .*section .* is there twice" name .debug_frame .BTF
is "nothing is left" "$(pins | grep -v "^/sys/fs/bpf/edge\$")" ""

# ---------------------------------------------------------------- limits

export EDGE_LOAD_COMPILE_SECONDS=1
answers "a compiler that does not end" 1 "the compiler exceeded a limit: it took longer than 1 s" sleep
mode no-answer
refused "one that is stopped before it begins" 1 "the compiler exceeded a limit: it took longer than 1 s" \
	on edge timeout 20 strace -f -o "$work/strace" -e trace=close_range -e inject=close_range:signal=SIGSTOP "$program" \
	attach edge0 count
unset EDGE_LOAD_COMPILE_SECONDS
mv "$lib/edge-load-fuse.real" "$lib/edge-load-fuse"
refused "one that is stopped when it is another user" 1 "the compiler exceeded a limit: it took longer than 1 s" \
	on edge timeout 20 strace -f -o "$work/strace" -E EDGE_LOAD_COMPILE_SECONDS=1 -e trace=seccomp \
	-e inject=seccomp:signal=SIGSTOP "$program" attach edge0 count
# with MIB COMMAND...: in an address space that the caller has limited for good.
with() {
	local mib=$1

	shift
	(ulimit -v $((mib * 1024)) && "$@")
}
ok "a chain is fused in 1 GiB" with 1024 edge-load check blocklist count ratelimit dscp
ok "a source is compiled in 1 GiB" with 1024 edge-load check "$here/functions/tally.bpf.c"
refused "not enough for LLVM" 1 'the compiler exceeded a limit: it needs more than 100 MiB of memory \(RLIMIT_AS\)' \
	with 100 edge-load check count
like "what to do" "$(with 100 edge-load check count 2>&1)" 'raise the limit'
refused "nor for clang" 1 'tally.bpf.c: does not compile: the compiler exceeded a limit: it needs more than 100 MiB of memory' \
	with 100 edge-load build "$here/functions/tally.bpf.c" -o "$work/tally.o"
# in_files KIB COMMAND...: with no file larger than that.
in_files() {
	local kib=$1

	shift
	(ulimit -f "$kib" && "$@")
}
refused "no room for an object" 1 'the compiler exceeded a limit: its output is larger than 4 KiB \(RLIMIT_FSIZE\)' \
	in_files 4 edge-load build "$here/functions/tally.bpf.c" -o "$work/tally.o"
refused "no room for anything" 1 'larger than 256 MiB, or than a file of this process may be' in_files 0 edge-load check "$here/functions/tally.bpf.c"
is "nothing is written" "$(find "$work" -name 'tally.o*')" ""
finish

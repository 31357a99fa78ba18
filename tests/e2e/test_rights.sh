#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# A service that is not root: the whole life of a chain with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON alone, in a bpffs
# that is root's but for one folder; each of the three left out; what edge-load, root's too, has left while it runs; and
# files that others could have written.
. "$(dirname "$0")/lib.sh"

tally=$(function_object tally)
# The tree may be where a service's user can't go.
cp -rL "$build/bin" "$build/lib" "$build/include" "$work/" || exit 1
program=$work/bin/edge-load
all=bpf,net_admin,perfmon
mount -o remount,mode=0700 /sys/fs/bpf 2>/dev/null || chmod 700 /sys/fs/bpf # as systemd mounts it
chmod 711 /sys/fs/bpf
mkdir -m 700 /sys/fs/bpf/service && chown 4711:4711 /sys/fs/bpf/service
export EDGE_LOAD_BPFFS=/sys/fs/bpf/service

# with CAPABILITIES COMMAND...: as the service's user, with these alone: as systemd's AmbientCapabilities= does it.
with() {
	local caps=+${1//,/,+}

	[ -n "$1" ] || caps=-all
	shift
	on edge setpriv --reuid 4711 --regid 4711 --clear-groups --inh-caps "-all,$caps" --ambient-caps "-all,$caps" \
		--bounding-set "-all,$caps" -- "$@"
}
edge-load() { with "$all" "$program" "$@"; } # lib.sh's status, of, … too
pins() { find /sys/fs/bpf/service -mindepth 1; }
programs() { "$(type -P bpftool)" prog list -j | jq 'map(select(.uid == 4711)) | length'; }

# ---------------------------------------------------------------- the life of a chain

ok "doctor finds what is needed" edge-load doctor
ok "check" edge-load check blocklist count "t=$tally"
ok "attach at xdp" edge-load attach edge0 blocklist "t=$tally" count
ok "attach at tc" edge-load attach edge0 --hook tc-ingress "t=$tally"
ok "attach with clsact" edge-load attach edge1 --hook tc-egress --mode clsact "t=$tally"
ok "a source" edge-load attach edge1 "t=$here/functions/tally.bpf.c"
is "status" "$(status edge0 xdp '[.instances[].name] | join(" ")')" "blocklist t count"
is "25 pings pass" "$(pings client 25 198.51.100.1)" 25
is "and are counted" "$(entry edge0/xdp/t/tallies 0 .packets)" "$(of edge0 xdp t packets)"
ok "map list" test "$(edge-load map list -j | jq length)" -ge 6
ok "map set" edge-load map set edge0/xdp/blocklist/blocked 192.0.2.0/24
like "map get, by its type" "$(edge-load map get edge0/xdp/blocklist/blocked 192.0.2.0/24)" '^\{packets=0'
printf '10.%d.0.0/16\n' {1..100} >"$work/prefixes" && chmod 644 "$work/prefixes"
ok "map load" edge-load map load edge0/xdp/blocklist/blocked "$work/prefixes"
is "map dump" "$(edge-load map dump edge0/xdp/blocklist/blocked | wc -l)" 101
ok "param set" edge-load param set edge0/xdp/blocklist count_only=true
is "a swap keeps the map" "$(edge-load map dump edge0/xdp/blocklist/blocked | wc -l)" 101
ok "map flush" edge-load map flush edge0/xdp/blocklist/blocked
ok "a swap to a chain that is cut" edge-load attach edge0 "t=$tally" "w1=$(function_object wide)" "w2=$work/wide.o"
is "whose programs it knows by their pins" "$(status edge0 xdp '[.programs[].id > 0] | all')" true

is "history" "$(edge-load history edge0 -j | jq -c '[.. | .generation? // empty] | length')" 3
ok "diff" edge-load diff edge0 2 3
ok "rollback" edge-load rollback edge0
is "which runs" "$(status edge0 xdp '[.instances[].name] | join(" ")')" "blocklist t count"
ok "and forward again" edge-load rollback edge0 3

# ---------------------------------------------------------------- an object that has changed since

# A struct whose members change places: the sizes are the same, and the types are not. What the kernel keeps of them is
# for CAP_SYS_ADMIN alone, and the object of then is not there any more.
turned() {
	cat >"$work/turned.bpf.c" <<-END
		#include <edge/edge.h>
		struct seen { __u32 $1; __u32 $2; };
		EDGE_HASH(seen, __u32, struct seen, 16);
		EDGE_FUNCTION(turned) { return edge_table_lookup(&seen, &(__u32){0}) ? EDGE_PASS : EDGE_NEXT; }
	END
	"$build/bin/edge-load" build "$work/turned.bpf.c" -o "$work/turned.o"
}
ok "an object" turned first second
ok "runs" edge-load attach edge1 "turned=$work/turned.o"
ok "with an entry" edge-load map set edge1/xdp/turned/seen 1 '{first=1,second=2}'
ok "is built anew, its members in another order" turned second first
is "the map that runs is shown as it was made" "$(edge-load map get edge1/xdp/turned/seen 1)" '{first=1,second=2}'
ok "a swap to it" edge-load attach -q edge1 "turned=$work/turned.o"
is "converts the entry, by name" "$(edge-load map get edge1/xdp/turned/seen 1)" '{second=2,first=1}'

# ---------------------------------------------------------------- owners and modes

is "folders of pins are the user's alone" "$(find /sys/fs/bpf/service -type d -printf '%m %u\n' | sort -u)" "700 4711"
is "and so are the pins" "$(find /sys/fs/bpf/service -type f -printf '%m %u\n' | sort -u)" "600 4711"
is "root sees them, too" "$(on edge "$program" status -j edge1 | jq -r '.[0].instances[0].name')" turned

# ---------------------------------------------------------------- what is left while it runs

# capabilities PID: effective, permitted, bounding, ambient, inheritable; and no_new_privs.
capabilities() { awk '/^Cap(Eff|Prm|Bnd|Amb|Inh)|^NoNewPrivs/ { print $1 $2 }' "/proc/$1/status" | sort | paste -sd' '; }
mask() { printf '%016x' "$1"; }
three=$(((1 << 39) | (1 << 12) | (1 << 38))) # BPF, NET_ADMIN, PERFMON: linux/capability.h
user=$(((1 << 7) | (1 << 6) | (1 << 5)))     # SETUID, SETGID, KILL
# while_running COMMAND...: of a command that has begun to print.
while_running() {
	rm -f "$work/running"
	"$@" >"$work/running" &
	wait_for 10 test -s "$work/running"
	capabilities "$(pgrep -n -x edge-load)"
	kill "$!"
	wait "$!" 2>/dev/null
}
is "a service's edge-load has the three, and hands on none" \
	"$(while_running with "$all,chown,net_raw" "$program" stats --watch=0.2)" \
	"CapAmb:$(mask 0) CapBnd:$(mask $((three | 1 | 1 << 13))) CapEff:$(mask $three) CapInh:$(mask 0) CapPrm:$(mask $three) NoNewPrivs:1"
# DAC_READ_SEARCH (2): objects in a private home; SETGID (6) and SETUID (7), not effective: these pins are another user's.
is "root's has the three, a way to read files, and one to become the owner of the pins" \
	"$(while_running on edge "$program" stats --watch=0.2)" \
	"CapAmb:$(mask 0) CapBnd:$(mask $((three | 4 | 3 << 6))) CapEff:$(mask $((three | 4))) CapInh:$(mask 0) CapPrm:$(mask $((three | 4 | 3 << 6))) NoNewPrivs:1"
cat >"$work/clang" <<'END'
#!/bin/sh
awk '/^Cap(Eff|Prm|Amb)/ { print $2 }' /proc/self/status | sort -u >/run/work/clang.caps
awk '/^Cap(Eff|Prm)/ { print $1 $2 }' "/proc/$PPID/status" | paste -sd' ' >/run/work/caller.caps
exec clang "$@"
END
chmod 755 "$work/clang" && touch "$work/clang.caps" "$work/caller.caps" && chmod 666 "$work/"{clang,caller}.caps
CLANG=$work/clang edge-load check "$here/functions/tally.bpf.c" >/dev/null
is "the compiler has none" "$(cat "$work/clang.caps")" "$(mask 0)"
EDGE_LOAD_BPFFS=/sys/fs/bpf CLANG=$work/clang on edge "$program" check "$here/functions/tally.bpf.c" >/dev/null
is "root's compiler neither" "$(cat "$work/clang.caps")" "$(mask 0)"
# CAP_SYS_ADMIN (21) tells root whose program it is that stands in the way, and a compiler becomes another user; neither
# right is effective but for that. CAP_KILL (5) is, so that the compiler ends with edge-load.
EDGE_LOAD_BPFFS=/sys/fs/bpf CLANG=$work/clang on edge "$program" attach lo "$here/functions/tally.bpf.c" --mode generic >/dev/null
is "root's attach may ask for the names of others' programs, and does not have the right at hand" \
	"$(cat "$work/caller.caps")" "CapPrm:$(mask $((three | user | 4 | 1 << 21))) CapEff:$(mask $((three | 4 | 1 << 5)))"
EDGE_LOAD_BPFFS=/sys/fs/bpf on edge "$program" detach -q lo
mkdir -m 700 "$work/private" && cp "$here/functions/tally.bpf.c" "$work/private/" && chown -R 4711 "$work/private"

# What vmlinux does not have, libbpf looks for in the BTF of modules, which takes CAP_SYS_ADMIN: a function and a variable
# that may be missing, a type that CO-RE asks for. Loaded all the same, as bpftool does.
searching() { # NAME BODY
	cat >"$work/$1.bpf.c" <<-END
		#include <linux/bpf.h>
		#include <bpf/bpf_helpers.h>
		#include <bpf/bpf_core_read.h>
		extern int no_such_function(struct xdp_md *ctx) __ksym __weak;
		extern const int no_such_variable __ksym __weak;
		struct no_such_type { int x; } __attribute__((preserve_access_index));
		SEC("xdp") int $1(struct xdp_md *ctx) { $2; }
		char LICENSE[] SEC("license") = "GPL";
	END
	clang -O2 -g -target bpf "-I/usr/include/$(gcc -print-multiarch)" -c "$work/$1.bpf.c" -o "$work/$1.o"
}
searching kfunc 'return no_such_function ? no_such_function(ctx) : XDP_PASS'
searching variable 'return &no_such_variable ? XDP_DROP : XDP_PASS'
searching type 'return bpf_core_type_exists(struct no_such_type) ? XDP_DROP : XDP_PASS'
for each in kfunc variable type; do
	ok "a $each that may be missing: as compiled" on edge "$program" check "$work/$each.o"
done
ok "fused, in the middle" on edge "$program" check "$work/kfunc.bpf.c" "$work/variable.bpf.c" "$work/type.bpf.c" "t=$tally"
chown 4711 "$work"/{kfunc,type}.o
refused "a service hears which right is missing" 3 'kfunc: .*needs CAP_SYS_ADMIN' edge-load check "$work/kfunc.o"
refused "for a type, too" 3 'type: .*needs CAP_SYS_ADMIN' edge-load check "$work/type.o"

ok "but root's compiles a source in a private home" env SUDO_UID=4711 "$program" check "$work/private/tally.bpf.c"

ok "and saves a map there" on edge "$program" map save edge0/xdp/t/tallies "$work/private/saved"
ok "a service saves one where it may write" edge-load map save edge0/xdp/t/tallies "$work/private/own"
ok "and restores it" edge-load map restore edge0/xdp/t/tallies "$work/private/own"

# ---------------------------------------------------------------- one is missing

chains=$(edge-load status -j | jq -c 'map([.device, .hook, .generation, .program.id])')
before=$(pins | sort)
held=$(programs)
as_many() { [ "$(programs)" -eq "$held" ]; }
missing() { # missing NAME CAPABILITIES COMMAND...
	local name=$1 caps=$2

	shift 2
	refused "$1 without $name" 3 "not enough privilege: $name is missing" with "$caps" "$program" "$@"
	like "$1 without $name: what to do" "$(with "$caps" "$program" "$@" 2>&1)" 'edge-load doctor'
}
for verb in "attach edge0 t=$tally" "attach edge1 --hook tc-ingress t=$tally" "param set edge0/xdp/t step=2" "check count"; do
	# shellcheck disable=SC2086
	{
		missing CAP_BPF net_admin,perfmon $verb
		missing CAP_NET_ADMIN bpf,perfmon $verb
		missing CAP_PERFMON bpf,net_admin $verb
	}
done
missing CAP_BPF net_admin,perfmon status
missing CAP_BPF net_admin,perfmon detach edge0
missing CAP_NET_ADMIN bpf,perfmon detach edge0
missing CAP_BPF net_admin,perfmon map dump edge0/xdp/t/tallies
is "nothing has changed" "$(edge-load status -j | jq -c 'map([.device, .hook, .generation, .program.id])')" "$chains"
is "nothing is left among the pins" "$(pins | sort)" "$before"
ok "nor in the kernel" wait_for 10 as_many
ok "to look at it takes no CAP_PERFMON" with bpf,net_admin "$program" stats edge0
with net_admin,perfmon "$program" doctor >"$work/doctor"
is "doctor: that is a missing privilege" "$?" 3
like "doctor: it is named" "$(cat "$work/doctor")" '^FAIL +privilege +missing: CAP_BPF$'
like "doctor: how to grant it" "$(cat "$work/doctor")" "setcap cap_bpf,cap_net_admin,cap_perfmon\+ep $program"
like "doctor: to a unit" "$(cat "$work/doctor")" 'AmbientCapabilities=CAP_BPF CAP_NET_ADMIN CAP_PERFMON'
EDGE_LOAD_BPFFS=/sys/fs/bpf edge-load doctor >"$work/doctor"
is "doctor: a bpffs that is root's is a missing privilege" "$?" 3
like "doctor: and it says what to do" "$(cat "$work/doctor")" 'chown USER'

EDGE_LOAD_BPFFS=/sys/fs/bpf refused "attach there is refused" 3 "can't make the folder /sys/fs/bpf/edge: Permission denied" \
	edge-load attach edge1 "t=$tally"
like "and it says what to do" "$(EDGE_LOAD_BPFFS=/sys/fs/bpf edge-load attach edge1 "t=$tally" 2>&1)" \
	"owner of the pins.*--bpffs.*edge-load doctor"

# What doctor says works: file capabilities, without ambient ones.
setcap cap_bpf,cap_net_admin,cap_perfmon+ep "$program"
granted() { on edge setpriv --reuid 4711 --regid 4711 --clear-groups --inh-caps -all -- "$program" "$@"; }
ok "with setcap alone: swap" granted attach edge0 "t=$tally"
ok "with setcap alone: look" granted map dump edge0/xdp/t/tallies
# libxdp then reads no variables, so edge-load looks for its pins in the same place.
mkdir "$work/libxdp" && touch "$work/libxdp/xdp"
is "with setcap alone: libxdp's variables do not count" \
	"$(LIBXDP_BPFFS=$work/libxdp granted attach lo --mode shared count 2>&1 | grep 'is not a folder')" ""
granted -q detach lo 2>/dev/null
setcap -r "$program"

# ---------------------------------------------------------------- files of others

cp "$tally" "$work/theirs.o"
chmod 666 "$work/theirs.o"
refused "an object that others can write" 3 'can write .*theirs\.o \(mode 0666\)' edge-load attach edge0 "t=$work/theirs.o"
like "what to do" "$(edge-load attach edge0 "t=$work/theirs.o" 2>&1)" 'chmod go-w .*theirs\.o'
chmod 644 "$work/theirs.o" && chown 815 "$work/theirs.o"
refused "one that is neither root's nor the caller's" 3 'theirs\.o belongs to user 815' \
	edge-load attach edge0 "t=$work/theirs.o"
refused "for root neither" 3 'theirs\.o belongs to user 815' on edge "$program" check "$work/theirs.o"
ok "but for root by sudo of its owner" env SUDO_UID=815 "$program" check "$work/theirs.o"
chown 4711 "$work/theirs.o"
ok "the caller's own" edge-load check "$work/theirs.o"
mkdir "$work/open" && cp "$here/functions/tally.bpf.c" "$work/open/" && chmod 777 "$work/open"
refused "a source whose folder others can write" 3 'other than its owner can replace .*its folder has mode 0777' \
	edge-load attach edge0 "t=$work/open/tally.bpf.c"
chmod 1777 "$work/open"
ok "unless it is sticky, as /tmp is" edge-load check "$work/open/tally.bpf.c"
chmod 666 "$work/theirs.o"
ok "to look into one is nobody's risk" edge-load inspect "$work/theirs.o"
is "nothing of this has changed what runs" "$(status edge0 xdp '[.instances[].name] | join(" ")')" t

# A folder that somebody made where ours would be, in a bpffs that all can write.
mkdir "$work/bpffs" && mount -t bpf bpf "$work/bpffs" && chmod 1777 "$work/bpffs"
mkdir -m 755 "$work/bpffs/edge" && chown 815 "$work/bpffs/edge"
refused "a folder of pins that is somebody else's" 3 'bpffs/edge belongs to user 815' \
	on edge "$program" --bpffs "$work/bpffs" attach edge0 "t=$tally"

# ---------------------------------------------------------------- the end

ids=$(ids edge0 xdp)
ok "detach" edge-load detach edge0
ok "detach at tc" edge-load detach edge0 --hook tc-ingress
ok "detach with clsact" edge-load detach edge1 --hook tc-egress
ok "detach" edge-load detach edge1
is "nothing is pinned" "$(pins)" ""
ok "nothing is in the kernel" gone "$ids"
finish

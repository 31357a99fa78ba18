#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Pins that another user made. Root works on a folder of pins that it gave to a service's user, and in a bpffs in which
# all users can make files. Whatever they put there, symbolic links and maps of other shapes among it, root's edge-load
# removes nothing outside the bpffs, detaches no other chain, and comes to its end; a chain that is not sound is listed
# with its reason, and all others go on. And files that root writes into another user's folder.
. "$(dirname "$0")/lib.sh"

# The tree may be where a service's user can't go.
cp -rL "$build"/{bin,lib,include,tests/e2e/plant} "$work/" || exit 1
chmod 755 "$work"
service=/sys/fs/bpf/service
chmod 1777 /sys/fs/bpf # as the kernel makes it
mkdir -m 700 "$service" && chown 4721:4721 "$service"

# as_service COMMAND...: as the service's user, who may load programs.
as_service=(setpriv --reuid 4721 --regid 4721 --clear-groups --inh-caps "-all,+bpf,+net_admin,+perfmon"
	--ambient-caps "-all,+bpf,+net_admin,+perfmon" --)
as_service() { on edge "${as_service[@]}" "$@"; }
# stranger COMMAND...: a user without any right.
stranger() { setpriv --reuid 4722 --regid 4722 --clear-groups --inh-caps -all --bounding-set -all -- "$@"; }
root() { edge-load "$@"; }
root_there() { edge-load --bpffs "$service" "$@"; }

# victim: a folder of root's that nobody else may enter. whole: it is as it was.
victim() {
	rm -rf "$work/victim"
	mkdir -p "$work/victim/sub" && echo secret >"$work/victim/config" && echo x >"$work/victim/sub/file"
	chmod 700 "$work/victim"
}
whole() { (cd "$work/victim" 2>/dev/null && find . -type f | sort | paste -sd' '); }
untouched='./config ./sub/file'
clear_service() { find "$service" -mindepth 1 -delete; }
# comes_to_an_end COMMAND...: it ends, and not by a signal.
comes_to_an_end() {
	timeout 20 nsenter --net=/run/netns/edge -- "$build/bin/edge-load" "$@" >"$work/said" 2>&1
	local status=$?

	[ "$status" -lt 124 ] || { echo "exit status $status"; cat "$work/said"; return 1; }
}

ok "root's own chain" root attach edge0 count
own=$(root status -j edge0 | jq '.[0].program.id // .[0].programs[0].id')
own_runs() { root status -j edge0 2>/dev/null | jq -r '.[0] | "\(.state) \(.programs[0].id)"'; }

# ---------------------------------------------------------------- symbolic links
victim
as_service ln -s "$work/victim" "$service/edge-netns-424242"
ok "a link for the folder of a namespace" comes_to_an_end --bpffs "$service" status
is "what it leads to stays" "$(whole)" "$untouched"
clear_service
stranger ln -s "$work/victim" /sys/fs/bpf/edge-netns-424242
ok "of a user without any right, in root's bpffs" comes_to_an_end status
is "what it leads to stays" "$(whole)" "$untouched"
find /sys/fs/bpf -maxdepth 1 -name 'edge-netns*' -delete

# Any user can learn the number by which a namespace's folder goes.
cookie=$(on edge /usr/bin/python3 -c 'import socket, struct
print(*struct.unpack("Q", socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM).getsockopt(1, 71, 8)))')
stranger mkdir "/sys/fs/bpf/edge-netns-$cookie"
is "a folder for the namespace that root is in hides no chain" "$(own_runs)" "runs $own"
is "nor keeps root from changing it" "$(root attach edge0 count 2>&1 | grep -c 'generation 2')" 1
own=$(root status -j edge0 | jq '.[0].program.id // .[0].programs[0].id')
rmdir "/sys/fs/bpf/edge-netns-$cookie"
stranger ln -s service "/sys/fs/bpf/edge-netns-$cookie"
is "nor does a link" "$(own_runs)" "runs $own"
rm "/sys/fs/bpf/edge-netns-$cookie"

for name in xdp:new xdp:old xdp:7 xdp xdp:gone xdp:lock; do
	victim
	as_service mkdir -p "$service/edge/edge1"
	as_service ln -s "$work/victim" "$service/edge/edge1/$name"
	for verb in status "history edge1" "detach edge1" sweep; do
		# shellcheck disable=SC2086
		ok "a link as $name: $verb" comes_to_an_end --bpffs "$service" $verb
	done
	is "what the link $name leads to stays" "$(whole)" "$untouched"
	clear_service
done

# A folder on the way is a link.
victim
mkdir -p "$work/victim/xdp:new" && touch "$work/victim/xdp:new/prog"
as_service mkdir -p "$service/edge"
as_service ln -s "$work/victim" "$service/edge/edge1"
for verb in status "detach edge1" sweep; do
	# shellcheck disable=SC2086
	ok "a link in place of a device's folder: $verb" comes_to_an_end --bpffs "$service" $verb
done
is "what it leads to stays" "$(whole)" "$untouched ./xdp:new/prog"
clear_service

# Root's chain, by links to its pins: root may detach it, the service may not.
as_service mkdir -p "$service/edge/edge0/xdp:1"
as_service ln -s /sys/fs/bpf/edge/edge0/xdp/link "$service/edge/edge0/xdp:1/link"
as_service ln -s /sys/fs/bpf/edge/edge0/xdp/prog "$service/edge/edge0/xdp:1/prog"
as_service ln -s xdp:1 "$service/edge/edge0/xdp:gone"
for verb in status sweep "detach edge0" "attach edge0 count"; do
	# shellcheck disable=SC2086
	ok "links to the pins of root's chain: $verb" comes_to_an_end --bpffs "$service" $verb
done
is "root's chain runs" "$(own_runs)" "runs $own"
clear_service

stranger ln -s "$service" /sys/fs/bpf/edge-netns-1
victim
mkdir "$work/bpffs" && mount -t bpf bpf "$work/bpffs" && chmod 1777 "$work/bpffs"
stranger ln -s "$work/victim" "$work/bpffs/edge"
refused "a link in place of the folder of pins" 3 'bpffs/edge is not a folder' root --bpffs "$work/bpffs" status
is "what it leads to stays" "$(whole)" "$untouched"

# libxdp's folder, in which edge-load removes what libxdp was killed over.
victim
stranger mkdir /sys/fs/bpf/xdp
stranger ln -s "$work/victim" "/sys/fs/bpf/xdp/dispatch-$(on edge cat /sys/class/net/edge1/ifindex 2>/dev/null ||
	ip -n edge -j link show edge1 | jq '.[0].ifindex')-999999"
as_service mkdir -p "$service/edge/edge1/xdp:1"
as_service ln -s xdp:1 "$service/edge/edge1/xdp"
as_service "$work/plant" "$service/edge/edge1/xdp:1" edge1 sound mode=5 shared=1
ok "a link among libxdp's dispatchers" comes_to_an_end --bpffs "$service" attach edge1 count
is "what it leads to stays" "$(whole)" "$untouched"
refused "libxdp is not let work in a folder that another user made" 3 'bpf/xdp belongs to user 4722' \
	root attach edge1 --mode shared count
rm -r /sys/fs/bpf/xdp
# Its dispatcher, from a folder that the environment names.
mkdir "$work/objects" && touch "$work/objects/xdp-dispatcher.o" && chown 4722 "$work/objects/xdp-dispatcher.o"
export LIBXDP_OBJECT_PATH=$work/objects
refused "nor load a dispatcher that another user made" 3 'objects/xdp-dispatcher.o belongs to user 4722' \
	root attach edge1 --mode shared count
chown root "$work/objects/xdp-dispatcher.o" && chown 4722 "$work/objects"
refused "nor one that another user can replace" 3 "objects/xdp-dispatcher.o, because the folder $work/objects belongs to that user" \
	root attach edge1 --mode shared count
unset LIBXDP_OBJECT_PATH
root_there -q detach edge1 2>/dev/null
clear_service

# ---------------------------------------------------------------- with the rights of the owner
ok "a chain of the service" as_service "$work/bin/edge-load" --bpffs "$service" attach edge1 blocklist
ok "root swaps it" root_there attach edge1 blocklist count
is "all of its pins are the service's" "$(find "$service" -printf '%U\n' | sort -u)" 4721
ok "which can swap it again" as_service "$work/bin/edge-load" --bpffs "$service" attach edge1 blocklist count
# A program with AddressSanitizer in it needs /proc, and no LD_PRELOAD before its own: here the one without is tried.
unsanitised=${build%-san}/bin/edge-load
install -m 755 "$unsanitised" "$work/bin/unsanitised"
without_proc() { on edge unshare -m bash -c 'mount -t tmpfs tmpfs /proc; exec "$@"' without "$@"; }
for verb in status "detach edge1" "attach edge1 count"; do
	# shellcheck disable=SC2086
	refused "without /proc: ${verb% edge1*}" 8 \
		'service/edge belong to user 4721, and .* can.t be opened where no /proc is mounted' \
		without_proc "$unsanitised" --bpffs "$service" $verb
done
is "but its user sees them" "$(without_proc "${as_service[@]}" "$work/bin/unsanitised" --bpffs "$service" -j status |
	jq -r '.[] | select(.device == "edge1") | .state')" runs
ok "root saves a map into a file of root's" root_there map save edge1/xdp "$work/state"
is "which is root's" "$(stat -c '%U %a' "$work/state")" "root 644"
ok "and restores it" root_there map restore edge1/xdp "$work/state"
install -m 600 "$build/lib/edge-load/functions/count.o" "$work/private.o"
ok "root attaches an object of root's alone" root_there attach edge1 "p=$work/private.o"

# Maps of other shapes in the place of an instance's own, each before root's swap reads what it holds.
cp "$here/plain/own.bpf.c" "$work/"
for map in jumps tc_jumps next outer ports cpus bss; do
	ok "a chain with maps of many kinds" as_service "$work/bin/edge-load" --bpffs "$service" attach edge1 "j=$work/own.bpf.c#first"
	pin=$(readlink -f "$service/edge/edge1/xdp")/j/$map
	as_service rm "$pin"
	ok "another map in place of $map" as_service bpftool map create "$pin" type array key 4 value 65536 entries 4 name planted
	ok "a swap comes to its end" comes_to_an_end --bpffs "$service" attach edge1 "j=$work/own.bpf.c#first"
	ok "and so does a detach" comes_to_an_end --bpffs "$service" detach edge1
done

# Compiler flags in the pins of another user. Its own edge-load writes there any flag, in the place of a harmless one of the
# same length, and root's compiles a source of root's anew with it.
mkdir -m 777 "$work/theirs" && cp "$here/functions/tally.bpf.c" "$work/tally.bpf.c"
flag=-fplugin=$work/plugin.so
harmless=-DP$(printf "%$((${#flag} - 3))s" '' | tr ' ' x)
gcc -shared -fPIC -include fcntl.h -x c - -o "$work/plugin.so" <<END || exit 1
__attribute__((constructor)) static void run(void) { creat("$work/theirs/run", 0600); }
END
gcc -shared -fPIC -x c - -o "$work/flags.so" -lbpf <<END || exit 1
#define _GNU_SOURCE
#include <dlfcn.h>
#include <string.h>
#include <bpf/bpf.h>
int bpf_map_update_elem(int fd, const void *key, const void *value, __u64 flags)
{
	int (*next)(int, const void *, const void *, __u64) = dlsym(RTLD_NEXT, "bpf_map_update_elem");
	struct bpf_map_info info = {0};
	__u32 size = sizeof(info);
	char *at = bpf_obj_get_info_by_fd(fd, &info, &size) ? NULL : memmem(value, info.value_size, "$harmless", ${#flag});

	if (at)
		memcpy(at, "$flag", ${#flag});
	return next(fd, key, value, flags);
}
END
flags_applied() {
	printf 'version: 1\nchains: [{device: edge1, instances: [{name: a, function: %s, cflags: "%s"}]}]\n' \
		"$work/tally.bpf.c" "$harmless" |
		as_service env LD_PRELOAD="$work/flags.so" "$work/bin/unsanitised" --bpffs "$service" apply -
}
ok "a chain that has a plugin of the compiler in its pins" flags_applied
for verb in "param set edge1/xdp/a step=2" "map resize edge1/xdp/a/tallies 4"; do
	# shellcheck disable=SC2086
	refused "${verb% edge1*} does not give the compiler that flag" 2 'the compiler flag "-fplugin=.*plugin.so" is not allowed' \
		root_there $verb
done
is "nothing of that user's is run" "$(find "$work/theirs" -name run -printf '%f of %u')" ""
ok "another chain replaces it" as_service "$work/bin/edge-load" --bpffs "$service" attach edge1 blocklist count
rm -r "$work/theirs"

# ---------------------------------------------------------------- maps of other shapes
# planted PIN [FIELD=TEXT...]: a chain on lo beside the service's own
planted() {
	rm -rf "$service/edge/lo"
	as_service mkdir -p "$service/edge/lo/xdp:1" && as_service ln -s xdp:1 "$service/edge/lo/xdp" &&
		as_service "$work/plant" "$service/edge/lo/xdp:1" lo "$@"
}
state_of_lo() { root_there status -j 2>/dev/null | jq -r '.[] | select(.device == "lo") | .state'; }

ok "a chain that is sound" planted sound
is "is listed as one that does not run" "$(state_of_lo)" detached
ok "and can be asked for its counters" root_there stats lo

# everything TEXT: no verb dies of it
everything() {
	for verb in status "status -j" stats "stats -j" "history lo" "history -j lo" "map list" "map dump lo/xdp/a/m" \
		"map save lo $work/out" "diff lo 1" "attach lo --mode generic count" "detach lo"; do
		# shellcheck disable=SC2086
		ok "$1: $verb" comes_to_an_end --bpffs "$service" $verb
	done
}
for pin in metadata-percpu metadata-key metadata-entries metadata-huge metadata-short counters-value counters-entries \
	counters-kind carried-percpu carried-key shared-value; do
	case $pin in
	shared-value) fields=(mode=5) ;;
	*) fields=() ;;
	esac
	ok "$pin" planted $pin "${fields[@]}"
	is "$pin: the chain is listed as unreadable" "$(state_of_lo)" unreadable
	is "$pin: the other one runs" "$(root_there status -j 2>/dev/null | jq -r '.[] | select(.device == "edge1") | .state')" runs
	everything $pin
done
for pin in types-percpu types-key types-cut types-records types-names types-btf targets-key; do
	ok "$pin" planted $pin
	everything $pin
done

# ---------------------------------------------------------------- what a chain says of itself
many=$(printf 'i%d=count ' {1..65})
while IFS='|' read -r text field part; do
	ok "$text" planted sound "$field"
	is "$text: the chain is listed as unreadable" "$(state_of_lo)" unreadable
	like "$text: with the reason" "$(root_there status 2>&1)" "the chain on lo xdp describes itself in a way .*: its ${part:-instances}\$"
	everything "$text"
done <<END
no instance|chain=
more instances than a chain has|chain=${many% }
an instance without a function|chain=a
a name that leads out of the folder|chain=../../../x=count
a name with control characters|chain=%1b[31ma=count
a name that ends early|chain=%00a=count
no program|programs=|programs
a program behind the last instance|programs=2+1f|programs
a program of more instances than there are|programs=0+2f|programs
a program whose end wraps around|programs=1+18446744073709551615f|programs
a program before the first instance|programs=-1+1f|programs
a program of an unknown kind|programs=0+1x|programs
a program of an unknown form|programs=0+1f99|programs
more drop reasons than there are|reasons=$(printf '1:r%d,' {1..15})2:r|drop reasons
a drop reason of no such number|reasons=16:r|drop reasons
a drop reason without a number|reasons=r|drop reasons
a digest that is not one|digests=../../../x|digests
an unknown mode|mode=77|metadata
END
ok "an escape that is cut" planted sound chain=a=count:x=%a
is "is text" "$(root_there status -j 2>/dev/null | jq -r '.[] | select(.device == "lo") | .instances[0].params')" 'x=%a'
ok "a reason's escape that is cut" planted sound reasons=1:x%
ok "is text, too" root_there stats lo

# ---------------------------------------------------------------- files that are written
mkdir -m 755 "$work/theirs" && chown 4721:4721 "$work/theirs"
echo "root's own" >"$work/precious" && chmod 600 "$work/precious"
theirs() { setpriv --reuid 4721 --regid 4721 --clear-groups --inh-caps -all -- "$@"; }
save() { root map save edge0 "$1"; }
cp "$here/functions/tally.bpf.c" "$work/tally.bpf.c"
build_to() { root build -q "$work/tally.bpf.c" -o "$1"; }
for writer in save build_to; do
	rm -f "$work/theirs/"*
	theirs ln -s "$work/precious" "$work/theirs/file.partial"
	ok "$writer: beside another user's link" $writer "$work/theirs/file"
	is "$writer: it is a file of root's" "$(stat -c '%F %U %a' "$work/theirs/file")" "regular file root 644"
	rm -f "$work/theirs/"*
	theirs ln -s "$work/precious" "$work/theirs/file"
	refused "$writer: another user's link is not followed" 3 'theirs/file: it is a symbolic link of user 4721' \
		$writer "$work/theirs/file"
	theirs ln -sf /dev/null "$work/theirs/file"
	refused "$writer: nor one to a device" 3 'theirs/file: it is a symbolic link of user 4721' \
		$writer "$work/theirs/file"
	is "$writer: what it leads to stays" "$(<"$work/precious")" "root's own"
	rm -f "$work/theirs/"* && theirs touch "$work/theirs/file" && theirs chmod 666 "$work/theirs/file"
	ok "$writer: in place of another user's file" $writer "$work/theirs/file"
	is "$writer: it is root's now" "$(stat -c '%U %a' "$work/theirs/file")" "root 644"
	rm -f "$work/theirs/"* && ln -s "$work/precious" "$work/mine"
	ok "$writer: by root's own link" $writer "$work/mine"
	is "$writer: which stays one, to a file with its mode" "$(stat -c %F "$work/mine"),$(stat -c %a "$work/precious")" \
		"symbolic link,600"
	echo "root's own" >"$work/precious" && rm "$work/mine"
	mknod "$work/disk" b 7 99
	refused "$writer: a block device" 2 'disk: not a regular file' $writer "$work/disk"
	is "$writer: stays one" "$(stat -c %F "$work/disk")" "block special file"
	rm "$work/disk"
	is "$writer: nothing else is left" "$(find "$work" -name '.edge-load*')" ""
done
mkdir "$work/own" && theirs ln -s "$work/own" "$work/theirs/folder" && ln -s "$work/own" "$work/link"
refused "another user's link on the way is not followed" 3 'it is a symbolic link of user 4721' \
	save "$work/theirs/folder/file"
is "what it leads to stays empty" "$(ls "$work/own")" ""
ok "root's own is" save "$work/link/../link/./file"
is "to a file there" "$(ls -A "$work/own")" file
ln -s loop "$work/loop"
refused "a link to itself" 1 'loop: Too many levels of symbolic links' save "$work/loop"
refused "a folder" 2 'own: not a regular file' save "$work/own"
theirs mkfifo "$work/theirs/pipe"
theirs cat "$work/theirs/pipe" >"$work/leaked" &
reader=$!
refused "a map is not saved into another user's pipe" 3 'theirs/pipe: it is a pipe of user 4721' \
	timeout 10 nsenter --net=/run/netns/edge -- "$build/bin/edge-load" map save edge0 "$work/theirs/pipe"
kill $reader && wait $reader 2>/dev/null
is "which gets nothing" "$(cat "$work/leaked")" ""
is "a pipe of root's own gets it" "$(root map save edge0 /dev/stdout | head -n 1)" \
	"# the maps of edge0; edge-load map restore reads this"
is "and one by its name" "$(root -q map save edge0 >(cat) | head -n 1)" "# the maps of edge0; edge-load map restore reads this"

ok "root's chain runs" test "$(own_runs)" = "runs $own"
finish

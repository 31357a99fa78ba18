#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Files that an attacker (user 815) puts in root's way: none of them decides what runs, and none of them has the compiler
# read what the attacker can't.
. "$(dirname "$0")/lib.sh"

chmod 755 "$work" && mkdir -m 1777 "$work/tmp" && cd "$work/tmp" || exit 1
# The tree may be where another user can't go.
cp -rL "$build/bin" "$build/lib" "$build/include" "$work/" || exit 1
program=$work/bin/edge-load
edge-load() { on edge timeout 20 "$program" "$@"; }
attacker() { setpriv --reuid 815 --regid 815 --clear-groups --inh-caps=-all --bounding-set=-all -- "$@"; }
program_text() { # NAME VERDICT
	printf '%s\n' '#include <linux/bpf.h>' '#include <bpf/bpf_helpers.h>' \
		"SEC(\"xdp\") int $1(struct xdp_md *ctx) { return XDP_$2; }" 'char _license[] SEC("license") = "GPL";'
}
printf '%s\n' 'version: 1' 'chains:' '  - device: edge0' '    instances: [count]' >manifest.yaml
program_text good PASS >good.bpf.c
edge-load build good.bpf.c -o good.o || exit 1

# ---------------------------------------------------------------- FIFOs and devices

# fifo NAME FILE: the attacker's, who writes FILE into it for whoever reads.
fifo() {
	attacker mkfifo -m 644 "$1"
	attacker sh -c "while :; do cat '$2' >'$1'; sleep 0.05; done" 2>/dev/null &
	writer=$!
}
for each in manifest.yaml good.bpf.c good.o; do
	fifo "fifo.$each" "$each"
	verb=(attach edge0 "./fifo.$each")
	[ "$each" != manifest.yaml ] || verb=(apply "fifo.$each")
	refused "an attacker's FIFO: $each" 2 "fifo.$each is not a regular file" edge-load "${verb[@]}"
	kill "$writer"
	rm "fifo.$each"
	# Nobody writes to this one.
	attacker mkfifo -m 644 "fifo.$each"
	refused "a FIFO that nobody writes to: $each" 2 "fifo.$each is not a regular file" edge-load "${verb[@]}"
	rm "fifo.$each"
done
printf '%s\n' 'version: 1' 'chains:' '  - device: edge0' '    instances:' '      - function: blocklist' \
	'        maps:' '          blocked: {file: list}' >table.yaml
attacker mkfifo -m 644 list
refused "a FIFO as the file of a table" 2 'list is not a regular file' edge-load apply table.yaml
rm list && echo 192.0.2.0/24 >list && chown 815 list
ok "a table's entries may come from anybody whom the manifest names" edge-load apply table.yaml
ok "detach" edge-load detach edge0
refused "a device is no manifest" 2 '/dev/zero is not a regular file' edge-load apply /dev/zero
refused "nor an object" 2 '/dev/zero is not a regular file' edge-load attach edge0 /dev/zero
like "what to do" "$(edge-load apply /dev/zero 2>&1)" 'standard input, as "-"'
is "nothing runs" "$(edge-load status -j edge0 | jq length)" 0
ok "a manifest on standard input" edge-load apply - <manifest.yaml
ok "detach" edge-load detach edge0

# ---------------------------------------------------------------- the folder

# The attacker owns the folder and puts other files of root's in the place of this one.
mkdir d && cp manifest.yaml good.bpf.c good.o d/ && chown 815 d
for each in manifest.yaml good.bpf.c good.o; do
	verb=(attach edge0 "d/$each")
	[ "$each" != manifest.yaml ] || verb=(apply "d/$each")
	refused "root's file in an attacker's folder: $each" 3 "user 815 can replace .*d/$each, because the folder .* belongs to that user" \
		edge-load "${verb[@]}"
	ln -s "$PWD/d/$each" "link.$each"
	verb[-1]=./link.$each
	refused "through a link in root's: $each" 3 "user 815 can replace .*d/$each" edge-load "${verb[@]}"
	chmod 1755 d
	refused "a sticky folder's owner can replace it, too: $each" 3 "user 815 can replace" edge-load "${verb[@]}"
	chmod 755 d
done
ok "below sudo that is the caller" env SUDO_UID=815 "$program" check d/good.bpf.c
ok "anybody's may be looked into" edge-load inspect d/good.o

# ---------------------------------------------------------------- headers

mkdir include && echo '#define VERDICT XDP_DROP' >include/verdict.h && chown 815 include/verdict.h
{ echo '#include "include/verdict.h"' && program_text good PASS; } >header.bpf.c
for verb in "attach edge0 ./header.bpf.c" "check ./header.bpf.c" "build header.bpf.c -o header.o"; do
	# shellcheck disable=SC2086
	refused "an attacker's header: ${verb%% *}" 3 'header.bpf.c: a header: .*verdict.h belongs to user 815' \
		edge-load $verb
done
chown 0 include/verdict.h
ok "root's header" edge-load check ./header.bpf.c
chown 815 include
refused "in an attacker's folder" 3 'a header: user 815 can replace .*verdict.h' edge-load check ./header.bpf.c

# What clang would take in the place of a header, in a sticky folder where anybody may put it.
printf '%s\n' '#include <linux/bpf.h>' '#include <bpf/bpf_helpers.h>' \
	'SEC("xdp") int good(struct xdp_md *ctx) { return VERDICT; }' 'char _license[] SEC("license") = "GPL";' >verdict.bpf.c
echo '#define VERDICT XDP_PASS' >verdict.h
printf '%s\n' 'version: 1' 'chains:' '  - device: edge0' \
	'    instances: [{function: ./verdict.bpf.c, cflags: [-include, verdict.h]}]' >flags.yaml
ok "root's header, by a flag" edge-load -q apply flags.yaml
attacker sh -c 'echo "#define VERDICT XDP_DROP" >evil.h && clang -O2 -g -target bpf -mcpu=v3 \
	-fno-delete-null-pointer-checks -fdebug-compilation-dir=/ -x c-header evil.h -o verdict.h.gch &&
	cp verdict.h.gch verdict.h.pch'
is "an attacker's precompiled one is there" "$(stat -c %u verdict.h.gch verdict.h.pch | paste -sd' ')" "815 815"
like "and is not taken" "$(edge-load apply flags.yaml)" 'edge0 xdp: unchanged'
export EDGE_LOAD_CFLAGS='-include verdict.h'
ok "nor by the environment's flags" edge-load build verdict.bpf.c -o verdict.o
unset EDGE_LOAD_CFLAGS
is "the object has root's" "$(llvm-objdump -d verdict.o | grep -cE '[rw]0 = (0x)?2$')" 1
ok "detach" edge-load -q detach edge0

# A file that the group can't write, but another user by a list.
acl() { # FILE: user 815 may write it
	python3 -c 'import os, struct, sys
entry = lambda tag, rights, who=0xffffffff: struct.pack("<HHI", tag, rights, who)
os.setxattr(sys.argv[1], "system.posix_acl_access", struct.pack("<I", 2) + entry(1, 6) + entry(2, 6, 815) + entry(4, 4)
	+ entry(16, 6) + entry(32, 4))' "$1"
}
for each in manifest.yaml good.bpf.c good.o; do
	cp "$each" "listed-$each" && acl "listed-$each"
	case $each in
	manifest.yaml) verb=plan ;;
	*) verb=check ;;
	esac
	refused "$each that an access control list gives to an attacker" 3 'users other than its owner can write .*listed' \
		edge-load "$verb" "./listed-$each"
done

# ---------------------------------------------------------------- the compiler's rights

mkdir -m 700 "$work/root" && echo 'ROOT ONLY' >"$work/root/secret"
echo 'ROOT ONLY' >"$work/secret" && chmod 600 "$work/secret"
echo 'GROUP ONLY' >"$work/group" && chmod 640 "$work/group"
spy() { # NAME LINE
	{ echo "$2" && program_text spy PASS; } >"$1.c"
	chown 815 "$1.c"
}
for file in "$work/secret" "$work/root/secret" "$work/group"; do
	spy include "#include \"$file\""
	spy incbin "asm(\".section secret\\n.incbin \\\"$file\\\"\\n.text\");"
	spy embed "#if __has_include(\"$file\")"$'\n'"#include \"$file\""$'\n'"#else"$'\n'"#error none"$'\n'"#endif"
	for each in include incbin embed; do
		said=$(edge-load build "$each.c" -o spy.o 2>&1)
		is "root builds an attacker's source: $each of ${file#"$work/"}" "$? $(ls spy.o 2>/dev/null)" "6 "
		is "and says nothing of it: $each of ${file#"$work/"}" "$(grep -c 'ONLY' <<<"$said")" 0
		SUDO_UID=815 edge-load check "./$each.c" >said 2>&1
		is "attached below sudo: $each of ${file#"$work/"}" "$? $(grep -c 'ONLY' said)" "6 0"
	done
done
program_text spy PASS >fine.c && chown 815 fine.c && chmod 600 fine.c
ok "what asks for nothing is built" edge-load build fine.c -o fine.o
is "by its owner" "$(stat -c %u fine.o)" 0
cat >"$work/clang" <<'END'
#!/bin/sh
id -u >>/run/work/clang.ids; id -G >>/run/work/clang.ids
exec clang "$@"
END
chmod 755 "$work/clang" && install -m 666 /dev/null "$work/clang.ids"
CLANG=$work/clang edge-load build fine.c -o fine.o
is "clang is that user, without a group of root's" "$(sort -u "$work/clang.ids" | paste -sd' ')" "65534 815"
: >"$work/clang.ids"
CLANG=$work/clang edge-load build good.bpf.c -o good.o
is "root's source is compiled by root" "$(sort -u "$work/clang.ids" | paste -sd' ')" 0
cat >"$work/clang" <<'END'
#!/bin/sh
env >/run/work/clang.env
awk '{ print ($6 == $1 || $6 == $4 ? "its own" : "another"), $7 }' /proc/self/stat >/run/work/clang.session
exec clang "$@"
END
install -m 666 /dev/null "$work/clang.env" && install -m 666 /dev/null "$work/clang.session"
SECRET=of-root CLANG=$work/clang edge-load build fine.c -o fine.o
is "that user does not see root's environment" "$(grep -c of-root "$work/clang.env") $(grep -c ^PATH= "$work/clang.env")" "0 1"
is "and not root's terminal" "$(cat "$work/clang.session")" "its own 0"
attacker mkfifo never.h
attacker sh -c "printf '%s\\n' '#include \"never.h\"' >never.c"
compilers() { pgrep -u 815 -x clang; }
gone() { ! compilers; }
refused "that user's source never ends" 1 'it took longer than 1 s' \
	timeout 20 env EDGE_LOAD_COMPILE_SECONDS=1 "$program" build never.c -o never.o
ok "its compiler is gone" gone
start edge "$program" build never.c -o never.o
ok "it runs once more" wait_for 10 compilers
kill -KILL "$started" && wait "$started" 2>/dev/null
ok "it ends with edge-load" wait_for 5 gone
truncate -s 8G huge.c && truncate -s 8G huge.o && chown 815 huge.*
# AddressSanitizer needs more addresses than this: the program without it is tried.
bounded() { (ulimit -v 16000000 && program=${build%-san}/bin/edge-load "$@"); }
refused "a source that has no end" 1 'huge.c: it is larger than 256 MiB' bounded edge-load build huge.c -o huge.o2
refused "an object that has no end" 4 'huge.o: it is larger than 256 MiB' bounded edge-load inspect ./huge.o
refused "where root can't become another user" 3 'belongs to user 815, and clang can.t be run as that user' \
	on edge setpriv --bounding-set=-setuid --inh-caps=-setuid "$program" build fine.c -o fine.o
finish

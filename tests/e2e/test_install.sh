#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# make install and make uninstall, into a root of their own: what is there works from there, and nothing of it is left.
. "$(dirname "$0")/lib.sh"

root=$work/root
make_() { make -s --no-print-directory -C "$top" "$@" DESTDIR="$root" >"$work/make.log" 2>&1; }
files() { (cd "$root" && find . -type f | sort); }

ok "make install" make_ install
is "the program, its helpers, the functions that ship" "$(files | sed -nE 's,^\./usr/local/(bin|lib/edge-load)/,\1/,p')" \
	"$(printf '%s\n' bin/edge-load lib/edge-load/{chain.bpf.o,edge-load-fuse,libxdp/xdp-dispatcher.o,prefix.bpf.o,shared.bpf.o} \
		"$(cd "$top/bpf" && find functions -name '*.bpf.c' | sed 's,\.bpf\.c$,.o,; s,^,lib/edge-load/,')" | sort)"
is "the SDK's headers, the public ones and the internal ones" "$(files | sed -n 's,^\./usr/local/include/edge/,,p')" \
	"$(cd "$top/bpf/edge" && find . -name '*.h' | sed 's,^\./,,' | sort)"
is "man pages and completion" "$(files | grep '/share/')" "$(printf './usr/local/share/%s\n' \
	bash-completion/completions/edge-load man/man5/edge-load.yaml.5 man/man8/edge-load.8)"
is "units, and a rule for hot-plug" "$(files | grep -E 'systemd|udev')" "$(printf './usr/local/lib/%s\n' \
	systemd/system/edge-load.service systemd/system/edge-load@.service udev/rules.d/90-edge-load.rules)"
is "nobody but root may write any of it" "$(find "$root" -perm /022)" ""

# As if the root were this one.
mount --bind "$root/usr/local" /usr/local
mkdir "$work/elsewhere" && cd "$work/elsewhere" || exit 1
cat >own.bpf.c <<-END
	#include <edge/edge.h>
	EDGE_FUNCTION(own) { return pkt->udp ? EDGE_DROP : EDGE_NEXT; }
END
installed() { on edge /usr/local/bin/edge-load "$@"; }
ok "the installed program finds its functions, its compiler and its headers" installed attach edge0 blocklist ./own.bpf.c count
is "and they work" "$(pings client 5 198.51.100.1)/$(of edge0 xdp count packets)" 5/5
is "from where they were installed" "$(installed inspect count -j | jq -r .path | xargs realpath)" \
	/usr/local/lib/edge-load/functions/count.o
ok "doctor is content" installed doctor
ok "before an uninstall: all chains off" installed detach --all
is "no pin is left" "$(pins)" ""
cd / && umount /usr/local

# ---------------------------------------------------------------- off again
mkdir -p "$root/usr/local/lib/edge-load/functions" && touch "$root/usr/local/bin/other" \
	"$root/usr/local/lib/edge-load/functions/mine.o" "$root/etc/edge-load/edge.yaml"
ok "make uninstall" make_ uninstall
is "leaves what is not of edge-load's" "$(files)" "$(printf '%s\n' ./etc/edge-load/edge.yaml ./usr/local/bin/other \
	./usr/local/lib/edge-load/functions/mine.o)"
rm -r "$root"

# ---------------------------------------------------------------- another prefix
ok "make install, another prefix" make_ install PREFIX=/opt/edge
is "all of it is below the prefix" "$(find "$root" -type f ! -path "$root/opt/edge/*")" ""
is "the units, the rule and the manifest's folder too" "$(cd "$root/opt/edge" && ls -d lib/systemd/system/* lib/udev/rules.d/* etc/*)" \
	"$(printf '%s\n' etc/edge-load lib/systemd/system/edge-load{,@}.service lib/udev/rules.d/90-edge-load.rules)"
is "the units name the program and the manifest by their places" \
	"$(grep -hoE '/[^ "=]*/(bin/edge-load|edge\.yaml)' "$root"/opt/edge/lib/*/*/*edge* | sort -u)" \
	"$(printf '/opt/edge/%s\n' bin/edge-load etc/edge-load/edge.yaml)"
like "and it is said how systemd and udev find them" "$(<"$work/make.log")" \
	'systemctl link /opt/edge/lib/systemd/system/edge-load.service .*edge-load@.service'
like "and it is said how systemd and udev find them" "$(<"$work/make.log")" 'ln -s /opt/edge/lib/udev/rules.d/90-edge-load.rules /etc'
ok "make uninstall" make_ uninstall PREFIX=/opt/edge
is "leaves no file" "$(files)" ""
is "and no folder that is edge-load's" "$(find "$root" -name '*edge-*' -o -path '*/include/edge')" ""
ok "make install, units where systemd is said to look" make_ install PREFIX=/opt/edge UNITDIR=/lib/u RULEDIR=/lib/r ETCDIR=/etc/e
is "the units are there, and name the program and the manifest" \
	"$(grep -hoE '/[^ "=]*/(bin/edge-load|edge\.yaml)' "$root"/lib/[ur]/* | sort -u)" "$(printf '%s\n' /etc/e/edge.yaml /opt/edge/bin/edge-load)"
ok "make uninstall" make_ uninstall PREFIX=/opt/edge UNITDIR=/lib/u RULEDIR=/lib/r ETCDIR=/etc/e
is "leaves no file" "$(files)" ""
ok "a prefix that is no absolute path is refused" not make_ install PREFIX=here
ok "so is an empty one" not make_ install PREFIX=
ok "so is one with a space in it" not make_ install "PREFIX=/opt/my edge"
like "which is said" "$(<"$work/make.log")" 'PREFIX is "/opt/my edge", and can have no space'
ok "make install, with a slash behind the prefix" make_ install PREFIX=/usr/
is "the manifest is where that of /usr is" "$(grep -hoE '/[^ "=]*/(bin/edge-load|edge\.yaml)' "$root"/usr/lib/*/*/*edge* | sort -u)" \
	"$(printf '%s\n' /etc/edge-load/edge.yaml /usr/bin/edge-load)"
is "and systemd and udev look there" "$(grep -c 'does not look' "$work/make.log")" 0
ok "make uninstall" make_ uninstall PREFIX=/usr/
is "leaves no file" "$(files)" ""

# ---------------------------------------------------------------- as a user, and not half done
# as_user ARGUMENT...: make, as somebody who may read the tree, and write his own folder alone.
user=$work/user
install -d -o 65534 "$user" && install -d "$work/roots"
as_user() {
	setpriv --reuid 65534 --regid 65534 --clear-groups --inh-caps +dac_read_search --ambient-caps +dac_read_search \
		make -s --no-print-directory -C "$top" "$@" >"$work/make.log" 2>&1
}
everything() { find "$user" "$work/roots" | sort; }
before=$(everything)
ok "a user may not install below root's folder" not as_user install PREFIX="$work/roots"
like "which is said" "$(<"$work/make.log")" "install: nobody can't write to $work/roots; nothing was done"
ok "nor the units there, with the rest in his own" not as_user install PREFIX="$user/x" UNITDIR="$work/roots/units"
is "nothing is half done" "$(everything)" "$before"
ok "into his own folder he may" as_user install PREFIX="$user/x"
ok "and what is installed runs" "$user/x/bin/edge-load" inspect count
ok "root installs" make_ install PREFIX=/opt/edge
before=$(files)
ok "what root installed, a user can't remove" not as_user uninstall PREFIX="$root/opt/edge"
is "and nothing of it is gone" "$(files)" "$before"
ok "his own he may" as_user uninstall PREFIX="$user/x"
is "and no file is left" "$(find "$user" -type f)" ""
mkdir "$work/small" && mount -t tmpfs -o size=300k tmpfs "$work/small"
to_small() { make -s --no-print-directory -C "$top" install PREFIX="$work/small/x" >"$work/make.log" 2>&1; }
ok "a full disk: refused" not to_small
like "which is said" "$(<"$work/make.log")" 'No space left on device'
is "and nothing is half done" "$(find "$work/small" -mindepth 1)" ""
finish

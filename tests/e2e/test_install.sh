#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# make install and make uninstall, into a root of their own: what is there works from there, and nothing of it is left.
. "$(dirname "$0")/lib.sh"

root=$work/root
make_() { make -s --no-print-directory -C "$top" "$@" DESTDIR="$root" >"$work/make.log" 2>&1; }
files() { (cd "$root" && find . -type f | sort); }

ok "make install" make_ install
is "the program, its helpers, the functions that ship" "$(files | sed -nE 's,^\./usr/local/(bin|lib/edge-load)/,\1/,p')" \
	"$(printf '%s\n' bin/edge-load lib/edge-load/{chain.bpf.o,edge-load-fuse,libxdp/xdp-dispatcher.o,shared.bpf.o} \
		"$(cd "$top/bpf" && find functions -name '*.bpf.c' | sed 's,\.bpf\.c$,.o,; s,^,lib/edge-load/,')" | sort)"
is "the SDK's headers" "$(files | grep -c '/include/edge/')" "$(find "$top/bpf/edge" -name '*.h' | wc -l)"
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
ok "make install, another prefix, units where systemd is said to look" make_ install PREFIX=/opt/edge UNITDIR=/lib/u RULEDIR=/lib/r
is "the units name the program by its place" "$(grep -hoE '/[^ "=]*/bin/edge-load' "$root"/lib/[ur]/* | sort -u)" /opt/edge/bin/edge-load
ok "make uninstall" make_ uninstall PREFIX=/opt/edge UNITDIR=/lib/u RULEDIR=/lib/r
is "leaves no file" "$(files)" ""
is "and no folder that is edge-load's" "$(find "$root" -name '*edge-*' -o -path '*/include/edge')" ""
finish

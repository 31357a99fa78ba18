#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# What Tab offers: the completion is called as bash calls it, with bash's parting of words at = and :.
set -uo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
edge_load=$top/${EDGE_TEST_BUILD:-build}/bin/edge-load
work=$(mktemp -d "${TMPDIR:-/tmp}/edge-load-completion.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 143' INT TERM
cd "$work" || exit 1
. "$top/tests/lib/tap.sh"

# A home with two functions.
mkdir -p lib/edge-load/functions && ln -s "$top/${EDGE_TEST_BUILD:-build}/include" include
cat >door.bpf.c <<'END'
#include <edge/edge.h>
EDGE_PARAM(__u32, width, 1, "");
EDGE_PARAM(bool, wooden, true, "");
EDGE_FUNCTION(door) { return wooden && width ? EDGE_NEXT : EDGE_PASS; }
END
export EDGE_LOAD_HOME=$work
"$edge_load" build door.bpf.c -o lib/edge-load/functions/door.o || exit 1
cp lib/edge-load/functions/door.o lib/edge-load/functions/window.o

compopt() { :; } # bash has it only while it completes
# shellcheck source=userspace/edge-load.bash-completion
. "$top/userspace/edge-load.bash-completion"

# offers LINE WORD...: LINE, with the cursor at its end, is offered exactly these words.
offers() {
	local line=$1 current previous=''

	shift
	COMP_LINE=$line COMP_POINT=${#line}
	current=${line##*[[:space:]=:]}
	_edge_load "$edge_load" "$current" "$previous"
	is "'$line' is offered $*" "$(printf '%s\n' "${COMPREPLY[@]}" | sort)" "$(printf '%s\n' "$@" | sort)"
}

mapfile -t verbs < <("$edge_load" help | awk '/^Options/ { exit } /^  [a-z]/ { print $1 }')
offers 'edge-load ' "${verbs[@]}"
offers 'edge-load sta' status stats
offers 'edge-load -j sta' status stats
offers 'edge-load --bpffs /tmp det' detach
offers 'edge-load help insp' inspect
mkdir netns && touch netns/red netns/blue && EDGE_LOAD_NETNS_DIR=$work/netns
offers 'edge-load --netns ' blue red
offers 'edge-load -n b' blue
offers 'edge-load --netns=r' red
offers 'edge-load -n red det' detach
offers 'edge-load attach lo' lo
offers 'edge-load attach --hook xdp lo' lo
offers 'edge-load attach lo --hook ' xdp tc-ingress tc-egress
offers 'edge-load attach lo --hook=tc-i' tc-ingress
offers 'edge-load attach lo --mode n' native
offers 'edge-load attach lo --m' --mode
offers 'edge-load detach lo --h' --hook --help
offers 'edge-load stats --wat' --watch
offers 'edge-load apply --w' --wait
offers 'edge-load attach lo ' door window
offers 'edge-load attach lo w' window
offers 'edge-load attach lo front=d' door
offers 'edge-load check door wi' window
offers 'edge-load inspect d' door
offers 'edge-load attach lo door:w' width= wooden=
offers 'edge-load attach lo front=door:width=2,woo' wooden=
offers 'edge-load build ./doo' ./door.bpf.c
offers 'edge-load attach lo ./doo' ./door.bpf.c
offers 'edge-load param s' set
offers 'edge-load map fl' flush

# Names that others chose: of network namespaces, devices, parameters of an object.
touch netns/'$(touch${IFS}ran)' netns/'a;b' netns/'`touch${IFS}ran`' netns/'*' netns/-n
offers 'edge-load --netns ' -n '\$\(touch\$\{IFS\}ran\)' '\`touch\$\{IFS\}ran\`' '\*' 'a\;b' blue red
offers 'edge-load --netns a' 'a\;b'
cp lib/edge-load/functions/door.o 'lib/edge-load/functions/$(touch${IFS}ran).o'
offers 'edge-load attach lo $' '\$\(touch\$\{IFS\}ran\)'
ok "none of them is run" test ! -e ran

finish

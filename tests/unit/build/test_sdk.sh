#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# The line between the calls that a function's author may make (bpf/edge/) and their insides (bpf/edge/internal/): each
# public call is documented in its header, functions use no internal name, and each public header can be included alone.
# Each rule is also shown to fail.
set -uo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
work=$(mktemp -d "${TMPDIR:-/tmp}/edge-load-sdk.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 143' INT TERM
cd "$top/bpf" || exit 1
. "$top/tests/lib/tap.sh"

# defined HEADER...: the names of functions and macros that a header defines.
defined() {
	sed -nE 's/^(EDGE_INLINE|EDGE_SUBPROGRAM) [^(]*\b(edge_[a-z0-9_]+)\(.*/\2/p
		s/^#define ((edge|EDGE)_[A-Za-z0-9_]+)\(.*/\1/p' "$@" | sort -u
}

# undocumented HEADER: the functions, and macros that are called like functions, which no comment /** ... */ names; and
# the functions whose own comment has no "Return" (if they return a value) or no "Hooks" (unless the header says it once
# for all its calls).
undocumented() {
	awk '
	/all work at every hook/ { everywhere = 1 }
	/^\/\*\*/ { inside = 1; text = "" }
	inside { text = text " " $0 }
	inside && /\*\// { inside = 0; all = all text; next }
	/^EDGE_INLINE|^#define edge_/ {
		match($0, /edge_[a-z0-9_]+\(/)
		name = substr($0, RSTART, RLENGTH - 1)
		if (!index(all, name "()"))
			print name ": no comment"
		if (!index(text, name "() -"))
			next
		if (/^EDGE_INLINE/ && !/^EDGE_INLINE void / && text !~ /Return/)
			print name ": no Return"
		if (text !~ /[Hh]ooks/ && !everywhere)
			print name ": no Hooks"
	}' "$1"
}

# internal FILE...: the internal names that these files use.
internal() { grep -ohwFf "$work/internal" "$@" | sort -u; }

is "there are public calls" "$(defined edge/*.h | grep -cx 'edge_route\|edge_payload_read\|edge_drop\|EDGE_TABLE')" 4
is "every public function is documented" "$(for each in edge/*.h; do undocumented "$each"; done)" ""
printf '%s\n' '/** edge_a() - a. Return: 1. */' 'EDGE_INLINE long edge_a(void)' 'EDGE_INLINE long edge_b(void)' \
	'/** edge_c() - c. Hooks: all. */' 'EDGE_INLINE long edge_c(void)' >"$work/bad.h"
is "which can fail" "$(undocumented "$work/bad.h" | paste -sd, -)" "edge_a: no Hooks,edge_b: no comment,edge_c: no Return"

defined edge/internal/*.h >"$work/internal"
is "no name is both public and internal" "$(defined edge/*.h | grep -xFf "$work/internal")" ""
authors=(functions/*.bpf.c ../tests/*/functions/*.bpf.c ../tests/packet/*.bpf.c ../examples/*/*.bpf.c README.md ../README.md)
is "no function uses an internal name" "$(internal "${authors[@]}")" ""
echo 'edge_room_put(pkt);' >"$work/bad.c"
is "which can fail" "$(internal "$work/bad.c")" edge_room_put
is "nor includes an internal header" "$(grep -l 'edge/internal/' "${authors[@]}" | grep -v 'README\.md$')" ""

flags=(-O2 -target bpf -Wall -Wno-unused -Werror -I. -Icompat -idirafter "/usr/include/$(cc -print-multiarch)")
before=(stdbool.h stddef.h linux/bpf.h linux/types.h bpf/bpf_helpers.h bpf/bpf_endian.h edge/abi.h) # as edge.h has them
alone() {
	printf '#include <%s>\n' "${before[@]}" "$1" >"$work/alone.c"
	clang "${flags[@]}" "${@:2}" -c -o "$work/alone.o" "$work/alone.c" 2>&1
}
is "each public header can be included alone" "$(for each in edge/*.h; do alone "$each" >/dev/null || echo "$each"; done)" ""
echo 'EDGE_INLINE int edge_bad(void) { return 0; }' >"$work/bad.h"
is "which can fail" "$(alone bad.h "-I$work" >/dev/null || echo refused)" refused
is "no header is longer than 300 lines" "$(wc -l edge/*.h edge/internal/*.h | awk '$2 != "total" && $1 > 300')" ""

finish

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# How the programs are built: position-independent, with canaries, checked copies, tables that are read-only from the start,
# and no stack that can be executed. As root they read what others wrote.
set -uo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
. "$top/tests/lib/tap.sh"

# has FILE OPTIONS REGEX: what readelf says of it
has() { grep -qE "$3" <<<"$(readelf -W "$2" "$1")"; }
not() { ! "$@"; }

for program in bin/edge-load lib/edge-load/edge-load-fuse; do
	file=$top/build/$program name=${program##*/}
	ok "$name: position-independent" has "$file" -h 'Type: +DYN'
	ok "$name: its tables are bound at the start" has "$file" -d '(BIND_NOW|FLAGS_1.*NOW)'
	ok "$name: and read-only from then on" has "$file" -l 'GNU_RELRO'
	ok "$name: no stack that can be executed" not has "$file" -l 'GNU_STACK.* RWE'
	ok "$name: canaries on the stack" has "$file" --dyn-syms '__stack_chk_fail'
	ok "$name: copies are checked" has "$file" --dyn-syms '__(mem|str|sn|vsn|f|vas)[a-z]*_chk'
done
finish

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# A conversion and a rollback of which a system call fails: faults.sh says how. And an attach to clsact of which a socket
# fails.
. "$(dirname "$0")/lib.sh"
. "$here/sweep.sh"
. "$here/faults.sh"

sweep_begin
state_of a "1 1 0 0" "$(chain_of stamp1 1)"
state_of b "2 2 0 0" "$(chain_of stamp1 2)"
state_of converted "3 3 0 0" "$(chain_of stamp2 3)"
detached=(edge0)
faults "a conversion" apply a converted
faults "rollback" rollback a b

# A filter of clsact is no link, which goes with who holds it: one socket after the other can't be had.
edge-load detach edge0 &>/dev/null
first=$(function_object flows1)
words=(attach edge0 --hook tc-ingress --mode clsact "f=$first")
filters() { on edge tc filter show dev edge0 ingress; }
on edge strace -qq -o "$work/trace" -e trace=socket "$build/bin/edge-load" -q "${words[@]}" >/dev/null 2>&1
sockets=$(grep -c '^socket(' "$work/trace") wrong='' refused=0
edge-load detach edge0 --hook tc-ingress >/dev/null
for ((nth = 1; nth <= sockets; nth++)); do
	if on edge strace -qq -o /dev/null -e trace=socket -e "inject=socket:error=ENOBUFS:when=$nth" \
		"$build/bin/edge-load" -q "${words[@]}" >/dev/null 2>"$work/said"; then
		[ -n "$(filters)" ] || wrong+=$'\n'"socket $nth: nothing is attached"
		edge-load detach edge0 --hook tc-ingress >/dev/null || wrong+=$'\n'"socket $nth: no detach"
	else
		refused=$((refused + 1))
		one_message || wrong+=$'\n'"socket $nth: said $(<"$work/said")"
	fi
	[ -z "$(filters)$(pins)" ] || wrong+=$'\n'"socket $nth: left behind: $(filters) $(pins)"
done
is "clsact: of $sockets sockets each one failed" "$wrong" ""
ok "clsact: some were refused" [ "$refused" -gt 0 ]
finish

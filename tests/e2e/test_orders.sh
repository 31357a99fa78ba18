#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The functions that ship, in orders and with parameters that made the optimiser write what the verifier can't follow:
# each chain is accepted, as one program.
. "$(dirname "$0")/lib.sh"

dscp=dscp:dscp=46,port=9000
dnat=dnat:address=192.0.2.80,port=80,to=203.0.113.2,to_port=8080
limit=ratelimit:pps=50
source=again=count:source=true

one_program() { # HOOK INSTANCE...
	is "$1: ${*:2}" "$(edge-load check --hook "$1" "${@:2}" -j | jq -r '.programs | length')" 1
}

for hook in xdp tc-ingress; do
	one_program "$hook" blocklist "$dscp" count
	one_program "$hook" "$dnat" route echo
	one_program "$hook" echo route blocklist "$dscp" "$source"
	one_program "$hook" blocklist echo count "$source" "$dscp"
	one_program "$hook" "$dscp" "$dnat" route echo "$limit"
	one_program "$hook" "$limit" count blocklist echo "$source" "$dscp" route "$dnat"
	one_program "$hook" first=route second=route
done
finish

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The functions that ship stand in any order. What the optimiser concludes from one function's tests for the next one's
# is more than the verifier follows in each of these; the first was found so.
. "$(dirname "$0")/lib.sh"

dscp=dscp:dscp=46,port=9000
dnat=dnat:address=192.0.2.80,port=80,to=203.0.113.2,to_port=8080
source=count:source=true

# accepted HOOK INSTANCE...: the verifier takes it, as one program.
accepted() {
	local hook=$1 i=0 each words=()

	shift
	for each; do
		words+=("i$((i++))=$each")
	done
	is "$hook: $*" "$(edge-load check --hook "$hook" "${words[@]}" -j | jq .fused)" true
}

for hook in xdp tc-ingress; do
	accepted "$hook" blocklist $dscp count
	accepted "$hook" echo $dscp count
	accepted "$hook" $dnat route echo
	accepted "$hook" echo route blocklist $dscp $source
	accepted "$hook" blocklist echo count $source $dscp
	accepted "$hook" $dscp $dnat route echo ratelimit
	accepted "$hook" echo $dscp ratelimit $source $dnat
	accepted "$hook" route $dnat $dscp $source ratelimit blocklist count echo
	accepted "$hook" ratelimit $source $dscp $dnat echo count blocklist route
	accepted "$hook" ratelimit count blocklist echo $source $dscp route $dnat
done
for first in $dscp $dnat count; do
	for second in blocklist ratelimit $dscp $dnat count; do
		accepted tc-egress "$first" "$second" $source
	done
done

# Two tests of pointers, joined by a third value, were made into arithmetic on pointers, and each instance then had to
# test the headers anew.
is "xdp: echo route: optimised as one program, at the first try" "$(edge-load check echo route | grep -c settled)" 0

# And does what it should.
ok "attach" edge-load attach edge0 blocklist $dscp count
receive_start server 9000
send client 198.51.100.2 203.0.113.2 9000 2000 400 >/dev/null
is "nothing is lost" "$(receive_end)" "received 400, twice 0, out of order 0"
is "ping" "$(pings client 20 203.0.113.2)" 20
like "counted by protocol and port" "$(edge-load map get edge0/xdp/count/counts '{protocol=17,port=9000}')" 'packets=400\b'
like "ping as well" "$(edge-load map get edge0/xdp/count/counts '{protocol=1,port=0}')" 'packets=20\b'
finish

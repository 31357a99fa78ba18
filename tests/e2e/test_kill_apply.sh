#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# An apply that swaps, converts, changes two chains or is taken back, killed at each of its system calls: kill.sh says
# how.
. "$(dirname "$0")/lib.sh"
. "$here/sweep.sh"
. "$here/kill.sh"

sweep_begin
state_of a "1 1 0 0" "$(chain_of stamp1 1)"
state_of b "2 2 0 0" "$(chain_of stamp1 2)"
state_of wide "3 3 0 0" "$(chain_of stamp2 3)"
state_of both_a "1 1 5 5" "$(chain_of stamp1 1)" "$(tc_of stamp1 5)"
state_of both_b "2 2 6 6" "$(chain_of stamp1 2)" "$(tc_of stamp1 6)"
detached=(edge0) counts=yes

kills "apply, a parameter" apply a b
kills "apply, a map converted" apply a wide

# These take longer than all others together: `make test-kill` takes every call.
export EDGE_KILL_EVERY=${EDGE_KILL_EVERY:-3}

# The driver of edge1 refuses its program, which nobody knows before it is asked, so what edge0 got by then is taken back.
ip -n server link set server0 mtu 9000
state_of fails "2 2 0 0" "$(chain_of stamp1 2)" "  - {device: edge1, instances: [$work/stamp1.o]}"
reach b # so that no generation with other maps is left
reach a
refused=8
kills "apply, taken back" apply a fails a
refused=0

# One can be the old one while the other is the new one, each of them whole.
mixed() { [[ $1 =~ ^(1 1 6 6|2 2 5 5)$ ]] && mixes=$((mixes + 1)); }
mixes=0
kills "apply, two chains" apply both_a both_b
echo "# $mixes times one chain was old and the other new"
finish

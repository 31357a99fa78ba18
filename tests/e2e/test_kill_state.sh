#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# A rollback over a conversion, an apply that is taken back, and one that takes a chain away, killed at each of their system
# calls: kill.sh says how.
. "$(dirname "$0")/lib.sh"
. "$here/sweep.sh"
. "$here/kill.sh"

sweep_begin
state_of a "1 1 0 0" "$(chain_of stamp1 1)"
state_of wide "3 3 0 0" "$(chain_of stamp2 3)"
state_of two "1 1 5 5" "$(chain_of stamp1 1)" "$(tc_of stamp1 5)"

detached=(edge0) counts=yes
kills "rollback, a map converted" rollback a wide

# The driver of edge1 refuses its program, which nobody knows before it is asked, so what edge0 got by then is taken back.
ip -n server link set server0 mtu 9000
state_of fails "3 3 0 0" "$(chain_of stamp2 3)" "  - {device: edge1, instances: [$work/stamp1.o]}"
reach wide # so that no generation with other maps is left
reach a
refused=8
EDGE_KILL_EVERY=${EDGE_KILL_EVERY:-2} kills "apply, a map converted, taken back" apply a fails a
refused=0

counts=''
kills "apply, a chain taken away" apply two a two
finish

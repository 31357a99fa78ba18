#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# A first apply, a swap and a detach of which a system call fails: faults.sh says how.
. "$(dirname "$0")/lib.sh"
. "$here/sweep.sh"
. "$here/faults.sh"

sweep_begin
state_of a "1 1 0 0" "$(chain_of stamp1 1)"
state_of b "2 2 0 0" "$(chain_of stamp1 2)"
detached=(edge0)
faults "apply, the first" apply none a
faults "a swap" apply a b
faults "detach" detach a none
finish

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# A first apply, a detach and a rollback, killed at each of their system calls: kill.sh says how.
. "$(dirname "$0")/lib.sh"
. "$here/sweep.sh"
. "$here/kill.sh"

sweep_begin
state_of a "1 1 0 0" "$(chain_of stamp1 1)"
state_of b "2 2 0 0" "$(chain_of stamp1 2)"
state_of clsact "0 0 3 3" "$(tc_of stamp1 3 ', mode: clsact')"

counts='' detached=(edge0)
kills "apply, the first" apply none a a
kills "detach" detach a none a
counts=yes
kills "rollback" rollback a b
edge-load -q detach edge0
counts='' detached=(edge0 --hook tc-egress)
kills "apply, the first, without a link" apply none clsact clsact
kills "detach, without a link" detach clsact none clsact
finish

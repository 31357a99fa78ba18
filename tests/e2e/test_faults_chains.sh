#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Commands that change two chains, of which a system call fails (faults.sh). Both chains are at the old generation, or both
# are at the new one.
. "$(dirname "$0")/lib.sh"
. "$here/sweep.sh"
. "$here/faults.sh"

sweep_begin
detached=(--all)
export EDGE_FAULTS_EVERY=${EDGE_FAULTS_EVERY:-18} # there are some 1,000 of them
state_of both_a "1 1 5 5" "$(chain_of stamp1 1)" "$(tc_of stamp1 5)"
state_of both_b "2 2 6 6" "$(chain_of stamp1 2)" "$(tc_of stamp1 6)"
faults "two chains" apply both_a both_b
state_of a "1 1 0 0" "$(chain_of stamp1 1)"
faults "a chain taken away" apply both_a a
finish

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# tests/e2e/test_shared.sh on Debian's kernel 6.12, in a virtual machine (run), for `make test`: what it said there, as TAP.
# Its skips were judged there; here they are the virtual machine's.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

kernel=6.12 test=tests/e2e/test_shared.sh
said=$(EDGE_KERNELS_TESTS=$test EDGE_KERNELS_TIMEOUT=$((${EDGE_TEST_TIMEOUT:-400} - 60)) exec tests/kernels/run "$kernel")
log=build/kernels/$kernel/logs/${test//\//_}.log
reason=$(sed -nE "s/^skip +$kernel: //p" <<<"$said")
if [ -n "$reason" ]; then
	echo "1..0 # SKIP ${reason//$'\n'/ }"
elif grep -qE "^pass +$test " <<<"$said"; then
	sed 's/# SKIP /# SKIP the virtual machine /' "$log"
	grep -E "^$kernel \(" <<<"$said" | sed 's/^/# /'
else
	echo "not ok 1 - $test on kernel $kernel"
	printf '# %s\n' "${said//$'\n'/$'\n'# }"
	echo "1..1"
	exit 1
fi

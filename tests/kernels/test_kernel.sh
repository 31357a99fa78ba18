#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# What this machine can't show, on Debian's kernel 6.12 in a virtual machine (run), for `make test`: libxdp's dispatcher,
# which needs freplace, and network cards. It prints what the tests said there, as TAP; their skips were judged there, and
# here they are the virtual machine's.
set -uo pipefail
cd "$(dirname "$0")/../.." || exit 1

kernel=6.12 tests=(tests/e2e/test_shared.sh tests/e2e/test_devices.sh)
said=$(EDGE_KERNELS_TESTS=${tests[*]} EDGE_KERNELS_DEVICES=virtio_net/native EDGE_KERNELS_TIMEOUT=$((${EDGE_TEST_TIMEOUT:-400} - 60)) \
	exec tests/kernels/run "$kernel")
reason=$(sed -nE "s/^skip +$kernel: //p" <<<"$said")
if [ -n "$reason" ]; then
	echo "1..0 # SKIP ${reason//$'\n'/ }"
	exit
fi
failed=0
for test in "${tests[@]}"; do
	if grep -qE "^pass +$test " <<<"$said"; then
		sed 's/# SKIP /# SKIP the virtual machine /' "build/kernels/$kernel/logs/${test//\//_}.log"
	else
		failed=$((failed + 1))
		echo "not ok 1 - $test on kernel $kernel"
		echo "1..1"
	fi
done
grep -E "^$kernel \(" <<<"$said" | sed 's/^/# /'
[ "$failed" -eq 0 ] || printf '# %s\n' "${said//$'\n'/$'\n'# }"
[ "$failed" -eq 0 ]

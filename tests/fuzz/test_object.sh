#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Fuzz the readers of objects: what ELF, BTF and the compiler's answer hold.
exec "$(dirname "$0")/run" btf fused lines object types

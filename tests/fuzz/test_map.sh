#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Fuzz the readers of maps, of pins and of the kernel's answers.
exec "$(dirname "$0")/run" map_load map_restore netlink pins value

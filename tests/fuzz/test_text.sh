#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Fuzz the readers of text: manifests, instances, logs and lists of compilers, names.
exec "$(dirname "$0")/run" instance manifest refusal source text

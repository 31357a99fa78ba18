#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# The edit loop: what a changed file has make do (make -n -W, which runs nothing), which tests T= names, and which program
# tests/run runs for a source. The tree is built.
set -uo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
cd "$top" || exit 1
unset MAKEFLAGS MFLAGS MAKELEVEL V T SAN FILES
. "$top/tests/lib/tap.sh"

# steps ARGUMENT...: the steps that make would take: a word and a target each.
steps() { make -n "$@" 2>&1 | sed -nE "s/.*printf '  %-4s %s\\\\n' ([A-Z]+ [^;]*); .*/\1/p"; }
count() { steps "$@" | grep -c '^BPF '; }
functions=$(find bpf/functions -name '*.bpf.c' | wc -l)

is "all is built" "$(steps)" ""
is "a line in the loader: three steps" "$(steps -W loader/chain/diff.c)" "CC loader/chain/diff.o
AR libedge.a
LD bin/edge-load"
is "a line in a verb: two" "$(steps -W userspace/cmd_plan.c)" "CC userspace/cmd_plan.o
LD bin/edge-load"
is "a function: one" "$(steps -W bpf/functions/dscp.bpf.c)" "BPF lib/edge-load/functions/dscp.o"
is "a header of the SDK: every object that includes it" "$(count -W bpf/edge/csum.h)" $((functions + 2))
is "a header behind the SDK's calls: as many" "$(count -W bpf/edge/internal/parse.h)" $((functions + 2))
for each in object/compile.c object/source.c object/cflags.c base/run.c; do
	is "the step that compiles, $each: every object" "$(count -W "loader/$each")" $((functions + 4))
done
is "V=1 shows commands in place of steps" "$(steps V=1 -W loader/chain/diff.c)" ""
is "and -s neither" "$(steps -s -W loader/chain/diff.c)" ""

make -s build/tests/unit/value/test_parse >/dev/null 2>&1
# tests ARGUMENT...: what make would do below tests/ for it, beyond linking what has not been linked yet.
tests() { steps test "$@" | sed -nE 's,^(CC|LD) (tests/[a-z0-9_/]*)(\.o)?$,\2,p' | sort -u; }
is "T=: a line in the loader has one test linked anew" "$(tests T=unit/value/test_parse -W loader/value/parse.c)" tests/unit/value/test_parse
is "T=: a line in a helper of tests: its object, the archive, and the link" "$(steps test T=unit/value/test_parse -W tests/lib/values.c)" \
	"CC tests/lib/values.o
AR tests/libtests.a
LD tests/unit/value/test_parse"
is "several words are several tests" "$(tests T="packet/test_view unit/base/text" -W loader/value/parse.c | paste -sd' ')" \
	"tests/packet/test_view tests/unit/base/test_text"
is "a script has none" "$(tests T=unit/userspace/test_cli -W loader/value/parse.c)" ""

# runs T: what is run for it.
runs() { make -n test T="$1" 2>&1 | sed -n 's,.*tests/run ,,p'; }
for each in unit/value/test_parse unit/value/parse tests/unit/value/test_parse.c unit/value/test_parse.c value/parse parse; do
	is "T=$each" "$(runs "$each")" tests/unit/value/test_parse.c
done
for each in unit/value unit/value/ tests/unit/value 'unit/value/*'; do
	is "T=$each, a folder" "$(runs "$each")" "$(echo tests/unit/value/test_*)"
done
is "T=unit, a folder of folders" "$(runs unit | tr ' ' '\n')" "$(printf '%s\n' tests/unit/*/test_* | LC_ALL=C sort)"
is "T=map, tests and folders of that name" "$(runs map)" "tests/fuzz/test_map.sh $(echo tests/unit/map/test_*)"
is "T=e2e/dscp" "$(runs e2e/dscp)" tests/e2e/test_dscp.sh
is "T= with a wildcard" "$(runs 'e2e/test_map_*')" "$(echo tests/e2e/test_map_*.sh)"
said=$(make -n test T="unit/value/test_parse e2e/nosuch" 2>&1)
is "T= of no test: exit status 2" $? 2
is "and one message" "${said#Makefile:*: }" '*** T: no test is named "e2e/nosuch"; names are those below tests/, as in T="unit/value/test_parse e2e/dscp".  Stop.'

# A tree of one test: tests/run finds the program that was made of a source.
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
mkdir -p "$work/build/tests/unit/value" "$work/tests/unit/value"
cp tests/run "$work/tests/"
printf '#!/bin/sh\necho 1..1; echo ok 1 - it runs\n' >"$work/build/tests/unit/value/test_one"
chmod +x "$work/build/tests/unit/value/test_one"
touch "$work/tests/unit/value/test_one.c" "$work/tests/unit/value/test_two.c"
run() { EDGE_TEST_BUILD=build TMPDIR=$work "$work/tests/run" "$@" 2>&1; }
for each in tests/unit/value/test_one.c "$work/tests/unit/value/test_one.c" build/tests/unit/value/test_one; do
	is "tests/run ${each#"$work"/}" "$(run "$each" | tail -n 1)" "1 passed, 0 failed"
done
said=$(run tests/unit/value/test_two.c)
is "tests/run, a test that is not built: exit status 2" $? 2
is "and one message" "$said" \
	"tests/run: tests/unit/value/test_two.c: build/tests/unit/value/test_two is no program; make test T=tests/unit/value/test_two.c builds what a test needs"
said=$(run tests/unit/value/test_three.c)
is "tests/run, no such file: exit status 2" "$? $said" "2 tests/run: tests/unit/value/test_three.c: no such file"
finish

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Each rule of tests/check passes a tree of a few files that keeps it, and fails when one file breaks it: it names the file.
set -uo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
work=$(mktemp -d) || exit 1
trap 'rm -rf "$work"' EXIT
. "$top/tests/lib/tap.sh"

# The tree: two rooms, a verb, a header of the SDK, a manual page, a script.
mkdir "$work/tree" && cd "$work/tree" && git init -q . || exit 1
mkdir -p tests/fuzz tests/lib loader/base loader/plan loader/fuse userspace bpf/edge
cp "$top/tests/check" tests/
cp "$top/.clang-format" "$top/.clang-tidy" "$top/.shellcheckrc" .
spdx='SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only'

# put FILE LINE...: a file of these lines below the licence.
put() {
	case $1 in
	*.[58] | *analyzer) : >"$1" ;;
	*.sh) printf '#!/bin/sh\n# %s\n' "$spdx" >"$1" ;;
	*.h) printf '/* %s */\n' "$spdx" >"$1" ;;
	*) printf '// %s\n' "$spdx" >"$1" ;;
	esac
	[ $# -eq 1 ] || printf '%b\n' "${@:2}" >>"$1"
}
lines() { yes "$1" | head -n "$2"; }
put loader/base/text.h 'int el_text(void);'
put loader/base/text.c '#include "base/text.h"' '' '/* The number of texts. */' 'int el_text(void)' '{' '\treturn 0;' '}'
put loader/plan/plan.h '#include "base/text.h"'
put userspace/cmd_plan.c '#include "plan/plan.h"' '' 'int cmd_plan(void);' '' 'int cmd_plan(void)' '{' '\treturn el_text();' '}'
put bpf/edge/edge.h '#include <linux/bpf.h>'
put userspace/edge-load.8 '.\\" A page.' '.Dd November 28, 2026' '.Dt EDGE-LOAD 8' '.Os' '.Sh NAME' '.Nm edge-load' '.Nd load programs' '.Sh DESCRIPTION' \
	'It loads programs.'
put tests/fuzz/fuzz_text.c
put tests/fuzz/test_text.sh "exec \"\$(dirname \"\$0\")/run\" text"
put tests/analyzer

check() { FILES=${files:-} tests/check "$@" >"$work/said" 2>&1; }
passes() { check "$@" || { cat "$work/said"; return 1; }; } # its words are shown if it fails
ok "the tree keeps every rule" passes

# breaks RULE FILE LINE...: with this file, the rule fails and names it; without, it passes again.
breaks() {
	local rule=$1 file=$2 before=$work/before

	cp "$file" "$before" 2>/dev/null || rm -f "$before"
	put "$file" "${@:3}"
	check "$rule"
	ok "$rule: $file" test "$? $(grep -c "^FAIL  $rule: " "$work/said")" = "1 1"
	ok "$rule: names it" grep -q "${names:-$file}" "$work/said"
	if [ -e "$before" ]; then cp "$before" "$file"; else rm "$file"; fi
}

breaks format loader/base/wide.h 'int  el_wide( void );'
printf 'int el_bare(void);\n' >"$work/bare.h"
cp "$work/bare.h" loader/base/bare.h
check licences
ok "licences: a source without its line" test $? = 1
ok "licences: names it" grep -q '^loader/base/bare.h: ' "$work/said"
rm loader/base/bare.h
names='In .*unquoted.sh' breaks shell tests/unquoted.sh "rm \$1"
breaks manuals userspace/edge-load.5 '.Dd November 28, 2026' '.Dt EDGE-LOAD 5' '.Os' '.Sh NAME' '.Nx'
breaks errors loader/base/words.c '#include <string.h>' 'const char *el_words(int error)' '{' '\treturn strerror(error);' '}'
breaks printed userspace/cmd_loud.c '#include <stdio.h>' 'void cmd_loud(void)' '{' '\tputs("text");' '}'
breaks frees loader/base/cast.c '#include <stdlib.h>' 'void el_cast(const char *text)' '{' '\tfree((char *)text);' '}'
breaks frees userspace/cast.h 'static inline void cast(const struct list *list)' '{' '\tlist_free((struct list *)list);' '}'
breaks frees tests/fuzz/cast.h 'static inline void cast(void)' '{' '\t_cleanup_free_ const char *text = NULL;' '}'
put loader/base/names.c 'void el_names(void)' '{' '\t_cleanup_free_ const char **names = NULL;' '\tfree(*(void **)names);' '}'
ok "frees: an array of pointers to const may be owned" passes frees
rm loader/base/names.c
breaks order loader/base/early.h '#include "plan/plan.h"'
mkdir loader/attic
breaks order loader/attic/old.h '#include "base/text.h"'
names='loader/base/text.h: includes loader/plan/plan.h' breaks circles loader/base/text.h '#include "plan/plan.h"'
put loader/base/one.h '#include "two.h"'
put loader/base/two.h '#include "one.h"'
ok "circles: inside a room they are allowed" passes circles
rm loader/base/one.h loader/base/two.h
put bpf/edge/long.h 'static int exactly_60(void)' '{' "$(lines '\tedge();' 58)" '}'
ok "functions: one of 60 lines is allowed" passes functions
rm bpf/edge/long.h
breaks functions bpf/edge/long.h 'static int has_61(void)' '{' "$(lines '\tedge();' 59)" '}'
breaks functions userspace/long.c 'int has_61(void)' '{' "$(lines '\t;' 59)" '}'
put userspace/four.c '__attribute__((format(printf, 4, 5))) int has_4(int a, int (*b)(int, int), int c, int d, const char *format, ...)' '{' '\treturn 0;' '}'
ok "parameters: four, and a format with its arguments, are allowed" passes parameters
rm userspace/four.c
breaks parameters userspace/five.c 'int has_5(int a, int b, int c, int d,' '	  int e)' '{' '	return 0;' '}'
put loader/base/table.h 'enum state { UP, DOWN };' 'struct thing {' '\tenum state state;' '\tint at, number;' '};'
put loader/base/same.c '#include "table.h"' 'static const char letters[] = {0};' 'static const char *const names[2] = {' '\t[UP] = "up", "down"};' \
	'const char *el_name(struct thing *thing)' '{' '\tstatic const char *const words[] = {"zero", "one"};' '\treturn words[thing->number];' '}' \
	'char el_letter(struct thing *thing)' '{' '\tconst char *const *words = names;' '\treturn *words[thing->state] + letters[thing->at] + *names[thing->state];' '}'
ok "tables: designators, and an index that is a number, are allowed" passes tables
breaks tables loader/base/state.c '#include "table.h"' 'static const char *const names[] = {"up", "down"};' \
	'const char *el_state(struct thing *thing)' '{' '\treturn names[thing->state];' '}'
breaks tables loader/base/state.c 'const char *el_state(enum state of)' '{' '\tstatic const char *const names[][2] = {' '\t\t{"up", "down"}};' \
	'\treturn names[of][0];' '}'
breaks tables loader/base/state.c '#include "table.h"' 'int el_state(struct thing *things)' '{' '\tstatic const int numbers[] = {0, 1};' \
	'\treturn numbers[things[0].state];' '}'
rm loader/base/same.c loader/base/table.h
breaks headers loader/base/long.h "$(lines 'int el_long(void);' 300)"
breaks headers bpf/edge/long.h "$(lines 'int edge_long(void);' 300)"
breaks headers tests/lib/long.h "$(lines 'int long_test(void);' 300)"
put loader/loader.h "$(lines 'int el_public(void);' 600)"
ok "headers: loader.h may be longer" passes headers
rm loader/loader.h
names='in 100' breaks nouns loader/base/riddle.h '/* What makes one chain another one than another, who knows, is for those that ask. */'
put loader/base/clear.h '/* One link of the three: a user who reads those files knows which one file is meant. */' \
	'static const char open[] = "/* what"; /* A clear text. */' "static const char quote = '\"', *what = \"what\"; /* Clear. */"
put loader/base/riddle.h '/* What is wanted of those is the one that' '* who asks has; a user' '* who has one' '* file asks for one */'
files='loader/base/clear.h loader/base/riddle.h' check nouns
ok "nouns: with files, each pronoun in place of a noun is shown" test "$? $(grep '^loader' "$work/said" | cut -d: -f1-3 | paste -sd,)" = \
	"0 loader/base/riddle.h:2: What is,loader/base/riddle.h:2: those is,loader/base/riddle.h:2: one that,loader/base/riddle.h:3: who asks,loader/base/riddle.h:5: one ."
rm loader/base/clear.h loader/base/riddle.h
breaks targets tests/fuzz/fuzz_bytes.c
breaks compilers loader/base/unused.c 'static int unused;'
if [ "$(gcc -dumpversion)" = 12 ]; then
	names=double-free breaks analyzer loader/base/twice.c '#include <stdlib.h>' 'void el_twice(void *data);' 'void el_twice(void *data)' '{' \
		'\tfree(data);' '\tfree(data);' '}'
	echo 'loader/base/text.c el_text null-dereference: a finding that gcc does not have any more' >>tests/analyzer
	check analyzer
	ok "analyzer: a finding that is listed and is not there" test $? = 1
	put tests/analyzer
fi
breaks tidy loader/base/odd.c '#include <stdlib.h>' '#include <string.h>' 'char *el_odd(const char *text);' 'char *el_odd(const char *text)' '{' \
	'\treturn malloc(strlen(text + 1));' '}'

# Only some files, only some rules.
put loader/base/early.h '#include "plan/plan.h"'
files=userspace/cmd_plan.c check order
ok "FILES: other files are not looked at" test $? = 0
files=./loader/base/early.h check order
ok "FILES: this one is" test $? = 1
files='loader/base/text.h nosuch.c' check order
ok "FILES: a file that is not there: exit status 2, and one message" test "$? $(<"$work/said")" = "2 tests/check: nosuch.c: no such file in the tree"
check order nosuch
ok "a rule that there is not: exit status 2, and one message" test "$? $(sed 's/;.*//' "$work/said")" = "2 tests/check: no rule is named nosuch"
check order functions
ok "two rules by name" test "$(cut -c1-16 "$work/said" | tail -n 2 | paste -sd,)" = "FAIL  order: ord,pass  functions:"

# No rule is left without a violation here.
for rule in $("$top/tests/check" '' 2>&1 | sed 's/.*the rules are: //'); do
	ok "$rule is tested above" grep -qE "(^|[ 	])(breaks|check) $rule\b" "$top/tests/unit/build/test_check.sh"
done
finish

# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash
#
# Results of a test that is a script, as TAP. A script calls pass, fail, skip or one of the comparisons for each assertion, and
# `finish` at its end.

number=0
failures=0

pass() {
	number=$((number + 1))
	echo "ok $number - $1"
}

fail() {
	number=$((number + 1)) failures=$((failures + 1))
	echo "not ok $number - $1"
	shift
	[ $# -eq 0 ] || printf '# %s\n' "$@"
}

skip() {
	number=$((number + 1))
	echo "ok $number - $1 # SKIP $2"
}

# ok TEXT COMMAND...: passes when the command succeeds; what it said is shown when not.
ok() {
	local text=$1 said

	shift
	if said=$("$@" 2>&1); then
		pass "$text"
	else
		fail "$text" "$*: exit status $?" "${said//$'\n'/$'\n'# }"
	fi
}

# is TEXT GOT WANTED
is() {
	if [ "$2" = "$3" ]; then pass "$1"; else fail "$1" "got    ${2//$'\n'/$'\n'# }" "wanted ${3//$'\n'/$'\n'# }"; fi
}

# like TEXT GOT REGEX
like() {
	if grep -qE -- "$3" <<<"$2"; then pass "$1"; else fail "$1" "got    ${2//$'\n'/$'\n'# }" "wanted /$3/"; fi
}

# between TEXT GOT LEAST MOST
between() {
	if [[ $2 =~ ^[0-9]+$ ]] && [ "$2" -ge "$3" ] && [ "$2" -le "$4" ]; then
		pass "$1"
	else
		fail "$1" "got $2, wanted $3 to $4"
	fi
}

# The last line of a test: its plan, and its exit status.
finish() {
	echo "1..$number"
	[ "$failures" -eq 0 ]
	exit
}

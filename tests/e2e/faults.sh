# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154,SC2034
#
# System calls that fail: strace lets one call of a command answer ENOMEM, EPERM, ENOSPC or EBUSY, one run a call, by turns.
# The command does what it says all the same, or says in one message why not, and then all is as it was; packets meet the
# old chain or the new one, whole, as status says; the next command does what it says; nothing leaks. Sourced behind
# sweep.sh.
#
# EDGE_FAULTS_EVERY=N: each Nth call, from a number on that differs (3). EDGE_FAULTS=all: each call with each of the errors.

locks_may_stay=yes
errors=(ENOMEM EPERM ENOSPC EBUSY)
# What is let fail: bpf(), and what files there are of ours. Not what the dynamic linker does before.
failing=bpf,openat,mkdirat,renameat2,symlinkat,unlinkat,flock,readlink,readlinkat,access,faccessat2,statfs

# plan_of COMMAND...: the calls of a whole run, from the first that is the program's own, each with an error.
plan_of() {
	local every=${EDGE_FAULTS_EVERY:-3} offset

	on edge strace -qq -o "$work/trace" -e "trace=$failing" "$build/bin/edge-load" -q "$@" >/dev/null 2>&1
	offset=$((RANDOM % every))
	signatures <"$work/trace" | awk -v every="$every" -v offset="$offset" -v all="${EDGE_FAULTS:-}" -v errors="${errors[*]}" '
		BEGIN { split(errors, names, " ") }
		$1 == "statfs" || $1 == "bpf" { own = 1 }
		# Most of what is opened is the bpffs and the folders in it, on the way to each pin.
		{ rare = $1 == "openat" ? 8 : 1; class = rare > 1 ? $1 : "" }
		own && n[class]++ % (every > 1 ? every * rare : 1) == offset {
			if (all == "all")
				for (i = 1; i <= 4; i++) print $1, $2, $3, names[i]
			else
				print $1, $2, $3, names[++turn % 4 + 1]
		}' >"$work/plan"
}

# one_message: apart from warnings and notes, one error was said, and the lines that belong to it follow it.
one_message() {
	local lines

	lines=$(awk '/^edge-load: / { other = /^edge-load: (warning|note): / } !other' "$work/said")
	[[ $lines == "edge-load: "*?" "*?" "* ]] && [ "$(grep -vc '^  ' <<<"$lines")" -eq 1 ]
}

# The map that the states differ in, if they do; what is in it in each of them; tabled: it is the old one's or the new one's,
# as the packets say.
table='' first='' second=''
declare -A table_of=()
table() {
	edge-load map list "${table%/*}" -j | jq -r --arg path "$table" '.[] | select(.path == $path) | .max_entries'
	edge-load map dump "$table" | cut -d' ' -f1 | sort
}
tabled() {
	local now

	now=$(table)
	[[ $stamps == "$old" && $now == "${table_of[$first]}" || $stamps == "$new" && $now == "${table_of[$second]}" ]] ||
		wrong+=$'\n'"$at: packets meet $stamps, and the table is ${now//$'\n'/ }"
}

# faults TITLE VERB FIRST SECOND
faults() {
	local title=$1 verb=$2 first=$3 second=$4 call nth sign error status old new held each
	local made=0 tolerated=0 refused=0 at=before

	# Until as many generations are kept as are to be.
	for each in "$first" "$second" "$first" "$second"; do
		reach "$each"
	done
	wrong='' shape_of=()
	reach "$first"
	words_for "$verb" "$second"
	plan_of "${words[@]}"
	reach "$second"
	reach "$first"
	held=$(settled)
	old=${stamps_of[$first]} new=${stamps_of[$second]}
	while read -r call nth sign error <&3; do
		at="$call $nth $sign $error"
		words_for "$verb" "$second"
		on edge strace -qq -o /dev/null -e "trace=$call" -e "inject=$call:error=$error:when=$nth" \
			"$build/bin/edge-load" -q "${words[@]}" >/dev/null 2>"$work/said"
		status=$?
		made=$((made + 1))
		probe
		told
		expect "what status tells" "$marks" "$stamps"
		if [ $status -eq 0 ]; then
			tolerated=$((tolerated + 1))
			expect "what packets meet after success" "$stamps" "$new"
			[ -z "$table" ] || expect "the table after success" "$(table)" "${table_of[$second]}"
		elif [ $status -lt 10 ]; then
			refused=$((refused + 1))
			one_message || wrong+=$'\n'"$at: said $(<"$work/said")"
			[ "$stamps" = "$old" ] || [ "$stamps" = "$new" ] || wrong+=$'\n'"$at: packets meet $stamps"
			[ -z "$table" ] || tabled
		else
			wrong+=$'\n'"$at: exit status $status: $(<"$work/said")"
		fi
		reach "$second"
		reach "$first"
	done 3<"$work/plan"
	is "$title: $made calls failed, $tolerated times it went on, $refused times it said why not" "$wrong" ""
	ok "$title: some were refused" [ "$refused" -gt 0 ]
	ok "$title: nothing leaks ($held maps, programs, links)" wait_for 10 steady "$held"
}

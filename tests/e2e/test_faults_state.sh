#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Commands that change tables, of which a system call fails (faults.sh). A table has its old entries or its new ones, all of
# them.
. "$(dirname "$0")/lib.sh"
. "$here/sweep.sh"
. "$here/faults.sh"

sweep_begin
stamp_source edge_counter32 "EDGE_HASH(${name}t, __u32, __u64, 64);" >"$work/stamp3.bpf.c"
edge-load build -q "$work/stamp3.bpf.c" -o "$work/stamp3.o"

# tables_of HOOK INSTANCE AT MARK MAP: a chain of a manifest, of one instance, with what that says of its table.
tables_of() {
	printf '  - {device: edge0, hook: %s, instances: [{name: %s, function: %s, params: {at: %s, mark: %s}, maps: {%s: {%s}}}]}\n' \
		"$1" "$2" "$work/stamp3.o" "$3" "$4" "${name}t" "$5"
}

# list_of STATE SIZE KEY...: the table there, and a file of its entries.
list_of() {
	local state=$1

	table_of[$state]=$(printf '%s\n' "${@:2}")
	printf '%s\n' "${@:3}" >"$work/$state.list"
}

detached=(edge0)
table=edge0/xdp/a/${name}t
export EDGE_FAULTS_EVERY=${EDGE_FAULTS_EVERY:-18} # there are some 3,000 of them

# By hand: these are words_for's, too.
eval "words_by_state() $(declare -f words_for | tail -n +2)"
words_for() {
	case $1 in
	replace) words=(map replace "$table" "$work/$2.list") ;;
	resize) words=(map resize "$table" "${table_of[$2]%%$'\n'*}") ;;
	*) words_by_state "$@" ;;
	esac
}

list_of few 64 10 11 12
list_of many 64 20 21 22 23 24 25 26 27 28 29 30 31
list_of small 16 10 11 12
state_of few "1 0 0 0" "$(tables_of xdp a 0 1 "entries: [10, 11, 12], size: 64")"
state_of many "1 0 0 0" "$(tables_of xdp a 0 1 "file: $work/many.list, size: 64")"
state_of small "1 0 0 0" "$(tables_of xdp a 0 1 "entries: [10, 11, 12], size: 16")"
faults "a table replaced" replace few many
faults "a table resized" resize few small

list_of filled 64 20 21
state_of filled "2 0 0 0" "$(tables_of xdp a 0 2 "entries: [20, 21], size: 64")"
faults "an apply with other entries" apply few filled

table=shared/t
list_of shared_a 64 10 11 12
list_of shared_b 32 20 21
for each in "a 1 entries: [10, 11, 12], size: 64" "b 2 entries: [20, 21], size: 32"; do
	read -r which mark map <<<"$each"
	state_of "shared_$which" "$mark 0 $mark 0" "$(tables_of xdp a 0 "$mark" "shared: t, $map")" \
		"$(tables_of tc-egress c 2 "$mark" "shared: t")"
done
detached=(--all)
faults "a shared table of two chains" apply shared_a shared_b
finish

#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# Installs or removes the files that the Makefile lists: all of them, or none.
#
#   install.sh install|uninstall ROOT SED-EXPRESSION <LIST
#
# A line of LIST is MODE FOLDER FILE...; ROOT (DESTDIR) stands before each FOLDER. A line without files names a folder
# that is made. All files and folders are checked before the first one is touched; new files are copied beside the old
# ones, and renamed when all are there. The sed expression is applied to units and rules.
set -eu
verb=$1 root=$2 expression=$3
list=$(cat)
new=.edge-load-new

fail() {
	echo "$verb: $1; nothing was done" >&2
	[ $# -lt 2 ] || echo "  $2" >&2
	exit 1
}

# each COMMAND: call COMMAND MODE FOLDER FILE for each file, and once, with no FILE, for a folder without any.
each() {
	echo "$list" | while read -r mode folder files; do
		[ -n "$mode" ] || continue
		[ -n "$files" ] || "$1" "$mode" "$root$folder" "" || exit 1
		for file in $files; do
			"$1" "$mode" "$root$folder" "$file" || exit 1
		done
	done
}

# The folder, or the nearest one above it that exists.
existing() {
	path=$1
	while [ ! -e "$path" ]; do
		path=$(dirname "$path")
	done
	echo "$path"
}

# A folder that will be made, and those above it.
missing() {
	path=$2
	while [ ! -e "$path" ]; do
		echo "$path"
		path=$(dirname "$path")
	done
}

name() {
	base=${1##*/}
	echo "${base%.bash-completion}"
}

check() {
	target=$2/$(name "$3") above=$(existing "$2")
	[ "$verb" = install ] || [ -e "$target" ] || return 0
	[ -d "$above" ] || fail "$above is not a folder"
	if [ ! -w "$above" ] || [ ! -x "$above" ]; then
		fail "$(id -un) can't write to $above" \
			"run it as root, or choose other folders with PREFIX, UNITDIR, RULEDIR, ETCDIR or DESTDIR"
	fi
	[ -z "$3" ] && return 0
	[ ! -d "$target" ] || fail "$target is a folder"
	[ "$verb" = uninstall ] || [ -r "$3" ] || fail "$3 can't be read" "run make first"
}

stage() {
	install -d "$2" || return 1
	case $3 in
	'') ;;
	*.service | *.rules) sed "$expression" "$3" | install -m "$1" /dev/stdin "$2/$new.$(name "$3")" ;;
	*) install -m "$1" "$3" "$2/$new.$(name "$3")" ;;
	esac
}

unstage() { [ -z "$3" ] || rm -f "$2/$new.$(name "$3")"; }
rename() { [ -z "$3" ] || mv -f "$2/$new.$(name "$3")" "$2/$(name "$3")"; }
remove() { [ -z "$3" ] || rm -f "$2/$(name "$3")"; }

each check
if [ "$verb" = uninstall ]; then
	each remove
	exit
fi
made=$(each missing | sort -ru)
if each stage; then
	each rename
else
	each unstage
	echo "$made" | while read -r folder; do
		[ -z "$folder" ] || rmdir "$folder" 2>/dev/null || true
	done
	fail "the files could not be copied"
fi

#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# The transcripts of README.md, userspace/README.md and bpf/README.md, run as a reader would type them: each command, in one shell, says what stands there. What is
# other on each machine and at each time (numbers of programs, tags, digests, times) is left out on both sides; amounts
# of instructions and packets may be up to a half more or less. curl 7.88 tells the end of --max-time in two ways: its
# timer and its check of the connection (lib/multi.c, lib/connect.c) run out at the same millisecond.
. "$(dirname "$0")/lib.sh"

readme=$top/README.md

# section TITLE: the section's lines, in the README that has it.
section() { awk -v title="## $1" 'FNR == 1 { inside = 0 } /^## / { inside = $0 == title } inside' "$readme" "$top"/{userspace,bpf}/README.md; }

# What is shown of a command stands indented by four; a command begins with "# ".
# commands [typed=1]: from a section to a script that writes each command behind a line "> "; with typed=1, a block without
# "# " at its start is commands, too.
commands() {
	awk "$@" '
		/^    / {
			line = substr($0, 5)
			if (!block) { block = 1; type = typed && line !~ /^# / }
			if (type || line ~ /^# /) {
				sub(/^# /, "", line)
				if (line ~ /^sudo |^kill %1/) next
				if (!type) { quoted = line; gsub(/\047/, "\047\\\047\047", quoted); printf "printf \"%%s\\n\" \047> %s\047\n", quoted }
				print line
			}
			next
		}
		/./ { block = 0 }'
}

# shown: from a section to what it shows, a command behind "> ".
shown() {
	awk '
		/^    / {
			line = substr($0, 5)
			if (!block) { block = 1; other = 1 }
			if (line ~ /^# /) other = 0
			if (!other && line !~ /^# kill %1/) { if (sub(/^# /, "", line)) line = "> " line; print line }
			next
		}
		/./ { block = 0 }'
}

# settled: without what must differ. The order of a map's entries is nobody's promise.
settled() {
	sed -E '
		/^> /!{
			s/program [0-9]+/program N/g
			s/\([0-9]+ ms\)/(N ms)/; s/fused in [0-9]+ ms, verified in [0-9]+ ms/fused in N ms, verified in N ms/
			s/time [0-9]+ms/time Nms/
			s/Connection (timed out after [0-9]+ milliseconds|timeout after [0-9]+ ms)$/Connection timed out/
			s/[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}/TIME/
			s/ [0-9]+ [0-9a-f]{16} / N TAG /; s/\b[0-9a-f]{64}\b/DIGEST/; s/\b[0-9a-f]{16}\b/DIGEST/
			s/ +/ /g; s/ $//; /^$/d
		}' | awk '
		function flush(  i, j, t) {
			for (i = 2; i <= n; i++)
				for (j = i; j > 1 && lines[j - 1] > lines[j]; j--) { t = lines[j]; lines[j] = lines[j - 1]; lines[j - 1] = t }
			for (i = 1; i <= n; i++) print lines[i]
			n = 0
		}
		/^\{/ { lines[++n] = $0; next }
		{ flush(); print }
		END { flush() }'
}

# near WANTED GOT: the same lines, but for amounts of five and more, which may be off by half, or by two.
near() {
	paste -d $'\001' "$1" "$2" | awk -F $'\001' '
		function amounts(text, numbers,   n) {
			n = 0
			while (match(text, /[0-9]+/)) {
				numbers[++n] = substr(text, RSTART, RLENGTH)
				text = substr(text, RSTART + RLENGTH)
			}
			return n
		}
		function same(a, b,   d) {
			d = a > b ? a - b : b - a
			return !d || a >= 5 && (d <= 2 || d <= a / 2)
		}
		{
			left = $1; right = $2
			gsub(/[0-9]+/, "N", left); gsub(/[0-9]+/, "N", right)
			n = amounts($1, a)
			bad = left != right || n != amounts($2, b)
			for (i = 1; !bad && i <= n; i++)
				bad = !same(a[i] + 0, b[i] + 0)
			if (bad) { printf "README: %s\nnow:    %s\n", $1, $2; wrong = 1 }
		}
		END { exit wrong }'
}

# transcript NAME SECTION PRELUDE [EXAMPLES]: run it behind the prelude, a script, and compare command by command. Each has devices and
# pins of its own. EXAMPLES are commands that stand for others, of programs that the README does not show.
transcript() {
	local name=$1 command side nth=0

	(echo "mount -t tmpfs tmpfs /run/netns" && echo "$3" && section "$2" | commands) | sed "s,/tmp/hello,$work/hello,g; s,/etc/edge-load,$work/etc,g" >"$work/$name.sh"
	section "$2" | shown | settled | awk -v examples="${4:-^$}" '/^> / { out = substr($0, 3) ~ examples } !out' >"$work/$name.wanted"
	(cd "$top" && unshare --mount --net bash "$work/$name.sh" >"$work/$name.raw" 2>&1 </dev/null)
	sed -n "s,$work/hello,/tmp/hello,g; s,$work/etc,/etc/edge-load,g; /^> /,\$p" "$work/$name.raw" | settled | awk -v examples="${4:-^$}" '/^> / { out = substr($0, 3) ~ examples } !out' >"$work/$name.got"
	while read -r command; do
		nth=$((nth + 1))
		for side in wanted got; do
			awk -v nth="$nth" '/^> / { n++ } n == nth' "$work/$name.$side" >"$work/$side"
		done
		ok "README: $command" near "$work/wanted" "$work/got"
	done < <(sed -n 's/^> //p' "$work/$name.wanted")
	[ "$nth" -gt 0 ] || fail "README's section \"$2\" shows no command"
}

function=$(sed -n '/^```c$/,/^```$/p' "$readme" | sed '1d; $d')
is "README's function is the walk-through's" "$function" "$(<"$top/examples/walkthrough/hello.bpf.c")"
mkdir "$work/hello" && cat >"$work/hello/hello.bpf.c" <<<"$function"
five_minutes="A function, written and attached in five minutes"
# What is typed before the first command: the devices. Each of the other sections begins behind it.
typed=$(section "$five_minutes" | commands -v typed=1 | sed '/^printf/,$d')

transcript hello "$five_minutes" "$typed"
section "A manifest, and the way back" | sed -n '/^    version/,/^[^ ]/s/^    //p' >"$work/hello/edge.yaml"
transcript manifest "A manifest, and the way back" "$typed"
# A machine with a device eth0 and a folder for the manifest, whose systemd applies it.
mkdir "$work/etc" && echo 192.0.2.0/24 >"$work/etc/blocked.txt"
section "For operators" | sed -n '/^    version/,/^    #/s/^    //p' | sed '$d' >"$work/etc/edge.yaml"
transcript operators "For operators" "$typed
	ip link set edge0 down && ip link set edge0 name eth0 up
	systemctl() { case \$1 in enable | reload) edge-load -q apply $work/etc/edge.yaml ;; esac; }
	make() { :; }"
ln -s "$top/tests" "$work/hello/tests"
clang -O2 -g -target bpf "-I/usr/include/$(gcc -print-multiarch)" -c "$here/plain/port_filter.bpf.c" -o "$work/hello/port_filter.o"
transcript plain "Plain XDP and TC programs" "$typed" "^edge-load map set"
finish

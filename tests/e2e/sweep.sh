# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
# shellcheck shell=bash disable=SC2154,SC2034
#
# What the tests of killed and failing commands share: a chain whose packets tell which generation of it handled them,
# a command's system calls one after the other, and what there is in the kernel. Sourced behind lib.sh.
#
# The client sends a datagram of zeros to the edge, which sends it back (stamp.c). Each instance writes its mark into a
# byte of its own: two at edge0 xdp, two at edge0 tc-egress. So "2 2 0 0" is generation "2" at XDP, whole, and nothing at
# the other hook; "1 2 0 0" would be half a chain. The instances count, too: what a packet counted must not be lost.

name=s$BASHPID$RANDOM # of the function's map: other tests run beside this one, and the kernel tells of all

# stamp_source TYPE [MAPS]: the function, its count of that type; with more maps, which it does not use.
stamp_source() {
	cat <<-END
		#include <edge/edge.h>
		struct count { $1 packets; };
		EDGE_ARRAY($name, struct count, 1);
		${2:-}
		EDGE_PARAM(__u8, at, 0, "which byte of the payload");
		EDGE_PARAM(__u8, mark, 0, "what is written there");
		EDGE_FUNCTION(stamp)
		{
			__u32 zero = 0;
			struct count *count = bpf_map_lookup_elem(&$name, &zero);
			__u8 *payload = edge_payload(pkt, 8);

			if (!count || !payload || !pkt->udp || at >= 8)
				return EDGE_NEXT;
			edge_add(&count->packets, 1);
			payload[at] = mark;
			return EDGE_NEXT;
		}
	END
}

# The compiler is a process of its own, which changes nothing outside itself, and is slow: its answers are kept. What it
# was asked stands in its descriptors 3 and 6 to 8, its answer in 4 and 5 (loader/fuse/fuse.h).
keep_fused() {
	mkdir -p "$work/home/lib/edge-load" "$work/fused"
	ln -s "$build/lib/edge-load"/* "$work/home/lib/edge-load/"
	ln -s "$build/include" "$work/home/include"
	rm "$work/home/lib/edge-load/edge-load-fuse"
	cat >"$work/home/lib/edge-load/edge-load-fuse" <<-END
		#!$BASH
		PATH=/usr/bin:/bin
		read -r key _ < <(cat /proc/self/fd/{3,6,7,8} 2>/dev/null | sha256sum)
		kept=$work/fused/\$key
		if [ ! -e "\$kept" ]; then
			"$build/lib/edge-load/edge-load-fuse" && cat /proc/self/fd/5 >"\$kept.new" && mv "\$kept.new" "\$kept"
			exit
		fi
		cat "\$kept" >/proc/self/fd/5
		echo '{"done": true}' >/proc/self/fd/4
	END
	chmod +x "$work/home/lib/edge-load/edge-load-fuse"
	export EDGE_LOAD_HOME=$work/home
}

# sweep_begin: everything up to the first chain.
sweep_begin() {
	stamp_source edge_counter32 >"$work/stamp1.bpf.c"
	stamp_source edge_counter >"$work/stamp2.bpf.c"
	"$build/bin/edge-load" build -q "$work/stamp1.bpf.c" -o "$work/stamp1.o"
	"$build/bin/edge-load" build -q "$work/stamp2.bpf.c" -o "$work/stamp2.o"
	keep_fused
	coproc PROBE { "$build/tests/e2e/stamp" client edge 198.51.100.1 7; }
	sent=0
}

# probe: a packet there and back; $stamps is what it brings, $sent how many there were.
probe() {
	echo >&"${PROBE[1]}"
	read -r stamps <&"${PROBE[0]}"
	sent=$((sent + 1))
}

# chain_of OBJECT MARK [MORE]: a chain of a manifest at edge0 xdp; tc_of OBJECT MARK [MORE]: one at its other hook.
chain_of() {
	printf '  - {device: edge0%s, instances: ["a=%s:at=0,mark=%s", "b=%s:at=1,mark=%s"]}\n' "${3:-}" "$work/$1.o" "$2" \
		"$work/$1.o" "$2"
}
tc_of() {
	printf '  - {device: edge0, hook: tc-egress%s, instances: ["c=%s:at=2,mark=%s", "d=%s:at=3,mark=%s"]}\n' "${3:-}" \
		"$work/$1.o" "$2" "$work/$1.o" "$2"
}

# manifest FILE CHAIN...
manifest() {
	local file=$1

	shift
	printf 'version: 1\nkeep: 2\nchains:\n' >"$work/$file.yaml"
	printf '%s\n' "$@" >>"$work/$file.yaml"
}

# told: the stamps that a packet should bear, by what status says; in $marks. The processes it would take to ask jq are
# most of a sweep's time.
told() {
	local text each

	text=$(edge-load status -j)
	marks=
	for each in a b c d; do
		[[ $text =~ \"name\":\ \"$each\",[^}]*mark=([0-9]+) ]]
		marks+=" ${BASH_REMATCH[1]:-0}"
	done
	marks=${marks# }
	[[ ! $text =~ \"state\":\ \"(detached|replaced|kept) ]] || marks+=" ${BASH_REMATCH[1]}"
}

# counted: how many packets the first instance has counted; in $count.
counted() {
	count=$(edge-load map get "edge0/xdp/a/$name" 0)
	count=${count//[!0-9]/}
}

# see: the pins, whatever the generations' numbers; in $shape. The folder of a lock that nobody came to use stays where
# no chain ever was.
shopt -s globstar extglob
see() {
	local all=(/sys/fs/bpf/edge/**)

	shape="${all[*]#/sys/fs/bpf/edge}"
	shape=${shape//:+([0-9])/:N}
	shape=${shape/%" /edge1/xdp:lock"/}
	shape=${shape/%" /edge1"/}
	[ -z "$locks_may_stay" ] || without_locks
}

# Nor does the folder of a lock do harm that could not be removed: the next who changes a chain there has it.
locks_may_stay=''
without_locks() {
	local hook

	for hook in xdp tc-egress; do
		[[ $shape == */edge0/$hook:N* ]] || shape=${shape/" /edge0/$hook:lock"/}
	done
	[[ $shape == *:N* ]] || shape=
}

# kernel: how many there are of the functions' maps, of programs with such a map, and of their links, whoever holds them.
kernel() {
	bpftool map show -j | jq -c --arg name "$name" '[.[] | select(.name == $name or .name == $name + "t") | .id]' >"$work/maps"
	bpftool prog show -j | jq -c --slurpfile maps "$work/maps" \
		'[.[] | select(any(.map_ids[]?; IN($maps[0][]))) | .id]' >"$work/programs"
	bpftool link show -j | jq -c --slurpfile programs "$work/programs" \
		'[.[] | select(.prog_id | IN($programs[0][])) | .id]' >"$work/links"
	jq length "$work/maps" "$work/programs" "$work/links" | paste -sd' '
}

# steady COUNTS: the kernel frees a little later than the last user goes.
steady() { [ "$(kernel)" = "$1" ]; }

# settled: those counts, once a second has passed without a change.
settled() {
	local before='' now

	now=$(kernel)
	while [ "$now" != "$before" ]; do
		before=$now
		sleep 1
		now=$(kernel)
	done
	echo "$now"
}

# ---------------------------------------------------------------- system calls

# calls FILE COMMAND...: run it, and write down its calls, a line each: name, the how-many-eth of its name, what tells it
# from others of its name, "=" or "!" for success or failure.
calls() {
	local file=$1 status

	shift
	on edge strace -qq -o "$work/trace" "$build/bin/edge-load" -q "$@" >/dev/null 2>"$work/said"
	status=$?
	signatures <"$work/trace" >"$file"
	return $status
}

# signatures: of strace's lines.
signatures() {
	sed -nE 's/^([a-z0-9_]+)\((.*)$/\1 \2/p' | awk '
		{
			call = $1; sign = call
			if (call == "bpf") { sub(/,$/, "", $2); sign = $2 }
			if (/RTM_GET/) sign = "look"
			if (/O_CREAT/) sign = "create"
			print call, ++n[call], sign, / = -1 E/ ? "!" : "="
		}'
}

# surviving FILE: of such lines, those after which something has changed that outlives the process. All others matter
# to it alone: the kernel undoes them when it dies, or they look, or they failed. So killing it at one of them leaves what
# killing it at the next of those that are left does. What this list does not name counts as a change.
surviving() {
	awk '
		BEGIN {
			# its memory, its signals, its children (the compiler: loader/fuse/fuse.h), its rights
			own = "execve brk mmap munmap mprotect mremap madvise arch_prctl set_tid_address set_robust_list rseq prlimit64 "
			own = own "getrandom rt_sigaction rt_sigprocmask sched_setaffinity sched_getaffinity clone clone3 vfork fork wait4 "
			own = own "kill futex exit_group prctl capget capset setgroups setfsuid setfsgid setns umask clock_nanosleep "
			# descriptors, which end with it, what it makes in memory files, and what it says
			own = own "open openat socket connect bind getsockopt setsockopt dup dup2 dup3 pipe2 fcntl lseek close memfd_create "
			own = own "write pwrite64 writev ftruncate "
			# looks
			own = own "read pread64 access faccessat faccessat2 stat lstat fstat newfstatat statx statfs fstatfs readlink "
			own = own "readlinkat getdents64 getcwd getuid geteuid getgid getegid getpid uname ioctl recvmsg recvfrom "
			own = own "getsockname poll ppoll clock_gettime sysinfo membarrier "
			# of bpf(): looks, and what only a descriptor holds
			own = own "BPF_OBJ_GET BPF_OBJ_GET_INFO_BY_FD BPF_MAP_LOOKUP_ELEM BPF_MAP_LOOKUP_BATCH BPF_MAP_GET_NEXT_KEY "
			own = own "BPF_MAP_GET_FD_BY_ID BPF_PROG_GET_FD_BY_ID BPF_LINK_GET_FD_BY_ID BPF_BTF_GET_FD_BY_ID BPF_PROG_QUERY "
			own = own "BPF_MAP_CREATE BPF_PROG_LOAD BPF_BTF_LOAD BPF_MAP_FREEZE BPF_PROG_BIND_MAP look"
			split(own, names, " ")
			for (i in names) harmless[names[i]] = 1
		}
		$4 == "=" && !($3 in harmless)' "$1"
}

# ---------------------------------------------------------------- states

# What a packet bears in each state; each but none is a manifest.
declare -A stamps_of=([none]="0 0 0 0") shape_of=()
at=begin wrong='' # where a sweep is, what was not as it should be
expected_warning='' # what an apply says each time

# state_of NAME STAMPS CHAIN...
state_of() {
	stamps_of[$1]=$2
	manifest "$1" "${@:3}"
}

# expect WHAT GOT WANTED
expect() { [ "$2" = "$3" ] || wrong+=$'\n'"$at: $1 is \"${2//$3/=}\", not \"$3\""; }

# reach STATE: there, by an apply or a detach that succeeds and says nothing but what is to be expected. Then packets meet it, and no pin is too
# many: the first time in a sweep says how many there are to be.
reach() {
	local said

	if [ "$1" != none ]; then
		said=$(edge-load -q apply "$work/$1.yaml" 2>&1) || said+=" (exit status $?)"
		said=${said//"$expected_warning"/}
	else
		said=$(edge-load -q detach "${detached[@]}" 2>&1)
		said=${said##*no edge-load chain*}
	fi
	state=$1
	expect "what $1 says" "$said" ""
	arrived
}

arrived() {
	probe
	expect "what packets meet in $state" "$stamps" "${stamps_of[$state]}"
	see
	expect "the pins in $state" "$shape" "${shape_of[$state]=$shape}"
}

# number_of STATE: the latest generation kept that is that one.
number_of() {
	edge-load history "${detached[@]}" -j | jq -r --arg mark "mark=${stamps_of[$1]%% *}" \
		'[.. | objects | select(.generation? and (.instances[0].params | endswith($mark))) | .generation] | max // ""'
}

# words_for VERB STATE: what it takes to get there by VERB, in $words.
words_for() {
	case $1 in
	apply) words=(apply "$work/$2.yaml") ;;
	rollback)
		local here=$state number

		number=$(number_of "$2")
		if [ -z "$number" ]; then # it was the oldest, and went
			reach "$2"
			reach "$here"
			number=$(number_of "$2")
		fi
		words=(rollback "${detached[@]}" "$number")
		;;
	detach) words=(detach "${detached[@]}") ;;
	esac
}

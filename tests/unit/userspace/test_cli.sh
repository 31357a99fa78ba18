#!/usr/bin/env bash
# SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
#
# The command line's grammar: what is understood, what is refused with which words and which exit code. Nothing is
# attached. What needs the verifier is skipped without root.
set -uo pipefail
top=$(cd "$(dirname "${BASH_SOURCE[0]}")/../../.." && pwd)
edge_load=$top/${EDGE_TEST_BUILD:-build}/bin/edge-load
work=$(mktemp -d "${TMPDIR:-/tmp}/edge-load-cli.XXXXXX") || exit 1
trap 'rm -rf "$work"' EXIT
trap 'exit 143' INT TERM
cd "$work" || exit 1
unset EDGE_LOAD_BPFFS EDGE_LOAD_HOME NO_COLOR
. "$top/tests/lib/tap.sh"

# ended STATUS TEXT: a command ended with STATUS, which must be 0; its output is in the files out and err.
ended() {
	if [ "$1" -eq 0 ]; then pass "$2"; else fail "$2" "$(cat out err)"; fi
}

# run CODE WORDS...: edge-load WORDS must end with CODE; its output is in the files out and err.
run() {
	local code=$1

	shift
	"$edge_load" "$@" >out 2>err </dev/null
	[ $? -eq "$code" ]
}

# refused CODE TEXT WORDS...: it ends with CODE, says TEXT on stderr, and nothing on stdout.
refused() {
	local code=$1 text=$2

	shift 2
	run "$code" "$@" && grep -qF -- "$text" err && [ ! -s out ] && [ "$(grep -c '^edge-load: ' err)" -eq 1 ]
	ended $? "edge-load $*: $code, $text"
}

cat >six.bpf.c <<'END'
#include <edge/edge.h>
struct endpoint { struct edge_ip ip; edge_port port; };
EDGE_PARAM(struct edge_ip, from, EDGE_INIT(0), "an address");
EDGE_PARAM(struct edge_mac, mac, EDGE_INIT(0), "a MAC address");
EDGE_PARAM(struct endpoint, to, EDGE_INIT(0), "a struct");
EDGE_PARAM(__u32, pps, 7, "a number");
EDGE_FUNCTION(six)
{
	return from.word[0] == to.ip.word[0] && mac.byte[0] + to.port == pps ? EDGE_DROP : EDGE_NEXT;
}
END
cp six.bpf.c 'odd=name.bpf.c'
echo 'int f(;' >bad.bpf.c

# ---------------------------------------------------------------- verbs and options

refused 2 'no command given'
refused 2 'unknown command "atach"; did you mean attach?' atach
refused 2 'unknown command "xyzzy"' xyzzy
refused 2 '"stat" is ambiguous: status or stats' stat
refused 2 'unknown option --foo' status --foo
refused 2 'unknown option -x' status -x
refused 2 'unknown option --foo' check six.bpf.c --foo --
refused 4 'there is no device --json' status -- --json
refused 4 'there is no device --' status -- --
refused 2 'unexpected argument "--"' history eth0 -- --
refused 2 '--hook needs a value' attach eth0 f --hook
refused 2 '--json takes no value' --json=yes status
refused 2 'unknown option -jx' -jx version
refused 2 '--wait takes a number of seconds, not "j"' -wj version
refused 2 'status takes at most one device' status eth0 eth1
refused 2 '"0.01" is not a number of seconds' stats --watch=0.01
refused 2 '"1x" is not a number of seconds' stats --watch=1x
refused 2 'no device given' attach
refused 2 'no instance given for eth0' attach eth0
refused 2 'unknown hook "egress"' attach eth0 --hook egress six.bpf.c
refused 2 'unknown mode "fast"' attach eth0 --mode fast six.bpf.c
refused 2 '--before and --after cannot be used together' attach eth0 --before all --after all six.bpf.c
refused 2 'no device given' detach
refused 2 '--all and --hook cannot be used together' detach --all --hook xdp
refused 2 '--netns and --all-netns cannot be used together' --netns red --all-netns status
refused 2 'only one manifest can be given' apply one.yaml two.yaml
refused 2 'unexpected argument "1"' history eth0 1
refused 2 '"x" is not a generation number' rollback eth0 x
refused 2 'unknown map command "shake"' map shake
refused 2 'no instance given' check
refused 2 'no source given' build
refused 2 'no function given' inspect
refused 2 'param needs the command "set"' param get eth0/xdp/six pps=1
refused 2 'no instance given' param set
refused 2 'no parameter given for eth0/xdp/six' param set eth0/xdp/six
refused 2 '"eth0/six" is not DEVICE/HOOK/INSTANCE' param set eth0/six pps=1
refused 2 'unknown hook "tcp"' param set eth0/tcp/six pps=1
refused 2 'parameter "pps" has no value' param set eth0/xdp/six pps

run 0 help && grep -q '^  attach ' out && [ ! -s err ]
ended $? 'help lists the verbs'
run 0 help attach && grep -qF 'edge-load attach DEVICE [--hook HOOK] [--mode MODE] [--before PROGRAM | --after PROGRAM] [--keep COUNT] [--start-empty MAPS] INSTANCE...' out
ended $? 'help VERB shows how it is used'
run 0 attach --help && grep -qF 'edge-load attach DEVICE' out
ended $? 'VERB --help is the same'
run 0 version && grep -qE '^edge-load [0-9]+\.[0-9]+\.[0-9]+ ' out
ended $? 'version'
run 0 -V && grep -qE '^edge-load ' out
ended $? '-V is version'
run 0 -j version && jq -e '.version and .abi == 1' out >/dev/null
ended $? '-j before the verb'
run 0 version -j && jq -e .version out >/dev/null
ended $? '-j behind the verb'
run 0 -jqw5 version && jq -e .version out >/dev/null
ended $? 'joined options, the last one with its value'
run 0 version -qj && jq -e .version out >/dev/null
ended $? 'and behind the verb'
run 0 insp six.bpf.c && grep -q '^function six' out
ended $? 'a prefix of a command is enough where it is unambiguous'

# ---------------------------------------------------------------- instances

refused 4 'there is no function "blocklst"' inspect blocklst
refused 4 'none.bpf.c: No such file or directory' inspect ./none.bpf.c
refused 6 'bad.bpf.c: does not compile' inspect ./bad.bpf.c
refused 2 'parameter "pps" has no value; write pps=VALUE' check six.bpf.c:pps
refused 2 'a parameter is missing' check six.bpf.c:
refused 2 'a parameter is missing' check six.bpf.c:pps=1,
refused 2 '"=1" names no parameter' check six.bpf.c:=1
refused 2 "braces or brackets of \"to={pps=1\" don't match" check 'six.bpf.c:to={pps=1'
refused 2 "braces or brackets of \"to={[}]\" don't match" check 'six.bpf.c:to={[}]'
refused 2 'an instance has no function' check name=
refused 2 'an instance has no function' check ''

# params WORD: what `check` understood as the first instance's name and parameters.
params() {
	run 0 check -j "$1" && jq -r '.instances[0] | "\(.name) \(.params)"' out
}

# understood WORD NAME PARAMS
understood() {
	if [ "$(id -u)" -ne 0 ]; then
		skip "check $1" 'needs root'
		return
	fi
	[ "$(params "$1")" = "$2 $3" ]
	ended $? "check $1: $2 with ${3:-nothing}"
}

understood six.bpf.c six ''
understood first=six.bpf.c first ''
understood ./six.bpf.c:pps=9 six pps=9
understood a-1=six.bpf.c:from=2001:db8::1,pps=3 a-1 from=2001:db8::1,pps=3
understood six.bpf.c:mac=02:00:00:00:00:01 six mac=02:00:00:00:00:01
understood 'six.bpf.c:to={ip=2001:db8::2,port=53},pps=1' six 'to={ip=2001:db8::2,port=53},pps=1'
understood './odd=name.bpf.c' six ''

# ---------------------------------------------------------------- errors as JSON

run 4 -j inspect blocklst && [ ! -s out ] &&
	jq -e '.error | .kind == "not-found" and (.what | contains("blocklst")) and .hint and .detail == null' err >/dev/null
ended $? 'an error is a JSON object on stderr with -j'
run 6 -j build bad.bpf.c -o bad.o && jq -e '.error | .kind == "compile" and (.detail | contains("error:"))' err >/dev/null
ended $? "the compiler's words are the detail"
run 2 -j bogus && jq -e '.error.kind == "usage"' err >/dev/null
ended $? 'a usage error too'

# ---------------------------------------------------------------- build, and text

run 0 build six.bpf.c && [ -s six.o ] && [ ! -s out ] && [ ! -s err ]
ended $? 'build names the object after the source, in silence'
run 0 build six.bpf.c -o other.o && cmp -s six.o other.o
ended $? 'the same source makes the same object'
run 0 inspect other.o && ! grep -q $'\033' out
ended $? 'no colour where no terminal is'
run 0 inspect -j other.o && jq -e '.function == "six" and (.params | map(.name) == ["from", "mac", "to", "pps"])' out >/dev/null
ended $? 'inspect -j'
# An object of many programs, for hooks and others: all is shown, and nothing is chosen unasked.
cat >many.bpf.c <<'END'
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
struct {
	__uint(type, BPF_MAP_TYPE_ARRAY);
	__uint(max_entries, 3);
	__type(key, __u32);
	__type(value, __u64);
} kept SEC(".maps");
const volatile __u32 verdict = XDP_PASS;
SEC("xdp") int one(struct xdp_md *ctx) { return verdict; }
SEC("xdp.frags") int two(struct xdp_md *ctx) { return bpf_map_lookup_elem(&kept, &(__u32){0}) ? 1 : 2; }
SEC("tc") int three(struct __sk_buff *skb) { return 0; }
SEC("classifier/four") int four(struct __sk_buff *skb) { return 2; }
SEC("xdp/devmap") int five(struct xdp_md *ctx) { return XDP_PASS; }
SEC("xdp/cpumap") int six(struct xdp_md *ctx) { return XDP_PASS; }
SEC("kprobe/schedule") int seven(void *ctx) { return 0; }
char LICENSE[] SEC("license") = "GPL";
END
run 0 build many.bpf.c
run 0 inspect many.o && grep -q '^4 plain programs; PATH#PROGRAM chooses one$' out &&
	[ "$(awk '/PROGRAM.*SECTION/ { on = 1; next } on { printf "%s:%s:%s ", $1, $2, $3 }' out)" = \
		'one:xdp:xdp two:xdp.frags:xdp three:tc:tc four:classifier/four:tc five:xdp/devmap:devmap six:xdp/cpumap:cpumap seven:kprobe/schedule:- ' ]
ended $? 'inspect shows all programs of an object that has several for a hook'
run 0 inspect many.bpf.c -j && jq -e '(.maps | map(.name) | index("kept")) and (.params | map(.name) == ["verdict"]) and
	(.programs | map("\(.name)/\(.hook)/\(.frags)") == ["one/xdp/false", "two/xdp/true", "three/tc/false", "four/tc/false",
		"five/devmap/false", "six/cpumap/false", "seven/-/false"])' out >/dev/null
ended $? 'inspect -j too, with its maps and parameters'
refused 6 'has more than one program for a hook' check many.o
refused 4 'has no program "eight"' inspect many.o#eight
cat >kprobe.bpf.c <<'END'
#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
SEC("kprobe/schedule") int only(void *ctx) { return 0; }
END
run 0 inspect kprobe.bpf.c && grep -q '^0 plain programs' out
ended $? 'inspect shows an object that has no program for a hook'
refused 6 'has no program for XDP or TC' check kprobe.bpf.c

"$edge_load" help >/dev/full 2>err
[ $? -eq 1 ]
ended $? 'a full disk is a failure'
grep -q '^edge-load: can.t write all of the output: No space left' err
ended $? 'and is said'
"$edge_load" help -j >/dev/full 2>err || "$edge_load" version -j >/dev/full 2>err
[ $? -eq 1 ] && jq -e '.error.what' err >/dev/null
ended $? 'of JSON, too'
"$edge_load" version >&- 2>err
[ $? -eq 1 ] && grep -q 'write all of the output' err
ended $? 'so is a closed standard output'

finish

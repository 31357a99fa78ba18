/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_FUSE_PROTOCOL_H
#define EL_FUSE_PROTOCOL_H
/*
 * Fusing: bitcode modules in, one BPF object out. The work is done by a child process,
 * edge-load-fuse, which has no capabilities, may open nothing, and gets its inputs and outputs as
 * open descriptors:
 *
 *   3    the request: JSON, below
 *   4    the answer: JSON, below
 *   5    the fused object
 *   6    chain.bpf.o's bitcode
 *   7…   a bitcode module each
 *   …    prefix.bpf.o's bitcode, if an instance has tables
 *
 * Request:
 *
 *   {"entry": "edge_xdp",
 *    "plain": "edge_plain_xdp",
 *    "apart": false,          true: ordinary programs are put in after the optimiser has run
 *    "own_cpu": false,        true: code for the oldest -mcpu= of the ordinary programs
 *    "all_passes": false,     true: all passes of clang's -O2
 *    "constants": {"edge_first": "00000000", ...},    bytes of the SDK's variables, for each module
 *    "table": 9,              the descriptor of prefix.bpf.o's bitcode
 *    "instances": [
 *      {"number": 0,          its place in the whole chain
 *       "owner": 0,           the instance whose maps and writable data it has: itself, or an
 *                             earlier instance of the same object
 *       "joined": false,      true: several instances share those data
 *       "last": false,        true: it is the last instance of the chain
 *       "name": "guard",
 *       "descriptor": 7,
 *       "symbol": "edge_fn_blocklist",
 *       "plain": false,       true: an ordinary program, and "symbol" is its entry
 *       "params": {"count_only": "01"},
 *       "tables": {"blocked": "00…"}}, ...]}     maps that are tables: struct edge_prefix_space
 *
 * Answer: {"done": true} when the object stands, else {"kind": K, "instance": N, "message": "…"};
 * kinds are below.
 *
 * In the object, a global `x` of the chain's instance N is called iN__x; its maps too.
 * edge_mac_first and edge_mac_last keep their names, and are in .rodata if the code reads them, so
 * that the loader can load one object for many devices. The
 * instance's writable data stand in sections .data.iN and .bss.iN. Parameters are folded into the
 * code.
 */
#define EL_FUSE_REQUEST 3
#define EL_FUSE_ANSWER	4
#define EL_FUSE_OBJECT	5
#define EL_FUSE_CHAIN	6
#define EL_FUSE_MODULES 7

#define EL_FUSE_KIND_BITCODE	 "bitcode"     /* this instance's bitcode can't be read */
#define EL_FUSE_KIND_NEWER	 "newer"       /* … because a newer LLVM wrote it */
#define EL_FUSE_KIND_UNSUPPORTED "unsupported" /* an SDK call that this hook does not have */
#define EL_FUSE_KIND_UNDEFINED	 "undefined"   /* a function without a definition */
#define EL_FUSE_KIND_STACK	 "stack"       /* more than the 512 bytes of stack */
#define EL_FUSE_KIND_TAIL_CALL \
	"tail-call" /* a plain program that would not come back, and is not the last */
#define EL_FUSE_KIND_TABLE "table" /* a map that can't be a table, because of how it is used */
#define EL_FUSE_KIND_OTHER "other"

#endif

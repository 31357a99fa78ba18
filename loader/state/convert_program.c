// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * A program that is never attached: it is run on a "packet" that describes a change of a map's
 * value, and makes the change with one instruction. User space can only replace an entry as a
 * whole, which would lose additions by packets between the lookup and the update.
 *
 * The packet is the key, padded to 8 bytes, then struct order.
 */
#include <bpf/bpf.h>

#include "state/convert_program.h"

struct order {
	uint32_t cpu, offset, action, zero;
	uint64_t number, expected;
};

/* The meaning of order.action. */
static const struct action {
	uint8_t size;
	bool add;
	uint8_t width; /* BPF_DW, BPF_W, BPF_H or BPF_B */
} actions[] = {
	{8, true, BPF_DW}, {4, true, BPF_W},  {8, false, BPF_DW},
	{4, false, BPF_W}, {2, false, BPF_H}, {1, false, BPF_B},
};

enum { ACTIONS = sizeof(actions) / sizeof(*actions), DONE = XDP_PASS, MISSING = XDP_DROP };

struct code {
	struct bpf_insn list[128];
	int count;
	int to_missing[ACTIONS + 2]; /* jumps to the end */
	int jumps;
};

/* Instructions; the kernel has similar macros in include/linux/filter.h. */
#define INSN(...)		    ((struct bpf_insn){__VA_ARGS__})
#define MOV(dst, src)		    INSN(BPF_ALU64 | BPF_MOV | BPF_X, dst, src, 0, 0)
#define ADD(dst, src)		    INSN(BPF_ALU64 | BPF_ADD | BPF_X, dst, src, 0, 0)
#define MOV_IMM(dst, number)	    INSN(BPF_ALU64 | BPF_MOV | BPF_K, dst, 0, 0, number)
#define ADD_IMM(dst, number)	    INSN(BPF_ALU64 | BPF_ADD | BPF_K, dst, 0, 0, number)
#define AND_IMM(dst, number)	    INSN(BPF_ALU64 | BPF_AND | BPF_K, dst, 0, 0, number)
#define LOAD(width, dst, src, off)  INSN(BPF_LDX | BPF_MEM | (width), dst, src, off, 0)
#define STORE(width, dst, src)	    INSN(BPF_STX | BPF_MEM | (width), dst, src, 0, 0)
#define ATOMIC(width, dst, src, op) INSN(BPF_STX | BPF_ATOMIC | (width), dst, src, 0, op)
#define JUMP(op, dst, src, off)	    INSN(BPF_JMP | (op) | BPF_X, dst, src, off, 0)
#define JUMP_IMM(op, dst, number)   INSN(BPF_JMP | (op) | BPF_K, dst, 0, 0, number)
#define CALL(helper)		    INSN(BPF_JMP | BPF_CALL, 0, 0, 0, helper)
#define RETURN()		    INSN(BPF_JMP | BPF_EXIT, 0, 0, 0, 0)
/* The descriptor of a map takes two instructions. */
#define LOAD_MAP(dst, fd) \
	INSN(BPF_LD | BPF_IMM | BPF_DW, dst, BPF_PSEUDO_MAP_FD, 0, fd), INSN(0, 0, 0, 0, 0)

#define EMIT(code, ...)                                    \
	emit(code, (const struct bpf_insn[]){__VA_ARGS__}, \
	     sizeof((const struct bpf_insn[]){__VA_ARGS__}) / sizeof(struct bpf_insn))

static void emit(struct code *code, const struct bpf_insn *list, size_t count)
{
	memcpy(code->list + code->count, list, count * sizeof(*list));
	code->count += (int)count;
}

/* A jump to the end, whose offset is set when the end is known. */
static void emit_jump_to_missing(struct code *code, struct bpf_insn jump)
{
	code->to_missing[code->jumps++] = code->count;
	emit(code, &jump, 1);
}

static uint32_t key_room(const struct el_map *map)
{
	return (map->info.key_size + 7) & ~7u;
}

/* The offset of a field of struct order in the packet. */
static int16_t in_packet(const struct el_map *map, size_t field)
{
	return (int16_t)(key_room(map) + field);
}

/* Set R7 to the packet, and R0 to the value. */
static void emit_lookup(struct code *code, const struct el_map *map)
{
	EMIT(code, LOAD(BPF_W, BPF_REG_7, BPF_REG_1, offsetof(struct xdp_md, data)),
	     LOAD(BPF_W, BPF_REG_2, BPF_REG_1, offsetof(struct xdp_md, data_end)),
	     MOV(BPF_REG_3, BPF_REG_7),
	     ADD_IMM(BPF_REG_3, (int32_t)(key_room(map) + sizeof(struct order))));
	emit_jump_to_missing(code, JUMP(BPF_JGT, BPF_REG_3, BPF_REG_2, 0));
	EMIT(code, LOAD_MAP(BPF_REG_1, map->fd), MOV(BPF_REG_2, BPF_REG_7));
	if (map->cpus)
		EMIT(code, LOAD(BPF_W, BPF_REG_3, BPF_REG_7,
				in_packet(map, offsetof(struct order, cpu))));
	EMIT(code, CALL(map->cpus ? BPF_FUNC_map_lookup_percpu_elem : BPF_FUNC_map_lookup_elem));
	emit_jump_to_missing(code, JUMP_IMM(BPF_JEQ, BPF_REG_0, 0));
}

/*
 * Store R6 at R1 if the bytes there equal R2. The verifier accepts atomic instructions of 4 and 8
 * bytes only, so for 1 and 2 bytes the comparison precedes the store.
 */
static void emit_exchange(struct code *code, const struct action *action)
{
	if (action->size >= 4)
		EMIT(code, MOV(BPF_REG_0, BPF_REG_2),
		     ATOMIC(action->width, BPF_REG_1, BPF_REG_6, BPF_CMPXCHG));
	else
		EMIT(code, LOAD(action->width, BPF_REG_0, BPF_REG_1, 0),
		     JUMP(BPF_JNE, BPF_REG_0, BPF_REG_2, 1),
		     STORE(action->width, BPF_REG_1, BPF_REG_6));
}

/* If R9 is @number: apply the action at R0 + R8 with R6; R2 has the expected bytes. */
static void emit_action(struct code *code, const struct el_map *map, int32_t number)
{
	const struct action *action = &actions[number];
	int skip = code->count;

	if (map->info.value_size < action->size)
		return;
	EMIT(code, JUMP_IMM(BPF_JNE, BPF_REG_9, number));
	/* The verifier accepts atomic instructions on aligned bytes only. */
	if (action->size >= 4)
		EMIT(code, AND_IMM(BPF_REG_8, -action->size));
	emit_jump_to_missing(
		code, JUMP_IMM(BPF_JGT, BPF_REG_8, (int32_t)map->info.value_size - action->size));
	EMIT(code, MOV(BPF_REG_1, BPF_REG_0), ADD(BPF_REG_1, BPF_REG_8));
	if (action->add)
		EMIT(code, ATOMIC(action->width, BPF_REG_1, BPF_REG_6, BPF_ADD));
	else
		emit_exchange(code, action);
	EMIT(code, MOV_IMM(BPF_REG_0, DONE), RETURN());
	code->list[skip].off = (int16_t)(code->count - skip - 1);
}

int el_convert_program_load(const struct el_map *map)
{
	struct code code = {0};
	int fd;

	if (map->info.key_size > 512)
		return -E2BIG;
	emit_lookup(&code, map);
	EMIT(&code,
	     LOAD(BPF_W, BPF_REG_8, BPF_REG_7, in_packet(map, offsetof(struct order, offset))),
	     LOAD(BPF_W, BPF_REG_9, BPF_REG_7, in_packet(map, offsetof(struct order, action))),
	     LOAD(BPF_DW, BPF_REG_6, BPF_REG_7, in_packet(map, offsetof(struct order, number))),
	     LOAD(BPF_DW, BPF_REG_2, BPF_REG_7, in_packet(map, offsetof(struct order, expected))));
	for (int32_t i = 0; i < ACTIONS; i++)
		emit_action(&code, map, i);
	for (int i = 0; i < code.jumps; i++)
		code.list[code.to_missing[i]].off = (int16_t)(code.count - code.to_missing[i] - 1);
	EMIT(&code, MOV_IMM(BPF_REG_0, MISSING), RETURN());
	fd = bpf_prog_load(BPF_PROG_TYPE_XDP, "edge_merge", "Dual BSD/GPL", code.list,
			   (size_t)code.count, NULL);
	return fd < 0 ? -errno : fd;
}

int el_convert_program_run(int fd, const struct el_map *map, const struct el_edit *edit)
{
	uint8_t packet[512 + sizeof(struct order)] = {0};
	struct order order = {.cpu = edit->cpu,
			      .offset = edit->offset,
			      .number = edit->number,
			      .expected = edit->expected};
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = packet,
		    .data_size_in = key_room(map) + (uint32_t)sizeof(order), .repeat = 1);

	if (edit->add && edit->offset % edit->size)
		return -EOPNOTSUPP;
	while (order.action < ACTIONS &&
	       (actions[order.action].size != edit->size || actions[order.action].add != edit->add))
		order.action++;
	memcpy(packet, edit->key, map->info.key_size);
	memcpy(packet + key_room(map), &order, sizeof(order));
	if (bpf_prog_test_run_opts(fd, &options))
		return -errno;
	return options.retval == DONE ? 0 : -ENOENT;
}

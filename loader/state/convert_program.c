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

static void emit(struct code *code, uint8_t op, uint8_t dst, uint8_t src, int16_t off, int32_t imm)
{
	code->list[code->count++] = (struct bpf_insn){op, dst, src, off, imm};
}

static void emit_jump_to_missing(struct code *code, uint8_t op, uint8_t dst, uint8_t src,
				 int32_t imm)
{
	code->to_missing[code->jumps++] = code->count;
	emit(code, op, dst, src, 0, imm);
}

static void emit_return(struct code *code, int32_t verdict)
{
	emit(code, BPF_ALU64 | BPF_MOV | BPF_K, BPF_REG_0, 0, 0, verdict);
	emit(code, BPF_JMP | BPF_EXIT, 0, 0, 0, 0);
}

static uint32_t key_room(const struct el_map *map)
{
	return (map->info.key_size + 7) & ~7u;
}

/* Set R7 to the packet, and R0 to the value. */
static void emit_lookup(struct code *code, const struct el_map *map)
{
	int16_t order = (int16_t)key_room(map);

	emit(code, BPF_LDX | BPF_MEM | BPF_W, BPF_REG_7, BPF_REG_1, offsetof(struct xdp_md, data),
	     0);
	emit(code, BPF_LDX | BPF_MEM | BPF_W, BPF_REG_2, BPF_REG_1,
	     offsetof(struct xdp_md, data_end), 0);
	emit(code, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_3, BPF_REG_7, 0, 0);
	emit(code, BPF_ALU64 | BPF_ADD | BPF_K, BPF_REG_3, 0, 0,
	     (int32_t)(key_room(map) + sizeof(struct order)));
	emit_jump_to_missing(code, BPF_JMP | BPF_JGT | BPF_X, BPF_REG_3, BPF_REG_2, 0);
	emit(code, BPF_LD | BPF_IMM | BPF_DW, BPF_REG_1, BPF_PSEUDO_MAP_FD, 0, map->fd);
	emit(code, 0, 0, 0, 0, 0);
	emit(code, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_2, BPF_REG_7, 0, 0);
	if (map->cpus)
		emit(code, BPF_LDX | BPF_MEM | BPF_W, BPF_REG_3, BPF_REG_7,
		     (int16_t)(order + (int16_t)offsetof(struct order, cpu)), 0);
	emit(code, BPF_JMP | BPF_CALL, 0, 0, 0,
	     map->cpus ? BPF_FUNC_map_lookup_percpu_elem : BPF_FUNC_map_lookup_elem);
	emit_jump_to_missing(code, BPF_JMP | BPF_JEQ | BPF_K, BPF_REG_0, 0, 0);
}

/* Add R6 to the bytes at R1. */
static void emit_add(struct code *code, const struct action *action)
{
	emit(code, BPF_STX | BPF_ATOMIC | action->width, BPF_REG_1, BPF_REG_6, 0, BPF_ADD);
	emit_return(code, DONE);
}

/*
 * Store R6 at R1 if the bytes there equal R2. The verifier accepts atomic instructions of 4 and 8
 * bytes only, so for 1 and 2 bytes the comparison precedes the store.
 */
static void emit_exchange(struct code *code, const struct action *action)
{
	if (action->size >= 4) {
		emit(code, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_0, BPF_REG_2, 0, 0);
		emit(code, BPF_STX | BPF_ATOMIC | action->width, BPF_REG_1, BPF_REG_6, 0,
		     BPF_CMPXCHG);
	} else {
		emit(code, BPF_LDX | BPF_MEM | action->width, BPF_REG_0, BPF_REG_1, 0, 0);
		emit(code, BPF_JMP | BPF_JNE | BPF_X, BPF_REG_0, BPF_REG_2, 1, 0);
		emit(code, BPF_STX | BPF_MEM | action->width, BPF_REG_1, BPF_REG_6, 0, 0);
	}
	emit_return(code, DONE);
}

/* If R9 is @number: apply the action at R0 + R8 with R6; R2 has the expected bytes. */
static void emit_action(struct code *code, const struct el_map *map, int32_t number)
{
	const struct action *action = &actions[number];
	int skip = code->count;

	if (map->info.value_size < action->size)
		return;
	emit(code, BPF_JMP | BPF_JNE | BPF_K, BPF_REG_9, 0, 0, number);
	/* The verifier accepts atomic instructions on aligned bytes only. */
	if (action->size >= 4)
		emit(code, BPF_ALU64 | BPF_AND | BPF_K, BPF_REG_8, 0, 0, -action->size);
	emit_jump_to_missing(code, BPF_JMP | BPF_JGT | BPF_K, BPF_REG_8, 0,
			     (int32_t)map->info.value_size - action->size);
	emit(code, BPF_ALU64 | BPF_MOV | BPF_X, BPF_REG_1, BPF_REG_0, 0, 0);
	emit(code, BPF_ALU64 | BPF_ADD | BPF_X, BPF_REG_1, BPF_REG_8, 0, 0);
	if (action->add)
		emit_add(code, action);
	else
		emit_exchange(code, action);
	code->list[skip].off = (int16_t)(code->count - skip - 1);
}

int el_convert_program_load(const struct el_map *map)
{
	int16_t order = (int16_t)key_room(map);
	struct code code = {0};
	int fd;

	if (map->info.key_size > 512)
		return -E2BIG;
	emit_lookup(&code, map);
	emit(&code, BPF_LDX | BPF_MEM | BPF_W, BPF_REG_8, BPF_REG_7,
	     (int16_t)(order + (int16_t)offsetof(struct order, offset)), 0);
	emit(&code, BPF_LDX | BPF_MEM | BPF_W, BPF_REG_9, BPF_REG_7,
	     (int16_t)(order + (int16_t)offsetof(struct order, action)), 0);
	emit(&code, BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_6, BPF_REG_7,
	     (int16_t)(order + (int16_t)offsetof(struct order, number)), 0);
	emit(&code, BPF_LDX | BPF_MEM | BPF_DW, BPF_REG_2, BPF_REG_7,
	     (int16_t)(order + (int16_t)offsetof(struct order, expected)), 0);
	for (int32_t i = 0; i < ACTIONS; i++)
		emit_action(&code, map, i);
	for (int i = 0; i < code.jumps; i++)
		code.list[code.to_missing[i]].off = (int16_t)(code.count - code.to_missing[i] - 1);
	emit_return(&code, MISSING);
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

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Pins that look like a chain's, but that edge-load did not make.
 *
 *   plant FOLDER DEVICE PIN [FIELD=TEXT...]
 *
 * FOLDER is the folder of a generation, without pins. The chain is one instance "a" on DEVICE, in
 * this network namespace, with a map a/m. PIN selects the pin that is wrong, and its fault:
 *
 *   sound            no fault
 *   metadata-percpu, metadata-key, metadata-entries, metadata-huge, metadata-short
 *   counters-value, counters-entries, counters-kind, carried-percpu, carried-key
 *   types-percpu, types-key, types-cut, types-records, types-names, types-btf
 *   targets-key      the table of a function that redirects packets
 *   shared-value     the program array of a chain in mode shared
 *
 * FIELD is a text field of struct edge_metadata, for example "chain", or "mode" or "shared", which
 * are numbers.
 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <bpf/bpf.h>

#include "../../bpf/edge/abi.h"

static const char *folder, *wrong;
static int shared;

static int is(const char *pin)
{
	return !strcmp(wrong, pin);
}

static void die(const char *what)
{
	fprintf(stderr, "plant: %s: %s\n", what, strerror(errno));
	exit(1);
}

static void pin(int fd, const char *name)
{
	char path[512];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	if (fd < 0 || bpf_obj_pin(fd, path))
		die(path);
}

/* Pin a new map. If @value is not NULL, it becomes the value of the first entry. */
static void pin_map(const char *name, enum bpf_map_type type, uint32_t key_size, size_t value_size,
		    uint32_t entries, const void *value)
{
	char key[512] = "";
	int fd = bpf_map_create(type, "planted", key_size, (uint32_t)value_size, entries, NULL);

	if (fd >= 0 && value && bpf_map_update_elem(fd, key, value, 0))
		die(name);
	pin(fd, name);
}

/* ---------------------------------------------------------------- metadata */

static void set_field(struct edge_metadata *metadata, char *word)
{
	static const struct {
		const char *name;
		size_t offset, size;
	} fields[] = {
#define FIELD(name) {#name, offsetof(struct edge_metadata, name), sizeof(metadata->name)}
		FIELD(chain),	FIELD(programs), FIELD(digests),
		FIELD(reasons), FIELD(cut),	 FIELD(user),
	};
	char *value = strchr(word, '=');

	if (!value)
		die(word);
	*value++ = '\0';
	if (!strcmp(word, "mode"))
		metadata->mode = (uint32_t)strtoul(value, NULL, 0);
	if (!strcmp(word, "shared"))
		shared = atoi(value);
	for (size_t i = 0; i < sizeof(fields) / sizeof(*fields); i++)
		if (!strcmp(word, fields[i].name))
			strncpy((char *)metadata + fields[i].offset, value, fields[i].size);
}

static void plant_metadata(const char *device, char **words)
{
	struct edge_metadata *metadata = calloc(1, sizeof(*metadata) + 64);
	size_t size = sizeof(*metadata) + 64;
	socklen_t length = sizeof(metadata->netns);
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);
	__u64 netns = 0;

	getsockopt(fd, SOL_SOCKET, 71 /* SO_NETNS_COOKIE */, &netns, &length);
	close(fd);
	*metadata = (struct edge_metadata){.time = 1700000000,
					   .abi = EDGE_ABI,
					   .generation = 1,
					   .mode = 1,
					   .ifindex = if_nametoindex(device),
					   .keep = 5,
					   .netns = netns,
					   .user = "u",
					   .programs = "0+1f",
					   .digests = "0123456789abcdef",
					   .chain = "a=count",
					   .reasons = "1:listed"};
	while (*words)
		set_field(metadata, *words++);
	if (is("metadata-percpu"))
		pin_map("metadata", BPF_MAP_TYPE_PERCPU_ARRAY, 4, size, 1, NULL);
	else if (is("metadata-key"))
		pin_map("metadata", BPF_MAP_TYPE_HASH, 512, size, 1, metadata);
	else if (is("metadata-huge"))
		pin_map("metadata", BPF_MAP_TYPE_ARRAY, 4, 512u << 20, 1, NULL);
	else
		pin_map("metadata", BPF_MAP_TYPE_ARRAY, 4, is("metadata-short") ? 64 : size,
			is("metadata-entries") ? 1000 : 1, metadata);
	free(metadata);
}

/* ---------------------------------------------------------------- types */

/* The format of loader/map/types.c. */
struct types {
	struct {
		uint32_t magic, records, parts, size;
	} header;
	struct {
		char instance[EDGE_NAME_MAX], map[64];
		uint32_t part, key, value, origin;
	} record;
	struct {
		uint32_t offset, size;
	} part;
	/* A single type: a typedef that refers to itself. */
	struct {
		uint16_t magic;
		uint8_t version, flags;
		uint32_t header_size, types_offset, types_size, names_offset, names_size;
		uint32_t name, info, type;
		char names[4];
	} btf;
};

static void plant_types(void)
{
	struct types *types = calloc(1, 30000);

	*types = (struct types){
		.header = {0x32747065, is("types-records") ? 0x7fffffff : 1, 1, sizeof(*types)},
		.record = {.instance = "a", .map = "m", .key = 1, .value = 1, .origin = 1},
		.part = {offsetof(struct types, btf), sizeof(types->btf)},
		.btf = {0xeb9f, 1, 0, 24, 0, 12, 12, 4, 1, 8u << 24, 1, "\0t"},
	};
	if (is("types-cut"))
		types->part.size = 0xfffffff0;
	if (is("types-names")) {
		memset(types->record.map, 'm', sizeof(types->record.map));
		types->record.part = UINT32_MAX;
	}
	if (is("types-percpu"))
		pin_map("types", BPF_MAP_TYPE_PERCPU_ARRAY, 4, 30000, 1, NULL);
	else if (is("types-key"))
		pin_map("types", BPF_MAP_TYPE_HASH, 512, 30000, 1, types);
	else
		pin_map("types", BPF_MAP_TYPE_ARRAY, 4, sizeof(*types), 1, types);
	free(types);
}

/* ---------------------------------------------------------------- the rest */

static void plant_counters(void)
{
	size_t size = sizeof(struct edge_counters);

	pin_map("counters",
		is("counters-kind") ? BPF_MAP_TYPE_PERCPU_HASH : BPF_MAP_TYPE_PERCPU_ARRAY, 4,
		is("counters-value") ? 32000 : size, is("counters-entries") ? 1 : 2, NULL);
	if (is("carried-key"))
		pin_map("carried", BPF_MAP_TYPE_HASH, 512, size, 2, NULL);
	else
		pin_map("carried",
			is("carried-percpu") ? BPF_MAP_TYPE_PERCPU_ARRAY : BPF_MAP_TYPE_ARRAY, 4,
			size, 2, NULL);
}

static void plant_program(void)
{
	const struct bpf_insn drop[] = {
		{.code = BPF_ALU64 | BPF_MOV | BPF_K, .dst_reg = 0, .imm = XDP_PASS},
		{.code = BPF_JMP | BPF_EXIT},
	};
	LIBBPF_OPTS(bpf_prog_load_opts, options);

	pin(bpf_prog_load(BPF_PROG_TYPE_XDP, "planted", "GPL", drop, 2, &options), "prog");
}

int main(int argc, char **argv)
{
	char path[512];

	if (argc < 4)
		return 2;
	folder = argv[1];
	wrong = argv[3];
	plant_metadata(argv[2], argv + 4);
	plant_counters();
	plant_program();
	if (!strncmp(wrong, "types-", 6))
		plant_types();
	snprintf(path, sizeof(path), "%s/a", folder);
	if (mkdir(path, 0700))
		die(path);
	pin_map("a/m", BPF_MAP_TYPE_ARRAY, 4, 8, 1, NULL);
	if (is("targets-key"))
		pin_map("a/edge_targets", BPF_MAP_TYPE_HASH, 512, 4, 4, &(uint32_t){1});
	if (is("shared-value"))
		pin_map("../xdp:shared", BPF_MAP_TYPE_ARRAY, 4, 60000, 1, NULL);
	else if (shared)
		pin_map("../xdp:shared", BPF_MAP_TYPE_PROG_ARRAY, 4, 4, 1, NULL);
	return 0;
}

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Programs: load one BPF program of an ELF file in memory through libbpf, fused or unmodified. This
 * file sets the constants, parameters and metadata of the program, and asks maps.c for the maps.
 */
#include <fcntl.h>

#include <bpf/bpf.h>

#include "base/capture.h"
#include "load/load.h"
#include "load/rodata.h"
#include "base/reason.h"
#include "base/rights.h"

/* Set the SDK variables and the parameters of an unmodified object, which has them in memory
 * rather than folded into code. */
static int set_constants(struct el_context *context, const struct bpf_object *object,
			 const struct el_placement *placement, const struct el_instance *instance)
{
	const struct el_object_info *info = &instance->object->info;
	uint32_t values[EL_CONSTANTS];

	el_placement_constants(placement, values);
	for (size_t i = 0; i < EL_CONSTANTS; i++)
		el_rodata_set(object, el_placement_names[i], &values[i], sizeof(values[i]));
	for (size_t i = 0; i < info->params_count; i++)
		if (instance->params[i] &&
		    el_rodata_set(object, info->params[i].name, instance->params[i],
				  instance->object->params[i].size))
			return el_fail(context, EL_COMPILE, ENOENT,
				       "give the object's source, or an object with bitcode",
				       "%s: parameter %s can't be set in an object without bitcode",
				       info->path, info->params[i].name);
	return 0;
}

/* Set the variables of the device, which a fused program has if its code reads them. */
static void set_device(const struct bpf_object *object, const struct el_placement *placement)
{
	uint32_t values[EL_CONSTANTS];

	el_placement_constants(placement, values);
	for (size_t i = EL_CONSTANTS_FOLDED; i < EL_CONSTANTS; i++)
		el_rodata_set(object, el_placement_names[i], &values[i], sizeof(values[i]));
}

/* Set the metadata of a fused program. They are at the start of .rodata, in the order of their
 * fields; metadata_read.c reads them there. */
static int set_metadata(struct el_context *context, const struct bpf_object *object,
			const struct el_generation *chain)
{
	if (el_rodata_offset(object, ".rodata", "bpf_metadata_edge_time") != 0 ||
	    el_rodata_offset(object, ".rodata", "bpf_metadata_edge_reasons") !=
		    offsetof(struct edge_metadata, reasons) ||
	    el_rodata_set(object, "bpf_metadata_edge_time", chain->metadata,
			  sizeof(*chain->metadata)))
		return el_fail(context, EL_FAILED, EPROTO,
			       "chain.bpf.o and edge-load must be of one build",
			       "the metadata of the fused program are not in their place");
	return 0;
}

/* ---------------------------------------------------------------- loading */

/* Drop BPF_F_RDONLY and BPF_F_WRONLY: they only limit the descriptor that the map is made with,
 * which is ours. The kernel does not keep them, and all other descriptors read and write. */
static void keep_lasting_flags(struct bpf_map *map)
{
	struct bpf_map *inner = bpf_map__inner_map(map);

	bpf_map__set_map_flags(map, bpf_map__map_flags(map) & ~(BPF_F_RDONLY | BPF_F_WRONLY));
	if (inner)
		keep_lasting_flags(inner);
}

/* For these sections, libbpf loads programs with support for XDP fragments, regardless of the
 * flags, and a chain without that support could not call them. Handlers of our own do not set the
 * support. */
static void know_sections(void)
{
	static bool known;

	if (known)
		return;
	known = true;
	libbpf_register_prog_handler("xdp.frags", BPF_PROG_TYPE_XDP, BPF_XDP, NULL);
	libbpf_register_prog_handler("xdp.frags/devmap", BPF_PROG_TYPE_XDP, BPF_XDP_DEVMAP, NULL);
	libbpf_register_prog_handler("xdp.frags/cpumap", BPF_PROG_TYPE_XDP, BPF_XDP_CPUMAP, NULL);
}

static int open_elf(const struct el_making *making, const struct el_load *load,
		    struct bpf_object **out)
{
	LIBBPF_OPTS(bpf_object_open_opts, options, .object_name = "edge");
	struct bpf_object *object;
	struct bpf_map *map;

	know_sections();
	object = bpf_object__open_mem(load->elf, load->size, &options);
	if (!object)
		return el_fail(making->context, EL_COMPILE, errno, NULL, "libbpf can't open %s: %s",
			       load->instance < 0
				       ? "the fused object"
				       : making->chain->instances[load->instance].function,
			       el_reason(EL_OP_OPEN, errno));
	/* The loader decides about all pins. With LIBBPF_PIN_BY_NAME, libbpf would pin a map below
	 * /sys/fs/bpf at each load, or take the map of an unrelated chain that is pinned there. */
	bpf_object__for_each_map(map, object) {
		bpf_map__set_pin_path(map, NULL);
		keep_lasting_flags(map);
	}
	*out = object;
	return 0;
}

struct el_load el_load_of(const struct el_generation *chain, size_t number)
{
	const struct el_object *object = chain->instances[number].object;

	return (struct el_load){.elf = object->data, .size = object->size, .instance = (int)number};
}

void el_load_free(struct el_load *load)
{
	free(load->log);
	free(load->words);
	load->log = load->words = NULL;
}

const char *el_program_form(const struct el_program *program)
{
	static const char *const names[EL_FORMS] = {
		[EL_FORM_WHOLE] = "whole",
		[EL_FORM_SETTLED] = "settled",
		[EL_FORM_KEPT] = "kept",
		[EL_FORM_OWN_CPU] = "own-cpu",
	};

	return program->kind == EL_PROGRAM_FUSED ? names[program->form] : "as-compiled";
}

struct el_placement el_placement_alone(const struct el_generation *chain, size_t number)
{
	return (struct el_placement){
		.site = &chain->at.site,
		.clsact = el_hook_takes_clsact(&chain->at),
		.instances = chain->instances,
		.instances_count = chain->instances_count,
		.first = number,
		.count = 1,
		.end = chain->instances_count,
		.last = true,
		.tables = chain->tables,
		.tables_count = chain->tables_count,
	};
}

static void set_xdp(struct bpf_program *program, enum bpf_attach_type type, uint32_t flags)
{
	bpf_program__set_type(program, BPF_PROG_TYPE_XDP);
	bpf_program__set_expected_attach_type(program, type);
	bpf_program__set_flags(program, flags);
}

/* Set the type of a program for entries of a devmap or a cpumap. */
static void set_map_type(struct bpf_program *program, const struct el_generation *chain,
			 bool devmap)
{
	set_xdp(program, devmap ? BPF_XDP_DEVMAP : BPF_XDP_CPUMAP,
		chain->at.frags ? BPF_F_XDP_HAS_FRAGS : 0);
}

static void set_type(struct bpf_program *program, const struct el_generation *chain, bool xdp)
{
	enum bpf_attach_type type;
	uint32_t flags;

	if (xdp) {
		el_hook_xdp_type(&chain->at, &type, &flags);
		set_xdp(program, type, flags);
	} else {
		bpf_program__set_type(program, BPF_PROG_TYPE_SCHED_CLS);
		bpf_program__set_expected_attach_type(program, 0);
	}
}

/*
 * Choose the programs of the object to load: the chosen program, unless @targets, and, from an
 * instance's own object, the programs that its program arrays name. libbpf puts these programs into
 * their slots after the load.
 * Return: the chosen program, or the first target.
 */
static struct bpf_program *choose_programs(struct bpf_object *object,
					   const struct el_generation *chain, int instance,
					   bool targets)
{
	const char *name = chain->at.site.hook == EDGE_HOOK_XDP ? "edge_xdp" : "edge_tc";
	const struct el_object *own = instance < 0 ? NULL : chain->instances[instance].object;
	const struct el_program_info *info =
		own ? el_instance_program(&chain->instances[instance], chain->at.site.hook) : NULL;
	struct bpf_program *program, *chosen = NULL, *first = NULL;

	if (info)
		name = info->name;
	bpf_object__for_each_program(program, object) {
		bool mine = !targets && !strcmp(bpf_program__name(program), name);
		const struct el_program_info *target =
			own ? el_object_target(own, bpf_program__name(program)) : NULL;

		bpf_program__set_autoload(program, mine || target);
		if (mine && info && (info->devmap || info->cpumap))
			set_map_type(program, chain, info->devmap);
		else if (mine)
			set_type(program, chain, chain->at.site.hook == EDGE_HOOK_XDP);
		else if (target)
			set_type(program, chain, target->xdp);
		if (mine)
			chosen = program;
		else if (target && !first)
			first = program;
	}
	return targets ? first : chosen;
}

/* Read a number of the verifier's last lines at log level 4: "stack depth 48+16",
 * then "processed 181 insns …". */
static uint32_t log_number(const char *log, const char *word)
{
	const char *at = log ? strstr(log, word) : NULL;

	return at ? (uint32_t)strtoul(at + strlen(word), NULL, 10) : 0;
}

void el_program_describe(struct el_program *program)
{
	struct bpf_prog_info info = {0};
	uint32_t size = sizeof(info);

	if (program->fd < 0 || bpf_obj_get_info_by_fd(program->fd, &info, &size))
		return;
	program->id = info.id;
	program->instructions = info.xlated_prog_len / 8;
	el_hex(program->tag, info.tag, sizeof(info.tag));
}

/* Whether a program was refused for its size, so that a shorter program may pass; the messages are
 * from kernel/bpf/verifier.c. */
static bool is_too_large(int error, const char *log)
{
	static const char *const words[] = {"program is too large", "jumps is too complex",
					    "combined stack size", "stack size of"};

	if (error == -E2BIG)
		return true;
	for (size_t i = 0; log && i < sizeof(words) / sizeof(*words); i++)
		if (strstr(log, words[i]))
			return true;
	return false;
}

enum { LEVEL_WHOLE = 1, LEVEL_STATISTICS = 4 }; /* log levels of the verifier */

/* One attempt to load. A libbpf object can be loaded only once, so each attempt opens a new one. */
struct attempt {
	struct el_loading loading;
	struct bpf_program *program;
	int level;    /* of the log */
	size_t room;  /* for the log, in bytes */
	bool admin;   /* CAP_SYS_ADMIN is raised for the load */
	bool targets; /* load only the targets of its tail calls */
};

/* Prepare everything before the load. */
static int prepare(struct attempt *attempt, const struct el_load *load)
{
	struct el_context *context = attempt->loading.making->context;
	int error = open_elf(attempt->loading.making, load, &attempt->loading.object);

	if (error)
		return error;
	attempt->program = choose_programs(attempt->loading.object, attempt->loading.making->chain,
					   attempt->loading.instance, attempt->targets);
	if (!attempt->program)
		return el_fail(context, EL_COMPILE, ENOENT, NULL,
			       "the object has lost its program");
	if (attempt->loading.instance < 0) {
		set_device(attempt->loading.object, attempt->loading.placement);
		error = set_metadata(context, attempt->loading.object,
				     attempt->loading.making->chain);
	} else {
		error = set_constants(
			context, attempt->loading.object, attempt->loading.placement,
			&attempt->loading.making->chain->instances[attempt->loading.instance]);
	}
	if (error)
		return error;
	return el_maps_prepare(&attempt->loading);
}

/* If several programs are loaded together, the refused program is the last to write into the log.
 * The statistics of the chosen program remain if all are accepted. */
static void set_log(const struct attempt *attempt, char *log)
{
	struct bpf_program *program;

	bpf_object__for_each_program(program, attempt->loading.object) {
		if (!bpf_program__autoload(program) ||
		    (attempt->level == LEVEL_STATISTICS && program != attempt->program &&
		     !attempt->targets))
			continue;
		bpf_program__set_log_level(program, (uint32_t)attempt->level);
		bpf_program__set_log_buf(program, log, attempt->room);
	}
}

/*
 * Load first for the statistics, which cost nothing; after a refusal, load again for the whole log.
 */
static int load_once(struct attempt *attempt, struct el_load *load)
{
	bool raised;
	int error;

	free(load->log);
	load->log = calloc(1, attempt->room);
	if (!load->log)
		return el_fail_memory(attempt->loading.making->context);
	error = prepare(attempt, load);
	if (error)
		return error;
	snprintf(load->section, sizeof(load->section), "%s",
		 bpf_program__section_name(attempt->program));
	set_log(attempt, load->log);
	raised = attempt->admin && el_rights_raise();
	load->error = bpf_object__load(attempt->loading.object);
	el_rights_lower(raised);
	return 0;
}

/*
 * Whether libbpf failed before the kernel saw the program. If a kernel function, a variable or a
 * CO-RE type is not in vmlinux, libbpf searches the BTF of all modules, and listing the modules
 * takes CAP_SYS_ADMIN, even if the program works without the symbol (__weak,
 * bpf_core_type_exists()).
 */
static bool wants_admin(const struct attempt *attempt, const struct el_load *load)
{
	bool raised;

	if (attempt->admin || !load->error || *load->log)
		return false;
	raised = el_rights_raise();
	el_rights_lower(raised);
	return raised;
}

static void attempt_end(struct attempt *attempt)
{
	if (attempt->loading.object)
		bpf_object__close(attempt->loading.object);
	attempt->loading.object = NULL;
}

/*
 * Before Linux 6.4, a log that is longer than its buffer loses its end, which has the reason, and
 * the error becomes ENOSPC. A large buffer costs only the memory that the kernel writes.
 */
static int load_for_log(struct attempt *attempt, struct el_load *load)
{
	static const size_t rooms[] = {8 << 20, 256 << 20};
	int error = 0, first = load->error;

	attempt->level = LEVEL_WHOLE;
	load->error = -ENOSPC;
	for (size_t i = 0; i < 2 && !error && load->error == -ENOSPC; i++) {
		attempt_end(attempt);
		attempt->room = rooms[i];
		error = load_once(attempt, load);
	}
	if (!error && load->error)
		load->error = first;
	return error;
}

static int take_program(struct el_context *context, struct attempt *attempt,
			struct el_program *program, const char *log)
{
	/* Closed on exec: the compiler of the chain's next program must not inherit it. */
	_cleanup_fd_ int fd = fcntl(bpf_program__fd(attempt->program), F_DUPFD_CLOEXEC, 3);
	int error;

	if (!program) /* the program arrays hold the targets */
		return el_maps_take(&attempt->loading);
	if (fd < 0)
		return el_fail(context, EL_FAILED, errno, NULL, "a program's descriptor: %s",
			       el_reason(EL_OP_SYSTEM, errno));
	error = el_maps_take(&attempt->loading);
	if (error)
		return error;
	program->fd = TAKE_FD(fd);
	el_program_describe(program);
	program->verified = log_number(log, "processed ");
	program->stack = log_number(log, "stack depth ");
	return 0;
}

int el_program_load(const struct el_making *making, const struct el_placement *placement,
		    struct el_load *load, struct el_program *program)
{
	struct el_context *context = making->context;
	struct attempt attempt = {
		.loading = {.making = making, .placement = placement, .instance = load->instance},
		.level = LEVEL_STATISTICS,
		.room = 64 << 10,
		.targets = !program};
	struct el_capture capture;
	int error;

	el_capture_begin(&capture);
	error = load_once(&attempt, load);
	if (!error && wants_admin(&attempt, load)) {
		attempt_end(&attempt);
		attempt.admin = load->searched = true;
		error = load_once(&attempt, load);
	}
	/* E2BIG identifies a program that is too large, and its log would
	 * have a million instructions. */
	if (!error && load->error && load->error != -EPERM && load->error != -E2BIG && !load->brief)
		error = load_for_log(&attempt, load);
	if (!error && load->error) {
		load->too_large = is_too_large(load->error, load->log);
		error = -EACCES;
	} else if (!error) {
		error = take_program(context, &attempt, program, load->log);
	}
	load->words = el_capture_end(&capture);
	attempt_end(&attempt);
	if (error && !load->error && load->words && !context->error.detail)
		el_error_detail(context, TAKE_PTR(load->words));
	return error;
}

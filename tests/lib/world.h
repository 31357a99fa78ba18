/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef WORLD_H
#define WORLD_H
/*
 * A private world for tests of running chains: a network namespace, a mount namespace with a bpffs
 * in it, and a scratch folder. Tests can run at the same time, and their leftovers end with the
 * namespaces.
 *
 *   SCRATCH/bpffs        the bpffs
 *   SCRATCH/NAME.bpf.c   functions that a test writes as text; NAME.o is the compiled object
 *   veth NAME <-> NAME-peer, both up, made by device()
 *
 * Every function made here has a map called mark_PID, by which count_marked() finds the leftovers
 * of the test's chains among the other objects in the kernel. Include this header once, after
 * cmocka.h.
 */
#include <errno.h>
#include <ftw.h>
#include <libgen.h>
#include <limits.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <bpf/bpf.h>
#include <bpf/libbpf.h>

#include "home.h"
#include "loader.h"

static char scratch[PATH_MAX];
static struct el_context *context;
static char warning[4096]; /* the last warning */

#define assert_contains(text, part)                                      \
	do {                                                             \
		if (!strstr(text, part))                                 \
			fail_msg("\"%s\" is not in \"%s\"", part, text); \
	} while (0)

/* ---------------------------------------------------------------- files and commands */

/* Return: a path below the scratch folder, valid until the eighth next call. */
static inline const char *at(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline const char *at(const char *format, ...)
{
	static char paths[8][2 * PATH_MAX];
	static unsigned int next;
	char *path = paths[next++ % 8];
	int length = snprintf(path, sizeof(paths[0]), "%s/", scratch);
	va_list args;

	va_start(args, format);
	vsnprintf(path + length, sizeof(paths[0]) - (size_t)length, format, args);
	va_end(args);
	return path;
}

static inline int shell(const char *format, ...) __attribute__((format(printf, 1, 2)));
static inline int shell(const char *format, ...)
{
	char command[4096];
	va_list args;

	va_start(args, format);
	vsnprintf(command, sizeof(command), format, args);
	va_end(args);
	return system(command);
}

static inline void write_text(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	assert_non_null(file);
	assert_true(fputs(text, file) >= 0);
	assert_int_equal(fclose(file), 0);
}

/* ---------------------------------------------------------------- the world */

static inline void world_warn(void *data, const char *message)
{
	(void)data;
	snprintf(warning, sizeof(warning), "%s", message);
}

/* world_need() skips the whole program, and prints the reason, if the program cannot have a
 * world. */
/* The folder build/, above build/tests/. It is found before the mount namespace changes,
 * since in a chroot, /proc/self/exe then leads through the old namespace. */
static char world_home[PATH_MAX];

static inline void world_need(void)
{
	char exe[PATH_MAX];
	ssize_t length = readlink("/proc/self/exe", exe, sizeof(exe) - 1);

	if (length > 0) {
		exe[length] = '\0';
		snprintf(world_home, sizeof(world_home), "%s", home_of(exe));
	}
	if (!geteuid() && !unshare(CLONE_NEWNET | CLONE_NEWNS) &&
	    !mount("none", "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return;
	printf("1..0 # SKIP needs root, and namespaces: %s\n", strerror(errno));
	exit(0);
}

static inline int world_setup(void **state)
{
	const char *base = getenv("TMPDIR");
	struct el_context_options options = {.warn = world_warn};

	(void)state;
	snprintf(scratch, sizeof(scratch), "%s/edge-load-unit.XXXXXX", base ? base : "/tmp");
	if (!mkdtemp(scratch))
		return -1;
	setenv("EDGE_LOAD_HOME", world_home, 1);
	if (mkdir(at("bpffs"), 0755) || mount("bpf", at("bpffs"), "bpf", 0, NULL))
		return -1;
	options.bpffs = at("bpffs");
	return el_context_open(&context, &options);
}

static inline int world_remove(const char *path, const struct stat *status, int type,
			       struct FTW *ftw)
{
	(void)status;
	(void)type;
	(void)ftw;
	return remove(path);
}

static inline int world_teardown(void **state)
{
	(void)state;
	el_context_free(context);
	umount2(at("bpffs"), MNT_DETACH);
	return nftw(scratch, world_remove, 16, FTW_DEPTH | FTW_PHYS);
}

static inline const struct el_error *last_error(void)
{
	return el_error_get(context);
}

/* ---------------------------------------------------------------- devices */

static inline void device_remove(const char *name)
{
	shell("ip link del %s 2>/dev/null", name);
}

/* Make a veth pair without IPv6, whose own packets would be counted with the test's packets. */
static inline void device(const char *name)
{
	assert_int_equal(shell("ip link add %s type veth peer name %s-peer && "
			       "ip link set %s addrgenmode none && "
			       "ip link set %s-peer addrgenmode none && "
			       "ip link set %s up && ip link set %s-peer up",
			       name, name, name, name, name, name),
			 0);
}

/* ---------------------------------------------------------------- functions */

static inline const char *compile(const char *name, const char *text)
{
	const char *source = at("%s.bpf.c", name), *object = at("%s.o", name);

	write_text(source, text);
	if (el_compile(context, source, object))
		fail_msg("%s\n%s", last_error()->what, last_error()->detail);
	return object;
}

/* Make an edge function: @head stands before it, @body in it. Return: the path of its object. */
static inline const char *function(const char *name, const char *head, const char *body)
{
	char text[65536];

	snprintf(text, sizeof(text),
		 "#include <edge/edge.h>\n"
		 "struct { __uint(type, BPF_MAP_TYPE_ARRAY); __uint(max_entries, 1);\n"
		 "	 __type(key, __u32); __type(value, __u64); } mark_%d SEC(\".maps\");\n"
		 "%s\nEDGE_FUNCTION(%s)\n{\n"
		 "	__u32 zero_ = 0; bpf_map_lookup_elem(&mark_%d, &zero_);\n%s\n}\n",
		 (int)getpid() % 100000, head, name, (int)getpid() % 100000, body);
	return compile(name, text);
}

/* Make an ordinary program for XDP; @text is its source without includes and licence. */
static inline const char *ordinary(const char *name, const char *text)
{
	char whole[65536];

	snprintf(whole, sizeof(whole),
		 "#include <linux/bpf.h>\n#include <bpf/bpf_helpers.h>\n%s\n"
		 "char _license[] SEC(\"license\") = \"GPL\";\n",
		 text);
	return compile(name, whole);
}

/* Make a copy of the object without bitcode, as most existing objects are. */
static inline const char *bare(const char *name)
{
	const char *object = at("%s-bare.o", name);

	assert_int_equal(
		shell("llvm-objcopy --remove-section=.llvmbc --remove-section=.llvmcmd %s %s",
		      at("%s.o", name), object),
		0);
	return object;
}

/* ---------------------------------------------------------------- chains */

struct words {
	char text[65][512], functions[65][2 * PATH_MAX];
	struct el_assignment params[65][8];
	struct el_instance_spec specs[65];
	struct el_chain_spec spec;
};

/* Add an instance [NAME=]FUNCTION[:A=1,B=2], without braces or odd names; a FUNCTION @x is x.o in
 * the scratch folder. */
static inline void words_add(struct words *words, const char *word)
{
	size_t number = words->spec.instances_count++;
	struct el_instance_spec *spec = &words->specs[number];
	char *text = words->text[number], *params;

	snprintf(text, sizeof(words->text[0]), "%s", word);
	*spec = (struct el_instance_spec){.params = words->params[number]};
	if (strcspn(text, "=") < strcspn(text, ":"))
		spec->name = strsep(&text, "=");
	spec->function = strsep(&text, ":");
	if (*spec->function == '@') {
		snprintf(words->functions[number], sizeof(words->functions[0]), "%s/%s.o", scratch,
			 spec->function + 1);
		spec->function = words->functions[number];
	}
	for (params = text; params && spec->params_count < 8;) {
		char *param = strsep(&params, ","), *name = strsep(&param, "=");

		words->params[number][spec->params_count++] = (struct el_assignment){name, param};
	}
}

static inline int attach_words(struct el_chain **out, const char *name, enum edge_hook hook,
			       enum el_mode mode, const char *const *list)
{
	static struct words words;

	memset(&words, 0, sizeof(words));
	/* keep: a swap removes the replaced generation at once, so that leftovers can be
	 * counted. */
	words.spec = (struct el_chain_spec){
		.device = name, .hook = hook, .mode = mode, .instances = words.specs, .keep = 1};
	for (; *list; list++)
		words_add(&words, *list);
	*warning = '\0';
	return el_chain_attach(context, &words.spec, out);
}

#define try_attach(out, name, hook, mode, ...) \
	attach_words(out, name, hook, mode, (const char *const[]){__VA_ARGS__, NULL})

static inline struct el_chain *attached(const char *name, enum edge_hook hook, enum el_mode mode,
					const char *const *list)
{
	struct el_chain *chain = NULL;

	if (attach_words(&chain, name, hook, mode, list))
		fail_msg("%s (%s)\n%s", last_error()->what, last_error()->hint,
			 last_error()->detail ?: "");
	return chain;
}

/* Attach a chain, or fail the test; the caller frees the chain. */
#define attach(name, hook, ...) \
	attached(name, hook, EL_MODE_DEFAULT, (const char *const[]){__VA_ARGS__, NULL})

static inline void detach(const char *name, enum edge_hook hook)
{
	if (el_chain_detach(context, name, hook))
		fail_msg("%s (%s)", last_error()->what, last_error()->hint);
}

/* Return: all pins below a device's folder, sorted, one per line; "" if it has none. */
static inline const char *pins(const char *name)
{
	static char list[2][16384];
	static unsigned int next;
	char *text = list[next++ % 2];
	char command[2 * PATH_MAX + 64];
	size_t length;
	FILE *out;

	snprintf(command, sizeof(command), "cd %s/edge 2>/dev/null && find %s 2>/dev/null | sort",
		 at("bpffs"), name);
	out = popen(command, "r");
	assert_non_null(out);
	length = fread(text, 1, sizeof(list[0]) - 1, out);
	text[length] = '\0';
	pclose(out);
	return text;
}

/* Return: the id of the program that is pinned as the running program, or 0. */
static inline uint32_t program_of(const char *name, const char *hook)
{
	struct bpf_prog_info info = {0};
	uint32_t size = sizeof(info);
	int fd = bpf_obj_get(at("bpffs/edge/%s/%s/prog", name, hook));

	if (fd < 0)
		return 0;
	assert_int_equal(bpf_obj_get_info_by_fd(fd, &info, &size), 0);
	close(fd);
	return info.id;
}

/* Attaching this chain must be refused with this error, and the running chain must stay
 * unchanged. */
static inline void refused_words(const char *name, enum edge_hook hook, enum el_mode mode,
				 const char *const *list, enum el_kind kind, const char *what,
				 const char *hint)
{
	uint32_t before = program_of(name, el_hook_name(hook));
	char *pins_before = strdup(pins(name));
	struct el_chain *chain = NULL;

	if (!attach_words(&chain, name, hook, mode, list))
		fail_msg("attached, but should have been refused: %s", what);
	assert_null(chain);
	assert_contains(last_error()->what, what);
	assert_contains(last_error()->hint, hint);
	assert_int_equal(last_error()->kind, kind);
	assert_string_equal(pins(name), pins_before);
	assert_int_equal(program_of(name, el_hook_name(hook)), before);
	free(pins_before);
}

#define refused(name, hook, kind, what, hint, ...)                                                 \
	refused_words(name, hook, EL_MODE_DEFAULT, (const char *const[]){__VA_ARGS__, NULL}, kind, \
		      what, hint)

/* ---------------------------------------------------------------- packets */

/* Send @count copies of an Ethernet frame of @length bytes, whose byte 14 is @first, through the
 * pinned program. Return: the verdict of the program. */
static inline uint32_t send(const char *name, const char *hook, unsigned int first,
			    unsigned int length, int count)
{
	uint8_t frame[2048] = {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 2, 0x88, 0xb5, (uint8_t)first};
	uint8_t out[4096];
	LIBBPF_OPTS(bpf_test_run_opts, options, .data_in = frame, .data_size_in = length,
		    .data_out = out, .data_size_out = sizeof(out), .repeat = count);
	int fd = bpf_obj_get(at("bpffs/edge/%s/%s/prog", name, hook));

	assert_true(fd >= 0);
	assert_int_equal(bpf_prog_test_run_opts(fd, &options), 0);
	close(fd);
	return options.retval;
}

static inline struct el_counters *counters(const char *name, enum edge_hook hook)
{
	struct el_counters *read = NULL;
	struct el_chain *chain = NULL;

	if (el_chain_open(context, name, hook, &chain) || el_counters_read(context, chain, &read))
		fail_msg("%s", last_error()->what);
	el_chain_free(chain);
	return read;
}

static inline uint64_t reason(const struct el_instance_counters *instance, const char *name)
{
	for (size_t i = 0; i < instance->reasons_count; i++)
		if (!strcmp(instance->reasons[i].name, name))
			return instance->reasons[i].packets;
	return 0;
}

/* ---------------------------------------------------------------- leaks in the kernel */

static inline bool is_marked(uint32_t id)
{
	struct bpf_map_info info = {0};
	uint32_t size = sizeof(info);
	char mark[16];
	int fd = bpf_map_get_fd_by_id(id);

	if (fd < 0)
		return false;
	snprintf(mark, sizeof(mark), "mark_%d", (int)getpid() % 100000);
	bpf_obj_get_info_by_fd(fd, &info, &size);
	close(fd);
	return !strcmp(info.name, mark);
}

static inline bool is_marked_program(uint32_t id)
{
	uint32_t maps[128] = {0};
	struct bpf_prog_info info = {.nr_map_ids = 128, .map_ids = (uintptr_t)maps};
	uint32_t size = sizeof(info);
	int fd = bpf_prog_get_fd_by_id(id);
	bool found = false;

	if (fd < 0)
		return false;
	if (!bpf_obj_get_info_by_fd(fd, &info, &size))
		for (uint32_t i = 0; !found && i < info.nr_map_ids && i < 128; i++)
			found = is_marked(maps[i]);
	close(fd);
	return found;
}

/* Count this test's programs and maps in the kernel. */
static inline void count_marked(size_t *programs, size_t *maps)
{
	*programs = *maps = 0;
	for (uint32_t id = 0; !bpf_prog_get_next_id(id, &id);)
		*programs += is_marked_program(id);
	for (uint32_t id = 0; !bpf_map_get_next_id(id, &id);)
		*maps += is_marked(id);
}

/* The kernel frees programs and maps some time after their last user is gone. */
static inline void assert_marked(size_t programs, size_t maps)
{
	size_t found_programs = 0, found_maps = 0;

	for (int tries = 0; tries < 50; tries++) {
		count_marked(&found_programs, &found_maps);
		if (found_programs == programs && found_maps == maps)
			return;
		usleep(100000);
	}
	fail_msg("the kernel holds %zu programs and %zu maps of ours, not %zu and %zu",
		 found_programs, found_maps, programs, maps);
}

#endif

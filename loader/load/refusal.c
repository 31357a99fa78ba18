// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Error messages for refusals of the kernel or of libbpf (refusal.h). They are read from the
 * verifier's log, whose form differs between kernels: since 6.9, a source line is followed by
 * "@ FILE:LINE"; before 6.9, the file and the line are looked up in the ELF file by the number of
 * the instruction.
 */
#include <ctype.h>

#include <bpf/btf.h>

#include "object/lines.h"
#include "object/elf.h"
#include "base/reason.h"
#include "load/refusal.h"

/* The place in the source at which the verifier stopped. */
struct place {
	char *file; /* without its folder; NULL: unknown */
	char *text; /* NULL: unknown */
	uint32_t line;
};

static void place_free(struct place *place)
{
	free(place->file);
	free(place->text);
}

/* ---------------------------------------------------------------- the log */

/* The line of a log before @end, and its length without the newline; NULL at the start of the
 * log. */
static const char *line_before(const char *log, const char *end, size_t *length)
{
	const char *line;

	if (end <= log)
		return NULL;
	if (end[-1] == '\n')
		end--;
	line = memrchr(log, '\n', (size_t)(end - log));
	line = line ? line + 1 : log;
	*length = (size_t)(end - line);
	return line;
}

/* The verifier's reason is in the last line before its statistics or, for an endless loop, before
 * the two equal states. malloc'ed. */
static char *verifier_words(const char *log)
{
	static const char *const statistics[] = {"processed ", "verification time ", "stack depth ",
						 "cur state:", "old state:"};
	const char *line = log ? log + strlen(log) : NULL;
	size_t length;

	while (line && (line = line_before(log, line, &length))) {
		bool statistic = !length;

		for (size_t i = 0; i < sizeof(statistics) / sizeof(*statistics); i++)
			statistic |= !strncmp(line, statistics[i], strlen(statistics[i]));
		if (!statistic)
			return strndup(line, length);
	}
	return NULL;
}

/* Whether the kernel refused a program: libbpf then reports "BPF program load failed". */
static bool is_of_program(const struct el_load *load)
{
	return !load->words || strstr(load->words, "load failed");
}

/* The last warning of libbpf that contains a reason, without its "libbpf: ". malloc'ed. */
static char *libbpf_words(const struct el_load *load)
{
	static const char prefix[] = "libbpf: ", object[] = "libbpf: failed to load object";
	const char *line = load->words ? load->words + strlen(load->words) : NULL;
	size_t length = 0;

	do
		line = line ? line_before(load->words, line, &length) : NULL;
	while (line && !strncmp(line, object, sizeof(object) - 1));
	if (!line)
		return NULL;
	if (length > sizeof(prefix) - 1 && !strncmp(line, prefix, sizeof(prefix) - 1)) {
		line += sizeof(prefix) - 1;
		length -= sizeof(prefix) - 1;
	}
	return strndup(line, length);
}

char *el_refusal_words(const struct el_load *load)
{
	char *words;

	if (load->log && strstr(load->log, "program is too large"))
		return strdup("its verification needs more than a million instructions");
	words = verifier_words(load->log);
	return words ? words : strdup(el_reason(EL_OP_LOAD, load->error));
}

/* ---------------------------------------------------------------- the place */

/* Read "; TEXT @ FILE:LINE" or, before Linux 6.9, "; TEXT". */
static void read_comment(const char *line, size_t length, struct place *place)
{
	_cleanup_free_ char *text = strndup(line + 1, length - 1);
	char *start = text, *at = NULL;

	if (!text)
		return;
	while (isspace((unsigned char)*start))
		start++;
	for (char *c = start; (c = strstr(c, "@ ")); c++)
		at = c;
	if (at && strrchr(at, ':')) {
		char *colon = strrchr(at, ':');

		*colon = '\0';
		place->file = strdup(at + 2);
		place->line = (uint32_t)strtoul(colon + 1, NULL, 10);
		*at = '\0';
	}
	for (char *end = start + strlen(start); end > start && isspace((unsigned char)end[-1]);)
		*--end = '\0';
	place->text = strdup(start);
}

/* Whether a line of a log is an instruction, "12: (79) r4 = …", and its number. */
static bool is_instruction(const char *line, uint32_t *number)
{
	char *end;

	if (!isdigit((unsigned char)*line))
		return false;
	*number = (uint32_t)strtoul(line, &end, 10);
	return !strncmp(end, ": (", 3);
}

static void find_in_elf(const struct el_load *load, const char *section, uint32_t offset,
			struct place *place)
{
	__attribute__((cleanup(el_lines_free))) struct el_lines lines = {0};
	const struct el_line *line;
	const char *text;

	if (el_lines_add(&lines, load->elf, load->size))
		return;
	line = el_lines_at(&lines, section, offset);
	if (!line || !line->number)
		return;
	/* Instructions after the end of the program belong to its subprograms. */
	for (text = line->text; isspace((unsigned char)*text); text++)
		;
	if (place->text && strcmp(place->text, text))
		return;
	place->file = strdup(el_lines_base(line->file));
	place->line = line->number;
	if (!place->text)
		place->text = strdup(text);
}

static void find_place(const struct el_load *load, struct place *place)
{
	const char *line = load->log ? load->log + strlen(load->log) : NULL;
	uint32_t instruction = UINT32_MAX, number;
	size_t length;

	while (line && !place->text && (line = line_before(load->log, line, &length))) {
		if (instruction == UINT32_MAX && is_instruction(line, &number))
			instruction = number;
		if (*line == ';')
			read_comment(line, length, place);
	}
	if (!place->file && instruction != UINT32_MAX)
		find_in_elf(load, load->section, instruction * 8, place);
	if (place->file && (!*place->file || !place->line)) {
		free(place->file);
		place->file = NULL;
	}
}

/* ---------------------------------------------------------------- the instance */

/* "instance a", "instances a, b". malloc'ed. */
static char *names_of(const struct el_generation *chain, const struct el_placement *placement)
{
	char *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return NULL;
	fputs(placement->count == 1 ? "instance" : "instances", out);
	for (size_t i = 0; i < placement->count && i < 5; i++)
		fprintf(out, "%s%s", i ? ", " : " ", chain->instances[placement->first + i].name);
	if (placement->count > 5)
		fprintf(out, " and %zu more", placement->count - 5);
	el_stream_end(out, &text);
	return text;
}

/* ---------------------------------------------------------------- advice */

/* Whether the verifier knew that the register at the start of @words was zero. */
static bool is_null(const char *log, const char *words)
{
	char name[16];
	const char *found = NULL;
	int number;

	if (sscanf(words, "R%d invalid mem access", &number) != 1)
		return false;
	for (int old = 0; old < 2 && !found; old++) {
		snprintf(name, sizeof(name), old ? "R%d_w=" : "R%d=", number);
		for (const char *at = log; (at = strstr(at, name)); at++)
			found = at + strlen(name);
	}
	return found && !strncmp(found, "0", 1) && !isalnum((unsigned char)found[1]);
}

static const char *advice_of(const struct el_load *load, const char *words)
{
	if (strstr(words, "invalid mem access") &&
	    (strstr(words, "or_null'") || is_null(load->log, words)))
		return "the pointer may be NULL here: test it before it is used";
	if (strstr(words, "outside of the packet"))
		return "test that the packet is long enough before its bytes are used";
	if (strstr(words, "GPL"))
		return "the kernel keeps this call for programs of a GPL-compatible license, such "
		       "as "
		       "\"GPL\" or \"Dual BSD/GPL\"; 'edge-load inspect' shows the object's";
	if (strstr(words, "jump out of range") || strstr(words, "last insn is not an exit"))
		return "the compiler removed code whose behaviour C leaves undefined: a pointer "
		       "used without a test for NULL, an endless loop, a division by zero; with "
		       "-fno-delete-null-pointer-checks the verifier may show the line";
	return NULL;
}

static char *hint_of(const struct place *place, const char *advice)
{
	if (place->file)
		return el_format("source line %s:%u: %s%s%s", place->file, place->line,
				 place->text ? place->text : "", advice ? "\n  " : "",
				 advice ? advice : "");
	if (place->text && *place->text)
		return el_format("source line: %s%s%s", place->text, advice ? "\n  " : "",
				 advice ? advice : "");
	return advice ? strdup(advice) : strdup("the verifier's log follows, without source lines");
}

/*
 * Refuse a call through a register (opcode 0x8d), which no kernel up to 6.18 supports. clang -O0
 * compiles each helper call to such a call, which the fuser undoes, so in a fused program it is a
 * call through a function pointer.
 */
static int refuse_indirect_call(struct el_context *context, const struct el_generation *chain,
				const struct el_placement *placement, const struct el_load *load)
{
	__attribute__((cleanup(place_free))) struct place place = {0};
	_cleanup_free_ char *names = names_of(chain, placement), *hint = NULL;
	_cleanup_(el_elf_close) struct el_elf elf = {
		.path = "", .data = (char *)(uintptr_t)load->elf, .size = load->size};
	struct el_elf_call call = {0};

	if (!el_elf_open(context, &elf) && el_elf_indirect_call(&elf, load->section, &call))
		find_in_elf(load, call.section, (uint32_t)call.offset, &place);
	if (load->instance >= 0 && call.unoptimised)
		return el_fail(context, EL_VERIFIER, EACCES, "compile it with -O2",
			       "%s at %s was compiled without optimisation (-O0): it calls helpers "
			       "through a register, which the kernel does not support",
			       names, el_hook_name(chain->at.site.hook));
	hint = hint_of(&place, "call functions by their names, for example in a switch; if the "
			       "object was compiled with -O0, compile it with -O2");
	return el_fail(context, EL_VERIFIER, EACCES, hint,
		       "%s at %s calls a function through a pointer, which the kernel does not "
		       "support",
		       names, el_hook_name(chain->at.site.hook));
}

/* Whether libbpf could not list the modules to search them. */
static bool search_failed(const struct el_load *load)
{
	return !load->searched && load->words &&
	       strstr(load->words, "failed to iterate BTF objects");
}

static int refuse_search(struct el_context *context, const char *names, struct el_load *load)
{
	int error = el_fail(context, EL_PRIVILEGE, EPERM, "run as root, or grant CAP_SYS_ADMIN too",
			    "%s: a kernel function, variable or type that the object uses is not "
			    "in the kernel itself, and a search in modules needs CAP_SYS_ADMIN",
			    names);

	el_error_detail(context, TAKE_PTR(load->words));
	return error;
}

/* Whether the source of an instance declares the function or variable. */
static bool declares(const struct el_instance *instance, const char *symbol)
{
	const struct btf *btf = instance->object ? instance->object->btf : NULL;

	return btf && (btf__find_by_name_kind(btf, symbol, BTF_KIND_VAR) > 0 ||
		       btf__find_by_name_kind(btf, symbol, BTF_KIND_FUNC) > 0);
}

/*
 * The instance of @placement that libbpf's message is about, or all of @placement if it is unknown.
 * The message has the name of a map ("i3__MAP" in a fused object) or of a symbol in quotes. The
 * number is removed from @words.
 */
static struct el_placement blame(const struct el_generation *chain,
				 const struct el_placement *placement, char *words)
{
	struct el_placement one = *placement;
	char *quote = words ? strchr(words, '\'') : NULL, *own, symbol[128] = "";
	size_t number;

	one.count = 1;
	if (!quote || sscanf(quote, "'%127[^']", symbol) != 1)
		return *placement;
	own = strstr(quote, "__");
	if (own && sscanf(symbol, "i%zu__", &number) == 1 && number >= placement->first &&
	    number - placement->first < placement->count) {
		memmove(quote + 1, own + 2, strlen(own + 2) + 1);
		one.first = number;
		return one;
	}
	for (; one.first - placement->first < placement->count; one.first++)
		if (declares(&chain->instances[one.first], symbol))
			return one;
	return *placement;
}

/* Report a refusal by libbpf itself, before or after the kernel has seen the program. */
static int refuse_object(struct el_context *context, const struct el_generation *chain,
			 const struct el_placement *placement, struct el_load *load)
{
	_cleanup_free_ char *words = libbpf_words(load), *names = NULL;
	struct el_placement guilty = blame(chain, placement, words);
	int error;

	names = names_of(chain, &guilty);
	error = el_fail(context, EL_COMPILE, -load->error, "libbpf's messages follow",
			"libbpf can't load %s at %s: %s", names ? names : "",
			el_hook_name(chain->at.site.hook),
			words ? words : el_reason(EL_OP_LOAD, load->error));
	el_error_detail(context, TAKE_PTR(load->words));
	return error;
}

int el_refusal(struct el_context *context, const struct el_generation *chain,
	       const struct el_placement *placement, struct el_load *load)
{
	__attribute__((cleanup(place_free))) struct place place = {0};
	_cleanup_free_ char *names = names_of(chain, placement), *words = NULL, *hint = NULL;
	const char *hook = el_hook_name(chain->at.site.hook);
	int error;

	words = el_refusal_words(load);
	if (!names || !words)
		return el_fail_memory(context);
	if (search_failed(load))
		return refuse_search(context, names, load);
	if (load->error == -EPERM && (!load->log || !*load->log))
		return el_fail(context, EL_PRIVILEGE, EPERM,
			       "run as root, or with CAP_BPF, CAP_NET_ADMIN and CAP_PERFMON; "
			       "'edge-load doctor' shows the missing capabilities",
			       "the kernel refuses to load a program: not enough privilege");
	if (!is_of_program(load) || (load->error == -ENOMEM && !load->too_large))
		return refuse_object(context, chain, placement, load);
	if (strstr(words, "unknown opcode 8d"))
		return refuse_indirect_call(context, chain, placement, load);
	find_place(load, &place);
	hint = hint_of(&place, advice_of(load, words));
	error = el_fail(context, EL_VERIFIER, EACCES, hint, "the verifier refuses %s at %s: %s",
			names, hook, words);
	el_error_detail(context,
			load->log && *load->log ? TAKE_PTR(load->log) : TAKE_PTR(load->words));
	return error;
}

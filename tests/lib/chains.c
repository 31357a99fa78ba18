// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/* Chains in a private world. */
#include "lib/chains.h"

void words_add(struct words *words, const char *word)
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

int attach_words(struct el_chain **out, const char *name, enum edge_hook hook, enum el_mode mode,
		 const char *const *list)
{
	static struct words words;

	memset(&words, 0, sizeof(words));
	words.spec = (struct el_chain_spec){
		.device = name, .hook = hook, .mode = mode, .instances = words.specs, .keep = 1};
	for (; *list; list++)
		words_add(&words, *list);
	*warning = '\0';
	return el_chain_attach(context, &words.spec, out);
}

struct el_chain *attached(const char *name, enum edge_hook hook, enum el_mode mode,
			  const char *const *list)
{
	struct el_chain *chain = NULL;

	if (attach_words(&chain, name, hook, mode, list))
		fail_msg("%s (%s)\n%s", last_error()->what, last_error()->hint,
			 last_error()->detail ?: "");
	return chain;
}

void detach(const char *name, enum edge_hook hook)
{
	if (el_chain_detach(context, name, hook))
		fail_msg("%s (%s)", last_error()->what, last_error()->hint);
}

const char *pins(const char *name)
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

uint32_t program_of(const char *name, const char *hook)
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

void refused_words(const char *name, enum edge_hook hook, enum el_mode mode,
		   const char *const *list, enum el_kind kind, const char *what, const char *hint)
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

uint32_t send_frames(const char *name, const char *hook, unsigned int first, unsigned int length,
		     int count)
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

struct el_counters *counters(const char *name, enum edge_hook hook)
{
	struct el_counters *read = NULL;
	struct el_chain *chain = NULL;

	if (el_chain_open(context, name, hook, &chain) || el_counters_read(context, chain, &read))
		fail_msg("%s", last_error()->what);
	el_chain_free(chain);
	return read;
}

uint64_t reason(const struct el_instance_counters *instance, const char *name)
{
	for (size_t i = 0; i < instance->reasons_count; i++)
		if (!strcmp(instance->reasons[i].name, name))
			return instance->reasons[i].packets;
	return 0;
}

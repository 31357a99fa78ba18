// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The grammar of instances, [NAME=]FUNCTION[:PARAM=VALUE,...], and the other arguments of a
 * command: device names as pins contain them, paths of maps, compiler flags.
 */
#include "../../loader/object/cflags.h"
#include "../../loader/chain/chain.h"
#include "../../loader/map/map.h"
#include "fuzz.h"

static void parse_instance(char *text)
{
	const char *end = text + strlen(text);
	struct el_instance_text instance = {0};
	const struct el_instance_spec *spec = &instance.spec;
	int error = el_instance_parse(fuzz_context(), text, &instance);

	fuzz_check_noted(error);
	if (error)
		return;
	fuzz_check(*spec->function, "no function");
	fuzz_check(!spec->name || *spec->name, "a name of no characters");
	for (size_t i = 0; i < spec->params_count; i++)
		fuzz_check(spec->params[i].name >= text && *spec->params[i].name &&
				   spec->params[i].value <= end,
			   "parameter %zu is not in the text", i);
	for (size_t i = 0; i < spec->maps_count; i++)
		fuzz_check(*spec->maps[i].name && spec->maps[i].max_entries, "size %zu", i);
	el_instance_text_free(&instance);
}

/* Every valid device name, turned into a file name and back, is the same device name. */
static void name_pin(const char *text)
{
	char *file = el_pin_device(text), *device = el_pin_to_device(file);

	if (*text && *text != '.' && strlen(text) < 16 && !strpbrk(text, ":/")) {
		fuzz_check(device && !strcmp(device, text), "device %s becomes %s", text, file);
		fuzz_check(!strpbrk(file, "./"), "bpffs takes no %s", file);
	}
	free(file);
	free(device);
}

static void make_flags(char *text)
{
	const char *words[16], *flags, *at;
	size_t count = 0, length = 0;
	char *made = NULL;
	int error;

	for (char *word; count < 16 && (word = strsep(&text, " "));)
		words[count++] = word;
	error = el_cflags_make(fuzz_context(), &(struct el_cflags){words, count, "/folder"}, &made);
	fuzz_check_noted(error);
	if (error)
		return;
	for (at = made; (flags = el_cflags_next(&at, &length));)
		fuzz_check(!memchr(flags, '\n', length), "a flag of two lines");
	free(made);
}

static void find_map(const char *text)
{
	char *pin = NULL;
	int error = el_map_path_find(fuzz_context(), text, &pin);

	fuzz_check(error, "there is no map %s", text);
	fuzz_check_noted(error);
}

/* The parameters contain the whole text, or the text is refused. */
static void split_params(char *text)
{
	struct el_assignment *params = NULL;
	size_t length = strlen(text), count = 0, all = 0;

	if (el_params_split(text, &params, &count))
		return;
	for (size_t i = 0; i < count; i++)
		all += strlen(params[i].name) + strlen(params[i].value) + 2;
	fuzz_check(all == length || all == length + 1, "%zu of %zu characters are lost",
		   length - all, length);
	free(params);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct fuzz_input input = {data, size};
	uint64_t kind = fuzz_number(&input, 1) % 5;
	char *text = fuzz_rest(&input);

	if (kind == 0)
		parse_instance(text);
	else if (kind == 1)
		name_pin(text);
	else if (kind == 2)
		make_flags(text);
	else if (kind == 3)
		find_map(text);
	else
		split_params(text);
	free(text);
	return 0;
}

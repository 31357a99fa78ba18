// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The answer and the object of edge-load-fuse. Bitcode may have taken over that process, so neither
 * is trusted: the object passes the checks of any other object before libbpf sees it. load/maps.c
 * checks the assignment of its maps to instances.
 */
#include <ctype.h>

#include <jansson.h>

#include "fuse/protocol.h"
#include "fuse/fuse.h"
#include "fuse/fused.h"
#include "object/elf.h"

static int take_instance(const json_t *answer, const struct el_placement *placement)
{
	const json_t *number = json_object_get(answer, "instance");
	json_int_t instance = json_is_integer(number) ? json_integer_value(number) : -1;

	if (instance < 0 || (uint64_t)instance < placement->first ||
	    (uint64_t)instance >= placement->first + placement->count)
		return -1;
	return (int)instance;
}

static void take_refusal(const json_t *answer, const struct el_placement *placement,
			 struct el_fused *fused)
{
	static const char *const kinds[] = {EL_FUSE_KIND_BITCODE,     EL_FUSE_KIND_NEWER,
					    EL_FUSE_KIND_UNSUPPORTED, EL_FUSE_KIND_UNDEFINED,
					    EL_FUSE_KIND_STACK,	      EL_FUSE_KIND_TAIL_CALL,
					    EL_FUSE_KIND_TABLE};
	const char *kind = json_string_value(json_object_get(answer, "kind"));
	const char *message = json_string_value(json_object_get(answer, "message"));

	fused->refusal = EL_FUSE_KIND_OTHER;
	for (size_t i = 0; kind && i < sizeof(kinds) / sizeof(*kinds); i++)
		if (!strcmp(kind, kinds[i]))
			fused->refusal = kinds[i];
	fused->instance = take_instance(answer, placement);
	snprintf(fused->message, sizeof(fused->message), "%s", message ? message : "");
	for (char *c = fused->message; *c; c++)
		if (iscntrl((unsigned char)*c))
			*c = ' ';
}

bool el_fused_answer(const char *text, size_t size, const struct el_placement *placement,
		     struct el_fused *fused)
{
	json_t *answer = json_loadb(text, size, 0, NULL);
	bool done = json_is_true(json_object_get(answer, "done"));

	if (!done)
		take_refusal(answer, placement, fused);
	json_decref(answer);
	return done;
}

static int check_object(struct el_context *context, char *data, size_t size)
{
	_cleanup_(el_elf_close) struct el_elf elf = {
		.path = "the fused object", .data = data, .size = size};
	int error = el_elf_open(context, &elf);

	return error ? error : el_object_check(context, &elf);
}

int el_fused_check(struct el_context *context, char *data, size_t size)
{
	_cleanup_free_ char *what = NULL;
	int error = check_object(context, data, size);

	if (!error || error == -ENOMEM)
		return error;
	what = strdup(context->error.what);
	return el_fail(context, EL_FAILED, EBADMSG,
		       "install edge-load again; if the error remains, an object of the chain may "
		       "be an attack on the compiler",
		       "edge-load-fuse returned an object that can't be used: %s",
		       what ? what : "");
}

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Objects that are opened once. A plan for many devices has the same functions in each chain, and
 * opening an object compiles, reads and checks it. A file that changes while the plan is made must
 * not give half of the devices another program.
 */
#include "object/object.h"

struct el_objects {
	struct opened {
		char *name, *flags;
		struct el_object *object;
	} * list;
	size_t count;
};

int el_objects_begin(struct el_context *context)
{
	context->objects = calloc(1, sizeof(*context->objects));
	return context->objects ? 0 : el_fail_memory(context);
}

static void opened_free(struct opened *opened)
{
	free(opened->name);
	free(opened->flags);
	el_object_free(opened->object);
}

void el_objects_end(struct el_context *context)
{
	struct el_objects *objects = context->objects;

	for (size_t i = 0; objects && i < objects->count; i++)
		opened_free(&objects->list[i]);
	if (objects)
		free(objects->list);
	free(objects);
	context->objects = NULL;
}

static struct el_object *find(const struct el_objects *objects, const char *name, const char *flags)
{
	for (size_t i = 0; i < objects->count; i++)
		if (!strcmp(objects->list[i].name, name) && !strcmp(objects->list[i].flags, flags))
			return objects->list[i].object;
	return NULL;
}

static int keep(struct el_context *context, const char *name, const char *flags,
		struct el_object *object)
{
	struct el_objects *objects = context->objects;
	struct opened *list = reallocarray(objects->list, objects->count + 1, sizeof(*list));
	struct opened opened = {strdup(name), strdup(flags), el_object_share(object)};

	if (list)
		objects->list = list;
	if (!list || !opened.name || !opened.flags) {
		opened_free(&opened);
		return el_fail_memory(context);
	}
	list[objects->count++] = opened;
	return 0;
}

int el_object_open_once(struct el_context *context, const char *name, const char *flags,
			struct el_object **out)
{
	const char *text = flags ? flags : "";
	struct el_object *known = context->objects ? find(context->objects, name, text) : NULL;
	_cleanup_object_ struct el_object *object = known ? el_object_share(known) : NULL;
	int error = 0;

	if (!object)
		error = el_object_open_flags(context, name, flags, &object);
	if (!error && !known && context->objects)
		error = keep(context, name, text, object);
	if (!error)
		*out = TAKE_PTR(object);
	return error;
}

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The answers of the compiler that are kept for equal requests.
 */
#include "fuse/once.h"

struct el_fusings {
	struct fusing {
		char *request;
		struct el_object **objects; /* of the placement's instances, in their order */
		size_t objects_count;
		struct el_fused fused;
	} list[EL_FUSINGS_MAX]; /* the oldest first */
	size_t count;
	size_t bytes; /* of the fused objects */
};

int el_fusings_begin(struct el_context *context)
{
	context->fusings = calloc(1, sizeof(*context->fusings));
	return context->fusings ? 0 : el_fail_memory(context);
}

static void fusing_free(struct fusing *fusing)
{
	for (size_t i = 0; i < fusing->objects_count; i++)
		el_object_free(fusing->objects[i]);
	free(fusing->objects);
	free(fusing->request);
	free(fusing->fused.object);
}

static void drop_oldest(struct el_fusings *fusings)
{
	fusings->bytes -= fusings->list[0].fused.size;
	fusing_free(&fusings->list[0]);
	fusings->count--;
	memmove(&fusings->list[0], &fusings->list[1], fusings->count * sizeof(*fusings->list));
}

void el_fusings_end(struct el_context *context)
{
	struct el_fusings *fusings = context->fusings;

	while (fusings && fusings->count)
		fusing_free(&fusings->list[--fusings->count]);
	free(fusings);
	context->fusings = NULL;
}

/* Copy the answer with its object. Return: whether memory sufficed. */
static bool copy(struct el_fused *to, const struct el_fused *from)
{
	void *object = from->object ? malloc(from->size) : NULL;

	if (from->object && !object)
		return false;
	*to = *from;
	to->object = object;
	if (object)
		memcpy(object, from->object, from->size);
	return true;
}

static bool is_equal(const struct fusing *fusing, const struct el_placement *placement,
		     const char *request)
{
	if (fusing->objects_count != placement->count || strcmp(fusing->request, request))
		return false;
	for (size_t i = 0; i < placement->count; i++)
		if (fusing->objects[i] != placement->instances[placement->first + i].object)
			return false;
	return true;
}

bool el_fusing_find(const struct el_context *context, const struct el_placement *placement,
		    const char *request, struct el_fused *fused)
{
	const struct el_fusings *fusings = context->fusings;

	for (size_t i = 0; fusings && i < fusings->count; i++)
		if (is_equal(&fusings->list[i], placement, request))
			return copy(fused, &fusings->list[i].fused);
	return false;
}

void el_fusing_keep(struct el_context *context, const struct el_placement *placement,
		    const char *request, const struct el_fused *fused)
{
	struct el_fusings *fusings = context->fusings;
	struct fusing fusing = {0};

	if (!fusings || fused->size > EL_FUSINGS_BYTES_MAX)
		return;
	fusing.request = strdup(request);
	fusing.objects = calloc(placement->count + 1, sizeof(*fusing.objects));
	if (!fusing.request || !fusing.objects || !copy(&fusing.fused, fused)) {
		fusing_free(&fusing);
		return;
	}
	for (size_t i = 0; i < placement->count; i++)
		fusing.objects[fusing.objects_count++] =
			el_object_share(placement->instances[placement->first + i].object);
	while (fusings->count == EL_FUSINGS_MAX ||
	       fusings->bytes + fused->size > EL_FUSINGS_BYTES_MAX)
		drop_oldest(fusings);
	fusings->list[fusings->count++] = fusing;
	fusings->bytes += fused->size;
}

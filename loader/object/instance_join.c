// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * Finds the owner of the maps and variables of instances that run several programs of one object.
 */
#include "object/instance.h"

static bool same_object(const struct el_instance *a, const struct el_instance *b)
{
	return a->plain && b->plain && !strcmp(a->object->info.path, b->object->info.path) &&
	       !strcmp(a->object->info.digest, b->object->info.digest);
}

/* Whether an instance before instance @number that uses @owner's maps runs the same program. */
static bool has_program(const struct el_instance *instances, enum edge_hook hook, size_t owner,
			size_t number)
{
	const char *name = el_instance_program(&instances[number], hook)->name;

	for (size_t i = owner; i < number; i++)
		if (instances[i].owner == owner &&
		    !strcmp(el_instance_program(&instances[i], hook)->name, name))
			return true;
	return false;
}

/*
 * Programs of one object share its maps and variables, as with every other loader. A program that
 * the chain contains a second time begins another such group.
 */
static void find_owner(struct el_instance *instances, enum edge_hook hook, size_t number)
{
	struct el_instance *instance = &instances[number];

	instance->owner = number;
	for (size_t i = 0; i < number && instance->owner == number; i++)
		if (instances[i].owner == i && same_object(&instances[i], instance) &&
		    !has_program(instances, hook, i, number))
			instance->owner = i;
}

/* A map that two instances share may have only one spec. */
static int check_said_once(struct el_context *context, const struct el_instance *instances,
			   size_t number)
{
	const struct el_instance *instance = &instances[number];

	for (size_t i = 0; i < instance->maps_count; i++) {
		const struct el_map_spec *spec = &instance->maps[i];
		size_t other = instance->owner;

		for (; !spec->optional && other < number; other++)
			for (size_t j = 0; j < instances[other].maps_count; j++)
				if (instances[other].owner == instance->owner &&
				    !strcmp(instances[other].maps[j].name, spec->name))
					return el_fail(context, EL_USAGE, EINVAL,
						       "give the contents and the size of a shared "
						       "map for only one instance",
						       "map %s of instance %s is the same map as "
						       "that of instance %s, whose size or "
						       "contents are already given",
						       spec->name, instance->name,
						       instances[other].name);
	}
	return 0;
}

bool el_instance_is_joined(const struct el_instance *instances, size_t count, size_t owner)
{
	for (size_t i = owner + 1; i < count; i++)
		if (instances[i].owner == owner)
			return true;
	return false;
}

int el_instance_join(struct el_context *context, struct el_instance *instances, enum edge_hook hook,
		     size_t number)
{
	find_owner(instances, hook, number);
	return check_said_once(context, instances, number);
}

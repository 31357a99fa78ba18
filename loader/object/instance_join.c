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

static bool has_map(const struct el_instance_spec *spec, const char *name)
{
	for (size_t i = 0; i < spec->maps_count; i++)
		if (!strcmp(spec->maps[i].name, name))
			return true;
	return false;
}

/* A map that two instances share may have only one spec. */
static int check_said_once(struct el_context *context, const struct el_chain_spec *spec,
			   const struct el_instance *instances, size_t number)
{
	const struct el_instance *instance = &instances[number];
	const struct el_instance_spec *mine = &spec->instances[number];

	for (size_t i = 0; i < mine->maps_count; i++) {
		const char *name = mine->maps[i].name;

		for (size_t j = instance->owner; !mine->maps[i].optional && j < number; j++)
			if (instances[j].owner == instance->owner &&
			    has_map(&spec->instances[j], name))
				return el_fail(context, EL_USAGE, EINVAL,
					       "give the contents and the size of a shared map for "
					       "only one instance",
					       "map %s of instance %s is the same map as that of "
					       "instance %s, whose size or contents are already "
					       "given",
					       name, instance->name, instances[j].name);
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

int el_instance_join(struct el_context *context, const struct el_chain_spec *spec,
		     struct el_instance *instances, size_t number)
{
	find_owner(instances, spec->hook, number);
	return check_said_once(context, spec, instances, number);
}

// SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only
/*
 * The report of a chain, and the object that holds it for the caller of the library.
 */
#include <nettle/sha2.h>

#include "chain/report.h"

/* The digest covers the code of the functions, their order, names and parameters. */
static void make_digest(const struct edge_metadata *metadata, char digest[17])
{
	uint8_t bytes[8];
	struct sha256_ctx sha;

	sha256_init(&sha);
	sha256_update(&sha, strlen(metadata->chain) + 1, (const uint8_t *)metadata->chain);
	sha256_update(&sha, strlen(metadata->digests), (const uint8_t *)metadata->digests);
	sha256_digest(&sha, sizeof(bytes), bytes);
	el_hex(digest, bytes, sizeof(bytes));
}

static void report_program(const struct el_program *program, struct el_program_report *out)
{
	*out = (struct el_program_report){
		.id = program->id,
		.first = program->first,
		.count = program->count,
		.linked = program->linked,
		.fused = program->kind == EL_PROGRAM_FUSED,
		.form = el_program_form(program),
		.instructions = program->instructions,
		.verified = program->verified,
		.stack = program->stack,
	};
	memcpy(out->tag, program->tag, sizeof(out->tag));
}

static void report_instances(const struct el_generation *of, struct el_instance_report *out)
{
	for (size_t i = 0; i < of->instances_count; i++) {
		const struct el_instance *instance = &of->instances[i];

		out[i] = (struct el_instance_report){
			.name = instance->name,
			.function = instance->function,
			.params = instance->params_text,
			.cflags = instance->cflags,
			.digest = instance->digest,
			.program = instance->program,
			.fused = of->at.programs_count &&
				 of->at.programs[instance->program].kind == EL_PROGRAM_FUSED,
		};
	}
}

int el_report_make(struct el_context *context, const struct el_generation *of,
		   struct el_chain_report *out)
{
	*out = (struct el_chain_report){
		.device = of->at.site.device,
		.ifindex = of->at.site.ifindex,
		.hook = of->at.site.hook,
		.mode = of->at.site.mode,
		.state = of->state,
		.keep = of->keep,
		.declared = of->declared,
		.generation = of->metadata->generation,
		.link_id = of->at.link_id,
		.time = (time_t)of->metadata->time,
		.user = of->metadata->user,
		.cut = of->cut ? of->cut : "",
		.why = "",
		.hint = "",
		.programs_count = of->at.programs_count,
		.instances_count = of->instances_count,
		.programs = calloc(of->at.programs_count + 1, sizeof(*out->programs)),
		.instances = calloc(of->instances_count + 1, sizeof(*out->instances)),
	};
	if (!out->programs || !out->instances)
		return el_fail_memory(context);
	if (*of->metadata->chain)
		make_digest(of->metadata, out->digest);
	for (size_t i = 0; i < of->at.programs_count; i++)
		report_program(&of->at.programs[i], &out->programs[i]);
	report_instances(of, out->instances);
	return 0;
}

int el_report_change(struct el_chain_report *report, const struct el_making *making)
{
	report->fuse_ms = making->times->fuse_ms;
	report->load_ms = making->times->load_ms;
	report->attach_ms = making->times->attach_ms;
	return el_inherit_report(making, &report->maps, &report->maps_count);
}

void el_report_free(struct el_chain_report *report)
{
	free(report->programs);
	free(report->instances);
	el_map_reports_free(report->maps, report->maps_count);
	*report = (struct el_chain_report){0};
}

int el_chain_tell(struct el_context *context, struct el_generation **generation,
		  struct el_chain **out)
{
	_cleanup_chain_ struct el_chain *chain = calloc(1, sizeof(*chain));
	int error = chain ? el_report_make(context, *generation, &chain->report)
			  : el_fail_memory(context);

	if (error)
		return error;
	chain->generation = TAKE_PTR(*generation);
	*out = TAKE_PTR(chain);
	return 0;
}

void el_chain_free(struct el_chain *chain)
{
	if (!chain)
		return;
	el_report_free(&chain->report);
	el_generation_free(chain->generation);
	free(chain->why);
	free(chain->hint);
	free(chain);
}

const struct el_chain_report *el_chain_report(const struct el_chain *chain)
{
	return &chain->report;
}

int el_counters_read(struct el_context *context, const struct el_chain *chain,
		     struct el_counters **out)
{
	return el_counters_of(context, chain->generation, out);
}

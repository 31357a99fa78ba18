/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_MANIFEST_H
#define EL_MANIFEST_H
/*
 * The manifest, edge.yaml: which chains a machine should have. manifest.c opens the file,
 * tree.c makes a tree of its YAML, read.c holds the tree against a table of keys,
 * chain.c, instance.c and map.c make what stands below of it, and
 * match.c says which devices are meant. edge-load.yaml(5) is the format.
 *
 * Everything that a manifest points to is its own, and goes with it. What was not written is NULL
 * or 0, unless a line says otherwise. Nothing here opens an object or a map's file, so whether a
 * function, a parameter or a map exists is said later, by whoever does: el_manifest_blame() gives
 * such an error the place in the file.
 */
#include <net/if.h>

#include "base/base.h"

#define EL_MANIFEST_VERSION 1
#define EL_KEEP_DEFAULT	    5

/* Both count from 1; in characters. 0, 0: nowhere in the file. */
struct el_position {
	uint32_t line, column;
};

struct el_manifest_entry {
	struct el_position at;
	const char *key, *value; /* as el_map_set() takes them; value NULL: zeroes */
};

/* What is said of one map of an instance. */
struct el_manifest_map {
	struct el_position at;
	const char *name;
	/* What is in it. Both NULL: not said, the map keeps what it has. An empty list of entries
	 * is not NULL: the map shall be empty. */
	const char *file; /* absolute */
	const struct el_manifest_entry *entries;
	size_t entries_count;
	uint32_t size;	    /* max_entries; 0: the source's */
	const char *shared; /* the name that all who use this one map give it, or NULL: its own */
	bool optional;	    /* not written: where the object has no such map, nothing is said */
	struct el_position file_at, size_at, shared_at;
};

/* What el_instance_spec has no room for. */
struct el_manifest_instance {
	struct el_position at, function_at;
	const struct el_position *params_at; /* of each parameter of the spec */
	const struct el_manifest_map *maps;
	size_t maps_count;
};

enum el_selector {
	EL_SELECT_NAME,
	EL_SELECT_GLOB,
	EL_SELECT_MAC,
	EL_SELECT_ALIAS,
};

struct el_manifest_chain {
	struct el_position at, selector_at, mode_at, order_at, map_memory_at, instructions_at;
	enum el_selector selector;
	const char *select; /* the name, glob or alias; a MAC in lower case with colons */
	enum edge_hook hook;
	enum el_mode mode;
	enum el_order order;
	const char *beside;    /* whom it stands before or after */
	uint32_t keep;	       /* generations; the manifest's, or the default where not written */
	uint64_t map_memory;   /* bytes; 0: no limit */
	uint32_t instructions; /* as the verifier counts those it went through; 0: no limit */
	size_t instances_count;
	const struct el_instance_spec
		*specs; /* for an el_chain_spec; functions' paths are absolute */
	const struct el_manifest_instance *instances; /* of each spec */
};

struct el_manifest {
	const char *path; /* as it was given, for messages */
	size_t chains_count;
	const struct el_manifest_chain *chains;
	void *memory; /* all of the above */
};

#define _cleanup_manifest_ _cleanup_(el_manifest_cleanup)
static inline void el_manifest_cleanup(struct el_manifest **manifest)
{
	el_manifest_free(*manifest);
}

/* Put FILE:LINE:COLUMN before the error just noted. Return: @error, for "return
 * el_manifest_blame()".
 */
int el_manifest_blame(struct el_context *context, const struct el_manifest *manifest,
		      struct el_position at, int error);
/* The selector as it was written, for messages: "device eth*". malloc'ed. */
char *el_manifest_chain_text(const struct el_manifest_chain *chain);

/* ---- match.c */
struct el_manifest_target {
	const struct el_manifest_chain *chain;
	char device[IF_NAMESIZE];
	int ifindex;
};

struct el_manifest_match {
	struct el_manifest_target *targets; /* in the manifest's order, then by ifindex */
	size_t targets_count;
	const struct el_manifest_chain **absent; /* chains that no device is there for, yet */
	size_t absent_count;
};

/**
 * el_manifest_match() - which devices of this network namespace each chain is for
 *
 * A glob passes over devices without Ethernet frames. A MAC means the device whose own it is, not
 * the VLANs, bonds and bridges that borrowed it. Return: 0; -EBUSY two chains of the manifest claim
 * one device and hook (EL_USAGE, both places in the error).
 */
int el_manifest_match(struct el_context *context, const struct el_manifest *manifest,
		      struct el_manifest_match **out);
void el_manifest_match_free(struct el_manifest_match *match);

#define _cleanup_match_ _cleanup_(el_manifest_match_cleanup)
static inline void el_manifest_match_cleanup(struct el_manifest_match **match)
{
	el_manifest_match_free(*match);
}

#endif

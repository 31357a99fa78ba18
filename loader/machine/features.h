/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_FEATURES_H
#define EL_FEATURES_H
/*
 * The list of features while it is probed, shared by features.c and trial.c.
 */
#include "base/base.h"

enum { FEATURES_MAX = 24, FEATURE_STATE_MAX = 128 };

/* el_features_probe() returns the first member, so that all is one allocation, freed at once. */
struct features {
	struct el_feature feature[FEATURES_MAX];
	char state[FEATURES_MAX][FEATURE_STATE_MAX];
	size_t count;
};

/* Add a feature; the first line of @format's text is its state. */
struct el_feature *el_feature_add(struct features *features, const char *name, bool good,
				  const char *format, ...) __attribute__((format(printf, 4, 5)));
/* Set the consequence of a state, or the way to change it. */
void el_feature_note(struct el_feature *feature, const char *format, ...)
	__attribute__((format(printf, 2, 3)));

/* ---- trial.c */
/* Add the features that only a trial shows: kinds of programs, links and commands of bpf(2). */
void el_trials(struct features *features);

#endif

/* SPDX-License-Identifier: BSD-2-Clause OR GPL-2.0-only */
#ifndef EL_METADATA_H
#define EL_METADATA_H
/*
 * Shared by the writing (metadata.c) and the reading (metadata_read.c).
 */
#include "load/load.h"

/* The letters of struct edge_metadata (bpf/edge/abi.h); a capital letter means linked. */
extern const char el_metadata_letters[EL_PROGRAM_KINDS];

#endif

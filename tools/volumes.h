/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * volumes.h - named volumes: sparse ext4 images below $XDG_DATA_HOME, which outlive machines.
 */
#ifndef TOOLS_VOLUMES_H
#define TOOLS_VOLUMES_H

#include "common.h"

/* The image of a volume, made if it is not there, `size` in MiB.  Dies if a machine has it. */
char *volume_open(const char *name, uint64_t size);

/* An ext4 file system of `size` MiB in a file, from an offset (bytes) on; dies if it cannot WHAT. */
void ext4_make(const char *file, const char *label, uint64_t offset, uint64_t size,
	       const char *what);

#endif /* TOOLS_VOLUMES_H */

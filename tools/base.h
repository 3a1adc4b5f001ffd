/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * base.h - the guest's files as a file system that stays on a disk, under what the machine writes.
 */
#ifndef TOOLS_BASE_H
#define TOOLS_BASE_H

#include "tree.h"

struct base {
	char *path;			/* in the work folder */
	uint64_t size;
	char id[17];			/* init finds the disk by it: a checksum of its first bytes */
};

/* Dies if it cannot be made. */
void base_make(struct base *base, struct node *root);

#endif /* TOOLS_BASE_H */

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * tar.h - the guest's files out of tar archives (libarchive reads them), and into one.
 */
#ifndef TOOLS_TAR_H
#define TOOLS_TAR_H

#include "tree.h"

/*
 * Put what is in a tar archive, compressed or not, over the tree, as a layer of a container image: an
 * entry replaces what was at its path, ".wh.NAME" removes NAME, ".wh..wh..opq" what lower layers have in
 * the directory (OCI image specification, layer.md).  Nothing is written but into the tree, whose
 * symlinks lead nowhere else; a path with ".." is an error.  `name` is for messages.  Dies if the archive
 * is damaged.
 */
void tar_read(struct node *root, const char *path, const char *name);

/* Write the tree to a descriptor as a pax archive; returns NULL, or what went wrong. */
const char *tar_write(struct node *root, int fd);

#endif /* TOOLS_TAR_H */

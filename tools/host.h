/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * host.h - what a program reads of the system that it is on, beside its libraries.
 */
#ifndef TOOLS_HOST_H
#define TOOLS_HOST_H

#include "tree.h"

/*
 * Take along from this machine, where it has them and the tree does not: the time zone (the one called
 * `zone`, the value of TZ or NULL, and this machine's), if the program or its C library looks for one; the
 * certificates of authorities, if the program or a library of its speaks TLS.  Libraries are what the tree
 * has by then.
 */
void add_host_files(struct node *root, const char *program, const char *zone);

#endif /* TOOLS_HOST_H */

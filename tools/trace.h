/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * trace.h - what a program of this machine opens while it runs.
 */
#ifndef TOOLS_TRACE_H
#define TOOLS_TRACE_H

#include "tree.h"

/*
 * Run the program here, with this process's standard files, under strace(1) until it ends; put the shared
 * libraries that it and its children open, and iconv(3)'s lists of modules, where they are opened; what is
 * there already stays.  Dies if it cannot be run.
 */
void trace_libraries(struct node *root, const char *program, const char *const *arguments,
		     unsigned int count);

#endif /* TOOLS_TRACE_H */

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * child.h - other programs that the tools have do something, and a folder for what is in between.
 */
#ifndef TOOLS_CHILD_H
#define TOOLS_CHILD_H

#include "common.h"

/*
 * A folder of this process's own in $TMPDIR, made the first time; it goes away, with all that is in it,
 * when the process dies, is interrupted (clean_up_on_signals()), or calls work_remove().
 */
const char *work_folder(void);
void work_remove(void);

/* Remove a folder with all that is in it, or a file; what is not there is not missed. */
void remove_tree(const char *path);

/* Die if a program is not in $PATH, with the command that installs it: `group` is one of tools/packages. */
void child_want(const char *tool, const char *group);

/*
 * Start a program, found in $PATH, with its output and errors in a file of the work folder.  *input, if
 * given, becomes a pipe that it reads.  Dies if it cannot be started, or is not there (child_want()).
 */
pid_t child_start(const char *const *arguments, int *input, const char *group);

/* Wait for it; returns its status as a shell has it. */
int child_wait(pid_t pid);

/* Start it and wait; returns 0, or dies with "TOOL could not WHAT: " and the last line that tells of an error. */
void child_run(const char *const *arguments, const char *group, const char *what);

/* The last line that speaks of an error in what the last child said, or else the last line. */
const char *child_error(void);

#endif /* TOOLS_CHILD_H */

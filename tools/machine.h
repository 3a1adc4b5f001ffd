/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * machine.h - machines with a name: each has a folder below $XDG_RUNTIME_DIR with a lock that is held as
 * long as it runs, its state (JSON) and its log.  There is no daemon: whoever runs it keeps them.
 */
#ifndef TOOLS_MACHINE_H
#define TOOLS_MACHINE_H

#include <jansson.h>

#include "common.h"

/* Is the word a name for a machine or a volume? */
bool name_is_good(const char *name);

/* The folder of all of them, made if it is not there. */
const char *machines_folder(void);

/* A file of a machine's; the caller frees the path. */
char *machine_file(const char *name, const char *file);

/* Take a name, or find one that begins like `like`.  Dies if it is in use.  Returns it. */
const char *machine_register(const char *name, const char *like);
/* Give it back, if nothing was started. */
void machine_forget(void);

/*
 * Go on as a process of its own, with the log as output.  The one that was called waits until the machine
 * runs, prints its name and ends; if it did not come so far, with what the log says and status 1.
 */
void machine_detach(void);

/* The log stays within bounds: once it is large, what is in it becomes log.1, in place of an older one. */
void machine_bound_log(void);

/* Tell what is known of it; values are the state's from then on.  `fields` is given away.  Dies if it cannot. */
void machine_tell(json_t *fields);
void machine_runs(pid_t qemu);
/* It has ended: its status is told, or the whole of it forgotten. */
void machine_ended(int status, bool forget);

/*
 * What QEMU answers to one command (JSON) by the machine's monitor, an object with "return" or "error"; NULL if it
 * does not.  fd goes with it, unless it is -1.  The caller gives the answer back.
 */
json_t *machine_ask(const char *name, const char *command, int fd);

/* What is known of a machine; NULL if there is none of that name. */
json_t *machine_state(const char *name, bool *running);
/* Likewise, or die. */
json_t *machine_need(const char *name, bool *running);
/* Wait until it has ended. */
void machine_wait(const char *name);
/* Call for each, in the order of names. */
void machines_each(void (*visit)(const char *name, void *argument), void *argument);
/* Forget one that does not run. */
void machine_remove(const char *name);

#endif /* TOOLS_MACHINE_H */

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * icount-client.h - talk to the instruction counter of icount.c.
 */
#ifndef ICOUNT_CLIENT_H
#define ICOUNT_CLIENT_H

#include <stddef.h>
#include <stdint.h>

/* Connect to the socket at `path`.  Returns a file descriptor; does not return on failure. */
int icount_open(const char *path);

/* Send a command, without its newline, and put the answer, without its newline, into `answer`. */
void icount_ask(int fd, const char *command, char *answer, size_t size);

/* How many instructions were executed so far. */
uint64_t icount_read(int fd);

#endif

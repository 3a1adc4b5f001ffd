/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * check.h - how the test programs report.
 *
 * A program of this directory prints the same on every run and on every system that behaves as
 * Linux does: no times, addresses or ids.  Its output on the machine that builds is what it must be
 * in an image.  A check that fails says so, and makes the exit status 1.
 */
#ifndef CHECK_H
#define CHECK_H

#include <errno.h>
#include <stdio.h>
#include <string.h>

static int checks_failed;

/* Check a condition; the text says what is true if it holds. */
#define CHECK(condition, ...)                                                                    \
	do {                                                                                     \
		int check_holds = !!(condition), check_errno = errno;                            \
                                                                                                 \
		printf(check_holds ? "ok: " : "FAILED: ");                                       \
		printf(__VA_ARGS__);                                                             \
		if (!check_holds) {                                                              \
			printf(" [%s:%d, errno %s]", __FILE__, __LINE__, strerror(check_errno)); \
			checks_failed++;                                                         \
		}                                                                                \
		printf("\n");                                                                    \
		fflush(stdout);                                                                  \
	} while (0)

/* The last statement of main(). */
#define CHECKS_STATUS() \
	(printf(checks_failed ? "%d failed\n" : "all well\n", checks_failed), checks_failed != 0)

#endif

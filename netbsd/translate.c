// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * translate.c - a call of NetBSD's, or of its Linux emulation, with its error in Linux's numbers; and calls that are
 * no more than that.
 */
#include "calls.h"

int rump_syscall(int number, void *arguments, size_t size, long *result);
void rump_schedule(void);
void rump_unschedule(void);
struct lwp *rumpuser_curlwp(void);

#define NB_ELAST 96

/* Minus Linux's number, by NetBSD's. */
extern const int rumpns_native_to_linux_errno[NB_ELAST + 1];

int errno_of(int netbsd)
{
	/* ERESTART and its like: a call that was interrupted. */
	if (netbsd < 0)
		return EINTR;
	return netbsd <= NB_ELAST ? -rumpns_native_to_linux_errno[netbsd] : EINVAL;
}

long nb(unsigned int number, const unsigned long *arguments)
{
	long result[2] = { 0, 0 };
	int error = rump_syscall((int)number, (void *)arguments, 8 * sizeof(*arguments), result);

	return error ? -errno_of(error) : result[0];
}

long lx(kernel_call *function, const unsigned long *arguments)
{
	long result[2] = { 0, 0 };
	int error;

	rump_schedule();
	error = function(rumpuser_curlwp(), arguments, result);
	rump_unschedule();
	return error ? -errno_of(error) : result[0];
}

/* The calls that are no more than an expression. */
#define DEFINE(name, pointers, expression) \
	long call_##name(const unsigned long *a) \
	{ \
		return expression; \
	}
#define NOTHING(...)

CALLS(NOTHING, DEFINE, NOTHING, NOTHING)

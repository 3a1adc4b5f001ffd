// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The Haunch authors
/*
 * What a C library calls instead of a system call (vdso(7)).  The code runs as the program's, at an
 * address of the program's.
 */
#include <linux/time.h>
#include <linux/types.h>
#include "lib/vdso/gettimeofday.c"

int __vdso_clock_gettime(clockid_t clock, struct __kernel_timespec *to);
int __vdso_clock_getres(clockid_t clock, struct __kernel_timespec *to);
int __vdso_gettimeofday(struct __kernel_old_timeval *to, struct timezone *zone);
__kernel_old_time_t __vdso_time(__kernel_old_time_t *to);
long __vdso_getcpu(unsigned int *cpu, unsigned int *node, void *unused);

int __vdso_clock_gettime(clockid_t clock, struct __kernel_timespec *to)
{
	return __cvdso_clock_gettime(clock, to);
}

int __vdso_clock_getres(clockid_t clock, struct __kernel_timespec *to)
{
	return __cvdso_clock_getres(clock, to);
}

int __vdso_gettimeofday(struct __kernel_old_timeval *to, struct timezone *zone)
{
	return __cvdso_gettimeofday(to, zone);
}

__kernel_old_time_t __vdso_time(__kernel_old_time_t *to)
{
	return __cvdso_time(to);
}

/* One CPU: it is number 0, of node 0. */
long __vdso_getcpu(unsigned int *cpu, unsigned int *node, void *unused)
{
	if (cpu)
		*cpu = 0;
	if (node)
		*node = 0;
	return 0;
}

#define ALIAS(name)	\
	extern typeof(__vdso_##name) name __weak __alias(__vdso_##name)
ALIAS(clock_gettime);
ALIAS(clock_getres);
ALIAS(gettimeofday);
ALIAS(time);
ALIAS(getcpu);

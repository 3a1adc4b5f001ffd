// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The Haunch authors
/*
 * What a C library calls instead of a system call (vdso(7)): x86's functions and one more.  The code runs as
 * the program's, at an address of the program's.
 */
#define CONFIG_X86_64 1
#include "arch/x86/entry/vdso/vclock_gettime.c"

long __vdso_getcpu(unsigned int *cpu, unsigned int *node, void *unused);
long getcpu(unsigned int *cpu, unsigned int *node, void *unused) __weak __alias(__vdso_getcpu);

/* One CPU: it is number 0, of node 0. */
long __vdso_getcpu(unsigned int *cpu, unsigned int *node, void *unused)
{
	if (cpu)
		*cpu = 0;
	if (node)
		*node = 0;
	return 0;
}

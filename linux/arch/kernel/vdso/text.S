/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (c) 2026 The Haunch authors */
/*
 * What a C library calls instead of a system call (vdso(7)).  Program and kernel share one address
 * space and one ring: a jump into the kernel does, on the program's own stack.  A clock that is not
 * for that is a system call after all.
 */
#include <linux/linkage.h>
#include <asm/unistd.h>

/* The clocks that vdso.c has (linux/time.h is for C only): CLOCK_REALTIME, _MONOTONIC ... _TAI. */
#define CLOCK_LAST	11
#define CLOCKS		(1 << 0 | 1 << 1 | 1 << 4 | 1 << 5 | 1 << 6 | 1 << 7 | 1 << CLOCK_LAST)

	.text
	.globl	vdso_functions
	.balign	8
vdso_functions:				/* as struct vdso_functions in vdso.c */
	.quad	0, 0, 0

SYM_FUNC_START(__vdso_clock_gettime)
	cmp	$CLOCK_LAST, %edi
	ja	1f
	mov	$CLOCKS, %eax
	bt	%edi, %eax
	jnc	1f
	jmp	*vdso_functions(%rip)
1:	mov	$__NR_clock_gettime, %eax
	syscall
	ret
SYM_FUNC_END(__vdso_clock_gettime)

SYM_FUNC_START(__vdso_gettimeofday)
	jmp	*vdso_functions + 8(%rip)
SYM_FUNC_END(__vdso_gettimeofday)

SYM_FUNC_START(__vdso_time)
	jmp	*vdso_functions + 16(%rip)
SYM_FUNC_END(__vdso_time)

/* One CPU: it is number 0, of node 0. */
SYM_FUNC_START(__vdso_getcpu)
	test	%rdi, %rdi
	jz	1f
	movl	$0, (%rdi)
1:	test	%rsi, %rsi
	jz	2f
	movl	$0, (%rsi)
2:	xor	%eax, %eax
	ret
SYM_FUNC_END(__vdso_getcpu)

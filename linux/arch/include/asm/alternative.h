/* SPDX-License-Identifier: GPL-2.0-only */
/* What x86's atomics want of <asm/alternative.h>: on one CPU nothing needs a lock prefix. */
#ifndef _ASM_HAUNCH_ALTERNATIVE_H
#define _ASM_HAUNCH_ALTERNATIVE_H
#include <asm/asm.h>
/* Code of x86's that is written for several CPUs: what runs on all of them. */
#ifdef __ASSEMBLY__
.macro ALTERNATIVE old, new, feature
	\old
.endm
.macro ALTERNATIVE_2 old, new1, feature1, new2, feature2
	\old
.endm
#else
#define alternative(old, new, feature)	asm volatile(old ::: "memory")
#endif
#define LOCK_PREFIX ""
#define LOCK_PREFIX_HERE ""
#endif

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_HAUNCH_MMU_CONTEXT_H
#define _ASM_HAUNCH_MMU_CONTEXT_H

#include <linux/mm_types.h>

/* A thread of the same program, or the program that a kernel thread has interrupted. */
static inline void switch_mm(struct mm_struct *prev, struct mm_struct *next,
			     struct task_struct *task)
{
	if (prev != next)
		hc_space_switch(__pa(next->pgd));
}

#include <asm-generic/mm_hooks.h>
#include <asm-generic/mmu_context.h>

#endif

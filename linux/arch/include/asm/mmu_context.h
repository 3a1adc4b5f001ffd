/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_HAUNCH_MMU_CONTEXT_H
#define _ASM_HAUNCH_MMU_CONTEXT_H

#include <linux/mm_types.h>
#include <linux/rbtree.h>

#define init_new_context init_new_context
static inline int init_new_context(struct task_struct *task, struct mm_struct *mm)
{
	mm->context.areas = RB_ROOT;
	mm->context.end_brk = 0;
	mm->context.low = 0;
	mm->context.fixed = false;
	return 0;
}

void window_switch(struct mm_struct *mm);

static inline void switch_mm(struct mm_struct *prev, struct mm_struct *next,
			     struct task_struct *task)
{
	if (next->context.fixed)
		window_switch(next);
}

#include <asm-generic/mm_hooks.h>
#include <asm-generic/mmu_context.h>

#endif

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
	return 0;
}

#include <asm-generic/nommu_context.h>

#endif

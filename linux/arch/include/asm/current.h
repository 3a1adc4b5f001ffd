/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_HAUNCH_CURRENT_H
#define _ASM_HAUNCH_CURRENT_H
#ifndef __ASSEMBLY__
struct task_struct;
extern struct task_struct *current_task;
#define get_current()	(current_task)
#define current		get_current()
register unsigned long current_stack_pointer asm("rsp");
#endif
#endif

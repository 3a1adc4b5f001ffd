/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_HAUNCH_THREAD_INFO_H
#define _ASM_HAUNCH_THREAD_INFO_H

#include <asm/page.h>

#define THREAD_SIZE_ORDER	2
#define THREAD_SIZE		(PAGE_SIZE << THREAD_SIZE_ORDER)
#define THREAD_ALIGN		PAGE_SIZE

#ifndef __ASSEMBLY__
/*
 * One word has both kinds of flags, so that a system call looks at one: SYSCALL_WORK_* of
 * linux/thread_info.h from bit 0 on, TIF_* from 16 on.
 */
struct thread_info {
	union {
		unsigned long flags;
		unsigned long syscall_work;
	};
	int preempt_count;
	unsigned int status;		/* for x86's asm/syscall.h, always 0 */
};
#define TS_COMPAT		0

#define INIT_THREAD_INFO(task)	{ .preempt_count = INIT_PREEMPT_COUNT }
#endif

#define TIF_NOTIFY_RESUME	16
#define TIF_SIGPENDING		17
#define TIF_NEED_RESCHED	18
#define TIF_NOTIFY_SIGNAL	19
#define TIF_MEMDIE		20
#define TIF_SINGLESTEP		21	/* a debugger has the program make single steps */
#define TIF_FORCED_TF		22	/* the trap flag is the debugger's, not the program's */

#define _TIF_NOTIFY_RESUME	(1 << TIF_NOTIFY_RESUME)
#define _TIF_SIGPENDING		(1 << TIF_SIGPENDING)
#define _TIF_NEED_RESCHED	(1 << TIF_NEED_RESCHED)
#define _TIF_NOTIFY_SIGNAL	(1 << TIF_NOTIFY_SIGNAL)

#endif

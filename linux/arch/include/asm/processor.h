/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_HAUNCH_PROCESSOR_H
#define _ASM_HAUNCH_PROCESSOR_H

#include <hypercall.h>
#include <linux/linkage.h>
#include <asm/ptrace.h>
#include <asm/vdso/processor.h>

#define TASK_SIZE_MAX		(HC_PROGRAM_LIMIT - 4096UL)
#define TASK_SIZE		TASK_SIZE_MAX
#define STACK_TOP		TASK_SIZE
#define STACK_TOP_MAX		TASK_SIZE
#define TASK_UNMAPPED_BASE	PAGE_ALIGN(TASK_SIZE / 3)

struct task_struct;

struct thread_struct {
	struct hc_context context;
	unsigned long fs, gs;		/* bases; live in the CPU while the program runs */
	void *fpu;			/* live in the CPU while fpu_owner is this task */
	unsigned long trap, error, address;	/* of the last fault, for signal frames */
};

#define INIT_THREAD { }

#define task_pt_regs(task) \
	((struct pt_regs *)(task_stack_page(task) + THREAD_SIZE) - 1)
#define KSTK_EIP(task)	(task_pt_regs(task)->ip)
#define KSTK_ESP(task)	(task_pt_regs(task)->sp)

#define on_thread_stack() \
	((unsigned long)task_stack_page(current) + THREAD_SIZE - current_stack_pointer < THREAD_SIZE)

void start_thread(struct pt_regs *regs, unsigned long ip, unsigned long sp);
unsigned long arch_align_stack(unsigned long sp);
unsigned long __get_wchan(struct task_struct *task);

#endif

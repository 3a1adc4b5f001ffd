// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The Haunch authors
/*
 * Tasks.  The donor's schedule decides, the core's contexts switch.  FPU state, FS and GS base
 * belong to programs only: kernel threads leave what is in the CPU alone, so that a program which
 * sleeps and is the next to run finds its state still there.
 */
#include <linux/entry-common.h>
#include <linux/export.h>
#include <linux/interrupt.h>
#include <linux/personality.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/sched/debug.h>
#include <linux/sched/task.h>
#include <linux/sched/task_stack.h>
#include <linux/slab.h>
#include <linux/syscalls.h>
#include <asm/prctl.h>
#include <asm/switch_to.h>
#include "haunch.h"

struct task_struct *current_task = &init_task;
EXPORT_SYMBOL(current_task);

/* The program whose state is in the FPU; NULL if nobody's. */
static struct task_struct *fpu_owner;
static struct task_struct *previous_task;
static struct kmem_cache *fpu_cache;

/* ------------------------------------------------------------------ FPU */

void __init arch_task_cache_init(void)
{
	fpu_cache = kmem_cache_create_usercopy("fpu", hc_fpu_size(), 64, SLAB_PANIC, 0, hc_fpu_size(),
					       NULL);
}

int arch_dup_task_struct(struct task_struct *to, struct task_struct *from)
{
	*to = *from;
	to->thread.fpu = NULL;
	return 0;
}

void arch_release_task_struct(struct task_struct *task)
{
	fpu_written(task);
	if (task->thread.fpu)
		kmem_cache_free(fpu_cache, task->thread.fpu);
}

void fpu_save(struct task_struct *task)
{
	if (fpu_owner == task)
		hc_fpu_save(task->thread.fpu);
}

void fpu_written(struct task_struct *task)
{
	if (fpu_owner == task)
		fpu_owner = NULL;
}

int fpu_restore_current(void)
{
	fpu_owner = current;
	return hc_fpu_restore(current->thread.fpu);
}

void fpu_reset_current(void)
{
	hc_fpu_init(current->thread.fpu);
	fpu_restore_current();
}

/* ------------------------------------------------------------------ switching */

struct task_struct *__switch_to(struct task_struct *prev, struct task_struct *next)
{
	if (!(prev->flags & PF_KTHREAD)) {
		prev->thread.fs = hc_thread_pointer_get();
		prev->thread.gs = hc_gs_get();
	}
	if (!(next->flags & PF_KTHREAD)) {
		if (fpu_owner != next) {
			if (fpu_owner)
				hc_fpu_save(fpu_owner->thread.fpu);
			hc_fpu_restore(next->thread.fpu);
			fpu_owner = next;
		}
		if (prev->mm != next->mm)
			hc_segments_clear();
		hc_thread_pointer_set(next->thread.fs);
		hc_gs_set(next->thread.gs);
	}
	hc_stack_set(task_stack_page(next), task_stack_page(next) + THREAD_SIZE);
	current_task = next;
	previous_task = prev;
	hc_context_switch(&prev->thread.context, &next->thread.context);
	return previous_task;
}

/*
 * Where a new task starts: `program` says whether it already is one, else bx and bp say what to
 * call.
 */
static void task_start(void *program)
{
	struct pt_regs *regs = task_pt_regs(current);

	schedule_tail(previous_task);
	/* A kernel thread that comes back has become a program by execve(). */
	if (!program)
		((int (*)(void *))regs->bx)((void *)regs->bp);
	else if (current_thread_info()->syscall_work & SYSCALL_WORK_EXIT)
		syscall_exit_to_user_mode_work(regs);
	local_irq_disable();
	irqentry_exit_to_user_mode(regs);
	hc_program_continue((struct hc_frame *)regs);
}

int copy_thread(struct task_struct *task, const struct kernel_clone_args *args)
{
	struct pt_regs *regs = task_pt_regs(task);

	if (args->flags & CLONE_SETTLS && args->tls >= TASK_SIZE_MAX)
		return -EPERM;
	task->thread.fpu = kmem_cache_alloc(fpu_cache, GFP_KERNEL);
	if (!task->thread.fpu)
		return -ENOMEM;

	if (args->fn) {
		memset(regs, 0, sizeof(*regs));
		regs->bx = (unsigned long)args->fn;
		regs->bp = (unsigned long)args->fn_arg;
		hc_fpu_init(task->thread.fpu);
	} else {
		*regs = *current_pt_regs();
		regs->ax = 0;
		pt_regs_changed(regs);
		if (args->stack)
			regs->sp = args->stack;
		fpu_save(current);
		memcpy(task->thread.fpu, current->thread.fpu, hc_fpu_size());
		task->thread.gs = hc_gs_get();
		task->thread.fs = args->flags & CLONE_SETTLS ? args->tls : hc_thread_pointer_get();
	}
	hc_context_init(&task->thread.context, PTR_ALIGN_DOWN((void *)regs, 16), task_start,
			args->fn ? NULL : task);
	return 0;
}

void flush_thread(void)
{
	hc_segments_clear();
	current->thread.fs = current->thread.gs = 0;
	hc_thread_pointer_set(0);
	hc_gs_set(0);
	fpu_reset_current();
}

void start_thread(struct pt_regs *regs, unsigned long ip, unsigned long sp)
{
	memset(regs, 0, sizeof(*regs));
	regs->ip = ip;
	regs->sp = sp;
	regs->flags = HC_IRQ_FLAG | 2;
	regs->ss = HC_SS_PROGRAM;
	regs->orig_ax = -1;
	pt_regs_changed(regs);
}

/*
 * What a softirq could not finish, freeing memory and handling packets, goes before all programs: as one
 * task among many it would fall behind what they make it do.
 */
static int __init softirqs_first(void)
{
	set_user_nice(this_cpu_ksoftirqd(), MIN_NICE);
	return 0;
}
late_initcall(softirqs_first);

void arch_cpu_idle(void)
{
	hc_idle();
}

void show_regs(struct pt_regs *regs)
{
	show_regs_print_info(KERN_DEFAULT);
	hc_console_backtrace((struct hc_frame *)regs);
}

/* Not printk()'s business, but what nobody wants to read is not printed all the same. */
void show_stack(struct task_struct *task, unsigned long *stack, const char *level)
{
	int letter = printk_get_level(level);
	int number = letter >= '0' && letter <= '7' ? letter - '0' : default_message_loglevel;

	if ((!task || task == current) && number < console_loglevel)
		hc_console_backtrace(NULL);
}

unsigned long __get_wchan(struct task_struct *task)
{
	return 0;
}

/* Where below its top a stack begins: not at the same place in a line of the cache each time. */
unsigned long arch_align_stack(unsigned long sp)
{
	if (!(current->personality & ADDR_NO_RANDOMIZE) && randomize_va_space)
		sp -= get_random_u32_below(8192);
	return sp & ~0xf;
}

SYSCALL_DEFINE2(arch_prctl, int, option, unsigned long, address)
{
	unsigned long __user *result = (void __user *)address;

	if ((option == ARCH_SET_FS || option == ARCH_SET_GS) && address >= TASK_SIZE_MAX)
		return -EPERM;
	switch (option) {
	case ARCH_SET_FS:
		return hc_thread_pointer_set(address) ? -EPERM : 0;
	case ARCH_GET_FS:
		return put_user(hc_thread_pointer_get(), result);
	case ARCH_SET_GS:
		return hc_gs_set(address) ? -EPERM : 0;
	case ARCH_GET_GS:
		return put_user(hc_gs_get(), result);
	default:
		return -EINVAL;
	}
}

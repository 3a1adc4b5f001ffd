// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The Haunch authors
/*
 * A program's system calls, by x86-64's own table.  Tracing, seccomp, and all that waits for a program
 * before it goes on is the generic kernel/entry's.
 */
#include <linux/entry-common.h>
#include <linux/sched.h>
#include <linux/syscalls.h>
#include <asm/syscalls.h>
#include "haunch.h"

typedef long (*system_call)(unsigned long, unsigned long, unsigned long, unsigned long,
			    unsigned long, unsigned long);

asmlinkage long sys_arch_prctl(int option, unsigned long address);

/* No program reaches a port, nor a segment of its own. */
#define sys_iopl	sys_ni_syscall
#define sys_ioperm	sys_ni_syscall
#define sys_modify_ldt	sys_ni_syscall
#define __SYSCALL(nr, call)	[nr] = (system_call)(void *)call,
#define __SYSCALL_NORETURN	__SYSCALL
static_assert(!((SYSCALL_WORK_ENTER | SYSCALL_WORK_EXIT) & ~0xfffful));

static const system_call table[] = {
#include <asm/syscalls_64.h>
};

/* What waits may look at the result, for it may have to make the call again. */
static noinline unsigned long finish_call(unsigned long result)
{
	struct pt_regs *regs = current_pt_regs();

	local_irq_enable();
	regs->ax = result;
	syscall_exit_to_user_mode_work(regs);
	return regs->ax;
}

/* Somebody watches, and may have changed number and arguments, or made the call himself. */
static noinline unsigned long traced_call(void)
{
	struct pt_regs *regs = current_pt_regs();
	unsigned int number = syscall_enter_from_user_mode_work(regs, (unsigned int)regs->orig_ax);

	if (number >= ARRAY_SIZE(table))
		return regs->ax;
	return table[number](regs->di, regs->si, regs->dx, regs->r10, regs->r8, regs->r9);
}

/*
 * Interrupts are enabled within the call only.  What surrounds it is what every call costs: the flags
 * are looked at once on the way in and once on the way out.
 */
unsigned long donor_syscall(unsigned long a0, unsigned long a1, unsigned long a2, unsigned long a3,
			    unsigned long a4, unsigned long a5, unsigned long number)
{
	unsigned long result = -ENOSYS;

	local_irq_enable();
	if (unlikely(current_thread_info()->flags & SYSCALL_WORK_ENTER))
		result = traced_call();
	else if (likely(number < ARRAY_SIZE(table)))
		result = table[number](a0, a1, a2, a3, a4, a5);
	else if ((unsigned int)number < ARRAY_SIZE(table))	/* Linux does not look at the rest */
		result = table[(unsigned int)number](a0, a1, a2, a3, a4, a5);
	local_irq_disable();
	if (unlikely(current_thread_info()->flags & (SYSCALL_WORK_EXIT | EXIT_TO_USER_MODE_WORK)))
		result = finish_call(result);
	return result;
}

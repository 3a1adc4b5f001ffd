// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The Haunch authors
/*
 * A program's system calls, by x86-64's own table.  A few entries are ours: what has no meaning
 * without an MMU says so in one line, what the generic no-MMU kernel leaves out is in mm/.
 */
#include <linux/resume_user_mode.h>
#include <linux/sched.h>
#include <linux/syscalls.h>
#include <asm/syscalls.h>
#include "haunch.h"
#include "../mm/memory.h"

typedef long (*system_call)(unsigned long, unsigned long, unsigned long, unsigned long,
			    unsigned long, unsigned long);

/* fork() needs a second copy of the same addresses: name what is missing, and let it fail. */
static long refuse_fork(const char *call)
{
	pr_err_once("%s[%d]: %s is not supported: use posix_spawn() or vfork() and exec()\n",
		    current->comm, task_pid_nr(current), call);
	return -ENOSYS;
}

static long haunch_fork(void)
{
	return refuse_fork("fork()");
}

static long haunch_clone(unsigned long flags, unsigned long stack, int __user *parent,
			 int __user *child, unsigned long tls)
{
	if (!(flags & CLONE_VM))
		return refuse_fork("fork()");
	return sys_clone(flags, stack, parent, child, tls);
}

static long haunch_clone3(struct clone_args __user *args, size_t size)
{
	u64 flags;

	if (get_user(flags, &args->flags))
		return -EFAULT;
	if (!(flags & CLONE_VM))
		return refuse_fork("fork()");
	return sys_clone3(args, size);
}

#define sys_fork	haunch_fork
#define sys_clone	haunch_clone
#define sys_clone3	haunch_clone3
#define sys_mmap	haunch_mmap
#define sys_munmap	haunch_munmap
#define sys_mremap	haunch_mremap
#define sys_mprotect	haunch_mprotect
#define sys_brk		haunch_brk
#define sys_madvise	haunch_madvise
#define sys_msync	haunch_msync
#define sys_mincore	haunch_mincore
#define sys_mlock	haunch_mlock
#define sys_mlock2	haunch_mlock
#define sys_munlock	haunch_mlock
#define sys_mlockall	haunch_mlock
#define sys_munlockall	haunch_mlock
#define sys_iopl	sys_ni_syscall
#define sys_ioperm	sys_ni_syscall
#define sys_modify_ldt	sys_ni_syscall
#define __SYSCALL(nr, call)	[nr] = (system_call)(void *)call,
static const system_call table[] = {
#include <asm/syscalls_64.h>
};

/* What waits may look at the result, for it may have to make the call again. */
static noinline unsigned long finish_call(unsigned long result)
{
	struct pt_regs *regs = current_pt_regs();

	regs->ax = result;
	return_to_program(regs);
	return regs->ax;
}

/* Interrupts are enabled within the call only.  What surrounds it is what every call costs. */
unsigned long donor_syscall(unsigned long a0, unsigned long a1, unsigned long a2, unsigned long a3,
			    unsigned long a4, unsigned long a5, unsigned long number)
{
	unsigned long result = -ENOSYS;

	local_irq_enable();
	if (likely(number < ARRAY_SIZE(table)))
		result = table[number](a0, a1, a2, a3, a4, a5);
	local_irq_disable();
	if (unlikely(READ_ONCE(current_thread_info()->flags) & _TIF_WORK_MASK))
		result = finish_call(result);
	return result;
}

void return_to_program(struct pt_regs *regs)
{
	unsigned long work;

	while ((work = READ_ONCE(current_thread_info()->flags)) & _TIF_WORK_MASK) {
		local_irq_enable();
		if (work & _TIF_NEED_RESCHED)
			schedule();
		if (work & (_TIF_SIGPENDING | _TIF_NOTIFY_SIGNAL))
			deliver_signal(regs);
		if (work & _TIF_NOTIFY_RESUME)
			resume_user_mode_work(regs);
		local_irq_disable();
	}
}

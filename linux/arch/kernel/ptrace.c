// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The Haunch authors
/*
 * ptrace(2) and core dumps: a program's registers in the layout that x86-64's debuggers know
 * (asm/user.h), the FPU's as FXSAVE and XSAVE leave it, and single steps.
 *
 * The selectors and flags that a debugger writes are not believed: a program's frame has the one code
 * segment there is, and the flags that a program may change.  There are no hardware breakpoints: the
 * debug registers read as zeros, and none can be switched on.
 */
#include <linux/elf.h>
#include <linux/errno.h>
#include <linux/ptrace.h>
#include <linux/regset.h>
#include <linux/sched/task_stack.h>
#include <linux/uaccess.h>
#include <asm/processor-flags.h>
#include <asm/prctl.h>
#include <asm/ptrace-abi.h>
#include "haunch.h"

/* Of struct user in x86-64's <sys/user.h>: u_debugreg[8]; what switches a breakpoint on in DR7. */
#define DEBUG_REGISTERS		848
#define DEBUG_REGISTERS_END	(DEBUG_REGISTERS + 8 * sizeof(long))
#define DR7_ENABLED		0xfful
/* What a debugger may set, as on x86. */
#define FLAGS_OF_DEBUGGER	(X86_EFLAGS_AC | X86_EFLAGS_RF | X86_EFLAGS_NT | X86_EFLAGS_OF | \
				 X86_EFLAGS_DF | X86_EFLAGS_TF | X86_EFLAGS_SF | X86_EFLAGS_ZF | \
				 X86_EFLAGS_AF | X86_EFLAGS_PF | X86_EFLAGS_CF)

/* ------------------------------------------------------------------ single steps */

void user_enable_single_step(struct task_struct *task)
{
	struct pt_regs *regs = task_pt_regs(task);

	set_task_syscall_work(task, SYSCALL_EXIT_TRAP);
	set_tsk_thread_flag(task, TIF_SINGLESTEP);
	/* The fast way back would trap before the first instruction. */
	pt_regs_changed(regs);
	if (regs->flags & X86_EFLAGS_TF)
		return;
	regs->flags |= X86_EFLAGS_TF;
	set_tsk_thread_flag(task, TIF_FORCED_TF);
}

void user_disable_single_step(struct task_struct *task)
{
	clear_task_syscall_work(task, SYSCALL_EXIT_TRAP);
	clear_tsk_thread_flag(task, TIF_SINGLESTEP);
	if (test_and_clear_tsk_thread_flag(task, TIF_FORCED_TF)) {
		task_pt_regs(task)->flags &= ~X86_EFLAGS_TF;
		pt_regs_changed(task_pt_regs(task));
	}
}

void ptrace_disable(struct task_struct *task)
{
	user_disable_single_step(task);
}

/* ------------------------------------------------------------------ registers */

static void get_registers(struct task_struct *task, struct user_regs_struct *to)
{
	const struct pt_regs *regs = task_pt_regs(task);

	memset(to, 0, sizeof(*to));
	memcpy(to, regs, sizeof(*regs));
	to->cs = HC_CS_PROGRAM;
	to->ss = HC_SS_PROGRAM;
	if (test_tsk_thread_flag(task, TIF_FORCED_TF))
		to->flags &= ~X86_EFLAGS_TF;
	to->fs_base = task == current ? hc_thread_pointer_get() : task->thread.fs;
	to->gs_base = task == current ? hc_gs_get() : task->thread.gs;
}

/* As on x86-64: a program's selectors ask for ring 3, those of data may be null. */
static bool is_selector(unsigned long selector)
{
	return selector <= USHRT_MAX && (selector & 3) == 3;
}

static bool is_data_selector(unsigned long selector)
{
	return !selector || is_selector(selector);
}

static int set_registers(struct task_struct *task, const struct user_regs_struct *from)
{
	struct pt_regs *regs = task_pt_regs(task);
	unsigned long forced = test_tsk_thread_flag(task, TIF_FORCED_TF) ? X86_EFLAGS_TF : 0;

	if (from->fs_base >= TASK_SIZE_MAX || from->gs_base >= TASK_SIZE_MAX ||
	    !is_selector(from->cs) || !is_selector(from->ss) || !is_data_selector(from->ds) ||
	    !is_data_selector(from->es) || !is_data_selector(from->fs) ||
	    !is_data_selector(from->gs))
		return -EIO;
	memcpy(regs, from, offsetof(struct pt_regs, cs));
	regs->sp = from->sp;
	if (from->flags & X86_EFLAGS_TF)
		clear_tsk_thread_flag(task, TIF_FORCED_TF);
	regs->flags = (from->flags & FLAGS_OF_DEBUGGER) | forced | HC_IRQ_FLAG | 2;
	pt_regs_changed(regs);
	task->thread.fs = from->fs_base;
	task->thread.gs = from->gs_base;
	return 0;
}

static int regs_get(struct task_struct *task, const struct user_regset *set, struct membuf to)
{
	struct user_regs_struct regs;

	get_registers(task, &regs);
	return membuf_write(&to, &regs, sizeof(regs));
}

static int regs_set(struct task_struct *task, const struct user_regset *set, unsigned int position,
		    unsigned int count, const void *kernel, const void __user *user)
{
	struct user_regs_struct regs;
	int error;

	get_registers(task, &regs);
	error = user_regset_copyin(&position, &count, &kernel, &user, &regs, 0, -1);
	return error ?: set_registers(task, &regs);
}

/* Where XSAVE keeps zeros for the kernel to say which features the area has (asm/sigcontext.h). */
static void mark_features(void *area, const struct user_regset *set)
{
	struct _fpstate *state = area;

	if (set->size * set->n > sizeof(*state))
		*(u64 *)&state->sw_reserved = hc_fpu_features();
}

static int fpu_get(struct task_struct *task, const struct user_regset *set, struct membuf to)
{
	fpu_save(task);
	mark_features(task->thread.fpu, set);
	return membuf_write(&to, task->thread.fpu, set->size * set->n);
}

static int fpu_set(struct task_struct *task, const struct user_regset *set, unsigned int position,
		   unsigned int count, const void *kernel, const void __user *user)
{
	int error;

	fpu_save(task);
	error = user_regset_copyin(&position, &count, &kernel, &user, task->thread.fpu, 0,
				   set->size * set->n);
	/* What the CPU does not take becomes the initial state when the task goes on. */
	fpu_written(task);
	return error;
}

static int xstate_active(struct task_struct *task, const struct user_regset *set)
{
	return hc_fpu_features() ? set->n : 0;
}

static struct user_regset regsets[] __ro_after_init = {
	{
		.core_note_type = NT_PRSTATUS,
		.n = ELF_NGREG,
		.size = sizeof(long),
		.align = sizeof(long),
		.regset_get = regs_get,
		.set = regs_set,
	},
	{
		.core_note_type = NT_PRFPREG,
		.n = sizeof(struct user_i387_struct) / sizeof(long),
		.size = sizeof(long),
		.align = sizeof(long),
		.regset_get = fpu_get,
		.set = fpu_set,
	},
	{
		.core_note_type = NT_X86_XSTATE,
		.size = sizeof(long),
		.align = sizeof(long),
		.active = xstate_active,
		.regset_get = fpu_get,
		.set = fpu_set,
	},
};

static const struct user_regset_view view = {
	.name = "x86_64",
	.e_machine = EM_X86_64,
	.regsets = regsets,
	.n = ARRAY_SIZE(regsets),
};

static int __init regsets_init(void)
{
	regsets[2].n = hc_fpu_size() / sizeof(long);
	return 0;
}
arch_initcall(regsets_init);

const struct user_regset_view *task_user_regset_view(struct task_struct *task)
{
	return &view;
}

/* ------------------------------------------------------------------ requests */

/* One word of what <sys/user.h> calls struct user: registers, then much that nobody has any more. */
static int peek_user(struct task_struct *task, unsigned long offset, unsigned long __user *to)
{
	struct user_regs_struct regs;
	unsigned long value = 0;

	if (offset % sizeof(long) || offset >= PAGE_SIZE)
		return -EIO;
	get_registers(task, &regs);
	if (offset < sizeof(regs))
		value = ((unsigned long *)&regs)[offset / sizeof(long)];
	return put_user(value, to);
}

static int poke_user(struct task_struct *task, unsigned long offset, unsigned long value)
{
	struct user_regs_struct regs;

	if (offset % sizeof(long) || offset >= DEBUG_REGISTERS_END)
		return -EIO;
	/* gdb clears DR6 and DR7 of each thread. */
	if (offset >= DEBUG_REGISTERS)
		return value & DR7_ENABLED ? -EINVAL : 0;
	if (offset >= sizeof(regs))
		return -EIO;
	get_registers(task, &regs);
	((unsigned long *)&regs)[offset / sizeof(long)] = value;
	return set_registers(task, &regs);
}

long arch_ptrace(struct task_struct *task, long request, unsigned long address, unsigned long data)
{
	void __user *user = (void __user *)data;

	switch (request) {
	case PTRACE_PEEKUSR:
		return peek_user(task, address, user);
	case PTRACE_POKEUSR:
		return poke_user(task, address, data);
	case PTRACE_GETREGS:
		return copy_regset_to_user(task, &view, 0, 0, sizeof(struct user_regs_struct), user);
	case PTRACE_SETREGS:
		return copy_regset_from_user(task, &view, 0, 0, sizeof(struct user_regs_struct),
					     user);
	case PTRACE_GETFPREGS:
		return copy_regset_to_user(task, &view, 1, 0, sizeof(struct user_i387_struct), user);
	case PTRACE_SETFPREGS:
		return copy_regset_from_user(task, &view, 1, 0, sizeof(struct user_i387_struct),
					     user);
	case PTRACE_ARCH_PRCTL:
		switch (data) {
		case ARCH_GET_FS:
			return put_user(task->thread.fs, (unsigned long __user *)address);
		case ARCH_GET_GS:
			return put_user(task->thread.gs, (unsigned long __user *)address);
		default:
			return -EINVAL;
		}
	default:
		return ptrace_request(task, request, address, data);
	}
}

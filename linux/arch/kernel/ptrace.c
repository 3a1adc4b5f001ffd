// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The Haunch authors
/*
 * The little of ptrace(2) that needs an architecture; a debugger attaches through
 * `haunch run --gdb`.
 */
#include <linux/elf.h>
#include <linux/errno.h>
#include <linux/ptrace.h>
#include <linux/regset.h>
#include <linux/sched/task_stack.h>

void ptrace_disable(struct task_struct *task)
{
}

long arch_ptrace(struct task_struct *task, long request, unsigned long address, unsigned long data)
{
	return ptrace_request(task, request, address, data);
}

const struct user_regset_view *task_user_regset_view(struct task_struct *task)
{
	static const struct user_regset_view none = { .name = "x86_64", .e_machine = EM_X86_64 };

	return &none;
}

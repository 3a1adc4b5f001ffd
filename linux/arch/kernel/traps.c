// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The Haunch authors
/*
 * CPU exceptions (Intel SDM vol. 3, 6.15).  Of a program: the signal that Linux on x86-64 sends,
 * and one line if nothing in the program will take it.  Of the kernel: a page for the program's memory
 * that it wanted to use, else a fixup from the exception table (a bad pointer given to a system call),
 * else the core's report.
 */
#include <linux/entry-common.h>
#include <linux/extable.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/kernel.h>
#include <linux/mm.h>
#include <linux/sched/debug.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include "haunch.h"

#define VECTOR_DE	0
#define VECTOR_DB	1
#define VECTOR_BP	3
#define VECTOR_UD	6
#define VECTOR_SS	12
#define VECTOR_GP	13
#define VECTOR_MF	16
#define VECTOR_AC	17
#define VECTOR_XM	19

int fixup_exception(struct pt_regs *regs)
{
	const struct exception_table_entry *entry = search_exception_tables(regs->ip);

	if (!entry)
		return 0;
	regs->ip = extable_fixup(entry);
	return 1;
}

/*
 * What a program has at an address: " (in FILE+0xOFFSET, FUNCTION)", or what it is next to.  The offset
 * is that in the file, or from the mapping's beginning.
 */
static void describe(unsigned long address, char *to, size_t size)
{
	const char *name = "anonymous memory", *where = "in";
	struct mm_struct *mm = current->mm;
	char path[64], function[48] = "";
	struct vm_area_struct *vma;
	struct file *file = NULL;
	long offset;

	*to = '\0';
	if (!mm || !mmap_read_trylock(mm))
		return;
	vma = find_vma(mm, address);
	if (!vma) {
		mmap_read_unlock(mm);
		return;
	}
	if (vma->vm_start > address)
		where = "below";
	if (vma->vm_file)
		file = get_file(vma->vm_file);
	else if (vma->vm_flags & VM_GROWSDOWN)
		name = "the stack";
	else if (vma->vm_start <= mm->brk && vma->vm_end >= mm->start_brk)
		name = "the heap";
	offset = address - vma->vm_start + (file ? vma->vm_pgoff << PAGE_SHIFT : 0);
	mmap_read_unlock(mm);
	if (file) {
		name = file_path(file, path, sizeof(path));
		if (IS_ERR(name))
			name = "a file";
		if (offset >= 0)
			program_symbol(file, offset, function, sizeof(function));
		fput(file);
	}
	snprintf(to, size, " (%s %s%c0x%lx%s%s)", where, name, offset < 0 ? '-' : '+', abs(offset),
		 *function ? ", " : "", function);
}

void report_fault(const char *what, const char *how, int signal, unsigned long value,
		  const struct pt_regs *regs)
{
	char at[140], ip[140];

	if (!unhandled_signal(current, signal) || !printk_ratelimit())
		return;
	*at = '\0';
	if (*how)
		describe(value, at, sizeof(at));
	describe(regs->ip, ip, sizeof(ip));
	pr_err("%s[%d]: %s%s 0x%lx%s at ip 0x%lx%s, sp 0x%lx\n", current->comm,
	       task_pid_nr(current), what, how, value, at, regs->ip, ip, regs->sp);
}

/* si_code of a floating-point exception from the status flags; Intel SDM vol. 1, 8.5 and 11.5. */
static int fpe_code(unsigned int vector)
{
	unsigned int status = 0, control = 0, raised;
	struct _fpstate *state;

	fpu_save(current);
	state = current->thread.fpu;
	if (vector == VECTOR_MF) {
		status = state->swd;
		control = state->cwd;
	} else {
		status = state->mxcsr;
		control = state->mxcsr >> 7;
	}
	raised = status & ~control & 0x3f;
	return raised & 1 ? FPE_FLTINV : raised & 4 ? FPE_FLTDIV : raised & 8 ? FPE_FLTOVF :
	       raised & 0x12 ? FPE_FLTUND : raised & 0x20 ? FPE_FLTRES : 0;
}

static int kernel_fault(unsigned int vector, unsigned long error, unsigned long address,
			struct pt_regs *regs)
{
	bool done = false;

	if (vector == VECTOR_PF && address < TASK_SIZE_MAX) {
		bool enabled = !irqs_disabled_flags(regs->flags);

		if (enabled)
			local_irq_enable();
		done = page_fault(regs, error, address);
		if (enabled)
			local_irq_disable();
	}
	return done || ((vector == VECTOR_PF || vector == VECTOR_GP || vector == VECTOR_SS) &&
			fixup_exception(regs));
}

int donor_fault(unsigned int vector, unsigned long error, unsigned long address,
		struct hc_frame *frame)
{
	struct pt_regs *regs = (struct pt_regs *)frame;
	void __user *ip = (void __user *)regs->ip;

	if (!user_mode(regs))
		return kernel_fault(vector, error, address, regs);

	local_irq_enable();
	if (vector != VECTOR_PF) {
		current->thread.trap = vector;
		current->thread.error = error;
	}
	switch (vector) {
	case VECTOR_PF:
		page_fault(regs, error, address);
		break;
	case VECTOR_DE:
		report_fault("division by zero, operand", "", SIGFPE, regs->ax, regs);
		force_sig_fault(SIGFPE, FPE_INTDIV, ip);
		break;
	case VECTOR_MF:
	case VECTOR_XM:
		force_sig_fault(SIGFPE, fpe_code(vector), ip);
		break;
	case VECTOR_UD:
		report_fault("illegal instruction, code", "", SIGILL, 0, regs);
		force_sig_fault(SIGILL, ILL_ILLOPN, ip);
		break;
	case VECTOR_DB:
		force_sig_fault(SIGTRAP, TRAP_TRACE, ip);
		break;
	case VECTOR_BP:
		force_sig(SIGTRAP);
		break;
	case VECTOR_AC:
		force_sig_fault(SIGBUS, BUS_ADRALN, NULL);
		break;
	default:
		report_fault("general protection fault, error", "", SIGSEGV, error, regs);
		force_sig(SIGSEGV);
	}
	local_irq_disable();
	irqentry_exit_to_user_mode(regs);
	return 1;
}

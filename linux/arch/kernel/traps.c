// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The Haunch authors
/*
 * CPU exceptions (Intel SDM vol. 3, 6.15).  Of a program: the signal that Linux on x86-64 sends,
 * and one line if nothing in the program will take it.  Of the kernel: a fixup from the exception
 * table (a bad pointer given to a system call), else the core's report.
 */
#include <linux/extable.h>
#include <linux/kernel.h>
#include <linux/sched/debug.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include "haunch.h"
#include "../mm/memory.h"

#define VECTOR_DE	0
#define VECTOR_DB	1
#define VECTOR_BP	3
#define VECTOR_OF	4
#define VECTOR_BR	5
#define VECTOR_UD	6
#define VECTOR_NM	7
#define VECTOR_SS	12
#define VECTOR_GP	13
#define VECTOR_PF	14
#define VECTOR_MF	16
#define VECTOR_AC	17
#define VECTOR_XM	19

#define PF_PRESENT	1
#define PF_WRITE	2
#define PF_FETCH	16

int fixup_exception(struct pt_regs *regs)
{
	const struct exception_table_entry *entry = search_exception_tables(regs->ip);

	if (!entry)
		return 0;
	regs->ip = entry->fixup;
	return 1;
}

static void report(const char *what, int signal, unsigned long address, const struct pt_regs *regs)
{
	char where[64];

	if (!unhandled_signal(current, signal))
		return;
	memory_describe(regs->ip, where, sizeof(where));
	pr_err("%s[%d]: %s 0x%lx at ip 0x%lx%s, sp 0x%lx\n", current->comm,
	       task_pid_nr(current), what, address, regs->ip, where, regs->sp);
}

static void page_fault(unsigned long error, unsigned long address, struct pt_regs *regs)
{
	report(error & PF_FETCH ? "segmentation fault: executing" :
	       error & PF_WRITE ? "segmentation fault: writing" : "segmentation fault: reading",
	       SIGSEGV, address, regs);
	force_sig_fault(SIGSEGV, error & PF_PRESENT || memory_is_mapped(address) ?
			SEGV_ACCERR : SEGV_MAPERR, (void __user *)address);
}

/* si_code of a floating-point exception from the status flags; Intel SDM vol. 1, 8.5 and 11.5. */
static int fpe_code(unsigned int vector)
{
	unsigned int status = 0, control = 0, raised;
	struct _fpstate *state;

	fpu_save_current();
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

int donor_fault(unsigned int vector, unsigned long error, unsigned long address,
		struct hc_frame *frame)
{
	struct pt_regs *regs = (struct pt_regs *)frame;
	void __user *ip = (void __user *)regs->ip;

	if (!user_mode(regs))
		return (vector == VECTOR_PF || vector == VECTOR_GP || vector == VECTOR_SS) &&
		       fixup_exception(regs);

	current->thread.trap = vector;
	current->thread.error = error;
	current->thread.address = address;
	local_irq_enable();
	switch (vector) {
	case VECTOR_PF:
		page_fault(error, address, regs);
		break;
	case VECTOR_DE:
		report("division by zero, operand", SIGFPE, regs->ax, regs);
		force_sig_fault(SIGFPE, FPE_INTDIV, ip);
		break;
	case VECTOR_MF:
	case VECTOR_XM:
		force_sig_fault(SIGFPE, fpe_code(vector), ip);
		break;
	case VECTOR_UD:
		report("illegal instruction, code", SIGILL, 0, regs);
		force_sig_fault(SIGILL, ILL_ILLOPN, ip);
		break;
	case VECTOR_DB:
		force_sig_fault(SIGTRAP, TRAP_BRKPT, ip);
		break;
	case VECTOR_BP:
		force_sig(SIGTRAP);
		break;
	case VECTOR_AC:
		force_sig_fault(SIGBUS, BUS_ADRALN, NULL);
		break;
	default:
		report("general protection fault, error", SIGSEGV, error, regs);
		force_sig(SIGSEGV);
	}
	local_irq_disable();
	return_to_program(regs);
	return 1;
}

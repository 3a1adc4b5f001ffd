// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The Haunch authors
/*
 * Page faults: Linux's memory management puts a page there, or the program gets the signal that it
 * gets on x86-64, and one line says where it was if nothing in the program will take it.
 */
#include <linux/extable.h>
#include <linux/mm.h>
#include <linux/perf_event.h>
#include <linux/sched/signal.h>
#include <linux/uaccess.h>
#include "../kernel/haunch.h"

/* The CPU's error code (Intel SDM vol. 3, 4.7). */
#define PF_PRESENT	1
#define PF_WRITE	2
#define PF_FETCH	16

#define PF_USER		4

static void bad_access(struct pt_regs *regs, unsigned long error, unsigned long address, int signal,
		       int code)
{
	const char *what = error & PF_FETCH ? "executing" : error & PF_WRITE ? "writing" : "reading";

	/* Of the kernel's memory nobody learns whether it is there. */
	if (address >= TASK_SIZE_MAX)
		error |= PF_PRESENT;
	current->thread.trap = VECTOR_PF;
	current->thread.error = error | PF_USER;
	current->thread.address = address;
	report_fault(signal == SIGBUS ? "bus error: nothing is behind the mapping, " :
					"segmentation fault: ", what, signal, address, regs);
	force_sig_fault(signal, code, (void __user *)address);
}

static bool may_access(struct vm_area_struct *vma, unsigned long error)
{
	if (error & PF_WRITE)
		return vma->vm_flags & VM_WRITE;
	if (error & PF_FETCH)
		return vma->vm_flags & VM_EXEC;
	return vma_is_accessible(vma);
}

/*
 * A fault in the lower half, of a program or of the kernel on its behalf.  True if the access is to be
 * made again, or a signal was sent; false if the kernel has to do without.
 */
bool page_fault(struct pt_regs *regs, unsigned long error, unsigned long address)
{
	unsigned int flags = FAULT_FLAG_DEFAULT | (error & PF_WRITE ? FAULT_FLAG_WRITE : 0) |
			     (error & PF_FETCH ? FAULT_FLAG_INSTRUCTION : 0);
	struct mm_struct *mm = current->mm;
	struct vm_area_struct *vma;
	vm_fault_t fault;

	if (user_mode(regs)) {
		flags |= FAULT_FLAG_USER;
		if (address >= TASK_SIZE_MAX) {
			bad_access(regs, error, address, SIGSEGV, SEGV_MAPERR);
			return true;
		}
		/* The CPU read a table for the program where the program has memory of its own. */
		if ((error & (PF_USER | PF_PRESENT)) == PF_PRESENT && hc_program_ring) {
			bad_access(regs, error, address, SIGSEGV, SEGV_ACCERR);
			return true;
		}
	} else if (faulthandler_disabled() || !mm || error & PF_FETCH) {
		return false;
	} else if (error & PF_PRESENT && !search_exception_tables(regs->ip)) {
		/* The kernel touched a program's memory where it must not (SMAP). */
		return false;
	}
	perf_sw_event(PERF_COUNT_SW_PAGE_FAULTS, 1, regs, address);
retry:
	vma = lock_mm_and_find_vma(mm, address, regs);
	if (!vma) {
		if (!user_mode(regs))
			return false;
		bad_access(regs, error, address, SIGSEGV, SEGV_MAPERR);
		return true;
	}
	if (!may_access(vma, error)) {
		mmap_read_unlock(mm);
		if (!user_mode(regs))
			return false;
		bad_access(regs, error, address, SIGSEGV, SEGV_ACCERR);
		return true;
	}
	fault = handle_mm_fault(vma, address, flags, regs);
	if (fault_signal_pending(fault, regs))
		return user_mode(regs);
	if (fault & VM_FAULT_COMPLETED)
		return true;
	if (fault & VM_FAULT_RETRY) {
		flags |= FAULT_FLAG_TRIED;
		goto retry;
	}
	mmap_read_unlock(mm);
	if (likely(!(fault & VM_FAULT_ERROR)))
		return true;
	if (!user_mode(regs))
		return false;
	if (fault & VM_FAULT_OOM)
		pagefault_out_of_memory();
	else if (fault & (VM_FAULT_SIGBUS | VM_FAULT_HWPOISON))
		bad_access(regs, error, address, SIGBUS, BUS_ADRERR);
	else
		bad_access(regs, error, address, SIGSEGV, SEGV_MAPERR);
	return true;
}

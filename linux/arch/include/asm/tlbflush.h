/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (c) 2026 The Haunch authors */
/* The CPU knows translations of one program's space at a time: another's need no flush. */
#ifndef _ASM_HAUNCH_TLBFLUSH_H
#define _ASM_HAUNCH_TLBFLUSH_H

#include <linux/mm_types.h>
#include <linux/sched.h>

/* Forgetting more pages than this one by one is slower than forgetting all. */
#define FLUSH_PAGES	32

static inline void flush_tlb_all(void)
{
	hc_space_flush_global();
}

static inline void flush_tlb_mm(struct mm_struct *mm)
{
	if (mm == current->active_mm)
		hc_space_flush();
}

static inline void flush_tlb_page(struct vm_area_struct *vma, unsigned long address)
{
	if (vma->vm_mm == current->active_mm)
		hc_space_flush_page(address);
}

static inline void flush_tlb_range(struct vm_area_struct *vma, unsigned long start,
				   unsigned long end)
{
	if (end - start > FLUSH_PAGES * PAGE_SIZE)
		flush_tlb_mm(vma->vm_mm);
	else
		for (; start < end; start += PAGE_SIZE)
			flush_tlb_page(vma, start);
}

static inline void flush_tlb_kernel_range(unsigned long start, unsigned long end)
{
	if (end - start > FLUSH_PAGES * PAGE_SIZE)
		flush_tlb_all();
	else
		for (; start < end; start += PAGE_SIZE)
			hc_space_flush_page(start);
}

#endif

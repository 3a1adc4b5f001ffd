// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The Haunch authors
/*
 * What is ours of virtual memory: the first address space, what the protections of mmap(2) are in the
 * CPU's format, and what x86 wants to know to place mappings.
 */
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/sched/mm.h>
#include "../kernel/haunch.h"

pgd_t swapper_pg_dir[PTRS_PER_PGD] __page_aligned_bss;
unsigned long vmalloc_start __ro_after_init = HC_DONOR_MAP;
EXPORT_SYMBOL(vmalloc_start);

void __init spaces_init(bool random)
{
	BUILD_BUG_ON(VMALLOC_SIZE + VMEMMAP_SIZE >= HC_DONOR_MAP_LIMIT - HC_DONOR_MAP);
	hc_space_init(swapper_pg_dir);
	hc_space_switch(__pa(swapper_pg_dir));
	if (random)
		vmalloc_start += get_random_long() %
				 (HC_DONOR_MAP_LIMIT - HC_DONOR_MAP - VMALLOC_SIZE - VMEMMAP_SIZE) & PMD_MASK;
}

/* The CPU has no page that can be written and not read, or executed and not read. */
pgprot_t vm_get_page_prot(unsigned long flags)
{
	unsigned long prot = _PAGE_BASE;

	if (!(flags & (VM_READ | VM_WRITE | VM_EXEC)))
		return PAGE_NONE;
	/* A private page becomes writable when it is written to, and so copied. */
	if ((flags & (VM_WRITE | VM_SHARED)) == (VM_WRITE | VM_SHARED))
		prot |= _PAGE_RW;
	if (!(flags & VM_EXEC))
		prot |= _PAGE_NX & hc_entry_mask;
	return __pgprot(prot);
}
EXPORT_SYMBOL(vm_get_page_prot);

/*
 * Where a mapping is placed, MAP_32BIT and mmap(2) itself: x86's file, for the one kind of program and the
 * one size of address space there is, on a CPU whose cache needs no alignment.
 */
#define DEFAULT_MAP_WINDOW	TASK_SIZE_MAX
#define in_32bit_syscall()	false
#define mmap_is_ia32()		0
#define task_size_32bit()	TASK_SIZE
#define task_size_64bit(full)	TASK_SIZE
#define mmap_address_hint_valid(address, length)	((address) <= TASK_SIZE - (length))
#define ALIGN_VA_32		1
#define ALIGN_VA_64		2
static struct {
	int flags;
	unsigned long mask, bits;
} va_align __ro_after_init = { .flags = -1 };

/* Below half of all, it is where mappings begin to grow upwards. */
static unsigned long get_mmap_base(int upwards)
{
	unsigned long base = current->mm->mmap_base;

	return upwards && base >= TASK_SIZE / 2 ? TASK_UNMAPPED_BASE : base;
}

#include "arch/x86/kernel/sys_x86_64.c"

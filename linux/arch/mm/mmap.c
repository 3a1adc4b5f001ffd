// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The Haunch authors
/*
 * What is ours of virtual memory: the first address space, what the protections of mmap(2) are in the
 * CPU's format, and x86-64's MAP_32BIT.
 */
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/random.h>
#include <linux/sched/mm.h>
#include <linux/syscalls.h>
#include <asm/donor.h>
#include "../kernel/haunch.h"

pgd_t swapper_pg_dir[PTRS_PER_PGD] __page_aligned_bss;
unsigned long vmalloc_start __ro_after_init = HC_DONOR_MAP;
EXPORT_SYMBOL(vmalloc_start);

void __init spaces_init(bool random)
{
	hc_space_init(swapper_pg_dir);
	hc_space_switch(__pa(swapper_pg_dir));
	if (random)
		vmalloc_start += get_random_long() %
				 (HC_DONOR_MAP_LIMIT - HC_DONOR_MAP - VMALLOC_SIZE) & PMD_MASK;
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

/* x86-64's: the second GiB, so that 31 bits hold an address. */
#define LOW_START	0x40000000UL
#define LOW_END		0x80000000UL

static unsigned long unmapped_low(unsigned long address, unsigned long length)
{
	struct vm_unmapped_area_info info = {
		.length = length,
		.low_limit = LOW_START,
		.high_limit = LOW_END,
	};
	struct vm_area_struct *vma;

	if (length > LOW_END - LOW_START)
		return -ENOMEM;
	address = PAGE_ALIGN(address);
	if (address >= LOW_START && address <= LOW_END - length) {
		vma = find_vma(current->mm, address);
		if (!vma || address + length <= vm_start_gap(vma))
			return address;
	}
	if (current->flags & PF_RANDOMIZE)
		info.low_limit += get_random_u32_below(0x02000000) & PAGE_MASK;
	return vm_unmapped_area(&info);
}

unsigned long arch_get_unmapped_area(struct file *file, unsigned long address,
				     unsigned long length, unsigned long offset,
				     unsigned long flags AREA_FLAGS)
{
	if ((flags & (MAP_32BIT | MAP_FIXED)) == MAP_32BIT)
		return unmapped_low(address, length);
	return generic_get_unmapped_area(file, address, length, offset, flags AREA_FLAGS_PASSED);
}

unsigned long arch_get_unmapped_area_topdown(struct file *file, unsigned long address,
					     unsigned long length, unsigned long offset,
					     unsigned long flags AREA_FLAGS)
{
	if ((flags & (MAP_32BIT | MAP_FIXED)) == MAP_32BIT)
		return unmapped_low(address, length);
	return generic_get_unmapped_area_topdown(file, address, length, offset, flags AREA_FLAGS_PASSED);
}

SYSCALL_DEFINE6(mmap, unsigned long, address, unsigned long, length, unsigned long, prot,
		unsigned long, flags, unsigned long, fd, unsigned long, offset)
{
	if (offset & ~PAGE_MASK)
		return -EINVAL;
	return ksys_mmap_pgoff(address, length, prot, flags, fd, offset >> PAGE_SHIFT);
}

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_HAUNCH_PGTABLE_H
#define _ASM_HAUNCH_PGTABLE_H

#include <asm-generic/pgtable-nopud.h>
#include <asm/page.h>

/* No page tables of the donor's own; these only let generic code compile. */
#define pgd_present(pgd)	(1)
#define pgd_none(pgd)		(0)
#define pgd_bad(pgd)		(0)
#define pgd_clear(pgdp)		do { } while (0)
#define pmd_offset(a, b)	((void *)0)

#define PAGE_NONE	__pgprot(0)
#define PAGE_SHARED	__pgprot(0)
#define PAGE_COPY	__pgprot(0)
#define PAGE_READONLY	__pgprot(0)
#define PAGE_KERNEL	__pgprot(0)
#define PAGE_KERNEL_NOCACHE	__pgprot(0)
#define pgprot_noncached(prot)	(prot)
#define pgprot_writecombine(prot) (prot)
#define pgprot_device(prot)	(prot)

#define swapper_pg_dir	((pgd_t *)0)
#define __swp_type(x)		(0)
#define __swp_offset(x)		(0)
#define __swp_entry(type, off)	((swp_entry_t) { ((type) | ((off) << 7)) })
#define __pte_to_swp_entry(pte)	((swp_entry_t) { pte_val(pte) })
#define __swp_entry_to_pte(x)	((pte_t) { (x).val })

extern unsigned long empty_zero_page[];
#define ZERO_PAGE(vaddr)	(virt_to_page(empty_zero_page))

#define VMALLOC_START	PAGE_OFFSET
#define VMALLOC_END	(~0UL)

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (c) 2026 The Haunch authors */
/* Pages for page tables: generic, but for the root, whose upper half is the core's to fill. */
#ifndef _ASM_HAUNCH_PGALLOC_H
#define _ASM_HAUNCH_PGALLOC_H

#include <linux/mm.h>
#include <asm-generic/pgalloc.h>

static inline pgd_t *pgd_alloc(struct mm_struct *mm)
{
	pgd_t *pgd = (pgd_t *)get_zeroed_page(GFP_PGTABLE_USER);

	if (pgd)
		hc_space_init(pgd);
	return pgd;
}

/* A table that programs' pages may be below; what is below it says so again. */
#define __PAGE_USER_TABLE(table)	(__pa(table) | _PAGE_TABLE | _PAGE_USER)

static inline void pmd_populate(struct mm_struct *mm, pmd_t *pmd, pgtable_t table)
{
	set_pmd(pmd, __pmd(page_to_phys(table) | _PAGE_TABLE | _PAGE_USER));
}

static inline void pmd_populate_kernel(struct mm_struct *mm, pmd_t *pmd, pte_t *table)
{
	set_pmd(pmd, __pmd(__pa(table) | _PAGE_TABLE));
}

static inline void pud_populate(struct mm_struct *mm, pud_t *pud, pmd_t *table)
{
	set_pud(pud, __pud(__PAGE_USER_TABLE(table)));
}

static inline void p4d_populate(struct mm_struct *mm, p4d_t *p4d, pud_t *table)
{
	set_p4d(p4d, __p4d(__PAGE_USER_TABLE(table)));
}

#define __pte_free_tlb(tlb, table, address)	\
	do { pagetable_pte_dtor(page_ptdesc(table)); tlb_remove_page(tlb, table); } while (0)
#define __pmd_free_tlb(tlb, table, address)	\
	do {								\
		pagetable_pmd_dtor(page_ptdesc(virt_to_page(table)));	\
		tlb_remove_page(tlb, virt_to_page(table));		\
	} while (0)
#define __pud_free_tlb(tlb, table, address)	tlb_remove_page(tlb, virt_to_page(table))

#endif

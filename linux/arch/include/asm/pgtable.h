/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (c) 2026 The Haunch authors */
/*
 * Page tables in the CPU's own format: four levels of 512 entries (Intel SDM vol. 3, 4.5).  An entry
 * without PRESENT is the kernel's to use: for PROT_NONE, for a page that is being moved.  On one CPU
 * nothing but the code that runs changes an entry, so no access is atomic.
 */
#ifndef _ASM_HAUNCH_PGTABLE_H
#define _ASM_HAUNCH_PGTABLE_H

#include <asm-generic/pgtable-nop4d.h>
#include <asm/donor.h>
#include <asm/page.h>

#define PGDIR_SHIFT	39
#define PUD_SHIFT	30
#define PMD_SHIFT	21
#define PGDIR_SIZE	(1UL << PGDIR_SHIFT)
#define PUD_SIZE	(1UL << PUD_SHIFT)
#define PMD_SIZE	(1UL << PMD_SHIFT)
#define PGDIR_MASK	(~(PGDIR_SIZE - 1))
#define PUD_MASK	(~(PUD_SIZE - 1))
#define PMD_MASK	(~(PMD_SIZE - 1))
#define PTRS_PER_PGD	512
#define PTRS_PER_PUD	512
#define PTRS_PER_PMD	512
#define PTRS_PER_PTE	512
#define USER_PTRS_PER_PGD	256

#define _PAGE_PRESENT	(1UL << 0)
#define _PAGE_RW	(1UL << 1)
#define _PAGE_USER	(1UL << 2)
#define _PAGE_PWT	(1UL << 3)
#define _PAGE_PCD	(1UL << 4)
#define _PAGE_ACCESSED	(1UL << 5)
#define _PAGE_DIRTY	(1UL << 6)
#define _PAGE_PSE	(1UL << 7)	/* in a PMD: a page of 2 MiB; in a PTE: HC_ENTRY_COMBINE */
#define _PAGE_GLOBAL	(1UL << 8)
#define _PAGE_SPECIAL	(1UL << 9)	/* ignored by the CPU, as are the next three */
#define _PAGE_UFFD_WP	(1UL << 10)
#define _PAGE_DEVMAP	(1UL << 11)	/* with SPECIAL: memory of a device that has struct pages */
#define _PAGE_NX	(1UL << 63)
#define _PAGE_PROTNONE	_PAGE_GLOBAL	/* without PRESENT */

#define PFN_PTE_SHIFT	PAGE_SHIFT
#define _PAGE_PFN_MASK	0x000ffffffffff000UL
#define _PAGE_TABLE	(_PAGE_PRESENT | _PAGE_RW | _PAGE_ACCESSED)
#define _PAGE_BASE	(_PAGE_PRESENT | _PAGE_USER | _PAGE_ACCESSED)
/* What stays when the protection changes. */
#define _PAGE_CHG_MASK	(_PAGE_PFN_MASK | _PAGE_PCD | _PAGE_PWT | _PAGE_PSE | _PAGE_SPECIAL |	\
			 _PAGE_ACCESSED | _PAGE_DIRTY | _PAGE_UFFD_WP | _PAGE_DEVMAP)

#define PAGE_NONE	__pgprot(_PAGE_PROTNONE | _PAGE_ACCESSED)
#define PAGE_READONLY	__pgprot(_PAGE_BASE | (_PAGE_NX & hc_entry_mask))
#define PAGE_KERNEL	__pgprot((_PAGE_TABLE | _PAGE_DIRTY | _PAGE_GLOBAL | _PAGE_NX) & hc_entry_mask)

#define pgprot_noncached(prot)		__pgprot(pgprot_val(prot) | _PAGE_PCD | _PAGE_PWT)
#define pgprot_writecombine(prot)	__pgprot(pgprot_val(prot) | HC_ENTRY_COMBINE)

#ifndef __ASSEMBLY__

extern pgd_t swapper_pg_dir[];

/* The donor's part of the upper half, from a random place on. */
extern unsigned long vmalloc_start;
#define VMALLOC_SIZE	(256UL << 30)
#define VMALLOC_START	vmalloc_start
#define VMALLOC_END	(vmalloc_start + VMALLOC_SIZE)
#ifdef CONFIG_SPARSEMEM_VMEMMAP
/* The struct pages are behind it, room for all. */
#define VMEMMAP_SIZE	(sizeof(struct page) << (MAX_PHYSMEM_BITS - PAGE_SHIFT))
#define vmemmap		((struct page *)VMALLOC_END)
#else
#define VMEMMAP_SIZE	0
#endif

extern unsigned long empty_zero_page[];
#define ZERO_PAGE(vaddr)	(virt_to_page(empty_zero_page))

/* ------------------------------------------------------------------ entries of all levels */

/* An entry is a page (of 4 KiB, or 2 MiB) or a table.  What holds for a PTE holds for a large PMD. */
#define pte_pfn(pte)	((pte_val(pte) & _PAGE_PFN_MASK) >> PAGE_SHIFT)
#define pmd_pfn(pmd)	((pmd_val(pmd) & _PAGE_PFN_MASK) >> PAGE_SHIFT)
#define pud_pfn(pud)	((pud_val(pud) & _PAGE_PFN_MASK) >> PAGE_SHIFT)
#define pte_page(pte)	pfn_to_page(pte_pfn(pte))
#define pmd_page(pmd)	pfn_to_page(pmd_pfn(pmd))
#define pud_page(pud)	pfn_to_page(pud_pfn(pud))
#define p4d_page(p4d)	pfn_to_page((p4d_val(p4d) & _PAGE_PFN_MASK) >> PAGE_SHIFT)
#define pmd_page_vaddr(pmd)	((unsigned long)__va(pmd_val(pmd) & _PAGE_PFN_MASK))
#define pud_pgtable(pud)	((pmd_t *)__va(pud_val(pud) & _PAGE_PFN_MASK))
#define p4d_pgtable(p4d)	((pud_t *)__va(p4d_val(p4d) & _PAGE_PFN_MASK))

#define pte_none(pte)	(!pte_val(pte))
#define pmd_none(pmd)	(!pmd_val(pmd))
#define pud_none(pud)	(!pud_val(pud))
#define p4d_none(p4d)	(!p4d_val(p4d))
#define pte_present(pte)	(!!(pte_val(pte) & (_PAGE_PRESENT | _PAGE_PROTNONE)))
/* A large page that is being split is not there for the CPU, but for everybody else. */
#define pmd_present(pmd)	(!!(pmd_val(pmd) & (_PAGE_PRESENT | _PAGE_PROTNONE | _PAGE_PSE)))
#define pud_present(pud)	(!!(pud_val(pud) & _PAGE_PRESENT))
#define p4d_present(p4d)	(!!(p4d_val(p4d) & _PAGE_PRESENT))
#define pte_accessible(mm, pte)	(!!(pte_val(pte) & _PAGE_PRESENT))
#define pmd_leaf(pmd)	(!!(pmd_val(pmd) & _PAGE_PSE))
#define pmd_bad(pmd)	((pmd_val(pmd) & (_PAGE_TABLE | _PAGE_PSE)) != _PAGE_TABLE)
#define pud_bad(pud)	((pud_val(pud) & _PAGE_TABLE) != _PAGE_TABLE)
#define p4d_bad(p4d)	((p4d_val(p4d) & _PAGE_TABLE) != _PAGE_TABLE)

#define __table_error(level, value) pr_err("bad entry of a " level ": %016lx\n", value)
#define pte_ERROR(pte)	__table_error("PTE", pte_val(pte))
#define pmd_ERROR(pmd)	__table_error("PMD", pmd_val(pmd))
#define pud_ERROR(pud)	__table_error("PUD", pud_val(pud))
#define pgd_ERROR(pgd)	__table_error("PGD", pgd_val(pgd))

#define set_pte(p, pte)	WRITE_ONCE(*(p), pte)
#define set_pmd(p, pmd)	WRITE_ONCE(*(p), pmd)
#define set_pud(p, pud)	WRITE_ONCE(*(p), pud)
#define set_p4d(p, p4d)	WRITE_ONCE(*(p), p4d)
#define set_pmd_at(mm, address, p, pmd)	do { (void)(mm); set_pmd(p, pmd); } while (0)
#define pte_clear(mm, address, p)	set_pte(p, __pte(0))
#define pmd_clear(p)	set_pmd(p, __pmd(0))
#define pud_clear(p)	set_pud(p, __pud(0))
#define p4d_clear(p)	set_p4d(p, __p4d(0))

#define update_mmu_cache(vma, address, p)	do { } while (0)
#define update_mmu_cache_range(vmf, vma, address, p, nr)	do { } while (0)
#define update_mmu_cache_pmd(vma, address, p)	do { } while (0)

/* ------------------------------------------------------------------ pages */

/* is_NAME(): is a bit set?  make_NAME(): the entry with a bit set, or cleared; for PTEs and PMDs. */
#define __PAGE_IS(name, bit)						\
static inline int pte_##name(pte_t pte) { return !!(pte_val(pte) & (bit)); }	\
static inline int pmd_##name(pmd_t pmd) { return !!(pmd_val(pmd) & (bit)); }
#define __PAGE_SET(name, bits)						\
static inline pte_t pte_##name(pte_t pte) { return __pte(pte_val(pte) | (bits)); }	\
static inline pmd_t pmd_##name(pmd_t pmd) { return __pmd(pmd_val(pmd) | (bits)); }
#define __PAGE_CLEAR(name, bits)					\
static inline pte_t pte_##name(pte_t pte) { return __pte(pte_val(pte) & ~(bits)); }	\
static inline pmd_t pmd_##name(pmd_t pmd) { return __pmd(pmd_val(pmd) & ~(bits)); }

__PAGE_IS(write, _PAGE_RW)
__PAGE_IS(dirty, _PAGE_DIRTY)
__PAGE_IS(young, _PAGE_ACCESSED)
__PAGE_SET(mkwrite_novma, _PAGE_RW)
__PAGE_SET(mkdirty, _PAGE_DIRTY)
__PAGE_SET(mkyoung, _PAGE_ACCESSED)
__PAGE_SET(mkhuge, _PAGE_PSE)
__PAGE_CLEAR(wrprotect, _PAGE_RW)
__PAGE_CLEAR(mkclean, _PAGE_DIRTY)
__PAGE_CLEAR(mkold, _PAGE_ACCESSED)
static inline int pte_special(pte_t pte) { return !!(pte_val(pte) & _PAGE_SPECIAL); }
static inline pte_t pte_mkspecial(pte_t pte) { return __pte(pte_val(pte) | _PAGE_SPECIAL); }
#define pmd_write	pmd_write
#define pmd_dirty	pmd_dirty
#define pmd_young	pmd_young

#ifdef CONFIG_HAVE_ARCH_USERFAULTFD_WP
__PAGE_IS(uffd_wp, _PAGE_UFFD_WP)
__PAGE_SET(mkuffd_wp, _PAGE_UFFD_WP)
__PAGE_CLEAR(clear_uffd_wp, _PAGE_UFFD_WP)
#endif

#ifdef CONFIG_ARCH_HAS_PTE_DEVMAP
__PAGE_IS(devmap, _PAGE_DEVMAP)
__PAGE_SET(mkdevmap, _PAGE_DEVMAP | _PAGE_SPECIAL)
#define pud_devmap(pud)	0
#define pgd_devmap(pgd)	0
#endif

static inline pte_t pfn_pte(unsigned long pfn, pgprot_t prot)
{
	return __pte(pfn << PAGE_SHIFT | pgprot_val(prot));
}

static inline pmd_t pfn_pmd(unsigned long pfn, pgprot_t prot)
{
	return __pmd(pfn << PAGE_SHIFT | pgprot_val(prot));
}

#define mk_pte(page, prot)	pfn_pte(page_to_pfn(page), prot)
#define mk_pmd(page, prot)	pfn_pmd(page_to_pfn(page), prot)

static inline pte_t pte_modify(pte_t pte, pgprot_t prot)
{
	return __pte((pte_val(pte) & _PAGE_CHG_MASK) | pgprot_val(prot));
}

static inline pmd_t pmd_modify(pmd_t pmd, pgprot_t prot)
{
	return __pmd((pmd_val(pmd) & _PAGE_CHG_MASK) | pgprot_val(prot));
}

/* ------------------------------------------------------------------ large pages */

#ifdef CONFIG_TRANSPARENT_HUGEPAGE
#define has_transparent_hugepage()	1
#define pmd_trans_huge(pmd)	((pmd_val(pmd) & (_PAGE_PSE | _PAGE_DEVMAP)) == _PAGE_PSE)
#define pmdp_establish	generic_pmdp_establish

static inline pmd_t pmd_mkinvalid(pmd_t pmd)
{
	return __pmd(pmd_val(pmd) & ~(_PAGE_PRESENT | _PAGE_PROTNONE));
}
#endif

/* ------------------------------------------------------------------ what is not present */

/*
 * Bits 0 and 8 are clear (pte_present()), 2 and 3 are flags, an offset is in 12 to 57, a type in 58 to
 * 62.
 */
#define __swp_type(x)		((x).val >> 58 & 0x1f)
#define __swp_offset(x)		((x).val << 6 >> 18)
#define __swp_entry(type, offset)	\
	((swp_entry_t) { (unsigned long)(type) << 58 | (unsigned long)(offset) << 12 })
#define __pte_to_swp_entry(pte)	((swp_entry_t) { pte_val(pte) })
#define __swp_entry_to_pte(x)	((pte_t) { (x).val })

#define _PAGE_SWP_EXCLUSIVE	(1UL << 3)
#define __HAVE_ARCH_PTE_SWP_EXCLUSIVE
__PAGE_IS(swp_exclusive, _PAGE_SWP_EXCLUSIVE)
__PAGE_SET(swp_mkexclusive, _PAGE_SWP_EXCLUSIVE)
__PAGE_CLEAR(swp_clear_exclusive, _PAGE_SWP_EXCLUSIVE)

#ifdef CONFIG_HAVE_ARCH_USERFAULTFD_WP
#define _PAGE_SWP_UFFD_WP	(1UL << 2)
__PAGE_IS(swp_uffd_wp, _PAGE_SWP_UFFD_WP)
__PAGE_SET(swp_mkuffd_wp, _PAGE_SWP_UFFD_WP)
__PAGE_CLEAR(swp_clear_uffd_wp, _PAGE_SWP_UFFD_WP)
#endif

#define HAVE_ARCH_UNMAPPED_AREA
#define HAVE_ARCH_UNMAPPED_AREA_TOPDOWN

#endif /* !__ASSEMBLY__ */
#endif

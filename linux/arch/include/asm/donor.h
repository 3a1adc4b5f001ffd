/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (c) 2026 The Haunch authors */
/*
 * Where the versions of the donor differ (6.1, 6.12).  The overlay is written for the newest; what that
 * means in an older one stands here, and nowhere else; but for what stable versions of either differ in (mm/Makefile).
 */
#ifndef _ASM_HAUNCH_DONOR_H
#define _ASM_HAUNCH_DONOR_H

#include <linux/version.h>

#if LINUX_VERSION_CODE < KERNEL_VERSION(6, 12, 0)
#define set_pte_at(mm, address, p, pte)	set_pte(p, pte)
#define pte_mkwrite_novma	pte_mkwrite
#define pmd_mkwrite_novma	pmd_mkwrite
#define pagetable_pte_dtor	pgtable_pte_page_dtor
#define pagetable_pmd_dtor	pgtable_pmd_page_dtor
#define page_ptdesc(page)	(page)

/* The console driver's texts. */
typedef char hvc_char;
typedef int hvc_size, hvc_result;
#else
typedef u8 hvc_char;
typedef size_t hvc_size;
typedef ssize_t hvc_result;
#endif

#endif

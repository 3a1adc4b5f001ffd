/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_HAUNCH_TLBFLUSH_H
#define _ASM_HAUNCH_TLBFLUSH_H
#define flush_tlb_kernel_range(start, end) do { } while (0)
#endif

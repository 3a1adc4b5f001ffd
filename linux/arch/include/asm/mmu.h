/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_HAUNCH_MMU_H
#define _ASM_HAUNCH_MMU_H

typedef struct {
	void *vdso;			/* where the program has it: vdso.c */
} mm_context_t;

#endif

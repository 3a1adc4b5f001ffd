/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_HAUNCH_MMU_H
#define _ASM_HAUNCH_MMU_H

#include <linux/rbtree_types.h>

/* The memory of a program, see mm/memory.c. */
typedef struct {
	unsigned long end_brk;		/* the end of what brk() can reach */
	unsigned long bias;		/* where the program's address 0 is */
	unsigned long low;		/* where MAP_32BIT begins to look; 0: nothing chosen yet */
	bool fixed;			/* some of its areas are below HC_IMAGE_MAP */
	struct rb_root areas;		/* by address; under mmap_lock */
} mm_context_t;

#endif

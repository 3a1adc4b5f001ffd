/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (c) 2026 The Haunch authors */
/* The memory of programs in the flat flavour: see memory.c. */
#ifndef HAUNCH_MEMORY_H
#define HAUNCH_MEMORY_H

#include <linux/types.h>

struct mm_struct;
struct file;

long haunch_mmap(unsigned long address, unsigned long length, unsigned long prot,
		 unsigned long flags, unsigned long fd, unsigned long offset);
long haunch_munmap(unsigned long address, unsigned long length);
long haunch_mremap(unsigned long address, unsigned long old_length, unsigned long new_length,
		   unsigned long flags, unsigned long new_address);
long haunch_mprotect(unsigned long address, unsigned long length, unsigned long prot);
long haunch_brk(unsigned long end);
long haunch_madvise(unsigned long address, unsigned long length, int advice);
long haunch_msync(unsigned long address, unsigned long length, int flags);
long haunch_mincore(unsigned long address, unsigned long length, unsigned char __user *vector);
long haunch_mlock(void);

/*
 * Make current->mm one that has no memory yet but in which the donor finds any address of RAM (it
 * asks for a VMA in get_user_pages() and access_process_vm()).  0 or -errno.
 */
int memory_attach(void);

#define MEMORY_RANDOM	1	/* at a random address */
#define MEMORY_ZERO	2	/* filled with zeroes */

/*
 * Memory for the current program, readable and writable, at `fixed` (below HC_IMAGE_MAP) or, if
 * that is 0, wherever there is room.  length is rounded up to pages.  The address, or -errno.  Call
 * with mmap_lock held for writing.
 */
unsigned long memory_allocate(unsigned long fixed, unsigned long length, unsigned int flags);

/* As mprotect(2), with mmap_lock held for writing. */
int memory_protect(unsigned long start, unsigned long end, unsigned long prot);

/* Does the current program have memory there? */
bool memory_is_mapped(unsigned long address);

/* Where an instruction is, as " (name+0xoffset)", or the empty string. */
void memory_describe(unsigned long ip, char *to, size_t size);

/*
 * Pages from anywhere, mapped side by side in the window, readable and writable, with undefined
 * contents: their address, or 0.  May sleep; the OOM killer is not called.  They can be freed in any
 * parts, from any context.
 */
unsigned long pieces_alloc(unsigned long pages);
void pieces_free(unsigned long start, unsigned long pages);

static inline bool is_in_window(unsigned long address)
{
	return address >= HC_WINDOW;
}

#endif

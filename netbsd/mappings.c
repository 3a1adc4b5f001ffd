// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * mappings.c - a program's memory: pages of the direct map, side by side where one call asked for
 * them.
 *
 * There is one address space, and no file is mapped into it: a mapping of a file is a copy of what
 * it had at the time.  That is what a private mapping, and one that is only read, may be.
 */
#include "donor.h"

#include <asm/mman.h>
#include <linux/mman.h>

#define PAGE_UP(size)		(((size) + HC_PAGE_SIZE - 1) & -(unsigned long)HC_PAGE_SIZE)
#define READ_WRITE		(HC_PROT_READ | HC_PROT_WRITE)

/* PROT_READ, PROT_WRITE and PROT_EXEC have the values of HC_PROT_*. */
_Static_assert(PROT_READ == HC_PROT_READ && PROT_WRITE == HC_PROT_WRITE &&
		       PROT_EXEC == HC_PROT_EXEC,
	       "the contract numbers protections as Linux does");

static bool all_ours(const char *start, size_t size)
{
	for (size_t at = 0; at < size; at += HC_PAGE_SIZE)
		if (!memory_page(start + at))
			return false;
	return true;
}

/* What is writable is readable. */
static long protect(char *start, size_t size, unsigned int prot)
{
	size_t at;

	for (at = 0; at < size && *memory_page(start + at) == prot; at += HC_PAGE_SIZE)
		;
	if (at == size)
		return 0;
	if (hc_memory_protect(start, size, prot))
		return -ENOMEM;
	for (at = 0; at < size; at += HC_PAGE_SIZE)
		*memory_page(start + at) = (unsigned char)prot;
	return 0;
}

static unsigned int protection(unsigned long prot)
{
	return (unsigned int)(prot & PROT_WRITE ? prot | PROT_READ : prot);
}

static void free_pages(char *start, size_t size)
{
	for (size_t at = 0; at < size; at += HC_PAGE_SIZE) {
		unsigned char *prot = memory_page(start + at);

		if (!prot)
			continue;
		if (*prot != READ_WRITE && protect(start + at, HC_PAGE_SIZE, READ_WRITE))
			continue;	/* no page table is left: the page is lost */
		memory_free(start + at);
	}
}

void *program_pages(size_t size)
{
	void *pages = memory_pages(size);

	if (pages)
		memset(pages, 0, PAGE_UP(size));
	return pages;
}

/* The file's bytes; behind its end is 0. */
static long fill(char *to, size_t size, unsigned long fd, unsigned long offset)
{
	while (size) {
		long n = NB(PREAD, fd, W(to), size, 0, offset);

		if (n < 0)
			return n;
		if (!n)
			break;
		to += n;
		size -= (size_t)n;
		offset += (unsigned long)n;
	}
	return 0;
}

long call_mmap(const unsigned long *a)
{
	unsigned long size = PAGE_UP(a[1]), flags = a[3];
	char *pages = (char *)a[0];
	bool fixed = flags & (MAP_FIXED | MAP_FIXED_NOREPLACE);
	long error = 0;

	if (!a[1] || (fixed && a[0] % HC_PAGE_SIZE) || a[5] % HC_PAGE_SIZE ||
	    a[2] & ~(unsigned long)(PROT_READ | PROT_WRITE | PROT_EXEC))
		return -EINVAL;
	if ((flags & MAP_TYPE) != MAP_PRIVATE && (flags & MAP_TYPE) != MAP_SHARED &&
	    (flags & MAP_TYPE) != MAP_SHARED_VALIDATE)
		return -EINVAL;
	if (size < a[1] || size > 1ul << 40)
		return -ENOMEM;
	/* What is written to it would not reach the file. */
	if (!(flags & MAP_ANONYMOUS) && (flags & MAP_TYPE) != MAP_PRIVATE && a[2] & PROT_WRITE)
		return -ENODEV;
	if (!fixed) {
		pages = program_pages(size);
		if (!pages)
			return -ENOMEM;
	} else if (!all_ours(pages, size)) {
		return -ENOMEM;		/* there is no memory at other places */
	} else if (flags & MAP_FIXED_NOREPLACE) {
		return -EEXIST;
	} else {
		error = protect(pages, size, READ_WRITE);
		if (error)
			return error;
		memset(pages, 0, size);
	}
	if (!(flags & MAP_ANONYMOUS))
		error = fill(pages, a[1], a[4], a[5]);
	if (!error)
		error = protect(pages, size, protection(a[2]));
	if (error && !fixed)
		free_pages(pages, size);
	return error ? error : (long)pages;
}

long call_munmap(const unsigned long *a)
{
	if (a[0] % HC_PAGE_SIZE || !a[1] || PAGE_UP(a[1]) < a[1] || a[0] + PAGE_UP(a[1]) < a[0])
		return -EINVAL;
	if (a[1] > 1ul << 40)
		return -EINVAL;
	free_pages((char *)a[0], PAGE_UP(a[1]));
	return 0;
}

long call_mprotect(const unsigned long *a)
{
	if (a[0] % HC_PAGE_SIZE || a[2] & ~(unsigned long)(PROT_READ | PROT_WRITE | PROT_EXEC))
		return -EINVAL;
	if (PAGE_UP(a[1]) < a[1] || !all_ours((const char *)a[0], PAGE_UP(a[1])))
		return -ENOMEM;
	return protect((char *)a[0], PAGE_UP(a[1]), protection(a[2]));
}

long call_mremap(const unsigned long *a)
{
	unsigned long old = PAGE_UP(a[1]), new = PAGE_UP(a[2]);
	char *from = (char *)a[0], *to;

	if (a[0] % HC_PAGE_SIZE || !new || !old || a[3] & ~(unsigned long)MREMAP_MAYMOVE)
		return -EINVAL;
	if (!all_ours(from, old))
		return -EFAULT;
	if (new <= old) {
		free_pages(from + new, old - new);
		return (long)from;
	}
	if (!(a[3] & MREMAP_MAYMOVE) || *memory_page(from) != READ_WRITE)
		return -ENOMEM;
	to = program_pages(new);
	if (!to)
		return -ENOMEM;
	memcpy(to, from, old);
	free_pages(from, old);
	return (long)to;
}

/* But for one, advice may be taken or not. */
long call_madvise(const unsigned long *a)
{
	if (a[0] % HC_PAGE_SIZE)
		return -EINVAL;
	if (!all_ours((const char *)a[0], PAGE_UP(a[1])))
		return -ENOMEM;
	for (unsigned long at = 0; a[2] == MADV_DONTNEED && at < PAGE_UP(a[1]); at += HC_PAGE_SIZE)
		if (*memory_page((char *)a[0] + at) & HC_PROT_WRITE)
			memset((char *)a[0] + at, 0, HC_PAGE_SIZE);
	return 0;
}

// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * memory.c - a buddy allocator over the machine's RAM: blocks of 2^order bytes, each at a multiple
 * of its size, in the direct map (so a device can use them).
 *
 * Every granule of 64 bytes has a byte in `state`, which at a block's first one says how large the
 * block is and whether it is free.  A granule inside of a block, or of no RAM of ours, has 0; but
 * the second one of a program's page has its protection.
 */
#include "donor.h"

#define GRANULE_ORDER	6
#define MAX_ORDER	30
#define FREE		0x80
#define USED		0x40
#define PAGE		0x20		/* one of a program's */
#define ORDER(state)  ((state)&0x1f)
#define PAGE_ORDER	12

struct block {
	struct block *next, **at;
};

static struct block *lists[MAX_ORDER + 1];
static unsigned char *state;
static unsigned long top;		/* physical; state has an entry for all below */
static unsigned long total, used;

static unsigned char *state_of(const void *address)
{
	return &state[hc_pa(address) >> GRANULE_ORDER];
}

static void put(void *address, unsigned int order)
{
	struct block *b = address;

	b->next = lists[order];
	b->at = &lists[order];
	if (b->next)
		b->next->at = &b->next;
	lists[order] = b;
	*state_of(b) = FREE | (unsigned char)order;
}

static void take(struct block *b)
{
	*b->at = b->next;
	if (b->next)
		b->next->at = b->at;
	*state_of(b) = 0;
}

void *memory_allocate(size_t size, size_t alignment)
{
	unsigned int order = GRANULE_ORDER, from;
	struct block *b;

	while (order <= MAX_ORDER && (1ul << order < size || 1ul << order < alignment))
		order++;
	for (from = order; from <= MAX_ORDER && !lists[from]; from++)
		;
	if (from > MAX_ORDER)
		return NULL;
	b = lists[from];
	take(b);
	while (from > order) {
		from--;
		put((char *)b + (1ul << from), from);
	}
	*state_of(b) = USED | (unsigned char)order;
	used += 1ul << order;
	return b;
}

static void give(unsigned long physical, unsigned int order)
{
	for (; order < MAX_ORDER; order++) {
		unsigned long buddy = physical ^ (1ul << order);

		if (buddy >= top || state[buddy >> GRANULE_ORDER] != (FREE | order))
			break;
		take(hc_va(buddy));
		physical &= ~(1ul << order);
	}
	put(hc_va(physical), order);
}

void memory_free(void *address)
{
	unsigned char was = *state_of(address);

	assert(was & USED, "memory that is freed is the start of a block in use");
	*state_of(address) = 0;
	used -= 1ul << ORDER(was);
	give(hc_pa(address), ORDER(was));
}

void *memory_pages(size_t size)
{
	size_t whole = HC_PAGE_SIZE, at;
	char *block;

	if (size > 1ul << MAX_ORDER)
		return NULL;
	block = memory_allocate(size, HC_PAGE_SIZE);
	if (!block)
		return NULL;
	while (whole < size)
		whole *= 2;
	for (at = 0; at < whole; at += HC_PAGE_SIZE) {
		state_of(block + at)[0] = USED | PAGE | PAGE_ORDER;
		state_of(block + at)[1] = HC_PROT_READ | HC_PROT_WRITE;
	}
	for (at = (size + HC_PAGE_SIZE - 1) & -(size_t)HC_PAGE_SIZE; at < whole; at += HC_PAGE_SIZE)
		memory_free(block + at);
	return block;
}

unsigned char *memory_page(const void *address)
{
	unsigned long physical = (unsigned long)address - hc_direct_map;
	unsigned char *s = &state[(physical & -(unsigned long)HC_PAGE_SIZE) >> GRANULE_ORDER];

	return physical < top && *s == (USED | PAGE | PAGE_ORDER) ? s + 1 : NULL;
}

void memory_tell(unsigned long *all, unsigned long *free)
{
	*all = total;
	*free = total - used;
}

void *memory_need(size_t size)
{
	void *memory = memory_allocate(size, sizeof(void *));

	if (!memory)
		fail("out of memory: no %lu bytes are left", size);
	return memory;
}

/* Give the physical range in the largest blocks that fit. */
static void give_range(unsigned long start, unsigned long end)
{
	start = (start + HC_PAGE_SIZE - 1) & -(unsigned long)HC_PAGE_SIZE;
	end &= -(unsigned long)HC_PAGE_SIZE;
	if (start < end)
		total += end - start;
	while (start < end) {
		unsigned int order = 12;

		while (order < MAX_ORDER && !(start & (1ul << order)) &&
		       start + (2ul << order) <= end)
			order++;
		give(start, order);
		start += 1ul << order;
	}
}

void memory_give(void *start, size_t size)
{
	give_range(hc_pa(start), hc_pa(start) + size);
}

/* The range without [from, to). */
static void give_without(unsigned long start, unsigned long end, unsigned long from,
			 unsigned long to)
{
	if (to <= start || from >= end) {
		give_range(start, end);
		return;
	}
	if (from > start)
		give_range(start, from);
	if (to < end)
		give_range(to, end);
}

void memory_start(const struct hc_start_info *info)
{
	unsigned long initrd = info->initrd ? hc_pa(info->initrd) : 0, size, table = 0;
	unsigned long initrd_end = initrd + info->initrd_size;

	for (unsigned int i = 0; i < info->nr_ram; i++)
		if (info->ram[i].start + info->ram[i].size > top)
			top = info->ram[i].start + info->ram[i].size;
	size = top >> GRANULE_ORDER;
	/*
	 * The table is at the end of the first range that has room beside the initial file system.
	 */
	for (unsigned int i = 0; i < info->nr_ram && !table; i++) {
		unsigned long start = info->ram[i].start, end = start + info->ram[i].size;

		if (initrd_end > start && initrd < end)
			start = initrd_end;
		if (end > start && end - start > size)
			table = (end - size) & -(unsigned long)HC_PAGE_SIZE;
	}
	if (!table)
		fail("out of memory: no %lu bytes in one piece for the allocator's table", size);
	state = hc_va(table);
	memset(state, 0, size);
	for (unsigned int i = 0; i < info->nr_ram; i++) {
		unsigned long start = info->ram[i].start, end = start + info->ram[i].size;

		if (table >= start && table < end)
			end = table;
		give_without(start, end, initrd, initrd_end);
	}
}

int rumpuser_malloc(size_t size, int alignment, void **memory)
{
	*memory = memory_allocate(size, alignment > 0 ? (size_t)alignment : 1);
	return *memory ? 0 : NB_ENOMEM;
}

void rumpuser_free(void *memory, size_t size)
{
	memory_free(memory);
}

/* At a place of the caller's choice, or executable: not without address spaces. */
int rumpuser_anonmmap(void *wanted, size_t size, int bits, int executable, void **memory)
{
	if (wanted || executable)
		return NB_EINVAL;
	*memory = memory_allocate(size, HC_PAGE_SIZE);
	if (!*memory)
		return NB_ENOMEM;
	memset(*memory, 0, size);
	return 0;
}

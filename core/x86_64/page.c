// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * page.c - the core's page tables (Intel SDM vol. 3, chapter 4: 4-level paging).
 *
 * Physical address p is mapped at hc_direct_map + p, if it is RAM or was mapped as a device, with
 * 2 MiB pages that are split when a part of one gets another protection.  Nothing is merged back.
 * The image is mapped a second time, where it runs.  What is between HC_DONOR_MAP and its limit is the
 * donor's, as the lower half of other roots than ours is; of those, only what hc_space_init() copies
 * is known here.
 *
 * Page-table pages come from a pool that is reserved at boot: enough to split every 2 MiB of RAM,
 * so that protecting memory never needs memory.  The pool is not touched before it is needed.
 *
 * Every entry of ours that maps something has ENTRY_RAM or ENTRY_DEVICE set, present or not: memory
 * without any protection bits is still mapped in the sense of the contract.
 */
#include "cpu.h"

#define PRESENT			(1ull << 0)
#define WRITABLE		(1ull << 1)
#define WRITE_THROUGH		(1ull << 3)
#define CACHE_DISABLED		(1ull << 4)
#define ACCESSED		(1ull << 5)
#define DIRTY			(1ull << 6)
#define LARGE			(1ull << 7)	/* in a page directory */
#define PAT_SMALL		(1ull << 7)	/* in a page table: HC_ENTRY_COMBINE */
#define GLOBAL			(1ull << 8)
#define ENTRY_RAM		(1ull << 9)	/* ignored by the CPU */
#define ENTRY_DEVICE		(1ull << 10)
#define NO_EXECUTE		(1ull << 63)
#define ADDRESS			0x000ffffffffff000ull
#define PROTECTION		(PRESENT | WRITABLE | GLOBAL | NO_EXECUTE)

#define LARGE_SIZE		(2 * MIB)
#define TIB			(1024 * GIB)
#define ENTRIES			512
#define UPPER_HALF		(-(unsigned long)HC_PROGRAM_LIMIT)

/* Until page_init(), boot.S's map of the first GiB: the identity. */
unsigned long hc_direct_map;
unsigned long hc_entry_mask = ~0ul;

static unsigned long direct_map_end;		/* physical addresses that it has room for are below */
static uint64_t *root = boot_tables;
static unsigned long pool_next;		/* physical; never used so far */
static uint64_t *pool_free;			/* returned, linked by their first entries */
static unsigned long pool_left;			/* pages in both */

static unsigned int index(unsigned long address, unsigned int level)
{
	return address >> (12 + 9 * level) & (ENTRIES - 1);
}

static uint64_t *table_of(uint64_t entry)
{
	return hc_va(entry & ADDRESS);
}

static uint64_t *table_allocate(bool clear)
{
	uint64_t *table;

	if (!pool_left)
		return NULL;
	pool_left--;
	if (pool_free) {
		table = pool_free;
		pool_free = (uint64_t *)*table;
	} else {
		table = hc_va(pool_next);
		pool_next += HC_PAGE_SIZE;
	}
	if (clear)
		memset(table, 0, HC_PAGE_SIZE);
	return table;
}

static void table_free(uint64_t *table)
{
	*table = (uint64_t)pool_free;
	pool_free = table;
	pool_left++;
}

static uint64_t table_entry(const uint64_t *table)
{
	return hc_pa(table) | PRESENT | WRITABLE | ACCESSED;
}

/* The entry of the page directory for this address; NULL if there is no directory. */
static uint64_t *directory_entry(unsigned long address)
{
	uint64_t entry = root[index(address, 3)];

	if (address < UPPER_HALF || index(address, 3) == index(HC_DONOR_MAP, 3) || !entry)
		return NULL;
	entry = table_of(entry)[index(address, 2)];
	if (!entry)
		return NULL;
	return &table_of(entry)[index(address, 1)];
}

/* The same, but makes what is missing; NULL if the pool is empty. */
static uint64_t *directory_entry_make(unsigned long address)
{
	uint64_t *table = root;

	for (unsigned int level = 3; level >= 2; level--) {
		uint64_t *entry = &table[index(address, level)];

		if (!*entry) {
			uint64_t *next = table_allocate(true);

			if (!next)
				return NULL;
			*entry = table_entry(next);
		}
		table = table_of(*entry);
	}
	return &table[index(address, 1)];
}

/* Is it a 2 MiB page, present or not? */
static bool is_large(uint64_t entry)
{
	return entry & LARGE;
}

static uint64_t protection(unsigned int prot)
{
	uint64_t flags = cpu.pge ? GLOBAL : 0;

	if (!prot)
		return 0;
	if (prot & HC_PROT_WRITE)
		flags |= WRITABLE;
	if (!(prot & HC_PROT_EXEC))
		flags |= NO_EXECUTE & hc_entry_mask;
	return flags | PRESENT;
}

/* Replace a 2 MiB page by a table of 4 KiB pages that are the same.  The pool has a page left. */
static void split(uint64_t *entry)
{
	uint64_t *table = table_allocate(false);
	uint64_t small = *entry & ~LARGE;

	for (unsigned int i = 0; i < ENTRIES; i++) {
		table[i] = small;
		small += HC_PAGE_SIZE;
	}
	*entry = table_entry(table);
}

/* Where the part of [address, end) that one entry of a page directory maps ends. */
static unsigned long part_end(unsigned long address, unsigned long end)
{
	unsigned long next = (address | (LARGE_SIZE - 1)) + 1;

	return next < end ? next : end;
}

static bool is_whole(unsigned long address, unsigned long end)
{
	return end - address == LARGE_SIZE;
}

/* ------------------------------------------------------------------ the contract: protection */

/*
 * Give [address, end) this protection, or, for nothing may be changed if that fails, only look whether it can be.
 * Returns how many large pages must be split, or -1 where there is anything but RAM.
 */
static long protect(unsigned long address, unsigned long end, uint64_t flags, bool look)
{
	bool changed = false;
	long splits = 0;

	for (unsigned long next; address < end; address = next) {
		uint64_t *entry = directory_entry(address);
		unsigned long step = LARGE_SIZE;

		next = part_end(address, end);
		if (!entry || !*entry)
			return -1;
		if (is_large(*entry) && !is_whole(address, next) &&
		    (*entry & PROTECTION) != flags) {
			splits++;
			if (!look)
				split(entry);
		}
		if (!is_large(*entry)) {
			entry = &table_of(*entry)[index(address, 0)];
			step = HC_PAGE_SIZE;
		}
		for (; address < next; address += step, entry++) {
			uint64_t old = *entry;

			if (!(old & ENTRY_RAM))
				return -1;
			if (look || (old & PROTECTION) == flags)
				continue;
			*entry = (old & ~PROTECTION) | flags;
			changed |= old & PRESENT;
		}
	}
	if (changed)
		hc_space_flush_global();
	return splits;
}

int hc_memory_protect(void *address, unsigned long size, unsigned int prot)
{
	unsigned long start = (unsigned long)address, end = start + size, irq_flags;
	uint64_t flags = protection(prot);
	int result = 0;
	long splits;

	if ((start | size) % HC_PAGE_SIZE || end < start || prot > 7)
		return HC_EINVAL;
	irq_flags = irq_save();
	splits = protect(start, end, flags, true);
	if (splits < 0)
		result = HC_EINVAL;
	else if ((unsigned long)splits > pool_left)
		result = HC_ENOMEM;
	else
		protect(start, end, flags, false);
	irq_restore(irq_flags);
	return result;
}

void hc_code_write(void *code, const void *bytes, unsigned long size)
{
	unsigned long flags = irq_save(), cr0 = read_cr0(), address = (unsigned long)code;

	if (!in_image_text(address) || !in_image_text(address + size - 1))
		bug(__func__, "an address that is not code", address);
	/* Loading CR0 also has the CPU forget what it has read of the code (SDM vol. 3, 8.3). */
	write_cr0(cr0 & ~(unsigned long)CR0_WP);
	memcpy(code, bytes, size);
	write_cr0(cr0);
	irq_restore(flags);
}

/* ------------------------------------------------------------------ the contract: devices */

/* Tables that mapping [address, end) needs at most, with small pages, or with large ones where they fit. */
static unsigned long tables_needed(unsigned long address, unsigned long end, bool large)
{
	unsigned long last = end - 1, small = (last >> 21) - (address >> 21) + 1;

	return (large && small > 2 ? 2 : small) + (last >> 30) - (address >> 30) + 1 +
	       (last >> 39) - (address >> 39) + 1;
}

static uint64_t *small_entry_make(unsigned long address)
{
	uint64_t *entry = directory_entry_make(address);

	if (!*entry)
		*entry = table_entry(table_allocate(true));
	else if (is_large(*entry))
		split(entry);
	return &table_of(*entry)[index(address, 0)];
}

int hc_memory_map_device(unsigned long physical, unsigned long size, unsigned int cache)
{
	unsigned long start = page_down(physical), end = page_up(physical + size), flags;
	uint64_t kind = protection(HC_PROT_WRITE) | ACCESSED | DIRTY | ENTRY_DEVICE;
	bool changed = false, large = cache == HC_CACHE_BACK;
	uint64_t *entry;
	int result = 0;

	if (physical + size < physical || end < start || end > direct_map_end ||
	    cache > HC_CACHE_BACK || ranges_touch(&machine_ram, physical, physical + size))
		return HC_EINVAL;
	if (!size)
		return 0;
	if (cache == HC_CACHE_NONE || (cache == HC_CACHE_COMBINE && !cpu.pat))
		kind |= WRITE_THROUGH | CACHE_DISABLED;
	else if (cache == HC_CACHE_COMBINE)
		kind |= PAT_SMALL;
	flags = irq_save();
	if (tables_needed(start + hc_direct_map, end + hc_direct_map, large) > pool_left)
		result = HC_ENOMEM;
	for (unsigned long step; !result && start < end; start += step) {
		uint64_t old;

		/* What is like RAM may be as much as a disk, and is mapped by large pages, unless it is already. */
		step = LARGE_SIZE;
		if (large && is_whole(start, part_end(start, end))) {
			entry = directory_entry_make(start + hc_direct_map);
			if (!*entry)
				*entry = start | kind | LARGE;
			if (*entry == (start | kind | LARGE))
				continue;
		}
		step = HC_PAGE_SIZE;
		entry = small_entry_make(start + hc_direct_map);
		old = *entry;
		/* Tables of the last page may be rounded into RAM, whose mapping is better. */
		if (old == (start | kind) || old & ENTRY_RAM)
			continue;
		*entry = start | kind;
		changed |= old & PRESENT;
	}
	if (changed)
		hc_space_flush_global();
	irq_restore(flags);
	return result;
}

/* ------------------------------------------------------------------ the contract: spaces */

/* What is mapped later below another entry of our root is copied when it is missed: page_sync(). */
void hc_space_init(void *space)
{
	memcpy((uint64_t *)space + ENTRIES / 2, root + ENTRIES / 2, HC_PAGE_SIZE / 2);
}

void hc_space_flush_global(void)
{
	unsigned long cr4 = read_cr4();

	if (cr4 & CR4_PGE) {
		write_cr4(cr4 & ~(unsigned long)CR4_PGE);
		write_cr4(cr4);
	} else {
		hc_space_flush();
	}
}

/* ------------------------------------------------------------------ for the core */

const void *page_find(unsigned long address)
{
	uint64_t entry = hc_pa(root) | PRESENT;
	unsigned int level = 4;

	/* Bits 47 to 63 are all the same. */
	if (address >= HC_PROGRAM_LIMIT && address < UPPER_HALF)
		return NULL;
	if (root != boot_tables)
		entry = (read_cr3() & ADDRESS) | PRESENT;
	while (level && (entry & PRESENT) && !(level < 4 && is_large(entry))) {
		level--;
		entry = table_of(entry)[index(address, level)];
	}
	if (!(entry & PRESENT))
		return NULL;
	/* The lower bits of a large page's entry are flags. */
	address &= (HC_PAGE_SIZE << 9 * level) - 1ul;
	entry &= ADDRESS & ~((HC_PAGE_SIZE << 9 * level) - 1ull);
	if (root != boot_tables && !ranges_hold(&machine_ram, entry, entry + HC_PAGE_SIZE))
		return NULL;
	return hc_va(entry + address);
}

bool page_sync(unsigned long address)
{
	uint64_t *current = hc_va(read_cr3() & ADDRESS);
	unsigned int i = index(address, 3);

	if (address < UPPER_HALF || current[i] || !root[i])
		return false;
	current[i] = root[i];
	return true;
}

const void *firmware_at(uint64_t physical, uint64_t size)
{
	if (!size || physical + size < physical)
		return NULL;
	if (root == boot_tables)
		return physical < GIB && size <= GIB - physical ? hc_va(physical) : NULL;
	if (!ranges_hold(&machine_ram, physical, physical + size) &&
	    hc_memory_map_device(physical, size, HC_CACHE_BACK))
		return NULL;
	return hc_va(physical);
}

/* ------------------------------------------------------------------ boot */

/*
 * Pages beside one for each 2 MiB of RAM and of the image, and one more for each 2 MiB of RAM that
 * is mapped a second time: the upper levels, devices, ranges' ends.
 */
#define POOL_EXTRA		32

unsigned long page_pool_size(void)
{
	uint64_t mapped =
		2 * ranges_total(&machine_ram) + page_up(hc_pa(image_end)) - hc_pa(image_start);

	return page_up(mapped / ENTRIES) + page_up(mapped / ENTRIES / 8) +
	       POOL_EXTRA * HC_PAGE_SIZE;
}

/* Map physical RAM at `offset` + its physical address. */
static void map_ram(unsigned long start, unsigned long end, unsigned long offset)
{
	uint64_t kind = protection(HC_PROT_WRITE) | ENTRY_RAM | ACCESSED | DIRTY;

	while (start < end) {
		unsigned long address = start + offset;
		unsigned long next = part_end(start, end);
		uint64_t *entry = directory_entry_make(address);

		if (!entry || (!is_whole(start, next) && !*entry && !pool_left))
			panic("no page tables left for the RAM at 0x%lx", start);
		if (is_whole(start, next)) {
			*entry = start | kind | LARGE;
			start = next;
			continue;
		}
		for (entry = small_entry_make(address); start < next; start += HC_PAGE_SIZE)
			*entry++ = start | kind;
	}
}

/* Protect a part of the image that is not to be written, and its double in the direct map. */
static void protect_image(const char *start, const char *end, unsigned int prot,
			  unsigned long direct_map)
{
	unsigned long from = page_down((unsigned long)start), to = page_up((unsigned long)end);

	if (from < to && (hc_memory_protect((void *)from, to - from, prot) ||
			  hc_memory_protect((void *)(from - hc_image_map + direct_map), to - from,
					    prot & HC_PROT_READ)))
		panic("cannot protect the image from 0x%lx", from);
}

extern char boot_guard[];

/*
 * The direct map begins anywhere in the upper half, so that it has room below the donor's part for all
 * that the CPU can address, or for this much.  On a CPU with 47 bits and more, firmware puts devices
 * behind 112 TiB, so that is what must be there at least.
 */
#define DIRECT_MAP_ROOM		(118 * TIB)

void page_init(unsigned long pool, unsigned long pool_size, uint64_t random)
{
	unsigned long all = 1ul << cpu.physical_bits;
	unsigned long room = all < DIRECT_MAP_ROOM ? all : DIRECT_MAP_ROOM;
	unsigned long places = (HC_DONOR_MAP - room - UPPER_HALF) / LARGE_SIZE;
	unsigned long direct_map = UPPER_HALF + random % places * LARGE_SIZE;
	unsigned long tables;

	if (!cpu.no_execute)
		hc_entry_mask = ~NO_EXECUTE;
	pool_next = pool;
	pool_left = pool_size / HC_PAGE_SIZE;
	root = table_allocate(true);
	for (unsigned int i = 0; i < machine_ram.nr; i++)
		map_ram(machine_ram.range[i].start, machine_ram.range[i].end, direct_map);
	map_ram(hc_pa(image_start), page_up(hc_pa(image_end)), hc_image_map);
	root[index(HC_DONOR_MAP, 3)] = table_entry(table_allocate(true));

	/* What is not named here is data and bss, and stays as RAM is. */
	protect_image(image_start, image_core_text_start, HC_PROT_READ, direct_map);
	protect_image(image_core_text_start, image_core_text_end, HC_PROT_READ | HC_PROT_EXEC,
		      direct_map);
	protect_image(image_core_text_end, image_core_rodata_end, HC_PROT_READ, direct_map);
	protect_image(image_text_start, image_text_end, HC_PROT_READ | HC_PROT_EXEC, direct_map);
	protect_image(image_text_end, image_rodata_end, HC_PROT_READ, direct_map);
	protect_image(boot_guard, boot_guard + HC_PAGE_SIZE, 0, direct_map);

	/* From one direct map to the other: no table may be touched in between. */
	tables = hc_pa(root);
	write_cr3(tables);
	hc_space_flush_global();
	hc_direct_map = direct_map;
	direct_map_end = room;
	root = hc_va(tables);

	for (unsigned int i = 0; i < BOOT_TABLES; i++)
		table_free(boot_tables + i * ENTRIES);
	console_map();
}

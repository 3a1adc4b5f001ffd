// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The Haunch authors
/*
 * The memory of programs in the flat flavour: what mmap() and its kin mean without virtual memory.
 *
 * A mapping is a run of contiguous pages of the direct map; its address is where the pages are.  (A
 * program that is linked at a fixed address has its pages mapped below HC_IMAGE_MAP in addition.)
 * The generic no-MMU code keeps a VMA, a region and their trees for each mapping and can neither
 * split nor protect nor grow them.  Here a program has a tree of areas instead, each a run with one
 * protection; pages are counted one by one, so any part of an area can be given back.  The donor
 * itself sees one VMA for each range that addresses of programs can be in, the direct map first:
 * enough for get_user_pages() and access_process_vm().
 *
 * Where memory is in pieces, a mapping that fits in no piece is made of several, which are mapped
 * side by side in the contract's window.
 *
 * A server that maps and unmaps a few pages for each request should not pay for it: pages that were
 * unmapped are kept for a while, for the next mapping.
 *
 * Invariants: areas of a program are disjoint and sorted by start; RAM that belongs to no area is
 * readable and writable; all of an area's pages have a reference count of one.
 */
#include <linux/anon_inodes.h>
#include <linux/file.h>
#include <linux/fs.h>
#include <linux/genalloc.h>
#include <linux/gfp.h>
#include <linux/mm.h>
#include <linux/mman.h>
#include <linux/random.h>
#include <linux/rbtree.h>
#include <linux/sched/mm.h>
#include <linux/shrinker.h>
#include <linux/slab.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>
#include <linux/vmstat.h>
#include "../kernel/haunch.h"
#include "memory.h"

#define PROT_ALL (PROT_READ | PROT_WRITE | PROT_EXEC)

struct area {
	struct rb_node node;
	unsigned long start, end;	/* as the program sees it; page aligned */
	unsigned long memory;		/* where the kernel finds the pages: in the direct map, or
					 * start, if that is in the window */
	struct file *file;		/* of a shared mapping that is written back; else NULL */
	loff_t offset;			/* of start in the file */
	unsigned int prot;
};

static struct kmem_cache *area_cache;

/* The program whose fixed-address areas are mapped below HC_IMAGE_MAP; see window_switch(). */
static struct mm_struct *window_owner;

static struct mm_struct *program(void)
{
	return current->mm;
}

/* ------------------------------------------------------------------ pages */

/* Runs of pages that were unmapped, for mappings to come. */
#define KEPT_RUNS	16
#define KEPT_RUN_PAGES	64
#define KEPT_PAGES	512

static struct kept_run {
	unsigned long start, pages;
} kept[KEPT_RUNS];
static unsigned int nr_kept, kept_pages;

/* Free a block whole, unless somebody (direct I/O, a pipe) still holds one of its pages. */
static void block_release(struct page *page, unsigned int order)
{
	unsigned long i, n = 1ul << order;

	for (i = 1; i < n; i++)
		if (page_count(page + i) != 1)
			break;
	if (i < n) {
		for (i = 0; i < n; i++)
			__free_page(page + i);
		return;
	}
	/* The reverse of split_page(). */
	for (i = 1; i < n; i++)
		set_page_count(page + i, 0);
	__free_pages(page, order);
}

static void pages_release(unsigned long start, unsigned long pages)
{
	unsigned long pfn = virt_to_pfn(start), end = pfn + pages;

	while (pfn < end) {
		unsigned int order = min_t(unsigned int, ilog2(end - pfn), MAX_ORDER - 1);

		if (pfn)
			order = min_t(unsigned int, order, __ffs(pfn));
		block_release(pfn_to_page(pfn), order);
		pfn += 1ul << order;
	}
}

/* The end of the smallest run that is large enough. */
static unsigned long pages_take_kept(unsigned long pages)
{
	unsigned int i, best = nr_kept;

	for (i = nr_kept; i-- > 0;) {
		if (kept[i].pages == pages) {
			unsigned long start = kept[i].start;

			kept[i] = kept[--nr_kept];
			kept_pages -= pages;
			return start;
		}
		if (kept[i].pages > pages && (best == nr_kept || kept[i].pages < kept[best].pages))
			best = i;
	}
	if (best == nr_kept)
		return 0;
	kept[best].pages -= pages;
	kept_pages -= pages;
	return kept[best].start + (kept[best].pages << PAGE_SHIFT);
}

static unsigned long pages_drop_kept(void)
{
	unsigned long freed = kept_pages;

	while (nr_kept) {
		nr_kept--;
		pages_release(kept[nr_kept].start, kept[nr_kept].pages);
	}
	kept_pages = 0;
	return freed;
}

/* Give a run back that no area covers any more and that is readable and writable. */
static void pages_free(unsigned long start, unsigned long pages)
{
	unsigned int i;

	if (pages > KEPT_RUN_PAGES || kept_pages + pages > KEPT_PAGES) {
		pages_release(start, pages);
		return;
	}
	/* A thread's stack and its guard page were two areas, and will be wanted as one. */
	for (i = 0; i < nr_kept; i++) {
		bool below = start + (pages << PAGE_SHIFT) == kept[i].start;
		bool above = kept[i].start + (kept[i].pages << PAGE_SHIFT) == start;

		if ((below || above) && kept[i].pages + pages <= KEPT_RUN_PAGES) {
			if (below)
				kept[i].start = start;
			kept[i].pages += pages;
			kept_pages += pages;
			return;
		}
	}
	if (nr_kept == KEPT_RUNS) {
		pages_release(start, pages);
		return;
	}
	kept[nr_kept].start = start;
	kept[nr_kept++].pages = pages;
	kept_pages += pages;
}

/*
 * Runs of more than BLOCK_PAGES are joined from blocks, for the allocator keeps larger ones only if
 * mem_map is padded.  Smaller runs too, and from smaller blocks, where memory is in pieces.
 */
#define BLOCK_ORDER	9
#define BLOCK_PAGES	(1ul << BLOCK_ORDER)
#define JOIN_LEAST_ORDER	3

/*
 * `count` adjacent blocks: take blocks until enough of them lie side by side, then give the others
 * back.  The first page, or NULL.
 */
static struct page *blocks_alloc(unsigned long count, unsigned int order, gfp_t gfp)
{
	unsigned long all = DIV_ROUND_UP(max_mapnr, 1ul << order), first, end, block, i;
	unsigned long *taken = bitmap_zalloc(all, GFP_KERNEL | __GFP_NOWARN);
	struct page *page, *found = NULL;

	if (!taken)
		return NULL;
	while (!found && (page = alloc_pages(gfp | __GFP_NORETRY, order))) {
		block = page_to_pfn(page) >> order;
		__set_bit(block, taken);
		for (first = block; first && test_bit(first - 1, taken); first--)
			;
		end = find_next_zero_bit(taken, all, block);
		if (end - first < count)
			continue;
		found = pfn_to_page(first << order);
		for (i = first; i < first + count; i++) {
			__clear_bit(i, taken);
			split_page(pfn_to_page(i << order), order);
		}
	}
	for_each_set_bit(block, taken, all)
		__free_pages(pfn_to_page(block << order), order);
	bitmap_free(taken);
	return found;
}

/* One block; `scatter`: any of several. */
static struct page *block_alloc(unsigned int order, gfp_t gfp, bool scatter)
{
	struct page *page, *other[8];
	unsigned int i, others = scatter ? get_random_u32_below(ARRAY_SIZE(other)) : 0;

	for (i = 0; i < others; i++)
		other[i] = alloc_pages(gfp | __GFP_NORETRY, order);
	page = alloc_pages(gfp, order);
	for (i = 0; i < others; i++)
		if (other[i])
			__free_pages(other[i], order);
	if (page)
		split_page(page, order);
	return page;
}

static struct page *run_alloc(unsigned long pages, unsigned long *got, bool scatter)
{
	unsigned int order = get_order(pages << PAGE_SHIFT), join;
	gfp_t gfp = GFP_USER | __GFP_NOWARN;
	struct page *page = NULL;

	*got = 1ul << order;
	if (order <= BLOCK_ORDER)
		page = block_alloc(order, gfp, scatter);
	for (join = min(order, BLOCK_ORDER + 2u); !page && join >= JOIN_LEAST_ORDER + 2; ) {
		unsigned long count;

		join -= 2;
		count = DIV_ROUND_UP(pages, 1ul << join);
		*got = count << join;
		page = blocks_alloc(count, join, gfp);
	}
	return page;
}

/*
 * A run of pages with undefined contents, or 0.  `scatter`: at a random place, within what the
 * blocks that must be taken anyway leave free.
 */
static unsigned long pages_alloc(unsigned long pages, bool scatter)
{
	unsigned long start = scatter ? 0 : pages_take_kept(pages), skip = 0, got;
	struct page *page;

	if (start)
		return start;
	if (pages > totalram_pages())
		return 0;
	page = run_alloc(pages, &got, scatter);
	if (!page && pages_drop_kept())
		page = run_alloc(pages, &got, scatter);
	if (!page)
		return 0;
	if (scatter)
		skip = get_random_u32_below(got - pages + 1);
	start = (unsigned long)page_address(page);
	pages_release(start, skip);
	start += skip << PAGE_SHIFT;
	pages_release(start + (pages << PAGE_SHIFT), got - skip - pages);
	return start;
}

/* ------------------------------------------------------------------ memory in pieces */

/* Addresses in the window: in units of pages, so many times the RAM, but no more than this. */
#define PIECES_SHARE	4
#define PIECES_MOST	(128ul << 30)

static struct gen_pool *pieces;
static unsigned long pieces_start, pieces_size;

/* Unmap and free what is mapped in a range of the window. */
static void pieces_release(unsigned long start, unsigned long end)
{
	while (start < end) {
		unsigned long physical = hc_memory_physical((void *)start), size = PAGE_SIZE;

		while (start + size < end &&
		       hc_memory_physical((void *)(start + size)) == physical + size)
			size += PAGE_SIZE;
		hc_memory_unmap((void *)start, size);
		pages_release((unsigned long)__va(physical), size >> PAGE_SHIFT);
		start += size;
	}
}

void pieces_free(unsigned long start, unsigned long pages)
{
	pieces_release(start, start + (pages << PAGE_SHIFT));
	gen_pool_free(pieces, start, pages << PAGE_SHIFT);
}

unsigned long pieces_alloc(unsigned long pages)
{
	unsigned long start, at, end;
	unsigned int order = BLOCK_ORDER;

	if (!pieces || (long)pages > si_mem_available())
		return 0;
	start = gen_pool_alloc(pieces, pages << PAGE_SHIFT);
	if (!start)
		return 0;
	end = start + (pages << PAGE_SHIFT);
	for (at = start; at < end;) {
		struct page *page;

		order = min_t(unsigned int, order, ilog2((end - at) >> PAGE_SHIFT));
		page = alloc_pages(GFP_USER | __GFP_NOWARN |
				   (order ? __GFP_NORETRY : __GFP_RETRY_MAYFAIL), order);
		if (!page && order) {
			order--;
			continue;
		}
		if (!page)
			goto failed;
		split_page(page, order);
		if (hc_memory_map((void *)at, page_to_phys(page), PAGE_SIZE << order,
				  HC_PROT_READ | HC_PROT_WRITE)) {
			pages_release((unsigned long)page_address(page), 1ul << order);
			goto failed;
		}
		at += PAGE_SIZE << order;
	}
	return start;

failed:
	pieces_release(start, at);
	gen_pool_free(pieces, start, pages << PAGE_SHIFT);
	return 0;
}

static void __init pieces_init(void)
{
	unsigned long size = min(max_mapnr * PIECES_SHARE << PAGE_SHIFT, PIECES_MOST), places;

	places = (HC_WINDOW_LIMIT - HC_WINDOW - size) >> PAGE_SHIFT;
	pieces_start = HC_WINDOW + (get_random_long() % places << PAGE_SHIFT);
	pieces_size = size;
	pieces = gen_pool_create(PAGE_SHIFT, -1);
	if (pieces && gen_pool_add(pieces, pieces_start, size, -1)) {
		gen_pool_destroy(pieces);
		pieces = NULL;
	}
}

/*
 * The page at any address: for get_user_pages(), and of kernel stacks.  The donor does not ask
 * whether there is one, since without virtual memory there always is; a program that means an
 * address with nothing behind it gets a page that nobody uses.
 */
struct page *memory_page(const void *address)
{
	static char nowhere[PAGE_SIZE] __page_aligned_bss;
	unsigned long physical = hc_memory_physical(address);

	if (physical == ~0ul || !pfn_valid(PFN_DOWN(physical)))
		physical = __pa(nowhere);
	return pfn_to_page(PFN_DOWN(physical));
}

static unsigned long kept_count(struct shrinker *shrinker, struct shrink_control *control)
{
	return kept_pages;
}

static unsigned long kept_scan(struct shrinker *shrinker, struct shrink_control *control)
{
	return pages_drop_kept();
}

static struct shrinker kept_shrinker = {
	.count_objects = kept_count,
	.scan_objects = kept_scan,
	.seeks = DEFAULT_SEEKS,
};

/* ------------------------------------------------------------------ areas */

static struct area *area_of(struct rb_node *node)
{
	return node ? rb_entry(node, struct area, node) : NULL;
}

static struct area *area_next(struct area *area)
{
	return area_of(rb_next(&area->node));
}

/* The first area that ends above the address. */
static struct area *area_find(struct mm_struct *mm, unsigned long address)
{
	struct rb_node *node = mm->context.areas.rb_node;
	struct area *found = NULL;

	while (node) {
		struct area *area = area_of(node);

		if (address < area->end) {
			found = area;
			node = node->rb_left;
		} else {
			node = node->rb_right;
		}
	}
	return found;
}

static void area_insert(struct mm_struct *mm, struct area *area)
{
	struct rb_node **link = &mm->context.areas.rb_node, *parent = NULL;

	while (*link) {
		parent = *link;
		link = area->start < area_of(parent)->start ? &parent->rb_left : &parent->rb_right;
	}
	rb_link_node(&area->node, parent, link);
	rb_insert_color(&area->node, &mm->context.areas);
}

static unsigned long area_pages(const struct area *area)
{
	return (area->end - area->start) >> PAGE_SHIFT;
}

static unsigned int hc_prot(unsigned long prot)
{
	return (prot & PROT_READ ? HC_PROT_READ : 0) | (prot & PROT_WRITE ? HC_PROT_WRITE : 0) |
	       (prot & PROT_EXEC ? HC_PROT_EXEC : 0);
}

static bool area_is_fixed(const struct area *area)
{
	return area->start != area->memory;
}

/*
 * Programs that are linked at a fixed address want the same addresses: only one of them has them at
 * a time, the one that runs.  Called by switch_mm() before a program with fixed areas runs.
 */
void window_switch(struct mm_struct *mm)
{
	struct area *area;

	if (window_owner == mm)
		return;
	if (window_owner)
		for (area = area_find(window_owner, 0); area && area_is_fixed(area);
		     area = area_next(area))
			hc_memory_unmap((void *)area->start, area->end - area->start);
	window_owner = mm;
	for (area = area_find(mm, 0); area && area_is_fixed(area); area = area_next(area))
		if (hc_memory_map((void *)area->start, __pa(area->memory), area->end - area->start,
				  hc_prot(area->prot)))
			panic("cannot map a fixed-address program at 0x%lx again", area->start);
}

static int area_set_prot(struct area *area, unsigned int prot)
{
	int error = 0;

	if (area->prot != prot)
		error = hc_memory_protect((void *)area->start, area->end - area->start,
					  hc_prot(prot));
	if (!error)
		area->prot = prot;
	return error;
}

/* Cut an area in two at an address inside it. */
static int area_split(struct mm_struct *mm, struct area *area, unsigned long address)
{
	struct area *upper = kmem_cache_alloc(area_cache, GFP_KERNEL);

	if (!upper)
		return -ENOMEM;
	*upper = *area;
	upper->start = address;
	upper->memory += address - area->start;
	upper->offset += address - area->start;
	if (upper->file)
		get_file(upper->file);
	area->end = address;
	area_insert(mm, upper);
	return 0;
}

/* Make the bounds of a range bounds of areas.  0, -ENOMEM if something in it is not mapped. */
static int areas_cut(struct mm_struct *mm, unsigned long start, unsigned long end, bool holes)
{
	struct area *area = area_find(mm, start);
	unsigned long at = start;

	if (area && area->start < start) {
		if (area_split(mm, area, start))
			return -ENOMEM;
		area = area_next(area);
	}
	for (; area && area->start < end; area = area_next(area)) {
		if (area->start != at && !holes)
			return -ENOMEM;
		if (area->end > end && area_split(mm, area, end))
			return -ENOMEM;
		at = area->end;
	}
	return at < end && !holes ? -ENOMEM : 0;
}

/* Write a shared mapping's contents back to its file, which never grows by that. */
static int area_write_back(struct area *area)
{
	unsigned long n = area->end - area->start;
	loff_t offset = area->offset, left;
	unsigned int prot = area->prot;
	ssize_t written;

	if (!area->file || !(area->file->f_mode & FMODE_WRITE))
		return 0;
	left = i_size_read(file_inode(area->file)) - offset;
	if (left <= 0)
		return 0;
	if (area_set_prot(area, prot | PROT_READ))
		return -ENOMEM;
	n = min_t(unsigned long, n, left);
	written = kernel_write(area->file, (void *)area->memory, n, &offset);
	area_set_prot(area, prot);
	return written < 0 ? written : 0;
}

static void area_free(struct mm_struct *mm, struct area *area)
{
	area_write_back(area);
	if (area->file)
		fput(area->file);
	if (is_in_window(area->start)) {
		pieces_free(area->start, area_pages(area));
	} else {
		if (!area_is_fixed(area))
			area_set_prot(area, PROT_READ | PROT_WRITE);
		else if (window_owner == mm)
			hc_memory_unmap((void *)area->start, area->end - area->start);
		pages_free(area->memory, area_pages(area));
	}
	rb_erase(&area->node, &mm->context.areas);
	kmem_cache_free(area_cache, area);
}

/*
 * A new area over a run of pages, readable and writable.  `in_pieces`: it may be in the window, if
 * there is no such run.
 */
static struct area *area_create(struct mm_struct *mm, unsigned long fixed, unsigned long pages,
				bool scatter, bool in_pieces)
{
	struct area *area = kmem_cache_alloc(area_cache, GFP_KERNEL);
	unsigned long memory;

	if (!area)
		return NULL;
	memory = pages_alloc(pages, scatter);
	if (!memory && in_pieces && !fixed)
		memory = pieces_alloc(pages);
	if (!memory)
		goto no_memory;
	if (fixed)
		window_switch(mm);
	if (fixed && hc_memory_map((void *)fixed, __pa(memory), pages << PAGE_SHIFT,
				   HC_PROT_READ | HC_PROT_WRITE)) {
		pages_release(memory, pages);
		goto no_memory;
	}
	area->memory = memory;
	area->start = fixed ?: memory;
	area->end = area->start + (pages << PAGE_SHIFT);
	area->file = NULL;
	area->offset = 0;
	area->prot = PROT_READ | PROT_WRITE;
	area_insert(mm, area);
	mm->context.fixed |= !!fixed;
	return area;

no_memory:
	kmem_cache_free(area_cache, area);
	return NULL;
}

/* ------------------------------------------------------------------ mapping */

/* MAP_32BIT does not choose what is below: fixed-address programs are linked there. */
#define LOW_LEAST	(16ul << 20)
#define LOW_PLACES	((HC_IMAGE_MAP - LOW_LEAST) / 2 / PAGE_SIZE)

/* One line, once in a while: the operator should learn why the program then fails. */
static long out_of_memory(unsigned long length)
{
	/* Nobody expects to get more than there is: that is a test of limits. */
	if (length >> PAGE_SHIFT > totalram_pages())
		return -ENOMEM;
	pr_err_ratelimited("%s[%d]: out of memory: %lu KiB are wanted, "
			   "%lu KiB are free\n", current->comm, task_pid_nr(current), length >> 10,
			   global_zone_page_state(NR_FREE_PAGES) << (PAGE_SHIFT - 10));
	return -ENOMEM;
}

unsigned long memory_allocate(unsigned long fixed, unsigned long length, unsigned int flags)
{
	struct area *area = area_create(program(), fixed, PAGE_ALIGN(length) >> PAGE_SHIFT,
					!fixed && flags & MEMORY_RANDOM, true);

	if (!area)
		return out_of_memory(length);
	if (flags & MEMORY_ZERO)
		memset((void *)area->memory, 0, area->end - area->start);
	return area->start;
}

int memory_protect(unsigned long start, unsigned long end, unsigned long prot)
{
	struct mm_struct *mm = program();
	int error = areas_cut(mm, start, end, false);
	struct area *area;

	for (area = area_find(mm, start); !error && area && area->start < end;
	     area = area_next(area))
		error = area_set_prot(area, prot & PROT_ALL);
	return error;
}

/* Fill a mapping from its file; what lies beyond the file's end is zero. */
static int fill(unsigned long memory, unsigned long length, struct file *file, loff_t offset)
{
	ssize_t n = 0;

	if (file) {
		n = kernel_read(file, (void *)memory, length, &offset);
		if (n < 0)
			return n;
	}
	memset((void *)memory + n, 0, length - n);
	return 0;
}

/*
 * May such a mapping be in the window?  Not if a driver could be told to read or write it there, for
 * the kernel believes all its own addresses to be in the direct map.
 */
static bool pieces_suit(const struct file *file, bool shared)
{
	return !shared && (!file || !(file->f_flags & O_DIRECT));
}

/* Put something new where the program has memory already; all of the range must be its own. */
static long map_over(struct mm_struct *mm, unsigned long address, unsigned long length,
		     unsigned long prot, struct file *file, loff_t offset, bool shared)
{
	unsigned long end = address + length;
	struct area *area;
	int error = areas_cut(mm, address, end, false);

	if (error)
		return error;
	if (is_in_window(address) && !pieces_suit(file, shared))
		return -ENODEV;
	for (area = area_find(mm, address); area && area->start < end; area = area_next(area)) {
		area_write_back(area);
		if (area->file)
			fput(area->file);
		area->file = shared ? get_file(file) : NULL;
		area->offset = offset + area->start - address;
		error = area_set_prot(area, PROT_READ | PROT_WRITE);
		if (!error)
			error = fill(area->memory, area->end - area->start, file, area->offset);
		if (!error)
			error = area_set_prot(area, prot);
		if (error)
			return error;
	}
	return address;
}

static bool overlaps(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct area *area = area_find(mm, start);

	return area && area->start < end;
}

/*
 * A place for a mapping that must have a 32-bit address: the first that is free, from a random one
 * on that the program keeps (scattered, each mapping would need a page table of its own), else from
 * the lowest one on.  0: there is none.
 */
static unsigned long find_low(struct mm_struct *mm, unsigned long length)
{
	unsigned long at;
	bool again = false;
	struct area *area;

	if (length > HC_IMAGE_MAP - LOW_LEAST)
		return 0;
	if (!mm->context.low)
		mm->context.low = LOW_LEAST + get_random_u32_below(LOW_PLACES) * PAGE_SIZE;
	for (at = mm->context.low;;) {
		if (at > HC_IMAGE_MAP - length) {
			if (again)
				return 0;
			again = true;
			at = LOW_LEAST;
		}
		area = area_find(mm, at);
		if (!area || area->start >= at + length)
			return at;
		at = area->end;
	}
}

static long map(unsigned long address, unsigned long length, unsigned long prot,
		unsigned long flags, struct file *file, loff_t offset)
{
	struct mm_struct *mm = program();
	bool shared = file && (flags & MAP_TYPE) != MAP_PRIVATE && file->f_mode & FMODE_WRITE;
	unsigned long fixed = 0;
	struct area *area;
	int error;

	if (flags & (MAP_FIXED | MAP_FIXED_NOREPLACE)) {
		bool taken = overlaps(mm, address, address + length);

		if (offset_in_page(address))
			return -EINVAL;
		if (taken && flags & MAP_FIXED_NOREPLACE)
			return -EEXIST;
		if (taken)
			return map_over(mm, address, length, prot, file, offset, shared);
		if (address < PAGE_SIZE)
			return -EPERM;
		/* In the direct map an address is somebody else's memory or none at all. */
		if (address + length > HC_IMAGE_MAP)
			return -ENOMEM;
		fixed = address;
	} else if (flags & MAP_32BIT) {
		fixed = find_low(mm, length);
		if (!fixed)
			return -ENOMEM;
	}
	area = area_create(mm, fixed, length >> PAGE_SHIFT, false, pieces_suit(file, shared));
	if (!area)
		return out_of_memory(length);
	error = fill(area->memory, length, file, offset);
	if (!error)
		error = area_set_prot(area, prot);
	if (error) {
		area_free(mm, area);
		return error;
	}
	if (shared) {
		area->file = get_file(file);
		area->offset = offset;
	}
	return area->start;
}

long haunch_mmap(unsigned long address, unsigned long length, unsigned long prot,
		 unsigned long flags, unsigned long fd, unsigned long offset)
{
	struct mm_struct *mm = program();
	struct file *file = NULL;
	long result = -EINVAL;

	if (!length || offset_in_page(offset) ||
	    ((flags & MAP_TYPE) != MAP_PRIVATE && (flags & MAP_TYPE) != MAP_SHARED &&
	     (flags & MAP_TYPE) != MAP_SHARED_VALIDATE))
		return -EINVAL;
	length = PAGE_ALIGN(length);
	if (!length || length > TASK_SIZE || address > TASK_SIZE - length)
		return -ENOMEM;
	if (!(flags & MAP_ANONYMOUS)) {
		file = fget(fd);
		if (!file)
			return -EBADF;
		result = -EACCES;
		if (!(file->f_mode & FMODE_READ))
			goto out;
		if ((flags & MAP_TYPE) != MAP_PRIVATE && prot & PROT_WRITE &&
		    !(file->f_mode & FMODE_WRITE))
			goto out;
		result = -ENODEV;
		if (!S_ISREG(file_inode(file)->i_mode) && !S_ISBLK(file_inode(file)->i_mode))
			goto out;
	}
	if (mmap_write_lock_killable(mm)) {
		result = -EINTR;
		goto out;
	}
	result = map(address, length, prot & PROT_ALL, flags, file, offset);
	mmap_write_unlock(mm);
out:
	if (file)
		fput(file);
	return result;
}

static bool range_is_wrong(unsigned long address, unsigned long length)
{
	return offset_in_page(address) || address > TASK_SIZE || length > TASK_SIZE - address;
}

static int unmap(struct mm_struct *mm, unsigned long start, unsigned long end)
{
	struct area *area = area_find(mm, start), *next;

	/* The usual case first: exactly one area. */
	if (area && area->start == start && area->end == end) {
		area_free(mm, area);
		return 0;
	}
	if (areas_cut(mm, start, end, true))
		return -ENOMEM;
	for (area = area_find(mm, start); area && area->start < end; area = next) {
		next = area_next(area);
		area_free(mm, area);
	}
	return 0;
}

long haunch_munmap(unsigned long address, unsigned long length)
{
	struct mm_struct *mm = program();
	int error;

	length = PAGE_ALIGN(length);
	if (!length || range_is_wrong(address, length))
		return -EINVAL;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	error = unmap(mm, address, address + length);
	mmap_write_unlock(mm);
	return error;
}

static long remap(struct mm_struct *mm, unsigned long address, unsigned long old_length,
		  unsigned long new_length, bool may_move)
{
	struct area *area = area_find(mm, address), *moved;
	unsigned int prot;

	if (!area || area->start > address || area->end < address + old_length)
		return -EFAULT;
	if (new_length <= old_length)
		return unmap(mm, address + new_length, address + old_length) ?: address;
	if (!may_move || area->file)
		return -ENOMEM;
	prot = area->prot;
	moved = area_create(mm, 0, new_length >> PAGE_SHIFT, false, true);
	if (!moved)
		return out_of_memory(new_length);
	area_set_prot(area, PROT_READ | PROT_WRITE);
	memcpy((void *)moved->memory, (void *)area->memory + (address - area->start), old_length);
	memset((void *)moved->memory + old_length, 0, new_length - old_length);
	area_set_prot(area, prot);
	area_set_prot(moved, prot);
	unmap(mm, address, address + old_length);
	return moved->start;
}

long haunch_mremap(unsigned long address, unsigned long old_length, unsigned long new_length,
		   unsigned long flags, unsigned long new_address)
{
	struct mm_struct *mm = program();
	long result;

	old_length = PAGE_ALIGN(old_length);
	new_length = PAGE_ALIGN(new_length);
	if (offset_in_page(address) || !old_length || !new_length || flags & ~MREMAP_MAYMOVE ||
	    new_length > TASK_SIZE || address > TASK_SIZE - old_length)
		return -EINVAL;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	result = old_length == new_length ? address :
		 remap(mm, address, old_length, new_length, flags & MREMAP_MAYMOVE);
	mmap_write_unlock(mm);
	return result;
}

long haunch_mprotect(unsigned long address, unsigned long length, unsigned long prot)
{
	struct mm_struct *mm = program();
	int error;

	length = PAGE_ALIGN(length);
	if (offset_in_page(address) || prot & ~(PROT_ALL | PROT_SEM))
		return -EINVAL;
	if (!length)
		return 0;
	if (address > TASK_SIZE || length > TASK_SIZE - address)
		return -ENOMEM;
	if (mmap_write_lock_killable(mm))
		return -EINTR;
	error = memory_protect(address, address + length, prot);
	mmap_write_unlock(mm);
	return error;
}

long haunch_brk(unsigned long end)
{
	struct mm_struct *mm = program();

	mmap_write_lock(mm);
	if (end >= mm->start_brk && end <= mm->context.end_brk) {
		/* What is given back reads as zero when it is taken again; it may be protected. */
		if (end >= mm->brk || !clear_user((void __user *)end, mm->brk - end))
			mm->brk = end;
	}
	end = mm->brk;
	mmap_write_unlock(mm);
	return end;
}

/* Do something with each whole area of a range, or with its part. */
static int for_range(unsigned long start, unsigned long length,
		     int (*act)(struct area *area, unsigned long from, unsigned long to))
{
	struct mm_struct *mm = program();
	unsigned long at = start, end = start + length;
	struct area *area;
	int error = 0;

	mmap_read_lock(mm);
	for (area = area_find(mm, start); area && !error; area = area_next(area)) {
		if (area->start > at || at >= end)
			break;
		at = min(area->end, end);
		error = act(area, max(start, area->start), at);
	}
	mmap_read_unlock(mm);
	return error ?: at < end ? -ENOMEM : 0;
}

static int discard(struct area *area, unsigned long from, unsigned long to)
{
	if (area->file)
		return 0;
	if (!(area->prot & PROT_WRITE))
		return 0;
	memset((void *)area->memory + (from - area->start), 0, to - from);
	return 0;
}

static int write_back(struct area *area, unsigned long from, unsigned long to)
{
	return area_write_back(area);
}

static int nothing(struct area *area, unsigned long from, unsigned long to)
{
	return 0;
}

long haunch_madvise(unsigned long address, unsigned long length, int advice)
{
	length = PAGE_ALIGN(length);
	if (range_is_wrong(address, length))
		return -EINVAL;
	switch (advice) {
	case MADV_DONTNEED:
		return for_range(address, length, discard);
	case MADV_NORMAL:
	case MADV_RANDOM:
	case MADV_SEQUENTIAL:
	case MADV_WILLNEED:
	case MADV_FREE:
	case MADV_COLD:
	case MADV_PAGEOUT:
	case MADV_HUGEPAGE:
	case MADV_NOHUGEPAGE:
	case MADV_DONTDUMP:
	case MADV_DODUMP:
	case MADV_MERGEABLE:
	case MADV_UNMERGEABLE:
	case MADV_DONTFORK:
	case MADV_DOFORK:
	case MADV_WIPEONFORK:
	case MADV_KEEPONFORK:
		return for_range(address, length, nothing);
	default:
		return -EINVAL;
	}
}

long haunch_msync(unsigned long address, unsigned long length, int flags)
{
	length = PAGE_ALIGN(length);
	if (range_is_wrong(address, length) || flags & ~(MS_ASYNC | MS_INVALIDATE | MS_SYNC))
		return -EINVAL;
	return for_range(address, length, write_back);
}

long haunch_mincore(unsigned long address, unsigned long length, unsigned char __user *vector)
{
	unsigned long i, pages = PAGE_ALIGN(length) >> PAGE_SHIFT;
	int error;

	if (range_is_wrong(address, length))
		return -EINVAL;
	error = for_range(address, pages << PAGE_SHIFT, nothing);
	for (i = 0; !error && i < pages; i++)
		error = put_user(1, vector + i);
	return error;
}

/* All memory is locked, by nature. */
long haunch_mlock(void)
{
	return 0;
}

bool memory_is_mapped(unsigned long address)
{
	struct area *area;
	bool mapped;

	if (!program())
		return false;
	mmap_read_lock(program());
	area = area_find(program(), address);
	mapped = area && area->start <= address;
	mmap_read_unlock(program());
	return mapped;
}

void memory_describe(unsigned long ip, char *to, size_t size)
{
	struct mm_struct *mm = program();

	*to = 0;
	if (mm && ip >= mm->start_code && ip < mm->end_code)
		scnprintf(to, size, " (%s+0x%lx)", current->comm, ip - mm->context.bias);
}

/* ------------------------------------------------------------------ the VMAs */

/* The random gap below a program's mappings: at most this share of the RAM, and this many pages. */
#define SPACER_SHARE	512
#define SPACER_MOST	1024ul

static struct file *ram_file;

static void vma_close(struct vm_area_struct *vma)
{
	struct rb_root *areas = &vma->vm_mm->context.areas;

	while (areas->rb_node)
		area_free(vma->vm_mm, area_of(areas->rb_node));
	if (window_owner == vma->vm_mm)
		window_owner = NULL;
}

static const struct vm_operations_struct ram_vm_operations = {
	.close = vma_close,
};

static int ram_mmap(struct file *file, struct vm_area_struct *vma)
{
	vma->vm_ops = &ram_vm_operations;
	return 0;
}

static unsigned long ram_address(struct file *file, unsigned long address, unsigned long length,
				 unsigned long offset, unsigned long flags)
{
	return offset << PAGE_SHIFT;
}

static unsigned int ram_capabilities(struct file *file)
{
	return NOMMU_MAP_DIRECT | NOMMU_MAP_READ | NOMMU_MAP_WRITE | NOMMU_MAP_EXEC;
}

static const struct file_operations ram_operations = {
	.mmap = ram_mmap,
	.get_unmapped_area = ram_address,
	.mmap_capabilities = ram_capabilities,
};

static int vma_create(unsigned long start, unsigned long end)
{
	unsigned long address = vm_mmap(ram_file, 0, end - start, PROT_ALL, MAP_SHARED, start);

	return IS_ERR_VALUE(address) ? address : 0;
}

int memory_attach(void)
{
	int error = vma_create(PAGE_OFFSET, (unsigned long)high_memory);
	unsigned long spacer;

	if (!error)
		error = vma_create(PAGE_SIZE, HC_IMAGE_MAP);
	if (!error && pieces)
		error = vma_create(pieces_start, pieces_start + pieces_size);
	if (error)
		return error;
	/*
	 * Pages come from where the allocator has some, which is the same at each boot.  A gap of
	 * random size, which goes when the program does, moves what the program maps later.
	 */
	spacer = get_random_u32_below(clamp(totalram_pages() / SPACER_SHARE, 1ul, SPACER_MOST));
	if (spacer)
		area_create(program(), 0, spacer, false, false);
	return 0;
}

static int __init memory_init(void)
{
	area_cache = KMEM_CACHE(area, SLAB_PANIC);
	ram_file = anon_inode_getfile("[ram]", &ram_operations, NULL, O_RDWR);
	if (IS_ERR(ram_file))
		panic("no file for the RAM: %ld", PTR_ERR(ram_file));
	pieces_init();
	return register_shrinker(&kept_shrinker, "haunch");
}
fs_initcall_sync(memory_init);	/* after anon_inodes' fs_initcall */

// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The Haunch authors
/*
 * Memory of a device that is like RAM: in the direct map, and with struct pages.
 */
#include <linux/io.h>
#include <linux/libnvdimm.h>
#include <linux/memory.h>
#include <linux/memory_hotplug.h>
#include <linux/mm.h>

int __meminit vmemmap_populate(unsigned long start, unsigned long end, int node,
			       struct vmem_altmap *altmap)
{
	return vmemmap_populate_basepages(start, end, node, altmap);
}

/* A device goes when the machine does. */
void vmemmap_free(unsigned long start, unsigned long end, struct vmem_altmap *altmap)
{
}

int arch_add_memory(int nid, u64 start, u64 size, struct mhp_params *params)
{
	if (!ioremap_cache(start, size))
		return -ENOMEM;
	return __add_pages(nid, start >> PAGE_SHIFT, size >> PAGE_SHIFT, params);
}

#ifdef HAS_PGMAP
void arch_remove_memory(u64 start, u64 size, struct vmem_altmap *altmap, struct dev_pagemap *pgmap)
{
	__remove_pages(start >> PAGE_SHIFT, size >> PAGE_SHIFT, altmap, pgmap);
}
#else
void arch_remove_memory(u64 start, u64 size, struct vmem_altmap *altmap)
{
	__remove_pages(start >> PAGE_SHIFT, size >> PAGE_SHIFT, altmap);
}
#endif

/* RAM is never taken away: one folder of sysfs for 2 GiB of it is enough, and one of 16 MiB each takes time. */
unsigned long memory_block_size_bytes(void)
{
	return 1UL << 31;
}

/* It is the host's page cache, which needs nothing of the CPU's caches written back. */
void arch_wb_cache_pmem(void *address, size_t size)
{
}
EXPORT_SYMBOL_GPL(arch_wb_cache_pmem);

void arch_invalidate_pmem(void *address, size_t size)
{
}
EXPORT_SYMBOL_GPL(arch_invalidate_pmem);

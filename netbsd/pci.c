// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * pci.c - rumpcomp_pci_*: what NetBSD's PCI drivers ask of the machine.
 *
 * An interrupt masks its line and wakes the line's thread, which enters the rump kernel, calls the
 * line's handlers, and unmasks the line.  So handlers run as threads, and may block.
 */
#include "donor.h"

/* The declarations are the component's own (pci_user.h), which is not installed. */
#pragma GCC diagnostic ignored "-Wmissing-prototypes"

struct rumpcomp_pci_dmaseg {
	unsigned long ds_pa, ds_len, ds_vacookie;
};

struct handler {
	struct handler *next;
	int (*function)(void *);
	void *argument;
};

static struct line {
	struct thread *thread;
	struct queue waiters;
	struct handler *handlers;
	bool came;
} lines[HC_NR_IRQS];

#define NR_COOKIES	64
static int line_of[NR_COOKIES];		/* the line + 1; 0: not mapped */

static unsigned int device(unsigned int bus, unsigned int slot, unsigned int function)
{
	return bus << 8 | slot << 3 | function;
}

/* The drivers use the ports themselves, in ring 0. */
int rumpcomp_pci_iospace_init(void)
{
	return 0;
}

void *rumpcomp_pci_map(unsigned long physical, unsigned long size)
{
	int error = hc_memory_map_device(physical, size, HC_CACHE_NONE);

	if (error)
		print("haunch: netbsd: device memory 0x%lx+0x%lx cannot be mapped: error %d\n",
		      physical, size, error);
	return error ? NULL : hc_va(physical);
}

int rumpcomp_pci_confread(unsigned int bus, unsigned int slot, unsigned int function, int offset,
			  unsigned int *value)
{
	*value = hc_pci_read(device(bus, slot, function), (unsigned int)offset, 4);
	return 0;
}

int rumpcomp_pci_confwrite(unsigned int bus, unsigned int slot, unsigned int function, int offset,
			   unsigned int value)
{
	hc_pci_write(device(bus, slot, function), (unsigned int)offset, 4, value);
	return 0;
}

int rumpcomp_pci_irq_map(unsigned int bus, unsigned int slot, unsigned int function, int line,
			 unsigned int cookie)
{
	/*
	 * The number in the configuration space is the firmware's; interrupt numbers are the
	 * core's.
	 */
	line = hc_irq_line(device(bus, slot, function));
	if (cookie >= NR_COOKIES || line < 0)
		return NB_EINVAL;
	line_of[cookie] = line + 1;
	return 0;
}

static void *line_run(void *argument)
{
	struct line *line = argument;

	/* A context of the rump kernel's own for this thread, as drivers expect one. */
	hyp.hyp_schedule();
	hyp.hyp_lwproc_newlwp(0);
	hyp.hyp_unschedule();
	for (;;) {
		while (!line->came)
			block(&line->waiters, FOREVER);
		line->came = false;
		hyp.hyp_schedule();
		for (struct handler *h = line->handlers; h; h = h->next)
			h->function(h->argument);
		hyp.hyp_unschedule();
		hc_irq_unmask((unsigned int)(line - lines));
	}
	return NULL;
}

void pci_interrupt(unsigned int irq)
{
	hc_irq_mask(irq);
	hc_irq_ack(irq);
	if (!lines[irq].thread)
		return;
	lines[irq].came = true;
	wake_first(&lines[irq].waiters);
}

void *rumpcomp_pci_irq_establish(unsigned int cookie, int (*function)(void *), void *argument)
{
	struct handler *handler;
	struct line *line;

	if (cookie >= NR_COOKIES || !line_of[cookie])
		return NULL;
	line = &lines[line_of[cookie] - 1];
	handler = memory_allocate(sizeof(*handler), sizeof(void *));
	if (!handler)
		return NULL;
	if (!line->thread) {
		queue_init(&line->waiters);
		line->thread = thread_make(line_run, line, false, NULL);
		if (!line->thread) {
			memory_free(handler);
			return NULL;
		}
	}
	*handler = (struct handler){ line->handlers, function, argument };
	line->handlers = handler;
	hc_irq_unmask((unsigned int)(line - lines));
	return handler;
}

int rumpcomp_pci_dmalloc(size_t size, size_t alignment, unsigned long *physical,
			 unsigned long *address)
{
	void *memory = memory_allocate(size, alignment > HC_PAGE_SIZE ? alignment : HC_PAGE_SIZE);

	if (!memory)
		return NB_ENOMEM;
	*physical = hc_pa(memory);
	*address = (unsigned long)memory;
	return 0;
}

void rumpcomp_pci_dmafree(unsigned long address, size_t size)
{
	memory_free((void *)address);
}

/* The direct map has every segment already: what is not one piece cannot be made one. */
int rumpcomp_pci_dmamem_map(struct rumpcomp_pci_dmaseg *segments, size_t nr, size_t size,
			    void **address)
{
	if (nr != 1)
		return NB_EINVAL;
	*address = (void *)segments[0].ds_vacookie;
	return 0;
}

unsigned long rumpcomp_pci_virt_to_mach(void *address)
{
	return hc_pa(address);
}

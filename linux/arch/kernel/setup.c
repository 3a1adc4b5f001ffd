// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The Haunch authors
/*
 * Start of the donor: what the core says about the machine becomes memblock's and the command
 * line's contents.
 */
#include <linux/elf.h>
#include <linux/init.h>
#include <linux/console.h>
#include <linux/cpu.h>
#include <linux/initrd.h>
#include <linux/init_task.h>
#include <linux/ioport.h>
#include <linux/memblock.h>
#include <linux/mm.h>
#include <linux/random.h>
#include <linux/seq_file.h>
#include <linux/start_kernel.h>
#include <linux/sched/task_stack.h>
#include <asm/sections.h>
#include <asm/setup.h>
#include "haunch.h"

const struct hc_start_info *start_info;
static char command_line[COMMAND_LINE_SIZE] __initdata;
unsigned long empty_zero_page[PAGE_SIZE / sizeof(unsigned long)] __page_aligned_bss;
EXPORT_SYMBOL(empty_zero_page);
unsigned long __stack_chk_guard __ro_after_init = 0x6a09e667f3bcc900;

static void __ref start(void *unused)
{
	start_kernel();
}

/* Move from the core's boot stack to the one that init_task says it has. */
void __noreturn donor_start(const struct hc_start_info *info)
{
	struct hc_context boot;

	start_info = info;
	hc_stack_set(init_stack, init_stack + THREAD_SIZE / sizeof(*init_stack));
	hc_context_init(&init_task.thread.context,
			PTR_ALIGN_DOWN((void *)task_pt_regs(&init_task), 16), start, NULL);
	hc_context_switch(&boot, &init_task.thread.context);
	unreachable();
}

static void boot_console_write(struct console *console, const char *text, unsigned int length)
{
	console_put(text, length);
}

static struct console boot_console __initdata = {
	.name = "boot",
	.write = boot_console_write,
	.flags = CON_PRINTBUFFER | CON_BOOT | CON_ANYTIME,
	.index = -1,
};

static void __init setup_memory(void)
{
	unsigned long end_pfn = 0, zones[MAX_NR_ZONES] = { 0 };
	unsigned int i;

	for (i = 0; i < start_info->nr_ram; i++) {
		const struct hc_ram *ram = &start_info->ram[i];

		memblock_add(ram->start, ram->size);
		end_pfn = max(end_pfn, PFN_DOWN(ram->start + ram->size));
	}
	if (start_info->initrd) {
		initrd_start = (unsigned long)start_info->initrd;
		initrd_end = initrd_start + start_info->initrd_size;
		memblock_reserve(__pa(initrd_start), start_info->initrd_size);
	}

	min_low_pfn = PFN_UP(memblock_start_of_DRAM());
	max_low_pfn = max_pfn = end_pfn;
	high_memory = __va(PFN_PHYS(end_pfn));
	set_max_mapnr(end_pfn);
#ifdef CONFIG_ZONE_DMA32
	zones[ZONE_DMA32] = min(end_pfn, 1UL << (32 - PAGE_SHIFT));
#endif
	zones[ZONE_NORMAL] = end_pfn;
	sparse_init();
	free_area_init(zones);
}

/* Devices must not be given the addresses of RAM. */
static int __init claim_ram(void)
{
	phys_addr_t start, end;
	u64 i;

	for_each_mem_range(i, &start, &end) {
		struct resource *ram = kzalloc(sizeof(*ram), GFP_KERNEL);

		if (!ram)
			return -ENOMEM;
		ram->name = "System RAM";
		ram->start = start;
		ram->end = end - 1;
		ram->flags = IORESOURCE_SYSTEM_RAM | IORESOURCE_BUSY;
		request_resource(&iomem_resource, ram);
	}
	return 0;
}
arch_initcall(claim_ram);

/* For the core, too: all is at the same address at each boot. */
static bool random_addresses __initdata = true;

static int __init nokaslr(char *unused)
{
	random_addresses = false;
	return 0;
}
early_param("nokaslr", nokaslr);

/* For the core: whether programs run in ring 3. */
static int __init wall(char *unused)
{
	return 0;
}
early_param("wall", wall);

void __init setup_arch(char **command_line_p)
{
	strscpy(boot_command_line, start_info->command_line, COMMAND_LINE_SIZE);
	/*
	 * The image's files are in a ramfs, which is read with fewer instructions a page than a tmpfs.
	 * Interrupts that nobody wants are masked by whoever meets them, not counted for all.
	 */
	strscpy(command_line, "noirqdebug rootfstype=ramfs ", COMMAND_LINE_SIZE);
	strlcat(command_line, boot_command_line, COMMAND_LINE_SIZE);
	*command_line_p = command_line;
	setup_initial_init_mm(_stext, _etext, _edata, _end);

	parse_early_param();
	/* Only now, for `quiet` is one of them. */
	register_console(&boot_console);
	if (start_info->cpu_flaws)
		pr_err("this CPU may leak what programs must not see (%s); nothing here mitigates that\n",
		       start_info->cpu_flaws);
	if (start_info->entropy_bits >= 8 * HC_ENTROPY_SIZE)
		add_bootloader_randomness(start_info->entropy, HC_ENTROPY_SIZE);
	else
		add_device_randomness(start_info->entropy, HC_ENTROPY_SIZE);
	spaces_init(random_addresses);
	setup_memory();
}

void __init mem_init(void)
{
	memblock_free_all();
}

static int show_cpuinfo(struct seq_file *m, void *v)
{
	seq_puts(m, "processor\t: 0\n\n");
	return 0;
}

static void *cpuinfo_start(struct seq_file *m, loff_t *pos)
{
	return *pos < 1 ? (void *)1 : NULL;
}

static void *cpuinfo_next(struct seq_file *m, void *v, loff_t *pos)
{
	++*pos;
	return NULL;
}

static void cpuinfo_stop(struct seq_file *m, void *v)
{
}

const struct seq_operations cpuinfo_op = {
	.start = cpuinfo_start,
	.next = cpuinfo_next,
	.stop = cpuinfo_stop,
	.show = show_cpuinfo,
};

void __iomem *haunch_map_device(phys_addr_t address, size_t size, unsigned int cache)
{
	return hc_memory_map_device(address, size, cache) ? NULL : (void __iomem *)hc_va(address);
}
EXPORT_SYMBOL(haunch_map_device);

extern char __ro_after_init_begin[], __ro_after_init_end[];

/* Protect a part of the image where it runs and in the direct map. */
static void __ref protect(char *start, char *end, unsigned int prot)
{
	if (hc_memory_protect(start, end - start, prot) ||
	    hc_memory_protect(__va(__pa(start)), end - start, prot))
		panic("cannot protect %pS", start);
}

void mark_rodata_ro(void)
{
	protect(__ro_after_init_begin, __ro_after_init_end, HC_PROT_READ);
}

/* The final link puts read-only data between the two, so they go one by one. */
extern char __init_text_end[], __init_data_begin[];

void free_initmem(void)
{
	/* Code until now: data of whoever gets it next, who finds it in the direct map. */
	hc_memory_protect(__va(__pa(__init_begin)), __init_text_end - __init_begin,
			  HC_PROT_READ | HC_PROT_WRITE);
	hc_memory_protect(__init_begin, __init_text_end - __init_begin, 0);
	hc_memory_protect(__init_data_begin, __init_end - __init_data_begin, 0);
	/*
	 * Overwritten, because QEMU's TCG would remember the code: each write to a page that
	 * holds translated code takes a path a hundred times as long.
	 */
	free_reserved_area(__init_begin, __init_text_end, 0, NULL);
	free_reserved_area(__init_data_begin, __init_end, -1, NULL);
}

/* As it is: who gets a page of it as memory gets it cleared anyway. */
void __init free_initrd_mem(unsigned long start, unsigned long end)
{
	free_reserved_area((void *)start, (void *)end, -1, NULL);
}

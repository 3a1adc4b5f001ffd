// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * cpu.c - features, descriptor tables, the `syscall` instruction's registers; FS and GS base;
 * preparing contexts.
 *
 * Runs first of all C code of the machine's part, so that anything that goes wrong later is
 * reported.
 */
#include "cpu.h"

struct cpu_features cpu;

/* SDM vol. 3, 7.7, figure 7-11. */
static struct tss {
	uint32_t reserved0;
	uint64_t rsp[3];
	uint64_t reserved1;
	uint64_t ist[7];
	uint64_t reserved2;
	uint16_t reserved3, io_map;
} __attribute__((packed)) tss;

/* An interrupt gate (SDM vol. 3, 6.14.1). */
static struct gate {
	uint16_t offset_low, selector;
	uint8_t ist, type;
	uint16_t offset_middle;
	uint32_t offset_high, reserved;
} idt[256];

#define GATE_INTERRUPT		0x8e	/* present, DPL 0, interrupts get disabled */
#define GATE_PROGRAM		0x60	/* DPL 3: programs may cause it by an instruction of their own */
#define STUB_SIZE		8	/* entry.S */

struct table_pointer {
	uint16_t limit;
	uint64_t base;
} __attribute__((packed));

unsigned int hc_program_ring = 3;

void cpu_find_features(void)
{
	struct cpuid leaf1, extended;

	cpu.max_leaf = cpuid(0, 0).eax;
	leaf1 = cpuid(1, 0);
	cpu.leaf1_edx = leaf1.edx;
	cpu.pat = leaf1.edx & 1u << 16;
	cpu.pge = leaf1.edx & 1u << 13;
	cpu.sep = leaf1.edx & 1u << 11;
	cpu.apic = leaf1.edx & 1u << 9;
	cpu.x2apic = leaf1.ecx & 1u << 21;
	cpu.tsc_deadline = leaf1.ecx & 1u << 24;
	cpu.xsave = leaf1.ecx & 1u << 26;
	cpu.rdrand = leaf1.ecx & 1u << 30;
	cpu.hypervisor = leaf1.ecx & 1u << 31;
	if (cpu.max_leaf >= 7) {
		struct cpuid leaf7 = cpuid(7, 0);

		cpu.fsgsbase = leaf7.ebx & 1u << 0;
		cpu.rdseed = leaf7.ebx & 1u << 18;
		cpu.smep = leaf7.ebx & 1u << 7;
		cpu.smap = leaf7.ebx & 1u << 20;
		cpu.umip = leaf7.ecx & 1u << 2;
	}
	extended = cpuid(0x80000001, 0);
	cpu.no_execute = extended.edx & 1u << 20;
	cpu.physical_bits = 36;
	if (cpuid(0x80000000, 0).eax >= 0x80000008)
		cpu.physical_bits = cpuid(0x80000008, 0).eax & 0xff;
	/* The architecture's limit, and what an entry of a page table has (SDM vol. 3, 4.1.4). */
	if (cpu.physical_bits > 52)
		cpu.physical_bits = 52;
}

static void set_gate(unsigned int vector, uint64_t entry, unsigned int ist)
{
	idt[vector] = (struct gate){
		.offset_low = (uint16_t)entry,
		.selector = HC_CS_DONOR,
		.ist = (uint8_t)ist,
		.type = GATE_INTERRUPT,
		.offset_middle = (uint16_t)(entry >> 16),
		.offset_high = (uint32_t)(entry >> 32),
	};
}

static void init_descriptors(void)
{
	struct table_pointer pointer = { GDT_SIZE - 1, (uint64_t)gdt };
	uint64_t base = (uint64_t)&tss;
	uint16_t selector = SELECTOR_TSS;

	__asm__ volatile("lgdt %0" :: "m"(pointer));

	tss.ist[IST_INTERRUPT - 1] = (uint64_t)interrupt_stack_top;
	tss.ist[IST_EXCEPTION - 1] = (uint64_t)exception_stack_top;
	tss.ist[IST_DOUBLE_FAULT - 1] = (uint64_t)double_fault_stack_top;
	tss.ist[IST_NMI - 1] = (uint64_t)nmi_stack_top;
	tss.ist[IST_MACHINE_CHECK - 1] = (uint64_t)machine_check_stack_top;
	tss.io_map = sizeof(tss);
	/* An available 64-bit TSS (SDM vol. 3, 7.2.3). */
	gdt[SELECTOR_TSS / 8] = (sizeof(tss) - 1) | (base & 0xffffff) << 16 | 0x89ull << 40 |
				(base >> 24 & 0xff) << 56;
	gdt[SELECTOR_TSS / 8 + 1] = base >> 32;
	__asm__ volatile("ltr %0" :: "r"(selector));
	/* After a reset the local descriptor table is what is at address 0: a program's (SDM vol. 3, 9.1.1). */
	__asm__ volatile("lldt %0" :: "r"((uint16_t)0));

	for (unsigned int vector = 0; vector < 32; vector++)
		set_gate(vector, stub_exceptions[vector], IST_EXCEPTION);
	idt[VECTOR_DOUBLE_FAULT].ist = IST_DOUBLE_FAULT;
	idt[VECTOR_NMI].ist = IST_NMI;
	idt[VECTOR_MACHINE_CHECK].ist = IST_MACHINE_CHECK;
	idt[VECTOR_BREAKPOINT].type |= GATE_PROGRAM;
	idt[VECTOR_OVERFLOW].type |= GATE_PROGRAM;
	for (unsigned int vector = 32; vector < 256; vector++)
		set_gate(vector, (uint64_t)stub_interrupts + STUB_SIZE * (vector - 32),
			 IST_INTERRUPT);
	pointer = (struct table_pointer){ sizeof(idt) - 1, (uint64_t)idt };
	__asm__ volatile("lidt %0" :: "m"(pointer));
}

void cpu_init(void)
{
	unsigned long cr4 = read_cr4() | CR4_MCE;

	init_descriptors();
	write_msr(MSR_STAR, (uint64_t)SELECTOR_SYSRET << 48 | (uint64_t)SELECTOR_SYSCALL << 32);
	write_msr(MSR_LSTAR, (uint64_t)syscall_entry);
	write_msr(MSR_FMASK, SYSCALL_MASK);
	/* There is no 32-bit code that could use them; but firmware may have. */
	write_msr(MSR_CSTAR, (uint64_t)syscall_entry);
	if (cpu.sep)
		write_msr(MSR_SYSENTER_CS, 0);
	__asm__ volatile("mov %0, %%dr7" :: "r"(DR7_NONE));
	if (cpu.fsgsbase)
		cr4 |= CR4_FSGSBASE;
	if (cpu.pge)
		cr4 |= CR4_PGE;
	write_cr4(cr4);
	/* Entry 4 of the page attribute table, by default write-back again: write-combining. */
	if (cpu.pat)
		write_msr(MSR_PAT, 0x0007040100070406);
}

/* ------------------------------------------------------------------ the wall */

/* Sites of hc_access_begin() and hc_access_end(), here and in the donor: distances from themselves. */
extern const int32_t image_stac_start[], image_stac_end[], image_clac_start[], image_clac_end[];

/* The image is still writable where it lies in the direct map. */
static void patch(const char *at, const char *code, size_t size)
{
	memcpy(hc_va(hc_pa(at)), code, size);
}

static void patch_sites(const int32_t *site, const int32_t *end, const char *code, size_t size)
{
	/* cppcheck-suppress comparePointers; the linker script puts one behind the other */
	for (; site < end; site++)
		patch((const char *)site + *site, code, size);
}

#define DESCRIPTOR_DPL		(3ull << 45)

/*
 * Programs in ring 0: their descriptors have its privilege, `sysretq`, which would leave it, becomes
 * `sti; jmp *%rcx`, and `iretq` a jump to where the frame's selectors are exchanged.
 */
static void remove_wall(void)
{
	unsigned long distance = (unsigned long)frame_return_flat - (unsigned long)frame_return - 2;
	const char jump[] = { (char)0xeb, (char)distance };

	hc_program_ring = 0;
	gdt[HC_SS_PROGRAM / 8] &= ~DESCRIPTOR_DPL;
	gdt[HC_CS_PROGRAM / 8] &= ~DESCRIPTOR_DPL;
	gdt[HC_CS_SYSCALL / 8] &= ~DESCRIPTOR_DPL;
	patch(syscall_exit, "\xfb\xff\xe1", 3);
	patch(frame_return, jump, sizeof(jump));
}

void cpu_set_wall(bool on)
{
	if (!on) {
		remove_wall();
		return;
	}
	if (cpu.smap) {
		patch_sites(image_stac_start, image_stac_end, "\x0f\x01\xcb", 3);
		patch_sites(image_clac_start, image_clac_end, "\x0f\x01\xca", 3);
	}
	write_cr4(read_cr4() | (cpu.smep ? CR4_SMEP : 0) | (cpu.smap ? CR4_SMAP : 0) |
		  (cpu.umip ? CR4_UMIP : 0));
}

/* ------------------------------------------------------------------ what the donor is told */

#define ARCH_CAPABILITIES_RDCL_NO	(1 << 0)	/* no Meltdown */
#define ARCH_CAPABILITIES_MDS_NO	(1 << 5)

/* Intel's CPUs leak across rings unless they say that they do not (SDM vol. 4, table 2-2). */
static const char *flaws(void)
{
	struct cpuid vendor = cpuid(0, 0);
	uint64_t capabilities = 0;

	if (vendor.ebx != 0x756e6547 || vendor.edx != 0x49656e69 || vendor.ecx != 0x6c65746e)
		return NULL;		/* not "GenuineIntel" */
	if (cpu.max_leaf >= 7 && cpuid(7, 0).edx & 1u << 29)
		capabilities = read_msr(MSR_ARCH_CAPABILITIES);
	if (!(capabilities & ARCH_CAPABILITIES_RDCL_NO))
		return "Meltdown, MDS";
	return capabilities & ARCH_CAPABILITIES_MDS_NO ? NULL : "MDS";
}

void cpu_describe(struct hc_start_info *info)
{
	info->cpu_capabilities[0] = cpu.leaf1_edx;
	info->cpu_capabilities[1] = cpu.fsgsbase ? 1 << 1 : 0;
	info->cpu_flaws = hc_program_ring ? flaws() : NULL;
}

/* ------------------------------------------------------------------ contexts */

extern char context_first[];

void hc_context_init(struct hc_context *context, void *stack_end, void (*entry)(void *argument),
		     void *argument)
{
	unsigned long *sp = stack_end;

	if ((unsigned long)stack_end % 16)
		bug(__func__, "an unaligned stack", (unsigned long)stack_end);
	*--sp = 0;	/* so that context_first has the stack aligned when it calls */
	*--sp = 0;
	*--sp = (unsigned long)context_first;
	*--sp = 0;			/* rbp */
	*--sp = 0;			/* rbx */
	*--sp = (unsigned long)entry;	/* r12 */
	*--sp = (unsigned long)argument; /* r13 */
	*--sp = 0;
	*--sp = 0;
	context->sp = (unsigned long)sp;
}

void hc_stack_set(void *base, void *top)
{
	stack_base = (unsigned long)base;
	stack_size = (unsigned long)top - (unsigned long)base;
	stack_top = (unsigned long)top;
}

/* ------------------------------------------------------------------ FS and GS base */

static bool is_canonical(unsigned long address)
{
	return (unsigned long)((long)(address << 16) >> 16) == address;
}

#define SEGMENT_BASE(name, segment, msr)						\
	int hc_##name##_set(unsigned long address)                               \
	{                                                                        \
		if (!is_canonical(address))                                      \
			return HC_EINVAL;                                        \
		if (cpu.fsgsbase)                                                \
			__asm__ volatile("wr" segment "base %0" ::"r"(address)); \
		else                                                             \
			write_msr(msr, address);                                 \
		return 0;                                                        \
	}                                                                        \
	unsigned long hc_##name##_get(void)                                      \
	{                                                                        \
		unsigned long address;                                           \
											\
		if (!cpu.fsgsbase)                                               \
			return read_msr(msr);                                    \
		__asm__ volatile("rd" segment "base %0" : "=r"(address));        \
		return address;                                                  \
	}
SEGMENT_BASE(thread_pointer, "fs", MSR_FS_BASE)
SEGMENT_BASE(gs, "gs", MSR_GS_BASE)

void hc_segments_clear(void)
{
	unsigned int ds, es, fs, gs;

	__asm__ volatile("mov %%ds, %0; mov %%es, %1; mov %%fs, %2; mov %%gs, %3"
			 : "=r"(ds), "=r"(es), "=r"(fs), "=r"(gs));
	if (ds | es | fs | gs)
		__asm__ volatile("mov %0, %%ds; mov %0, %%es; mov %0, %%fs; mov %0, %%gs" :: "r"(0));
}

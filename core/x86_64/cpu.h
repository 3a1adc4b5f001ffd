/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * cpu.h - the machine's instructions and constants, under the names of its manual (Intel SDM), and
 * what the files of this folder share.  Included by assembly too (constants only).
 */
#ifndef CORE_X86_64_CPU_H
#define CORE_X86_64_CPU_H

/*
 * Segment selectors; the others are in hypercall.h.  `syscall` loads SELECTOR_SYSCALL and the one behind
 * it, `sysret` what is 16 and 8 bytes behind SELECTOR_SYSRET (SDM vol. 2, SYSCALL, SYSRET).
 */
#define SELECTOR_SYSCALL	HC_CS_DONOR
#define SELECTOR_DATA		0x10
#define SELECTOR_SYSRET		0x23
#define SELECTOR_TSS		0x48
#define GDT_SIZE		0x58

/* Interrupt stack table indices (SDM vol. 3, 6.14.5). */
#define IST_INTERRUPT		1	/* interrupts; only for as long as a stub moves the frame */
#define IST_EXCEPTION		2	/* faults and traps; likewise */
#define IST_DOUBLE_FAULT	3
#define IST_NMI			4
#define IST_MACHINE_CHECK	5

/* Exception vectors (SDM vol. 3, table 6-1). */
#define VECTOR_DEBUG		1
#define VECTOR_NMI		2
#define VECTOR_BREAKPOINT	3
#define VECTOR_OVERFLOW		4
#define VECTOR_DOUBLE_FAULT	8
#define VECTOR_GENERAL_PROTECTION 13
#define VECTOR_PAGE_FAULT	14
#define VECTOR_MACHINE_CHECK	18

/*
 * Interrupt vectors: number n of the contract has vector VECTOR_IRQ + n.  0x80 is left out,
 * programs of another ABI make system calls with it.
 */
#define VECTOR_IRQ		0x20
#define NR_LINES		16	/* numbers below are those of the PICs' lines */
#define VECTOR_INT80		0x80
#define VECTOR_TIMER		0xf0
#define VECTOR_SPURIOUS		0xff

/* Control registers (SDM vol. 3, 2.5). */
#define CR0_PE			(1 << 0)
#define CR0_MP			(1 << 1)
#define CR0_ET			(1 << 4)
#define CR0_NE			(1 << 5)
#define CR0_WP			(1 << 16)
#define CR0_PG			(1 << 31)
#define CR4_PAE			(1 << 5)
#define CR4_MCE			(1 << 6)
#define CR4_OSFXSR		(1 << 9)
#define CR4_OSXMMEXCPT		(1 << 10)
#define CR4_PGE			(1 << 7)
#define CR4_UMIP		(1 << 11)
#define CR4_FSGSBASE		(1 << 16)
#define CR4_OSXSAVE		(1 << 18)
#define CR4_SMEP		(1 << 20)
#define CR4_SMAP		(1 << 21)

/* Ports that more than one file knows. */
#define PORT_SYSTEM_CONTROL	0x61	/* ISA: PIT's gate 2, speaker, reasons of an NMI */
#define DEBUG_PORT		0xe9	/* reads as its own number (QEMU, isa-debugcon) */

/* Model specific registers (SDM vol. 4, table 2-2). */
#define MSR_APIC_BASE		0x1b
#define MSR_ARCH_CAPABILITIES	0x10a
#define MSR_SYSENTER_CS		0x174
#define MSR_PAT			0x277
#define MSR_TSC_DEADLINE	0x6e0
#define MSR_X2APIC		0x800
#define MSR_EFER		0xc0000080
#define MSR_STAR		0xc0000081
#define MSR_LSTAR		0xc0000082
#define MSR_CSTAR		0xc0000083
#define MSR_FMASK		0xc0000084
#define MSR_FS_BASE		0xc0000100
#define MSR_GS_BASE		0xc0000101

#define EFER_SCE		(1 << 0)
#define EFER_LME		(1 << 8)
#define EFER_NXE		(1 << 11)

#define DR7_NONE		0x400ul	/* no breakpoint (SDM vol. 3, 17.2.4) */

/* RFLAGS that `syscall` clears: the donor's C code wants them so. */
#define SYSCALL_MASK		0x44700	/* AC, NT, DF, IF, TF */

#define BOOT_STACK_SIZE		16384
#define BOOT_TABLES		6	/* pages: three of boot.S, three of relocate() */

#ifndef __ASSEMBLER__

#include "../core.h"

#define in8	hc_in8
#define in16	hc_in16
#define in32	hc_in32
#define out8	hc_out8
#define out16	hc_out16
#define out32	hc_out32

static inline uint64_t read_msr(uint32_t msr)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(msr));
	return (uint64_t)high << 32 | low;
}

static inline void write_msr(uint32_t msr, uint64_t value)
{
	__asm__ volatile("wrmsr" ::"c"(msr), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
			 : "memory");
}

struct cpuid {
	uint32_t eax, ebx, ecx, edx;
};

static inline struct cpuid cpuid(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid r;

	__asm__ volatile("cpuid"
			 : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
			 : "a"(leaf), "c"(subleaf));
	return r;
}

#define CONTROL_REGISTER(name)								\
	static inline unsigned long read_##name(void)                         \
	{                                                                     \
		unsigned long value;                                          \
											\
		__asm__ volatile("mov %%" #name ", %0" : "=r"(value));        \
		return value;                                                 \
	}                                                                     \
	static inline void write_##name(unsigned long value)                  \
	{                                                                     \
		__asm__ volatile("mov %0, %%" #name ::"r"(value) : "memory"); \
	}
CONTROL_REGISTER(cr0)
CONTROL_REGISTER(cr2)
CONTROL_REGISTER(cr3)
CONTROL_REGISTER(cr4)
#undef CONTROL_REGISTER

/* Disable interrupts, returning what irq_restore() wants. */
static inline unsigned long irq_save(void)
{
	unsigned long flags = hc_irq_flags();

	hc_irq_disable();
	return flags;
}

static inline void irq_restore(unsigned long flags)
{
	if (flags & HC_IRQ_FLAG)
		hc_irq_enable();
}

/* Halt for ever. */
static inline void __noreturn halt(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}

/* What the CPU can do, found by cpu_init(). */
extern struct cpu_features {
	uint32_t max_leaf, leaf1_edx;
	unsigned int physical_bits;
	bool no_execute, pat, pge, sep, fsgsbase, xsave, rdrand, rdseed, apic, x2apic, tsc_deadline,
		hypervisor, smep, smap, umip;
} cpu;

void cpu_find_features(void);

/* entry.S */
extern uint64_t stub_exceptions[32];	/* addresses of the exceptions' entries */
extern char stub_interrupts[];		/* entries of vectors 32-255, STUB_SIZE bytes each */
extern char syscall_entry[], syscall_exit[], frame_return[], frame_return_flat[],
	frame_return_flat_end[];
/* Load the FPU's state, with XSAVE's features or without any; 0, or HC_EINVAL if the CPU refuses it. */
int fpu_restore(const void *area, uint64_t features);
extern char fpu_restore_fault[];	/* where it goes on then */
extern char interrupt_stack_top[], exception_stack_top[], double_fault_stack_top[], nmi_stack_top[],
	machine_check_stack_top[];
extern unsigned long stack_base, stack_size, stack_top;

/* boot.S */
extern char boot_stack[], boot_stack_top[], boot_copy[];
extern uint64_t boot_tables[];		/* the page tables before page_init(), BOOT_TABLES pages */
extern uint64_t gdt[];

/* trap.c; called by entry.S */
void trap_exception(struct hc_frame *frame, unsigned int vector, unsigned long error);
void trap_fatal(struct hc_frame *frame, unsigned int vector);
void trap_overflow(struct hc_frame *frame, unsigned int vector, unsigned long error) __noreturn;

/* irq.c; called by entry.S */
void irq_dispatch(struct hc_frame *frame, unsigned int vector);

/* irq.c */
uint32_t apic_read(unsigned int reg);
void apic_write(unsigned int reg, uint32_t value);

#define APIC_ID			0x020
#define APIC_TPR		0x080
#define APIC_EOI		0x0b0
#define APIC_SVR		0x0f0
#define APIC_LVT_TIMER		0x320
#define APIC_LVT_LINT0		0x350
#define APIC_LVT_LINT1		0x360
#define APIC_LVT_ERROR		0x370
#define APIC_TIMER_INITIAL	0x380
#define APIC_TIMER_CURRENT	0x390
#define APIC_TIMER_DIVIDE	0x3e0
#define APIC_LVT_MASKED		0x10000	/* in each of the LVT registers */

/* time.c: the timer's interrupt; called by irq_dispatch(). */
void time_interrupt(struct hc_frame *frame);

#endif /* !__ASSEMBLER__ */
#endif /* CORE_X86_64_CPU_H */

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * x86_64.h - the part of the contract that is the processor's.  hypercall.h includes it, and says what the
 * words mean.
 */
#ifndef HYPERCALL_X86_64_H
#define HYPERCALL_X86_64_H

/* Programs' addresses are below; the page before is never mapped (Intel's `sysret` would fault). */
#define HC_PROGRAM_LIMIT	0x0000800000000000

/* For what the donor maps itself: the part that one entry of a root covers. */
#define HC_DONOR_MAP		0xffffff0000000000
#define HC_DONOR_MAP_LIMIT	0xffffff8000000000

/* The image's physical address p is linked at HC_IMAGE_MAP + p, and runs at this or above. */
#define HC_IMAGE_MAP		0xffffff8000000000

/*
 * Segment selectors in hc_frame.cs and .ss: the value of cs tells whose the frame is.  (A program in
 * ring 0 has the same in its frames; the core exchanges them on the way out.)
 */
#define HC_CS_DONOR		0x08
#define HC_CS_PROGRAM		0x33
#define HC_CS_SYSCALL		0x43	/* a program, inside the `syscall` instruction */
#define HC_SS_PROGRAM		0x2b

#ifndef __ASSEMBLER__

/*
 * The registers of whatever was interrupted, at the layout of the x86-64 `pt_regs` that debuggers
 * and signal frames expect.  For a program it is always at the very top of the donor's stack
 * (stack top - sizeof(struct hc_frame)), so the donor can find it without being told.
 *
 * orig_ax: the system call number, ~0 for anything else.
 * cs: HC_CS_DONOR, HC_CS_PROGRAM or HC_CS_SYSCALL.  A frame with HC_CS_SYSCALL may be left by a
 * fast path that takes rax from donor_syscall()'s result, destroys rcx and r11 (as the instruction
 * does anyway) and *does not reload* rbx, rbp and r12-r15, for the donor's C code has preserved them.
 * A donor that changes any register in such a frame must therefore set cs to HC_CS_PROGRAM; rax is
 * donor_syscall()'s result then, too.
 */
struct hc_frame {
	unsigned long r15, r14, r13, r12, bp, bx;
	unsigned long r11, r10, r9, r8, ax, cx, dx, si, di;
	unsigned long orig_ax;
	unsigned long ip, cs, flags, sp, ss;
};

/* ------------------------------------------------------------------ address spaces */

/* The bits that an entry of this machine's page tables may have: all, or all but no-execute (63). */
extern unsigned long hc_entry_mask;

/* In an entry for a 4 KiB page: write-combining.  (Uncached is bits 3 and 4, as without any PAT.) */
#define HC_ENTRY_COMBINE	0x80ul

/*
 * The CPU uses the space of this root, a physical address, from now on.  Translations of the other
 * space are forgotten, but for those that are marked global (bit 8).  Any context.  On a machine with
 * several CPUs this and what follows is of the CPU that calls.
 */
static inline void hc_space_switch(unsigned long root)
{
	__asm__ volatile("mov %0, %%cr3" :: "r"(root) : "memory");
}

/* Forget what the CPU knows of the page at this address, in the space that is in use.  Any context. */
static inline void hc_space_flush_page(unsigned long address)
{
	__asm__ volatile("invlpg (%0)" :: "r"(address) : "memory");
}

/* Forget all translations of the space that is in use that are not global.  Any context. */
static inline void hc_space_flush(void)
{
	unsigned long root;

	__asm__ volatile("mov %%cr3, %0; mov %0, %%cr3" : "=r"(root) :: "memory");
}

/*
 * The donor reads or writes a program's memory between these two, nowhere else, and does not sleep or
 * switch contexts there: where the CPU can tell (SMAP), any other access of ring 0 to what ring 3 can
 * reach faults.  The core makes instructions of these places when it starts, or leaves them idle.
 */
#define HC_ACCESS_SITE(section)						\
	"1: .byte 0x0f, 0x1f, 0x00\n\t"	/* a NOP of three bytes */	\
	".pushsection " section ", \"a\"\n\t.long 1b - .\n\t.popsection"

static inline __attribute__((always_inline)) void hc_access_begin(void)
{
	__asm__ volatile(HC_ACCESS_SITE(".hypercall.stac") ::: "memory", "cc");
}

static inline __attribute__((always_inline)) void hc_access_end(void)
{
	__asm__ volatile(HC_ACCESS_SITE(".hypercall.clac") ::: "memory", "cc");
}

/* ------------------------------------------------------------------ interrupts */

#define HC_IRQ_FLAG		0x200ul	/* RFLAGS.IF */

static inline void hc_irq_enable(void)
{
	__asm__ volatile("sti" ::: "memory");
}

static inline void hc_irq_disable(void)
{
	__asm__ volatile("cli" ::: "memory");
}

/* RFLAGS; HC_IRQ_FLAG in it says whether interrupts are enabled. */
static inline unsigned long hc_irq_flags(void)
{
	unsigned long flags;

	__asm__ volatile("pushf; pop %0" : "=rm"(flags) :: "memory");
	return flags;
}

/* ------------------------------------------------------------------ contexts */

/* As hc_thread_pointer_set() and _get() (FS base), for GS base. */
int hc_gs_set(unsigned long address);
unsigned long hc_gs_get(void);

/*
 * Make the data segment registers null, if a program has loaded anything into them: the next one must
 * not find it.  FS and GS base are undefined afterwards.  Any context.
 */
void hc_segments_clear(void);

/* ------------------------------------------------------------------ counter, ports */

/* The time stamp counter (Intel SDM vol. 3, 17.17).  Any context, and programs. */
static inline unsigned long hc_cycles(void)
{
	unsigned int low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return low | (unsigned long)high << 32;
}

/*
 * I/O ports, of 8, 16 and 32 bits: hc_in8(port), hc_out8(port, value); hc_ins8(port, to, count) and
 * hc_outs8(port, from, count) for `count` of them.  Any context.
 */
#define HC_PORT(bits, type, suffix, register)						\
	static inline type hc_in##bits(unsigned short port)                                   \
	{                                                                                     \
		type value;                                                                   \
		__asm__ volatile("in" suffix " %w1, %" register "0"                           \
				 : "=a"(value)                                                \
				 : "Nd"(port)                                                 \
				 : "memory");                                                 \
		return value;                                                                 \
	}                                                                                     \
	static inline void hc_out##bits(unsigned short port, type value)                      \
	{                                                                                     \
		__asm__ volatile("out" suffix " %" register "0, %w1" ::"a"(value), "Nd"(port) \
				 : "memory");                                                 \
	}                                                                                     \
	static inline void hc_ins##bits(unsigned short port, void *to, unsigned long count)   \
	{                                                                                     \
		__asm__ volatile("rep; ins" suffix                                            \
				 : "+D"(to), "+c"(count)                                      \
				 : "d"(port)                                                  \
				 : "memory");                                                 \
	}                                                                                     \
	static inline void hc_outs##bits(unsigned short port, const void *from,               \
					 unsigned long count)                                 \
	{                                                                                     \
		__asm__ volatile("rep; outs" suffix                                           \
				 : "+S"(from), "+c"(count)                                    \
				 : "d"(port)                                                  \
				 : "memory");                                                 \
	}
HC_PORT(8, unsigned char, "b", "b")
HC_PORT(16, unsigned short, "w", "w")
HC_PORT(32, unsigned int, "l", "k")
#undef HC_PORT

#endif /* !__ASSEMBLER__ */
#endif /* HYPERCALL_X86_64_H */

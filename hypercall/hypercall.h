/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * hypercall.h - the contract between the bare-metal core and a donor kernel.
 *
 * The core (core/) drives the machine: boot, page tables, interrupts, time, contexts, console, PCI
 * configuration, power.  A donor (linux/) is a full kernel that runs on top of it and believes it
 * still owns a machine.  This file is the only thing the two share.  The core calls the donor_*
 * functions, the donor calls the hc_* functions; an image holds one core and one donor, so both are
 * plain functions bound by the linker, and the donor's object may leave nothing undefined but hc_*.
 * What depends on the processor (the frame, flags, selectors, page tables' entries) is in x86_64.h.
 *
 * The machine model
 *   One CPU.  Long mode; core and donor run in ring 0.  The upper half of the addresses is theirs and
 *   the same in every address space; the lower half, below HC_PROGRAM_LIMIT, is empty at first and
 *   belongs to programs: a NULL pointer plus any sane offset always faults.  In the upper half are
 *     the direct map: all RAM, and all device memory once hc_memory_map_device() was called for it,
 *     at hc_direct_map + physical address, which is somewhere else at each boot; hc_va() and hc_pa()
 *     convert.  RAM is readable and writable, not executable, unless hc_memory_protect() says
 *     otherwise;
 *     from HC_DONOR_MAP to HC_DONOR_MAP_LIMIT what the donor maps there itself (hc_space_init());
 *     above it the image, core and donor, at hc_image_map + physical address, which is random as
 *     well, each section protected as it needs.  In the direct map what is read-only there is so,
 *     too, and nothing of it can be executed.
 *
 * Programs
 *   A program is code that the donor runs but that is not the donor: it owns FS and GS base, the FPU
 *   and a stack with a red zone, and enters the donor by the `syscall` instruction, by an interrupt
 *   or by a fault.  It runs in ring 3 and reaches what page tables grant to it, no port, and no
 *   register of the machine's.  The word `wall=off` on the command line has programs run in ring 0:
 *   then nothing keeps them from anything, and the core tells a program from the donor by the stack
 *   pointer: inside the stack last given to hc_stack_set() it is the donor.  The donor is built
 *   without a red zone and without floating point.
 *
 * Address spaces
 *   The donor need not know of them: it then has the direct map, hc_memory_protect(), and the core's
 *   page tables for ever, and programs where it can.  A donor that has virtual memory of its own makes
 *   page tables in the CPU's format (4-level paging, Intel SDM vol. 3, 4.5) and switches between them.
 *
 * Conventions
 *   Sizes are in bytes, times in nanoseconds, addresses virtual unless the name says `physical`.
 *   A call that can fail returns int: 0, or one of the negative HC_E* values, and then has changed
 *   nothing.  A call that returns void cannot fail; a wrong argument is a bug of the donor, which
 *   the core reports (function, value) before it powers off.  "Any context" includes interrupt
 *   handlers and interrupts disabled; no call sleeps; none enables interrupts unless it says so.
 *   On one CPU no call needs a lock: those that must not be interrupted disable interrupts inside.
 *
 * This header needs no other header, so that it can be included by any donor and by assembly
 * (constants only).
 */
#ifndef HYPERCALL_H
#define HYPERCALL_H

/*
 * The entry point's name in the objects has the contract's version, so that a donor of another one does not
 * link.
 */
#define HC_VERSION		3
#define donor_start		donor_start_v3

#include "x86_64.h"

#define HC_PAGE_SIZE		4096

/* Errors.  The values are those of POSIX as Linux and NetBSD both number them. */
#define HC_ENOMEM		(-12)	/* no page-table page, vector or memory left */
#define HC_EINVAL		(-22)	/* unaligned, out of range, or not of this machine */

#ifndef __ASSEMBLER__

/* ------------------------------------------------------------------ start */

struct hc_ram {
	unsigned long start;		/* physical, page aligned */
	unsigned long size;		/* a multiple of HC_PAGE_SIZE */
};

#define HC_RAM_MAX		64
#define HC_ENTROPY_SIZE		32

/*
 * What the donor is told when it starts.  All pointers are virtual and stay valid for ever, but the
 * initial file system's memory is the donor's to reuse once it has unpacked it.
 */
struct hc_start_info {
	const char *command_line;	/* NUL terminated, at most 4095 characters */
	void *initrd;			/* the initial file system, in the donor's format; page aligned, or NULL */
	unsigned long initrd_size;
	/*
	 * RAM the donor may use: sorted, disjoint, without the core's own image, tables and stacks,
	 * without the donor's object; *with* the initrd's memory, which the donor must reserve.
	 */
	unsigned int nr_ram;
	struct hc_ram ram[HC_RAM_MAX];
	/*
	 * Physical memory that is neither RAM to be used nor free for devices: the firmware's, and registers
	 * that only the core uses.  Sorted, disjoint.
	 */
	unsigned int nr_reserved;
	struct hc_ram reserved[HC_RAM_MAX];
	unsigned long ram_total;	/* bytes of RAM in the machine, for messages */
	unsigned char entropy[HC_ENTROPY_SIZE];	/* seed from the boot loader and the CPU */
	unsigned int entropy_bits;	/* how much of it to credit; 0: none */
	/*
	 * What programs may be told of the CPU: CPUID leaf 1's EDX, and whether they can set FS and GS
	 * base by instructions of their own (bit 1).  As AT_HWCAP and AT_HWCAP2 of Linux on x86-64.
	 */
	unsigned int cpu_capabilities[2];
	/* Of these flaws the CPU does not say that it has none, and nothing here mitigates them. */
	const char *cpu_flaws;		/* names, for a message; or NULL */
};

/* The ring that programs run in, 3 or 0; never changed after donor_start(). */
extern unsigned int hc_program_ring;

/*
 * The donor's entry point.  Called once, interrupts disabled, on a boot stack of 16 KiB that stays
 * the donor's for ever.  Must not return.
 */
void donor_start(const struct hc_start_info *info) __attribute__((noreturn));

/* ------------------------------------------------------------------ memory */

/*
 * Virtual address of physical address 0 in the direct map, and for the image: multiples of 2 MiB,
 * chosen at random before donor_start() and never changed.  (The word `nokaslr` on the command line
 * makes them always the same, for debugging.)
 */
extern unsigned long hc_direct_map;
extern unsigned long hc_image_map;

/* The direct map's address of a physical address. */
static inline void *hc_va(unsigned long physical)
{
	return (void *)(physical + hc_direct_map);
}

/* The physical address of something in the direct map or in the image. */
static inline unsigned long hc_pa(const void *address)
{
	unsigned long a = (unsigned long)address;

	return a - (a < HC_IMAGE_MAP ? hc_direct_map : hc_image_map);
}

#define HC_PROT_READ		1
#define HC_PROT_WRITE		2	/* implies readable */
#define HC_PROT_EXEC		4	/* implies readable */

/*
 * Set the protection of [address, address + size), whole pages of the direct map's RAM or of the image
 * where it runs.  Other mappings of the same memory stay as they are.  prot is an OR of HC_PROT_*; 0
 * makes every access fault.
 * Any context.  HC_EINVAL: not page aligned or not mapped; HC_ENOMEM: a large page had to be split
 * and no page-table page is left.
 */
int hc_memory_protect(void *address, unsigned long size, unsigned int prot);

/*
 * Write into the image's code, which is read-only.  The bytes are what runs from the return of this call
 * on; what runs elsewhere at the time must not be inside them.  Any context.
 */
void hc_code_write(void *code, const void *bytes, unsigned long size);

#define HC_CACHE_NONE		0	/* uncached: registers */
#define HC_CACHE_COMBINE	1	/* write-combining where the CPU can, else uncached */
#define HC_CACHE_BACK		2	/* write-back: ROMs, ACPI tables */

/*
 * Map device memory into the direct map, uncached or as said, readable and writable; afterwards
 * hc_va(physical) is its address.  Mappings are never undone; mapping the same again is fine.
 * Ranges are rounded outwards to pages.  Any context.  HC_EINVAL: it is RAM, beyond the CPU's
 * physical address width, or of 118 TiB; HC_ENOMEM as above.
 */
int hc_memory_map_device(unsigned long physical, unsigned long size, unsigned int cache);

/* ------------------------------------------------------------------ address spaces */

/*
 * Make a page the root of an address space: its upper half becomes what every space has, its lower
 * half is left alone.  The entry for HC_DONOR_MAP points to the same next level in all roots; what is
 * below that level is the donor's to fill, once for all spaces.  Any context.
 */
void hc_space_init(void *root);

/* Forget all translations, the global ones too.  Any context. */
void hc_space_flush_global(void);

/* ------------------------------------------------------------------ console */

/*
 * Write to every console there is (serial port, VGA text, QEMU debug port when no serial port is
 * there), exactly: a line ends with "\r\n" where a terminal is at the other end.  Returns how many
 * characters were taken: fewer than length if the port has not sent what it holds for some milliseconds, because its
 * reader is slow or has stopped.  Then it is for the caller to try again, for as long as it likes.
 * Any context.
 */
unsigned long hc_console_write(const char *text, unsigned long length);

/* The next character from the serial port, or -1 if none waits.  Any context. */
int hc_console_read(void);

/* The interrupt line that says that input waits, or -1 if there is none.  Any context. */
int hc_console_irq(void);

/*
 * Print a frame's registers, the code bytes at ip, and a symbolised backtrace from there; with NULL
 * just the caller's backtrace.  Any context.
 */
void hc_console_backtrace(const struct hc_frame *frame);

/* ------------------------------------------------------------------ time */

/* Nanoseconds since the core started; never goes backwards.  Any context. */
unsigned long hc_time_monotonic(void);

/* Nanoseconds since 1970-01-01 00:00 UTC, by the machine's clock (read once at the core's start,
 * then carried on by hc_time_monotonic()).  Any context. */
unsigned long hc_time_wall(void);

/*
 * What hc_time_monotonic() is computed from, alone on its page, so that a donor can map it for programs
 * to read: start_ns + (hc_cycles() - start_tsc) * slope / 2^32 by lines[count % 2].  The core
 * fills the other one, then increments count: a reader who finds count changed begins again.
 */
struct hc_clock {
	unsigned long count;
	struct hc_clock_line {
		unsigned long start_tsc, start_ns, slope;
	} lines[2];
};

extern const volatile struct hc_clock hc_clock;

/*
 * Arm the one timer to call donor_timer() once, `delta` nanoseconds from now (at once if 0); a new
 * call replaces the old one.  hc_timer_stop() disarms it.  Any context.  An interrupt that was
 * already on its way when the timer was replaced or stopped still comes: be prepared for an early
 * call.
 */
void hc_timer_start(unsigned long delta);
void hc_timer_stop(void);

/*
 * The timer went off.  Called with interrupts disabled, on the donor's stack, like
 * donor_interrupt(); the core has acknowledged the interrupt already.
 */
void donor_timer(struct hc_frame *frame);

/*
 * Wait for an interrupt: enables interrupts and halts without a window between the two; returns
 * with interrupts *enabled* after one was handled.  Call with interrupts disabled.
 */
void hc_idle(void);

/* ------------------------------------------------------------------ interrupts */

/*
 * Interrupt numbers are the core's: a donor is told them, by hc_irq_line(), hc_irq_allocate() and whatever
 * else returns one, and gives them back.
 */
#define HC_NR_IRQS		128	/* all interrupt numbers are below this */

/*
 * The interrupt of a PCI device's pin, level-triggered and maybe shared, as the firmware has wired it; or
 * HC_EINVAL if it has none.  device as for hc_pci_read().  Any context.
 */
int hc_irq_line(unsigned int device);

/*
 * Lines are masked at first.  Message interrupts are unmasked from the start (the device has the mask);
 * mask and unmask do nothing for them.  Any context.
 */
void hc_irq_mask(unsigned int irq);
void hc_irq_unmask(unsigned int irq);

/* Acknowledge an interrupt that donor_interrupt() was called for, exactly once; further interrupts
 * can be delivered from then on.  Any context. */
void hc_irq_ack(unsigned int irq);

/* What to program into a device's MSI or MSI-X capability (PCI 3.0, 6.8). */
struct hc_message {
	unsigned long address;
	unsigned int data;
};

/*
 * Allocate a message interrupt for a PCI device; returns its number and fills *message.  Any
 * context.  HC_ENOMEM: none left.  HC_EINVAL: the CPU is out of a message's reach.
 */
int hc_irq_allocate(unsigned int device, struct hc_message *message);
void hc_irq_free(unsigned int irq);

/*
 * An interrupt.  Called with interrupts disabled on the donor's stack; frame->cs says whom it
 * interrupted.  The donor must hc_irq_ack() it.  It may enable interrupts and may switch contexts
 * if it interrupted a program; it must come back with interrupts disabled.
 */
void donor_interrupt(unsigned int irq, struct hc_frame *frame);

/*
 * A CPU exception (Intel SDM vol. 3, 6.15) of the donor or of a program.  `error` is the CPU's
 * error code or 0, `address` is CR2 for vector 14, else 0.  Called with interrupts disabled.
 * Returns 1 if it was dealt with: the core then goes back to the frame, which the donor may have
 * changed.  Returns 0 if not: the core prints the exception, hc_console_backtrace(), and powers off
 * with a failure status.  Not called for NMI, double fault and machine check, nor for a fault that
 * happens because the donor overran its stack: those are always fatal.
 */
int donor_fault(unsigned int vector, unsigned long error, unsigned long address,
		struct hc_frame *frame);

/* ------------------------------------------------------------------ contexts */

/* A suspended flow of control of the donor: everything else is on its stack. */
struct hc_context {
	unsigned long sp;
};

/*
 * Prepare a context that will call entry(argument) on the stack that ends at stack_top (16-byte
 * aligned), interrupts disabled.  entry must not return.  Any context.
 */
void hc_context_init(struct hc_context *context, void *stack_top, void (*entry)(void *argument),
		     void *argument);

/*
 * Suspend the running context into *from and continue *to.  Returns when somebody switches to *from
 * again.  Call with interrupts disabled.
 */
void hc_context_switch(struct hc_context *from, struct hc_context *to);

/*
 * The running context's stack is [base, top), which is mapped in every space; programs enter the donor
 * at top.  To be called at *every* switch of contexts, also to those that never run a program (a stack
 * pointer outside is an error, or a program's in ring 0), with interrupts disabled from before this
 * call until hc_context_switch() is through.  top is 16-byte aligned.  The page under base should not
 * be mapped.  At donor_start() the boot stack is set.
 */
void hc_stack_set(void *base, void *top);

/*
 * Continue a program from *frame, all registers as they stand there (cs HC_CS_PROGRAM or
 * HC_CS_SYSCALL).  The frame must be the one at the stack's top.  Call with interrupts disabled,
 * on the stack given to hc_stack_set().
 */
void hc_program_continue(struct hc_frame *frame) __attribute__((noreturn));

/*
 * A program's `syscall` instruction (a donor that never runs one need not have this), by the calling convention of Linux on x86-64: number in rax,
 * arguments in rdi, rsi, rdx, r10, r8, r9.  Called with interrupts disabled; the frame is at the
 * stack's top, its ax -38 (ENOSYS), its cs HC_CS_SYSCALL.  Returns what the program finds in rax, with
 * interrupts disabled.
 */
unsigned long donor_syscall(unsigned long a0, unsigned long a1, unsigned long a2, unsigned long a3,
			    unsigned long a4, unsigned long a5, unsigned long number);

/* A program's thread pointer (FS base).  Setting an address that is not canonical: HC_EINVAL.  Any
 * context. */
int hc_thread_pointer_set(unsigned long address);
unsigned long hc_thread_pointer_get(void);

/*
 * FPU and vector state of a program, in the XSAVE standard format (or FXSAVE where the CPU has no
 * XSAVE; Intel SDM vol. 1, 13.4 and 10.5).  Areas are hc_fpu_size() bytes, 64-byte aligned.
 * hc_fpu_features() is the XCR0 mask in use, 0 with FXSAVE.  hc_fpu_init() fills an area with the
 * state a program starts with.  hc_fpu_restore() returns HC_EINVAL if the CPU refuses the
 * area (reserved bits set), and the state is then the initial one.  Any context.
 */
unsigned long hc_fpu_size(void);
unsigned long hc_fpu_features(void);
void hc_fpu_init(void *area);
void hc_fpu_save(void *area);
int hc_fpu_restore(const void *area);

/* ------------------------------------------------------------------ PCI */

/*
 * PCI configuration space.  device is bus << 8 | slot << 3 | function, size is 1, 2 or 4, offset is
 * below 256 (4096 where the machine has ECAM) and a multiple of size.  Reading what is not there
 * gives all ones.  Any context.
 */
unsigned int hc_pci_read(unsigned int device, unsigned int offset, unsigned int size);
void hc_pci_write(unsigned int device, unsigned int offset, unsigned int size, unsigned int value);

/* ------------------------------------------------------------------ entropy, power */

/*
 * The interrupt line (level-triggered, shared) that says that the machine's power button was pressed,
 * or -1 if there is none.  The first call switches the button on.  hc_power_button() tells whether it
 * was pressed since it was last asked, and acknowledges that.  (ACPI 6.4, 4.8.2.2.1: the fixed
 * button, which hypervisors press to ask for an orderly end.)  Any context.
 */
int hc_power_button_irq(void);
int hc_power_button(void);

/*
 * Fill the buffer from the CPU's random number generator (RDSEED, else RDRAND).  Returns the bytes
 * written, which is 0 where there is none.  Any context.
 */
unsigned long hc_random(void *buffer, unsigned long size);

/*
 * Gather a seed such as the one of struct hc_start_info, from the CPU's generator or, where there is none, from
 * how long things take, with interrupts disabled for up to some milliseconds.  Returns how many
 * of its bits to credit, as entropy_bits there.  Any context.
 */
unsigned int hc_entropy(unsigned char seed[HC_ENTROPY_SIZE]);

/*
 * End.  The status (0-255) reaches the host if anything listens: it is written to QEMU's debug port
 * 0xe9 (where that port is present) as one line "haunch: exit status N\n".  Then the power is
 * switched off by ACPI (S5), failing which the CPU halts for ever.  hc_reboot() resets the machine,
 * and says "haunch: reboot\n" there before, so that a reset by a fault is another thing.
 * Both wait until the console has sent what it took, but not for more than a minute.
 * Any context.  The core itself ends with status 125 after "haunch: panic: ...", and with 1 if the
 * machine has too little memory.  hc_power_failure() is the end of a donor that failed: hc_power_off()
 * unless hc_failure_reboots(1) was said; that goes for the core's panics, too.
 */
void hc_power_off(unsigned int status) __attribute__((noreturn));
void hc_reboot(void) __attribute__((noreturn));
void hc_power_failure(unsigned int status) __attribute__((noreturn));
void hc_failure_reboots(int reboots);

#endif /* !__ASSEMBLER__ */
#endif /* HYPERCALL_H */

// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * trap.c - exceptions: who deals with them, and what is printed if nobody does.
 *
 * The report must work when much is broken: it reads memory only where the page tables say that it
 * is mapped, and if it fails itself, the machine is switched off without another word.  A program's
 * memory is read where the direct map has it, for SMAP forbids it at the program's own addresses.
 */
#include "cpu.h"

/* SDM vol. 3, table 6-1. */
static const char *const exception_names[32] = {
	[0] = "division by zero",
	[1] = "debug trap",
	[2] = "NMI",
	[3] = "breakpoint",
	[4] = "overflow trap",
	[5] = "bound range exceeded",
	[6] = "invalid instruction",
	[7] = "no floating point",
	[8] = "double fault",
	[10] = "invalid TSS",
	[11] = "segment not present",
	[12] = "stack segment fault",
	[13] = "general protection fault",
	[14] = "page fault",
	[16] = "x87 floating point error",
	[17] = "alignment check",
	[18] = "machine check",
	[19] = "SIMD floating point error",
	[20] = "virtualization exception",
	[21] = "control protection exception",
};

/* Page fault error code (SDM vol. 3, figure 4-12). */
#define PF_WRITE		(1 << 1)
#define PF_RESERVED		(1 << 3)
#define PF_EXECUTE		(1 << 4)

/* ------------------------------------------------------------------ reports */

/* Copy what is at an address, without faulting; false if not all of it can be read. */
static bool read_memory(void *to, unsigned long address, unsigned long size)
{
	for (unsigned long i = 0; i < size; i++) {
		const unsigned char *byte = page_find(address + i);

		if (!byte)
			return false;
		((unsigned char *)to)[i] = *byte;
	}
	return true;
}

/*
 * Was this address pushed by a call instruction?  Then the bytes before it are `call rel32` (E8) or
 * `call r/m` (FF /2, two to seven bytes).  Filters most of what a stack holds by chance.
 */
static bool follows_call(unsigned long address)
{
	unsigned char code[7];

	if (!read_memory(code, address - sizeof(code), sizeof(code)))
		return false;
	if (code[2] == 0xe8)
		return true;
	for (int at = 0; at <= 5; at++)
		if (code[at] == 0xff && (code[at + 1] & 0x38) == 0x10)
			return true;
	return false;
}

#define BACKTRACE_LINES		24
#define BACKTRACE_BYTES		16384

/*
 * The donor keeps no frame pointers, so any word on the stack that could be a return address is
 * shown; the question mark says that some may be left over from calls that have returned.
 */
static void print_stack(unsigned long sp)
{
	unsigned long end = sp + BACKTRACE_BYTES;
	unsigned int lines = 0;

	/* An overrun stack is of interest from its base on: below is the guard page. */
	if (stack_base - sp <= HC_PAGE_SIZE)
		sp = stack_base;
	if (sp - stack_base < stack_size)
		end = stack_top;
	for (sp = (sp + 7) & ~7ul; sp < end && lines < BACKTRACE_LINES; sp += 8) {
		unsigned long address;

		if (!read_memory(&address, sp, sizeof(address)))
			return;
		if (!in_image_text(address) || !follows_call(address))
			continue;
		print("  ? ");
		print_symbol(address - 1);
		print("\n");
		lines++;
	}
}

static void print_code(unsigned long ip)
{
	print(" code:");
	for (unsigned long address = ip - 16; address != ip + 16; address++) {
		unsigned char byte;

		if (!read_memory(&byte, address, 1)) {
			print(address == ip ? " <not mapped>" : " --");
			if (address >= ip)
				break;
			continue;
		}
		print(address == ip ? " <%02x>" : " %02x", byte);
	}
	print("\n");
}

void hc_console_backtrace(const struct hc_frame *frame)
{
	if (!frame) {
		print_stack((unsigned long)__builtin_frame_address(0));
		return;
	}
	print(" ip %016lx  cs %02lx  flags %08lx  sp %016lx\n", frame->ip, frame->cs, frame->flags,
	      frame->sp);
	print(" ax %016lx  bx %016lx  cx %016lx  dx %016lx\n", frame->ax, frame->bx, frame->cx,
	      frame->dx);
	print(" si %016lx  di %016lx  bp %016lx  r8 %016lx\n", frame->si, frame->di, frame->bp,
	      frame->r8);
	print(" r9 %016lx r10 %016lx r11 %016lx r12 %016lx\n", frame->r9, frame->r10, frame->r11,
	      frame->r12);
	print("r13 %016lx r14 %016lx r15 %016lx\n", frame->r13, frame->r14, frame->r15);
	print_code(frame->ip);
	print("    ");
	print_symbol(frame->ip);
	print("\n");
	if (frame->cs == HC_CS_DONOR)
		print_stack(frame->sp);
}

/* The whole story, its first line made to be found by grep; then the end. */
static void __noreturn report(const struct hc_frame *frame, unsigned int vector,
			      unsigned long error, unsigned long address, const char *note)
{
	const char *name = vector < 32 ? exception_names[vector] : NULL;

	hc_irq_disable();
	if (panicking) {
		/* The report itself failed.  Nothing that could fail again is done. */
		print("\nhaunch: panic: %s at 0x%lx while reporting\n", name ? name : "exception",
		      frame->ip);
		hc_power_failure(STATUS_PANIC);
	}
	panicking = true;
	print("haunch: panic: %s%s", note, name ? name : "reserved exception");
	if (vector == VECTOR_PAGE_FAULT)
		print(" at 0x%lx %s from ", address,
		      error & PF_EXECUTE ? "executing" :
		      error & PF_WRITE	 ? "writing" :
					   "reading");
	else
		print(" (vector %u, error 0x%lx) at ", vector, error);
	print_symbol(frame->ip);
	print("%s\n",
	      error & PF_RESERVED && vector == VECTOR_PAGE_FAULT ? ", damaged page tables" : "");
	hc_console_backtrace(frame);
	hc_power_failure(STATUS_PANIC);
}

/* ------------------------------------------------------------------ dispatch */

/* Nothing else of the core may fault. */
static bool fix_up(struct hc_frame *frame)
{
	if (frame->ip - (unsigned long)fpu_restore >=
	    (unsigned long)fpu_restore_fault - (unsigned long)fpu_restore)
		return false;
	frame->ip = (unsigned long)fpu_restore_fault;
	return true;
}

/*
 * An exit to a program faulted because the donor asked for an ip or flags that the CPU cannot load.
 * That is the program's fault (a signal frame of its own making, say) and must not be the machine's.
 * At frame_return: the program's registers are loaded but for ip, cs, flags, sp and ss, which are
 * still at the stack's top.  Put the others back below them, and the frame is complete again.
 */
static struct hc_frame *program_frame(const struct hc_frame *frame)
{
	struct hc_frame *top = (struct hc_frame *)stack_top - 1;
	struct hc_frame copy = *frame;

	memcpy(top, &copy, offsetof(struct hc_frame, ip));
	top->orig_ax = ~0ul;
	top->cs = HC_CS_PROGRAM;
	return top;
}

/* Did it happen because the running stack was full? */
static bool in_guard_page(unsigned int vector, unsigned long address)
{
	return vector == VECTOR_PAGE_FAULT && address - (stack_base - HC_PAGE_SIZE) < HC_PAGE_SIZE;
}

void trap_exception(struct hc_frame *frame, unsigned int vector, unsigned long error)
{
	unsigned long address = vector == VECTOR_PAGE_FAULT ? read_cr2() : 0;

	if (frame->cs == HC_CS_DONOR && fix_up(frame))
		return;
	if (frame->cs == HC_CS_DONOR && vector == VECTOR_PAGE_FAULT && page_sync(address))
		return;
	if (frame->cs == HC_CS_DONOR &&
	    (frame->ip == (unsigned long)frame_return ||
	     frame->ip == (unsigned long)frame_return_flat_end) &&
	    frame->sp == stack_top - (sizeof(*frame) - offsetof(struct hc_frame, ip))) {
		struct hc_frame *top = program_frame(frame);

		if (donor_runs && donor_fault(vector, error, address, top))
			hc_program_continue(top);
		report(top, vector, error, address, "returning to a program: ");
	}
	/* Without a wall: the last instruction of entry.S that has a program's stack. */
	if (!hc_program_ring && frame->cs == HC_CS_PROGRAM &&
	    frame->ip == (unsigned long)syscall_exit + 1)
		frame->ip = frame->cx;
	if (frame->cs == HC_CS_DONOR && in_guard_page(vector, address))
		trap_overflow(frame, vector, error);
	if (donor_runs && !panicking && donor_fault(vector, error, address, frame))
		return;
	report(frame, vector, error, address, "");
}

void trap_overflow(struct hc_frame *frame, unsigned int vector, unsigned long error)
{
	unsigned long address = vector == VECTOR_PAGE_FAULT ? read_cr2() : 0;
	bool full = frame->sp - (stack_base - HC_PAGE_SIZE) < 2 * HC_PAGE_SIZE ||
		    in_guard_page(vector, address);

	report(frame, vector, error, address, full ? "stack overflow: " : "bad stack: ");
}

/* Reasons of an NMI in port 0x61 (ISA): parity or system error, I/O channel check. */
#define NMI_REASONS		0xc0

void trap_fatal(struct hc_frame *frame, unsigned int vector)
{
	unsigned long address = read_cr2();
	uint8_t reasons;

	if (vector != VECTOR_NMI)
		report(frame, vector, frame->orig_ax, address, "");
	reasons = in8(PORT_SYSTEM_CONTROL) & NMI_REASONS;
	if (reasons) {
		print("haunch: NMI, the hardware reports an error (port 0x61: 0x%x)\n", reasons);
		report(frame, vector, 0, 0, "");
	}
	/* Somebody wants to know what a machine is doing: QEMU's monitor has the command `nmi`. */
	print("haunch: NMI without a reason, going on\n");
	hc_console_backtrace(frame);
}

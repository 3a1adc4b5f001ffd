/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * entry.S - where interrupts, exceptions and system calls come in, and where they go out; contexts.
 *
 * Programs have a red zone below their stack pointer, and may have any stack pointer, so the CPU must
 * push nothing onto the stack that it finds: every vector has an interrupt stack (IST).  That stack
 * is used for the CPU's five (or six) words only.  Its stub copies them, followed by the registers,
 *
 *	to the top of the donor's stack, if a program was interrupted;
 *	right below the interrupted stack pointer, if the donor was: it is built without a red zone,
 *
 * after which the IST stack is free for the next one.  The frame is a struct hc_frame in both
 * cases.
 *
 * Interrupts stay disabled for as long as anything of value is on an IST stack, and exceptions have
 * another one than interrupts, so a fault in an interrupt's stub (the donor's stack is full) finds
 * its own.
 *
 * Who was interrupted?  Ring 3 is a program, whatever its stack pointer says.  Ring 0 is the donor if
 * the stack pointer is in [stack_base, stack_base + stack_size), which hc_stack_set() keeps to be the
 * running context's; anywhere else it is a program without a wall, or an error.
 *
 * Nothing here uses GS, which is a program's as FS is.  With more than one CPU, what is named in the
 * section "data" below is each CPU's own: then `swapgs`, in every stub that comes from ring 3, finds it.
 *
 * The IST stacks are at fixed addresses, so the words on them are named by their distance from the top.
 */
#include "../../hypercall/hypercall.h"
#include "cpu.h"

/* Room that a frame, the handler's C code, and a report take; with less, the stack is overrun. */
#define STACK_ROOM		512

/* struct hc_frame */
#define FRAME_R10		(7 * 8)
#define FRAME_R9		(8 * 8)
#define FRAME_R8		(9 * 8)
#define FRAME_AX		(10 * 8)
#define FRAME_DX		(12 * 8)
#define FRAME_SI		(13 * 8)
#define FRAME_DI		(14 * 8)
#define FRAME_IP		(16 * 8)
#define FRAME_CS		(17 * 8)
#define FRAME_FLAGS		(18 * 8)
#define FRAME_SP		(19 * 8)

/* What the CPU and a stub push onto an IST stack: bytes below its top.  Only exceptions have an error code. */
WORD_SS = 8
WORD_SP = 16
WORD_FLAGS = 24
WORD_CS = 32
WORD_IP = 40
WORD_VECTOR = 48
WORD_ERROR = 48		/* then those of VECTOR and AX are lower */
WORD_AX = 56

	.text

/* Where the CPU has SMAP: forget that it was off for whoever was interrupted (hypercall.h). */
.macro access_end
1:	.byte	0x0f, 0x1f, 0x00
	.pushsection .hypercall.clac, "a"
	.long	1b - .
	.popsection
.endm

/* The rest of a frame, from di down to r15. */
.macro push_registers ax:req
	.irp	register, %rdi, %rsi, %rdx, %rcx, \ax, %r8, %r9, %r10, %r11, %rbx, %rbp, %r12, %r13, %r14, %r15
	push	\register
	.endr
.endm

.macro pop_registers
	.irp	register, %r15, %r14, %r13, %r12, %rbp, %rbx, %r11, %r10, %r9, %r8, %rax, %rcx, %rdx, %rsi, %rdi
	pop	\register
	.endr
	add	$8, %rsp			/* orig_ax */
.endm

/* A frame's first words, on another stack: whose it is, and where he was. */
.macro push_donor stack:req
	push	\stack\()_stack_top-WORD_SS(%rip)
	push	\stack\()_stack_top-WORD_SP(%rip)
	push	\stack\()_stack_top-WORD_FLAGS(%rip)
	push	$HC_CS_DONOR
.endm

.macro push_program stack:req
	mov	stack_top(%rip), %rsp
	push	$HC_SS_PROGRAM
	push	\stack\()_stack_top-WORD_SP(%rip)
	push	\stack\()_stack_top-WORD_FLAGS(%rip)
	push	$HC_CS_PROGRAM
.endm

/* All else of it; then a C function's first two arguments, the frame and the vector, and its alignment. */
.macro push_rest stack:req, error=0
	push	\stack\()_stack_top-WORD_IP(%rip)
	push	$-1
	push_registers "\stack\()_stack_top-WORD_AX-\error(%rip)"
	movzbl	\stack\()_stack_top-WORD_VECTOR-\error(%rip), %esi
	mov	%rsp, %rdi
	sub	$8, %rsp
	cld
.endm

/* ------------------------------------------------------------------ interrupts */

/* One stub of 8 bytes for each vector from 32 on. */
	.balign	8
	.globl	stub_interrupts
	.type	stub_interrupts, @function
stub_interrupts:
vector = 32
.rept 256 - 32
	.balign	8
	.byte	0x6a, vector & 0xff		/* push $vector, as a signed byte */
	.byte	0xe9				/* jmp interrupt */
	.long	interrupt - . - 4
vector = vector + 1
.endr

	.balign	16
	.type	interrupt, @function
interrupt:
	access_end
	push	%rax
	testb	$3, interrupt_stack_top-WORD_CS(%rip)
	jnz	1f
	mov	interrupt_stack_top-WORD_SP(%rip), %rax
	sub	stack_base(%rip), %rax
	cmp	stack_size(%rip), %rax
	jae	1f

	mov	interrupt_stack_top-WORD_SP(%rip), %rsp
	and	$-16, %rsp
	push_donor interrupt
	jmp	2f

1:	push_program interrupt
2:	push_rest interrupt
	call	irq_dispatch
	add	$8, %rsp
	/* Fall through. */

/* Continue whoever has the frame at %rsp. */
	.type	continue_frame, @function
continue_frame:
	pop_registers
	.globl	frame_return
frame_return:
	iretq					/* patched without a wall: cpu.c */

/* A program's frame, with the selectors that ring 0 has for the same descriptors. */
	.globl	frame_return_flat
frame_return_flat:
	cmpl	$HC_CS_DONOR, 8(%rsp)
	je	1f
	andl	$~3, 8(%rsp)			/* cs */
	andl	$~3, 32(%rsp)			/* ss */
1:	.globl	frame_return_flat_end
frame_return_flat_end:
	iretq

/* ------------------------------------------------------------------ exceptions */

.macro stub number:req, error=0, to=exception
	.balign	8
stub_\number:
	.if !\error
	push	$0
	.endif
	push	$\number
	jmp	\to
.endm

	.irp	number, 0, 1, 3, 4, 5, 6, 7, 9, 15, 16, 19, 20, 22, 23, 24, 25, 26, 27, 28, 31
	stub	\number
	.endr
	.irp	number, 10, 11, 12, 13, 14, 17, 21, 29, 30
	stub	\number, 1
	.endr

	.balign	16
	.type	exception, @function
exception:
	access_end
	push	%rax
	testb	$3, exception_stack_top-WORD_CS(%rip)
	jnz	4f
	mov	exception_stack_top-WORD_SP(%rip), %rax
	sub	stack_base(%rip), %rax
	cmp	stack_size(%rip), %rax
	jae	1f
	cmp	$STACK_ROOM, %rax
	jb	overflow

	mov	exception_stack_top-WORD_SP(%rip), %rsp
	and	$-16, %rsp
	push_donor exception
	jmp	2f

4:	push_program exception
2:	push_rest exception, 8
	mov	exception_stack_top-WORD_ERROR(%rip), %rdx
	call	trap_exception
	add	$8, %rsp
	jmp	continue_frame

	/*
	 * Ring 0 with another stack than the donor's.  With a wall that is an error.  Without one it is
	 * an error if the core's code was running, but for a program that is leaving and still at the
	 * jump to itself; and within a page below the stack if any of the image's was.
	 */
1:	cmpl	$0, hc_program_ring(%rip)
	jne	overflow
	cmp	$-HC_PAGE_SIZE, %rax
	lea	image_text_end(%rip), %rax
	jae	3f
	lea	image_core_text_end(%rip), %rax
3:	cmp	%rax, exception_stack_top-WORD_IP(%rip)
	jae	4b
	lea	image_core_text_start(%rip), %rax
	cmp	%rax, exception_stack_top-WORD_IP(%rip)
	jb	4b
	lea	syscall_exit + 1(%rip), %rax
	cmp	%rax, exception_stack_top-WORD_IP(%rip)
	je	4b
	/* Fall through. */

/* The donor's stack is overrun or bad: report that from another one, for nothing fits on this. */
	.type	overflow, @function
overflow:
	lea	double_fault_stack_top(%rip), %rsp
	push_donor exception
	push_rest exception, 8
	mov	exception_stack_top-WORD_ERROR(%rip), %rdx
	call	trap_overflow
	ud2

/*
 * Double fault, NMI and machine check: they can strike anywhere, so nothing is assumed and their
 * stacks are their own until they are through.  The error code ends up in orig_ax.
 */
.macro fatal_stub number:req, error=0
stub_\number:
	.if !\error
	push	$-1
	.endif
	push_registers %rax
	mov	$\number, %esi
	mov	%rsp, %rdi
	sub	$8, %rsp
	cld
	call	trap_fatal
	add	$8, %rsp
	pop_registers
	iretq
.endm

	fatal_stub 2
	fatal_stub 8, 1
	fatal_stub 18

	.section .rodata
	.balign	8
	.globl	stub_exceptions
stub_exceptions:
	.irp	n, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20, 21, \
		22, 23, 24, 25, 26, 27, 28, 29, 30, 31
	.quad	stub_\n
	.endr

/* ------------------------------------------------------------------ system calls */

	.text
/*
 * rcx: the program's ip, r11: its flags; nothing is on any stack.  The frame is at the stack's top,
 * which is 16-byte aligned, and the frame and the seventh argument together keep it so.
 *
 * Every instruction here is paid by every system call: 26 in, 13 out.
 */
	.balign	16
	.globl	syscall_entry
	.type	syscall_entry, @function
syscall_entry:
	mov	%rsp, program_sp(%rip)
	mov	stack_top(%rip), %rsp
	push	$HC_SS_PROGRAM
	push	program_sp(%rip)
	push	%r11
	push	$HC_CS_SYSCALL
	push	%rcx
	push	%rax
	push_registers "$-38"
	mov	%r10, %rcx
	push	%rax
	call	donor_syscall

	/* rax is the result; the frame is 8 bytes above the stack pointer. */
	cmpl	$HC_CS_SYSCALL, 8 + FRAME_CS(%rsp)
	jne	1f
	mov	8 + FRAME_DI(%rsp), %rdi
	mov	8 + FRAME_SI(%rsp), %rsi
	mov	8 + FRAME_DX(%rsp), %rdx
	mov	8 + FRAME_R10(%rsp), %r10
	mov	8 + FRAME_R8(%rsp), %r8
	mov	8 + FRAME_R9(%rsp), %r9
	mov	8 + FRAME_IP(%rsp), %rcx
	mov	8 + FRAME_FLAGS(%rsp), %r11
	mov	8 + FRAME_SP(%rsp), %rsp
	/*
	 * Without a wall these three bytes are `sti; jmp *%rcx`: `sti` holds interrupts off for one
	 * more instruction (SDM vol. 2, STI).  Either way none sees this code with the program's stack.
	 * rcx is canonical, for it is what `syscall` left, below the page that nobody can map.
	 */
	.globl	syscall_exit
syscall_exit:
	sysretq

1:	mov	%rax, 8 + FRAME_AX(%rsp)
	add	$8, %rsp
	jmp	continue_frame

/* void hc_program_continue(struct hc_frame *frame) */
	.globl	hc_program_continue
	.type	hc_program_continue, @function
hc_program_continue:
	mov	%rdi, %rsp
	jmp	continue_frame

/* ------------------------------------------------------------------ contexts */

/* void hc_context_switch(struct hc_context *from, struct hc_context *to) */
	.balign	16
	.globl	hc_context_switch
	.type	hc_context_switch, @function
hc_context_switch:
	push	%rbp
	push	%rbx
	push	%r12
	push	%r13
	push	%r14
	push	%r15
	mov	%rsp, (%rdi)
	mov	(%rsi), %rsp
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbx
	pop	%rbp
	ret

/* A new context's first steps: hc_context_init() has put entry and argument into r12 and r13. */
	.globl	context_first
	.type	context_first, @function
context_first:
	mov	%r13, %rdi
	xor	%ebp, %ebp
	call	*%r12
	ud2

/* int fpu_restore(const void *area, uint64_t features) */
	.globl	fpu_restore, fpu_restore_fault
	.type	fpu_restore, @function
fpu_restore:
	mov	%esi, %eax
	xor	%edx, %edx
	test	%eax, %eax
	jz	1f
	xrstor64 (%rdi)
	xor	%eax, %eax
	ret
1:	fxrstor64 (%rdi)
	ret
fpu_restore_fault:
	mov	$HC_EINVAL, %eax
	ret

/* ------------------------------------------------------------------ data */

	.data
	.balign	32
	.globl	stack_base, stack_size, stack_top
stack_base:
	.quad	boot_stack
stack_size:
	.quad	BOOT_STACK_SIZE
stack_top:
	.quad	boot_stack_top
program_sp:
	.quad	0			/* for two instructions, with interrupts disabled */

	.bss
	.balign	64
	.globl	interrupt_stack_top, exception_stack_top, double_fault_stack_top, nmi_stack_top
	.globl	machine_check_stack_top
	.skip	64
interrupt_stack_top:
	.skip	64
exception_stack_top:
	.skip	4096
double_fault_stack_top:
	.skip	4096
nmi_stack_top:
	.skip	4096
machine_check_stack_top:

	.section .note.GNU-stack, "", @progbits

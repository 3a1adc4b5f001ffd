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
 * The IST stacks are at fixed addresses, hence the words on them have names here.
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

#define I_SS			interrupt_stack_top-8(%rip)
#define I_SP			interrupt_stack_top-16(%rip)
#define I_FLAGS			interrupt_stack_top-24(%rip)
#define I_CS			interrupt_stack_top-32(%rip)
#define I_IP			interrupt_stack_top-40(%rip)
#define I_VECTOR		interrupt_stack_top-48(%rip)
#define I_AX			interrupt_stack_top-56(%rip)

#define E_SS			exception_stack_top-8(%rip)
#define E_SP			exception_stack_top-16(%rip)
#define E_FLAGS			exception_stack_top-24(%rip)
#define E_CS			exception_stack_top-32(%rip)
#define E_IP			exception_stack_top-40(%rip)
#define E_ERROR			exception_stack_top-48(%rip)
#define E_VECTOR		exception_stack_top-56(%rip)
#define E_AX			exception_stack_top-64(%rip)

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
	push	%rdi
	push	%rsi
	push	%rdx
	push	%rcx
	push	\ax
	push	%r8
	push	%r9
	push	%r10
	push	%r11
	push	%rbx
	push	%rbp
	push	%r12
	push	%r13
	push	%r14
	push	%r15
.endm

.macro pop_registers
	pop	%r15
	pop	%r14
	pop	%r13
	pop	%r12
	pop	%rbp
	pop	%rbx
	pop	%r11
	pop	%r10
	pop	%r9
	pop	%r8
	pop	%rax
	pop	%rcx
	pop	%rdx
	pop	%rsi
	pop	%rdi
	add	$8, %rsp			/* orig_ax */
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
	testb	$3, I_CS
	jnz	1f
	mov	I_SP, %rax
	sub	stack_base(%rip), %rax
	cmp	stack_size(%rip), %rax
	jae	1f

	mov	I_SP, %rsp
	and	$-16, %rsp
	push	I_SS
	push	I_SP
	push	I_FLAGS
	push	$HC_CS_DONOR
	jmp	2f

1:	mov	stack_top(%rip), %rsp
	push	$HC_SS_PROGRAM
	push	I_SP
	push	I_FLAGS
	push	$HC_CS_PROGRAM
2:	push	I_IP
	push	$-1
	push_registers ax=I_AX
	movzbl	I_VECTOR, %esi
	mov	%rsp, %rdi
	sub	$8, %rsp			/* 16-byte alignment */
	cld
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

	stub	0
	stub	1
	stub	3
	stub	4
	stub	5
	stub	6
	stub	7
	stub	9
	stub	10, 1
	stub	11, 1
	stub	12, 1
	stub	13, 1
	stub	14, 1
	stub	15
	stub	16
	stub	17, 1
	stub	19
	stub	20
	stub	21, 1
	stub	22
	stub	23
	stub	24
	stub	25
	stub	26
	stub	27
	stub	28
	stub	29, 1
	stub	30, 1
	stub	31

	.balign	16
	.type	exception, @function
exception:
	access_end
	push	%rax
	testb	$3, E_CS
	jnz	4f
	mov	E_SP, %rax
	sub	stack_base(%rip), %rax
	cmp	stack_size(%rip), %rax
	jae	1f
	cmp	$STACK_ROOM, %rax
	jb	overflow

	mov	E_SP, %rsp
	and	$-16, %rsp
	push	E_SS
	push	E_SP
	push	E_FLAGS
	push	$HC_CS_DONOR
	jmp	2f

4:	mov	stack_top(%rip), %rsp
	push	$HC_SS_PROGRAM
	push	E_SP
	push	E_FLAGS
	push	$HC_CS_PROGRAM
2:	push	E_IP
	push	$-1
	push_registers ax=E_AX
	mov	%rsp, %rdi
	movzbl	E_VECTOR, %esi
	mov	E_ERROR, %rdx
	sub	$8, %rsp
	cld
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
3:	cmp	%rax, E_IP
	jae	4b
	lea	image_core_text_start(%rip), %rax
	cmp	%rax, E_IP
	jb	4b
	lea	syscall_exit + 1(%rip), %rax
	cmp	%rax, E_IP
	je	4b
	/* Fall through. */

/* The donor's stack is overrun or bad: report that from another one, for nothing fits on this. */
	.type	overflow, @function
overflow:
	lea	double_fault_stack_top(%rip), %rsp
	push	E_SS
	push	E_SP
	push	E_FLAGS
	push	$HC_CS_DONOR
	push	E_IP
	push	$-1
	push_registers ax=E_AX
	mov	%rsp, %rdi
	movzbl	E_VECTOR, %esi
	mov	E_ERROR, %rdx
	sub	$8, %rsp
	cld
	call	trap_overflow
	ud2

/*
 * Double fault, NMI and machine check: they can strike anywhere, so nothing is assumed and their
 * stacks are their own until they are through.  The error code ends up in orig_ax.
 */
	.type	stub_2, @function
stub_2:	push	$-1
	push_registers %rax
	mov	$VECTOR_NMI, %esi
	jmp	fatal
	.type	stub_8, @function
stub_8:	push_registers %rax
	mov	$VECTOR_DOUBLE_FAULT, %esi
	jmp	fatal
	.type	stub_18, @function
stub_18:
	push	$-1
	push_registers %rax
	mov	$VECTOR_MACHINE_CHECK, %esi
	.type	fatal, @function
fatal:	mov	%rsp, %rdi
	sub	$8, %rsp
	cld
	call	trap_fatal
	add	$8, %rsp
	pop_registers
	iretq

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

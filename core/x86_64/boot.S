/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * boot.S - from the boot loader to C: notes and headers that make us bootable, then 32-bit
 * protected mode to long mode.
 *
 * This part of the image is linked at its physical address; everything else at physical address +
 * HC_IMAGE_MAP, and moved from there by relocate().  Relies on the boot loader for what ELF promises: segments are where they belong
 * and what a segment has in memory beyond the file (bss) is zero.  QEMU, Xen and GRUB do that, so
 * nobody pays for clearing it twice.
 *
 * The first GiB is mapped at 0, and where relocate() has decided to have the image, until page_init().
 */
#include "../../hypercall/hypercall.h"
#include "../boot_info.h"
#include "../image.h"
#include "cpu.h"

#define PA(symbol)		((symbol) - HC_IMAGE_MAP)

/* ------------------------------------------------------------------ what boot loaders look for */

/* The PVH entry point (Xen, public/elfnote.h: XEN_ELFNOTE_PHYS32_ENTRY). */
	.section .note.pvh, "a", @note
	.balign	4
	.long	2f - 1f, 4f - 3f, 18
1:	.asciz	"Xen"
2:	.balign	4
3:	.quad	pvh_entry
4:	.balign	4

/* What tools/bake and symtab fill in: struct image_note. */
	.section .note.haunch, "a", @note
	.balign	4
	.long	2f - 1f, 4f - 3f, 1
1:	.asciz	"Haunch"
2:	.balign	4
	.globl	image_note
image_note:
3:	.long	IMAGE_NOTE_VERSION, 0
	.quad	0, 0, 0, 0, 0, 0, 0
	.skip	2 * IMAGE_RELEASE_SIZE
4:	.balign	4

/* Multiboot2 specification 2.0, 3.1. */
#define MULTIBOOT2_HEADER_MAGIC	0xe85250d6
	.section .boot.header, "a"
	.balign	8
multiboot2_header:
	.long	MULTIBOOT2_HEADER_MAGIC
	.long	0				/* i386: protected mode */
	.long	multiboot2_header_end - multiboot2_header
	.long	-(MULTIBOOT2_HEADER_MAGIC + (multiboot2_header_end - multiboot2_header))
	.short	3, 0				/* entry address */
	.long	12, multiboot2_entry, 0
	.short	6, 0				/* align modules to pages */
	.long	8
	.short	0, 0				/* end */
	.long	8
multiboot2_header_end:

/* ------------------------------------------------------------------ 32 bits, paging off */

	.section .boot.text, "ax"
	.code32
	.globl	pvh_entry, multiboot2_entry

/* Interrupts are disabled, segments flat, ebx: physical address of the start info. */
pvh_entry:
	xor	%eax, %eax
	/* Fall through. */

/* The same, ebx: the Multiboot 2 information, eax: MULTIBOOT2_MAGIC. */
multiboot2_entry:
	cli
	cld
	mov	$PA(boot_stack_top), %esp
	mov	%eax, %ebp
	mov	%ebx, %edx			/* edx: what C is told; ebx is lost in cpuid */

	/*
	 * The information can be anywhere below 4 GiB, so copy it while all of that can be reached.
	 * If it is longer than the buffer, C sees that by its size.
	 */
	cmp	$MULTIBOOT2_MAGIC, %eax
	jne	1f
	mov	%ebx, %esi
	mov	$PA(boot_copy), %edi
	mov	$MULTIBOOT2_SIZE / 4, %ecx
	rep movsl
	mov	$PA(boot_copy), %edx
1:	mov	%edx, %esi

	mov	$0x80000000, %eax
	cpuid
	cmp	$0x80000001, %eax
	jb	no_long_mode
	mov	$0x80000001, %eax
	cpuid
	bt	$29, %edx
	jnc	no_long_mode
	mov	%edx, %ecx			/* bit 20: no-execute */

	/* boot_tables: PML4, PDPT, PD; 2 MiB pages, present, writable, accessed, dirty. */
	mov	$PA(boot_tables), %edi
	lea	0x1003(%edi), %eax
	mov	%eax, (%edi)
	add	$0x1000, %eax
	mov	%eax, 0x1000(%edi)
	add	$0x2000, %edi
	mov	$0xe3, %eax
2:	mov	%eax, (%edi)
	add	$8, %edi
	add	$0x200000, %eax
	cmp	$0x400000e3, %eax
	jb	2b

	mov	$CR4_PAE, %eax
	mov	%eax, %cr4
	mov	$PA(boot_tables), %eax
	mov	%eax, %cr3
	mov	%ecx, %ebx
	mov	$MSR_EFER, %ecx
	rdmsr
	or	$(EFER_LME | EFER_SCE), %eax
	bt	$20, %ebx
	jnc	3f
	or	$EFER_NXE, %eax
3:	wrmsr
	mov	$(CR0_PG | CR0_WP | CR0_NE | CR0_ET | CR0_MP | CR0_PE), %eax
	mov	%eax, %cr0
	lgdt	PA(boot_gdt_pointer)
	ljmp	$HC_CS_DONOR, $4f

	.code64
4:	mov	$SELECTOR_DATA, %eax
	mov	%eax, %ss
	xor	%eax, %eax			/* hc_segments_clear() */
	mov	%eax, %ds
	mov	%eax, %es
	mov	%eax, %fs
	mov	%eax, %gs
	mov	$PA(boot_stack_top), %esp
	mov	%ebp, %edi			/* the loader's magic, or 0 */
	mov	%esi, %r12d			/* the information */
	mov	%edi, %r13d
	xor	%ebp, %ebp
	mov	$PA(relocate), %eax		/* position-independent code runs here, too */
	call	*%rax
	/* rax: how far the image was moved from HC_IMAGE_MAP */
	mov	%r13d, %edi
	mov	%r12d, %esi
	movabs	$boot_stack_top, %rsp
	add	%rax, %rsp
	movabs	$start, %rdx
	add	%rax, %rdx
	call	*%rdx
	ud2

/* Say so on whatever may be there: no console works yet. */
	.code32
no_long_mode:
	mov	$no_long_mode_text, %esi
	mov	$0xb8000, %edi
5:	lodsb
	test	%al, %al
	jz	6f
	mov	$0x3f8, %dx
	outb	%al, %dx
	outb	%al, $0xe9
	mov	$0x0f, %ah
	stosw
	jmp	5b
6:	cli
	hlt
	jmp	6b

no_long_mode_text:
	.asciz	"haunch: this CPU has no 64-bit mode\r\n"

/* ------------------------------------------------------------------ data */

	.data
	.balign	16
/*
 * Code: 64-bit, accessed.  Data: writable, accessed (SDM vol. 3, 3.4.5).  The order is the one that
 * `syscall` and `sysret` want; programs' descriptors have DPL 3, or 0 without a wall (cpu.c).
 */
	.globl	gdt
gdt:	.quad	0
	.quad	0x00af9b000000ffff		/* 0x08: the donor, and what `syscall` loads */
	.quad	0x00cf93000000ffff		/* 0x10: data */
	.quad	0
	.quad	0				/* 0x20: for `sysret` to 32-bit code, which there is none of */
	.quad	0x00cff3000000ffff		/* 0x28: a program's data */
	.quad	0x00affb000000ffff		/* 0x30: a program's code */
	.quad	0
	.quad	0x00affb000000ffff		/* 0x40: the same, in a system call */
	.quad	0, 0				/* 0x48: the TSS; cpu_init() */
boot_gdt_pointer:
	.word	GDT_SIZE - 1
	.quad	gdt - HC_IMAGE_MAP

	.bss
	.balign	4096
	.globl	boot_tables, boot_guard, boot_stack, boot_stack_top, boot_copy
boot_tables:
	.skip	BOOT_TABLES * 4096
boot_guard:
	.skip	4096				/* unmapped by page_init() */
boot_stack:
	.skip	BOOT_STACK_SIZE
boot_stack_top:
boot_copy:
	.skip	MULTIBOOT2_SIZE

	.section .note.GNU-stack, "", @progbits

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * kernel.S - a kernel for tests of the tools: the form of the real one (note, spare program
 * headers), and code that just tells QEMU an exit status.  It boots by PVH and stays in 32-bit mode.
 */
	.section .note, "a"
	.align	4
	.long	4, 4, 18		/* XEN_ELFNOTE_PHYS32_ENTRY */
	.asciz	"Xen"
	.long	start - 0x40000000
	.long	7, 64 + 2 * 64, 1	/* IMAGE_NOTE_OWNER, sizeof(struct image_note), type */
	.asciz	"Haunch"
	.align	4
	.long	3, 0
	.fill	7, 8, 0
	.asciz	"0.0.1"
	.fill	64 - 6
	.asciz	"test-donor 1.2-3"
	.fill	64 - 17

	.text
	.code32
	.globl	start
start:
	mov	$(message - 0x40000000), %esi
	mov	$0xe9, %dx
1:	lodsb
	test	%al, %al
	jz	2f
	out	%al, %dx
	jmp	1b
	/* ACPI S5 on QEMU's pc, where the PM registers have to be enabled first: PIIX4 at 00:01.3 */
2:	mov	$0xcf8, %dx
	mov	$0x80000b40, %eax
	out	%eax, %dx
	mov	$0xcfc, %dx
	mov	$0x601, %eax
	out	%eax, %dx
	mov	$0xcf8, %dx
	mov	$0x80000b80, %eax
	out	%eax, %dx
	mov	$0xcfc, %dx
	mov	$1, %eax
	out	%eax, %dx
	mov	$0x604, %dx
	mov	$0x2000, %ax
	out	%ax, %dx
3:	hlt
	jmp	3b

	.section .rodata
message:
	.asciz	"haunch: exit status 7\n"
	.section .note.GNU-stack

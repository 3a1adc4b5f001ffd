/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (c) 2026 The Haunch authors */
/* vdso.so as vdso.c finds it: whole pages. */
	.section .rodata..page_aligned, "a"
	.globl	vdso_image, vdso_image_end
	.balign	4096
vdso_image:
	.incbin "arch/haunch/kernel/vdso/vdso.so"
	.balign	4096
vdso_image_end:

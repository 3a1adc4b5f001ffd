/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (c) 2026 The Haunch authors */
/* vdso.so as vdso.c finds it. */
	.section .init.rodata, "a"
	.globl	vdso_image, vdso_image_end
	.balign	8
vdso_image:
	.incbin "arch/haunch/kernel/vdso/vdso.so"
vdso_image_end:

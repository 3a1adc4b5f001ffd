/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (c) 2026 The Haunch authors */
/* The shared object that programs see: one segment, to be read and executed, behind two data pages. */
#include <asm/page.h>

OUTPUT_FORMAT("elf64-x86-64")
OUTPUT_ARCH(i386:x86-64)

PHDRS
{
	text PT_LOAD FILEHDR PHDRS FLAGS(5);
	dynamic PT_DYNAMIC FLAGS(4);
	eh_frame_hdr PT_GNU_EH_FRAME FLAGS(4);
}

SECTIONS
{
	/* vdso.c maps them. */
	PROVIDE(vdso_data_page = . - 2 * PAGE_SIZE);
	PROVIDE(vdso_clock_page = . - PAGE_SIZE);

	. = SIZEOF_HEADERS;
	.hash : { *(.hash) } :text
	.gnu.hash : { *(.gnu.hash) }
	.dynsym : { *(.dynsym) }
	.dynstr : { *(.dynstr) }
	.gnu.version : { *(.gnu.version) }
	.gnu.version_d : { *(.gnu.version_d) }
	.gnu.version_r : { *(.gnu.version_r) }
	.dynamic : { *(.dynamic) } :text :dynamic
	.rodata : { *(.rodata .rodata.*) } :text
	.eh_frame_hdr : { *(.eh_frame_hdr) } :text :eh_frame_hdr
	.eh_frame : { KEEP(*(.eh_frame)) } :text
	.text : { *(.text .text.*) } :text
	/DISCARD/ : { *(*) }
}

VERSION
{
	LINUX_2.6 {
	global:
		__vdso_clock_gettime;
		clock_gettime;
		__vdso_gettimeofday;
		gettimeofday;
		__vdso_time;
		time;
		__vdso_clock_getres;
		clock_getres;
		__vdso_getcpu;
		getcpu;
	local:
		*;
	};
}

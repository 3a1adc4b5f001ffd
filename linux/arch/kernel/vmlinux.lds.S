/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (c) 2026 The Haunch authors */
/*
 * The donor as one relocatable object (ld -r).  It has few sections, each whole: the core's linker
 * script places them by name.  All boundary symbols stand inside sections, so that they move along.
 */
#define BSS_FIRST_SECTIONS
#define RUNTIME_DISCARD_EXIT
#include <asm-generic/vmlinux.lds.h>
#include <asm/cache.h>
#include <asm/page.h>
#include <asm/thread_info.h>

OUTPUT_FORMAT("elf64-x86-64")
OUTPUT_ARCH(i386:x86-64)

/* What none of these reaches is left out (--gc-sections). */
ENTRY(donor_start)
EXTERN(donor_syscall donor_interrupt donor_timer donor_fault)

jiffies = jiffies_64;

SECTIONS
{
	.text : {
		_stext = .;
		_text = .;
		TEXT_TEXT
		SCHED_TEXT
#ifdef CPUIDLE_TEXT
		CPUIDLE_TEXT			/* since 6.6 a part of TEXT_TEXT */
#endif
		LOCK_TEXT
		KPROBES_TEXT
		ENTRY_TEXT
		IRQENTRY_TEXT
		SOFTIRQENTRY_TEXT
		STATIC_CALL_TEXT
		*(.text.*)
		*(.fixup)
		_etext = .;
	}

	.rodata : {
		__start_rodata = .;
		*(.rodata) *(.rodata.*) *(.data.rel.ro*)
		*(.rodata1)
		*(.ref.rodata)
		. = ALIGN(8);
		__start___param = .;
		KEEP(*(__param))
		__stop___param = .;
		__start___modver = .;
		KEEP(*(__modver))
		__stop___modver = .;
		. = ALIGN(4);
		__start_notes = .;
		KEEP(*(.note.Linux))
		__stop_notes = .;
		__end_rodata = .;
	}

	.data : {
		_sdata = .;
		INIT_TASK_DATA(THREAD_SIZE)
		. = ALIGN(PAGE_SIZE);
		*(.data..page_aligned)
		. = ALIGN(L1_CACHE_BYTES);
		*(.data..cacheline_aligned)
		*(.data..read_mostly)
		DATA_DATA
		CONSTRUCTORS
		. = ALIGN(8);
		*(.data.[_a-zA-Z0-9]*)
		/* Written while the kernel starts, read-only from mark_rodata_ro() on: setup.c. */
		. = ALIGN(PAGE_SIZE);
		__ro_after_init_begin = .;
		SCHED_DATA
		RO_AFTER_INIT_DATA
		. = ALIGN(8);
		__start___ex_table = .;
		KEEP(*(__ex_table))
		__stop___ex_table = .;
		. = ALIGN(PAGE_SIZE);
		__ro_after_init_end = .;
		_edata = .;
	}

	.init.text : ALIGN(PAGE_SIZE) {
		__init_begin = .;
		_sinittext = .;
		INIT_TEXT
		EXIT_TEXT
		_einittext = .;
		. = ALIGN(PAGE_SIZE);
		__init_text_end = .;
	}

	.init.data : ALIGN(PAGE_SIZE) {
		__init_data_begin = .;
		INIT_DATA
		INIT_SETUP(16)
		INIT_CALLS
		CON_INITCALL
		INIT_RAM_FS
		EXIT_DATA
		. = ALIGN(L1_CACHE_BYTES);
		__per_cpu_load = .;
		PERCPU_INPUT(L1_CACHE_BYTES)
		. = ALIGN(PAGE_SIZE);
		__init_end = .;
	}

	.bss : ALIGN(PAGE_SIZE) {
		__bss_start = .;
		*(.bss..page_aligned)
		. = ALIGN(PAGE_SIZE);
		*(.dynbss)
		*(BSS_MAIN)
		*(COMMON)
		. = ALIGN(8);
		__bss_stop = .;
		_end = .;
	}

	/* Sites of the core's, which nothing of the donor's refers to (hypercall.h). */
	.hypercall.stac : { KEEP(*(.hypercall.stac)) }
	.hypercall.clac : { KEEP(*(.hypercall.clac)) }

	DWARF_DEBUG
	ELF_DETAILS

	DISCARDS
	/DISCARD/ : {
		*(.note.GNU-stack) *(.note.gnu.property) *(.note.*)
		*(.eh_frame) *(.eh_frame_hdr)
		*(.export_symbol)
		*(.pci_fixup*)			/* CONFIG_PCI_QUIRKS is not set */
	}
}

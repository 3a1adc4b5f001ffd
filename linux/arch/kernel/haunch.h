/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (c) 2026 The Haunch authors */
/* What the files of the overlay share. */
#ifndef HAUNCH_H
#define HAUNCH_H

#include <hypercall.h>
#include <linux/linkage.h>
#include <linux/types.h>

struct pt_regs;
struct task_struct;

#define VECTOR_PF	14	/* the page fault's (Intel SDM vol. 3, table 6-1) */

/*
 * Make the FPU state in the CPU the initial one, or that of the current program.  For any one: have its
 * state in memory, before it is read, or after it was written.
 */
void fpu_reset_current(void);
int fpu_restore_current(void);
void fpu_save(struct task_struct *task);
void fpu_written(struct task_struct *task);

/*
 * Print one line, if nothing in the current program will take this signal: what happened, with `value`,
 * which is an address if `how` says how it was used; and where.
 */
void report_fault(const char *what, const char *how, int signal, unsigned long value,
		  const struct pt_regs *regs);

/*
 * The function of an ELF file that has the code at an offset of the file: its name, cut off where the
 * buffer ends; false if none is known.  May sleep.
 */
struct file;
bool program_symbol(struct file *file, u64 offset, char *name, size_t size);

/* To the console, all of it; see console.c. */
void console_put(const char *text, unsigned int size);

/* mm/fault.c; interrupts as they were where it happened. */
bool page_fault(struct pt_regs *regs, unsigned long error, unsigned long address);

/* mm/mmap.c: the kernel's own address space. */
void spaces_init(bool random);

#endif

// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The Haunch authors
/* What the files of the overlay share. */
#ifndef HAUNCH_H
#define HAUNCH_H

#include <hypercall.h>
#include <linux/linkage.h>

struct pt_regs;
struct task_struct;

/* Everything that waits for a program before it goes on: signals, rescheduling, task work.  Called
 * and left with interrupts disabled. */
void return_to_program(struct pt_regs *regs);

/* Deliver a signal, if there is one, to the program whose registers these are. */
void deliver_signal(struct pt_regs *regs);

/* Make the FPU state in the CPU that of the current program, or copy it from there. */
void fpu_save_current(void);
void fpu_reset_current(void);
int fpu_restore_current(void);
unsigned long fpu_size(void);

/* Where the ELF image is that programs find their clock in (vdso.c); 0: there is none. */
extern unsigned long vdso_address;

#endif

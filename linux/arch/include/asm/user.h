/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (c) 2026 The Haunch authors */
/* What debuggers and core dumps have for registers: the layout is x86-64's <sys/user.h>. */
#ifndef _ASM_HAUNCH_USER_H
#define _ASM_HAUNCH_USER_H

struct user_regs_struct {
	/* as struct pt_regs */
	unsigned long r15, r14, r13, r12, bp, bx, r11, r10, r9, r8, ax, cx, dx, si, di, orig_ax;
	unsigned long ip, cs, flags, sp, ss;
	unsigned long fs_base, gs_base, ds, es, fs, gs;
};

/* What FXSAVE writes (Intel SDM vol. 1, 10.5.1). */
struct user_i387_struct {
	unsigned char bytes[512];
};

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_HAUNCH_PTRACE_H
#define _ASM_HAUNCH_PTRACE_H

#include <hypercall.h>
#include <uapi/asm/ptrace.h>

#ifndef __ASSEMBLY__

#include <linux/build_bug.h>
#include <linux/stddef.h>

/* The layout is struct hc_frame's and x86-64's; signal frames and debuggers rely on it. */
struct pt_regs {
	unsigned long r15, r14, r13, r12, bp, bx;
	unsigned long r11, r10, r9, r8, ax, cx, dx, si, di;
	unsigned long orig_ax;
	unsigned long ip, cs, flags, sp, ss;
};

static_assert(sizeof(struct pt_regs) == sizeof(struct hc_frame));
#define ASSERT_PLACE(name) \
	static_assert(offsetof(struct pt_regs, name) == offsetof(struct hc_frame, name))
ASSERT_PLACE(r15); ASSERT_PLACE(r14); ASSERT_PLACE(r13); ASSERT_PLACE(r12); ASSERT_PLACE(bp);
ASSERT_PLACE(bx); ASSERT_PLACE(r11); ASSERT_PLACE(r10); ASSERT_PLACE(r9); ASSERT_PLACE(r8);
ASSERT_PLACE(ax); ASSERT_PLACE(cx); ASSERT_PLACE(dx); ASSERT_PLACE(si); ASSERT_PLACE(di);
ASSERT_PLACE(orig_ax); ASSERT_PLACE(ip); ASSERT_PLACE(cs); ASSERT_PLACE(flags); ASSERT_PLACE(sp);
ASSERT_PLACE(ss);
#undef ASSERT_PLACE

#define user_mode(regs)			((regs)->cs != HC_CS_DONOR)
#define instruction_pointer(regs)	((regs)->ip)
#define user_stack_pointer(regs)	((regs)->sp)
#define kernel_stack_pointer(regs)	((regs)->sp)
#define profile_pc(regs)		((regs)->ip)
#define GET_USP(regs)			((regs)->sp)
#define current_pt_regs()		task_pt_regs(current)

static inline bool regs_irqs_disabled(struct pt_regs *regs)
{
	return !(regs->flags & HC_IRQ_FLAG);
}

static inline unsigned long regs_return_value(struct pt_regs *regs) { return regs->ax; }
static inline void regs_set_return_value(struct pt_regs *regs, unsigned long value)
{
	regs->ax = value;
}

/* ptrace(2)'s single steps are the CPU's trap flag. */
#define arch_has_single_step()	(1)

/* To be called by whoever changes any register but ax of a program: see struct hc_frame. */
static inline void pt_regs_changed(struct pt_regs *regs) { regs->cs = HC_CS_PROGRAM; }

#endif
#endif

// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The Haunch authors
/*
 * Signals, with x86-64's frame: the ucontext (which libcs and debuggers know), siginfo, and above
 * them the FPU state as XSAVE leaves it (asm/sigcontext.h).
 */
#include <linux/entry-common.h>
#include <linux/pagemap.h>
#include <linux/ptrace.h>
#include <linux/sched/signal.h>
#include <linux/sched/task_stack.h>
#include <linux/signal.h>
#include <linux/syscalls.h>
#include <linux/uaccess.h>
#include <asm/processor-flags.h>
#include <asm/syscall.h>
#include "arch/x86/include/uapi/asm/ucontext.h"
#include "haunch.h"

#define RED_ZONE	128		/* System V ABI, x86-64, 3.2.2 */
/* What sigreturn may set, as on x86. */
#define FLAGS_OF_PROGRAM	(X86_EFLAGS_AC | X86_EFLAGS_RF | X86_EFLAGS_OF | X86_EFLAGS_DF | \
				 X86_EFLAGS_TF | X86_EFLAGS_SF | X86_EFLAGS_ZF | X86_EFLAGS_AF | \
				 X86_EFLAGS_PF | X86_EFLAGS_CF)

struct rt_sigframe {
	void __user *restorer;
	struct ucontext uc;
	struct siginfo info;
};

/* The software-defined bytes of the FXSAVE area, which tell that XSAVE state follows. */
static int put_fpu(void __user *to)
{
	struct _fpstate *state = current->thread.fpu;
	unsigned long size = hc_fpu_size();
	struct _fpx_sw_bytes marks = {
		.magic1 = FP_XSTATE_MAGIC1,
		.extended_size = size + FP_XSTATE_MAGIC2_SIZE,
		.xfeatures = hc_fpu_features(),
		.xstate_size = size,
	};

	fpu_save(current);
	if (copy_to_user(to, state, size))
		return -EFAULT;
	if (!marks.xfeatures)
		return 0;
	if (copy_to_user(&((struct _fpstate __user *)to)->sw_reserved, &marks, sizeof(marks)) ||
	    put_user(FP_XSTATE_MAGIC2, (u32 __user *)(to + size)))
		return -EFAULT;
	return 0;
}

static int get_fpu(void __user *from)
{
	if (!from) {
		fpu_reset_current();
		return 0;
	}
	if (!access_ok(from, hc_fpu_size()))
		return -EFAULT;
	/* Nobody else may run, and have this program's state saved, between the copy and its use. */
	for (;;) {
		unsigned long left;

		pagefault_disable();
		left = __copy_from_user_inatomic(current->thread.fpu, from, hc_fpu_size());
		pagefault_enable();
		if (!left)
			return fpu_restore_current();
		/* What was copied of it is not what is in the CPU. */
		if (fault_in_readable(from, hc_fpu_size())) {
			fpu_reset_current();
			return -EFAULT;
		}
	}
}

unsigned long signal_frame_size(void)
{
	return sizeof(struct rt_sigframe) + hc_fpu_size() + FP_XSTATE_MAGIC2_SIZE + 64 + 16;
}

/* The registers of a sigcontext in the order of pt_regs' fields. */
#define FOR_EACH_REGISTER(apply)						\
	apply(r8) apply(r9) apply(r10) apply(r11) apply(r12) apply(r13) apply(r14)	\
	apply(r15) apply(di) apply(si) apply(bp) apply(bx) apply(dx) apply(ax) apply(cx) apply(sp) apply(ip)

static int put_registers(struct sigcontext __user *to, const struct pt_regs *regs,
			 unsigned long mask)
{
	struct sigcontext context = {
		.flags = regs->flags,
		.cs = HC_CS_PROGRAM,
		.ss = HC_SS_PROGRAM,
		.err = current->thread.error,
		.trapno = current->thread.trap,
		.cr2 = current->thread.address,
		.oldmask = mask,
	};

#define PUT(name) context.name = regs->name;
	FOR_EACH_REGISTER(PUT)
#undef PUT
	return copy_to_user(to, &context, offsetof(struct sigcontext, fpstate));
}

SYSCALL_DEFINE0(rt_sigreturn)
{
	struct pt_regs *regs = current_pt_regs();
	struct rt_sigframe __user *frame = (void __user *)(regs->sp - sizeof(long));
	struct sigcontext context;
	sigset_t set;

	current->restart_block.fn = do_no_restart_syscall;
	if (copy_from_user(&context, &frame->uc.uc_mcontext, sizeof(context)) ||
	    copy_from_user(&set, &frame->uc.uc_sigmask, sizeof(set)))
		goto bad;
	set_current_blocked(&set);
#define GET(name) regs->name = context.name;
	FOR_EACH_REGISTER(GET)
#undef GET
	regs->flags = (context.flags & FLAGS_OF_PROGRAM) | HC_IRQ_FLAG | 2;
	regs->orig_ax = -1;
	pt_regs_changed(regs);
	if (get_fpu((void __user *)context.fpstate) || restore_altstack(&frame->uc.uc_stack))
		goto bad;
	return regs->ax;
bad:
	force_sig(SIGSEGV);
	return 0;
}

static int setup_frame(struct ksignal *signal, sigset_t *set, struct pt_regs *regs)
{
	unsigned long size = hc_fpu_size() + FP_XSTATE_MAGIC2_SIZE, sp, fpu;
	struct rt_sigframe __user *frame;
	bool alternate;

	sp = sigsp(regs->sp, signal);
	alternate = sp != regs->sp || on_sig_stack(sp);
	if (sp == regs->sp)
		sp -= RED_ZONE;
	fpu = round_down(sp - size, 64);
	frame = (void __user *)(round_down(fpu - sizeof(*frame), 16) - sizeof(long));

	/* The alternate stack is too small: better a clean death than memory overwritten. */
	if (alternate && !__on_sig_stack((unsigned long)frame))
		return -EFAULT;
	if (!access_ok(frame, sp - (unsigned long)frame) || put_fpu((void __user *)fpu) ||
	    put_registers(&frame->uc.uc_mcontext, regs, set->sig[0]) ||
	    put_user(fpu, (u64 __user *)&frame->uc.uc_mcontext.fpstate) ||
	    clear_user(&frame->uc.uc_mcontext.reserved1, sizeof(frame->uc.uc_mcontext.reserved1)) ||
	    put_user(hc_fpu_features() ? UC_FP_XSTATE : 0ul, &frame->uc.uc_flags) ||
	    put_user(NULL, &frame->uc.uc_link) ||
	    __save_altstack(&frame->uc.uc_stack, regs->sp) ||
	    copy_to_user(&frame->uc.uc_sigmask, set, sizeof(*set)) ||
	    copy_siginfo_to_user(&frame->info, &signal->info) ||
	    !(signal->ka.sa.sa_flags & SA_RESTORER) ||
	    put_user((void __user *)signal->ka.sa.sa_restorer, &frame->restorer))
		return -EFAULT;

	regs->di = signal->sig;
	regs->si = (unsigned long)&frame->info;
	regs->dx = (unsigned long)&frame->uc;
	regs->ax = 0;
	regs->sp = (unsigned long)frame;
	regs->ip = (unsigned long)signal->ka.sa.sa_handler;
	/* The ABI's state at a function's entry. */
	regs->flags &= ~(unsigned long)(X86_EFLAGS_DF | X86_EFLAGS_TF | X86_EFLAGS_RF);
	pt_regs_changed(regs);
	return 0;
}

/* A system call that a signal interrupted is made again, or fails with EINTR. */
static void restart_call(struct pt_regs *regs, const struct k_sigaction *action)
{
	bool again = !action;

	if ((int)regs->orig_ax == -1)
		return;
	switch ((long)regs->ax) {
	case -ERESTART_RESTARTBLOCK:
	case -ERESTARTNOHAND:
		break;
	case -ERESTARTSYS:
		again |= action && action->sa.sa_flags & SA_RESTART;
		break;
	case -ERESTARTNOINTR:
		again = true;
		break;
	default:
		return;
	}
	if (!again) {
		regs->ax = -EINTR;
		return;
	}
	regs->ax = regs->ax == -ERESTART_RESTARTBLOCK ? __NR_restart_syscall : regs->orig_ax;
	regs->ip -= 2;	/* the length of `syscall` */
	pt_regs_changed(regs);
}

void arch_do_signal_or_restart(struct pt_regs *regs)
{
	struct ksignal signal;

	if (get_signal(&signal)) {
		/* A debugger steps into the handler, not through it by the flags that it has saved. */
		bool stepping = test_thread_flag(TIF_SINGLESTEP);

		restart_call(regs, &signal.ka);
		if (stepping)
			user_disable_single_step(current);
		signal_setup_done(setup_frame(&signal, sigmask_to_save(), regs), &signal, stepping);
		return;
	}
	restart_call(regs, NULL);
	restore_saved_sigmask();
}

// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * signals.c - signals: sent by the program to itself, by timers, by faults, by the kernel (SIGPIPE)
 * and by the machine's power button.
 *
 * They are taken on the way back to the program, from a call or an interrupt.  The frame that a
 * handler finds on the program's stack is that of Linux on x86-64 (its
 * arch/x86/include/uapi/asm/sigcontext.h).
 */
#include "donor.h"

#include <asm/signal.h>
#include <asm/siginfo.h>
#include <asm/sigcontext.h>
#include <asm/ucontext.h>

#define LAST_SIGNAL		64
#define BIT(number) (1ul << ((number)-1))
#define UNBLOCKABLE		(BIT(SIGKILL) | BIT(SIGSTOP))
#define RED_ZONE		128
#define FPU_ALIGN		64

/* Of the flags a handler's frame may set: not those by which a program would rule the machine. */
#define USER_FLAGS		0xcd5ul		/* CF, PF, AF, ZF, SF, DF, OF; TF is bit 8, which is not */

/* Where struct hc_frame has the registers that struct sigcontext begins with: r8 to r15, di, si... */
#define AT(register)		(offsetof(struct hc_frame, register) / sizeof(long))
static const unsigned char registers[] = { AT(r8),  AT(r9),  AT(r10), AT(r11), AT(r12), AT(r13),
					   AT(r14), AT(r15), AT(di),  AT(si),  AT(bp),	AT(bx),
					   AT(dx),  AT(ax),  AT(cx),  AT(sp),  AT(ip) };

_Static_assert(offsetof(struct sigcontext, r15) == 7 * 8 &&
		       offsetof(struct sigcontext, rip) == 16 * 8,
	       "struct sigcontext begins with these registers");

struct signal_frame {
	void *restorer;
	struct ucontext context;
	struct siginfo info;
};

static struct sigaction actions[LAST_SIGNAL + 1];
static unsigned long shared;		/* pending, for whichever task comes first */
static struct queue paused;

/* What was said of the last one of each number; they are not queued. */
static struct {
	int code;
	unsigned long value;		/* an address, of a fault; else of sigqueue() */
} said[LAST_SIGNAL + 1];

static bool is_ignored(int number)
{
	const unsigned long none = BIT(SIGCHLD) | BIT(SIGCONT) | BIT(SIGURG) | BIT(SIGWINCH) |
				   BIT(SIGSTOP) | BIT(SIGTSTP) | BIT(SIGTTIN) | BIT(SIGTTOU);

	if (actions[number].sa_handler == SIG_IGN)
		return true;
	/* There is nobody who could have the program go on after a stop. */
	return actions[number].sa_handler == SIG_DFL && none & BIT(number);
}

static unsigned long deliverable(const struct task *task)
{
	return (task->pending | shared) & ~task->mask;
}

bool signal_waits(void)
{
	struct task *task = current_task();

	return task && deliverable(task);
}

void signal_send(struct task *task, int number, int code, unsigned long value)
{
	bool blocked = true;

	for (struct task *t = tasks; t; t = t->next)
		blocked = blocked && ((task && t != task) || t->mask & BIT(number));
	if (is_ignored(number) && !blocked)
		return;
	*(task ? &task->pending : &shared) |= BIT(number);
	said[number].code = code;
	said[number].value = value;
	for (struct task *t = tasks; t; t = t->next)
		if ((!task || t == task) && !(t->mask & BIT(number))) {
			thread_interrupt(t->thread);
			service_wake();
			break;
		}
}

void signal_of_kernel(int number)
{
	/* NetBSD's SIGURG and SIGIO; SIGPIPE has one number. */
	signal_send(current_task(),
		    number == 16 ? SIGURG :
		    number == 23 ? SIGIO :
				   number,
		    SI_KERNEL, 0);
}

static void __dead die(int number)
{
	/* clang-format off */
	static const char *const names[] = {
		[SIGHUP] = "Hangup", "Interrupt", "Quit", "Illegal instruction",
		"Trace/breakpoint trap", "Aborted", "Bus error", "Arithmetic exception", "Killed",
		"User defined signal 1", "Segmentation fault", "User defined signal 2",
		"Broken pipe", "Alarm clock", "Terminated"
	};
	/* clang-format on */
	const char *name = (size_t)number < ARRAY_SIZE(names) ? names[number] : NULL;

	program_killed(name ? name : "it ends by a signal", number);
}

void signal_end(void)
{
	for (struct task *t = tasks; t; t = t->next)
		for (unsigned long waiting = deliverable(t); waiting; waiting &= waiting - 1) {
			int number = __builtin_ctzl(waiting) + 1;

			if (actions[number].sa_handler == SIG_DFL && !is_ignored(number))
				die(number);
		}
}

/* The task takes it: what is to be known of it. */
static void receive(struct task *task, int number, struct siginfo *info)
{
	task->pending &= ~BIT(number);
	shared &= ~BIT(number);
	memset(info, 0, sizeof(*info));
	info->si_signo = number;
	info->si_code = said[number].code;
	if (info->si_code > 0 && info->si_code != SI_KERNEL) {
		info->si_addr = (void *)said[number].value;
		return;
	}
	info->si_pid = process_number;
	info->si_ptr = (void *)said[number].value;
}

static void push(struct hc_frame *frame, const struct siginfo *info, unsigned long old_mask)
{
	int number = info->si_signo;
	const struct sigaction *action = &actions[number];
	struct task *task = current_task();
	unsigned long sp = frame->sp - RED_ZONE, fpu;
	struct signal_frame *s;
	struct sigcontext *m;
	bool on_stack = sp - W(task->stack) < task->stack_size;

	if (action->sa_flags & SA_ONSTACK && task->stack_size && !on_stack)
		sp = W(task->stack) + task->stack_size;
	fpu = (sp - hc_fpu_size()) & -(unsigned long)FPU_ALIGN;
	sp = ((fpu - sizeof(*s)) & ~15ul) - 8;
	/* A stack that cannot take it ends the program, as on Linux. */
	if (!memory_page((void *)sp) || !memory_page((void *)(fpu + hc_fpu_size() - 1)) ||
	    !(*memory_page((void *)sp) & HC_PROT_WRITE))
		die(SIGSEGV);
	hc_fpu_save((void *)fpu);
	s = (struct signal_frame *)sp;
	memset(s, 0, sizeof(*s));
	s->restorer = (void *)action->sa_restorer;
	s->context.uc_stack.ss_sp = task->stack;
	s->context.uc_stack.ss_size = task->stack_size;
	s->context.uc_stack.ss_flags =
		!task->stack_size ? 2 : on_stack; /* SS_DISABLE, SS_ONSTACK */
	memcpy(&s->context.uc_sigmask, &old_mask, sizeof(old_mask));
	m = &s->context.uc_mcontext;
	for (size_t i = 0; i < ARRAY_SIZE(registers); i++)
		((unsigned long *)m)[i] = ((unsigned long *)frame)[registers[i]];
	m->eflags = frame->flags;
	m->cs = HC_CS_PROGRAM;
	m->ss = HC_SS_PROGRAM;
	m->cr2 = said[number].value;
	m->fpstate = (void *)fpu;
	s->info = *info;

	frame->sp = sp;
	frame->ip = W(action->sa_handler);
	frame->di = (unsigned long)number;
	frame->si = W(&s->info);
	frame->dx = W(&s->context);
	frame->ax = 0;
	frame->cs = HC_CS_PROGRAM;
	frame->flags &= ~0x500ul;	/* DF, TF */
}

void signal_deliver(struct hc_frame *frame, unsigned long *result)
{
	struct task *task = current_task();
	unsigned long waiting, old_mask;

	while ((waiting = deliverable(task))) {
		int number = __builtin_ctzl(waiting) + 1;
		struct sigaction *action = &actions[number];
		struct siginfo info;

		receive(task, number, &info);
		if (is_ignored(number))
			continue;
		if (action->sa_handler == SIG_DFL)
			die(number);
		if (result)
			frame->ax = *result;
		old_mask = task->restore_mask ? task->saved_mask : task->mask;
		task->restore_mask = false;
		push(frame, &info, old_mask);
		memcpy(&waiting, &action->sa_mask, sizeof(waiting));
		task->mask |= waiting & ~UNBLOCKABLE;
		if (!(action->sa_flags & SA_NODEFER))
			task->mask |= BIT(number);
		if (action->sa_flags & SA_RESETHAND)
			action->sa_handler = SIG_DFL;
		if (result)
			*result = frame->ax;
		result = NULL;
	}
	if (task->restore_mask) {
		task->mask = task->saved_mask;
		task->restore_mask = false;
	}
}

long call_rt_sigreturn(const unsigned long *a)
{
	struct hc_frame *frame = thread_frame(running);
	/* The handler's return took the restorer's address. */
	struct signal_frame *s = (struct signal_frame *)(frame->sp - sizeof(s->restorer));
	const struct sigcontext *m = &s->context.uc_mcontext;
	struct task *task = current_task();

	for (size_t i = 0; i < ARRAY_SIZE(registers); i++)
		((unsigned long *)frame)[registers[i]] = ((const unsigned long *)m)[i];
	frame->flags = (frame->flags & ~USER_FLAGS) | (m->eflags & USER_FLAGS);
	frame->cs = HC_CS_PROGRAM;
	memcpy(&task->mask, &s->context.uc_sigmask, sizeof(task->mask));
	task->mask &= ~UNBLOCKABLE;
	if (m->fpstate)
		hc_fpu_restore((const void *)m->fpstate);
	return (long)frame->ax;
}

void signal_exception(unsigned int vector, unsigned long error, unsigned long address,
		      struct hc_frame *frame)
{
	static const struct {
		int number, code;
	} signals[] = { [0] = { SIGFPE, FPE_INTDIV },	 [1] = { SIGTRAP, TRAP_TRACE },
			[3] = { SIGTRAP, SI_KERNEL },	 [4] = { SIGSEGV, SI_KERNEL },
			[5] = { SIGSEGV, SI_KERNEL },	 [6] = { SIGILL, ILL_ILLOPN },
			[12] = { SIGBUS, SI_KERNEL },	 [13] = { SIGSEGV, SI_KERNEL },
			[14] = { SIGSEGV, SEGV_MAPERR }, [16] = { SIGFPE, FPE_FLTINV },
			[17] = { SIGBUS, BUS_ADRALN },	 [19] = { SIGFPE, FPE_FLTINV } };
	struct task *task = current_task();
	int number = SIGSEGV, code = SI_KERNEL;

	if (vector < ARRAY_SIZE(signals) && signals[vector].number) {
		number = signals[vector].number;
		code = signals[vector].code;
	}
	if (vector == 14 && memory_page((const void *)address))
		code = SEGV_ACCERR;
	/* A fault that is blocked or ignored would happen again at once. */
	if (task->mask & BIT(number) || actions[number].sa_handler == SIG_IGN) {
		actions[number].sa_handler = SIG_DFL;
		task->mask &= ~BIT(number);
	}
	signal_send(task, number, code, vector == 14 ? address : frame->ip);
	signal_deliver(frame, NULL);
}

long call_rt_sigaction(const unsigned long *a)
{
	const struct sigaction *new = (const struct sigaction *)a[1];
	struct sigaction *old = (struct sigaction *)a[2], was;

	if (a[3] != sizeof(unsigned long) || !a[0] || a[0] > LAST_SIGNAL)
		return -EINVAL;
	if (new &&UNBLOCKABLE & BIT(a[0]))
		return -EINVAL;
	was = actions[a[0]];
	if (new) {
		actions[a[0]] = *new;
		if (is_ignored((int)a[0])) {
			shared &= ~BIT(a[0]);
			for (struct task *t = tasks; t; t = t->next)
				t->pending &= ~BIT(a[0]);
		}
	}
	if (old)
		*old = was;
	return 0;
}

long call_rt_sigprocmask(const unsigned long *a)
{
	struct task *task = current_task();
	const unsigned long *set = (const unsigned long *)a[1];
	unsigned long *old = (unsigned long *)a[2], was = task->mask;

	if (a[3] != sizeof(*set))
		return -EINVAL;
	if (set && a[0] == SIG_BLOCK)
		task->mask |= *set & ~UNBLOCKABLE;
	else if (set && a[0] == SIG_UNBLOCK)
		task->mask &= ~*set;
	else if (set && a[0] == SIG_SETMASK)
		task->mask = *set & ~UNBLOCKABLE;
	else if (set)
		return -EINVAL;
	if (old)
		*old = was;
	return 0;
}

unsigned long signal_mask_set(const unsigned long *mask)
{
	struct task *task = current_task();
	unsigned long old = task->mask;

	if (mask)
		task->mask = *mask & ~UNBLOCKABLE;
	return old;
}

/* A handler runs with the mask of the call, and the old one is there when it has returned. */
void signal_mask_restore(const unsigned long *mask, unsigned long old, bool interrupted)
{
	struct task *task = current_task();

	if (!mask)
		return;
	if (interrupted) {
		task->saved_mask = old;
		task->restore_mask = true;
	} else {
		task->mask = old;
	}
}

long call_rt_sigpending(const unsigned long *a)
{
	struct task *task = current_task();

	*(unsigned long *)a[0] = (task->pending | shared) & task->mask;
	return 0;
}

bool pause_until(unsigned long deadline)
{
	if (!paused.tail)
		queue_init(&paused);
	return signal_waits() || block_for(&paused, deadline, 0) == INTERRUPTED;
}

long call_rt_sigsuspend(const unsigned long *a)
{
	const unsigned long *mask = (const unsigned long *)a[0];
	unsigned long old = signal_mask_set(mask);

	pause_until(FOREVER);
	signal_mask_restore(mask, old, true);
	return -EINTR;
}

long call_rt_sigtimedwait(const unsigned long *a)
{
	const unsigned long *set = (const unsigned long *)a[0];
	struct task *task = current_task();
	unsigned long deadline, old = task->mask, got;
	struct siginfo info;
	bool signal;

	if (!deadline_of((const struct __kernel_timespec *)a[2], &deadline))
		return -EINVAL;
	/* So that they wake us. */
	task->mask &= ~*set;
	signal = pause_until(deadline);
	got = deliverable(task) & *set;
	task->mask = old;
	if (!got)
		return signal ? -EINTR : -EAGAIN;
	receive(task, __builtin_ctzl(got) + 1, &info);
	if (a[1])
		*(struct siginfo *)a[1] = info;
	return info.si_signo;
}

long call_sigaltstack(const unsigned long *a)
{
	const stack_t *new = (const stack_t *)a[0];
	stack_t *old = (stack_t *)a[1];
	struct task *task = current_task();
	bool on_it = thread_frame(running)->sp - W(task->stack) < task->stack_size;

	if (old) {
		old->ss_sp = task->stack;
		old->ss_size = task->stack_size;
		old->ss_flags = !task->stack_size ? 2 : on_it;
	}
	if (!new)
		return 0;
	if (on_it)
		return -EPERM;
	if (!(new->ss_flags & 2) && new->ss_size < 2048)
		return -ENOMEM;
	task->stack = new->ss_flags & 2 ? NULL : new->ss_sp;
	task->stack_size = new->ss_flags & 2 ? 0 : new->ss_size;
	return 0;
}

static long send(bool there, struct task *task, unsigned long number, int code)
{
	if (number > LAST_SIGNAL)
		return -EINVAL;
	if (there && number)
		signal_send(task, (int)number, code, 0);
	return there ? 0 : -ESRCH;
}

/* To the one process there is, or its group. */
long call_kill(const unsigned long *a)
{
	int to = (int)a[0];

	return send(to == process_number || to == 0 || to == -1, NULL, a[1], SI_USER);
}

long call_tgkill(const unsigned long *a)
{
	struct task *t = tasks;

	while (t && t->number != (int)a[1])
		t = t->next;
	return send(t && (int)a[0] == process_number, t, a[2], SI_TKILL);
}

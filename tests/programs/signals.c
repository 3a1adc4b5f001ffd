/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * signals.c - handlers, what SA_SIGINFO tells, alternate stacks, restarting, nesting, queueing,
 * signalfd, and that a handler leaves no trace in the code it interrupted.
 */
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/signalfd.h>
#include <sys/time.h>
#include <time.h>
#include <ucontext.h>
#include <unistd.h>

#include "check.h"

static volatile sig_atomic_t caught, depth, deepest, on_stack;
static siginfo_t info;
static char *alternate;
static size_t alternate_size = 65536;
static sigjmp_buf jump;
static int order[64], n_order;

static void handle(int signal, void (*handler)(int, siginfo_t *, void *), int flags)
{
	struct sigaction action = { .sa_sigaction = handler, .sa_flags = SA_SIGINFO | flags };

	sigemptyset(&action.sa_mask);
	sigaction(signal, &action, NULL);
}

static void note(int signal, siginfo_t *what, void *context)
{
	(void)signal;
	(void)context;
	caught++;
	info = *what;
}

static void note_order(int signal, siginfo_t *what, void *context)
{
	(void)signal;
	(void)context;
	order[n_order++] = what->si_value.sival_int;
}

static void nest(int signal, siginfo_t *what, void *context)
{
	(void)what;
	(void)context;
	if (++depth > deepest)
		deepest = depth;
	if (signal == SIGUSR1)
		raise(SIGUSR2);
	depth--;
}

static void where(int signal, siginfo_t *what, void *context)
{
	char here;

	(void)signal;
	(void)what;
	(void)context;
	on_stack = &here >= alternate && &here < alternate + alternate_size;
}

static void skip(int signal, siginfo_t *what, void *context)
{
	(void)signal;
	(void)context;
	info = *what;
	siglongjmp(jump, 1);
}

/* Change every register that a handler may change; the interrupted code must not notice. */
static void spoil(int signal, siginfo_t *what, void *context)
{
	(void)signal;
	(void)what;
	(void)context;
	__asm__ volatile("pcmpeqd %%xmm0, %%xmm0\n\tmovdqa %%xmm0, %%xmm1\n\t"
			 "movdqa %%xmm0, %%xmm7\n\tmovdqa %%xmm0, %%xmm15\n\t"
			 "fninit\n\tfldz\n\t"
			 "mov $-1, %%eax\n\tmov $-1, %%ecx\n\tmov $-1, %%edx\n\t"
			 "mov $-1, %%r8\n\tmov $-1, %%r9\n\tmov $-1, %%r10\n\tmov $-1, %%r11" ::
				 : "xmm0", "xmm1", "xmm7", "xmm15", "rax", "rcx", "rdx", "r8", "r9",
				   "r10", "r11", "memory");
	caught++;
}

/*
 * Run until 20 timer signals have come, with known values in registers, the x87 stack and the red
 * zone; returns how many times one was found changed.
 */
static long hold_still(void)
{
	long changed = 0;

	while (caught < 20) {
		unsigned long wrong;

		__asm__ volatile(
			"movq $0x1122334455667788, %%rax\n\t"
			"movq %%rax, %%xmm0\n\tmovq %%rax, %%xmm7\n\tmovq %%rax, %%xmm15\n\t"
			"movq %%rax, -8(%%rsp)\n\tmovq %%rax, -128(%%rsp)\n\t"
			"fldpi\n\t"
			"movq %%rax, %%r8\n\tmovq %%rax, %%r9\n\tmovq %%rax, %%r10\n\t"
			"movq %%rax, %%r11\n\tmovq %%rax, %%rdx\n\t"
			"movl $2000, %%ecx\n"
			"1:\tdecl %%ecx\n\tjnz 1b\n\t"
			"xorl %%esi, %%esi\n\t"
			"cmpq %%rax, -8(%%rsp)\n\tjne 2f\n\t"
			"cmpq %%rax, -128(%%rsp)\n\tjne 2f\n\t"
			"cmpq %%rax, %%r8\n\tjne 2f\n\tcmpq %%rax, %%r9\n\tjne 2f\n\t"
			"cmpq %%rax, %%r10\n\tjne 2f\n\tcmpq %%rax, %%r11\n\tjne 2f\n\t"
			"cmpq %%rax, %%rdx\n\tjne 2f\n\t"
			"movq %%xmm0, %%rdi\n\tcmpq %%rax, %%rdi\n\tjne 2f\n\t"
			"movq %%xmm7, %%rdi\n\tcmpq %%rax, %%rdi\n\tjne 2f\n\t"
			"movq %%xmm15, %%rdi\n\tcmpq %%rax, %%rdi\n\tjne 2f\n\t"
			"fldpi\n\tfcomip %%st(1), %%st\n\tjne 2f\n\t"
			"jmp 3f\n"
			"2:\tincl %%esi\n"
			"3:\tfstp %%st(0)\n\t"
			: "=&S"(wrong)::"rax", "rcx", "rdx", "rdi", "r8", "r9", "r10", "r11",
			  "xmm0", "xmm7", "xmm15", "st", "memory", "cc");
		changed += wrong;
	}
	return changed;
}

static void *read_later(void *fd)
{
	struct timespec pause_time = { .tv_nsec = 30000000 };

	nanosleep(&pause_time, NULL);
	kill(getpid(), SIGUSR1);
	nanosleep(&pause_time, NULL);
	if (write(*(int *)fd, "x", 1) != 1)
		return NULL;
	return fd;
}

/* Read from a pipe that gets a byte only after a signal came; the result of read(). */
static int interrupted_read(int flags)
{
	pthread_t thread;
	sigset_t set;
	char byte;
	int fds[2], result;

	handle(SIGUSR1, note, flags);
	if (pipe(fds))
		return -2;
	/* The signal must hit this thread. */
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	pthread_create(&thread, NULL, read_later, &fds[1]);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL);
	result = (int)read(fds[0], &byte, 1);
	if (result < 0)
		result = -errno;
	pthread_join(thread, NULL);
	close(fds[0]);
	close(fds[1]);
	return result;
}

int main(void)
{
	struct itimerval often = { { 0, 1000 }, { 0, 1000 } }, never = { { 0, 0 }, { 0, 0 } };
	struct signalfd_siginfo fd_info;
	stack_t stack = { .ss_size = alternate_size };
	sigset_t set, pending;
	volatile int *bad;
	union sigval value;
	volatile int zero = 0, quotient = 0;
	int fd, result;
	long changed;

	handle(SIGUSR1, note, 0);
	kill(getpid(), SIGUSR1);
	CHECK(caught == 1, "kill() runs the handler");
	CHECK(info.si_signo == SIGUSR1 && info.si_code == SI_USER && info.si_pid == getpid() &&
		      info.si_uid == getuid(),
	      "SA_SIGINFO tells who sent it");
	value.sival_int = 42;
	sigqueue(getpid(), SIGUSR1, value);
	CHECK(caught == 2 && info.si_code == SI_QUEUE && info.si_value.sival_int == 42,
	      "sigqueue() carries a value");
	raise(SIGUSR1);
	CHECK(caught == 3 && info.si_code == SI_TKILL, "raise()");

	handle(SIGUSR1, nest, 0);
	handle(SIGUSR2, nest, 0);
	raise(SIGUSR1);
	CHECK(deepest == 2 && depth == 0, "handlers nest");

	sigemptyset(&set);
	sigaddset(&set, SIGRTMIN);
	sigaddset(&set, SIGUSR1);
	handle(SIGRTMIN, note_order, 0);
	handle(SIGUSR1, note, 0);
	sigprocmask(SIG_BLOCK, &set, NULL);
	for (value.sival_int = 0; value.sival_int < 10; value.sival_int++)
		sigqueue(getpid(), SIGRTMIN, value);
	caught = 0;
	kill(getpid(), SIGUSR1);
	kill(getpid(), SIGUSR1);
	sigpending(&pending);
	CHECK(n_order == 0 && sigismember(&pending, SIGRTMIN), "blocked signals are pending");
	sigprocmask(SIG_UNBLOCK, &set, NULL);
	result = n_order == 10;
	for (int i = 0; i < n_order; i++)
		result &= order[i] == i;
	CHECK(result, "real-time signals come in order and none is lost");
	CHECK(caught == 1, "an ordinary signal is pending once");

	stack.ss_sp = alternate = malloc(alternate_size);
	CHECK(!sigaltstack(&stack, NULL), "sigaltstack()");
	handle(SIGUSR1, where, SA_ONSTACK);
	raise(SIGUSR1);
	CHECK(on_stack, "the handler ran on the alternate stack");
	handle(SIGUSR1, where, 0);
	raise(SIGUSR1);
	CHECK(!on_stack, "and without SA_ONSTACK on the ordinary one");

	handle(SIGALRM, spoil, 0);
	caught = 0;
	setitimer(ITIMER_REAL, &often, NULL);
	changed = hold_still();
	setitimer(ITIMER_REAL, &never, NULL);
	CHECK(changed == 0, "20 handlers left registers, x87, SSE and red zone alone");

	CHECK(interrupted_read(0) == -EINTR, "read() is interrupted");
	CHECK(interrupted_read(SA_RESTART) == 1, "with SA_RESTART it goes on");

	bad = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	munmap((void *)bad, 4096);
	handle(SIGSEGV, skip, SA_ONSTACK);
	bad = (int *)16;
	for (int i = 0; i < 3; i++) {
		memset(&info, 0, sizeof(info));
		if (!sigsetjmp(jump, 1))
			*bad = 1;
		CHECK(info.si_signo == SIGSEGV && info.si_code == SEGV_MAPERR &&
			      info.si_addr == (void *)16,
		      "SIGSEGV tells the address of a bad write");
	}
	if (!sigsetjmp(jump, 1))
		(void)*(volatile int *)0x7ffffffff000;
	CHECK(info.si_addr == (void *)0x7ffffffff000, "and of a bad read");
	handle(SIGFPE, skip, 0);
	if (!sigsetjmp(jump, 1))
		quotient = 100 / zero;
	CHECK(info.si_signo == SIGFPE && info.si_code == FPE_INTDIV && !quotient,
	      "SIGFPE: division by zero");
	handle(SIGILL, skip, 0);
	if (!sigsetjmp(jump, 1))
		__asm__ volatile("ud2");
	CHECK(info.si_signo == SIGILL && info.si_code == ILL_ILLOPN,
	      "SIGILL: an illegal instruction");
	handle(SIGTRAP, note, 0);
	caught = 0;
	__asm__ volatile("int3");
	CHECK(caught == 1 && info.si_signo == SIGTRAP, "SIGTRAP: a breakpoint");

	sigemptyset(&set);
	sigaddset(&set, SIGUSR2);
	sigprocmask(SIG_BLOCK, &set, NULL);
	fd = signalfd(-1, &set, SFD_NONBLOCK);
	CHECK(read(fd, &fd_info, sizeof(fd_info)) < 0 && errno == EAGAIN, "signalfd has nothing");
	value.sival_int = 99;
	sigqueue(getpid(), SIGUSR2, value);
	CHECK(read(fd, &fd_info, sizeof(fd_info)) == sizeof(fd_info) &&
		      fd_info.ssi_signo == SIGUSR2 && fd_info.ssi_int == 99,
	      "signalfd has the signal");
	close(fd);
	kill(getpid(), SIGUSR2);
	CHECK(sigwaitinfo(&set, &info) == SIGUSR2, "sigwaitinfo()");
	sigemptyset(&pending);
	CHECK(sigtimedwait(&set, &info, &(struct timespec){ .tv_nsec = 10000000 }) < 0 &&
		      errno == EAGAIN,
	      "sigtimedwait() times out");
	return CHECKS_STATUS();
}

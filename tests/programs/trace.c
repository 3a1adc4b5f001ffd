/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * trace.c - ptrace, as a debugger uses it on a child: memory, registers, breakpoints, single steps,
 * system calls.  What it tells of forks, ends and stops is in events.c.
 *
 * A few megabytes are enough.
 */
#include <elf.h>
#include <stddef.h>
#include <sys/ptrace.h>
#include <sys/uio.h>
#include <sys/user.h>

#include "help.h"

#define AT(name) ((void *)offsetof(struct user_regs_struct, name))

static volatile long data[4] = { 11, 22, 33, 44 };
static volatile int hits;
static struct user_regs_struct regs;

/* The status of a stop: its signal, minus that of an end, 100 + an exit status. */
static int stop_of(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		return -1000;
	if (WIFSTOPPED(status))
		return status >> 8;
	return WIFSIGNALED(status) ? -WTERMSIG(status) : 100 + WEXITSTATUS(status);
}

static long peek(pid_t pid, const volatile void *at)
{
	errno = 0;
	return ptrace(PTRACE_PEEKDATA, pid, (void *)at, NULL);
}

static int resume(int how, pid_t pid, int signal)
{
	if (ptrace(how, pid, NULL, (void *)(long)signal))
		return -2000;
	return stop_of(pid);
}

/* A traced child that has stopped itself, and does this then. */
static pid_t traced(int (*what)(void))
{
	pid_t pid = fork();

	if (pid == 0) {
		if (ptrace(PTRACE_TRACEME, 0, NULL, NULL))
			_exit(99);
		/* Not raise(): libraries block signals there. */
		kill(getpid(), SIGSTOP);
		_exit(what());
	}
	if (stop_of(pid) != SIGSTOP)
		printf("FAILED: a traced child\n");
	return pid;
}

static void finish(pid_t pid)
{
	kill(pid, SIGKILL);
	end_of(pid);
}

__attribute__((noinline)) static int target(int value)
{
	hits++;
	__asm__ volatile("" ::: "memory");
	return value + 1;
}

static int calls_target(void)
{
	return target(1) + target(2) + (int)data[1] + hits * 10;
}

static void memory(void)
{
	pid_t pid = traced(calls_target);
	void *code = (void *)(uintptr_t)target;
	long text, back;

	CHECK(peek(pid, &data[1]) == 22 && !errno, "PTRACE_PEEKDATA");
	CHECK(!ptrace(PTRACE_POKEDATA, pid, (void *)&data[1], (void *)30) &&
		      peek(pid, &data[1]) == 30 && data[1] == 22,
	      "PTRACE_POKEDATA changes the child only");
	CHECK(peek(pid, (volatile char *)data + 3) == 30L << 40, "it need not be aligned");
	CHECK(peek(pid, (void *)16) == -1 && errno == EIO, "what is not mapped: EIO");
	CHECK(ptrace(PTRACE_POKEDATA, pid, (void *)16, NULL) < 0 && errno == EIO, "EIO");

	/* A breakpoint in code, which nobody may write; the child's copy has it. */
	text = ptrace(PTRACE_PEEKTEXT, pid, code, NULL);
	back = (text & ~0xffL) | 0xcc;
	CHECK(!ptrace(PTRACE_POKETEXT, pid, code, (void *)back) &&
		      ptrace(PTRACE_PEEKTEXT, pid, code, NULL) == back,
	      "PTRACE_POKETEXT: a breakpoint");
	CHECK(*(volatile unsigned char *)code == (text & 0xff), "this process has none");
	for (int i = 1; i < 3; i++) {
		CHECK(resume(PTRACE_CONT, pid, 0) == SIGTRAP, "it is hit");
		ptrace(PTRACE_GETREGS, pid, NULL, &regs);
		CHECK(regs.rip == (uintptr_t)code + 1 && (int)regs.rdi == i, "behind it, call %d",
		      i);
		ptrace(PTRACE_POKETEXT, pid, code, (void *)text);
		regs.rip--;
		ptrace(PTRACE_SETREGS, pid, NULL, &regs);
		CHECK(resume(PTRACE_SINGLESTEP, pid, 0) == SIGTRAP, "stepped over");
		ptrace(PTRACE_POKETEXT, pid, code, (void *)back);
	}
	CHECK(resume(PTRACE_CONT, pid, 0) == 100 + 2 + 3 + 30 + 20, "it ends as it must");
	CHECK(peek(pid, data) == -1 && errno == ESRCH, "nobody: ESRCH");
}

/* Registers of known values, a stop, and what they are then as the exit status. */
static int known_registers(void)
{
	long rbx = 0x1111, r12 = 0x2222, result = 0x3333;
	double x = 1.5;

	__asm__ volatile("movq %[b], %%rbx\n\tmovq %[c], %%r12\n\tmovsd %[x], %%xmm3\n\t"
			 "int3\n\t"
			 "movq %%rbx, %[b]\n\tmovq %%r12, %[c]\n\tmovsd %%xmm3, %[x]"
			 : [b] "+m"(rbx), [c] "+m"(r12), [x] "+m"(x), "+a"(result)
			 :
			 : "rbx", "r12", "xmm3", "memory");
	return rbx == 0x4444 && r12 == 0x2223 && result == 0x5555 && x == 2.5 ? 7 : 8;
}

static void registers(void)
{
	struct user_fpregs_struct fp;
	struct iovec part = { &regs, sizeof(regs) };
	pid_t pid = traced(known_registers);
	double x = 0;

	CHECK(resume(PTRACE_CONT, pid, 0) == SIGTRAP, "a child with known registers");
	CHECK(!ptrace(PTRACE_GETREGS, pid, NULL, &regs) && regs.rbx == 0x1111 &&
		      regs.r12 == 0x2222 && regs.rax == 0x3333 && (long)regs.orig_rax == -1,
	      "PTRACE_GETREGS");
	CHECK((regs.cs & 3) == 3 && (regs.ss & 3) == 3 && (regs.eflags & 0x200) && regs.fs_base,
	      "segments and flags are a program's");
	regs.rbx = 0x4444;
	CHECK(!ptrace(PTRACE_SETREGS, pid, NULL, &regs), "PTRACE_SETREGS");
	memset(&regs, 0, sizeof(regs));
	CHECK(!ptrace(PTRACE_GETREGSET, pid, (void *)NT_PRSTATUS, &part) &&
		      part.iov_len == sizeof(regs) && regs.rbx == 0x4444,
	      "PTRACE_GETREGSET: NT_PRSTATUS");
	part.iov_len = 64;
	CHECK(!ptrace(PTRACE_GETREGSET, pid, (void *)NT_PRSTATUS, &part) && part.iov_len == 64,
	      "a part of it");
	part.iov_len = 10000;
	CHECK(!ptrace(PTRACE_GETREGSET, pid, (void *)NT_PRSTATUS, &part) &&
		      part.iov_len == sizeof(regs),
	      "never more than there is");
	regs.r12++;
	part.iov_len = sizeof(regs);
	CHECK(!ptrace(PTRACE_SETREGSET, pid, (void *)NT_PRSTATUS, &part), "PTRACE_SETREGSET");
	CHECK(ptrace(PTRACE_GETREGSET, pid, (void *)0x7777, &part) < 0 && errno == EINVAL,
	      "a set that does not exist: EINVAL");

	errno = 0;
	CHECK(ptrace(PTRACE_PEEKUSER, pid, AT(rax), NULL) == 0x3333 && !errno, "PTRACE_PEEKUSER");
	CHECK(!ptrace(PTRACE_POKEUSER, pid, AT(rax), (void *)0x5555), "PTRACE_POKEUSER");
	CHECK(ptrace(PTRACE_PEEKUSER, pid, (void *)3, NULL) == -1 && errno == EIO, "between: EIO");
	CHECK(ptrace(PTRACE_POKEUSER, pid, AT(cs), (void *)0) < 0 && errno == EIO,
	      "not the kernel's code segment: EIO");
	regs.rax = 0x5555;
	regs.eflags |= 0x3000;
	CHECK(!ptrace(PTRACE_SETREGS, pid, NULL, &regs) &&
		      !ptrace(PTRACE_GETREGS, pid, NULL, &regs) && !(regs.eflags & 0x3000),
	      "nor its privileges");

	part = (struct iovec){ &fp, sizeof(fp) };
	CHECK(!ptrace(PTRACE_GETREGSET, pid, (void *)NT_FPREGSET, &part) &&
		      part.iov_len == sizeof(fp),
	      "NT_FPREGSET");
	memcpy(&x, (char *)fp.xmm_space + 3 * 16, 8);
	CHECK(x == 1.5 && fp.mxcsr == 0x1f80, "has xmm3");
	x = 2.5;
	memcpy((char *)fp.xmm_space + 3 * 16, &x, 8);
	CHECK(!ptrace(PTRACE_SETFPREGS, pid, NULL, &fp), "PTRACE_SETFPREGS");
	CHECK(resume(PTRACE_CONT, pid, 0) == 107, "the child has all that was set");
}

/* Ten instructions, the fourth of which is a system call. */
static int ten_steps(void)
{
	long result;

	__asm__ volatile("int3\n\t"
			 "movl $39, %%eax\n\tnop\n\tnop\n\tsyscall\n\t"
			 "nop\n\tmovl $5, %%ecx\n"
			 "1:\tdecl %%ecx\n\tjnz 1b\n\tnop\n\tint3"
			 : "=&a"(result)
			 :
			 : "rcx", "r11", "memory", "cc");
	return result == getpid() ? 3 : 4;
}

static void steps(void)
{
	/* How far each goes: mov, nop, nop, syscall, nop, mov, five times dec and jnz, nop. */
	static const int lengths[] = { 5, 1, 1, 2, 1, 5, 2, -2, 2, -2, 2, -2, 2, -2, 2, 2, 1 };
	pid_t pid = traced(ten_steps);
	int good = 1, flags = 1;
	uintptr_t at;
	siginfo_t info;

	CHECK(resume(PTRACE_CONT, pid, 0) == SIGTRAP, "a breakpoint");
	CHECK(!ptrace(PTRACE_GETSIGINFO, pid, NULL, &info) && info.si_signo == SIGTRAP &&
		      info.si_code == SI_KERNEL,
	      "PTRACE_GETSIGINFO tells so");
	ptrace(PTRACE_GETREGS, pid, NULL, &regs);
	at = regs.rip;
	for (size_t i = 0; i < sizeof(lengths) / sizeof(*lengths); i++) {
		at += lengths[i];
		good &= resume(PTRACE_SINGLESTEP, pid, 0) == SIGTRAP &&
			!ptrace(PTRACE_GETREGS, pid, NULL, &regs) && regs.rip == at;
		flags &= !(regs.eflags & 0x100);
		if (i == 3)
			good &= (pid_t)regs.rax == pid;
	}
	CHECK(good, "single steps, over a system call and in a loop");
	CHECK(flags, "the trap flag is not to be seen");
	CHECK(!ptrace(PTRACE_GETSIGINFO, pid, NULL, &info) && info.si_code == TRAP_TRACE,
	      "PTRACE_GETSIGINFO: TRAP_TRACE");
	CHECK(resume(PTRACE_CONT, pid, 0) == SIGTRAP, "on to the next breakpoint");
	CHECK(resume(PTRACE_CONT, pid, 0) == 103, "and to the end");
}

static int read_clock(void)
{
	struct timespec time = { 0, -1 };

	/* The first call may find the way. */
	clock_gettime(CLOCK_MONOTONIC, &time);
	__asm__ volatile("int3");
	clock_gettime(CLOCK_MONOTONIC, &time);
	__asm__ volatile("int3");
	return time.tv_nsec >= 0 && time.tv_nsec < 1000000000 ? 5 : 6;
}

/* How many steps it takes depends on the clock; that it arrives does not. */
static void through_clock(void)
{
	pid_t pid = traced(read_clock);
	unsigned long text = 0;
	int count, stop = 0;

	CHECK(resume(PTRACE_CONT, pid, 0) == SIGTRAP, "before the clock is read");
	for (count = 0; count < 20000 && (text & 0xff) != 0xcc; count++) {
		stop = resume(PTRACE_SINGLESTEP, pid, 0);
		if (stop != SIGTRAP)
			break;
		ptrace(PTRACE_GETREGS, pid, NULL, &regs);
		text = (unsigned long)ptrace(PTRACE_PEEKTEXT, pid, (void *)regs.rip, NULL);
	}
	CHECK(stop == SIGTRAP && count > 5 && count < 20000,
	      "single steps through clock_gettime()");
	CHECK(resume(PTRACE_CONT, pid, 0) == SIGTRAP && resume(PTRACE_CONT, pid, 0) == 105,
	      "the clock is right");
}

static int four_calls(void)
{
	long first = syscall(SYS_getppid), second = syscall(SYS_getpid);
	long third = syscall(SYS_getuid), fourth;
	int error;

	errno = 0;
	fourth = syscall(SYS_close, -1);
	error = errno;
	return first == getpid() && second == 4242 && third == -1 && fourth == -1 &&
			       error == EXDEV ?
		       6 :
		       9;
}

static int next_call(pid_t pid, long number)
{
	return resume(PTRACE_SYSCALL, pid, 0) == (SIGTRAP | 0x80) &&
	       !ptrace(PTRACE_GETREGS, pid, NULL, &regs) && (long)regs.orig_rax == number;
}

static void calls(void)
{
	pid_t pid = traced(four_calls);

	CHECK(!ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)PTRACE_O_TRACESYSGOOD),
	      "PTRACE_O_TRACESYSGOOD");
	CHECK(next_call(pid, SYS_getppid) && (long)regs.rax == -ENOSYS, "before getppid()");
	ptrace(PTRACE_POKEUSER, pid, AT(orig_rax), (void *)SYS_getpid);
	CHECK(next_call(pid, SYS_getpid) && (pid_t)regs.rax == pid,
	      "made another call, it has its result");
	CHECK(next_call(pid, SYS_getpid) && next_call(pid, SYS_getpid) && (pid_t)regs.rax == pid,
	      "before and behind getpid()");
	regs.rax = 4242;
	CHECK(!ptrace(PTRACE_SETREGS, pid, NULL, &regs), "its result is changed");
	CHECK(next_call(pid, SYS_getuid), "before getuid()");
	ptrace(PTRACE_POKEUSER, pid, AT(orig_rax), (void *)-1L);
	CHECK(next_call(pid, -1) && (long)regs.rax == -ENOSYS, "made no call: ENOSYS");
	CHECK(next_call(pid, SYS_close) && (int)regs.rdi == -1, "before close()");
	ptrace(PTRACE_POKEUSER, pid, AT(orig_rax), (void *)-1L);
	ptrace(PTRACE_POKEUSER, pid, AT(rax), (void *)(long)-EXDEV);
	CHECK(next_call(pid, -1) && (long)regs.rax == -EXDEV, "made none, with a result");
	CHECK(resume(PTRACE_CONT, pid, 0) == 106, "the child saw all that");
}

static int forever(void)
{
	for (;;)
		pause();
	return 0;
}

static void signals(void)
{
	pid_t pid = traced(forever);
	siginfo_t info;

	CHECK(resume(PTRACE_CONT, pid, SIGUSR1) == -SIGUSR1, "a signal put in at a stop kills");
	pid = traced(forever);
	ptrace(PTRACE_CONT, pid, NULL, NULL);
	kill(pid, SIGTERM);
	CHECK(stop_of(pid) == SIGTERM && !ptrace(PTRACE_GETSIGINFO, pid, NULL, &info) &&
		      info.si_pid == getpid() && info.si_code == SI_USER,
	      "a signal stops, and who sent it is told");
	ptrace(PTRACE_CONT, pid, NULL, NULL);
	kill(pid, SIGHUP);
	CHECK(stop_of(pid) == SIGHUP, "swallowed, it did nothing");
	info.si_code = SI_QUEUE;
	info.si_value.sival_int = 77;
	CHECK(!ptrace(PTRACE_SETSIGINFO, pid, NULL, &info) &&
		      !ptrace(PTRACE_GETSIGINFO, pid, NULL, &info) && info.si_value.sival_int == 77,
	      "PTRACE_SETSIGINFO");
	CHECK(resume(PTRACE_CONT, pid, SIGHUP) == -SIGHUP, "delivered, it kills");
	pid = traced(forever);
	CHECK(!ptrace(PTRACE_DETACH, pid, NULL, NULL) && waitpid(pid, NULL, WNOHANG) == 0 &&
		      ptrace(PTRACE_CONT, pid, NULL, NULL) < 0 && errno == ESRCH,
	      "PTRACE_DETACH");
	CHECK(!ptrace(PTRACE_ATTACH, pid, NULL, NULL) && stop_of(pid) == SIGSTOP, "PTRACE_ATTACH");
	CHECK(ptrace(PTRACE_ATTACH, pid, NULL, NULL) < 0 && errno == EPERM, "only once: EPERM");
	CHECK(!ptrace(PTRACE_KILL, pid, NULL, NULL) && end_of(pid) == -SIGKILL, "PTRACE_KILL");
	pid = traced(forever);
	kill(pid, SIGKILL);
	CHECK(end_of(pid) == -SIGKILL, "SIGKILL is not stopped");
	CHECK(ptrace(PTRACE_ATTACH, getpid(), NULL, NULL) < 0 && errno == EPERM, "oneself: EPERM");
	pid = start(forever);
	CHECK(ptrace(PTRACE_CONT, pid, NULL, NULL) < 0 && errno == ESRCH, "not traced: ESRCH");
	finish(pid);
}

int main(void)
{
	memory();
	registers();
	steps();
	through_clock();
	calls();
	signals();
	return CHECKS_STATUS();
}

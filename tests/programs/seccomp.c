/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * seccomp.c - strict mode and filters: calls that kill, fail, trap, or go on.
 *
 * Each is set in a child.  A few megabytes are enough.
 */
#include <stddef.h>
#include <sys/prctl.h>
#include <sys/resource.h>

#include "help.h"

/* musl has no headers of the kernel. */
#define OWN_STRICT	 1
#define OWN_FILTER	 2
#define OWN_KILL_PROCESS 0x80000000u
#define OWN_KILL_THREAD	 0u
#define OWN_TRAP	 0x00030000u
#define OWN_ERRNO	 0x00050000u
#define OWN_ALLOW	 0x7fff0000u
#define OWN_SYS_seccomp	 317

struct instruction {
	uint16_t code;
	uint8_t if_true, if_false;
	uint32_t value;
};

struct program {
	unsigned short length;
	struct instruction *instructions;
};

struct call_data {
	int number;
	uint32_t arch;
	uint64_t instruction, arguments[6];
};

#define LOAD(what)                                           \
	{                                                    \
		0x20, 0, 0, offsetof(struct call_data, what) \
	}
#define UNLESS(number, steps)          \
	{                              \
		0x15, 0, steps, number \
	}
#define RETURN(action)             \
	{                          \
		0x06, 0, 0, action \
	}

static siginfo_t told;
static volatile sig_atomic_t caught;

/* For one call this action, all others are allowed. */
static int filter(int number, uint32_t action)
{
	struct instruction instructions[] = {
		LOAD(arch),	UNLESS(0xc000003e, 3), LOAD(number), UNLESS((uint32_t)number, 1),
		RETURN(action), RETURN(OWN_ALLOW),
	};
	struct program program = { 6, instructions };

	return prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	       prctl(PR_SET_SECCOMP, OWN_FILTER, &program);
}

static int strict_write(void)
{
	if (prctl(PR_SET_SECCOMP, OWN_STRICT))
		syscall(SYS_exit, 3);
	syscall(SYS_write, -1, "", 0);
	syscall(SYS_exit, 4);
	return 5;
}

static int strict_getpid(void)
{
	prctl(PR_SET_SECCOMP, OWN_STRICT);
	syscall(SYS_getpid);
	syscall(SYS_exit, 4);
	return 5;
}

static int fails(void)
{
	if (filter(SYS_getppid, OWN_ERRNO | EXDEV))
		return 1;
	return syscall(SYS_getppid) < 0 && errno == EXDEV && syscall(SYS_getpid) > 0 ? 6 : 7;
}

static int on_argument(void)
{
	/* The low half of the first argument. */
	struct instruction instructions[] = {
		LOAD(number),  UNLESS(SYS_close, 3),	  LOAD(arguments),
		UNLESS(77, 1), RETURN(OWN_ERRNO | E2BIG), RETURN(OWN_ALLOW),
	};
	struct program program = { 6, instructions };

	if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) ||
	    syscall(OWN_SYS_seccomp, 1 /* SECCOMP_SET_MODE_FILTER */, 0, &program))
		return 1;
	return syscall(SYS_close, 77) < 0 && errno == E2BIG && syscall(SYS_close, 78) < 0 &&
			       errno == EBADF ?
		       6 :
		       7;
}

static int killed(void)
{
	if (filter(SYS_getppid, OWN_KILL_PROCESS))
		return 1;
	syscall(SYS_getppid);
	return 7;
}

static int thread_killed(void)
{
	if (filter(SYS_getppid, OWN_KILL_THREAD))
		return 1;
	syscall(SYS_getppid);
	return 7;
}

static void note(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	told = *info;
	caught++;
}

static int traps(void)
{
	struct sigaction action = { .sa_sigaction = note, .sa_flags = SA_SIGINFO };

	sigaction(SIGSYS, &action, NULL);
	if (filter(SYS_getppid, OWN_TRAP | 55))
		return 1;
	syscall(SYS_getppid);
	return caught == 1 && told.si_signo == SIGSYS && told.si_code == 1 && told.si_errno == 55 &&
			       told.si_syscall == SYS_getppid && told.si_arch == 0xc000003e ?
		       6 :
		       7;
}

static int inherits(void)
{
	pid_t pid;

	if (filter(SYS_getppid, OWN_ERRNO | EXDEV) || filter(SYS_getuid, OWN_ERRNO | E2BIG))
		return 1;
	/* Two filters hold, the severer action counts. */
	if (filter(SYS_getppid, OWN_ERRNO | EBUSY) || prctl(PR_GET_SECCOMP) != 2)
		return 2;
	pid = fork();
	if (pid == 0)
		_exit(syscall(SYS_getppid) < 0 && errno == EBUSY && syscall(SYS_getuid) < 0 &&
				      errno == E2BIG ?
			      6 :
			      7);
	return end_of(pid);
}

static int bad_programs(void)
{
	struct instruction endless[] = { LOAD(number) },
			   wild[] = { LOAD(number), { 0x05, 0, 0, 99 } };
	struct instruction good[] = { RETURN(OWN_ALLOW) };
	struct program program = { 1, endless };

	prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
	if (!prctl(PR_SET_SECCOMP, OWN_FILTER, &program) || errno != EINVAL)
		return 1;
	program = (struct program){ 2, wild };
	if (!prctl(PR_SET_SECCOMP, OWN_FILTER, &program) || errno != EINVAL)
		return 2;
	program = (struct program){ 0, good };
	if (!prctl(PR_SET_SECCOMP, OWN_FILTER, &program) || errno != EINVAL)
		return 3;
	if (!prctl(PR_SET_SECCOMP, OWN_FILTER, (void *)16) || errno != EFAULT)
		return 4;
	program.length = 1;
	return prctl(PR_SET_SECCOMP, OWN_FILTER, &program) ? 5 : 6;
}

static int not_allowed(void)
{
	struct instruction good[] = { RETURN(OWN_ALLOW) };
	struct program program = { 1, good };

	if (setgid(65534) || setuid(65534))
		return 1;
	return prctl(PR_SET_SECCOMP, OWN_FILTER, &program) < 0 && errno == EACCES ? 6 : 7;
}

int main(void)
{
	struct rlimit no_core = { 0, 0 };

	setrlimit(RLIMIT_CORE, &no_core);
	CHECK(prctl(PR_GET_SECCOMP) == 0, "no seccomp");
	CHECK(in_child(strict_write) == 4, "strict: write() and exit()");
	CHECK(in_child(strict_getpid) == -SIGKILL, "another call: SIGKILL");
	CHECK(in_child(fails) == 6, "SECCOMP_RET_ERRNO");
	CHECK(in_child(on_argument) == 6, "that depends on an argument");
	CHECK(in_child(killed) == -SIGSYS, "SECCOMP_RET_KILL_PROCESS");
	CHECK(in_child(thread_killed) == -SIGSYS, "SECCOMP_RET_KILL_THREAD");
	CHECK(in_child(traps) == 6, "SECCOMP_RET_TRAP");
	CHECK(in_child(inherits) == 6, "children have their parent's filters");
	CHECK(in_child(bad_programs) == 6, "bad programs: EINVAL");
	CHECK(in_child(not_allowed) == 6, "without privileges and PR_SET_NO_NEW_PRIVS: EACCES");
	CHECK(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0) == 0, "this process has none of that");
	return CHECKS_STATUS();
}

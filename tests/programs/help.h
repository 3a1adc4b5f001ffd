/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * help.h - what several test programs need: children, faults that are caught, files of /proc.
 */
#ifndef HELP_H
#define HELP_H

#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

#define PAGE 4096
#define MIB  (1 << 20)
#define RW   (PROT_READ | PROT_WRITE)

static inline void nap(int milliseconds)
{
	struct timespec rest = { milliseconds / 1000, milliseconds % 1000 * 1000000L };

	while (nanosleep(&rest, &rest) && errno == EINTR)
		;
}

/* The exit status of a child, minus the signal that killed it, or -1000 without such a child. */
static inline int end_of(pid_t pid)
{
	int status;

	if (pid <= 0 || waitpid(pid, &status, 0) != pid)
		return -1000;
	return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

static inline pid_t start(int (*what)(void))
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(what());
	return pid;
}

static inline int in_child(int (*what)(void))
{
	return end_of(start(what));
}

/* Checks made in a child count here. */
static inline void checks_in_child(void (*what)(void))
{
	pid_t pid = fork();
	int end;

	if (pid == 0) {
		checks_failed = 0;
		what();
		_exit(checks_failed);
	}
	end = end_of(pid);
	if (end < 0)
		printf("FAILED: a child that checks was killed by signal %d\n", -end);
	checks_failed += end < 0 ? 1 : end;
}

/* A byte goes through a pipe: something has happened, or may. */
static inline int tell(int fd)
{
	return write(fd, "x", 1) == 1;
}

static inline int hear(int fd)
{
	char byte;
	ssize_t got;

	while ((got = read(fd, &byte, 1)) < 0 && errno == EINTR)
		;
	return got == 1;
}

static inline int all(const char *memory, size_t size, char value)
{
	for (size_t i = 0; i < size; i++)
		if (memory[i] != value)
			return 0;
	return 1;
}

static inline char *map(void *at, size_t size, int protection, int flags)
{
	return mmap(at, size, protection, flags | MAP_ANONYMOUS, -1, 0);
}

/* A file without a name, of zeros. */
static inline int new_file(const char *name, size_t size)
{
	int fd = open(name, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0700);

	unlink(name);
	if (fd >= 0 && ftruncate(fd, (off_t)size)) {
		close(fd);
		return -1;
	}
	return fd;
}

/* A small file as a string; returns its length. */
static inline size_t slurp(const char *path, char *text, size_t size)
{
	size_t done = 0;
	ssize_t got;
	int fd = open(path, O_RDONLY | O_CLOEXEC);

	while (fd >= 0 && done < size - 1 && (got = read(fd, text + done, size - 1 - done)) > 0)
		done += got;
	text[done] = 0;
	if (fd >= 0)
		close(fd);
	return done;
}

/* The state letter in /proc/PID/stat, 0 if there is none. */
static inline char state_of(pid_t pid)
{
	char path[64], text[512], *after;

	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	slurp(path, text, sizeof(text));
	after = strrchr(text, ')');
	return after ? after[2] : 0;
}

/* Wait until a process is in this state; how long that takes is of no interest. */
static inline int becomes(pid_t pid, char state)
{
	for (int i = 0; i < 20000; i++) {
		if (state_of(pid) == state)
			return 1;
		nap(1);
	}
	return 0;
}

static sigjmp_buf fault_jump __attribute__((unused));
static void *volatile fault_address __attribute__((unused));
static volatile int fault_signal __attribute__((unused)), fault_code __attribute__((unused));
static volatile int fault_expected __attribute__((unused));

static inline void on_fault(int signal, siginfo_t *info, void *context)
{
	(void)context;
	if (!fault_expected) {
		struct sigaction action = { .sa_handler = SIG_DFL };

		sigaction(signal, &action, NULL);
		return;
	}
	fault_expected = 0;
	fault_address = info->si_addr;
	fault_signal = signal;
	fault_code = info->si_code;
	siglongjmp(fault_jump, 1);
}

static inline void catch_faults(void)
{
	struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };

	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);
}

/* The code of the fault that touching the address is, of this signal and there; 0 if it is none. */
static inline int touch(volatile char *address, int write, int signal)
{
	if (!sigsetjmp(fault_jump, 1)) {
		fault_expected = 1;
		if (write)
			*address = 1;
		else
			(void)*address;
		fault_expected = 0;
		return 0;
	}
	return fault_address == address && fault_signal == signal ? fault_code : -1;
}

static inline int reads(volatile char *address)
{
	return touch(address, 0, SIGSEGV);
}

static inline int writes(volatile char *address)
{
	return touch(address, 1, SIGSEGV);
}

#endif

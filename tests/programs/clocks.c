/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * clocks.c - the clocks that a C library reads without a system call (vdso(7)) agree with those of
 * the system calls, whoever interrupts.
 */
#include <pthread.h>
#include <sched.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <sys/auxv.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

#define ROUNDS 1000

static sigjmp_buf jump;
static volatile int64_t seen;
static volatile sig_atomic_t alarms, backwards;

static int64_t ns(const struct timespec *time)
{
	return time->tv_sec * 1000000000ll + time->tv_nsec;
}

static int64_t by_library(clockid_t clock)
{
	struct timespec time;

	return clock_gettime(clock, &time) ? -1 : ns(&time);
}

static int64_t by_system_call(clockid_t clock)
{
	struct timespec time;

	return syscall(SYS_clock_gettime, clock, &time) ? -1 : ns(&time);
}

static int agree(clockid_t clock)
{
	for (int i = 0; i < ROUNDS; i++) {
		int64_t before = by_system_call(clock), time = by_library(clock);

		if (before < 0 || time < before || by_system_call(clock) < time)
			return 0;
	}
	return 1;
}

static void on_fault(int signal)
{
	siglongjmp(jump, signal);
}

/* Whatever it interrupts, it must find a later time, and may be interrupted in turn. */
static void on_alarm(int signal)
{
	int64_t last = seen, time = by_library(CLOCK_MONOTONIC);

	(void)signal;
	backwards += time < last;
	alarms++;
}

static void *read_clock(void *argument)
{
	int64_t end = by_library(CLOCK_MONOTONIC) + 300000000, last = 0, time;

	do {
		time = by_library(CLOCK_MONOTONIC);
		backwards += time < last;
		last = time;
		if (argument)
			seen = time;
	} while (time < end);
	return argument;
}

int main(void)
{
	static const struct {
		clockid_t clock;
		const char *name;
	} clocks[] = {
		{ CLOCK_REALTIME, "CLOCK_REALTIME" },
		{ CLOCK_MONOTONIC, "CLOCK_MONOTONIC" },
		{ CLOCK_MONOTONIC_RAW, "CLOCK_MONOTONIC_RAW" },
		{ CLOCK_REALTIME_COARSE, "CLOCK_REALTIME_COARSE" },
		{ CLOCK_MONOTONIC_COARSE, "CLOCK_MONOTONIC_COARSE" },
		{ CLOCK_BOOTTIME, "CLOCK_BOOTTIME" },
		{ CLOCK_TAI, "CLOCK_TAI" },
		{ CLOCK_PROCESS_CPUTIME_ID, "CLOCK_PROCESS_CPUTIME_ID" },
		{ CLOCK_THREAD_CPUTIME_ID, "CLOCK_THREAD_CPUTIME_ID" },
	};
	const char *image = (const char *)(uintptr_t)getauxval(AT_SYSINFO_EHDR);
	struct itimerval fast = { { 0, 1000 }, { 0, 1000 } }, never = { { 0, 0 }, { 0, 0 } };
	struct sigaction action = { .sa_handler = on_alarm, .sa_flags = SA_RESTART };
	struct timeval day;
	pthread_t thread;
	int64_t before, after;
	time_t seconds;

	CHECK(image && !memcmp(image, "\177ELF", 4), "there is an image to find functions in");
	for (size_t i = 0; i < sizeof(clocks) / sizeof(clocks[0]); i++)
		CHECK(agree(clocks[i].clock), "%s: library and system call agree", clocks[i].name);

	before = by_system_call(CLOCK_REALTIME) / 1000;
	CHECK(!gettimeofday(&day, NULL), "gettimeofday()");
	after = by_system_call(CLOCK_REALTIME) / 1000;
	CHECK(day.tv_usec >= 0 && day.tv_usec < 1000000 &&
		      day.tv_sec * 1000000ll + day.tv_usec >= before &&
		      day.tv_sec * 1000000ll + day.tv_usec <= after,
	      "agrees, too");
	before = by_system_call(CLOCK_REALTIME_COARSE) / 1000000000;
	CHECK(time(&seconds) == seconds && seconds >= before &&
		      seconds <= by_system_call(CLOCK_REALTIME) / 1000000000,
	      "and time()");
	CHECK(sched_getcpu() >= 0, "sched_getcpu()");
	CHECK(clock_gettime(77, (struct timespec[1]){ { 0, 0 } }) < 0 && errno == EINVAL,
	      "a clock that does not exist");

	signal(SIGSEGV, on_fault);
	if (!sigsetjmp(jump, 1)) {
		/* Not known to the compiler, which knows that it must not be NULL. */
		struct timespec *volatile nowhere = (struct timespec *)8;

		clock_gettime(CLOCK_MONOTONIC, nowhere);
		CHECK(0, "a bad pointer was written to");
	} else {
		CHECK(by_library(CLOCK_MONOTONIC) > 0, "a bad pointer is a fault, and no more");
	}

	sigaction(SIGALRM, &action, NULL);
	setitimer(ITIMER_REAL, &fast, NULL);
	CHECK(!pthread_create(&thread, NULL, read_clock, NULL) && read_clock(&thread) &&
		      !pthread_join(thread, NULL),
	      "two threads read the clock, interrupted by signals");
	setitimer(ITIMER_REAL, &never, NULL);
	CHECK(alarms > 10 && !backwards, "it never runs backwards");
	return CHECKS_STATUS();
}

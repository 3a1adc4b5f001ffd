/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * timers.c - clocks, sleeping, interval timers, POSIX timers, timerfd.
 */
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static volatile sig_atomic_t alarms, real_time, value;

static void count(int signal, siginfo_t *info, void *context)
{
	(void)context;
	if (signal == SIGALRM || signal == SIGVTALRM)
		alarms++;
	else
		real_time++;
	value = info->si_value.sival_int;
}

static int64_t now(clockid_t clock)
{
	struct timespec time;

	clock_gettime(clock, &time);
	return time.tv_sec * 1000000000ll + time.tv_nsec;
}

static void sleep_ms(int ms)
{
	struct timespec left = { ms / 1000, ms % 1000 * 1000000 };

	while (nanosleep(&left, &left) && errno == EINTR)
		;
}

int main(void)
{
	struct sigaction action = { .sa_sigaction = count, .sa_flags = SA_SIGINFO | SA_RESTART };
	struct itimerval interval = { { 0, 10000 }, { 0, 10000 } }, never = { { 0, 0 }, { 0, 0 } };
	struct itimerspec fast = { { 0, 5000000 }, { 0, 5000000 } };
	struct itimerspec once = { { 0, 0 }, { 0, 20000000 } }, left;
	struct sigevent event = { .sigev_notify = SIGEV_SIGNAL,
				  .sigev_signo = SIGRTMIN,
				  .sigev_value.sival_int = 17 };
	struct timespec until;
	struct pollfd pollfd;
	int64_t begin, end, cpu, last;
	uint64_t expirations = 0;
	timer_t timer;
	int fd, backwards = 0;

	sigaction(SIGALRM, &action, NULL);
	sigaction(SIGVTALRM, &action, NULL);
	sigaction(SIGRTMIN, &action, NULL);

	last = now(CLOCK_MONOTONIC);
	for (int i = 0; i < 100000; i++) {
		int64_t time = now(CLOCK_MONOTONIC);

		backwards += time < last;
		last = time;
	}
	CHECK(!backwards, "the monotonic clock does not run backwards");
	CHECK(now(CLOCK_REALTIME) > 1700000000ll * 1000000000, "the wall clock is set");
	CHECK(!clock_getres(CLOCK_MONOTONIC, &until) && until.tv_sec == 0 && until.tv_nsec == 1,
	      "the clock's resolution is a nanosecond");

	begin = now(CLOCK_MONOTONIC);
	sleep_ms(50);
	end = now(CLOCK_MONOTONIC);
	CHECK(end - begin >= 50000000 && end - begin < 1000000000,
	      "nanosleep() sleeps long enough");
	begin = now(CLOCK_REALTIME);
	sleep_ms(50);
	end = now(CLOCK_REALTIME);
	CHECK(end - begin >= 45000000 && end - begin < 1000000000, "by the wall clock too");
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_sec++;
	begin = now(CLOCK_MONOTONIC);
	CHECK(!clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &until, NULL) &&
		      now(CLOCK_MONOTONIC) >= until.tv_sec * 1000000000ll + until.tv_nsec &&
		      now(CLOCK_MONOTONIC) - begin < 2000000000,
	      "clock_nanosleep() until a given time");

	cpu = now(CLOCK_PROCESS_CPUTIME_ID);
	sleep_ms(50);
	CHECK(now(CLOCK_PROCESS_CPUTIME_ID) - cpu < 40000000, "sleeping costs no CPU time");
	cpu = now(CLOCK_THREAD_CPUTIME_ID);
	begin = now(CLOCK_MONOTONIC);
	while (now(CLOCK_MONOTONIC) - begin < 60000000)
		;
	CHECK(now(CLOCK_THREAD_CPUTIME_ID) - cpu > 1000000, "computing does");

	setitimer(ITIMER_REAL, &interval, NULL);
	while (alarms < 5)
		pause();
	setitimer(ITIMER_REAL, &never, NULL);
	CHECK(alarms >= 5, "setitimer() fires again and again");
	alarms = 0;
	alarm(1);
	begin = now(CLOCK_MONOTONIC);
	while (!alarms)
		pause();
	CHECK(now(CLOCK_MONOTONIC) - begin > 900000000, "alarm()");

	CHECK(!timer_create(CLOCK_MONOTONIC, &event, &timer), "timer_create()");
	timer_settime(timer, 0, &fast, NULL);
	while (real_time < 5)
		pause();
	CHECK(value == 17, "the timer's signal carries its value");
	timer_gettime(timer, &left);
	CHECK(left.it_interval.tv_nsec == 5000000, "timer_gettime()");
	CHECK(!timer_delete(timer), "timer_delete()");

	fd = timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK);
	CHECK(fd >= 0, "timerfd_create()");
	CHECK(read(fd, &expirations, 8) < 0 && errno == EAGAIN, "not expired yet");
	timerfd_settime(fd, 0, &once, NULL);
	pollfd = (struct pollfd){ .fd = fd, .events = POLLIN };
	CHECK(poll(&pollfd, 1, 5000) == 1 && read(fd, &expirations, 8) == 8 && expirations == 1,
	      "it expired once");
	timerfd_settime(fd, 0, &fast, NULL);
	sleep_ms(52);
	CHECK(read(fd, &expirations, 8) == 8 && expirations >= 5, "it expired many times");
	close(fd);

	begin = now(CLOCK_MONOTONIC);
	CHECK(poll(NULL, 0, 30) == 0 && now(CLOCK_MONOTONIC) - begin >= 29000000,
	      "poll() times out");
	return CHECKS_STATUS();
}

// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * times.c - clocks, sleep, and timers.  The clocks are the core's; NetBSD's own follows its hundred
 * ticks a second.
 */
#include "donor.h"

#include <asm/signal.h>
#include <asm/siginfo.h>
#include <linux/resource.h>
#include <linux/time.h>

#define MANY_SECONDS		(1ul << 32)	/* to be added to any time without overflow */

unsigned long to_ns(const struct __kernel_timespec *t)
{
	unsigned long seconds = (unsigned long)t->tv_sec;

	return (seconds < MANY_SECONDS ? seconds : MANY_SECONDS) * NS_PER_SECOND +
	       (unsigned long)t->tv_nsec;
}

struct __kernel_timespec to_timespec(unsigned long ns)
{
	return (struct __kernel_timespec){ (long)(ns / NS_PER_SECOND), (long)(ns % NS_PER_SECOND) };
}

static struct __kernel_old_timeval to_timeval(unsigned long ns)
{
	return (struct __kernel_old_timeval){ (long)(ns / NS_PER_SECOND),
					      (long)(ns % NS_PER_SECOND / 1000) };
}

bool deadline_of(const struct __kernel_timespec *span, unsigned long *deadline)
{
	*deadline = FOREVER;
	if (!span)
		return true;
	if (span->tv_sec < 0 || span->tv_nsec < 0 || (unsigned long)span->tv_nsec >= NS_PER_SECOND)
		return false;
	*deadline = to_ns(span) ? now() + to_ns(span) : 0;
	return true;
}

bool deadline_at(const struct __kernel_timespec *time, bool absolute, bool of_wall,
		 unsigned long *deadline)
{
	unsigned long ahead = of_wall ? wall() - now() : 0;

	if (!deadline_of(time, deadline))
		return false;
	if (time && absolute)
		*deadline = to_ns(time) > ahead ? to_ns(time) - ahead : 0;
	return true;
}

/* What the machine was not idle: there is one program. */
static unsigned long busy(void)
{
	return now() - sched_idle_ns;
}

/* Returns false if there is no such clock. */
static bool read_clock(unsigned long clock, unsigned long *ns)
{
	switch (clock) {
	case CLOCK_REALTIME:
	case CLOCK_REALTIME_COARSE:
		*ns = wall();
		return true;
	case CLOCK_MONOTONIC:
	case CLOCK_MONOTONIC_RAW:
	case CLOCK_MONOTONIC_COARSE:
	case CLOCK_BOOTTIME:
		*ns = now();
		return true;
	case CLOCK_PROCESS_CPUTIME_ID:
	case CLOCK_THREAD_CPUTIME_ID:
		*ns = busy();
		return true;
	default:
		return false;
	}
}

long call_clock_gettime(const unsigned long *a)
{
	unsigned long ns;

	if (!read_clock(a[0], &ns))
		return -EINVAL;
	if (!a[1])
		return -EFAULT;
	*(struct __kernel_timespec *)a[1] = to_timespec(ns);
	return 0;
}

long call_clock_getres(const unsigned long *a)
{
	unsigned long ns;

	if (!read_clock(a[0], &ns))
		return -EINVAL;
	if (a[1])
		*(struct __kernel_timespec *)a[1] = to_timespec(1);
	return 0;
}

long call_gettimeofday(const unsigned long *a)
{
	if (a[0])
		*(struct __kernel_old_timeval *)a[0] = to_timeval(wall());
	if (a[1])
		memset((void *)a[1], 0, sizeof(struct timezone));
	return 0;
}

long call_getrusage(const unsigned long *a)
{
	struct rusage *to = (struct rusage *)a[1];

	*to = (struct rusage){ .ru_utime = to_timeval((int)a[0] == RUSAGE_CHILDREN ? 0 : busy()) };
	return 0;
}

long call_clock_nanosleep(const unsigned long *a)
{
	const struct __kernel_timespec *span = (const struct __kernel_timespec *)a[2];
	struct __kernel_timespec *left = (struct __kernel_timespec *)a[3];
	bool absolute = a[1] & TIMER_ABSTIME;
	unsigned long deadline;

	if ((a[0] != CLOCK_REALTIME && a[0] != CLOCK_MONOTONIC && a[0] != CLOCK_BOOTTIME) ||
	    !deadline_at(span, absolute, a[0] == CLOCK_REALTIME, &deadline))
		return -EINVAL;
	if (!pause_until(deadline))
		return 0;
	if (left && !absolute)
		*left = to_timespec(deadline > now() ? deadline - now() : 0);
	return -EINTR;
}

static struct timer *timers;		/* that run, in no order */

void timer_set(struct timer *timer, unsigned long deadline, unsigned long interval)
{
	struct timer **at = &timers;

	while (*at && *at != timer)
		at = &(*at)->next;
	if (*at)
		*at = timer->next;
	timer->deadline = deadline;
	timer->interval = interval;
	if (deadline == FOREVER)
		return;
	timer->next = timers;
	timers = timer;
	service_wake();
}

/* What fire() does may set timers, so each time it is looked from the start. */
unsigned long timers_run(void)
{
	unsigned long next, time = now(), times;
	struct timer *t;

again:
	next = FOREVER;
	for (t = timers; t; t = t->next) {
		if (t->deadline <= time) {
			times = t->interval ? (time - t->deadline) / t->interval + 1 : 1;
			timer_set(t, t->interval ? t->deadline + times * t->interval : FOREVER,
				  t->interval);
			t->fire(t, times);
			goto again;
		}
		if (t->deadline < next)
			next = t->deadline;
	}
	return next;
}

static void alarm_fire(struct timer *timer, unsigned long times)
{
	signal_send(NULL, SIGALRM, SI_KERNEL, 0);
}

static struct timer alarm_timer = { .deadline = FOREVER, .fire = alarm_fire };

unsigned long timer_left(const struct timer *timer)
{
	unsigned long time = now(), deadline = timer->deadline;

	return deadline == FOREVER ? 0 : deadline > time ? deadline - time : 1000;
}

long call_getitimer(const unsigned long *a)
{
	struct __kernel_old_itimerval *to = (struct __kernel_old_itimerval *)a[1];

	if (a[0] != ITIMER_REAL)
		return -EINVAL;
	to->it_value = to_timeval(timer_left(&alarm_timer));
	to->it_interval = to_timeval(timer_left(&alarm_timer) ? alarm_timer.interval : 0);
	return 0;
}

static bool timeval_ns(const struct __kernel_old_timeval *t, unsigned long *ns)
{
	const struct __kernel_timespec span = { t->tv_sec, t->tv_usec * 1000 };
	bool good = deadline_of(&span, ns);

	*ns = to_ns(&span);
	return good;
}

long call_setitimer(const unsigned long *a)
{
	const struct __kernel_old_itimerval *new = (const struct __kernel_old_itimerval *)a[1];
	unsigned long value = 0, interval = 0;

	if (a[0] != ITIMER_REAL)
		return -EINVAL;
	if (new &&
	    (!timeval_ns(&new->it_value, &value) || !timeval_ns(&new->it_interval, &interval)))
		return -EINVAL;
	if (a[2])
		call_getitimer(A(a[0], a[2]));
	timer_set(&alarm_timer, value ? now() + value : FOREVER, interval);
	return 0;
}

long call_alarm(const unsigned long *a)
{
	unsigned long left = (timer_left(&alarm_timer) + NS_PER_SECOND - 1) / NS_PER_SECOND;

	timer_set(&alarm_timer, a[0] ? now() + (unsigned int)a[0] * NS_PER_SECOND : FOREVER, 0);
	return (long)left;
}

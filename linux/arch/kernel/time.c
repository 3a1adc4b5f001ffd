// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The Haunch authors
/* Time: the core's monotonic nanoseconds are the clock source, its one timer the clock event. */
#include <linux/clockchips.h>
#include <linux/clocksource.h>
#include <linux/delay.h>
#include <linux/entry-common.h>
#include <linux/interrupt.h>
#include <linux/sched/clock.h>
#include <linux/timekeeping.h>
#include <asm/irq_regs.h>
#include "haunch.h"

static u64 clock_read(struct clocksource *source)
{
	return hc_time_monotonic();
}

static struct clocksource source = {
	.name = "haunch",
	.rating = 400,
	.read = clock_read,
	.mask = CLOCKSOURCE_MASK(64),
	.flags = CLOCK_SOURCE_IS_CONTINUOUS | CLOCK_SOURCE_VALID_FOR_HRES,
	.vdso_clock_mode = VDSO_CLOCKMODE_HAUNCH,
};

static int timer_set(unsigned long delta, struct clock_event_device *event)
{
	hc_timer_start(delta);
	return 0;
}

static int timer_stop(struct clock_event_device *event)
{
	hc_timer_stop();
	return 0;
}

static struct clock_event_device timer = {
	.name = "haunch",
	.features = CLOCK_EVT_FEAT_ONESHOT,
	.rating = 400,
	.set_next_event = timer_set,
	.set_state_shutdown = timer_stop,
	.set_state_oneshot_stopped = timer_stop,
};

void donor_timer(struct hc_frame *frame)
{
	struct pt_regs *regs = (struct pt_regs *)frame;
	struct pt_regs *old = set_irq_regs(regs);

	irq_enter();
	timer.event_handler(&timer);
	irq_exit();
	set_irq_regs(old);
	if (user_mode(regs))
		irqentry_exit_to_user_mode(regs);
}

void __init time_init(void)
{
	timer.cpumask = cpumask_of(0);
	clocksource_register_hz(&source, NSEC_PER_SEC);
	clockevents_config_and_register(&timer, NSEC_PER_SEC, 1000, LONG_MAX);
}

unsigned long long notrace sched_clock(void)
{
	return hc_time_monotonic();
}

void read_persistent_clock64(struct timespec64 *ts)
{
	*ts = ns_to_timespec64(hc_time_wall());
}

/* Nothing counts loops: delays look at the clock. */
unsigned long calibrate_delay_is_known(void)
{
	return NSEC_PER_SEC / HZ;
}

void __ndelay(unsigned long nanoseconds)
{
	unsigned long start = hc_time_monotonic();

	while (hc_time_monotonic() - start < nanoseconds)
		cpu_relax();
}
EXPORT_SYMBOL(__ndelay);

void __delay(unsigned long loops)
{
	__ndelay(loops);
}
EXPORT_SYMBOL(__delay);

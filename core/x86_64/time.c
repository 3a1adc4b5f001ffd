// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * time.c - the clock (time stamp counter), the date, and the timer (local APIC).
 *
 * The counter's frequency is told by the CPU or the hypervisor, or it is measured, in about a
 * millisecond, against a reference: the ACPI power management timer, else the PIT.  A short
 * measurement is a coarse one, so as time goes by the timer's interrupt looks at the reference
 * again and corrects the slope; each time the interval doubles, so that costs nothing.
 *
 * The machine may be taken from the CPU at any moment (it is a process of a busy host).  So each
 * look at the reference is enclosed by two looks at the counter, whose difference bounds its error,
 * and only the bounds decide what is believed.
 */
#include "../acpi.h"
#include "cpu.h"

/* a * b / c without overflow of a * b; the result must fit. */
static uint64_t muldiv(uint64_t a, uint64_t b, uint64_t c)
{
	uint64_t low, high;

	__asm__("mulq %3\n\tdivq %4" : "=&a"(low), "=&d"(high) : "0"(a), "rm"(b), "rm"(c) : "cc");
	return low;
}

/* a * b / 2^32 */
static uint64_t scale(uint64_t a, uint64_t b)
{
	return (uint64_t)((unsigned __int128)a * b >> 32);
}

/* ------------------------------------------------------------------ the clock */

/* Alone on its page: a donor may show it to programs. */
static union {
	struct hc_clock clock;
	char page[HC_PAGE_SIZE];
} clock_page __attribute__((aligned(HC_PAGE_SIZE)));

extern const volatile struct hc_clock hc_clock __attribute__((alias("clock_page")));

static uint64_t frequency;		/* of the counter, in Hz */
static uint64_t cycles_per_ns;		/* times 2^32 */
static uint64_t wall_offset;		/* date minus monotonic time, in ns */

/*
 * A correction of the slope fills the other of two lines and then switches to it, so that a reader
 * which is interrupted by one still has numbers that belong together.
 */
static const struct hc_clock_line *line(void)
{
	return &clock_page.clock.lines[hc_clock.count % 2];
}

static uint64_t time_at(uint64_t tsc)
{
	const struct hc_clock_line *l = line();

	return l->start_ns + scale(tsc - l->start_tsc, l->slope);
}

unsigned long hc_time_monotonic(void)
{
	return time_at(hc_cycles());
}

unsigned long hc_time_wall(void)
{
	return wall_offset + hc_time_monotonic();
}

/* Use this frequency from the given moment on; time goes on from where it is. */
static void set_frequency(uint64_t hz, uint64_t tsc)
{
	clock_page.clock.lines[(hc_clock.count + 1) % 2] = (struct hc_clock_line){
		.start_tsc = tsc,
		.start_ns = time_at(tsc),
		.slope = muldiv(NS_PER_SECOND, 1ull << 32, hz),
	};
	frequency = hz;
	cycles_per_ns = muldiv(hz, 1ull << 32, NS_PER_SECOND);
	__asm__ volatile("" ::: "memory");
	clock_page.clock.count++;
	__asm__ volatile("" ::: "memory");
}

/* ------------------------------------------------------------------ the reference */

#define PM_TIMER_HZ		3579545
#define PIT_HZ			1193182
#define PIT_CHANNEL2		0x42
#define PIT_COMMAND		0x43
#define PIT_CHANNEL2_RATE	0xb4	/* channel 2, both bytes, mode 2: counts over and over */
#define PIT_CHANNEL2_LATCH	0x80
#define PIT_GATE2		0x01
#define PIT_SPEAKER		0x02

static uint64_t reference_hz;
static uint32_t reference_mask;

static void reference_init(void)
{
	if (machine_acpi.pm_timer) {
		reference_hz = PM_TIMER_HZ;
		reference_mask = machine_acpi.pm_timer_32_bits ? 0xffffffff : 0xffffff;
		return;
	}
	reference_hz = PIT_HZ;
	reference_mask = 0xffff;
	out8(PORT_SYSTEM_CONTROL, (in8(PORT_SYSTEM_CONTROL) & ~PIT_SPEAKER) | PIT_GATE2);
	out8(PIT_COMMAND, PIT_CHANNEL2_RATE);
	out8(PIT_CHANNEL2, 0);		/* 65536 */
	out8(PIT_CHANNEL2, 0);
}

static uint32_t reference_read(void)
{
	uint32_t low;

	if (machine_acpi.pm_timer)
		return in32((uint16_t)machine_acpi.pm_timer) & reference_mask;
	out8(PIT_COMMAND, PIT_CHANNEL2_LATCH);
	low = in8(PIT_CHANNEL2);
	return (0x10000 - (low | (uint32_t)in8(PIT_CHANNEL2) << 8)) & 0xffff;
}

/* ------------------------------------------------------------------ measuring */

#define ERROR_GOOD		5000	/* parts per million; refine() does better */
#define LOOKS_CYCLES		20000000	/* some milliseconds, for one measurement */
#define MEASUREMENTS_MAX	16	/* on a machine too busy for ERROR_GOOD: then the best counts */

/* What the reference and the APIC's timer said when the counter was at tsc, give or take `error`. */
struct look {
	uint64_t tsc, error;
	uint32_t reference, apic;
};

static struct look origin;		/* to which later ones are compared */
static uint64_t error_ppb;		/* bound of the frequency's relative error, per 10^9 */
static uint64_t apic_hz;		/* of the APIC's timer, divided by APIC_DIVIDER */
static uint64_t refine_at;		/* counter value; ~0: never */

/* The best of four looks. */
static struct look look(void)
{
	struct look best = { .error = ~0ull };

	for (int i = 0; i < 4; i++) {
		uint64_t before = hc_cycles(), error;
		uint32_t reference = reference_read(), apic = apic_read(APIC_TIMER_CURRENT);

		error = (hc_cycles() - before) / 2 + 1;
		if (error < best.error)
			best = (struct look){ before + error, error, reference, apic };
	}
	return best;
}

/* How wrong the frequency can be that follows from two looks and the ticks between them: by one tick, too. */
static uint64_t error_between(const struct look *from, const struct look *to, uint64_t ticks)
{
	return muldiv(from->error + to->error, NS_PER_SECOND, to->tsc - from->tsc) +
	       NS_PER_SECOND / ticks;
}

/*
 * The reference wraps around, the PIT after 55 ms, the ACPI timer after seconds, for which the CPU may have
 * been taken from us between two looks.  The counter knows, if it is not of a CPU slower than this.
 */
#define CPU_HZ_MIN		360000000

static bool may_have_wrapped(const struct look *from, const struct look *to)
{
	return to->tsc - from->tsc > muldiv((uint64_t)reference_mask + 1, CPU_HZ_MIN, reference_hz);
}

/* False if the reference stands still. */
static bool measure(void)
{
	error_ppb = ~0ull;
	for (int i = 0; i < MEASUREMENTS_MAX && error_ppb > ERROR_GOOD * 1000; i++) {
		struct look from = look(), to;

		do {
			uint64_t ticks, error;

			to = look();
			ticks = (to.reference - from.reference) & reference_mask;
			if (!ticks || may_have_wrapped(&from, &to))
				continue;
			error = error_between(&from, &to, ticks);
			if (error >= error_ppb)
				continue;
			error_ppb = error;
			origin = from;
			set_frequency(muldiv(to.tsc - from.tsc, reference_hz, ticks), hc_cycles());
			apic_hz = muldiv(from.apic - to.apic, frequency, to.tsc - from.tsc);
			refine_at = to.tsc + frequency / 64;
		} while (error_ppb > ERROR_GOOD * 1000 && to.tsc - from.tsc < LOOKS_CYCLES);
	}
	return error_ppb != ~0ull;
}

/*
 * Compare with the reference over all the time since `origin`.  The reference has wrapped around
 * many times; how often is known as long as the clock's error is smaller than half a round.
 */
static void refine(void)
{
	struct look now = look();
	uint64_t elapsed = now.tsc - origin.tsc, round = (uint64_t)reference_mask + 1;
	uint64_t expected = muldiv(elapsed, reference_hz, frequency), ticks, error;

	refine_at = now.tsc + elapsed;
	if (muldiv(expected, error_ppb, NS_PER_SECOND) > round / 4) {
		refine_at = ~0ull;
		return;
	}
	ticks = (now.reference - origin.reference) & reference_mask;
	ticks += (expected - ticks + round / 2) / round * round;
	if (!ticks)
		return;
	error = error_between(&origin, &now, ticks);
	if (error >= error_ppb / 2)
		return;
	error_ppb = error;
	set_frequency(muldiv(elapsed, reference_hz, ticks), hc_cycles());
	if (error < 50)			/* quartz is no better */
		refine_at = ~0ull;
}

/* ------------------------------------------------------------------ being told */

/* kvmclock (Linux, Documentation/virt/kvm/x86/msr.rst). */
#define KVM_LEAF		0x40000000
#define KVM_FEATURE_CLOCK2	(1u << 3)
#define MSR_KVM_WALL_CLOCK	0x4b564d00
#define MSR_KVM_SYSTEM_TIME	0x4b564d01

struct kvm_system_time {
	uint32_t version, pad;
	uint64_t tsc, system_time;
	uint32_t scale;
	int8_t shift;
	uint8_t flags, pad2[2];
};

struct kvm_wall_clock {
	uint32_t version, seconds, nanoseconds;
};

static bool has_kvm_clock(void)
{
	struct cpuid leaf;

	if (!cpu.hypervisor)
		return false;
	leaf = cpuid(KVM_LEAF, 0);
	return leaf.ebx == 0x4b4d564b && leaf.ecx == 0x564b4d56 && leaf.edx == 0x4d &&
	       cpuid(KVM_LEAF + 1, 0).eax & KVM_FEATURE_CLOCK2;
}

/* The structure is filled when its address is written; nobody wants it to be kept up to date. */
static bool kvm_clock(uint64_t *hz, uint64_t *wall)
{
	static volatile struct kvm_system_time time __attribute__((aligned(64)));
	static volatile struct kvm_wall_clock clock __attribute__((aligned(64)));
	uint64_t ns;

	if (!has_kvm_clock())
		return false;
	write_msr(MSR_KVM_WALL_CLOCK, hc_pa((const void *)&clock));
	write_msr(MSR_KVM_SYSTEM_TIME, hc_pa((const void *)&time) | 1);
	if (!time.scale || time.version & 1)
		return false;
	ns = hc_cycles() - time.tsc;
	ns = time.shift < 0 ? ns >> -time.shift : ns << time.shift;
	ns = time.system_time + scale(ns, time.scale);
	/* ns = (cycles << shift) * scale / 2^32 */
	*hz = muldiv(NS_PER_SECOND, 1ull << 32, time.scale);
	*hz = time.shift < 0 ? *hz << -time.shift : *hz >> time.shift;
	*wall = clock.seconds ? clock.seconds * NS_PER_SECOND + clock.nanoseconds + ns : 0;
	write_msr(MSR_KVM_SYSTEM_TIME, 0);
	return true;
}

#define TIMING_LEAF		0x40000010	/* of VMware, taken over by others: kHz */

/* Returns the counter's frequency, or 0; and the APIC timer's, where that is told as well. */
static uint64_t told_frequency(uint64_t *apic_bus_hz)
{
	struct cpuid leaf;

	if (cpu.hypervisor && cpuid(KVM_LEAF, 0).eax >= TIMING_LEAF &&
	    cpuid(KVM_LEAF, 0).eax < KVM_LEAF + 0x1000) {
		leaf = cpuid(TIMING_LEAF, 0);
		*apic_bus_hz = leaf.ebx * 1000ull;
		if (leaf.eax)
			return leaf.eax * 1000ull;
	}
	/* SDM vol. 3, 18.7.3: crystal * EBX / EAX; the crystal runs the APIC's timer, too. */
	if (cpu.max_leaf >= 0x15) {
		leaf = cpuid(0x15, 0);
		if (leaf.eax && leaf.ebx && leaf.ecx) {
			*apic_bus_hz = leaf.ecx;
			return (uint64_t)leaf.ecx * leaf.ebx / leaf.eax;
		}
	}
	return 0;
}

/* ------------------------------------------------------------------ the date */

/* MC146818A data sheet. */
#define RTC_INDEX		0x70
#define RTC_DATA		0x71
#define RTC_STATUS_A		10
#define RTC_STATUS_B		11
#define RTC_UPDATING		0x80
#define RTC_24_HOURS		0x02
#define RTC_BINARY		0x04

static const uint8_t rtc_registers[] = { 0, 2, 4, 7, 8, 9 };	/* s, min, h, day, month, year */

static uint8_t rtc_read(uint8_t reg)
{
	out8(RTC_INDEX, reg);
	return in8(RTC_DATA);
}

static unsigned int from_bcd(unsigned int x)
{
	return (x >> 4) * 10 + (x & 15);
}

/* Days from 1970-01-01 to a date of the Gregorian calendar. */
static uint64_t days(unsigned int year, unsigned int month, unsigned int day)
{
	/* Count from March, so that the leap day is a year's last. */
	unsigned int y = month <= 2 ? year - 1 : year;
	unsigned int m = (month + 9) % 12;

	return 365ull * y + y / 4 - y / 100 + y / 400 + (153 * m + 2) / 5 + day - 1 - 719468;
}

static uint64_t rtc_wall(void)
{
	uint8_t now[6], last[6], status;
	unsigned int value[6];

	/* A second's change takes the chip 2 ms, and shows in two readings that differ. */
	memset(last, 0xff, sizeof(last));
	for (int tries = 0; tries < 10; tries++) {
		unsigned int waited = 0;

		while (rtc_read(RTC_STATUS_A) & RTC_UPDATING && waited++ < 5000)
			;
		for (unsigned int i = 0; i < sizeof(now); i++)
			now[i] = rtc_read(rtc_registers[i]);
		if (!memcmp(now, last, sizeof(now)))
			break;
		memcpy(last, now, sizeof(now));
	}
	status = rtc_read(RTC_STATUS_B);
	for (unsigned int i = 0; i < 6; i++) {
		value[i] = i == 2 ? now[i] & 0x7f : now[i];
		if (!(status & RTC_BINARY))
			value[i] = from_bcd(value[i]);
	}
	if (!(status & RTC_24_HOURS))
		value[2] = value[2] % 12 + (now[2] & 0x80 ? 12 : 0);
	/* No chip, or an empty battery. */
	if (value[0] > 59 || value[1] > 59 || value[2] > 23 || value[3] < 1 || value[3] > 31 ||
	    value[4] < 1 || value[4] > 12 || value[5] > 99)
		return 0;
	return (days(2000 + value[5], value[4], value[3]) * 86400 + value[2] * 3600 +
		value[1] * 60 + value[0]) *
	       NS_PER_SECOND;
}

/* ------------------------------------------------------------------ the timer */

#define APIC_DIVIDE_BY_16	3	/* SDM vol. 3, 11.5.4 */
#define APIC_DIVIDER		16
#define APIC_LVT_TSC_DEADLINE	(2 << 17)

static uint64_t apic_ticks_per_ns;	/* times 2^32 */
static uint64_t timer_end;		/* ns, of a wait that is made in parts; 0: none is */

/*
 * A longer wait than this is made in parts, so that a corrected slope is used for the rest, and the APIC's 32 bits are
 * enough.
 */
#define WAIT_MAX		(NS_PER_SECOND / 2)

static void arm(uint64_t delta)
{
	uint32_t count = (uint32_t)scale(delta, apic_ticks_per_ns);

	if (cpu.tsc_deadline)
		write_msr(MSR_TSC_DEADLINE, hc_cycles() + scale(delta, cycles_per_ns));
	else
		apic_write(APIC_TIMER_INITIAL, count ? count : 1);
}

void hc_timer_start(unsigned long delta)
{
	unsigned long flags = irq_save();

	timer_end = 0;
	if (delta > WAIT_MAX) {
		timer_end = hc_time_monotonic() + delta;
		if (timer_end < delta)
			timer_end = ~0ull;
		delta = WAIT_MAX;
	}
	arm(delta);
	irq_restore(flags);
}

void hc_timer_stop(void)
{
	unsigned long flags = irq_save();

	timer_end = 0;
	if (cpu.tsc_deadline)
		write_msr(MSR_TSC_DEADLINE, 0);
	else
		apic_write(APIC_TIMER_INITIAL, 0);
	irq_restore(flags);
}

void time_interrupt(struct hc_frame *frame)
{
	apic_write(APIC_EOI, 0);
	if (hc_cycles() >= refine_at)
		refine();
	if (timer_end) {
		uint64_t ns = hc_time_monotonic();

		if (ns < timer_end) {
			arm(timer_end - ns < WAIT_MAX ? timer_end - ns : WAIT_MAX);
			return;
		}
		timer_end = 0;
	}
	donor_timer(frame);
}

/* ------------------------------------------------------------------ start */

void time_init(void)
{
	uint64_t started = hc_cycles(), hz, wall = 0, apic_bus_hz = 0;

	clock_page.clock.lines[0].start_tsc = started;
	refine_at = ~0ull;
	apic_write(APIC_TIMER_DIVIDE, APIC_DIVIDE_BY_16);
	apic_write(APIC_LVT_TIMER, APIC_LVT_MASKED | VECTOR_TIMER);
	apic_write(APIC_TIMER_INITIAL, 0xffffffff);
	hz = told_frequency(&apic_bus_hz);
	if (kvm_clock(&hz, &wall) || hz)
		set_frequency(hz, started);
	apic_hz = apic_bus_hz / APIC_DIVIDER;
	if (!hz || (!cpu.tsc_deadline && !apic_hz)) {
		reference_init();
		if (!measure()) {
			print("haunch: no clock to measure the CPU's by: time will be wrong\n");
			set_frequency(2 * NS_PER_SECOND, started);
			apic_hz = NS_PER_SECOND / APIC_DIVIDER;
		}
		if (hz) {
			set_frequency(hz, hc_cycles());
			refine_at = ~0ull;
		}
	}
	/* QEMU and KVM have a bus of 1 GHz; do not let a measurement's error spoil that. */
	if (cpu.hypervisor && apic_hz > 62000000 && apic_hz < 63000000)
		apic_hz = 62500000;
	apic_ticks_per_ns = muldiv(apic_hz, 1ull << 32, NS_PER_SECOND);
	apic_write(APIC_TIMER_INITIAL, 0);
	apic_write(APIC_LVT_TIMER, VECTOR_TIMER | (cpu.tsc_deadline ? APIC_LVT_TSC_DEADLINE : 0));
	/* The mode must be set before the deadline (SDM vol. 3, 11.5.4.1). */
	__asm__ volatile("mfence" ::: "memory");
	if (!wall)
		wall = rtc_wall();
	wall_offset = wall - hc_time_monotonic();
}

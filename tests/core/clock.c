// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * clock.c - the measurement of the counter's frequency (core/x86_64/time.c) on the host, with a counter and
 * timers that are simulated: the host takes the CPU away, between any two accesses and for any time.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../core/x86_64/cpu.h"

static uint64_t simulated_tsc(void);
static uint8_t simulated_in8(uint16_t port);
static uint32_t simulated_in32(uint16_t port);

/* Nothing that is written matters here but the latch of the PIT. */
#undef in8
#undef in32
#undef out8
#define hc_cycles()		simulated_tsc()
#define in8(port)		simulated_in8(port)
#define in32(port)		simulated_in32(port)
#define out8(port, value)	simulated_out8(port, value)
static void simulated_out8(uint16_t port, uint8_t value);

#include "../../core/x86_64/time.c"

/* What the core has beside the file under test. */
struct cpu_features cpu;
struct acpi machine_acpi;
bool apic_present;
unsigned long hc_direct_map, hc_image_map;

uint32_t apic_read(unsigned int offset)
{
	(void)offset;
	return 0;
}

void apic_write(unsigned int offset, uint32_t value)
{
	(void)offset;
	(void)value;
}

void print(const char *format, ...)
{
	(void)format;
}

void hc_irq_unmask(unsigned int irq)
{
	(void)irq;
}

void donor_timer(struct hc_frame *frame)
{
	(void)frame;
}

/* ------------------------------------------------------------------ the machine */

#define TSC_NS		25	/* an access to the counter takes that, one to a port this: */
#define PORT_NS		700

static uint64_t cpu_hz, now_ns;
static unsigned int accesses, stall_at;
static uint64_t stall_ns;
static uint32_t dead_after;		/* accesses until the timers stand still */
static uint64_t dead_ns;
static uint32_t latched;
static bool second_byte;

static void pass(uint64_t ns)
{
	if (accesses++ == stall_at)
		now_ns += stall_ns;
	if (accesses == dead_after)
		dead_ns = now_ns;
	now_ns += ns;
}

static uint32_t ticks(uint64_t hz)
{
	return (unsigned __int128)(dead_ns ? dead_ns : now_ns) * hz / NS_PER_SECOND;
}

static uint64_t simulated_tsc(void)
{
	pass(TSC_NS);
	return (unsigned __int128)now_ns * cpu_hz / NS_PER_SECOND;
}

static uint32_t simulated_in32(uint16_t port)
{
	(void)port;
	pass(PORT_NS);
	return ticks(PM_TIMER_HZ) & (machine_acpi.pm_timer_32_bits ? 0xffffffff : 0xffffff);
}

static uint8_t simulated_in8(uint16_t port)
{
	pass(PORT_NS);
	if (port != PIT_CHANNEL2)
		return 0;
	second_byte = !second_byte;
	return second_byte ? latched : latched >> 8;
}

static void simulated_out8(uint16_t port, uint8_t value)
{
	pass(PORT_NS);
	if (port == PIT_COMMAND && value == PIT_CHANNEL2_LATCH) {
		latched = (0x10000 - ticks(PIT_HZ)) & 0xffff;
		second_byte = false;
	}
}

/* ------------------------------------------------------------------ the tests */

static unsigned int tests, failures;

static void ok(bool good, const char *name)
{
	printf("%sok %u - %s\n", good ? "" : "not ", ++tests, name);
	failures += !good;
}

/* A machine that has just been switched on: measures, and says whether the result is within its error. */
static bool measures(void)
{
	uint64_t error;

	now_ns = 123456789;
	accesses = 0;
	dead_ns = 0;
	reference_init();
	if (!measure())
		return false;
	error = frequency > cpu_hz ? frequency - cpu_hz : cpu_hz - frequency;
	return muldiv(error, NS_PER_SECOND, cpu_hz) <= error_ppb + 1;
}

static const char *const timers[] = { "ACPI timer of 24 bits", "ACPI timer of 32 bits", "PIT" };

static void choose_timer(unsigned int timer)
{
	machine_acpi.pm_timer = timer < 2 ? 0x608 : 0;
	machine_acpi.pm_timer_32_bits = timer == 1;
}

int main(void)
{
	static const uint64_t stalls_ms[] = { 1, 10, 54, 60, 1000, 4687, 5000, 60000 };
	unsigned int undisturbed, bad;
	char name[120];

	for (unsigned int timer = 0; timer < 3; timer++) {
		choose_timer(timer);
		for (cpu_hz = 1000000000; cpu_hz < 7000000000; cpu_hz *= 3) {
			stall_at = ~0u;
			snprintf(name, sizeof(name), "%s, %u MHz: undisturbed", timers[timer],
				 (unsigned int)(cpu_hz / 1000000));
			ok(measures() && error_ppb <= ERROR_GOOD * 1000, name);
			undisturbed = accesses;
			for (unsigned int i = 0; i < sizeof(stalls_ms) / sizeof(stalls_ms[0]);
			     i++) {
				stall_ns = stalls_ms[i] * 1000000;
				for (bad = 0, stall_at = 0; stall_at < undisturbed; stall_at++)
					bad += !measures();
				snprintf(
					name, sizeof(name),
					"%s, %u MHz: without the CPU for %u ms at any moment (%u of %u were wrong)",
					timers[timer], (unsigned int)(cpu_hz / 1000000),
					(unsigned int)stalls_ms[i], bad, undisturbed);
				ok(!bad, name);
			}
		}
		stall_at = ~0u;
		cpu_hz = 3000000000;
		dead_after = 1;
		snprintf(name, sizeof(name), "%s: it stands still", timers[timer]);
		ok(!measures(), name);
		dead_after = 0;
	}
	printf("1..%u\n", tests);
	return failures ? EXIT_FAILURE : EXIT_SUCCESS;
}

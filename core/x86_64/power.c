// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * power.c - the end, by all means there are; each of them may be missing.
 */
#include "../acpi.h"
#include "cpu.h"

/* PM1 control registers (ACPI 6.4, 4.8.3.2.1). */
#define SCI_ENABLED		(1 << 0)
#define SLEEP_TYPE_SHIFT	10
#define SLEEP_TYPE_MASK		(7 << SLEEP_TYPE_SHIFT)
#define SLEEP_ENABLE		(1 << 13)

/* PM1 event registers (4.8.3.1). */
#define POWER_BUTTON		(1 << 8)

/* Sleep control register of hardware-reduced ACPI (4.8.3.7). */
#define REDUCED_TYPE_SHIFT	2
#define REDUCED_ENABLE		(1 << 5)

#define SPACE_MEMORY		0
#define SPACE_IO		1
#define SPACE_PCI		2

/* From a failure to the reboot, in ns. */
#define FAILURE_PAUSE		(5 * NS_PER_SECOND)

/* An access to an unused port takes about a microsecond on a PC. */
static void delay(unsigned int microseconds)
{
	while (microseconds--)
		out8(0x80, 0);
}

static void write_register(const struct acpi_register *reg, uint8_t value)
{
	switch (reg->space) {
	case SPACE_MEMORY:
		if (!hc_memory_map_device(reg->address, 1, HC_CACHE_NONE))
			*(volatile uint8_t *)hc_va(reg->address) = value;
		break;
	case SPACE_IO:
		out8((uint16_t)reg->address, value);
		break;
	case SPACE_PCI:
		/* Bus 0; bits 47-32 device, 31-16 function, 15-0 offset (5.2.3.2). */
		hc_pci_write((reg->address >> 32 & 0x1f) << 3 | (reg->address >> 16 & 7),
			     reg->address & 0xff, 1, value);
		break;
	default:
		break;
	}
}

/* The registers are firmware's until ACPI is switched on (4.8.2.5). */
static void acpi_enable(void)
{
	uint16_t control = (uint16_t)machine_acpi.pm1a_control;

	if (in16(control) & SCI_ENABLED || !machine_acpi.smi_command || !machine_acpi.acpi_enable)
		return;
	out8((uint16_t)machine_acpi.smi_command, machine_acpi.acpi_enable);
	for (int i = 0; i < 1000 && !(in16(control) & SCI_ENABLED); i++)
		delay(100);
}

/* How long the machine may take to go off (the hypervisor's main loop may be busy), in ns. */
#define POWER_OFF_WAIT		3000000000ul

static void acpi_power_off(void)
{
	uint16_t control = (uint16_t)machine_acpi.pm1a_control;
	unsigned long start;
	uint8_t type_a, type_b;

	if (!machine_acpi.present || !acpi_find_s5(&machine_acpi, firmware_at, &type_a, &type_b))
		return;
	if (machine_acpi.hardware_reduced) {
		write_register(&machine_acpi.sleep_control,
			       (uint8_t)(type_a << REDUCED_TYPE_SHIFT | REDUCED_ENABLE));
		return;
	}
	if (!control)
		return;
	acpi_enable();
	for (int i = 0; i < 2; i++) {
		uint16_t port = i ? (uint16_t)machine_acpi.pm1b_control : control;
		unsigned int type = i ? type_b : type_a, value;

		if (!port)
			continue;
		value = (in16(port) & ~(unsigned int)SLEEP_TYPE_MASK) | type << SLEEP_TYPE_SHIFT;
		out16(port, (uint16_t)value);
		out16(port, (uint16_t)(value | SLEEP_ENABLE));
	}
	start = hc_time_monotonic();
	/* The count is for the time before there is a clock. */
	for (int i = 0; i < 10000 && hc_time_monotonic() - start < POWER_OFF_WAIT; i++)
		delay(1000);
}

/* ------------------------------------------------------------------ the button */

/* Each block of event registers has the status bits first and as many to enable them behind. */
static void write_blocks(const uint32_t blocks[2], const uint8_t lengths[2], bool enable,
			 uint8_t bits)
{
	for (int i = 0; i < 2; i++) {
		unsigned int half = lengths[i] / 2;

		for (unsigned int at = 0; blocks[i] && at < half; at++)
			out8((uint16_t)(blocks[i] + (enable ? half : 0) + at), bits);
	}
}

int hc_power_button_irq(void)
{
	const struct acpi *acpi = &machine_acpi;
	int line = acpi->sci_line;

	if (!acpi->pm1_event[0] || !acpi->pm1a_control || !acpi->fixed_power_button ||
	    line >= NR_LINES)
		return -1;
	/* Nothing but the button shall raise the line: nobody here could calm it. */
	write_blocks(acpi->gpe, acpi->gpe_length, true, 0);
	write_blocks(acpi->pm1_event, acpi->pm1_event_length, true, 0);
	acpi_enable();
	hc_power_button();
	out16((uint16_t)(acpi->pm1_event[0] + acpi->pm1_event_length[0] / 2), POWER_BUTTON);
	return line;
}

int hc_power_button(void)
{
	uint16_t status = (uint16_t)machine_acpi.pm1_event[0];

	if (!(in16(status) & POWER_BUTTON))
		return 0;
	out16(status, POWER_BUTTON);	/* by writing a 1 */
	return 1;
}

/* ------------------------------------------------------------------ the end */

/* To who listens at the debug port. */
static void tell_host(const char *text)
{
	if (in8(DEBUG_PORT) != DEBUG_PORT)
		return;
	for (; *text; text++)
		out8(DEBUG_PORT, (uint8_t)*text);
}

static void tell_status(unsigned int status)
{
	char text[] = { (char)('0' + status / 100), (char)('0' + status / 10 % 10),
			(char)('0' + status % 10), '\n', '\0' };

	tell_host("haunch: exit status ");
	tell_host(text + (status < 100) + (status < 10));	/* no leading zeros */
}

void hc_power_off(unsigned int status)
{
	static bool ending;

	hc_irq_disable();
	if (ending)
		halt();			/* a fault on the way down */
	ending = true;
	console_drain();
	tell_status(status > 255 ? 255 : status);
	acpi_power_off();
	/* QEMU's and Bochs' registers, for machines started without ACPI tables. */
	if (cpu.hypervisor && !machine_acpi.present) {
		out16(0x604, SLEEP_ENABLE);
		out16(0xb004, SLEEP_ENABLE);
		delay(100000);
	}
	print("haunch: the machine can be switched off now\n");
	halt();
}

void hc_reboot(void)
{
	static const struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) no_idt = { 0, 0 };

	hc_irq_disable();
	console_drain();
	tell_host("haunch: reboot\n");
	if (machine_acpi.reset_supported) {
		write_register(&machine_acpi.reset, machine_acpi.reset_value);
		delay(10000);
	}
	/* The reset control register of Intel's chip sets (ICH data sheets, RST_CNT). */
	out8(0xcf9, 0x02);
	delay(50);
	out8(0xcf9, 0x06);
	delay(10000);
	/* A fault that cannot be delivered shuts the CPU down, which resets a PC. */
	__asm__ volatile("lidt %0; int3" :: "m"(no_idt));
	halt();
}

static bool failure_reboots;

void hc_failure_reboots(int reboots)
{
	failure_reboots = reboots;
}

void hc_power_failure(unsigned int status)
{
	static bool failed;

	/* A machine that fails at once shall not keep its host busy. */
	if (failure_reboots && !failed) {
		failed = true;
		hc_irq_disable();
		print("haunch: reboot in %lu s\n", FAILURE_PAUSE / NS_PER_SECOND);
		for (unsigned long start = hc_time_monotonic();
		     hc_time_monotonic() - start < FAILURE_PAUSE;)
			delay(1000);
		hc_reboot();
	}
	hc_power_off(status);
}

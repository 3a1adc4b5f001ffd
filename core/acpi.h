/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * acpi.h - the few things that the core wants of ACPI: how to switch the power off, how to reset, a
 * timer of known frequency, and where PCI's memory-mapped configuration space is.
 */
#ifndef CORE_ACPI_H
#define CORE_ACPI_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Physical memory, for reading; NULL if it is out of reach. */
typedef const void *(*acpi_reader)(uint64_t physical, uint64_t size);

/* A register somewhere (ACPI 6.4, 5.2.3.2).  space: 0 memory, 1 I/O, 2 PCI configuration. */
struct acpi_register {
	uint8_t space, bit_width, bit_offset, access_size;
	uint64_t address;
};

struct acpi {
	bool present;			/* a FADT was found; else all below is 0 */
	uint32_t smi_command;		/* I/O port; 0: none */
	uint8_t acpi_enable;
	uint32_t pm1a_control, pm1b_control;	/* I/O ports */
	uint16_t sci_line;		/* of ACPI's interrupt */
	bool fixed_power_button;	/* else it is a device that only AML knows, or there is none */
	/* Event registers, fixed and general: I/O ports (0: none) and sizes in bytes. */
	uint32_t pm1_event[2], gpe[2];
	uint8_t pm1_event_length[2], gpe_length[2];
	uint32_t pm_timer;		/* I/O port; 0: none */
	bool pm_timer_32_bits;		/* else 24 */
	bool reset_supported;
	struct acpi_register reset;
	uint8_t reset_value;
	bool hardware_reduced;
	struct acpi_register sleep_control;	/* for hardware_reduced */
	uint64_t dsdt;			/* physical */
	uint64_t ecam;			/* physical; 0: none.  Of PCI segment 0 */
	uint8_t ecam_first_bus, ecam_last_bus;
};

/* Does this look like a good root pointer (5.2.5.3)?  size: the bytes that may be looked at. */
bool acpi_rsdp_good(const void *rsdp, size_t size);

/* Find the root pointer as a PC BIOS places it (5.2.5.1); returns its physical address or 0. */
uint64_t acpi_find_rsdp(acpi_reader at);

/* Read the tables.  Damaged ones are skipped. */
void acpi_read(struct acpi *acpi, const void *rsdp, size_t rsdp_size, acpi_reader at);

/*
 * Find the values to be written into SLP_TYP for the state S5 (soft off), by looking for the
 * package \_S5_ in the DSDT.  Returns false if there is none.  Slow, so to be called when needed.
 */
bool acpi_find_s5(const struct acpi *acpi, acpi_reader at, uint8_t *type_a, uint8_t *type_b);

#endif /* CORE_ACPI_H */

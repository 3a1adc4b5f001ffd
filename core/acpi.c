// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * acpi.c - reads ACPI tables (ACPI specification 6.4, chapter 5), without interpreting AML.
 *
 * The tables are the firmware's word, and some firmware errs: every table is used only if its
 * length is sane and its checksum right, and no pointer is followed but through the
 * reader.  Portable, with a unit test that feeds it garbage.
 */
#include "acpi.h"
#include "core.h"

#define TABLE_MAX		(4 * MIB)	/* no sane table is longer */

struct header {
	char signature[4];
	uint32_t length;
	uint8_t revision;
	uint8_t checksum;
	char rest[26];			/* who made it */
} __attribute__((packed));

/* get8(table, offset): a field, which need not be aligned; likewise for 32 and 64 bits. */
#define GET(bits)									\
	static uint##bits##_t get##bits(const void *table, size_t offset)    \
	{                                                                    \
		uint##bits##_t value;                                        \
											\
		memcpy(&value, (const char *)table + offset, sizeof(value)); \
		return value;                                                \
	}
GET(8)
GET(32)
GET(64)

static bool sums_to_zero(const void *data, size_t size)
{
	const uint8_t *p = data;
	uint8_t sum = 0;

	while (size--)
		sum = (uint8_t)(sum + *p++);
	return sum == 0;
}

/* ------------------------------------------------------------------ the root pointer */

#define RSDP_1_SIZE		20
#define RSDP_2_SIZE		36
#define RSDP_REVISION		15
#define RSDP_RSDT		16
#define RSDP_XSDT		24

bool acpi_rsdp_good(const void *rsdp, size_t size)
{
	return size >= RSDP_1_SIZE && !memcmp(rsdp, "RSD PTR ", 8) &&
	       sums_to_zero(rsdp, RSDP_1_SIZE);
}

static uint64_t search(acpi_reader at, uint64_t start, uint64_t end)
{
	for (; start + RSDP_1_SIZE <= end; start += 16) {
		const void *p = at(start, RSDP_1_SIZE);

		if (p && acpi_rsdp_good(p, RSDP_1_SIZE))
			return start;
	}
	return 0;
}

uint64_t acpi_find_rsdp(acpi_reader at)
{
	const uint16_t *ebda = at(0x40e, sizeof(*ebda));
	uint64_t found = 0;

	if (ebda && *ebda >= 0x8000 && *ebda < 0xa000)
		found = search(at, (uint64_t)*ebda << 4, ((uint64_t)*ebda << 4) + 1024);
	return found ? found : search(at, 0xe0000, 0x100000);
}

/* ------------------------------------------------------------------ tables */

/* The table at this address if it is sound, else NULL. */
static const struct header *table_at(acpi_reader at, uint64_t physical)
{
	const struct header *header = physical ? at(physical, sizeof(*header)) : NULL;
	uint32_t length;

	if (!header)
		return NULL;
	length = header->length;
	if (length < sizeof(*header) || length > TABLE_MAX)
		return NULL;
	header = at(physical, length);
	return header && sums_to_zero(header, length) ? header : NULL;
}

static struct acpi_register get_register(const void *table, size_t offset)
{
	return (struct acpi_register){
		.space = get8(table, offset),
		.bit_width = get8(table, offset + 1),
		.bit_offset = get8(table, offset + 2),
		.access_size = get8(table, offset + 3),
		.address = get64(table, offset + 4),
	};
}

/* Ports have 16 bits; anything else is none, or none that can be reached. */
static uint32_t get_port(const void *table, size_t offset)
{
	uint32_t port = get32(table, offset);

	return port <= 0xffff ? port : 0;
}

/* The fixed description table (5.2.9); fields by their offsets there. */
static void read_fadt(struct acpi *acpi, const struct header *fadt)
{
	uint32_t length = fadt->length, flags;

	if (length < 116)
		return;
	flags = get32(fadt, 112);
	acpi->present = true;
	acpi->dsdt = get32(fadt, 40);
	acpi->sci_line = (uint16_t)(get8(fadt, 46) | get8(fadt, 47) << 8);
	acpi->smi_command = get_port(fadt, 48);
	acpi->acpi_enable = get8(fadt, 52);
	for (size_t i = 0; i < 2; i++) {
		acpi->pm1_event[i] = get_port(fadt, 56 + 4 * i);
		acpi->pm1_event_length[i] = get8(fadt, 88);
		acpi->gpe[i] = get_port(fadt, 80 + 4 * i);
		acpi->gpe_length[i] = get8(fadt, 92 + i);
	}
	acpi->pm1a_control = get_port(fadt, 64);
	acpi->pm1b_control = get_port(fadt, 68);
	if (get8(fadt, 91) == 4)
		acpi->pm_timer = get_port(fadt, 76);
	acpi->fixed_power_button = !(flags & 1u << 4);
	acpi->pm_timer_32_bits = flags & 1u << 8;
	acpi->hardware_reduced = flags & 1u << 20;
	if (length >= 129 && flags & 1u << 10) {
		acpi->reset_supported = true;
		acpi->reset = get_register(fadt, 116);
		acpi->reset_value = get8(fadt, 128);
	}
	if (length >= 148 && get64(fadt, 140))
		acpi->dsdt = get64(fadt, 140);
	if (length >= 256)
		acpi->sleep_control = get_register(fadt, 244);
}

/* PCI Firmware specification 3.3, 4.1.2. */
static void read_mcfg(struct acpi *acpi, const struct header *mcfg)
{
	for (size_t entry = 44; entry + 16 <= mcfg->length; entry += 16) {
		uint32_t buses = get32(mcfg, entry + 8);	/* segment, first bus, last bus */

		if (buses & 0xffff)
			continue;
		acpi->ecam = get64(mcfg, entry);
		acpi->ecam_first_bus = (uint8_t)(buses >> 16);
		acpi->ecam_last_bus = (uint8_t)(buses >> 24);
	}
}

void acpi_read(struct acpi *acpi, const void *rsdp, size_t rsdp_size, acpi_reader at)
{
	const struct header *root = NULL;
	size_t width = 8;

	memset(acpi, 0, sizeof(*acpi));
	if (!acpi_rsdp_good(rsdp, rsdp_size))
		return;
	if (get8(rsdp, RSDP_REVISION) >= 2 && rsdp_size >= RSDP_2_SIZE)
		root = table_at(at, get64(rsdp, RSDP_XSDT));
	if (!root || memcmp(root->signature, "XSDT", 4)) {
		width = 4;
		root = table_at(at, get32(rsdp, RSDP_RSDT));
		if (!root || memcmp(root->signature, "RSDT", 4))
			return;
	}
	for (size_t entry = sizeof(*root); entry + width <= root->length; entry += width) {
		uint64_t address = width == 8 ? get64(root, entry) : get32(root, entry);
		const struct header *table = address ? at(address, sizeof(*table)) : NULL;
		bool is_fadt;

		if (!table)
			continue;
		is_fadt = !memcmp(table->signature, "FACP", 4);
		if (!is_fadt && memcmp(table->signature, "MCFG", 4))
			continue;
		table = table_at(at, address);
		if (table && is_fadt)
			read_fadt(acpi, table);
		else if (table)
			read_mcfg(acpi, table);
	}
}

/* ------------------------------------------------------------------ S5 */

/*
 * An integer constant in AML (20.2.3): ZeroOp, OneOp, or BytePrefix and a byte; SLP_TYP has 3 bits.
 * Returns the bytes it takes, 0 if it is something else.
 */
static size_t small_integer(const uint8_t *p, size_t left, uint8_t *value)
{
	if (left >= 1 && (p[0] == 0x00 || p[0] == 0x01)) {
		*value = p[0];
		return 1;
	}
	if (left >= 2 && p[0] == 0x0a) {
		*value = p[1];
		return 2;
	}
	return 0;
}

bool acpi_find_s5(const struct acpi *acpi, acpi_reader at, uint8_t *type_a, uint8_t *type_b)
{
	const struct header *dsdt = table_at(at, acpi->dsdt);
	const uint8_t *p, *end;

	if (!dsdt || memcmp(dsdt->signature, "DSDT", 4))
		return false;
	end = (const uint8_t *)dsdt + dsdt->length;
	for (p = (const uint8_t *)(dsdt + 1); end - p >= 8; p++) {
		size_t taken;
		int skip;

		/* "_S5_" PackageOp PkgLength NumElements SLP_TYPa SLP_TYPb ... */
		if (p[0] != '_' || p[1] != 'S' || p[2] != '5' || p[3] != '_' || p[4] != 0x12)
			continue;
		p += 5;
		/* PkgLength tells in its top bits how many bytes of it follow; then NumElements. */
		skip = 2 + (*p >> 6);
		if (end - p <= skip)
			return false;
		p += skip;
		taken = small_integer(p, (size_t)(end - p), type_a);
		if (!taken)
			return false;
		p += taken;
		/* A package of one element is common; the second port is then absent as well. */
		if (!small_integer(p, (size_t)(end - p), type_b))
			*type_b = *type_a;
		return *type_a < 8 && *type_b < 8;
	}
	return false;
}

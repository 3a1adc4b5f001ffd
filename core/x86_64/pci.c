// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * pci.c - PCI configuration space, by the ports 0xcf8 and 0xcfc (PCI Local Bus Specification 3.0,
 * 3.2.2.3.2: configuration mechanism #1).  Registers from 256 on exist on PCI Express only and are
 * reached through memory, where ACPI says so (PCI Express Base 3.0, 7.2.2: ECAM).
 */
#include "../acpi.h"
#include "cpu.h"

#define CONFIG_ADDRESS		0xcf8
#define CONFIG_DATA		0xcfc
#define CONFIG_ENABLE		0x80000000
#define LEGACY_SIZE		256
#define EXTENDED_SIZE		4096

static void check(const char *function, unsigned int device, unsigned int offset, unsigned int size)
{
	if (device > 0xffff)
		bug(function, "device", device);
	if ((size != 1 && size != 2 && size != 4) || offset % size || offset >= EXTENDED_SIZE)
		bug(function, "size and offset", (unsigned long)size << 32 | offset);
}

/* An extended register, or NULL. */
static volatile void *extended(unsigned int device, unsigned int offset)
{
	unsigned int bus = device >> 8;
	unsigned long physical;

	if (!machine_acpi.ecam || bus < machine_acpi.ecam_first_bus ||
	    bus > machine_acpi.ecam_last_bus)
		return NULL;
	physical = machine_acpi.ecam + ((unsigned long)device << 12);
	if (hc_memory_map_device(physical, EXTENDED_SIZE, HC_CACHE_NONE))
		return NULL;
	return (char *)hc_va(physical) + offset;
}

unsigned int hc_pci_read(unsigned int device, unsigned int offset, unsigned int size)
{
	unsigned long flags;
	unsigned int value;

	check(__func__, device, offset, size);
	if (offset >= LEGACY_SIZE) {
		volatile void *p = extended(device, offset);

		if (!p)
			return ~0u;
		return size == 1 ? *(volatile uint8_t *)p :
		       size == 2 ? *(volatile uint16_t *)p :
				   *(volatile uint32_t *)p;
	}
	flags = irq_save();
	out32(CONFIG_ADDRESS, CONFIG_ENABLE | device << 8 | (offset & ~3u));
	if (size == 1)
		value = in8((uint16_t)(CONFIG_DATA + (offset & 3)));
	else if (size == 2)
		value = in16((uint16_t)(CONFIG_DATA + (offset & 2)));
	else
		value = in32(CONFIG_DATA);
	irq_restore(flags);
	return value;
}

void hc_pci_write(unsigned int device, unsigned int offset, unsigned int size, unsigned int value)
{
	unsigned long flags;

	check(__func__, device, offset, size);
	if (offset >= LEGACY_SIZE) {
		volatile void *p = extended(device, offset);

		if (p && size == 1)
			*(volatile uint8_t *)p = (uint8_t)value;
		else if (p && size == 2)
			*(volatile uint16_t *)p = (uint16_t)value;
		else if (p)
			*(volatile uint32_t *)p = value;
		return;
	}
	flags = irq_save();
	out32(CONFIG_ADDRESS, CONFIG_ENABLE | device << 8 | (offset & ~3u));
	if (size == 1)
		out8((uint16_t)(CONFIG_DATA + (offset & 3)), (uint8_t)value);
	else if (size == 2)
		out16((uint16_t)(CONFIG_DATA + (offset & 2)), (uint16_t)value);
	else
		out32(CONFIG_DATA, value);
	irq_restore(flags);
}

// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The Haunch authors
/*
 * PCI: the core's configuration space under the donor's bus code; the firmware has set up the
 * rest.
 */
#include <linux/init.h>
#include <linux/pci.h>
#include "haunch.h"

static int pci_read(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 *value)
{
	*value = hc_pci_read(bus->number << 8 | devfn, where, size);
	return PCIBIOS_SUCCESSFUL;
}

static int pci_write(struct pci_bus *bus, unsigned int devfn, int where, int size, u32 value)
{
	hc_pci_write(bus->number << 8 | devfn, where, size, value);
	return PCIBIOS_SUCCESSFUL;
}

static struct pci_ops pci_operations = {
	.read = pci_read,
	.write = pci_write,
};

/* The line that the firmware wired the pin to; 0xff or 0 says none. */
static int pci_line(const struct pci_dev *dev, u8 slot, u8 pin)
{
	u8 line;

	pci_read_config_byte(dev, PCI_INTERRUPT_LINE, &line);
	return line && line < HC_NR_LINES ? line : 0;
}

static int __init pci_init(void)
{
	struct pci_host_bridge *bridge;
	int error;

	/* Nothing answers at the first device of bus 0: no PCI, or a PVH guest without a bus. */
	if (hc_pci_read(0, PCI_VENDOR_ID, 4) == ~0u)
		return 0;
	bridge = pci_alloc_host_bridge(0);
	if (!bridge)
		return -ENOMEM;
	pci_add_resource(&bridge->windows, &ioport_resource);
	pci_add_resource(&bridge->windows, &iomem_resource);
	bridge->ops = &pci_operations;
	bridge->map_irq = pci_line;
	error = pci_scan_root_bus_bridge(bridge);
	if (error) {
		pci_free_host_bridge(bridge);
		return error;
	}
	pci_bus_claim_resources(bridge->bus);
	pci_assign_unassigned_root_bus_resources(bridge->bus);
	pci_bus_add_devices(bridge->bus);
	return 0;
}
subsys_initcall(pci_init);

// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The Haunch authors
/*
 * PCI: the core's configuration space under the donor's bus code; the firmware has set up the
 * rest.
 */
#include <linux/init.h>
#include <linux/pci.h>
#include <linux/slab.h>
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

/* 0 says none. */
static int pci_line(const struct pci_dev *dev, u8 slot, u8 pin)
{
	return max(hc_irq_line(pci_dev_id((struct pci_dev *)dev)), 0);
}

/*
 * Nothing is to be placed on what is reserved.  What the firmware has placed there stays: it knows why.
 */
static void __init claim_reserved(void)
{
	const struct hc_start_info *info = start_info;
	unsigned int i;

	for (i = 0; i < info->nr_reserved; i++) {
		struct resource *reserved = kzalloc(sizeof(*reserved), GFP_KERNEL);

		if (!reserved)
			return;
		reserved->name = "Reserved";
		reserved->start = info->reserved[i].start;
		reserved->end = info->reserved[i].start + info->reserved[i].size - 1;
		reserved->flags = IORESOURCE_MEM | IORESOURCE_BUSY;
		if (request_resource(&iomem_resource, reserved))
			kfree(reserved);
	}
}

/*
 * A BAR of 0 is one that the firmware has not placed, as on x86: it is to be assigned, not claimed.  Firmware that only
 * loads a kernel, as qboot, places none.
 */
int pcibios_device_add(struct pci_dev *dev)
{
	struct resource *resource;
	int i;

	for (i = 0; i <= PCI_ROM_RESOURCE; i++) {
		resource = &dev->resource[i];
		if (resource->flags && !resource->start)
			resource->flags |= IORESOURCE_UNSET;
	}
	return 0;
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
	claim_reserved();
	pci_assign_unassigned_root_bus_resources(bridge->bus);
	pci_bus_add_devices(bridge->bus);
	return 0;
}
subsys_initcall(pci_init);

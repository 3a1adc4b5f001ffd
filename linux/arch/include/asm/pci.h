/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_HAUNCH_PCI_H
#define _ASM_HAUNCH_PCI_H

#define PCIBIOS_MIN_IO		0x1000
#define PCIBIOS_MIN_MEM		0x10000000
#define pcibios_assign_all_busses()	0

/* As on a PC, for drivers of IDE controllers in legacy mode. */
#define HAVE_PCI_LEGACY_IDE
#include <asm-generic/pci.h>

#endif

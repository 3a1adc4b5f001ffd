/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_HAUNCH_IRQ_H
#define _ASM_HAUNCH_IRQ_H
#define NR_IRQS	128	/* HC_NR_IRQS */
static inline int irq_canonicalize(int irq) { return irq; }
#endif

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_HAUNCH_IRQFLAGS_H
#define _ASM_HAUNCH_IRQFLAGS_H
#ifndef __ASSEMBLY__

#include <hypercall.h>

static __always_inline unsigned long arch_local_save_flags(void) { return hc_irq_flags(); }
static __always_inline void arch_local_irq_disable(void) { hc_irq_disable(); }
static __always_inline void arch_local_irq_enable(void) { hc_irq_enable(); }

static __always_inline unsigned long arch_local_irq_save(void)
{
	unsigned long flags = hc_irq_flags();

	hc_irq_disable();
	return flags;
}

static __always_inline bool arch_irqs_disabled_flags(unsigned long flags)
{
	return !(flags & HC_IRQ_FLAG);
}

static __always_inline bool arch_irqs_disabled(void)
{
	return arch_irqs_disabled_flags(hc_irq_flags());
}

/* A branch is cheaper than `popf`, on hardware too. */
static __always_inline void arch_local_irq_restore(unsigned long flags)
{
	if (!arch_irqs_disabled_flags(flags))
		hc_irq_enable();
}

#endif
#endif

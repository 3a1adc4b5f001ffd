// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The Haunch authors
/*
 * Interrupts, by the core's numbers: lines, until one is allocated for messages.
 */
#include <linux/entry-common.h>
#include <linux/interrupt.h>
#include <linux/irq.h>
#include <linux/msi.h>
#include <linux/pci.h>
#include <asm/irq_regs.h>
#include "haunch.h"

static_assert(NR_IRQS == HC_NR_IRQS);

static void line_ack(struct irq_data *data)
{
	hc_irq_ack(data->irq);
}

static void line_mask(struct irq_data *data)
{
	hc_irq_mask(data->irq);
}

static void line_unmask(struct irq_data *data)
{
	hc_irq_unmask(data->irq);
}

static struct irq_chip line_chip = {
	.name = "line",
	.irq_ack = line_ack,
	.irq_mask = line_mask,
	.irq_unmask = line_unmask,
};

void __init init_IRQ(void)
{
	unsigned int irq;

	for (irq = 0; irq < HC_NR_IRQS; irq++)
		irq_set_chip_and_handler(irq, &line_chip, handle_level_irq);
}

#ifdef CONFIG_PCI_MSI
static struct irq_chip message_chip = {
	.name = "message",
	.irq_ack = line_ack,
	.irq_mask = pci_msi_mask_irq,
	.irq_unmask = pci_msi_unmask_irq,
};

int arch_setup_msi_irq(struct pci_dev *dev, struct msi_desc *desc)
{
	struct hc_message message;
	struct msi_msg msg;
	int irq = hc_irq_allocate(pci_dev_id(dev), &message);

	if (irq < 0)
		return irq;
	irq_set_msi_desc(irq, desc);
	msg.address_lo = lower_32_bits(message.address);
	msg.address_hi = upper_32_bits(message.address);
	msg.data = message.data;
	pci_write_msi_msg(irq, &msg);
	irq_set_chip_and_handler(irq, &message_chip, handle_edge_irq);
	return 0;
}

void arch_teardown_msi_irq(unsigned int irq)
{
	irq_set_chip_and_handler(irq, &line_chip, handle_level_irq);
	hc_irq_free(irq);
}
#endif

/*
 * Take what has come in the meantime, before softirqs run: a network card often interrupts for what
 * it sent and for what it received at once.  NAPI then polls both in one softirq; the second would
 * otherwise arrive within the first one's, which leaves it to ksoftirqd, three switches away.
 * Within a nested interrupt nothing more is taken, so that a storm cannot pile up frames.
 */
static void take_pending(void)
{
	if (hardirq_count() != HARDIRQ_OFFSET)
		return;
	local_irq_enable();
	asm volatile("nop");	/* sti keeps interrupts out for one instruction more */
	local_irq_disable();
}

void donor_interrupt(unsigned int irq, struct hc_frame *frame)
{
	struct pt_regs *regs = (struct pt_regs *)frame;
	struct pt_regs *old = set_irq_regs(regs);

	irq_enter();
	if (generic_handle_irq(irq))
		hc_irq_ack(irq);
	take_pending();
	irq_exit();
	set_irq_regs(old);
	if (user_mode(regs))
		irqentry_exit_to_user_mode(regs);
}

int arch_show_interrupts(struct seq_file *p, int precision)
{
	return 0;
}

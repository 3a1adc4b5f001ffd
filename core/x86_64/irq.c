// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * irq.c - the two 8259 interrupt controllers (PIC) for the legacy lines, the local APIC for the
 * timer and message interrupts.
 *
 * The PICs reach the CPU through the local APIC's pin LINT0 ("virtual wire", MultiProcessor
 * Specification 1.4, 3.6.2.2), which firmware mostly has set up already.  I/O APICs stay as they
 * are after reset, with everything masked.
 */
#include "cpu.h"

/* ------------------------------------------------------------------ PIC (Intel 8259A) */

#define PIC_MASTER		0x20
#define PIC_SLAVE		0xa0
#define PIC_DATA		1	/* offset of the second port */
#define PIC_CASCADE		2	/* the master's line where the slave is */
#define PIC_ICW1		0x11	/* edge, cascade, ICW4 follows */
#define PIC_ICW4_8086		0x01
#define PIC_EOI_SPECIFIC	0x60
#define PIC_READ_ISR		0x0b

static uint8_t pic_mask[2] = { 0xff & ~(1 << PIC_CASCADE), 0xff };

static void pic_init(void)
{
	out8(PIC_MASTER, PIC_ICW1);
	out8(PIC_SLAVE, PIC_ICW1);
	out8(PIC_MASTER + PIC_DATA, VECTOR_IRQ);
	out8(PIC_SLAVE + PIC_DATA, VECTOR_IRQ + 8);
	out8(PIC_MASTER + PIC_DATA, 1 << PIC_CASCADE);
	out8(PIC_SLAVE + PIC_DATA, PIC_CASCADE);
	out8(PIC_MASTER + PIC_DATA, PIC_ICW4_8086);
	out8(PIC_SLAVE + PIC_DATA, PIC_ICW4_8086);
	out8(PIC_MASTER + PIC_DATA, pic_mask[0]);
	out8(PIC_SLAVE + PIC_DATA, pic_mask[1]);
	/* From now on reading the command port gives the in-service register. */
	out8(PIC_MASTER, PIC_READ_ISR);
	out8(PIC_SLAVE, PIC_READ_ISR);
}

static void pic_ack(unsigned int line)
{
	if (line >= 8) {
		out8(PIC_SLAVE, (uint8_t)(PIC_EOI_SPECIFIC | (line - 8)));
		line = PIC_CASCADE;
	}
	out8(PIC_MASTER, (uint8_t)(PIC_EOI_SPECIFIC | line));
}

/*
 * A request that went away before the CPU took it is delivered as each PIC's last line, without
 * being in service.  The master does not know that of the slave, so its cascade line is
 * acknowledged.
 */
static bool pic_is_spurious(unsigned int line)
{
	if (line == 7)
		return !(in8(PIC_MASTER) & 0x80);
	if (line == 15 && !(in8(PIC_SLAVE) & 0x80)) {
		out8(PIC_MASTER, PIC_EOI_SPECIFIC | PIC_CASCADE);
		return true;
	}
	return false;
}

/* ------------------------------------------------------------------ local APIC (SDM vol. 3, 11) */

#define APIC_BASE_ENABLE	(1 << 11)
#define APIC_BASE_X2APIC	(1 << 10)
#define APIC_SIZE		4096
#define APIC_SVR_ENABLE		0x100
#define APIC_LVT_EXTINT		0x700
#define APIC_LVT_NMI		0x400
#define MSI_ADDRESS		0xfee00000

static volatile uint32_t *apic;		/* NULL: by MSRs (x2APIC mode) */

uint32_t apic_read(unsigned int reg)
{
	if (!apic)
		return (uint32_t)read_msr(MSR_X2APIC + (reg >> 4));
	return apic[reg / 4];
}

void apic_write(unsigned int reg, uint32_t value)
{
	if (!apic)
		write_msr(MSR_X2APIC + (reg >> 4), value);
	else
		apic[reg / 4] = value;
}

static unsigned long apic_physical;	/* 0: by MSRs */

static void apic_init(void)
{
	uint64_t base;

	/* Every CPU with 64 bits does; an emulator can be told to leave it out. */
	if (!cpu.apic)
		panic("this CPU has no local APIC");
	base = read_msr(MSR_APIC_BASE);
	/* The firmware's choice of mode stays: leaving x2APIC mode takes a reset of the APIC. */
	if (!(base & APIC_BASE_X2APIC)) {
		unsigned long physical = base & 0x000ffffffffff000;

		if (hc_memory_map_device(physical, APIC_SIZE, HC_CACHE_NONE))
			panic("the local APIC at 0x%lx cannot be mapped", physical);
		if (!(base & APIC_BASE_ENABLE))
			write_msr(MSR_APIC_BASE, base | APIC_BASE_ENABLE);
		apic = hc_va(physical);
		apic_physical = physical;
	}
	apic_write(APIC_TPR, 0);
	apic_write(APIC_LVT_ERROR, APIC_LVT_MASKED | VECTOR_SPURIOUS);
	apic_write(APIC_SVR, APIC_SVR_ENABLE | VECTOR_SPURIOUS);
	apic_write(APIC_LVT_LINT0, APIC_LVT_EXTINT);
	apic_write(APIC_LVT_LINT1, APIC_LVT_NMI);
}

#define IO_APIC			0xfec00000	/* the first one, if there is any */

void irq_reserve(struct ranges *reserved)
{
	ranges_add(reserved, IO_APIC, IO_APIC + HC_PAGE_SIZE);
	ranges_add(reserved, MSI_ADDRESS, MSI_ADDRESS + MIB);	/* a write is a message */
	if (apic_physical)
		ranges_add(reserved, apic_physical, apic_physical + APIC_SIZE);
}

static bool taken[HC_NR_IRQS];		/* by a line, a message interrupt, or for nobody */

void irq_init(void)
{
	memset(taken, true, NR_LINES);
	taken[VECTOR_INT80 - VECTOR_IRQ] = true;
	pic_init();
	apic_init();
}

/* ------------------------------------------------------------------ the contract */

static void check_irq(const char *function, unsigned int irq)
{
	if (irq >= HC_NR_IRQS || !taken[irq])
		bug(function, "interrupt number", irq);
}

static void set_mask(const char *function, unsigned int irq, bool masked)
{
	unsigned int bit = 1u << irq % 8, old;
	unsigned long flags;

	check_irq(function, irq);
	if (irq >= NR_LINES)
		return;
	flags = irq_save();
	old = pic_mask[irq / 8];
	pic_mask[irq / 8] = (uint8_t)(masked ? old | bit : old & ~bit);
	out8((irq < 8 ? PIC_MASTER : PIC_SLAVE) + PIC_DATA, pic_mask[irq / 8]);
	irq_restore(flags);
}

void hc_irq_mask(unsigned int irq)
{
	set_mask(__func__, irq, true);
}

void hc_irq_unmask(unsigned int irq)
{
	set_mask(__func__, irq, false);
}

void hc_irq_ack(unsigned int irq)
{
	if (irq >= NR_LINES)
		apic_write(APIC_EOI, 0);
	else
		pic_ack(irq);
}

#define PCI_INTERRUPT_LINE	0x3c	/* what the firmware wrote there; then the pin, 0: none */

int hc_irq_line(unsigned int device)
{
	unsigned int value = hc_pci_read(device, PCI_INTERRUPT_LINE, 2), line = value & 0xff;

	/* 0 would be the timer's. */
	return value >> 8 && line && line < NR_LINES ? (int)line : HC_EINVAL;
}

int hc_irq_allocate(unsigned int device, struct hc_message *message)
{
	unsigned int irq = NR_LINES;
	unsigned long flags;
	uint32_t id;

	(void)device;	/* nothing remaps interrupts here */
	id = apic ? apic_read(APIC_ID) >> 24 : apic_read(APIC_ID);
	if (id > 0xff)
		return HC_EINVAL;	/* out of a message's reach */
	flags = irq_save();
	while (irq < HC_NR_IRQS && taken[irq])
		irq++;
	if (irq < HC_NR_IRQS)
		taken[irq] = true;
	irq_restore(flags);
	if (irq == HC_NR_IRQS)
		return HC_ENOMEM;
	/* SDM vol. 3, 11.11: fixed delivery, edge, physical destination. */
	message->address = MSI_ADDRESS | (unsigned long)id << 12;
	message->data = VECTOR_IRQ + irq;
	return (int)irq;
}

void hc_irq_free(unsigned int irq)
{
	check_irq(__func__, irq);
	if (irq < NR_LINES || irq == VECTOR_INT80 - VECTOR_IRQ)
		bug(__func__, "interrupt number", irq);
	taken[irq] = false;
}

void hc_idle(void)
{
	/* `sti` holds interrupts off for one more instruction: none comes before the halt. */
	__asm__ volatile("sti; hlt" ::: "memory");
}

/* `int $n` in a program is a fault, for all its gates are the hardware's (SDM vol. 2, INT). */
static void software_interrupt(struct hc_frame *frame, unsigned int vector)
{
	frame->ip -= 2;
	trap_exception(frame, VECTOR_GENERAL_PROTECTION, vector << 3 | 2);
}

void irq_dispatch(struct hc_frame *frame, unsigned int vector)
{
	unsigned int irq = vector - VECTOR_IRQ;

	if (vector == VECTOR_TIMER) {
		time_interrupt(frame);
	} else if (vector == VECTOR_INT80) {
		software_interrupt(frame, vector);
	} else if (irq < NR_LINES) {
		if (!pic_is_spurious(irq))
			donor_interrupt(irq, frame);
	} else if (irq < HC_NR_IRQS && taken[irq]) {
		donor_interrupt(irq, frame);
	} else if (vector != VECTOR_SPURIOUS) {
		/* Its owner has freed it since.  The APIC's own spurious vector wants no EOI. */
		apic_write(APIC_EOI, 0);
	}
}

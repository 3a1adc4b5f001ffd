// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The Haunch authors
/*
 * The end, and the button that asks for it.  init writes the program's exit status to
 * /sys/kernel/haunch/exit_status and calls reboot(2); the status leaves the machine with the power-off
 * hypercall.
 */
#include <linux/interrupt.h>
#include <linux/kobject.h>
#include <linux/notifier.h>
#include <linux/panic_notifier.h>
#include <linux/pm.h>
#include <linux/reboot.h>
#include <linux/syscore_ops.h>
#include <linux/sysfs.h>
#include <asm/donor.h>
#include "haunch.h"

static unsigned int exit_status;
void (*pm_power_off)(void);
EXPORT_SYMBOL(pm_power_off);

void machine_power_off(void)
{
	hc_power_off(exit_status);
}

void machine_halt(void)
{
	hc_power_off(exit_status);
}

void machine_restart(char *command)
{
	hc_reboot();
}

/*
 * A program that simply ends should not have the kernel print "Power down" or "Restarting system":
 * by now the devices are shut down, and that line would be the next thing to happen.
 */
SYSCORE_SHUTDOWN(quiet_end)
{
	if (system_state == SYSTEM_RESTART)
		hc_reboot();
	if (system_state == SYSTEM_POWER_OFF || system_state == SYSTEM_HALT)
		hc_power_off(exit_status);
}

/* Nobody would ever see a halted image: a panic is the end, with a status that says failure. */
static int end_on_panic(struct notifier_block *block, unsigned long event, void *message)
{
	hc_console_backtrace(NULL);
	hc_power_failure(1);
}

static struct notifier_block panic_block = {
	.notifier_call = end_on_panic,
	.priority = INT_MIN,
};

/* The machine's button asks the first process for an orderly end, as Ctrl-Alt-Del does. */
static irqreturn_t button_interrupt(int irq, void *data)
{
	if (!hc_power_button())
		return IRQ_NONE;
	ctrl_alt_del();
	return IRQ_HANDLED;
}

static int __init button_init(void)
{
	int irq = hc_power_button_irq();

	return irq < 0 ? 0 : request_irq(irq, button_interrupt, IRQF_SHARED, "power", &panic_block);
}
device_initcall(button_init);

static ssize_t exit_status_show(struct kobject *object, struct kobj_attribute *attribute, char *to)
{
	return sysfs_emit(to, "%u\n", exit_status);
}

static ssize_t exit_status_store(struct kobject *object, struct kobj_attribute *attribute,
				 const char *from, size_t size)
{
	u8 status;
	int error = kstrtou8(from, 10, &status);

	if (error)
		return error;
	exit_status = status;
	return size;
}

static struct kobj_attribute exit_status_attribute = __ATTR_RW(exit_status);

/* What a panic leads to: "1" a reboot, "0" the machine is switched off. */
static ssize_t panic_reboots_store(struct kobject *object, struct kobj_attribute *attribute,
				   const char *from, size_t size)
{
	bool reboots;
	int error = kstrtobool(from, &reboots);

	if (!error)
		hc_failure_reboots(reboots);
	return error ? error : size;
}

static struct kobj_attribute panic_reboots_attribute = __ATTR_WO(panic_reboots);

static const struct attribute *const attributes[] = {
	&exit_status_attribute.attr, &panic_reboots_attribute.attr, NULL
};

static int __init power_init(void)
{
	struct kobject *directory = kobject_create_and_add("haunch", kernel_kobj);

	register_syscore_shutdown(quiet_end);
	atomic_notifier_chain_register(&panic_notifier_list, &panic_block);
	return directory ? sysfs_create_files(directory, attributes) : -ENOMEM;
}
postcore_initcall(power_init);	/* kernel_kobj is made by a core_initcall */

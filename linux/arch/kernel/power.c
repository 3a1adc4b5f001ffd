// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The Haunch authors
/*
 * The end, and the button that asks for it.  init sets the parameter exit_status to the program's and calls
 * reboot(2); the status leaves the machine with the power-off hypercall.
 */
#include <linux/interrupt.h>
#include <linux/moduleparam.h>
#include <linux/notifier.h>
#include <linux/panic_notifier.h>
#include <linux/pm.h>
#include <linux/reboot.h>
#include "haunch.h"

static unsigned char exit_status;
void (*pm_power_off)(void) = machine_power_off;
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
static int quiet_end(struct sys_off_data *data)
{
	if (system_state == SYSTEM_RESTART)	/* data->mode is 0 here */
		hc_reboot();
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

/* init's: /sys/module/haunch/parameters/exit_status, and what a panic leads to, 1: a reboot. */
#undef MODULE_PARAM_PREFIX
#define MODULE_PARAM_PREFIX "haunch."
module_param(exit_status, byte, 0600);

static int set_panic_reboots(const char *value, const struct kernel_param *parameter)
{
	bool reboots;
	int error = kstrtobool(value, &reboots);

	if (!error)
		hc_failure_reboots(reboots);
	return error;
}

static const struct kernel_param_ops panic_reboots_ops = {
	.set = set_panic_reboots,
};
module_param_cb(panic_reboots, &panic_reboots_ops, NULL, 0200);

static int __init power_init(void)
{
	atomic_notifier_chain_register(&panic_notifier_list, &panic_block);
	if (IS_ERR(register_sys_off_handler(SYS_OFF_MODE_POWER_OFF_PREPARE, SYS_OFF_PRIO_LOW,
					    quiet_end, NULL)) ||
	    IS_ERR(register_sys_off_handler(SYS_OFF_MODE_RESTART_PREPARE, SYS_OFF_PRIO_LOW,
					    quiet_end, NULL)))
		return -ENOMEM;
	return 0;
}
core_initcall(power_init);

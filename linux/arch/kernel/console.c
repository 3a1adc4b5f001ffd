// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The Haunch authors
/* /dev/hvc0 and /dev/console: the donor's hypervisor console driver on the core's console. */
#include <linux/init.h>
#include <hvc_console.h>
#include "haunch.h"

static int get_chars(uint32_t terminal, char *to, int size)
{
	int n = 0, c;

	while (n < size && (c = hc_console_read()) >= 0)
		to[n++] = c;
	return n;
}

static int put_chars(uint32_t terminal, const char *from, int size)
{
	hc_console_write(from, size);
	return size;
}

static const struct hv_ops ops = {
	.get_chars = get_chars,
	.put_chars = put_chars,
	.notifier_add = notifier_add_irq,
	.notifier_del = notifier_del_irq,
	.notifier_hangup = notifier_hangup_irq,
};

static int __init console_early_init(void)
{
	return hvc_instantiate(0, 0, &ops);
}
console_initcall(console_early_init);

static int __init console_init_late(void)
{
	int irq = hc_console_irq();

	return PTR_ERR_OR_ZERO(hvc_alloc(0, irq < 0 ? 0 : irq, &ops, 1024));
}
device_initcall(console_init_late);

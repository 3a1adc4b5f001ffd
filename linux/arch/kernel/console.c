// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The Haunch authors
/* /dev/hvc0 and /dev/console: the donor's hypervisor console driver on the core's console. */
#include <linux/init.h>
#include <hvc_console.h>
#include <asm/donor.h>
#include "haunch.h"

static hvc_result get_chars(u32 terminal, hvc_char *to, hvc_size size)
{
	hvc_size n = 0;
	int c;

	while (n < size && (c = hc_console_read()) >= 0)
		to[n++] = c;
	return n;
}

/*
 * A reader that has stopped costs nothing but time: what was not taken is sent later.  Only a panic
 * gives up, after ten seconds in all.
 */
static hvc_result put_chars(u32 terminal, const hvc_char *from, hvc_size size)
{
	static unsigned int patience = 2500;	/* calls that some 4 ms take */
	int taken = hc_console_write(from, size);

	if (taken)
		return taken;
	if (!oops_in_progress || (patience && --patience))
		return -EAGAIN;
	return size;
}

/* The same for messages before there is a terminal. */
void console_put(const char *text, unsigned int size)
{
	for (; size; text++, size--) {
		if (*text == '\n')
			while (put_chars(0, (const hvc_char *)"\r", 1) != 1)
				;
		while (put_chars(0, (const hvc_char *)text, 1) != 1)
			;
	}
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

// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The Haunch authors
/*
 * Files of /proc that print where the kernel's functions are.  With kallsyms they would print names; the
 * core has a table of names instead, for panics only.
 */
#include <linux/init.h>
#include <linux/proc_fs.h>
#include <net/net_namespace.h>

static int __init secrets_init(void)
{
	remove_proc_entry("timer_list", NULL);
	remove_proc_entry("vmallocinfo", NULL);
	remove_proc_entry("ptype", init_net.proc_net);
	return 0;
}
late_initcall(secrets_init);

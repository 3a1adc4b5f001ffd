/* SPDX-License-Identifier: GPL-2.0-only */
/* One canary for the whole kernel (-mstack-protector-guard=global): GS is the program's. */
#ifndef _ASM_HAUNCH_STACKPROTECTOR_H
#define _ASM_HAUNCH_STACKPROTECTOR_H

#include <linux/random.h>

extern unsigned long __stack_chk_guard;

/* Called by functions that never return, for whom alone it is right. */
static __always_inline void boot_init_stack_canary(void)
{
	unsigned long canary = get_random_canary();

	current->stack_canary = canary;
	__stack_chk_guard = canary;
}

#endif

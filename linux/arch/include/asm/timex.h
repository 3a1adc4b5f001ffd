/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_HAUNCH_TIMEX_H
#define _ASM_HAUNCH_TIMEX_H

#include <hypercall.h>

typedef unsigned long cycles_t;
static inline cycles_t get_cycles(void)
{
	return hc_cycles();
}
#define get_cycles get_cycles
#define random_get_entropy() get_cycles()
#define CLOCK_TICK_RATE	1193182

#include <asm-generic/timex.h>

#endif

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_HAUNCH_ARCHRANDOM_H
#define _ASM_HAUNCH_ARCHRANDOM_H

#include <hypercall.h>

static inline size_t __must_check arch_get_random_longs(unsigned long *v, size_t max_longs)
{
	return hc_random(v, max_longs * sizeof(*v)) / sizeof(*v);
}

static inline size_t __must_check arch_get_random_seed_longs(unsigned long *v, size_t max_longs)
{
	return arch_get_random_longs(v, max_longs);
}

#endif

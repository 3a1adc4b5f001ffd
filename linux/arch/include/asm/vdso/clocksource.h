/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_HAUNCH_VDSO_CLOCKSOURCE_H
#define _ASM_HAUNCH_VDSO_CLOCKSOURCE_H
#define VDSO_ARCH_CLOCKMODES	VDSO_CLOCKMODE_HAUNCH	/* struct hc_clock */
#endif

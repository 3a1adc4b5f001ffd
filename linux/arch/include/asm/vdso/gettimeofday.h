/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (c) 2026 The Haunch authors */
/* What the generic vDSO wants: the clock, by the core's page, and system calls for all else. */
#ifndef _ASM_HAUNCH_VDSO_GETTIMEOFDAY_H
#define _ASM_HAUNCH_VDSO_GETTIMEOFDAY_H

#include <hypercall.h>
#include <uapi/linux/time.h>
#include <asm/barrier.h>
#include <asm/timex.h>
#include <asm/unistd.h>

#define VDSO_HAS_TIME		1
#define VDSO_HAS_CLOCK_GETRES	1

static __always_inline long vdso_call(long number, const void *a, const void *b)
{
	long result;

	asm volatile("syscall" : "=a"(result) : "0"(number), "D"(a), "S"(b)
		     : "rcx", "r11", "memory");
	return result;
}

#define gettimeofday_fallback(tv, tz)	vdso_call(__NR_gettimeofday, tv, tz)
#define clock_gettime_fallback(clock, ts) \
	vdso_call(__NR_clock_gettime, (const void *)(long)(clock), ts)
#define clock_getres_fallback(clock, ts) \
	vdso_call(__NR_clock_getres, (const void *)(long)(clock), ts)

/* Two of the pages in front of the code: vdso.c. */
extern const struct vdso_data vvar__vdso_data[] __attribute__((visibility("hidden")));
extern const volatile struct hc_clock pvclock_page __attribute__((visibility("hidden")));

#define __arch_get_vdso_data()	(vvar__vdso_data)

/* As hc_time_monotonic(). */
static __always_inline u64 __arch_get_hw_counter(s32 mode, const struct vdso_data *data)
{
	const volatile struct hc_clock_line *line;
	unsigned long count;
	u64 now;

	do {
		count = pvclock_page.count;
		line = &pvclock_page.lines[count % 2];
		now = line->start_ns + (u64)((unsigned __int128)(get_cycles() - line->start_tsc) *
					     line->slope >> 32);
	} while (unlikely(count != pvclock_page.count));
	return now;
}

#endif

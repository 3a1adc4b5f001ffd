// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The Haunch authors
/*
 * The clock without a system call: the functions that vdso/text.S jumps to.
 *
 * They run as a part of the program, on its stack, with interrupts enabled, and can be interrupted,
 * preempted, or left by a signal's handler anywhere.  So they may read what the kernel has (the
 * timekeeper's seqcount is made for that), but not take a lock, nor ask who is running.  A bad
 * pointer is the program's fault, as it would be in any code of its own.
 */
#include <linux/elf.h>
#include <linux/gfp.h>
#include <linux/init.h>
#include <linux/mm.h>
#include <linux/string.h>
#include <linux/time.h>
#include <linux/timekeeping.h>
#include "haunch.h"

static int clock_gettime(clockid_t clock, struct timespec64 *to)
{
	switch (clock) {
	case CLOCK_REALTIME:
		ktime_get_real_ts64(to);
		break;
	case CLOCK_MONOTONIC:
		ktime_get_ts64(to);
		break;
	case CLOCK_MONOTONIC_RAW:
		ktime_get_raw_ts64(to);
		break;
	case CLOCK_REALTIME_COARSE:
		ktime_get_coarse_real_ts64(to);
		break;
	case CLOCK_MONOTONIC_COARSE:
		ktime_get_coarse_ts64(to);
		break;
	case CLOCK_BOOTTIME:
		ktime_get_boottime_ts64(to);
		break;
	default:		/* text.S lets no other through */
		ktime_get_clocktai_ts64(to);
		break;
	}
	return 0;
}

static int gettimeofday(struct __kernel_old_timeval *to, struct timezone *zone)
{
	struct timespec64 now;

	if (to) {
		ktime_get_real_ts64(&now);
		to->tv_sec = now.tv_sec;
		to->tv_usec = now.tv_nsec / NSEC_PER_USEC;
	}
	if (zone)
		*zone = sys_tz;
	return 0;
}

static __kernel_old_time_t seconds(__kernel_old_time_t *to)
{
	__kernel_old_time_t now = ktime_get_real_seconds();

	if (to)
		*to = now;
	return now;
}

/* As in vdso/text.S, which knows the clocks' numbers. */
static_assert(CLOCK_REALTIME == 0 && CLOCK_MONOTONIC == 1 && CLOCK_MONOTONIC_RAW == 4 &&
	      CLOCK_REALTIME_COARSE == 5 && CLOCK_MONOTONIC_COARSE == 6 && CLOCK_BOOTTIME == 7 &&
	      CLOCK_TAI == 11);

struct vdso_functions {
	int (*clock_gettime)(clockid_t clock, struct timespec64 *to);
	int (*gettimeofday)(struct __kernel_old_timeval *to, struct timezone *zone);
	__kernel_old_time_t (*time)(__kernel_old_time_t *to);
};

extern const char vdso_image[], vdso_image_end[];
unsigned long vdso_address;

static int __init vdso_init(void)
{
	size_t size = PAGE_ALIGN(vdso_image_end - vdso_image);
	void *vdso = alloc_pages_exact(size, GFP_KERNEL | __GFP_ZERO);

	if (!vdso)
		return -ENOMEM;
	memcpy(vdso, vdso_image, vdso_image_end - vdso_image);
	*(struct vdso_functions *)(vdso + ((struct elfhdr *)vdso)->e_entry) =
		(struct vdso_functions){ clock_gettime, gettimeofday, seconds };
	if (hc_memory_protect(vdso, size, HC_PROT_READ | HC_PROT_EXEC)) {
		free_pages_exact(vdso, size);
		return -ENOMEM;
	}
	vdso_address = (unsigned long)vdso;
	return 0;
}
subsys_initcall(vdso_init);

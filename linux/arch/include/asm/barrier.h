/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * One CPU, but devices and the hypervisor's other CPUs look at our memory: the mandatory and the
 * virt_ barriers are real (Intel SDM vol. 3, 9.2: only a load may pass an older store).
 */
#ifndef _ASM_HAUNCH_BARRIER_H
#define _ASM_HAUNCH_BARRIER_H

#define mb()		asm volatile("mfence" ::: "memory")
#define rmb()		asm volatile("lfence" ::: "memory")
#define wmb()		asm volatile("sfence" ::: "memory")
#define dma_rmb()	barrier()
#define dma_wmb()	barrier()
#define __smp_mb()	asm volatile("lock; addl $0, -4(%%rsp)" ::: "memory", "cc")
#define __smp_rmb()	barrier()
#define __smp_wmb()	barrier()
#define __smp_store_mb(var, value) do { (void)xchg(&var, value); } while (0)
#define __smp_store_release(p, v)	do { barrier(); WRITE_ONCE(*(p), v); } while (0)
#define __smp_load_acquire(p)		\
	({ typeof(*(p)) ___p1 = READ_ONCE(*(p)); barrier(); ___p1; })
#define __smp_mb__before_atomic()	do { } while (0)
#define __smp_mb__after_atomic()	do { } while (0)

#include <asm-generic/barrier.h>

#endif

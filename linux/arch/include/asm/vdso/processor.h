/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_HAUNCH_VDSO_PROCESSOR_H
#define _ASM_HAUNCH_VDSO_PROCESSOR_H
#define cpu_relax() asm volatile("pause" ::: "memory")
#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* What x86's headers ask of <asm/cpufeatures.h>. */
#ifndef _ASM_HAUNCH_CPUFEATURES_H
#define _ASM_HAUNCH_CPUFEATURES_H
#define X86_FEATURE_CX16	0
#define X86_FEATURE_ERMS	0
#define X86_FEATURE_FSRM	0
#define boot_cpu_has(feature)	0
#endif

/* SPDX-License-Identifier: GPL-2.0-only */
/* What x86's atomics want of <asm/alternative.h>: on one CPU nothing needs a lock prefix. */
#ifndef _ASM_HAUNCH_ALTERNATIVE_H
#define _ASM_HAUNCH_ALTERNATIVE_H
#include <asm/asm.h>
#define LOCK_PREFIX ""
#define LOCK_PREFIX_HERE ""
#endif

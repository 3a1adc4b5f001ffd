/* SPDX-License-Identifier: GPL-2.0-only */
/* Nothing of ours is done on the generic way back to a program. */
#ifndef _ASM_HAUNCH_ENTRY_COMMON_H
#define _ASM_HAUNCH_ENTRY_COMMON_H
#endif

/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_HAUNCH_LINKAGE_H
#define _ASM_HAUNCH_LINKAGE_H
#define __ALIGN		.balign 16, 0x90
#define __ALIGN_STR	".balign 16, 0x90"
#define RET		ret
#define SYM_FUNC_ALIAS_MEMFUNC	SYM_FUNC_ALIAS_WEAK
#endif

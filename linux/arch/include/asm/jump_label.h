/* SPDX-License-Identifier: GPL-2.0-only */
/* Copyright (c) 2026 The Haunch authors */
/* A branch that is rarely changed is a NOP, or a jump, of five bytes in the code: kernel/jump_label.c. */
#ifndef _ASM_HAUNCH_JUMP_LABEL_H
#define _ASM_HAUNCH_JUMP_LABEL_H

#define JUMP_LABEL_NOP_SIZE	5

#ifndef __ASSEMBLY__

#include <linux/types.h>

#define __JUMP_LABEL(code, key, branch, label)				\
	asm goto("1: " code "\n\t"					\
		 ".pushsection __jump_table, \"aw\"\n\t"		\
		 ".balign 8\n\t"					\
		 ".long 1b - ., %l[" #label "] - .\n\t"			\
		 ".quad %c0 + %c1 - .\n\t"				\
		 ".popsection"						\
		 :: "i"(key), "i"(branch) :: label)

static __always_inline bool arch_static_branch(struct static_key *const key, const bool branch)
{
	__JUMP_LABEL(".byte 0x0f, 0x1f, 0x44, 0x00, 0x00", key, branch, yes);
	return false;
yes:
	return true;
}

static __always_inline bool arch_static_branch_jump(struct static_key *const key,
						    const bool branch)
{
	__JUMP_LABEL(".byte 0xe9\n\t.long %l[yes] - . - 4", key, branch, yes);
	return false;
yes:
	return true;
}

#endif
#endif

// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The Haunch authors
/* Change a branch in the kernel's code (asm/jump_label.h); there is no other CPU that could run it. */
#include <linux/jump_label.h>
#include <linux/string.h>
#include "haunch.h"

void arch_jump_label_transform(struct jump_entry *entry, enum jump_label_type type)
{
	static const u8 nop[JUMP_LABEL_NOP_SIZE] = { 0x0f, 0x1f, 0x44, 0x00, 0x00 };
	u8 jump[JUMP_LABEL_NOP_SIZE] = { 0xe9 };
	void *code = (void *)jump_entry_code(entry);
	s32 distance = jump_entry_target(entry) - jump_entry_code(entry) - JUMP_LABEL_NOP_SIZE;

	memcpy(jump + 1, &distance, sizeof(distance));
	hc_code_write(code, type == JUMP_LABEL_JMP ? jump : nop, JUMP_LABEL_NOP_SIZE);
}

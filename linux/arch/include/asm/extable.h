/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_HAUNCH_EXTABLE_H
#define _ASM_HAUNCH_EXTABLE_H

struct exception_table_entry {
	unsigned int insn, fixup;
};

struct pt_regs;
int fixup_exception(struct pt_regs *regs);

#endif

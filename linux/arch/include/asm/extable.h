/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_HAUNCH_EXTABLE_H
#define _ASM_HAUNCH_EXTABLE_H

#define ARCH_HAS_RELATIVE_EXTABLE

struct exception_table_entry {
	int insn, fixup;
};

static inline unsigned long extable_fixup(const struct exception_table_entry *entry)
{
	return (unsigned long)&entry->fixup + entry->fixup;
}

struct pt_regs;
int fixup_exception(struct pt_regs *regs);

#endif

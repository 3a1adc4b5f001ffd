/* SPDX-License-Identifier: GPL-2.0-only */
#ifndef _ASM_HAUNCH_WORD_AT_A_TIME_H
#define _ASM_HAUNCH_WORD_AT_A_TIME_H

#include <asm/asm.h>
#include <asm/page.h>
#include <asm-generic/word-at-a-time.h>

/*
 * Load a word that may reach into a page that is not mapped; zeroes stand for what is not there.
 * Only a word that crosses into the next page needs the fixup.
 */
static inline unsigned long load_unaligned_zeropad(const void *address)
{
	unsigned long value = 0, offset = (unsigned long)address & (sizeof(long) - 1);
	int fault = 1;

	if (likely(((unsigned long)address & ~PAGE_MASK) <= PAGE_SIZE - sizeof(long)))
		return *(const unsigned long *)address;
	asm volatile("1: mov %[word], %[value]\n"
		     "xor %[fault], %[fault]\n"
		     "2:\n"
		     _ASM_EXTABLE(1b, 2b)
		     : [value] "+r"(value), [fault] "+r"(fault)
		     : [word] "m"(*(const unsigned long *)address));
	if (fault)
		value = *(const unsigned long *)((unsigned long)address - offset) >> offset * 8;
	return value;
}

#endif

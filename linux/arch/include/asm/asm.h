/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The exception table: where `from` faults, execution goes on at `to`.  Both addresses are below
 * 2 GiB (-mcmodel=small), so an entry takes two 32-bit words.
 */
#ifndef _ASM_HAUNCH_ASM_H
#define _ASM_HAUNCH_ASM_H

#ifdef __ASSEMBLY__
#define _ASM_EXTABLE(from, to)			\
	.pushsection __ex_table, "a" ;		\
	.balign 4 ;				\
	.long from, to ;			\
	.popsection
#define _ASM_EXTABLE_UA(from, to)	_ASM_EXTABLE(from, to)
#else
#define __ASM_SIZE(inst, ...)	#inst "q" #__VA_ARGS__ " "
#define _ASM_EXTABLE(from, to)			\
	".pushsection __ex_table, \"a\"\n"	\
	".balign 4\n"				\
	".long " #from ", " #to "\n"		\
	".popsection\n"
#define CC_SET(c)		"\n\t/* output condition code " #c " */\n"
#define CC_OUT(c)		"=@cc" #c
#define ASM_CALL_CONSTRAINT
#endif

#endif

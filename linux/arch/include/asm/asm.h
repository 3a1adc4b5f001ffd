/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * The exception table: where `from` faults, execution goes on at `to`.  Both are distances from where
 * they stand (CONFIG_ARCH_HAS_RELATIVE_EXTABLE): the image is moved when it boots.
 */
#ifndef _ASM_HAUNCH_ASM_H
#define _ASM_HAUNCH_ASM_H

#ifdef __ASSEMBLY__
#define _ASM_EXTABLE(from, to)			\
	.pushsection __ex_table, "a" ;		\
	.balign 4 ;				\
	.long from - ., to - . ;		\
	.popsection
#define _ASM_EXTABLE_UA(from, to)	_ASM_EXTABLE(from, to)
#else
#define _ASM_EXTABLE(from, to)			\
	".pushsection __ex_table, \"a\"\n"	\
	".balign 4\n"				\
	".long " #from " - ., " #to " - .\n"	\
	".popsection\n"
#define __ASM_SIZE(inst, ...)	#inst "q" #__VA_ARGS__ " "
#define CC_SET(c)		"\n\t/* output condition code " #c " */\n"
#define CC_OUT(c)		"=@cc" #c
#define ASM_CALL_CONSTRAINT
#define _ASM_SP			"rsp"
#endif

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * icount.h - a mark that a guest program makes for the plugin of icount.c.
 *
 * It is an instruction that does nothing and that no compiler makes: a long nop with a number in
 * its displacement.  The plugin notes how many instructions were executed when it passes.
 */
#ifndef ICOUNT_H
#define ICOUNT_H

/* nopl disp32(%rax); the upper half of the displacement tells ours from others. */
#define ICOUNT_NOP_SIZE 7
#define ICOUNT_NOP	"\x0f\x1f\x80"
#define ICOUNT_MAGIC	0x484e

/* number: a constant below 65536 */
#define ICOUNT_MARK(number)                                                                \
	__asm__ volatile(                                                                  \
		".byte 0x0f, 0x1f, 0x80\n\t.long %c0" ::"i"(ICOUNT_MAGIC << 16 | (number)) \
		: "memory")

#endif

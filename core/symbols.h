/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * symbols.h - the table of function names that a panic prints: written by tools/symtab.c, read
 * by symbols.c.
 *
 * The functions are sorted by address.  For each there are, in one stream of bytes:
 *
 *	the distance to the one before, 7 bits a byte, low bits first, bit 7: more follow
 *	the length of its coded name in bytes (one byte)
 *	the coded name
 *
 * A byte c of a coded name stands for itself if pair[c][1] is 0, else for the two bytes pair[c],
 * which may be codes in turn (byte pair encoding), of lower rank: expanding ends.
 */
#ifndef CORE_SYMBOLS_H
#define CORE_SYMBOLS_H

#include <stdint.h>

#define SYMBOLS_MAGIC	"HAUNCHSY"

struct symbols_header {
	char magic[8];			/* SYMBOLS_MAGIC, without its NUL */
	uint32_t count;
	uint32_t base;			/* the first distance counts from here; addresses are
					 * the image's physical ones */
	uint32_t stream_size;		/* of what follows */
	uint32_t reserved;
	uint8_t pair[256][2];
};

#endif /* CORE_SYMBOLS_H */

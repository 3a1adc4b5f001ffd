// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * random.c - the CPU's random number generator (SDM vol. 1, 7.3.17), and what jitters in a PC.
 */
#include "cpu.h"

#define RETRIES			10	/* RDRAND: as the manual advises; RDSEED may need more */

static bool next_random(uint64_t *value)
{
	unsigned char ok = 0;

	for (int i = 0; cpu.rdseed && i < 4 * RETRIES; i++) {
		__asm__ volatile("rdseed %0; setc %1" : "=r"(*value), "=qm"(ok) :: "cc");
		if (ok)
			return true;
		__asm__ volatile("pause");
	}
	for (int i = 0; cpu.rdrand && i < RETRIES; i++) {
		__asm__ volatile("rdrand %0; setc %1" : "=r"(*value), "=qm"(ok) :: "cc");
		if (ok)
			return true;
	}
	return false;
}

unsigned long hc_random(void *buffer, unsigned long size)
{
	unsigned char *p = buffer;
	unsigned long done = 0;
	uint64_t value, last = 0;

	while (done < size && next_random(&value)) {
		unsigned long n = size - done < sizeof(value) ? size - done : sizeof(value);

		/* Known failures of hardware: all ones for ever, or the same for ever. */
		if (!~value || (done && value == last))
			break;
		last = value;
		memcpy(p + done, &value, n);
		done += n;
	}
	return done;
}

void timing_sample(void)
{
	/* Any device on the slowest bus; this one has no side effects.  One access may take the same each time. */
	for (int i = 0; i < 4; i++)
		in8(0x61);
}

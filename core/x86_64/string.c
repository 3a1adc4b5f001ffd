// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * string.c - memory and strings, which the compiler calls as well.  None is on a hot path.
 */
#include "cpu.h"

void *memcpy(void *to, const void *from, size_t size)
{
	void *at = to;
	size_t words = size / 8;

	__asm__ volatile("rep movsq; mov %3, %%rcx; rep movsb"
			 : "+&D"(at), "+&S"(from), "+&c"(words)
			 : "r"(size % 8)
			 : "memory");
	return to;
}

void *memmove(void *to, const void *from, size_t size)
{
	char *last = (char *)to + size - 1;
	const char *from_last = (const char *)from + size - 1;

	if ((uintptr_t)to - (uintptr_t)from >= size)
		return memcpy(to, from, size);
	__asm__ volatile("std; rep movsb; cld" : "+D"(last), "+S"(from_last), "+c"(size) :: "memory");
	return to;
}

void *memset(void *to, int value, size_t size)
{
	void *at = to;
	size_t words = size / 8;

	__asm__ volatile("rep stosq; mov %2, %%rcx; rep stosb"
			 : "+&D"(at), "+&c"(words)
			 : "r"(size % 8), "a"((unsigned char)value * 0x0101010101010101ul)
			 : "memory");
	return to;
}

int memcmp(const void *a, const void *b, size_t size)
{
	const unsigned char *x = a, *y = b;

	for (; size; size--, x++, y++)
		if (*x != *y)
			return *x - *y;
	return 0;
}

size_t strlen(const char *s)
{
	size_t n = 0;

	while (s[n])
		n++;
	return n;
}

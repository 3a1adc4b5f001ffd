// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * string.c - the few functions that the compiler expects to find.
 *
 * They stay local to core.o: the donor brings its own.  Compiled without loop pattern recognition
 * (core.mk), which would turn memset's loop into a call of memset.  None is on a hot path.
 */
#include "core.h"

typedef unsigned long __attribute__((may_alias, aligned(1))) word;

void *memcpy(void *to, const void *from, size_t size)
{
	unsigned char *d = to;
	const unsigned char *s = from;

	for (; size >= sizeof(word); size -= sizeof(word)) {
		*(word *)d = *(const word *)s;
		d += sizeof(word);
		s += sizeof(word);
	}
	while (size--)
		*d++ = *s++;
	return to;
}

void *memmove(void *to, const void *from, size_t size)
{
	unsigned char *d = (unsigned char *)to + size;
	const unsigned char *s = (const unsigned char *)from + size;

	if ((uintptr_t)to - (uintptr_t)from >= size)
		return memcpy(to, from, size);
	for (; size >= sizeof(word); size -= sizeof(word)) {
		d -= sizeof(word);
		s -= sizeof(word);
		*(word *)d = *(const word *)s;
	}
	while (size--)
		*--d = *--s;
	return to;
}

void *memset(void *to, int value, size_t size)
{
	unsigned char *d = to;
	unsigned long v = (unsigned char)value * 0x0101010101010101ul;

	for (; size >= sizeof(word); size -= sizeof(word)) {
		*(word *)d = v;
		d += sizeof(word);
	}
	while (size--)
		*d++ = (unsigned char)value;
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

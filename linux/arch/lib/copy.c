// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The Haunch authors
/*
 * Memory copying and clearing.  Blocks of 64 bytes by moves, which beat `rep movs` for the sizes
 * that matter (headers, small buffers) on hardware and under emulation; `rep` for what is large.
 */
#include <linux/export.h>
#include <linux/string.h>
#include <linux/uaccess.h>
#include <asm/page.h>

typedef u64 __aligned(1) __attribute__((__may_alias__)) word;
typedef u32 __aligned(1) __attribute__((__may_alias__)) half;
typedef u16 __aligned(1) __attribute__((__may_alias__)) quarter;

/* Above this, `rep movsq` and `rep stosq` have paid for their start-up on hardware. */
#define LARGE	512

#undef memcpy
#undef memset

/* Up to 16 bytes by two moves that may overlap. */
static __always_inline void copy_short(u8 *to, const u8 *from, size_t n)
{
	if (n >= 8) {
		u64 first = *(word *)from, last = *(word *)(from + n - 8);

		*(word *)to = first;
		*(word *)(to + n - 8) = last;
	} else if (n >= 4) {
		u32 first = *(half *)from, last = *(half *)(from + n - 4);

		*(half *)to = first;
		*(half *)(to + n - 4) = last;
	} else if (n >= 2) {
		u16 first = *(quarter *)from, last = *(quarter *)(from + n - 2);

		*(quarter *)to = first;
		*(quarter *)(to + n - 2) = last;
	} else if (n) {
		*to = *from;
	}
}

__visible void *memcpy(void *to, const void *from, size_t n)
{
	u8 *t = to;
	const u8 *f = from;

	if (n <= 16) {
		copy_short(t, f, n);
		return to;
	}
	if (n >= LARGE) {
		size_t words = n / 8;

		asm volatile("rep movsq" : "+D"(t), "+S"(f), "+c"(words) :: "memory");
		n &= 7;
		copy_short(t, f, n);
		return to;
	}
	for (; n > 32; n -= 32, t += 32, f += 32) {
		u64 a = *(word *)f, b = *(word *)(f + 8);
		u64 c = *(word *)(f + 16), d = *(word *)(f + 24);

		*(word *)t = a;
		*(word *)(t + 8) = b;
		*(word *)(t + 16) = c;
		*(word *)(t + 24) = d;
	}
	if (n > 16) {
		u64 a = *(word *)f, b = *(word *)(f + 8);
		u64 c = *(word *)(f + n - 16), d = *(word *)(f + n - 8);

		*(word *)t = a;
		*(word *)(t + 8) = b;
		*(word *)(t + n - 16) = c;
		*(word *)(t + n - 8) = d;
	} else {
		copy_short(t, f, n);
	}
	return to;
}
EXPORT_SYMBOL(memcpy);

__visible void *memset(void *to, int value, size_t n)
{
	u64 pattern = (u8)value * 0x0101010101010101ul;
	u8 *t = to;

	if (n < 8) {
		for (; n; n--)
			*t++ = value;
		return to;
	}
	if (n >= LARGE) {
		size_t words = n / 8;

		*(word *)(t + n - 8) = pattern;
		asm volatile("rep stosq" : "+D"(t), "+c"(words) : "a"(pattern) : "memory");
		return to;
	}
	*(word *)(t + n - 8) = pattern;
	for (; n >= 32; n -= 32, t += 32) {
		*(word *)t = pattern;
		*(word *)(t + 8) = pattern;
		*(word *)(t + 16) = pattern;
		*(word *)(t + 24) = pattern;
	}
	for (; n >= 8; n -= 8, t += 8)
		*(word *)t = pattern;
	return to;
}
EXPORT_SYMBOL(memset);

/*
 * Words, then the rest by bytes: a fault in the middle of a word still leaves an exact count, as for a
 * short write that ends at an unmapped page.  `words` is that of bytes left in the end.
 */
#define REPEAT(instruction, ...)						\
	asm volatile("1: rep " instruction "q\n"				\
		     "mov %[rest], %%rcx\n"					\
		     "2: rep " instruction "b\n"				\
		     "jmp 4f\n"							\
		     "3: lea (%[rest], %%rcx, 8), %%rcx\n"			\
		     "5: rep " instruction "b\n"				\
		     "4:\n"							\
		     _ASM_EXTABLE(1b, 3b)					\
		     _ASM_EXTABLE(2b, 4b)					\
		     _ASM_EXTABLE(5b, 4b)					\
		     : "+D"(to), "+S"(from), "+c"(words)			\
		     : [rest] "r"(rest), ##__VA_ARGS__ : "memory")

unsigned long haunch_copy_unsafe(void *to, const void *from, unsigned long n)
{
	unsigned long words = n / 8, rest = n & 7;

	REPEAT("movs");
	return words;
}
EXPORT_SYMBOL(haunch_copy_unsafe);

unsigned long haunch_copy(void *to, const void *from, unsigned long n)
{
	hc_access_begin();
	n = haunch_copy_unsafe(to, from, n);
	hc_access_end();
	return n;
}
EXPORT_SYMBOL(haunch_copy);

unsigned long haunch_clear(void *to, unsigned long n)
{
	unsigned long words = n / 8, rest = n & 7;
	const void *from = NULL;

	hc_access_begin();
	REPEAT("stos", "a"(0l));
	hc_access_end();
	return words;
}
EXPORT_SYMBOL(haunch_clear);

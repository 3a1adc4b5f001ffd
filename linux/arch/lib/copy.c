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
#undef memmove
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

__visible void *memmove(void *to, const void *from, size_t n)
{
	u8 *t = to;
	const u8 *f = from;

	if (n <= 16) {
		copy_short(t, f, n);
		return to;
	}
	if (t <= f || t >= f + n) {
		/* Forwards, one word in flight: right for any distance. */
		for (; n >= 8; n -= 8, t += 8, f += 8)
			*(word *)t = *(word *)f;
		for (; n; n--)
			*t++ = *f++;
		return to;
	}
	while (n >= 8) {
		n -= 8;
		*(word *)(t + n) = *(word *)(f + n);
	}
	while (n--)
		t[n] = f[n];
	return to;
}
EXPORT_SYMBOL(memmove);

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

void clear_page(void *page)
{
	size_t words = PAGE_SIZE / 8;

	asm volatile("rep stosq" : "+D"(page), "+c"(words) : "a"(0l) : "memory");
}
EXPORT_SYMBOL(clear_page);

void copy_page(void *to, const void *from)
{
	size_t words = PAGE_SIZE / 8;

	asm volatile("rep movsq" : "+D"(to), "+S"(from), "+c"(words) :: "memory");
}
EXPORT_SYMBOL(copy_page);

/*
 * The rest by bytes, so that a fault in the middle of a word still leaves an exact count, as for a
 * short write that ends at an unmapped page.
 */
unsigned long haunch_copy_unsafe(void *to, const void *from, unsigned long n)
{
	unsigned long words = n / 8, rest = n & 7;

	asm volatile("1: rep movsq\n"
		     "mov %[rest], %%rcx\n"
		     "2: rep movsb\n"
		     "jmp 4f\n"
		     "3: lea (%[rest], %%rcx, 8), %%rcx\n"
		     "5: rep movsb\n"
		     "4:\n"
		     _ASM_EXTABLE(1b, 3b)
		     _ASM_EXTABLE(2b, 4b)
		     _ASM_EXTABLE(5b, 4b)
		     : "+D"(to), "+S"(from), "+c"(words)
		     : [rest] "r"(rest) : "memory");
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

	hc_access_begin();
	asm volatile("1: rep stosq\n"
		     "mov %[rest], %%rcx\n"
		     "2: rep stosb\n"
		     "jmp 4f\n"
		     "3: lea (%[rest], %%rcx, 8), %%rcx\n"
		     "5: rep stosb\n"
		     "4:\n"
		     _ASM_EXTABLE(1b, 3b)
		     _ASM_EXTABLE(2b, 4b)
		     _ASM_EXTABLE(5b, 4b)
		     : "+D"(to), "+c"(words)
		     : [rest] "r"(rest), "a"(0l) : "memory");
	hc_access_end();
	return words;
}
EXPORT_SYMBOL(haunch_clear);

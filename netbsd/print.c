// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * print.c - the console, and the few functions of C that the compiler and the glue want.
 */
#include "donor.h"

void *memset(void *to, int value, size_t size)
{
	void *start = to;

	__asm__ volatile("rep stosb" : "+D"(to), "+c"(size) : "a"(value) : "memory");
	return start;
}

void *memcpy(void *to, const void *from, size_t size)
{
	void *start = to;

	__asm__ volatile("rep movsb" : "+D"(to), "+S"(from), "+c"(size) :: "memory");
	return start;
}

size_t strlen(const char *s)
{
	const char *end = s;

	while (*end)
		end++;
	return (size_t)(end - s);
}

/* All of it, however long the serial port takes. */
static void put(const char *text, size_t size)
{
	while (size) {
		unsigned long taken = hc_console_write(text, size);

		text += taken;
		size -= taken;
	}
}

void rumpuser_putchar(int character)
{
	char c = (char)character;

	if (c == '\n')
		put("\r", 1);
	put(&c, 1);
}

static void put_string(const char *s)
{
	while (*s)
		rumpuser_putchar(*s++);
}

static void put_number(unsigned long value, unsigned int base)
{
	char text[24], *p = text + sizeof(text);

	do {
		*--p = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	put(p, (size_t)(text + sizeof(text) - p));
}

void vprint(const char *format, va_list arguments)
{
	for (; *format; format++) {
		bool is_long = false;

		if (*format != '%') {
			rumpuser_putchar(*format);
			continue;
		}
		format++;
		while ((*format >= '0' && *format <= '9') || *format == '-' || *format == '.' ||
		       *format == '#')
			format++;
		for (; *format == 'l' || *format == 'z' || *format == 'j'; format++)
			is_long = true;
		switch (*format) {
		case 's':
			put_string(va_arg(arguments, const char *));
			break;
		case 'c':
			rumpuser_putchar(va_arg(arguments, int));
			break;
		case 'd': {
			long value = is_long ? va_arg(arguments, long) : va_arg(arguments, int);

			if (value < 0)
				rumpuser_putchar('-');
			put_number(value < 0 ? -(unsigned long)value : (unsigned long)value, 10);
			break;
		}
		case 'u':
		case 'x':
			put_number(is_long ? va_arg(arguments, unsigned long) :
					     va_arg(arguments, unsigned int),
				   *format == 'x' ? 16 : 10);
			break;
		case 'p':
			put_string("0x");
			put_number((unsigned long)va_arg(arguments, void *), 16);
			break;
		case '%':
			rumpuser_putchar('%');
			break;
		default:	/* what follows cannot be told apart any more */
			put_string("%?\n");
			return;
		}
	}
}

void print(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vprint(format, arguments);
	va_end(arguments);
}

void rumpuser_dprintf(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vprint(format, arguments);
	va_end(arguments);
}

void fail(const char *format, ...)
{
	va_list arguments;

	print("haunch: netbsd: ");
	va_start(arguments, format);
	vprint(format, arguments);
	va_end(arguments);
	print("\n");
	hc_console_backtrace(NULL);
	hc_power_failure(125);
}

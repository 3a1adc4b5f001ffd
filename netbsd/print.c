// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * print.c - the console.
 */
#include "donor.h"

/* All of it, however long the serial port takes. */
static void put(const char *text, size_t size)
{
	while (size) {
		unsigned long taken = hc_console_write(text, size);

		text += taken;
		size -= taken;
	}
}

bool print_kernel = true;

static void put_character(char c)
{
	if (c == '\n')
		put("\r", 1);
	put(&c, 1);
}

void rumpuser_putchar(int character)
{
	if (print_kernel)
		put_character((char)character);
}

/* By the rump kernel's own, which need not have started; what is longer is cut off. */
void vprint(const char *format, va_list arguments)
{
	char text[512];

	rumpns_vsnprintf(text, sizeof(text), format, arguments);
	for (const char *c = text; *c; c++)
		put_character(*c);
}

void rumpuser_dprintf(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vprint(format, arguments);
	va_end(arguments);
}

void vsay(const char *format, va_list arguments)
{
	print("haunch: ");
	vprint(format, arguments);
	print("\n");
}

void say(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsay(format, arguments);
	va_end(arguments);
}

void fail(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsay(format, arguments);
	va_end(arguments);
	hc_console_backtrace(NULL);
	hc_power_failure(125);
}

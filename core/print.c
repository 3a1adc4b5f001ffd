// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * print.c - formatted text for the core's own messages, and the end of a machine that failed.
 *
 * Relies on hc_console_write() only, so that it works from the first instruction of C to the last
 * moment of a panic.  Uses no static buffer: a panic may interrupt a message.
 */
#include <stdarg.h>

#include "core.h"

bool panicking;

/* Collects characters so that the console is called a few times a line and not once a character. */
struct line {
	unsigned int used;
	char text[96];
};

/* The core speaks of what fails: it waits for a reader that has stopped, but ten seconds in all. */
static void flush(struct line *line)
{
	static unsigned int patience = 2500;	/* calls that some 4 ms take */
	unsigned int done = 0, taken;

	while (done < line->used) {
		taken = (unsigned int)hc_console_write(line->text + done, line->used - done);
		done += taken;
		if (!taken && (!patience || !--patience))
			break;
	}
	line->used = 0;
}

static void put(struct line *line, char c)
{
	if (c == '\n')
		put(line, '\r');
	if (line->used == sizeof(line->text))
		flush(line);
	line->text[line->used++] = c;
}

static void put_number(struct line *line, unsigned long value, unsigned int base,
		       unsigned int width, char pad)
{
	char digits[20];
	unsigned int n = 0;

	do {
		digits[n++] = "0123456789abcdef"[value % base];
		value /= base;
	} while (value);
	for (; width > n; width--)
		put(line, pad);
	while (n)
		put(line, digits[--n]);
}

static void print_list(const char *format, va_list list)
{
	struct line line = { .used = 0 };

	for (; *format; format++) {
		unsigned int width = 0;
		unsigned long value;
		char pad;

		if (*format != '%') {
			put(&line, *format);
			continue;
		}
		pad = format[1] == '0' ? '0' : ' ';
		while (*++format >= '0' && *format <= '9')
			width = width * 10 + (unsigned int)(*format - '0');
		if (*format == 's') {
			for (const char *s = va_arg(list, const char *); *s; s++)
				put(&line, *s);
			continue;
		}
		if (*format == 'l') {
			value = va_arg(list, unsigned long);
			format++;
		} else {
			value = va_arg(list, unsigned int);
		}
		put_number(&line, value, *format == 'x' ? 16 : 10, width, pad);
	}
	flush(&line);
}

void print(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	print_list(format, list);
	va_end(list);
}

void panic(const char *format, ...)
{
	va_list list;

	hc_irq_disable();
	if (panicking)
		hc_power_failure(STATUS_PANIC);
	panicking = true;
	print("haunch: panic: ");
	va_start(list, format);
	print_list(format, list);
	va_end(list);
	print("\n");
	hc_console_backtrace(NULL);
	hc_power_failure(STATUS_PANIC);
}

void bug(const char *function, const char *what, unsigned long value)
{
	panic("%s() called with %s 0x%lx", function, what, value);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * glibc-calls.c - functions that Debian's libcrypt.a calls and musl lacks.
 *
 * libcrypt.a was compiled for glibc, with fortified calls.  All else that it wants is the C library's
 * common part.  haunch-cc compiles this for musl, and puts it into a libcrypt.a that calls these in place of
 * arc4random_buf(), __explicit_bzero_chk() and __snprintf_chk().
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

void haunch_random(void *buffer, size_t size);
void haunch_bzero(void *buffer, size_t size, size_t room);
int haunch_snprintf(char *buffer, size_t size, int flags, size_t room, const char *format, ...);

/* As its manual page has it: no failure, so none may go unseen. */
void haunch_random(void *buffer, size_t size)
{
	char *at = buffer;

	while (size) {
		size_t part = size < 256 ? size : 256;	/* getentropy()'s limit */

		if (getentropy(at, part))
			abort();
		at += part;
		size -= part;
	}
}

/* LSB Core, "Interfaces for libc": these end the process where the buffer is too small. */
void haunch_bzero(void *buffer, size_t size, size_t room)
{
	if (size > room)
		abort();
	explicit_bzero(buffer, size);
}

int haunch_snprintf(char *buffer, size_t size, int flags, size_t room, const char *format, ...)
{
	va_list arguments;
	int length;

	(void)flags;
	if (size > room)
		abort();
	va_start(arguments, format);
	length = vsnprintf(buffer, size, format, arguments);
	va_end(arguments);
	return length;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * uncr.c - copy stdin to stdout and make "\r\n", as a serial port has it, "\n" again, so that what
 * a guest printed can be compared with what the same program prints elsewhere.
 */
#include <errno.h>
#include <unistd.h>

#include "common.h"

static void put(const char *data, size_t size)
{
	while (size) {
		ssize_t n = write(1, data, size);

		if (n < 0 && errno != EINTR)
			_exit(errno == EPIPE ? 0 : 1);
		if (n > 0) {
			data += n;
			size -= n;
		}
	}
}

int main(void)
{
	/* A '\r' at the end of what was read waits for what follows it: it stays at the front. */
	char in[1 << 16];
	size_t held = 0, i, from;

	for (;;) {
		ssize_t n = read(0, in + held, sizeof(in) - held);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			break;
		n += held;
		held = in[n - 1] == '\r';
		n -= held;
		for (i = from = 0; i + 1 < (size_t)n; i++) {
			if (in[i] == '\r' && in[i + 1] == '\n') {
				put(in + from, i - from);
				from = i + 1;
			}
		}
		put(in + from, n - from);
		if (held)
			in[0] = '\r';
	}
	put(in, held);
	return 0;
}

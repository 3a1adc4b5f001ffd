/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * icount-client.c - talk to the instruction counter of icount.c.
 */
#include "icount-client.h"

#include <err.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

int icount_open(const char *path)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		err(1, "socket");
	if (strlen(path) >= sizeof(address.sun_path))
		errx(1, "the counter's socket has too long a name: %s", path);
	strcpy(address.sun_path, path);
	if (connect(fd, (struct sockaddr *)&address, sizeof(address)))
		err(1, "cannot reach the instruction counter at %s", path);
	return fd;
}

void icount_ask(int fd, const char *command, char *answer, size_t size)
{
	size_t length = 0;

	if (dprintf(fd, "%s\n", command) < 0)
		err(1, "instruction counter");
	do {
		ssize_t got = read(fd, answer + length, size - 1 - length);

		if (got < 0)
			err(1, "instruction counter");
		if (got == 0)
			errx(1, "the instruction counter went away: did QEMU end?");
		length += got;
	} while (answer[length - 1] != '\n' && length < size - 1);
	answer[length - 1] = '\0';
}

uint64_t icount_read(int fd)
{
	char answer[64];

	icount_ask(fd, "count", answer, sizeof(answer));
	return strtoull(answer, NULL, 10);
}

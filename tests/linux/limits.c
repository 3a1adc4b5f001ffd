/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/* limits.c - limits fork|memory: ask for what the flat flavour has not. */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	const char *what = argc == 2 ? argv[1] : "";

	if (!strcmp(what, "fork")) {
		pid_t pid = fork();

		if (pid >= 0)
			_exit(1);
		printf("fork: %s\n", strerror(errno));
		return errno == ENOSYS ? 3 : 1;
	}
	if (!strcmp(what, "memory")) {
		/* All there is, in pieces of 8 MiB; then the machine still has to work. */
		static void *piece[4096];
		unsigned int n = 0;

		while (n < 4096) {
			piece[n] = mmap(NULL, 8 << 20, PROT_READ | PROT_WRITE,
					MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
			if (piece[n] == MAP_FAILED)
				break;
			memset(piece[n++], 1, 8 << 20);
		}
		printf("enough for some: %d\n", n > 2);
		while (n--)
			if (munmap(piece[n], 8 << 20))
				return 1;
		return mmap(NULL, 16 << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS,
			    -1, 0) == MAP_FAILED ? 2 : 4;
	}
	return 1;
}

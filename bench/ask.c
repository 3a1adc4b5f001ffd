/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * ask.c - ask SOCKET COMMAND...: send commands to icount.c's socket and print the answers.
 */
#include <stdio.h>

#include "icount-client.h"

int main(int argc, char **argv)
{
	char answer[4096];
	int fd;

	if (argc < 3) {
		fprintf(stderr, "usage: ask SOCKET COMMAND...\n"
				"commands: count, reset, \"dump FILE\" (see bench/icount.c)\n");
		return 2;
	}
	fd = icount_open(argv[1]);
	for (int i = 2; i < argc; i++) {
		icount_ask(fd, argv[i], answer, sizeof(answer));
		puts(answer);
	}
	return 0;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * write.c - write DIRECTORY BYTES: write a file "written" of so many bytes, a pattern that disks.t
 * knows, in pieces of an odd size, and make a directory and a symbolic link beside it.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	unsigned char piece[10007];
	long bytes, done = 0;
	int file;

	if (argc != 3 || chdir(argv[1]) || (bytes = atol(argv[2])) <= 0) {
		fprintf(stderr, "write: cannot start: %s\n", strerror(errno));
		return 1;
	}
	file = open("written", O_WRONLY | O_CREAT | O_TRUNC, 0640);
	while (file >= 0 && done < bytes) {
		long n = bytes - done < (long)sizeof(piece) ? bytes - done : (long)sizeof(piece), i;

		for (i = 0; i < n; i++)
			piece[i] = (done + i) % 251;
		n = write(file, piece, n);
		if (n <= 0)
			break;
		done += n;
	}
	if (done < bytes) {
		fprintf(stderr, "write: after %ld bytes: %s\n", done, strerror(errno));
		return 28;
	}
	if (close(file) || mkdir("directory", 0755) || symlink("../written", "directory/link")) {
		fprintf(stderr, "write: %s\n", strerror(errno));
		return 1;
	}
	return 0;
}

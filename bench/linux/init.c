/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * init.c - the first program of the rival Linux: /init PROGRAM ARGUMENT...
 *
 * It becomes the program, after it gave it what programs expect: /dev, and open standard files.
 * The kernel has no terminal driver; what the program prints goes to the kernel's log, which is
 * shown when the command line has earlyprintk=serial.
 */
#include <fcntl.h>
#include <stdio.h>
#include <sys/stat.h>
#include <sys/sysmacros.h>
#include <unistd.h>

int main(int argc, char **argv)
{
	static char *const environment[] = { "HOME=/", "PATH=/", NULL };

	(void)argc;
	mkdir("/dev", 0755);
	mkdir("/tmp", 01777);
	mknod("/dev/null", S_IFCHR | 0666, makedev(1, 3));
	mknod("/dev/zero", S_IFCHR | 0666, makedev(1, 5));
	mknod("/dev/urandom", S_IFCHR | 0666, makedev(1, 9));
	mknod("/dev/kmsg", S_IFCHR | 0600, makedev(1, 11));
	open("/dev/null", O_RDONLY);
	open("/dev/kmsg", O_WRONLY);
	dup(1);
	execve(argv[1], argv + 1, environment);
	perror(argv[1]);
	return 1;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * terminal.c - run a command on a terminal of its own: what comes on standard input is typed there, what
 * appears goes to standard output.  The size is 24 rows of 80; after a line "haunch-resize" that is typed
 * it is 50 of 132.  Ends with the command's status.
 */
#include <errno.h>
#include <poll.h>
#include <pty.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

static const char resize[] = "haunch-resize\n";

static void put(int fd, const char *data, ssize_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno != EINTR)
			return;
		if (n > 0) {
			data += n;
			size -= n;
		}
	}
}

int main(int argc, char **argv)
{
	struct winsize size = { 24, 80, 0, 0 }, larger = { 50, 132, 0, 0 };
	char buffer[4096];
	int master, status, result;
	ssize_t n;
	pid_t pid = forkpty(&master, NULL, NULL, &size);
	struct pollfd fds[2] = { { 0, POLLIN, 0 }, { master, POLLIN, 0 } };

	if (pid < 0 || argc < 2)
		return 125;
	if (!pid) {
		execvp(argv[1], argv + 1);
		_exit(127);
	}
	fds[1].fd = master;
	while (poll(fds, 2, -1) >= 0 || errno == EINTR) {
		if (fds[0].revents) {
			n = read(0, buffer, sizeof(buffer));
			if (n <= 0)
				fds[0].fd = -1;
			else if ((size_t)n == sizeof(resize) - 1 && !memcmp(buffer, resize, n))
				ioctl(master, TIOCSWINSZ, &larger);
			else
				put(master, buffer, n);
		}
		if (fds[1].revents) {
			n = read(master, buffer, sizeof(buffer));
			if (n <= 0)
				break;
			put(1, buffer, n);
		}
	}
	do
		result = waitpid(pid, &status, 0);
	while (result < 0 && errno == EINTR);
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

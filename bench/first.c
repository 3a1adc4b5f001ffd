/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * first.c - start a machine and wait for its first page: how long it takes, and how many guest
 * instructions.
 *
 *	first [-t SECONDS] [-i SOCKET] http://ADDRESS[:PORT]/PATH QEMU ARGUMENT...
 *
 * QEMU is started by this program, so that the clock starts right before it, and is left running.
 * Prints "pid N", "first_200_ms X" and, with the socket of icount.c, "first_200_instructions N".
 * Status 1: QEMU ended or the time (default 60 seconds) is over; QEMU is dead then.
 *
 * A new connection is tried every millisecond while the machine boots.  An attempt that gets no
 * answer is given up, so that no more than one is under way: a real machine is not hammered by
 * clients either, and what a late answer costs the guest would be counted.  (A tap device should
 * have a queue of one packet and the guest's address a permanent neighbour entry: then the first
 * packet after the guest's network is up is ours, and the kernel's retransmission after one second
 * is not part of what is measured.)
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "icount-client.h"

/* An attempt without an answer is given up after this; the guest's page takes a few ms at most. */
#define CONNECT_MS 10
#define ANSWER_MS  2000

static struct sockaddr_in server;
static char *request;

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ull + time.tv_nsec;
}

/* Wait until `fd` is ready for `events`, `ms` at most. */
static bool wait_for(int fd, short events, int ms)
{
	struct pollfd pollfd = { .fd = fd, .events = events };

	return poll(&pollfd, 1, ms) == 1;
}

/* Read a whole response whose end is told by Content-Length.  Is it a 200? */
static bool read_response(int fd)
{
	char head[4097];
	size_t length = 0, body = 0;
	const char *end = NULL, *field;

	while (length < sizeof(head) - 1) {
		ssize_t got;

		if (!wait_for(fd, POLLIN, ANSWER_MS))
			return false;
		got = recv(fd, head + length, sizeof(head) - 1 - length, 0);
		if (got <= 0)
			return false;
		length += got;
		head[length] = '\0';
		end = strstr(head, "\r\n\r\n");
		field = strcasestr(head, "\r\nContent-Length:");
		if (!end)
			continue;
		if (strncmp(head, "HTTP/1.1 200 ", 13) || !field || field > end)
			return false;
		body = strtoull(field + 17, NULL, 10);
		if (length >= (size_t)(end + 4 - head) + body)
			return true;
	}
	return false;
}

static bool try(void)
{
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0), error = 0;
	struct linger linger = { .l_onoff = 1 };
	socklen_t size = sizeof(error);
	bool good = false;

	if (fd < 0)
		err(1, "socket");
	setsockopt(fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	if (connect(fd, (struct sockaddr *)&server, sizeof(server)) && errno != EINPROGRESS)
		goto out;
	if (!wait_for(fd, POLLOUT, CONNECT_MS) ||
	    getsockopt(fd, SOL_SOCKET, SO_ERROR, &error, &size) || error)
		goto out;
	if (send(fd, request, strlen(request), MSG_NOSIGNAL) == (ssize_t)strlen(request))
		good = read_response(fd);
out:
	close(fd);
	return good;
}

static void parse_url(const char *url)
{
	char address[64] = "", path[1024] = "";
	unsigned int port = 80;

	if (sscanf(url, "http://%63[0-9.]:%u%1023s", address, &port, path) != 3 &&
	    sscanf(url, "http://%63[0-9.]%1023s", address, path) != 2)
		errx(2, "not of the form http://ADDRESS[:PORT]/PATH, with an IPv4 address: %s",
		     url);
	server.sin_family = AF_INET;
	server.sin_port = htons(port);
	if (port > 65535 || !inet_aton(address, &server.sin_addr))
		errx(2, "not an address: %s", url);
	if (asprintf(&request, "GET %s HTTP/1.1\r\nHost: %s\r\n\r\n", path, address) < 0)
		err(2, "memory");
}

int main(int argc, char **argv)
{
	const char *counter_path = NULL;
	uint64_t begin, limit = 60;
	int option, status;
	pid_t pid;

	while ((option = getopt(argc, argv, "+t:i:")) != -1) {
		switch (option) {
		case 't':
			limit = strtoull(optarg, NULL, 10);
			break;
		case 'i':
			counter_path = optarg;
			break;
		default:
			return 2;
		}
	}
	if (optind + 2 > argc)
		errx(2, "usage: first [-t SECONDS] [-i SOCKET] URL QEMU ARGUMENT...");
	parse_url(argv[optind]);
	if (counter_path)
		unlink(counter_path);

	begin = now();
	pid = fork();
	if (pid < 0)
		err(1, "fork");
	if (pid == 0) {
		/* Our standard output belongs to whoever reads the results; QEMU outlives us. */
		dup2(2, 1);
		execvp(argv[optind + 1], argv + optind + 1);
		err(127, "%s", argv[optind + 1]);
	}
	while (!try()) {
		if (waitpid(pid, &status, WNOHANG) == pid)
			errx(1, "QEMU ended before the first page (status %d)",
			     WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
		if (now() - begin > limit * 1000000000) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
			errx(1, "no page after %" PRIu64 " seconds", limit);
		}
		usleep(1000);
	}
	printf("pid %d\nfirst_200_ms %.1f\n", (int)pid, (now() - begin) / 1e6);
	if (counter_path)
		printf("first_200_instructions %" PRIu64 "\n",
		       icount_read(icount_open(counter_path)));
	return 0;
}

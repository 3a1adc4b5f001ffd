/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * watch.c - watch PROGRAM ARGUMENT...: start a program, and tell everyone who connects to port 8080
 * how many kilobytes of memory the machine has free.
 */
#include <netinet/in.h>
#include <spawn.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/sysinfo.h>
#include <unistd.h>

extern char **environ;

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(8080) };
	int listener = socket(AF_INET, SOCK_STREAM, 0), one = 1, error;
	pid_t pid;

	if (argc < 2)
		return 2;
	error = posix_spawn(&pid, argv[1], NULL, NULL, argv + 1, environ);
	if (error) {
		fprintf(stderr, "watch: %s: %s\n", argv[1], strerror(error));
		return 1;
	}
	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, (struct sockaddr *)&address, sizeof(address)) || listen(listener, 5)) {
		perror("watch");
		return 1;
	}
	for (;;) {
		int client = accept(listener, NULL, NULL);
		char buffer[4096], body[32];
		struct sysinfo info;

		if (client < 0)
			continue;
		/* Whatever the request says. */
		if (read(client, buffer, sizeof(buffer)) > 0 && !sysinfo(&info)) {
			snprintf(body, sizeof(body), "%lu\n", info.freeram * info.mem_unit / 1024);
			dprintf(client,
				"HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n"
				"Connection: close\r\n\r\n%s",
				strlen(body), body);
		}
		close(client);
	}
}

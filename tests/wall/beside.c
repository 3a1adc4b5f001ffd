/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * beside.c - a server that must go on while hostile programs run beside it.
 *
 *	beside PROGRAM [ARGUMENT]... [: PROGRAM [ARGUMENT]...]...
 *
 * A child serves on TCP port 7: it sends back what it gets, and looks at its own memory and
 * registers, which are full of a secret.  The programs run one after the other; meanwhile and
 * afterwards this asks the server.  At the end the kernel's memory must be what it was, but for a
 * little.  The exit status is 0 if all of that holds and all programs ended with 0.
 */
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>

#include "wall.h"

#define PORT		7
#define SECRET_SIZE	(256 * 1024)
#define SECRET		0x5ec7e75ec7e75ec7ul
#define ANSWER_MS	20000	/* an emulated machine that is under attack is slow */

/*
 * What may be missing at the end: caches that are not given back, the log, pages of the slabs that
 * are not full.  And what after the first program, when all of that is there already, but for
 * chance.
 */
#define LOSS_KIB	3072
#define LOSS_LATER_KIB	256

static unsigned long *secret;

/* ------------------------------------------------------------------ the server */

static void serve_one(int client)
{
	char buffer[4096];
	ssize_t n;

	while ((n = read(client, buffer, sizeof(buffer))) > 0) {
		for (unsigned int i = 0; i < SECRET_SIZE / 8; i++)
			if (secret[i] != (SECRET ^ i)) {
				/* An answer that is not what was asked. */
				memset(buffer, '!', n);
				printf("FAILED: the server's memory has changed\n");
				break;
			}
		if (write(client, buffer, n) != n)
			break;
	}
	close(client);
}

static void serve(int listener)
{
	double kept = 1.5;

	signal(SIGPIPE, SIG_IGN);
	for (;;) {
		int client = accept(listener, NULL, NULL);

		/* In a register, or not; it is to be saved and restored with the rest. */
		kept = kept * 1.0000001;
		if (client < 0 || !(kept > 1.0))
			continue;
		serve_one(client);
	}
}

/* ------------------------------------------------------------------ asking */

static bool ask(unsigned int number)
{
	struct sockaddr_in address = {
		.sin_family = AF_INET,
		.sin_port = htons(PORT),
		.sin_addr = { htonl(INADDR_LOOPBACK) },
	};
	struct timeval limit = { ANSWER_MS / 1000, 0 };
	unsigned char question[3000], answer[3000];
	int s = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	size_t have = 0;
	ssize_t n = 0;

	for (size_t i = 0; i < sizeof(question); i++)
		question[i] = number * 7 + i * 13;
	setsockopt(s, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
	setsockopt(s, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
	if (connect(s, (void *)&address, sizeof(address)) ||
	    write(s, question, sizeof(question)) != sizeof(question)) {
		close(s);
		return false;
	}
	while (have < sizeof(answer) && (n = read(s, answer + have, sizeof(answer) - have)) > 0)
		have += n;
	close(s);
	return have == sizeof(answer) && !memcmp(question, answer, sizeof(answer));
}

static unsigned long meminfo(const char *name)
{
	char line[128];
	unsigned long value = 0;
	FILE *file = fopen("/proc/meminfo", "r");

	while (file && fgets(line, sizeof(line), file))
		if (!strncmp(line, name, strlen(name)) && line[strlen(name)] == ':')
			value = strtoul(line + strlen(name) + 1, NULL, 10);
	if (file)
		fclose(file);
	return value;
}

/* Free pages that each CPU has at hand are not counted as free; in KiB. */
static unsigned long set_aside(void)
{
	unsigned long sum = 0, pages;
	char line[128];
	FILE *file = fopen("/proc/zoneinfo", "r");

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, " count: %lu", &pages) == 1)
			sum += pages * (PAGE / 1024);
	if (file)
		fclose(file);
	return sum;
}

/* What can be used, once nothing is kept that need not be; in KiB. */
static unsigned long memory_left(void)
{
	int file;

	for (unsigned int i = 0; i < 3; i++) {
		file = open("/proc/sys/vm/drop_caches", O_WRONLY);
		if (file >= 0 && write(file, "3", 1) < 0)
			perror("drop_caches");
		close(file);
		usleep(200000);
	}
	return meminfo("MemFree") + set_aside();
}

static void show(const char *when)
{
	static const char *const names[] = { "MemFree",	    "Slab",	  "SUnreclaim",
					     "KernelStack", "PageTables", "VmallocUsed",
					     "Shmem",	    "AnonPages" };

	printf("beside: %s:", when);
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++)
		printf(" %s %lu", names[i], meminfo(names[i]));
	printf("\n");
}

int main(int argc, char **argv)
{
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(PORT) };
	unsigned long before, later = 0, after, longest = 0;
	int listener = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0), status, one = 1;
	unsigned int asked = 0;
	pid_t server;
	int first = 1;

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(listener, (void *)&address, sizeof(address)) || listen(listener, 16)) {
		perror("beside: port 7");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, 0);
	server = fork();
	if (!server) {
		secret = mmap(NULL, SECRET_SIZE, PROT_READ | PROT_WRITE,
			      MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
		for (unsigned int i = 0; i < SECRET_SIZE / 8; i++)
			secret[i] = SECRET ^ i;
		serve(listener);
	}
	close(listener);
	if (!ask(asked++))
		failed("the server does not answer at first");
	before = memory_left();
	show("before");
	while (first < argc) {
		int last = first;
		pid_t program;

		while (last < argc && strcmp(argv[last], ":"))
			last++;
		argv[last] = NULL;
		program = fork();
		if (!program) {
			setpgid(0, 0);
			execv(argv[first], argv + first);
			perror(argv[first]);
			_exit(127);
		}
		while (waitpid(program, &status, WNOHANG) == 0) {
			unsigned long start = now_ms(), took;

			if (!ask(asked++))
				failed("the server does not answer while %s runs", argv[first]);
			took = now_ms() - start;
			if (took > longest)
				longest = took;
			usleep(200000);
		}
		if (status)
			failed("%s: status %x", argv[first], status);
		if (waitpid(server, &status, WNOHANG)) {
			failed("the server has ended: status %x", status);
			return 1;
		}
		if (!ask(asked++))
			failed("the server does not answer after %s", argv[first]);
		first = last + 1;
		if (!later && first < argc) {
			later = memory_left();
			show("later ");
		}
	}
	after = memory_left();
	show("after ");
	if (after + LOSS_KIB < before || after + LOSS_LATER_KIB < later)
		failed("memory is lost: %lu KiB at first, then %lu, then %lu", before, later,
		       after);
	printf("beside: asked %u times, %lu ms at most; %ld KiB less memory; %u failed\n", asked,
	       longest, (long)before - (long)after, failures);
	kill(server, SIGKILL);
	waitpid(server, &status, 0);
	return failures != 0;
}

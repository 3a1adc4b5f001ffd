/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * log.c - what an operator is told: init's own lines, what programs give to syslog(3), and of the
 * kernel's messages those that he must see, in words that say what to do.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/klog.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/sysinfo.h>
#include <sys/un.h>
#include <unistd.h>

#include "init.h"

#define QUIET_LEVEL		'4'	/* what the word "quiet" makes of the console's level */
#define LEVEL_ERROR		3
#define SET_CONSOLE_LEVEL	8	/* syslog(2) */

static int kernel_messages = -1, syslog_messages = -1;
static struct pollfd *kernel_watched, *syslog_watched;

/*
 * The console's driver wants memory, and there is most to say when there is none: who was killed gives his
 * back, so wait for that.
 */
static void tell(const char *line, size_t length)
{
	int tries = 500;

	while (write(STDERR_FILENO, line, length) < 0 && errno == ENOMEM && tries--)
		sleep_ms(10);
}

void say(const char *format, ...)
{
	static const char prefix[] = "haunch: ";
	char line[512];
	size_t length = sizeof(prefix) - 1;
	va_list list;
	int n;

	memcpy(line, prefix, length);
	va_start(list, format);
	n = vsnprintf(line + length, sizeof(line) - length - 1, format, list);
	va_end(list);
	if (n < 0)
		return;
	length += (size_t)n < sizeof(line) - length - 1 ? (size_t)n : sizeof(line) - length - 2;
	line[length++] = '\n';
	tell(line, length);
}

/*
 * The kernel's own errors come through us, so that the out-of-memory killer's line can be one that
 * helps; worse than errors it prints itself.  A user who asked for more gets it from the kernel alone.
 */
void log_start(void)
{
	struct sockaddr_un address = { .sun_family = AF_UNIX, .sun_path = "/dev/log" };
	char level[32];
	int fd;

	if (read_file("/proc/sys/kernel/printk", level, sizeof(level)) > 0 &&
	    level[0] == QUIET_LEVEL && may_mount) {
		fd = open("/dev/kmsg", O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (fd >= 0 && lseek(fd, 0, SEEK_END) >= 0 &&
		    !klogctl(SET_CONSOLE_LEVEL, NULL, LEVEL_ERROR))
			kernel_messages = fd;
	}
	fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0 || bind(fd, (struct sockaddr *)&address, sizeof(address))) {
		close(fd);
		return;
	}
	chmod(address.sun_path, 0666);
	syslog_messages = fd;
}

static unsigned long number_after(const char *text, const char *name)
{
	const char *at = strstr(text, name);

	return at ? strtoul(at + strlen(name), NULL, 10) : 0;
}

/* "Out of memory: Killed process 31 (hog) total-vm:9kB, anon-rss:8kB, file-rss:0kB, shmem-rss:0kB..." */
static void say_killed(const char *text)
{
	struct sysinfo info;
	unsigned long had, machine, enough = 64;
	const char *name = strchr(text, '('), *end = strstr(text, ") total-vm");

	if (!name || !end || sysinfo(&info)) {
		say("%s", text);
		return;
	}
	had = number_after(text, "anon-rss:") + number_after(text, "file-rss:") +
	      number_after(text, "shmem-rss:");
	machine = info.totalram * info.mem_unit >> 20;
	while (enough <= machine * 5 / 4)
		enough *= 2;
	say("out of memory: %.*s (process %lu) had %lu of the machine's %lu MB and was killed; "
	    "give it more: -m %lu",
	    (int)(end - name - 1), name + 1, number_after(text, "Killed process "), had >> 10,
	    machine, enough);
}

static void kernel_message(char *record)
{
	/* "PRIORITY,NUMBER,TIME,FLAGS;TEXT\n", then lines with details. */
	char *text = strchr(record, ';'), *end;
	int level = atoi(record) & 7;
	char *port;

	if (!text)
		return;
	text++;
	end = strchr(text, '\n');
	if (end)
		*end = '\0';
	if (strstr(text, "ut of memory: Killed process"))
		say_killed(text);
	else if ((port = strstr(text, "Possible SYN flooding on port "))) {
		/* Newer kernels have the address before it. */
		char *colon = strrchr(port, ':');

		say("SYN flood on port %lu: answered with cookies from now on",
		    colon ? number_after(colon, ":") : number_after(port, "on port "));
	} else if (level == LEVEL_ERROR)
		say("kernel: %s", text);
}

/* "<PRIORITY>Mmm dd hh:mm:ss NAME[PID]: TEXT": the console needs neither the priority nor the time. */
static void syslog_message(char *text, size_t length)
{
	char *at = text;

	text[length] = '\0';
	if (*at == '<' && strchr(at, '>'))
		at = strchr(at, '>') + 1;
	if (strlen(at) > 16 && at[3] == ' ' && at[9] == ':' && at[12] == ':' && at[15] == ' ')
		at += 16;
	length = strlen(at);
	while (length && (at[length - 1] == '\n' || at[length - 1] == '\r'))
		length--;
	at[length++] = '\n';
	tell(at, length);
}

void log_watch(struct watched *watched)
{
	kernel_watched = watch(watched, kernel_messages, POLLIN);
	syslog_watched = watch(watched, syslog_messages, POLLIN);
}

/* One record; returns false if there is no more.  A reader that was too slow gets EPIPE once, and then what
 * is still there. */
static bool look_at_kernel(void)
{
	char text[2048];
	ssize_t n = read(kernel_messages, text, sizeof(text) - 1);

	if (n > 0) {
		text[n] = '\0';
		kernel_message(text);
	}
	return n > 0 || (n < 0 && errno == EPIPE);
}

void log_finish(void)
{
	while (look_at_kernel())
		;
}

void log_look(void)
{
	char text[2048];
	ssize_t n;

	if (kernel_watched && kernel_watched->revents)
		look_at_kernel();
	if (syslog_watched && syslog_watched->revents &&
	    (n = recv(syslog_messages, text, sizeof(text) - 2, 0)) > 0)
		syslog_message(text, n);
}

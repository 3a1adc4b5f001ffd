/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * stream.c - the program's standard files, where they are not the console: virtio-serial ports that
 * `haunch run` gives to the machine (haunch.io=).
 *
 * A port can be open once only and is no pipe, while a program may open /dev/stderr and wants SIGPIPE.
 * So the program gets pipes, and init carries the bytes between pipe and port.  What is counted is
 * what a port took; before the power goes off the host says that it has got as much (port "control").
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "init.h"

#define PORTS			"/sys/class/virtio-ports"
#define PORT_WAIT_MS		10000

static const char *const names[] = { "in", "out", "err" };

/* One end is a pipe of the program's, the other one a port. */
static struct relay {
	int from, to;			/* -1: at its end */
	int program;			/* the program's end */
	unsigned int start, end;
	unsigned long sent;
	struct pollfd *from_watched, *to_watched;
} relays[3] = {
	{ .from = -1, .to = -1, .program = -1 },
	{ .from = -1, .to = -1, .program = -1 },
	{ .from = -1, .to = -1, .program = -1 },
};
static char buffers[3][32768];

static int control = -1;
static struct pollfd *control_watched;
static bool taken;

/* A port by its name; it may take a moment until the host has told that.  Returns -1 if it has not. */
static int open_port(const char *name)
{
	char path[300], found[64];
	long deadline = now_ms() + PORT_WAIT_MS;
	struct dirent *entry;
	DIR *ports;

	do {
		ports = opendir(PORTS);
		while (ports && (entry = readdir(ports))) {
			snprintf(path, sizeof(path), PORTS "/%s/name", entry->d_name);
			if (entry->d_name[0] == '.' || read_file(path, found, sizeof(found)) < 0)
				continue;
			found[strcspn(found, "\n")] = '\0';
			if (strncmp(found, "haunch.", 7) || strcmp(found + 7, name))
				continue;
			snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
			closedir(ports);
			return open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
		}
		if (ports)
			closedir(ports);
		sleep_ms(1);
	} while (now_ms() < deadline);
	return -1;
}

static bool listed(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (;; list++) {
		if (!strncmp(list, name, length) && (!list[length] || list[length] == ','))
			return true;
		list = strchr(list, ',');
		if (!list)
			return false;
	}
}

static void set_size(unsigned long rows, unsigned long columns)
{
	struct winsize size = { .ws_row = rows, .ws_col = columns };

	ioctl(STDIN_FILENO, TIOCSWINSZ, &size);
}

void streams_open(const char *list, const char *size)
{
	unsigned int i;
	char *at;

	if (size) {
		unsigned long rows = strtoul(size, &at, 10);

		set_size(rows, *at ? strtoul(at + 1, NULL, 10) : 0);
	}
	if (!list)
		return;
	/* The last port: when it has its name, the host's word on the others is in, too. */
	control = open_port("control");
	for (i = 0; i < 3; i++) {
		struct relay *r = &relays[i];
		int pipe[2], port;

		if (!listed(list, names[i]))
			continue;
		port = open_port(names[i]);
		if (port < 0 || pipe2(pipe, O_CLOEXEC))
			fail("cannot open the port for standard %sput: %s", names[i],
			     strerror(errno));
		r->from = i ? pipe[0] : port;
		r->to = i ? port : pipe[1];
		r->program = pipe[!!i];
		fcntl(pipe[!i], F_SETFL, O_NONBLOCK);
	}
	if (listed(list, "err=out"))
		relays[2].program = relays[1].program;
}

int stream_of(unsigned int file)
{
	return relays[file].program;
}

static void end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

static void fill(struct relay *r)
{
	ssize_t n = read(r->from, buffers[r - relays], sizeof(buffers[0]));

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		end(&r->from);
		/* End of file for the program, which must not wait for our end of its pipe. */
		if (r == &relays[0])
			end(&r->to);
		return;
	}
	r->start = 0;
	r->end = n;
}

static void empty(struct relay *r)
{
	ssize_t n = write(r->to, buffers[r - relays] + r->start, r->end - r->start);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n < 0) {
		/* Nobody reads any more: the program is to know. */
		end(&r->to);
		end(&r->from);
		r->start = r->end = 0;
		return;
	}
	r->start += n;
	r->sent += n;
}

void streams_watch(struct watched *watched)
{
	struct relay *r;

	control_watched = watch(watched, control, POLLIN);
	for (r = relays; r < relays + 3; r++) {
		r->from_watched = watch(watched, r->start == r->end ? r->from : -1, POLLIN);
		r->to_watched = watch(watched, r->to, r->start < r->end ? POLLOUT : 0);
	}
}

/* Its lines may come in parts. */
static void control_look(void)
{
	static char text[8192];
	static size_t length;
	char *line, *next;
	ssize_t n = read(control, text + length, sizeof(text) - 1 - length);

	if (n < 0 && errno == EAGAIN)
		return;
	if (n <= 0) {
		end(&control);		/* the host has left */
		return;
	}
	text[length + n] = '\0';
	for (line = text; (next = strchr(line, '\n')); line = next) {
		*next++ = '\0';
		if (!strcmp(line, "taken")) {
			taken = true;
		} else if (!strncmp(line, "hosts ", 6)) {
			set_hosts(line + 6);
		} else if (!strncmp(line, "size ", 5)) {
			unsigned long rows = strtoul(line + 5, &line, 10);

			set_size(rows, strtoul(line, NULL, 10));
		}
	}
	length = strlen(line);
	memmove(text, line, length + 1);
	/* No line of the host's is as long. */
	if (length == sizeof(text) - 1)
		length = 0;
}

void streams_look(void)
{
	struct relay *r;

	if (control_watched && control_watched->revents)
		control_look();
	for (r = relays; r < relays + 3; r++) {
		if (r->from_watched && r->from_watched->revents)
			fill(r);
		if (r->to_watched && r->to_watched->revents & (POLLHUP | POLLERR | POLLNVAL)) {
			end(&r->to);
			end(&r->from);
			r->start = r->end = 0;
		} else if (r->start < r->end) {
			empty(r);
		}
	}
}

/* Is there nothing left of what programs have written?  All of them have ended. */
static bool drained(const struct relay *r)
{
	int waiting = 0;

	return r->from < 0 ||
	       (r->start == r->end && !ioctl(r->from, FIONREAD, &waiting) && !waiting);
}

void streams_finish(void)
{
	char text[64];
	int n;

	/* What nobody read of the input is nobody's. */
	end(&relays[0].from);
	end(&relays[0].to);
	relays[0].start = relays[0].end = 0;
	while (!drained(&relays[1]) || !drained(&relays[2]))
		handle_events(LONG_MAX);
	if (control < 0)
		return;
	n = snprintf(text, sizeof(text), "end %lu %lu\n", relays[1].sent, relays[2].sent);
	if (write(control, text, n) != n)
		return;
	while (!taken && control >= 0)
		handle_events(LONG_MAX);
}

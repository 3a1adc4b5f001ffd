/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * stream.c - the program's standard files, where they are not the console: `haunch run` gives the
 * machine a virtio-serial port (haunch.io=), through which they go in frames (frames.h).
 *
 * A port can be open once only and is no pipe, while a program may open /dev/stderr and wants SIGPIPE.
 * So the program gets pipes, and init carries the bytes between pipes and port.  The power goes off
 * when the host has said of every byte that it has been taken.
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

#include "frames.h"
#include "init.h"

#define PORTS	     "/sys/class/virtio-ports"
#define PORT_NAME    "haunch.streams\n"
#define PORT_WAIT_MS 10000

static const char *const names[] = { "in", "out", "err" };

static struct stream {
	int pipe;    /* our end; -1: there is none, or it has ended */
	int program; /* the program's end, or -1 */
	unsigned long sent, taken; /* of what the program writes; of its input, taken only */
	struct pollfd *watched;
} streams[3] = { { .pipe = -1, .program = -1 },
		 { .pipe = -1, .program = -1 },
		 { .pipe = -1, .program = -1 } };

static struct frames frames = { .fd = -1 };
static struct pollfd *port_watched;
/* What the program has not read yet; all of it is sent when the host says that there is no more. */
static unsigned char input[FRAME_WINDOW];
static unsigned int input_size;
static bool input_ended;

/* It may take a moment until the host has told of the port.  Returns -1 if it has not. */
static int open_port(void)
{
	char path[300], found[64];
	long deadline = now_ms() + PORT_WAIT_MS;
	struct dirent *entry;
	DIR *ports;

	do {
		ports = opendir(PORTS);
		while (ports && (entry = readdir(ports))) {
			snprintf(path, sizeof(path), PORTS "/%s/name", entry->d_name);
			if (entry->d_name[0] == '.' || read_file(path, found, sizeof(found)) < 0 ||
			    strcmp(found, PORT_NAME))
				continue;
			snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
			closedir(ports);
			return open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
		}
		if (ports)
			closedir(ports);
		sleep_ms(1);
	} while (now_ms() < deadline);
	errno = ENXIO;
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

static void set_size(char *words)
{
	unsigned long rows = strtoul(words, &words, 10);
	struct winsize size = { .ws_row = rows,
				.ws_col = *words ? strtoul(words + 1, NULL, 10) : 0 };

	ioctl(STDIN_FILENO, TIOCSWINSZ, &size);
}

void streams_open(const char *list, char *size)
{
	unsigned int i;
	int pipe[2];

	if (size)
		set_size(size);
	if (!list)
		return;
	frames_start(&frames, open_port());
	if (frames.fd < 0)
		fail("cannot open the port for the standard files: %s; was the image made by another "
		     "version of haunch?",
		     strerror(errno));
	for (i = 0; i < 3; i++) {
		if (!listed(list, names[i]))
			continue;
		if (pipe2(pipe, O_CLOEXEC))
			fail("cannot make a pipe for standard %sput: %s", names[i],
			     strerror(errno));
		streams[i].pipe = pipe[!i];
		streams[i].program = pipe[!!i];
		fcntl(pipe[!i], F_SETFL, O_NONBLOCK);
	}
	if (listed(list, "err=out"))
		streams[2].program = streams[1].program;
}

int stream_of(unsigned int file)
{
	return streams[file].program;
}

static void end(struct stream *s)
{
	if (s->pipe >= 0)
		close(s->pipe);
	s->pipe = -1;
}

/* What the program has written. */
static void fill(struct stream *s)
{
	static unsigned char buffer[FRAME_MAX];
	ssize_t n = read(s->pipe, buffer, sizeof(buffer));

	if (n > 0) {
		/* There is room: nothing waited, and each file puts one frame. */
		if (!frames_put(&frames, FRAME_DATA, s - streams, buffer, n))
			abort();
		s->sent += n;
	} else if (!n || errno != EAGAIN) {
		end(s);
	}
}

/* What the program is to read. */
static void empty(struct stream *s)
{
	ssize_t n = input_size ? write(s->pipe, input, input_size) : 0;

	if (n < 0 && errno != EAGAIN) {
		end(s);
		return;
	}
	if (n > 0) {
		s->taken += n;
		input_size -= n;
		memmove(input, input + n, input_size);
	}
	/* End of file for the program. */
	if (input_ended && !input_size)
		end(s);
}

static void take(enum frame_kind kind, unsigned int file, const unsigned char *content,
		 unsigned int size)
{
	static char text[FRAME_MAX + 1];

	switch (kind) {
	case FRAME_DATA:
		if (file || size > sizeof(input) - input_size) {
			say("the host sends more than there is room for");
			frames_end(&frames);
			break;
		}
		memcpy(input + input_size, content, size);
		input_size += size;
		input_ended = !size;
		break;
	case FRAME_TAKEN:
		streams[file].taken += frames_taken(content);
		break;
	case FRAME_CLOSED:
		end(&streams[file]);	/* the program is to know */
		break;
	default:
		memcpy(text, content, size);
		text[size] = '\0';
		if (!strncmp(text, "hosts ", 6))
			set_hosts(text + 6);
		else if (!strncmp(text, "size ", 5))
			set_size(text + 5);
	}
}

static bool may_send(const struct stream *s)
{
	return s->sent - s->taken + FRAME_MAX <= FRAME_WINDOW;
}

void streams_watch(struct watched *watched)
{
	struct stream *s;

	port_watched = watch(watched, frames.fd, frames_idle(&frames) ? POLLIN : POLLIN | POLLOUT);
	streams[0].watched = watch(watched, streams[0].pipe, input_size ? POLLOUT : 0);
	for (s = streams + 1; s < streams + 3; s++)
		s->watched =
			watch(watched, frames_idle(&frames) && may_send(s) ? s->pipe : -1, POLLIN);
}

void streams_look(void)
{
	static unsigned long told;
	struct stream *s;

	if (port_watched && port_watched->revents && !frames_read(&frames, take))
		say("the host does not speak in frames");
	for (s = streams + 1; s < streams + 3; s++)
		if (s->watched && s->watched->revents && s->pipe >= 0)
			fill(s);
	if (streams[0].pipe >= 0)
		empty(&streams[0]);
	if (streams[0].taken != told && frames_put_taken(&frames, 0, streams[0].taken - told))
		told = streams[0].taken;
	frames_flush(&frames);
	/* The host has left: nobody reads, nobody writes. */
	if (frames.fd < 0)
		for (s = streams; s < streams + 3; s++)
			end(s);
}

/* Has the host taken all that programs have written?  All of them have ended. */
static bool drained(const struct stream *s)
{
	int waiting = 0;

	return s->pipe < 0 ||
	       (s->sent == s->taken && !ioctl(s->pipe, FIONREAD, &waiting) && !waiting);
}

void streams_finish(void)
{
	/* What nobody read of the input is nobody's. */
	end(&streams[0]);
	while (!drained(&streams[1]) || !drained(&streams[2]))
		handle_events(LONG_MAX);
}

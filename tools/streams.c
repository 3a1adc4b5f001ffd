/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * streams.c - bytes on their way: see streams.h.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <termios.h>
#include <unistd.h>

#include "streams.h"

/* ------------------------------------------------------------------ our own standard files */

void standard_files(bool tty[3])
{
	int i;

	for (i = 0; i < 3; i++) {
		/* No socket may get the number of a standard file. */
		if (fcntl(i, F_GETFD) < 0)
			open("/dev/null", O_RDWR);
		tty[i] = isatty(i);
	}
	/* A background job of a terminal must not read from it, or it is stopped. */
	if (tty[0] && tcgetpgrp(0) != getpgrp()) {
		i = open("/dev/null", O_RDONLY | O_CLOEXEC);
		if (i < 0 || dup2(i, 0) < 0)
			die("cannot open /dev/null: %s", strerror(errno));
		close(i);
		tty[0] = false;
	}
}

void catch_signals(void (*handler)(int number))
{
	static const int signals[] = { SIGHUP, SIGINT, SIGTERM, SIGWINCH, SIGCHLD };
	struct sigaction action = { .sa_handler = handler }, old;
	sigset_t blocked;
	unsigned int i;

	sigemptyset(&blocked);
	for (i = 0; i < ARRAY_SIZE(signals); i++) {
		sigaction(signals[i], NULL, &old);
		if (old.sa_handler == SIG_IGN && signals[i] != SIGCHLD)
			continue;
		sigaction(signals[i], &action, NULL);
		sigaddset(&blocked, signals[i]);
	}
	sigprocmask(SIG_BLOCK, &blocked, NULL);
	signal(SIGPIPE, SIG_IGN);
}

static struct termios cooked;
static bool is_raw;

void leave_raw(void)
{
	if (is_raw)
		tcsetattr(0, TCSAFLUSH, &cooked);
	is_raw = false;
}

void enter_raw(void)
{
	struct termios raw;

	if (tcgetattr(0, &cooked))
		return;
	raw = cooked;
	cfmakeraw(&raw);
	is_raw = !tcsetattr(0, TCSAFLUSH, &raw);
	atexit(leave_raw);
}

/* ------------------------------------------------------------------ flows */

void end_descriptor(int *fd)
{
	if (*fd > 2)
		close(*fd);
	*fd = -1;
}

void flow_start(struct flow *f, int from, int to, const char *name)
{
	f->from = from;
	f->to = to;
	f->name = name;
	f->done = f->told = 0;
	f->end_told = false;
	if (!f->limit)
		f->limit = SSIZE_MAX;
}

/* Nobody takes it any more. */
static void abandon(struct flow *f)
{
	f->done += f->end - f->start;
	f->start = f->end = 0;
	if (f->ours)
		end_descriptor(&f->to);
	f->to = -1;
}

static size_t ready_to_leave(const struct flow *f)
{
	const char *newline;

	if (!f->lines || f->from < 0 || f->end - f->start == sizeof(f->buffer))
		return f->end - f->start;
	newline = memrchr(f->buffer + f->start, '\n', f->end - f->start);
	return newline ? (size_t)(newline + 1 - (f->buffer + f->start)) : 0;
}

static bool has_room(const struct flow *f)
{
	if (f->to < 0 && !f->ours && !f->framed)
		return false;
	return f->lines || f->crlf ? f->end - f->start < sizeof(f->buffer) : f->start == f->end;
}

/* A '\r' at the end of what was read waits for what follows it. */
static void convert(struct flow *f, size_t from)
{
	size_t to = from;

	for (; from < f->end; from++) {
		if (f->buffer[from] == '\n' && to > f->start && f->buffer[to - 1] == '\r')
			to--;
		f->buffer[to++] = f->buffer[from];
	}
	f->end = to;
}

static void fill(struct flow *f)
{
	size_t old;
	ssize_t n;

	if (f->start == f->end) {
		f->start = f->end = 0;
	} else if (f->start) {
		memmove(f->buffer, f->buffer + f->start, f->end - f->start);
		f->end -= f->start;
		f->start = 0;
	}
	old = f->end;
	n = read(f->from, f->buffer + old, sizeof(f->buffer) - old);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		if (n < 0 && f->framed && errno != EIO)
			note("cannot read standard input: %s", strerror(errno));
		end_descriptor(&f->from);
		return;
	}
	f->end += n;
	if (f->crlf)
		convert(f, old);
	if (f->typed)
		f->typed(f->buffer + old, n);
}

static void empty(struct flow *f)
{
	size_t size = ready_to_leave(f);
	ssize_t n;

	if (f->to < 0) {
		abandon(f);
		return;
	}
	/* The last byte may be half of a line's end. */
	if (f->crlf && f->from >= 0 && size && size == f->end - f->start &&
	    f->buffer[f->end - 1] == '\r')
		size--;
	if (!size)
		return;
	if (size > f->limit)
		size = f->limit;
	n = send(f->to, f->buffer + f->start, size, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0 && errno == ENOTSOCK)
		n = write(f->to, f->buffer + f->start, size);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		if (f->ours && errno != EPIPE) {
			f->failed = true;
			note("cannot write %s: %s", f->name, strerror(errno));
		}
		abandon(f);
		return;
	}
	f->start += n;
	f->done += n;
	f->moved = true;
}

bool flow_waits(const struct flow *f)
{
	size_t size = ready_to_leave(f);

	if (f->crlf && f->from >= 0 && size == 1 && f->buffer[f->end - 1] == '\r')
		return false;
	return size && f->to >= 0;
}

bool flow_finished(const struct flow *f)
{
	return f->from < 0 && (f->start == f->end || f->to < 0);
}

struct pollfd *poll_add(struct pollfd *fds, nfds_t *count, int fd, short events)
{
	if (fd < 0)
		return NULL;
	fds[*count].fd = fd;
	fds[*count].events = events;
	fds[*count].revents = 0;
	return &fds[(*count)++];
}

void flow_watch(struct pollfd *fds, nfds_t *count, struct flow *f)
{
	f->from_polled = has_room(f) ? poll_add(fds, count, f->from, POLLIN) : NULL;
	/* Even if there is nothing to write: whether somebody reads. */
	f->to_polled = poll_add(fds, count, f->ours || flow_waits(f) ? f->to : -1,
				flow_waits(f) ? POLLOUT : 0);
}

void flow_run(struct flow *f)
{
	if (f->from_polled && f->from_polled->revents)
		fill(f);
	if (f->to_polled && f->to_polled->revents & (POLLERR | POLLHUP | POLLNVAL))
		abandon(f);
	else if (f->start < f->end && !f->framed)
		empty(f);
}

/* O_NONBLOCK is everybody's who has the file open, unless we open it once more. */
int open_output(int file, size_t *limit)
{
	char path[32];
	struct stat st;
	int fd;

	*limit = SSIZE_MAX;
	if (fstat(file, &st) || S_ISREG(st.st_mode) || S_ISSOCK(st.st_mode))
		return file;
	snprintf(path, sizeof(path), "/proc/self/fd/%d", file);
	fd = open(path, O_WRONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd >= 0)
		return fd;
	/* What poll() promises of a pipe. */
	*limit = PIPE_BUF;
	return file;
}

/* ------------------------------------------------------------------ frames */

/* What init has sent.  Whoever is not init does not keep to the window. */
static void take_frame(enum frame_kind kind, unsigned int file, const unsigned char *content,
		       unsigned int size, void *streams)
{
	struct streams *s = streams;
	struct flow *f = file == 1 ? &s->out : &s->err;

	if (kind == FRAME_TAKEN && !file) {
		s->in.told += frames_number(content);
	} else if (kind == FRAME_DATA && file && size <= sizeof(f->buffer) - (f->end - f->start)) {
		memmove(f->buffer, f->buffer + f->start, f->end - f->start);
		f->end -= f->start;
		f->start = 0;
		memcpy(f->buffer + f->end, content, size);
		f->end += size;
	} else if (!s->take || !s->take(kind, content, size)) {
		note("the guest says what init would not: it is not heard any more");
		frames_end(&s->frames);
	}
}

void streams_read(struct streams *s)
{
	if (!frames_read(&s->frames, take_frame, s))
		note("the guest does not speak in frames: its output is lost");
}

/* What there is of standard input, as far as init has room. */
static void send_input(struct streams *s)
{
	struct flow *f = &s->in;
	size_t size = f->end - f->start;

	if (size && f->done - f->told + FRAME_MAX <= FRAME_WINDOW && frames_idle(&s->frames)) {
		size = size < FRAME_MAX ? size : FRAME_MAX;
		if (frames_put(&s->frames, FRAME_DATA, 0, f->buffer + f->start, size)) {
			f->start += size;
			f->done += size;
		}
	} else if (!size && f->from < 0 && s->has_input && !f->end_told) {
		f->end_told = frames_put(&s->frames, FRAME_DATA, 0, NULL, 0);
	}
}

/* How far its output has got. */
static void tell_taken(struct streams *s, struct flow *f, unsigned int file)
{
	if (f->done != f->told &&
	    frames_put_number(&s->frames, FRAME_TAKEN, file, f->done - f->told))
		f->told = f->done;
	if (f->to < 0 && !f->end_told)
		f->end_told = frames_put(&s->frames, FRAME_CLOSED, file, NULL, 0);
}

void streams_tell(struct streams *s)
{
	/* What waited may leave now, and then there is room again. */
	frames_flush(&s->frames);
	send_input(s);
	tell_taken(s, &s->out, 1);
	tell_taken(s, &s->err, 2);
	frames_flush(&s->frames);
}

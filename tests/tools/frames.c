// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * frames.c - the frames between init and `haunch run` (init/frames.c) on the host, under sanitizers:
 * whole, in pieces, with no room, and garbage.
 */
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../init/frames.h"

static unsigned int tests, failures;

static void ok(bool good, const char *name)
{
	printf("%sok %u - %s\n", good ? "" : "not ", ++tests, name);
	failures += !good;
}

static struct frames here, there;
static unsigned char bytes[3 * FRAME_MAX], got[sizeof(bytes) + FRAME_MAX];
static unsigned int got_size, got_frames, got_taken, got_closed, got_ends;
static char got_text[FRAME_MAX + 1];

static void take(enum frame_kind kind, unsigned int file, const unsigned char *content,
		 unsigned int size, void *argument)
{
	got_frames += argument == &there || argument == &here;
	switch (kind) {
	case FRAME_DATA:
		memcpy(got + got_size, content, size);
		got_size += size;
		got_ends += !size;
		break;
	case FRAME_TAKEN:
		got_taken += frames_number(content);
		break;
	case FRAME_CLOSED:
		got_closed |= 1 << file;
		break;
	default:
		memcpy(got_text, content, size);
		got_text[size] = '\0';
	}
	/* Only so much has been promised. */
	if (got_size > sizeof(bytes))
		abort();
}

static void begin(void)
{
	int ends[2];

	frames_end(&here);
	frames_end(&there);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends))
		abort();
	frames_start(&here, ends[0]);
	frames_start(&there, ends[1]);
	got_size = got_frames = got_taken = got_closed = got_ends = 0;
}

/* Returns whether what the bytes are is no frame, after which nothing is read. */
static bool refused(const void *raw, size_t size)
{
	bool good;

	begin();
	if (write(here.fd, raw, size) != (ssize_t)size)
		abort();
	good = frames_read(&there, take, &there);
	return !good && there.fd < 0;
}

int main(void)
{
	unsigned int i, n;
	bool good;

	signal(SIGPIPE, SIG_IGN);
	here.fd = there.fd = -1;
	srand(1);
	for (i = 0; i < sizeof(bytes); i++)
		bytes[i] = rand();

	begin();
	ok(frames_idle(&here) && frames_put(&here, FRAME_DATA, 1, bytes, FRAME_MAX) &&
		   frames_put(&here, FRAME_DATA, 2, bytes + FRAME_MAX, FRAME_MAX) &&
		   frames_put_number(&here, FRAME_TAKEN, 0, 0x12345678) &&
		   frames_put(&here, FRAME_CLOSED, 2, NULL, 0) &&
		   frames_put(&here, FRAME_DATA, 0, NULL, 0) &&
		   frames_put(&here, FRAME_TEXT, 0, "size 1 2", 8) && !frames_idle(&here),
	   "two frames of the largest size, and small ones behind them, have room");
	while (!frames_idle(&here)) {
		frames_flush(&here);
		frames_read(&there, take, &there);
	}
	while (got_frames < 6 && there.fd >= 0)
		frames_read(&there, take, &there);
	ok(got_size == 2 * FRAME_MAX && !memcmp(got, bytes, got_size), "they arrive as they are");
	ok(got_taken == 0x12345678 && got_closed == 4 && got_ends == 1 &&
		   !strcmp(got_text, "size 1 2"),
	   "so do the small ones");
	ok(frames_read(&there, take, &there) && there.fd >= 0 && got_frames == 6,
	   "nothing to read is no end");

	begin();
	for (n = 0; frames_put(&here, FRAME_DATA, 1, bytes, 1000); n++)
		;
	ok(n >= 2 * FRAME_MAX / 1000 && !frames_put(&here, FRAME_TEXT, 0, bytes, 1000),
	   "a frame without room is refused");
	while (!frames_idle(&here)) {
		frames_flush(&here);
		frames_read(&there, take, &there);
	}
	while (got_frames < n)
		frames_read(&there, take, &there);
	ok(got_size == n * 1000, "which harms no other");

	begin();
	frames_put(&here, FRAME_DATA, 1, bytes, 300);
	frames_put(&here, FRAME_TEXT, 0, "hosts 1:a", 9);
	for (i = 0, good = true; i < here.out_end; i++)
		good = good && write(here.fd, here.out + i, 1) == 1 &&
		       frames_read(&there, take, &there) &&
		       (got_frames > 0) == (i >= FRAME_HEADER + 300 - 1) &&
		       (got_frames > 1) == (i == here.out_end - 1);
	ok(good && got_size == 300 && !memcmp(got, bytes, 300) && !strcmp(got_text, "hosts 1:a"),
	   "frames that come byte by byte");

	/* The other side does not read. */
	begin();
	n = 4096;
	setsockopt(here.fd, SOL_SOCKET, SO_SNDBUF, &n, sizeof(n));
	frames_put(&here, FRAME_DATA, 1, bytes, FRAME_MAX);
	for (i = 0; i < 100; i++)
		frames_flush(&here);
	ok(!frames_idle(&here) && here.fd >= 0, "what cannot be written waits");
	while (!frames_idle(&here) || !got_frames) {
		frames_read(&there, take, &there);
		frames_flush(&here);
	}
	ok(got_size == FRAME_MAX && !memcmp(got, bytes, FRAME_MAX), "and is not lost");

	begin();
	frames_end(&there);
	ok(frames_read(&here, take, &here) && here.fd < 0, "an end is no mistake");
	ok(!frames_put(&here, FRAME_TEXT, 0, "x", 1) && frames_idle(&here),
	   "behind which nothing is sent");
	begin();
	frames_put(&here, FRAME_DATA, 1, bytes, FRAME_MAX);
	frames_end(&there);
	frames_flush(&here);
	ok(here.fd < 0 && frames_idle(&here), "who has left is not written to");

	ok(refused("\x06\x00\x00\x00", 4), "no such kind");
	ok(refused("\xff\x00\x00\x00", 4), "nor such");
	ok(refused("\x00\x03\x00\x00", 4), "no such file");
	ok(refused("\x00\x01\x01\x40", 4), "more than a frame has");
	ok(refused("\x01\x01\x03\x00", 4) && refused("\x01\x01\x05\x00", 4) &&
		   refused("\x05\x00\x02\x00", 4),
	   "a number of another size");
	ok(!got_frames, "of which none is taken");
	for (i = 0, good = true; i < 20000; i++) {
		unsigned char raw[64];

		for (n = 0; n < sizeof(raw); n++)
			raw[n] = rand() % 8 ? rand() % 6 : rand();
		begin();
		good = good && write(here.fd, raw, sizeof(raw)) > 0;
		frames_read(&there, take, &there);
	}
	ok(good, "20,000 times garbage");
	frames_end(&here);
	frames_end(&there);
	printf("1..%u\n", tests);
	return failures ? 1 : 0;
}

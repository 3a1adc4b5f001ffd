/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * frames.c - the program's standard files through one port: see frames.h.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "frames.h"

void frames_start(struct frames *f, int fd)
{
	f->fd = fd;
	f->in_size = f->out_start = f->out_end = 0;
}

void frames_end(struct frames *f)
{
	if (f->fd >= 0)
		close(f->fd);
	frames_start(f, -1);
}

bool frames_idle(const struct frames *f)
{
	return f->out_start == f->out_end;
}

bool frames_put(struct frames *f, enum frame_kind kind, unsigned int file, const void *content,
		unsigned int size)
{
	unsigned char *header;

	if (frames_idle(f))
		f->out_start = f->out_end = 0;
	if (f->fd < 0 || sizeof(f->out) - f->out_end < FRAME_HEADER + size)
		return false;
	header = f->out + f->out_end;
	header[0] = kind;
	header[1] = file;
	header[2] = size & 255;
	header[3] = size >> 8;
	if (size)
		memcpy(header + FRAME_HEADER, content, size);
	f->out_end += FRAME_HEADER + size;
	return true;
}

bool frames_put_number(struct frames *f, enum frame_kind kind, unsigned int file, uint32_t number)
{
	unsigned char content[4] = { number, number >> 8, number >> 16, number >> 24 };

	return frames_put(f, kind, file, content, sizeof(content));
}

uint32_t frames_number(const unsigned char *content)
{
	return content[0] | content[1] << 8 | content[2] << 16 | (uint32_t)content[3] << 24;
}

void frames_flush(struct frames *f)
{
	ssize_t n;

	if (f->fd < 0 || frames_idle(f))
		return;
	n = write(f->fd, f->out + f->out_start, f->out_end - f->out_start);
	if (n >= 0)
		f->out_start += n;
	else if (errno != EAGAIN && errno != EINTR)
		frames_end(f);
}

bool frames_read(struct frames *f,
		 void (*take)(enum frame_kind kind, unsigned int file, const unsigned char *content,
			      unsigned int size, void *argument),
		 void *argument)
{
	unsigned int at = 0, size;
	const unsigned char *header;
	ssize_t n = read(f->fd, f->in + f->in_size, sizeof(f->in) - f->in_size);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n <= 0) {
		frames_end(f);
		return true;
	}
	f->in_size += n;
	while (f->in_size - at >= FRAME_HEADER) {
		header = f->in + at;
		size = header[2] | header[3] << 8;
		if (header[0] >= NR_FRAME_KINDS || header[1] > 2 || size > FRAME_MAX ||
		    ((header[0] == FRAME_TAKEN || header[0] == FRAME_STATUS) && size != 4)) {
			frames_end(f);
			return false;
		}
		if (f->in_size - at < FRAME_HEADER + size)
			break;
		take(header[0], header[1], header + FRAME_HEADER, size, argument);
		if (f->fd < 0)
			return true;
		at += FRAME_HEADER + size;
	}
	f->in_size -= at;
	memmove(f->in, f->in + at, f->in_size);
	return true;
}

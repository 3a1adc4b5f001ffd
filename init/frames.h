/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * frames.h - how the program's standard files go through one virtio-serial port: compiled into init and
 * into `haunch run`.  (One port, for each costs the guest a whole queue of pages.)  So do those of a command
 * that `haunch exec` runs, through a port of its own that is there as long as the command.
 *
 * What goes either way is frames: a header of FRAME_HEADER bytes (the kind, the number of the standard
 * file, and the content's size, the low byte first), then the content.  Of each file at most
 * FRAME_WINDOW bytes are on their way: sent, and not yet told to be taken.  So whoever receives always
 * has room, and a reader who waits does not keep the other files waiting.
 */
#ifndef INIT_FRAMES_H
#define INIT_FRAMES_H

#include <stdbool.h>
#include <stdint.h>

#define FRAME_HEADER 4
#define FRAME_MAX    16384 /* bytes of content */
#define FRAME_WINDOW 32768

#define MAX_COMMANDS 2 /* of `haunch exec` at a time: so many ports there may be besides */

enum frame_kind {
	FRAME_DATA,   /* bytes of a file; none at all: its end */
	FRAME_TAKEN,  /* 4 bytes, the low one first: so many more bytes of a file have reached their reader */
	FRAME_CLOSED, /* nobody reads a file any more */
	FRAME_TEXT,   /* words for init: "size ROWS COLUMNS", "hosts ADDRESS:NAME,..." */
	/*
	 * The first one on a command's port, NUL-terminated strings: the user, or ""; the size of the terminal,
	 * or "": there is none; what kind of terminal it is; the arguments.  It is answered by FRAME_TAKEN, of nothing.
	 */
	FRAME_COMMAND,
	FRAME_STATUS, /* 4 bytes: the command has ended, with that exit status, and all it has written was sent */
	NR_FRAME_KINDS
};

struct frames {
	int fd; /* that never waits; -1: the other side has left */
	unsigned int in_size, out_start, out_end;
	unsigned char in[FRAME_HEADER + FRAME_MAX], out[2 * (FRAME_HEADER + FRAME_MAX) + 1024];
};

/* Begin with what was opened. */
void frames_start(struct frames *frames, int fd);

/* Close it, and drop what is left. */
void frames_end(struct frames *frames);

/* Is there nothing that waits to be written?  Then there is room for two frames of FRAME_MAX. */
bool frames_idle(const struct frames *frames);

/* A frame for the other side, to be written later.  Returns false if there is no room for it by now. */
bool frames_put(struct frames *frames, enum frame_kind kind, unsigned int file, const void *content,
		unsigned int size);

/* FRAME_TAKEN or FRAME_STATUS.  Returns false likewise. */
bool frames_put_number(struct frames *frames, enum frame_kind kind, unsigned int file,
		       uint32_t number);

/* The content of one of these. */
uint32_t frames_number(const unsigned char *content);

/* Write what can be written now; where the other side has left, fd is closed, and -1. */
void frames_flush(struct frames *frames);

/*
 * Read what is there, and give each frame that is complete to `take`, whose file is 0 to 2, whose size is
 * at most FRAME_MAX, and 4 for a number.  Where the other side has left, or does not speak in frames,
 * fd is closed, and -1; returns false for the second.
 */
bool frames_read(struct frames *frames,
		 void (*take)(enum frame_kind kind, unsigned int file, const unsigned char *content,
			      unsigned int size, void *argument),
		 void *argument);

#endif /* INIT_FRAMES_H */

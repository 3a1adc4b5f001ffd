/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * streams.h - bytes on their way between descriptors, and the standard files of a program in a machine,
 * which go in frames (init/frames.h).  Nothing is dropped, and nothing waits but in poll().
 */
#ifndef TOOLS_STREAMS_H
#define TOOLS_STREAMS_H

#include <poll.h>

#include "../init/frames.h"
#include "common.h"

/* Bytes on their way from one descriptor to another, or from or to the frames. */
struct flow {
	int from, to;			/* -1: no more, or frames */
	bool ours;			/* `to` is a standard file of this process */
	bool framed;			/* what was read is for frames */
	bool crlf;			/* "\r\n" becomes "\n" */
	bool lines;			/* only whole ones, for others write there as well */
	bool moved;			/* something has left since that was last looked at */
	bool failed;			/* something could not be written, and that was told */
	size_t start, end, limit;	/* limit: of one write */
	uint64_t done;			/* bytes that have left, or were thrown away */
	uint64_t told;			/* of these init was told that they are taken, or told us */
	bool end_told;			/* init knows that no more will come, or that nobody takes it */
	const char *name;
	void (*typed)(const char *keys, size_t length);	/* looks at what was read; or NULL */
	struct pollfd *from_polled, *to_polled;
	char buffer[65536];
};

/* Begin anew; what is in the buffer stays. */
void flow_start(struct flow *flow, int from, int to, const char *name);
/* Is there something that can go now? */
bool flow_waits(const struct flow *flow);
/* Will nothing come any more, and has all that came left? */
bool flow_finished(const struct flow *flow);

/* One more descriptor to poll; NULL if it is -1. */
struct pollfd *poll_add(struct pollfd *fds, nfds_t *count, int fd, short events);
/* At most two; and what to do with the result. */
void flow_watch(struct pollfd *fds, nfds_t *count, struct flow *flow);
void flow_run(struct flow *flow);

/*
 * A descriptor for writing to a standard file that never makes us wait: signals may come.  *limit: how much may
 * be written at once.
 */
int open_output(int file, size_t *limit);

/*
 * See to it that there are three standard files, and that none is a terminal which another job has and which we
 * would read.  Which of them are terminals?
 */
void standard_files(bool tty[3]);

/*
 * SIGHUP, SIGINT and SIGTERM (unless they are ignored), SIGWINCH and SIGCHLD are the handler's from now on, and come
 * only where ppoll() lets them.  Who writes to nobody gets an error, no signal.
 */
void catch_signals(void (*handler)(int number));

/* Every key of our terminal is the guest's, until leave_raw() or our end. */
void enter_raw(void);
void leave_raw(void);

/* Close it, unless it is a standard file, and make it -1. */
void end_descriptor(int *fd);

/* The standard files of a program in a machine. */
struct streams {
	struct frames frames;		/* its fd: of a socket to the machine's port */
	bool has_input;			/* init expects some, or its end */
	struct flow in, out, err;
	/* Called with frames that are of no file; returns false if init would not send such. */
	bool (*take)(enum frame_kind kind, const unsigned char *content, unsigned int size);
};

/* Take what the machine has sent.  What is none of init's is told, and then nothing more is heard. */
void streams_read(struct streams *streams);
/* Tell the machine of input, and of output that has been taken, as far as there is room. */
void streams_tell(struct streams *streams);

#endif /* TOOLS_STREAMS_H */

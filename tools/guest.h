/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * guest.h - a machine that runs as a child of this process, until it ends.
 */
#ifndef TOOLS_GUEST_H
#define TOOLS_GUEST_H

#include "common.h"

struct guest {
	/* QEMU and its options, but for what connects it with us. */
	const char **qemu;
	unsigned int nr_qemu;
	int image;			/* a descriptor that those options name, or -1 */

	/*
	 * Set by guest_connect(): the console is the terminal that we were started on; which of the
	 * standard files have ports of their own; both outputs are one file, and so one port.
	 */
	bool terminal, in, out, err, err_is_out;
	bool ports;			/* is there virtio-serial at all? */
	unsigned int commands;		/* how many ports may be plugged in besides (exec.c) */

	unsigned long stop_timeout_s;	/* what the program gets between its signal and its end */

	void (*started)(pid_t qemu);	/* called when QEMU runs, each time; or NULL */
	void (*looked)(void);		/* called after each look at it and its output; or NULL */

	/* Where news can be read from, whose words, at most so many characters, are for init; -1: nowhere.  Allocated. */
	int news;
	char *(*hosts)(size_t most);

	/* For messages: the disk images, the network device. */
	const char *disks, *tap;
};

/*
 * Find out what our standard files are.  ports: the kernel has a driver for virtio-serial.  Returns
 * the words that tell init of it, allocated; "" if there are none.
 */
char *guest_connect(struct guest *guest, bool ports);

/* Run it; returns the exit status: the program's, 128 + signal, or 125 if it ended without one. */
int guest_run(struct guest *guest);

#endif /* TOOLS_GUEST_H */

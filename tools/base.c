/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * base.c - the guest's files as a squashfs.  It is not compressed: a page that is read is then a page
 * that is copied, and who has to send an image has a compressor.
 */
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base.h"
#include "child.h"
#include "tar.h"

/* Squashfs's superblock, which has sizes and times of all the rest (init/mount.c). */
#define SUPERBLOCK_SIZE		96

/* FNV-1a, 64 bits. */
static uint64_t checksum(const uint8_t *data, size_t size)
{
	uint64_t sum = 0xcbf29ce484222325;

	while (size--)
		sum = (sum ^ *data++) * 0x100000001b3;
	return sum;
}

void base_make(struct base *base, struct node *root)
{
	const char *arguments[] = {
		"sqfstar",    "-quiet", "-no-progress", "-no-xattrs", "-noI", "-noD", "-noF",
		"-mkfs-time", "0",	NULL,		NULL,
	};
	const char *problem;
	struct view file;
	pid_t child;
	int fd;

	base->path = xprintf("%s/base", work_folder());
	arguments[9] = base->path;
	signal(SIGPIPE, SIG_IGN);
	child = child_start(arguments, &fd, "squashfs-tools");
	problem = tar_write(root, fd);
	close(fd);
	if (child_wait(child))
		die("sqfstar could not make a file system of the files: %s", child_error());
	if (problem)
		die("cannot make a file system of the files: %s", problem);
	file = view_open(base->path);
	if (file.size < SUPERBLOCK_SIZE || memcmp(file.data, "hsqs", 4))
		die("sqfstar made no file system of the files");
	base->size = file.size;
	snprintf(base->id, sizeof(base->id), "%016llx",
		 (unsigned long long)checksum(file.data, SUPERBLOCK_SIZE));
	view_close(&file);
	signal(SIGPIPE, SIG_DFL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * base.c - the guest's files as an EROFS.  It is not compressed: a file's pages are in it as a program maps
 * them, so that machines of one host can share them (run.c), and who has to send an image has a compressor.
 */
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base.h"
#include "child.h"
#include "tar.h"

/* The superblock, and behind it the first files (the donor's fs/erofs/erofs_fs.h). */
#define HEAD_START		1024
#define HEAD_END		4096
#define MAGIC			"\xe2\xe1\xf5\xe0"

/* Small files' contents, too, are on pages of their own.  Nothing is as it is by chance. */
static const char script[] =
	"mkdir \"$1/files\" && tar -xp --numeric-owner --delay-directory-restore -C \"$1/files\" && "
	"SOURCE_DATE_EPOCH=$2 mkfs.erofs --quiet -x-1 -E noinline_data "
	"-U 00000000-0000-4000-8000-000000000000 \"$1/base\" \"$1/files\" && rm -rf \"$1/files\"";

/* FNV-1a, 64 bits. */
static uint64_t checksum(const uint8_t *data, size_t size)
{
	uint64_t sum = 0xcbf29ce484222325;

	while (size--)
		sum = (sum ^ *data++) * 0x100000001b3;
	return sum;
}

static void find_newest(struct node *node, void *argument)
{
	int64_t *newest = argument;

	if (node->mtime > *newest)
		*newest = node->mtime;
}

void base_make(struct base *base, struct node *root)
{
	/* Files of any owner's are made, as long as this lasts. */
	const char *arguments[] = { "fakeroot", "--", "sh", "-c", script, "sh", NULL, NULL, NULL };
	const char *problem;
	int64_t newest = 0;
	struct view file;
	pid_t child;
	int fd;

	child_want("mkfs.erofs", "roots");
	tree_walk(root, find_newest, &newest);
	base->path = xprintf("%s/base", work_folder());
	arguments[6] = work_folder();
	/* What is younger than the file system would be as old as it. */
	arguments[7] = xprintf("%lld", (long long)newest);
	signal(SIGPIPE, SIG_IGN);
	child = child_start(arguments, &fd, "roots");
	problem = tar_write(root, fd);
	close(fd);
	if (child_wait(child))
		die("mkfs.erofs could not make a file system of the files: %s", child_error());
	if (problem)
		die("cannot make a file system of the files: %s", problem);
	file = view_open(base->path);
	if (file.size < HEAD_END || memcmp(file.data + HEAD_START, MAGIC, 4))
		die("mkfs.erofs made no file system of the files");
	base->size = file.size;
	snprintf(base->id, sizeof(base->id), "%016llx",
		 (unsigned long long)checksum(file.data + HEAD_START, HEAD_END - HEAD_START));
	view_close(&file);
	signal(SIGPIPE, SIG_DFL);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * common.c - messages, memory and files of the host tools (see common.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "common.h"

const char *tool_name = "haunch";

static void (*cleaners[6])(void);
static unsigned int nr_cleaners;

void clean_up_by(void (*function)(void))
{
	unsigned int i;

	for (i = 0; i < nr_cleaners; i++)
		if (cleaners[i] == function)
			return;
	if (nr_cleaners == ARRAY_SIZE(cleaners))
		abort();
	cleaners[nr_cleaners++] = function;
}

static void clean_up(void)
{
	unsigned int i;

	for (i = 0; i < nr_cleaners; i++)
		cleaners[i]();
}

static void interrupted(int sig)
{
	clean_up();
	signal(sig, SIG_DFL);
	raise(sig);
}

void clean_up_on_signals(bool on)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGTERM };
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(signals); i++)
		if (signal(signals[i], on ? interrupted : SIG_DFL) == SIG_IGN)
			signal(signals[i], SIG_IGN);
}

static void message(const char *format, va_list args)
{
	fflush(stdout);
	fprintf(stderr, "%s: ", tool_name);
	vfprintf(stderr, format, args);
	fputc('\n', stderr);
}

void die(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message(format, args);
	va_end(args);
	clean_up();
	exit(1);
}

void usage(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message(format, args);
	va_end(args);
	exit(2);
}

void note(const char *format, ...)
{
	va_list args;

	va_start(args, format);
	message(format, args);
	va_end(args);
}

void *xmalloc(size_t size)
{
	return xrealloc(NULL, size);
}

void *xrealloc(void *old, size_t size)
{
	void *new = realloc(old, size ? size : 1);

	if (!new)
		die("out of memory (%zu bytes wanted)", size);
	return new;
}

char *xstrdup(const char *s)
{
	return strcpy(xmalloc(strlen(s) + 1), s);
}

char *xprintf(const char *format, ...)
{
	va_list args;
	char *s;

	va_start(args, format);
	if (vasprintf(&s, format, args) < 0)
		die("out of memory");
	va_end(args);
	return s;
}

char *find_in_path(const char *program)
{
	char *path = xstrdup(getenv("PATH") ? getenv("PATH") : "/usr/bin:/bin"), *rest = path;
	char *folder, *file = NULL;

	while (!file && (folder = strsep(&rest, ":"))) {
		file = xprintf("%s/%s", *folder ? folder : ".", program);
		if (access(file, X_OK)) {
			free(file);
			file = NULL;
		}
	}
	free(path);
	return file;
}

bool in_path(const char *program)
{
	char *path = find_in_path(program);
	bool found = path;

	free(path);
	return found;
}

struct view view_open(const char *path)
{
	struct view view = { NULL, 0 };
	struct stat st;
	void *data;
	int fd;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		die("cannot open %s: %s", path, strerror(errno));
	if (fstat(fd, &st))
		die("cannot read %s: %s", path, strerror(errno));
	if (S_ISDIR(st.st_mode))
		die("%s is a directory, not a file", path);
	if (!S_ISREG(st.st_mode))
		die("%s is not a regular file", path);
	if (st.st_size) {
		data = mmap(NULL, st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
		if (data == MAP_FAILED)
			die("cannot read %s: %s", path, strerror(errno));
		view.data = data;
		view.size = st.st_size;
	}
	close(fd);
	return view;
}

void view_close(struct view *view)
{
	if (view->size)
		munmap((void *)view->data, view->size);
	view->data = NULL;
	view->size = 0;
}

void put_safe(const char *text, size_t length)
{
	size_t i;

	for (i = 0; i < length; i++) {
		unsigned char c = text[i];

		/* Bytes above 0x9f may be UTF-8; 0x80-0x9f may be terminal controls. */
		if (c < 0x20 || c == 0x7f || c == '\\')
			printf("\\x%02x", c);
		else
			putchar(c);
	}
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * trace.c - what a program of this machine opens while it runs (see trace.h).
 */
#include <elf.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "child.h"
#include "options.h"
#include "trace.h"

#define STATUS_CANNOT_RUN	126	/* as strace and shells have it */
#define STATUS_NOT_FOUND	127

static int run(const char *const *command)
{
	void (*old)(int) = signal(SIGINT, SIG_IGN);
	pid_t parent = getpid(), pid;
	int status;

	fflush(NULL);
	pid = fork();
	if (pid < 0)
		die("cannot start a process: %s", strerror(errno));
	if (!pid) {
		/* Ctrl-C ends the program, and what it has opened until then is known. */
		signal(SIGINT, SIG_DFL);
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		if (getppid() != parent)
			_exit(STATUS_CANNOT_RUN);
		execvp(command[0], (char *const *)command);
		_exit(STATUS_NOT_FOUND);
	}
	status = child_wait(pid);
	signal(SIGINT, old);
	return status;
}

static bool is_library(const char *path)
{
	Elf64_Ehdr header;
	int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	bool is;

	if (fd < 0)
		return false;
	is = read(fd, &header, sizeof(header)) == sizeof(header) &&
	     !memcmp(header.e_ident, ELFMAG, SELFMAG) && header.e_type == ET_DYN;
	close(fd);
	return is;
}

/* The text up to a character, which is cut off; *at moves behind it.  NULL: there is none. */
static char *cut(char **at, const char *from, char to)
{
	char *start = strstr(*at, from), *stop;

	if (!start)
		return NULL;
	start += strlen(from);
	stop = strchr(start, to);
	if (!stop)
		return NULL;
	*stop = '\0';
	*at = stop + 1;
	return start;
}

/* PID openat(AT_FDCWD</FOLDER>, "PATH", FLAGS) = NUMBER</REAL PATH> */
static void take_line(struct node *root, char *line)
{
	char *at = line, *path = cut(&at, "\"", '"'), *real = cut(&at, " = ", '>');

	real = real ? strchr(real, '<') : NULL;
	/* strace writes a backslash in front of what is no plain character. */
	if (!path || !real || strchr(path, '\\'))
		return;
	if (*path != '/')
		path = real + 1;
	if (*path != '/' || !strncmp(path, "/proc/", 6) || !strncmp(path, "/sys/", 5) ||
	    !strncmp(path, "/dev/", 5) || tree_find(root, path, true))
		return;
	if (strstr(path, "/gconv-modules") || is_library(path))
		tree_add_host(root, path, path, NULL);
}

void trace_libraries(struct node *root, const char *program, const char *const *arguments,
		     unsigned int count)
{
	char *list = xprintf("%s/opened", work_folder()), *real = realpath(program, NULL),
	     *line = NULL;
	const char **command = NULL;
	unsigned int n = 0, i;
	size_t size = 0;
	int status;
	FILE *f;

	if (!in_path("strace"))
		die("strace is missing: apt-get install strace");
	command = append(command, &n, "strace");
	command = append(command, &n, "-f");
	command = append(command, &n, "-qq");
	command = append(command, &n, "-y");
	command = append(command, &n, "--signal=none");
	command = append(command, &n, "--status=successful");
	command = append(command, &n, "--trace=open,openat,openat2");
	command = append(command, &n, "-o");
	command = append(command, &n, list);
	command = append(command, &n, "--");
	command = append(command, &n, real ? real : program);
	for (i = 0; i < count; i++)
		command = append(command, &n, arguments[i]);
	command = append(command, &n, NULL);
	status = run(command);
	f = fopen(list, "re");
	if (!f)
		die("strace could not run %s (status %d)", program, status);
	while (getline(&line, &size, f) > 0)
		take_line(root, line);
	fclose(f);
	if (status)
		note("%s ended here with status %d: what it would open otherwise is not known",
		     program, status);
	free(line);
	free(command);
	free(real);
	free(list);
}

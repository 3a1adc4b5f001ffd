/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * child.c - other programs that the tools have do something (see child.h).
 */
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "child.h"

extern char **environ;

static char *work;
static pid_t running;			/* the child that was started last, if nobody has waited yet */

static int remove_entry(const char *path, const struct stat *st, int kind, struct FTW *at)
{
	(void)st;
	(void)kind;
	(void)at;
	return remove(path);
}

void remove_tree(const char *path)
{
	nftw(path, remove_entry, 16, FTW_DEPTH | FTW_PHYS);
}

void work_remove(void)
{
	/* Who is interrupted does not leave it alone. */
	if (running > 0 && !kill(running, SIGTERM))
		child_wait(running);
	if (work)
		remove_tree(work);
	free(work);
	work = NULL;
}

const char *work_folder(void)
{
	const char *tmp = getenv("TMPDIR");

	if (work)
		return work;
	if (!tmp || !*tmp)
		tmp = "/tmp";
	work = xprintf("%s/haunch.XXXXXX", tmp);
	if (!mkdtemp(work)) {
		free(work);
		work = NULL;
		die("cannot make a temporary directory in %s: %s", tmp, strerror(errno));
	}
	clean_up_by(work_remove);
	return work;
}

static char *log_name(void)
{
	return xprintf("%s/log", work_folder());
}

void child_want(const char *tool, const char *group)
{
	if (!in_path(tool))
		die("%s is missing; run: haunch setup %s", tool, group);
}

pid_t child_start(const char *const *arguments, int *input, const char *group)
{
	posix_spawn_file_actions_t files;
	char *log = log_name();
	int error, ends[2];
	pid_t pid;

	child_want(arguments[0], group);
	posix_spawn_file_actions_init(&files);
	if (input) {
		if (pipe2(ends, O_CLOEXEC))
			die("cannot make a pipe: %s", strerror(errno));
		posix_spawn_file_actions_adddup2(&files, ends[0], 0);
		*input = ends[1];
	} else {
		posix_spawn_file_actions_addopen(&files, 0, "/dev/null", O_RDONLY, 0);
	}
	posix_spawn_file_actions_addopen(&files, 1, log, O_WRONLY | O_CREAT | O_TRUNC, 0600);
	posix_spawn_file_actions_adddup2(&files, 1, 2);
	error = posix_spawnp(&pid, arguments[0], &files, NULL, (char *const *)arguments, environ);
	posix_spawn_file_actions_destroy(&files);
	free(log);
	if (error)
		die("cannot start %s: %s", arguments[0], strerror(error));
	if (input)
		close(ends[0]);
	running = pid;
	return pid;
}

int child_wait(pid_t pid)
{
	int status;

	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return 127;
	if (pid == running)
		running = 0;
	return WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
}

/* Of a line that is a record with a message (skopeo: time="..." level=fatal msg="..."), that. */
static char *message_of(char *text)
{
	char *from = strstr(text, " msg=\""), *to;

	if (!from)
		return text;
	from += strlen(" msg=\"");
	for (text = to = from; *from && *from != '"'; from++) {
		/* Of what is escaped only the line's end is not itself. */
		if (*from == '\\' && from[1])
			*to++ = *++from == 'n' ? ' ' : *from;
		else
			*to++ = *from;
	}
	*to = '\0';
	return text;
}

const char *child_error(void)
{
	static char line[800];
	char text[800], *log = log_name();
	FILE *f = fopen(log, "re");
	bool error = false, is_error;

	strcpy(line, "it says nothing; see whether there is room");
	while (f && fgets(text, sizeof(text), f)) {
		text[strcspn(text, "\r\n")] = '\0';
		is_error = strcasestr(text, "error") || !strncmp(text, "E:", 2) ||
			   strcasestr(text, "fatal");
		/* The first error, for others may follow from it; else the last words. */
		if (*text && !error)
			strcpy(line, message_of(text));
		error = error || is_error;
	}
	if (f)
		fclose(f);
	free(log);
	return line;
}

void child_run(const char *const *arguments, const char *group, const char *what)
{
	if (child_wait(child_start(arguments, NULL, group)))
		die("%s could not %s: %s", arguments[0], what, child_error());
}

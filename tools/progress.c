/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * progress.c - run a long command, show how far it is, and keep its output in a log.
 *
 *   progress -l LOG [-n LINES] [-t TITLE] -- COMMAND [ARGUMENT...]
 *
 * LINES is how many lines the command is known to print in all: from them come the percentage and
 * the estimate.  On a terminal one line is updated in place, else a plain line comes every 10 %.
 * If the command fails the last lines of its log are shown.  The exit status is the command's.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "common.h"

#define TAIL_LINES	20
#define TAIL_BYTES	8192
#define KILL_AFTER	5		/* seconds between passing on a signal and SIGKILL */

static volatile sig_atomic_t stop_signal;
static volatile pid_t command;
static const char *title = "working";
static bool terminal;
static time_t start;

static void stop(int sig)
{
	stop_signal = sig;
	/* The command leads a process group: everything it started gets the signal. */
	if (command > 0)
		kill(-command, sig);
}

static time_t now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec;
}

static const char *duration(long seconds)
{
	static char text[2][32];
	static unsigned int next;
	char *s = text[next++ % 2];

	if (seconds < 60)
		snprintf(s, sizeof(text[0]), "%ld s", seconds);
	else
		snprintf(s, sizeof(text[0]), "%ld min %02ld s", seconds / 60, seconds % 60);
	return s;
}

static unsigned int width(void)
{
	struct winsize size;

	return !ioctl(1, TIOCGWINSZ, &size) && size.ws_col > 20 ? size.ws_col : 80;
}

static void show(unsigned long lines, unsigned long expected, unsigned int *shown)
{
	long elapsed = now() - start;
	unsigned int percent = 0;
	char line[256], estimate[64] = "";
	static char last[256];

	if (expected) {
		percent = lines * 100 / expected;
		if (percent > 99)
			percent = 99;
		if (percent >= 3 && elapsed >= 3)
			snprintf(estimate, sizeof(estimate), ", about %s to go",
				 duration(elapsed * (100 - percent) / percent));
		snprintf(line, sizeof(line), "%s: %u %%, %s%s", title, percent, duration(elapsed),
			 estimate);
	} else {
		snprintf(line, sizeof(line), "%s: %s", title, duration(elapsed));
	}
	if (terminal) {
		/* The command may print thousands of lines a second. */
		if (!strcmp(line, last))
			return;
		strcpy(last, line);
		printf("\r%-.*s\033[K", (int)width() - 1, line);
	} else {
		/* Every 10 %, or every minute if nothing is known. */
		unsigned int step = expected ? percent / 10 : elapsed / 60;

		if (step <= *shown)
			return;
		*shown = step;
		printf("%s\n", line);
	}
	fflush(stdout);
}

/* Show the end of the log. */
static void show_tail(const char *log)
{
	static char text[TAIL_BYTES + 1];
	unsigned int lines = 0;
	ssize_t length;
	struct stat st;
	char *at;
	int fd = open(log, O_RDONLY | O_CLOEXEC);

	if (fd < 0 || fstat(fd, &st))
		return;
	length = pread(fd, text, TAIL_BYTES, st.st_size > TAIL_BYTES ? st.st_size - TAIL_BYTES : 0);
	close(fd);
	if (length <= 0)
		return;
	for (at = text + length - 1; at > text; at--)
		if (at[-1] == '\n' && ++lines == TAIL_LINES)
			break;
	fwrite(at, 1, text + length - at, stderr);
	if (text[length - 1] != '\n')
		fputc('\n', stderr);
}

static pid_t spawn(char **argv, int output)
{
	sigset_t none;
	pid_t pid;

	fflush(stdout);
	pid = fork();
	if (pid < 0)
		die("cannot start %s: %s", argv[0], strerror(errno));
	if (pid) {
		setpgid(pid, pid);
		return pid;
	}
	setpgid(0, 0);
	prctl(PR_SET_PDEATHSIG, SIGTERM);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGINT, SIG_DFL);
	signal(SIGTERM, SIG_DFL);
	signal(SIGHUP, SIG_DFL);
	close(0);
	open("/dev/null", O_RDONLY);
	dup2(output, 1);
	dup2(output, 2);
	execvp(argv[0], argv);
	dprintf(2, "%s: cannot run %s: %s\n", tool_name, argv[0], strerror(errno));
	_exit(127);
}

int main(int argc, char **argv)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGTERM };
	struct sigaction action = { .sa_handler = stop };
	const char *log_path = NULL;
	unsigned long expected = 0, lines = 0;
	unsigned int i, shown = 0;
	time_t killed_at = 0;
	char buffer[4096];
	int c, log, pipes[2], status;
	bool open_end = true, ended = false;

	tool_name = "progress";
	while ((c = getopt(argc, argv, "+l:n:t:")) != -1) {
		if (c == 'l')
			log_path = optarg;
		else if (c == 'n')
			expected = strtoul(optarg, NULL, 10);
		else if (c == 't')
			title = optarg;
		else
			return 2;
	}
	if (!log_path || optind == argc)
		usage("progress -l LOG [-n LINES] [-t TITLE] -- COMMAND [ARGUMENT...]");

	terminal = isatty(1);
	start = now();
	log = open(log_path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	if (log < 0)
		die("cannot write %s: %s", log_path, strerror(errno));
	if (pipe2(pipes, O_CLOEXEC))
		die("pipe: %s", strerror(errno));
	for (i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &action, NULL);
	if (!terminal) {
		printf("%s (log: %s)\n", title, log_path);
		fflush(stdout);
	}
	command = spawn(argv + optind, pipes[1]);
	close(pipes[1]);

	/*
	 * Until the command has ended and its output, too; what it leaves in the background may
	 * hold the pipe open for ever, so a quiet second after the command's end is enough.
	 */
	while (open_end || !ended) {
		struct pollfd poll_in = { .fd = open_end ? pipes[0] : -1, .events = POLLIN };
		int ready = poll(&poll_in, 1, open_end ? 1000 : 50);

		if (ready > 0) {
			ssize_t n = read(pipes[0], buffer, sizeof(buffer)), j;

			if (n <= 0) {
				open_end = false;
			} else {
				for (j = 0; j < n; j++)
					lines += buffer[j] == '\n';
				if (write(log, buffer, n) != n)
					die("cannot write %s: %s", log_path, strerror(errno));
			}
		}
		if (!ended && waitpid(command, &status, WNOHANG) == command)
			ended = true;
		if (ended && ready == 0)
			open_end = false;
		if (stop_signal && !killed_at)
			killed_at = now() + KILL_AFTER;
		if (stop_signal && now() >= killed_at)
			kill(-command, SIGKILL);
		if (!stop_signal)
			show(lines, expected, &shown);
	}
	if (terminal)
		printf("\r\033[K");
	if (stop_signal) {
		/* What ignored the signal, as a shell's background jobs do with SIGINT. */
		kill(-command, SIGKILL);
		fflush(stdout);
		fprintf(stderr, "%s: stopped; the same command goes on from here\n", title);
		signal(stop_signal, SIG_DFL);
		raise(stop_signal);
	}
	status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	if (!status) {
		printf("%s: done, %s\n", title, duration(now() - start));
		return 0;
	}
	fflush(stdout);
	show_tail(log_path);
	fprintf(stderr, "%s: failed with status %d; the whole log is in %s\n", title, status,
		log_path);
	return status;
}

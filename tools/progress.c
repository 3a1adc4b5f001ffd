/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * progress.c - run a long command, show how far it is, and keep its output in a log.
 *
 *   progress -l LOG [-n LINES] [-c COUNT] [-t TITLE] -- COMMAND [ARGUMENT...]
 *
 * LINES is how many lines the command is known to print in all: from them come the percentage and
 * the estimate.  On a terminal one line is updated in place, else a plain line comes every 10 %.
 * COUNT is a file for a command that goes on where it was stopped: it keeps how many lines were
 * printed until then.  If the command fails the last lines of its log are shown.  The exit status is
 * the command's.
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
static unsigned long lines_before;	/* printed by earlier, stopped runs of the same command */

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
		unsigned long all = lines_before + lines;

		percent = all * 100 / expected;
		if (percent > 99)
			percent = 99;
		if (lines * 100 / expected >= 3 && elapsed >= 3 && all < expected)
			snprintf(estimate, sizeof(estimate), ", about %s to go",
				 duration(elapsed * (expected - all) / lines));
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

/* The end of the log, or "". */
static const char *read_tail(const char *log)
{
	static char text[TAIL_BYTES + 1];
	ssize_t length;
	struct stat st;
	int fd = open(log, O_RDONLY | O_CLOEXEC);

	if (fd < 0)
		return "";
	if (fstat(fd, &st))
		length = -1;
	else
		length = pread(fd, text, TAIL_BYTES,
			       st.st_size > TAIL_BYTES ? st.st_size - TAIL_BYTES : 0);
	close(fd);
	text[length > 0 ? length : 0] = '\0';
	return text;
}

/* Show the last lines of a text. */
static void show_tail(const char *text)
{
	size_t length = strlen(text);
	unsigned int lines = 0;
	const char *at;

	if (!length)
		return;
	for (at = text + length - 1; at > text; at--)
		if (at[-1] == '\n' && ++lines == TAIL_LINES)
			break;
	fputs(at, stderr);
	if (text[length - 1] != '\n')
		fputc('\n', stderr);
}

static unsigned long read_count(const char *path)
{
	unsigned long count = 0;
	FILE *f = path ? fopen(path, "re") : NULL;

	if (!f)
		return 0;
	if (fscanf(f, "%lu", &count) != 1)
		count = 0;
	fclose(f);
	return count;
}

/* Without it the next run only begins at 0 %, so errors do not matter. */
static void write_count(const char *path, unsigned long count)
{
	FILE *f = path ? fopen(path, "we") : NULL;

	if (!f)
		return;
	fprintf(f, "%lu\n", count);
	fclose(f);
}

/* Write it all, or tell by errno why not. */
static bool write_log(int fd, const char *data, size_t size)
{
	while (size) {
		ssize_t n = write(fd, data, size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return false;
		data += n;
		size -= n;
	}
	return true;
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
	const char *log_path = NULL, *count_path = NULL, *tail;
	unsigned long expected = 0, lines = 0;
	unsigned int i, shown = 0;
	time_t killed_at = 0;
	char buffer[4096];
	int c, log, pipes[2], status;
	bool open_end = true, ended = false;
	int log_error = 0;

	tool_name = "progress";
	while ((c = getopt(argc, argv, "+c:l:n:t:")) != -1) {
		if (c == 'c')
			count_path = optarg;
		else if (c == 'l')
			log_path = optarg;
		else if (c == 'n')
			expected = strtoul(optarg, NULL, 10);
		else if (c == 't')
			title = optarg;
		else
			return 2;
	}
	if (!log_path || optind == argc)
		usage("progress -l LOG [-n LINES] [-c COUNT] [-t TITLE] -- COMMAND [ARGUMENT...]");

	tool_name = title;
	terminal = isatty(1);
	start = now();
	lines_before = read_count(count_path);
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
				if (!log_error && !write_log(log, buffer, n)) {
					/* What the command does next would go wrong, unseen. */
					log_error = errno;
					killed_at = now() + KILL_AFTER;
					kill(-command, SIGTERM);
				}
			}
		}
		if (!ended && waitpid(command, &status, WNOHANG) == command)
			ended = true;
		if (ended && ready == 0)
			open_end = false;
		if (stop_signal && !killed_at)
			killed_at = now() + KILL_AFTER;
		if (killed_at && now() >= killed_at)
			kill(-command, SIGKILL);
		if (!stop_signal)
			show(lines, expected, &shown);
	}
	if (terminal)
		printf("\r\033[K");
	if (stop_signal || log_error || status)
		write_count(count_path, lines_before + lines);
	else if (count_path)
		unlink(count_path);
	if (stop_signal) {
		/* What ignored the signal, as a shell's background jobs do with SIGINT. */
		kill(-command, SIGKILL);
		fflush(stdout);
		fprintf(stderr, "%s: stopped; the same command goes on from here\n", title);
		signal(stop_signal, SIG_DFL);
		raise(stop_signal);
	}
	if (log_error) {
		kill(-command, SIGKILL);
		fflush(stdout);
		die("stopped: cannot write %s: %s", log_path, strerror(log_error));
	}
	status = WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status);
	if (!status) {
		printf("%s: done, %s\n", title, duration(now() - start));
		return 0;
	}
	fflush(stdout);
	tail = read_tail(log_path);
	/* Whatever else there was to be said about it. */
	if (strstr(tail, strerror(ENOSPC)) || strstr(tail, strerror(EDQUOT)))
		die("the disk is full; free some space, and the same command goes on from here (log: %s)",
		    log_path);
	show_tail(tail);
	fprintf(stderr, "%s: failed with status %d; the whole log is in %s\n", title, status,
		log_path);
	return status;
}

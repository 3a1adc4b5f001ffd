/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * jobs.c - sessions, process groups, and job control on a pseudo-terminal.
 *
 * A child is the leader of a session, as a shell is, and has both ends of its terminal: what it
 * writes to the master is what somebody types.  All runs below a subreaper, which gets the orphans.
 * A few megabytes are enough.
 */
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <termios.h>

#include "help.h"

static int master, terminal, told[2];
static char path[64];
static volatile sig_atomic_t caught;

static void note(int signal)
{
	caught = signal;
}

static void handle(int signal, void (*handler)(int))
{
	struct sigaction action = { .sa_handler = handler };

	sigaction(signal, &action, NULL);
}

static void type(const char *keys)
{
	if (write(master, keys, strlen(keys)) != (ssize_t)strlen(keys))
		printf("FAILED: typing\n");
}

/* A key's signal comes some time after the key. */
static int catches(int signal)
{
	for (int i = 0; i < 10000 && !caught; i++)
		nap(1);
	return caught == signal;
}

/* Is this what comes out of the master next? */
static int shows(const char *text)
{
	size_t size = strlen(text);
	char letter;

	for (size_t i = 0; i < size; i++)
		if (read(master, &letter, 1) != 1 || letter != text[i])
			return 0;
	return 1;
}

/* What a job does.  The shell has put it into a group of its own before it begins. */
enum { SLEEP, READ, WRITE, TAKE };

static int job(int what)
{
	char line[64] = "";
	ssize_t got;

	switch (what) {
	case READ:
		got = read(terminal, line, sizeof(line) - 1);
		return got == 6 && !strcmp(line, "typed\n") ? 5 : got < 0 && errno == EIO ? 6 : 1;
	case WRITE:
		return write(terminal, "output", 6) == 6 ? 7 : errno == EIO ? 8 : 1;
	case TAKE:
		return tcsetpgrp(terminal, getpgrp())	? 1 :
		       tcgetpgrp(terminal) == getpgrp() ? 9 :
							  2;
	}
	for (;;)
		pause();
}

static pid_t start_job(int what, int foreground)
{
	int hold[2], ready[2];
	pid_t pid;

	if (pipe(hold) || pipe(ready))
		return -1;
	pid = fork();
	if (pid == 0) {
		/* The terminal's signals are a job's, whatever the shell does with them. */
		for (int i = 1; i < 32; i++)
			if (i != SIGKILL && i != SIGSTOP)
				signal(i, SIG_DFL);
		close(hold[1]);
		tell(ready[1]);
		hear(hold[0]);
		_exit(job(what));
	}
	hear(ready[0]);
	close(ready[0]);
	close(ready[1]);
	setpgid(pid, pid);
	if (foreground)
		tcsetpgrp(terminal, pid);
	close(hold[0]);
	close(hold[1]);
	return pid;
}

/* The signal that stops or has stopped a job, minus the one that killed it, 100 + its status. */
static int event(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, WUNTRACED | WCONTINUED) != pid)
		return -1000;
	if (WIFSTOPPED(status))
		return WSTOPSIG(status);
	if (WIFCONTINUED(status))
		return SIGCONT;
	return WIFSIGNALED(status) ? -WTERMSIG(status) : 100 + WEXITSTATUS(status);
}

static int foreground(pid_t pid)
{
	return tcsetpgrp(terminal, pid);
}

static void open_terminal(void)
{
	int number, zero = 0;

	master = open("/dev/ptmx", O_RDWR | O_NOCTTY | O_CLOEXEC);
	if (ioctl(master, TIOCGPTN, &number) || ioctl(master, TIOCSPTLCK, &zero))
		printf("FAILED: a pseudo-terminal\n");
	snprintf(path, sizeof(path), "/dev/pts/%d", number);
	terminal = open(path, O_RDWR | O_NOCTTY | O_CLOEXEC);
}

static void become_leader(void)
{
	setsid();
	open_terminal();
	ioctl(terminal, TIOCSCTTY, 0);
}

static void session(void)
{
	struct termios settings;
	pid_t pid, group;
	int tty;

	setpgid(0, 0);
	CHECK(getpgrp() == getpid() && setsid() < 0 && errno == EPERM,
	      "a group's leader cannot start a session");
	pid = fork();
	if (pid) {
		/* The rest in a child that is no leader. */
		checks_failed += end_of(pid) != 0;
		return;
	}
	CHECK(setsid() == getpid() && getsid(0) == getpid() && getpgrp() == getpid(), "setsid()");
	CHECK(setpgid(0, 0) < 0 && errno == EPERM, "a session's leader stays in its group");
	CHECK(open("/dev/tty", O_RDWR) < 0 && errno == ENXIO, "it has no terminal");
	open_terminal();
	CHECK(master >= 0 && terminal >= 0 && isatty(terminal), "/dev/ptmx");
	CHECK(tcgetpgrp(terminal) < 0 && errno == ENOTTY, "O_NOCTTY: not the session's");
	CHECK(!ioctl(terminal, TIOCSCTTY, 0) && tcgetsid(terminal) == getpid() &&
		      tcgetpgrp(terminal) == getpid(),
	      "TIOCSCTTY: now it is");
	tty = open("/dev/tty", O_RDWR);
	CHECK(tty >= 0 && tcgetpgrp(tty) == getpid(), "/dev/tty");
	CHECK(!tcgetattr(terminal, &settings) && (settings.c_lflag & (ISIG | ICANON | ECHO)),
	      "its settings");
	pid = fork();
	if (pid == 0) {
		setsid();
		_exit(ioctl(terminal, TIOCSCTTY, 0) && errno == EPERM ? 3 : 4);
	}
	CHECK(end_of(pid) == 3, "another session cannot have it: EPERM");
	pid = start_job(SLEEP, 0);
	CHECK(!foreground(pid) && tcgetpgrp(terminal) == pid, "a job in the foreground");
	handle(SIGTTOU, SIG_IGN);
	CHECK(!foreground(getpid()) && tcgetpgrp(terminal) == getpid(),
	      "taken back, SIGTTOU being ignored");
	group = getpgid(getppid());
	CHECK(foreground(group) < 0 && errno == EPERM, "a group of another session: EPERM");
	CHECK(foreground(0x3fffffff) < 0 && errno == ESRCH, "no group: ESRCH");
	CHECK(setpgid(pid, group) < 0 && errno == EPERM, "setpgid() into another session: EPERM");
	CHECK(setpgid(getppid(), 0) < 0 && errno == ESRCH, "of a process that is no child: ESRCH");
	CHECK(setpgid(pid, -1) < 0 && errno == EINVAL, "to a negative one: EINVAL");
	kill(pid, SIGKILL);
	end_of(pid);
	handle(SIGHUP, note);
	CHECK(!ioctl(tty, TIOCNOTTY) && caught == SIGHUP, "TIOCNOTTY gives it up, with SIGHUP");
	CHECK(open("/dev/tty", O_RDWR) < 0 && errno == ENXIO, "there is no /dev/tty any more");
	CHECK(tcgetsid(terminal) < 0 && errno == ENOTTY, "it is nobody's");
	_exit(checks_failed);
}

static void keys(void)
{
	pid_t pid, background;

	become_leader();
	handle(SIGTTOU, SIG_IGN);
	handle(SIGINT, note);
	background = start_job(SLEEP, 0);
	pid = start_job(SLEEP, 1);
	type("\003");
	CHECK(event(pid) == -SIGINT && !caught, "^C kills the job in the foreground");
	foreground(getpid());
	CHECK(waitpid(background, NULL, WNOHANG) == 0, "not the one in the background");
	type("\003");
	CHECK(catches(SIGINT), "^C to the shell");
	caught = 0;
	pid = start_job(SLEEP, 1);
	type("\034");
	CHECK(event(pid) == -SIGQUIT, "^\\ makes it quit");
	pid = start_job(SLEEP, 1);
	type("\032");
	CHECK(event(pid) == SIGTSTP, "^Z stops it");
	foreground(getpid());
	kill(-pid, SIGCONT);
	CHECK(event(pid) == SIGCONT, "it goes on in the background");
	foreground(pid);
	type("\032");
	CHECK(event(pid) == SIGTSTP, "in the foreground it can be stopped again");
	kill(-pid, SIGCONT);
	CHECK(event(pid) == SIGCONT, "continued");
	type("\003");
	CHECK(event(pid) == -SIGINT && !caught, "and killed");
	kill(background, SIGTERM);
	CHECK(event(background) == -SIGTERM, "the other one by SIGTERM");
	foreground(getpid());
}

static void background(void)
{
	struct termios settings;
	pid_t pid;
	int what;

	become_leader();
	handle(SIGTTOU, SIG_IGN);
	pid = start_job(READ, 0);
	CHECK(event(pid) == SIGTTIN, "a job in the background reads: SIGTTIN");
	foreground(pid);
	kill(-pid, SIGCONT);
	CHECK(event(pid) == SIGCONT, "brought to the foreground");
	type("typed\n");
	CHECK(event(pid) == 105, "it gets what is typed");
	foreground(getpid());
	CHECK(shows("typed\r\n"), "which was echoed");
	pid = start_job(WRITE, 0);
	CHECK(event(pid) == 107 && shows("output"), "a job in the background may write,");
	tcgetattr(terminal, &settings);
	settings.c_lflag |= TOSTOP;
	tcsetattr(terminal, TCSANOW, &settings);
	pid = start_job(WRITE, 0);
	CHECK(event(pid) == SIGTTOU, "not with TOSTOP: SIGTTOU");
	foreground(pid);
	kill(-pid, SIGCONT);
	/* Who ends before he is waited for has not been continued. */
	what = event(pid);
	CHECK(what == 107 || (what == SIGCONT && event(pid) == 107), "in the foreground it may");
	foreground(getpid());
	pid = start_job(TAKE, 0);
	CHECK(event(pid) == SIGTTOU, "a job in the background takes the terminal: SIGTTOU");
	kill(pid, SIGKILL);
	CHECK(event(pid) == -SIGKILL && tcgetpgrp(terminal) == getpid(), "it does not get it");
	/* With SIGTTIN ignored there is nothing to be stopped by. */
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		signal(SIGTTIN, SIG_IGN);
		_exit(job(READ));
	}
	CHECK(event(pid) == 106, "SIGTTIN ignored: EIO");
	settings.c_lflag &= ~TOSTOP;
	tcsetattr(terminal, TCSANOW, &settings);
}

static void line_discipline(void)
{
	struct winsize size = { 24, 80, 0, 0 }, got_size = { 0 };
	struct termios settings, raw;
	char text[64];
	int count = 0, good;
	pid_t pid;

	become_leader();
	handle(SIGTTOU, SIG_IGN);
	type("abc\177d\025ef\177g\n");
	CHECK(read(terminal, text, sizeof(text)) == 3 && !memcmp(text, "eg\n", 3),
	      "lines are edited");
	type("one\ntwo\n");
	CHECK(read(terminal, text, sizeof(text)) == 4 && !memcmp(text, "one\n", 4) &&
		      read(terminal, text, 2) == 2 && !memcmp(text, "tw", 2) &&
		      read(terminal, text, 9) == 2 && !memcmp(text, "o\n", 2),
	      "and read one by one, or in parts");
	type("part\004");
	CHECK(read(terminal, text, sizeof(text)) == 4 && !memcmp(text, "part", 4),
	      "^D ends a part");
	type("\004");
	CHECK(read(terminal, text, sizeof(text)) == 0, "or is the end");
	type("\026\003\n");
	CHECK(read(terminal, text, sizeof(text)) == 2 && text[0] == 3, "^V quotes");
	tcflush(terminal, TCIOFLUSH);
	tcgetattr(terminal, &settings);
	raw = settings;
	cfmakeraw(&raw);
	raw.c_cc[VMIN] = 3;
	raw.c_cc[VTIME] = 0;
	tcsetattr(terminal, TCSANOW, &raw);
	type("\003\004\r");
	CHECK(read(terminal, text, sizeof(text)) == 3 && !memcmp(text, "\003\004\r", 3),
	      "raw: bytes as they come");
	raw.c_cc[VMIN] = 0;
	tcsetattr(terminal, TCSANOW, &raw);
	CHECK(read(terminal, text, sizeof(text)) == 0, "none, and not waited for");
	/* Before that is what was echoed. */
	good = write(terminal, "<\n>", 3) == 3;
	while (good && (good = read(master, text, 1) == 1) && *text != '<')
		;
	CHECK(good && shows("\n>"), "output is not changed");
	tcsetattr(terminal, TCSANOW, &settings);
	CHECK(!ioctl(terminal, FIONREAD, &count) && count == 0, "nothing is left to read");

	handle(SIGWINCH, note);
	caught = 0;
	CHECK(!ioctl(master, TIOCSWINSZ, &size) && caught == SIGWINCH, "a new size: SIGWINCH");
	CHECK(!ioctl(terminal, TIOCGWINSZ, &got_size) && got_size.ws_row == 24 &&
		      got_size.ws_col == 80,
	      "TIOCGWINSZ");
	caught = 0;
	CHECK(!ioctl(master, TIOCSWINSZ, &size) && !caught, "the same size: nothing");
	pid = start_job(SLEEP, 1);
	size.ws_row = 25;
	CHECK(!ioctl(master, TIOCSWINSZ, &size) && !caught, "not to the background");
	kill(pid, SIGKILL);
	event(pid);
}

/* What an orphan saw of its group's signals: tells one letter of each. */
static void tell_signal(int signal)
{
	char letter = signal == SIGHUP ? 'H' : signal == SIGCONT ? 'C' : '?';

	if (write(told[1], &letter, 1) != 1)
		_exit(50);
}

static int heard(const char *letters)
{
	char got[8] = "";
	size_t length = strlen(letters);

	for (size_t i = 0; i < length; i++)
		if (read(told[0], got + i, 1) != 1)
			return 0;
	return !strcmp(got, letters) ||
	       (length == 2 && got[0] == letters[1] && got[1] == letters[0]);
}

/* A session with a job in the foreground; the leader ends. */
static int end_of_leader(void)
{
	pid_t pid;

	become_leader();
	handle(SIGTTOU, SIG_IGN);
	pid = fork();
	if (pid == 0) {
		handle(SIGHUP, note);
		setpgid(0, 0);
		foreground(getpid());
		tell(told[1]);
		if (!catches(SIGHUP))
			_exit(22);
		/* The signal may come before the leader has done the rest. */
		while (open("/dev/tty", O_RDWR) >= 0 || errno != ENXIO)
			nap(1);
		/* A pseudo-terminal is not hung up; it is nobody's. */
		_exit(tcgetpgrp(terminal) < 0 && errno == ENOTTY ? 21 : 23);
	}
	return hear(told[0]) ? 4 : 5;
}

/* A stopped job, whose parent ends: nobody is left who could continue it. */
static int leave_stopped(void)
{
	pid_t pid;
	int status;

	setsid();
	pid = fork();
	if (pid == 0) {
		handle(SIGCONT, tell_signal);
		handle(SIGHUP, tell_signal);
		setpgid(0, 0);
		raise(SIGSTOP);
		_exit(31);
	}
	waitpid(pid, &status, WUNTRACED);
	return WIFSTOPPED(status) ? 4 : 5;
}

/* An orphaned group cannot be stopped by a terminal, nor read from one. */
static int orphaned(void)
{
	pid_t pid;

	become_leader();
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		pid = fork();
		if (pid == 0) {
			pid_t parent = getppid();

			tell(told[1]);
			while (getppid() == parent)
				nap(1);
			raise(SIGTSTP);
			raise(SIGTTIN);
			_exit(job(READ) == 6 ? 41 : 42);
		}
		_exit(hear(told[0]) ? 0 : 1);
	}
	if (end_of(pid))
		return 3;
	/* The leader stays until the orphan has seen all that. */
	return hear(told[0]) && hear(told[0]) ? 4 : 5;
}

static int orphan_end(void)
{
	int status;

	return wait(&status) > 0 && WIFEXITED(status) ? WEXITSTATUS(status) : -1;
}

static void ends(void)
{
	pid_t pid;

	CHECK(in_child(end_of_leader) == 4, "a session's leader ends");
	CHECK(orphan_end() == 21,
	      "SIGHUP for the job in the foreground, that has no terminal any more");
	CHECK(in_child(leave_stopped) == 4 && heard("HC"),
	      "a stopped job becomes an orphan: SIGHUP and SIGCONT");
	CHECK(orphan_end() == 31, "it goes on");
	pid = start(orphaned);
	CHECK(orphan_end() == 41,
	      "SIGTSTP and SIGTTIN do not stop orphans, EIO for those who read");
	tell(told[1]);
	tell(told[1]);
	CHECK(end_of(pid) == 4, "their session ends");
}

/* The other end of the terminal is closed. */
static void hang_up(void)
{
	char text[8];

	become_leader();
	handle(SIGHUP, note);
	handle(SIGCONT, SIG_IGN);
	caught = 0;
	close(master);
	CHECK(caught == SIGHUP, "the master is closed: SIGHUP for the leader");
	CHECK(read(terminal, text, 8) == 0 && write(terminal, "x", 1) < 0 && errno == EIO,
	      "reading ends, writing is EIO");
	become_leader();
	close(terminal);
	CHECK(read(master, text, 8) < 0 && errno == EIO,
	      "the terminal is closed: EIO for the master");
}

static int send_to_all(void)
{
	int status, good;

	setpgid(0, 0);
	signal(SIGUSR1, SIG_IGN);
	for (int i = 0; i < 3; i++)
		if (fork() == 0) {
			signal(SIGUSR1, SIG_DFL);
			tell(told[1]);
			pause();
		}
	good = hear(told[0]) && hear(told[0]) && hear(told[0]);
	kill(0, SIGUSR1);
	for (int i = 0; i < 3; i++)
		good &= wait(&status) > 0 && WIFSIGNALED(status) && WTERMSIG(status) == SIGUSR1;
	return good ? 0 : 1;
}

static int send_as_other(void)
{
	pid_t parent = getppid();

	if (setgid(65534) || setuid(65534))
		return 1;
	return kill(parent, 0) < 0 && errno == EPERM ? 3 : 2;
}

static void groups(void)
{
	pid_t first, second;

	CHECK(in_child(send_to_all) == 0, "kill(0) is for all of a group");
	first = start(send_as_other);
	CHECK(end_of(first) == 3, "another user's kill(): EPERM");
	first = start_job(SLEEP, 0);
	second = fork();
	if (second == 0)
		pause();
	CHECK(!setpgid(second, first) && getpgid(second) == first, "a second one in a job's group");
	CHECK(!killpg(first, 0) && !kill(-first, SIGTERM), "kill() of a group");
	CHECK(event(first) == -SIGTERM && event(second) == -SIGTERM, "kills both");
	CHECK(kill(-first, 0) < 0 && errno == ESRCH, "the group is gone: ESRCH");
	CHECK(killpg(first, SIGTERM) < 0 && errno == ESRCH, "killpg(): ESRCH");
	CHECK(kill(getpid(), 65) < 0 && errno == EINVAL && kill(getpid(), -1) < 0 &&
		      errno == EINVAL,
	      "no signals: EINVAL");
	CHECK(getpgid(0x3fffffff) < 0 && errno == ESRCH && getsid(0x3fffffff) < 0 && errno == ESRCH,
	      "no process: ESRCH");
}

int main(void)
{
	struct rlimit no_core = { 0, 0 };

	setrlimit(RLIMIT_CORE, &no_core);
	if (pipe(told) || prctl(PR_SET_CHILD_SUBREAPER, 1))
		return 1;
	checks_in_child(session);
	checks_in_child(keys);
	checks_in_child(background);
	checks_in_child(line_discipline);
	ends();
	checks_in_child(hang_up);
	groups();
	return CHECKS_STATUS();
}

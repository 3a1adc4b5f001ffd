/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * init.c - the first program in an image.
 *
 * Mounts what a POSIX program expects and the disks it was told of, brings up the network, runs the
 * program that /.haunch/program names (NUL-terminated strings: the number of arguments, and how many of them
 * stay when the command line has others; the arguments, the environment), and when that ends syncs, unmounts, reports its exit status and powers off.  The
 * power button, Ctrl-Alt-Del and SIGTERM ask for that: the program gets its stop signal first.
 *
 * The kernel's command line says the rest:
 *   haunch.mount=DEVICE:DIRECTORY[:FSTYPE[:ro]]   mount a disk; any number of them
 *   haunch.hostname=NAME
 *   haunch.base=CHECKSUM                          the root is on a disk that is the image itself
 *   haunch.writable                               what is written stays, on the partition behind that
 *   haunch.share=TAG[/FILE]:DIRECTORY[:ro]        mount a folder of the host (9P), or a file of it; any number of them
 *   haunch.volume=DEVICE:DIRECTORY[:ro]           mount a disk that gets the image's files there if it is new
 *   haunch.read-only                              of what is in memory, and of the root
 *   haunch.user=USER[:GROUP], haunch.directory=DIRECTORY, haunch.env=NAME=VALUE   for the program
 *   haunch.network=dhcp|wait|static|off           wait: dhcp, and the program starts only with a lease
 *   haunch.lan=INTERFACE:ADDRESS                  a network of machines, of 256 addresses, besides
 *   haunch.hosts=ADDRESS:NAME[,ADDRESS:NAME]...   for /etc/hosts; `haunch run` tells of changes
 *   haunch.stop=NUMBER                            of a signal; SIGTERM if not given
 *   haunch.stop-timeout=SECONDS                   10 if not given; then it is killed
 *   haunch.restart=off|reboot|again               what the program's end leads to, or a panic
 *   haunch.files=NUMBER                           limit of open files
 *   haunch.io=[in][,out][,err|,err=out], haunch.size=ROWSxCOLUMNS   what `haunch run` has: see stream.c
 *   haunch.commands                               `haunch exec` may have commands run
 *   root=DEVICE [rootfstype=TYPE] [ro]            make a disk the root; the program may be there or
 *                                                 in the image
 *   haunch.argument=ARGUMENT, or -- ARGUMENT...   instead of the baked arguments; any number
 * Of these, "%" and two hexadecimal digits are a character (words.h).
 *
 * Every instruction counts as boot time: no system call that is not needed.  As process 1 it must
 * never end by itself.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "init.h"
#include "words.h"

#define BUSYBOX_FILE		"/.haunch/busybox"
#define EXIT_STATUS_FILE	"/sys/module/haunch/parameters/exit_status"
#define PANIC_REBOOTS_FILE	"/sys/module/haunch/parameters/panic_reboots"
#define COMMAND_LINE_SIZE	4096
#define MAX_MOUNTS		32

/* Enough for a busy server, few enough for programs that make tables for all there may be. */
#define FILES_SOFT		16384
#define FILES_HARD		65536

#define STOP_TIMEOUT_S		10
#define OTHERS_WAIT_MS		2000	/* what other processes get between SIGTERM and SIGKILL */

/* A program that ends is started again after 1, 2, 4 ... 64 s; if it ran for longer, after 1 again. */
#define PAUSE_MIN_MS		1000
#define PAUSE_MAX_MS		64000

/* The exit status when the image itself, not the program, is at fault; as shells have them. */
#define STATUS_CANNOT_RUN	126
#define STATUS_NOT_FOUND	127

static char command_line[COMMAND_LINE_SIZE];
static struct {
	void (*mount)(char *word);
	char *word;
} mounts[MAX_MOUNTS];			/* values of haunch.mount=, haunch.share=, haunch.volume= */
static unsigned int nr_mounts;
static struct words given;		/* for the program */
static const char *base, *user, *directory;
static char *hosts;
static bool read_only, writable;
const char *root, *root_type, *hostname;
char *lan;
bool root_read_only;
static enum network network = NETWORK_STATIC;
static enum { RESTART_OFF, RESTART_REBOOT, RESTART_AGAIN } restart;
static int stop_signal = SIGTERM;
static long stop_timeout_ms = STOP_TIMEOUT_S * 1000;
static struct rlimit files = { FILES_SOFT, FILES_HARD };
static const char *io_streams;
static char *terminal_size;
static bool commands;

static pid_t program_pid;
static int program_status;		/* of waitpid(), once program_pid is 0 */
static bool stopping;			/* somebody asked for the end */
static int signals;			/* signalfd */
static sigset_t no_signals;

long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

void sleep_ms(unsigned int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&t, NULL);
}

/* ------------------------------------------------------------------ events */

struct pollfd *watch(struct watched *watched, int fd, short events)
{
	struct pollfd *p = &watched->fds[watched->count];

	if (fd < 0 || watched->count == MAX_WATCHED)
		return NULL;
	watched->count++;
	p->fd = fd;
	p->events = events;
	return p;
}

static void reap(void)
{
	pid_t ended;
	int status;

	while ((ended = waitpid(-1, &status, WNOHANG)) > 0) {
		if (ended == program_pid) {
			program_pid = 0;
			program_status = status;
		} else if (!command_ended(ended, WIFEXITED(status) ? WEXITSTATUS(status) :
								     128 + WTERMSIG(status))) {
			network_ended(ended);
		}
	}
}

static void take_signals(void)
{
	struct signalfd_siginfo info;

	while (read(signals, &info, sizeof(info)) == sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGCHLD:
			reap();
			break;
		case SIGUSR1:
			network_changed();
			break;
		default:
			stopping = true;
		}
	}
}

void handle_events(long deadline)
{
	struct watched watched = { .count = 0 };
	struct pollfd *signalled = watch(&watched, signals, POLLIN);
	long now = now_ms(), wait;

	if (network_deadline() < deadline)
		deadline = network_deadline();
	wait = deadline - now;
	log_watch(&watched);
	streams_watch(&watched);
	if (poll(watched.fds, watched.count,
		 deadline == LONG_MAX || wait > INT_MAX ? -1 :
		 wait < 0				? 0 :
							  (int)wait) < 0)
		return;
	if (signalled->revents)
		take_signals();
	log_look();
	streams_look();
	network_look();
}

/* ------------------------------------------------------------------ the end */

/* Are there other processes?  All are our children, or theirs, or orphans that became ours. */
static bool others_left(void)
{
	reap();
	/* Whoever ends just now is for reap(). */
	return !waitid(P_ALL, 0, NULL, WEXITED | WNOHANG | WNOWAIT);
}

/* Every other process gets the chance to end by itself. */
static void end_others(void)
{
	long deadline = now_ms() + OTHERS_WAIT_MS;

	if (!others_left())
		return;
	kill(-1, SIGTERM);
	while (others_left() && now_ms() < deadline)
		handle_events(now_ms() + 10);
	kill(-1, SIGKILL);
	while (others_left())
		handle_events(now_ms() + 10);
}

static void the_end(unsigned int status, int how) __attribute__((noreturn));

static void the_end(unsigned int status, int how)
{
	char text[12];

	stopping = true;
	commands_end();
	end_others();
	log_finish();			/* why it ended, perhaps */
	streams_finish();
	unmount_all();
	snprintf(text, sizeof(text), "%u", status);
	write_file(EXIT_STATUS_FILE, text);
	tcdrain(STDERR_FILENO);
	reboot(how);
	_exit(status);
}

void fail(const char *format, ...)
{
	char text[400];
	va_list list;

	va_start(list, format);
	vsnprintf(text, sizeof(text), format, list);
	va_end(list);
	say("%s", text);
	the_end(STATUS_CANNOT_RUN, RB_POWER_OFF);
}

/* ------------------------------------------------------------------ reading */

ssize_t read_file(const char *path, char *buffer, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t length = 0;
	ssize_t n = 0;

	if (fd < 0)
		return -1;
	while (length < size - 1 && (n = read(fd, buffer + length, size - 1 - length)) > 0)
		length += n;
	close(fd);
	buffer[length] = '\0';
	return n < 0 ? -1 : (ssize_t)length;
}

void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		say("%s: %s", path, strerror(errno));
	close(fd);
}

static void add_mount(void (*mount)(char *word), char *word)
{
	if (nr_mounts == MAX_MOUNTS)
		fail("too many haunch.mount=, haunch.share= and haunch.volume= on the command line");
	mounts[nr_mounts].mount = mount;
	mounts[nr_mounts++].word = decode(word);
}

/* Which of the words is it?  One that is none of them is an error that names the setting. */
static unsigned int choice(const char *setting, const char *value, const char *const *words)
{
	unsigned int i;

	for (i = 0; words[i]; i++)
		if (!strcmp(value, words[i]))
			return i;
	fail("haunch.%s= does not know '%s'", setting, value);
}

static unsigned long number(const char *setting, const char *value, unsigned long max)
{
	char *end;
	unsigned long n = strtoul(value, &end, 10);

	if (end == value || *end || n > max)
		fail("haunch.%s= wants a number up to %lu, not '%s'", setting, max, value);
	return n;
}

static void read_command_line(void)
{
	static const char *const networks[] = { "dhcp", "wait", "static", "off", NULL };
	static const char *const restarts[] = { "off", "reboot", "again", NULL };
	char *at = command_line, *word, *value;
	const char *problem = NULL;
	bool behind = false;

	if (read_file("/proc/cmdline", command_line, sizeof(command_line)) < 0)
		return;
	while ((word = next_word(&at))) {
		if (word_of_program(&given, word, &behind, &problem)) {
			if (problem)
				fail("%s", problem);
		} else if ((value = value_of(word, "haunch.mount="))) {
			add_mount(mount_disk, value);
		} else if ((value = value_of(word, "haunch.share="))) {
			add_mount(mount_share, value);
		} else if ((value = value_of(word, "haunch.volume="))) {
			add_mount(mount_volume, value);
		} else if ((value = value_of(word, "haunch.user="))) {
			user = decode(value);
		} else if ((value = value_of(word, "haunch.directory="))) {
			directory = decode(value);
		} else if ((value = value_of(word, "haunch.base="))) {
			base = value;
		} else if (!strcmp(word, "haunch.writable")) {
			writable = true;
		} else if (!strcmp(word, "haunch.read-only")) {
			read_only = true;
		} else if ((value = value_of(word, "haunch.hostname="))) {
			hostname = decode(value);
		} else if ((value = value_of(word, "haunch.network="))) {
			network = choice("network", value, networks);
		} else if ((value = value_of(word, "haunch.lan="))) {
			lan = value;
		} else if ((value = value_of(word, "haunch.hosts="))) {
			hosts = value;
		} else if ((value = value_of(word, "haunch.restart="))) {
			restart = choice("restart", value, restarts);
		} else if ((value = value_of(word, "haunch.stop="))) {
			stop_signal = number("stop", value, SIGRTMAX);
		} else if ((value = value_of(word, "haunch.stop-timeout="))) {
			stop_timeout_ms = number("stop-timeout", value, 1000000) * 1000;
		} else if ((value = value_of(word, "haunch.files="))) {
			files.rlim_cur = files.rlim_max = number("files", value, 1048576);
		} else if ((value = value_of(word, "haunch.io="))) {
			io_streams = value;
		} else if (!strcmp(word, "haunch.commands")) {
			commands = true;
		} else if ((value = value_of(word, "haunch.size="))) {
			terminal_size = value;
		} else if ((value = value_of(word, "root="))) {
			root = value;
		} else if ((value = value_of(word, "rootfstype="))) {
			root_type = value;
		} else if (!strcmp(word, "ro")) {
			root_read_only = true;
		} else if (!strcmp(word, "rw")) {
			root_read_only = false;
		}
	}
}

/* ------------------------------------------------------------------ the program */

static struct program {
	const char *path;
	int fd;				/* the program's file in the image, or -1 */
	char **arguments;
	char **environment;
	struct user user;
} program;

static void read_program(void)
{
	struct stat st;
	ssize_t length;
	char *data;

	if (stat(PROGRAM_FILE, &st))
		fail(PROGRAM_FILE ": %s", strerror(errno));
	data = malloc(st.st_size + 1);
	if (!data)
		fail(PROGRAM_FILE ": %s", strerror(ENOMEM));
	length = read_file(PROGRAM_FILE, data, st.st_size + 1);
	if (length < 0)
		length = *data = 0;
	program.arguments = calloc(nr_strings(data, length), sizeof(*program.arguments));
	if (!program.arguments)
		fail(PROGRAM_FILE ": %s", strerror(ENOMEM));
	program.environment = program_strings(data, length, &given, program.arguments);
	if (!program.environment)
		fail(PROGRAM_FILE ": damaged: bake the image again");
	program.path = program.arguments[0];
	program.fd = -1;
}

/* Whom and where the program is run as; HOME is the user's, where nobody said otherwise. */
static void prepare(void)
{
	static char home[PATH_MAX];
	const char *missing = user ? find_user(user, &program.user) : NULL;
	char **path;

	if (missing)
		fail("the image has no %s %s", missing, user);
	path = find_variable(program.environment, "HOME=");
	if (user && *path && !strcmp(*path, "HOME=/root") && program.user.home) {
		snprintf(home, sizeof(home), "HOME=%s", program.user.home);
		*path = home;
	}
	if (directory && chdir(directory))
		fail("the working directory %s: %s", directory, strerror(errno));
	path = find_variable(program.environment, "PATH=");
	if (!strchr(program.path, '/') && *path)
		program.path = find_program(program.path, *path + strlen("PATH="));
}

/* What stood in the way of execve(), in words a user can act upon. */
static void explain(int error) __attribute__((noreturn));

static void explain(int error)
{
	const char *words = strerror(error);
	struct stat st;

	if (error == ENOENT && !stat(program.path, &st))
		words = "the interpreter that it asks for is not in the image";
	else if (error == ENOENT)
		words = "no such program in the image";
	else if (error == ENOEXEC)
		words = "not an executable that this kernel can run";
	else if (error == EACCES)
		words = "not executable (permission denied)";
	say("%s: %s", program.path, words);
	the_end(error == ENOENT ? STATUS_NOT_FOUND : STATUS_CANNOT_RUN, RB_POWER_OFF);
}

pid_t start_helper(const char *path, const char *const *arguments)
{
	char *const environment[] = { (char *)(hostname ? "haunch_hostname=1" : NULL), NULL };
	pid_t pid = vfork();

	if (pid)
		return pid;
	/* We are in our parent's memory: system calls only, then exec. */
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &no_signals, NULL);
	for (int i = 0, fd = open("/dev/null", O_RDWR | O_CLOEXEC); fd >= 0 && i < 3; i++)
		dup2(fd, i);
	write_file("/proc/self/oom_score_adj", "-1000");
	execve(path, (char *const *)arguments, environment);
	_exit(STATUS_NOT_FOUND);
}

static void start(void)
{
	volatile int error = 0;
	pid_t pid = vfork();

	if (!pid) {
		setsid();
		for (int i = 0; i < 3; i++)
			if (stream_of(i) >= 0)
				dup2(stream_of(i), i);
		if (stream_of(0) < 0)
			ioctl(0, TIOCSCTTY, 0);
		setrlimit(RLIMIT_NOFILE, &files);
		if (user)
			become(&program.user);
		signal(SIGPIPE, SIG_DFL);	/* what is ignored stays so after exec */
		sigprocmask(SIG_SETMASK, &no_signals, NULL);
		execve(program.path, program.arguments, program.environment);
		if (errno == ENOENT && program.fd >= 0)
			syscall(SYS_execveat, program.fd, "", program.arguments,
				program.environment, AT_EMPTY_PATH);
		error = errno;
		_exit(STATUS_NOT_FOUND);
	}
	if (pid < 0)
		fail("cannot start a process: %s", strerror(errno));
	if (error) {
		waitpid(pid, NULL, 0);
		explain(error);
	}
	program_pid = pid;
}

pid_t start_command(char *const *arguments, const char *user_name, const char *term,
		    const int fds[3])
{
	char **path = find_variable(program.environment, "PATH=");
	struct user other = program.user;
	const char *missing = NULL;
	pid_t pid = fork();

	if (pid)
		return pid;
	setsid();
	for (int i = 0; i < 3; i++)
		dup2(fds[i], i);
	if (term)
		ioctl(0, TIOCSCTTY, 0);
	setrlimit(RLIMIT_NOFILE, &files);
	environ = program.environment;
	if (*user_name)
		missing = find_user(user_name, &other);
	if (missing) {
		dprintf(2, "haunch: the image has no %s %s\n", missing, user_name);
		_exit(STATUS_CANNOT_RUN);
	}
	if ((*user_name && other.home && setenv("HOME", other.home, 1)) ||
	    (term && *term && setenv("TERM", term, 1)))
		_exit(STATUS_CANNOT_RUN);
	if (user || *user_name)
		become(&other);
	signal(SIGPIPE, SIG_DFL);
	sigprocmask(SIG_SETMASK, &no_signals, NULL);
	execve(strchr(arguments[0], '/') || !*path ?
		       arguments[0] :
		       find_program(arguments[0], *path + strlen("PATH=")),
	       arguments, environ);
	dprintf(2, "haunch: %s: %s\n", arguments[0],
		errno == ENOENT ? "no such program in the image" : strerror(errno));
	_exit(errno == ENOENT ? STATUS_NOT_FOUND : STATUS_CANNOT_RUN);
}

static const char *name_of_program(void)
{
	const char *slash = strrchr(program.path, '/');

	return slash ? slash + 1 : program.path;
}

/* Run the program to its end, or until it is stopped; returns its status as a shell has it. */
static unsigned int run(void)
{
	long deadline = LONG_MAX;
	bool told = false, killed = false;
	int number;

	start();
	while (program_pid) {
		if (stopping && !told) {
			told = true;
			kill(program_pid, stop_signal);
			deadline = now_ms() + stop_timeout_ms;
		}
		if (now_ms() >= deadline) {
			say("the program did not end within %ld s of signal %d (%s): killed",
			    stop_timeout_ms / 1000, stop_signal, strsignal(stop_signal));
			kill(program_pid, SIGKILL);
			killed = true;
			deadline = LONG_MAX;
		}
		handle_events(deadline);
	}
	if (WIFEXITED(program_status))
		return WEXITSTATUS(program_status);
	number = WTERMSIG(program_status);
	/* As shells have it: of who wrote when nobody read any more nothing is said. */
	if ((!told || number != stop_signal) && !killed && number != SIGPIPE)
		say("%s: %s (signal %d)", name_of_program(), strsignal(number), number);
	return 128 + number;
}

/* Again and again, with a pause that grows while the program does not live longer than it. */
static unsigned int run_again(void)
{
	long pause = PAUSE_MIN_MS, began, until;
	unsigned int status;

	for (;;) {
		began = now_ms();
		status = run();
		if (stopping)
			return status;
		if (now_ms() - began > PAUSE_MAX_MS)
			pause = PAUSE_MIN_MS;
		say("the program ended with status %u and starts again in %ld s", status,
		    pause / 1000);
		for (until = now_ms() + pause; now_ms() < until && !stopping;)
			handle_events(until);
		if (stopping)
			return status;
		if (pause < PAUSE_MAX_MS)
			pause *= 2;
	}
}

/*
 * What went into the background ends with the machine: most who let a daemon do that did not mean it.  The program
 * began a session; helpers are in ours, and the kernel's threads in none.
 */
static void say_left(void)
{
	char path[32], name[32];
	DIR *proc = opendir("/proc");
	struct dirent *entry;
	pid_t pid, session;

	reap();
	while (proc && (entry = readdir(proc))) {
		pid = atoi(entry->d_name);
		session = pid > 1 ? getsid(pid) : 0;
		snprintf(path, sizeof(path), "/proc/%d/comm", pid);
		if (session <= 0 || session == getsid(0) || is_command(session) ||
		    read_file(path, name, sizeof(name)) < 0)
			continue;
		name[strcspn(name, "\n")] = '\0';
		say("%s has ended, and so does the machine, with %s in the background: have it stay in the "
		    "foreground",
		    name_of_program(), name);
		break;
	}
	if (proc)
		closedir(proc);
}

int main(int argc, char **argv)
{
	unsigned int i, status;
	sigset_t set;

	if (getpid() != 1) {
		if (argc > 1 && getenv("interface"))
			return lease(argv[1]);
		say("init has to be the first process of an image");
		return 1;
	}
	sigemptyset(&no_signals);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	/*
	 * Where memory has run out we must not be the one who needs a page while who was killed has not
	 * closed its files yet: nobody would be left to kill then, and the kernel panics.
	 */
	mlockall(MCL_CURRENT | MCL_FUTURE);
	reboot(RB_DISABLE_CAD);		/* Ctrl-Alt-Del is a SIGINT for us */
	/* Before anything else takes these numbers. */
	dup3(open(argv[0], O_RDONLY | O_CLOEXEC), atoi(FD_INIT), O_CLOEXEC);
	dup3(open(BUSYBOX_FILE, O_RDONLY | O_CLOEXEC), atoi(FD_BUSYBOX), O_CLOEXEC);
	mount_system();
	log_start();
	read_command_line();
	if (restart != RESTART_OFF)
		write_file(PANIC_REBOOTS_FILE, "1");
	streams_open(io_streams, terminal_size);
	read_program();
	if (root) {
		program.fd = open(program.path, O_RDONLY | O_CLOEXEC);
		mount_root();
	} else if (base) {
		mount_base(base, read_only, writable);
	}
	limit_memory(root || base, read_only);
	for (i = 0; i < nr_mounts; i++)
		mounts[i].mount(mounts[i].word);
	network_start(network);
	if (hosts)
		set_hosts(hosts);
	if (read_only)
		protect_root();
	prepare();
	if (commands)
		commands_start();
	status = stopping ? 128 + SIGTERM : restart == RESTART_AGAIN ? run_again() : run();
	if (!status && !stopping)
		say_left();
	if (restart == RESTART_REBOOT && !stopping) {
		say("the program ended with status %u: the machine reboots", status);
		the_end(status, RB_AUTOBOOT);
	}
	the_end(status, RB_POWER_OFF);
}

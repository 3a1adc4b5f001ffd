/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * supervise.c - what `haunch run` becomes once it knows QEMU's command line: starts QEMU, carries the
 * program's standard files, stops the machine in order, and ends with the program's exit status.
 *
 *   supervise [--ports] [--tap NAME] -- QEMU ARGUMENT...
 *
 * QEMU is a child that holds sockets only, no file of ours: one for the serial port, one for the debug port (where
 * the core writes "haunch: exit status N"), one for QMP, and, with --ports, virtio-serial ports.
 * The guest's init (init/stream.c) joins those to the program: "haunch.in", "haunch.out" and "haunch.err" where our file
 * is no terminal, and always "haunch.control", with one line for each thing to say: the guest's
 * "end OUT ERR", how many bytes it has sent since it started, before it goes off; our "taken" when all of them are written;
 * our "size ROWS COLUMNS".
 *
 * A terminal stays one: it is raw, and the guest's terminal does the editing, the echo and Ctrl-C.
 */
#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <limits.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "common.h"

#define STATUS_NO_STATUS	125	/* the guest ended without one */
#define CTRL_C			3
#define CTRL_C_COUNT		3	/* in a row ask for the end, whatever the guest makes of them */
#define CTRL_C_PAUSE_MS		2000	/* what is no row any more */

/* Bytes on their way from a socket to a file, or from a file to a socket. */
struct stream {
	int from, to;			/* -1: at its end */
	char buffer[65536];
	size_t start, end;
	unsigned long taken;		/* bytes that have left since the guest started */
	bool strip;			/* "\r\n" becomes "\n" */
	bool held;			/* a '\r' that was read waits for what follows it */
	bool half_open;			/* the socket's end of input is told, it stays open for the other way */
	struct pollfd *from_watched, *to_watched;
};

enum { INPUT, OUTPUT, ERROR, CONSOLE, NR_STREAMS };
static struct stream streams[NR_STREAMS];

/* Collected text: lines of the control port, of QMP, and all that QEMU and the core said. */
struct text {
	int fd;
	char data[16384];
	size_t size;
	struct pollfd *watched;
};

static struct text control = { .fd = -1 }, qmp = { .fd = -1 }, debug = { .fd = -1 },
		   errors = { .fd = -1 };

static const char *tap = "";
static pid_t qemu;
static int signals;
static bool guest_listens;		/* its init has opened the control port */
static bool has_ports;
static int stop_signal;			/* the first one that we got */
static bool output_failed;
static int guest_status = -1;		/* the program's, or -1 */
static bool end_told;
static unsigned long end_output, end_error;
static int terminal = -1;		/* that we made raw */
static struct termios terminal_before;

static void restore_terminal(void)
{
	if (terminal >= 0)
		tcsetattr(terminal, TCSADRAIN, &terminal_before);
}

static void end(int *fd)
{
	if (*fd >= 0)
		close(*fd);
	*fd = -1;
}

/* ------------------------------------------------------------------ QEMU's command line */

static char **arguments;
static size_t nr_arguments;

static void add(char *argument)
{
	arguments = xrealloc(arguments, (nr_arguments + 2) * sizeof(*arguments));
	arguments[nr_arguments++] = argument;
	arguments[nr_arguments] = NULL;
}

/* A character device that is a socket; returns our end.  QEMU's is inherited, ours is not. */
static int add_chardev(const char *name, const char *more)
{
	int pair[2];

	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair))
		die("cannot make a socket: %s", strerror(errno));
	fcntl(pair[0], F_SETFD, FD_CLOEXEC);
	fcntl(pair[0], F_SETFL, O_NONBLOCK);
	add("-chardev");
	add(xprintf("socket,id=%s,fd=%d%s", name, pair[1], more));
	return pair[0];
}

static int add_port(const char *name)
{
	int fd = add_chardev(name, "");

	add("-device");
	add(xprintf("virtserialport,chardev=%s,name=haunch.%s,id=%s", name, name, name));
	return fd;
}

static bool same_file(int a, int b)
{
	struct stat x, y;

	return !fstat(a, &x) && !fstat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

/* Put words before the guest's own arguments, which stand behind "--". */
static void append(const char *words)
{
	size_t i;

	for (i = 0; i < nr_arguments && strcmp(arguments[i], "-append"); i++)
		continue;
	if (i + 1 < nr_arguments) {
		arguments[i + 1] = xprintf("%s %s", words, arguments[i + 1]);
	} else {
		add("-append");
		add(xprintf("%s", words));
	}
}

/* Who reads what: terminals by the serial port, all else by a port of its own. */
static void add_streams(void)
{
	bool terminals[3];
	struct winsize size;
	const char *list = "";
	int i;

	for (i = 0; i < 3; i++)
		terminals[i] = isatty(i);
	for (i = 0; i < NR_STREAMS; i++)
		streams[i].from = streams[i].to = -1;
	streams[CONSOLE].from = add_chardev("console", terminals[0] ? ",mux=on" : "");
	streams[CONSOLE].to = dup(terminals[1] || !has_ports ? 1 : 2);
	streams[CONSOLE].strip = !isatty(streams[CONSOLE].to);
	add("-serial");
	add("chardev:console");
	if (terminals[0]) {
		add("-mon");
		add("chardev=console,mode=readline");
	}
	if (terminals[0] || !has_ports) {
		streams[INPUT].from = dup(0);
		streams[INPUT].to = dup(streams[CONSOLE].from);
	}
	if (!has_ports)
		return;
	add("-device");
	add("virtio-serial-pci");
	if (!terminals[0]) {
		streams[INPUT].from = dup(0);
		streams[INPUT].to = add_port("in");
		streams[INPUT].half_open = true;
		list = "in";
	}
	if (!terminals[1]) {
		streams[OUTPUT].from = add_port("out");
		streams[OUTPUT].to = dup(1);
		list = xprintf("%s,out", list);
	}
	if (!terminals[2] && !terminals[1] && same_file(1, 2)) {
		list = xprintf("%s,err=out", list);
	} else if (!terminals[2]) {
		streams[ERROR].from = add_port("err");
		streams[ERROR].to = dup(2);
		list = xprintf("%s,err", list);
	}
	/* The last port: when the guest has it, it has all. */
	control.fd = add_port("control");
	list = xprintf("haunch.io=%s", *list == ',' ? list + 1 : list);
	if (!ioctl(0, TIOCGWINSZ, &size) && size.ws_row)
		list = xprintf("%s haunch.size=%ux%u", list, size.ws_row, size.ws_col);
	append(list);
}

static void start_qemu(void)
{
	sigset_t none;
	pid_t parent = getpid();
	int pipe[2], null = open("/dev/null", O_RDWR | O_CLOEXEC);

	if (pipe2(pipe, O_CLOEXEC) || null < 0)
		die("cannot start QEMU: %s", strerror(errno));
	qemu = fork();
	if (qemu < 0)
		die("cannot start QEMU: %s", strerror(errno));
	if (!qemu) {
		/* It ends when we do, however that is.  Ctrl-C is for us to interpret. */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (getppid() != parent)
			_exit(1);
		setpgid(0, 0);
		dup2(null, 0);
		dup2(null, 1);
		dup2(pipe[1], 2);
		sigemptyset(&none);
		sigprocmask(SIG_SETMASK, &none, NULL);
		signal(SIGPIPE, SIG_DFL);
		execvp(arguments[0], arguments);
		fprintf(stderr, "cannot start %s: %s\n", arguments[0], strerror(errno));
		_exit(127);
	}
	close(pipe[1]);
	close(null);
	errors.fd = pipe[0];
	fcntl(errors.fd, F_SETFL, O_NONBLOCK);
	/* QEMU's ends: those that it does not close are how we see its end. */
	for (size_t i = 0; i < nr_arguments; i++) {
		const char *fd = strncmp(arguments[i], "socket,id=", 10) ? NULL : strstr(arguments[i], ",fd=");

		if (fd)
			close(atoi(fd + 4));
	}
}

/* ------------------------------------------------------------------ stopping */

/* Commands are short and few: they fit into the socket. */
static void say_to(int fd, const char *line)
{
	if (fd >= 0 && write(fd, line, strlen(line)) < 0 && errno != EPIPE && errno != EAGAIN)
		note("cannot talk to QEMU: %s", strerror(errno));
}

/* The first time in order, the second time at once. */
static void stop(int signal)
{
	if (stop_signal || (has_ports && !guest_listens)) {
		stop_signal = signal;
		kill(qemu, SIGKILL);
		return;
	}
	stop_signal = signal;
	say_to(qmp.fd, "{\"execute\":\"system_powerdown\"}\n");
	if (isatty(2))
		note("stopping the program; once more ends the machine at once\r");
}

static void count_ctrl_c(const char *bytes, size_t length)
{
	static unsigned int count;
	static struct timespec last;
	struct timespec now;

	for (size_t i = 0; i < length; i++) {
		if (bytes[i] != CTRL_C) {
			count = 0;
			continue;
		}
		clock_gettime(CLOCK_MONOTONIC, &now);
		if ((now.tv_sec - last.tv_sec) * 1000 + (now.tv_nsec - last.tv_nsec) / 1000000 >
		    CTRL_C_PAUSE_MS)
			count = 0;
		last = now;
		if (++count == CTRL_C_COUNT || (has_ports && !guest_listens)) {
			count = 0;
			stop(SIGINT);
		}
	}
}

/* ------------------------------------------------------------------ what they say */

/* Read what is there; a text that is full, or at its end, is not watched any more. */
static void collect(struct text *text)
{
	ssize_t n = read(text->fd, text->data + text->size, sizeof(text->data) - 1 - text->size);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		end(&text->fd);
		return;
	}
	text->size += n;
	text->data[text->size] = '\0';
}

/* Cut the next whole line off the front; false if there is none.  Lines that are too long go. */
static bool next_line(struct text *text, char *line, size_t size)
{
	char *newline = memchr(text->data, '\n', text->size);
	size_t length;

	if (!newline) {
		if (text->size == sizeof(text->data) - 1)
			text->size = 0;
		return false;
	}
	length = newline - text->data;
	snprintf(line, size, "%.*s", (int)length, text->data);
	text->size -= length + 1;
	memmove(text->data, newline + 1, text->size + 1);
	return true;
}

static void hear_control(void)
{
	char line[256];

	collect(&control);
	while (next_line(&control, line, sizeof(line)))
		if (sscanf(line, "end %lu %lu", &end_output, &end_error) == 2)
			end_told = true;
}

static void hear_debug(void)
{
	char line[256];

	collect(&debug);
	while (next_line(&debug, line, sizeof(line)))
		sscanf(line, "haunch: exit status %d", &guest_status);
}

static void hear_qmp(void)
{
	char line[16384];

	collect(&qmp);
	while (next_line(&qmp, line, sizeof(line))) {
		json_t *message = json_loads(line, 0, NULL);
		const char *event = json_string_value(json_object_get(message, "event"));
		json_t *data = json_object_get(message, "data");
		const char *id = json_string_value(json_object_get(data, "id"));

		if (event && !strcmp(event, "VSERPORT_CHANGE") && id && !strcmp(id, "control"))
			guest_listens = json_is_true(json_object_get(data, "open"));
		/* What the next start of the guest sends, it counts from 0. */
		if (event && !strcmp(event, "RESET")) {
			streams[OUTPUT].taken = streams[ERROR].taken = 0;
			guest_listens = end_told = false;
		}
		json_decref(message);
	}
}

static void tell_size(void)
{
	struct winsize size;
	char line[64];

	if (ioctl(0, TIOCGWINSZ, &size) || !guest_listens)
		return;
	snprintf(line, sizeof(line), "size %u %u\n", size.ws_row, size.ws_col);
	say_to(control.fd, line);
}

/* ------------------------------------------------------------------ streams */

/* A '\r' is held back until what follows it is known: at most the last byte of what was read. */
static void strip(struct stream *s)
{
	size_t to = 0;

	for (size_t i = 0; i < s->end; i++)
		if (s->buffer[i] != '\r' || (i + 1 < s->end && s->buffer[i + 1] != '\n'))
			s->buffer[to++] = s->buffer[i];
	s->held = s->buffer[s->end - 1] == '\r';
	s->end = to;
}

static void fill(struct stream *s)
{
	ssize_t n;

	if (s->held)
		s->buffer[0] = '\r';
	n = read(s->from, s->buffer + s->held, sizeof(s->buffer) - s->held);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		end(&s->from);
		if (s == &streams[INPUT] && s->to >= 0) {
			/* A close would take what is still on its way. */
			if (s->half_open)
				shutdown(s->to, SHUT_WR);
			else
				end(&s->to);
		}
		return;
	}
	if (s == &streams[INPUT] && terminal >= 0)
		count_ctrl_c(s->buffer, n);
	s->start = 0;
	s->end = s->held + n;
	if (s->strip)
		strip(s);
}

static const char *const output_names[] = { [OUTPUT] = "output", [ERROR] = "error",
					    [CONSOLE] = "output" };

static void empty(struct stream *s)
{
	/* A pipe that is ready takes so much without blocking us. */
	size_t size = s->end - s->start < PIPE_BUF ? s->end - s->start : PIPE_BUF;
	ssize_t n = write(s->to, s->buffer + s->start, size);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n < 0) {
		if (s != &streams[INPUT] && errno != EPIPE) {
			note("cannot write to standard %s: %s", output_names[s - streams],
			     strerror(errno));
			output_failed = true;
		}
		/* The program is to know that nobody reads.  The console has others who speak. */
		end(&s->to);
		if (s != &streams[CONSOLE])
			end(&s->from);
		s->start = s->end = 0;
		return;
	}
	s->start += n;
	s->taken += n;
}

static bool has_taken(const struct stream *s, unsigned long count)
{
	return s->to < 0 || s->from < 0 || s->taken >= count;
}

/* ------------------------------------------------------------------ the loop */

static void take_signals(void)
{
	struct signalfd_siginfo info;

	while (read(signals, &info, sizeof(info)) == sizeof(info)) {
		if (info.ssi_signo == SIGWINCH)
			tell_size();
		else if (info.ssi_signo != SIGCHLD)
			stop(info.ssi_signo);
	}
}

struct watched {
	struct pollfd fds[2 * NR_STREAMS + 8];
	unsigned int count;
};

static struct pollfd *watch(struct watched *watched, int fd, short events)
{
	struct pollfd *p;

	if (fd < 0)
		return NULL;
	p = &watched->fds[watched->count++];
	p->fd = fd;
	p->events = events;
	p->revents = 0;
	return p;
}

static bool ready(const struct pollfd *p)
{
	return p && p->revents;
}

/* Returns false when QEMU has closed all that it had, so that nothing more can come. */
static bool look(void)
{
	struct watched watched = { .count = 0 };
	struct text *texts[] = { &control, &qmp, &debug, &errors };
	struct pollfd *signalled = watch(&watched, signals, POLLIN);
	bool open = errors.fd >= 0 || debug.fd >= 0;
	struct stream *s;
	size_t i;

	for (i = 0; i < ARRAY_SIZE(texts); i++)
		texts[i]->watched = watch(&watched, texts[i]->fd, POLLIN);
	for (s = streams; s < streams + NR_STREAMS; s++) {
		bool full = s->start < s->end;

		s->from_watched = watch(&watched, full ? -1 : s->from, POLLIN);
		/* A console that nobody reads is emptied all the same. */
		if (full && s->to < 0)
			s->start = s->end = 0;
		s->to_watched = watch(&watched, full ? s->to : -1, POLLOUT);
		if (s != &streams[INPUT])
			open |= s->from >= 0 || s->start < s->end;
	}
	if (!open)
		return false;
	if (poll(watched.fds, watched.count, -1) < 0)
		return true;
	if (ready(signalled))
		take_signals();
	if (ready(qmp.watched))
		hear_qmp();
	if (ready(control.watched))
		hear_control();
	if (ready(debug.watched))
		hear_debug();
	if (ready(errors.watched))
		collect(&errors);
	for (s = streams; s < streams + NR_STREAMS; s++) {
		if (ready(s->from_watched))
			fill(s);
		if (ready(s->to_watched))
			empty(s);
	}
	if (end_told && has_taken(&streams[OUTPUT], end_output) &&
	    has_taken(&streams[ERROR], end_error)) {
		end_told = false;
		streams[OUTPUT].taken = streams[ERROR].taken = 0;
		say_to(control.fd, "taken\n");
	}
	return true;
}

/* ------------------------------------------------------------------ the end */

/* QEMU's messages, those that users meet put in our words. */
static void explain_errors(void)
{
	static const char *const harmless[] = { "terminating on signal",
		"host doesn't support requested feature", "TCG doesn't support requested feature" };
	char line[1024], rule[256];
	const char *at;

	while (next_line(&errors, line, sizeof(line))) {
		bool skip = false;

		for (size_t i = 0; i < ARRAY_SIZE(harmless); i++)
			skip |= !!strstr(line, harmless[i]);
		if (skip)
			continue;
		at = strstr(line, "Could not set up host forwarding rule '");
		if (at && sscanf(strchr(at, '\'') + 1, "%255[^']", rule) == 1) {
			note("cannot forward %s: the port is in use already, or not for you", rule);
			return;
		}
		if (strstr(line, "Failed to get ") && strstr(line, " lock")) {
			note("a disk image is in use by another QEMU: %s", line);
			return;
		}
		if (strstr(line, "could not configure /dev/net/tun")) {
			note("cannot use the network device %s: %s", tap,
			     strrchr(line, ':') ? strrchr(line, ':') + 2 : line);
			return;
		}
		at = strncmp(line, "qemu-system-x86_64: ", 20) ? line : line + 20;
		note("QEMU: %s", at);
	}
}

static int finish(void)
{
	unsigned int by = 0;
	int status;
	const char *at;

	while (waitpid(qemu, &status, 0) < 0 && errno == EINTR)
		continue;
	at = strstr(errors.data, "terminating on signal ");
	if (at)
		sscanf(at, "terminating on signal %u", &by);
	explain_errors();
	/* Somebody ended QEMU itself, we or another. */
	if (WIFSIGNALED(status))
		return 128 + (stop_signal ? stop_signal : WTERMSIG(status));
	if (by)
		return 128 + by;
	if (guest_status >= 0)
		return guest_status || !output_failed ? guest_status : 1;
	if (WEXITSTATUS(status))
		return WEXITSTATUS(status);
	note("the guest ended without an exit status: it was stopped, reset or crashed; "
	     "see its messages with -v, or debug it with --gdb");
	return STATUS_NO_STATUS;
}

static void make_raw(void)
{
	struct termios raw;

	/* In the background a terminal is not ours. */
	if (!isatty(0) || tcgetpgrp(0) != getpgrp() || tcgetattr(0, &terminal_before))
		return;
	raw = terminal_before;
	cfmakeraw(&raw);
	terminal = 0;
	on_exit_cleanup = restore_terminal;
	tcsetattr(0, TCSADRAIN, &raw);
}

int main(int argc, char **argv)
{
	sigset_t set;
	int i, status;

	tool_name = "haunch run";
	for (i = 1; i < argc && strcmp(argv[i], "--"); i++) {
		if (!strcmp(argv[i], "--ports"))
			has_ports = true;
		else if (!strcmp(argv[i], "--tap") && i + 1 < argc)
			tap = argv[++i];
		else
			usage("supervise does not know '%s'", argv[i]);
	}
	if (i + 1 >= argc)
		usage("supervise wants QEMU's command line behind '--'");

	/* Files that are closed, and a terminal that is not ours to read, are empty. */
	for (int fd = 0; fd < 3; fd++)
		if (fcntl(fd, F_GETFD) < 0 && open("/dev/null", O_RDWR) != fd)
			die("cannot open /dev/null: %s", strerror(errno));
	if (isatty(0) && tcgetpgrp(0) != getpgrp()) {
		int null = open("/dev/null", O_RDONLY | O_CLOEXEC);

		dup2(null, 0);
		close(null);
	}
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigaddset(&set, SIGWINCH);
	sigaddset(&set, SIGHUP);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigprocmask(SIG_BLOCK, &set, NULL);
	signal(SIGPIPE, SIG_IGN);
	signals = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	for (i++; i < argc; i++)
		add(argv[i]);
	add_streams();
	debug.fd = add_chardev("status", "");
	add("-device");
	add("isa-debugcon,iobase=0xe9,chardev=status");
	qmp.fd = add_chardev("qmp", "");
	add("-mon");
	add("chardev=qmp,mode=control");
	for (i = 0; i < NR_STREAMS; i++) {
		if (streams[i].from >= 0)
			fcntl(streams[i].from, F_SETFD, FD_CLOEXEC);
		if (streams[i].to >= 0)
			fcntl(streams[i].to, F_SETFD, FD_CLOEXEC);
	}
	start_qemu();
	make_raw();
	say_to(qmp.fd, "{\"execute\":\"qmp_capabilities\"}\n");
	while (look())
		continue;
	status = finish();
	restore_terminal();
	return status;
}

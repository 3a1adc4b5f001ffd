/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * guest.c - run QEMU as a child: carry the program's standard files, stop it in order, and bring
 * back the exit status.
 *
 * Everything that QEMU and we tell each other goes through socket pairs:
 *   console    the serial port: the terminal, or else what the machine itself has to say
 *   streams    a virtio-serial port, to init: the program's standard files, the size of the terminal
 *              and other words for init, in frames (init/frames.h)
 *   status     QEMU's debug port: "haunch: exit status N", or "haunch: reboot"
 *   qmp        QEMU's own events and commands
 * Nothing is dropped: what a reader does not take stays in QEMU and in the guest.  QEMU ends with
 * us, whatever ends us.
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
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "guest.h"
#include "options.h"
#include "streams.h"

#define STATUS_DIED		125	/* the guest ended and did not say how */
#define CTRL_C			3
#define CTRL_C_WITHIN_MS	1000	/* of each other */
#define CTRL_C_KILLS		3
#define ORDERLY_END_S		60	/* beyond the program's time: to write and unmount the disks */
#define KILLED_WAIT_MS		200	/* for a reader, once all is over by a signal */

enum { QMP, STATUS, CONSOLE, STREAMS, NR_SOCKETS };
static const char *const socket_names[] = { "qmp", "status", "console", "streams" };

/* Text that comes in lines. */
struct text {
	size_t length;
	char data[8192];
};

static struct machine {
	const struct guest *guest;
	pid_t qemu;			/* 0: it has ended */
	int qemu_status;
	int sockets[NR_SOCKETS];
	int messages;			/* QEMU's standard error */
	struct flow console, keys;
	struct streams streams;		/* through a socket: STREAMS */
	struct text qmp, status, errors;
	bool ready;			/* init listens to the power button */
	bool powered_down;		/* and was told */
	bool hosts_changed;		/* of which init is to be told */
	long patience;			/* until when it may take, in ms */
	int guest_status;		/* -1: none yet */
	bool reboots;
	int killed_by;			/* the last signal that came to end it */
	bool killed;
} m;

static volatile sig_atomic_t signals_came[3], window_changed;
static const int stop_signals[] = { SIGHUP, SIGINT, SIGTERM };

/* ------------------------------------------------------------------ our own standard files */

static bool same_file(int a, int b)
{
	struct stat x, y;

	return !fstat(a, &x) && !fstat(b, &y) && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}

char *guest_connect(struct guest *g, bool ports)
{
	bool tty[3];
	struct winsize size;
	char *words;

	standard_files(tty);
	g->terminal = tty[0] && tty[1];
	g->ports = ports;
	g->in = ports && !g->terminal;
	g->out = ports && !tty[1];
	g->err_is_out = ports && same_file(1, 2) && g->out;
	g->err = ports && !tty[2] && !g->err_is_out;
	if (!ports)
		return xstrdup("");
	words = xprintf("haunch.io=%s%s%s%s", g->in ? "in" : "",
			g->out ? g->in ? ",out" : "out" : "",
			g->err ? g->in || g->out ? ",err" : "err" : "",
			g->err_is_out ? ",err=out" : "");
	if (g->terminal && !ioctl(1, TIOCGWINSZ, &size) && size.ws_row)
		words = xprintf("%s haunch.size=%ux%u", words, size.ws_row, size.ws_col);
	return words;
}

static long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000 + t.tv_nsec / 1000000;
}

static void stop(int sig);

/* What is typed at a raw terminal is the guest's, unless it does not listen. */
static void look_at_keys(const char *typed, size_t length)
{
	static unsigned int count;
	static long last;
	size_t i;

	for (i = 0; i < length; i++) {
		if (typed[i] != CTRL_C) {
			count = 0;
			continue;
		}
		count = now_ms() - last <= CTRL_C_WITHIN_MS ? count + 1 : 1;
		last = now_ms();
		if (!m.ready || count == CTRL_C_KILLS) {
			m.killed = m.ready;
			stop(SIGINT);
		}
	}
}

/* ------------------------------------------------------------------ signals, and the end */

static void note_signal(int sig)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(stop_signals); i++)
		if (sig == stop_signals[i])
			signals_came[i]++;
	if (sig == SIGWINCH)
		window_changed = 1;
}

static void say_to(int to, const char *text)
{
	/* A few bytes always fit, and who has left needs no word. */
	if (m.sockets[to] >= 0 &&
	    send(m.sockets[to], text, strlen(text), MSG_DONTWAIT | MSG_NOSIGNAL) < 0 &&
	    errno == EPIPE)
		end_descriptor(&m.sockets[to]);
}

/* The first time the guest is asked to end, then it is made to. */
static void stop(int sig)
{
	m.killed = m.killed || !m.ready || m.powered_down || !m.qemu;
	m.killed_by = sig;
	if (m.killed) {
		if (m.qemu)
			kill(m.qemu, SIGKILL);
		return;
	}
	m.powered_down = true;
	m.patience = now_ms() + (m.guest->stop_timeout_s + ORDERLY_END_S) * 1000l;
	say_to(QMP, "{\"execute\":\"system_powerdown\"}\n");
}

/* Returns false if there is no room by now. */
static bool tell_init(const char *text)
{
	return m.streams.frames.fd < 0 ||
	       frames_put(&m.streams.frames, FRAME_TEXT, 0, text, strlen(text));
}

static void tell_size(void)
{
	struct winsize size;
	char text[48];

	if (!m.guest->terminal || ioctl(1, TIOCGWINSZ, &size) || !size.ws_row)
		return;
	snprintf(text, sizeof(text), "size %u %u", size.ws_row, size.ws_col);
	window_changed = !tell_init(text);
}

#define HOSTS_MAX 8000 /* with their "hosts " less than FRAME_MAX */

static void tell_hosts(void)
{
	char *hosts, *text;

	if (m.guest->news < 0 || !m.ready || !m.guest->ports)
		return;
	hosts = m.guest->hosts(HOSTS_MAX);
	text = xprintf("hosts %s", hosts);
	m.hosts_changed = !tell_init(text);
	free(text);
	free(hosts);
}

/* What the news are is not of interest. */
static void hear_news(void)
{
	char buffer[4096];

	while (read(m.guest->news, buffer, sizeof(buffer)) > 0)
		;
	tell_hosts();
}

static void qmp_line(const char *line)
{
	json_t *message = json_loads(line, 0, NULL);
	const char *event, *id = NULL;
	int open = 0;

	event = json_string_value(json_object_get(message, "event"));
	if (json_object_get(message, "QMP")) {
		say_to(QMP, "{\"execute\":\"qmp_capabilities\"}\n");
		if (m.guest->started)
			m.guest->started(m.qemu);
		/* Without ports we cannot know, and the button is the only way. */
		m.ready = !m.guest->ports;
	} else if (event && !strcmp(event, "VSERPORT_CHANGE") &&
		   !json_unpack(message, "{s:{s:b,s:s}}", "data", "open", &open, "id", &id) &&
		   !strcmp(id, socket_names[STREAMS]) && open) {
		m.ready = true;
		tell_size();
		tell_hosts();
	}
	json_decref(message);
}

static void status_line(const char *line)
{
	unsigned int status;

	if (sscanf(line, "haunch: exit status %u", &status) == 1)
		m.guest_status = status & 255;
	else if (!strcmp(line, "haunch: reboot"))
		m.reboots = true;
}

/* Read what is there, and give each line that is complete to `take`. */
static void read_lines(int *fd, struct text *text, void (*take)(const char *line))
{
	ssize_t n = read(*fd, text->data + text->length, sizeof(text->data) - 1 - text->length);
	char *line = text->data, *newline;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		end_descriptor(fd);
		return;
	}
	text->length += n;
	text->data[text->length] = '\0';
	while ((newline = strchr(line, '\n'))) {
		*newline = '\0';
		take(line);
		line = newline + 1;
	}
	text->length -= line - text->data;
	memmove(text->data, line, text->length);
	/* No line of ours is as long. */
	if (text->length == sizeof(text->data) - 1)
		text->length = 0;
}

/* What QEMU has to say is explained at its end. */
static void read_messages(void)
{
	char rest[256], *to = m.errors.data + m.errors.length;
	size_t room = sizeof(m.errors.data) - 1 - m.errors.length;
	ssize_t n = room ? read(m.messages, to, room) : read(m.messages, rest, sizeof(rest));

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0)
		end_descriptor(&m.messages);
	else if (room)
		m.errors.length += n;
	m.errors.data[m.errors.length] = '\0';
}

/* ------------------------------------------------------------------ QEMU */

static void connect_socket(const char ***qemu, unsigned int *nr, int which, int theirs)
{
	const char *name = socket_names[which];
	bool shared = which == CONSOLE && m.guest->terminal;	/* with QEMU's monitor */

	*qemu = append(*qemu, nr, "-chardev");
	*qemu = append(*qemu, nr,
		       xprintf("socket,id=%s,fd=%d%s", name, theirs, shared ? ",mux=on" : ""));
	if (which != STREAMS)
		return;
	/* Each port that there could be costs the guest memory for its queues; there is always a port 0. */
	*qemu = append(*qemu, nr, "-device");
	*qemu = append(*qemu, nr,
		       xprintf("virtio-serial-pci,id=ports,max_ports=%u", 2 + m.guest->commands));
	*qemu = append(*qemu, nr, "-device");
	*qemu = append(*qemu, nr,
		       xprintf("virtserialport,id=%s,chardev=%s,name=haunch.%s", name, name, name));
}

static void exec_qemu(const char **qemu, const int *theirs, int messages, pid_t parent)
	__attribute__((noreturn));

static void exec_qemu(const char **qemu, const int *theirs, int messages, pid_t parent)
{
	sigset_t none;
	int null, i;

	/* Not the terminal's, whose Ctrl-C is for us. */
	setsid();
	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (getppid() != parent)
		_exit(1);
	null = open("/dev/null", O_RDWR | O_CLOEXEC);
	dup2(null, 0);
	dup2(null, 1);
	dup2(messages, 2);
	for (i = 0; i < NR_SOCKETS; i++)
		if (theirs[i] >= 0)
			fcntl(theirs[i], F_SETFD, 0);
	if (m.guest->image >= 0)
		fcntl(m.guest->image, F_SETFD, 0);
	signal(SIGPIPE, SIG_DFL);
	signal(SIGXFSZ, SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	execvp(qemu[0], (char *const *)qemu);
	dprintf(2, "cannot start %s: %s\n", qemu[0], strerror(errno));
	_exit(127);
}

static void start_qemu(const struct guest *g)
{
	static const char *const fixed[] = {
		"-mon",	   "chardev=qmp,mode=control",
		"-device", "isa-debugcon,iobase=0xe9,chardev=status",
		"-serial", "chardev:console",
	};
	int theirs[NR_SOCKETS], ends[2];
	const char **qemu = NULL;
	unsigned int nr = 0, i;
	pid_t parent = getpid();

	for (i = 0; i < NR_SOCKETS; i++) {
		theirs[i] = m.sockets[i] = -1;
		if (i == STREAMS && !g->ports)
			continue;
		if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
			die("cannot make a socket: %s", strerror(errno));
		m.sockets[i] = ends[0];
		theirs[i] = ends[1];
		fcntl(ends[0], F_SETFL, O_NONBLOCK);
	}
	for (i = 0; i < g->nr_qemu; i++)
		qemu = append(qemu, &nr, g->qemu[i]);
	for (i = 0; i < NR_SOCKETS; i++)
		if (theirs[i] >= 0)
			connect_socket(&qemu, &nr, i, theirs[i]);
	for (i = 0; i < ARRAY_SIZE(fixed); i++)
		qemu = append(qemu, &nr, fixed[i]);
	if (g->terminal) {
		qemu = append(qemu, &nr, "-mon");
		qemu = append(qemu, &nr, "chardev=console,mode=readline");
	}
	qemu = append(qemu, &nr, NULL);
	if (pipe2(ends, O_CLOEXEC))
		die("cannot make a pipe: %s", strerror(errno));
	m.messages = ends[0];
	fcntl(m.messages, F_SETFL, O_NONBLOCK);
	m.qemu = fork();
	if (m.qemu < 0)
		die("cannot start a process: %s", strerror(errno));
	if (!m.qemu)
		exec_qemu(qemu, theirs, ends[1], parent);
	close(ends[1]);
	for (i = 0; i < NR_SOCKETS; i++)
		if (theirs[i] >= 0)
			close(theirs[i]);
	free(qemu);
}

/* Connect flows to a machine that was just started. */
static void start_flows(const struct guest *g)
{
	flow_start(&m.console, m.sockets[CONSOLE], m.console.to, "the console");
	flow_start(&m.streams.in, m.streams.in.from, -1, m.streams.in.name);
	flow_start(&m.streams.out, -1, m.streams.out.to, "standard output");
	flow_start(&m.streams.err, -1, m.streams.err.to, "standard error");
	frames_start(&m.streams.frames, m.sockets[STREAMS]);
	m.sockets[STREAMS] = -1;
	if (!g->in && (g->terminal || !g->ports))
		m.keys.to = m.sockets[CONSOLE];
	m.qmp.length = m.status.length = m.errors.length = 0;
	m.errors.data[0] = '\0';
	m.ready = m.powered_down = m.hosts_changed = m.reboots = false;
	m.guest_status = -1;
}

static void reap(void)
{
	int status;

	if (m.qemu && waitpid(m.qemu, &status, WNOHANG) == m.qemu) {
		m.qemu = 0;
		m.qemu_status = status;
	}
}

/* One look at everything; waits until there is something to do. */
static void step(void)
{
	struct flow *flows[] = { &m.console, &m.keys, &m.streams.in, &m.streams.out,
				 &m.streams.err };
	struct pollfd fds[20], *qmp, *status, *streams, *messages, *news;
	struct timespec moment = { 0, 50000000 }, second = { 1, 0 };
	sigset_t none;
	nfds_t count = 0;
	unsigned int i;

	qmp = poll_add(fds, &count, m.sockets[QMP], POLLIN);
	status = poll_add(fds, &count, m.sockets[STATUS], POLLIN);
	streams = poll_add(fds, &count, m.streams.frames.fd,
			   frames_idle(&m.streams.frames) ? POLLIN : POLLIN | POLLOUT);
	messages = poll_add(fds, &count, m.messages, POLLIN);
	news = poll_add(fds, &count, m.guest->news, POLLIN);
	for (i = 0; i < ARRAY_SIZE(flows); i++)
		flow_watch(fds, &count, flows[i]);
	sigemptyset(&none);
	if (ppoll(fds, count, !m.qemu ? &moment : m.powered_down ? &second : NULL, &none) >= 0) {
		if (qmp && qmp->revents)
			read_lines(&m.sockets[QMP], &m.qmp, qmp_line);
		if (status && status->revents)
			read_lines(&m.sockets[STATUS], &m.status, status_line);
		if (streams && streams->revents)
			streams_read(&m.streams);
		if (messages && messages->revents)
			read_messages();
		if (news && news->revents)
			hear_news();
		for (i = 0; i < ARRAY_SIZE(flows); i++) {
			flow_run(flows[i]);
			/* Whose output somebody takes is not stuck. */
			if (flows[i]->moved && m.powered_down &&
			    m.patience < now_ms() + ORDERLY_END_S * 1000l)
				m.patience = now_ms() + ORDERLY_END_S * 1000l;
			flows[i]->moved = false;
		}
	}
	streams_tell(&m.streams);
	reap();
	for (i = 0; i < ARRAY_SIZE(stop_signals); i++) {
		while (signals_came[i]) {
			signals_came[i]--;
			stop(stop_signals[i]);
		}
	}
	if (window_changed) {
		window_changed = 0;
		tell_size();
	}
	if (m.hosts_changed)
		tell_hosts();
	if (m.guest->looked)
		m.guest->looked();
}

/* A machine that does not even hear its button is stuck; one whose output nobody takes is not. */
static void lose_patience(void)
{
	if (!m.qemu || !m.powered_down || m.killed || now_ms() < m.patience ||
	    flow_waits(&m.streams.out) || flow_waits(&m.streams.err) || flow_waits(&m.console))
		return;
	note("the machine did not end within %lu s of its power button: killed",
	     m.guest->stop_timeout_s + ORDERLY_END_S);
	m.killed = true;
	kill(m.qemu, SIGKILL);
}

/* Until QEMU has ended and all that it said has left; killed for a signal, it waits for no reader. */
static void watch_qemu(void)
{
	long deadline = LONG_MAX;
	unsigned int i;

	while (m.qemu || m.messages >= 0 || m.sockets[STATUS] >= 0 || m.streams.frames.fd >= 0 ||
	       !flow_finished(&m.console) || !flow_finished(&m.streams.out) ||
	       !flow_finished(&m.streams.err)) {
		step();
		lose_patience();
		if (m.killed && !m.qemu && deadline == LONG_MAX)
			deadline = now_ms() + KILLED_WAIT_MS;
		if (now_ms() >= deadline)
			break;
	}
	for (i = 0; i < NR_SOCKETS; i++)
		if (i != CONSOLE)
			end_descriptor(&m.sockets[i]);
	end_descriptor(&m.console.from);
	frames_end(&m.streams.frames);
	m.keys.to = -1;
}

/* ------------------------------------------------------------------ what became of it */

/* QEMU's messages, those that users meet put in our words.  Returns whether there were any. */
static bool explain(const struct guest *g)
{
	static const char *const idle[] = {
		"terminating on signal",
		"host doesn't support requested feature",
		"TCG doesn't support requested feature",
		/* Init closes the port of a command (exec.c) that is unplugged by then. */
		"virtio-serial-bus: Unexpected port id",
	};
	char *line, *rest = m.errors.data, *at;
	bool said = false, idles;
	unsigned int i;

	while ((line = strsep(&rest, "\n"))) {
		idles = !*line;
		for (i = 0; i < ARRAY_SIZE(idle); i++)
			idles = idles || strstr(line, idle[i]);
		if (idles)
			continue;
		said = true;
		if ((at = strstr(line, "forwarding rule '"))) {
			at += strlen("forwarding rule '");
			note("cannot forward %.*s: the port is in use already, or not for you",
			     (int)strcspn(at, "'"), at);
			return true;
		}
		if (strstr(line, "Failed to get ") && strstr(line, " lock")) {
			note("a disk image is in use by another QEMU: %s", g->disks);
			return true;
		}
		if (strstr(line, "could not configure /dev/net/tun")) {
			at = strrchr(line, ':');
			note("cannot use the network device %s:%s", g->tap, at ? at + 1 : line);
			return true;
		}
		at = strstr(line, "qemu-system-x86_64: ");
		note("QEMU: %s", at == line ? line + strlen("qemu-system-x86_64: ") : line);
	}
	return said;
}

static int outcome(const struct guest *g)
{
	const char *at = strstr(m.errors.data, "terminating on signal ");
	bool failed = m.streams.out.failed || m.streams.err.failed || m.console.failed;
	unsigned int sig = 0;

	if (m.guest_status >= 0) {
		explain(g);
		return failed && !m.guest_status ? 1 : m.guest_status;
	}
	if (m.killed_by)
		return 128 + m.killed_by;
	/* Somebody ended QEMU itself, and not us. */
	if (at && sscanf(at, "terminating on signal %u", &sig) == 1)
		return 128 + sig;
	if (explain(g) && m.qemu_status)
		return WIFEXITED(m.qemu_status) ? WEXITSTATUS(m.qemu_status) : 1;
	if (WIFSIGNALED(m.qemu_status))
		note("QEMU was ended by signal %d (%s)", WTERMSIG(m.qemu_status),
		     strsignal(WTERMSIG(m.qemu_status)));
	else
		note("the guest ended without an exit status: it was stopped, reset or crashed; see "
		     "its messages with -V, or debug it with --gdb");
	return STATUS_DIED;
}

int guest_run(struct guest *g)
{
	int out, err;

	m.guest = g;
	catch_signals(note_signal);
	out = open_output(1, &m.streams.out.limit);
	err = open_output(2, &m.streams.err.limit);
	m.streams.out.ours = m.streams.err.ours = m.console.ours = true;
	m.streams.out.to = g->out ? out : -1;
	m.streams.err.to = g->err ? err : -1;
	/* The console is the terminal's or, if there are ports, for what the program did not say. */
	m.console.to = !g->ports || !g->out ? dup(out) : dup(err);
	m.console.limit = !g->ports || !g->out ? m.streams.out.limit : m.streams.err.limit;
	m.console.crlf = !g->terminal;
	m.console.lines = g->ports && g->out;
	m.streams.in.framed = true;
	m.streams.has_input = g->in;
	m.keys.typed = g->terminal ? look_at_keys : NULL;
	flow_start(&m.streams.in, g->in ? 0 : -1, -1, "standard input");
	flow_start(&m.keys, !g->in ? 0 : -1, -1, "the terminal");
	if (g->terminal)
		enter_raw();
	do {
		start_qemu(g);
		start_flows(g);
		watch_qemu();
	} while (m.reboots && m.guest_status < 0 && !m.killed_by);
	leave_raw();
	return outcome(g);
}

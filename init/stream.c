/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * stream.c - the program's standard files, where they are not the console: `haunch run` gives the
 * machine a virtio-serial port (haunch.io=), through which they go in frames (frames.h).
 *
 * A port can be open once only and is no pipe, while a program may open /dev/stderr and wants SIGPIPE.
 * So the program gets pipes, and init carries the bytes between pipes and port.  The power goes off
 * when the host has said of every byte that it has been taken.
 *
 * A command of `haunch exec` comes by a port that is plugged in for it, and gets pipes or a terminal.
 */
#define _GNU_SOURCE
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <linux/netlink.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <unistd.h>

#include "frames.h"
#include "init.h"

#define PORTS	     "/sys/class/virtio-ports"
#define PORT_NAME    "haunch.streams\n"
#define COMMAND_NAME "haunch.command" /* and a number */
#define PORT_WAIT_MS 10000

#define MAX_WORDS     1000
#define LAST_WORDS_MS 1000 /* what commands get at the machine's end */

static const char *const names[] = { "in", "out", "err" };

struct stream {
	int pipe;    /* our end; -1: there is none, or it has ended */
	int program; /* the program's end, or -1 */
	unsigned long sent, taken; /* of what the program writes; of its input, taken only */
	struct pollfd *watched;
};

/* The standard files of the program, or of a command. */
struct channel {
	struct frames frames;
	struct pollfd *watched;
	struct stream streams[3];
	/* What the program has not read yet; all of it is sent when the host says that there is no more. */
	unsigned char input[FRAME_WINDOW];
	unsigned int input_size;
	bool input_ended;
	unsigned long told;	/* of the input, how much the host knows to be taken */
	pid_t command;		/* of a command, as long as it runs */
	bool began, has_ended;	/* it has been started; of its end the host is to be told */
	unsigned int status;
};

#define NO_STREAM                         \
	{                                 \
		.pipe = -1, .program = -1 \
	}

static struct channel program = { .frames.fd = -1, .streams = { NO_STREAM, NO_STREAM, NO_STREAM } };
static struct channel *commands[MAX_COMMANDS];
static int events = -1;		/* of the kernel's devices */
static bool ending;		/* nothing is started any more */
static struct pollfd *events_watched;

/* Open a port whose name begins so, and that is not open yet.  Returns -1 if there is none. */
static int open_port(const char *name)
{
	char path[300], found[64];
	DIR *ports = opendir(PORTS);
	struct dirent *entry;
	int fd = -1;

	errno = ENXIO;
	while (ports && fd < 0 && (entry = readdir(ports))) {
		snprintf(path, sizeof(path), PORTS "/%s/name", entry->d_name);
		if (entry->d_name[0] == '.' || read_file(path, found, sizeof(found)) < 0 ||
		    strncmp(found, name, strlen(name)))
			continue;
		snprintf(path, sizeof(path), "/dev/%s", entry->d_name);
		fd = open(path, O_RDWR | O_CLOEXEC | O_NONBLOCK);
	}
	if (ports)
		closedir(ports);
	return fd;
}

/* It may take a moment until the host has told of the port.  Returns -1 if it has not. */
static int wait_for_port(const char *name)
{
	long deadline = now_ms() + PORT_WAIT_MS;
	int fd;

	while ((fd = open_port(name)) < 0 && errno == ENXIO && now_ms() < deadline)
		sleep_ms(1);
	return fd;
}

static bool listed(const char *list, const char *name)
{
	size_t length = strlen(name);

	for (;; list++) {
		if (!strncmp(list, name, length) && (!list[length] || list[length] == ','))
			return true;
		list = strchr(list, ',');
		if (!list)
			return false;
	}
}

static void set_size(int terminal, char *words)
{
	unsigned long rows = strtoul(words, &words, 10);
	struct winsize size = { .ws_row = rows,
				.ws_col = *words ? strtoul(words + 1, NULL, 10) : 0 };

	ioctl(terminal, TIOCSWINSZ, &size);
}

/* The pipes of a standard file; returns false if there cannot be any. */
static bool make_pipe(struct stream *s, bool is_input)
{
	int ends[2];

	if (pipe2(ends, O_CLOEXEC))
		return false;
	s->pipe = ends[is_input];
	s->program = ends[!is_input];
	fcntl(s->pipe, F_SETFL, O_NONBLOCK);
	return true;
}

void streams_open(const char *list, char *size)
{
	unsigned int i;

	if (size)
		set_size(STDIN_FILENO, size);
	if (!list)
		return;
	frames_start(&program.frames, wait_for_port(PORT_NAME));
	if (program.frames.fd < 0)
		fail("cannot open the port for the standard files: %s; was the image made by another "
		     "version of haunch?",
		     strerror(errno));
	for (i = 0; i < 3; i++)
		if (listed(list, names[i]) && !make_pipe(&program.streams[i], !i))
			fail("cannot make a pipe for standard %sput: %s", names[i],
			     strerror(errno));
	if (listed(list, "err=out"))
		program.streams[2].program = program.streams[1].program;
}

int stream_of(unsigned int file)
{
	return program.streams[file].program;
}

static void end(struct stream *s)
{
	if (s->pipe >= 0)
		close(s->pipe);
	s->pipe = -1;
}

/* What the program has written. */
static void fill(struct channel *c, struct stream *s)
{
	static unsigned char buffer[FRAME_MAX];
	ssize_t n = read(s->pipe, buffer, sizeof(buffer));

	if (n > 0) {
		/* There is room: nothing waited, and each file puts one frame. */
		if (!frames_put(&c->frames, FRAME_DATA, s - c->streams, buffer, n))
			abort();
		s->sent += n;
	} else if (!n || errno != EAGAIN) {
		end(s);
	}
}

/* What the program is to read. */
static void empty(struct channel *c, struct stream *s)
{
	ssize_t n = c->input_size ? write(s->pipe, c->input, c->input_size) : 0;

	if (n < 0 && errno != EAGAIN) {
		end(s);
		return;
	}
	if (n > 0) {
		s->taken += n;
		c->input_size -= n;
		memmove(c->input, c->input + n, c->input_size);
	}
	/* End of file for the program. */
	if (c->input_ended && !c->input_size)
		end(s);
}

/*
 * Has all that was written been sent?  Others may still have a pipe that the command has left.  (What is on its way
 * through a terminal poll() waits for, FIONREAD does not.)
 */
static bool is_empty(const struct stream *s)
{
	struct pollfd p = { .fd = s->pipe, .events = POLLIN };

	return s->pipe < 0 || poll(&p, 1, 0) < 0 || !(p.revents & POLLIN);
}

/* ------------------------------------------------------------------ commands */

/* Both ends of a terminal: what is typed and what is shown go through one descriptor, here in two. */
static bool make_terminal(struct channel *c, char *size)
{
	struct stream *s = c->streams;
	char *name;

	s[0].pipe = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC | O_NONBLOCK);
	s[1].pipe = fcntl(s[0].pipe, F_DUPFD_CLOEXEC, 0);
	if (s[1].pipe < 0 || unlockpt(s[0].pipe) || !(name = ptsname(s[0].pipe)))
		return false;
	set_size(s[0].pipe, size);
	s[0].program = s[1].program = s[2].program = open(name, O_RDWR | O_NOCTTY | O_CLOEXEC);
	return s[0].program >= 0;
}

static void refuse(struct channel *c, const char *why)
{
	char text[200];

	snprintf(text, sizeof(text), "haunch: %s\n", why);
	for (struct stream *s = c->streams; s < c->streams + 3; s++)
		end(s);
	/* There is room: nothing has been sent before but that it came. */
	frames_put(&c->frames, FRAME_DATA, 2, text, strlen(text));
	c->status = 126;
	c->has_ended = true;
}

/* FRAME_COMMAND: see there. */
static void begin(struct channel *c, char *text, unsigned int size)
{
	char *words[MAX_WORDS + 1], *at;
	unsigned int count = 0, i;
	bool made = true;
	int files[3];

	c->began = true;
	frames_put_number(&c->frames, FRAME_TAKEN, 0, 0);
	if (ending) {
		refuse(c, "the machine is about to end");
		return;
	}
	for (at = text; at < text + size && count < MAX_WORDS; at += strlen(at) + 1)
		words[count++] = at;
	words[count] = NULL;
	if (count < 4 || at < text + size) {
		refuse(c, "too many arguments, or none");
		return;
	}
	if (*words[1])
		made = make_terminal(c, words[1]);
	else
		for (i = 0; made && i < 3; i++)
			made = make_pipe(&c->streams[i], !i);
	for (i = 0; i < 3; i++)
		files[i] = c->streams[i].program;
	c->command =
		made ? start_command(words + 3, words[0], *words[1] ? words[2] : NULL, files) : -1;
	if (c->command < 0) {
		c->command = 0;
		refuse(c, strerror(errno));
	}
	for (i = 0; i < 3; i++)
		if (files[i] >= 0 && (!i || files[i] != files[0]))
			close(files[i]);
}

bool command_ended(pid_t pid, unsigned int status)
{
	unsigned int i;

	for (i = 0; i < MAX_COMMANDS; i++) {
		if (!commands[i] || commands[i]->command != pid)
			continue;
		commands[i]->command = 0;
		commands[i]->has_ended = true;
		commands[i]->status = status;
		return true;
	}
	return false;
}

bool is_command(pid_t pid)
{
	unsigned int i;

	for (i = 0; i < MAX_COMMANDS; i++)
		if (commands[i] && commands[i]->command == pid)
			return true;
	return false;
}

/* Ports that have come. */
static void take_ports(void)
{
	unsigned int i;
	int fd;

	for (i = 0; i < MAX_COMMANDS; i++) {
		if (commands[i])
			continue;
		fd = open_port(COMMAND_NAME);
		if (fd < 0)
			return;
		commands[i] = calloc(1, sizeof(*commands[i]));
		if (!commands[i]) {
			say("no memory for a command");
			close(fd);
			return;
		}
		frames_start(&commands[i]->frames, fd);
		for (struct stream *s = commands[i]->streams; s < commands[i]->streams + 3; s++)
			s->pipe = s->program = -1;
	}
}

void commands_start(void)
{
	struct sockaddr_nl address = { .nl_family = AF_NETLINK, .nl_groups = 1 };

	events = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			NETLINK_KOBJECT_UEVENT);
	if (events < 0 || bind(events, (struct sockaddr *)&address, sizeof(address)))
		say("cannot hear of commands: %s", strerror(errno));
	take_ports();
}

void commands_end(void)
{
	ending = true;
}

/* The host has left, perhaps because the command has ended. */
static void drop(struct channel **command)
{
	struct stream *s;

	for (s = (*command)->streams; s < (*command)->streams + 3; s++)
		end(s);
	/* As when a terminal is gone. */
	if ((*command)->command)
		kill(-(*command)->command, SIGHUP);
	free(*command);
	*command = NULL;
}

/* ------------------------------------------------------------------ all of them */

static void take(enum frame_kind kind, unsigned int file, const unsigned char *content,
		 unsigned int size, void *channel)
{
	static char text[FRAME_MAX + 1];
	struct channel *c = channel;

	switch (kind) {
	case FRAME_DATA:
		if (file || size > sizeof(c->input) - c->input_size) {
			say("the host sends more than there is room for");
			frames_end(&c->frames);
			break;
		}
		memcpy(c->input + c->input_size, content, size);
		c->input_size += size;
		c->input_ended = !size;
		break;
	case FRAME_TAKEN:
		c->streams[file].taken += frames_number(content);
		break;
	case FRAME_CLOSED:
		end(&c->streams[file]);		/* the program is to know */
		break;
	default:
		memcpy(text, content, size);
		text[size] = '\0';
		if (kind == FRAME_COMMAND && c != &program && !c->began)
			begin(c, text, size);
		else if (kind == FRAME_TEXT && !strncmp(text, "hosts ", 6))
			set_hosts(text + 6);
		else if (kind == FRAME_TEXT && !strncmp(text, "size ", 5))
			set_size(c == &program ? STDIN_FILENO : c->streams[0].pipe, text + 5);
	}
}

static bool may_send(const struct stream *s)
{
	return s->sent - s->taken + FRAME_MAX <= FRAME_WINDOW;
}

static void channel_watch(struct watched *watched, struct channel *c)
{
	bool idle = frames_idle(&c->frames);
	struct stream *s;

	c->watched = watch(watched, c->frames.fd, idle ? POLLIN : POLLIN | POLLOUT);
	c->streams[0].watched = watch(watched, c->streams[0].pipe, c->input_size ? POLLOUT : 0);
	for (s = c->streams + 1; s < c->streams + 3; s++)
		s->watched = watch(watched, idle && may_send(s) ? s->pipe : -1, POLLIN);
}

static void channel_look(struct channel *c)
{
	struct stream *s;

	if (c->watched && c->watched->revents && !frames_read(&c->frames, take, c))
		say("the host does not speak in frames");
	for (s = c->streams + 1; s < c->streams + 3; s++)
		if (s->watched && s->watched->revents && s->pipe >= 0 && c->frames.fd >= 0)
			fill(c, s);
	if (c->streams[0].pipe >= 0)
		empty(c, &c->streams[0]);
	if (c->streams[0].taken != c->told &&
	    frames_put_number(&c->frames, FRAME_TAKEN, 0, c->streams[0].taken - c->told))
		c->told = c->streams[0].taken;
	if (c->has_ended && is_empty(&c->streams[1]) && is_empty(&c->streams[2]) &&
	    frames_put_number(&c->frames, FRAME_STATUS, 0, c->status))
		c->has_ended = false;
	frames_flush(&c->frames);
	/* The host has left: nobody reads, nobody writes. */
	if (c->frames.fd < 0)
		for (s = c->streams; s < c->streams + 3; s++)
			end(s);
}

void streams_watch(struct watched *watched)
{
	unsigned int i;

	channel_watch(watched, &program);
	events_watched = watch(watched, events, POLLIN);
	for (i = 0; i < MAX_COMMANDS; i++)
		if (commands[i])
			channel_watch(watched, commands[i]);
}

void streams_look(void)
{
	char event[8192];
	unsigned int i;

	channel_look(&program);
	for (i = 0; i < MAX_COMMANDS; i++) {
		if (!commands[i])
			continue;
		channel_look(commands[i]);
		if (commands[i]->frames.fd < 0)
			drop(&commands[i]);
	}
	if (events_watched && events_watched->revents) {
		while (recv(events, event, sizeof(event), 0) > 0)
			;
		take_ports();
	}
}

/* Has the host taken all that programs have written?  All of them have ended. */
static bool drained(const struct stream *s)
{
	return s->pipe < 0 || (s->sent == s->taken && is_empty(s));
}

static bool has_commands(void)
{
	unsigned int i;

	for (i = 0; i < MAX_COMMANDS; i++)
		if (commands[i])
			return true;
	return false;
}

void streams_finish(void)
{
	long deadline = now_ms() + LAST_WORDS_MS;

	/* Commands have ended, too; who hears that leaves. */
	while (has_commands() && now_ms() < deadline)
		handle_events(deadline);
	/* What nobody read of the input is nobody's. */
	end(&program.streams[0]);
	while (!drained(&program.streams[1]) || !drained(&program.streams[2]))
		handle_events(LONG_MAX);
}

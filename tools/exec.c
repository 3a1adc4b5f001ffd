/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * exec.c - haunch exec: a command in a machine that runs.  QEMU plugs a virtio-serial port in for it, which is a
 * socket of ours; init hears of that and starts the command (init/stream.c).
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "commands.h"
#include "machine.h"
#include "streams.h"

#define PATIENCE_S	60	/* until init has said a word: the machine may be starting */
#define UNPLUG_LOOK_MS	10
#define UNPLUG_WAIT_MS	2000
#define STATUS_DIED	125	/* the machine ended, or is not to be heard */

static struct streams streams;
static int status = -1;			/* of the command */
static volatile sig_atomic_t ended_by, window_changed;

static void note_signal(int number)
{
	if (number == SIGWINCH)
		window_changed = 1;
	else if (number != SIGCHLD)
		ended_by = number;
}

static bool take(enum frame_kind kind, const unsigned char *content, unsigned int size)
{
	(void)size;
	if (kind == FRAME_STATUS)
		status = frames_number(content) & 255;
	return kind == FRAME_STATUS;
}

/* Returns whether QEMU has done it; *problem is what it says if not, or NULL: it says nothing. */
static bool ask(const char *name, int fd, char **problem, char *command)
{
	json_t *answer = machine_ask(name, command, fd);
	const char *text = NULL;
	bool done = json_object_get(answer, "return");

	json_unpack(answer, "{s:{s:s}}", "error", "desc", &text);
	*problem = text ? xstrdup(text) : NULL;
	json_decref(answer);
	free(command);
	return done;
}

/* QEMU gives the socket back a moment after the port, or there is none. */
static void unplug(const char *name, unsigned int slot)
{
	const struct timespec moment = { 0, UNPLUG_LOOK_MS * 1000000 };
	unsigned int waited;
	char *problem;

	ask(name, -1, &problem,
	    xprintf("{\"execute\":\"device_del\",\"arguments\":{\"id\":\"exec%u\"}}\n", slot));
	for (waited = 0; waited < UNPLUG_WAIT_MS; waited += UNPLUG_LOOK_MS) {
		if (ask(name, -1, &problem,
			xprintf("{\"execute\":\"chardev-remove\",\"arguments\":{\"id\":\"exec%u\"}}\n",
				slot)) ||
		    !problem || !strstr(problem, "busy"))
			return;
		nanosleep(&moment, NULL);
	}
}

/* A place for a command that nobody has: whoever had it may have left its port behind.  Its lock ends with us. */
static unsigned int take_slot(const char *name)
{
	unsigned int slot;
	char *path;
	int fd;

	for (slot = 0; slot < MAX_COMMANDS; slot++) {
		path = xprintf("%s%u", machine_file(name, "exec"), slot);
		fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
		if (fd < 0)
			die("cannot make %s: %s", path, strerror(errno));
		if (!flock(fd, LOCK_EX | LOCK_NB)) {
			unplug(name, slot);
			return slot;
		}
		close(fd);
	}
	die("%u commands are running in %s already: more it does not take", MAX_COMMANDS, name);
}

/* Returns our end of the port. */
static int plug(const char *name, unsigned int slot)
{
	char *problem = NULL;
	int ends[2];

	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, ends))
		die("cannot make a socket: %s", strerror(errno));
	if (!ask(name, ends[1], &problem,
		 xprintf("{\"execute\":\"getfd\",\"arguments\":{\"fdname\":\"exec%u\"}}\n",
			 slot)) ||
	    !ask(name, -1, &problem,
		 xprintf("{\"execute\":\"chardev-add\",\"arguments\":{\"id\":\"exec%u\",\"backend\":{\"type\":"
			 "\"socket\",\"data\":{\"addr\":{\"type\":\"fd\",\"data\":{\"str\":\"exec%u\"}},\"server\":"
			 "false}}}}\n",
			 slot, slot)) ||
	    !ask(name, -1, &problem,
		 xprintf("{\"execute\":\"device_add\",\"arguments\":{\"driver\":\"virtserialport\",\"bus\":"
			 "\"ports.0\",\"id\":\"exec%u\",\"chardev\":\"exec%u\",\"name\":\"haunch.command%u\"}}\n",
			 slot, slot, slot))) {
		unplug(name, slot);
		die("the machine %s takes no commands: %s", name,
		    problem ? problem : "its QEMU does not answer");
	}
	close(ends[1]);
	fcntl(ends[0], F_SETFL, O_NONBLOCK);
	return ends[0];
}

static char *window_size(void)
{
	struct winsize size;

	if (ioctl(1, TIOCGWINSZ, &size) || !size.ws_row)
		return xstrdup("24 80");
	return xprintf("%u %u", size.ws_row, size.ws_col);
}

/* The content of FRAME_COMMAND (init/frames.h), of FRAME_MAX bytes at most; returns how many. */
static size_t put_command(char *content, const char *user, bool terminal, const struct words *words)
{
	const char *kind = getenv("TERM");
	size_t size = 0, length;
	unsigned int i;

	for (i = 0; i < 3 + words->nr_rest; i++) {
		const char *word = i == 0 ? user :
				   i == 1 ? terminal ? window_size() : "" :
				   i == 2 ? kind ? kind : "" :
					    words->rest[i - 3];

		length = strlen(word) + 1;
		if (length > FRAME_MAX - size)
			die("the command is too long: %u bytes at most", FRAME_MAX);
		memcpy(content + size, word, length);
		size += length;
	}
	return size;
}

static void tell_size(void)
{
	char *text = xprintf("size %s", window_size());

	window_changed = !frames_put(&streams.frames, FRAME_TEXT, 0, text, strlen(text));
	free(text);
}

static void start_flows(bool terminal)
{
	streams.take = take;
	streams.has_input = streams.in.framed = true;
	streams.out.ours = streams.err.ours = true;
	flow_start(&streams.in, 0, -1, "standard input");
	flow_start(&streams.out, -1, open_output(1, &streams.out.limit), "standard output");
	flow_start(&streams.err, -1, open_output(2, &streams.err.limit), "standard error");
	if (terminal)
		enter_raw();
}

/* Until the command has ended and all that it said has left, or we are to end. */
static void carry(const char *name)
{
	struct flow *flows[] = { &streams.in, &streams.out, &streams.err };
	const struct timespec patience = { PATIENCE_S, 0 };
	struct pollfd fds[8], *port;
	bool heard = false;
	sigset_t none;
	unsigned int i;
	nfds_t count;
	int n;

	sigemptyset(&none);
	while (!ended_by && ((streams.frames.fd >= 0 && status < 0) ||
			     !flow_finished(&streams.out) || !flow_finished(&streams.err))) {
		count = 0;
		port = poll_add(fds, &count, streams.frames.fd,
				frames_idle(&streams.frames) ? POLLIN : POLLIN | POLLOUT);
		for (i = 0; i < ARRAY_SIZE(flows); i++)
			flow_watch(fds, &count, flows[i]);
		n = ppoll(fds, count, heard ? NULL : &patience, &none);
		if (!n) {
			leave_raw();
			note("the machine %s does not answer: it may be busy, or of an image of an older haunch",
			     name);
			return;
		}
		if (n > 0 && port && port->revents) {
			heard = heard || port->revents & POLLIN;
			streams_read(&streams);
		}
		for (i = 0; n > 0 && i < ARRAY_SIZE(flows); i++)
			flow_run(flows[i]);
		streams_tell(&streams);
		if (window_changed)
			tell_size();
	}
	leave_raw();
	if (status < 0 && !ended_by)
		note("the machine %s has ended", name);
}

static int main_exec(int argc, const char **argv)
{
	const char *user = "", *name;
	struct words words;
	unsigned int slot;
	bool running, tty[3], terminal;
	char content[FRAME_MAX], *value;
	size_t size;
	int option;

	options_start(&words, argc, argv, command_exec.options);
	while ((option = options_next(&words, &value)) != -1) {
		if (option == 'h') {
			options_help(&command_exec);
			return 0;
		}
		user = value;
	}
	if (words.nr_operands != 1 || !words.nr_rest)
		usage("a machine and, behind --, a command are wanted: haunch exec NAME -- COMMAND");
	name = words.operands[0];
	json_decref(machine_need(name, &running));
	if (!running)
		die("the machine %s does not run", name);
	standard_files(tty);
	terminal = tty[0] && tty[1];
	size = put_command(content, user, terminal, &words);
	/* Whoever is ended tidies up. */
	catch_signals(note_signal);
	slot = take_slot(name);
	frames_start(&streams.frames, plug(name, slot));
	frames_put(&streams.frames, FRAME_COMMAND, 0, content, size);
	start_flows(terminal);
	carry(name);
	frames_end(&streams.frames);
	unplug(name, slot);
	if (ended_by)
		return 128 + ended_by;
	if (status < 0)
		return STATUS_DIED;
	return !status && (streams.out.failed || streams.err.failed) ? 1 : status;
}

static const struct poptOption options[] = {
	OPTION_VALUE("user", 'u', 'u', "USER[:GROUP]",
		     "whom it runs as (default: as the machine's program)"),
	OPTION_END
};

const struct command command_exec = {
	.name = "exec",
	.main = main_exec,
	.usage = "usage: haunch exec [-u USER] NAME -- COMMAND [ARGUMENT]...\n",
	.about =
		"Run a command in a machine that has a name, beside its program: of its files, with its environment and "
		"in its folder.  Standard input, output and error are this command's, and so is the exit status; 125 "
		"means that the machine ended.  On a terminal it has one, too.  If this command is ended, it gets SIGHUP.",
	.options = options,
};

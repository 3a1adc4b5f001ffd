/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * machine.c - machines with a name (see machine.h).
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "machine.h"

#define LOG_MAX		(4 << 20)	/* of each of the two */
#define MONITOR_WAIT_S	10		/* for an answer of QEMU, which may be busy */

static const char *own_name;		/* of the machine that this process runs, or NULL */
static int own_lock = -1;
static int own_log = -1;		/* it is the output, too */
static int starter = -1;		/* a pipe to the process that was called */
static json_t *own_state;

bool name_is_good(const char *name)
{
	static const char letters[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

	return *name && !strchr("_.-", *name) && !name[strspn(name, letters)] && strlen(name) <= 63;
}

const char *machines_folder(void)
{
	static char *folder;
	const char *runtime = getenv("XDG_RUNTIME_DIR");
	struct stat st;

	if (folder)
		return folder;
	if (runtime && *runtime)
		folder = xprintf("%s/haunch", runtime);
	else if (!geteuid())
		folder = xstrdup("/run/haunch");
	else
		folder = xprintf("/tmp/haunch-%u", geteuid());
	if (mkdir(folder, 0700) && errno != EEXIST)
		die("cannot make %s: %s", folder, strerror(errno));
	/* In /tmp it could be anybody's. */
	if (lstat(folder, &st) || !S_ISDIR(st.st_mode) || st.st_uid != geteuid())
		die("%s is not a folder of yours", folder);
	return folder;
}

char *machine_file(const char *name, const char *file)
{
	return xprintf("%s/%s/%s", machines_folder(), name, file);
}

/*
 * Who runs a machine has its lock alone.  Who only looks shares it with others that look, so that none of
 * them takes another for the machine.  Returns a descriptor, or -1: errno is EWOULDBLOCK if it runs.
 */
static int look(const char *name, int how)
{
	char *path = machine_file(name, "lock");
	int fd = open(path, O_RDONLY | O_CLOEXEC), error;

	free(path);
	if (fd >= 0 && flock(fd, LOCK_SH | how)) {
		error = errno;
		close(fd);
		errno = error;
		fd = -1;
	}
	return fd;
}

static bool make_folder(const char *name)
{
	char *folder = machine_file(name, ""), *path;

	if (mkdir(folder, 0700)) {
		free(folder);
		return false;
	}
	path = machine_file(name, "lock");
	own_lock = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
	/* Somebody may be looking, for a moment. */
	if (own_lock < 0 || flock(own_lock, LOCK_EX))
		die("cannot lock %s: %s", path, strerror(errno));
	free(path);
	free(folder);
	return true;
}

const char *machine_register(const char *name, const char *like)
{
	unsigned int number;
	bool running;

	if (name && !make_folder(name)) {
		if (errno != EEXIST)
			die("cannot make a folder for %s in %s: %s", name, machines_folder(),
			    strerror(errno));
		json_decref(machine_state(name, &running));
		if (running)
			die("a machine called %s is running; choose another name, or: haunch stop %s",
			    name, name);
		die("a machine called %s has ended; choose another name, or: haunch rm %s", name,
		    name);
	}
	own_name = name;
	for (number = 1; !own_name; number++) {
		char *other = number == 1 ? xstrdup(like) : xprintf("%s-%u", like, number);

		if (make_folder(other))
			own_name = other;
		else if (errno != EEXIST)
			die("cannot make a folder for %s in %s: %s", other, machines_folder(),
			    strerror(errno));
	}
	own_state = json_object();
	clean_up_by(machine_forget);
	return own_name;
}

void machine_remove(const char *name)
{
	char *folder = machine_file(name, ""), *path;
	struct dirent *entry;
	DIR *dir = opendir(folder);

	while (dir && (entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		path = machine_file(name, entry->d_name);
		unlink(path);
		free(path);
	}
	if (dir)
		closedir(dir);
	rmdir(folder);
	free(folder);
}

void machine_forget(void)
{
	if (own_name)
		machine_remove(own_name);
	own_name = NULL;
}

void machine_detach(void)
{
	char *log = machine_file(own_name, "log"), text[256];
	int ends[2], fd, null = open("/dev/null", O_RDONLY | O_CLOEXEC);
	FILE *said;
	pid_t pid;

	if (null < 0 || pipe2(ends, O_CLOEXEC))
		die("cannot make a pipe: %s", strerror(errno));
	fd = open(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
	if (fd < 0)
		die("cannot write %s: %s", log, strerror(errno));
	fflush(NULL);
	pid = fork();
	if (pid < 0)
		die("cannot start a process: %s", strerror(errno));
	if (!pid) {
		setsid();
		dup2(null, 0);
		dup2(fd, 1);
		dup2(fd, 2);
		own_log = fd;
		close(ends[0]);
		starter = ends[1];
		return;
	}
	close(ends[1]);
	if (read(ends[0], text, 1) == 1) {
		puts(own_name);
		exit(fflush(stdout) ? 1 : 0);
	}
	waitpid(pid, NULL, 0);
	said = fopen(log, "re");
	while (said && fgets(text, sizeof(text), said))
		fputs(text, stderr);
	machine_forget();
	exit(1);
}

/* It is written to its end only, by this process only; who reads it meanwhile has the copy to go on with. */
void machine_bound_log(void)
{
	char *new, *old, *path;
	off_t at = 0;
	struct stat st;
	int from, to;

	if (own_log < 0 || !own_name || fstat(own_log, &st) || st.st_size < LOG_MAX)
		return;
	path = machine_file(own_name, "log");
	old = machine_file(own_name, "log.1");
	new = machine_file(own_name, "log.new");
	from = open(path, O_RDONLY | O_CLOEXEC);
	to = open(new, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	while (from >= 0 && to >= 0 && at < st.st_size)
		if (sendfile(to, from, &at, st.st_size - at) <= 0)
			break;
	/* Where there is no room for a copy, the old words go. */
	if (at < st.st_size || rename(new, old))
		unlink(new);
	if (ftruncate(own_log, 0))
		note("cannot shorten %s: %s", path, strerror(errno));
	if (from >= 0)
		close(from);
	if (to >= 0)
		close(to);
	free(new);
	free(old);
	free(path);
}

static bool write_state(void)
{
	char *path = machine_file(own_name, "state.new"), *to = machine_file(own_name, "state");
	FILE *f = fopen(path, "we");
	bool written = f && !json_dumpf(own_state, f, JSON_INDENT(2)) && !fflush(f);
	int error = errno;

	if (f && fclose(f))
		written = false;
	if (written && rename(path, to)) {
		written = false;
		error = errno;
	}
	if (!written)
		unlink(path);
	free(path);
	free(to);
	errno = error;
	return written;
}

/* What cannot be written now is not worth a machine's end. */
static void update_state(void)
{
	if (!write_state())
		note("cannot write the state of %s: %s", own_name, strerror(errno));
}

void machine_tell(json_t *fields)
{
	if (own_name)
		json_object_update(own_state, fields);
	json_decref(fields);
	if (own_name && !write_state())
		die("cannot write the state of %s in %s: %s", own_name, machines_folder(),
		    strerror(errno));
}

void machine_runs(pid_t qemu)
{
	if (!own_name)
		return;
	if (!json_object_get(own_state, "started"))
		json_object_set_new(own_state, "started", json_integer(time(NULL)));
	json_object_set_new(own_state, "name", json_string(own_name));
	json_object_set_new(own_state, "pid", json_integer(getpid()));
	json_object_set_new(own_state, "qemu", json_integer(qemu));
	update_state();
	if (starter >= 0 && write(starter, "r", 1) == 1) {
		close(starter);
		starter = -1;
	}
}

void machine_ended(int status, bool forget)
{
	if (!own_name)
		return;
	/* It did not come so far that somebody was told of it. */
	if (forget || !json_object_get(own_state, "started")) {
		if (starter < 0)
			machine_forget();
		return;
	}
	json_object_set_new(own_state, "status", json_integer(status));
	json_object_set_new(own_state, "ended", json_integer(time(NULL)));
	update_state();
	own_name = NULL;
}

/* Words for QEMU, with a descriptor (unix(7), SCM_RIGHTS). */
static bool send_with(int socket, const char *words, int fd)
{
	union {
		struct cmsghdr header;
		char room[CMSG_SPACE(sizeof(int))];
	} control;
	struct iovec part = { (char *)words, strlen(words) };
	struct msghdr message = { .msg_iov = &part, .msg_iovlen = 1 };

	if (fd >= 0) {
		message.msg_control = &control;
		message.msg_controllen = sizeof(control);
		control.header.cmsg_level = SOL_SOCKET;
		control.header.cmsg_type = SCM_RIGHTS;
		control.header.cmsg_len = CMSG_LEN(sizeof(int));
		memcpy(CMSG_DATA(&control.header), &fd, sizeof(fd));
	}
	return sendmsg(socket, &message, MSG_NOSIGNAL) == (ssize_t)part.iov_len;
}

json_t *machine_ask(const char *name, const char *command, int fd)
{
	static const char first[] = "{\"execute\":\"qmp_capabilities\"}\n";
	struct sockaddr_un address = { .sun_family = AF_UNIX };
	struct timeval patience = { MONITOR_WAIT_S, 0 };
	int monitor = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
	char *path = machine_file(name, "qmp"), *line = NULL;
	json_t *answer = NULL, *message;
	size_t size = 0;
	FILE *f = NULL;

	snprintf(address.sun_path, sizeof(address.sun_path), "%s", path);
	free(path);
	if (monitor < 0 || connect(monitor, (struct sockaddr *)&address, sizeof(address)) ||
	    !(f = fdopen(monitor, "r"))) {
		if (monitor >= 0)
			close(monitor);
		return NULL;
	}
	setsockopt(monitor, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof(patience));
	if (!send_with(monitor, first, -1) || !send_with(monitor, command, fd)) {
		fclose(f);
		return NULL;
	}
	/* A greeting, an answer to the first, events perhaps, the answer. */
	for (unsigned int answers = 0; answers < 2 && getline(&line, &size, f) > 0;) {
		message = json_loads(line, 0, NULL);
		if ((json_object_get(message, "return") || json_object_get(message, "error")) &&
		    ++answers == 2)
			answer = json_incref(message);
		json_decref(message);
	}
	free(line);
	fclose(f);
	return answer;
}

json_t *machine_state(const char *name, bool *running)
{
	char *path;
	json_t *state;
	int fd;

	*running = false;
	if (!name_is_good(name))
		return NULL;
	fd = look(name, LOCK_NB);
	if (fd < 0 && errno != EWOULDBLOCK)
		return NULL;
	*running = fd < 0;
	if (fd >= 0)
		close(fd);
	path = machine_file(name, "state");
	state = json_load_file(path, 0, NULL);
	free(path);
	/* It may be just about to start. */
	return json_is_object(state) ? state : json_pack("{s:s}", "name", name);
}

json_t *machine_need(const char *name, bool *running)
{
	json_t *state = machine_state(name, running);

	if (!state)
		die("there is no machine called %s (see haunch ps -a)", name);
	return state;
}

void machine_wait(const char *name)
{
	int fd = look(name, 0);

	if (fd >= 0)
		close(fd);
}

static int is_machine(const struct dirent *entry)
{
	return name_is_good(entry->d_name);
}

void machines_each(void (*visit)(const char *name, void *argument), void *argument)
{
	struct dirent **entries;
	int count = scandir(machines_folder(), &entries, is_machine, alphasort), i;

	for (i = 0; i < count; i++) {
		visit(entries[i]->d_name, argument);
		free(entries[i]);
	}
	if (count >= 0)
		free(entries);
}

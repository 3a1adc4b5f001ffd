/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * spawn.c - start programs: posix_spawn, vfork and exec; wait for them; pipes between them.
 *
 * It starts itself, with an argument that says what to do.
 */
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "check.h"

extern char **environ;

static char *self;

/* What a started program does. */
static int child(int argc, char **argv)
{
	char line[256];
	ssize_t got;

	if (!strcmp(argv[1], "exit"))
		return atoi(argv[2]);
	if (!strcmp(argv[1], "arguments")) {
		for (int i = 2; i < argc; i++)
			printf("argument %d: <%s>\n", i, argv[i]);
		printf("environment: <%s>\n", getenv("SPAWNED") ? getenv("SPAWNED") : "(none)");
		return 0;
	}
	if (!strcmp(argv[1], "shout")) {
		while ((got = read(0, line, sizeof(line))) > 0) {
			for (ssize_t i = 0; i < got; i++)
				if (line[i] >= 'a' && line[i] <= 'z')
					line[i] -= 32;
			if (write(1, line, got) != got)
				return 1;
		}
		return 0;
	}
	if (!strcmp(argv[1], "kill"))
		raise(atoi(argv[2]));
	if (!strcmp(argv[1], "wait"))
		pause();
	if (!strcmp(argv[1], "descriptor"))
		return fcntl(atoi(argv[2]), F_GETFD) < 0;
	return 99;
}

static pid_t spawn(posix_spawn_file_actions_t *actions, const char *what, const char *argument)
{
	char *argv[] = { self, (char *)what, (char *)argument, NULL };
	pid_t pid;
	int error = posix_spawn(&pid, self, actions, NULL, argv, environ);

	if (error) {
		errno = error;
		return -1;
	}
	return pid;
}

static int status_of(pid_t pid)
{
	int status;

	return pid > 0 && waitpid(pid, &status, 0) == pid ? status : -1;
}

int main(int argc, char **argv)
{
	char *hello[] = { argv[0], "arguments", "one", "", "three words here", NULL };
	char *environment[] = { "SPAWNED=yes", NULL };
	posix_spawn_file_actions_t actions;
	struct rusage usage;
	char number[16], buffer[64];
	int to[2], from[2], status, good = 1, fd;
	volatile int shared = 0;
	pid_t pid;

	self = argv[0];
	if (argc > 1)
		return child(argc, argv);

	pid = spawn(NULL, "exit", "42");
	CHECK(WEXITSTATUS(status_of(pid)) == 42, "posix_spawn(): exit status 42");
	good = !posix_spawn(&pid, self, NULL, NULL, hello, environment) && status_of(pid) == 0;
	CHECK(good, "with arguments and an environment");
	CHECK(posix_spawn(&pid, "/does/not/exist", NULL, NULL, hello, environment) == ENOENT,
	      "a program that is not there: ENOENT");
	for (int i = 0; i < 256; i += 51) {
		snprintf(number, sizeof(number), "%d", i);
		status = status_of(spawn(NULL, "exit", number));
		good &= WIFEXITED(status) && WEXITSTATUS(status) == i;
	}
	CHECK(good, "exit statuses 0 to 255");

	pid = vfork();
	if (pid == 0) {
		shared = 1;
		_exit(7);
	}
	CHECK(WEXITSTATUS(status_of(pid)) == 7 && shared, "vfork() and _exit()");
	pid = vfork();
	if (pid == 0) {
		execl(self, self, "exit", "8", NULL);
		_exit(127);
	}
	CHECK(WEXITSTATUS(status_of(pid)) == 8, "vfork() and exec()");
	pid = vfork();
	if (pid == 0) {
		execl("/does/not/exist", "x", NULL);
		_exit(errno == ENOENT ? 9 : 1);
	}
	CHECK(WEXITSTATUS(status_of(pid)) == 9, "vfork() and an exec() that fails");

	/* Two programs and we, connected by pipes. */
	good = !pipe2(to, O_CLOEXEC) && !pipe2(from, O_CLOEXEC);
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_adddup2(&actions, to[0], 0);
	posix_spawn_file_actions_adddup2(&actions, from[1], 1);
	pid = spawn(&actions, "shout", NULL);
	posix_spawn_file_actions_destroy(&actions);
	close(to[0]);
	close(from[1]);
	CHECK(good && pid > 0, "a program between two pipes");
	CHECK(write(to[1], "say it louder", 13) == 13 && read(from[0], buffer, 64) == 13 &&
		      !memcmp(buffer, "SAY IT LOUDER", 13),
	      "what it gets comes back louder");
	close(to[1]);
	CHECK(read(from[0], buffer, 64) == 0 && status_of(pid) == 0, "it ends when its input does");
	close(from[0]);

	status = status_of(spawn(NULL, "kill", "15"));
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGTERM, "killed by its own SIGTERM");
	pid = spawn(NULL, "wait", NULL);
	CHECK(waitpid(pid, &status, WNOHANG) == 0, "a program that waits");
	kill(pid, SIGKILL);
	status = status_of(pid);
	CHECK(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL, "killed by SIGKILL");
	CHECK(waitpid(pid, &status, 0) < 0 && errno == ECHILD, "no children are left");

	fd = open("/", O_RDONLY);
	snprintf(number, sizeof(number), "%d", fd);
	CHECK(status_of(spawn(NULL, "descriptor", number)) == 0, "descriptors are inherited");
	fcntl(fd, F_SETFD, FD_CLOEXEC);
	CHECK(WEXITSTATUS(status_of(spawn(NULL, "descriptor", number))) == 1,
	      "but not with FD_CLOEXEC");

	good = 1;
	for (int i = 0; i < 50; i++)
		good &= status_of(spawn(NULL, "exit", "0")) == 0;
	CHECK(good, "50 programs one after the other");
	pid = spawn(NULL, "exit", "3");
	CHECK(wait4(pid, &status, 0, &usage) == pid && WEXITSTATUS(status) == 3, "wait4()");
	return CHECKS_STATUS();
}

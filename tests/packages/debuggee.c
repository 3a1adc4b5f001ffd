/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * debuggee.c - a program to be debugged: recursion, a variable to watch, a thread, a signal, a child.
 */
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <sys/wait.h>
#include <unistd.h>

static volatile int counter;
static volatile int *nowhere;

static int deepest(int depth)
{
	return depth + 7;
}

static int deeper(int depth)
{
	return depth ? deeper(depth - 1) : deepest(depth);
}

static void *thread_main(void *unused)
{
	(void)unused;
	counter++;
	return NULL;
}

static void on_signal(int sig)
{
	(void)sig;
}

static void crash(void)
{
	*nowhere = 1;
}

int main(int argc, char **argv)
{
	pthread_t thread;
	pid_t pid;

	(void)argv;
	deeper(2);
	counter = 1;
	if (argc > 1)
		crash();
	signal(SIGUSR1, on_signal);
	raise(SIGUSR1);
	pthread_create(&thread, NULL, thread_main, NULL);
	pthread_join(thread, NULL);
	pid = fork();
	if (!pid)
		_exit(3);
	waitpid(pid, NULL, 0);
	printf("counter %d\n", counter);
	return 5;
}

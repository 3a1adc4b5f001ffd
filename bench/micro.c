/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * micro.c - what single operations cost in guest instructions.
 *
 * Runs in an image and in the rival Linux.  It prints nothing: it makes marks for the counter of
 * icount.c before and after each series, 2 * i and 2 * i + 1 for the i-th line of the list in
 * bench/run, which knows how many operations a series has.
 */
#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "icount.h"

#define PAGE	 4096
/* bench/run knows these. */
#define CALLS	 100000
#define SWITCHES 10000
#define THREADS	 1000
#define PAGES	 1024
#define PROCESSES 300

static pthread_barrier_t barrier;
static int ping[2], pong[2];

static void *yield(void *argument)
{
	pthread_barrier_wait(&barrier);
	for (int i = 0; i < SWITCHES / 2; i++)
		sched_yield();
	return argument;
}

static void *answer(void *argument)
{
	char byte;

	while (read(ping[0], &byte, 1) == 1)
		if (write(pong[1], &byte, 1) != 1)
			break;
	return argument;
}

static void *nothing(void *argument)
{
	return argument;
}

int main(int argc, char **argv)
{
	static char page[PAGE];
	pthread_t thread;
	char byte = 'x', *memory;

	/* What the last series executes. */
	if (argc > 1 && !strcmp(argv[1], "exit"))
		return 0;
	/* Once before, so that no series pays for first times. */
	getpid();
	pthread_create(&thread, NULL, nothing, NULL);
	pthread_join(thread, NULL);

	ICOUNT_MARK(0);
	for (int i = 0; i < CALLS; i++)
		getpid();
	ICOUNT_MARK(1);

	pthread_barrier_init(&barrier, NULL, 2);
	pthread_create(&thread, NULL, yield, NULL);
	pthread_barrier_wait(&barrier);
	ICOUNT_MARK(2);
	for (int i = 0; i < SWITCHES / 2; i++)
		sched_yield();
	pthread_join(thread, NULL);
	ICOUNT_MARK(3);

	if (pipe(ping) || pipe(pong))
		return 1;
	pthread_create(&thread, NULL, answer, NULL);
	ICOUNT_MARK(4);
	for (int i = 0; i < SWITCHES; i++)
		if (write(ping[1], &byte, 1) != 1 || read(pong[0], &byte, 1) != 1)
			return 1;
	ICOUNT_MARK(5);
	close(ping[1]);
	pthread_join(thread, NULL);

	ICOUNT_MARK(6);
	for (int i = 0; i < THREADS; i++) {
		if (pthread_create(&thread, NULL, nothing, NULL))
			return 1;
		pthread_join(thread, NULL);
	}
	ICOUNT_MARK(7);

	/* Fresh memory: each page is written to once. */
	ICOUNT_MARK(8);
	memory = mmap(NULL, PAGES * PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
		      0);
	if (memory == MAP_FAILED)
		return 1;
	for (int i = 0; i < PAGES; i++)
		memory[i * PAGE] = page[i];
	munmap(memory, PAGES * PAGE);
	ICOUNT_MARK(9);

	/* One page at a time, as allocators like to. */
	ICOUNT_MARK(10);
	for (int i = 0; i < PAGES; i++) {
		memory = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1,
			      0);
		if (memory == MAP_FAILED)
			return 1;
		memory[0] = 1;
		munmap(memory, PAGE);
	}
	ICOUNT_MARK(11);

	ICOUNT_MARK(12);
	for (int i = 0; i < PROCESSES; i++) {
		pid_t pid = fork();

		if (!pid)
			_exit(0);
		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			return 1;
	}
	ICOUNT_MARK(13);

	ICOUNT_MARK(14);
	for (int i = 0; i < PROCESSES; i++) {
		pid_t pid = vfork();

		if (!pid) {
			execl(argv[0], argv[0], "exit", NULL);
			_exit(1);
		}
		if (pid < 0 || waitpid(pid, NULL, 0) != pid)
			return 1;
	}
	ICOUNT_MARK(15);
	return 0;
}

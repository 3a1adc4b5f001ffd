/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * threads.c - pthreads: create, join, mutex, condition, thread-local storage, many at once.
 */
#include <pthread.h>
#include <sched.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

#define WORKERS 8
#define ROUNDS	20000
#define MANY	100

static pthread_mutex_t mutex = PTHREAD_MUTEX_INITIALIZER;
static pthread_cond_t changed = PTHREAD_COND_INITIALIZER;
static long counter;
static int turn;
static _Thread_local int own = 7;
static _Thread_local char own_zeroed[5000];
static pthread_key_t key;
static _Atomic int keys_destroyed;	/* several threads end at once */
static pthread_once_t once = PTHREAD_ONCE_INIT;
static int initialised;
static volatile int spinning = 1;
static volatile unsigned long spins;

static void *add(void *argument)
{
	(void)argument;
	for (int i = 0; i < ROUNDS; i++) {
		pthread_mutex_lock(&mutex);
		counter++;
		pthread_mutex_unlock(&mutex);
	}
	return NULL;
}

/* Threads that pass the turn around. */
static void *take_turns(void *argument)
{
	int self = (int)(intptr_t)argument;

	for (int i = 0; i < 200; i++) {
		pthread_mutex_lock(&mutex);
		while (turn != self)
			pthread_cond_wait(&changed, &mutex);
		turn = (turn + 1) % WORKERS;
		pthread_cond_broadcast(&changed);
		pthread_mutex_unlock(&mutex);
	}
	return argument;
}

static void *use_own(void *argument)
{
	intptr_t number = (intptr_t)argument;
	int good = own == 7;

	for (size_t i = 0; i < sizeof(own_zeroed); i++)
		good &= !own_zeroed[i];
	memset(own_zeroed, 1, sizeof(own_zeroed));
	own = (int)number;
	sched_yield();
	return (void *)(intptr_t)(good && own == number);
}

static void destroy_key(void *value)
{
	keys_destroyed += *(int *)value;
}

static void *use_key(void *argument)
{
	static int one = 1;

	(void)argument;
	pthread_setspecific(key, &one);
	return pthread_getspecific(key);
}

static void initialise(void)
{
	initialised++;
}

static void *use_once(void *argument)
{
	pthread_once(&once, initialise);
	return argument;
}

static void *spin(void *argument)
{
	while (spinning)
		spins++;
	return argument;
}

static void *wait_for_cancel(void *argument)
{
	for (;;)
		pause();
	return argument;
}

static void *compute(void *argument)
{
	/* The FPU and SSE state of a thread is its own. */
	double start = (double)(intptr_t)argument, x = start;

	for (int i = 0; i < 100000; i++) {
		x = x * 1.0000001 + 0.5;
		x = (x - 0.5) / 1.0000001;
	}
	return (void *)(intptr_t)(x > start - 0.01 && x < start + 0.01);
}

static int run(void *(*work)(void *), int n, int check_result)
{
	pthread_t threads[MANY];
	pthread_attr_t attributes;
	int good = 0;

	/* Stacks of a size that 100 of them fit into a small machine. */
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 131072);
	for (int i = 0; i < n; i++)
		if (pthread_create(&threads[i], &attributes, work, (void *)(intptr_t)i))
			return -1;
	for (int i = 0; i < n; i++) {
		void *result;

		if (pthread_join(threads[i], &result))
			return -1;
		good += !check_result || result != NULL;
	}
	return good;
}

int main(void)
{
	struct timespec soon, pause_time = { .tv_nsec = 50000000 };
	pthread_attr_t attributes;
	pthread_t thread;
	sem_t semaphore;
	void *result;
	int error = 0;

	CHECK(run(add, WORKERS, 0) == WORKERS, "%d threads ran", WORKERS);
	CHECK(counter == (long)WORKERS * ROUNDS, "the mutex kept the counter right: %ld", counter);
	CHECK(run(take_turns, WORKERS, 0) == WORKERS && turn == 0, "threads took turns");
	CHECK(run(use_own, WORKERS, 1) == WORKERS && own == 7, "each has thread-local storage");
	pthread_key_create(&key, destroy_key);
	CHECK(run(use_key, WORKERS, 1) == WORKERS, "each has a value for the key");
	CHECK(keys_destroyed == WORKERS, "%d values were destroyed", keys_destroyed);
	CHECK(run(use_once, WORKERS, 0) == WORKERS && initialised == 1, "initialised once");
	CHECK(run(use_own, MANY, 1) == MANY, "%d threads at once", MANY);
	CHECK(run(compute, WORKERS, 1) == WORKERS, "floating point state is kept");
	for (int i = 0; i < 20 && !error; i++)
		error = run(use_own, 50, 1) != 50;
	CHECK(!error, "1000 threads one after the other");

	/* A thread that never gives up the processor must not starve the others. */
	CHECK(!pthread_create(&thread, NULL, spin, NULL), "a busy thread was made");
	nanosleep(&pause_time, NULL);
	spinning = 0;
	CHECK(!pthread_join(thread, NULL) && spins, "it ran, and was preempted");

	clock_gettime(CLOCK_REALTIME, &soon);
	soon.tv_nsec += 20000000;
	if (soon.tv_nsec >= 1000000000) {
		soon.tv_sec++;
		soon.tv_nsec -= 1000000000;
	}
	pthread_mutex_lock(&mutex);
	error = pthread_cond_timedwait(&changed, &mutex, &soon);
	pthread_mutex_unlock(&mutex);
	CHECK(error == ETIMEDOUT, "waiting for a condition times out");

	sem_init(&semaphore, 0, 0);
	CHECK(sem_trywait(&semaphore) < 0 && errno == EAGAIN, "the semaphore is not free");
	sem_post(&semaphore);
	CHECK(!sem_wait(&semaphore), "the semaphore was posted");

	CHECK(!pthread_create(&thread, NULL, wait_for_cancel, NULL), "a waiting thread was made");
	nanosleep(&pause_time, NULL);
	CHECK(!pthread_cancel(thread) && !pthread_join(thread, &result) &&
		      result == PTHREAD_CANCELED,
	      "it was cancelled");

	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 1 << 20);
	pthread_attr_setdetachstate(&attributes, PTHREAD_CREATE_DETACHED);
	CHECK(!pthread_create(&thread, &attributes, use_once, NULL), "a detached thread was made");
	nanosleep(&pause_time, NULL);
	return CHECKS_STATUS();
}

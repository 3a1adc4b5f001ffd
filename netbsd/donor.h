/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * donor.h - what the parts of the NetBSD donor share: rumpuser(3), version 17, on hypercall.h.
 *
 * A rump kernel's only interface to what is below it are the functions rumpuser_* and rumpcomp_*.
 * rumpuser.h, which declares them, is the user's (it comes with the libraries), and is
 * what our definitions are checked against.
 *
 * Interrupts are disabled in all of the donor's code; the scheduler alone lets them in, between two
 * threads (sched.c).  So no data here needs a lock, and a thread is never preempted.
 */
#ifndef NETBSD_DONOR_H
#define NETBSD_DONOR_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Nothing is bound at run time: addresses are relative to the code, which can so be moved. */
#pragma GCC visibility push(hidden)

#include "../hypercall/hypercall.h"

/* What rumpuser.h expects of its includer: see there. */
#define LIBRUMPUSER
#define __dead			__attribute__((noreturn))
#define __printflike(f, a)	__attribute__((format(printf, f, a)))
typedef int pid_t;
#include <rump/rumpuser.h>

/* NetBSD's values of errno that are returned here (errno(2)). */
#define NB_ENOENT		2
#define NB_EBADF		9
#define NB_ENOMEM		12
#define NB_EBUSY		16
#define NB_EINVAL		22
#define NB_E2BIG		7
#define NB_ENXIO		6
#define NB_EAGAIN		35
#define NB_ETIMEDOUT		60

#define NS_PER_SECOND		1000000000ul
#define FOREVER			(~0ul)

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

/* The rule holds, or the machine stops and says which was broken. */
#define assert(rule, words)	((rule) ? (void)0 : fail("%s: %s", __func__, words))

/* ------------------------------------------------------------------ print.c */

void print(const char *format, ...) __printflike(1, 2);
void vprint(const char *format, va_list arguments);
void fail(const char *format, ...) __dead __printflike(1, 2);

void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);

/* The rump kernel's C library (libkern), under the names that its objects have. */
int rumpns_vsnprintf(char *to, size_t size, const char *format, va_list arguments);
int rumpns_strcmp(const char *a, const char *b);
size_t rumpns_strlen(const char *s);
int rumpns_strncmp(const char *a, const char *b, size_t size);

/* ------------------------------------------------------------------ memory.c */

void memory_start(const struct hc_start_info *info);

/* `size` bytes at a multiple of `alignment` (a power of two), or NULL.  Blocks are powers of two. */
void *memory_allocate(size_t size, size_t alignment);

/* Give back what memory_allocate() returned. */
void memory_free(void *address);

/* memory_allocate() for what the donor cannot do without. */
void *memory_need(size_t size);

/* ------------------------------------------------------------------ sched.c */

struct thread;

/* Threads that wait for one thing, the first to come at the head. */
struct queue {
	struct thread *head, **tail;
};

extern struct thread *running;
extern struct rumpuser_hyperup hyp;

/* The caller, who runs on the stack [base, top), is a thread from now on. */
void sched_start(void *base, void *top);

void queue_init(struct queue *queue);

/*
 * Wait in the queue until wake_first() takes the thread out, or until the monotonic time `deadline`
 * (FOREVER: none).  Returns false if that was what ended it.
 */
bool block(struct queue *queue, unsigned long deadline);

/* Make the longest waiting thread of the queue ready; returns it, or NULL if none waits. */
struct thread *wake_first(struct queue *queue);

/* A thread of our own, outside of the rump kernel until it enters it. */
struct thread *thread_make(void *(*function)(void *), void *argument, const char *name,
			   bool joinable);

/* ------------------------------------------------------------------ pci.c */

/* An interrupt came, interrupts are disabled. */
void pci_interrupt(unsigned int irq);

#endif

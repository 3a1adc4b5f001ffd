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

#include "calls.h"

#include "../hypercall/hypercall.h"

/* What rumpuser.h expects of its includer: see there. */
#define LIBRUMPUSER
#define __dead			__attribute__((noreturn))
#define __printflike(f, a)	__attribute__((format(printf, f, a)))
typedef int pid_t;
#include <rump/rumpuser.h>

/* NetBSD's values of errno that are returned here (errno(2)). */
/* clang-format off */
enum {
	NB_ENOENT = 2, NB_ENXIO = 6, NB_E2BIG, NB_ENOMEM = 12, NB_EBUSY = 16, NB_EINVAL = 22, NB_EAGAIN = 35,
	NB_ETIMEDOUT = 60,
};
/* clang-format on */

/* The rule holds, or the machine stops and says which was broken. */
#define assert(rule, words)	((rule) ? (void)0 : fail("%s: %s", __func__, words))

/* ------------------------------------------------------------------ print.c */

extern bool print_kernel;		/* NetBSD's own messages are printed */

#define print	rumpuser_dprintf
void vprint(const char *format, va_list arguments);
void fail(const char *format, ...) __dead __printflike(1, 2);

/* One line on the console, "haunch: ...". */
void vsay(const char *format, va_list arguments);
void say(const char *format, ...) __printflike(1, 2);

/* The rump kernel's C library (libkern); netbsd.lds says what its functions are called there. */
int rumpns_vsnprintf(char *to, size_t size, const char *format, va_list arguments);
int strcmp(const char *a, const char *b);
size_t strlen(const char *s);
int strncmp(const char *a, const char *b, size_t size);

/* ------------------------------------------------------------------ memory.c */

void memory_start(const struct hc_start_info *info);

/* Bytes at a multiple of the alignment (a power of two), or NULL; blocks are powers of two. */
void *memory_allocate(size_t size, size_t alignment);
void memory_free(void *address);

/* Memory that was not ours before, whole pages. */
void memory_give(void *start, size_t size);

/* Bytes in all, and those that are free. */
void memory_tell(unsigned long *all, unsigned long *free);

/* Pages for a program, side by side, not cleared, each of which is freed by itself; or NULL. */
void *memory_pages(size_t size);

/* Where the protection (HC_PROT_*) of a program's page is kept; NULL if the address is in none. */
unsigned char *memory_page(const void *address);

/* memory_allocate() for what the donor cannot do without. */
void *memory_need(size_t size);

/* ------------------------------------------------------------------ sched.c */

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

enum wake { WOKEN, TIMED_OUT, INTERRUPTED };

/* As block(), for what the key names, and so that thread_interrupt() ends it. */
enum wake block_for(struct queue *queue, unsigned long deadline, unsigned long key);

/* Make those ready that wait for the key in the queue, `most` at most; returns how many. */
unsigned int wake_key(struct queue *queue, unsigned long key, unsigned int most);

/* End what the thread waits for in block_for(), if it does. */
void thread_interrupt(struct thread *thread);

/* Let the threads run that are ready by now; sched_preempt(): and those whose time has come. */
void sched_yield(void);
void sched_preempt(void);

/* How long there was nothing to do, in ns. */
extern unsigned long sched_idle_ns;

/* Where a program's registers are while it is in the kernel. */
struct hc_frame *thread_frame(struct thread *thread);

/* A thread of our own, outside of the rump kernel until it enters it; of the program's task, or NULL. */
struct thread *thread_make(void *(*function)(void *), void *argument, bool joinable,
			   struct task *task);

/* ------------------------------------------------------------------ program.c */

/* Start the program that the initial file system names, and serve it; never returns. */
void program_run(const struct hc_start_info *info) __dead;

/* Of the command line's words NAME=VALUE, the last NAME's value; its length, or -1. */
long word(const char *name, const char **value);

/* Wake the thread of program_run(), which does what others must not wait for.  Any context. */
void service_wake(void);

/* A program was interrupted; the donor may run other threads before it goes on. */
void program_interrupted(struct hc_frame *frame);

/* The interrupt is the power button's, or the console's. */
bool service_interrupt(unsigned int irq);

/* ------------------------------------------------------------------ pci.c */

/* An interrupt came, interrupts are disabled. */
void pci_interrupt(unsigned int irq);

#endif

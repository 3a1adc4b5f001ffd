/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * tasks.h - a program's threads, and their signals.
 */
#ifndef NETBSD_TASKS_H
#define NETBSD_TASKS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct hc_frame;
struct thread;

/* A thread of the program: what the kernel's thread that it runs on keeps for it. */
struct task {
	struct task *next;
	struct thread *thread;
	int number;			/* gettid() */
	int *clear;			/* set to 0, and who waits for it woken, when the thread ends */
	unsigned long thread_pointer;
	void *fpu;			/* hc_fpu_size() bytes, at a multiple of 64 in fpu_memory */
	void *fpu_memory;

	/* Signals: bit N - 1 is signal N. */
	unsigned long mask, pending;
	unsigned long saved_mask;	/* to be the mask once a handler was called; see signals.c */
	bool restore_mask;
	void *stack;			/* of sigaltstack() */
	size_t stack_size;
};

extern struct task *tasks;		/* all */
extern int process_number;		/* of NetBSD's process, and the main thread's */

/* The running thread's, or NULL if it is the kernel's own. */
struct task *current_task(void);

/* Another task's registers go into the CPU; NULL: the kernel's, which needs none. */
void task_switch(struct task *to);

/* The program's first thread: runs at `entry` on this stack. */
void program_start(unsigned long entry, unsigned long stack);

/* The end of all, by exit_group() or a signal: syncs, unmounts, and powers off with this status. */
void program_end(unsigned int status) __attribute__((noreturn));

/* The same by a signal, with words that say which. */
void program_killed(const char *why, int number) __attribute__((noreturn));

extern size_t program_stack_size;	/* of the first thread */
extern const char *program_host;  /* its machine's name */

/* ------------------------------------------------------------------ signals.c */

/* The running task has a signal to take, so a call that waits has to end with EINTR. */
bool signal_waits(void);

/* For the time of a call the mask is another one, unless that is NULL.  Returns what it was. */
unsigned long signal_mask_set(const unsigned long *mask);
void signal_mask_restore(const unsigned long *mask, unsigned long old, bool interrupted);

/*
 * Somebody sent a signal to the program, or to the task only; code and value for its handler.  Any
 * context.
 */
void signal_send(struct task *task, int number, int code);

/*
 * An exception of the running task's (hypercall.h, donor_fault()): its frame becomes a handler's,
 * or it ends.
 */
void signal_exception(unsigned int vector, unsigned long error, unsigned long address,
		      struct hc_frame *frame);

/* Wait for a signal, or the time; not at all if there is one.  Returns INTERRUPTED or TIMED_OUT. */
enum wake pause_until(unsigned long deadline);

/*
 * Until it is told otherwise, a signal ends what the running thread waits for in NetBSD with a timeout, as if the
 * time were over.  (sched.c)
 */
void thread_interruptible(bool may_end);

/* NetBSD has this signal of its own number for the program. */
void signal_of_kernel(int number);

/*
 * Before the program continues from the frame: if there is a signal to take, the frame becomes the
 * handler's, or the program ends.  result: of the call that is left, or NULL.
 */
void signal_deliver(struct hc_frame *frame, unsigned long *result);

/*
 * The number of a signal that ends the program, which somebody would have to take who may wait in NetBSD for ever;
 * or 0.  And that end.
 */
int signal_fatal(void);
void signal_die(int number) __attribute__((noreturn));

#endif

// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * tasks.c - a program's threads, each on one of the scheduler's; futexes, by which they wait for
 * each other; the end.
 */
#include "donor.h"

#include <asm/prctl.h>
#include <linux/futex.h>
#include <linux/sched.h>

int rump_pub_lwproc_newlwp(int process);
void rump_pub_lwproc_releaselwp(void);

struct task *tasks;
int process_number;

static struct task *loaded;		/* whose registers are in the CPU */
static int last_number;

void task_switch(struct task *to)
{
	if (loaded == to)
		return;
	if (loaded) {
		hc_fpu_save(loaded->fpu);
		loaded->thread_pointer = hc_thread_pointer_get();
	}
	loaded = to;
	hc_fpu_restore(to->fpu);
	hc_thread_pointer_set(to->thread_pointer);
}

static void *task_run(void *argument)
{
	struct task *task = argument;

	if (rump_pub_lwproc_newlwp(process_number))
		fail("the program's process %d has no room for a thread", process_number);
	hc_program_continue(thread_frame(task->thread));
}

/* A task that will continue from the frame. */
static struct task *task_make(const struct hc_frame *frame)
{
	struct task *task = allocate(sizeof(*task) + hc_fpu_size() + 64);

	if (!task)
		return NULL;
	memset(task, 0, sizeof(*task));
	task->fpu = (void *)((W(task + 1) + 63) & ~63ul);
	hc_fpu_init(task->fpu);
	task->thread = thread_make(task_run, task, false, task);
	if (!task->thread) {
		release(task);
		return NULL;
	}
	*thread_frame(task->thread) = *frame;
	task->number = tasks ? ++last_number : process_number;
	if (!tasks)
		last_number = process_number;
	task->next = tasks;
	tasks = task;
	return task;
}

void program_start(unsigned long entry, unsigned long stack)
{
	struct hc_frame frame = {
		.ip = entry,
		.sp = stack,
		.cs = HC_CS_PROGRAM,
		.ss = HC_SS_PROGRAM,
		.flags = HC_IRQ_FLAG,
		.orig_ax = ~0ul,
	};

	if (!task_make(&frame))
		fail("out of memory: no room for the program's first thread");
}

long call_fork(const unsigned long *a)
{
	say("a new process (fork, vfork, clone) is wanted, but there is one address space: only threads "
	    "can be made");
	return -ENOSYS;
}

#define THREAD_FLAGS	(CLONE_VM | CLONE_FS | CLONE_FILES | CLONE_SIGHAND | CLONE_THREAD)

long call_clone(const unsigned long *a)
{
	struct hc_frame frame = *thread_frame(running);
	struct task *task, *self = current_task();

	if ((a[0] & THREAD_FLAGS) != THREAD_FLAGS)
		return call_fork(a);
	frame.sp = a[1];
	frame.ax = 0;
	frame.cs = HC_CS_PROGRAM;
	task = task_make(&frame);
	if (!task)
		return -EAGAIN;
	task->mask = self->mask;
	hc_fpu_save(task->fpu);
	task->thread_pointer = a[0] & CLONE_SETTLS ? a[4] : hc_thread_pointer_get();
	if (a[0] & CLONE_PARENT_SETTID)
		*(int *)a[2] = task->number;
	if (a[0] & CLONE_CHILD_SETTID)
		*(int *)a[3] = task->number;
	if (a[0] & CLONE_CHILD_CLEARTID)
		task->clear = (int *)a[3];
	return task->number;
}

static struct queue futexes[64];

static struct queue *futex_queue(unsigned long address)
{
	struct queue *queue = &futexes[(address >> 2 ^ address >> 8) % ARRAY_SIZE(futexes)];

	if (!queue->tail)
		queue_init(queue);
	return queue;
}

long call_exit(const unsigned long *a)
{
	struct task *self = current_task(), **at = &tasks;

	if (self == tasks && !self->next)
		program_end((unsigned int)a[0] & 255);
	while (*at != self)
		at = &(*at)->next;
	*at = self->next;
	if (self->clear) {
		*self->clear = 0;
		wake_key(futex_queue(W(self->clear)), W(self->clear), 1);
	}
	rump_pub_lwproc_releaselwp();
	if (loaded == self)
		loaded = NULL;
	release(self);
	rumpuser_thread_exit();
	return 0;
}

long call_arch_prctl(const unsigned long *a)
{
	if (a[0] != ARCH_SET_FS)
		return -EINVAL;
	return hc_thread_pointer_set(a[1]) ? -EPERM : 0;
}

static long futex_wait(unsigned long address, unsigned int value, unsigned long deadline)
{
	if (*(volatile unsigned int *)address != value)
		return -EAGAIN;
	if (signal_waits())
		return -EINTR;
	switch (block_for(futex_queue(address), deadline, address)) {
	case TIMED_OUT:
		return -ETIMEDOUT;
	case INTERRUPTED:
		return -EINTR;
	default:
		return 0;
	}
}

long call_futex(const unsigned long *a)
{
	const struct __kernel_timespec *time = (const struct __kernel_timespec *)a[3];
	unsigned long deadline;
	unsigned int nr;

	if (a[0] % sizeof(unsigned int))
		return -EINVAL;
	switch (a[1] & FUTEX_CMD_MASK) {
	case FUTEX_WAIT:
	case FUTEX_WAIT_BITSET:
		if (!deadline_at(time, (a[1] & FUTEX_CMD_MASK) == FUTEX_WAIT_BITSET,
				 a[1] & FUTEX_CLOCK_REALTIME, &deadline))
			return -EINVAL;
		return futex_wait(a[0], (unsigned int)a[2], deadline);
	case FUTEX_WAKE:
	case FUTEX_WAKE_BITSET:
		return wake_key(futex_queue(a[0]), a[0], (unsigned int)a[2]);
	case FUTEX_CMP_REQUEUE:
		if (*(volatile unsigned int *)a[0] != (unsigned int)a[5])
			return -EAGAIN;
		/* Fall through. */
	case FUTEX_REQUEUE:
		/*
		 * Who would move to another queue may as well look again what it is that he waits
		 * for.
		 */
		nr = (unsigned int)a[2] + (unsigned int)a[3];
		return wake_key(futex_queue(a[0]), a[0], nr < a[2] ? ~0u : nr);
	default:
		return -ENOSYS;
	}
}

// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * sched.c - threads, and what they wait for each other with: rumpuser(3)'s threads, mutexes,
 * read/write locks and condition variables.
 *
 * The rules of the queues
 *   1. The running thread is in no queue.
 *   2. A ready thread is in the queue `ready` and in no other.
 *   3. A blocked thread is in the one queue that it waits in, and in no other.
 * A blocked thread that has a deadline is in the list `sleepers`, too, the first to wake at the
 * head; the timer is set for that one or for an earlier time. A thread runs until it blocks, and in
 * the kernel interrupts are let in by schedule() only.  A program's code can be interrupted
 * anywhere, and then gives way to any thread that is ready (sched_preempt()).
 *
 * The rump kernel's virtual CPU is given back before a thread waits, and taken again after
 * (hyp_backend_unschedule(), hyp_backend_schedule()), but for the calls named _nowrap.
 */
#include "donor.h"

#define STACK_SIZE	(32 * 1024ul)
#define FRAME_ROOM	((sizeof(struct hc_frame) + 15) & ~15ul)

struct thread {
	struct hc_context context;
	void *base, *top;		/* of the stack; base's page is not mapped */
	struct thread *next;		/* in `queue` */
	struct queue *queue;		/* NULL: running */
	struct thread *later;		/* the next one in `sleepers` */
	unsigned long deadline;		/* of a blocked thread; FOREVER: none */
	unsigned long key;		/* what it waits for, where a queue is shared */
	bool interruptible;	/* while it is blocked */
	bool may_end;		/* see thread_interruptible() */
	enum wake why;			/* it is no longer blocked */
	bool joinable, ended;
	struct queue joiners;
	struct lwp *lwp;		/* the rump kernel's, or NULL */
	struct task *task;		/* the program's, or NULL */
	void *(*function)(void *);
	void *argument;
};

static struct thread boot = { .deadline = FOREVER };
static struct queue ready = { .tail = &ready.head };
static struct thread *sleepers;
static unsigned long armed = FOREVER;	/* when the timer goes off */
unsigned long sched_idle_ns;
static struct thread *dead;		/* its stack cannot be freed while it runs on it */
struct thread *running = &boot;
struct rumpuser_hyperup hyp;

/* ------------------------------------------------------------------ queues */

void queue_init(struct queue *queue)
{
	queue->head = NULL;
	queue->tail = &queue->head;
}

static void put(struct queue *queue, struct thread *thread)
{
	assert(!thread->queue, "a thread is in one queue only");
	thread->next = NULL;
	thread->queue = queue;
	*queue->tail = thread;
	queue->tail = &thread->next;
}

static void take(struct thread *thread)
{
	struct queue *queue = thread->queue;
	struct thread **at = &queue->head;

	while (*at && *at != thread)
		at = &(*at)->next;
	assert(*at, "a thread is in the queue that it says");
	*at = thread->next;
	if (queue->tail == &thread->next)
		queue->tail = at;
	thread->queue = NULL;
}

static void sleepers_add(struct thread *thread)
{
	struct thread **at = &sleepers;

	while (*at && (*at)->deadline <= thread->deadline)
		at = &(*at)->later;
	thread->later = *at;
	*at = thread;
}

static void sleepers_remove(struct thread *thread)
{
	struct thread **at = &sleepers;

	while (*at && *at != thread)
		at = &(*at)->later;
	assert(*at, "a blocked thread with a deadline is in the list of sleepers");
	*at = thread->later;
}

static void make_ready(struct thread *thread, enum wake why)
{
	assert(thread->queue != &ready, "a blocked thread is in the queue it waits in");
	take(thread);
	if (thread->deadline != FOREVER)
		sleepers_remove(thread);
	thread->why = why;
	thread->deadline = FOREVER;
	put(&ready, thread);
}

struct thread *wake_first(struct queue *queue)
{
	struct thread *thread = queue->head;

	if (thread)
		make_ready(thread, WOKEN);
	return thread;
}

unsigned int wake_key(struct queue *queue, unsigned long key, unsigned int most)
{
	struct thread *next;
	unsigned int nr = 0;

	for (struct thread *t = queue->head; t && nr < most; t = next) {
		next = t->next;
		if (t->key != key)
			continue;
		make_ready(t, WOKEN);
		nr++;
	}
	return nr;
}

void thread_interrupt(struct thread *thread)
{
	if (thread->queue && thread->queue != &ready && thread->interruptible)
		make_ready(thread, INTERRUPTED);
}

static void wake_all(struct queue *queue)
{
	while (wake_first(queue))
		;
}

/* ------------------------------------------------------------------ the scheduler */

/* Make ready whose time has come, and set the timer for who is next. */
static void expire(void)
{
	unsigned long now;

	if (!sleepers)
		return;
	now = hc_time_monotonic();
	while (sleepers && sleepers->deadline <= now)
		make_ready(sleepers, TIMED_OUT);
	if (sleepers && sleepers->deadline < armed) {
		armed = sleepers->deadline;
		hc_timer_start(armed - now);
	}
}

/* Free what the thread that ended last ran on, from another one's stack. */
static void reap(void)
{
	struct thread *t = dead;

	if (!t || t == running)
		return;
	dead = NULL;
	if (hc_memory_protect(t->base, HC_PAGE_SIZE, HC_PROT_READ | HC_PROT_WRITE))
		fail("the guard page at %p cannot be mapped again", t->base);
	memory_free(t->base);
	t->base = NULL;
	if (!t->joinable)
		memory_free(t);
}

/* Run another thread; returns when the calling one, which is in a queue by now, was made ready. */
static void schedule(void)
{
	struct thread *from = running, *to;

	assert(from->queue || from->ended, "the running thread is in no queue");
	/* What is pending comes in here; the donor's code itself is never interrupted. */
	hc_irq_enable();
	__asm__ volatile("nop");
	hc_irq_disable();
	expire();
	while (!ready.head) {
		unsigned long since = hc_time_monotonic();

		hc_idle();
		hc_irq_disable();
		sched_idle_ns += hc_time_monotonic() - since;
		expire();
	}
	to = ready.head;
	take(to);
	running = to;
	if (to != from) {
		hc_stack_set(to->base, to->top);
		if (to->task)
			task_switch(to->task);
		hc_context_switch(&from->context, &to->context);
	}
	reap();
}

bool block(struct queue *queue, unsigned long deadline)
{
	running->deadline = deadline;
	if (deadline != FOREVER)
		sleepers_add(running);
	put(queue, running);
	schedule();
	return running->why != TIMED_OUT;
}

enum wake block_for(struct queue *queue, unsigned long deadline, unsigned long key)
{
	running->key = key;
	running->interruptible = true;
	block(queue, deadline);
	running->interruptible = false;
	return running->why;
}

void thread_interruptible(bool may_end)
{
	running->may_end = may_end;
}

void sched_yield(void)
{
	if (!ready.head)
		return;
	put(&ready, running);
	schedule();
}

void sched_preempt(void)
{
	expire();
	sched_yield();
}

void donor_timer(struct hc_frame *frame)
{
	armed = FOREVER;
	if (frame->cs != HC_CS_DONOR)
		program_interrupted(frame);
	/* Else that hc_idle() returns is enough. */
}

/* ------------------------------------------------------------------ threads */

static void thread_run(void *argument)
{
	struct thread *self = argument;

	reap();
	self->function(self->argument);
	rumpuser_thread_exit();
}

struct thread *thread_make(void *(*function)(void *), void *argument, bool joinable,
			   struct task *task)
{
	struct thread *t = memory_allocate(sizeof(*t), sizeof(void *));
	char *stack = memory_allocate(STACK_SIZE, STACK_SIZE);

	if (!t || !stack || hc_memory_protect(stack, HC_PAGE_SIZE, 0)) {
		if (stack)
			memory_free(stack);
		if (t)
			memory_free(t);
		return NULL;
	}
	memset(t, 0, sizeof(*t));
	t->base = stack;
	t->top = stack + STACK_SIZE;
	t->deadline = FOREVER;
	t->joinable = joinable;
	t->task = task;
	t->function = function;
	t->argument = argument;
	queue_init(&t->joiners);
	/* At the top is room for a program's frame, whether it comes or not. */
	hc_context_init(&t->context, stack + STACK_SIZE - FRAME_ROOM, thread_run, t);
	put(&ready, t);
	return t;
}

struct hc_frame *thread_frame(struct thread *thread)
{
	return (struct hc_frame *)thread->top - 1;
}

struct task *current_task(void)
{
	return running->task;
}

/* The priority and the CPU are hints, which one CPU and a cooperative scheduler have no use for. */
int rumpuser_thread_create(void *(*function)(void *), void *argument, const char *name,
			   int joinable, int priority, int cpu, void **cookie)
{
	struct thread *t = thread_make(function, argument, joinable, NULL);

	if (!t)
		return NB_ENOMEM;
	if (joinable)
		*cookie = t;
	return 0;
}

void rumpuser_thread_exit(void)
{
	assert(running != &boot, "the boot thread does not end");
	running->ended = true;
	wake_all(&running->joiners);
	dead = running;
	schedule();
	fail("a thread that ended runs");
}

int rumpuser_thread_join(void *cookie)
{
	struct thread *t = cookie;
	int locks;

	if (!t->joinable)
		return NB_EINVAL;
	hyp.hyp_backend_unschedule(0, &locks, NULL);
	while (!t->ended)
		block(&t->joiners, FOREVER);
	hyp.hyp_backend_schedule(locks, NULL);
	reap();
	memory_free(t);
	return 0;
}

void sched_start(void *base, void *top)
{
	boot.base = base;
	boot.top = top;
	queue_init(&boot.joiners);
}

void rumpuser_curlwpop(int operation, struct lwp *lwp)
{
	if (operation == RUMPUSER_LWP_SET) {
		assert(!running->lwp, "a thread has one lwp at a time");
		running->lwp = lwp;
	} else if (operation == RUMPUSER_LWP_CLEAR) {
		assert(running->lwp == lwp, "a thread clears its own lwp");
		running->lwp = NULL;
	}
}

struct lwp *rumpuser_curlwp(void)
{
	return running->lwp;
}

int rumpuser_clock_sleep(int clock, int64_t seconds, long nanoseconds)
{
	unsigned long time = (unsigned long)seconds * NS_PER_SECOND + (unsigned long)nanoseconds;
	struct queue alone;
	int locks;

	if (clock == RUMPUSER_CLOCK_RELWALL)
		time += hc_time_monotonic();
	else if (clock != RUMPUSER_CLOCK_ABSMONO)
		return NB_EINVAL;
	queue_init(&alone);
	hyp.hyp_backend_unschedule(0, &locks, NULL);
	block(&alone, time);
	hyp.hyp_backend_schedule(locks, NULL);
	return 0;
}

/* ------------------------------------------------------------------ mutexes */

/*
 * A mutex that is given up goes to the longest waiting thread at once, so that nobody can take it
 * in between.
 */
struct rumpuser_mtx {
	struct thread *owner;
	struct queue waiters;
	int flags;
};

void rumpuser_mutex_enter_nowrap(struct rumpuser_mtx *mutex)
{
	assert(mutex->owner != running, "a mutex is not entered twice");
	if (!mutex->owner)
		mutex->owner = running;
	else
		block(&mutex->waiters, FOREVER);
	assert(mutex->owner == running, "a mutex is handed over to who waits longest");
}

void rumpuser_mutex_exit(struct rumpuser_mtx *mutex)
{
	assert(mutex->owner == running, "a mutex is left by its owner");
	mutex->owner = wake_first(&mutex->waiters);
}

void rumpuser_mutex_init(struct rumpuser_mtx **mutex, int flags)
{
	*mutex = memory_need(sizeof(**mutex));
	memset(*mutex, 0, sizeof(**mutex));
	queue_init(&(*mutex)->waiters);
	(*mutex)->flags = flags;
}

void rumpuser_mutex_enter(struct rumpuser_mtx *mutex)
{
	int locks;

	if (mutex->owner && !(mutex->flags & RUMPUSER_MTX_SPIN)) {
		hyp.hyp_backend_unschedule(0, &locks, NULL);
		rumpuser_mutex_enter_nowrap(mutex);
		hyp.hyp_backend_schedule(locks, NULL);
	} else {
		rumpuser_mutex_enter_nowrap(mutex);
	}
}

int rumpuser_mutex_tryenter(struct rumpuser_mtx *mutex)
{
	if (mutex->owner)
		return NB_EBUSY;
	rumpuser_mutex_enter(mutex);
	return 0;
}

void rumpuser_mutex_destroy(struct rumpuser_mtx *mutex)
{
	assert(!mutex->owner && !mutex->waiters.head, "a mutex that is destroyed is free");
	memory_free(mutex);
}

void rumpuser_mutex_owner(struct rumpuser_mtx *mutex, struct lwp **lwp)
{
	assert(mutex->flags & RUMPUSER_MTX_KMUTEX, "a mutex that has an lwp is the kernel's");
	*lwp = mutex->owner ? mutex->owner->lwp : NULL;
}

/* ------------------------------------------------------------------ read/write locks */

/*
 * Who has to wait does so in one queue, and is given the lock by who leaves it: so nobody waits for ever, and
 * readers wait behind a writer that waits.
 */
struct rumpuser_rw {
	struct thread *writer;
	unsigned int readers;
	struct queue waiters;		/* by key: RUMPUSER_RW_READER, or _WRITER */
};

static bool rw_take(struct rumpuser_rw *rw, struct thread *thread, int how)
{
	if (rw->writer || (how == RUMPUSER_RW_WRITER && rw->readers))
		return false;
	if (how == RUMPUSER_RW_WRITER)
		rw->writer = thread;
	else
		rw->readers++;
	return true;
}

static void rw_pass(struct rumpuser_rw *rw)
{
	while (rw->waiters.head && rw_take(rw, rw->waiters.head, (int)rw->waiters.head->key))
		wake_first(&rw->waiters);
}

void rumpuser_rw_init(struct rumpuser_rw **rw)
{
	*rw = memory_need(sizeof(**rw));
	memset(*rw, 0, sizeof(**rw));
	queue_init(&(*rw)->waiters);
}

int rumpuser_rw_tryenter(int how, struct rumpuser_rw *rw)
{
	return !rw->waiters.head && rw_take(rw, running, how) ? 0 : NB_EBUSY;
}

void rumpuser_rw_enter(int how, struct rumpuser_rw *rw)
{
	int locks;

	if (!rumpuser_rw_tryenter(how, rw))
		return;
	hyp.hyp_backend_unschedule(0, &locks, NULL);
	running->key = (unsigned long)how;
	block(&rw->waiters, FOREVER);
	hyp.hyp_backend_schedule(locks, NULL);
}

int rumpuser_rw_tryupgrade(struct rumpuser_rw *rw)
{
	if (rw->readers != 1)
		return NB_EBUSY;
	rw->readers = 0;
	rw->writer = running;
	return 0;
}

void rumpuser_rw_downgrade(struct rumpuser_rw *rw)
{
	assert(rw->writer == running, "a lock is downgraded by its writer");
	rw->writer = NULL;
	rw->readers = 1;
	rw_pass(rw);
}

void rumpuser_rw_exit(struct rumpuser_rw *rw)
{
	assert(rw->writer ? rw->writer == running : rw->readers,
	       "a lock is left by its writer, or a reader");
	if (rw->writer)
		rw->writer = NULL;
	else
		rw->readers--;
	rw_pass(rw);
}

void rumpuser_rw_destroy(struct rumpuser_rw *rw)
{
	assert(!rw->writer && !rw->readers, "a lock that is destroyed is free");
	memory_free(rw);
}

void rumpuser_rw_held(int how, struct rumpuser_rw *rw, int *held)
{
	*held = how == RUMPUSER_RW_WRITER ? rw->writer == running : rw->readers > 0;
}

/* ------------------------------------------------------------------ condition variables */

struct rumpuser_cv {
	struct queue waiters;
	int nr_waiters;		/* until they have the mutex again */
};

void rumpuser_cv_init(struct rumpuser_cv **cv)
{
	*cv = memory_need(sizeof(**cv));
	queue_init(&(*cv)->waiters);
	(*cv)->nr_waiters = 0;
}

void rumpuser_cv_destroy(struct rumpuser_cv *cv)
{
	assert(!cv->nr_waiters, "a condition variable that is destroyed has no waiters");
	memory_free(cv);
}

static bool cv_wait(struct rumpuser_cv *cv, struct rumpuser_mtx *mutex, unsigned long deadline)
{
	int both = RUMPUSER_MTX_SPIN | RUMPUSER_MTX_KMUTEX, locks;
	bool woken;

	cv->nr_waiters++;
	hyp.hyp_backend_unschedule(0, &locks, mutex);
	rumpuser_mutex_exit(mutex);
	if (running->may_end && deadline != FOREVER)
		woken = !signal_waits() && block_for(&cv->waiters, deadline, 0) == WOKEN;
	else
		woken = block(&cv->waiters, deadline);
	/* A spin mutex comes after the virtual CPU, any other before it. */
	if ((mutex->flags & both) == both) {
		hyp.hyp_backend_schedule(locks, mutex);
		rumpuser_mutex_enter_nowrap(mutex);
	} else {
		rumpuser_mutex_enter_nowrap(mutex);
		hyp.hyp_backend_schedule(locks, mutex);
	}
	cv->nr_waiters--;
	return woken;
}

void rumpuser_cv_wait(struct rumpuser_cv *cv, struct rumpuser_mtx *mutex)
{
	cv_wait(cv, mutex, FOREVER);
}

void rumpuser_cv_wait_nowrap(struct rumpuser_cv *cv, struct rumpuser_mtx *mutex)
{
	cv->nr_waiters++;
	rumpuser_mutex_exit(mutex);
	block(&cv->waiters, FOREVER);
	rumpuser_mutex_enter_nowrap(mutex);
	cv->nr_waiters--;
}

int rumpuser_cv_timedwait(struct rumpuser_cv *cv, struct rumpuser_mtx *mutex, int64_t seconds,
			  int64_t nanoseconds)
{
	unsigned long deadline = hc_time_monotonic() + (unsigned long)seconds * NS_PER_SECOND +
				 (unsigned long)nanoseconds;

	return cv_wait(cv, mutex, deadline) ? 0 : NB_ETIMEDOUT;
}

void rumpuser_cv_signal(struct rumpuser_cv *cv)
{
	wake_first(&cv->waiters);
}

void rumpuser_cv_broadcast(struct rumpuser_cv *cv)
{
	wake_all(&cv->waiters);
}

void rumpuser_cv_has_waiters(struct rumpuser_cv *cv, int *waiters)
{
	*waiters = cv->nr_waiters != 0;
}

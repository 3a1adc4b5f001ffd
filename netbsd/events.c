// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * events.c - waiting for descriptors: poll, select, and epoll, which is a kqueue(2); what has
 * events of its own, eventfd and timerfd, which are pipes that have a byte in them when there is
 * something to read.
 */
#include "calls.h"

#include <asm/poll.h>
#include <asm/signal.h>
#include <linux/eventpoll.h>
#include <linux/fcntl.h>
#include <linux/time.h>
#include <linux/timerfd.h>

#define EFD_SEMAPHORE		1	/* of sys/eventfd.h; its others are O_CLOEXEC, O_NONBLOCK */

/*
 * A call of NetBSD's that waits with a timeout; a signal ends it.  Meanwhile mask is the mask of signals, unless it
 * is NULL.  Who waits for ever waits for half a year, since only a timeout can be ended early.
 */
static const struct __kernel_timespec for_ever = { 180 * 24 * 3600, 0 };

#define OR_FOR_EVER(timespec) ((timespec) ? (unsigned long)(timespec) : W(&for_ever))
#define WAIT(mask, name, ...) wait_in(mask, NB_##name, (const unsigned long[8]){ __VA_ARGS__ })

static long wait_in(const unsigned long *mask, unsigned int number, const unsigned long *a)
{
	unsigned long old = signal_mask_set(mask);
	long result;

	thread_interruptible(true);
	result = nb(number, a);
	thread_interruptible(false);
	if (!result && signal_waits())
		result = -EINTR;
	signal_mask_restore(mask, old, result == -EINTR);
	return result;
}

static struct __kernel_timespec timespec_of_ms(long ms)
{
	return ms < 0 ? for_ever : to_timespec((unsigned long)ms * 1000000);
}

/* The events have the same bits, but WRNORM, which is OUT for NetBSD; RDHUP it does not know. */
long poll_for(const unsigned long *a, unsigned long timespec, const unsigned long *mask)
{
	struct pollfd *fds = (struct pollfd *)a[0];
	long result = WAIT(mask, POLLTS, a[0], a[1], OR_FOR_EVER(timespec), 0);

	for (unsigned long i = 0; result > 0 && i < a[1]; i++)
		if (fds[i].events & POLLWRNORM && fds[i].revents & POLLOUT)
			fds[i].revents |= POLLWRNORM;
	return result;
}

long call_poll(const unsigned long *a)
{
	struct __kernel_timespec time = timespec_of_ms((int)a[2]);

	return poll_for(a, W(&time), NULL);
}

/* Its time becomes what is left of it. */
long call_select(const unsigned long *a)
{
	struct __kernel_old_timeval *time = (struct __kernel_old_timeval *)a[4];
	struct __kernel_timespec span = for_ever;
	unsigned long end;
	long result;

	if (time)
		span = (struct __kernel_timespec){ time->tv_sec + time->tv_usec / 1000000,
						   time->tv_usec % 1000000 * 1000 };
	if (!deadline_of(&span, &end))
		return -EINVAL;
	result = WAIT(NULL, PSELECT, a[0], a[1], a[2], a[3], W(&span), 0);
	if (time) {
		span = to_timespec(end > now() ? end - now() : 0);
		time->tv_sec = span.tv_sec;
		time->tv_usec = span.tv_nsec / 1000;
	}
	return result;
}

long call_pselect6(const unsigned long *a)
{
	const unsigned long *const *mask = (const unsigned long *const *)a[5];

	return WAIT(mask ? *mask : NULL, PSELECT, a[0], a[1], a[2], a[3], OR_FOR_EVER(a[4]), 0);
}

struct kevent {
	unsigned long ident;
	uint32_t filter, flags, fflags;
	int64_t data;
	intptr_t udata;
};

#define NB_EVFILT_READ		0
#define NB_EVFILT_WRITE		1
#define NB_EV_ADD		0x1
#define NB_EV_DELETE		0x2
#define NB_EV_ENABLE		0x4
#define NB_EV_DISABLE		0x8
#define NB_EV_CLEAR		0x20
#define NB_EV_EOF		0x8000

/* What one descriptor is registered with. */
struct interest {
	uint32_t events;
	bool used;
	unsigned char filters;		/* which of the two NetBSD has: 1 << NB_EVFILT_* */
	enum { UNKNOWN, PIPE, OTHER } kind;	/* is asked when it ends */
	int slot;			/* in the events that are being told, + 1 */
	uint64_t data;
};

struct epoll {
	struct special special;
	struct epoll *next;
	struct interest *interests;	/* by descriptor */
	unsigned int nr;
};

static struct epoll *epolls;

static bool is_open(unsigned long fd)
{
	return LX(fcntl, fd, F_GETFD) >= 0;
}

static void epoll_release(struct special *special)
{
	struct epoll *ep = (struct epoll *)special, **at = &epolls;

	while (*at && *at != ep)
		at = &(*at)->next;
	if (*at)
		*at = ep->next;
	if (ep->interests)
		release(ep->interests);
	release(ep);
}

void events_forget(int fd)
{
	for (struct epoll *ep = epolls; ep; ep = ep->next)
		if ((unsigned int)fd < ep->nr)
			ep->interests[fd].used = false;
}

static long change(unsigned long kq, unsigned long fd, uint32_t filter, uint32_t flags)
{
	const struct kevent k = { .ident = fd, .filter = filter, .flags = flags };

	return NB(KEVENT, kq, W(&k), 1, 0, 0, 0);
}

long call_epoll_create1(const unsigned long *a)
{
	struct epoll *ep;
	long fd, error;

	if (a[0] & ~(unsigned long)EPOLL_CLOEXEC)
		return -EINVAL;
	ep = allocate(sizeof(*ep));
	if (!ep)
		return -ENOMEM;
	memset(ep, 0, sizeof(*ep));
	ep->special.end = epoll_release;
	fd = NB(KQUEUE1, a[0] ? NB_O_CLOEXEC : 0);
	error = fd < 0 ? fd : special_set((int)fd, &ep->special);
	if (error) {
		if (fd >= 0)
			NB(CLOSE, (unsigned long)fd);
		release(ep);
		return error;
	}
	ep->next = epolls;
	epolls = ep;
	return fd;
}

static struct epoll *epoll_of(unsigned long fd)
{
	struct special *special = special_of((int)fd);

	return special && special->end == epoll_release ? (struct epoll *)special : NULL;
}

/* Have NetBSD know what the interest says.  Who asks for neither is still told of the end, once. */
static long register_interest(unsigned long kq, unsigned long fd, struct interest *i)
{
	unsigned char wanted = (i->events & (EPOLLOUT | EPOLLWRNORM) ? 2 : 0);
	uint32_t flags = NB_EV_ADD | NB_EV_ENABLE | (i->events & EPOLLET ? NB_EV_CLEAR : 0);

	if (i->events & (EPOLLIN | EPOLLRDNORM | EPOLLRDHUP) || !wanted)
		wanted |= 1;
	for (uint32_t filter = 0; filter < 2; filter++) {
		uint32_t once = filter == NB_EVFILT_READ && !(i->events & (EPOLLIN | EPOLLRDNORM)) ?
					NB_EV_CLEAR :
					0;
		long error;

		/* How it is told cannot be changed: it has to be another one. */
		if (i->filters & 1 << filter)
			change(kq, fd, filter, NB_EV_DELETE);
		i->filters &= (unsigned char)~(1 << filter);
		if (!(wanted & 1 << filter))
			continue;
		error = change(kq, fd, filter, flags | once);
		if (error)
			return error == -EINVAL ? -EPERM : error;
		i->filters |= (unsigned char)(1 << filter);
	}
	return 0;
}

static void change_all(unsigned long kq, unsigned long fd, const struct interest *i, uint32_t flags)
{
	for (uint32_t filter = 0; filter < 2; filter++)
		if (i->filters & 1 << filter)
			change(kq, fd, filter, flags);
}

long call_epoll_ctl(const unsigned long *a)
{
	const struct epoll_event *event = (const struct epoll_event *)a[3];
	struct epoll *ep = epoll_of(a[0]);
	struct interest *i;
	long result;

	if (!is_open(a[2]))
		return -EBADF;
	if (!ep || a[0] == a[2])
		return is_open(a[0]) ? -EINVAL : -EBADF;
	if (a[1] != EPOLL_CTL_DEL && !event)
		return -EFAULT;
	result = grow((void **)&ep->interests, &ep->nr, sizeof(*ep->interests), (unsigned int)a[2]);
	if (result)
		return result;
	i = &ep->interests[a[2]];
	if (a[1] < EPOLL_CTL_ADD || a[1] > EPOLL_CTL_MOD)
		return -EINVAL;
	if (i->used == (a[1] == EPOLL_CTL_ADD))
		return i->used ? -EEXIST : -ENOENT;
	if (a[1] == EPOLL_CTL_DEL) {
		change_all(a[0], a[2], i, NB_EV_DELETE);
		i->used = false;
		return 0;
	}
	if (a[1] == EPOLL_CTL_ADD)
		*i = (struct interest){ .used = true };
	i->events = event->events;
	i->data = event->data;
	result = register_interest(a[0], a[2], i);
	if (result && a[1] == EPOLL_CTL_ADD)
		i->used = false;
	return result;
}

/* What an event of NetBSD's means for who is interested in these. */
static uint32_t epoll_events(const struct kevent *k, struct interest *i)
{
	uint32_t events = 0;

	if (k->flags & NB_EV_EOF && i->kind == UNKNOWN)
		i->kind = is_pipe((int)k->ident) ? PIPE : OTHER;

	if (k->filter == NB_EVFILT_READ) {
		if (k->data || (k->flags & NB_EV_EOF && i->kind != PIPE))
			events |= EPOLLIN | EPOLLRDNORM;
		if (k->flags & NB_EV_EOF)
			events |= i->kind == PIPE ? EPOLLHUP : EPOLLRDHUP;
	} else {
		events |= k->flags & NB_EV_EOF ? EPOLLHUP : 0;
		events |= EPOLLOUT | EPOLLWRNORM;
	}
	if (k->flags & NB_EV_EOF && k->fflags)
		events |= EPOLLERR | EPOLLHUP;
	return events & (i->events | EPOLLERR | EPOLLHUP);
}

/* One event for each descriptor, though NetBSD tells of reading and writing apart. */
static long epoll_tell(unsigned long kq, struct epoll *ep, const struct kevent *k, long nr,
		       struct epoll_event *events)
{
	long told = 0;

	for (long n = 0; n < nr; n++) {
		struct interest *i;
		uint32_t what;

		if (k[n].ident >= ep->nr || !ep->interests[k[n].ident].used)
			continue;
		i = &ep->interests[k[n].ident];
		what = epoll_events(&k[n], i);
		if (!what)
			continue;
		if (!i->slot) {
			events[told] = (struct epoll_event){ 0, i->data };
			i->slot = (int)++told;
		}
		events[i->slot - 1].events |= what;
	}
	for (long n = 0; n < nr; n++) {
		struct interest *i = k[n].ident < ep->nr ? &ep->interests[k[n].ident] : NULL;

		if (i && i->slot && i->events & EPOLLONESHOT)
			change_all(kq, k[n].ident, i, NB_EV_DISABLE);
		if (i)
			i->slot = 0;
	}
	return told;
}

static long epoll_for(unsigned long fd, struct epoll_event *events, long nr,
		      const struct __kernel_timespec *span, const unsigned long *mask)
{
	struct epoll *ep = epoll_of(fd);
	struct kevent few[64];
	struct __kernel_timespec left = span ? *span : for_ever;
	unsigned long deadline;
	long got;

	if (!ep)
		return is_open(fd) ? -EINVAL : -EBADF;
	if (nr <= 0 || !deadline_of(&left, &deadline))
		return -EINVAL;
	ep->special.references++;	/* it may be closed meanwhile */
	for (;;) {
		got = WAIT(mask, KEVENT, fd, 0, 0, W(few), nr < 64 ? (unsigned long)nr : 64,
			   W(&left));
		if (got > 0)
			got = epoll_tell(fd, ep, few, got, events);
		/* Nothing, too early: what was told of was of no interest. */
		if (got || now() >= deadline)
			break;
		left = to_timespec(deadline - now());
	}
	if (!--ep->special.references)
		epoll_release(&ep->special);
	return got;
}

long call_epoll_pwait(const unsigned long *a)
{
	struct __kernel_timespec time = timespec_of_ms((int)a[3]);

	return epoll_for(a[0], (struct epoll_event *)a[1], (int)a[2], &time,
			 (const unsigned long *)a[4]);
}

/*
 * A pipe with a byte in it while the count is not 0.  Its reading end is the program's descriptor,
 * which can always be written to, for a pipe of NetBSD's has two directions.
 */
struct counter {
	struct special special;
	uint64_t count;
	unsigned long in;		/* the pipe's other end, hidden */
	bool semaphore, is_timer;
	struct timer timer;		/* of a timerfd */
};

static void counter_add(struct counter *c, uint64_t count)
{
	if (!c->count && count)
		NB(WRITE, c->in, W(""), 1);
	c->count += count;
}

static long counter_read(struct special *special, int fd, void *buffer, size_t size)
{
	struct counter *c = (struct counter *)special;
	uint64_t value;
	char byte;
	long result;

	if (size < sizeof(value))
		return -EINVAL;
	if (!buffer)
		return -EFAULT;
	result = NB(READ, (unsigned long)fd, W(&byte), 1);
	if (result != 1)
		return result < 0 ? result : -EAGAIN;
	value = c->semaphore ? 1 : c->count;
	c->count -= value;
	if (c->count)
		NB(WRITE, c->in, W(""), 1);
	memcpy(buffer, &value, sizeof(value));
	return sizeof(value);
}

static long counter_write(struct special *special, int fd, const void *buffer, size_t size)
{
	struct counter *c = (struct counter *)special;
	uint64_t value;

	if (size < sizeof(value) || !buffer || c->is_timer)
		return -EINVAL;
	memcpy(&value, buffer, sizeof(value));
	if (value == ~0ull)
		return -EINVAL;
	/* A writer that would have to wait is told so at once: nobody counts that far. */
	if (value > ~1ull - c->count)
		return -EAGAIN;
	counter_add(c, value);
	return sizeof(value);
}

static void counter_release(struct special *special)
{
	struct counter *c = (struct counter *)special;

	timer_set(&c->timer, FOREVER, 0);
	NB(CLOSE, c->in);
	release(c);
}

static void timerfd_fire(struct timer *timer, unsigned long times)
{
	struct counter *c = (struct counter *)((char *)timer - offsetof(struct counter, timer));

	counter_add(c, times);
}

/* flags: O_NONBLOCK, O_CLOEXEC */
static long counter_make(uint64_t count, unsigned int flags, bool semaphore, bool is_timer)
{
	struct counter *c = allocate(sizeof(*c));
	int fds[2];
	long error, in;

	if (!c)
		return -ENOMEM;
	memset(c, 0, sizeof(*c));
	c->special.read = counter_read;
	c->special.write = counter_write;
	c->is_timer = is_timer;
	c->special.end = counter_release;
	c->semaphore = semaphore;
	c->timer.fire = timerfd_fire;
	c->timer.deadline = FOREVER;
	error = NB(PIPE2, W(fds),
		   (flags & O_NONBLOCK ? NB_O_NONBLOCK : 0) |
			   (flags & O_CLOEXEC ? NB_O_CLOEXEC : 0));
	if (error) {
		release(c);
		return error;
	}
	in = hide(fds[1]);
	error = in < 0 ? in : special_set(fds[0], &c->special);
	if (error) {
		NB(CLOSE, (unsigned long)fds[0]);
		release(c);
		return error;
	}
	c->in = (unsigned long)in;
	counter_add(c, count);
	return fds[0];
}

long call_eventfd2(const unsigned long *a)
{
	if (a[1] & ~(unsigned long)(EFD_SEMAPHORE | O_NONBLOCK | O_CLOEXEC))
		return -EINVAL;
	return counter_make((unsigned int)a[0], (unsigned int)a[1], a[1] & EFD_SEMAPHORE, false);
}

long call_timerfd_create(const unsigned long *a)
{
	if ((a[0] != CLOCK_MONOTONIC && a[0] != CLOCK_REALTIME && a[0] != CLOCK_BOOTTIME) ||
	    a[1] & ~(unsigned long)(O_NONBLOCK | O_CLOEXEC))
		return -EINVAL;
	return counter_make(0, (unsigned int)a[1], a[0] == CLOCK_REALTIME, true);
}

static struct counter *timerfd_of(unsigned long fd)
{
	struct counter *c = (struct counter *)special_of((int)fd);

	return c && c->special.write == counter_write && c->is_timer ? c : NULL;
}

static long timerfd_tell(const struct timer *timer, struct __kernel_itimerspec *to)
{
	to->it_value = to_timespec(timer_left(timer));
	to->it_interval = to_timespec(timer->deadline == FOREVER ? 0 : timer->interval);
	return 0;
}

long call_timerfd_gettime(const unsigned long *a)
{
	struct counter *c = timerfd_of(a[0]);

	if (!c)
		return is_open(a[0]) ? -EINVAL : -EBADF;
	return timerfd_tell(&c->timer, (struct __kernel_itimerspec *)a[1]);
}

long call_timerfd_settime(const unsigned long *a)
{
	const struct __kernel_itimerspec *new = (const struct __kernel_itimerspec *)a[2];
	struct counter *c = timerfd_of(a[0]);
	unsigned long value, interval;
	char byte;

	if (!c)
		return is_open(a[0]) ? -EINVAL : -EBADF;
	/* The wall clock's is a semaphore, for which there is no other use. */
	if (!deadline_at(&new->it_value, a[1] & TFD_TIMER_ABSTIME, c->semaphore, &value) ||
	    !deadline_of(&new->it_interval, &interval))
		return -EINVAL;
	if (a[3])
		timerfd_tell(&c->timer, (struct __kernel_itimerspec *)a[3]);
	/* What it counted is forgotten, and the byte with it. */
	if (c->count) {
		c->count = 0;
		NB(READ, a[0], W(&byte), 1);
	}
	timer_set(&c->timer, to_ns(&new->it_value) ? value : FOREVER, to_ns(&new->it_interval));
	return 0;
}

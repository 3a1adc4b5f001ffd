// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * events.c - waiting for descriptors: poll, select, and epoll, which is a kqueue(2); what has
 * events of its own, eventfd and timerfd, which are pipes that have a byte in them when there is
 * something to read.
 *
 * A call that waits in NetBSD does not learn of a signal, so each of them waits for one descriptor
 * more: the reading end of a pipe that events_wake() writes to.
 */
#include "calls.h"
#include "tasks.h"

#include <asm/poll.h>
#include <asm/signal.h>
#include <linux/eventpoll.h>
#include <linux/fcntl.h>
#include <linux/time.h>
#include <linux/timerfd.h>

#define EFD_SEMAPHORE		1	/* of sys/eventfd.h; its others are O_CLOEXEC, O_NONBLOCK */
#define NB_O_NONBLOCK		4
#define NB_O_CLOEXEC		0x400000

static int wake_fds[2];

void events_start(void)
{
	if (NB(NB_PIPE2, W(wake_fds), NB_O_NONBLOCK | NB_O_CLOEXEC) < 0) {
		say("no pipe for signals");
		return;
	}
	wake_fds[0] = (int)hide(wake_fds[0]);
	wake_fds[1] = (int)hide(wake_fds[1]);
}

void events_wake(void)
{
	NB(NB_WRITE, (unsigned long)wake_fds[1], W(""), 1);
}

static void drain(void)
{
	char bytes[64];

	while (NB(NB_READ, (unsigned long)wake_fds[0], W(bytes), sizeof(bytes)) > 0)
		;
}

/* ------------------------------------------------------------------ time */

/* What is left until then, for NetBSD; NULL: no end. */
static struct __kernel_timespec *left_until(unsigned long deadline, struct __kernel_timespec *left)
{
	unsigned long time = now();

	if (deadline == FOREVER)
		return NULL;
	time = deadline > time ? deadline - time : 0;
	left->tv_sec = (long)(time / NS_PER_SECOND);
	left->tv_nsec = (long)(time % NS_PER_SECOND);
	return left;
}

static unsigned long deadline_of_ms(long ms)
{
	return ms < 0 ? FOREVER : ms ? now() + (unsigned long)ms * 1000000 : 0;
}

/* ------------------------------------------------------------------ poll */

#define FEW			32

/* The events that Linux numbers otherwise: WRNORM is OUT for NetBSD, RDHUP it does not know. */
static const struct bits poll_bits[] = { { POLLIN, 1 },	       { POLLPRI, 2 },
					 { POLLOUT, 4 },       { POLLERR, 8 },
					 { POLLHUP, 0x10 },    { POLLNVAL, 0x20 },
					 { POLLRDNORM, 0x40 }, { POLLRDBAND, 0x80 },
					 { POLLWRBAND, 0x100 } };

static long poll_until(struct pollfd *fds, unsigned long nr, unsigned long deadline)
{
	struct pollfd few[FEW + 1], *n = few;
	struct __kernel_timespec left;
	long result;

	if (nr > 65536)
		return -EINVAL;
	if (nr && !fds)
		return -EFAULT;
	if (nr > FEW)
		n = allocate((nr + 1) * sizeof(*n));
	if (!n)
		return -ENOMEM;
	for (unsigned long i = 0; i < nr; i++) {
		struct special *special = special_of(fds[i].fd);
		unsigned int events = (unsigned short)fds[i].events;

		n[i].fd = special && special->hidden ? 65536 : fds[i].fd;
		n[i].events = (short)bits_to_netbsd(poll_bits, ARRAY_SIZE(poll_bits), events, NULL);
		if (events & POLLWRNORM)
			n[i].events |= 4;
		n[i].revents = 0;
	}
	n[nr] = (struct pollfd){ .fd = wake_fds[0], .events = POLLIN };
	do {
		result = signal_waits() ? -EINTR :
					  NB(NB_POLLTS, W(n), nr + (deadline != 0),
					     W(left_until(deadline, &left)), 0);
		if (result > 0 && deadline && n[nr].revents) {
			drain();
			n[nr].revents = 0;
			result--;
			if (!result && !signal_waits() && (deadline == FOREVER || now() < deadline))
				continue;
			if (!result)
				result = signal_waits() ? -EINTR : 0;
		}
		break;
	} while (true);
	for (unsigned long i = 0; i < nr; i++) {
		unsigned int got = (unsigned short)n[i].revents,
			     asked = (unsigned short)fds[i].events;

		fds[i].revents = (short)bits_to_linux(poll_bits, ARRAY_SIZE(poll_bits), got);
		/*
		 * The other side's end is an event for who reads; only the end of both sides is
		 * POLLHUP.
		 */
		if (got & 4)
			fds[i].revents |= (short)(asked & POLLWRNORM);
		if (!(asked & POLLOUT))
			fds[i].revents &= ~POLLOUT;
	}
	if (n != few)
		release(n);
	return result;
}

long call_poll(const unsigned long *a)
{
	return poll_until((struct pollfd *)a[0], a[1], deadline_of_ms((int)a[2]));
}

long call_ppoll(const unsigned long *a)
{
	unsigned long deadline, mask;
	long result;

	if (!deadline_of((const struct __kernel_timespec *)a[2], &deadline))
		return -EINVAL;
	mask = signal_mask_set((const unsigned long *)a[3]);
	result = poll_until((struct pollfd *)a[0], a[1], deadline);
	signal_mask_restore((const unsigned long *)a[3], mask, result == -EINTR);
	return result;
}

/* ------------------------------------------------------------------ select, by poll */

#define BITS			64

static bool in_set(const unsigned long *set, unsigned long fd)
{
	return set && set[fd / BITS] >> fd % BITS & 1;
}

static long select_until(unsigned long nr, unsigned long *const *sets, unsigned long deadline)
{
	static const short events[] = { POLLIN, POLLOUT, POLLPRI };
	static const short said[] = { POLLIN | POLLHUP | POLLERR, POLLOUT | POLLERR, POLLPRI };
	struct pollfd *fds;
	unsigned long used = 0;
	long result, bits = 0;

	if (nr > 65536)
		return -EINVAL;
	fds = allocate((nr + 1) * sizeof(*fds));
	if (!fds)
		return -ENOMEM;
	for (unsigned long fd = 0; fd < nr; fd++) {
		fds[used].fd = (int)fd;
		fds[used].events = 0;
		for (unsigned int i = 0; i < 3; i++)
			if (in_set(sets[i], fd))
				fds[used].events |= events[i];
		used += fds[used].events != 0;
	}
	result = poll_until(fds, used, deadline);
	for (unsigned long i = 0; result > 0 && i < used; i++)
		if (fds[i].revents & POLLNVAL)
			result = -EBADF;
	for (unsigned int i = 0; result >= 0 && i < 3; i++)
		if (sets[i])
			memset(sets[i], 0, (nr + BITS - 1) / BITS * sizeof(unsigned long));
	for (unsigned long at = 0; result > 0 && at < used; at++)
		for (unsigned int i = 0; i < 3; i++)
			if (fds[at].events & events[i] && fds[at].revents & said[i]) {
				unsigned long fd = (unsigned long)fds[at].fd;

				sets[i][fd / BITS] |= 1ul << fd % BITS;
				bits++;
			}
	release(fds);
	return result < 0 ? result : bits;
}

long call_select(const unsigned long *a)
{
	unsigned long *sets[] = { (unsigned long *)a[1], (unsigned long *)a[2],
				  (unsigned long *)a[3] };
	struct __kernel_old_timeval *time = (struct __kernel_old_timeval *)a[4];
	struct __kernel_timespec left;
	unsigned long deadline = FOREVER;
	long result;

	if (time && (time->tv_sec < 0 || time->tv_usec < 0))
		return -EINVAL;
	if (time)
		deadline = time->tv_sec || time->tv_usec ?
				   now() + (unsigned long)time->tv_sec * NS_PER_SECOND +
					   (unsigned long)time->tv_usec * 1000 :
				   0;
	result = select_until(a[0], sets, deadline);
	if (time && left_until(deadline, &left)) {
		time->tv_sec = left.tv_sec;
		time->tv_usec = left.tv_nsec / 1000;
	}
	return result;
}

long call_pselect6(const unsigned long *a)
{
	unsigned long *sets[] = { (unsigned long *)a[1], (unsigned long *)a[2],
				  (unsigned long *)a[3] };
	const struct {
		const unsigned long *mask;
		size_t size;
	} *last = (const void *)a[5];
	const unsigned long *mask = last ? last->mask : NULL;
	unsigned long deadline, old;
	long result;

	if (!deadline_of((const struct __kernel_timespec *)a[4], &deadline))
		return -EINVAL;
	old = signal_mask_set(mask);
	result = select_until(a[0], sets, deadline);
	signal_mask_restore(mask, old, result == -EINTR);
	return result;
}

/* ------------------------------------------------------------------ epoll */

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
#define NB_EV_DISPATCH		0x80
#define NB_EV_ERROR		0x4000
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

static long kevent(unsigned long fd, const struct kevent *changes, size_t nr_changes,
		   struct kevent *events, size_t nr_events, const struct __kernel_timespec *wait)
{
	return NB(NB_KEVENT, fd, W(changes), nr_changes, W(events), nr_events, W(wait));
}

long call_epoll_create1(const unsigned long *a)
{
	struct kevent wake = { .ident = (unsigned long)wake_fds[0],
			       .filter = NB_EVFILT_READ,
			       .flags = NB_EV_ADD | NB_EV_CLEAR,
			       .udata = -1 };
	struct epoll *ep;
	long fd, error;

	if (a[0] & ~(unsigned long)EPOLL_CLOEXEC)
		return -EINVAL;
	ep = allocate(sizeof(*ep));
	if (!ep)
		return -ENOMEM;
	memset(ep, 0, sizeof(*ep));
	ep->special.release = epoll_release;
	fd = NB(NB_KQUEUE1, a[0] ? NB_O_CLOEXEC : 0);
	error = fd < 0 ? fd : kevent((unsigned long)fd, &wake, 1, NULL, 0, NULL);
	if (!error)
		error = special_set((int)fd, &ep->special);
	if (error) {
		if (fd >= 0)
			NB(NB_CLOSE, (unsigned long)fd);
		release(ep);
		return error;
	}
	ep->next = epolls;
	epolls = ep;
	return fd;
}

long call_epoll_create(const unsigned long *a)
{
	return (int)a[0] <= 0 ? -EINVAL : call_epoll_create1((const unsigned long[]){ 0 });
}

static struct epoll *epoll_of(unsigned long fd)
{
	struct special *special = special_of((int)fd);

	return special && special->release == epoll_release ? (struct epoll *)special : NULL;
}

static long interest_room(struct epoll *ep, unsigned int fd)
{
	unsigned int nr = ep->nr ? ep->nr : 64;
	struct interest *more;

	while (nr <= fd)
		nr *= 2;
	if (nr == ep->nr)
		return 0;
	more = allocate(nr * sizeof(*more));
	if (!more)
		return -ENOMEM;
	memset(more, 0, nr * sizeof(*more));
	if (ep->nr) {
		memcpy(more, ep->interests, ep->nr * sizeof(*more));
		release(ep->interests);
	}
	ep->interests = more;
	ep->nr = nr;
	return 0;
}

/* Have NetBSD know what the interest says.  Who asks for neither is still told of the end, once. */
static long register_interest(unsigned long kq, unsigned long fd, struct interest *i)
{
	unsigned char wanted = (i->events & (EPOLLOUT | EPOLLWRNORM) ? 2 : 0);
	uint32_t flags = NB_EV_ADD | NB_EV_ENABLE | (i->events & EPOLLET ? NB_EV_CLEAR : 0);

	if (i->events & (EPOLLIN | EPOLLRDNORM | EPOLLRDHUP) || !wanted)
		wanted |= 1;
	for (uint32_t filter = 0; filter < 2; filter++) {
		struct kevent k = {
			.ident = fd, .filter = filter, .flags = flags, .udata = (intptr_t)fd
		};
		long error;

		if (!(wanted & 1 << filter) && !(i->filters & 1 << filter))
			continue;
		/* How it is told cannot be changed: it has to be another one. */
		if (i->filters & 1 << filter) {
			k.flags = NB_EV_DELETE;
			kevent(kq, &k, 1, NULL, 0, NULL);
			i->filters &= (unsigned char)~(1 << filter);
			k.flags = flags;
		}
		if (!(wanted & 1 << filter))
			continue;
		if (filter == NB_EVFILT_READ && !(i->events & (EPOLLIN | EPOLLRDNORM)))
			k.flags |= NB_EV_CLEAR;
		error = kevent(kq, &k, 1, NULL, 0, NULL);
		if (error)
			return error == -EINVAL ? -EPERM : error;
		i->filters |= (unsigned char)(1 << filter);
	}
	return 0;
}

long call_epoll_ctl(const unsigned long *a)
{
	const struct epoll_event *event = (const struct epoll_event *)a[3];
	struct epoll *ep = epoll_of(a[0]);
	struct special *special = special_of((int)a[2]);
	struct interest *i;
	long result;

	if (NB(NB_FCNTL, a[2], F_GETFD) < 0 || (special && special->hidden))
		return -EBADF;
	if (!ep || a[0] == a[2])
		return NB(NB_FCNTL, a[0], F_GETFD) < 0 ? -EBADF : -EINVAL;
	if (a[1] != EPOLL_CTL_DEL && !event)
		return -EFAULT;
	result = interest_room(ep, (unsigned int)a[2]);
	if (result)
		return result;
	i = &ep->interests[a[2]];
	switch (a[1]) {
	case EPOLL_CTL_ADD:
		if (i->used)
			return -EEXIST;
		*i = (struct interest){ .used = true };
		break;
	case EPOLL_CTL_MOD:
	case EPOLL_CTL_DEL:
		if (!i->used)
			return -ENOENT;
		break;
	default:
		return -EINVAL;
	}
	if (a[1] == EPOLL_CTL_DEL) {
		for (uint32_t filter = 0; filter < 2; filter++)
			if (i->filters & 1 << filter)
				kevent(a[0],
				       &(const struct kevent){ .ident = a[2],
							       .filter = filter,
							       .flags = NB_EV_DELETE },
				       1, NULL, 0, NULL);
		i->used = false;
		return 0;
	}
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

#define MANY			64

static void disable(unsigned long kq, unsigned long fd, const struct interest *i)
{
	for (uint32_t filter = 0; filter < 2; filter++)
		if (i->filters & 1 << filter)
			kevent(kq,
			       &(const struct kevent){
				       .ident = fd, .filter = filter, .flags = NB_EV_DISABLE },
			       1, NULL, 0, NULL);
}

/* One event for each descriptor, though NetBSD tells of reading and writing apart. */
static long epoll_tell(unsigned long kq, struct epoll *ep, const struct kevent *k, long nr,
		       struct epoll_event *events, bool *woken)
{
	long told = 0;

	for (long n = 0; n < nr; n++) {
		struct interest *i;
		uint32_t what;

		if (k[n].udata == -1) {
			*woken = true;
			continue;
		}
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
			disable(kq, k[n].ident, i);
		if (i)
			i->slot = 0;
	}
	return told;
}

static long epoll_until(unsigned long fd, struct epoll_event *events, long nr,
			unsigned long deadline)
{
	struct epoll *ep = epoll_of(fd);
	struct kevent few[MANY];
	struct __kernel_timespec left;
	bool woken = false;
	long got;

	if (!ep)
		return NB(NB_FCNTL, fd, F_GETFD) < 0 ? -EBADF : -EINVAL;
	if (nr <= 0)
		return -EINVAL;
	if (!events)
		return -EFAULT;
	ep->special.references++;	/* it may be closed meanwhile */
	do {
		got = kevent(fd, NULL, 0, few, nr < MANY ? (size_t)nr : MANY,
			     left_until(deadline, &left));
		if (got > 0)
			got = epoll_tell(fd, ep, few, got, events, &woken);
		if (woken)
			drain();
		if (!got && signal_waits())
			got = -EINTR;
		/* Nothing, too early: what was told of was of no interest. */
	} while (!got && (deadline == FOREVER || now() < deadline));
	if (!--ep->special.references)
		epoll_release(&ep->special);
	return got;
}

long call_epoll_wait(const unsigned long *a)
{
	return epoll_until(a[0], (struct epoll_event *)a[1], (int)a[2], deadline_of_ms((int)a[3]));
}

long call_epoll_pwait(const unsigned long *a)
{
	unsigned long mask = signal_mask_set((const unsigned long *)a[4]);
	long result = call_epoll_wait(a);

	signal_mask_restore((const unsigned long *)a[4], mask, result == -EINTR);
	return result;
}

long call_epoll_pwait2(const unsigned long *a)
{
	unsigned long deadline, mask;
	long result;

	if (!deadline_of((const struct __kernel_timespec *)a[3], &deadline))
		return -EINVAL;
	mask = signal_mask_set((const unsigned long *)a[4]);
	result = epoll_until(a[0], (struct epoll_event *)a[1], (int)a[2], deadline);
	signal_mask_restore((const unsigned long *)a[4], mask, result == -EINTR);
	return result;
}

/* ------------------------------------------------------------------ counters */

/*
 * A pipe with a byte in it while the count is not 0.  Its reading end is the program's descriptor,
 * which can always be written to, for a pipe of NetBSD's has two directions.
 */
struct counter {
	struct special special;
	uint64_t count;
	unsigned long in;		/* the pipe's other end, hidden */
	bool semaphore;
	struct timer timer;		/* of a timerfd */
};

static void counter_add(struct counter *c, uint64_t count)
{
	if (!c->count && count)
		NB(NB_WRITE, c->in, W(""), 1);
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
	result = NB(NB_READ, (unsigned long)fd, W(&byte), 1);
	if (result != 1)
		return result < 0 ? result : -EAGAIN;
	value = c->semaphore ? 1 : c->count;
	c->count -= value;
	if (c->count)
		NB(NB_WRITE, c->in, W(""), 1);
	memcpy(buffer, &value, sizeof(value));
	return sizeof(value);
}

static long counter_write(struct special *special, int fd, const void *buffer, size_t size)
{
	struct counter *c = (struct counter *)special;
	uint64_t value;

	if (size < sizeof(value) || !buffer)
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

static long timerfd_write(struct special *special, int fd, const void *buffer, size_t size)
{
	return -EINVAL;
}

static void counter_release(struct special *special)
{
	struct counter *c = (struct counter *)special;

	timer_set(&c->timer, FOREVER, 0);
	NB(NB_CLOSE, c->in);
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
	c->special.write = is_timer ? timerfd_write : counter_write;
	c->special.release = counter_release;
	c->semaphore = semaphore;
	c->timer.fire = timerfd_fire;
	c->timer.deadline = FOREVER;
	error = NB(NB_PIPE2, W(fds),
		   (flags & O_NONBLOCK ? NB_O_NONBLOCK : 0) |
			   (flags & O_CLOEXEC ? NB_O_CLOEXEC : 0));
	if (error) {
		release(c);
		return error;
	}
	in = hide(fds[1]);
	error = in < 0 ? in : special_set(fds[0], &c->special);
	if (error) {
		NB(NB_CLOSE, (unsigned long)fds[0]);
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

long call_eventfd(const unsigned long *a)
{
	return call_eventfd2((const unsigned long[]){ a[0], 0 });
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
	struct special *special = special_of((int)fd);

	return special && special->write == timerfd_write ? (struct counter *)special : NULL;
}

static unsigned long ns_of(const struct __kernel_timespec *t)
{
	return (unsigned long)t->tv_sec * NS_PER_SECOND + (unsigned long)t->tv_nsec;
}

static struct __kernel_timespec timespec_of(unsigned long ns)
{
	return (struct __kernel_timespec){ (long)(ns / NS_PER_SECOND), (long)(ns % NS_PER_SECOND) };
}

static long timerfd_tell(const struct counter *c, struct __kernel_itimerspec *to)
{
	unsigned long time = now(), deadline = c->timer.deadline;

	to->it_interval = timespec_of(deadline == FOREVER ? 0 : c->timer.interval);
	to->it_value = timespec_of(deadline == FOREVER ? 0 : deadline > time ? deadline - time : 1);
	return 0;
}

long call_timerfd_gettime(const unsigned long *a)
{
	struct counter *c = timerfd_of(a[0]);

	if (!c)
		return NB(NB_FCNTL, a[0], F_GETFD) < 0 ? -EBADF : -EINVAL;
	return a[1] ? timerfd_tell(c, (struct __kernel_itimerspec *)a[1]) : -EFAULT;
}

long call_timerfd_settime(const unsigned long *a)
{
	const struct __kernel_itimerspec *new = (const struct __kernel_itimerspec *)a[2];
	struct counter *c = timerfd_of(a[0]);
	unsigned long value, unused;
	char byte;

	if (!c)
		return NB(NB_FCNTL, a[0], F_GETFD) < 0 ? -EBADF : -EINVAL;
	if (!new)
		return -EFAULT;
	if (!deadline_of(&new->it_value, &unused) || !deadline_of(&new->it_interval, &unused))
		return -EINVAL;
	if (a[3])
		timerfd_tell(c, (struct __kernel_itimerspec *)a[3]);
	/* What it counted is forgotten, and the byte with it. */
	if (c->count) {
		c->count = 0;
		NB(NB_READ, a[0], W(&byte), 1);
	}
	value = ns_of(&new->it_value);
	if (!value) {
		timer_set(&c->timer, FOREVER, 0);
		return 0;
	}
	if (!(a[1] & TFD_TIMER_ABSTIME))
		value += now();
	else if (c->semaphore)		/* of the wall clock, whose distance to ours is constant */
		value -= wall() - now() < value ? wall() - now() : value;
	timer_set(&c->timer, value, ns_of(&new->it_interval));
	return 0;
}

// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * calls.c - how Linux's system calls become NetBSD's, as a program of the host with sanitizers: its headers say what
 * Linux's constants and structures are, and a function in NetBSD's place notes what it was asked and answers as
 * NetBSD would.  NetBSD's own numbers are written down here once more, by its manual pages.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/timerfd.h>
#include <unistd.h>

typedef long call(const unsigned long *a);
call call_fcntl, call_newfstatat, call_statx, call_faccessat2, call_ioctl, call_lseek, call_socket;
call call_accept4, call_getsockname, call_sendto, call_recvfrom, call_sendmsg, call_recvmsg;
call call_setsockopt, call_getsockopt, call_poll, call_select, call_epoll_create1, call_epoll_ctl;
call call_epoll_wait, call_eventfd2, call_timerfd_create, call_timerfd_settime, call_read,
	call_write;
call call_timerfd_gettime, call_close, call_preadv;

int errno_of(int netbsd);
void console_open(bool terminal, unsigned int rows, unsigned int columns);

#define CALL(name, ...)	call_##name((const unsigned long[8]){ __VA_ARGS__ })
#define P(pointer)	((unsigned long)(pointer))

static int tests, failed;

static void ok(bool good, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void ok(bool good, const char *format, ...)
{
	va_list list;

	printf("%s %d - ", good ? "ok" : "not ok", ++tests);
	va_start(list, format);
	vprintf(format, list);
	va_end(list);
	putchar('\n');
	failed += !good;
}

/* ------------------------------------------------------------------ in NetBSD's place */

static struct {
	unsigned int number;
	unsigned long a[8];
} asked[64];
static unsigned int nr_asked;

/* What it answers: a result or an errno of NetBSD's; and what else it does, if it is this call. */
static long result;
static int error;
static unsigned int act_on;
static long (*act)(const unsigned long *a);

int rump_syscall(int number, void *arguments, size_t size, long *results);

int rump_syscall(int number, void *arguments, size_t size, long *results)
{
	if (nr_asked < 64) {
		asked[nr_asked].number = (unsigned int)number;
		memcpy(asked[nr_asked].a, arguments, size < 64 ? size : 64);
		nr_asked++;
	}
	if (act && (unsigned int)number == act_on) {
		results[0] = act(arguments);
		return results[0] < 0 ? (int)-results[0] : 0;
	}
	results[0] = result;
	return error;
}

/* The functions of NetBSD's Linux emulation: the last one that was called is in the list, as a number. */
enum { DUP3 = 1000, FCNTL, FSTAT64, FSTATAT64, IOCTL, SENDMSG, SENDTO, SOCKET, STAT64 };

#define EMULATION(name, number)                                                     \
	int rumpns_linux_sys_##name(void *lwp, const void *arguments, long *results); \
	int rumpns_linux_sys_##name(void *lwp, const void *arguments, long *results)  \
	{                                                                           \
		(void)lwp;                                                          \
		return rump_syscall(number, (void *)arguments, 64, results);        \
	}

EMULATION(dup3, DUP3)
EMULATION(fcntl, FCNTL)
EMULATION(fstat64, FSTAT64)
EMULATION(fstatat64, FSTATAT64)
EMULATION(ioctl, IOCTL)
EMULATION(sendmsg, SENDMSG)
EMULATION(sendto, SENDTO)
EMULATION(socket, SOCKET)
EMULATION(stat64, STAT64)

const int rumpns_native_to_linux_errno[97] = {
	0, -EPERM, -ENOENT, [22] = -EINVAL, [35] = -EAGAIN, [45] = -EOPNOTSUPP, [61] = -ECONNREFUSED
};

void rump_schedule(void);
void rump_unschedule(void);
void *rumpuser_curlwp(void);

void rump_schedule(void)
{
}

void rump_unschedule(void)
{
}

void *rumpuser_curlwp(void)
{
	return NULL;
}

static void expect(long answer, int with_error)
{
	nr_asked = 0;
	result = answer;
	error = with_error;
	act = NULL;
}

static void do_on(unsigned int number, long (*what)(const unsigned long *a))
{
	act_on = number;
	act = what;
}

/* The last call was this one, with these arguments. */
static bool was(unsigned int number, unsigned int nr, ...)
{
	va_list list;
	bool same = nr_asked && asked[nr_asked - 1].number == number;

	va_start(list, nr);
	for (unsigned int i = 0; i < nr && same; i++)
		same = asked[nr_asked - 1].a[i] == va_arg(list, unsigned long);
	va_end(list);
	if (!same && nr_asked)
		printf("# call %u: %lx %lx %lx %lx\n", asked[nr_asked - 1].number,
		       asked[nr_asked - 1].a[0], asked[nr_asked - 1].a[1], asked[nr_asked - 1].a[2],
		       asked[nr_asked - 1].a[3]);
	return same;
}

/* What else the calls want of the kernel around them. */
struct task;
struct thread;
struct hc_frame;
struct timer {
	unsigned long deadline, interval;
	void (*fire)(struct timer *timer, unsigned long times);
	struct timer *next;
};

static unsigned long time_now = 1000000000, ahead = 5000000000;
static struct timer *last_timer;
static bool signal_there;

unsigned long hc_time_monotonic(void);
unsigned long hc_time_wall(void);
bool deadline_of(const struct timespec *span, unsigned long *deadline);
void timer_set(struct timer *timer, unsigned long deadline, unsigned long interval);
bool signal_waits(void);
unsigned long signal_mask_set(const unsigned long *mask);
void signal_mask_restore(const unsigned long *mask, unsigned long old, bool interrupted);
void *memory_allocate(size_t size, size_t alignment);
void memory_free(void *memory);
void say(const char *format, ...);
int process_number = 1;
bool pause_until(unsigned long deadline);
long limit(unsigned long resource, unsigned long new, unsigned long old);
struct task *current_task(void);
void program_end(unsigned int status);
void signal_send(struct task *task, int number, int code, unsigned long value);
call call_clock_nanosleep, call_fork, call_tgkill;

struct task *current_task(void)
{
	return NULL;
}

void program_end(unsigned int status)
{
	exit((int)status);
}

void signal_send(struct task *task, int number, int code, unsigned long value)
{
	(void)task;
	(void)number;
	(void)code;
	(void)value;
}

long call_tgkill(const unsigned long *a)
{
	return (long)a[0];
}

bool pause_until(unsigned long deadline)
{
	return deadline;
}

long limit(unsigned long resource, unsigned long new, unsigned long old)
{
	return (long)(resource + new + old);
}

long call_clock_nanosleep(const unsigned long *a)
{
	return (long)a[0];
}

long call_fork(const unsigned long *a)
{
	return (long)a[0];
}

void console_put(const char *text, size_t size);
long console_get(char *text, size_t size, bool wait);

unsigned long hc_time_monotonic(void)
{
	return time_now;
}

unsigned long hc_time_wall(void)
{
	return time_now + ahead;
}

bool deadline_of(const struct timespec *span, unsigned long *deadline)
{
	*deadline = ~0ul;
	if (span && (span->tv_nsec < 0 || span->tv_nsec > 999999999))
		return false;
	if (span)
		*deadline = time_now + (unsigned long)span->tv_sec * 1000000000 +
			    (unsigned long)span->tv_nsec;
	return true;
}

void timer_set(struct timer *timer, unsigned long deadline, unsigned long interval)
{
	timer->deadline = deadline;
	timer->interval = interval;
	last_timer = timer;
}

bool signal_waits(void)
{
	return signal_there;
}

static bool interruptible, was_interruptible;

void thread_interruptible(bool may_end);

void thread_interruptible(bool may_end)
{
	was_interruptible = interruptible;
	interruptible = may_end;
}

unsigned long to_ns(const struct timespec *t);
struct timespec to_timespec(unsigned long ns);
bool deadline_at(const struct timespec *time, bool absolute, bool of_wall, unsigned long *deadline);
unsigned long timer_left(const struct timer *timer);

unsigned long to_ns(const struct timespec *t)
{
	return (unsigned long)t->tv_sec * 1000000000 + (unsigned long)t->tv_nsec;
}

struct timespec to_timespec(unsigned long ns)
{
	return (struct timespec){ (long)(ns / 1000000000), (long)(ns % 1000000000) };
}

bool deadline_at(const struct timespec *time, bool absolute, bool of_wall, unsigned long *deadline)
{
	*deadline = to_ns(time) + (absolute ? 0 : time_now) - (absolute && of_wall ? ahead : 0);
	return true;
}

unsigned long timer_left(const struct timer *timer)
{
	return timer->deadline == ~0ul ? 0 : timer->deadline - time_now;
}

unsigned long signal_mask_set(const unsigned long *mask)
{
	(void)mask;
	return 0;
}

void signal_mask_restore(const unsigned long *mask, unsigned long old, bool interrupted)
{
	(void)mask;
	(void)old;
	(void)interrupted;
}

void *memory_allocate(size_t size, size_t alignment)
{
	(void)alignment;
	return malloc(size);
}

void memory_free(void *memory)
{
	free(memory);
}

void say(const char *format, ...)
{
	(void)format;
}

void console_put(const char *text, size_t size)
{
	printf("# console: %.*s\n", (int)size, text);
}

long console_get(char *text, size_t size, bool wait)
{
	(void)size;
	(void)wait;
	*text = 'x';
	return 1;
}

/* ------------------------------------------------------------------ errors and flags */

static void test_errno(void)
{
	bool good;

	ok(errno_of(2) == ENOENT && errno_of(35) == EAGAIN && errno_of(61) == ECONNREFUSED,
	   "errno, by NetBSD's own table");
	ok(errno_of(-3) == EINTR && errno_of(1000) == EINVAL, "and what it does not have");
	expect(0, 35);
	ok(CALL(preadv, 3, P(&good), 1, 7) == -EAGAIN && was(289, 5, 3ul, P(&good), 1ul, 0ul, 7ul),
	   "a call that fails returns minus the number; an offset has a word ahead of it");
	expect(0, 61);
	ok(CALL(socket, AF_INET, SOCK_STREAM, 0) == -ECONNREFUSED, "one of the emulation as well");
}

static void test_descriptors(void)
{
	expect(4, 0);
	ok(CALL(fcntl, 5, F_GETFL) == (4 | 0100000), "fcntl: F_GETFL tells of large files");
	expect(0, 45);
	ok(CALL(fcntl, 5, 99) == -EINVAL, "a command that is not known");
	expect(0, 0);
	ok(!CALL(faccessat2, 5, P("x"), R_OK, AT_EACCESS | AT_SYMLINK_NOFOLLOW) &&
		   was(462, 4, 5ul, P("x"), 4ul, 0x300ul),
	   "faccessat2: AT_EACCESS, which has the same number as AT_REMOVEDIR");
	ok(!CALL(lseek, 5, 99, SEEK_END) && was(199, 4, 5ul, 0ul, 99ul, 2ul) &&
		   CALL(lseek, 5, 0, SEEK_DATA) == -EINVAL,
	   "lseek");
	expect(12, 0);
	ok(CALL(fcntl, 5, F_DUPFD_CLOEXEC, 10) == 12 &&
		   was(FCNTL, 3, 5ul, (unsigned long)F_DUPFD_CLOEXEC, 10ul),
	   "F_DUPFD_CLOEXEC");
}

/* ------------------------------------------------------------------ what a file is */

static long fill_stat(const unsigned long *a)
{
	struct stat *st = (void *)a[act_on == FSTATAT64 ? 2 : 1];

	*st = (struct stat){
		.st_dev = 0x1203,
		.st_mode = S_IFREG | 0644,
		.st_ino = 1ull << 40,
		.st_nlink = 3,
		.st_rdev = 0x12300456,
		.st_atim = { 1, 2 },
		.st_mtim = { 3, 4 },
		.st_ctim = { 5, 6 },
		.st_size = 1ll << 33,
	};
	return 0;
}

static void test_stat(void)
{
	struct stat st;
	struct statx x;

	expect(0, 0);
	do_on(FSTATAT64, fill_stat);
	ok(!CALL(newfstatat, 5, P("x"), P(&st), AT_SYMLINK_NOFOLLOW) && st.st_size == 1ll << 33 &&
		   asked[nr_asked - 1].a[3] == AT_SYMLINK_NOFOLLOW,
	   "fstatat");
	memset(&x, 0xff, sizeof(x));
	ok(!CALL(statx, 5, P("x"), 0, STATX_BASIC_STATS, P(&x)) &&
		   (x.stx_mask & STATX_BASIC_STATS) == STATX_BASIC_STATS &&
		   x.stx_size == 1ull << 33 && x.stx_mode == (S_IFREG | 0644) &&
		   x.stx_mtime.tv_sec == 3 && x.stx_ctime.tv_nsec == 6 && x.stx_rdev_major == 4 &&
		   x.stx_rdev_minor == 0x12356 && x.stx_dev_major == 0x2 + 0x10 &&
		   x.stx_dev_minor == 3,
	   "statx");
	do_on(FSTAT64, fill_stat);
	ok(!CALL(statx, 5, P(""), AT_EMPTY_PATH, STATX_BASIC_STATS, P(&x)) &&
		   !CALL(newfstatat, 5, P(""), P(&st), AT_EMPTY_PATH) && was(FSTAT64, 1, 5ul) &&
		   !CALL(newfstatat, AT_FDCWD, P(""), P(&st), AT_EMPTY_PATH) && was(STAT64, 0),
	   "AT_EMPTY_PATH");
	expect(0, 2);
	ok(CALL(newfstatat, 5, P("x"), P(&st), 0) == -ENOENT, "a file that is not there");
}

/* ------------------------------------------------------------------ sockets */

struct netbsd_address {
	uint8_t size, family;
	char rest[126];
};

static long tell_address(const unsigned long *a)
{
	struct netbsd_address address = { 16, 2, "\x1f\x90\x7f\0\0\1" };
	uint32_t room = *(uint32_t *)a[2];

	memcpy((void *)a[1], &address, room < 16 ? room : 16);
	if (room > 16)
		*(uint32_t *)a[2] = 16;
	return act_on == 456 ? 9 : 0;
}

static long tell_ipv6(const unsigned long *a)
{
	memcpy((void *)a[4], (struct netbsd_address[]){ { 28, 24, "\x1f\x90" } }, 28);
	*(uint32_t *)a[5] = 28;
	return 3;
}

static void test_addresses(void)
{
	struct sockaddr_in got;
	struct sockaddr_in6 in6;
	socklen_t size = sizeof(got);
	char byte;

	expect(3, 0);
	ok(CALL(socket, AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, IPPROTO_TCP) == 3 &&
		   was(SOCKET, 3, 10ul, (unsigned long)(SOCK_STREAM | SOCK_NONBLOCK), 6ul),
	   "socket");
	ok(CALL(socket, AF_NETLINK, SOCK_RAW, 0) == -EAFNOSUPPORT, "no AF_NETLINK");
	do_on(456, tell_address);
	memset(&got, 0xff, sizeof(got));
	ok(CALL(accept4, 3, P(&got), P(&size), SOCK_CLOEXEC) == 9 && got.sin_family == AF_INET &&
		   got.sin_port == htons(8080) && got.sin_addr.s_addr == htonl(INADDR_LOOPBACK) &&
		   size == 16 && asked[nr_asked - 1].a[4] == 0x10000000,
	   "accept4");
	ok(CALL(accept4, 3, 0, 0, SOCK_STREAM) == -EINVAL, "its flags are those of a socket");
	do_on(32, tell_address);
	size = 1;
	byte = 'x';
	ok(!CALL(getsockname, 3, P(&byte), P(&size)) && byte == 16,
	   "getsockname: no more than there is room for");
	do_on(29, tell_ipv6);
	size = sizeof(in6);
	ok(CALL(recvfrom, 3, P(&byte), 1, MSG_DONTWAIT | MSG_PEEK, P(&in6), P(&size)) == 3 &&
		   in6.sin6_family == AF_INET6 && in6.sin6_port == htons(8080) &&
		   asked[nr_asked - 1].a[3] == 0x82,
	   "recvfrom: an address of IPv6, and flags");
}

struct netbsd_message {
	void *name;
	uint32_t name_size;
	struct iovec *iov;
	int nr_iov;
	void *control;
	uint32_t control_size;
	int flags;
};

static long give_message(const unsigned long *a)
{
	struct netbsd_message *m = (void *)a[1];
	uint32_t head[3] = { 20, 0xffff, 1 };
	int fd = 88;

	m->flags = 0x10;
	if (m->control_size < 24) {
		m->flags |= 0x20;
		m->control_size = 0;
		return 1;
	}

	memcpy(m->control, head, sizeof(head));
	memcpy((char *)m->control + 16, &fd, sizeof(fd));
	m->control_size = 24;
	return 1;
}

static void test_messages(void)
{
	union {
		char space[CMSG_SPACE(sizeof(int))];
		struct cmsghdr align;
	} control;
	char byte = 'x';
	struct iovec iov = { &byte, 1 };
	struct msghdr m = { .msg_iov = &iov,
			    .msg_iovlen = 1,
			    .msg_control = &control,
			    .msg_controllen = sizeof(control) };
	struct cmsghdr *c;

	expect(0, 0);
	memset(&control, 0, sizeof(control));
	do_on(27, give_message);
	ok(CALL(recvmsg, 3, P(&m), MSG_PEEK | MSG_DONTWAIT) == 1 &&
		   asked[nr_asked - 1].a[2] == 0x82 && m.msg_flags == MSG_TRUNC &&
		   (c = CMSG_FIRSTHDR(&m)) && c->cmsg_level == SOL_SOCKET &&
		   c->cmsg_type == SCM_RIGHTS && c->cmsg_len == CMSG_LEN(sizeof(int)) &&
		   *(int *)CMSG_DATA(c) == 88,
	   "recvmsg: a descriptor, and flags");
	m.msg_controllen = sizeof(struct cmsghdr);
	ok(CALL(recvmsg, 3, P(&m), 0) == 1 && m.msg_flags == (MSG_TRUNC | MSG_CTRUNC) &&
		   !m.msg_controllen,
	   "without room for it: MSG_CTRUNC");
	expect(4, 0);
	ok(CALL(sendto, 3, P("ping"), 4, MSG_OOB | MSG_EOR | MSG_MORE) == 4 &&
		   asked[nr_asked - 1].a[3] == (MSG_OOB | MSG_EOR) &&
		   CALL(sendmsg, 3, P(&m), MSG_MORE) == 4 && asked[nr_asked - 1].a[2] == 0,
	   "sendto, sendmsg: without MSG_MORE");
}

static long tell_option(const unsigned long *a)
{
	*(int *)a[3] = (int)result;
	*(uint32_t *)a[4] = 4;
	return 0;
}

static void test_options(void)
{
	static const struct {
		int level, name;
		unsigned long netbsd_level, netbsd_name;
	} known[] = {
		{ SOL_SOCKET, SO_REUSEADDR, 0xffff, 4 },
		{ SOL_SOCKET, SO_REUSEPORT, 0xffff, 0x200 },
		{ SOL_SOCKET, SO_KEEPALIVE, 0xffff, 8 },
		{ SOL_SOCKET, SO_SNDBUF, 0xffff, 0x1001 },
		{ SOL_SOCKET, SO_RCVBUF, 0xffff, 0x1002 },
		{ SOL_SOCKET, SO_BROADCAST, 0xffff, 0x20 },
		{ IPPROTO_TCP, TCP_NODELAY, 6, 1 },
		{ IPPROTO_TCP, TCP_KEEPIDLE, 6, 3 },
		{ IPPROTO_TCP, TCP_KEEPINTVL, 6, 5 },
		{ IPPROTO_TCP, TCP_KEEPCNT, 6, 6 },
		{ IPPROTO_IP, IP_TTL, 0, 4 },
		{ IPPROTO_IP, IP_TOS, 0, 3 },
		{ IPPROTO_IPV6, IPV6_V6ONLY, 41, 27 },
		{ IPPROTO_IPV6, IPV6_UNICAST_HOPS, 41, 4 },
	};
	bool good = true;
	socklen_t size = sizeof(int);
	int value = 1;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		expect(0, 0);
		good = good && !CALL(setsockopt, 3, known[i].level, known[i].name, P(&value), 4) &&
		       was(105, 3, 3ul, known[i].netbsd_level, known[i].netbsd_name);
	}
	ok(good, "setsockopt");
	ok(CALL(setsockopt, 3, SOL_SOCKET, SO_BINDTODEVICE, P(&value), 4) == -ENOPROTOOPT,
	   "one that NetBSD does not have");
	expect(61, 0);
	do_on(118, tell_option);
	ok(!CALL(getsockopt, 3, SOL_SOCKET, SO_ERROR, P(&value), P(&size)) && value == ECONNREFUSED,
	   "getsockopt: SO_ERROR has Linux's number");
	result = 4;
	ok(!CALL(getsockopt, 3, SOL_SOCKET, SO_REUSEADDR, P(&value), P(&size)) && value == 1,
	   "a switch is 1, not the option's number");
	result = 8;
	ok(!CALL(getsockopt, 3, IPPROTO_TCP, TCP_NODELAY, P(&value), P(&size)) && value == 1,
	   "TCP_NODELAY as well");
}

/* ------------------------------------------------------------------ events */

static long poll_answer(const unsigned long *a)
{
	struct pollfd *p = (void *)a[0];

	if (a[1] != 2 || !a[2] || !interruptible)
		return -22;
	p[0].revents = 1 | 0x10;
	p[1].revents = 4;
	return 2;
}

/* A kqueue: what it is told, and what it tells. */
struct netbsd_kevent {
	unsigned long ident;
	uint32_t filter, flags, fflags;
	int64_t data;
	intptr_t udata;
};

static struct netbsd_kevent changes[16], tells[8];
static unsigned int nr_changes, nr_tells;

static long kqueue_answer(const unsigned long *a)
{
	const struct netbsd_kevent *change = (const void *)a[1];
	struct netbsd_kevent *event = (void *)a[3];
	unsigned long nr = nr_tells < a[4] ? nr_tells : a[4];

	for (unsigned long i = 0; i < a[2] && nr_changes < 16; i++)
		changes[nr_changes++] = change[i];
	if (nr)
		memcpy(event, tells, nr * sizeof(*event));
	nr_tells = 0;
	return (long)nr;
}

static void test_events(void)
{
	struct pollfd fds[2] = { { 5, POLLIN | POLLOUT | POLLRDHUP, 0 },
				 { 6, POLLOUT | POLLWRNORM, 0 } };
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.u64 = ~0ull },
			   got[4];
	struct timeval none = { 0, 0 };
	fd_set set;
	long ep;

	expect(0, 0);
	do_on(437, poll_answer);
	ok(CALL(poll, P(fds), 2, -1) == 2 && fds[0].revents == (POLLIN | POLLHUP) &&
		   fds[1].revents == (POLLOUT | POLLWRNORM) && !interruptible,
	   "poll");
	expect(0, 0);
	signal_there = true;
	ok(CALL(poll, P(fds), 2, -1) == -EINTR && was_interruptible, "a signal ends it");
	signal_there = false;
	FD_ZERO(&set);
	FD_SET(70, &set);
	ok(CALL(select, 71, P(&set), 0, 0, P(&none)) == 0 && asked[nr_asked - 1].number == 436 &&
		   asked[nr_asked - 1].a[1] == P(&set),
	   "select");

	expect(20, 0);
	do_on(435, kqueue_answer);
	ep = CALL(epoll_create1, EPOLL_CLOEXEC);
	ok(ep == 20, "epoll_create1");
	expect(0, 0);
	do_on(435, kqueue_answer);
	nr_changes = 0;
	ok(!CALL(epoll_ctl, ep, EPOLL_CTL_ADD, 7, P(&event)) && nr_changes == 2 &&
		   changes[0].ident == 7 && changes[0].filter == 0 && changes[0].flags == 0x25 &&
		   changes[1].filter == 1 && changes[1].flags == 0x25,
	   "epoll_ctl: both directions, by edges");
	ok(CALL(epoll_ctl, ep, EPOLL_CTL_ADD, 7, P(&event)) == -EEXIST &&
		   CALL(epoll_ctl, ep, EPOLL_CTL_MOD, 8, P(&event)) == -ENOENT &&
		   CALL(epoll_ctl, 9, EPOLL_CTL_ADD, 7, P(&event)) == -EINVAL,
	   "what is there already, and what is not");
	tells[0] = (struct netbsd_kevent){ 7, 0, 0x21, 0, 100, 7 };
	tells[1] = (struct netbsd_kevent){ 7, 1, 0x21, 0, 1000, 7 };
	nr_tells = 2;
	ok(CALL(epoll_wait, ep, P(got), 4, 0) == 1 && got[0].events == (EPOLLIN | EPOLLOUT) &&
		   got[0].data.u64 == ~0ull,
	   "epoll_wait: one event of both");
	event.events = EPOLLIN | EPOLLRDHUP;
	nr_changes = 0;
	ok(!CALL(epoll_ctl, ep, EPOLL_CTL_MOD, 7, P(&event)) && nr_changes == 3 &&
		   changes[0].flags == 2 && changes[1].flags == 5 && changes[2].filter == 1 &&
		   changes[2].flags == 2,
	   "EPOLL_CTL_MOD: reading by levels, writing no more");
	tells[0] = (struct netbsd_kevent){ 7, 0, 0x8001, 54, 0, 7 };
	nr_tells = 1;
	ok(CALL(epoll_wait, ep, P(got), 4, 0) == 1 &&
		   got[0].events == (EPOLLIN | EPOLLRDHUP | EPOLLHUP | EPOLLERR),
	   "a connection that was reset");
	expect(0, 0);
	CALL(close, 7);
	do_on(435, kqueue_answer);
	ok(!CALL(epoll_ctl, ep, EPOLL_CTL_ADD, 7, P(&event)), "a closed descriptor is forgotten");
	CALL(epoll_ctl, ep, EPOLL_CTL_DEL, 7, 0);
	tells[0] = (struct netbsd_kevent){ 7, 0, 1, 0, 5, 7 };
	nr_tells = 1;
	ok(CALL(epoll_wait, ep, P(got), 4, 0) == 0,
	   "and what is no longer of interest is not told");
	expect(0, 0);
	CALL(close, ep);
	ok(CALL(epoll_wait, ep, P(got), 4, 0) == -EINVAL, "a file that is no epoll");
}

/* ------------------------------------------------------------------ counters */

static int bytes_in;

static long make_pipe(const unsigned long *a)
{
	((int *)a[0])[0] = 30;
	((int *)a[0])[1] = 31;
	return 0;
}

static long pipe_answer(const unsigned long *a)
{
	(void)a;
	if (!bytes_in)
		return -35;
	bytes_in--;
	return 1;
}

static void test_counters(void)
{
	uint64_t value = 3;
	struct itimerspec set = { { 0, 500 }, { 0, 1000 } }, old;
	long fd;

	expect(32, 0);
	do_on(453, make_pipe);
	fd = CALL(eventfd2, 4, EFD_NONBLOCK | EFD_CLOEXEC);
	ok(fd == 30 && asked[0].a[1] == 0x400004, "eventfd");
	bytes_in = 1;
	do_on(3, pipe_answer);
	ok(CALL(write, fd, P(&value), 8) == 8 && CALL(read, fd, P(&value), 8) == 8 && value == 7,
	   "4 and 3 are 7");
	ok(CALL(read, fd, P(&value), 8) == -EAGAIN && CALL(read, fd, P(&value), 4) == -EINVAL,
	   "nothing then, and never less than 8 bytes");
	value = ~0ull;
	ok(CALL(write, fd, P(&value), 8) == -EINVAL, "the one number that cannot be written");
	expect(0, 0);
	CALL(close, fd);

	expect(32, 0);
	do_on(453, make_pipe);
	fd = CALL(timerfd_create, CLOCK_MONOTONIC, TFD_NONBLOCK);
	ok(fd == 30 && CALL(timerfd_create, 99, 0) == -EINVAL, "timerfd");
	expect(0, 0);
	ok(!CALL(timerfd_settime, fd, 0, P(&set), 0) && last_timer->deadline == time_now + 1000 &&
		   last_timer->interval == 500,
	   "in 1000 ns, and each 500");
	ok(!CALL(timerfd_gettime, fd, P(&old)) && old.it_value.tv_nsec == 1000 &&
		   old.it_interval.tv_nsec == 500,
	   "which it tells");
	last_timer->fire(last_timer, 3);
	bytes_in = 1;
	do_on(3, pipe_answer);
	ok(CALL(read, fd, P(&value), 8) == 8 && value == 3, "it went off three times");
	ok(CALL(write, fd, P(&value), 8) == -EINVAL, "and is not written to");
	expect(0, 0);
	CALL(close, fd);
}

static long tell_flags(const unsigned long *a)
{
	if (strcmp((char *)a[2], "lo0"))
		return -22;
	((char *)a[2])[16] = 0x41;
	return 0;
}

static void test_console(void)
{
	char interface[32] = "lo0";

	struct winsize size;
	char byte = 0;

	expect(0, 0);
	console_open(true, 25, 80);
	ok(!CALL(ioctl, 1, TIOCGWINSZ, P(&size)) && size.ws_row == 25 && size.ws_col == 80,
	   "the console is a terminal");
	ok(CALL(read, 0, P(&byte), 1) == 1 && byte == 'x' && CALL(write, 1, P("text"), 4) == 4,
	   "that is read and written");
	ok(!CALL(ioctl, 5, FIOCLEX) && was(FCNTL, 3, 5ul, (unsigned long)F_SETFD, 1ul) &&
		   !CALL(ioctl, 5, FIONREAD, P(&size)) &&
		   was(IOCTL, 2, 5ul, (unsigned long)FIONREAD),
	   "FIOCLEX, FIONREAD");
	do_on(54, tell_flags);
	ok(!CALL(ioctl, 5, SIOCGIFFLAGS, P(interface)) && asked[nr_asked - 1].a[1] == 0xc0906911 &&
		   interface[16] == 0x41,
	   "SIOCGIFFLAGS");
	expect(0, 22);
	ok(CALL(ioctl, 5, TIOCGWINSZ, P(&size)) == -ENOTTY, "no terminal");
}

int main(void)
{
	test_errno();
	test_descriptors();
	test_stat();
	test_addresses();
	test_messages();
	test_options();
	test_events();
	test_counters();
	test_console();
	printf("1..%d\n", tests);
	return failed != 0;
}

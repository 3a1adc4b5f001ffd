// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * calls.c - how Linux's system calls become NetBSD's, as a program of the host with sanitizers: its headers say what
 * Linux's constants and structures are, and a function in NetBSD's place notes what it was asked and answers as
 * NetBSD would.  NetBSD's own numbers are written down here once more, by its manual pages.
 */
#define _GNU_SOURCE
#include <dirent.h>
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
#include <sys/statfs.h>
#include <sys/timerfd.h>
#include <sys/un.h>
#include <unistd.h>

typedef long call(const unsigned long *a);
call call_openat, call_open, call_fcntl, call_fstat, call_newfstatat, call_statx, call_getdents64;
call call_unlinkat, call_faccessat2, call_linkat, call_ioctl, call_pread64, call_ftruncate,
	call_lseek;
call call_socket, call_bind, call_connect, call_accept4, call_getsockname, call_sendto,
	call_recvfrom;
call call_sendmsg, call_recvmsg, call_setsockopt, call_getsockopt, call_poll, call_select,
	call_fstatfs;
call call_epoll_create1, call_epoll_ctl, call_epoll_wait, call_eventfd2, call_timerfd_create;
call call_timerfd_settime, call_timerfd_gettime, call_read, call_write, call_close, call_dup2;
call call_sendfile, call_pipe2, call_utimensat;

int errno_of(int netbsd);
void events_start(void);
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

unsigned long now(void);
unsigned long wall(void);
bool deadline_of(const struct timespec *span, unsigned long *deadline);
void timer_set(struct timer *timer, unsigned long deadline, unsigned long interval);
bool signal_waits(void);
unsigned long signal_mask_set(const unsigned long *mask);
void signal_mask_restore(const unsigned long *mask, unsigned long old, bool interrupted);
void *allocate(size_t size);
void release(void *memory);
void say(const char *format, ...);
void console_put(const char *text, size_t size);
long console_get(char *text, size_t size, bool wait);

unsigned long now(void)
{
	return time_now;
}

unsigned long wall(void)
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

void *allocate(size_t size)
{
	return malloc(size);
}

void release(void *memory)
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
	static const struct {
		int netbsd, linux_errno;
	} known[] = {
		{ 1, EPERM },
		{ 2, ENOENT },
		{ 4, EINTR },
		{ 9, EBADF },
		{ 11, EDEADLK },
		{ 12, ENOMEM },
		{ 17, EEXIST },
		{ 22, EINVAL },
		{ 24, EMFILE },
		{ 28, ENOSPC },
		{ 32, EPIPE },
		{ 34, ERANGE },
		{ 35, EAGAIN },
		{ 36, EINPROGRESS },
		{ 37, EALREADY },
		{ 38, ENOTSOCK },
		{ 39, EDESTADDRREQ },
		{ 40, EMSGSIZE },
		{ 41, EPROTOTYPE },
		{ 42, ENOPROTOOPT },
		{ 43, EPROTONOSUPPORT },
		{ 44, ESOCKTNOSUPPORT },
		{ 45, EOPNOTSUPP },
		{ 46, EPFNOSUPPORT },
		{ 47, EAFNOSUPPORT },
		{ 48, EADDRINUSE },
		{ 49, EADDRNOTAVAIL },
		{ 50, ENETDOWN },
		{ 51, ENETUNREACH },
		{ 52, ENETRESET },
		{ 53, ECONNABORTED },
		{ 54, ECONNRESET },
		{ 55, ENOBUFS },
		{ 56, EISCONN },
		{ 57, ENOTCONN },
		{ 58, ESHUTDOWN },
		{ 59, ETOOMANYREFS },
		{ 60, ETIMEDOUT },
		{ 61, ECONNREFUSED },
		{ 62, ELOOP },
		{ 63, ENAMETOOLONG },
		{ 64, EHOSTDOWN },
		{ 65, EHOSTUNREACH },
		{ 66, ENOTEMPTY },
		{ 68, EUSERS },
		{ 69, EDQUOT },
		{ 70, ESTALE },
		{ 71, EREMOTE },
		{ 77, ENOLCK },
		{ 78, ENOSYS },
		{ 82, EIDRM },
		{ 83, ENOMSG },
		{ 84, EOVERFLOW },
		{ 85, EILSEQ },
		{ 86, EOPNOTSUPP },
		{ 87, ECANCELED },
		{ 88, EBADMSG },
		{ 89, ENODATA },
		{ 90, ENOSR },
		{ 91, ENOSTR },
		{ 92, ETIME },
		{ 93, ENODATA },
		{ 94, EMULTIHOP },
		{ 95, ENOLINK },
		{ 96, EPROTO },
		{ -3, EINTR },
		{ 1000, EINVAL },
	};
	bool good = true;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++)
		if (errno_of(known[i].netbsd) != known[i].linux_errno) {
			printf("# %d is %d, not %d\n", known[i].netbsd, errno_of(known[i].netbsd),
			       known[i].linux_errno);
			good = false;
		}
	ok(good, "errno");
	for (int i = 1; i < 100; i++)
		good = good && errno_of(i) > 0 && errno_of(i) < 134;
	ok(good, "no error becomes none");
	expect(0, 35);
	ok(CALL(pread64, 3, P(&good), 1, 7) == -EAGAIN && was(173, 5, 3ul, P(&good), 1ul, 0ul, 7ul),
	   "a call that fails returns minus the number; an offset has a word ahead of it");
}

static void test_open(void)
{
	static const struct {
		int flags, netbsd;
	} known[] = {
		{ O_RDONLY, 0 },       { O_WRONLY, 1 },
		{ O_RDWR, 2 },	       { O_CREAT, 0x200 },
		{ O_EXCL, 0x800 },     { O_NOCTTY, 0x8000 },
		{ O_TRUNC, 0x400 },    { O_APPEND, 8 },
		{ O_NONBLOCK, 4 },     { O_DSYNC, 0x10000 },
		{ O_SYNC, 0x10080 },   { O_DIRECTORY, 0x200000 },
		{ O_NOFOLLOW, 0x100 }, { O_CLOEXEC, 0x400000 },
		{ O_ASYNC, 0x40 },     { O_DIRECT, 0x80000 },
		{ O_LARGEFILE, 0 },    { O_CREAT | O_RDWR | O_CLOEXEC, 0x400202 },
	};
	bool good = true, back = true;

	for (size_t i = 0; i < sizeof(known) / sizeof(known[0]); i++) {
		expect(5, 0);
		good = good && CALL(openat, AT_FDCWD, P("x"), known[i].flags, 0640) == 5 &&
		       was(468, 4, (unsigned long)AT_FDCWD, P("x"), (unsigned long)known[i].netbsd,
			   0640ul);
		expect(known[i].netbsd, 0);
		back = back && CALL(fcntl, 5, F_GETFL) == (known[i].flags | 0100000);
	}
	ok(good, "open: flags");
	ok(back, "fcntl: F_GETFL tells them");
	expect(0, 0);
	ok(!CALL(fcntl, 5, F_SETFL, O_NONBLOCK | O_APPEND | O_CREAT) && was(92, 3, 5ul, 4ul, 12ul),
	   "fcntl: F_SETFL");
	ok(!CALL(unlinkat, 5, P("x"), AT_REMOVEDIR) && was(471, 3, 5ul, P("x"), 0x800ul) &&
		   CALL(unlinkat, 5, P("x"), 1) == -EINVAL,
	   "unlinkat: AT_REMOVEDIR");
	ok(!CALL(faccessat2, 5, P("x"), R_OK, AT_EACCESS | AT_SYMLINK_NOFOLLOW) &&
		   was(462, 4, 5ul, P("x"), 4ul, 0x300ul),
	   "faccessat2: AT_EACCESS, which has the same number");
	ok(!CALL(linkat, 5, P("x"), 6, P("y"), AT_SYMLINK_FOLLOW) &&
		   was(457, 5, 5ul, P("x"), 6ul, P("y"), 0x400ul),
	   "linkat: AT_SYMLINK_FOLLOW");
	ok(!CALL(ftruncate, 5, 99) && was(201, 3, 5ul, 0ul, 99ul) &&
		   !CALL(lseek, 5, 99, SEEK_END) && was(199, 4, 5ul, 0ul, 99ul, 2ul) &&
		   CALL(lseek, 5, 0, SEEK_DATA) == -EINVAL,
	   "ftruncate, lseek");
	ok(!CALL(utimensat, 5, 0, 0, 0) && was(472, 2, 5ul, 0ul), "utimensat of a descriptor");
}

static long lock_found(const unsigned long *a)
{
	struct {
		int64_t start, size;
		int pid;
		short type, whence;
	} *l = (void *)a[2];

	if (l->start != 10 || l->size != 20 || l->type != 3 || l->whence != SEEK_SET)
		return -22;
	l->type = 1;
	l->pid = 77;
	l->start = 11;
	return 0;
}

static void test_locks(void)
{
	struct flock l = { .l_type = F_WRLCK, .l_whence = SEEK_SET, .l_start = 10, .l_len = 20 };

	expect(0, 0);
	do_on(92, lock_found);
	ok(!CALL(fcntl, 5, F_GETLK, P(&l)) && asked[nr_asked - 1].a[1] == 7 &&
		   l.l_type == F_RDLCK && l.l_pid == 77 && l.l_start == 11,
	   "fcntl: F_GETLK");
	l = (struct flock){ .l_type = F_WRLCK, .l_start = 10, .l_len = 20 };
	ok(!CALL(fcntl, 5, F_SETLKW, P(&l)) && asked[nr_asked - 1].a[1] == 9, "F_SETLKW");
	expect(12, 0);
	ok(CALL(fcntl, 5, F_DUPFD_CLOEXEC, 10) == 12 && was(92, 3, 5ul, 12ul, 10ul),
	   "F_DUPFD_CLOEXEC");
}

/* ------------------------------------------------------------------ what a file is */

struct netbsd_stat {
	uint64_t dev;
	uint32_t mode;
	uint64_t ino;
	uint32_t nlink, uid, gid;
	uint64_t rdev;
	struct timespec atim, mtim, ctim, birthtim;
	int64_t size, blocks;
	int32_t blksize;
	uint32_t flags, gen, spare[2];
};

static long fill_stat(const unsigned long *a)
{
	struct netbsd_stat *st = (void *)a[act_on == 466 ? 2 : 1];

	*st = (struct netbsd_stat){
		.dev = 0x1203,
		.mode = S_IFREG | 0644,
		.ino = 1ull << 40,
		.nlink = 3,
		.uid = 33,
		.gid = 34,
		.rdev = 0x12300456,
		.atim = { 1, 2 },
		.mtim = { 3, 4 },
		.ctim = { 5, 6 },
		.birthtim = { 7, 8 },
		.size = 1ll << 33,
		.blocks = 88,
		.blksize = 8192,
	};
	return 0;
}

static void test_stat(void)
{
	struct stat st;
	struct statx x;

	expect(0, 0);
	do_on(440, fill_stat);
	memset(&st, 0xff, sizeof(st));
	ok(!CALL(fstat, 5, P(&st)) && st.st_dev == 0x1203 && st.st_mode == (S_IFREG | 0644) &&
		   st.st_ino == 1ull << 40 && st.st_nlink == 3 && st.st_uid == 33 &&
		   st.st_gid == 34 && st.st_size == 1ll << 33 && st.st_blocks == 88 &&
		   st.st_blksize == 8192,
	   "fstat");
	ok(st.st_atim.tv_sec == 1 && st.st_atim.tv_nsec == 2 && st.st_mtim.tv_sec == 3 &&
		   st.st_mtim.tv_nsec == 4 && st.st_ctim.tv_sec == 5 && st.st_ctim.tv_nsec == 6,
	   "its times");
	do_on(466, fill_stat);
	ok(!CALL(newfstatat, 5, P("x"), P(&st), AT_SYMLINK_NOFOLLOW) &&
		   asked[nr_asked - 1].a[3] == 0x200,
	   "fstatat: AT_SYMLINK_NOFOLLOW");
	memset(&x, 0xff, sizeof(x));
	ok(!CALL(statx, 5, P("x"), 0, STATX_BASIC_STATS, P(&x)) &&
		   (x.stx_mask & STATX_BASIC_STATS) == STATX_BASIC_STATS &&
		   x.stx_size == 1ull << 33 && x.stx_mode == (S_IFREG | 0644) &&
		   x.stx_mtime.tv_sec == 3 && x.stx_btime.tv_nsec == 8 && x.stx_rdev_major == 4 &&
		   x.stx_rdev_minor == 0x12356,
	   "statx");
	do_on(440, fill_stat);
	ok(!CALL(statx, 5, P(""), AT_EMPTY_PATH, STATX_BASIC_STATS, P(&x)), "AT_EMPTY_PATH");
	expect(0, 2);
	ok(CALL(newfstatat, 5, P("x"), P(&st), 0) == -ENOENT &&
		   CALL(newfstatat, 5, 0, P(&st), 0) == -EFAULT,
	   "a file that is not there, and no name");
}

static char names[4][256];

static long fill_dirents(const unsigned long *a)
{
	char *at = (char *)a[1];
	long used = 0;

	for (int i = 0; i < 4; i++) {
		size_t length = strlen(names[i]), size = (13 + length + 1 + 7) & ~7ul;
		uint64_t ino = 100 + (unsigned int)i;
		uint16_t reclen = (uint16_t)size, namlen = (uint16_t)length;

		if ((unsigned long)used + size > a[2])
			return -22;
		memset(at, 0, size);
		memcpy(at, &ino, 8);
		memcpy(at + 8, &reclen, 2);
		memcpy(at + 10, &namlen, 2);
		at[12] = DT_REG;
		memcpy(at + 13, names[i], length);
		at += size;
		used += (long)size;
	}
	return used;
}

static void test_folders(void)
{
	char *buffer = malloc(4096), *at = buffer;
	bool good = true;
	long n;

	strcpy(names[0], ".");
	strcpy(names[1], "ab");
	memset(names[2], 'x', 255);
	memset(names[3], 'y', 123);
	expect(4242, 0);
	do_on(390, fill_dirents);
	n = CALL(getdents64, 5, P(buffer), 4096);
	for (int i = 0; i < 4 && good; i++) {
		struct dirent64 *d = (struct dirent64 *)at;

		good = at < buffer + n && d->d_ino == 100ull + (unsigned int)i &&
		       d->d_type == DT_REG && !strcmp(d->d_name, names[i]) && d->d_reclen % 8 == 0;
		if (i == 3)
			good = good && d->d_off == 4242;
		at += d->d_reclen;
	}
	ok(good && at == buffer + n, "getdents64");
	free(buffer);
	/* However small NetBSD's entries are, Linux's fit into the buffer (the sanitizer watches). */
	for (size_t size = 80; size < 1200; size += 40) {
		buffer = malloc(size);
		for (int i = 0; i < 4; i++)
			strcpy(names[i], "a");
		n = CALL(getdents64, 5, P(buffer), size);
		good = good && (n == -EINVAL || (n > 0 && (size_t)n <= size));
		free(buffer);
	}
	ok(good, "into any buffer");
}

/* ------------------------------------------------------------------ sockets */

struct netbsd_address {
	uint8_t size, family;
	char rest[126];
};

static struct netbsd_address last_address;
static unsigned long last_size;

static long note_address(const unsigned long *a)
{
	memset(&last_address, 0, sizeof(last_address));
	memcpy(&last_address, (void *)a[1], a[2]);
	last_size = a[2];
	return 0;
}

static long tell_address(const unsigned long *a)
{
	struct netbsd_address address = { 16, 2, "\x1f\x90\x7f\0\0\1" };

	memcpy((void *)a[1], &address, 16);
	*(uint32_t *)a[2] = 16;
	return act_on == 456 ? 9 : 0;
}

static void test_addresses(void)
{
	struct sockaddr_in in = { .sin_family = AF_INET,
				  .sin_port = htons(80),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) },
			   got;
	struct sockaddr_in6 in6 = { .sin6_family = AF_INET6,
				    .sin6_port = htons(80),
				    .sin6_addr = IN6ADDR_LOOPBACK_INIT,
				    .sin6_scope_id = 5 };
	struct sockaddr_un un = { .sun_family = AF_UNIX, .sun_path = "/tmp/socket" };
	socklen_t size = sizeof(got);
	short part = 0;

	expect(3, 0);
	ok(CALL(socket, AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, IPPROTO_TCP) == 3 &&
		   was(394, 3, 24ul, 0x30000001ul, 6ul),
	   "socket: AF_INET6, SOCK_NONBLOCK and SOCK_CLOEXEC");
	ok(CALL(socket, AF_NETLINK, SOCK_RAW, 0) == -EAFNOSUPPORT, "no AF_NETLINK");
	do_on(104, note_address);
	memset(in.sin_zero, 'x', sizeof(in.sin_zero));
	ok(!CALL(bind, 3, P(&in), sizeof(in)) && last_size == 16 && last_address.size == 16 &&
		   last_address.family == 2 && !memcmp(last_address.rest, (char *)&in + 2, 6) &&
		   !last_address.rest[6],
	   "an address of IPv4");
	ok(!CALL(bind, 3, P(&in6), sizeof(in6)) && last_size == 28 && last_address.family == 24 &&
		   last_address.size == 28 && !memcmp(last_address.rest, (char *)&in6 + 2, 26),
	   "of IPv6");
	ok(!CALL(bind, 3, P(&un), sizeof(un)) ||
		   (!CALL(bind, 3, P(&un), offsetof(struct sockaddr_un, sun_path) + 12) &&
		    last_address.family == 1 && !strcmp(last_address.rest, "/tmp/socket")),
	   "a path");
	ok(CALL(bind, 3, P(&in), 1) == -EINVAL && CALL(bind, 3, 0, 16) == -EFAULT &&
		   CALL(bind, 3, P(&in), 1000) == -EINVAL,
	   "none, too short, too long");
	do_on(456, tell_address);
	memset(&got, 0xff, sizeof(got));
	ok(CALL(accept4, 3, P(&got), P(&size), SOCK_CLOEXEC) == 9 && got.sin_family == AF_INET &&
		   got.sin_port == htons(8080) && got.sin_addr.s_addr == htonl(INADDR_LOOPBACK) &&
		   size == 16 && asked[nr_asked - 1].a[4] == 0x10000000,
	   "accept4");
	ok(CALL(accept4, 3, 0, 0, SOCK_STREAM) == -EINVAL, "its flags are those of a socket");
	do_on(32, tell_address);
	size = sizeof(part);
	ok(!CALL(getsockname, 3, P(&part), P(&size)) && part == AF_INET && size == 16,
	   "getsockname: as much as there is room, and how much there is");
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

static long check_message(const unsigned long *a)
{
	struct netbsd_message *m = (void *)a[1];
	uint32_t head[3];
	int fd;

	if (m->nr_iov != 1 || m->iov->iov_len != 1 || m->control_size != 24 || a[2] != 0x400)
		return -22;
	memcpy(head, m->control, sizeof(head));
	memcpy(&fd, (char *)m->control + 16, sizeof(fd));
	return head[0] == 20 && head[1] == 0xffff && head[2] == 1 && fd == 77 ? 1 : -22;
}

static long give_message(const unsigned long *a)
{
	struct netbsd_message *m = (void *)a[1];
	uint32_t head[3] = { 20, 0xffff, 1 };
	int fd = 88;

	memcpy(m->control, head, sizeof(head));
	memcpy((char *)m->control + 16, &fd, sizeof(fd));
	m->control_size = 24;
	m->flags = 0x10;
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
	struct cmsghdr *c = CMSG_FIRSTHDR(&m);
	int fd = 77;

	expect(0, 0);
	memset(&control, 0, sizeof(control));
	c->cmsg_level = SOL_SOCKET;
	c->cmsg_type = SCM_RIGHTS;
	c->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(c), &fd, sizeof(fd));
	do_on(28, check_message);
	ok(CALL(sendmsg, 3, P(&m), MSG_NOSIGNAL) == 1, "sendmsg: a descriptor");
	c->cmsg_len = 1000;
	ok(CALL(sendmsg, 3, P(&m), MSG_NOSIGNAL) == -EINVAL, "control data beyond its end");
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
		   asked[nr_asked - 1].a[3] == 9,
	   "sendto: flags");
	ok(CALL(sendto, 3, P("ping"), 4, 0x10000000) == -EOPNOTSUPP,
	   "one that NetBSD does not have");
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
}

/* ------------------------------------------------------------------ events */

static long poll_answer(const unsigned long *a)
{
	struct pollfd *p = (void *)a[0];

	if (a[1] != 3 || p[0].events != 5 || p[1].events != 0x44)
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
				 { 6, POLLWRNORM | POLLRDNORM, 0 } };
	struct epoll_event event = { .events = EPOLLIN | EPOLLOUT | EPOLLET, .data.u64 = ~0ull },
			   got[4];
	struct timeval none = { 0, 0 };
	fd_set set;
	long ep;

	expect(0, 0);
	do_on(437, poll_answer);
	ok(CALL(poll, P(fds), 2, -1) == 2 && fds[0].revents == (POLLIN | POLLHUP) &&
		   fds[1].revents == POLLWRNORM,
	   "poll");
	signal_there = true;
	ok(CALL(poll, P(fds), 2, -1) == -EINTR, "a signal ends it");
	signal_there = false;
	FD_ZERO(&set);
	FD_SET(70, &set);
	expect(0, 0);
	ok(CALL(select, 71, P(&set), 0, 0, P(&none)) == 0 && !FD_ISSET(70, &set), "select");

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

static void test_console(void)
{
	struct winsize size;
	char byte = 0;

	expect(0, 0);
	console_open(true, 25, 80);
	ok(!CALL(ioctl, 1, TIOCGWINSZ, P(&size)) && size.ws_row == 25 && size.ws_col == 80,
	   "the console is a terminal");
	ok(CALL(read, 0, P(&byte), 1) == 1 && byte == 'x' && CALL(write, 1, P("text"), 4) == 4,
	   "that is read and written");
	ok(!CALL(ioctl, 5, FIONBIO, P(&size)) && was(54, 2, 5ul, 0x8004667eul) &&
		   !CALL(ioctl, 5, FIONREAD, P(&size)) && was(54, 2, 5ul, 0x4004667ful),
	   "FIONBIO, FIONREAD");
}

int main(void)
{
	events_start();
	test_errno();
	test_open();
	test_locks();
	test_stat();
	test_folders();
	test_addresses();
	test_messages();
	test_options();
	test_events();
	test_counters();
	test_console();
	printf("1..%d\n", tests);
	return failed != 0;
}

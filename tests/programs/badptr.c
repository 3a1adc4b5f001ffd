/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * badptr.c - bad pointers given to system calls: each is EFAULT, and nothing else happens.
 *
 * The calls are made by number, so that no library looks at the pointers first.
 */
#include <fcntl.h>
#include <linux/futex.h>
#include <poll.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/select.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

static const struct {
	const char *name;
	uintptr_t address;
} bad[] = {
	{ "page 0", 8 },
	{ "below the first program", 0x1000 },
	{ "the last user address", 0x7ffffffff000 },
	{ "not canonical", 0x0000800000000000 },
	{ "not canonical, high", 0xffff7ffffffff000 },
	{ "the upper half", 0xffff800000000000 },
	{ "the kernel of Linux", 0xffffffff81000000 },
	{ "about to wrap", 0xfffffffffffffff8 },
	{ "-1", 0xffffffffffffffff },
};

static int failures;

static void expect(const char *call, const char *where, long result)
{
	if (result == -1 && errno == EFAULT)
		return;
	printf("FAILED: %s at %s: %s\n", call, where,
	       result < 0 ? strerror(errno) : "it succeeded");
	failures++;
}

int main(void)
{
	struct sockaddr_storage address;
	struct epoll_event event = { .events = EPOLLIN };
	struct timespec time = { 0, 1000 };
	socklen_t size = sizeof(address);
	char *page, byte = 'x', buffer[16];
	struct iovec vector[2];
	int fds[2], zero, null, listener, epoll, file;
	int one = 1;
	char name[] = "/tmp/badptr-XXXXXX";

	if (pipe(fds))
		return 1;
	zero = open("/dev/zero", O_RDONLY);
	null = open("/dev/null", O_WRONLY);
	file = mkstemp(name);
	unlink(name);
	if (write(file, "0123456789", 10) != 10)
		return 1;
	epoll = epoll_create1(0);
	listener = socket(AF_UNIX, SOCK_STREAM, 0);
	epoll_ctl(epoll, EPOLL_CTL_ADD, fds[1], &(struct epoll_event){ .events = EPOLLOUT });

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		uintptr_t p = bad[i].address;
		const char *where = bad[i].name;

		failures = 0;
		expect("write to a pipe", where, syscall(SYS_write, fds[1], p, 1));
		expect("write to a file", where, syscall(SYS_pwrite64, file, p, 4, 0));
		expect("read of /dev/zero", where, syscall(SYS_read, zero, p, 4));
		expect("read of a file", where, syscall(SYS_pread64, file, p, 4, 0));
		expect("open", where, syscall(SYS_open, p, O_RDONLY));
		expect("openat", where, syscall(SYS_openat, AT_FDCWD, p, O_RDONLY));
		expect("stat, name", where, syscall(SYS_stat, p, &address));
		expect("stat, buffer", where, syscall(SYS_stat, "/", p));
		expect("fstat", where, syscall(SYS_fstat, file, p));
		expect("access", where, syscall(SYS_access, p, F_OK));
		expect("unlink", where, syscall(SYS_unlink, p));
		expect("rename", where, syscall(SYS_rename, "/none", p));
		expect("mkdir", where, syscall(SYS_mkdir, p, 0755));
		expect("getcwd", where, syscall(SYS_getcwd, p, 100));
		expect("chdir", where, syscall(SYS_chdir, p));
		expect("readlink", where, syscall(SYS_readlink, p, buffer, sizeof(buffer)));
		expect("pipe2", where, syscall(SYS_pipe2, p, 0));
		expect("poll", where, syscall(SYS_poll, p, 1, 0));
		expect("select", where, syscall(SYS_select, 1, p, NULL, NULL, NULL));
		expect("epoll_wait", where, syscall(SYS_epoll_wait, epoll, p, 1, 0));
		expect("epoll_ctl", where, syscall(SYS_epoll_ctl, epoll, EPOLL_CTL_ADD, fds[0], p));
		expect("clock_gettime", where, syscall(SYS_clock_gettime, CLOCK_MONOTONIC, p));
		expect("gettimeofday", where, syscall(SYS_gettimeofday, p, NULL));
		expect("nanosleep", where, syscall(SYS_nanosleep, p, NULL));
		expect("setitimer", where, syscall(SYS_setitimer, ITIMER_REAL, p, NULL));
		expect("rt_sigaction", where, syscall(SYS_rt_sigaction, SIGUSR1, p, NULL, 8));
		expect("rt_sigaction, old", where, syscall(SYS_rt_sigaction, SIGUSR1, NULL, p, 8));
		expect("rt_sigprocmask", where, syscall(SYS_rt_sigprocmask, 0, p, NULL, 8));
		expect("sigaltstack", where, syscall(SYS_sigaltstack, p, NULL));
		expect("getrlimit", where, syscall(SYS_getrlimit, RLIMIT_NOFILE, p));
		expect("uname", where, syscall(SYS_uname, p));
		expect("sysinfo", where, syscall(SYS_sysinfo, p));
		expect("getrandom", where, syscall(SYS_getrandom, p, 8, 0));
		expect("getdents64", where,
		       syscall(SYS_getdents64, open("/", O_RDONLY | O_CLOEXEC), p, 1000));
		expect("bind", where, syscall(SYS_bind, listener, p, 20));
		expect("connect", where, syscall(SYS_connect, listener, p, 20));
		expect("getsockname", where, syscall(SYS_getsockname, listener, p, &size));
		expect("getsockname, size", where, syscall(SYS_getsockname, listener, &address, p));
		expect("setsockopt", where,
		       syscall(SYS_setsockopt, listener, SOL_SOCKET, SO_REUSEADDR, p, 4));
		expect("getsockopt", where,
		       syscall(SYS_getsockopt, listener, SOL_SOCKET, SO_TYPE, p, &size));
		expect("socketpair", where, syscall(SYS_socketpair, AF_UNIX, SOCK_STREAM, 0, p));
		expect("sendmsg", where, syscall(SYS_sendmsg, listener, p, 0));
		expect("recvmsg", where, syscall(SYS_recvmsg, listener, p, MSG_DONTWAIT));
		expect("sendfile, offset", where, syscall(SYS_sendfile, fds[1], file, p, 1));
		expect("timer_create", where, syscall(SYS_timer_create, CLOCK_MONOTONIC, NULL, p));
		expect("execve", where, syscall(SYS_execve, p, NULL, NULL));
		/* writev and readv: the vector, and what it points to. */
		expect("writev", where, syscall(SYS_writev, fds[1], p, 1));
		vector[0] = (struct iovec){ (void *)p, 4 };
		expect("writev, base", where, syscall(SYS_writev, fds[1], vector, 1));
		expect("readv, base", where, syscall(SYS_readv, zero, vector, 1));
		/* A futex must be aligned. */
		if (!(p & 3))
			expect("futex", where,
			       syscall(SYS_futex, p, FUTEX_WAIT_PRIVATE, 0, &time, NULL, 0));
		expect("futex, timeout", where,
		       syscall(SYS_futex, &one, FUTEX_WAIT_PRIVATE, 1, p, NULL, 0));
		CHECK(!failures, "%s", where);
	}

	/* A buffer that begins well and ends in nothing. */
	page = mmap(NULL, 8192, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	mprotect(page + 4096, 4096, PROT_NONE);
	failures = 0;
	expect("open, no end in sight", "a page's end",
	       (memset(page, 'a', 4096), syscall(SYS_open, page + 4000, O_RDONLY)));
	expect("stat", "a page's end", syscall(SYS_fstat, file, page + 4096 - 8));
	expect("uname", "a page's end", syscall(SYS_uname, page + 4096 - 100));
	memcpy(page + 4096 - 5, "/tmp", 5);
	CHECK(syscall(SYS_access, page + 4096 - 5, F_OK) == 0, "a name that ends with the page");
	CHECK(!failures, "buffers that end in nothing");
	CHECK(syscall(SYS_pread64, file, page + 4096 - 4, 10, 0) != 10, "a read that fits in part");
	vector[0] = (struct iovec){ &byte, 1 };
	vector[1] = (struct iovec){ (void *)8, 1 };
	CHECK(syscall(SYS_writev, null, vector, 0) == 0, "an empty vector");
	vector[0].iov_len = (size_t)-1;
	CHECK(syscall(SYS_writev, fds[1], vector, 1) < 0 && errno == EINVAL, "a negative length");

	/* Memory that may be read and not written. */
	failures = 0;
	expect("read into a constant", "read-only memory", syscall(SYS_read, zero, "constant", 4));
	expect("fstat into code", "read-only memory", syscall(SYS_fstat, file, (void *)main));
	CHECK(!failures, "read-only memory stays what it is");
	CHECK(syscall(SYS_epoll_wait, epoll, &event, 1, 0) == 1, "good pointers still work");
	return CHECKS_STATUS();
}

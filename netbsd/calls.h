/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * calls.h - a program's system calls: Linux's on x86-64, answered by a NetBSD kernel.
 *
 * Numbers, constants and structures of Linux are Linux's own (the headers that its C library is
 * built with); what is NetBSD's has names with NB_ here.  A call is a function that takes the six
 * arguments and returns what the program finds in rax: a result, or minus a value of Linux's errno.
 * There is one file for each family of calls, which translates what differs on the way in and out.
 * A program has no address space of its own: its pointers are the kernel's.
 */
#ifndef NETBSD_CALLS_H
#define NETBSD_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/time_types.h>

void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);

/* As donor.h has it: addresses are relative to the code. */
#pragma GCC visibility push(hidden)

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

#ifndef NS_PER_SECOND
#define NS_PER_SECOND		1000000000ul
#define FOREVER			(~0ul)
#endif

/* A pointer as an argument of NB(). */
#define W(pointer)		((unsigned long)(pointer))

typedef long call(const unsigned long *a);

/* ------------------------------------------------------------------ calls.c */

/*
 * A system call of NetBSD's, at most 8 arguments: NB(NB_READ, fd, W(buffer), size).  Returns its
 * result, or minus a value of Linux's errno.
 */
#define NB(number, ...)		nb(number, (const unsigned long[8]){ __VA_ARGS__ })
long nb(unsigned int number, const unsigned long *arguments);

/* Linux's number for one of NetBSD's errno(2). */
int errno_of(int netbsd);

/* One line on the console, "haunch: ...". */
void say(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* NetBSD's numbers (its sys/syscall.h); they are never given to another call. */
enum {
	NB_READ = 3,
	NB_WRITE,
	NB_CLOSE = 6,
	NB_LINK = 9,
	NB_UNLINK,
	NB_CHDIR = 12,
	NB_FCHDIR,
	NB_CHMOD = 15,
	NB_CHOWN,
	NB_GETPID = 20,
	NB_UNMOUNT = 22,
	NB_SETUID,
	NB_GETUID,
	NB_GETEUID,
	NB_RECVMSG = 27,
	NB_SENDMSG,
	NB_RECVFROM,
	NB_GETPEERNAME = 31,
	NB_GETSOCKNAME,
	NB_ACCESS,
	NB_SYNC = 36,
	NB_GETPPID = 39,
	NB_DUP = 41,
	NB_GETEGID = 43,
	NB_GETGID = 47,
	NB_IOCTL = 54,
	NB_SYMLINK = 57,
	NB_READLINK,
	NB_UMASK = 60,
	NB_CHROOT,
	NB_GETGROUPS = 79,
	NB_SETGROUPS,
	NB_GETPGRP,
	NB_SETPGID,
	NB_DUP2 = 90,
	NB_FCNTL = 92,
	NB_FSYNC = 95,
	NB_CONNECT = 98,
	NB_BIND = 104,
	NB_SETSOCKOPT,
	NB_LISTEN,
	NB_GETSOCKOPT = 118,
	NB_READV = 120,
	NB_WRITEV,
	NB_FCHOWN = 123,
	NB_FCHMOD,
	NB_SETREUID = 126,
	NB_SETREGID,
	NB_RENAME,
	NB_FLOCK = 131,
	NB_MKFIFO,
	NB_SENDTO,
	NB_SHUTDOWN,
	NB_SOCKETPAIR,
	NB_MKDIR,
	NB_RMDIR,
	NB_SETSID = 147,
	NB_PREAD = 173,
	NB_PWRITE,
	NB_SETGID = 181,
	NB_GETRLIMIT = 194,
	NB_SETRLIMIT,
	NB_LSEEK = 199,
	NB_TRUNCATE,
	NB_FTRUNCATE,
	NB_SYSCTL,
	NB_GETPGID = 207,
	NB_FDATASYNC = 241,
	NB_LCHOWN = 275,
	NB_GETSID = 286,
	NB_PREADV = 289,
	NB_PWRITEV,
	NB_GETCWD = 296,
	NB_KQUEUE = 344,
	NB_STATVFS1 = 357,
	NB_FSTATVFS1,
	NB_GETDENTS = 390,
	NB_SOCKET = 394,
	NB_MOUNT = 410,
	NB_KEVENT = 435,
	NB_POLLTS = 437,
	NB_STAT = 439,
	NB_FSTAT,
	NB_LSTAT,
	NB_MKNOD = 450,
	NB_PIPE2 = 453,
	NB_DUP3,
	NB_KQUEUE1,
	NB_PACCEPT,
	NB_LINKAT,
	NB_RENAMEAT,
	NB_MKFIFOAT,
	NB_MKNODAT,
	NB_MKDIRAT,
	NB_FACCESSAT,
	NB_FCHMODAT,
	NB_FCHOWNAT,
	NB_FSTATAT = 466,
	NB_UTIMENSAT,
	NB_OPENAT,
	NB_READLINKAT,
	NB_SYMLINKAT,
	NB_UNLINKAT,
	NB_FUTIMENS,
	NB_FALLOCATE = 479,
};

/* ------------------------------------------------------------------ flags */

/* Bits of one kernel and the same of the other. */
struct bits {
	unsigned int linux_bits, netbsd_bits;
};

/* Those of the bits that the table has; *rest gets what it has not, unless it is NULL. */
unsigned int bits_to_netbsd(const struct bits *table, size_t nr, unsigned int bits,
			    unsigned int *rest);
unsigned int bits_to_linux(const struct bits *table, size_t nr, unsigned int bits);

/* ------------------------------------------------------------------ files.c */

call call_openat, call_open, call_creat, call_stat, call_lstat, call_fstat, call_newfstatat,
	call_statx;
call call_access, call_faccessat, call_faccessat2, call_getdents64, call_lseek, call_read,
	call_write;
call call_readv, call_writev, call_pread64, call_pwrite64, call_preadv, call_pwritev, call_close;
call call_dup, call_dup2, call_dup3, call_pipe, call_pipe2, call_fcntl, call_ioctl, call_truncate;
call call_ftruncate, call_mknod, call_mknodat, call_mkdirat, call_unlinkat, call_linkat;
call call_renameat2, call_fchmodat, call_fchownat, call_utimensat, call_statfs, call_fstatfs;
call call_sendfile, call_fadvise64, call_fallocate, call_close_range;

/*
 * What a descriptor is that NetBSD does not have: something of ours around a pipe's or a kqueue's
 * descriptor, which is what NetBSD knows by the number.
 */
struct special {
	/* NULL: as for any other file. */
	long (*read)(struct special *special, int fd, void *buffer, size_t size);
	long (*write)(struct special *special, int fd, const void *buffer, size_t size);
	void (*release)(struct special *special);
	unsigned int references;
	bool hidden;			/* ours, whatever the program says */
};

/* What a descriptor is, or NULL for NetBSD's. */
struct special *special_of(int fd);

/*
 * Give the descriptor to a special, for its reference.  Linux's errno, negative, if there is no
 * memory.
 */
long special_set(int fd, struct special *special);

bool is_pipe(int fd);

/* Move a descriptor out of the program's way; returns the new one. */
long hide(int fd);

/* The console is the program's standard files 0, 1 and 2.  terminal: to behave as one. */
void console_open(bool terminal, unsigned int rows, unsigned int columns);

/* What is typed, at least a character unless it is not to wait: -EAGAIN. */
long console_get(char *text, size_t size, bool wait);
void console_put(const char *text, size_t size);

/* ------------------------------------------------------------------ sockets.c */

call call_socket, call_socketpair, call_bind, call_connect, call_accept, call_accept4;
call call_getsockname, call_getpeername, call_sendto, call_recvfrom, call_sendmsg, call_recvmsg;
call call_sendmmsg, call_setsockopt, call_getsockopt;
long socket_ioctl(int fd, unsigned int request, void *argument);

/* ------------------------------------------------------------------ events.c */

call call_poll, call_ppoll, call_select, call_pselect6, call_epoll_create, call_epoll_create1;
call call_epoll_ctl, call_epoll_wait, call_epoll_pwait, call_epoll_pwait2, call_eventfd;
call call_eventfd2, call_timerfd_create, call_timerfd_settime, call_timerfd_gettime;

/* The descriptor is closed: what was registered for it is gone. */
void events_forget(int fd);

/* Whoever waits in this file finds out that it got a signal. */
void events_wake(void);
void events_start(void);

/* ------------------------------------------------------------------ mappings.c */

call call_mmap, call_munmap, call_mprotect, call_mremap, call_brk, call_madvise, call_msync;

/* Pages for a program, zeroed, readable and writable; or NULL. */
void *program_pages(size_t size);

/* ------------------------------------------------------------------ tasks.c */

call call_clone, call_fork, call_exit, call_exit_group, call_futex, call_gettid,
	call_set_tid_address;
call call_arch_prctl, call_set_robust_list, call_sched_yield, call_sched_getaffinity, call_wait4;

/* ------------------------------------------------------------------ signals.c */

call call_rt_sigaction, call_rt_sigprocmask, call_rt_sigreturn, call_rt_sigpending;
call call_rt_sigsuspend, call_rt_sigtimedwait, call_sigaltstack, call_kill, call_tkill, call_tgkill;
call call_pause, call_rt_sigqueueinfo;

/* ------------------------------------------------------------------ times.c */

call call_clock_gettime, call_clock_getres, call_gettimeofday, call_time, call_nanosleep;
call call_clock_nanosleep, call_setitimer, call_getitimer, call_alarm, call_times, call_getrusage;

/*
 * Something that happens at a monotonic time, in ns, and again each interval after it, if there is
 * one.
 */
struct timer {
	unsigned long deadline, interval;
	void (*fire)(struct timer *timer, unsigned long times);
	struct timer *next;
};

/*
 * Start or, with a deadline of FOREVER, stop the timer.  fire() is called in a thread of the
 * kernel's.
 */
void timer_set(struct timer *timer, unsigned long deadline, unsigned long interval);

/* Fire those whose time has come; returns when the next one's will have. */
unsigned long timers_run(void);

/*
 * The monotonic time, in ns, that is meant by a time span, or FOREVER without one.  0: it is none.
 */
bool deadline_of(const struct __kernel_timespec *span, unsigned long *deadline);

unsigned long now(void);
unsigned long wall(void);

/* ------------------------------------------------------------------ others.c */

call call_uname, call_sysinfo, call_prlimit64, call_getrlimit, call_setrlimit, call_getrandom;
call call_prctl, call_getcpu;

/* Memory of the kernel's, or NULL. */
void *allocate(size_t size);
void release(void *memory);

#endif

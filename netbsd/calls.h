/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * calls.h - a program's system calls, Linux's on x86-64, answered by a NetBSD kernel; its threads and signals.
 *
 * Numbers, constants and structures of Linux are Linux's own (the headers that its C library is
 * built with); what is NetBSD's has names with NB_ here.  A call is a function that takes the six
 * arguments and returns what the program finds in rax: a result, or minus a value of Linux's errno.
 * NetBSD's own Linux emulation does what it can (its functions linux_sys_*); the rest is in a file for
 * each family of calls.  A program has no address space of its own: its pointers are the kernel's.
 */
#ifndef NETBSD_CALLS_H
#define NETBSD_CALLS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <asm/unistd.h>
#include <linux/errno.h>
#include <linux/time_types.h>

#include "table.h"

void *memcpy(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);

/* Nothing is bound at run time: addresses are relative to the code, which can so be moved. */
#pragma GCC visibility push(hidden)

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))

#define NS_PER_SECOND		1000000000ul
#define FOREVER			(~0ul)

/* A pointer as an argument of NB() and LX(); the arguments of a call. */
#define W(pointer)		((unsigned long)(pointer))
#define A(...)			((const unsigned long[8]){ __VA_ARGS__ })

/* ------------------------------------------------------------------ calls.c */

typedef long call(const unsigned long *a);

/* A function of NetBSD's that answers a system call: its errno, or 0 and two words of result. */
struct lwp;
typedef int kernel_call(struct lwp *lwp, const void *arguments, long *result);

#define DECLARE_OURS(name, pointers, ...)		call call_##name;
#define DECLARE_LINUX(name, pointers, function)		kernel_call rumpns_linux_sys_##function;
#define DECLARE_NOTHING(name, pointers, number)
CALLS(DECLARE_OURS, DECLARE_OURS, DECLARE_LINUX, DECLARE_NOTHING)
kernel_call rumpns_linux_sys_dup3, rumpns_linux_sys_fcntl, rumpns_linux_sys_fstatat64;
kernel_call rumpns_linux_sys_getrlimit, rumpns_linux_sys_ioctl, rumpns_linux_sys_sendmsg;
kernel_call rumpns_linux_sys_sendto, rumpns_linux_sys_setrlimit, rumpns_linux_sys_socket;

/* Memory of the kernel's, or NULL. */
void *memory_allocate(size_t size, size_t alignment);
void memory_free(void *address);
#define allocate(size)		memory_allocate(size, 16)
#define release(memory)		memory_free(memory)

/* ------------------------------------------------------------------ translate.c */

/*
 * A system call of NetBSD's, at most 8 arguments: NB(READ, fd, W(buffer), size).  Returns its result, or minus a
 * value of Linux's errno.  LX(open, W(path), flags, mode): the same by a function of its Linux emulation.
 */
#define NB(name, ...)		nb(NB_##name, A(__VA_ARGS__))
#define LX(name, ...)		lx(rumpns_linux_sys_##name, A(__VA_ARGS__))
long nb(unsigned int number, const unsigned long *arguments);
long lx(kernel_call *function, const unsigned long *arguments);

/* Linux's number for one of NetBSD's errno(2). */
int errno_of(int netbsd);

/* NetBSD's numbers (its sys/syscall.h), which are never given to another call, and flags (sys/fcntl.h). */
/* clang-format off */
enum {
	NB_READ = 3, NB_WRITE, NB_CLOSE = 6, NB_UNLINK = 10, NB_CHDIR = 12, NB_CHMOD = 15, NB_GETPID = 20,
	NB_UNMOUNT = 22, NB_RECVMSG = 27, NB_RECVFROM = 29, NB_GETPEERNAME = 31, NB_GETSOCKNAME, NB_SYNC = 36,
	NB_DUP = 41, NB_IOCTL = 54, NB_SYMLINK = 57, NB_UMASK = 60, NB_CHROOT, NB_DUP2 = 90, NB_FCNTL = 92,
	NB_SETSOCKOPT = 105, NB_GETSOCKOPT = 118, NB_READV = 120, NB_WRITEV, NB_MKDIR = 136, NB_PREAD = 173,
	NB_LSEEK = 199, NB_LCHOWN = 275, NB_PREADV = 289, NB_PWRITEV, NB_MOUNT = 410, NB_KEVENT = 435,
	NB_PSELECT, NB_POLLTS, NB_STAT = 439, NB_MKNOD = 450, NB_PIPE2 = 453, NB_KQUEUE1 = 455, NB_PACCEPT,
	NB_RENAMEAT = 458, NB_FACCESSAT = 462,
	NB_O_NONBLOCK = 0x4, NB_O_CLOEXEC = 0x400000, NB_AT_EACCESS = 0x100, NB_AT_NOFOLLOW = 0x200,
};
/* clang-format on */

/* ------------------------------------------------------------------ files.c */

/*
 * What a descriptor is that NetBSD does not have: something of ours around a pipe's or a kqueue's
 * descriptor, which is what NetBSD knows by the number.
 */
struct special {
	/* NULL: as for any other file. */
	long (*read)(struct special *special, int fd, void *buffer, size_t size);
	long (*write)(struct special *special, int fd, const void *buffer, size_t size);
	void (*end)(struct special *special);
	unsigned int references;
};

/* What a descriptor is, or NULL for NetBSD's. */
struct special *special_of(int fd);

/* Give the descriptor to a special, for its reference; 0, or -ENOMEM. */
long special_set(int fd, struct special *special);

/* A table of nr elements of this size, zero at first, gets room for the descriptor's; or an error. */
long grow(void **table, unsigned int *nr, size_t size, unsigned int fd);

bool is_pipe(int fd);

/* Move a descriptor out of the program's way, which cannot close it; returns the new one. */
long hide(int fd);
bool is_hidden(unsigned long fd);

/* The new descriptor, if it is no error, is what the old one is; returns the new one, or an error. */
long duplicated(unsigned long from, long to);

/* readv() and writev() of what is not NetBSD's: one piece after the other. */
long each(call *one, const unsigned long *a);

struct stat;
long stat_at(unsigned long fd, unsigned long path, unsigned long flags, struct stat *st);

/* The console is the program's standard files 0, 1 and 2.  terminal: to behave as one. */
void console_open(bool terminal, unsigned int rows, unsigned int columns);

/* What is typed, at least a character unless it is not to wait: -EAGAIN. */
long console_get(char *text, size_t size, bool wait);
void console_put(const char *text, size_t size);

/* ------------------------------------------------------------------ sockets.c, others.c */

#define MSG_MORE		0x8000ul	/* a hint, and unknown to the emulation */

/* A call of NetBSD's that fills in an address. */
long ask_address(unsigned int number, const unsigned long *a);

/* The old limit is told, and the new one set, for those that are not null. */
long limit(unsigned long resource, unsigned long new, unsigned long old);

/* ------------------------------------------------------------------ events.c, mappings.c */

/* poll() of a[0], a[1] until a struct timespec's time has passed, unless it is null, with that mask. */
long poll_for(const unsigned long *a, unsigned long timespec, const unsigned long *mask);

/* The descriptor is closed: what was registered for it is gone. */
void events_forget(int fd);

/* Pages for a program, zeroed, readable and writable; or NULL. */
void *program_pages(size_t size);

/* ------------------------------------------------------------------ times.c */

unsigned long hc_time_monotonic(void);
unsigned long hc_time_wall(void);
#define now()			hc_time_monotonic()
#define wall()			hc_time_wall()
unsigned long to_ns(const struct __kernel_timespec *t);
struct __kernel_timespec to_timespec(unsigned long ns);

/* The monotonic time, in ns, that a time span ends at; FOREVER without one, false if it is none. */
bool deadline_of(const struct __kernel_timespec *span, unsigned long *deadline);

/* The same of a time of the monotonic clock, or the wall clock, if it is absolute. */
bool deadline_at(const struct __kernel_timespec *time, bool absolute, bool of_wall,
		 unsigned long *deadline);

/* What happens at a monotonic time, in ns, and again each interval after it, if there is one. */
struct timer {
	unsigned long deadline, interval;
	void (*fire)(struct timer *timer, unsigned long times);
	struct timer *next;
};

/* Start it or, with FOREVER, stop it.  fire() is called in a thread of the kernel's. */
void timer_set(struct timer *timer, unsigned long deadline, unsigned long interval);
unsigned long timer_left(const struct timer *timer);

/* Fire those whose time has come; returns when the next one's will have. */
unsigned long timers_run(void);

/* ------------------------------------------------------------------ tasks.c */

struct hc_frame;
struct thread;

/* A thread of the program: what the kernel's thread that it runs on keeps for it. */
struct task {
	struct task *next;
	struct thread *thread;
	int number;			/* gettid() */
	int *clear;			/* set to 0, and who waits for it woken, when the thread ends */
	unsigned long thread_pointer;
	void *fpu;			/* hc_fpu_size() bytes, at a multiple of 64 behind this */

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

/* The end of all: syncs, unmounts, and powers off with this status.  Or by a signal, and words for it. */
void program_end(unsigned int status) __attribute__((noreturn));
void program_killed(const char *why, int number) __attribute__((noreturn));

extern size_t program_stack_size;	/* of the first thread */
extern const char *program_host;	/* its machine's name */

/* ------------------------------------------------------------------ signals.c */

/* The running task has a signal to take, so a call that waits has to end with EINTR. */
bool signal_waits(void);

/* For the time of a call the mask is another one, unless that is NULL.  Returns what it was. */
unsigned long signal_mask_set(const unsigned long *mask);
void signal_mask_restore(const unsigned long *mask, unsigned long old, bool interrupted);

/* Send a signal to the program, or to the task only; code and value are for its handler.  Any context. */
void signal_send(struct task *task, int number, int code, unsigned long value);

/* An exception of the running task's: its frame becomes a handler's, or it ends. */
void signal_exception(unsigned int vector, unsigned long error, unsigned long address,
		      struct hc_frame *frame);

/* Wait for the time, or a signal, and not at all if there is one.  Returns false if it was the time. */
bool pause_until(unsigned long deadline);

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

/* A signal ends the program, though who would have to take it may wait in NetBSD for ever. */
void signal_end(void);

#endif

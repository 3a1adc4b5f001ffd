// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * calls.c - from a program's `syscall` instruction to the function that answers, or right to NetBSD
 * where the arguments are the same.
 */
#include "donor.h"
#include "calls.h"
#include "tasks.h"

void *allocate(size_t size)
{
	return memory_allocate(size, 16);
}

void release(void *memory)
{
	memory_free(memory);
}

void say(const char *format, ...)
{
	va_list arguments;

	print("haunch: ");
	va_start(arguments, format);
	vprint(format, arguments);
	va_end(arguments);
	print("\n");
}

/* ------------------------------------------------------------------ the table */

struct entry {
	call *function;
	unsigned short netbsd;		/* without function: NetBSD's number; the arguments are alike */
	unsigned char pointers;
	bool missed;			/* it was said that there is none */
};

/* pointers: bit N says that argument N is one. */
#define OURS(name, pointers)		[__NR_##name] = { call_##name, 0, pointers, false }
#define SAME(name, pointers, number)	[__NR_##name] = { NULL, number, pointers, false }
/* C libraries try them and know another way. */
#define TRIED(name)		[__NR_##name] = { .missed = true }

static long nothing(const unsigned long *a)
{
	return 0;
}

/* Nothing is ever swapped out, and there is one CPU whose memory is in order for it. */
#define NOTHING(name)		[__NR_##name] = { .function = nothing }

/* clang-format off */
static struct entry table[] = {
	OURS(read, 2), OURS(write, 2), OURS(open, 1), OURS(close, 0), OURS(stat, 3), OURS(fstat, 2),
	OURS(lstat, 3), OURS(poll, 1), OURS(lseek, 0), OURS(mmap, 0), OURS(mprotect, 0),
	OURS(munmap, 0), OURS(brk, 0), OURS(rt_sigaction, 6), OURS(rt_sigprocmask, 6),
	OURS(rt_sigreturn, 0), OURS(ioctl, 0), OURS(pread64, 2), OURS(pwrite64, 2), OURS(readv, 2),
	OURS(writev, 2), OURS(access, 1), OURS(pipe, 1), OURS(select, 0x1e), OURS(sched_yield, 0),
	OURS(mremap, 0), OURS(msync, 0), OURS(madvise, 0), OURS(dup, 0), OURS(dup2, 0),
	OURS(pause, 0), OURS(nanosleep, 3), OURS(getitimer, 2), OURS(alarm, 0), OURS(setitimer, 6),
	SAME(getpid, 0, NB_GETPID), OURS(sendfile, 4), OURS(socket, 0), OURS(connect, 2),
	OURS(accept, 6), OURS(sendto, 0x12), OURS(recvfrom, 0x32), OURS(sendmsg, 2),
	OURS(recvmsg, 2), SAME(shutdown, 0, NB_SHUTDOWN), OURS(bind, 2), SAME(listen, 0, NB_LISTEN),
	OURS(getsockname, 6), OURS(getpeername, 6), OURS(socketpair, 8), OURS(setsockopt, 8),
	OURS(getsockopt, 0x18), OURS(clone, 0), [__NR_fork] = { .function = call_fork },
	[__NR_vfork] = { .function = call_fork }, OURS(exit, 0), OURS(wait4, 0), OURS(kill, 0),
	OURS(uname, 1), OURS(fcntl, 0), SAME(flock, 0, NB_FLOCK), SAME(fsync, 0, NB_FSYNC),
	SAME(fdatasync, 0, NB_FDATASYNC), OURS(truncate, 1), OURS(ftruncate, 0),
	SAME(getcwd, 1, NB_GETCWD), SAME(chdir, 1, NB_CHDIR), SAME(fchdir, 0, NB_FCHDIR),
	SAME(rename, 3, NB_RENAME), SAME(mkdir, 1, NB_MKDIR), SAME(rmdir, 1, NB_RMDIR),
	OURS(creat, 1), SAME(link, 3, NB_LINK), SAME(unlink, 1, NB_UNLINK),
	SAME(symlink, 3, NB_SYMLINK), SAME(readlink, 3, NB_READLINK), SAME(chmod, 1, NB_CHMOD),
	SAME(fchmod, 0, NB_FCHMOD), SAME(chown, 1, NB_CHOWN), SAME(fchown, 0, NB_FCHOWN),
	SAME(lchown, 1, NB_LCHOWN), SAME(umask, 0, NB_UMASK), OURS(gettimeofday, 3),
	OURS(getrlimit, 2), OURS(getrusage, 2), OURS(sysinfo, 1), OURS(times, 1),
	SAME(getuid, 0, NB_GETUID), SAME(getgid, 0, NB_GETGID), SAME(setuid, 0, NB_SETUID),
	SAME(setgid, 0, NB_SETGID), SAME(geteuid, 0, NB_GETEUID), SAME(getegid, 0, NB_GETEGID),
	SAME(setpgid, 0, NB_SETPGID), SAME(getppid, 0, NB_GETPPID), SAME(getpgrp, 0, NB_GETPGRP),
	SAME(setsid, 0, NB_SETSID), SAME(setreuid, 0, NB_SETREUID), SAME(setregid, 0, NB_SETREGID),
	SAME(getgroups, 2, NB_GETGROUPS), SAME(setgroups, 2, NB_SETGROUPS),
	SAME(getpgid, 0, NB_GETPGID), SAME(getsid, 0, NB_GETSID), OURS(rt_sigpending, 1),
	OURS(rt_sigqueueinfo, 4), OURS(rt_sigtimedwait, 7), OURS(rt_sigsuspend, 1),
	OURS(sigaltstack, 3), OURS(mknod, 1), OURS(statfs, 3), OURS(fstatfs, 2), NOTHING(mlock),
	NOTHING(munlock), NOTHING(mlockall), NOTHING(munlockall), OURS(prctl, 0),
	OURS(arch_prctl, 0), OURS(setrlimit, 2), SAME(chroot, 1, NB_CHROOT), SAME(sync, 0, NB_SYNC),
	OURS(gettid, 0), OURS(tkill, 0), OURS(time, 1), OURS(futex, 1), OURS(sched_getaffinity, 4),
	OURS(epoll_create, 0), OURS(getdents64, 2), OURS(set_tid_address, 0), OURS(fadvise64, 0),
	OURS(clock_gettime, 2), OURS(clock_getres, 2), OURS(clock_nanosleep, 0xc),
	OURS(exit_group, 0), OURS(epoll_wait, 2), OURS(epoll_ctl, 8), OURS(tgkill, 0),
	OURS(openat, 2), OURS(mkdirat, 2), OURS(mknodat, 2), OURS(fchownat, 2), OURS(newfstatat, 6),
	OURS(unlinkat, 2), SAME(renameat, 0xa, NB_RENAMEAT), OURS(linkat, 0xa),
	SAME(symlinkat, 5, NB_SYMLINKAT), SAME(readlinkat, 6, NB_READLINKAT), OURS(fchmodat, 2),
	OURS(faccessat, 2), OURS(pselect6, 0x3e), OURS(ppoll, 0xd), OURS(utimensat, 6),
	OURS(epoll_pwait, 0x12), OURS(eventfd, 0), OURS(timerfd_create, 0), OURS(fallocate, 0),
	OURS(timerfd_settime, 0xc), OURS(timerfd_gettime, 2), OURS(accept4, 6), OURS(eventfd2, 0),
	OURS(epoll_create1, 0), OURS(dup3, 0), OURS(pipe2, 1), OURS(preadv, 2), OURS(pwritev, 2),
	OURS(prlimit64, 0xc), OURS(sendmmsg, 2), OURS(getcpu, 3), OURS(renameat2, 0xa),
	OURS(getrandom, 1), OURS(statx, 0x12), OURS(close_range, 0), OURS(faccessat2, 2),
	OURS(epoll_pwait2, 0x1a), TRIED(set_robust_list), TRIED(rseq), TRIED(clone3),
	TRIED(membarrier), TRIED(io_setup)
};
/* clang-format on */

static const char *const names[] = {
#include "names.h"
};

static long missing(unsigned long number)
{
	static struct entry unknown;
	struct entry *e = number < ARRAY_SIZE(table) ? &table[number] : &unknown;

	/* Once is enough: who asks again and again would drown what else is said. */
	if (e->missed)
		return -ENOSYS;
	e->missed = true;
	if (number < ARRAY_SIZE(names) && names[number])
		say("netbsd: there is no system call %s here (ENOSYS)", names[number]);
	else
		say("netbsd: there is no system call %lu here (ENOSYS)", number);
	return -ENOSYS;
}

/*
 * A pointer is null, which the call itself looks at, or of a page of the program's: else it would be the kernel that
 * faults.  (What lies behind the page, and what is pointed to from there, is the program's own risk.)
 */
static bool pointers_good(unsigned int pointers, const unsigned long *a)
{
	for (; pointers; pointers >>= 1, a++)
		if (pointers & 1 && *a && !memory_page((const void *)*a))
			return false;
	return true;
}

unsigned long donor_syscall(unsigned long a0, unsigned long a1, unsigned long a2, unsigned long a3,
			    unsigned long a4, unsigned long a5, unsigned long number)
{
	const unsigned long a[8] = { a0, a1, a2, a3, a4, a5 };
	const struct entry *e = number < ARRAY_SIZE(table) ? &table[number] : NULL;
	unsigned long result;

	if (e && !pointers_good(e->pointers, a))
		result = (unsigned long)-EFAULT;
	else if (e && e->function)
		result = (unsigned long)e->function(a);
	else if (e && e->netbsd)
		result = (unsigned long)nb(e->netbsd, a);
	else
		result = (unsigned long)missing(number);
	/* What the call has woken, such as the thread that sends a packet. */
	sched_yield();
	if (signal_waits())
		signal_deliver(thread_frame(running), &result);
	return result;
}

void program_interrupted(struct hc_frame *frame)
{
	sched_preempt();
	if (signal_waits())
		signal_deliver(frame, NULL);
}

// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * calls.c - from a program's `syscall` instruction to the function that answers, or right to NetBSD
 * where the arguments are the same.
 */
#include "donor.h"
#include "calls.h"
#include "tasks.h"

int rump_syscall(int number, void *arguments, size_t size, long *result);

/* ------------------------------------------------------------------ NetBSD's calls */

/* From 35 on the two number errors otherwise (EDEADLK and EAGAIN change places). */
static const unsigned char errors[] = { [11] = EDEADLK,	 [35] = EAGAIN,	  EINPROGRESS,
					EALREADY,	 ENOTSOCK,	  EDESTADDRREQ,
					EMSGSIZE,	 EPROTOTYPE,	  ENOPROTOOPT,
					EPROTONOSUPPORT, ESOCKTNOSUPPORT, EOPNOTSUPP,
					EPFNOSUPPORT,	 EAFNOSUPPORT,	  EADDRINUSE,
					EADDRNOTAVAIL,	 ENETDOWN,	  ENETUNREACH,
					ENETRESET,	 ECONNABORTED,	  ECONNRESET,
					ENOBUFS,	 EISCONN,	  ENOTCONN,
					ESHUTDOWN,	 ETOOMANYREFS,	  ETIMEDOUT,
					ECONNREFUSED,	 ELOOP,		  ENAMETOOLONG,
					EHOSTDOWN,	 EHOSTUNREACH,	  ENOTEMPTY,
					EUSERS,		 EUSERS,	  EDQUOT,
					ESTALE,		 EREMOTE,	  [77] = ENOLCK,
					ENOSYS,		 [82] = EIDRM,	  ENOMSG,
					EOVERFLOW,	 EILSEQ,	  EOPNOTSUPP,
					ECANCELED,	 EBADMSG,	  ENODATA,
					ENOSR,		 ENOSTR,	  ETIME,
					ENODATA,	 EMULTIHOP,	  ENOLINK,
					EPROTO };

int errno_of(int netbsd)
{
	/* ERESTART and its like: a call that was interrupted. */
	if (netbsd < 0)
		return EINTR;
	if (netbsd < 35 && netbsd != 11)
		return netbsd;
	return (size_t)netbsd < sizeof(errors) && errors[netbsd] ? errors[netbsd] : EINVAL;
}

long nb(unsigned int number, const unsigned long *arguments)
{
	long result[2] = { 0, 0 };
	int error = rump_syscall((int)number, (void *)arguments, 8 * sizeof(*arguments), result);

	return error ? -errno_of(error) : result[0];
}

unsigned int bits_to_netbsd(const struct bits *table, size_t nr, unsigned int bits,
			    unsigned int *rest)
{
	unsigned int to = 0;

	for (size_t i = 0; i < nr; i++)
		if (bits & table[i].linux_bits) {
			to |= table[i].netbsd_bits;
			bits &= ~table[i].linux_bits;
		}
	if (rest)
		*rest = bits;
	return to;
}

unsigned int bits_to_linux(const struct bits *table, size_t nr, unsigned int bits)
{
	unsigned int to = 0;

	for (size_t i = 0; i < nr; i++)
		if (bits & table[i].netbsd_bits)
			to |= table[i].linux_bits;
	return to;
}

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
	bool missed;			/* it was said that there is none */
};

#define OURS(name)		[__NR_##name] = { .function = call_##name }
#define SAME(name, number)	[__NR_##name] = { .netbsd = (number) }
/* C libraries try them and know another way. */
#define TRIED(name)		[__NR_##name] = { .missed = true }

static long nothing(const unsigned long *a)
{
	(void)a;
	return 0;
}

/* Nothing is ever swapped out, and there is one CPU whose memory is in order for it. */
#define NOTHING(name)		[__NR_##name] = { .function = nothing }

/* clang-format off */
static struct entry table[] = {
	OURS(read), OURS(write), OURS(open), OURS(close), OURS(stat), OURS(fstat), OURS(lstat),
	OURS(poll), OURS(lseek), OURS(mmap), OURS(mprotect), OURS(munmap), OURS(brk),
	OURS(rt_sigaction), OURS(rt_sigprocmask), OURS(rt_sigreturn), OURS(ioctl), OURS(pread64),
	OURS(pwrite64), OURS(readv), OURS(writev), OURS(access), OURS(pipe), OURS(select),
	OURS(sched_yield), OURS(mremap), OURS(msync), OURS(madvise), OURS(dup), OURS(dup2),
	OURS(pause), OURS(nanosleep), OURS(getitimer), OURS(alarm), OURS(setitimer),
	SAME(getpid, NB_GETPID), OURS(sendfile), OURS(socket), OURS(connect), OURS(accept),
	OURS(sendto), OURS(recvfrom), OURS(sendmsg), OURS(recvmsg), SAME(shutdown, NB_SHUTDOWN),
	OURS(bind), SAME(listen, NB_LISTEN), OURS(getsockname), OURS(getpeername),
	OURS(socketpair), OURS(setsockopt), OURS(getsockopt), OURS(clone), OURS(exit),
	OURS(wait4), OURS(kill), OURS(uname), OURS(fcntl), SAME(flock, NB_FLOCK),
	SAME(fsync, NB_FSYNC), SAME(fdatasync, NB_FDATASYNC), OURS(truncate), OURS(ftruncate),
	SAME(getcwd, NB_GETCWD), SAME(chdir, NB_CHDIR), SAME(fchdir, NB_FCHDIR),
	SAME(rename, NB_RENAME), SAME(mkdir, NB_MKDIR), SAME(rmdir, NB_RMDIR), OURS(creat),
	SAME(link, NB_LINK), SAME(unlink, NB_UNLINK), SAME(symlink, NB_SYMLINK),
	SAME(readlink, NB_READLINK), SAME(chmod, NB_CHMOD), SAME(fchmod, NB_FCHMOD),
	SAME(chown, NB_CHOWN), SAME(fchown, NB_FCHOWN), SAME(lchown, NB_LCHOWN),
	SAME(umask, NB_UMASK), OURS(gettimeofday), OURS(getrlimit), OURS(getrusage),
	OURS(sysinfo), OURS(times), SAME(getuid, NB_GETUID), SAME(getgid, NB_GETGID),
	SAME(setuid, NB_SETUID), SAME(setgid, NB_SETGID), SAME(geteuid, NB_GETEUID),
	SAME(getegid, NB_GETEGID), SAME(setpgid, NB_SETPGID), SAME(getppid, NB_GETPPID),
	SAME(getpgrp, NB_GETPGRP), SAME(setsid, NB_SETSID), SAME(setreuid, NB_SETREUID),
	SAME(setregid, NB_SETREGID), SAME(getgroups, NB_GETGROUPS), SAME(setgroups, NB_SETGROUPS),
	SAME(getpgid, NB_GETPGID), SAME(getsid, NB_GETSID), OURS(rt_sigpending),
	OURS(rt_sigqueueinfo), OURS(rt_sigtimedwait), OURS(rt_sigsuspend), OURS(sigaltstack),
	OURS(mknod), OURS(statfs), OURS(fstatfs), NOTHING(mlock), NOTHING(munlock),
	NOTHING(mlockall), NOTHING(munlockall), OURS(prctl), OURS(arch_prctl), OURS(setrlimit),
	SAME(chroot, NB_CHROOT), SAME(sync, NB_SYNC), OURS(gettid), OURS(tkill), OURS(time),
	OURS(futex), OURS(sched_getaffinity), OURS(epoll_create), OURS(getdents64),
	OURS(set_tid_address), OURS(fadvise64), OURS(clock_gettime), OURS(clock_getres),
	OURS(clock_nanosleep), OURS(exit_group), OURS(epoll_wait), OURS(epoll_ctl), OURS(tgkill),
	OURS(openat), OURS(mkdirat), OURS(mknodat), OURS(fchownat), OURS(newfstatat),
	OURS(unlinkat), [__NR_renameat] = { .netbsd = NB_RENAMEAT }, OURS(linkat),
	SAME(symlinkat, NB_SYMLINKAT), SAME(readlinkat, NB_READLINKAT), OURS(fchmodat),
	OURS(faccessat), OURS(pselect6), OURS(ppoll), OURS(utimensat), OURS(epoll_pwait),
	OURS(eventfd), OURS(timerfd_create), OURS(fallocate), OURS(timerfd_settime),
	OURS(timerfd_gettime), OURS(accept4), OURS(eventfd2), OURS(epoll_create1), OURS(dup3),
	OURS(pipe2), OURS(preadv), OURS(pwritev), OURS(prlimit64), OURS(sendmmsg), OURS(getcpu),
	OURS(renameat2), OURS(getrandom), OURS(statx), OURS(close_range), OURS(faccessat2),
	OURS(epoll_pwait2), TRIED(set_robust_list), TRIED(rseq), TRIED(clone3), TRIED(membarrier),
	TRIED(io_setup)
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

unsigned long donor_syscall(unsigned long a0, unsigned long a1, unsigned long a2, unsigned long a3,
			    unsigned long a4, unsigned long a5, unsigned long number)
{
	const unsigned long a[8] = { a0, a1, a2, a3, a4, a5 };
	const struct entry *e = number < ARRAY_SIZE(table) ? &table[number] : NULL;
	unsigned long result;

	if (e && e->function)
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

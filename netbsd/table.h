/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * table.h - who answers which of Linux's system calls: OURS(name, pointers), call_NAME(); EXPR(name, pointers,
 * expression), what is no more than an expression of the arguments a[]; LINUX(name, pointers, function), the
 * function of NetBSD's own Linux emulation; NETBSD(name, pointers, number), NetBSD's call of that number, whose
 * arguments and result are alike.  Bit N of pointers says that argument N is one, bit N + 8 that it must not be null.
 */
/* clang-format off */
#define CALLS(OURS, EXPR, LINUX, NETBSD) \
	OURS(read, 2) OURS(write, 2) LINUX(open, 1, open) OURS(close, 0) LINUX(stat, 3, stat64) \
	LINUX(fstat, 2, fstat64) LINUX(lstat, 3, lstat64) OURS(poll, 1) OURS(mmap, 0) \
	OURS(mprotect, 0) OURS(munmap, 0) OURS(rt_sigaction, 6) OURS(rt_sigprocmask, 6) \
	OURS(rt_sigreturn, 0) OURS(ioctl, 0) LINUX(pread64, 2, pread) LINUX(pwrite64, 2, pwrite) \
	NETBSD(access, 1, 33) LINUX(pipe, 1, pipe) OURS(select, 0x1e) OURS(mremap, 0) \
	OURS(madvise, 0) OURS(getitimer, 0x202) OURS(alarm, 0) OURS(setitimer, 6) \
	NETBSD(getpid, 0, 20) OURS(sendfile, 4) OURS(socket, 0) LINUX(connect, 2, connect) \
	OURS(recvfrom, 0x32) OURS(recvmsg, 0x202) NETBSD(shutdown, 0, 134) LINUX(bind, 2, bind) \
	NETBSD(listen, 0, 106) LINUX(socketpair, 8, socketpair) OURS(setsockopt, 0x808) \
	OURS(getsockopt, 0x1818) OURS(clone, 0) OURS(fork, 0) OURS(exit, 0) OURS(kill, 0) \
	OURS(uname, 0x101) OURS(fcntl, 0) NETBSD(flock, 0, 131) NETBSD(fsync, 0, 95) \
	NETBSD(fdatasync, 0, 241) LINUX(truncate, 1, truncate64) \
	LINUX(ftruncate, 0, ftruncate64) LINUX(getdents, 2, getdents) NETBSD(getcwd, 1, 296) \
	NETBSD(chdir, 1, 12) NETBSD(fchdir, 0, 13) NETBSD(rename, 3, 128) NETBSD(mkdir, 1, 136) \
	NETBSD(rmdir, 1, 137) LINUX(creat, 1, creat) NETBSD(link, 3, 9) LINUX(unlink, 1, unlink) \
	NETBSD(symlink, 3, 57) NETBSD(readlink, 3, 58) NETBSD(chmod, 1, 15) \
	NETBSD(fchmod, 0, 124) NETBSD(chown, 1, 16) NETBSD(fchown, 0, 123) \
	NETBSD(lchown, 1, 275) NETBSD(umask, 0, 60) OURS(gettimeofday, 3) OURS(getrusage, 0x202) \
	OURS(sysinfo, 0x101) LINUX(times, 1, times) NETBSD(getuid, 0, 24) NETBSD(getgid, 0, 47) \
	NETBSD(setuid, 0, 23) NETBSD(setgid, 0, 181) NETBSD(geteuid, 0, 25) \
	NETBSD(getegid, 0, 43) NETBSD(setpgid, 0, 82) NETBSD(getppid, 0, 39) \
	NETBSD(getpgrp, 0, 81) NETBSD(setsid, 0, 147) NETBSD(setreuid, 0, 126) \
	NETBSD(setregid, 0, 127) NETBSD(getgroups, 2, 79) NETBSD(setgroups, 2, 80) \
	LINUX(setresuid, 0, setresuid) LINUX(getresuid, 7, getresuid) NETBSD(getpgid, 0, 207) \
	NETBSD(getsid, 0, 286) OURS(rt_sigpending, 0x101) OURS(rt_sigtimedwait, 0x107) \
	OURS(rt_sigsuspend, 0x101) OURS(sigaltstack, 3) LINUX(mknod, 1, mknod) \
	LINUX(statfs, 3, statfs) LINUX(fstatfs, 2, fstatfs) OURS(arch_prctl, 0) \
	NETBSD(chroot, 1, 61) NETBSD(sync, 0, 36) OURS(futex, 0x101) \
	LINUX(getdents64, 2, getdents64) OURS(clock_gettime, 0x202) OURS(clock_getres, 2) \
	OURS(clock_nanosleep, 0x40c) OURS(epoll_ctl, 8) OURS(tgkill, 0) LINUX(openat, 2, openat) \
	NETBSD(mkdirat, 2, 461) LINUX(mknodat, 2, mknodat) LINUX(fchownat, 2, fchownat) \
	LINUX(unlinkat, 2, unlinkat) NETBSD(renameat, 0xa, 458) LINUX(linkat, 0xa, linkat) \
	NETBSD(symlinkat, 5, 470) NETBSD(readlinkat, 6, 469) LINUX(fchmodat, 2, fchmodat) \
	LINUX(faccessat, 2, faccessat) OURS(pselect6, 0x3e) LINUX(utimensat, 6, utimensat) \
	OURS(epoll_pwait, 0x212) OURS(timerfd_create, 0) EXPR(fallocate, 0, -EOPNOTSUPP) \
	OURS(timerfd_settime, 0x40c) OURS(timerfd_gettime, 0x202) OURS(accept4, 6) \
	OURS(eventfd2, 0) OURS(epoll_create1, 0) LINUX(pipe2, 1, pipe2) OURS(sendmmsg, 2) \
	OURS(getrandom, 0x101) OURS(statx, 0x1012) \
	EXPR(lseek, 0, a[2] > 2 ? -EINVAL : NB(LSEEK, a[0], 0, a[1], a[2])) \
	EXPR(readv, 2, special_of((int)a[0]) ? each(call_read, a) : NB(READV, a[0], a[1], a[2])) \
	EXPR(writev, 2, special_of((int)a[0]) ? each(call_write, a) : NB(WRITEV, a[0], a[1], \
		a[2])) EXPR(sched_yield, 0, 0) EXPR(msync, 0, a[0] % 4096 ? -EINVAL : 0) \
	EXPR(dup, 0, duplicated(a[0], NB(DUP, a[0]))) \
	EXPR(dup2, 0, is_hidden(a[1]) ? -EBADF : duplicated(a[0], NB(DUP2, a[0], a[1]))) \
	EXPR(pause, 0, (pause_until(FOREVER), -EINTR)) \
	EXPR(nanosleep, 3, call_clock_nanosleep(A(1, 0, a[0], a[1]))) \
	EXPR(accept, 6, call_accept4(A(a[0], a[1], a[2]))) \
	EXPR(sendto, 0x12, LX(sendto, a[0], a[1], a[2], a[3] & ~MSG_MORE, a[4], a[4] ? a[5] : \
		0)) EXPR(sendmsg, 0x202, LX(sendmsg, a[0], a[1], a[2] & ~MSG_MORE)) \
	EXPR(getsockname, 0x606, ask_address(NB_GETSOCKNAME, a)) \
	EXPR(getpeername, 0x606, ask_address(NB_GETPEERNAME, a)) EXPR(wait4, 0, -ECHILD) \
	EXPR(getrlimit, 0x202, limit(a[0], 0, a[1])) \
	EXPR(setrlimit, 0x202, limit(a[0], a[1], 0)) \
	EXPR(epoll_create, 0, (int)a[0] > 0 ? call_epoll_create1(A(0)) : -EINVAL) \
	EXPR(fadvise64, 0, a[3] > 5 ? -EINVAL : 0) \
	EXPR(epoll_wait, 0x202, call_epoll_pwait(A(a[0], a[1], a[2], a[3]))) \
	EXPR(newfstatat, 0x406, stat_at(a[0], a[1], a[3], (struct stat *)a[2])) \
	EXPR(eventfd, 0, call_eventfd2(A(a[0]))) \
	EXPR(dup3, 0, is_hidden(a[1]) ? -EBADF : duplicated(a[0], LX(dup3, a[0], a[1], a[2]))) \
	EXPR(preadv, 2, NB(PREADV, a[0], a[1], a[2], 0, a[3])) \
	EXPR(pwritev, 2, NB(PWRITEV, a[0], a[1], a[2], 0, a[3])) \
	EXPR(prlimit64, 0xc, a[0] && (int)a[0] != process_number ? -ESRCH : limit(a[1], a[2], \
		a[3])) \
	EXPR(renameat2, 0xa, a[4] ? -EINVAL : NB(RENAMEAT, a[0], a[1], a[2], a[3])) \
	EXPR(mlock, 0, 0) EXPR(munlock, 0, 0) EXPR(mlockall, 0, 0) EXPR(munlockall, 0, 0) \
	EXPR(gettid, 0, current_task()->number) \
	EXPR(set_tid_address, 0, (current_task()->clear = (int *)a[0], current_task()->number)) \
	EXPR(tkill, 0, call_tgkill(A((unsigned long)process_number, a[0], a[1]))) \
	EXPR(sched_getaffinity, 0x404, a[1] < 8 ? -EINVAL : (*(unsigned long *)a[2] = 1, 8)) \
	EXPR(exit_group, 0, (program_end((unsigned int)a[0] & 255), 0)) \
	EXPR(ppoll, 0xd, poll_for(a, a[2], (const unsigned long *)a[3])) EXPR(brk, 0, 0) \
	OURS(prctl, 0) \
	EXPR(time, 1, (a[0] ? (*(unsigned long *)a[0] = wall() / NS_PER_SECOND, 0) : 0, \
		(long)(wall() / NS_PER_SECOND))) \
	EXPR(faccessat2, 2, NB(FACCESSAT, a[0], a[1], a[2], (a[3] & 0x100 ? NB_AT_NOFOLLOW : \
		0) | (a[3] & 0x200 ? NB_AT_EACCESS : 0))) EXPR(vfork, 0, call_fork(a)) \
	EXPR(getcpu, 3, (a[0] ? *(int *)a[0] = 0 : 0) + (a[1] ? *(int *)a[1] = 0 : 0)) \
	EXPR(rt_sigqueueinfo, 0x404, (int)a[0] != process_number ? -ESRCH : !a[1] || a[1] > 64 ? -EINVAL : \
		(signal_send(NULL, (int)a[1], ((int *)a[2])[2], ((unsigned long *)a[2])[3]), 0))
/* clang-format on */

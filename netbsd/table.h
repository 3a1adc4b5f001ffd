/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * table.h - who answers which of Linux's system calls: OURS(name, pointers), call_NAME(); LINUX(name, pointers,
 * function), the function of NetBSD's own Linux emulation; NETBSD(name, pointers, number), NetBSD's call of that
 * number, whose arguments and result are alike.  Bit N of pointers says that argument N is one.
 */
/* clang-format off */
#define CALLS(OURS, LINUX, NETBSD) \
	OURS(read, 2) OURS(write, 2) LINUX(open, 1, open) OURS(close, 0) LINUX(stat, 3, stat64) \
	LINUX(fstat, 2, fstat64) LINUX(lstat, 3, lstat64) OURS(poll, 1) OURS(lseek, 0) \
	OURS(mmap, 0) OURS(mprotect, 0) OURS(munmap, 0) OURS(brk, 0) OURS(rt_sigaction, 6) \
	OURS(rt_sigprocmask, 6) OURS(rt_sigreturn, 0) OURS(ioctl, 0) LINUX(pread64, 2, pread) \
	LINUX(pwrite64, 2, pwrite) OURS(readv, 2) OURS(writev, 2) NETBSD(access, 1, 33) \
	LINUX(pipe, 1, pipe) OURS(select, 0x1e) OURS(sched_yield, 0) OURS(mremap, 0) \
	OURS(msync, 0) OURS(madvise, 0) OURS(dup, 0) OURS(dup2, 0) OURS(pause, 0) \
	OURS(nanosleep, 3) OURS(getitimer, 2) OURS(alarm, 0) OURS(setitimer, 6) \
	NETBSD(getpid, 0, 20) OURS(sendfile, 4) OURS(socket, 0) LINUX(connect, 2, connect) \
	OURS(accept, 6) OURS(sendto, 0x12) OURS(recvfrom, 0x32) OURS(sendmsg, 2) \
	OURS(recvmsg, 2) NETBSD(shutdown, 0, 134) LINUX(bind, 2, bind) NETBSD(listen, 0, 106) \
	OURS(getsockname, 6) OURS(getpeername, 6) LINUX(socketpair, 8, socketpair) \
	OURS(setsockopt, 8) OURS(getsockopt, 0x18) OURS(clone, 0) OURS(fork, 0) OURS(exit, 0) \
	OURS(wait4, 0) OURS(kill, 0) OURS(uname, 1) OURS(fcntl, 0) NETBSD(flock, 0, 131) \
	NETBSD(fsync, 0, 95) NETBSD(fdatasync, 0, 241) LINUX(truncate, 1, truncate64) \
	LINUX(ftruncate, 0, ftruncate64) LINUX(getdents, 2, getdents) NETBSD(getcwd, 1, 296) \
	NETBSD(chdir, 1, 12) NETBSD(fchdir, 0, 13) NETBSD(rename, 3, 128) NETBSD(mkdir, 1, 136) \
	NETBSD(rmdir, 1, 137) LINUX(creat, 1, creat) NETBSD(link, 3, 9) LINUX(unlink, 1, unlink) \
	NETBSD(symlink, 3, 57) NETBSD(readlink, 3, 58) NETBSD(chmod, 1, 15) \
	NETBSD(fchmod, 0, 124) NETBSD(chown, 1, 16) NETBSD(fchown, 0, 123) \
	NETBSD(lchown, 1, 275) NETBSD(umask, 0, 60) OURS(gettimeofday, 3) OURS(getrlimit, 2) \
	OURS(getrusage, 2) OURS(sysinfo, 1) OURS(times, 1) NETBSD(getuid, 0, 24) \
	NETBSD(getgid, 0, 47) NETBSD(setuid, 0, 23) NETBSD(setgid, 0, 181) \
	NETBSD(geteuid, 0, 25) NETBSD(getegid, 0, 43) NETBSD(setpgid, 0, 82) \
	NETBSD(getppid, 0, 39) NETBSD(getpgrp, 0, 81) NETBSD(setsid, 0, 147) \
	NETBSD(setreuid, 0, 126) NETBSD(setregid, 0, 127) NETBSD(getgroups, 2, 79) \
	NETBSD(setgroups, 2, 80) LINUX(setresuid, 0, setresuid) LINUX(getresuid, 7, getresuid) \
	NETBSD(getpgid, 0, 207) NETBSD(getsid, 0, 286) OURS(rt_sigpending, 1) \
	OURS(rt_sigqueueinfo, 4) OURS(rt_sigtimedwait, 7) OURS(rt_sigsuspend, 1) \
	OURS(sigaltstack, 3) LINUX(mknod, 1, mknod) LINUX(statfs, 3, statfs) \
	LINUX(fstatfs, 2, fstatfs) OURS(prctl, 0) OURS(arch_prctl, 0) OURS(setrlimit, 2) \
	NETBSD(chroot, 1, 61) NETBSD(sync, 0, 36) OURS(gettid, 0) OURS(tkill, 0) OURS(time, 1) \
	OURS(futex, 1) OURS(sched_getaffinity, 4) OURS(epoll_create, 0) \
	LINUX(getdents64, 2, getdents64) OURS(set_tid_address, 0) OURS(fadvise64, 0) \
	OURS(clock_gettime, 2) OURS(clock_getres, 2) OURS(clock_nanosleep, 0xc) \
	OURS(exit_group, 0) OURS(epoll_wait, 2) OURS(epoll_ctl, 8) OURS(tgkill, 0) \
	LINUX(openat, 2, openat) NETBSD(mkdirat, 2, 461) LINUX(mknodat, 2, mknodat) \
	LINUX(fchownat, 2, fchownat) OURS(newfstatat, 6) LINUX(unlinkat, 2, unlinkat) \
	NETBSD(renameat, 0xa, 458) LINUX(linkat, 0xa, linkat) NETBSD(symlinkat, 5, 470) \
	NETBSD(readlinkat, 6, 469) LINUX(fchmodat, 2, fchmodat) LINUX(faccessat, 2, faccessat) \
	OURS(pselect6, 0x3e) OURS(ppoll, 0xd) LINUX(utimensat, 6, utimensat) \
	OURS(epoll_pwait, 0x12) OURS(eventfd, 0) OURS(timerfd_create, 0) OURS(fallocate, 0) \
	OURS(timerfd_settime, 0xc) OURS(timerfd_gettime, 2) OURS(accept4, 6) OURS(eventfd2, 0) \
	OURS(epoll_create1, 0) OURS(dup3, 0) LINUX(pipe2, 1, pipe2) OURS(preadv, 2) \
	OURS(pwritev, 2) OURS(prlimit64, 0xc) OURS(sendmmsg, 2) OURS(getcpu, 3) \
	OURS(renameat2, 0xa) OURS(getrandom, 1) OURS(statx, 0x12) OURS(close_range, 0) \
	OURS(faccessat2, 2) OURS(epoll_pwait2, 0x1a)
/* clang-format on */

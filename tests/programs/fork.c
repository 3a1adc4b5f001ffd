/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * fork.c - fork and its relatives: what a child has of its own and what it shares, many children,
 * threads that fork, vfork, clone3 and pidfds.
 *
 * 200 children at once take some 20 MB; nothing else takes more than 5 MB.
 */
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <sys/time.h>

#include "help.h"

/* musl has none of these. */
#define OWN_CLONE_PIDFD	     0x1000
#define OWN_P_PIDFD	     ((idtype_t)3)
#define OWN_SYS_pidfd_signal 424
#define OWN_SYS_pidfd_open   434
#define OWN_SYS_clone3	     435
#define OWN_CLONE_CLEAR_SIGS 0x100000000

struct own_clone_args {
	uint64_t flags, pidfd, child_tid, parent_tid, exit_signal, stack, stack_size, tls;
	uint64_t set_tid, set_tid_size, cgroup;
};

static char data[4 * PAGE] __attribute__((aligned(PAGE))) = "data";
static char zeros[4 * PAGE];
static __thread int own = 1;
static char *heap, *private_file;
static int file, go[2], gone[2];
static char trace[64];
static volatile sig_atomic_t caught;

static void note(int signal)
{
	(void)signal;
	caught++;
}

/* The child changes everything; the parent must not notice. */
static int change(void)
{
	int good = !strcmp(data, "data") && all(zeros, sizeof(zeros), 0) && all(heap, MIB, 'h') &&
		   all(private_file, PAGE, 'f') && own == 1;

	memset(data, 'c', sizeof(data));
	memset(zeros, 'c', sizeof(zeros));
	memset(heap, 'c', MIB);
	memset(private_file, 'c', 2 * PAGE);
	own = 2;
	return good && all(heap, MIB, 'c') && all(private_file, 2 * PAGE, 'c') ? 7 : 1;
}

/* The parent changes everything, then lets the child look. */
static int look(void)
{
	volatile int local = 5;

	if (!hear(go[0]))
		return 2;
	return !strcmp(data, "data") && all(zeros, sizeof(zeros), 0) && all(heap, MIB, 'h') &&
			       all(private_file, 2 * PAGE, 'f') && own == 1 && local == 5 ?
		       8 :
		       1;
}

static void copies(void)
{
	volatile int local = 1;
	char bytes[8] = "";
	pid_t pid;
	int ends;

	heap = malloc(MIB);
	memset(heap, 'h', MIB);
	file = new_file("fork.file", 0);
	memset(zeros, 'f', sizeof(zeros));
	CHECK(write(file, zeros, sizeof(zeros)) == sizeof(zeros), "a file");
	memset(zeros, 0, sizeof(zeros));
	private_file = mmap(NULL, 2 * PAGE, RW, MAP_PRIVATE, file, 0);
	CHECK(private_file != MAP_FAILED && private_file[0] == 'f', "is mapped private");

	CHECK(in_child(change) == 7, "a child sees what the parent had, and changes it");
	CHECK(!strcmp(data, "data") && all(data + 5, sizeof(data) - 5, 0), "the parent's data,");
	CHECK(all(zeros, sizeof(zeros), 0) && own == 1, "data of zeros, its thread's data,");
	CHECK(all(heap, MIB, 'h'), "its heap,");
	CHECK(all(private_file, 2 * PAGE, 'f'), "and its map of a file are as they were");

	pid = start(look);
	memset(data, 'p', sizeof(data));
	memset(zeros, 'p', sizeof(zeros));
	memset(heap, 'p', MIB);
	memset(private_file, 'p', 2 * PAGE);
	tell(go[1]);
	ends = end_of(pid);
	CHECK(ends == 8, "what the parent changes later the child does not see");
	CHECK(all(heap, MIB, 'p') && all(private_file, 2 * PAGE, 'p'), "the parent does");
	CHECK(pread(file, bytes, 8, 0) == 8 && all(bytes, 8, 'f'), "the file has not changed");

	pid = fork();
	if (pid == 0) {
		local++;
		_exit(local == 2 ? 3 : 4);
	}
	CHECK(end_of(pid) == 3 && local == 1, "a stack of its own");
	for (int i = 0; i < 3; i++) {
		pid = fork();
		if (pid == 0) {
			heap[i * 100] = (char)i;
			_exit(all(heap, i * 100, 'p') && heap[i * 100] == i ? i : 99);
		}
		CHECK(end_of(pid) == i && all(heap, MIB, 'p'), "child %d is a new copy", i);
	}
	free(heap);
	munmap(private_file, 2 * PAGE);
}

/* x87, SSE and general registers that a call keeps, across a system call that returns twice. */
static int same_registers(void)
{
	double x = 0;
	long result, rbx = 0, r12 = 0, r15 = 0, xmm = 0;

	__asm__ volatile("movq $0x1234567, %%r12\n\tmovq $0x7654321, %%r15\n\t"
			 "movq $0x1122334455, %%rbx\n\tmovq %%rbx, %%xmm13\n\tfldpi\n\t"
			 "syscall\n\t"
			 "fstpl %[x]\n\tmovq %%xmm13, %[xmm]\n\tmovq %%rbx, %[b]\n\t"
			 "movq %%r12, %[r12]\n\tmovq %%r15, %[r15]"
			 : "=a"(result), [x] "=m"(x), [xmm] "=m"(xmm), [b] "=m"(rbx),
			   [r12] "=m"(r12), [r15] "=m"(r15)
			 : "0"((long)SYS_fork)
			 : "rbx", "rcx", "r11", "r12", "r15", "xmm13", "st", "memory", "cc");
	if (result < 0)
		return 0;
	if (x < 3.14159 || x > 3.1416 || xmm != 0x1122334455 || rbx != xmm || r12 != 0x1234567 ||
	    r15 != 0x7654321) {
		if (result == 0)
			syscall(SYS_exit_group, 1);
		return 0;
	}
	if (result == 0)
		syscall(SYS_exit_group, 5);
	return end_of((pid_t)result) == 5;
}

static int inherited(void)
{
	struct itimerval timer;
	sigset_t set, pending;
	struct sigaction action;

	sigprocmask(SIG_BLOCK, NULL, &set);
	sigpending(&pending);
	sigaction(SIGUSR2, NULL, &action);
	if (!sigismember(&set, SIGUSR1) || sigismember(&pending, SIGUSR1))
		return 1;
	if (action.sa_handler != note || getitimer(ITIMER_REAL, &timer) || timer.it_value.tv_sec)
		return 2;
	raise(SIGUSR2);
	return caught == 1 ? 0 : 3;
}

static void state(void)
{
	struct itimerval timer = { .it_value.tv_sec = 1000 };
	struct sigaction action = { .sa_handler = note };
	sigset_t set;
	char text[8] = "";
	pid_t pid;

	CHECK(same_registers(), "registers are the same in both");
	sigemptyset(&set);
	sigaddset(&set, SIGUSR1);
	sigprocmask(SIG_BLOCK, &set, NULL);
	sigaction(SIGUSR2, &action, NULL);
	raise(SIGUSR1);
	setitimer(ITIMER_REAL, &timer, NULL);
	CHECK(in_child(inherited) == 0,
	      "a child has the mask and the handlers, but no pending signals and no timers");
	timer.it_value.tv_sec = 0;
	setitimer(ITIMER_REAL, &timer, NULL);
	signal(SIGUSR1, SIG_IGN);
	sigprocmask(SIG_UNBLOCK, &set, NULL);

	if (pwrite(file, "0123456789", 10, 0) != 10 || lseek(file, 2, SEEK_SET) != 2)
		CHECK(0, "a file for two");
	pid = fork();
	if (pid == 0)
		_exit(read(file, text, 3) == 3 && !memcmp(text, "234", 3) ? 0 : 1);
	CHECK(end_of(pid) == 0 && read(file, text, 2) == 2 && !memcmp(text, "56", 2),
	      "the offset in an open file is shared");
	pid = fork();
	if (pid == 0)
		_exit(close(file) || fcntl(file, F_GETFD) >= 0);
	CHECK(end_of(pid) == 0 && fcntl(file, F_GETFD) >= 0, "the descriptors are not");
}

static int deep(int level)
{
	pid_t pid;
	int end;

	if (level == 30)
		return 1;
	pid = fork();
	if (pid == 0)
		_exit(deep(level + 1));
	end = end_of(pid);
	return end < 0 ? 0 : end + 1;
}

static int nothing(void)
{
	return 0;
}

static void storm(void)
{
	static pid_t children[200];
	int good = 1, status, hold[2];
	long sum = 0;
	pid_t pid;

	CHECK(deep(0) == 31, "a child of a child, 30 deep");
	good = !pipe(hold);
	for (int i = 0; i < 200; i++) {
		children[i] = fork();
		if (children[i] == 0) {
			close(hold[1]);
			hear(hold[0]);
			_exit(i);
		}
		good &= children[i] > 0;
	}
	CHECK(good, "200 children at once");
	close(hold[0]);
	close(hold[1]);
	for (int i = 0; i < 200; i++) {
		pid = wait(&status);
		good &= pid > 0 && WIFEXITED(status);
		for (int k = 0; k < 200; k++)
			if (children[k] == pid)
				good &= WEXITSTATUS(status) == k;
		sum += WEXITSTATUS(status);
	}
	CHECK(good && sum == 199 * 100, "each ends with its own status");
	CHECK(wait(&status) < 0 && errno == ECHILD, "none is left");
	for (int i = 0; i < 2000; i++)
		good &= in_child(nothing) == 0;
	CHECK(good, "2000 children in turn");
}

static void before(void)
{
	strcat(trace, "b");
}
static void after_in_parent(void)
{
	strcat(trace, "p");
}
static void after_in_child(void)
{
	strcat(trace, "c");
}

static void *churn(void *stop)
{
	while (!*(volatile int *)stop)
		free(malloc(1000));
	return NULL;
}

static int alone(void)
{
	char text[4096];
	char *threads;
	void *p = malloc(100000);
	pthread_t thread;
	int stop = 1;

	if (!p || strcmp(trace, "bc"))
		return 1;
	slurp("/proc/self/status", text, sizeof(text));
	threads = strstr(text, "\nThreads:");
	if (!threads || atoi(threads + 9) != 1)
		return 2;
	/* A child of a process with threads can have threads again. */
	if (pthread_create(&thread, NULL, churn, &stop) || pthread_join(thread, NULL))
		return 3;
	return getpid() == (pid_t)syscall(SYS_gettid) ? 0 : 4;
}

static void *fork_here(void *result)
{
	*(int *)result = in_child(alone);
	return NULL;
}

static void threads(void)
{
	pthread_t others[3], thread;
	volatile int stop = 0;
	int result = -1;

	pthread_atfork(before, after_in_parent, after_in_child);
	for (int i = 0; i < 3; i++)
		pthread_create(&others[i], NULL, churn, (void *)&stop);
	CHECK(in_child(alone) == 0 && !strcmp(trace, "bp"),
	      "a process of four threads forks: the child has one, pthread_atfork() is heeded");
	trace[0] = 0;
	pthread_create(&thread, NULL, fork_here, &result);
	pthread_join(thread, NULL);
	CHECK(result == 0 && !strcmp(trace, "bp"), "another thread than the first forks");
	stop = 1;
	for (int i = 0; i < 3; i++)
		pthread_join(others[i], NULL);
}

static pid_t clone3(struct own_clone_args *arguments)
{
	return (pid_t)syscall(OWN_SYS_clone3, arguments, sizeof(*arguments));
}

static void pidfds(void)
{
	struct own_clone_args arguments = { .flags = OWN_CLONE_PIDFD | CLONE_PARENT_SETTID,
					    .exit_signal = SIGCHLD };
	struct pollfd polled = { .events = POLLIN };
	volatile int shared = 0;
	siginfo_t info = { 0 };
	int fd = -1, tid = 0;
	pid_t pid;

	pid = vfork();
	if (pid == 0) {
		shared = 1;
		nap(20);
		shared = 2;
		_exit(4);
	}
	CHECK(shared == 2 && end_of(pid) == 4, "vfork(): the parent waits and shares memory");

	arguments.pidfd = (uintptr_t)&fd;
	arguments.parent_tid = (uintptr_t)&tid;
	pid = clone3(&arguments);
	if (pid == 0) {
		hear(gone[0]);
		syscall(SYS_exit_group, 9);
	}
	CHECK(pid > 0 && tid == pid && fd >= 0 && (fcntl(fd, F_GETFD) & FD_CLOEXEC),
	      "clone3() with a pidfd");
	polled.fd = fd;
	CHECK(poll(&polled, 1, 0) == 0, "poll(): it runs");
	CHECK(waitid(OWN_P_PIDFD, fd, &info, WEXITED | WNOHANG) == 0 && info.si_pid == 0,
	      "waitid(P_PIDFD): not yet");
	tell(gone[1]);
	CHECK(poll(&polled, 1, -1) == 1 && polled.revents == POLLIN, "poll(): it ended");
	CHECK(waitid(OWN_P_PIDFD, fd, &info, WEXITED) == 0 && info.si_pid == pid &&
		      info.si_code == CLD_EXITED && info.si_status == 9,
	      "waitid(P_PIDFD)");
	CHECK(syscall(OWN_SYS_pidfd_signal, fd, 0, NULL, 0) < 0 && errno == ESRCH,
	      "nobody to send signals to");
	close(fd);

	pid = clone3(&arguments);
	if (pid == 0)
		for (;;)
			pause();
	CHECK(!syscall(OWN_SYS_pidfd_signal, fd, SIGTERM, NULL, 0), "pidfd_send_signal()");
	CHECK(end_of(pid) == -SIGTERM, "kills");
	close(fd);
	fd = (int)syscall(OWN_SYS_pidfd_open, getpid(), 0);
	CHECK(fd >= 0 && !syscall(OWN_SYS_pidfd_signal, fd, 0, NULL, 0), "pidfd_open()");
	close(fd);

	caught = 0;
	arguments.flags = OWN_CLONE_CLEAR_SIGS;
	pid = clone3(&arguments);
	if (pid == 0)
		syscall(SYS_kill, syscall(SYS_getpid), SIGUSR2);
	CHECK(end_of(pid) == -SIGUSR2, "CLONE_CLEAR_SIGHAND forgets handlers");
	arguments.flags = 0;
	arguments.exit_signal = 0;
	pid = clone3(&arguments);
	if (pid == 0)
		syscall(SYS_exit_group, 6);
	CHECK(waitpid(pid, NULL, 0) < 0 && errno == ECHILD && waitpid(pid, &fd, __WCLONE) == pid &&
		      WEXITSTATUS(fd) == 6,
	      "a child without an exit signal wants __WCLONE");
	arguments.flags = CLONE_THREAD;
	CHECK(clone3(&arguments) < 0 && errno == EINVAL, "CLONE_THREAD alone: EINVAL");
	arguments.flags = 0;
	arguments.exit_signal = 300;
	CHECK(clone3(&arguments) < 0 && errno == EINVAL, "a bad exit signal: EINVAL");
}

int main(void)
{
	if (pipe(go) || pipe(gone))
		return 1;
	copies();
	state();
	storm();
	threads();
	pidfds();
	return CHECKS_STATUS();
}

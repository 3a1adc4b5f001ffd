/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * odd.c - this and that which once was not as on Linux, or is seldom tried: scheduling classes,
 * futex_waitv, native AIO, sizes of file systems, names and personalities, capabilities, limits,
 * times, and what /proc tells of a process.
 *
 * A few megabytes are enough.
 */
#include <dirent.h>
#include <pthread.h>
#include <sched.h>
#include <sys/personality.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/times.h>

#include "help.h"

#define OWN_SYS_futex_waitv 449

struct waiter {
	uint64_t value, address;
	uint32_t flags, reserved;
};

struct io_block {
	uint64_t data;
	uint32_t key, rw_flags;
	uint16_t operation;
	int16_t priority;
	uint32_t fd;
	uint64_t buffer, size;
	int64_t offset;
	uint64_t reserved;
	uint32_t flags, result_fd;
};

struct io_event {
	uint64_t data, block;
	int64_t result, result_2;
};

static int ends[2];
static uint32_t *word;

static void scheduling(void)
{
	struct sched_param parameters = { .sched_priority = 10 };
	struct timespec slice;
	unsigned int cpu = 99, node = 99, first = 0;
	cpu_set_t set;

	/* By number: musl has none of these. */
	CHECK(syscall(SYS_sched_getscheduler, 0) == SCHED_OTHER, "an ordinary process");
	CHECK(!syscall(SYS_sched_setscheduler, 0, SCHED_RR, &parameters) &&
		      syscall(SYS_sched_getscheduler, 0) == SCHED_RR,
	      "SCHED_RR");
	CHECK(!syscall(SYS_sched_getparam, 0, &parameters) && parameters.sched_priority == 10,
	      "with its priority");
	CHECK(!syscall(SYS_sched_rr_get_interval, 0, &slice) && slice.tv_nsec > 0, "and its slice");
	CHECK(!syscall(SYS_sched_setscheduler, 0, SCHED_FIFO, &parameters), "SCHED_FIFO");
	CHECK(!sched_yield(), "sched_yield()");
	parameters.sched_priority = 100;
	CHECK(syscall(SYS_sched_setscheduler, 0, SCHED_RR, &parameters) < 0 && errno == EINVAL,
	      "a priority that does not exist: EINVAL");
	parameters.sched_priority = 0;
	CHECK(!syscall(SYS_sched_setscheduler, 0, SCHED_BATCH, &parameters) &&
		      !syscall(SYS_sched_setscheduler, 0, SCHED_OTHER, &parameters),
	      "SCHED_BATCH, SCHED_OTHER");
	CHECK(sched_get_priority_max(SCHED_RR) == 99 && sched_get_priority_min(SCHED_RR) == 1,
	      "priorities from 1 to 99");
	errno = 0;
	CHECK(!setpriority(PRIO_PROCESS, 0, 5) && getpriority(PRIO_PROCESS, 0) == 5 &&
		      nice(3) == 8 && !setpriority(PRIO_PROCESS, 0, -5),
	      "nice");
	CHECK(!sched_getaffinity(0, sizeof(set), &set) && CPU_COUNT(&set) >= 1, "affinity");
	while (!CPU_ISSET(first, &set))
		first++;
	CPU_ZERO(&set);
	CPU_SET(first, &set);
	CHECK(!sched_setaffinity(0, sizeof(set), &set) && !syscall(SYS_getcpu, &cpu, &node, NULL) &&
		      cpu == first && node == 0 && sched_getcpu() == (int)first,
	      "on one CPU");
	CPU_ZERO(&set);
	CHECK(sched_setaffinity(0, sizeof(set), &set) < 0 && errno == EINVAL, "on none: EINVAL");
}

static int wake(void)
{
	while (syscall(SYS_futex, &word[1], 1 /* FUTEX_WAKE */, 1, NULL, NULL, 0) == 0)
		nap(1);
	return 0;
}

static void futexes(void)
{
	struct waiter waiters[2] = { { .flags = 2 }, { .flags = 2 } };
	struct timespec soon;
	pid_t pid;

	word = (uint32_t *)map(NULL, PAGE, RW, MAP_SHARED);
	waiters[0].address = (uintptr_t)&word[0];
	waiters[1].address = (uintptr_t)&word[1];
	clock_gettime(CLOCK_MONOTONIC, &soon);
	CHECK(syscall(OWN_SYS_futex_waitv, waiters, 2, 0, &soon, CLOCK_MONOTONIC) < 0 &&
		      errno == ETIMEDOUT,
	      "futex_waitv(), not private: times out");
	pid = start(wake);
	CHECK(syscall(OWN_SYS_futex_waitv, waiters, 2, 0, NULL, 0) == 1 && end_of(pid) == 0,
	      "woken by a child, it tells by which");
	waiters[1].value = 5;
	CHECK(syscall(OWN_SYS_futex_waitv, waiters, 2, 0, NULL, 0) < 0 && errno == EAGAIN,
	      "another value: EAGAIN");
	CHECK(syscall(OWN_SYS_futex_waitv, waiters, 0, 0, NULL, 0) < 0 && errno == EINVAL,
	      "none: EINVAL");
}

static void native_aio(void)
{
	char out[PAGE], in[PAGE] = "";
	struct io_block blocks[2] = {
		{ .data = 1, .operation = 1, .buffer = (uintptr_t)out, .size = PAGE },
		{ .data = 2, .operation = 0, .buffer = (uintptr_t)in, .size = PAGE },
	}, *list[1];
	struct io_event event = { 0 };
	struct timespec none = { 0, 0 };
	unsigned long context = 0;
	int fd = new_file("odd.file", 0);

	memset(out, 'o', PAGE);
	CHECK(!syscall(SYS_io_setup, 8, &context) && context, "io_setup()");
	for (int i = 0; i < 2; i++) {
		blocks[i].fd = fd;
		list[0] = &blocks[i];
		CHECK(syscall(SYS_io_submit, context, 1, list) == 1, "io_submit()");
		CHECK(syscall(SYS_io_getevents, context, 1, 1, &event, NULL) == 1 &&
			      event.data == (uint64_t)i + 1 && event.result == PAGE &&
			      event.block == (uintptr_t)&blocks[i],
		      "io_getevents()");
	}
	CHECK(all(in, PAGE, 'o'), "what was written is read");
	CHECK(syscall(SYS_io_getevents, context, 0, 1, &event, &none) == 0, "nothing is left");
	blocks[1].fd = 999;
	CHECK(syscall(SYS_io_submit, context, 1, list) < 0 && errno == EBADF, "no file: EBADF");
	CHECK(!syscall(SYS_io_destroy, context) && syscall(SYS_io_destroy, context) < 0 &&
		      errno == EINVAL,
	      "io_destroy()");
	close(fd);
}

static void file_systems(void)
{
	struct statfs status;

	memset(&status, 0, sizeof(status));
	CHECK(!statfs("/", &status) && status.f_blocks > 0 && status.f_bsize >= 512 &&
		      status.f_bfree <= status.f_blocks && status.f_bavail <= status.f_bfree,
	      "statfs(\"/\") tells sizes");
	CHECK(status.f_namelen == 255, "names have 255 characters");
	CHECK(!statfs("/proc", &status) && status.f_type == 0x9fa0 && status.f_blocks == 0,
	      "/proc is proc");
	CHECK(statfs("/missing", &status) < 0 && errno == ENOENT, "ENOENT");
}

static int dies_with_parent(void)
{
	pid_t pid = fork();

	if (pid == 0) {
		prctl(PR_SET_PDEATHSIG, SIGTERM);
		tell(ends[1]);
		for (;;)
			pause();
	}
	hear(ends[0]);
	return pid > 0 ? 0 : 1;
}

static void *named(void *argument)
{
	char name[17] = "";

	prctl(PR_SET_NAME, "another thread, its name is cut");
	prctl(PR_GET_NAME, name);
	*(int *)argument = !strcmp(name, "another thread,");
	return NULL;
}

static void controls(void)
{
	struct {
		uint32_t version;
		int pid;
	} header = { 0x20080522, 0 };
	struct {
		uint32_t effective, permitted, inheritable;
	} capabilities[2] = { { 0 } };
	char name[17] = "";
	pthread_t thread;
	int good = 0, value = -1, status;

	prctl(PR_SET_NAME, "first");
	pthread_create(&thread, NULL, named, &good);
	pthread_join(thread, NULL);
	CHECK(good && !prctl(PR_GET_NAME, name) && !strcmp(name, "first"), "threads have names");
	CHECK(!prctl(PR_SET_PDEATHSIG, SIGUSR1) && !prctl(PR_GET_PDEATHSIG, &value) &&
		      value == SIGUSR1 && !prctl(PR_SET_PDEATHSIG, 0),
	      "PR_SET_PDEATHSIG");
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	CHECK(in_child(dies_with_parent) == 0 && wait(&status) > 0 && WIFSIGNALED(status) &&
		      WTERMSIG(status) == SIGTERM,
	      "a child dies with its parent");
	prctl(PR_SET_CHILD_SUBREAPER, 0);
	CHECK(prctl(PR_GET_DUMPABLE) == 1 && !prctl(PR_SET_DUMPABLE, 0) &&
		      prctl(PR_GET_DUMPABLE) == 0 && !prctl(PR_SET_DUMPABLE, 1),
	      "PR_SET_DUMPABLE");
	CHECK(prctl(12345, 0, 0, 0, 0) < 0 && errno == EINVAL, "no such thing: EINVAL");
	CHECK(personality(0xffffffff) == 0 && personality(ADDR_NO_RANDOMIZE) == 0 &&
		      personality(0) == ADDR_NO_RANDOMIZE,
	      "personality()");
	CHECK(!syscall(SYS_capget, &header, capabilities) &&
		      (capabilities[0].effective & capabilities[0].permitted & 0xff) == 0xff,
	      "root has capabilities");
	header.version = 1;
	CHECK(syscall(SYS_capget, &header, capabilities) < 0 && errno == EINVAL &&
		      header.version == 0x20080522,
	      "the version of capget()");
}

static void limits(void)
{
	struct rlimit limit, old;
	pid_t pid;

	CHECK(!prlimit(0, RLIMIT_NOFILE, NULL, &old) && old.rlim_cur <= old.rlim_max, "prlimit()");
	limit = (struct rlimit){ 100, old.rlim_max };
	CHECK(!prlimit(0, RLIMIT_NOFILE, &limit, NULL) && !getrlimit(RLIMIT_NOFILE, &limit) &&
		      limit.rlim_cur == 100,
	      "sets");
	pid = fork();
	if (pid == 0)
		for (;;)
			pause();
	limit.rlim_cur = 50;
	CHECK(!prlimit(pid, RLIMIT_NOFILE, &limit, &old) && old.rlim_cur == 100 &&
		      !prlimit(pid, RLIMIT_NOFILE, NULL, &limit) && limit.rlim_cur == 50,
	      "of a child");
	kill(pid, SIGKILL);
	end_of(pid);
	CHECK(!getrlimit(RLIMIT_NOFILE, &limit) && limit.rlim_cur == 100, "not ours");
	CHECK(prlimit(0, 99, NULL, &limit) < 0 && errno == EINVAL, "none such: EINVAL");
}

static void clocks(void)
{
	struct rusage before, after;
	struct timespec when, now, cpu;
	struct tms ticks;
	volatile char *memory;
	volatile int x = 0;

	getrusage(RUSAGE_SELF, &before);
	memory = map(NULL, 100 * PAGE, RW, MAP_PRIVATE);
	madvise((void *)memory, 100 * PAGE, 15 /* MADV_NOHUGEPAGE */);
	for (int i = 0; i < 100; i++)
		memory[i * PAGE] = 1;
	do {
		for (int i = 0; i < 100000; i++)
			x++;
		getrusage(RUSAGE_SELF, &after);
	} while (after.ru_utime.tv_sec == before.ru_utime.tv_sec &&
		 after.ru_utime.tv_usec < before.ru_utime.tv_usec + 50000);
	CHECK(after.ru_minflt >= before.ru_minflt + 50 && after.ru_maxrss > 100,
	      "getrusage() counts faults, memory and time");
	CHECK(times(&ticks) != (clock_t)-1 && ticks.tms_utime + ticks.tms_stime >= 4, "times()");
	CHECK(!clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &cpu) &&
		      (cpu.tv_sec > 0 || cpu.tv_nsec >= 50000000),
	      "CLOCK_PROCESS_CPUTIME_ID");
	clock_gettime(CLOCK_MONOTONIC, &when);
	when.tv_nsec += 20000000;
	when.tv_sec += when.tv_nsec / 1000000000;
	when.tv_nsec %= 1000000000;
	CHECK(!clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL) &&
		      !clock_gettime(CLOCK_MONOTONIC, &now) &&
		      (now.tv_sec > when.tv_sec ||
		       (now.tv_sec == when.tv_sec && now.tv_nsec >= when.tv_nsec)),
	      "clock_nanosleep() until a time");
	CHECK(!clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &when, NULL), "that is past");
	when.tv_nsec = 1000000000;
	CHECK(clock_nanosleep(CLOCK_MONOTONIC, 0, &when, NULL) == EINVAL, "no time: EINVAL");
}

static int entries(const char *path)
{
	DIR *directory = opendir(path);
	int count = 0;

	while (directory && readdir(directory))
		count++;
	if (directory)
		closedir(directory);
	return count - 2;
}

static void *stay(void *argument)
{
	hear(ends[0]);
	return argument;
}

static void proc(void)
{
	char text[8192], link[256] = "", path[64];
	struct stat one, other;
	pthread_t thread;
	int pid, parent, group, session, count, fd;
	char state, *field;

	slurp("/proc/self/stat", text, sizeof(text));
	CHECK(sscanf(text, "%d (first) %c %d %d %d", &pid, &state, &parent, &group, &session) ==
			      5 &&
		      pid == getpid() && state == 'R' && parent == getppid() &&
		      group == getpgrp() && session == getsid(0),
	      "/proc/self/stat");
	slurp("/proc/self/status", text, sizeof(text));
	field = strstr(text, "\nPid:\t");
	CHECK(!strncmp(text, "Name:\tfirst\n", 12) && field && atoi(field + 6) == pid &&
		      strstr(text, "\nThreads:\t1\n") && strstr(text, "\nUid:\t0\t0\t0\t0\n"),
	      "/proc/self/status");
	field = strstr(text, "\nVmRSS:");
	CHECK(field && atoi(field + 7) > 0 && strstr(text, "\nVmSize:") &&
		      strstr(text, "\nVmData:"),
	      "tells memory");
	CHECK(slurp("/proc/self/cmdline", text, sizeof(text)) >= 4 &&
		      !strcmp(text + strlen(text) - 3, "odd") && !text[strlen(text)],
	      "/proc/self/cmdline");
	CHECK(slurp("/proc/self/environ", text, sizeof(text)) > 0 && strchr(text, '='),
	      "/proc/self/environ");
	CHECK(slurp("/proc/self/comm", text, sizeof(text)) == 6 && !strcmp(text, "first\n"),
	      "/proc/self/comm");
	CHECK(readlink("/proc/self/exe", link, sizeof(link) - 1) > 0 &&
		      !strcmp(link + strlen(link) - 4, "/odd") && !stat(link, &one) &&
		      !stat("/proc/self/exe", &other) && one.st_ino == other.st_ino,
	      "/proc/self/exe");
	CHECK(readlink("/proc/self", link, sizeof(link)) > 0 && atoi(link) == pid, "/proc/self");
	fd = open("/proc/self/exe", O_RDONLY);
	count = entries("/proc/self/fd");
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	CHECK(!stat(path, &one) && one.st_ino == other.st_ino, "/proc/self/fd has links");
	close(fd);
	CHECK(entries("/proc/self/fd") == count - 1 && lstat(path, &one) < 0 && errno == ENOENT,
	      "and one less when a file is closed");
	CHECK(entries("/proc/self/task") == 1, "/proc/self/task: one thread");
	pthread_create(&thread, NULL, stay, NULL);
	CHECK(entries("/proc/self/task") == 2, "two");
	tell(ends[1]);
	pthread_join(thread, NULL);
	CHECK(readlink("/proc/self/cwd", link, sizeof(link)) > 0 && link[0] == '/',
	      "/proc/self/cwd");
	slurp("/proc/self/limits", text, sizeof(text));
	CHECK(strstr(text, "Max open files            100 "), "/proc/self/limits");
}

int main(void)
{
	if (pipe(ends))
		return 1;
	checks_in_child(scheduling);
	futexes();
	native_aio();
	file_systems();
	controls();
	limits();
	clocks();
	proc();
	return CHECKS_STATUS();
}

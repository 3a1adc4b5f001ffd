/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * wait.c - how a child's end is told: statuses, SIGCHLD, zombies, stops and continuations, orphans.
 *
 * All runs in children of one process that is a subreaper, so that orphans come back to it.  A few
 * megabytes are enough.
 */
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/time.h>

#include "help.h"

static volatile sig_atomic_t caught;
static siginfo_t told;
static int ends[2];

static void note(int signal, siginfo_t *info, void *context)
{
	(void)signal;
	(void)context;
	caught++;
	told = *info;
}

static void handle(int signal, int flags)
{
	struct sigaction action = { .sa_sigaction = note, .sa_flags = SA_SIGINFO | flags };

	sigaction(signal, &action, NULL);
}

static pid_t sleeper(void)
{
	pid_t pid = fork();

	if (pid == 0)
		for (;;)
			pause();
	return pid;
}

static pid_t ending(int status)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(status);
	return pid;
}

static void statuses(void)
{
	static const int signals[] = { SIGHUP,	SIGKILL, SIGTERM, SIGUSR1, SIGALRM,
				       SIGPIPE, SIGIO,	 SIGPWR,  SIGSYS,  SIGBUS };
	int good = 1, status;
	pid_t pid;

	for (int i = 0; i < 256; i += 15)
		good &= end_of(ending(i)) == i;
	CHECK(good, "exit statuses");
	CHECK(end_of(ending(0x1234)) == 0x34, "have 8 bits");
	for (size_t i = 0; i < sizeof(signals) / sizeof(*signals); i++) {
		pid = sleeper();
		kill(pid, signals[i]);
		good &= waitpid(pid, &status, 0) == pid && WIFSIGNALED(status) &&
			WTERMSIG(status) == signals[i] && !WCOREDUMP(status);
	}
	CHECK(good, "signals that kill");
	pid = sleeper();
	kill(pid, SIGRTMIN + 3);
	CHECK(end_of(pid) == -(SIGRTMIN + 3), "a real-time signal kills");
	pid = sleeper();
	for (int i = 0; i < 3; i++)
		kill(pid, i % 2 ? SIGWINCH : SIGURG);
	CHECK(waitpid(pid, &status, WNOHANG) == 0, "others do not");
	kill(pid, SIGKILL);
	CHECK(end_of(pid) == -SIGKILL, "SIGKILL does");
}

static void wait_ids(void)
{
	siginfo_t info = { 0 };
	struct rusage usage;
	pid_t pid = ending(3), other;
	int status;

	CHECK(!waitid(P_PID, pid, &info, WEXITED | WNOWAIT) && info.si_pid == pid &&
		      info.si_signo == SIGCHLD && info.si_code == CLD_EXITED && info.si_status == 3,
	      "waitid(): WNOWAIT leaves the child");
	CHECK(state_of(pid) == 'Z' && !kill(pid, 0), "a zombie");
	CHECK(!kill(pid, SIGKILL) && state_of(pid) == 'Z', "that cannot be killed");
	CHECK(!waitid(P_ALL, 0, &info, WEXITED) && info.si_pid == pid && info.si_status == 3,
	      "waitid(): now it is gone");
	CHECK(kill(pid, 0) < 0 && errno == ESRCH, "and unknown");
	CHECK(waitid(P_PID, pid, &info, WEXITED) < 0 && errno == ECHILD, "ECHILD");
	CHECK(waitid(P_PID, pid, &info, 0) < 0 && errno == EINVAL, "wait for nothing: EINVAL");

	pid = sleeper();
	memset(&info, -1, sizeof(info));
	CHECK(!waitid(P_PID, pid, &info, WEXITED | WNOHANG) && info.si_pid == 0 &&
		      info.si_signo == 0,
	      "WNOHANG: not yet");
	kill(pid, SIGTERM);
	CHECK(!waitid(P_PID, pid, &info, WEXITED) && info.si_code == CLD_KILLED &&
		      info.si_status == SIGTERM,
	      "CLD_KILLED");

	pid = sleeper();
	setpgid(pid, pid);
	other = ending(1);
	CHECK(waitpid(-pid, &status, WNOHANG) == 0, "wait for a group: not yet");
	CHECK(waitpid(0, &status, 0) == other, "wait for our group: another child");
	kill(pid, SIGTERM);
	CHECK(!waitid(P_PGID, pid, &info, WEXITED) && info.si_pid == pid, "P_PGID");
	CHECK(waitpid(-pid, &status, 0) < 0 && errno == ECHILD, "the group is empty");
	pid = ending(4);
	memset(&usage, -1, sizeof(usage));
	CHECK(wait4(-1, &status, 0, &usage) == pid && WEXITSTATUS(status) == 4 &&
		      usage.ru_utime.tv_sec >= 0 && usage.ru_minflt > 0,
	      "wait4() tells what it used");
}

static void stops(void)
{
	siginfo_t info;
	pid_t pid = sleeper();
	int status;

	kill(pid, SIGSTOP);
	CHECK(waitpid(pid, &status, WUNTRACED) == pid && WIFSTOPPED(status) &&
		      WSTOPSIG(status) == SIGSTOP,
	      "WUNTRACED: stopped");
	CHECK(state_of(pid) == 'T', "its state says so");
	CHECK(waitpid(pid, &status, WUNTRACED | WNOHANG) == 0, "that is told once");
	kill(pid, SIGTERM);
	CHECK(waitpid(pid, &status, WNOHANG) == 0, "SIGTERM has to wait");
	kill(pid, SIGCONT);
	CHECK(end_of(pid) == -SIGTERM, "until SIGCONT");
	pid = sleeper();
	/* SIGTSTP does not stop an orphaned group, which ours may be. */
	setpgid(pid, pid);
	kill(pid, SIGTSTP);
	CHECK(!waitid(P_PID, pid, &info, WSTOPPED | WNOWAIT) && info.si_code == CLD_STOPPED &&
		      info.si_status == SIGTSTP,
	      "waitid(): stopped, WNOWAIT");
	CHECK(!waitid(P_PID, pid, &info, WSTOPPED) && info.si_code == CLD_STOPPED,
	      "waitid(): stopped");
	kill(pid, SIGCONT);
	CHECK(waitpid(pid, &status, WCONTINUED) == pid && WIFCONTINUED(status),
	      "WCONTINUED: continued");
	CHECK(waitpid(pid, &status, WCONTINUED | WNOHANG) == 0, "that is told once, too");
	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	kill(pid, SIGCONT);
	CHECK(!waitid(P_PID, pid, &info, WCONTINUED) && info.si_code == CLD_CONTINUED &&
		      info.si_status == SIGCONT,
	      "waitid(): continued");
	kill(pid, SIGSTOP);
	waitpid(pid, &status, WUNTRACED);
	kill(pid, SIGKILL);
	CHECK(end_of(pid) == -SIGKILL, "SIGKILL does not wait");
}

/* SIGCHLD is blocked but where sigsuspend() lets it come. */
static void child_signals(void)
{
	sigset_t set, none;
	pid_t pid;
	int status, good;

	sigemptyset(&none);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_BLOCK, &set, NULL);
	handle(SIGCHLD, 0);
	pid = ending(5);
	while (!caught)
		sigsuspend(&none);
	CHECK(told.si_code == CLD_EXITED && told.si_pid == pid && told.si_status == 5 &&
		      told.si_uid == getuid(),
	      "SIGCHLD tells of an end");
	end_of(pid);
	pid = sleeper();
	caught = 0;
	kill(pid, SIGSTOP);
	while (!caught)
		sigsuspend(&none);
	CHECK(told.si_code == CLD_STOPPED && told.si_status == SIGSTOP, "of a stop");
	caught = 0;
	kill(pid, SIGCONT);
	while (!caught)
		sigsuspend(&none);
	CHECK(told.si_code == CLD_CONTINUED, "and of its end");
	handle(SIGCHLD, SA_NOCLDSTOP);
	caught = 0;
	kill(pid, SIGSTOP);
	good = waitpid(pid, &status, WUNTRACED) == pid;
	kill(pid, SIGCONT);
	good &= waitpid(pid, &status, WCONTINUED) == pid;
	sigpending(&set);
	CHECK(good && !sigismember(&set, SIGCHLD), "not with SA_NOCLDSTOP");
	kill(pid, SIGKILL);
	while (!caught)
		sigsuspend(&none);
	CHECK(told.si_code == CLD_KILLED && told.si_status == SIGKILL && end_of(pid) == -SIGKILL,
	      "but of a killed child");

	handle(SIGCHLD, SA_NOCLDWAIT);
	caught = 0;
	pid = ending(1);
	while (!caught)
		sigsuspend(&none);
	CHECK(waitpid(pid, &status, 0) < 0 && errno == ECHILD && told.si_pid == pid,
	      "SA_NOCLDWAIT: told, but no zombie");
	signal(SIGCHLD, SIG_IGN);
	for (int i = 0; i < 10; i++)
		ending(i);
	CHECK(wait(&status) < 0 && errno == ECHILD,
	      "SIGCHLD ignored: wait() lasts until all ended");
	signal(SIGCHLD, SIG_DFL);
	sigemptyset(&set);
	sigaddset(&set, SIGCHLD);
	sigprocmask(SIG_UNBLOCK, &set, NULL);
}

/* A child ends at once, leaving one of its own behind that tells whose child it is then. */
static pid_t orphan(pid_t *grandchild, int told_fd)
{
	pid_t pid = fork(), parent, inner;

	if (pid)
		return pid;
	parent = getpid();
	inner = fork();
	if (inner == 0) {
		while (getppid() == parent)
			nap(1);
		parent = getppid();
		_exit(write(told_fd, &parent, sizeof(parent)) == sizeof(parent) ? 11 : 12);
	}
	_exit(write(told_fd, &inner, sizeof(inner)) != sizeof(*grandchild));
}

static void no_reaper(void)
{
	pid_t inner, parent, pid;

	/* This process is no subreaper, its parent is. */
	pid = orphan(&inner, ends[1]);
	CHECK(read(ends[0], &inner, sizeof(inner)) == sizeof(inner) && end_of(pid) == 0,
	      "a child leaves an orphan");
	CHECK(read(ends[0], &parent, sizeof(parent)) == sizeof(parent) && parent == getppid(),
	      "that becomes the nearest subreaper's");
	CHECK(waitpid(inner, NULL, 0) < 0 && errno == ECHILD, "not its grandparent's");
}

static void orphans(void)
{
	pid_t inner, parent, pid;
	int value = 5, good = 1;

	CHECK(!prctl(PR_GET_CHILD_SUBREAPER, &value) && value == 1, "a subreaper");
	pid = orphan(&inner, ends[1]);
	CHECK(read(ends[0], &inner, sizeof(inner)) == sizeof(inner) && end_of(pid) == 0,
	      "a child leaves an orphan");
	CHECK(read(ends[0], &parent, sizeof(parent)) == sizeof(parent) && parent == getpid(),
	      "the subreaper is its new parent");
	CHECK(end_of(inner) == 11, "and waits for it");
	checks_in_child(no_reaper);
	CHECK(wait(&value) > 0 && WEXITSTATUS(value) == 11 && wait(&value) < 0 && errno == ECHILD,
	      "that one's orphan comes here");

	/* Twenty orphans at once, some of them zombies already. */
	pid = fork();
	if (pid == 0) {
		for (int i = 0; i < 20; i++) {
			inner = ending(i);
			if (i % 2)
				waitid(P_PID, inner, &told, WEXITED | WNOWAIT);
		}
		_exit(100);
	}
	good = end_of(pid) == 100;
	for (int i = 0, sum = 0; i < 20; i++) {
		good &= wait(&value) > 0 && WIFEXITED(value);
		sum += WEXITSTATUS(value);
		if (i == 19)
			good &= sum == 190;
	}
	CHECK(good && wait(&value) < 0 && errno == ECHILD, "twenty orphans, each waited for");
}

static void *have_child(void *pid)
{
	*(pid_t *)pid = ending(6);
	/* A thread's end is not its process's: the child stays. */
	return NULL;
}

static int burn(void)
{
	struct rusage usage;
	volatile int x = 0;

	do {
		for (int i = 0; i < 100000; i++)
			x++;
		getrusage(RUSAGE_SELF, &usage);
	} while (usage.ru_utime.tv_sec == 0 && usage.ru_utime.tv_usec < 20000);
	return 0;
}

static void others(void)
{
	struct itimerval often = { { 0, 200000 }, { 0, 50000 } }, never = { { 0, 0 }, { 0, 0 } };
	struct rusage usage;
	pthread_t thread;
	pid_t pid = 0;

	pthread_create(&thread, NULL, have_child, &pid);
	pthread_join(thread, NULL);
	CHECK(end_of(pid) == 6, "any thread may wait for any thread's child");
	in_child(burn);
	CHECK(!getrusage(RUSAGE_CHILDREN, &usage) &&
		      (usage.ru_utime.tv_sec || usage.ru_utime.tv_usec >= 20000),
	      "RUSAGE_CHILDREN counts those waited for");
	handle(SIGALRM, 0);
	caught = 0;
	pid = sleeper();
	setitimer(ITIMER_REAL, &often, NULL);
	CHECK(waitpid(pid, NULL, 0) < 0 && errno == EINTR && caught, "wait: EINTR");
	setitimer(ITIMER_REAL, &never, NULL);
	kill(pid, SIGKILL);
	end_of(pid);
}

int main(void)
{
	if (pipe(ends) || prctl(PR_SET_CHILD_SUBREAPER, 1))
		return 1;
	statuses();
	wait_ids();
	stops();
	child_signals();
	orphans();
	others();
	return CHECKS_STATUS();
}

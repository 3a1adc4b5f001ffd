/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * events.c - what ptrace tells of a child's life: exec, fork, clone, vfork, exit; tracing without
 * stopping (PTRACE_SEIZE); and what becomes of a child whose tracer ends.
 *
 * A few megabytes are enough.
 */
#include <pthread.h>
#include <sys/prctl.h>
#include <sys/ptrace.h>

#include "help.h"

/* musl has these by other names or not at all. */
#define EVENT_FORK	 1
#define EVENT_VFORK	 2
#define EVENT_CLONE	 3
#define EVENT_EXEC	 4
#define EVENT_VFORK_DONE 5
#define EVENT_EXIT	 6
#define EVENT_STOP	 128
#define OWN_SEIZE	 0x4206
#define OWN_INTERRUPT	 0x4207
#define OWN_LISTEN	 0x4208
#define OWN_EXITKILL	 0x100000
#define OWN_CALL_INFO	 0x420e

struct call_info {
	uint8_t op, reserved[3];
	uint32_t arch;
	uint64_t instruction, stack;
	uint64_t number_or_result, arguments[6], more;
};

static char self[PAGE];
static int told[2];

/* A stop as SIGNAL | EVENT << 8, minus the signal of an end, 1000000 + an exit status. */
static int stop_of(pid_t pid)
{
	int status;

	if (waitpid(pid, &status, __WALL) != pid)
		return -1000;
	if (WIFSTOPPED(status))
		return status >> 8;
	return WIFSIGNALED(status) ? -WTERMSIG(status) : 1000000 + WEXITSTATUS(status);
}

static int go_on(pid_t pid, int signal)
{
	if (ptrace(PTRACE_CONT, pid, NULL, (void *)(long)signal))
		return -2000;
	return stop_of(pid);
}

static int event(int number)
{
	return SIGTRAP | number << 8;
}

static pid_t traced(int (*what)(void), long options)
{
	pid_t pid = fork();

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, NULL, NULL);
		kill(getpid(), SIGSTOP);
		_exit(what());
	}
	if (stop_of(pid) != SIGSTOP || ptrace(PTRACE_SETOPTIONS, pid, NULL, (void *)options))
		printf("FAILED: a traced child\n");
	return pid;
}

static unsigned long message(pid_t pid)
{
	unsigned long number = 0;

	ptrace(PTRACE_GETEVENTMSG, pid, NULL, &number);
	return number;
}

static int exec_self(void)
{
	execl(self, "program", "started", NULL);
	return 1;
}

static int exec_missing(void)
{
	execl("/does/not/exist", "program", NULL);
	return errno == ENOENT ? 2 : 1;
}

static void execs(void)
{
	pid_t pid = traced(exec_self, 0);

	CHECK(go_on(pid, 0) == SIGTRAP, "exec of a traced child: SIGTRAP");
	CHECK(go_on(pid, 0) == 1000033, "then it runs");
	pid = traced(exec_self, PTRACE_O_TRACEEXEC);
	CHECK(go_on(pid, 0) == event(EVENT_EXEC) && message(pid) == (unsigned long)pid,
	      "PTRACE_O_TRACEEXEC");
	CHECK(go_on(pid, 0) == 1000033, "then it runs, too");
	pid = traced(exec_missing, PTRACE_O_TRACEEXEC);
	CHECK(go_on(pid, 0) == 1000002, "an exec that fails is not told");
}

static int nothing(void)
{
	return 20;
}

static int forks(void)
{
	return in_child(nothing) + 1;
}

static int vforks(void)
{
	pid_t pid = vfork();

	if (pid == 0)
		_exit(30);
	return end_of(pid) + 1;
}

static void *thread_body(void *argument)
{
	return argument;
}

static int threads(void)
{
	pthread_t thread;
	void *result;

	if (pthread_create(&thread, NULL, thread_body, self) || pthread_join(thread, &result))
		return 1;
	return result == self ? 41 : 2;
}

static int waits(void)
{
	for (;;)
		pause();
	return 0;
}

static void births(void)
{
	const long options = PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE |
			     PTRACE_O_TRACEEXIT | PTRACE_O_TRACEVFORKDONE;
	pid_t pid = traced(forks, options), child;

	CHECK(go_on(pid, 0) == event(EVENT_FORK), "PTRACE_O_TRACEFORK");
	child = (pid_t)message(pid);
	CHECK(child > 0 && child != pid && stop_of(child) == SIGSTOP, "the new child is traced");
	ptrace(PTRACE_CONT, pid, NULL, NULL);
	CHECK(go_on(child, 0) == event(EVENT_EXIT) && message(child) == 20 << 8,
	      "PTRACE_O_TRACEEXIT: its end, with its status");
	CHECK(go_on(child, 0) == 1000020, "its end, told to its tracer");
	CHECK(stop_of(pid) == SIGCHLD, "and to its parent");
	CHECK(go_on(pid, SIGCHLD) == event(EVENT_EXIT) && message(pid) == 21 << 8 &&
		      go_on(pid, 0) == 1000021,
	      "that ends, too");

	pid = traced(vforks, options);
	CHECK(go_on(pid, 0) == event(EVENT_VFORK), "PTRACE_O_TRACEVFORK");
	child = (pid_t)message(pid);
	CHECK(stop_of(child) == SIGSTOP && go_on(child, 0) == event(EVENT_EXIT), "its child");
	ptrace(PTRACE_CONT, child, NULL, NULL);
	CHECK(go_on(pid, 0) == event(EVENT_VFORK_DONE) && message(pid) == (unsigned long)child,
	      "PTRACE_O_TRACEVFORKDONE");
	CHECK(stop_of(child) == 1000030, "the child's end");
	while ((child = go_on(pid, 0)) == SIGCHLD)
		;
	CHECK(child == event(EVENT_EXIT) && go_on(pid, 0) == 1000031, "the parent's");

	pid = traced(threads, options);
	CHECK(go_on(pid, 0) == event(EVENT_CLONE), "PTRACE_O_TRACECLONE");
	child = (pid_t)message(pid);
	CHECK(stop_of(child) == SIGSTOP, "a thread is traced");
	ptrace(PTRACE_CONT, pid, NULL, NULL);
	CHECK(go_on(child, 0) == event(EVENT_EXIT) && go_on(child, 0) >= 1000000, "its end");
	CHECK(stop_of(pid) == event(EVENT_EXIT) && message(pid) == 41 << 8 &&
		      go_on(pid, 0) == 1000041,
	      "its process's");

	pid = traced(waits, PTRACE_O_TRACEEXIT);
	ptrace(PTRACE_CONT, pid, NULL, NULL);
	kill(pid, SIGTERM);
	CHECK(stop_of(pid) == SIGTERM && go_on(pid, SIGTERM) == event(EVENT_EXIT) &&
		      message(pid) == SIGTERM && go_on(pid, 0) == -SIGTERM,
	      "an end by a signal");
	CHECK(ptrace(PTRACE_SETOPTIONS, getpid(), NULL, NULL) < 0 && errno == ESRCH,
	      "not traced: ESRCH");
}

static void seized(void)
{
	struct call_info info = { 0 };
	siginfo_t signal_info;
	pid_t pid = start(waits);

	CHECK(becomes(pid, 'S'), "a child that waits");
	CHECK(!ptrace(OWN_SEIZE, pid, NULL, (void *)(long)PTRACE_O_TRACESYSGOOD), "PTRACE_SEIZE");
	CHECK(waitpid(pid, NULL, WNOHANG) == 0, "stops nothing");
	CHECK(ptrace(PTRACE_CONT, pid, NULL, NULL) < 0 && errno == ESRCH, "it runs: ESRCH");
	CHECK(!ptrace(OWN_INTERRUPT, pid, NULL, NULL) && stop_of(pid) == event(EVENT_STOP),
	      "PTRACE_INTERRUPT does");
	CHECK(!ptrace(PTRACE_CONT, pid, NULL, NULL) && !kill(pid, SIGSTOP) &&
		      stop_of(pid) == SIGSTOP,
	      "SIGSTOP: first the signal,");
	CHECK(go_on(pid, SIGSTOP) == (SIGSTOP | EVENT_STOP << 8), "then the stop of the group");
	CHECK(ptrace(PTRACE_GETSIGINFO, pid, NULL, &signal_info) == 0 &&
		      signal_info.si_signo == SIGSTOP,
	      "PTRACE_GETSIGINFO tells it");
	CHECK(!ptrace(OWN_LISTEN, pid, NULL, NULL) && waitpid(pid, NULL, WNOHANG) == 0,
	      "PTRACE_LISTEN: it stays stopped");
	kill(pid, SIGCONT);
	CHECK(stop_of(pid) == event(EVENT_STOP), "until SIGCONT, which is told");
	CHECK(go_on(pid, 0) == SIGCONT, "and then comes");
	ptrace(PTRACE_CONT, pid, NULL, (void *)SIGCONT);
	CHECK(ptrace(OWN_LISTEN, pid, NULL, NULL) < 0 && errno == ESRCH, "not now: ESRCH");

	ptrace(OWN_INTERRUPT, pid, NULL, NULL);
	stop_of(pid);
	/* pause() is begun anew. */
	ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
	CHECK(stop_of(pid) == (SIGTRAP | 0x80) &&
		      ptrace(OWN_CALL_INFO, pid, (void *)sizeof(info), &info) > 0 && info.op == 1 &&
		      info.arch == 0xc000003e && info.number_or_result == SYS_pause,
	      "PTRACE_GET_SYSCALL_INFO: before the call that was interrupted");
	ptrace(PTRACE_SYSCALL, pid, NULL, NULL);
	kill(pid, SIGUSR1);
	CHECK(stop_of(pid) == (SIGTRAP | 0x80) &&
		      ptrace(OWN_CALL_INFO, pid, (void *)sizeof(info), &info) > 0 && info.op == 2 &&
		      (int)info.number_or_result == -514,
	      "behind it, with the kernel's word that it is to be begun anew");
	CHECK(go_on(pid, 0) == SIGUSR1, "the signal that interrupted it");
	CHECK(ptrace(OWN_CALL_INFO, pid, (void *)sizeof(info), &info) > 0 && info.op == 0,
	      "no call");
	CHECK(!ptrace(PTRACE_DETACH, pid, NULL, NULL) && !kill(pid, SIGKILL) &&
		      end_of(pid) == -SIGKILL,
	      "PTRACE_DETACH");
}

/* A tracer that ends, having seized a process, its parent's, with these options. */
static int trace_and_end(pid_t pid, long options)
{
	pid_t tracer = fork();

	if (tracer == 0)
		_exit(ptrace(OWN_SEIZE, pid, NULL, (void *)options) ? 1 : 0);
	return end_of(tracer);
}

static int trace_in_stop(pid_t pid)
{
	pid_t tracer = fork();

	if (tracer == 0) {
		ptrace(OWN_SEIZE, pid, NULL, NULL);
		ptrace(OWN_INTERRUPT, pid, NULL, NULL);
		_exit(stop_of(pid) == event(EVENT_STOP) ? 0 : 1);
	}
	return end_of(tracer);
}

static int exec_with_thread(void)
{
	pthread_t thread;

	if (pthread_create(&thread, NULL, (void *(*)(void *))(uintptr_t)waits, NULL))
		return 1;
	return exec_self();
}

static int answers(void)
{
	return hear(told[0]) ? 8 : 9;
}

static void ends(void)
{
	pid_t pid = start(waits), thread;

	CHECK(trace_and_end(pid, OWN_EXITKILL) == 0 && end_of(pid) == -SIGKILL,
	      "PTRACE_O_EXITKILL: the tracer's end is the child's");
	pid = start(answers);
	CHECK(trace_and_end(pid, 0) == 0 && tell(told[1]) && end_of(pid) == 8,
	      "without, it goes on");
	pid = start(answers);
	CHECK(trace_in_stop(pid) == 0 && tell(told[1]) && end_of(pid) == 8, "from a stop as well");

	pid = traced(exec_with_thread, PTRACE_O_TRACECLONE | PTRACE_O_TRACEEXEC);
	CHECK(go_on(pid, 0) == event(EVENT_CLONE), "a thread that is traced");
	thread = (pid_t)message(pid);
	stop_of(thread);
	ptrace(PTRACE_CONT, thread, NULL, NULL);
	ptrace(PTRACE_CONT, pid, NULL, NULL);
	/* The other thread waits for this one, which waits for its tracer. */
	CHECK(waitpid(thread, NULL, __WALL) == thread && stop_of(pid) == event(EVENT_EXEC),
	      "ends when another calls exec");
	CHECK(go_on(pid, 0) == 1000033, "which goes on");
}

static int traced_already(void)
{
	return ptrace(PTRACE_TRACEME, 0, NULL, NULL) < 0 && errno == EPERM ? 12 : 13;
}

int main(int argc, char **argv)
{
	char text[4096];
	char *field;
	pid_t pid;

	if (argc > 1)
		return strcmp(argv[1], "started") ? 34 : 33;
	if (readlink("/proc/self/exe", self, sizeof(self) - 1) <= 0 || pipe(told))
		return 1;
	execs();
	births();
	seized();
	ends();
	pid = traced(traced_already, 0);
	snprintf(text, sizeof(text), "/proc/%d/status", pid);
	slurp(text, text, sizeof(text));
	field = strstr(text, "TracerPid:");
	CHECK(field && atoi(field + 10) == getpid() && state_of(pid) == 't',
	      "/proc tells the tracer");
	CHECK(go_on(pid, 0) == 1000012, "traced already: EPERM");
	return CHECKS_STATUS();
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * limits.c - what limits memory: the growth of the stack and its end, RLIMIT_AS, RLIMIT_DATA,
 * RLIMIT_MEMLOCK; and RLIMIT_FSIZE, RLIMIT_NOFILE, RLIMIT_CPU.
 *
 * Each is set in a child.  At most 6 MB of a stack are touched.
 */
#include <pthread.h>
#include <sys/resource.h>

#include "help.h"

static volatile size_t deepest;	/* an address */
static char *top, *alternate;
static sigjmp_buf out;
static siginfo_t told;
static int handler_on_alternate;
static volatile sig_atomic_t caught;

static void overflowed(int signal, siginfo_t *info, void *context)
{
	char here;

	(void)signal;
	(void)context;
	told = *info;
	handler_on_alternate = &here >= alternate && &here < alternate + 65536;
	siglongjmp(out, 1);
}

/* A page a call; not a loop, whatever the compiler thinks. */
__attribute__((noinline)) static int descend(int levels)
{
	volatile char frame[PAGE];

	frame[0] = (char)levels;
	deepest = (size_t)frame;
	if (levels == 0)
		return frame[0];
	return descend(levels - 1) + frame[0];
}

static void limit_stack(size_t size)
{
	struct rlimit limit = { size, RLIM_INFINITY };
	struct sigaction action = { .sa_sigaction = overflowed,
				    .sa_flags = SA_SIGINFO | SA_ONSTACK };
	stack_t stack = { .ss_size = 65536 };

	setrlimit(RLIMIT_STACK, &limit);
	stack.ss_sp = alternate = malloc(65536);
	sigaltstack(&stack, NULL);
	sigaction(SIGSEGV, &action, NULL);
}

/* How deep did it get, until the stack's end? */
static size_t depth(void)
{
	if (!sigsetjmp(out, 1))
		descend(1 << 20);
	return (size_t)top - deepest;
}

static void stack_overflow(void)
{
	size_t first, second;

	limit_stack(MIB);
	first = depth();
	CHECK(told.si_signo == SIGSEGV && handler_on_alternate,
	      "the end of a stack of 1 MB: SIGSEGV, handled on an alternate stack");
	CHECK(told.si_code == SEGV_MAPERR && (size_t)told.si_addr <= deepest + PAGE &&
		      (size_t)told.si_addr > deepest - 3 * PAGE,
	      "that tells where");
	CHECK(first > MIB - 300 * 1024 && first < MIB + 64 * 1024, "at its limit");
	second = depth();
	CHECK(second > first - 2 * PAGE && second < first + 2 * PAGE, "the second time, too");
	limit_stack(3 * MIB);
	first = depth();
	CHECK(first > 3 * MIB - 300 * 1024 && first < 3 * MIB + 64 * 1024, "a higher limit holds");
}

/* Far below what is used at once, and the page above that is new then. */
static int far_below(void)
{
	volatile char *low = top - 5 * MIB;

	limit_stack(6 * MIB);
	if (sigsetjmp(out, 1))
		return 1;
	*low = 1;
	return all((char *)low + 1, MIB, 0) && *low == 1 ? 0 : 2;
}

/* Something mapped below the stack stops it, 256 pages before. */
static int obstacle(void)
{
	char *place = (char *)(((uintptr_t)top - 2 * MIB) & -(uintptr_t)PAGE);
	size_t got;

	limit_stack(8 * MIB);
	if (map(place, PAGE, RW, MAP_PRIVATE | 0x100000 /* MAP_FIXED_NOREPLACE */) != place)
		return 1;
	*place = 'o';
	got = depth();
	return got < 2 * MIB - 250 * PAGE && got > MIB - 300 * 1024 && *place == 'o' ? 0 : 2;
}

static int killed(void)
{
	limit_stack(MIB);
	signal(SIGSEGV, SIG_DFL);
	return descend(1 << 20);
}

static void stack_bounds(void)
{
	pthread_attr_t attributes;
	struct rlimit limit;
	void *low;
	size_t size;
	char here;

	getrlimit(RLIMIT_STACK, &limit);
	CHECK(!pthread_getattr_np(pthread_self(), &attributes) &&
		      !pthread_attr_getstack(&attributes, &low, &size),
	      "pthread_getattr_np() of the first thread");
	CHECK(&here > (char *)low && &here < (char *)low + size && size > 0, "its stack is there");
	CHECK(limit.rlim_cur == RLIM_INFINITY || size <= limit.rlim_cur + 200 * 1024,
	      "and no larger than it may be");
}

static void limit(int what, size_t size)
{
	struct rlimit limits = { size, size };

	if (setrlimit(what, &limits))
		printf("FAILED: setrlimit()\n");
}

static void address_space(void)
{
	char *p, *brk_start = sbrk(0);

	limit(RLIMIT_AS, 128 * MIB);
	p = map(NULL, 64 * MIB, PROT_NONE, MAP_PRIVATE);
	CHECK(p != MAP_FAILED, "RLIMIT_AS of 128 MB: 64 can be mapped");
	CHECK(map(NULL, 64 * MIB, PROT_NONE, MAP_PRIVATE | MAP_NORESERVE) == MAP_FAILED &&
		      errno == ENOMEM,
	      "64 more cannot: ENOMEM");
	CHECK((char *)syscall(SYS_brk, brk_start + 64 * MIB) == brk_start,
	      "nor does the break move");
	CHECK((char *)syscall(SYS_mremap, p, 64 * MIB, 128 * MIB, MREMAP_MAYMOVE, 0) ==
			      MAP_FAILED &&
		      errno == ENOMEM,
	      "nor does mremap() grow");
	CHECK(!malloc(64 * MIB), "nor does malloc()");
	CHECK(!munmap(p, 64 * MIB) && map(NULL, 64 * MIB, PROT_NONE, MAP_PRIVATE) != MAP_FAILED,
	      "unmapped, it can be mapped again");
}

static void data_limit(void)
{
	char *p, *brk_start = sbrk(0);

	limit(RLIMIT_DATA, 16 * MIB);
	CHECK(map(NULL, 32 * MIB, RW, MAP_PRIVATE) == MAP_FAILED && errno == ENOMEM,
	      "RLIMIT_DATA of 16 MB: 32 of data cannot be mapped");
	CHECK(map(NULL, 32 * MIB, RW, MAP_SHARED) != MAP_FAILED, "shared they can");
	p = map(NULL, 32 * MIB, PROT_READ, MAP_PRIVATE);
	CHECK(p != MAP_FAILED, "or to be read");
	CHECK(mprotect(p, 32 * MIB, RW) < 0 && errno == ENOMEM && !mprotect(p, MIB, RW),
	      "made writable they cannot be, some can");
	CHECK((char *)syscall(SYS_brk, brk_start + 32 * MIB) == brk_start,
	      "the break does not move");
}

static void memory_locks(void)
{
	char *p = map(NULL, 64 * PAGE, RW, MAP_PRIVATE);

	limit(RLIMIT_MEMLOCK, 8 * PAGE);
	CHECK(!mlock(p, 64 * PAGE) && !munlock(p, 64 * PAGE), "RLIMIT_MEMLOCK is not for root");
	if (setgid(65534) || setuid(65534))
		CHECK(0, "another user");
	CHECK(mlock(p, 64 * PAGE) < 0 && errno == ENOMEM, "more locked than allowed: ENOMEM");
	CHECK(!mlock(p, 8 * PAGE), "as much as is allowed");
	CHECK(mlock(p + 8 * PAGE, PAGE) < 0 && errno == ENOMEM, "one page more: ENOMEM");
	CHECK(!mlock(p, 8 * PAGE), "the same once more");
	CHECK(map(NULL, 16 * PAGE, RW, MAP_PRIVATE | MAP_LOCKED) == MAP_FAILED && errno == EAGAIN,
	      "MAP_LOCKED: EAGAIN");
	CHECK(mlockall(MCL_CURRENT) < 0 && errno == ENOMEM, "mlockall(): ENOMEM");
	CHECK(!munlock(p, 8 * PAGE) && !mlock(p + 8 * PAGE, PAGE), "unlocked, others can be");
	limit(RLIMIT_MEMLOCK, 0);
	CHECK(mlock(p, PAGE) < 0 && errno == EPERM, "a limit of 0: EPERM");
}

static void count(int signal)
{
	(void)signal;
	caught++;
}

static void others(void)
{
	struct sigaction action = { .sa_handler = count };
	struct rlimit limits = { 10, 5 };
	static char data[2000];
	int fd = new_file("limits.file", 0), last = 0;

	sigaction(SIGXFSZ, &action, NULL);
	limit(RLIMIT_FSIZE, 3000);
	CHECK(write(fd, data, 2000) == 2000 && write(fd, data, 2000) == 1000 && !caught,
	      "RLIMIT_FSIZE cuts a write");
	CHECK(write(fd, data, 1) < 0 && errno == EFBIG && caught == 1, "EFBIG and SIGXFSZ");
	CHECK(ftruncate(fd, 5000) < 0 && errno == EFBIG && caught == 2, "ftruncate(), too");
	CHECK(setrlimit(RLIMIT_NOFILE, &limits) < 0 && errno == EINVAL,
	      "more than the most: EINVAL");
	limit(RLIMIT_NOFILE, 20);
	while (last >= 0 && last < 100)
		last = dup(fd);
	CHECK(last < 0 && errno == EMFILE && fcntl(19, F_GETFD) >= 0, "RLIMIT_NOFILE: EMFILE");
	CHECK(dup2(fd, 20) < 0 && errno == EBADF, "dup2(): EBADF");
}

static int busy(void)
{
	struct rlimit limits = { 1, 2 };

	setrlimit(RLIMIT_CPU, &limits);
	for (;;)
		;
	return 0;
}

int main(void)
{
	char here;

	top = &here;
	stack_bounds();
	checks_in_child(stack_overflow);
	CHECK(in_child(far_below) == 0, "a stack grows over a gap that was not touched");
	CHECK(in_child(obstacle) == 0, "it stops before a map below it");
	CHECK(in_child(killed) == -SIGSEGV, "its end kills");
	checks_in_child(address_space);
	checks_in_child(data_limit);
	checks_in_child(memory_locks);
	checks_in_child(others);
	CHECK(in_child(busy) == -SIGXCPU, "RLIMIT_CPU: SIGXCPU");
	return CHECKS_STATUS();
}

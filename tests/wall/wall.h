/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * wall.h - what the hostile programs share: numbers that repeat with a seed, addresses that are not
 * a program's, and children that may end in any way.
 *
 * They are for images only.  On the machine that builds they would do no more than on any Linux,
 * but nobody has promised that.
 */
#ifndef WALL_H
#define WALL_H

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#define PAGE		4096ul
#define LOWER_END	0x0000800000000000ul	/* programs' addresses are below */
#define UPPER_START	0xffff800000000000ul	/* the kernel's from here on */
#define DONOR_MAP	0xffffff0000000000ul	/* hypercall.h: HC_DONOR_MAP */
#define IMAGE_MAP	0xffffff8000000000ul	/* HC_IMAGE_MAP */

/* ------------------------------------------------------------------ chance */

static uint64_t chance_state;

/* Weyl's sequence, mixed: each state gives another number. */
static inline uint64_t chance(void)
{
	uint64_t x = chance_state += 0x9e3779b97f4a7c15;

	x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9;
	x = (x ^ (x >> 27)) * 0x94d049bb133111eb;
	return x ^ (x >> 31);
}

static inline unsigned int below(unsigned int n)
{
	return (unsigned int)(chance() >> 32) % n;
}

static inline bool one_in(unsigned int n)
{
	return !below(n);
}

/* A child's own sequence, which does not depend on what others have drawn. */
static inline void chance_seed(uint64_t seed, uint64_t a, uint64_t b)
{
	chance_state = seed;
	chance_state = chance() ^ a;
	chance_state = chance() ^ b;
}

/* ------------------------------------------------------------------ system calls */

/* The result is the kernel's; errno, which is behind the thread pointer, is left alone. */
static inline long call6(long number, unsigned long a, unsigned long b, unsigned long c,
			 unsigned long d, unsigned long e, unsigned long f)
{
	register unsigned long r10 __asm__("r10") = d;
	register unsigned long r8 __asm__("r8") = e;
	register unsigned long r9 __asm__("r9") = f;
	long result;

	__asm__ volatile("syscall"
			 : "=a"(result)
			 : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
			 : "rcx", "r11", "memory");
	return result;
}

#define CALL(number, a, b, c, d) \
	call6(number, (unsigned long)(a), (unsigned long)(b), (unsigned long)(c), \
	      (unsigned long)(d), 0, 0)

struct cpuid {
	uint32_t a, b, c, d;
};

static inline struct cpuid cpuid(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid r;

	__asm__ volatile("cpuid"
			 : "=a"(r.a), "=b"(r.b), "=c"(r.c), "=d"(r.d)
			 : "0"(leaf), "2"(subleaf));
	return r;
}

static inline bool has_umip(void)
{
	return cpuid(0, 0).a >= 7 && cpuid(7, 0).c & 1u << 2;
}

static inline bool has_fsgsbase(void)
{
	return cpuid(0, 0).a >= 7 && cpuid(7, 0).b & 1;
}

/* ------------------------------------------------------------------ addresses */

/* One's own memory of all kinds: what can be written, only read, run, and not be touched. */
static unsigned char *own_data, *own_constant, *own_code, *own_guard;
static unsigned long kernel_known[4];	/* what `sidt` and `sgdt` say, where they say it */

/* Without UMIP the CPU tells where some of the image is: inside, at that. */
static inline void learn_addresses(void)
{
	struct {
		uint16_t limit;
		uint64_t base;
	} __attribute__((packed)) table;

	if (has_umip())
		return;
	__asm__ volatile("sidt %0" : "=m"(table));
	kernel_known[0] = table.base;
	__asm__ volatile("sgdt %0" : "=m"(table));
	kernel_known[1] = table.base;
}

#define OWN_SIZE	(16 * PAGE)

/* With a page before and one behind it that nobody has. */
static inline unsigned char *guarded(unsigned long size, int protection, int kind)
{
	unsigned char *at =
		mmap(NULL, size + 2 * PAGE, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (at == MAP_FAILED || mmap(at + PAGE, size, protection, kind | MAP_ANONYMOUS | MAP_FIXED,
				     -1, 0) == MAP_FAILED) {
		perror("mmap");
		exit(2);
	}
	return at + PAGE;
}

static inline void own_memory(void)
{
	const int both = PROT_READ | PROT_WRITE;

	own_data = guarded(OWN_SIZE, both, MAP_PRIVATE);
	own_constant = guarded(OWN_SIZE, PROT_READ, MAP_PRIVATE);
	own_code = guarded(OWN_SIZE, both | PROT_EXEC, MAP_PRIVATE);
	own_guard = guarded(OWN_SIZE, PROT_NONE, MAP_PRIVATE);
}

static inline unsigned long kernel_address(void)
{
	switch (below(8)) {
	case 0:
		return UPPER_START + (chance() & 0x7fffffffffff);
	case 1:
		return UPPER_START + ((chance() & 0x7fff) << 12);
	case 2:
		return DONOR_MAP + (chance() & 0x7fffffffff);
	case 3:
		return IMAGE_MAP + (chance() & 0x7fffffffff);
	case 4:
		return IMAGE_MAP + 0x100000 + (chance() & 0x3fffff);
	case 5:
		return UPPER_START;
	default:
		/*
		 * Really there, where the CPU tells: around its own tables, which are in the image.
		 */
		if (kernel_known[0])
			return kernel_known[below(2)] + (chance() & 0xffff) - 0x8000;
		return IMAGE_MAP + 0x100000 + (chance() & 0xffff);
	}
}

static inline unsigned long not_canonical(void)
{
	switch (below(4)) {
	case 0:
		return LOWER_END;
	case 1:
		return UPPER_START - 1 - below(16);
	case 2:
		return LOWER_END - 1 + below(16);
	default:
		return LOWER_END + (chance() & 0x3fffffffffffffff);
	}
}

/* Any address, most of them bad. */
static inline unsigned long any_address(void)
{
	switch (below(16)) {
	case 0:
		return 0;
	case 1:
		return below(PAGE);
	case 2:
	case 3:
	case 4:
		return kernel_address();
	case 5:
	case 6:
		return not_canonical();
	case 7:
		return (unsigned long)own_constant + below(OWN_SIZE);
	case 8:
		return (unsigned long)own_guard + below(OWN_SIZE);
	case 9:
		return (unsigned long)own_code + below(OWN_SIZE);
	case 10:
		return LOWER_END - PAGE - 16 + below(32);
	case 11:
		return -(unsigned long)below(64);
	case 12:
		return (unsigned long)own_data + OWN_SIZE - 1 - below(64);
	case 13:
		return chance() & 0x7fffffffffff;
	default:
		return (unsigned long)own_data + (below(OWN_SIZE - 64) & ~15u);
	}
}

static inline unsigned long any_number(void)
{
	switch (below(8)) {
	case 0:
		return below(16);
	case 1:
		return below(1024);
	case 2:
		return -(unsigned long)below(64);
	case 3:
		return 1ul << below(64);
	case 4:
		return (1ul << below(64)) - 1;
	case 5:
		return chance();
	case 6:
		return (uint32_t)chance();
	default:
		return any_address();
	}
}

/* ------------------------------------------------------------------ time, children */

static inline unsigned long now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000ul + t.tv_nsec / 1000000;
}

/*
 * Wait for a child, and kill it when its time is over.  Others that end meanwhile are orphans of
 * children before it.  Returns its status, and sets *late.
 */
static inline int await_child(pid_t child, unsigned int limit_ms, bool *late)
{
	unsigned long end = now_ms() + limit_ms;
	struct timespec nap = { 0, 500000 };
	int status;
	pid_t ended;

	*late = false;
	for (;;) {
		ended = waitpid(-1, &status, WNOHANG | __WALL);
		if (ended == child && !WIFSTOPPED(status))
			return status;
		if (ended > 0)
			continue;
		if (now_ms() > end) {
			*late = true;
			kill(child, SIGKILL);
			end = now_ms() + 10000;
		}
		nanosleep(&nap, NULL);
		if (nap.tv_nsec < 8000000)
			nap.tv_nsec *= 2;
	}
}

static unsigned int failures;

static inline void failed(const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	printf("FAILED: ");
	vprintf(format, arguments);
	printf("\n");
	fflush(stdout);
	va_end(arguments);
	failures++;
}

/* Whoever has been left behind by a child is ours now, and must end. */
static inline void end_orphans(void)
{
	int status;

	for (unsigned int tries = 0; tries < 1000; tries++) {
		struct dirent *entry;
		DIR *proc;
		pid_t ended;

		while ((ended = waitpid(-1, &status, WNOHANG | __WALL)) > 0)
			;
		if (ended < 0)
			return;
		proc = opendir("/proc");
		while (proc && (entry = readdir(proc))) {
			char path[300], text[256], *end;
			ssize_t n;
			int file;

			if (entry->d_name[0] < '1' || entry->d_name[0] > '9')
				continue;
			snprintf(path, sizeof(path), "/proc/%s/stat", entry->d_name);
			file = open(path, O_RDONLY);
			if (file < 0)
				continue;
			n = read(file, text, sizeof(text) - 1);
			close(file);
			text[n > 0 ? n : 0] = '\0';
			end = strrchr(text, ')');
			if (end && atoi(end + 4) == getpid())
				kill(atoi(entry->d_name), SIGKILL);
		}
		closedir(proc);
		usleep(1000);
	}
	failed("orphans cannot be ended");
}

#endif

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * pieces.c - use memory that is in pieces: of each 32 KiB half is taken, so that little is free in
 * larger pieces, and then large mappings are asked for.
 *
 * Prints "ok" lines; the status is 0 if all is well.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/sysinfo.h>
#include <sys/uio.h>
#include <unistd.h>

#define PAGE   4096ul
#define SIZE   (8ul << 20)
#define MARGIN (4ul << 20)	/* left to the kernel */
#define RUN    (64ul << 10)
#define PIECE  (16ul << 10)

static int failed;

static void check(int good, const char *what)
{
	printf("%s: %s\n", good ? "ok" : "FAILED", what);
	fflush(stdout);
	failed |= !good;
}

static char *map(size_t size)
{
	char *p = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	return p == MAP_FAILED ? NULL : p;
}

static int holds(const char *p, size_t size, char value)
{
	for (size_t i = 0; i < size; i++)
		if (p[i] != value)
			return 0;
	return 1;
}

static size_t available(void)
{
	struct sysinfo info;

	sysinfo(&info);
	return info.freeram * info.mem_unit;
}

/* Take all memory but the margin, then give back every second piece. */
static size_t break_up(void)
{
	static char *runs[65536];
	size_t n = 0, freed = 0;

	while (n < sizeof(runs) / sizeof(runs[0]) && available() > MARGIN) {
		runs[n] = map(RUN);
		if (!runs[n])
			break;
		n++;
	}
	while (n--)
		for (size_t at = 0; at < RUN; at += 2 * PIECE)
			if (!munmap(runs[n] + at, PIECE))
				freed += PIECE;
	return freed;
}

static void *deep(void *argument)
{
	volatile char stack[1 << 20];

	memset((char *)stack, 5, sizeof(stack));
	*(int *)argument = holds((char *)stack, sizeof(stack), 5);
	return argument;
}

int main(void)
{
	static char page[PAGE];
	size_t before, freed = break_up();
	struct iovec vector;
	pthread_attr_t attributes;
	pthread_t thread;
	int ends[2], result = 0, good, file;
	char *p, *q;

	check(freed > 2 * SIZE, "much is free, in small pieces");
	p = map(SIZE);
	check(p != NULL, "8 MiB are mapped all the same");
	if (!p)
		return 1;
	check(holds(p, SIZE, 0), "all zero");
	memset(p, 'p', SIZE);
	q = map(SIZE / 2);
	check(q && holds(q, SIZE / 2, 0), "4 MiB beside it");
	if (!q)
		return 1;
	memset(q, 'q', SIZE / 2);
	check(holds(p, SIZE, 'p') && holds(q, SIZE / 2, 'q'), "they are not the same");

	/* The kernel reads and writes there, and takes whole pages by reference. */
	good = !pipe(ends) && write(ends[1], p + 100, 1000) == 1000 &&
	       read(ends[0], q + PAGE - 500, 1000) == 1000 &&
	       holds(q + PAGE - 500, 1000, 'p') && q[PAGE - 501] == 'q' && q[PAGE + 500] == 'q';
	check(good, "read() and write() across pages");
	memset(p + 5 * PAGE, 'v', PAGE);
	vector = (struct iovec){ p + 5 * PAGE, PAGE };
	good = vmsplice(ends[1], &vector, 1, 0) == (ssize_t)PAGE;
	good &= read(ends[0], page, PAGE) == (ssize_t)PAGE && holds(page, PAGE, 'v');
	check(good, "vmsplice() finds the page");
	q = mremap(q, SIZE / 2, SIZE / 2 + 300 * PAGE, MREMAP_MAYMOVE);
	check(q != MAP_FAILED && q[0] == 'q' && q[SIZE / 2 - 1] == 'q' &&
		      holds(q + SIZE / 2, 300 * PAGE, 0),
	      "mremap()");
	file = open("/proc/self/exe", O_RDONLY);
	good = file >= 0 && mmap(q, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, file, 0) == q &&
	       !memcmp(q, "\177ELF", 4);
	check(good, "a file mapped over a part");
	close(file);

	check(!mprotect(p + PAGE, PAGE, PROT_READ) && read(ends[0], NULL, 0) == 0 &&
		      write(ends[1], "x", 1) == 1 && read(ends[0], p + PAGE, 1) < 0 &&
		      errno == EFAULT && holds(p + PAGE, PAGE, 'p'),
	      "a part made read-only: EFAULT");
	check(!munmap(p + 2 * PAGE, 100 * PAGE) && p[2 * PAGE - 1] == 'p' &&
		      p[102 * PAGE] == 'p',
	      "a part unmapped");
	check(write(ends[1], p + 50 * PAGE, 1) < 0 && errno == EFAULT,
	      "what is unmapped is gone: EFAULT");
	check(mmap(p + 2 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS | MAP_FIXED, -1,
		   0) == MAP_FAILED && errno == ENOMEM,
	      "nothing can be mapped where it was");
	check(!madvise(p + 110 * PAGE, 10 * PAGE, MADV_DONTNEED) &&
		      holds(p + 110 * PAGE, 10 * PAGE, 0) && p[120 * PAGE] == 'p',
	      "MADV_DONTNEED");

	/* The thread's end wakes who waits for it by a word in its stack. */
	pthread_attr_init(&attributes);
	pthread_attr_setstacksize(&attributes, 2 << 20);
	good = !pthread_create(&thread, &attributes, deep, &result) &&
	       !pthread_join(thread, NULL) && result;
	check(good, "a thread with a stack of 2 MiB");

	check(!munmap(q, SIZE / 2 + 300 * PAGE) && !munmap(p, SIZE), "unmapped");
	before = available();
	good = 1;
	for (int i = 0; i < 50; i++) {
		p = map(SIZE);
		good &= p && !munmap(p, SIZE);
	}
	check(good, "fifty times again");
	check(available() + (1 << 20) > before, "no memory is lost");
	return failed;
}

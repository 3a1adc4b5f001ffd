/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * remap.c - mremap, and code that changes: made at run time, changed while it runs, written through
 * one map and run through another.
 *
 * At most 20 MB are touched.
 */
#include "help.h"

#define OWN_DONTUNMAP 4
#define OWN_MAYMOVE   1
#define OWN_FIXED     2

static char *remap(char *from, size_t size, size_t new_size, int flags, char *to)
{
	return (char *)syscall(SYS_mremap, from, size, new_size, flags, to);
}

/* A place of which nothing is mapped. */
static char *nowhere(size_t size)
{
	char *place = map(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_NORESERVE);

	munmap(place, size);
	return place;
}

static void resize(void)
{
	char *p = nowhere(64 * PAGE), *q;

	map(p, 4 * PAGE, RW, MAP_PRIVATE | MAP_FIXED);
	memset(p, 'r', 4 * PAGE);
	CHECK(remap(p, 4 * PAGE, 8 * PAGE, 0, NULL) == p && all(p, 4 * PAGE, 'r') &&
		      all(p + 4 * PAGE, 4 * PAGE, 0),
	      "grown where it is");
	CHECK(remap(p, 8 * PAGE, 6 * PAGE, 0, NULL) == p && reads(p + 6 * PAGE) == SEGV_MAPERR,
	      "made smaller: what is cut off faults");
	map(p + 6 * PAGE, PAGE, RW, MAP_PRIVATE | MAP_FIXED);
	CHECK(remap(p, 4 * PAGE, 16 * PAGE, 0, NULL) == MAP_FAILED && errno == ENOMEM,
	      "no room, and it may not move: ENOMEM");
	q = remap(p, 6 * PAGE, 16 * PAGE, OWN_MAYMOVE, NULL);
	CHECK(q != MAP_FAILED && q != p && all(q, 4 * PAGE, 'r') &&
		      all(q + 4 * PAGE, 12 * PAGE, 0) && reads(p) == SEGV_MAPERR &&
		      !reads(p + 6 * PAGE),
	      "moved: its old place faults");
	munmap(p + 6 * PAGE, PAGE);

	map(p, 4 * PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED);
	CHECK(remap(q, 4 * PAGE, 4 * PAGE, OWN_MAYMOVE | OWN_FIXED, p) == p &&
		      all(p, 4 * PAGE, 'r') && reads(q) == SEGV_MAPERR && !reads(q + 4 * PAGE),
	      "MREMAP_FIXED, over another map, a part of one");
	CHECK(!writes(p), "with its own protection");
	CHECK(remap(p, 4 * PAGE, 4 * PAGE, OWN_MAYMOVE | OWN_FIXED, p + 2 * PAGE) == MAP_FAILED &&
		      errno == EINVAL,
	      "to where it is itself: EINVAL");
	CHECK(remap(p, 4 * PAGE, 4 * PAGE, OWN_FIXED, q) == MAP_FAILED && errno == EINVAL,
	      "MREMAP_FIXED alone: EINVAL");
	CHECK(remap(p + 1, PAGE, PAGE, 0, NULL) == MAP_FAILED && errno == EINVAL,
	      "in a page: EINVAL");
	CHECK(remap(p, PAGE, 0, 0, NULL) == MAP_FAILED && errno == EINVAL, "to nothing: EINVAL");
	CHECK(remap(p + 8 * PAGE, PAGE, 2 * PAGE, OWN_MAYMOVE, NULL) == MAP_FAILED &&
		      errno == EFAULT,
	      "what is not mapped: EFAULT");
	munmap(q + 4 * PAGE, 12 * PAGE);

	memset(p, 'd', 4 * PAGE);
	q = remap(p, 4 * PAGE, 4 * PAGE, OWN_MAYMOVE | OWN_DONTUNMAP, NULL);
	CHECK(q != MAP_FAILED && all(q, 4 * PAGE, 'd') && all(p, 4 * PAGE, 0),
	      "MREMAP_DONTUNMAP leaves zeros behind");
	p[0] = 1;
	CHECK(q[0] == 'd', "that are another map");
	CHECK(remap(q, 4 * PAGE, 5 * PAGE, OWN_MAYMOVE | OWN_DONTUNMAP, NULL) == MAP_FAILED &&
		      errno == EINVAL,
	      "and of the same size");
	munmap(p, 4 * PAGE);
	munmap(q, 4 * PAGE);
}

static void shared(void)
{
	char *p = map(NULL, 4 * PAGE, RW, MAP_SHARED), *q;
	int fd;

	strcpy(p + PAGE, "shared");
	q = remap(p, 0, 4 * PAGE, OWN_MAYMOVE, NULL);
	CHECK(q != MAP_FAILED && q != p && !strcmp(q + PAGE, "shared"),
	      "of a shared map an old size of 0 makes a second one");
	strcpy(q + 2 * PAGE, "too");
	CHECK(!strcmp(p + 2 * PAGE, "too") && !munmap(p, 4 * PAGE) && !strcmp(q + PAGE, "shared"),
	      "of the same memory");
	munmap(q, 4 * PAGE);
	p = map(NULL, PAGE, RW, MAP_PRIVATE);
	CHECK(remap(p, 0, PAGE, OWN_MAYMOVE, NULL) == MAP_FAILED && errno == EINVAL,
	      "of a private one: EINVAL");
	munmap(p, PAGE);

	fd = new_file("remap.file", 8 * PAGE);
	CHECK(pwrite(fd, "fifth", 6, 5 * PAGE) == 6, "a file");
	p = mmap(NULL, 2 * PAGE, RW, MAP_SHARED, fd, 2 * PAGE);
	strcpy(p, "second");
	q = remap(p, 2 * PAGE, 6 * PAGE, OWN_MAYMOVE, NULL);
	CHECK(q != MAP_FAILED && !strcmp(q, "second") && !strcmp(q + 3 * PAGE, "fifth"),
	      "a file's map grows over more of the file");
	munmap(q, 6 * PAGE);
	close(fd);
}

/* Large maps move by their page tables; nothing is lost at the seams. */
static void large(void)
{
	const size_t size = 9 * MIB;
	char *p = map(NULL, size, RW, MAP_PRIVATE), *q, *place = nowhere(5 * size);
	int good = 1;

	for (size_t i = 0; i < size; i += PAGE)
		*(size_t *)(p + i) = i + 1;
	place = (char *)(((uintptr_t)place + size) & -(uintptr_t)(2 * MIB));
	for (int round = 0; round < 6; round++) {
		q = place + round * 3 * PAGE + (round % 2 ? 0 : 2 * size);
		if (remap(p, size, size, OWN_MAYMOVE | OWN_FIXED, q) != q ||
		    reads(p) != SEGV_MAPERR) {
			good = 0;
			break;
		}
		p = q;
		for (size_t i = 0; i < size; i += PAGE)
			good &= *(size_t *)(p + i) == i + 1;
	}
	CHECK(good, "9 MB moved six times");
	munmap(p, size);
}

/* mov $VALUE, %eax; ret */
static void function(char *at, int value)
{
	at[0] = (char)0xb8;
	memcpy(at + 1, &value, 4);
	at[5] = (char)0xc3;
}

static int call(char *at)
{
	return ((int (*)(void))(uintptr_t)at)();
}

static int try_to_call(char *at)
{
	int result;

	if (sigsetjmp(fault_jump, 1))
		return fault_address == at && fault_code == SEGV_ACCERR ? -2 : -1;
	fault_expected = 1;
	result = call(at);
	fault_expected = 0;
	return result;
}

static char *code;

static int change_copy(void)
{
	function(code, 55);
	return call(code);
}

static void code_made(void)
{
	char *p = map(NULL, 4 * PAGE, RW, MAP_PRIVATE), *q;
	const int rwx = RW | PROT_EXEC;
	int good = 1, fd;

	function(p, 11);
	function(p + PAGE, 12);
	CHECK(try_to_call(p) == -2, "data cannot be run");
	CHECK(!mprotect(p, PAGE, PROT_READ | PROT_EXEC) && call(p) == 11,
	      "mprotect(): this page can");
	CHECK(try_to_call(p + PAGE) == -2, "the next cannot");
	CHECK(writes(p) == SEGV_ACCERR && !mprotect(p, PAGE, RW) && try_to_call(p) == -2,
	      "written or run, not both");
	CHECK(!mprotect(p, PAGE, rwx), "or both");
	for (int i = 0; i < 1000; i++) {
		function(p + i % 100, i);
		good &= call(p + i % 100) == i;
	}
	CHECK(good, "code that is changed a thousand times runs as changed");
	/* Across two pages, of which the second changes. */
	mprotect(p, 2 * PAGE, rwx);
	for (int i = 0; i < 100; i++) {
		function(p + PAGE - 3, i << 20 | i);
		good &= call(p + PAGE - 3) == (i << 20 | i);
	}
	CHECK(good, "also across pages");
	code = p;
	function(p, 50);
	CHECK(in_child(change_copy) == 55 && call(p) == 50, "a child changes its own code only");
	CHECK(!madvise(p, PAGE, MADV_DONTNEED) && p[0] == 0, "code given back is gone");
	munmap(p, 4 * PAGE);

	fd = (int)syscall(SYS_memfd_create, "code", 0);
	CHECK(fd >= 0 && !ftruncate(fd, PAGE), "a memfd");
	p = mmap(NULL, PAGE, RW, MAP_SHARED, fd, 0);
	q = mmap(NULL, PAGE, PROT_READ | PROT_EXEC, MAP_SHARED, fd, 0);
	CHECK(p != MAP_FAILED && q != MAP_FAILED, "mapped to be written, and to be run");
	for (int i = 0; i < 1000; i++) {
		function(p + 8 * (i % 64), i);
		good &= call(q + 8 * (i % 64)) == i;
	}
	CHECK(good, "what is written through one map is run through the other");
	CHECK(writes(q) == SEGV_ACCERR && try_to_call(p) == -2, "not the other way round");
	function(p + 100, 77);
	CHECK(pwrite(fd, p + 100, 6, 200) == 6 && call(q + 200) == 77, "write() makes code, too");
	munmap(p, PAGE);
	munmap(q, PAGE);
	close(fd);
}

int main(void)
{
	catch_faults();
	resize();
	shared();
	large();
	code_made();
	return CHECKS_STATUS();
}

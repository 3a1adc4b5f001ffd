/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * vm.c - virtual memory: large reservations, protections in pieces, advice, locks, what faults and
 * how, maps at given places, maps that grow.
 *
 * Of 64 GB that are reserved, and of all else, some 5 MB are touched.  As many maps as there may be
 * are 65530, for which the kernel takes some 15 MB.
 */
#include <pthread.h>
#include <sys/resource.h>

#include "help.h"

#define GIB		    ((size_t)1 << 30)

/* musl and old headers have not all of these. */
#define OWN_FIXED_NOREPLACE 0x100000
#define OWN_FREE	    8
#define OWN_REMOVE	    9
#define OWN_DONTFORK	    10
#define OWN_DOFORK	    11
#define OWN_HUGEPAGE	    14
#define OWN_NOHUGEPAGE	    15
#define OWN_DONTDUMP	    16
#define OWN_WIPEONFORK	    18
#define OWN_KEEPONFORK	    19
#define OWN_COLD	    20
#define OWN_PAGEOUT	    21
#define OWN_POPULATE_READ   22
#define OWN_POPULATE_WRITE  23

static char *p;

static void reservation(void)
{
	const size_t size = 64 * GIB, step = GIB / 2 + 3 * PAGE;
	int good = 1;
	size_t at;

	p = map(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_NORESERVE);
	CHECK(p != MAP_FAILED, "64 GB reserved");
	CHECK(reads(p + 5 * GIB) == SEGV_ACCERR && writes(p + size - 1) == SEGV_ACCERR,
	      "nothing of it can be touched");
	for (at = 0; at < size; at += step) {
		good &= !mprotect(p + at, 2 * PAGE, RW) && all(p + at, 2 * PAGE, 0);
		memset(p + at, (int)(at / step + 1), 2 * PAGE);
	}
	CHECK(good, "but pages here and there that are made usable");
	for (at = 0; at < size; at += step)
		good &= all(p + at, 2 * PAGE, (char)(at / step + 1)) &&
			reads(p + at + 2 * PAGE) == SEGV_ACCERR &&
			(at == 0 || reads(p + at - 1) == SEGV_ACCERR);
	CHECK(good, "each has what was stored, around it is nothing");
	CHECK(!mprotect(p, size, RW) && all(p, 2 * PAGE, 1) && all(p + 2 * PAGE, PAGE, 0) &&
		      all(p + step, 2 * PAGE, 2),
	      "all of it made usable, what was there is there");
	p[33 * GIB] = 1;
	CHECK(!madvise(p, size, MADV_DONTNEED) && all(p, 2 * PAGE, 0) && p[33 * GIB] == 0,
	      "all of it given back: zeros");
	CHECK(!munmap(p + GIB, size - 2 * GIB) && reads(p + 2 * GIB) == SEGV_MAPERR &&
		      reads(p + size - 1) == 0,
	      "a hole of 62 GB");
	CHECK(!munmap(p, size) && reads(p) == SEGV_MAPERR && reads(p + size - 1) == SEGV_MAPERR,
	      "unmapped");
	CHECK(map(NULL, 1024 * GIB, RW, MAP_PRIVATE) == MAP_FAILED && errno == ENOMEM,
	      "1 TB that is not only reserved: ENOMEM");
}

static void faulting(void)
{
	p = map(NULL, 3 * PAGE, RW, MAP_PRIVATE);
	memset(p, 1, 3 * PAGE);
	CHECK(!munmap(p + PAGE, PAGE) && reads(p + PAGE) == SEGV_MAPERR &&
		      writes(p + 2 * PAGE - 1) == SEGV_MAPERR && !reads(p) && !writes(p + 2 * PAGE),
	      "what is unmapped faults, its neighbours do not");
	CHECK(map(p + PAGE, PAGE, RW, MAP_PRIVATE | OWN_FIXED_NOREPLACE) == p + PAGE &&
		      all(p + PAGE, PAGE, 0),
	      "MAP_FIXED_NOREPLACE into the hole: zeros");
	CHECK(map(p, PAGE, RW, MAP_PRIVATE | OWN_FIXED_NOREPLACE) == MAP_FAILED && errno == EEXIST,
	      "where something is: EEXIST");
	CHECK(all(p, PAGE, 1), "which is left alone");
	CHECK(map(p, PAGE, RW, MAP_PRIVATE | MAP_FIXED) == p && all(p, PAGE, 0),
	      "MAP_FIXED replaces it");
	CHECK(map(p + PAGE, PAGE, RW, MAP_PRIVATE) != p + PAGE, "a mere wish does not");
	CHECK(!mprotect(p, PAGE, PROT_NONE) && reads(p) == SEGV_ACCERR && writes(p) == SEGV_ACCERR,
	      "a guard page");
	CHECK(!mprotect(p, PAGE, PROT_WRITE) && !writes(p) && !reads(p),
	      "what can be written can be read");
	munmap(p + PAGE, PAGE);
	CHECK(mprotect(p, 3 * PAGE, PROT_READ) < 0 && errno == ENOMEM && writes(p) == SEGV_ACCERR &&
		      !writes(p + 2 * PAGE),
	      "mprotect() of what is not all there: ENOMEM, done up to there");
	munmap(p, 3 * PAGE);
	CHECK(!munmap(p, 3 * PAGE), "munmap() of nothing");
	CHECK(reads((char *)0xffff888000000000) == SEGV_MAPERR &&
		      writes((char *)0xffffffff81000000) == SEGV_MAPERR,
	      "the kernel's memory: a fault, of what is not there");
	/* What else is told depends on the processor: QEMU's has a page fault there. */
	CHECK(reads((char *)0x800000000000) && fault_signal == SIGSEGV,
	      "an address that cannot be: a fault");
}

static int forgot(void)
{
	return all(p + PAGE, PAGE, 0) && all(p, PAGE, 'w') ? 0 : 1;
}

static int lacks(void)
{
	return reads(p + 2 * PAGE) == SEGV_MAPERR && reads(p) == 0 ? 0 : 1;
}

static int advise(size_t first, size_t pages, int advice)
{
	return madvise(p + first * PAGE, pages * PAGE, advice);
}

static void advice(void)
{
	unsigned char in_core[8];
	int huge, good = 1;

	p = map(NULL, 8 * PAGE, RW, MAP_PRIVATE);
	memset(p, 'w', 8 * PAGE);
	CHECK(!advise(0, 2, OWN_FREE), "MADV_FREE");
	for (int i = 0; i < 2 * PAGE; i++)
		good &= p[i] == 'w' || p[i] == 0;
	CHECK(good, "what was there is there, or zeros");
	memset(p, 'w', 2 * PAGE);
	CHECK(all(p, 8 * PAGE, 'w'), "what is stored then stays");
	CHECK(!advise(1, 1, OWN_WIPEONFORK) && in_child(forgot) == 0 && all(p, 8 * PAGE, 'w'),
	      "MADV_WIPEONFORK: zeros for a child");
	CHECK(!advise(2, 1, OWN_DONTFORK) && in_child(lacks) == 0 && all(p, 8 * PAGE, 'w'),
	      "MADV_DONTFORK: nothing for a child");
	CHECK(!advise(1, 1, OWN_KEEPONFORK) && in_child(forgot) == 1, "MADV_KEEPONFORK");
	CHECK(!advise(2, 1, OWN_DOFORK) && in_child(lacks) == 1, "MADV_DOFORK");
	CHECK(!advise(0, 8, OWN_COLD) && !advise(0, 8, OWN_PAGEOUT) && all(p, 8 * PAGE, 'w'),
	      "MADV_COLD, MADV_PAGEOUT");
	CHECK(!advise(0, 8, MADV_WILLNEED) && !advise(0, 8, MADV_SEQUENTIAL) &&
		      !advise(0, 8, MADV_RANDOM) && !advise(0, 8, MADV_NORMAL) &&
		      !advise(0, 8, OWN_DONTDUMP),
	      "other advice");
	/* Whether there are huge pages is configured. */
	huge = advise(0, 8, OWN_HUGEPAGE);
	CHECK(access("/sys/kernel/mm/transparent_hugepage", F_OK) ? huge && errno == EINVAL : !huge,
	      "MADV_HUGEPAGE, if there are any");
	CHECK(advise(0, 1, 99) < 0 && errno == EINVAL, "unknown: EINVAL");
	CHECK(madvise(p + 1, PAGE, MADV_DONTNEED) < 0 && errno == EINVAL, "in a page: EINVAL");
	munmap(p + 3 * PAGE, PAGE);
	CHECK(advise(2, 3, MADV_DONTNEED) < 0 && errno == ENOMEM && all(p + 2 * PAGE, PAGE, 0) &&
		      all(p + 4 * PAGE, PAGE, 0) && all(p + 5 * PAGE, PAGE, 'w'),
	      "MADV_DONTNEED across a hole: ENOMEM, and done");
	munmap(p, 8 * PAGE);

	p = map(NULL, 8 * PAGE, RW, MAP_PRIVATE);
	CHECK(!mincore(p, 8 * PAGE, in_core) && !in_core[0] && !in_core[7], "mincore(): none yet");
	CHECK(!advise(1, 2, OWN_POPULATE_WRITE) && !mincore(p, 8 * PAGE, in_core) && !in_core[0] &&
		      in_core[1] == 1 && in_core[2] == 1 && !in_core[3],
	      "MADV_POPULATE_WRITE");
	p[5 * PAGE] = 1;
	CHECK(!mincore(p, 8 * PAGE, in_core) && in_core[5] == 1 && !in_core[6], "a page touched");
	mprotect(p, PAGE, PROT_READ);
	CHECK(advise(0, 1, OWN_POPULATE_WRITE) < 0 && errno == EINVAL && !advise(0, 1, 22),
	      "what can be read only can be populated by reading only");
	munmap(p, 8 * PAGE);
	CHECK(mincore(p, PAGE, in_core) < 0 && errno == ENOMEM, "mincore() of nothing: ENOMEM");
	p = map(NULL, 4 * PAGE, RW, MAP_PRIVATE | MAP_POPULATE);
	CHECK(!mincore(p, 4 * PAGE, in_core) && in_core[0] == 1 && in_core[3] == 1, "MAP_POPULATE");
	munmap(p, 4 * PAGE);

	p = map(NULL, 4 * PAGE, RW, MAP_SHARED);
	memset(p, 's', 4 * PAGE);
	CHECK(!advise(0, 1, MADV_DONTNEED) && all(p, PAGE, 's'), "shared memory stays");
	CHECK(!advise(1, 2, OWN_REMOVE) && all(p, PAGE, 's') && all(p + PAGE, 2 * PAGE, 0) &&
		      all(p + 3 * PAGE, PAGE, 's'),
	      "but for MADV_REMOVE");
	munmap(p, 4 * PAGE);
	p = map(NULL, PAGE, RW, MAP_PRIVATE);
	CHECK(advise(0, 1, OWN_REMOVE) < 0 && errno == EINVAL, "which private memory refuses");
	munmap(p, PAGE);
}

static void pieces(void)
{
	const int n = 4000;
	int good = 1;

	p = map(NULL, (size_t)n * PAGE, RW, MAP_PRIVATE);
	for (int i = 0; i < n; i += 2)
		good &= !mprotect(p + (size_t)i * PAGE, PAGE, i % 4 ? PROT_READ : PROT_NONE);
	for (int i = 0; i < n; i += 50)
		good &= reads(p + (size_t)i * PAGE) == (i % 4 ? 0 : SEGV_ACCERR) &&
			writes(p + (size_t)i * PAGE) == SEGV_ACCERR &&
			!writes(p + (size_t)(i + 1) * PAGE);
	CHECK(good, "4000 pages protected one by one");
	for (int i = n - 2; i >= 0; i -= 2)
		good &= !mprotect(p + (size_t)i * PAGE, PAGE, RW);
	CHECK(good && all(p, PAGE, 0) && p[51 * PAGE] == 1, "and made equal");
	for (int i = 1; i < n; i += 2)
		good &= !munmap(p + (size_t)i * PAGE, PAGE);
	CHECK(good && reads(p + PAGE) == SEGV_MAPERR && !reads(p + 2 * PAGE), "2000 holes");
	CHECK(!munmap(p, (size_t)n * PAGE), "unmapped");
}

static void too_many(void)
{
	char text[32];
	size_t i, most, pages = 70000;

	slurp("/proc/sys/vm/max_map_count", text, sizeof(text));
	most = strtoul(text, NULL, 10);
	p = map(NULL, pages * PAGE, PROT_NONE, MAP_PRIVATE | MAP_NORESERVE);
	for (i = 0; i < pages; i += 2)
		if (mprotect(p + i * PAGE, PAGE, PROT_READ))
			break;
	/* Where more are allowed than are made here there is nothing to see. */
	CHECK(most > pages || (i < pages && errno == ENOMEM && i > most - 100 && i <= most),
	      "no more maps than there may be: ENOMEM");
	CHECK(!munmap(p, pages * PAGE), "unmapped");
	p = map(NULL, PAGE, RW, MAP_PRIVATE);
	CHECK(p != MAP_FAILED && !munmap(p, PAGE), "there may be others now");
}

static void breaks(void)
{
	char *brk_start = sbrk(0), *at;

	at = (char *)(((uintptr_t)brk_start + PAGE - 1) & -(uintptr_t)PAGE);
	CHECK((char *)syscall(SYS_brk, at + 4 * PAGE) == at + 4 * PAGE && all(at, 4 * PAGE, 0),
	      "the break moves");
	CHECK(map(at + 8 * PAGE, PAGE, RW, MAP_PRIVATE | OWN_FIXED_NOREPLACE) == at + 8 * PAGE,
	      "a map above it");
	CHECK((char *)syscall(SYS_brk, at + 16 * PAGE) == at + 4 * PAGE,
	      "is not run over: the break stays");
	CHECK((char *)syscall(SYS_brk, at + 7 * PAGE) == at + 7 * PAGE, "up to it, it moves");
	CHECK((char *)syscall(SYS_brk, PAGE) == at + 7 * PAGE, "not below its beginning");
	CHECK((char *)syscall(SYS_brk, at + 1024 * GIB * 64) == at + 7 * PAGE, "nor that far");
	munmap(at + 8 * PAGE, PAGE);
	CHECK((char *)syscall(SYS_brk, brk_start) == brk_start && reads(at + PAGE) == SEGV_MAPERR,
	      "back: what was above faults");
}

static void growing(void)
{
	const size_t room = 4 * MIB;
	char *top;

	/* There are 256 pages that nothing may grow into, above the map below. */
	p = map(NULL, room, RW, MAP_PRIVATE);
	munmap(p + PAGE, room - PAGE);
	top = map(p + room - 2 * PAGE, 2 * PAGE, RW, MAP_PRIVATE | MAP_FIXED | MAP_GROWSDOWN);
	CHECK(top == p + room - 2 * PAGE, "MAP_GROWSDOWN");
	CHECK(!writes(top - 1) && !writes(top - 10 * PAGE) && all(top - 9 * PAGE, 8 * PAGE, 0),
	      "it grows where it is touched");
	CHECK(!writes(p + 300 * PAGE), "far");
	CHECK(writes(p + 100 * PAGE) == SEGV_MAPERR, "but not close to what is below");
	CHECK(!reads(p), "which is left alone");
	munmap(p, room);
}

static void locked(void)
{
	unsigned char in_core[4];

	p = map(NULL, 4 * PAGE, RW, MAP_PRIVATE);
	CHECK(!mlock(p, 2 * PAGE) && !mincore(p, 4 * PAGE, in_core) && in_core[0] == 1 &&
		      in_core[1] == 1 && !in_core[2],
	      "mlock() brings pages in");
	CHECK(madvise(p, PAGE, MADV_DONTNEED) < 0 && errno == EINVAL,
	      "MADV_DONTNEED of what is locked: EINVAL");
	CHECK(!munlock(p, 2 * PAGE) && !madvise(p, PAGE, MADV_DONTNEED), "munlock()");
	munmap(p, 4 * PAGE);
	CHECK(mlock(p, PAGE) < 0 && errno == ENOMEM, "mlock() of nothing: ENOMEM");
	p = map(NULL, 4 * PAGE, RW, MAP_PRIVATE | MAP_LOCKED);
	CHECK(!mincore(p, 4 * PAGE, in_core) && in_core[3] == 1, "MAP_LOCKED");
	munmap(p, 4 * PAGE);
	CHECK(!mlockall(MCL_FUTURE), "mlockall() of what comes");
	p = map(NULL, 4 * PAGE, RW, MAP_PRIVATE);
	CHECK(!mincore(p, 4 * PAGE, in_core) && in_core[3] == 1, "it is in");
	CHECK(!munlockall() && !munmap(p, 4 * PAGE), "munlockall()");
	CHECK(mlockall(0) < 0 && errno == EINVAL, "mlockall() of nothing: EINVAL");
}

int main(void)
{
	catch_faults();
	reservation();
	faulting();
	advice();
	pieces();
	too_many();
	breaks();
	growing();
	locked();
	return CHECKS_STATUS();
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * memory.c - malloc, brk, mmap and its relatives: what they return, what they zero, what they
 * protect.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <unistd.h>

#include "check.h"

#define PAGE 4096
#define MIB  (1 << 20)

static sigjmp_buf jump;
static void *volatile fault_address;
static volatile int fault_code;
static char data[3 * PAGE] __attribute__((aligned(PAGE)));

static void on_fault(int signal, siginfo_t *info, void *context)
{
	(void)context;
	fault_address = info->si_addr;
	fault_code = signal == SIGSEGV ? info->si_code : -signal;
	siglongjmp(jump, 1);
}

/* Does touching the address fault there, with this code? */
static int faults(volatile char *address, int write, int code)
{
	fault_address = NULL;
	fault_code = 0;
	if (!sigsetjmp(jump, 1)) {
		if (write)
			*address = 1;
		else
			(void)*address;
		return 0;
	}
	return fault_address == address && fault_code == code;
}

static char *map(void *at, size_t size, int protection, int flags)
{
	return mmap(at, size, protection, MAP_PRIVATE | MAP_ANONYMOUS | flags, -1, 0);
}

static int all(const char *memory, size_t size, char value)
{
	for (size_t i = 0; i < size; i++)
		if (memory[i] != value)
			return 0;
	return 1;
}

int main(void)
{
	struct sigaction action = { .sa_sigaction = on_fault, .sa_flags = SA_SIGINFO };
	const int rw = PROT_READ | PROT_WRITE;
	/* mov $42, %eax; ret */
	static const unsigned char code[] = { 0xb8, 42, 0, 0, 0, 0xc3 };
	char *p, *q, *blocks[256];
	int good, file;
	uintptr_t brk_start;
	struct iovec vector = { data + PAGE, PAGE };
	static char page[PAGE];
	int ends[2];

	sigaction(SIGSEGV, &action, NULL);
	sigaction(SIGBUS, &action, NULL);

	brk_start = syscall(SYS_brk, 0);
	CHECK(brk_start, "there is a break");
	CHECK((uintptr_t)syscall(SYS_brk, brk_start + 5 * PAGE) == brk_start + 5 * PAGE,
	      "it can grow");
	CHECK(all((char *)brk_start, 5 * PAGE, 0), "what it grew is zero");
	memset((char *)brk_start, 1, 5 * PAGE);
	CHECK((uintptr_t)syscall(SYS_brk, brk_start) == brk_start, "and shrink");
	CHECK((uintptr_t)syscall(SYS_brk, brk_start + 5 * PAGE) == brk_start + 5 * PAGE &&
		      all((char *)brk_start, 5 * PAGE, 0),
	      "and grow again, zeroed");
	syscall(SYS_brk, brk_start);

	good = 1;
	for (int round = 0; round < 20; round++) {
		for (int i = 0; i < 256; i++) {
			size_t size = (size_t)(i * 997 + round * 131) % 60000 + 1;

			blocks[i] = malloc(size);
			good &= blocks[i] != NULL;
			memset(blocks[i], i, size);
			good &= blocks[i][size - 1] == (char)i;
		}
		for (int i = 0; i < 256; i++)
			free(blocks[(i * 37) % 256]);
	}
	CHECK(good, "malloc and free");
	p = calloc(4 * MIB, 1);
	CHECK(p && all(p, 4 * MIB, 0), "4 MiB of zeros from calloc");
	q = realloc(p, 6 * MIB);
	CHECK(q && all(q, 4 * MIB, 0), "grown to 6 MiB");
	free(q);

	p = map(NULL, 8 * MIB, rw, 0);
	CHECK(p != MAP_FAILED && !((uintptr_t)p % PAGE) && all(p, 8 * MIB, 0),
	      "map 8 MiB of zeros");
	memset(p, 1, 8 * MIB);
	CHECK(!munmap(p, 8 * MIB), "unmapped");
	good = 1;
	for (int i = 0; i < 1000; i++) {
		p = map(NULL, PAGE, rw, 0);
		good &= p != MAP_FAILED && all(p, PAGE, 0);
		memset(p, 1, PAGE);
		good &= !munmap(p, PAGE);
	}
	CHECK(good, "a page mapped and unmapped a thousand times is zero each time");

	p = map(NULL, 8 * PAGE, rw, 0);
	for (int i = 0; i < 8; i++)
		memset(p + i * PAGE, 'a' + i, PAGE);
	CHECK(!munmap(p + 2 * PAGE, 2 * PAGE), "a hole in a mapping");
	CHECK(all(p, PAGE, 'a') && all(p + PAGE, PAGE, 'b') && all(p + 4 * PAGE, PAGE, 'e') &&
		      all(p + 7 * PAGE, PAGE, 'h'),
	      "the rest is as it was");
	CHECK(!munmap(p, PAGE) && !munmap(p + 7 * PAGE, PAGE) && all(p + PAGE, PAGE, 'b'),
	      "its ends cut off");
	CHECK(!munmap(p, 8 * PAGE), "unmapped with its holes");

	p = map(NULL, 4 * PAGE, rw, 0);
	memset(p, 'x', 4 * PAGE);
	CHECK(!mprotect(p + PAGE, PAGE, PROT_READ) && faults(p + PAGE, 1, SEGV_ACCERR) &&
		      !faults(p + PAGE, 0, 0) && p[PAGE] == 'x',
	      "mprotect: read-only");
	CHECK(!mprotect(p + 2 * PAGE, PAGE, PROT_NONE) && faults(p + 2 * PAGE, 0, SEGV_ACCERR),
	      "mprotect: none");
	CHECK(!faults(p, 1, 0) && !faults(p + 3 * PAGE, 1, 0), "its neighbours are as before");
	CHECK(!mprotect(p, 4 * PAGE, rw) && p[PAGE] == 'x' && p[2 * PAGE] == 'x' &&
		      !faults(p + 2 * PAGE, 1, 0),
	      "mprotect: everything again, nothing lost");
	memcpy(p, code, sizeof(code));
	if (!sigsetjmp(jump, 1)) {
		((void (*)(void))(uintptr_t)p)();
		CHECK(0, "data was executed");
	} else {
		CHECK(fault_address == p && fault_code == SEGV_ACCERR, "data is not executable");
	}
	CHECK(!mprotect(p, PAGE, PROT_READ | PROT_EXEC) && ((int (*)(void))(uintptr_t)p)() == 42,
	      "code made at run time");
	CHECK(faults(p, 1, SEGV_ACCERR), "cannot be written then");
	CHECK(syscall(SYS_mprotect, p + 1, PAGE, rw) < 0 && errno == EINVAL,
	      "mprotect wants whole pages");
	munmap(p, 4 * PAGE);
	CHECK(!mprotect(data, PAGE, PROT_READ) && faults(data + 5, 1, SEGV_ACCERR) &&
		      !faults(data + PAGE, 1, 0),
	      "static data made read-only");
	mprotect(data, PAGE, rw);

	p = map(NULL, 16 * PAGE, PROT_NONE, MAP_NORESERVE);
	CHECK(p != MAP_FAILED && faults(p, 0, SEGV_ACCERR), "a reservation");
	q = map(p + 4 * PAGE, 2 * PAGE, rw, MAP_FIXED);
	CHECK(q == p + 4 * PAGE && all(q, 2 * PAGE, 0), "MAP_FIXED into it");
	q[0] = 5;
	CHECK(faults(q - 1, 0, SEGV_ACCERR) && faults(q + 2 * PAGE, 0, SEGV_ACCERR),
	      "around it is still reserved");
	file = open("/proc/self/exe", O_RDONLY);
	if (file < 0)
		file = open("/init", O_RDONLY);
	q = mmap(p + 8 * PAGE, PAGE, PROT_READ, MAP_PRIVATE | MAP_FIXED, file, 0);
	CHECK(q == p + 8 * PAGE && !memcmp(q, "\177ELF", 4), "a file mapped into it");
	close(file);
	q = map(p + 4 * PAGE, PAGE, rw, MAP_FIXED);
	CHECK(q == p + 4 * PAGE && q[0] == 0, "MAP_FIXED over a mapping: zero again");
	CHECK(!mprotect(p, PAGE, rw) && all(p, PAGE, 0),
	      "the reservation's first page made usable");
	CHECK(!munmap(p, 16 * PAGE), "unmapped");

	p = map(NULL, 4 * PAGE, rw, 0);
	memset(p, 'm', 4 * PAGE);
	CHECK(!madvise(p + PAGE, 2 * PAGE, MADV_DONTNEED) && all(p + PAGE, 2 * PAGE, 0) &&
		      all(p, PAGE, 'm') && all(p + 3 * PAGE, PAGE, 'm'),
	      "MADV_DONTNEED zeroes");
	q = mremap(p, 4 * PAGE, 2 * PAGE, 0);
	CHECK(q == p, "mremap: shrunk in place");
	q = mremap(p, 2 * PAGE, 300 * PAGE, MREMAP_MAYMOVE);
	CHECK(q != MAP_FAILED && all(q, PAGE, 'm') && all(q + 2 * PAGE, 298 * PAGE, 0),
	      "mremap: grown, its content kept, the new part zero");
	memset(q, 'z', 300 * PAGE);
	CHECK(!munmap(q, 300 * PAGE), "unmapped");
	good = 1;
	for (int i = 0; i < 64; i++) {
		blocks[i] = map(NULL, (size_t)(i % 5 + 1) * PAGE, rw, MAP_32BIT);
		good &= blocks[i] != MAP_FAILED && (uintptr_t)blocks[i] < (uintptr_t)1 << 31 &&
			all(blocks[i], (size_t)(i % 5 + 1) * PAGE, 0);
		if (good)
			memset(blocks[i], i, (size_t)(i % 5 + 1) * PAGE);
	}
	CHECK(good, "MAP_32BIT: 64 mappings below 2 GiB");
	for (int i = 0; good && i < 64; i++) {
		good &= all(blocks[i], (size_t)(i % 5 + 1) * PAGE, (char)i);
		good &= !munmap(blocks[i], (size_t)(i % 5 + 1) * PAGE);
	}
	CHECK(good, "each on its own, and unmapped");
	CHECK(map(NULL, (size_t)1 << 31, rw, MAP_32BIT) == MAP_FAILED && errno == ENOMEM,
	      "MAP_32BIT: too much");

	memset(data, 'd', sizeof(data));
	good = !pipe(ends) && vmsplice(ends[1], &vector, 1, 0) == PAGE &&
	       read(ends[0], page, PAGE) == PAGE && all(page, PAGE, 'd');
	CHECK(good, "vmsplice() finds static data");
	CHECK(!syscall(SYS_futex, data, 1 /* FUTEX_WAKE */, 1, NULL, NULL, 0),
	      "a shared futex in static data");

	CHECK(map((void *)(uintptr_t)1, PAGE, rw, MAP_FIXED) == MAP_FAILED && errno == EINVAL,
	      "MAP_FIXED wants a page");
	CHECK(map(NULL, 0, rw, 0) == MAP_FAILED && errno == EINVAL, "a size of 0");
	CHECK(map(NULL, (size_t)1 << 46, rw, 0) == MAP_FAILED && errno == ENOMEM,
	      "too much: ENOMEM");
	CHECK(munmap((void *)1, PAGE) < 0 && errno == EINVAL, "munmap wants a page");
	return CHECKS_STATUS();
}

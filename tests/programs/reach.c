/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * reach.c - what system calls may reach: memory that is read only, the kernel's addresses and
 * impossible ones are EFAULT, buffers over several maps are not; and pages that are in a pipe while
 * their map changes.
 *
 * A few megabytes are enough.
 */
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>

#include "help.h"

static const uintptr_t elsewhere[] = {
	0xffff888000000000, /* the direct map of a Linux that does not randomise it */
	0xffffffff81000000, /* its code */
	0xfffffffffffff000, /* the last page */
	0xffffffffff600000, /* the page of vsyscall */
	0xffffc90000000000, /* what is mapped by vmalloc() */
	0x0000800000000000, /* the first address that cannot be */
	0xdeadbeefdeadbeef, /* another */
	0x00007ffffffff000, /* the last page below them, which is never mapped */
	0x0000000000000000,
};

static const char constant[2 * PAGE] __attribute__((aligned(PAGE))) = "constant";
static char *p;
static int file, ends[2];

/* As open() does, but whatever file system there is here: some have no direct input and output. */
static int open_direct(const char *name)
{
	int fd = open(name, O_RDONLY | O_DIRECT | O_CLOEXEC);

	return fd < 0 && errno == EINVAL ? open(name, O_RDONLY | O_CLOEXEC) : fd;
}

static int refused(long result)
{
	return result < 0 && errno == EFAULT;
}

static void kernel_addresses(void)
{
	int reading = 1, writing = 1, stats = 1, vectors = 1, others = 1;
	struct iovec vector[2] = { { p, 10 }, { NULL, 10 } };

	for (size_t i = 0; i < sizeof(elsewhere) / sizeof(*elsewhere); i++) {
		void *at = (void *)elsewhere[i];

		reading &= refused(pread(file, at, 100, 0));
		writing &= refused(pwrite(file, at, 100, 0));
		writing &= refused(syscall(SYS_write, ends[1], at, 100));
		stats &= refused(syscall(SYS_fstat, file, at));
		others &= refused(syscall(SYS_pipe, at)) &&
			  refused(syscall(SYS_open, at, O_RDONLY)) &&
			  (!at || refused(syscall(SYS_clock_gettime, CLOCK_MONOTONIC, at)));
		vector[1].iov_base = at;
		vectors &= preadv(file, vector, 2, 0) == 10 || errno == EFAULT;
	}
	CHECK(reading, "read() to the kernel's addresses and impossible ones: EFAULT");
	CHECK(writing, "write() from there");
	CHECK(stats, "fstat()");
	CHECK(others, "other calls");
	CHECK(vectors, "readv(), up to there");
	CHECK(refused(pread(file, (void *)-1, 1, 0)) && refused(pread(file, (void *)-10, 100, 0)),
	      "a buffer that ends where addresses do");
	CHECK(refused(pread(file, (void *)0x7fffffffefff, 2 * PAGE, 0)) &&
		      refused(pread(file, (void *)0x7ffffffff000, 0x7fffffff, 0)),
	      "one that goes on over the end");
}

static void read_only(void)
{
	int direct, good = 1;
	char text[16] = "";

	mprotect(p + PAGE, PAGE, PROT_READ);
	mprotect(p + 3 * PAGE, PAGE, PROT_NONE);
	CHECK(refused(pread(file, p + PAGE, PAGE, 0)) && all(p + PAGE, PAGE, 0),
	      "read() to memory that is read only: EFAULT, nothing is changed");
	CHECK(pread(file, p + PAGE - 100, 200, 0) == 100 && all(p + PAGE - 100, 100, 'f') &&
		      all(p + PAGE, PAGE, 0),
	      "up to it");
	CHECK(refused(pread(file, (char *)constant, 8, 0)) && !strcmp(constant, "constant"),
	      "to a constant");
	CHECK(refused(pread(file, (void *)(uintptr_t)read_only, 8, 0)), "to code");
	CHECK(refused(pread(file, p + 3 * PAGE, PAGE, 0)) &&
		      refused(pwrite(file, p + 3 * PAGE, PAGE, 0)),
	      "to and from a guard page");
	CHECK(pwrite(file, p + 3 * PAGE - 50, 200, 0) == 50, "write() up to it");
	CHECK(refused(syscall(SYS_getrandom, p + PAGE, 16, 0)) &&
		      refused(syscall(SYS_getcwd, p + PAGE, PAGE)) &&
		      refused(syscall(SYS_rt_sigpending, p + PAGE, 8)),
	      "other calls to memory that is read only");
	if (write(ends[1], "in a pipe", 10) != 10 || !refused(read(ends[0], p + PAGE, 10)))
		good = 0;
	CHECK(good && read(ends[0], text, 10) == 10 && !strcmp(text, "in a pipe"),
	      "what is in a pipe stays there");
	direct = open_direct("reach.file");
	CHECK(direct >= 0 && refused(read(direct, p + PAGE, PAGE)) && all(p + PAGE, PAGE, 0),
	      "direct input to memory that is read only: EFAULT");
	CHECK(refused(pread(direct, (char *)constant, PAGE, 0)) && !strcmp(constant, "constant"),
	      "to a constant");
	CHECK(pread(direct, p + 2 * PAGE, PAGE, PAGE) == PAGE && all(p + 2 * PAGE, PAGE, 'f'),
	      "to memory that can be written");
	close(direct);

	/* Neighbours of different kinds, none of which is there yet, one of them a private file. */
	munmap(p, 8 * PAGE);
	p = map(NULL, 8 * PAGE, RW, MAP_PRIVATE);
	map(p + 2 * PAGE, 2 * PAGE, RW, MAP_SHARED | MAP_FIXED);
	good = mmap(p + 4 * PAGE, 2 * PAGE, RW, MAP_PRIVATE | MAP_FIXED, file, 0) == p + 4 * PAGE;
	CHECK(good && pread(file, p + 100, 7 * PAGE, PAGE) == 7 * PAGE &&
		      all(p + 100, 7 * PAGE, 'f') && all(p, 100, 0),
	      "read() over private, shared and a file's memory");
	CHECK(pwrite(file, p + 100, 7 * PAGE, PAGE) == 7 * PAGE, "write() from there");
	munmap(p, 8 * PAGE);
	p = map(NULL, 8 * PAGE, RW, MAP_PRIVATE);
}

static int store_in_child(void)
{
	memset(p, 'c', 2 * PAGE);
	return 0;
}

/* What a page that is in the pipe holds, as seen by the reader. */
static int holds(char value)
{
	static char page[PAGE];

	return read(ends[0], page, PAGE) == PAGE && all(page, PAGE, value);
}

static int put(char *at, unsigned int flags)
{
	struct iovec vector = { at, PAGE };

	memset(at, 'o', PAGE);
	return vmsplice(ends[1], &vector, 1, flags) == PAGE;
}

static void in_flight(unsigned int flags)
{
	pid_t pid;
	int end;

	CHECK(put(p, flags) && memset(p, 'n', PAGE) && holds('n'),
	      "vmsplice(): what is stored later is in the pipe, too");
	CHECK(put(p, flags) && !madvise(p, PAGE, MADV_DONTNEED) && memset(p, 'n', PAGE) &&
		      holds('o'),
	      "not if the page was given back");
	CHECK(put(p, flags) && map(p, PAGE, RW, MAP_PRIVATE | MAP_FIXED) == p &&
		      memset(p, 'n', PAGE) && holds('o') && all(p, PAGE, 'n'),
	      "or replaced");
	put(p, flags);
	pid = start(store_in_child);
	end = end_of(pid);
	CHECK(end == 0 && all(p, PAGE, 'o') && holds('o'), "a child's stores are its own");
	put(p, flags);
	pid = start(store_in_child);
	memset(p, 'n', PAGE);
	end = end_of(pid);
	CHECK(end == 0 && holds('o') && all(p, PAGE, 'n'),
	      "after a fork the pipe's page is nobody's");
	put(p, flags);
	put(p + PAGE, flags);
	CHECK(mremap(p, PAGE, PAGE, MREMAP_MAYMOVE | MREMAP_FIXED, p + 4 * PAGE) == p + 4 * PAGE &&
		      memset(p + 4 * PAGE, 'm', PAGE) && holds('m') && holds('o'),
	      "a page that is moved is the pipe's as well");
	map(p, PAGE, RW, MAP_PRIVATE | MAP_FIXED);
}

static void spliced(void)
{
	char *page = mmap(NULL, PAGE, RW, MAP_SHARED, file, 0);
	loff_t offset = 0;
	int pair[2];
	char text[16] = "";

	memset(page, 'o', PAGE);
	CHECK(splice(file, &offset, ends[1], NULL, PAGE, 0) == PAGE && holds('o'),
	      "splice() of a file that is mapped");
	munmap(page, PAGE);
	CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair), "sockets");
	CHECK(refused(send(pair[0], (void *)elsewhere[1], 10, 0)) &&
		      send(pair[0], "hello", 6, 0) == 6,
	      "send() from the kernel's addresses: EFAULT");
	CHECK(refused(recv(pair[1], (char *)constant, 6, 0)), "recv() to a constant: EFAULT");
	CHECK(recv(pair[1], text, 6, 0) == 6 && !strcmp(text, "hello"), "recv() has it still");
	close(pair[0]);
	close(pair[1]);
}

int main(void)
{
	catch_faults();
	file = open("reach.file", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	p = map(NULL, 16 * PAGE, RW, MAP_PRIVATE);
	memset(p, 'f', 16 * PAGE);
	CHECK(!pipe(ends) && write(file, p, 16 * PAGE) == 16 * PAGE, "a pipe and a file");
	munmap(p, 16 * PAGE);
	p = map(NULL, 8 * PAGE, RW, MAP_PRIVATE);
	kernel_addresses();
	read_only();
	in_flight(0);
	in_flight(8 /* SPLICE_F_GIFT */);
	spliced();
	CHECK(!unlink("reach.file"), "the file removed");
	return CHECKS_STATUS();
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * maps.c - what /proc tells of memory and lets do with it: maps, smaps, mem, pagemap, statm; and
 * process_vm_readv.
 *
 * A few megabytes are enough.
 */
#include <sys/uio.h>

#include "help.h"

struct line {
	uintptr_t from, to;
	unsigned long offset;
	char protection[5], name[256];
};

static struct line lines[300];
static int n_lines;
static char *p;
static int go[2], ready[2];

static int read_maps(void)
{
	static char text[65536];
	char *next = text, *end;
	int good = 1;

	n_lines = 0;
	slurp("/proc/self/maps", text, sizeof(text));
	for (; *next && n_lines < 300; next = end + 1, n_lines++) {
		struct line *line = &lines[n_lines];

		end = strchr(next, '\n');
		if (!end)
			return 0;
		*end = 0;
		line->name[0] = 0;
		good &= sscanf(next, "%lx-%lx %4s %lx %*x:%*x %*u %255[^\n]", &line->from,
			       &line->to, line->protection, &line->offset, line->name) >= 4;
	}
	return good && n_lines > 0;
}

static struct line *line_of(const void *address)
{
	for (int i = 0; i < n_lines; i++)
		if ((uintptr_t)address >= lines[i].from && (uintptr_t)address < lines[i].to)
			return &lines[i];
	return NULL;
}

static int is(const void *address, const char *protection, const char *name)
{
	struct line *line = line_of(address);
	const char *last = line ? strrchr(line->name, '/') : NULL;

	return line && !strcmp(line->protection, protection) &&
	       !strcmp(last ? last + 1 : line->name, name);
}

static void names(void)
{
	static int data = 1;
	static const char constant[] = "constant";
	char here, *heap = sbrk(0), *q, exe[300];
	int fd = open("maps.file", O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0600), good = 1;
	int vdso = 0, stack = 0, heaps = 0;
	struct line *line;

	heap = (char *)(((uintptr_t)heap + PAGE - 1) & -(uintptr_t)PAGE);
	syscall(SYS_brk, heap + 2 * PAGE);
	p = map(NULL, 8 * PAGE, RW, MAP_PRIVATE);
	mprotect(p + 2 * PAGE, PAGE, PROT_READ);
	mprotect(p + 4 * PAGE, PAGE, PROT_NONE);
	mprotect(p + 6 * PAGE, PAGE, PROT_READ | PROT_EXEC);
	CHECK(!ftruncate(fd, 4 * PAGE), "a file");
	q = mmap(NULL, 2 * PAGE, PROT_READ, MAP_SHARED, fd, 2 * PAGE);
	CHECK(read_maps(), "/proc/self/maps can be read");
	for (int i = 0; i < n_lines; i++) {
		good &= lines[i].from < lines[i].to && !(lines[i].from % PAGE) &&
			!(lines[i].to % PAGE) && (i == 0 || lines[i].from >= lines[i - 1].to);
		vdso += !strcmp(lines[i].name, "[vdso]");
		stack += !strcmp(lines[i].name, "[stack]");
		heaps += !strcmp(lines[i].name, "[heap]");
	}
	CHECK(good, "its lines are in order and do not overlap");
	CHECK(vdso == 1 && stack == 1 && heaps == 1, "there is one vDSO, one stack and one heap");
	CHECK(is(&here, "rw-p", "[stack]"), "the stack is where it is");
	CHECK(is(heap, "rw-p", "[heap]") && is(heap + 2 * PAGE - 1, "rw-p", "[heap]"),
	      "so is the heap");
	memset(exe, 0, sizeof(exe));
	CHECK(readlink("/proc/self/exe", exe, sizeof(exe) - 1) > 0, "the program");
	line = line_of((void *)(uintptr_t)read_maps);
	CHECK(line && !strcmp(line->name, exe) && !strcmp(line->protection, "r-xp"), "its code");
	line = line_of(constant);
	CHECK(line && !strcmp(line->name, exe) && !strcmp(line->protection, "r--p"),
	      "its constants");
	line = line_of(&data);
	CHECK(line && !strcmp(line->name, exe) && !strcmp(line->protection, "rw-p"), "its data");
	CHECK(is(p, "rw-p", "") && is(p + 2 * PAGE, "r--p", "") && is(p + 4 * PAGE, "---p", "") &&
		      is(p + 6 * PAGE, "r-xp", "") && is(p + 7 * PAGE, "rw-p", ""),
	      "a map in pieces");
	CHECK(line_of(p + 2 * PAGE)->from == (uintptr_t)p + 2 * PAGE &&
		      line_of(p + 2 * PAGE)->to == (uintptr_t)p + 3 * PAGE,
	      "each as large as it is");
	CHECK(is(q, "r--s", "maps.file") && line_of(q)->offset == 2 * PAGE,
	      "a file that is shared");
	unlink("maps.file");
	CHECK(read_maps() && is(q, "r--s", "maps.file (deleted)"), "and deleted");
	mprotect(p, 8 * PAGE, RW);
	CHECK(read_maps() && line_of(p)->from <= (uintptr_t)p &&
		      line_of(p)->to >= (uintptr_t)p + 8 * PAGE,
	      "pieces that become equal are one");
	munmap(q, 2 * PAGE);
	munmap(p + 3 * PAGE, PAGE);
	CHECK(read_maps() && !line_of(p + 3 * PAGE) && !line_of(q) && line_of(p + 4 * PAGE),
	      "what is unmapped is not told");
	munmap(p, 8 * PAGE);
	close(fd);
}

/* A number of kB in the part of smaps for this address, -1 if there is none. */
static long smaps(const void *address, const char *field)
{
	static char text[262144];
	char *next, *end;
	int here = 0;
	uintptr_t from, to;

	slurp("/proc/self/smaps", text, sizeof(text));
	for (next = text; (end = strchr(next, '\n')); next = end + 1) {
		*end = 0;
		if (sscanf(next, "%lx-%lx ", &from, &to) == 2)
			here = (uintptr_t)address >= from && (uintptr_t)address < to;
		else if (here && !strncmp(next, field, strlen(field)) && next[strlen(field)] == ':')
			return strtol(next + strlen(field) + 1, NULL, 10);
	}
	return -1;
}

static int hold(void)
{
	p[5 * PAGE] = 'c';
	tell(ready[1]);
	return !hear(go[0]);
}

static void sizes(void)
{
	unsigned long pages[7], after[7];
	char text[256];
	pid_t pid;

	/* Guards keep it from being merged with others. */
	p = map(NULL, 22 * PAGE, PROT_NONE, MAP_PRIVATE) + PAGE;
	mprotect(p, 20 * PAGE, RW);
	memset(p, 1, 10 * PAGE);
	CHECK(smaps(p, "Size") == 80 && smaps(p, "Rss") == 40 && smaps(p, "Pss") == 40 &&
		      smaps(p, "Anonymous") == 40,
	      "smaps: ten pages of twenty");
	CHECK(smaps(p, "Private_Dirty") == 40 && smaps(p, "Private_Clean") == 0 &&
		      smaps(p, "Shared_Dirty") == 0 && smaps(p, "Shared_Clean") == 0,
	      "are private");
	pid = start(hold);
	hear(ready[0]);
	CHECK(smaps(p, "Rss") == 40 && smaps(p, "Shared_Dirty") == 36 &&
		      smaps(p, "Private_Dirty") == 4 && smaps(p, "Pss") == 22,
	      "nine are shared with a child that changed one");
	tell(go[1]);
	CHECK(end_of(pid) == 0 && smaps(p, "Private_Dirty") == 40, "until it ends");
	madvise(p, 4 * PAGE, MADV_DONTNEED);
	CHECK(smaps(p, "Rss") == 24, "four given back");
	CHECK(!mlock(p, 8 * PAGE) && smaps(p, "Locked") > 0, "some locked");
	munmap(p - PAGE, 22 * PAGE);
	p = map(NULL, 8 * PAGE, RW, MAP_SHARED);
	memset(p, 1, 3 * PAGE);
	CHECK(smaps(p, "Size") == 32 && smaps(p, "Rss") == 12, "shared memory");
	munmap(p, 8 * PAGE);

	slurp("/proc/self/statm", text, sizeof(text));
	CHECK(sscanf(text, "%lu %lu %lu %lu %lu %lu %lu", &pages[0], &pages[1], &pages[2],
		     &pages[3], &pages[4], &pages[5], &pages[6]) == 7,
	      "statm");
	p = map(NULL, 1024 * PAGE, RW, MAP_PRIVATE);
	madvise(p, 1024 * PAGE, 15 /* MADV_NOHUGEPAGE */);
	memset(p, 1, 512 * PAGE);
	slurp("/proc/self/statm", text, sizeof(text));
	sscanf(text, "%lu %lu %lu %lu %lu %lu %lu", &after[0], &after[1], &after[2], &after[3],
	       &after[4], &after[5], &after[6]);
	/* The kernel counts resident pages by some dozens. */
	CHECK(after[0] == pages[0] + 1024 && after[5] == pages[5] + 1024 &&
		      after[1] >= pages[1] + 512 - 128 && after[1] <= pages[1] + 512 + 128,
	      "counts 4 MB, half of them resident");
	munmap(p, 1024 * PAGE);
}

static void mem(void)
{
	int fd = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	static const char constant[] = "a constant";
	char text[64] = "";
	int child;
	pid_t pid;

	p = map(NULL, 6 * PAGE, RW, MAP_PRIVATE);
	strcpy(p, "memory");
	CHECK(fd >= 0 && pread(fd, text, 7, (off_t)(uintptr_t)p) == 7 && !strcmp(text, "memory"),
	      "/proc/self/mem is read");
	CHECK(pwrite(fd, "written", 8, (off_t)(uintptr_t)p) == 8 && !strcmp(p, "written"),
	      "and written");
	CHECK(pwrite(fd, "span", 5, (off_t)(uintptr_t)p + PAGE - 2) == 5 &&
		      !strcmp(p + PAGE - 2, "span"),
	      "across pages");
	mprotect(p, PAGE, PROT_READ);
	CHECK(pwrite(fd, "forced", 7, (off_t)(uintptr_t)p) == 7 && !strcmp(p, "forced") &&
		      writes(p) == SEGV_ACCERR,
	      "a page that is read only is written");
	mprotect(p, PAGE, PROT_NONE);
	CHECK(pread(fd, text, 7, (off_t)(uintptr_t)p) == 7 && !strcmp(text, "forced"),
	      "one that is neither is read");
	CHECK(pwrite(fd, "A", 1, (off_t)(uintptr_t)constant) == 1 &&
		      *(volatile const char *)constant == 'A',
	      "so is a constant");
	munmap(p + 3 * PAGE, PAGE);
	CHECK(pread(fd, text, 7, (off_t)(uintptr_t)p + 3 * PAGE) < 0 && errno == EIO &&
		      pwrite(fd, text, 7, (off_t)(uintptr_t)p + 3 * PAGE) < 0 && errno == EIO,
	      "what is not mapped: EIO");
	CHECK(pread(fd, text, 64, (off_t)(uintptr_t)p + 3 * PAGE - 10) == 10,
	      "up to what is not mapped");
	CHECK(pread(fd, text, 7, 0) < 0 && errno == EIO, "page 0: EIO");
	close(fd);

	fd = new_file("maps.file", PAGE);
	child = open("/proc/self/mem", O_RDWR | O_CLOEXEC);
	munmap(p, 6 * PAGE);
	p = mmap(NULL, PAGE, PROT_READ, MAP_SHARED, fd, 0);
	CHECK(pwrite(child, "x", 1, (off_t)(uintptr_t)p) < 0 && errno == EIO && p[0] == 0,
	      "a shared page that is read only is not: EIO");
	close(child);
	close(fd);
	munmap(p, PAGE);

	p = map(NULL, 8 * PAGE, RW, MAP_PRIVATE);
	pid = start(hold);
	hear(ready[0]);
	snprintf(text, sizeof(text), "/proc/%d/mem", pid);
	child = open(text, O_RDWR | O_CLOEXEC);
	CHECK(pread(child, text, 1, (off_t)(uintptr_t)p + 5 * PAGE) == 1 && text[0] == 'c' &&
		      p[5 * PAGE] == 0,
	      "a child's memory");
	CHECK(pwrite(child, "w", 1, (off_t)(uintptr_t)p) == 1 && p[0] == 0, "is written");
	tell(go[1]);
	end_of(pid);
	CHECK(pread(child, text, 1, (off_t)(uintptr_t)p) == 0, "and gone when it ended");
	close(child);
	munmap(p, 8 * PAGE);
}

static int present(int fd, const char *at)
{
	uint64_t entry = 0;

	return pread(fd, &entry, 8, (off_t)((uintptr_t)at / PAGE * 8)) == 8 ? (int)(entry >> 63) :
									      -1;
}

static void pagemap(void)
{
	int fd = open("/proc/self/pagemap", O_RDONLY | O_CLOEXEC);

	p = map(NULL, 4 * PAGE, RW, MAP_PRIVATE);
	p[PAGE] = 1;
	CHECK(fd >= 0 && present(fd, p) == 0 && present(fd, p + PAGE) == 1 &&
		      present(fd, p + 2 * PAGE) == 0,
	      "/proc/self/pagemap tells which pages are there");
	madvise(p, 4 * PAGE, MADV_DONTNEED);
	CHECK(present(fd, p + PAGE) == 0, "and which are not");
	munmap(p, 4 * PAGE);
	close(fd);
}

static void other_process(void)
{
	char text[3 * PAGE] = "", *q = map(NULL, 8 * PAGE, RW, MAP_PRIVATE);
	struct iovec local[2] = { { text, 10 }, { text + 10, 10 } };
	struct iovec remote[2] = { { q, 12 }, { q + 2 * PAGE, 8 } };
	pid_t pid;

	p = q;
	strcpy(q, "0123456789AB");
	strcpy(q + 2 * PAGE, "CDEFGHI");
	pid = start(hold);
	hear(ready[0]);
	q[0] = 'p';
	CHECK(process_vm_readv(pid, local, 2, remote, 2, 0) == 20 &&
		      !strcmp(text, "0123456789ABCDEFGHI"),
	      "process_vm_readv() of a child");
	memcpy(text, "written there", 13);
	CHECK(process_vm_writev(pid, local, 1, remote + 1, 1, 0) == 8, "process_vm_writev()");
	CHECK(process_vm_readv(pid, local, 1, remote + 1, 1, 0) == 8 &&
		      !memcmp(text, "written ", 8) && !strcmp(q + 2 * PAGE, "CDEFGHI"),
	      "changes the child only");
	munmap(q + 4 * PAGE, PAGE);
	local[0].iov_len = sizeof(text);
	remote[0] = (struct iovec){ q + 3 * PAGE, 2 * PAGE };
	CHECK(process_vm_readv(getpid(), local, 1, remote, 1, 0) == PAGE,
	      "up to what is not mapped");
	remote[0].iov_base = q + 4 * PAGE;
	CHECK(process_vm_readv(getpid(), local, 1, remote, 1, 0) < 0 && errno == EFAULT, "EFAULT");
	mprotect(q, PAGE, PROT_READ);
	remote[0] = (struct iovec){ q, 1 };
	CHECK(process_vm_writev(getpid(), local, 1, remote, 1, 0) < 0 && errno == EFAULT,
	      "process_vm_writev() forces nothing: EFAULT");
	tell(go[1]);
	end_of(pid);
	CHECK(process_vm_readv(pid, local, 1, remote, 1, 0) < 0 && errno == ESRCH, "nobody: ESRCH");
	munmap(q, 8 * PAGE);
}

int main(void)
{
	catch_faults();
	if (pipe(go) || pipe(ready))
		return 1;
	names();
	sizes();
	mem();
	pagemap();
	other_process();
	return CHECKS_STATUS();
}

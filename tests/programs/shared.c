/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * shared.c - memory that is shared: a file mapped twice, in one process and in two; anonymous
 * memory across fork; memfds and their seals; what truncation does; futexes, robust mutexes and
 * barriers between processes.
 *
 * A few megabytes are enough.
 */
#include <pthread.h>
#include <semaphore.h>
#include <sys/stat.h>

#include "help.h"

#define OWN_SHARED_VALIDATE 3
#define OWN_ADD_SEALS	    1033
#define OWN_GET_SEALS	    1034
#define SEAL_SEAL	    1
#define SEAL_SHRINK	    2
#define SEAL_GROW	    4
#define SEAL_WRITE	    8
#define SEAL_FUTURE_WRITE   16
#define FUTEX_WAIT	    0
#define FUTEX_WAKE	    1

static char *a, *b;
static int file;

static char *share(int fd, size_t size, int protection)
{
	return mmap(NULL, size, protection, MAP_SHARED, fd, 0);
}

static int memory_file(unsigned int flags, size_t size)
{
	int fd = (int)syscall(SYS_memfd_create, "shared", flags);

	return ftruncate(fd, (off_t)size) ? -1 : fd;
}

static int other_sees(void)
{
	char *c = share(file, 3 * PAGE, RW);

	if (strcmp(a + 100, "pwrite") || strcmp(c + 100, "pwrite"))
		return 1;
	strcpy(c + 2 * PAGE, "from the child");
	strcpy(a + PAGE, "by the inherited map");
	return pwrite(file, "written", 8, 5000) == 8 ? 0 : 2;
}

/* The file is on whatever file system is here, or in memory; the same must be true of both. */
static void one_file(const char *what, int fd)
{
	char text[32] = "";
	char *p;

	file = fd;
	CHECK(file >= 0 && !ftruncate(file, 3 * PAGE), "%s of three pages", what);
	a = share(file, 3 * PAGE, RW);
	b = share(file, 3 * PAGE, RW);
	CHECK(a != MAP_FAILED && b != MAP_FAILED && a != b, "mapped twice");
	strcpy(a + PAGE + 10, "store");
	CHECK(!strcmp(b + PAGE + 10, "store"), "the other map has what is stored in one");
	CHECK(pread(file, text, 6, PAGE + 10) == 6 && !strcmp(text, "store"), "read() has it");
	CHECK(pwrite(file, "pwrite", 7, 100) == 7 && !strcmp(a + 100, "pwrite") &&
		      !strcmp(b + 100, "pwrite"),
	      "both have what is written by pwrite()");
	CHECK(in_child(other_sees) == 0,
	      "a child sees all that, by the maps it has and by its own");
	CHECK(!strcmp(a + 2 * PAGE, "from the child") &&
		      !strcmp(b + PAGE, "by the inherited map") && !strcmp(a + 5000, "written"),
	      "and what it stores and writes is seen here");
	p = mmap(NULL, PAGE, RW, MAP_PRIVATE, file, 0);
	CHECK(!strcmp(p + 100, "pwrite"), "a private map has it, too");
	strcpy(p + 100, "mine");
	strcpy(a + 100, "yours");
	CHECK(!strcmp(p + 100, "mine") && !strcmp(b + 100, "yours"), "until it is stored into");
	munmap(p, PAGE);
	CHECK(!munmap(b, 3 * PAGE) && !strcmp(a + 2 * PAGE, "from the child"), "one map is gone");

	/* A map that only reads has nothing to write back. */
	b = share(file, PAGE, PROT_READ);
	CHECK(!memcmp(b + 100, "yours", 6) && pwrite(file, "newer", 6, 100) == 6 &&
		      !munmap(b, PAGE) && pread(file, text, 6, 100) == 6 && !strcmp(text, "newer"),
	      "what is written under a map that only reads stays when it is gone");
	CHECK(!munmap(a, 3 * PAGE) && pread(file, text, 6, 100) == 6 && !strcmp(text, "newer") &&
		      pread(file, text, 15, 2 * PAGE) == 15 && !strcmp(text, "from the child"),
	      "all maps are gone, the contents are not");
	a = share(file, 3 * PAGE, RW);
	CHECK(!strcmp(a + 100, "newer") && !strcmp(a + 5000, "written"), "nor are they later");
}

static void truncated(void)
{
	struct stat status;

	CHECK(!ftruncate(file, PAGE + 100), "the file made shorter");
	CHECK(touch(a + PAGE, 0, SIGBUS) == 0 && touch(a + PAGE + 2000, 1, SIGBUS) == 0,
	      "its last page can be touched,");
	CHECK(touch(a + 2 * PAGE, 0, SIGBUS) == BUS_ADRERR &&
		      touch(a + 3 * PAGE - 1, 1, SIGBUS) == BUS_ADRERR,
	      "what is behind that is a bus error");
	CHECK(!fstat(file, &status) && status.st_size == PAGE + 100,
	      "stores do not make it longer");
	CHECK(pread(file, a + 2 * PAGE, 10, 0) < 0 && errno == EFAULT,
	      "a system call gets EFAULT there");
	CHECK(!ftruncate(file, 3 * PAGE) && touch(a + 2 * PAGE, 0, SIGBUS) == 0 &&
		      all(a + 2 * PAGE, PAGE, 0),
	      "made longer again: zeros");
	CHECK(!ftruncate(file, 0) && touch(a, 0, SIGBUS) == BUS_ADRERR, "made empty");
	ftruncate(file, 3 * PAGE);
	CHECK(all(a, 3 * PAGE, 0), "nothing of it is left");
}

static void flags(void)
{
	int read_only = open("/proc/self/exe", O_RDONLY | O_CLOEXEC);

	a[0] = 1;
	CHECK(!msync(a, 3 * PAGE, MS_SYNC) && !msync(a, PAGE, MS_ASYNC) &&
		      !msync(a, PAGE, MS_SYNC | MS_INVALIDATE),
	      "msync()");
	CHECK(msync(a, PAGE, MS_SYNC | MS_ASYNC) < 0 && errno == EINVAL, "both kinds: EINVAL");
	CHECK(msync(a + 1, PAGE, MS_SYNC) < 0 && errno == EINVAL, "a part of a page: EINVAL");
	CHECK(msync(a, PAGE, 64) < 0 && errno == EINVAL, "unknown flags: EINVAL");
	munmap(a + PAGE, PAGE);
	CHECK(msync(a, 3 * PAGE, MS_SYNC) < 0 && errno == ENOMEM, "across a hole: ENOMEM");

	CHECK(share(read_only, PAGE, RW) == MAP_FAILED && errno == EACCES,
	      "a shared map that writes a file that is open for reading: EACCES");
	b = share(read_only, PAGE, PROT_READ);
	CHECK(b != MAP_FAILED && mprotect(b, PAGE, RW) < 0 && errno == EACCES,
	      "mprotect() of one that reads: EACCES");
	munmap(b, PAGE);
	CHECK(mmap(NULL, PAGE, RW, OWN_SHARED_VALIDATE | 0x800000, file, 0) == MAP_FAILED &&
		      errno == EOPNOTSUPP,
	      "MAP_SHARED_VALIDATE with unknown flags: EOPNOTSUPP");
	b = mmap(NULL, PAGE, RW, OWN_SHARED_VALIDATE, file, 0);
	CHECK(b != MAP_FAILED && b[0] == 1, "without: as MAP_SHARED");
	munmap(b, PAGE);
	CHECK(mmap(NULL, PAGE, RW, 0, file, 0) == MAP_FAILED && errno == EINVAL,
	      "neither shared nor private: EINVAL");
	CHECK(mmap(NULL, PAGE, RW, MAP_SHARED, file, 100) == MAP_FAILED && errno == EINVAL,
	      "an offset in a page: EINVAL");
	close(read_only);
	close(file);
	CHECK(a[0] == 1 && !munmap(a, 3 * PAGE), "a map outlives its descriptor");
}

static void sealed(void)
{
	int fd = memory_file(0, PAGE), other;
	char path[64];

	CHECK(fcntl(fd, OWN_GET_SEALS) == SEAL_SEAL, "a memfd cannot be sealed,");
	CHECK(fcntl(fd, OWN_ADD_SEALS, SEAL_GROW) < 0 && errno == EPERM, "EPERM");
	close(fd);
	fd = memory_file(2 /* MFD_ALLOW_SEALING */, 2 * PAGE);
	CHECK(fcntl(fd, OWN_GET_SEALS) == 0, "unless that was asked for");
	a = share(fd, 2 * PAGE, RW);
	CHECK(!fcntl(fd, OWN_ADD_SEALS, SEAL_GROW | SEAL_SHRINK), "sealed against changes of size");
	CHECK(ftruncate(fd, PAGE) < 0 && errno == EPERM && ftruncate(fd, 3 * PAGE) < 0 &&
		      errno == EPERM && !ftruncate(fd, 2 * PAGE),
	      "EPERM");
	CHECK(fcntl(fd, OWN_ADD_SEALS, SEAL_WRITE) < 0 && errno == EBUSY,
	      "against writing: EBUSY while it is mapped");
	CHECK(!fcntl(fd, OWN_ADD_SEALS, SEAL_FUTURE_WRITE) && (a[0] = 5) == 5,
	      "against writing in future: what is mapped can be written");
	CHECK(share(fd, PAGE, RW) == MAP_FAILED && errno == EPERM && write(fd, "x", 1) < 0 &&
		      errno == EPERM,
	      "more cannot be");
	munmap(a, 2 * PAGE);
	CHECK(!fcntl(fd, OWN_ADD_SEALS, SEAL_WRITE | SEAL_SEAL), "now all seals");
	CHECK(fcntl(fd, OWN_ADD_SEALS, SEAL_GROW) < 0 && errno == EPERM, "are the last");
	a = share(fd, PAGE, PROT_READ);
	b = mmap(NULL, PAGE, RW, MAP_PRIVATE, fd, 0);
	CHECK(a != MAP_FAILED && b != MAP_FAILED && a[0] == 5 && (b[0] = 6) == 6 && a[0] == 5,
	      "it can be read and copied");
	munmap(a, PAGE);
	munmap(b, PAGE);
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	other = open(path, O_RDONLY);
	CHECK(other >= 0 && read(other, path, 1) == 1 && path[0] == 5, "and opened once more");
	close(other);
	close(fd);
}

static sem_t *semaphore;
static int *word;

static int fill(void)
{
	memset(a + PAGE, 'c', PAGE);
	sem_post(semaphore);
	while (*(volatile char *)(a + 2 * PAGE) != 'p')
		nap(1);
	return 0;
}

static int wait_for_word(void)
{
	errno = 0;
	while (__atomic_load_n(word, __ATOMIC_SEQ_CST) == 0)
		syscall(SYS_futex, word, FUTEX_WAIT, 0, NULL, NULL, 0);
	return __atomic_load_n(word, __ATOMIC_SEQ_CST);
}

static void anonymous(void)
{
	pid_t pid;
	int good = 1, woken = 0;

	a = map(NULL, 4 * PAGE, RW, MAP_SHARED);
	CHECK(a != MAP_FAILED && all(a, 4 * PAGE, 0), "shared memory without a file");
	semaphore = (sem_t *)a;
	word = (int *)(a + 3 * PAGE);
	CHECK(!sem_init(semaphore, 1, 0), "a semaphore in it");
	pid = start(fill);
	while (sem_wait(semaphore))
		;
	CHECK(all(a + PAGE, PAGE, 'c'),
	      "what a child stores, in pages that were not there at fork");
	a[2 * PAGE] = 'p';
	CHECK(end_of(pid) == 0, "what the parent stores");

	pid = start(wait_for_word);
	CHECK(becomes(pid, 'S'), "a child waits for a futex");
	__atomic_store_n(word, 17, __ATOMIC_SEQ_CST);
	/* It may be asleep for another reason yet, and then finds the word changed. */
	for (int i = 0; i < 100 && !woken; i++) {
		woken = (int)syscall(SYS_futex, word, FUTEX_WAKE, 10, NULL, NULL, 0);
		nap(1);
	}
	CHECK(end_of(pid) == 17, "and is woken");
	*word = 0;
	for (int i = 0; i < 10; i++)
		start(wait_for_word);
	__atomic_store_n(word, 3, __ATOMIC_SEQ_CST);
	syscall(SYS_futex, word, FUTEX_WAKE, 100, NULL, NULL, 0);
	for (int i = 0; i < 10; i++) {
		int status;

		good &= wait(&status) > 0 && WEXITSTATUS(status) == 3;
	}
	CHECK(good, "ten children");
}

struct threads {
	pthread_mutex_t mutex, plain;
	pthread_cond_t condition;
	pthread_barrier_t barrier;
	int count, turns[3];
};

static struct threads *shared_threads;

static int die_with_it(void)
{
	pthread_mutex_lock(&shared_threads->mutex);
	return 0;
}

static int add(void)
{
	for (int i = 0; i < 1000; i++) {
		pthread_mutex_lock(&shared_threads->plain);
		shared_threads->count++;
		pthread_mutex_unlock(&shared_threads->plain);
	}
	return 0;
}

static int meet(void)
{
	int serial = 0, result;

	for (int i = 0; i < 50; i++) {
		result = pthread_barrier_wait(&shared_threads->barrier);
		serial += result == PTHREAD_BARRIER_SERIAL_THREAD;
	}
	pthread_mutex_lock(&shared_threads->plain);
	shared_threads->count += serial;
	pthread_cond_broadcast(&shared_threads->condition);
	pthread_mutex_unlock(&shared_threads->plain);
	return 0;
}

static void locks(void)
{
	struct threads *t = (struct threads *)map(NULL, PAGE, RW, MAP_SHARED);
	pthread_mutexattr_t attributes;
	pthread_barrierattr_t of_barrier;
	pthread_condattr_t of_condition;
	int good = 1, status;

	shared_threads = t;
	pthread_mutexattr_init(&attributes);
	pthread_mutexattr_setpshared(&attributes, PTHREAD_PROCESS_SHARED);
	pthread_mutex_init(&t->plain, &attributes);
	pthread_mutexattr_setrobust(&attributes, PTHREAD_MUTEX_ROBUST);
	pthread_mutex_init(&t->mutex, &attributes);
	pthread_condattr_init(&of_condition);
	pthread_condattr_setpshared(&of_condition, PTHREAD_PROCESS_SHARED);
	pthread_cond_init(&t->condition, &of_condition);
	pthread_barrierattr_init(&of_barrier);
	pthread_barrierattr_setpshared(&of_barrier, PTHREAD_PROCESS_SHARED);
	pthread_barrier_init(&t->barrier, &of_barrier, 3);

	for (int i = 0; i < 4; i++)
		start(add);
	for (int i = 0; i < 4; i++)
		good &= wait(&status) > 0 && status == 0;
	CHECK(good && t->count == 4000, "a mutex between four children");
	CHECK(in_child(die_with_it) == 0 && pthread_mutex_lock(&t->mutex) == EOWNERDEAD,
	      "a child ends with a robust mutex: EOWNERDEAD");
	CHECK(pthread_mutex_trylock(&t->mutex) == EBUSY && !pthread_mutex_consistent(&t->mutex) &&
		      !pthread_mutex_unlock(&t->mutex) && !pthread_mutex_lock(&t->mutex) &&
		      !pthread_mutex_unlock(&t->mutex),
	      "it can be made good");
	CHECK(in_child(die_with_it) == 0 && pthread_mutex_lock(&t->mutex) == EOWNERDEAD &&
		      !pthread_mutex_unlock(&t->mutex) &&
		      pthread_mutex_lock(&t->mutex) == ENOTRECOVERABLE,
	      "or not");
	t->count = 0;
	for (int i = 0; i < 3; i++)
		start(meet);
	pthread_mutex_lock(&t->plain);
	while (t->count < 50)
		pthread_cond_wait(&t->condition, &t->plain);
	pthread_mutex_unlock(&t->plain);
	for (int i = 0; i < 3; i++)
		good &= wait(&status) > 0 && status == 0;
	CHECK(good && t->count == 50, "three children meet fifty times at a barrier");
	munmap(t, PAGE);
}

int main(void)
{
	catch_faults();
	one_file("a file", new_file("shared.file", 0));
	truncated();
	flags();
	one_file("a memfd", memory_file(0, 0));
	truncated();
	flags();
	sealed();
	anonymous();
	locks();
	return CHECKS_STATUS();
}

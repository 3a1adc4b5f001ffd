/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * uffd.c - userfaultfd: a thread serves the pages that others miss.
 *
 * A few megabytes are enough.
 */
#include <poll.h>
#include <pthread.h>
#include <sys/ioctl.h>

#include "help.h"

/* musl has no headers of the kernel. */
#define OWN_USER_MODE_ONLY 1
#define UFFD_API	   0xaa
#define EVENT_PAGEFAULT	   0x12

struct api {
	uint64_t api, features, ioctls;
};

struct range {
	uint64_t start, size;
};

struct registration {
	struct range range;
	uint64_t mode, ioctls;
};

struct copy {
	uint64_t to, from, size, mode;
	int64_t copied;
};

struct zero {
	struct range range;
	uint64_t mode;
	int64_t zeroed;
};

struct message {
	uint8_t event, reserved[7];
	uint64_t flags, address, more;
};

#define IOCTL_API	 _IOWR(0xaa, 0x3f, struct api)
#define IOCTL_REGISTER	 _IOWR(0xaa, 0x00, struct registration)
#define IOCTL_UNREGISTER _IOR(0xaa, 0x01, struct range)
#define IOCTL_COPY	 _IOWR(0xaa, 0x03, struct copy)
#define IOCTL_ZEROPAGE	 _IOWR(0xaa, 0x04, struct zero)

static int fd, stop[2];
static volatile int served, writes_seen, bad;
static char *p;
static volatile char *touched; /* the same */

/* Page N is filled with the letter of N, every fourth by zeros. */
static void *serve(void *argument)
{
	static char page[PAGE] __attribute__((aligned(PAGE)));
	struct pollfd polled[2] = { { .fd = fd, .events = POLLIN },
				    { .fd = stop[0], .events = POLLIN } };
	struct message message;

	while (poll(polled, 2, -1) > 0 && !polled[1].revents) {
		size_t number;
		int error;

		if (read(fd, &message, sizeof(message)) != sizeof(message))
			continue;
		number = (message.address - (uintptr_t)p) / PAGE;
		bad += message.event != EVENT_PAGEFAULT || number >= 64;
		writes_seen += message.flags & 1;
		served++;
		if (number % 4 == 3) {
			struct zero zero = { .range = { (uintptr_t)p + number * PAGE, PAGE } };

			error = ioctl(fd, IOCTL_ZEROPAGE, &zero) || zero.zeroed != PAGE;
		} else {
			struct copy copy = { .to = (uintptr_t)p + number * PAGE,
					     .from = (uintptr_t)page,
					     .size = PAGE };

			memset(page, 'A' + (int)number, PAGE);
			error = ioctl(fd, IOCTL_COPY, &copy) || copy.copied != PAGE;
		}
		/* Two that miss the same page ask twice. */
		bad += error && errno != EEXIST;
	}
	return argument;
}

static char expected(int number)
{
	return number % 4 == 3 ? 0 : (char)('A' + number);
}

static void *read_all(void *result)
{
	for (int i = 0; i < 64; i++)
		*(int *)result &= touched[i * PAGE + i] == expected(i);
	return NULL;
}

int main(void)
{
	struct api api = { .api = UFFD_API };
	struct registration registration = { .mode = 1 };
	struct copy copy = { 0 };
	struct range range;
	pthread_t server, readers[3];
	int good = 1, results[3] = { 1, 1, 1 }, other[2];
	char text[PAGE];

	fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK);
	CHECK(fd >= 0, "userfaultfd()");
	CHECK(ioctl(fd, IOCTL_REGISTER, &registration) < 0 && errno == EINVAL,
	      "nothing before the versions are compared");
	api.api = 5;
	CHECK(ioctl(fd, IOCTL_API, &api) < 0 && errno == EINVAL, "a version that does not exist");
	api = (struct api){ .api = UFFD_API };
	CHECK(!ioctl(fd, IOCTL_API, &api) && api.api == UFFD_API, "the one that does");
	CHECK(!pipe(stop) && !pipe(other), "two pipes");

	touched = p = map(NULL, 64 * PAGE, RW, MAP_PRIVATE);
	registration.range = (struct range){ (uintptr_t)p, 64 * PAGE };
	CHECK(!ioctl(fd, IOCTL_REGISTER, &registration), "64 pages are ours to serve");
	CHECK(read(fd, text, sizeof(struct message)) < 0 && errno == EAGAIN, "none is missed yet");
	pthread_create(&server, NULL, serve, NULL);
	CHECK(touched[0] == 'A' && all(p, PAGE, 'A') && touched[3 * PAGE] == 0,
	      "pages come when they are read");
	CHECK(served == 2 && writes_seen == 0, "one at a time");
	touched[5 * PAGE + 9] = 'w';
	CHECK(touched[5 * PAGE] == 'F' && touched[5 * PAGE + 9] == 'w' && served == 3 &&
		      writes_seen == 1,
	      "when they are written");
	for (int i = 0; i < 3; i++)
		pthread_create(&readers[i], NULL, read_all, &results[i]);
	for (int i = 0; i < 3; i++) {
		pthread_join(readers[i], NULL);
		good &= results[i];
	}
	CHECK(good && !bad, "three threads read all of them");
	madvise(p, 4 * PAGE, MADV_DONTNEED);
	CHECK(touched[PAGE] == 'B', "what was given back is served again");
	CHECK(write(other[1], p + 2 * PAGE, 10) == 10 && read(other[0], text, 10) == 10 &&
		      all(text, 10, 'C'),
	      "a system call misses a page");
	tell(stop[1]);
	pthread_join(server, NULL);

	madvise(p, 64 * PAGE, MADV_DONTNEED);
	memset(text, 't', PAGE);
	copy = (struct copy){ .to = (uintptr_t)p, .from = (uintptr_t)text, .size = PAGE };
	CHECK(!ioctl(fd, IOCTL_COPY, &copy) && all(p, PAGE, 't'), "a page put before it is missed");
	CHECK(ioctl(fd, IOCTL_COPY, &copy) < 0 && errno == EEXIST, "is there: EEXIST");
	copy.to++;
	CHECK(ioctl(fd, IOCTL_COPY, &copy) < 0 && errno == EINVAL, "in a page: EINVAL");
	range = (struct range){ (uintptr_t)p, 64 * PAGE };
	CHECK(!ioctl(fd, IOCTL_UNREGISTER, &range) && touched[PAGE] == 0 && touched[0] == 't',
	      "no longer ours: zeros");
	close(fd);
	fd = (int)syscall(SYS_userfaultfd, O_CLOEXEC | O_NONBLOCK | OWN_USER_MODE_ONLY);
	api = (struct api){ .api = UFFD_API };
	p = map(NULL, PAGE, RW, MAP_PRIVATE);
	registration.range = (struct range){ (uintptr_t)p, PAGE };
	CHECK(fd >= 0 && !ioctl(fd, IOCTL_API, &api) && !ioctl(fd, IOCTL_REGISTER, &registration),
	      "UFFD_USER_MODE_ONLY");
	CHECK(write(other[1], p, 1) < 0 && errno == EFAULT, "a system call does not wait: EFAULT");
	close(fd);
	CHECK(p[0] == 0, "closed: zeros");
	return CHECKS_STATUS();
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * pipes.c - pipes, and the calls that wait for several files: poll, select, epoll, eventfd.
 */
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/select.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

#include "check.h"

#define AMOUNT (1 << 20)

static void *pour(void *argument)
{
	int fd = *(int *)argument;
	static unsigned char data[10007];

	for (size_t done = 0; done < AMOUNT;) {
		size_t size = sizeof(data) < AMOUNT - done ? sizeof(data) : AMOUNT - done;

		for (size_t i = 0; i < size; i++)
			data[i] = (unsigned char)((done + i) * 31);
		if (write(fd, data, size) != (ssize_t)size)
			return NULL;
		done += size;
	}
	close(fd);
	return argument;
}

static void *write_later(void *argument)
{
	struct timespec pause_time = { .tv_nsec = 20000000 };

	nanosleep(&pause_time, NULL);
	return (void *)(intptr_t)(write(*(int *)argument, "late", 4) == 4);
}

int main(void)
{
	struct iovec vector[2];
	struct epoll_event event, events[4];
	struct pollfd polls[2];
	struct timeval zero = { 0, 0 };
	static unsigned char buffer[4096];
	pthread_t thread;
	uint64_t value = 3;
	fd_set set;
	size_t total = 0, wrong = 0;
	ssize_t got;
	int fds[2], fd, epoll, available;

	CHECK(!pipe(fds), "pipe()");
	CHECK(write(fds[1], "hello, pipe", 11) == 11, "11 bytes go in");
	CHECK(!ioctl(fds[0], FIONREAD, &available) && available == 11, "11 are there");
	CHECK(read(fds[0], buffer, 5) == 5 && !memcmp(buffer, "hello", 5), "5 come out");
	vector[0] = (struct iovec){ buffer, 2 };
	vector[1] = (struct iovec){ buffer + 100, 100 };
	CHECK(readv(fds[0], vector, 2) == 6 && !memcmp(buffer, ", ", 2) &&
		      !memcmp(buffer + 100, "pipe", 4),
	      "readv() scatters the rest");
	close(fds[0]);
	signal(SIGPIPE, SIG_IGN);
	CHECK(write(fds[1], "x", 1) < 0 && errno == EPIPE, "nobody reads: EPIPE");
	close(fds[1]);

	CHECK(!pipe2(fds, O_CLOEXEC), "pipe2()");
	pthread_create(&thread, NULL, pour, &fds[1]);
	while ((got = read(fds[0], buffer, sizeof(buffer))) > 0) {
		for (ssize_t i = 0; i < got; i++)
			wrong += buffer[i] != (unsigned char)((total + i) * 31);
		total += got;
	}
	pthread_join(thread, NULL);
	CHECK(got == 0 && total == AMOUNT && !wrong,
	      "1 MiB through a pipe, in order, then its end");
	close(fds[0]);

	CHECK(!pipe2(fds, O_NONBLOCK), "a pipe that does not block");
	CHECK(read(fds[0], buffer, 1) < 0 && errno == EAGAIN, "it is empty");
	for (total = 0; (got = write(fds[1], buffer, sizeof(buffer))) > 0;)
		total += got;
	CHECK(got < 0 && errno == EAGAIN && total == 65536, "it holds %zu bytes", total);
	polls[0] = (struct pollfd){ .fd = fds[0], .events = POLLIN };
	polls[1] = (struct pollfd){ .fd = fds[1], .events = POLLOUT };
	CHECK(poll(polls, 2, 0) == 1 && polls[0].revents == POLLIN && polls[1].revents == 0,
	      "poll(): full");
	while (read(fds[0], buffer, sizeof(buffer)) > 0)
		;
	CHECK(poll(polls, 2, 0) == 1 && polls[1].revents == POLLOUT, "poll(): empty");
	FD_ZERO(&set);
	FD_SET(fds[0], &set);
	CHECK(select(fds[0] + 1, &set, NULL, NULL, &zero) == 0, "select(): empty");
	pthread_create(&thread, NULL, write_later, &fds[1]);
	FD_ZERO(&set);
	FD_SET(fds[0], &set);
	CHECK(select(fds[0] + 1, &set, NULL, NULL, NULL) == 1 && FD_ISSET(fds[0], &set),
	      "select() waits for the writer");
	pthread_join(thread, NULL);
	CHECK(read(fds[0], buffer, 10) == 4, "what it wrote is there");

	epoll = epoll_create1(EPOLL_CLOEXEC);
	event = (struct epoll_event){ .events = EPOLLIN, .data.u64 = 0x123456789abcdef0 };
	CHECK(epoll >= 0 && !epoll_ctl(epoll, EPOLL_CTL_ADD, fds[0], &event), "epoll");
	CHECK(epoll_ctl(epoll, EPOLL_CTL_ADD, fds[0], &event) < 0 && errno == EEXIST,
	      "the pipe is watched already");
	CHECK(epoll_wait(epoll, events, 4, 10) == 0, "nothing happens");
	pthread_create(&thread, NULL, write_later, &fds[1]);
	CHECK(epoll_wait(epoll, events, 4, -1) == 1 && events[0].events == EPOLLIN &&
		      events[0].data.u64 == 0x123456789abcdef0,
	      "epoll_wait() waits for the writer");
	pthread_join(thread, NULL);
	CHECK(epoll_wait(epoll, events, 4, 0) == 1, "level-triggered: it tells again");
	event.events = EPOLLIN | EPOLLET;
	epoll_ctl(epoll, EPOLL_CTL_MOD, fds[0], &event);
	CHECK(epoll_wait(epoll, events, 4, 0) == 1 && epoll_wait(epoll, events, 4, 0) == 0,
	      "edge-triggered: it tells once");
	close(fds[1]);
	CHECK(epoll_wait(epoll, events, 4, 0) == 1 && events[0].events == (EPOLLIN | EPOLLHUP),
	      "the writer hung up");
	CHECK(!epoll_ctl(epoll, EPOLL_CTL_DEL, fds[0], NULL), "the pipe is no longer watched");
	close(fds[0]);

	fd = eventfd(0, EFD_NONBLOCK);
	event = (struct epoll_event){ .events = EPOLLIN, .data.fd = fd };
	CHECK(fd >= 0 && !epoll_ctl(epoll, EPOLL_CTL_ADD, fd, &event), "eventfd");
	CHECK(read(fd, &value, 8) < 0 && errno == EAGAIN, "it is zero");
	value = 3;
	got = write(fd, &value, 8);
	value = 4;
	got += write(fd, &value, 8);
	CHECK(got == 16 && epoll_wait(epoll, events, 4, 0) == 1 && events[0].data.fd == fd,
	      "epoll tells of it");
	CHECK(read(fd, &value, 8) == 8 && value == 7, "3 and 4 make 7");
	close(fd);
	close(epoll);

	/* A write of up to PIPE_BUF bytes is not torn, however many write. */
	CHECK(!pipe(fds), "one more pipe");
	CHECK(fcntl(fds[1], F_SETPIPE_SZ, 262144) == 262144, "of 256 KiB");
	CHECK(dup2(fds[1], 100) == 100 && !close(fds[1]) && write(100, "dup", 3) == 3 &&
		      read(fds[0], buffer, 10) == 3,
	      "dup2()");
	return CHECKS_STATUS();
}

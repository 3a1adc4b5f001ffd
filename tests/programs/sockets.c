/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * sockets.c - AF_UNIX, and TCP and UDP over the loopback interface by IPv4 and IPv6.
 */
#include <arpa/inet.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <poll.h>
#include <pthread.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "check.h"

#define AMOUNT (1 << 20)

static unsigned char pattern(size_t i)
{
	return (unsigned char)(i * 7 + i / 256);
}

/* A server for one connection: it sends back what it gets. */
static void *echo(void *argument)
{
	int listener = *(int *)argument, fd = accept(listener, NULL, NULL);
	static char buffer[16384];
	ssize_t got;

	while ((got = read(fd, buffer, sizeof(buffer))) > 0)
		for (ssize_t done = 0; done < got;) {
			ssize_t sent = write(fd, buffer + done, got - done);

			if (sent <= 0)
				return NULL;
			done += sent;
		}
	close(fd);
	return argument;
}

static void *send_all(void *argument)
{
	int fd = *(int *)argument;
	static unsigned char data[AMOUNT];
	size_t done = 0;

	for (size_t i = 0; i < AMOUNT; i++)
		data[i] = pattern(i);
	while (done < AMOUNT) {
		ssize_t sent = send(fd, data + done, AMOUNT - done, MSG_NOSIGNAL);

		if (sent <= 0)
			return NULL;
		done += sent;
	}
	shutdown(fd, SHUT_WR);
	return argument;
}

static void stream(const char *name, struct sockaddr *address, socklen_t size)
{
	static unsigned char buffer[65536];
	pthread_t server, sender;
	size_t total = 0, wrong = 0;
	ssize_t got;
	int listener = socket(address->sa_family, SOCK_STREAM, 0), fd, one = 1;

	setsockopt(listener, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	CHECK(listener >= 0 && !bind(listener, address, size) && !listen(listener, 5), "%s: listen",
	      name);
	getsockname(listener, address, &size);
	pthread_create(&server, NULL, echo, &listener);
	fd = socket(address->sa_family, SOCK_STREAM | SOCK_CLOEXEC, 0);
	CHECK(!connect(fd, address, size), "%s: connect", name);
	pthread_create(&sender, NULL, send_all, &fd);
	while ((got = recv(fd, buffer, sizeof(buffer), 0)) > 0) {
		for (ssize_t i = 0; i < got; i++)
			wrong += buffer[i] != pattern(total + i);
		total += got;
	}
	pthread_join(sender, NULL);
	pthread_join(server, NULL);
	CHECK(total == AMOUNT && !wrong, "%s: 1 MiB there and back", name);
	close(fd);
	close(listener);
	fd = socket(address->sa_family, SOCK_STREAM, 0);
	CHECK(connect(fd, address, size) < 0 && errno == ECONNREFUSED, "%s: nobody listens", name);
	close(fd);
}

static void datagrams(const char *name, struct sockaddr *address, socklen_t size)
{
	struct sockaddr_storage from;
	socklen_t from_size = sizeof(from);
	char buffer[64] = "";
	struct iovec iovec = { buffer, sizeof(buffer) };
	struct msghdr message = { .msg_iov = &iovec, .msg_iovlen = 1 };
	int a = socket(address->sa_family, SOCK_DGRAM, 0);
	int b = socket(address->sa_family, SOCK_DGRAM, 0);

	CHECK(!bind(a, address, size) && !getsockname(a, address, &size), "%s: bind", name);
	CHECK(sendto(b, "ping", 4, 0, address, size) == 4, "%s: send", name);
	CHECK(recvfrom(a, buffer, sizeof(buffer), 0, (struct sockaddr *)&from, &from_size) == 4 &&
		      !memcmp(buffer, "ping", 4),
	      "%s: receive", name);
	CHECK(sendto(a, "pong!", 5, 0, (struct sockaddr *)&from, from_size) == 5 &&
		      recvmsg(b, &message, 0) == 5 && !memcmp(buffer, "pong!", 5),
	      "%s: and back", name);
	CHECK(recv(b, buffer, 1, MSG_DONTWAIT) < 0 && errno == EAGAIN, "%s: nothing more", name);
	close(a);
	close(b);
}

static void pass_descriptor(void)
{
	char control[CMSG_SPACE(sizeof(int))] = "", byte = 'x';
	struct iovec iovec = { &byte, 1 };
	struct msghdr message = { .msg_iov = &iovec,
				  .msg_iovlen = 1,
				  .msg_control = control,
				  .msg_controllen = sizeof(control) };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	int sockets[2], pipes[2], received = -1;

	CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, sockets) && !pipe(pipes), "a pair and a pipe");
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof(int));
	memcpy(CMSG_DATA(header), &pipes[0], sizeof(int));
	CHECK(sendmsg(sockets[0], &message, 0) == 1, "the pipe is sent");
	memset(control, 0, sizeof(control));
	message.msg_controllen = sizeof(control);
	CHECK(recvmsg(sockets[1], &message, 0) == 1, "and received");
	header = CMSG_FIRSTHDR(&message);
	if (header)
		memcpy(&received, CMSG_DATA(header), sizeof(int));
	byte = 0;
	CHECK(received >= 0 && write(pipes[1], "y", 1) == 1 && read(received, &byte, 1) == 1 &&
		      byte == 'y',
	      "it is the same pipe");
	close(sockets[0]);
	close(sockets[1]);
}

static void send_file(void)
{
	char name[] = "/tmp/sockets-XXXXXX", buffer[4096];
	int file = mkstemp(name), sockets[2], one = 1, value = 0;
	off_t offset = 100;
	socklen_t size = sizeof(value);

	for (size_t i = 0; i < sizeof(buffer); i++)
		buffer[i] = (char)pattern(i);
	CHECK(file >= 0 && write(file, buffer, sizeof(buffer)) == sizeof(buffer), "a file");
	CHECK(!socketpair(AF_UNIX, SOCK_STREAM, 0, sockets), "a pair of sockets");
	CHECK(sendfile(sockets[0], file, &offset, 2000) == 2000 && offset == 2100, "sendfile()");
	CHECK(recv(sockets[1], buffer, 2000, MSG_WAITALL) == 2000 &&
		      (unsigned char)buffer[7] == pattern(107),
	      "the bytes arrive");
	close(sockets[0]);
	close(sockets[1]);
	close(file);
	unlink(name);

	file = socket(AF_INET, SOCK_STREAM, 0);
	CHECK(!setsockopt(file, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one)) &&
		      !getsockopt(file, IPPROTO_TCP, TCP_NODELAY, &value, &size) && value == 1,
	      "socket options");
	close(file);
}

int main(void)
{
	struct sockaddr_in ipv4 = { .sin_family = AF_INET };
	struct sockaddr_in6 ipv6 = { .sin6_family = AF_INET6, .sin6_addr = IN6ADDR_LOOPBACK_INIT };
	struct sockaddr_un local = { .sun_family = AF_UNIX };
	struct pollfd pollfd = { .events = POLLIN };
	int pair[2];
	char buffer[16];

	ipv4.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	/* An abstract name: no file. */
	snprintf(local.sun_path + 1, 50, "haunch-sockets-%d", (int)getpid());

	stream("TCP over IPv4", (struct sockaddr *)&ipv4, sizeof(ipv4));
	stream("TCP over IPv6", (struct sockaddr *)&ipv6, sizeof(ipv6));
	stream("AF_UNIX", (struct sockaddr *)&local, offsetof(struct sockaddr_un, sun_path) + 40);
	ipv4.sin_port = ipv6.sin6_port = 0;
	datagrams("UDP over IPv4", (struct sockaddr *)&ipv4, sizeof(ipv4));
	datagrams("UDP over IPv6", (struct sockaddr *)&ipv6, sizeof(ipv6));

	CHECK(!socketpair(AF_UNIX, SOCK_SEQPACKET, 0, pair), "a pair that keeps packets apart");
	CHECK(write(pair[0], "one", 3) == 3 && write(pair[0], "three", 5) == 5, "two packets");
	CHECK(read(pair[1], buffer, 16) == 3 && read(pair[1], buffer, 16) == 5, "stay two");
	pollfd.fd = pair[1];
	CHECK(poll(&pollfd, 1, 0) == 0, "no more");
	close(pair[0]);
	CHECK(poll(&pollfd, 1, 0) == 1 && pollfd.revents == (POLLIN | POLLHUP), "the peer hung up");
	close(pair[1]);
	pass_descriptor();
	send_file();
	CHECK(inet_pton(AF_INET6, "::1", buffer) == 1 && buffer[15] == 1, "inet_pton()");
	CHECK(socket(AF_INET, SOCK_STREAM, 12345) < 0, "no such protocol");
	return CHECKS_STATUS();
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * load.c - an HTTP client that sends exactly as many requests as it is told, checks every byte of
 * every response, and says what failed.
 *
 * For acceptance tests (none of 100 000 may fail) and, with the counter of icount.c, to measure
 * what a request costs in guest instructions.  For raw speed there is wrk.
 *
 * One thread; each connection is a small state machine driven by epoll:
 *
 *	CONNECTING -> SENDING -> RECEIVING -> (next request) SENDING ... -> CLOSING -> closed
 *
 * A request that fails (refused, reset, cut short, timed out, not status 200, wrong body) is
 * counted and not repeated.  When all fail the rest is counted as failed, too, and not sent.
 */
#include <arpa/inet.h>
#include <err.h>
#include <errno.h>
#include <getopt.h>
#include <inttypes.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "icount-client.h"

static const char usage[] =
	"usage: load [OPTION...] http://ADDRESS[:PORT]/PATH\n"
	"  -n N       send N requests (default 1000)\n"
	"  -c N       over N connections at a time (default 1)\n"
	"  -x         a new connection for each request (default: keep-alive)\n"
	"  -w N       send N requests first that are checked but not measured (default 0)\n"
	"  -f FILE    what the body must be (default: what a first request, not counted, gets)\n"
	"  -t SECONDS a request that takes longer has failed (default 20)\n"
	"  -i SOCKET  count guest instructions with bench/icount.c\n"
	"Prints a line \"NAME VALUE\" for each result.  Status 0: no request failed.\n";

enum state { CLOSED, CONNECTING, SENDING, RECEIVING, CLOSING };

struct connection {
	int fd;
	enum state state;
	bool reused;	  /* it has served a request before */
	uint64_t started; /* the request, in ns */
	size_t sent;
	char head[4096]; /* the response's head as far as it has come */
	size_t head_length;
	bool in_body;
	bool server_closes;
	size_t body_length;
	size_t body_received;
};

static struct sockaddr_in server;
static char *request;
static size_t request_length;
static bool new_connections;
static uint64_t timeout_ns = 20ull * 1000000000;

static char *expected;
static size_t expected_length;

static int epoll_fd;
static struct connection *connections;
static unsigned int n_connections = 1;

/* One run: to_start requests are still to be started, to_finish are not finished. */
static uint64_t to_start, to_finish, n_failed, n_failed_in_a_row, n_bytes, n_opened;
static uint64_t *latencies, n_latencies;

static uint64_t now(void)
{
	struct timespec time;

	clock_gettime(CLOCK_MONOTONIC, &time);
	return time.tv_sec * 1000000000ull + time.tv_nsec;
}

static void watch(struct connection *c, uint32_t events)
{
	struct epoll_event event = { .events = events, .data.ptr = c };

	if (epoll_ctl(epoll_fd, EPOLL_CTL_MOD, c->fd, &event))
		err(1, "epoll_ctl");
}

static void drop(struct connection *c)
{
	close(c->fd);
	c->fd = -1;
	c->state = CLOSED;
}

static void start_request(struct connection *c);

/* The request of `c` is over.  A new one follows if there are any left. */
static void finish(struct connection *c, const char *failure)
{
	to_finish--;
	if (failure) {
		if (n_failed++ < 10)
			warnx("request failed: %s (connection %s, %zu bytes of body received)",
			      failure, c->reused ? "reused" : "new", c->body_received);
		drop(c);
		if (++n_failed_in_a_row == 2 * n_connections + 10 && to_start) {
			warnx("giving up: %" PRIu64 " requests were not sent", to_start);
			n_failed += to_start;
			to_finish -= to_start;
			to_start = 0;
		}
	} else {
		n_failed_in_a_row = 0;
		n_bytes += c->body_length;
		if (latencies)
			latencies[n_latencies++] = now() - c->started;
		c->reused = true;
		if (new_connections || c->server_closes || !to_start) {
			/* The server was told to close, so that TIME_WAIT is its burden. */
			c->state = CLOSING;
			if (!new_connections && !c->server_closes)
				drop(c);
			return;
		}
	}
	start_request(c);
}

static void open_connection(struct connection *c)
{
	struct epoll_event event = { .events = EPOLLOUT, .data.ptr = c };
	int one = 1;

	c->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (c->fd < 0)
		err(1, "socket");
	setsockopt(c->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	if (epoll_ctl(epoll_fd, EPOLL_CTL_ADD, c->fd, &event))
		err(1, "epoll_ctl");
	c->state = CONNECTING;
	c->reused = false;
	n_opened++;
	/* What fails at once is not the server's failure: no route, no local port left. */
	if (connect(c->fd, (struct sockaddr *)&server, sizeof(server)) && errno != EINPROGRESS &&
	    errno != ECONNREFUSED)
		err(1, "cannot connect");
}

static void start_request(struct connection *c)
{
	if (!to_start) {
		if (c->fd >= 0)
			drop(c);
		return;
	}
	to_start--;
	c->started = now();
	c->sent = 0;
	c->head_length = 0;
	c->in_body = false;
	c->server_closes = false;
	c->body_received = 0;
	if (c->state == CLOSED) {
		open_connection(c);
	} else {
		c->state = SENDING;
		watch(c, EPOLLOUT);
	}
}

static void send_request(struct connection *c)
{
	ssize_t sent = send(c->fd, request + c->sent, request_length - c->sent, MSG_NOSIGNAL);

	if (sent < 0) {
		if (errno != EAGAIN)
			finish(c, strerror(errno));
		return;
	}
	c->sent += sent;
	if (c->sent == request_length) {
		c->state = RECEIVING;
		watch(c, EPOLLIN);
	}
}

/* The value of a header in a complete head, or NULL. */
static const char *header(const char *head, const char *name)
{
	size_t length = strlen(name);

	for (const char *line = strstr(head, "\r\n"); line; line = strstr(line + 2, "\r\n"))
		if (!strncasecmp(line + 2, name, length) && line[2 + length] == ':')
			return line + 2 + length + 1 + strspn(line + 2 + length + 1, " ");
	return NULL;
}

static const char *parse_head(struct connection *c)
{
	const char *value;

	if (strncmp(c->head, "HTTP/1.1 200 ", 13))
		return "the status is not 200";
	value = header(c->head, "Content-Length");
	if (!value)
		return "no Content-Length";
	c->body_length = strtoull(value, NULL, 10);
	if (expected && c->body_length != expected_length)
		return "the body has the wrong length";
	value = header(c->head, "Connection");
	c->server_closes = value && !strncasecmp(value, "close", 5);
	c->in_body = true;
	return NULL;
}

static const char *take_body(struct connection *c, const char *data, size_t size)
{
	if (size > c->body_length - c->body_received)
		return "more data than Content-Length";
	if (!expected) {
		/* The first request: its body is what the others must get. */
		static char *body;

		if (!body)
			body = malloc(c->body_length + 1);
		if (!body)
			err(1, "memory");
		memcpy(body + c->body_received, data, size);
		if (c->body_received + size == c->body_length) {
			expected = body;
			expected_length = c->body_length;
		}
	} else if (memcmp(expected + c->body_received, data, size)) {
		return "the body differs";
	}
	c->body_received += size;
	return NULL;
}

/* Take what has arrived.  Returns what is wrong with it, or NULL. */
static const char *take(struct connection *c, const char *data, size_t size)
{
	const char *failure, *end;
	size_t room = sizeof(c->head) - 1 - c->head_length, old = c->head_length;

	if (c->in_body)
		return take_body(c, data, size);
	if (size < room)
		room = size;
	memcpy(c->head + old, data, room);
	c->head_length += room;
	c->head[c->head_length] = '\0';
	end = strstr(c->head, "\r\n\r\n");
	if (!end)
		return c->head_length == sizeof(c->head) - 1 ? "the head is too long" : NULL;
	c->head_length = end + 4 - c->head;
	c->head[c->head_length] = '\0';
	failure = parse_head(c);
	if (failure)
		return failure;
	return take_body(c, data + (c->head_length - old), size - (c->head_length - old));
}

static void receive(struct connection *c)
{
	static char buffer[65536];
	const char *failure;
	ssize_t got = recv(c->fd, buffer, sizeof(buffer), 0);

	if (got < 0) {
		if (errno != EAGAIN)
			finish(c, strerror(errno));
		return;
	}
	if (got == 0) {
		finish(c, "the server closed the connection early");
		return;
	}
	failure = take(c, buffer, got);
	if (failure || (c->in_body && c->body_received == c->body_length))
		finish(c, failure);
}

static void closing(struct connection *c)
{
	char byte;
	ssize_t got = recv(c->fd, &byte, 1, 0);

	if (got < 0 && errno == EAGAIN)
		return;
	if (got > 0) {
		warnx("the server sent more than one response");
		n_failed++;
	}
	drop(c);
	start_request(c);
}

static void handle(struct connection *c)
{
	int error;
	socklen_t size = sizeof(error);

	switch (c->state) {
	case CONNECTING:
		if (getsockopt(c->fd, SOL_SOCKET, SO_ERROR, &error, &size))
			err(1, "getsockopt");
		if (error) {
			finish(c, strerror(error));
			return;
		}
		c->state = SENDING;
		/* fall through */
	case SENDING:
		send_request(c);
		return;
	case RECEIVING:
		receive(c);
		return;
	case CLOSING:
		closing(c);
		return;
	case CLOSED:
		return;
	}
}

/* A server that does not close in time after the response it promised to close after has failed. */
static void expire(uint64_t time)
{
	for (unsigned int i = 0; i < n_connections; i++) {
		struct connection *c = &connections[i];

		if (c->state == CLOSED || time - c->started < timeout_ns)
			continue;
		if (c->state == CLOSING) {
			warnx("the server does not close the connection");
			n_failed++;
			drop(c);
			start_request(c);
		} else {
			finish(c, "timed out");
		}
	}
}

static bool busy(void)
{
	for (unsigned int i = 0; i < n_connections; i++)
		if (connections[i].state != CLOSED)
			return true;
	return false;
}

/* Send `n` requests and wait until all are finished and, where the server closes, closed. */
static void run(uint64_t n)
{
	struct epoll_event events[64];
	uint64_t checked = now();

	to_start = n;
	to_finish = n;
	for (unsigned int i = 0; i < n_connections && to_start; i++)
		start_request(&connections[i]);
	while (to_finish || busy()) {
		int ready = epoll_wait(epoll_fd, events, 64, 1000);

		if (ready < 0 && errno != EINTR)
			err(1, "epoll_wait");
		for (int i = 0; i < ready; i++)
			handle(events[i].data.ptr);
		if (now() - checked > 500000000) {
			checked = now();
			expire(checked);
		}
	}
}

static void parse_url(const char *url)
{
	char address[64] = "", path[1024] = "";
	unsigned int port = 80;

	if (sscanf(url, "http://%63[0-9.]:%u%1023s", address, &port, path) != 3 &&
	    sscanf(url, "http://%63[0-9.]%1023s", address, path) != 2)
		errx(2, "not of the form http://ADDRESS[:PORT]/PATH, with an IPv4 address: %s",
		     url);
	server.sin_family = AF_INET;
	server.sin_port = htons(port);
	if (port > 65535 || !inet_aton(address, &server.sin_addr))
		errx(2, "not an address: %s", url);
	/* Nothing that need not be there, as wrk does it. */
	request_length = asprintf(&request, "GET %s HTTP/1.1\r\nHost: %s\r\n%s\r\n", path, address,
				  new_connections ? "Connection: close\r\n" : "");
}

static void read_expected(const char *path)
{
	FILE *file = fopen(path, "rb");
	long size;

	if (!file || fseek(file, 0, SEEK_END) || (size = ftell(file)) < 0)
		err(2, "cannot read %s", path);
	rewind(file);
	expected = malloc(size + 1);
	expected_length = size;
	if (!expected || fread(expected, 1, size, file) != (size_t)size)
		err(2, "cannot read %s", path);
	fclose(file);
}

static int compare_latencies(const void *a, const void *b)
{
	uint64_t left = *(const uint64_t *)a, right = *(const uint64_t *)b;

	return (left > right) - (left < right);
}

static void report(uint64_t n, double seconds)
{
	printf("requests %" PRIu64 "\nfailed %" PRIu64 "\nconnections %" PRIu64 "\n", n, n_failed,
	       n_opened);
	printf("seconds %.3f\nrequests_per_second %.1f\nmegabytes_per_second %.1f\n", seconds,
	       n / seconds, n_bytes / seconds / 1e6);
	if (!n_latencies)
		return;
	qsort(latencies, n_latencies, sizeof(*latencies), compare_latencies);
	printf("latency_ms_median %.3f\nlatency_ms_99 %.3f\nlatency_ms_max %.3f\n",
	       latencies[n_latencies / 2] / 1e6, latencies[n_latencies * 99 / 100] / 1e6,
	       latencies[n_latencies - 1] / 1e6);
}

static uint64_t parse_number(const char *text)
{
	char *end;
	unsigned long long value = strtoull(text, &end, 10);

	if (end == text || *end || value > 1000000000)
		errx(2, "not a number: %s", text);
	return value;
}

int main(int argc, char **argv)
{
	uint64_t n = 1000, warm_up = 0, begin, end, first = 0, last = 0;
	const char *body_path = NULL, *counter_path = NULL;
	int option, counter = -1;

	while ((option = getopt(argc, argv, "n:c:xw:f:t:i:h")) != -1) {
		switch (option) {
		case 'n':
			n = parse_number(optarg);
			break;
		case 'c':
			n_connections = parse_number(optarg);
			break;
		case 'x':
			new_connections = true;
			break;
		case 'w':
			warm_up = parse_number(optarg);
			break;
		case 'f':
			body_path = optarg;
			break;
		case 't':
			timeout_ns = parse_number(optarg) * 1000000000;
			break;
		case 'i':
			counter_path = optarg;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if (optind != argc - 1 || !n || !n_connections) {
		fputs(usage, stderr);
		return 2;
	}
	parse_url(argv[optind]);
	if (body_path)
		read_expected(body_path);
	if (counter_path)
		counter = icount_open(counter_path);

	epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	connections = calloc(n_connections, sizeof(*connections));
	if (epoll_fd < 0 || !connections)
		err(1, "cannot start");
	for (unsigned int i = 0; i < n_connections; i++)
		connections[i].fd = -1;

	if (!expected) {
		run(1);
		if (n_failed)
			return 1;
	}
	if (warm_up)
		run(warm_up);

	latencies = malloc(n * sizeof(*latencies));
	if (!latencies)
		err(1, "memory");
	n_bytes = 0;
	n_opened = 0;
	if (counter >= 0)
		first = icount_read(counter);
	begin = now();
	run(n);
	end = now();
	if (counter >= 0)
		last = icount_read(counter);

	report(n, (end - begin) / 1e9);
	if (counter >= 0)
		printf("instructions_per_request %.1f\n", (double)(last - first) / n);
	return n_failed != 0;
}

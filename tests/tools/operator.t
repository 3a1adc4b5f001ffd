#!/bin/sh
# SPDX-License-Identifier: BSD-2-Clause
# Copyright (c) 2026 The Haunch authors
#
# operator.t - a bad night: memory runs out, pipes and processes without end, a flood of SYNs, too many
# open files.  One line says what happened, and the machine goes on.  And names and sizes are right.

# shellcheck source=tests/tools/lib.sh
. "$(dirname "$0")/lib.sh"

[ -e "$REAL_BUILD/haunch-virtio.elf" ] || skip_all 'the kernel is not built'
export HAUNCH_BUILD="$REAL_BUILD"

cat >program.c <<'END'
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <net/route.h>
#include <netdb.h>
#include <netinet/ip.h>
#include <netinet/tcp.h>
#include <pthread.h>
#include <signal.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/resource.h>
#include <sys/statfs.h>
#include <sys/sysinfo.h>
#include <sys/wait.h>
#include <unistd.h>

/* Touch memory without end. */
static int eat(void)
{
	for (;;) {
		char *p = malloc(1 << 20);

		if (!p)
			return 50;
		memset(p, 1, 1 << 20);
	}
}

/* Pipes without end, all full; and processes that do the same. */
static int bomb(int processes)
{
	struct rlimit files;
	static char data[65536];
	int fds[2];

	getrlimit(RLIMIT_NOFILE, &files);
	files.rlim_cur = files.rlim_max;
	setrlimit(RLIMIT_NOFILE, &files);
	while (processes-- > 0)
		if (!fork())
			break;
	while (!pipe2(fds, O_NONBLOCK))
		if (write(fds[1], data, sizeof(data)) < 0 && errno != EAGAIN)
			break;
	return errno == ENOMEM || errno == ENFILE || errno == EMFILE ? 51 : 52;
}

/* The machine is as good as new: a process, and half of the memory. */
static int whole(void)
{
	struct sysinfo info;
	size_t size;
	char *p;

	while (waitpid(-1, NULL, WNOHANG) > 0)
		;
	sysinfo(&info);
	size = info.totalram * info.mem_unit / 2;
	p = malloc(size);
	if (!p)
		return 0;
	memset(p, 1, size);
	free(p);
	return 1;
}

/* -1000: the killer shall look for somebody else. */
static void score(const char *adjustment)
{
	FILE *f = fopen("/proc/self/oom_score_adj", "w");

	if (!f || fputs(adjustment, f) < 0 || fclose(f))
		exit(80);
}

/* A child does it; what became of it, and whether the machine goes on. */
static int survive(int (*what)(int), int argument)
{
	pid_t pid;
	int status;

	score("-1000");
	pid = fork();
	if (!pid) {
		score("0");
		setpgid(0, 0);
		_exit(what(argument));
	}
	setpgid(pid, pid);
	waitpid(pid, &status, 0);
	kill(-pid, SIGKILL);
	sleep(1);
	printf("%s %d, %s\n", WIFSIGNALED(status) ? "signal" : "status",
	       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status), whole() ? "goes on" : "is out of order");
	return 0;
}

/* What is sent there is lost. */
static int add_route(in_addr_t network, in_addr_t mask)
{
	struct rtentry route = { .rt_dev = (char[]){ "lo" }, .rt_flags = RTF_UP };

	*(struct sockaddr_in *)&route.rt_dst = (struct sockaddr_in){ .sin_family = AF_INET,
								     .sin_addr.s_addr = htonl(network) };
	*(struct sockaddr_in *)&route.rt_genmask = (struct sockaddr_in){ .sin_family = AF_INET,
									 .sin_addr.s_addr = htonl(mask) };
	return ioctl(socket(AF_INET, SOCK_DGRAM, 0), SIOCADDRT, &route);
}

/* SYNs from nowhere, to a server that has not much room. */
static int flood(void)
{
	struct {
		struct iphdr ip;
		struct tcphdr tcp;
	} packet = { .ip = { .version = 4, .ihl = 5, .tot_len = htons(40), .ttl = 64, .protocol = IPPROTO_TCP },
		     .tcp = { .th_dport = htons(80), .th_off = 5, .th_flags = TH_SYN, .th_win = htons(1000) } };
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(80),
				  .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int server = socket(AF_INET, SOCK_STREAM, 0), raw = socket(AF_INET, SOCK_RAW, IPPROTO_RAW);
	int client = socket(AF_INET, SOCK_STREAM, 0), on = 1;
	char byte = 0;

	setsockopt(server, SOL_SOCKET, SO_REUSEADDR, &on, sizeof(on));
	if (bind(server, (struct sockaddr *)&to, sizeof(to)) || listen(server, 8) || raw < 0 ||
	    add_route(0xc6336400, 0xffffff00))
		return 60;
	for (int i = 0; i < 1000; i++) {
		struct {
			uint32_t source, destination;
			uint8_t zero, protocol;
			uint16_t length;
			struct tcphdr tcp;
		} pseudo = { 0 };
		uint32_t sum = 0;

		packet.ip.saddr = htonl(0xc6336400 + i % 250);	/* 198.51.100.0/24 */
		packet.ip.daddr = to.sin_addr.s_addr;
		packet.tcp.th_sport = htons(1024 + i);
		packet.tcp.th_seq = i;
		packet.tcp.th_sum = 0;
		pseudo.source = packet.ip.saddr;
		pseudo.destination = packet.ip.daddr;
		pseudo.protocol = IPPROTO_TCP;
		pseudo.length = htons(20);
		pseudo.tcp = packet.tcp;
		for (unsigned int j = 0; j < sizeof(pseudo) / 2; j++)
			sum += ((uint16_t *)&pseudo)[j];
		sum = (sum & 0xffff) + (sum >> 16);
		packet.tcp.th_sum = ~(sum + (sum >> 16));
		sendto(raw, &packet, sizeof(packet), 0, (struct sockaddr *)&to, sizeof(to));
	}
	/* Who means it is served all the same. */
	if (connect(client, (struct sockaddr *)&to, sizeof(to)) || write(client, "x", 1) != 1 ||
	    read(accept(server, NULL, NULL), &byte, 1) != 1 || byte != 'x')
		return 61;
	printf("served\n");
	sleep(1);
	return 0;
}

static int files(void)
{
	struct rlimit limit;
	int n = 0;

	getrlimit(RLIMIT_NOFILE, &limit);
	printf("%ld %ld ", (long)limit.rlim_cur, (long)limit.rlim_max);
	limit.rlim_cur = limit.rlim_max;
	setrlimit(RLIMIT_NOFILE, &limit);
	while (dup(0) >= 0)
		n++;
	printf("%d %s\n", n + 3, errno == EMFILE ? "EMFILE" : strerror(errno));
	return 0;
}

/* A name server that knows nothing; /etc/hosts comes first. */
static void *deny(void *argument)
{
	unsigned char packet[512];
	struct sockaddr_in from;
	socklen_t size = sizeof(from);
	int fd = *(int *)argument;
	ssize_t n;

	while ((n = recvfrom(fd, packet, sizeof(packet), 0, (struct sockaddr *)&from, &size)) > 0) {
		packet[2] |= 0x80;
		packet[3] = 3;			/* no such name */
		sendto(fd, packet, n, 0, (struct sockaddr *)&from, size);
	}
	return NULL;
}

static int names(void)
{
	struct sockaddr_in any = { .sin_family = AF_INET, .sin_port = htons(53),
				   .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	int fd = socket(AF_INET, SOCK_DGRAM, 0), error;
	char name[100], text[100];
	struct addrinfo hints = { .ai_family = AF_INET, .ai_socktype = SOCK_STREAM }, *a;
	pthread_t thread;

	bind(fd, (struct sockaddr *)&any, sizeof(any));
	pthread_create(&thread, NULL, deny, &fd);
	gethostname(name, sizeof(name));
	for (const char *const *n = (const char *const[]){ "localhost", name, "given", "unknown", NULL }; *n; n++) {
		error = getaddrinfo(*n, "80", &hints, &a);
		if (!error)
			getnameinfo(a->ai_addr, a->ai_addrlen, text, sizeof(text), NULL, 0, NI_NUMERICHOST);
		printf("%s %s\n", *n, error ? error == EAI_NONAME ? "unknown" : gai_strerror(error) : text);
	}
	return 0;
}

static int sizes(void)
{
	static char data[1 << 20];
	struct statfs before, after;
	struct sysinfo info;
	unsigned long long memory;

	sysinfo(&info);
	memory = (unsigned long long)info.totalram * info.mem_unit;
	for (const char *const *dir = (const char *const[]){ "/", "/tmp", "/dev/shm", NULL }; *dir; dir++) {
		char path[100];
		unsigned long long all, took;
		int fd;

		statfs(*dir, &before);
		snprintf(path, sizeof(path), "%s/file", *dir);
		fd = open(path, O_CREAT | O_WRONLY, 0600);
		/* Some pages wait in lists of the CPU's, which count as taken. */
		int size = memory > 256 << 20 ? 32 : 8;

		for (int i = 0; i < size; i++)
			if (write(fd, data, sizeof(data)) != sizeof(data))
				return 70;
		statfs(*dir, &after);
		all = (unsigned long long)before.f_blocks * before.f_bsize;
		took = (unsigned long long)(before.f_bfree - after.f_bfree) * before.f_bsize;
		printf("%s %s %s\n", *dir,
		       all > memory / 4 && all <= memory && before.f_bfree <= before.f_blocks ? "size" : "no size",
		       took > (size * 7ull / 8) << 20 && took < (size * 5ull / 4) << 20 ? "what is written counts" : "does not count");
		unlink(path);
	}
	return 0;
}

int main(int argc, char **argv)
{
	const char *what = argc > 1 ? argv[1] : "";
	int number = argc > 2 ? atoi(argv[2]) : 0;

	setvbuf(stdout, NULL, _IONBF, 0);
	return !strcmp(what, "eat") ? eat() : !strcmp(what, "bomb") ? survive(bomb, number) :
	       !strcmp(what, "self") ? bomb(0) : !strcmp(what, "flood") ? flood() : !strcmp(what, "files") ? files() :
	       !strcmp(what, "names") ? names() : !strcmp(what, "sizes") ? sizes() : 1;
}
END
"$ROOT/tools/haunch-cc" -O1 -o program program.c || exit 1
gcc -O1 -pthread -o dynamic program.c || exit 1
run()
{
	capture timeout 180 "$HAUNCH" run -n none "$@"
}

# ------------------------------------------------------------------ memory

for memory in 64 128; do
	run -m $memory program -- eat
	[ $status -eq 137 ] && grep -qx "haunch: out of memory: program (process [0-9]*) had [0-9]* of the machine's [0-9]* MB and was killed; give it more: -m $((memory * 2))" err &&
		[ "$(wc -l <err)" -le 2 ]
	ok "$memory MB: out of memory is one line" "status $status" "$(cat out err)"
	sed -n 's/.* had \([0-9]*\) of the machine.s \([0-9]*\) MB.*/\1 \2/p' err | {
		read -r had machine
		[ "$had" -gt $((machine / 2)) ] && [ "$had" -le "$machine" ] && [ "$machine" -le $memory ]
	}
	ok 'with numbers that are right' "$(cat err)"
	for processes in 0 20 200; do
		run -m $memory program -- bomb $processes
		[ $status -eq 0 ] && grep -q '^\(signal 9\|status 51\), goes on$' out && ! grep -v 'out of memory: ' err
		ok "$memory MB: a bomb of pipes, and $processes more processes" "status $status" "$(cat out err)"
	done
done

# The console's driver found no memory for the line now and then.
told=0
for _ in 1 2 3 4 5 6 7 8; do
	run -m 64 program -- self
	grep -q '^haunch: out of memory: program (process [0-9]*) had ' err && told=$((told + 1))
done
is "$told" 8 'who was killed for what the kernel held for him is always told'

# ------------------------------------------------------------------ SYNs, files

run -m 64 program -- flood
[ $status -eq 0 ] && [ "$(cat out)" = served ]
ok 'a flood of SYNs does not keep who means it out' "status $status" "$(cat out err)"
is "$(cat err)" 'haunch: SYN flood on port 80: answered with cookies from now on' 'it is one line'
run -m 128 program -- files
is "$(cat out)" '16384 65536 65536 EMFILE' 'the limits of open files'
run -m 256 --open-files 100000 program -- files
is "$(cat out)" '100000 100000 100000 EMFILE' 'and --open-files'

# ------------------------------------------------------------------ names, sizes

echo 'nameserver 127.0.0.1' >resolv.conf
printf '127.0.0.1 localhost\n192.0.2.1 given\n' >hosts
for program in program dynamic; do
	run --dir resolv.conf:/etc/resolv.conf --dir hosts:/etc/hosts -c haunch.hostname=me $program -- names
	is "$(tr '\n' ',' <out)" 'localhost 127.0.0.1,me 127.0.1.1,given 192.0.2.1,unknown unknown,' \
		"names of /etc/hosts and the host's own, whatever the name server says: $program"
done
for memory in 128 512; do
	run -m $memory program -- sizes
	is "$(tr '\n' ',' <out)" '/ size what is written counts,/tmp size what is written counts,/dev/shm size what is written counts,' \
		"statfs() with $memory MB" "$(cat err)"
done

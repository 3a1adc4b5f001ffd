// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * generic.c - what the generic kernel has beside the virtio kernel's: io_uring, landlock, TUN, overlay, 9P
 * and vfat, files in memory of the host's; and memfd, tmpfs, membarrier and seccomp, which both have.
 *
 *	generic NAME...		prints "ok NAME", or what failed
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/filter.h>
#include <linux/if_tun.h>
#include <linux/io_uring.h>
#include <linux/landlock.h>
#include <linux/seccomp.h>
#include <net/if.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#define NEED(condition)                                                                      \
	do {                                                                                 \
		if (!(condition)) {                                                          \
			printf("line %d: %s: %s\n", __LINE__, #condition, strerror(errno)); \
			return 1;                                                            \
		}                                                                            \
	} while (0)

/* Does the file hold exactly that? */
static int holds(const char *path, const char *text)
{
	char buffer[256];
	int fd = open(path, O_RDONLY);
	ssize_t n = read(fd, buffer, sizeof(buffer));

	close(fd);
	return n == (ssize_t)strlen(text) && !memcmp(buffer, text, n);
}

static int put(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC, 0644);
	ssize_t n = write(fd, text, strlen(text));

	return !close(fd) && n == (ssize_t)strlen(text);
}

/* ------------------------------------------------------------------ io_uring */

struct uring {
	int fd;
	struct io_uring_params params;
	char *submissions, *completions;
	struct io_uring_sqe *entries;
};

static int uring_open(struct uring *u)
{
	u->fd = syscall(SYS_io_uring_setup, 8, &u->params);
	NEED(u->fd >= 0);
	u->submissions =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, u->fd, IORING_OFF_SQ_RING);
	u->completions =
		mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, u->fd, IORING_OFF_CQ_RING);
	u->entries = mmap(NULL, 4096, PROT_READ | PROT_WRITE, MAP_SHARED, u->fd, IORING_OFF_SQES);
	NEED(u->submissions != MAP_FAILED && u->completions != MAP_FAILED &&
	     u->entries != MAP_FAILED);
	return 0;
}

/* One request, waited for: what a system call would return, or a negative error. */
static int uring_do(struct uring *u, struct io_uring_sqe request)
{
	uint32_t *tail = (uint32_t *)(u->submissions + u->params.sq_off.tail);
	uint32_t mask = *(uint32_t *)(u->submissions + u->params.sq_off.ring_mask);
	uint32_t *head = (uint32_t *)(u->completions + u->params.cq_off.head);
	uint32_t cq_mask = *(uint32_t *)(u->completions + u->params.cq_off.ring_mask);
	struct io_uring_cqe *done = (struct io_uring_cqe *)(u->completions + u->params.cq_off.cqes);
	int result;

	u->entries[*tail & mask] = request;
	((uint32_t *)(u->submissions + u->params.sq_off.array))[*tail & mask] = *tail & mask;
	__atomic_store_n(tail, *tail + 1, __ATOMIC_RELEASE);
	if (syscall(SYS_io_uring_enter, u->fd, 1, 1, IORING_ENTER_GETEVENTS, NULL, 0) != 1)
		return -errno;
	result = done[*head & cq_mask].res;
	__atomic_store_n(head, *head + 1, __ATOMIC_RELEASE);
	return result;
}

static int test_uring(void)
{
	struct uring u = { .fd = -1 };
	char buffer[16] = "";
	int pair[2], file;

	if (uring_open(&u))
		return 1;
	NEED(!socketpair(AF_UNIX, SOCK_STREAM, 0, pair));
	file = uring_do(&u, (struct io_uring_sqe){ .opcode = IORING_OP_OPENAT,
						   .fd = AT_FDCWD,
						   .addr = (uintptr_t) "/tmp/ring",
						   .len = 0600,
						   .open_flags = O_RDWR | O_CREAT });
	NEED(file >= 0);
	NEED(uring_do(&u, (struct io_uring_sqe){ .opcode = IORING_OP_WRITE,
						 .fd = file,
						 .addr = (uintptr_t) "written",
						 .len = 7 }) == 7);
	NEED(holds("/tmp/ring", "written"));
	NEED(uring_do(&u, (struct io_uring_sqe){ .opcode = IORING_OP_SEND,
						 .fd = pair[0],
						 .addr = (uintptr_t) "sent",
						 .len = 4 }) == 4);
	NEED(uring_do(&u, (struct io_uring_sqe){ .opcode = IORING_OP_RECV,
						 .fd = pair[1],
						 .addr = (uintptr_t)buffer,
						 .len = sizeof(buffer) }) == 4);
	NEED(!strcmp(buffer, "sent"));
	/* What would block is a worker's. */
	NEED(uring_do(&u, (struct io_uring_sqe){ .opcode = IORING_OP_FSYNC, .fd = file }) == 0);
	NEED(uring_do(&u, (struct io_uring_sqe){ .opcode = IORING_OP_READ,
						 .fd = 99,
						 .addr = (uintptr_t)buffer,
						 .len = 1 }) == -EBADF);
	return 0;
}

/* ------------------------------------------------------------------ memory, calls, rights */

static int test_memfd(void)
{
	int fd = syscall(SYS_memfd_create, "m", MFD_ALLOW_SEALING);

	NEED(fd >= 0 && write(fd, "x", 1) == 1);
	NEED(!fcntl(fd, F_ADD_SEALS, F_SEAL_WRITE) && write(fd, "y", 1) < 0 && errno == EPERM);
	return 0;
}

static int test_tmpfs(void)
{
	struct statfs status;

	NEED(!mkdir("/mnt", 0755) || errno == EEXIST);
	NEED(!mount("t", "/mnt", "tmpfs", 0, "size=1M") && !statfs("/mnt", &status));
	NEED(status.f_type == 0x01021994 && status.f_blocks * status.f_bsize == 1 << 20);
	return 0;
}

static int test_membarrier(void)
{
	NEED(syscall(SYS_membarrier, 0 /* MEMBARRIER_CMD_QUERY */, 0, 0) > 0);
	NEED(!syscall(SYS_membarrier, 1 /* MEMBARRIER_CMD_GLOBAL */, 0, 0));
	return 0;
}

static int test_seccomp(void)
{
	struct sock_filter code[] = {
		BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(struct seccomp_data, nr)),
		BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, SYS_getppid, 0, 1),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ERRNO | EXDEV),
		BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
	};
	struct sock_fprog program = { 4, code };

	NEED(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	NEED(!prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, &program));
	NEED(syscall(SYS_getppid) < 0 && errno == EXDEV && getpid() > 0);
	return 0;
}

static int test_landlock(void)
{
	struct landlock_ruleset_attr rights = {
		.handled_access_fs = LANDLOCK_ACCESS_FS_READ_FILE | LANDLOCK_ACCESS_FS_WRITE_FILE
	};
	struct landlock_path_beneath_attr below = { .allowed_access =
							    LANDLOCK_ACCESS_FS_READ_FILE };
	int rules;

	NEED(put("/tmp/inside", "in"));
	NEED(syscall(SYS_landlock_create_ruleset, NULL, 0, LANDLOCK_CREATE_RULESET_VERSION) >= 1);
	rules = syscall(SYS_landlock_create_ruleset, &rights, sizeof(rights), 0);
	below.parent_fd = open("/tmp", O_PATH | O_CLOEXEC);
	NEED(rules >= 0 && below.parent_fd >= 0);
	NEED(!syscall(SYS_landlock_add_rule, rules, LANDLOCK_RULE_PATH_BENEATH, &below, 0));
	NEED(!prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0));
	NEED(!syscall(SYS_landlock_restrict_self, rules, 0));
	NEED(holds("/tmp/inside", "in"));
	NEED(open("/etc/passwd", O_RDONLY) < 0 && errno == EACCES);
	NEED(open("/tmp/inside", O_WRONLY) < 0 && errno == EACCES);
	return 0;
}

/* ------------------------------------------------------------------ file systems */

static int test_overlay(void)
{
	static const char *const folders[] = { "/tmp/low", "/tmp/up", "/tmp/up/up", "/tmp/up/work",
					       "/tmp/over" };

	for (int i = 0; i < 5; i++)
		mkdir(folders[i], 0755);
	NEED(put("/tmp/low/a", "low") && put("/tmp/low/b", "low"));
	NEED(!mount("o", "/tmp/over", "overlay", 0,
		    "lowerdir=/tmp/low,upperdir=/tmp/up/up,workdir=/tmp/up/work"));
	NEED(holds("/tmp/over/a", "low") && put("/tmp/over/a", "new") && !unlink("/tmp/over/b"));
	NEED(holds("/tmp/over/a", "new") && access("/tmp/over/b", F_OK));
	NEED(holds("/tmp/low/a", "low") && holds("/tmp/low/b", "low") &&
	     holds("/tmp/up/up/a", "new"));
	return 0;
}

/*
 * A file of the image, in memory of the host's: what wants its pages themselves, and not only to read them, gets
 * them as well.
 */
static int test_dax(void)
{
	int fd = open("/etc/big", O_RDONLY), ends[2], status;
	char *map = mmap(NULL, 1 << 21, PROT_READ | PROT_WRITE, MAP_PRIVATE, fd, 0),
	     read_back[4096];
	char first[4096], *shared = mmap(NULL, 1 << 21, PROT_READ, MAP_SHARED, fd, 0);
	struct iovec here = { read_back, 4096 }, there = { shared + 8192, 4096 };
	struct iovec gift = { shared + 8192, 4096 };

	NEED(fd >= 0 && map != MAP_FAILED && shared != MAP_FAILED);
	NEED(pread(fd, first, 4096, 8192) == 4096 && !memcmp(first, shared + 8192, 4096));
	/* As a debugger, and strace, do. */
	NEED(process_vm_readv(getpid(), &here, 1, &there, 1, 0) == 4096 &&
	     !memcmp(first, read_back, 4096));
	NEED(!pipe(ends) && vmsplice(ends[1], &gift, 1, 0) == 4096 &&
	     read(ends[0], read_back, 4096) == 4096 && !memcmp(first, read_back, 4096));
	/* What is written is the writer's own, on both sides of a fork. */
	memset(map, 'x', 4096);
	fflush(stdout);
	if (!fork()) {
		memset(map + 8192, 'y', 4096);
		_exit(map[0] != 'x' || memcmp(first, shared + 8192, 4096));
	}
	NEED(wait(&status) > 0 && !status && !memcmp(first, map + 8192, 4096));
	NEED(pread(fd, read_back, 4096, 0) == 4096 && !memcmp(read_back, shared, 4096) &&
	     memcmp(read_back, map, 4096));
	NEED(!mprotect(shared, 1 << 21, PROT_NONE) && !mprotect(shared, 1 << 21, PROT_READ) &&
	     !memcmp(first, shared + 8192, 4096));
	NEED(mremap(shared, 1 << 21, 1 << 20, 0) == shared && !munmap(shared, 1 << 20));
	return munmap(map, 1 << 21);
}

/* Has read all of a file, by its pages, until its input ends. */
static int test_hold(void)
{
	int fd = open("/etc/big", O_RDONLY), sum = 0;
	char *map, word;
	struct stat st;

	NEED(fd >= 0 && !fstat(fd, &st));
	map = mmap(NULL, st.st_size, PROT_READ, MAP_SHARED, fd, 0);
	NEED(map != MAP_FAILED);
	for (off_t at = 0; at < st.st_size; at += 4096)
		sum += map[at];
	printf("ready %d\n", sum);
	fflush(stdout);
	return read(0, &word, 1) < 0;
}

/* A folder of the host, which has a file "from-host". */
static int test_9p(void)
{
	NEED(!mkdir("/mnt", 0755) || errno == EEXIST);
	NEED(!mount("host", "/mnt", "9p", 0, "trans=virtio,version=9p2000.L"));
	NEED(holds("/mnt/from-host", "host\n"));
	NEED(!mkdir("/mnt/folder", 0755) && put("/mnt/folder/from-guest", "guest\n"));
	NEED(!rename("/mnt/folder/from-guest", "/mnt/folder/renamed"));
	return !!umount("/mnt");
}

/* The first disk, which has a file "from-host". */
static int test_vfat(void)
{
	NEED(!mkdir("/mnt", 0755) || errno == EEXIST);
	NEED(!mount("/dev/vda", "/mnt", "vfat", 0, "iocharset=utf8"));
	NEED(holds("/mnt/from-host", "host\n"));
	NEED(put("/mnt/Stra\303\237e und Pl\303\244tze", "guest\n"));
	return !!umount("/mnt");
}

/* ------------------------------------------------------------------ TUN */

static uint16_t checksum(const void *data, size_t size)
{
	const uint16_t *words = data;
	uint32_t sum = 0;

	for (size_t i = 0; i < size / 2; i++)
		sum += words[i];
	while (sum >> 16)
		sum = (sum & 0xffff) + (sum >> 16);
	return ~sum;
}

static int interface(int fd, const char *name, unsigned long request, const char *address)
{
	struct ifreq ifr = { .ifr_flags = IFF_UP | IFF_RUNNING };
	struct sockaddr_in in = { .sin_family = AF_INET };

	strcpy(ifr.ifr_name, name);
	if (address) {
		in.sin_addr.s_addr = inet_addr(address);
		memcpy(&ifr.ifr_addr, &in, sizeof(in));
	}
	return ioctl(fd, request, &ifr);
}

/* An echo request from behind the interface, whose answer comes back through it.  `to` is who answers. */
static int ping_through(int tun, const char *from, const char *to)
{
	unsigned char packet[28] = { 0x45, 0, 0, 28, 0, 1, 0, 0, 64, 1 }, answer[1500];
	uint32_t source = inet_addr(from), destination = inet_addr(to);
	uint16_t sum;

	memcpy(packet + 12, &source, 4);
	memcpy(packet + 16, &destination, 4);
	sum = checksum(packet, 20);
	memcpy(packet + 10, &sum, 2);
	packet[20] = 8;			/* echo request */
	packet[24] = 0x12;
	packet[27] = 1;
	sum = checksum(packet + 20, 8);
	memcpy(packet + 22, &sum, 2);
	NEED(write(tun, packet, sizeof(packet)) == sizeof(packet));
	alarm(20);
	for (;;) {
		ssize_t n = read(tun, answer, sizeof(answer));

		NEED(n > 0);
		if (n >= 28 && answer[0] == 0x45 && answer[9] == 1 && answer[20] == 0 &&
		    answer[24] == 0x12)
			break;
	}
	NEED(!memcmp(answer + 12, &destination, 4) && !memcmp(answer + 16, &source, 4));
	return 0;
}

static int tun_open(void)
{
	struct ifreq ifr = { .ifr_name = "tun7", .ifr_flags = IFF_TUN | IFF_NO_PI };
	int tun = open("/dev/net/tun", O_RDWR), fd = socket(AF_INET, SOCK_DGRAM, 0);

	if (tun < 0 || ioctl(tun, TUNSETIFF, &ifr) ||
	    interface(fd, "tun7", SIOCSIFADDR, "10.9.0.1") ||
	    interface(fd, "tun7", SIOCSIFNETMASK, "255.255.255.0") ||
	    interface(fd, "tun7", SIOCSIFFLAGS, NULL))
		return -1;
	close(fd);
	return tun;
}

static int test_tun(void)
{
	int tun = tun_open();

	NEED(tun >= 0);
	return ping_through(tun, "10.9.0.2", "10.9.0.1");
}

/* With masquerading, beyond the machine: QEMU's gateway. */
static int test_nat(void)
{
	int tun = tun_open();

	NEED(tun >= 0 && put("/proc/sys/net/ipv4/ip_forward", "1"));
	return ping_through(tun, "10.9.0.2", "10.0.2.2");
}

int main(int argc, char **argv)
{
	static const struct {
		const char *name;
		int (*test)(void);
	} all[] = {
		{ "io_uring", test_uring },  { "memfd", test_memfd },
		{ "tmpfs", test_tmpfs },     { "membarrier", test_membarrier },
		{ "seccomp", test_seccomp }, { "landlock", test_landlock },
		{ "overlay", test_overlay }, { "9p", test_9p },
		{ "vfat", test_vfat },	     { "tun", test_tun },
		{ "nat", test_nat },	     { "dax", test_dax },
		{ "hold", test_hold },
	};
	int failed = 0;

	for (int i = 1; i < argc; i++)
		for (unsigned int j = 0; j < sizeof(all) / sizeof(all[0]); j++) {
			int status = 0;

			if (strcmp(argv[i], all[j].name))
				continue;
			/* A process of its own: some give rights away. */
			fflush(stdout);
			if (!fork()) {
				status = all[j].test();
				fflush(stdout);
				_exit(status);
			}
			wait(&status);
			printf("%s %s\n", status ? "failed" : "ok", argv[i]);
			failed |= status;
		}
	return !!failed;
}

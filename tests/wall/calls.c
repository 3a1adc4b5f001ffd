/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * calls.c - system calls with arguments that make no sense, or almost.
 *
 *	calls SEED SECONDS [CHILD]
 *
 * First each call is made with each of its pointers pointing to the kernel's memory: it must fail
 * where it needs the pointer.  Then children make random calls, in turns as an ordinary user and as
 * root, until the time is over.  With `nokaslr` what comes back is searched for addresses of the
 * kernel.  With CHILD only this one runs, and says each call before it makes it.
 *
 * All of it follows from the seed, but for what the clock has a part in.
 */
#include <ftw.h>
#include <netinet/in.h>
#include <poll.h>
#include <sched.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/inotify.h>
#include <sys/ipc.h>
#include <sys/msg.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/sem.h>
#include <sys/shm.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/timerfd.h>
#include <sys/uio.h>

#include "wall.h"

#define NR_CALLS	462
#define CALLS_EACH	250	/* of a child */
#define LIMIT_MS	1500
#define FIRST_USER	2000

/* ------------------------------------------------------------------ what is left out, and why */

static const struct {
	short number;
	bool user;		/* also left to root only, if false */
	const char *why;
} left_out[] = {
	{ SYS_exit, true, "the child ends, as it is told to" },
	{ SYS_exit_group, true, "likewise" },
	{ SYS_rt_sigreturn, true, "hostile.c has it" },
	{ SYS_reboot, false, "root may end the machine" },
	{ SYS_kill, false, "root may kill everybody: the server, or all but process 1" },
	{ SYS_tkill, false, "likewise" },
	{ SYS_tgkill, false, "likewise" },
	{ SYS_rt_sigqueueinfo, false, "likewise" },
	{ SYS_rt_tgsigqueueinfo, false, "likewise" },
	{ SYS_pidfd_send_signal, false, "likewise" },
	{ SYS_ptrace, false, "root may stop everybody" },
	{ SYS_process_vm_writev, false, "root may write to everybody's memory" },
	{ SYS_process_madvise, false, "likewise" },
	{ 448 /* process_mrelease */, false, "likewise" },
	{ SYS_move_pages, false, "likewise" },
	{ SYS_migrate_pages, false, "likewise" },
	{ SYS_prlimit64, false, "root may limit everybody" },
	{ SYS_setpriority, false, "root may let others starve" },
	{ SYS_ioprio_set, false, "likewise" },
	{ SYS_sched_setscheduler, false, "likewise" },
	{ SYS_sched_setparam, false, "likewise" },
	{ SYS_sched_setattr, false, "likewise" },
	{ SYS_sched_setaffinity, false, "likewise" },
	{ SYS_settimeofday, false, "root may set the clock, by which this test measures its time" },
	{ SYS_clock_settime, false, "likewise" },
	{ SYS_clock_adjtime, false, "likewise" },
	{ SYS_adjtimex, false, "likewise" },
	{ SYS_mount, false, "root may change what everybody's files are" },
	{ SYS_umount2, false, "likewise" },
	{ SYS_pivot_root, false, "likewise" },
	{ 429 /* move_mount */, false, "likewise" },
	{ 442 /* mount_setattr */, false, "likewise" },
	{ SYS_mknod, false, "root may make, and then open, the disk" },
	{ SYS_mknodat, false, "likewise" },
	{ SYS_ioctl, false, "root may switch the network off" },
	{ SYS_syslog, false, "root may silence the console, and what it says is looked at" },
	{ SYS_vhangup, false, "the console is hung up" },
	{ SYS_sethostname, false, "nothing to be found there but a line of tests that compare it" },
};

static bool is_left_out(long number, bool root)
{
	for (size_t i = 0; i < sizeof(left_out) / sizeof(*left_out); i++)
		if (left_out[i].number == number && (root || left_out[i].user))
			return true;
	return false;
}

/* ------------------------------------------------------------------ what a child has */

static int files[40];
static unsigned int nr_files;
static unsigned char *buffers;
#define BUFFERS		(4 * PAGE)
#define FILL		0xa5a5a5a5a5a5a5a5

static const char *const names[] = {
	"file", "folder", "link", "none", "folder/file", ".", "..", "", "/", "/dev/null",
	"/dev/zero",
	"/proc/self/maps", "/proc/self/stat", "/proc/self/status", "/proc/self/auxv",
	"/proc/self/fd",
	"/proc/self/mem", "/proc/self/smaps", "/proc/self/wchan", "/proc/self/syscall",
	"/proc/self/stack", "/proc/self/pagemap", "/proc/meminfo", "/proc/kallsyms", "/proc/iomem",
	"/proc/interrupts", "/proc/net/tcp", "/proc/net/unix", "/proc/net/packet", "/proc/net/raw",
	"/proc/timer_list", "/proc/vmallocinfo", "/proc/slabinfo", "/proc/modules", "/proc/kmsg",
	"/proc/1/maps", "/proc/1/mem", "/proc/1/environ", "/proc/self/exe", "/dev/ptmx", "/dev/tty",
	"/proc/self/cmdline",
};

#define NR_NAMES	(sizeof(names) / sizeof(*names))

/* What children have said: in memory that all share. */
static struct report {
	volatile unsigned int count;
	char text[8][160];
} *report;

static void complain(const char *format, ...)
{
	va_list arguments;
	unsigned int i = report->count;

	if (i >= 8)
		return;
	va_start(arguments, format);
	vsnprintf(report->text[i], sizeof(report->text[i]), format, arguments);
	va_end(arguments);
	report->count = i + 1;
}

static void add_file(int file)
{
	if (file >= 0)
		files[nr_files++] = file;
}

static void on_alarm(int signal)
{
	(void)signal;
}

static void make_files(void)
{
	struct sockaddr_in address = { .sin_family = AF_INET };
	sigset_t none;
	int pair[2], file;

	sigemptyset(&none);
	mkdir("folder", 0777);
	add_file(file = open("file", O_RDWR | O_CREAT, 0666));
	if (file >= 0 && write(file, "0123456789abcdef", 16) < 0)
		_exit(2);
	if (symlink("file", "link"))
		_exit(2);
	close(open("folder/file", O_RDWR | O_CREAT, 0666));
	add_file(open("folder", O_RDONLY));
	add_file(open("/dev/null", O_RDWR));
	add_file(open("/dev/zero", O_RDWR));
	add_file(open("/dev/ptmx", O_RDWR | O_NOCTTY));
	add_file(open("/proc/self/maps", O_RDONLY));
	add_file(open("/proc/self/mem", O_RDWR));
	add_file(open("/proc/self/pagemap", O_RDONLY));
	if (!pipe2(pair, O_NONBLOCK)) {
		add_file(pair[0]);
		add_file(pair[1]);
	}
	if (!socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair)) {
		add_file(pair[0]);
		add_file(pair[1]);
	}
	if (!socketpair(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK, 0, pair)) {
		add_file(pair[0]);
		add_file(pair[1]);
	}
	file = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK, 0);
	address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
	if (file >= 0 && !bind(file, (void *)&address, sizeof(address)))
		listen(file, 4);
	add_file(file);
	add_file(socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0));
	add_file(socket(AF_INET6, SOCK_STREAM | SOCK_NONBLOCK, 0));
	add_file(socket(AF_INET6, SOCK_DGRAM | SOCK_NONBLOCK, 0));
	add_file(socket(AF_NETLINK, SOCK_RAW | SOCK_NONBLOCK, 0));
	add_file(socket(AF_PACKET, SOCK_RAW | SOCK_NONBLOCK, htons(3)));
	add_file(socket(AF_INET, SOCK_RAW | SOCK_NONBLOCK, IPPROTO_ICMP));
	add_file(epoll_create1(0));
	add_file(eventfd(1, EFD_NONBLOCK));
	add_file(timerfd_create(CLOCK_MONOTONIC, TFD_NONBLOCK));
	add_file(signalfd(-1, &none, SFD_NONBLOCK));
	add_file(inotify_init1(IN_NONBLOCK));
	add_file(memfd_create("memory", MFD_ALLOW_SEALING));
	add_file(syscall(434 /* pidfd_open */, getpid(), 0));
	add_file(syscall(SYS_userfaultfd, 1 | O_NONBLOCK));
	add_file(open(".", O_PATH));
}

static void make_buffers(void)
{
	own_memory();
	buffers = guarded(BUFFERS, PROT_READ | PROT_WRITE, MAP_PRIVATE);
	for (unsigned int i = 0; i < BUFFERS; i += 8)
		*(uint64_t *)(buffers + i) = FILL;
}

/* ------------------------------------------------------------------ what comes back */

/* Addresses of the kernel that the child itself has given away. */
static unsigned long given[8 * CALLS_EACH];
static unsigned int nr_given;

static bool looks_like_kernel(unsigned long value)
{
	return value >= UPPER_START && value < -0x10000000ul;
}

/*
 * With `nokaslr` it is known where the kernel has what it allocates, and itself.  Anywhere else,
 * words that hold parts of other values would be taken for addresses too often.
 */
static bool known_places;

/* One bit alone in the lower half: part of a -1, and a flag. */
static bool is_kernel(unsigned long value)
{
	if (__builtin_popcountl(value & 0xffffffff) < 2)
		return false;
	return value - UPPER_START - PAGE < 0x10000000 || value - DONOR_MAP - PAGE < 0x40000000 ||
	       value - IMAGE_MAP - PAGE < 0x2000000;
}

static void search(long number, const unsigned long *a)
{
	const unsigned long *word = (const unsigned long *)buffers;

	for (unsigned int i = 0; known_places && i < BUFFERS / 8; i++) {
		bool own = false;

		if (!is_kernel(word[i]))
			continue;
		for (unsigned int n = 0; n < nr_given; n++)
			own |= word[i] - given[n] + 0x100000 < 0x200000;
		if (own)
			continue;
		complain("call %ld(%lx, %lx, %lx, %lx, %lx, %lx) gave %lx", number, a[0], a[1],
			 a[2],
			 a[3], a[4], a[5], word[i]);
		*(unsigned long *)(buffers + 8 * i) = FILL;
	}
}

/* ------------------------------------------------------------------ arguments */

static unsigned char *any_buffer(void)
{
	unsigned char *at = buffers + (one_in(4) ? BUFFERS - below(300) :
				       below(BUFFERS - 256) & ~7u);

	return at;
}

/* Words for a structure, none of which looks like the kernel's address. */
static void fill_buffer(unsigned char *at)
{
	unsigned long *word = (unsigned long *)((unsigned long)at & -8ul);

	if (at + 128 > buffers + BUFFERS)
		return;
	for (unsigned int i = below(12); i; i--, word++) {
		switch (below(6)) {
		case 0:
			*word = below(64);
			break;
		case 1:
			*word = (unsigned long)any_buffer();
			break;
		case 2:
			*word = files[below(nr_files)];
			break;
		case 3:
			*word = 1ul << below(63);
			break;
		case 4:
			*word = below(3) | (unsigned long)below(3) << 32;
			break;
		default:
			*word = chance() & 0x7fffffffffffffff;
		}
	}
}

static unsigned long any_size(void)
{
	static const unsigned long sizes[] = { 0, 1, 4, 8, 16, 64, 127, 128, PAGE - 1, PAGE,
					       PAGE + 1,
					       65536, 1ul << 31, 1ul << 32, 1ul << 47, 1ul << 63,
					       -1ul };

	return one_in(2) ? below(512) : sizes[below(sizeof(sizes) / sizeof(*sizes))];
}

static unsigned long any_name(void)
{
	unsigned char *at = buffers + below(BUFFERS - 64);

	strcpy((char *)at, names[below(NR_NAMES)]);
	return (unsigned long)at;
}

static unsigned long any_argument(void)
{
	unsigned long value;
	unsigned char *at;

	switch (below(14)) {
	case 0:
	case 1:
	case 2:
		at = any_buffer();
		if (one_in(2))
			fill_buffer(at);
		return (unsigned long)at;
	case 3:
	case 4:
		return files[below(nr_files)];
	case 5:
		return any_size();
	case 6:
		return any_name();
	case 7:
		return 0;
	case 8:
	case 9:
		return below(32);
	case 10:
		return 1ul << below(32);
	case 11:
		return (uint32_t)chance();
	case 12:
		value = any_number();
		break;
	default:
		value = any_address();
	}
	if (looks_like_kernel(value) && nr_given < sizeof(given) / sizeof(*given))
		given[nr_given++] = value;
	return value;
}

/*
 * What calls take: f file, p pointer that is needed, o pointer that may be NULL, s name, n size,
 * 0-9 that number.  Others have six arguments of any kind.
 */
static const struct {
	short number;
	const char *takes;
} known[] = {
	{ SYS_read, "fpn" }, { SYS_write, "fpn" }, { SYS_open, "s0" }, { SYS_stat, "sp" },
	{ SYS_fstat, "fp" }, { SYS_lstat, "sp" }, { SYS_poll, "p10" }, { SYS_mmap, "on32f0" },
	{ SYS_rt_sigaction, "1po8" }, { SYS_rt_sigprocmask, "0po8" }, { SYS_ioctl, "fnp" },
	{ SYS_pread64, "fpn0" }, { SYS_pwrite64, "fpn0" }, { SYS_readv, "fp1" },
	{ SYS_writev, "fp1" }, { SYS_access, "s0" }, { SYS_pipe, "p" }, { SYS_select, "8ooop" },
	{ SYS_mincore, "onp" }, { SYS_shmctl, "0np" }, { SYS_nanosleep, "po" },
	{ SYS_getitimer, "0p" }, { SYS_setitimer, "1po" }, { SYS_sendfile, "ffp9" },
	{ SYS_connect, "fpn" }, { SYS_accept, "foo" }, { SYS_sendto, "fpn0on" },
	{ SYS_recvfrom, "fpn0oo" }, { SYS_sendmsg, "fp0" }, { SYS_recvmsg, "fp0" },
	{ SYS_bind, "fpn" }, { SYS_getsockname, "fpp" }, { SYS_getpeername, "fpp" },
	{ SYS_socketpair, "110p" }, { SYS_setsockopt, "f12p4" }, { SYS_getsockopt, "f13pp" },
	{ SYS_execve, "s00" }, { SYS_wait4, "1p10" }, { SYS_uname, "p" }, { SYS_semop, "0p1" },
	{ SYS_msgsnd, "0p80" }, { SYS_msgrcv, "0p801" }, { SYS_fcntl, "f5p" },
	{ SYS_truncate, "s0" },
	{ SYS_getdents, "fpn" }, { SYS_getcwd, "pn" }, { SYS_chdir, "s" }, { SYS_rename, "ss" },
	{ SYS_mkdir, "s0" }, { SYS_rmdir, "s" }, { SYS_creat, "s0" }, { SYS_link, "ss" },
	{ SYS_unlink, "s" }, { SYS_symlink, "ss" }, { SYS_readlink, "spn" }, { SYS_chmod, "s7" },
	{ SYS_chown, "s00" }, { SYS_lchown, "s00" }, { SYS_gettimeofday, "po" },
	{ SYS_getrlimit, "7p" }, { SYS_getrusage, "0p" }, { SYS_sysinfo, "p" }, { SYS_times, "p" },
	{ SYS_getgroups, "9p" }, { SYS_setgroups, "1p" }, { SYS_getresuid, "ppp" },
	{ SYS_getresgid, "ppp" }, { SYS_capget, "pp" }, { SYS_capset, "pp" },
	{ SYS_rt_sigpending, "p8" }, { SYS_rt_sigtimedwait, "poo8" }, { SYS_rt_sigsuspend, "p8" },
	{ SYS_sigaltstack, "po" }, { SYS_utime, "sp" }, { SYS_mknod, "s00" }, { SYS_statfs, "sp" },
	{ SYS_fstatfs, "fp" }, { SYS_sched_setparam, "0p" }, { SYS_sched_getparam, "0p" },
	{ SYS_sched_setscheduler, "00p" }, { SYS_sched_rr_get_interval, "0p" },
	{ SYS_chroot, "s" }, { SYS_setxattr, "sspn0" }, { SYS_getxattr, "sspn" },
	{ SYS_listxattr, "spn" }, { SYS_removexattr, "ss" }, { SYS_time, "o" },
	{ SYS_futex, "p01o00" }, { SYS_sched_getaffinity, "09p" }, { SYS_io_setup, "9p" },
	{ SYS_io_submit, "01p" }, { SYS_getdents64, "fpn" }, { SYS_timer_create, "1op" },
	{ SYS_timer_settime, "00po" }, { SYS_timer_gettime, "0p" }, { SYS_clock_gettime, "1p" },
	{ SYS_clock_getres, "1o" }, { SYS_clock_nanosleep, "10po" }, { SYS_epoll_wait, "fp10" },
	{ SYS_epoll_ctl, "f1fp" }, { SYS_utimes, "sp" }, { SYS_mbind, "on0p00" },
	{ SYS_mq_open, "s000" }, { SYS_mq_unlink, "s" }, { SYS_mq_timedsend, "fp10o" },
	{ SYS_mq_timedreceive, "fpnoo" }, { SYS_mq_getsetattr, "foo" }, { SYS_waitid, "01o4o" },
	{ SYS_inotify_add_watch, "fs1" }, { SYS_openat, "fs00" }, { SYS_mkdirat, "fs0" },
	{ SYS_newfstatat, "fsp0" }, { SYS_unlinkat, "fs0" }, { SYS_renameat, "fsfs" },
	{ SYS_linkat, "fsfs0" }, { SYS_symlinkat, "sfs" }, { SYS_readlinkat, "fspn" },
	{ SYS_fchmodat, "fs7" }, { SYS_faccessat, "fs0" }, { SYS_pselect6, "8ooopo" },
	{ SYS_ppoll, "p1oo8" }, { SYS_set_robust_list, "on" }, { SYS_get_robust_list, "0pp" },
	{ SYS_splice, "fofon0" }, { SYS_vmsplice, "fp10" }, { SYS_utimensat, "fso0" },
	{ SYS_epoll_pwait, "fp10o8" }, { SYS_signalfd, "fp8" }, { SYS_timerfd_settime, "f0po" },
	{ SYS_timerfd_gettime, "fp" }, { SYS_accept4, "foo0" }, { SYS_signalfd4, "fp80" },
	{ SYS_pipe2, "p0" }, { SYS_preadv, "fp100" }, { SYS_pwritev, "fp100" },
	{ SYS_recvmmsg, "fp10o" }, { SYS_prlimit64, "07oo" }, { SYS_name_to_handle_at, "fspp0" },
	{ SYS_sendmmsg, "fp10" }, { SYS_process_vm_readv, "1p1p10" }, { SYS_sched_setattr, "0p0" },
	{ SYS_sched_getattr, "0p90" }, { SYS_renameat2, "fsfs0" }, { SYS_seccomp, "10p" },
	{ SYS_getrandom, "pn0" }, { SYS_memfd_create, "s0" }, { SYS_execveat, "fs000" },
	{ SYS_copy_file_range, "fofon0" }, { SYS_preadv2, "fp1000" }, { SYS_pwritev2, "fp1000" },
	{ SYS_statx, "fs0np" }, { 435 /* clone3 */, "p8" }, { 437 /* openat2 */, "fspn" },
	{ 439 /* faccessat2 */, "fs00" }, { 441 /* epoll_pwait2 */, "fp1oo8" },
	{ 449 /* futex_waitv */, "p10o1" }, { SYS_arch_prctl, "0p" }, { SYS_prctl, "1p" },
	{ SYS_syslog, "3pn" }, { SYS_sethostname, "pn" }, { SYS_adjtimex, "p" },
};

#define NR_KNOWN	(sizeof(known) / sizeof(*known))

static unsigned long argument_of(char kind)
{
	unsigned char *at;

	switch (kind) {
	case 'f':
		return files[below(nr_files)];
	case 'p':
	case 'o':
		at = any_buffer();
		if (one_in(2))
			fill_buffer(at);
		return (unsigned long)at;
	case 's':
		return any_name();
	case 'n':
		return any_size();
	default:
		return one_in(3) ? below(64) : (unsigned long)(kind - '0');
	}
}

/* ------------------------------------------------------------------ the children */

static bool say_calls;
static pid_t parent;

static void random_call(bool root)
{
	unsigned long a[6];
	unsigned int which = below(NR_KNOWN);
	long number, result;
	pid_t self = getpid();

	for (unsigned int i = 0; i < 6; i++)
		a[i] = any_argument();
	number = below(NR_CALLS);
	if (one_in(2)) {
		number = known[which].number;
		for (unsigned int i = 0; known[which].takes[i]; i++)
			if (!one_in(10))
				a[i] = argument_of(known[which].takes[i]);
	}
	if (one_in(200))
		number = one_in(2) ? (long)chance() : (long)any_number();
	if (is_left_out((unsigned int)number, root))
		return;
	if (say_calls)
		dprintf(1, "%ld(%lx, %lx, %lx, %lx, %lx, %lx)\n", number, a[0], a[1], a[2], a[3],
			a[4],
			a[5]);
	result = call6(number, a[0], a[1], a[2], a[3], a[4], a[5]);
	/* Whoever this is, it is not the child any more. */
	if (CALL(SYS_getpid, 0, 0, 0, 0) != self)
		CALL(SYS_exit_group, 0, 0, 0, 0);
	if (say_calls)
		dprintf(1, "\t= %ld\n", result);
	if (looks_like_kernel(result) && result < -4096l) {
		bool own = false;

		for (unsigned int n = 0; n < nr_given; n++)
			own |= given[n] == (unsigned long)result;
		if (!own)
			complain("call %ld(%lx, %lx, %lx, ...) returned %lx", number, a[0], a[1],
				 a[2],
				 result);
	}
	if (result >= 0 || result == -EFAULT)
		search(number, a);
}

static void child(uint64_t seed, unsigned int number)
{
	static const struct {
		int what;
		unsigned long limit;
	} limits[] = {
		{ RLIMIT_FSIZE, 1 << 20 }, { RLIMIT_NOFILE, 256 }, { RLIMIT_CORE, 0 },
		{ RLIMIT_AS, 48 << 20 }, { RLIMIT_NPROC, 40 },
	};
	struct itimerval often = { { 0, 5000 }, { 0, 5000 } };
	struct sigaction action = { .sa_handler = on_alarm };
	bool root = number & 1;

	chance_seed(seed, number, 1);
	setpgid(0, 0);
	make_buffers();
	make_files();
	/* root's is its group's last resort against a fork() that goes on and on. */
	for (size_t i = 0; i < sizeof(limits) / sizeof(*limits); i++)
		setrlimit(limits[i].what, &(struct rlimit){ limits[i].limit, limits[i].limit });
	if (!root && (setgid(FIRST_USER + number) || setuid(FIRST_USER + number)))
		_exit(2);
	sigaction(SIGALRM, &action, NULL);
	signal(SIGXFSZ, SIG_IGN);
	signal(SIGPIPE, SIG_IGN);
	setitimer(ITIMER_REAL, &often, NULL);
	for (unsigned int i = 0; i < CALLS_EACH; i++)
		random_call(root);
	_exit(0);
}

static int remove_one(const char *path, const struct stat *status, int what, struct FTW *at)
{
	(void)status;
	(void)what;
	(void)at;
	remove(path);
	return 0;
}

/* What outlives a process by design. */
static void clean(const char *folder)
{
	struct shmid_ds shm;
	struct msqid_ds queue;
	struct seminfo info;
	int last;

	last = shmctl(0, SHM_INFO, (void *)&(struct shminfo){ 0 });
	for (int i = 0; i <= last; i++) {
		int id = shmctl(i, SHM_STAT, &shm);

		if (id >= 0)
			shmctl(id, IPC_RMID, NULL);
	}
	last = msgctl(0, MSG_INFO, (void *)&(struct msginfo){ 0 });
	for (int i = 0; i <= last; i++) {
		int id = msgctl(i, MSG_STAT, &queue);

		if (id >= 0)
			msgctl(id, IPC_RMID, NULL);
	}
	last = semctl(0, 0, SEM_INFO, &info);
	for (int i = 0; i <= last; i++) {
		struct semid_ds set;
		int id = semctl(i, 0, SEM_STAT, &set);

		if (id >= 0)
			semctl(id, 0, IPC_RMID);
	}
	for (size_t i = 0; i < NR_NAMES; i++)
		CALL(SYS_mq_unlink, names[i], 0, 0, 0);
	nftw(folder, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static void run_child(uint64_t seed, unsigned int number, unsigned int *lates, unsigned int *killed)
{
	char folder[32];
	int status;
	bool late;
	pid_t pid;

	snprintf(folder, sizeof(folder), "/tmp/calls.%u", number);
	mkdir(folder, 0777);
	chmod(folder, 0777);
	fflush(stdout);
	pid = fork();
	if (pid < 0) {
		failed("fork: %s", strerror(errno));
		return;
	}
	if (!pid) {
		if (chdir(folder))
			_exit(2);
		child(seed, number);
	}
	status = await_child(pid, LIMIT_MS, &late);
	*lates += late;
	*killed += WIFSIGNALED(status);
	end_orphans();
	clean(folder);
	for (unsigned int i = 0; i < report->count && i < 8; i++)
		failed("child %u: %s", number, report->text[i]);
	report->count = 0;
}

/* ------------------------------------------------------------------ pointers to the kernel */

static bool takes_pointer(char kind)
{
	return kind == 'p' || kind == 'o' || kind == 's';
}

/* One call, at all positions; if it is known, with what else it wants. */
static void kernel_pointers(uint64_t seed, unsigned int number, bool root)
{
	struct itimerval often = { { 0, 4000 }, { 0, 4000 } };
	struct sigaction action = { .sa_handler = on_alarm };
	unsigned long pointers[12], a[6];
	unsigned int nr = 0;

	chance_seed(seed, number, 2 + root);
	make_buffers();
	make_files();
	setrlimit(RLIMIT_NPROC, &(struct rlimit){ 40, 40 });
	if (!root && (setgid(FIRST_USER) || setuid(FIRST_USER)))
		_exit(2);
	sigaction(SIGALRM, &action, NULL);
	signal(SIGPIPE, SIG_IGN);
	setitimer(ITIMER_REAL, &often, NULL);
	pointers[nr++] = UPPER_START;
	pointers[nr++] = UPPER_START + (chance() & 0x7ffffffff000);
	pointers[nr++] = DONOR_MAP + (chance() & 0x7fffffff000);
	pointers[nr++] = IMAGE_MAP + 0x100000;
	pointers[nr++] = IMAGE_MAP + (chance() & 0x7fffff000);
	pointers[nr++] = LOWER_END;
	pointers[nr++] = LOWER_END - PAGE;
	pointers[nr++] = UPPER_START - PAGE;
	pointers[nr++] = -PAGE;
	if (kernel_known[0])
		pointers[nr++] = kernel_known[0];
	if (kernel_known[1])
		pointers[nr++] = kernel_known[1];
	memcpy(given, pointers, sizeof(pointers));
	nr_given = nr;
	for (size_t i = 0; i < NR_KNOWN; i++) {
		const char *takes = known[i].takes;

		if (known[i].number != (int)number)
			continue;
		for (unsigned int at = 0; takes[at]; at++) {
			for (unsigned int p = 0; takes_pointer(takes[at]) && p < nr; p++) {
				unsigned int good = 0;

				/* Until a file or a size is tried that wants the pointer. */
				for (unsigned int tries = 0; tries < 12; tries++) {
					memset(a, 0, sizeof(a));
					for (unsigned int n = 0; takes[n]; n++)
						a[n] = takes[n] == 'n' ? 8 + below(120) :
						       argument_of(takes[n]);
					a[at] = pointers[p];
					good += call6(number, a[0], a[1], a[2], a[3], a[4],
						      a[5]) >= 0;
					search(number, a);
				}
				/*
				 * A size of 0, or a file that has nothing, needs no pointer; a name
				 * is.
				 */
				if (good && takes[at] == 's')
					complain("call %u, name at %lx: no error", number,
						 pointers[p]);
			}
		}
	}
	for (unsigned int at = 0; at < 6; at++) {
		for (unsigned int p = 0; p < nr; p++) {
			for (unsigned int n = 0; n < 6; n++)
				a[n] = any_argument();
			a[at] = pointers[p];
			if (call6(number, a[0], a[1], a[2], a[3], a[4], a[5]) >= 0)
				search(number, a);
			if (CALL(SYS_getppid, 0, 0, 0, 0) != (long)parent)
				CALL(SYS_exit_group, 0, 0, 0, 0);
		}
	}
	_exit(0);
}

/* Data that a call was to read from the kernel's memory must not have gone anywhere. */
static void kernel_data(void)
{
	static const struct {
		const char *name;
		long number;
	} writers[] = {
		{ "write", SYS_write }, { "pwrite64", SYS_pwrite64 }, { "send", SYS_sendto },
		{ "writev", SYS_writev }, { "vmsplice", SYS_vmsplice }, { "sendmsg", SYS_sendmsg },
	};
	int pipes[2], pair[2], file = memfd_create("data", 0);
	unsigned char byte;

	if (pipe2(pipes, O_NONBLOCK) || socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, pair))
		_exit(2);
	make_buffers();
	for (unsigned int i = 0; i < 300; i++) {
		unsigned long from = kernel_address();
		struct iovec vector = { (void *)from, 16 };
		struct msghdr message = { .msg_iov = &vector, .msg_iovlen = 1 };
		unsigned int which = i % (sizeof(writers) / sizeof(*writers));
		int to = writers[which].number == SYS_sendto ||
		       writers[which].number == SYS_sendmsg ?
			 pair[0] : writers[which].number == SYS_pwrite64 ? file : pipes[1];
		unsigned long pointer = writers[which].number == SYS_sendmsg ?
		       (unsigned long)&message :
					writers[which].number == SYS_writev ||
					writers[which].number == SYS_vmsplice ?
					(unsigned long)&vector : from;
		unsigned long size = pointer == (unsigned long)&vector ? 1 :
				     pointer == (unsigned long)&message ? 0 : 16;
		long result = call6(writers[which].number, to, pointer, size, 0, 0, 0);

		if (result >= 0)
			complain("%s from %lx: %ld", writers[which].name, from, result);
		if (read(pipes[0], &byte, 1) > 0 || read(pair[1], &byte, 1) > 0 ||
		    pread(file, &byte, 1, 0) > 0)
			complain("%s from %lx: a byte %02x came", writers[which].name, from, byte);
	}
	_exit(0);
}

/* Both of the above, a child for each call. */
static void run_pass(const char *name, uint64_t seed, int which)
{
	unsigned long start = now_ms();
	unsigned int lates = 0, killed = 0;

	for (unsigned int number = 0; number < (which == 2 ? 1 : NR_CALLS); number++) {
		int status;
		bool late;
		pid_t pid;

		if (which < 2 && is_left_out(number, which))
			continue;
		mkdir("/tmp/calls.kernel", 0777);
		chmod("/tmp/calls.kernel", 0777);
		fflush(stdout);
		pid = fork();
		if (!pid) {
			if (chdir("/tmp/calls.kernel"))
				_exit(2);
			if (which == 2)
				kernel_data();
			kernel_pointers(seed, number, which);
		}
		status = await_child(pid, LIMIT_MS, &late);
		lates += late;
		killed += WIFSIGNALED(status);
		end_orphans();
		clean("/tmp/calls.kernel");
		for (unsigned int i = 0; i < report->count && i < 8; i++)
			failed("%s: call %u: %s", name, number, report->text[i]);
		report->count = 0;
		if (late && say_calls)
			printf("call %u is too late\n", number);
	}
	printf("%s: %lu ms, %u killed, %u too late\n", name, now_ms() - start, killed, lates);
}

int main(int argc, char **argv)
{
	uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 0) : 1;
	unsigned long seconds = argc > 2 ? strtoul(argv[2], NULL, 0) : 10, start;
	unsigned int number = 0, lates = 0, killed = 0;
	char words[512] = "";
	int file;

	/* An execve() of this, by chance. */
	if (argc < 3)
		return 0;
	report = (void *)guarded(PAGE, PROT_READ | PROT_WRITE, MAP_SHARED);
	parent = getpid();
	prctl(PR_SET_CHILD_SUBREAPER, 1);
	mkdir("/tmp", 01777);
	chmod("/tmp", 01777);
	learn_addresses();
	file = open("/proc/cmdline", O_RDONLY);
	if (file >= 0 && read(file, words, sizeof(words) - 1) > 0)
		known_places = strstr(words, "nokaslr");
	close(file);
	printf("calls: seed %lu, %lu seconds\n", seed, seconds);
	if (argc > 3) {
		say_calls = true;
		run_child(seed, atoi(argv[3]), &lates, &killed);
		return failures != 0;
	}
	run_pass("pointers to the kernel, as a user", seed, 0);
	run_pass("pointers to the kernel, as root", seed, 1);
	run_pass("data of the kernel", seed, 2);
	for (start = now_ms(); now_ms() - start < seconds * 1000; number++)
		run_child(seed, number, &lates, &killed);
	printf("calls: %u children of %u calls, %u killed, %u too late, %u failed\n", number,
	       CALLS_EACH,
	       killed, lates, failures);
	return failures != 0;
}

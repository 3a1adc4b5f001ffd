/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * init.c - the first program in an image.
 *
 * Mounts what a POSIX program expects and the disks it was told of, runs the program that
 * /.haunch/program names (NUL-terminated strings: the number of arguments, the arguments, the
 * environment), and when that ends syncs, unmounts, reports its exit status and powers off.
 *
 * The kernel's command line says the rest:
 *   haunch.mount=DEVICE:DIRECTORY[:FSTYPE[:ro]]   mount a disk; any number of them
 *   haunch.hostname=NAME
 *   haunch.network=wait                           start the program only once the network is up
 *   root=DEVICE [rootfstype=TYPE] [ro]            make a disk the root; the program may be there or
 *                                                 in the image
 *   -- ARGUMENT...                                instead of the baked arguments
 *
 * It must work without fork() (there may be no MMU), and every instruction counts as boot time: no
 * stdio, no system call that is not needed.  As process 1 it must never end by itself.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <fcntl.h>
#include <net/if.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mount.h>
#include <sys/reboot.h>
#include <sys/resource.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/sysinfo.h>
#include <sys/utsname.h>
#include <sys/wait.h>
#include <time.h>
#include <termios.h>
#include <unistd.h>

#define PROGRAM_FILE		"/.haunch/program"
#define EXIT_STATUS_FILE	"/sys/kernel/haunch/exit_status"
#define COMMAND_LINE_SIZE	4096
#define MAX_MOUNTS		16
#define MAX_ARGUMENTS		256	/* on the kernel's command line */

/* Enough for a busy server, few enough for programs that close every descriptor there may be. */
#define FILES_SOFT		16384
#define FILES_HARD		1048576

/* What /tmp and /dev/shm may each take. */
#define SHARE_OF_MEMORY		"mode=1777,size=30%"
#define PAGE			4096

#define DEVICE_WAIT_MS		10000	/* for a disk that is still being found */
#define NETWORK_WAIT_MS		30000
#define TERM_WAIT_MS		2000	/* what other processes get between SIGTERM and SIGKILL */

/* The exit status when the image itself, not the program, is at fault; as shells have them. */
#define STATUS_CANNOT_RUN	126
#define STATUS_NOT_FOUND	127

static char command_line[COMMAND_LINE_SIZE];
static const char *mounts[MAX_MOUNTS];	/* values of haunch.mount=, then directories mounted */
static unsigned int nr_mounts;
static const char *root, *root_type, *hostname;
static bool root_read_only, network_wait, may_mount;
static char *new_arguments[MAX_ARGUMENTS + 2];	/* [0] is the program */
static unsigned int nr_new_arguments;
static volatile pid_t program_pid;

/* ------------------------------------------------------------------ messages */

static void append(char *line, size_t size, const char *text)
{
	strncat(line, text, size - strlen(line) - 1);
}

/* One line on the console: "haunch: A: B". */
static void say(const char *a, const char *b)
{
	char line[512] = "haunch: ";

	append(line, sizeof(line) - 1, a);
	if (b) {
		append(line, sizeof(line) - 1, ": ");
		append(line, sizeof(line) - 1, b);
	}
	append(line, sizeof(line), "\n");
	if (write(2, line, strlen(line)) < 0)
		return;
}

static char *decimal(unsigned int value, char buffer[12])
{
	char *at = buffer + 11;

	*at = '\0';
	do {
		*--at = '0' + value % 10;
		value /= 10;
	} while (value);
	return at;
}

static void sleep_ms(unsigned int ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000L };

	nanosleep(&t, NULL);
}

/* ------------------------------------------------------------------ the end */

static void power_off(unsigned int status) __attribute__((noreturn));

/* Are there other processes?  All are our children, or theirs, or orphans that became ours. */
static bool others_left(void)
{
	pid_t ended;

	while ((ended = waitpid(-1, NULL, WNOHANG)) > 0)
		;
	return !ended;
}

/* Every other process gets the chance to end by itself. */
static void end_others(void)
{
	unsigned int waited;

	if (!others_left())
		return;
	kill(-1, SIGTERM);
	for (waited = 0; waited < TERM_WAIT_MS; waited += 10) {
		sleep_ms(10);
		if (!others_left())
			return;
	}
	kill(-1, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0)
		;
}

static void power_off(unsigned int status)
{
	char digits[12], *text = decimal(status, digits);
	unsigned int i;
	int fd;

	signal(SIGTERM, SIG_IGN);
	signal(SIGINT, SIG_IGN);
	end_others();
	if (nr_mounts || root) {
		sync();
		for (i = nr_mounts; i--;)
			if (umount2(mounts[i], 0))
				mount(NULL, mounts[i], NULL, MS_REMOUNT | MS_RDONLY, NULL);
		if (root)
			mount(NULL, "/", NULL, MS_REMOUNT | MS_RDONLY, NULL);
	}
	fd = open(EXIT_STATUS_FILE, O_WRONLY);
	if (fd >= 0 && write(fd, text, strlen(text)) < 0)
		say("cannot report the exit status", strerror(errno));
	reboot(RB_POWER_OFF);
	_exit(status);
}

static void fail(const char *a, const char *b) __attribute__((noreturn));

static void fail(const char *a, const char *b)
{
	say(a, b);
	power_off(STATUS_CANNOT_RUN);
}

/* ------------------------------------------------------------------ reading */

/* Read a small file whole; the buffer is NUL-terminated.  Returns the length or -1. */
static ssize_t read_file(const char *path, char *buffer, size_t size)
{
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	size_t length = 0;
	ssize_t n = 0;

	if (fd < 0)
		return -1;
	while (length < size - 1 && (n = read(fd, buffer + length, size - 1 - length)) > 0)
		length += n;
	close(fd);
	buffer[length] = '\0';
	return n < 0 ? -1 : (ssize_t)length;
}

/* A setting of the kernel's; one that it does not have is not missed. */
static void write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return;
	if (write(fd, text, strlen(text)) < 0)
		say(path, strerror(errno));
	close(fd);
}

static char *value_of(char *word, const char *name)
{
	size_t length = strlen(name);

	return strncmp(word, name, length) ? NULL : word + length;
}

/* Cut the next word off; double quotes hold words together, as the kernel has it. */
static char *next_word(char **at)
{
	char *word, *to;
	bool quoted = false;

	while (**at == ' ' || **at == '\n')
		++*at;
	if (!**at)
		return NULL;
	for (word = to = *at; **at; ++*at) {
		if (**at == '"')
			quoted = !quoted;
		else if ((**at == ' ' || **at == '\n') && !quoted)
			break;
		else
			*to++ = **at;
	}
	if (**at)
		++*at;
	*to = '\0';
	return word;
}

static void read_command_line(void)
{
	char *at = command_line, *word, *value;
	bool arguments = false;

	if (read_file("/proc/cmdline", command_line, sizeof(command_line)) < 0)
		return;
	while ((word = next_word(&at))) {
		if (arguments) {
			if (nr_new_arguments == MAX_ARGUMENTS)
				fail("too many arguments on the command line", NULL);
			new_arguments[++nr_new_arguments] = word;
		} else if (!strcmp(word, "--")) {
			arguments = true;
		} else if ((value = value_of(word, "haunch.mount="))) {
			if (nr_mounts == MAX_MOUNTS)
				fail("too many haunch.mount= on the command line", NULL);
			mounts[nr_mounts++] = value;
		} else if ((value = value_of(word, "haunch.hostname="))) {
			hostname = value;
		} else if ((value = value_of(word, "haunch.network="))) {
			network_wait = !strcmp(value, "wait");
		} else if ((value = value_of(word, "root="))) {
			root = value;
		} else if ((value = value_of(word, "rootfstype="))) {
			root_type = value;
		} else if (!strcmp(word, "ro")) {
			root_read_only = true;
		} else if (!strcmp(word, "rw")) {
			root_read_only = false;
		}
	}
}

/* ------------------------------------------------------------------ mounting */

static void mount_system(void)
{
	const unsigned long flags = MS_NOSUID | MS_NOEXEC | MS_NODEV;

	/* A kernel without one of them can still run many programs. */
	may_mount = !mount("proc", "/proc", "proc", flags, NULL) || errno != EPERM;
	mount("sysfs", "/sys", "sysfs", flags, NULL);
	if (!mount("dev", "/dev", "devtmpfs", MS_NOSUID, NULL)) {
		mkdir("/dev/shm", 01777);
		mkdir("/dev/pts", 0755);
		symlink("/proc/self/fd", "/dev/fd");
		symlink("/proc/self/fd/0", "/dev/stdin");
		symlink("/proc/self/fd/1", "/dev/stdout");
		symlink("/proc/self/fd/2", "/dev/stderr");
		mount("shm", "/dev/shm", "tmpfs", MS_NOSUID | MS_NODEV, SHARE_OF_MEMORY);
	}
	mount("devpts", "/dev/pts", "devpts", MS_NOSUID | MS_NOEXEC, "ptmxmode=666,mode=620");
}

/*
 * What is in memory and can be filled by everybody has a limit, so that no user takes all of it.  A
 * /tmp with files of the image in it is left as it is.
 */
static void limit_memory(void)
{
	struct sysinfo info;
	char pages[12];

	/* The machine is somebody else's: its settings are not ours to change. */
	if (!may_mount)
		return;
	if (!root && !rmdir("/tmp")) {
		if (mkdir("/tmp", 01777) ||
		    mount("tmp", "/tmp", "tmpfs", MS_NOSUID | MS_NODEV, SHARE_OF_MEMORY))
			say("/tmp has no limit", strerror(errno));
	}
	if (sysinfo(&info))
		return;
	write_file("/proc/sys/kernel/shmall", decimal(info.totalram * info.mem_unit / PAGE / 4, pages));
	write_file("/proc/sys/fs/pipe-user-pages-soft",
		   decimal(info.totalram * info.mem_unit / PAGE / 16, pages));
}

static void make_directories(char *path)
{
	char *slash;

	for (slash = path + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = '\0';
		mkdir(path, 0755);
	}
	mkdir(path, 0755);
}

/* Try every file system of the kernel that lives on a device; sets errno. */
static int mount_any(const char *device, const char *dir, unsigned long flags)
{
	char types[2048], *at = types, *line;
	int error = ENODEV;

	if (read_file("/proc/filesystems", types, sizeof(types)) < 0)
		return -1;
	while ((line = at) && *line) {
		at = strchr(line, '\n');
		if (at)
			*at++ = '\0';
		if (*line++ != '\t')
			continue;	/* "nodev\tNAME" */
		if (!mount(device, dir, line, flags | MS_SILENT, NULL))
			return 0;
		if (errno != EINVAL)
			error = errno;
		if (errno == EACCES || errno == EROFS || errno == EBUSY || errno == ENOENT)
			break;
	}
	errno = error;
	return -1;
}

static int mount_device(const char *device, const char *dir, const char *type, bool read_only)
{
	unsigned long flags;
	unsigned int waited;
	int fd, is_read_only = 0;

	for (waited = 0; device[0] == '/'; waited += 10) {
		fd = open(device, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
		if (fd >= 0) {
			/* A disk that cannot be written, such as a CD, is mounted as it can be. */
			ioctl(fd, BLKROGET, &is_read_only);
			close(fd);
			break;
		}
		if (waited >= DEVICE_WAIT_MS)
			return -1;
		sleep_ms(10);
	}
	flags = read_only || is_read_only ? MS_RDONLY : 0;
	return type && *type ? mount(device, dir, type, flags, NULL)
			     : mount_any(device, dir, flags);
}

/* DEVICE:DIRECTORY[:FSTYPE[:ro]].  Leaves the directory in mounts[i]. */
static void mount_disk(unsigned int i)
{
	char *device = (char *)mounts[i], *dir, *type = NULL, *option = NULL;
	char message[256] = "cannot mount ";

	dir = strchr(device, ':');
	if (!dir)
		fail("haunch.mount= wants DEVICE:DIRECTORY[:FSTYPE[:ro]]", device);
	*dir++ = '\0';
	type = strchr(dir, ':');
	if (type)
		*type++ = '\0';
	if (type && (option = strchr(type, ':')))
		*option++ = '\0';
	mounts[i] = dir;
	make_directories(dir);
	if (mount_device(device, dir, type, option && !strcmp(option, "ro"))) {
		append(message, sizeof(message), device);
		append(message, sizeof(message), " on ");
		append(message, sizeof(message), dir);
		nr_mounts = i;		/* what power_off() has to unmount */
		fail(message, strerror(errno));
	}
}

/* Make a disk the root, with the system's mounts moved there. */
static void mount_root(void)
{
	static const char *const moved[] = { "/proc", "/sys", "/dev" };
	char target[16] = "";
	unsigned int i;

	mkdir("/.haunch/root", 0755);
	if (mount_device(root, "/.haunch/root", root_type, root_read_only)) {
		const char *device = root;

		root = NULL;
		say("cannot mount the root file system", device);
		fail(device, strerror(errno));
	}
	if (chdir("/.haunch/root"))
		fail("/.haunch/root", strerror(errno));
	for (i = 0; i < sizeof(moved) / sizeof(moved[0]); i++) {
		strcpy(target, moved[i] + 1);
		mkdir(target, 0755);
		mount(moved[i], target, NULL, MS_MOVE, NULL);
	}
	if (mount(".", "/", NULL, MS_MOVE, NULL) || chroot(".") || chdir("/"))
		fail("cannot change the root", strerror(errno));
	/* Where nothing else is said, names are asked of whom DHCP or ip= told the kernel of. */
	symlink("/proc/net/pnp", "/etc/resolv.conf");
}

/* ------------------------------------------------------------------ the network */

static void set_up_loopback(void)
{
	struct ifreq ifr = { .ifr_name = "lo", .ifr_flags = IFF_UP | IFF_RUNNING };
	int fd = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return;
	ioctl(fd, SIOCSIFFLAGS, &ifr);
	close(fd);
}

/* /proc/net/route has a line for each network that is configured. */
static void wait_for_network(void)
{
	char routes[512];
	unsigned int waited;
	const char *line;

	for (waited = 0; waited < NETWORK_WAIT_MS; waited += 20) {
		if (read_file("/proc/net/route", routes, sizeof(routes)) > 0 &&
		    (line = strchr(routes, '\n')) && line[1])
			return;
		sleep_ms(20);
	}
	say("the network is not up, going on without", NULL);
}

static void set_hostname(void)
{
	struct utsname name;

	/* Linux takes its address for a name where DHCP tells none. */
	if (!hostname && !uname(&name) && (!strcmp(name.nodename, "(none)") ||
	    !name.nodename[strspn(name.nodename, "0123456789.")]))
		hostname = "haunch";
	if (hostname)
		sethostname(hostname, strlen(hostname));
}

/* ------------------------------------------------------------------ the program */

struct program {
	const char *path;
	int fd;				/* the program's file in the image, or -1 */
	char **arguments;
	char **environment;
};

/* Split the program file into its strings. */
static void read_program(struct program *program)
{
	struct stat st;
	char *data, *at, *end;
	unsigned int count = 0, nr_arguments, i;
	char **strings;
	ssize_t length;

	if (stat(PROGRAM_FILE, &st))
		fail(PROGRAM_FILE, strerror(errno));
	data = malloc(st.st_size + 1);
	if (!data)
		fail(PROGRAM_FILE, strerror(ENOMEM));
	length = read_file(PROGRAM_FILE, data, st.st_size + 1);
	end = data + (length > 0 ? length : 0);
	for (at = data; at < end; at += strlen(at) + 1)
		count++;
	nr_arguments = count ? atoi(data) : 0;
	if (!nr_arguments || nr_arguments >= count)
		fail(PROGRAM_FILE, "damaged: bake the image again");
	/* argv, NULL, envp, NULL; the number at the front makes room for one of the NULLs. */
	strings = malloc((count + 1) * sizeof(*strings));
	if (!strings)
		fail(PROGRAM_FILE, strerror(ENOMEM));
	at = data + strlen(data) + 1;
	for (i = 0; i < nr_arguments; i++, at += strlen(at) + 1)
		strings[i] = at;
	strings[i++] = NULL;
	program->arguments = strings;
	program->environment = strings + i;
	for (; i < count; i++, at += strlen(at) + 1)
		strings[i] = at;
	strings[i] = NULL;
	program->path = program->arguments[0];
	program->fd = -1;
	if (nr_new_arguments) {
		new_arguments[0] = program->arguments[0];
		program->arguments = new_arguments;
	}
}

/* What stood in the way of execve(), in words a user can act upon. */
static void explain(const struct program *program, int error) __attribute__((noreturn));

static void explain(const struct program *program, int error)
{
	const char *words = strerror(error);
	struct stat st;

	if (error == ENOENT && !stat(program->path, &st))
		words = "the interpreter that it asks for is not in the image";
	else if (error == ENOENT)
		words = "no such program in the image";
	else if (error == ENOEXEC)
		words = "not an executable that this kernel can run";
	else if (error == EACCES)
		words = "not executable (permission denied)";
	say(program->path, words);
	power_off(error == ENOENT ? STATUS_NOT_FOUND : STATUS_CANNOT_RUN);
}

static void forward(int sig)
{
	if (program_pid > 0)
		kill(program_pid, sig);
}

static pid_t start(const struct program *program)
{
	struct sigaction action = { .sa_handler = forward, .sa_flags = SA_RESTART };
	sigset_t blocked, old;
	volatile int error = 0;
	pid_t pid;

	/* Until the program's number is known, a signal waits. */
	sigemptyset(&blocked);
	sigaddset(&blocked, SIGTERM);
	sigaddset(&blocked, SIGINT);
	sigprocmask(SIG_BLOCK, &blocked, &old);
	pid = vfork();
	if (!pid) {
		/* We are in our parent's memory: system calls only, then exec. */
		setsid();
		ioctl(0, TIOCSCTTY, 0);
		sigprocmask(SIG_SETMASK, &old, NULL);
		execve(program->path, program->arguments, program->environment);
		if (errno == ENOENT && program->fd >= 0)
			syscall(SYS_execveat, program->fd, "", program->arguments,
				program->environment, AT_EMPTY_PATH);
		error = errno;
		_exit(STATUS_NOT_FOUND);
	}
	if (pid < 0)
		fail("vfork", strerror(errno));
	if (error) {
		waitpid(pid, NULL, 0);
		explain(program, error);
	}
	program_pid = pid;
	sigaction(SIGTERM, &action, NULL);
	sigaction(SIGINT, &action, NULL);
	sigprocmask(SIG_SETMASK, &old, NULL);
	return pid;
}

/* Reap whatever ends until it is the program; returns its status as a shell has it. */
static unsigned int wait_for(pid_t pid, const char *path)
{
	char message[256] = "", digits[12];
	const char *name;
	int status, signal_number;
	pid_t ended;

	do {
		ended = waitpid(-1, &status, 0);
		if (ended < 0 && errno != EINTR)
			fail("waitpid", strerror(errno));
	} while (ended != pid);
	program_pid = 0;
	if (WIFEXITED(status))
		return WEXITSTATUS(status);
	signal_number = WTERMSIG(status);
	name = strrchr(path, '/');
	append(message, sizeof(message), strsignal(signal_number));
	append(message, sizeof(message), " (signal ");
	append(message, sizeof(message), decimal(signal_number, digits));
	append(message, sizeof(message), ")");
	say(name ? name + 1 : path, message);
	return 128 + signal_number;
}

/*
 * What a program prints reaches the host as it is, without a carriage return before each newline: it
 * goes into files and pipes there, and a terminal of the host adds its own.
 */
static void set_up_console(void)
{
	struct termios termios;

	if (tcgetattr(STDOUT_FILENO, &termios))
		return;
	termios.c_oflag &= ~OPOST;
	tcsetattr(STDOUT_FILENO, TCSANOW, &termios);
}

int main(void)
{
	const struct rlimit files = { FILES_SOFT, FILES_HARD };
	struct program program;
	unsigned int i;

	if (getpid() != 1) {
		say("init has to be the first process of an image", NULL);
		return 1;
	}
	reboot(RB_DISABLE_CAD);		/* Ctrl-Alt-Del is a SIGINT for us */
	mount_system();
	set_up_console();
	read_command_line();
	read_program(&program);
	if (root) {
		program.fd = open(program.path, O_RDONLY | O_CLOEXEC);
		mount_root();
	}
	limit_memory();
	for (i = 0; i < nr_mounts; i++)
		mount_disk(i);
	set_hostname();
	set_up_loopback();
	if (network_wait)
		wait_for_network();
	setrlimit(RLIMIT_NOFILE, &files);
	power_off(wait_for(start(&program), program.path));
}

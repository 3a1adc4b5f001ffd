// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * program.c - what init does on Linux: the image's files, disks and network, the program's start
 * and its end.
 *
 * The root is a tmpfs that is filled from the initial file system, a cpio archive ("newc").  In
 * there /.haunch/program says what to run (init/words.h). Of the command line's words those are known that init.c lists,
 * as far as they mean something here.
 */
#include "donor.h"
#include "../init/words.h"

#include <asm/signal.h>
#include <asm/siginfo.h>
#include <asm/stat.h>
#include <linux/auxvec.h>
#include <linux/elf.h>
#include <linux/fcntl.h>
#include <linux/resource.h>
#include <linux/stat.h>

#define STATUS_CANNOT_RUN	126
#define STATUS_NOT_FOUND	127
#define STOP_TIMEOUT_S		10
#define MAX_DISKS		8

int rump_pub_lwproc_rfork(int flags);
int rump_pub_netconfig_ifup(const char *interface);
int rump_pub_netconfig_ipv4_ifaddr(const char *interface, const char *address, const char *mask);
int rump_pub_netconfig_ipv4_gw(const char *gateway);
int rump_pub_netconfig_dhcp_ipv4_oneshot(const char *interface);

size_t program_stack_size;
const char *program_host = "haunch";

static const struct hc_start_info *start;
static struct queue service;		/* where this thread waits */
static bool service_wanted;
static const char *name;   /* for messages */
static struct words given; /* for the program */
static bool told;			/* the program has got the signal to stop */
static bool restarts;			/* the end of the program, or of the kernel, is a reboot */

static void give_up(unsigned int status, const char *format, ...) __dead __printflike(2, 3);

static void give_up(unsigned int status, const char *format, ...)
{
	va_list arguments;

	va_start(arguments, format);
	vsay(format, arguments);
	va_end(arguments);
	program_end(status);
}

/* ------------------------------------------------------------------ words */

/* The value of the last word of that name, or NULL. */
static char *word_copy(const char *of)
{
	const char *value;
	long size = word(of, &value);
	char *copy = size < 0 ? NULL : memory_need((size_t)size + 1);

	if (!copy)
		return NULL;
	memcpy(copy, value, (size_t)size);
	copy[size] = '\0';
	return decode(copy);
}

static unsigned long number(const char **at)
{
	unsigned long n = 0;

	for (; **at >= '0' && **at <= '9'; ++*at)
		n = n * 10 + (unsigned long)(**at - '0');
	return n;
}

static unsigned long word_number(const char *of, unsigned long otherwise)
{
	const char *value;

	return word(of, &value) > 0 ? number(&value) : otherwise;
}

/* Cut the text at the character; returns what follows, or NULL. */
static char *cut(char *text, char at)
{
	for (; text && *text; text++)
		if (*text == at) {
			*text = '\0';
			return text + 1;
		}
	return NULL;
}

/* ------------------------------------------------------------------ files */

/* The header of a file in the archive: 13 numbers of 8 digits behind the magic one. */
enum { CPIO_MODE = 1, CPIO_UID, CPIO_GID, CPIO_MTIME = 5, CPIO_SIZE, CPIO_NAME = 11 };
#define CPIO_HEADER		110

static unsigned long cpio_number(const char *header, unsigned int which)
{
	unsigned long value = 0;

	for (const char *c = header + 6 + 8 * which; c < header + 14 + 8 * which; c++)
		value = value * 16 + (unsigned long)(*c <= '9' ? *c - '0' : (*c | 0x20) - 'a' + 10);
	return value;
}

static void write_file(const char *path, const char *data, size_t size, unsigned long mode)
{
	long fd = LX(open, W(path), O_CREAT | O_WRONLY | O_TRUNC, mode);
	long n = fd < 0 ? fd : NB(WRITE, (unsigned long)fd, W(data), size);

	if (n != (long)size)
		give_up(STATUS_CANNOT_RUN,
			"%s of the image cannot be written to memory: error %ld%s", path, -n,
			n >= 0 || n == -ENOSPC ? " (give the machine more memory)" : "");
	NB(CLOSE, (unsigned long)fd);
}

static char *program_file;
static size_t program_file_size;

/* One file of the archive; the path begins with a slash. */
static void unpack_one(const char *header, const char *path, const char *data, size_t size)
{
	unsigned long mode = cpio_number(header, CPIO_MODE), kind = mode & S_IFMT;
	char target[1024];

	switch (kind) {
	case S_IFDIR:
		NB(MKDIR, W(path), mode & 07777);
		NB(CHMOD, W(path), mode & 07777);
		break;
	case S_IFREG:
		if (!strcmp(path, PROGRAM_FILE)) {
			program_file_size = size;
			program_file = memcpy(memory_need(size + 1), data, size);
			program_file[size] = '\0';
		}
		write_file(path, data, size, mode & 07777);
		NB(CHMOD, W(path), mode & 07777);
		break;
	case S_IFLNK:
		if (size >= sizeof(target))
			return;
		memcpy(target, data, size);
		target[size] = '\0';
		NB(SYMLINK, W(target), W(path));
		break;
	default:			/* devices are NetBSD's: see devices() */
		return;
	}
	NB(LCHOWN, W(path), cpio_number(header, CPIO_UID), cpio_number(header, CPIO_GID));
	if (kind != S_IFLNK) {
		long time = (long)cpio_number(header, CPIO_MTIME);

		LX(utimensat, (unsigned long)AT_FDCWD, W(path),
		   W(((const struct __kernel_timespec[]){ { time, 0 }, { time, 0 } })), 0);
	}
}

static void unpack(void)
{
	const char *at = start->initrd, *end = at + start->initrd_size;
	char path[1024];

	while (end - at >= CPIO_HEADER && !strncmp(at, "070701", 6)) {
		size_t name_size = cpio_number(at, CPIO_NAME), size = cpio_number(at, CPIO_SIZE);
		const char *file = at + CPIO_HEADER;
		const char *data = at + ((CPIO_HEADER + name_size + 3) & ~3ul);

		if (name_size > (size_t)(end - file) || data > end || size > (size_t)(end - data) ||
		    name_size >= sizeof(path) - 1)
			give_up(STATUS_CANNOT_RUN, "the image's files are damaged: bake it again");
		if (!strcmp(file, "TRAILER!!!"))
			return;
		path[0] = '/';
		memcpy(path + 1, file, name_size);
		if (strcmp(file, "."))
			unpack_one(at, path, data, size);
		at = data + ((size + 3) & ~3ul);
	}
	give_up(STATUS_CANNOT_RUN, "there is no program in the image: bake one (haunch bake)");
}

#define DISK(number, name)                         \
	{                                          \
		"/dev/ld" number "d", "/dev/" name \
	} /* d: the whole disk */

/* NetBSD makes nodes of its devices in its first root; here they are as Linux calls them. */
static const char *const nodes[][2] = {
	{ "/dev/null", "/dev/null" },
	{ "/dev/zero", "/dev/zero" },
	{ "/dev/random", "/dev/random" },
	{ "/dev/urandom", "/dev/urandom" },
	DISK("0", "vda"),
	DISK("1", "vdb"),
	DISK("2", "vdc"),
	DISK("3", "vdd"),
};

static void make_root(void)
{
	/* NetBSD's struct tmpfs_args: version 1, no limits, root's, and the mode. */
	const uint64_t args[] = { 1, 0, 0, 0, 0755 };
	struct stat devices[ARRAY_SIZE(nodes)];
	long error;

	memset(devices, 0, sizeof(devices));
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++)
		LX(stat64, W(nodes[i][0]), W(&devices[i]));
	NB(MKDIR, W("/image"), 0755);
	error = NB(MOUNT, W("tmpfs"), W("/image"), 0, W(args), sizeof(args));
	if (!error)
		error = NB(CHROOT, W("/image"));
	if (!error)
		error = NB(CHDIR, W("/"));
	if (error)
		fail("no tmpfs for the root: error %ld", -error);
	NB(UMASK, 0);
	unpack();
	memory_give(start->initrd, start->initrd_size);
	NB(MKDIR, W("/dev"), 0755);
	for (size_t i = 0; i < ARRAY_SIZE(nodes); i++)
		if (devices[i].st_mode)
			LX(mknod, W(nodes[i][1]), devices[i].st_mode, devices[i].st_rdev);
	NB(UMASK, 022);
}

/* NetBSD's tables are made for small machines; these are patchable, as its sources say. */
extern int rumpns_maxfiles, rumpns_somaxconn, rumpns_ip_dad_count;

/* As many open files as init.c gives, and as long a queue of connections as Linux allows. */
static void set_limits(void)
{
	struct rlimit limit = { word_number("haunch.files", 16384), 65536 };

	if (limit.rlim_cur > limit.rlim_max)
		limit.rlim_max = limit.rlim_cur;
	rumpns_maxfiles = (int)limit.rlim_max;
	rumpns_somaxconn = 4096;
	/* An address is ours at once: nobody else is asked for seconds whether he has it. */
	rumpns_ip_dad_count = 0;
	LX(setrlimit, RLIMIT_NOFILE, W(&limit));
}

/* ------------------------------------------------------------------ disks */

static char *wanted[MAX_DISKS], *mounted[MAX_DISKS];
static unsigned int nr_wanted, nr_mounted;

static void make_folders(char *path)
{
	for (char *c = path + 1; *c; c++)
		if (*c == '/') {
			*c = '\0';
			NB(MKDIR, W(path), 0755);
			*c = '/';
		}
	NB(MKDIR, W(path), 0755);
}

/* DEVICE:DIRECTORY[:FSTYPE[:ro]] */
static void mount_disk(char *text)
{
	static const char *const types[] = { "ext2fs", "ffs" };
	char *folder = cut(text, ':'), *type = cut(folder, ':'), *option = cut(type, ':');
	bool read_only = option && !strcmp(option, "ro");
	const char *args[] = { text };
	long error = -EINVAL;

	if (!folder)
		give_up(STATUS_CANNOT_RUN, "haunch.mount= wants DEVICE:DIRECTORY[:FSTYPE[:ro]]");
	make_folders(folder);
	for (size_t i = 0; error && i < ARRAY_SIZE(types); i++)
		if (!type || !strncmp(type, types[i], strlen(type)))
			error = NB(MOUNT, W(types[i]), W(folder), read_only, W(args), sizeof(args));
	if (error)
		give_up(STATUS_CANNOT_RUN,
			"cannot mount %s on %s: error %ld; NetBSD's kernel knows ext2 "
			"(revision 0 or 1, no journal) and ffs",
			text, folder, -error);
	mounted[nr_mounted++] = folder;
}

/* Disks to be mounted, and what is for the program. */
static void read_command_line(void)
{
	size_t size = strlen(start->command_line) + 1;
	char *at = memcpy(memory_need(size), start->command_line, size), *next, *value;
	const char *problem = NULL;
	bool behind = false;

	while ((next = next_word(&at))) {
		if (word_of_program(&given, next, &behind, &problem))
			continue;
		value = value_of(next, "haunch.mount=");
		if (value && nr_wanted == MAX_DISKS)
			problem = "too many haunch.mount= on the command line";
		else if (value)
			wanted[nr_wanted++] = decode(value);
	}
	if (problem)
		give_up(STATUS_CANNOT_RUN, "%s", problem);
}

/* ------------------------------------------------------------------ network */

/* ip=ADDRESS::GATEWAY:NETMASK:HOSTNAME:DEVICE:off:DNS */
static void set_address(const char *card, char *address)
{
	char *field[9] = { address }, *gateway, *mask, text[64] = "nameserver ";
	int error;

	for (size_t i = 1; i < ARRAY_SIZE(field); i++)
		field[i] = cut(field[i - 1], ':');
	gateway = field[2];
	mask = field[3] && *field[3] ? field[3] : "255.255.255.0";
	error = rump_pub_netconfig_ipv4_ifaddr(card, address, mask);
	if (!error && gateway && *gateway)
		error = rump_pub_netconfig_ipv4_gw(gateway);
	if (error)
		say("netbsd: %s does not get the address %s: error %d", card, address, error);
	if (field[7] && *field[7] && strlen(field[7]) < sizeof(text) - 16) {
		size_t size = strlen(field[7]);

		memcpy(text + 11, field[7], size);
		text[11 + size] = '\n';
		NB(UNLINK, W("/etc/resolv.conf"));
		write_file("/etc/resolv.conf", text, 12 + size, 0644);
	}
}

static void network_start(void)
{
	static const char *const cards[] = { "vioif0", "wm0" };
	static const unsigned char nowhere[16] = { 2, 0, 0, 9, 192, 0, 2, 1 };
	const char *card = NULL, *unused;
	char *how = word_copy("haunch.network"), *address = word_copy("ip");
	unsigned long s;
	int error;

	rump_pub_netconfig_ifup("lo0");
	rump_pub_netconfig_ipv4_ifaddr("lo0", "127.0.0.1", "255.0.0.0");
	if (how && !strcmp(how, "off"))
		return;
	for (size_t i = 0; i < ARRAY_SIZE(cards) && !card; i++)
		if (!rump_pub_netconfig_ifup(cards[i]))
			card = cards[i];
	if (!card)
		return;
	/* NetBSD's DHCP client tells what it does; who has not asked for the kernel's messages gets ours. */
	print_kernel = word("loglevel", &unused) > 0;
	if (address && strcmp(address, "dhcp")) {
		set_address(card, address);
	} else if (how || address) {
		do {
			error = rump_pub_netconfig_dhcp_ipv4_oneshot(card);
		} while (error && how && !strcmp(how, "wait"));
		if (error)
			say("netbsd: %s got no address by DHCP: error %d", card, error);
	}
	print_kernel = true;
	/*
	 * For a neighbour whose address it asks for NetBSD keeps one packet, so of a first burst of answers all others
	 * would come 3 s late.  What goes to the discard port of a network that is not there finds the gateway.
	 */
	s = (unsigned long)LX(socket, 2, 2, 0);
	LX(sendto, s, W(""), 1, 0, W(nowhere), sizeof(nowhere));
	NB(CLOSE, s);
}

/* ------------------------------------------------------------------ the program */

/* What is to be run, and its environment: in a list, NULL after each. */
static char **read_program(char ***environment)
{
	size_t size = nr_strings(program_file, program_file_size) * sizeof(char *);
	char **strings = memset(memory_need(size), 0, size);

	*environment = NULL;
	if (program_file)
		*environment = program_strings(program_file, program_file_size, &given, strings);
	if (!*environment)
		give_up(STATUS_CANNOT_RUN,
			PROGRAM_FILE " is missing, or damaged: bake the image again");
	name = strings[0];
	for (const char *at = name; *at; at++)
		if (*at == '/')
			name = at + 1;
	return strings;
}

struct loaded {
	unsigned long base, entry, headers, nr_headers;
	char interpreter[256];
};

#define PAGE_UP(size)	(((size) + HC_PAGE_SIZE - 1) & -(unsigned long)HC_PAGE_SIZE)

static const char not_there[] = "no such program in the image";

/*
 * An executable, in one piece, as its segments lie to each other.  Returns what is wrong with it,
 * or NULL.
 */
static const char *load(const char *path, struct loaded *l)
{
	long fd = LX(open, W(path)), n;
	unsigned long first = ~0ul, last = 0;
	char head[2048] __attribute__((aligned(8))), *base;
	const Elf64_Ehdr *h = (const Elf64_Ehdr *)head;
	const Elf64_Phdr *p;

	memset(l, 0, sizeof(*l));
	if (fd < 0)
		return fd == -ENOENT ? not_there : "it cannot be read";
	n = NB(PREAD, (unsigned long)fd, W(head), sizeof(head), 0, 0);
	if (n < (long)sizeof(*h) || strncmp(head, ELFMAG, SELFMAG) || h->e_machine != EM_X86_64 ||
	    h->e_phentsize != sizeof(*p) || h->e_phoff % 8 || h->e_phoff > sizeof(head) ||
	    h->e_phoff + h->e_phnum * sizeof(*p) > (unsigned long)n)
		return "not an executable that this kernel can run";
	if (h->e_type != ET_DYN)
		return "it is made for a fixed address, and NetBSD's kernel here has no address spaces: "
		       "make it with haunch cc or gcc -static-pie";
	p = (const Elf64_Phdr *)(head + h->e_phoff);
	for (unsigned int i = 0; i < h->e_phnum; i++) {
		if (p[i].p_type == PT_INTERP && p[i].p_filesz < sizeof(l->interpreter))
			NB(PREAD, (unsigned long)fd, W(l->interpreter), p[i].p_filesz, 0,
			   p[i].p_offset);
		if (p[i].p_type != PT_LOAD)
			continue;
		if (p[i].p_vaddr < first)
			first = p[i].p_vaddr & -(unsigned long)HC_PAGE_SIZE;
		if (p[i].p_vaddr + p[i].p_memsz > last)
			last = p[i].p_vaddr + p[i].p_memsz;
		if (p[i].p_filesz > p[i].p_memsz || p[i].p_memsz > 1ul << 30 ||
		    p[i].p_vaddr > 1ul << 30)
			return "its segments are damaged";
	}
	if (first >= last)
		return "it has nothing to load";
	base = program_pages(last - first);
	if (!base)
		return "there is not enough memory for it in one piece";
	for (unsigned int i = 0; i < h->e_phnum; i++) {
		char *to = base - first + p[i].p_vaddr;

		if (p[i].p_type != PT_LOAD)
			continue;
		if (NB(PREAD, (unsigned long)fd, W(to), p[i].p_filesz, 0, p[i].p_offset) !=
		    (long)p[i].p_filesz)
			return "its segments cannot be read";
		if (p[i].p_offset <= h->e_phoff && h->e_phoff < p[i].p_offset + p[i].p_filesz)
			l->headers = W(to) + h->e_phoff - p[i].p_offset;
	}
	for (unsigned int i = 0; i < h->e_phnum; i++) {
		unsigned long from = p[i].p_vaddr & -(unsigned long)HC_PAGE_SIZE;
		unsigned long prot = (p[i].p_flags & PF_R ? HC_PROT_READ : 0) |
				     (p[i].p_flags & PF_W ? HC_PROT_WRITE : 0) |
				     (p[i].p_flags & PF_X ? HC_PROT_EXEC : 0);

		if (p[i].p_type == PT_LOAD &&
		    call_mprotect(A(W(base - first) + from,
				    PAGE_UP(p[i].p_vaddr + p[i].p_memsz) - from, prot)))
			return "its memory cannot be protected";
	}
	NB(CLOSE, (unsigned long)fd);
	l->base = W(base - first);
	l->entry = l->base + h->e_entry;
	l->nr_headers = h->e_phnum;
	return NULL;
}

static char *push(char **sp, const char *text)
{
	size_t size = strlen(text) + 1;

	*sp -= size;
	return memcpy(*sp, text, size);
}

/* argc, argv, environment and auxiliary vector, as the System V ABI has them; strings are moved to there. */
static unsigned long make_stack(char *top, char **strings, char **environment,
				const struct loaded *l, unsigned long base)
{
	char *sp = top, *path = push(&sp, strings[0]), *platform = push(&sp, "x86_64"), *random;
	unsigned long *words;
	size_t nr = (size_t)(environment - strings);

	for (char **at = strings; *at || at < environment; at++, nr = (size_t)(at - strings))
		if (*at)
			*at = push(&sp, *at);
	random = sp = (char *)(W(sp) & ~15ul) - 16;
	if (call_getrandom(A(W(random), 16, 0)) != 16)
		memcpy(random, start->entropy + HC_ENTROPY_SIZE - 16, 16);
	/* clang-format off */
	const unsigned long auxv[][2] = {
		{ AT_HWCAP, start->cpu_capabilities[0] }, { AT_HWCAP2, start->cpu_capabilities[1] },
		{ AT_PAGESZ, HC_PAGE_SIZE }, { AT_CLKTCK, 100 }, { AT_PHDR, l->headers },
		{ AT_PHENT, sizeof(Elf64_Phdr) }, { AT_PHNUM, l->nr_headers }, { AT_BASE, base },
		{ AT_FLAGS, 0 }, { AT_ENTRY, l->entry }, { AT_UID, 0 }, { AT_EUID, 0 },
		{ AT_GID, 0 }, { AT_EGID, 0 }, { AT_SECURE, 0 }, { AT_RANDOM, W(random) },
		{ AT_EXECFN, W(path) }, { AT_PLATFORM, W(platform) }, { AT_NULL, 0 }
	};
	/* clang-format on */

	nr++; /* the NULL behind the environment */
	words = (unsigned long *)((W(sp) - sizeof(auxv)) & ~15ul) - nr - 1;
	words -= W(words) / 8 % 2;
	words[0] = (unsigned long)(environment - strings) - 1;
	memcpy(words + 1, strings, nr * sizeof(*words));
	memcpy(words + 1 + nr, auxv, sizeof(auxv));
	return W(words);
}

/* A hundredth of the memory, but enough for common programs and not more than Linux gives. */
static size_t stack_size(void)
{
	unsigned long all, unused, least = 128 * 1024, most = 8ul << 20, size;

	memory_tell(&all, &unused);
	size = all / 64 & -(unsigned long)HC_PAGE_SIZE;
	return size < least ? least : size < most ? size : most;
}

static void start_program(void)
{
	struct loaded program, interpreter = { 0 };
	char **environment, **strings = read_program(&environment), *stack;
	const char *problem = load(strings[0], &program);

	if (!problem && program.interpreter[0])
		problem = load(program.interpreter, &interpreter);
	if (problem)
		give_up(problem == not_there ? STATUS_NOT_FOUND : STATUS_CANNOT_RUN, "%s: %s",
			strings[0], problem);
	program_stack_size = stack_size();
	stack = program_pages(program_stack_size + HC_PAGE_SIZE);
	if (!stack || call_mprotect(A(W(stack), HC_PAGE_SIZE, 0)))
		give_up(STATUS_CANNOT_RUN, "%s: there is no memory for its stack", strings[0]);
	program_start(program.interpreter[0] ? interpreter.entry : program.entry,
		      make_stack(stack + HC_PAGE_SIZE + program_stack_size, strings, environment,
				 &program, interpreter.base));
}

/* ------------------------------------------------------------------ the console, the button, the end */

static struct queue readers;
static char typed[256];
static unsigned int nr_typed, taken;
static int console_irq = -1, button_irq = -1;
static bool pressed;

void console_put(const char *text, size_t size)
{
	for (; size; size--)
		rumpuser_putchar(*text++);
}

static void console_fill(void)
{
	int c;

	while (nr_typed - taken < sizeof(typed) && (c = hc_console_read()) >= 0)
		typed[nr_typed++ % sizeof(typed)] = (char)(c == '\r' ? '\n' : c);
}

long console_get(char *text, size_t size, bool wait)
{
	size_t got = 0;

	for (;;) {
		console_fill();
		while (got < size && taken != nr_typed)
			text[got++] = typed[taken++ % sizeof(typed)];
		if (console_irq >= 0)
			hc_irq_unmask((unsigned int)console_irq);
		if (got)
			return (long)got;
		if (!wait)
			return -EAGAIN;
		if (signal_waits() || block_for(&readers, FOREVER, 0) == INTERRUPTED)
			return -EINTR;
	}
}

bool service_interrupt(unsigned int irq)
{
	if ((int)irq == console_irq) {
		console_fill();
		if (nr_typed - taken == sizeof(typed))
			hc_irq_mask(irq);
		hc_irq_ack(irq);
		wake_first(&readers);
		return true;
	}
	/* The button's line may be shared with devices. */
	if ((int)irq == button_irq && hc_power_button()) {
		pressed = true;
		hc_irq_ack(irq);
		service_wake();
		return true;
	}
	return false;
}

void service_wake(void)
{
	service_wanted = true;
	if (service.head)
		wake_first(&service);
}

void program_end(unsigned int status)
{
	NB(SYNC, 0);
	NB(CHDIR, W("/"));
	while (nr_mounted) {
		const char *folder = mounted[--nr_mounted];
		long error = NB(UNMOUNT, W(folder), 0);

		/* By force, if a file is open. */
		if (error && NB(UNMOUNT, W(folder), 0x80000))
			say("cannot unmount %s: error %ld", folder, -error);
	}
	if (restarts && !told)
		hc_reboot();
	hc_power_off(status & 255);
}

void program_killed(const char *why, int number)
{
	/* As init says it: not when it was asked to end, nor of a pipe that nobody reads. */
	if (number != SIGPIPE && !told)
		print("haunch: %s: %s (signal %d)\n", name, why, number);
	program_end(128 + (unsigned int)number);
}

/* What is done outside of the program's threads, for they may be in the middle of anything. */
static void __dead serve(void)
{
	unsigned long kill_at = FOREVER;

	for (;;) {
		unsigned long deadline;

		service_wanted = false;
		if (pressed && !told) {
			told = true;
			signal_send(NULL, (int)word_number("haunch.stop", SIGTERM), SI_KERNEL, 0);
			kill_at = now() + NS_PER_SECOND * word_number("haunch.stop-timeout",
								      STOP_TIMEOUT_S);
		}
		signal_end();
		if (now() >= kill_at) {
			say("the program did not end in time: killed");
			program_end(128 + SIGKILL);
		}
		deadline = timers_run();
		if (kill_at < deadline)
			deadline = kill_at;
		if (!service_wanted)
			block(&service, deadline);
	}
}

void program_run(const struct hc_start_info *info)
{
	const char *size, *value;
	unsigned long rows = 0, columns = 0;
	bool terminal = word("haunch.size", &size) > 0;

	start = info;
	queue_init(&service);
	queue_init(&readers);
	if (hc_program_ring)
		fail("programs run without a wall on NetBSD's kernel: the image's command line has to "
		     "have the word wall=off (haunch bake -k netbsd gives it)");
	if (rump_pub_lwproc_rfork(1))
		fail("no process for the program");
	process_number = (int)NB(GETPID, 0);
	if (word("haunch.restart", &value) > 0) {
		restarts = !strncmp(value, "reboot", 6);
		if (!restarts && strncmp(value, "off", 3))
			give_up(STATUS_CANNOT_RUN,
				"haunch.restart= knows off and reboot with NetBSD's kernel");
		hc_failure_reboots(restarts);
	}
	if (word("root", &value) > 0)
		give_up(STATUS_CANNOT_RUN,
			"NetBSD's kernel has the image as its root: root= is not known");
	button_irq = hc_power_button_irq();
	if (button_irq >= 0)
		hc_irq_unmask((unsigned int)button_irq);
	console_irq = hc_console_irq();
	read_command_line();
	if (word("haunch.hostname", &value) > 0)
		program_host = word_copy("haunch.hostname");
	set_limits();
	make_root();
	network_start();
	for (unsigned int i = 0; i < nr_wanted; i++)
		mount_disk(wanted[i]);
	if (terminal) {
		rows = number(&size);
		size += *size == 'x';
		columns = number(&size);
	}
	console_open(terminal, (unsigned int)rows, (unsigned int)columns);
	if (console_irq >= 0)
		hc_irq_unmask((unsigned int)console_irq);
	start_program();
	serve();
}

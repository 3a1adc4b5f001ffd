/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * run.c - haunch run: boot an image, or a program, in QEMU.  Here is what QEMU is asked for;
 * guest.c keeps it company.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sendfile.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "commands.h"
#include "disk.h"
#include "guest.h"
#include "image.h"
#include "kvm.h"
#include "machine.h"
#include "network.h"
#include "origin.h"
#include "recipe.h"
#include "release.h"
#include "streams.h"
#include "volumes.h"

#define MEMORY_DEFAULT		64	/* MiB */
#define MEMORY_WITH_BASE	256	/* of a whole system, with its files on a disk */
#define MEMORY_SPARE		16	/* more than an image needs at least */
#define VOLUME_SIZE_DEFAULT	(8 << 10)	/* MiB, in a sparse file */
#define WORDS_MAX		3000	/* the kernel takes 4095, with the baked ones */
#define HOSTS_MAX	1000	/* of them, those for names */
#define STOP_TIMEOUT_S		10	/* init's, where nothing else is said */
#define PORTS_DRIVER		"virtio_console"
#define SHARED_FILE		"file"	/* the one in a folder that is shared for it */

struct port {
	const char *protocol, *address;
	unsigned int host, guest;
};

struct disk {
	char *file;
	const char *controller;
	bool read_only, is_qcow2;
};

/* A folder or a file of the host's, or a volume. */
struct attached {
	char *file;			/* the folder, the file, or the volume's image */
	const char *guest;
	bool is_volume, is_file, read_only;
};

struct run {
	struct settings settings;
	struct port *ports;
	unsigned int nr_ports;
	struct disk *disks;
	unsigned int nr_disks;
	struct attached *attached;
	unsigned int nr_attached;
	uint64_t volume_size;		/* MiB */
	bool detach, forget;		/* -d, --rm */
	const char *name, *capture;	/* --name, --pcap */
	const char *group;		/* of machines: a network's name, or NULL */
	unsigned int number;		/* in it */
	const char *network, *tap, *nic, *machine, *accelerator;
	const char **qemu_options;
	unsigned int nr_qemu_options;
	bool verbose, debug, dry;
	const char *file;
	const char **arguments;
	unsigned int nr_arguments;

	struct image image;
	bool is_iso, baked;		/* baked: now, of a program */
	int image_fd;
	const char **qemu;		/* the command line */
	unsigned int nr_qemu;
};

enum {
	OPTION_NIC = OPTION_OWN,
	OPTION_DISK,
	OPTION_MACHINE,
	OPTION_KVM,
	OPTION_TCG,
	OPTION_GDB,
	OPTION_DRY_RUN,
	OPTION_QEMU,
	OPTION_NAME,
	OPTION_RM,
	OPTION_VOLUME_SIZE,
	OPTION_PCAP,
};

static const struct poptOption program_options[] = { OPTION_FILES('\0'),
						     OPTION_TABLE(recipe_options, NULL),
						     POPT_TABLEEND };

static const struct poptOption options[] = {
	OPTION_VALUE("memory", 'm', 'm', "SIZE",
		     "the machine's memory, as in 64M or 1G (default: 64M, more if the image needs "
		     "more)"),
	OPTION_VALUE("port", 'p', 'p', "[ADDRESS:]HOST:GUEST[/udp]",
		     "forward a port of this machine to the guest; ADDRESS is 127.0.0.1 if not "
		     "given, 0.0.0.0 is all; any number; PORT alone is PORT:PORT"),
	OPTION_VALUE(
		"network", 'n', 'n', "user|tap:IFNAME|none|NAME",
		"user: QEMU's own network behind NAT, no privileges needed (default); NAME: besides, one "
		"that all of your machines on this host share which say so, and know each other by name"),
	OPTION_VALUE("nic", '\0', OPTION_NIC, "virtio|e1000|e1000e|vmxnet3",
		     "the network card (default: virtio)"),
	OPTION_VALUE("disk", '\0', OPTION_DISK, "FILE[:virtio|ahci|nvme|scsi][:ro]",
		     "attach a disk image, raw or qcow2; any number"),
	OPTION_VALUE(
		"volume", 'v', 'v', "SOURCE:DIRECTORY[:ro]",
		"mount a folder or, with :ro, a copy of a file of this machine (SOURCE has a '/'), "
		"or a volume of that name, which is made if it is not there, and kept; any number"),
	OPTION_VALUE("volume-size", '\0', OPTION_VOLUME_SIZE, "SIZE",
		     "of volumes that are made; they take what is in them (default: 8G)"),
	OPTION_FLAG("detach", 'd', 'd', "run it in the background, and print its name"),
	OPTION_VALUE("name", '\0', OPTION_NAME, "NAME",
		     "what haunch ps, logs, stop and others call it (default of -d: the image's)"),
	OPTION_FLAG("rm", '\0', OPTION_RM, "forget it when it has ended"),
	OPTION_VALUE("machine", '\0', OPTION_MACHINE, "pc|q35", "the machine (default: pc)"),
	OPTION_FLAG("kvm", '\0', OPTION_KVM, "use KVM (default: where it works)"),
	OPTION_FLAG("tcg", '\0', OPTION_TCG, "emulate"),
	OPTION_FLAG("gdb", '\0', OPTION_GDB, "wait for a debugger at localhost:1234"),
	OPTION_VALUE("pcap", '\0', OPTION_PCAP, "FILE",
		     "write all packets to a file, for tcpdump -r and wireshark"),
	OPTION_FLAG("dry-run", '\0', OPTION_DRY_RUN, "only print QEMU's command line"),
	OPTION_VALUE("qemu", '\0', OPTION_QEMU, "OPTION", "one more option for QEMU; any number"),
	OPTION_FLAG("verbose", 'V', 'V', "show the kernel's messages, on standard error"),
	OPTION_TABLE(settings_options, "The image can be told, as in haunch bake:"),
	OPTION_TABLE(program_options, "For a PROGRAM or a ROOT also:"),
	OPTION_END
};

/* ------------------------------------------------------------------ the words */

static const char *one_of(const char *option, const char *value, const char *const *list,
			  const char *wants)
{
	for (; *list; list++)
		if (!strcmp(*list, value))
			return *list;
	usage("%s wants %s, not '%s'", option, wants, value);
}

static unsigned int port_number(const char *text, const char *spec)
{
	unsigned long number;
	char *end;

	number = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || !number || number > 65535)
		usage("-p wants [ADDRESS:]HOST:GUEST[/udp], ports 1 to 65535, not '%s'", spec);
	return number;
}

/* [ADDRESS:]HOST:GUEST[/udp], or PORT */
static void add_port(struct run *r, const char *spec)
{
	char *text = xstrdup(spec), *slash = strchr(text, '/'), *guest, *host;
	struct port port = { .protocol = "tcp", .address = "127.0.0.1" };
	struct in_addr address;

	if (slash) {
		*slash++ = '\0';
		if (!strcmp(slash, "udp"))
			port.protocol = "udp";
		else if (strcmp(slash, "tcp"))
			port_number("", spec);
	}
	guest = strrchr(text, ':');
	host = text;
	if (guest) {
		*guest++ = '\0';
		host = strrchr(text, ':');
		if (host) {
			*host++ = '\0';
			port.address = text;
		} else {
			host = text;
		}
	} else {
		guest = text;
	}
	port.guest = port_number(guest, spec);
	port.host = port_number(host, spec);
	if (!strcmp(port.address, "localhost") || !*port.address)
		port.address = "127.0.0.1";
	else if (!strcmp(port.address, "*"))
		port.address = "0.0.0.0";
	if (inet_pton(AF_INET, port.address, &address) != 1)
		usage("-p wants an IPv4 address before the ports, not '%s'", port.address);
	r->ports = xrealloc(r->ports, (r->nr_ports + 1) * sizeof(*r->ports));
	r->ports[r->nr_ports++] = port;
}

/* Cut ":WORD" off the end of the text if it is there. */
static bool cut(char *text, const char *word)
{
	size_t length = strlen(text), n = strlen(word);

	if (length <= n + 1 || text[length - n - 1] != ':' || strcmp(text + length - n, word))
		return false;
	text[length - n - 1] = '\0';
	return true;
}

/* FILE[:CONTROLLER][:ro], in any order */
static void add_disk(struct run *r, const char *spec)
{
	static const char *const controllers[] = { "virtio", "ahci", "nvme", "scsi" };
	struct disk disk = { .file = xstrdup(spec), .controller = "virtio" };
	unsigned int i;

	disk.read_only = cut(disk.file, "ro");
	for (i = 0; i < ARRAY_SIZE(controllers); i++) {
		if (cut(disk.file, controllers[i])) {
			disk.controller = controllers[i];
			break;
		}
	}
	disk.read_only = cut(disk.file, "ro") || disk.read_only;
	r->disks = xrealloc(r->disks, (r->nr_disks + 1) * sizeof(*r->disks));
	r->disks[r->nr_disks++] = disk;
}

/* SOURCE:DIRECTORY[:ro] */
static void add_attached(struct run *r, const char *spec)
{
	struct attached a = { .file = xstrdup(spec) };
	char *colon;

	a.read_only = cut(a.file, "ro");
	colon = strrchr(a.file, ':');
	if (!colon || colon == a.file || colon[1] != '/')
		usage("-v wants SOURCE:/DIRECTORY[:ro], not '%s'", spec);
	*colon++ = '\0';
	a.guest = colon;
	a.is_volume = !strchr(a.file, '/') && strcmp(a.file, ".") && strcmp(a.file, "..");
	if (a.is_volume && !name_is_good(a.file))
		usage("-v: a volume's name has letters, digits, '.', '-' and '_', not '%s'; a folder has "
		      "a '/', as in ./%s",
		      a.file, a.file);
	r->attached = xrealloc(r->attached, (r->nr_attached + 1) * sizeof(*r->attached));
	r->attached[r->nr_attached++] = a;
}

static void take_option(struct run *r, int option, char *value)
{
	static const char *const nics[] = { "virtio", "e1000", "e1000e", "vmxnet3", NULL };
	static const char *const machines[] = { "pc", "q35", NULL };

	switch (option) {
	case 'p':
		add_port(r, value);
		break;
	case 'n':
		r->network = value;
		r->tap = !strncmp(value, "tap:", 4) && value[4] ? value + 4 : NULL;
		r->group = NULL;
		if (r->tap || !strcmp(value, "user") || !strcmp(value, "none"))
			break;
		if (!name_is_good(value))
			usage("-n wants user, tap:IFNAME, none or a network's name (letters, digits, "
			      "'.', '-', '_'), not '%s'",
			      value);
		r->group = value;
		r->network = "user";
		break;
	case OPTION_NIC:
		r->nic = one_of("--nic", value, nics, "virtio, e1000, e1000e or vmxnet3");
		break;
	case OPTION_DISK:
		add_disk(r, value);
		break;
	case OPTION_MACHINE:
		r->machine = one_of("--machine", value, machines, "pc or q35");
		break;
	case OPTION_KVM:
		r->accelerator = "kvm";
		break;
	case OPTION_TCG:
		r->accelerator = "tcg";
		break;
	case OPTION_GDB:
		r->debug = true;
		break;
	case OPTION_DRY_RUN:
		r->dry = true;
		break;
	case OPTION_QEMU:
		r->qemu_options = append(r->qemu_options, &r->nr_qemu_options, value);
		break;
	case 'V':
		r->verbose = true;
		break;
	case 'v':
		add_attached(r, value);
		break;
	case 'd':
		r->detach = true;
		break;
	case OPTION_NAME:
		if (!name_is_good(value))
			usage("--name wants letters, digits, '.', '-' and '_', not '%s'", value);
		r->name = value;
		break;
	case OPTION_RM:
		r->forget = true;
		break;
	case OPTION_VOLUME_SIZE:
		r->volume_size = parse_memory("--volume-size", value);
		break;
	case OPTION_PCAP:
		r->capture = value;
		break;
	default:
		settings_take(&r->settings, option, value);
	}
}

/* ------------------------------------------------------------------ what must be there */

/* Do as QEMU will. */
static void check_port(const struct port *p)
{
	bool udp = !strcmp(p->protocol, "udp");
	struct sockaddr_in address = { .sin_family = AF_INET, .sin_port = htons(p->host) };
	int fd = socket(AF_INET, (udp ? SOCK_DGRAM : SOCK_STREAM) | SOCK_CLOEXEC, 0), one = 1;

	if (fd < 0)
		return;
	inet_pton(AF_INET, p->address, &address.sin_addr);
	/* A connection that has ended is in nobody's way. */
	if (!udp)
		setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (struct sockaddr *)&address, sizeof(address)) || (!udp && listen(fd, 1))) {
		if (errno == EADDRINUSE)
			die("port %u (%s) of this machine is in use already; choose another: "
			    "-p OTHER:%u",
			    p->host, p->protocol, p->guest);
		die("cannot forward port %u (%s) of %s: %s", p->host, p->protocol, p->address,
		    strerror(errno));
	}
	close(fd);
}

/* /sys may be another network namespace's. */
static void check_tap(const char *name)
{
	char line[512];
	FILE *f = fopen("/proc/net/dev", "re");

	while (f && fgets(line, sizeof(line), f)) {
		char *at = line + strspn(line, " ");

		if (!strncmp(at, name, strlen(name)) && at[strlen(name)] == ':') {
			fclose(f);
			return;
		}
	}
	if (f)
		fclose(f);
	die("there is no network device %s; make it: ip tuntap add dev %s mode tap user $(id -un)",
	    name, name);
}

static void check_disk(struct disk *d)
{
	char *colon = strrchr(d->file, ':'), head[4] = "";
	struct stat st;
	int fd;

	if (stat(d->file, &st)) {
		if (errno == ENOENT && colon)
			die("cannot open the disk image %s: no such file, and %s is none of virtio, "
			    "ahci, nvme, scsi and ro",
			    d->file, colon + 1);
		die("cannot open the disk image %s: %s", d->file,
		    errno == ENOENT ? "no such file" : strerror(errno));
	}
	if (S_ISDIR(st.st_mode))
		die("cannot open the disk image %s: it is a directory", d->file);
	fd = open(d->file, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0)
		die("cannot open the disk image %s: %s", d->file,
		    errno == EACCES ? "permission denied" : strerror(errno));
	if (!d->read_only && access(d->file, W_OK))
		die("cannot write to the disk image %s: %s (use it with :ro)", d->file,
		    errno == EACCES ? "permission denied" : strerror(errno));
	if (!S_ISBLK(st.st_mode) && !st.st_size)
		die("the disk image %s is empty", d->file);
	d->is_qcow2 = read(fd, head, 4) == 4 && !memcmp(head, "QFI\373", 4);
	close(fd);
}

static bool has_shares(const struct run *r)
{
	unsigned int i;

	for (i = 0; i < r->nr_attached; i++)
		if (!r->attached[i].is_volume)
			return true;
	return false;
}

static void check_attached(struct run *r)
{
	struct stat st;
	unsigned int i;
	char *real;

	for (i = 0; i < r->nr_attached; i++) {
		struct attached *a = &r->attached[i];

		if (a->is_volume) {
			if (!r->dry)
				a->file = volume_open(a->file, r->volume_size);
			continue;
		}
		real = realpath(a->file, NULL);
		if (!real || stat(real, &st))
			die("cannot attach %s: %s", a->file,
			    errno == ENOENT ? "no such folder or file" : strerror(errno));
		a->is_file = S_ISREG(st.st_mode);
		if (!a->is_file && !S_ISDIR(st.st_mode))
			die("cannot attach %s: it is neither a folder nor a file", a->file);
		if (a->is_file && !a->read_only)
			die("cannot attach %s to be written: of a file the machine gets a copy: -v %s:%s:ro",
			    a->file, a->file, a->guest);
		if (a->is_file && r->dry)
			die("cannot show how %s is attached: of a file the machine gets a copy",
			    a->file);
		a->file = real;
	}
}

/* 9P knows folders only, and what else is beside the file is not the machine's. */
static void copy_files(struct run *r)
{
	unsigned int i;
	int from, to;
	struct stat st;
	ssize_t n = 1;
	char *folder;

	for (i = 0; i < r->nr_attached; i++) {
		struct attached *a = &r->attached[i];

		if (!a->is_file)
			continue;
		folder = xprintf("%s/share%u", work_folder(), i);
		from = open(a->file, O_RDONLY | O_CLOEXEC);
		to = mkdir(folder, 0700) ? -1 :
					   open(xprintf("%s/" SHARED_FILE, folder),
						O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		while (from >= 0 && to >= 0 && (n = sendfile(to, from, NULL, 1 << 30)) > 0)
			;
		if (from < 0 || to < 0 || n || fstat(from, &st) || fchmod(to, st.st_mode & 0777))
			die("cannot copy %s for the machine: %s", a->file, strerror(errno));
		close(from);
		close(to);
		a->file = folder;
	}
}

static bool has_disk(const struct run *r, const char *controller)
{
	unsigned int i;

	for (i = 0; i < r->nr_disks; i++)
		if (!strcmp(r->disks[i].controller, controller))
			return true;
	return false;
}

/* Is the driver in the image's list?  Of an image without a list nobody knows. */
static bool has_driver(const struct image *image, const char *name)
{
	const char *at = (const char *)image->drivers.data, *end = at + image->drivers.size;

	if (!image->drivers.size)
		return true;
	while (at < end) {
		const char *stop = memchr(at, '\n', end - at), *slash;

		if (!stop)
			stop = end;
		slash = memrchr(at, '/', stop - at);
		slash = slash ? slash + 1 : at;
		if ((size_t)(stop - slash) == strlen(name) && !memcmp(slash, name, stop - slash))
			return true;
		at = stop + 1;
	}
	return false;
}

static void need_driver(const struct run *r, const char *name)
{
	if (!has_driver(&r->image, name))
		die("the kernel in the image has no driver %s; bake it with -k generic", name);
}

/* Without its driver a network card or a disk would just not be there. */
static void check_drivers(const struct run *r)
{
	if (strcmp(r->network, "none"))
		need_driver(r, strcmp(r->nic, "virtio") ? r->nic : "virtio_net");
	if (has_disk(r, "ahci"))
		need_driver(r, "ahci");
	if (has_disk(r, "nvme"))
		need_driver(r, "nvme");
	if (has_disk(r, "scsi"))
		need_driver(r, "virtio_scsi");
	if (has_shares(r))
		need_driver(r, "9pnet_virtio");
}

/* ------------------------------------------------------------------ the image */

static const char *last_part(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static void bake_program(struct run *r)
{
	struct recipe recipe = {
		.settings = &r->settings,
		.build = build_folder(),
		.kernel = r->settings.kernel,
		.program = r->file,
		.arguments = r->arguments,
		.nr_arguments = r->nr_arguments,
	};
	bool special = strcmp(r->nic, "virtio") || has_shares(r) || has_disk(r, "ahci") ||
		       has_disk(r, "nvme") || has_disk(r, "scsi");
	char *path;

	if (!recipe.kernel && special)
		recipe.kernel = "generic";
	r->settings.kernel = recipe.kernel;
	r->image_fd = recipe_bake(&recipe, NULL);
	work_remove();
	path = xprintf("/proc/self/fd/%d", r->image_fd);
	if (image_open(&r->image, view_open(path)))
		die("the image that was just made is damaged");
	r->baked = true;
	free(path);
}

static void open_image(struct run *r)
{
	struct view file, inside;
	const char *problem;
	struct stat st;

	if (origin_is(r->file)) {
		bake_program(r);
		return;
	}
	if (stat(r->file, &st))
		die("cannot open %s: %s", r->file,
		    errno == ENOENT ? "no such file" : strerror(errno));
	if (S_ISDIR(st.st_mode))
		die("%s is a directory, not an image or a program", r->file);
	file = view_open(r->file);
	inside = image_in_iso(file);
	problem = image_open(&r->image, inside);
	if (problem && r->image.note_offset)
		die("%s %s", r->file, problem);
	if (problem && disk_format(&file))
		die("%s is a disk for other hypervisors; haunch run takes what haunch bake makes without -f, or with "
		    "-f iso",
		    r->file);
	if (problem) {
		view_close(&file);
		bake_program(r);
		return;
	}
	if (r->image.note.payload_size && !image_intact(&r->image))
		die("%s is damaged: its checksum is not that of when it was made", r->file);
	r->is_iso = inside.data != file.data;
	if (!r->image.note.payload_size)
		die("%s is a kernel that nothing was baked into yet (see haunch help bake)",
		    r->file);
	if (r->settings.nr_trees || r->settings.kernel)
		usage("%s is baked already: --dir and -k are for haunch bake", r->file);
	release_check(&r->image.note, r->file);
}

/* With less files, a machine starts sooner from a disk, by the small firmware, than it would gain by sharing. */
#define SHARED_LEAST (80ul << 20)

/* Is the machine to have the image as memory? */
static bool is_memory(const struct run *r)
{
	return r->image.base_size >= SHARED_LEAST && !r->is_iso &&
	       !(r->image.elf.file.size % IMAGE_MEMORY_ALIGN) && r->image.drivers.size &&
	       has_driver(&r->image, "virtio_pmem");
}

static bool has_word(const char *line, const char *word)
{
	size_t length = strlen(word);
	const char *at = line;

	for (; (at = strstr(at, word)); at += length)
		if ((at == line || at[-1] == ' ') && (!at[length] || at[length] == ' '))
			return true;
	return false;
}

/* Init's words for folders and volumes.  Disks are called by their order. */
static void add_mounts(const struct run *r, char **words)
{
	unsigned int i, disk = 0;

	for (i = 0; i < r->nr_disks; i++)
		disk += !strcmp(r->disks[i].controller, "virtio");
	for (i = 0; i < r->nr_attached; i++) {
		const struct attached *a = &r->attached[i];
		const char *end = a->read_only ? ":ro" : "";

		if (!a->is_volume)
			add_setting(words, "share",
				    xprintf("share%u%s:%s%s", i, a->is_file ? "/" SHARED_FILE : "",
					    a->guest, end));
		else if (disk < 26)
			add_setting(words, "volume",
				    xprintf("/dev/vd%c:%s%s", 'a' + (int)disk++, a->guest, end));
		else
			die("too many disks and volumes: 26 at most");
	}
}

/* The network that machines share is the second card's. */
static void add_group(const struct run *r, char **words)
{
	/* What does not fit init is told later (guest.c). */
	char *hosts = r->dry ? xstrdup("") : network_hosts(HOSTS_MAX);

	add_setting(words, "lan", xprintf("eth1:%s", network_address(r->number)));
	add_setting(words, "hosts", hosts);
	if (r->name &&
	    !strstr(r->image.command_line ? r->image.command_line : "", "haunch.hostname="))
		add_setting(words, "hostname", r->name);
	free(hosts);
}

/* Words for the kernel: the baked ones come first, and of two that contradict the last counts. */
static char *kernel_words(const struct run *r, const char *connect)
{
	const struct settings *s = &r->settings;
	char *words = xstrdup("");
	bool plain = true;		/* the arguments can be as they are, between quotes */
	unsigned int i;

	/* A debugger wants everything where the files say. */
	if (r->debug)
		add_words(&words, "nokaslr norandmaps");
	/* QEMU's user network is always the same: no need to wait for its DHCP server. */
	if (!s->network_words && r->image.command_line &&
	    has_word(r->image.command_line, "haunch.network=dhcp")) {
		if (!strcmp(r->network, "user"))
			add_words(
				&words,
				xprintf("ip=10.0.2.15::10.0.2.2:255.255.255.0:haunch:%s:off:10.0.2.3"
					" haunch.network=static",
					r->group ? "eth0" : ""));
		else if (!strcmp(r->network, "none"))
			add_words(&words, "haunch.network=off");
	}
	add_words(&words, connect);
	if (r->group)
		add_group(r, &words);
	add_mounts(r, &words);
	if (is_memory(r))
		add_words(&words, xprintf("blkdevparts=pmem0:%llu@%llu(files)",
					  (unsigned long long)r->image.base_size,
					  (unsigned long long)r->image.base));
	if (!r->baked && s->network_words)
		add_words(&words, s->network_words);
	if (!r->baked && s->kernel_words)
		add_words(&words, s->kernel_words);
	for (i = 0; !r->baked && i < s->nr_environment; i++)
		add_setting(&words, "env", s->environment[i]);
	if (r->verbose)
		add_words(&words, "loglevel=7");
	if (r->baked || !r->nr_arguments)
		return words;
	for (i = 0; i < r->nr_arguments; i++)
		plain = plain && !strpbrk(r->arguments[i], "\"\n");
	if (plain)
		add_words(&words, "--");
	for (i = 0; i < r->nr_arguments; i++) {
		const char *argument = r->arguments[i];

		if (plain)
			add_words(&words,
				  xprintf(!*argument || strpbrk(argument, " \t") ? "\"%s\"" : "%s",
					  argument));
		else
			add_setting(&words, "argument", argument);
	}
	return words;
}

/* ------------------------------------------------------------------ QEMU's command line */

static void add(struct run *r, const char *option, const char *value)
{
	r->qemu = append(r->qemu, &r->nr_qemu, option);
	if (value)
		r->qemu = append(r->qemu, &r->nr_qemu, value);
}

/* QEMU's option syntax wants commas doubled. */
static char *escaped(const char *text)
{
	char *result = xmalloc(2 * strlen(text) + 1), *to = result;

	for (; *text; *to++ = *text++)
		if (*text == ',')
			*to++ = ',';
	*to = '\0';
	return result;
}

static void add_network(struct run *r)
{
	const char *model = strcmp(r->nic, "virtio") ? r->nic : "virtio-net-pci";
	char *netdev = NULL;
	unsigned int i;

	if (!strcmp(r->network, "none"))
		return;
	if (r->tap)
		netdev = xprintf("tap,id=net0,ifname=%s,script=no,downscript=no", escaped(r->tap));
	else
		netdev = xstrdup("user,id=net0");
	for (i = 0; i < r->nr_ports; i++)
		netdev = xprintf("%s,hostfwd=%s:%s:%u-:%u", netdev, r->ports[i].protocol,
				 r->ports[i].address, r->ports[i].host, r->ports[i].guest);
	add(r, "-netdev", netdev);
	add(r, "-device", xprintf("%s,netdev=net0,romfile=", model));
	if (!r->group)
		return;
	add(r, "-netdev", network_device(r->group, "net1"));
	add(r, "-device",
	    xprintf("%s,netdev=net1,romfile=,mac=%s", model, network_card(r->number)));
}

static void add_disks(struct run *r)
{
	unsigned int i;

	if (has_disk(r, "ahci"))
		add(r, "-device", "ahci,id=ahci0");
	if (has_disk(r, "scsi"))
		add(r, "-device", "virtio-scsi-pci");
	for (i = 0; i < r->nr_disks; i++) {
		const struct disk *d = &r->disks[i];
		const char *protect = "";

		/* An IDE disk cannot be read-only: what is written to it is thrown away. */
		if (d->read_only)
			protect = strcmp(d->controller, "ahci") ? ",readonly=on" : ",snapshot=on";
		add(r, "-drive",
		    xprintf("id=disk%u,if=none,format=%s,file=%s%s", i,
			    d->is_qcow2 ? "qcow2" : "raw", escaped(d->file), protect));
		add(r, "-device",
		    !strcmp(d->controller, "ahci") ?
			    xprintf("ide-hd,bus=ahci0.%u,drive=disk%u", i, i) :
		    !strcmp(d->controller, "nvme") ?
			    xprintf("nvme,serial=haunch%u,drive=disk%u", i, i) :
		    !strcmp(d->controller, "scsi") ? xprintf("scsi-hd,drive=disk%u", i) :
						     xprintf("virtio-blk-pci,drive=disk%u", i));
	}
}

/* Folders by 9P, volumes as disks behind those of the user. */
static void add_all_attached(struct run *r)
{
	unsigned int i;

	for (i = 0; i < r->nr_attached; i++) {
		const struct attached *a = &r->attached[i];

		if (a->is_volume) {
			add(r, "-drive",
			    xprintf("id=volume%u,if=none,format=raw,discard=unmap,file=%s%s", i,
				    escaped(a->file), a->read_only ? ",readonly=on" : ""));
			add(r, "-device", xprintf("virtio-blk-pci,drive=volume%u", i));
		} else {
			add(r, "-fsdev",
			    xprintf("local,id=share%u,security_model=none,multidevs=remap,path=%s%s",
				    i, escaped(a->file), a->read_only ? ",readonly=on" : ""));
			add(r, "-device",
			    xprintf("virtio-9p-pci,fsdev=share%u,mount_tag=share%u", i, i));
		}
	}
}

/*
 * Files that are not in memory are in the image.  It is memory as well, the host's page cache, which all machines have in common and
 * which costs them none of theirs; or a disk, behind those of the user.
 */
static void add_base(struct run *r, const char *image)
{
	if (!r->image.base_size)
		return;
	if (is_memory(r)) {
		add(r, "-object",
		    xprintf("memory-backend-file,id=base,share=on,readonly=on,size=%llu,mem-path=%s",
			    (unsigned long long)r->image.elf.file.size, escaped(image)));
		add(r, "-device", "virtio-pmem-pci,memdev=base");
		return;
	}
	add(r, "-drive",
	    xprintf("id=base,if=none,driver=raw,offset=%llu,size=%llu,read-only=on,"
		    "file.driver=file,file.locking=off,file.filename=%s",
		    (unsigned long long)r->image.base, (unsigned long long)r->image.base_size,
		    escaped(image)));
	add(r, "-device", "virtio-blk-pci,drive=base");
}

/*
 * QEMU's small firmware takes 5 million instructions less than its usual one until the kernel starts.  It places no
 * devices (their BARs are 0), so the donor has to.  The interrupt lines that it tells are wrong, so that it is for
 * devices that send messages: all of ours but the e1000 and the virtio-pmem, and what is unknown of the user's.
 */
#define SMALL_FIRMWARE	"/usr/share/qemu/qboot.rom"

static void add_firmware(struct run *r)
{
	struct view name = image_says(&r->image, IMAGE_FIRMWARE);

	if (name.size == 5 && !memcmp(name.data, "qboot", 5) && strcmp(r->nic, "e1000") &&
	    !is_memory(r) && !r->nr_qemu_options && !access(SMALL_FIRMWARE, R_OK))
		add(r, "-bios", SMALL_FIRMWARE);
}

static void make_command(struct run *r, const char *image, const char *words)
{
	const char *more = getenv("HAUNCH_APPEND");	/* of tests, for all that they run */
	unsigned int i;

	if (more && *more)
		words = xprintf("%s%s%s", words, *words ? " " : "", more);
	add(r, "qemu-system-x86_64", NULL);
	add(r, "-machine", xprintf("%s,accel=%s", r->machine, r->accelerator));
	/* The image's place is behind the machine's memory. */
	add(r, "-m",
	    is_memory(r) ? xprintf("%llu,maxmem=%lluM", (unsigned long long)r->settings.memory,
				   (unsigned long long)(r->settings.memory +
							(r->image.elf.file.size >> 20))) :
			   xprintf("%llu", (unsigned long long)r->settings.memory));
	add(r, "-no-user-config", "-nodefaults");
	add(r, "-display", "none");
	add(r, "-vga", "none");
	add(r, "-no-reboot", NULL);
	add(r, "-cpu", strcmp(r->accelerator, "kvm") ? "max" : "host");
	add_network(r);
	add_disks(r);
	add_all_attached(r);
	add_base(r, image);
	if (r->capture && strcmp(r->network, "none"))
		add(r, "-object",
		    xprintf("filter-dump,id=capture,netdev=%s,file=%s", r->group ? "net1" : "net0",
			    escaped(r->capture)));
	if (r->name && !r->dry) {
		char *path = escaped(machine_file(r->name, "qmp"));

		add(r, "-chardev", xprintf("socket,id=monitor,path=%s,server=on,wait=off", path));
		add(r, "-mon", "chardev=monitor,mode=control");
		if (has_driver(&r->image, "virtio_balloon") && r->image.drivers.size)
			add(r, "-device", "virtio-balloon-pci,id=balloon");
	}
	if (r->is_iso) {
		add(r, "-cdrom", image);
		add(r, "-boot", "d");
	} else {
		add_firmware(r);
		add(r, "-kernel", image);
		if (*words)
			add(r, "-append", words);
	}
	if (r->debug) {
		add(r, "-gdb", "tcp:127.0.0.1:1234");
		add(r, "-S", NULL);
	}
	for (i = 0; i < r->nr_qemu_options; i++)
		add(r, r->qemu_options[i], NULL);
}

/* A word as a shell wants it. */
static void put_quoted(const char *word)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
				    "_./:,=@%+-";

	if (*word && !word[strspn(word, plain)]) {
		fputs(word, stdout);
		return;
	}
	putchar('\'');
	for (; *word; word++) {
		if (*word == '\'')
			fputs("'\\''", stdout);
		else
			putchar(*word);
	}
	putchar('\'');
}

static void put_option(const char *option, const char *value)
{
	printf(" %s ", option);
	put_quoted(value);
}

/* A line that can be given to a shell.  A program is baked first. */
static void print_command(struct run *r, const char *image)
{
	const struct settings *s = &r->settings;
	const char *self = getenv("HAUNCH_COMMAND");
	unsigned int i;

	if (r->baked) {
		put_quoted(self && *self ? self : "haunch");
		printf(" bake");
		put_option("-o", image);
		if (s->kernel)
			put_option("-k", s->kernel);
		for (i = 0; i < s->nr_trees; i++)
			put_option("--dir", s->trees[i]);
		for (i = 0; i < s->nr_environment; i++)
			put_option("-e", s->environment[i]);
		if (s->network_words && !strncmp(s->network_words, "ip=", 3))
			put_option("--ip", xprintf("%.*s", (int)strcspn(s->network_words + 3, " "),
						   s->network_words + 3));
		else if (s->network_words)
			put_option("--ip", strchr(s->network_words, '=') + 1);
		if (s->kernel_words)
			put_option("-c", s->kernel_words);
		putchar(' ');
		put_quoted(r->file);
		printf(" --");
		for (i = 0; i < r->nr_arguments; i++) {
			putchar(' ');
			put_quoted(r->arguments[i]);
		}
		printf(" && ");
	}
	if (isatty(0) && isatty(1)) {
		add(r, "-chardev", "stdio,id=console,mux=on,signal=on");
		add(r, "-mon", "chardev=console,mode=readline");
	} else {
		add(r, "-chardev", "stdio,id=console,signal=on");
	}
	add(r, "-serial", "chardev:console");
	for (i = 0; i < r->nr_qemu; i++) {
		if (i)
			putchar(' ');
		put_quoted(r->qemu[i]);
	}
	putchar('\n');
}

/* ------------------------------------------------------------------ the command */

/* KVM where it can run us: that /dev/kvm is there is not enough. */
static void choose_accelerator(struct run *r)
{
	const char *problem;

	if (r->accelerator && !strcmp(r->accelerator, "tcg"))
		return;
	problem = kvm_problem();
	if (r->accelerator && problem)
		die("KVM cannot be used: %s (leave --kvm out to emulate)", problem);
	r->accelerator = problem ? "tcg" : "kvm";
}

static uint64_t needed_memory(const struct run *r)
{
	return (r->image.note.memory_needed + (1 << 20) - 1) >> 20;
}

static void choose_memory(struct run *r)
{
	uint64_t needed = needed_memory(r);

	if (!r->settings.memory)
		r->settings.memory = r->image.base_size && needed <= MEMORY_WITH_BASE ?
					     MEMORY_WITH_BASE :
				     needed <= MEMORY_DEFAULT ? MEMORY_DEFAULT :
								needed + MEMORY_SPARE;
}

/* QEMU 10 has queues for virtio-serial that are eight times as long, and Linux fills them with pages. */
#define PORT_MEMORY 8 /* MiB */
#define PORT_QEMU   10

/* What an image needs is counted without that.  (An image that has less than it needs says so itself.) */
static void check_memory(const struct run *r)
{
	uint64_t needed = needed_memory(r);
	unsigned int major = 0;
	FILE *f;

	if (r->settings.memory < needed || r->settings.memory >= needed + PORT_MEMORY)
		return;
	f = popen("qemu-system-x86_64 --version 2>/dev/null", "re");
	if (f && fscanf(f, "QEMU emulator version %u", &major) != 1)
		major = 0;
	if (f)
		pclose(f);
	if (major >= PORT_QEMU)
		die("the machine has %llu MB, this image needs %llu MB with QEMU %u: give it more with -m",
		    (unsigned long long)r->settings.memory,
		    (unsigned long long)needed + PORT_MEMORY, major);
}

/* The last haunch.stop-timeout= of what is baked and what was added. */
static unsigned long stop_timeout(const struct run *r, const char *words)
{
	static const char name[] = "haunch.stop-timeout=";
	const char *lines[] = { r->image.command_line, words }, *at;
	unsigned long seconds = STOP_TIMEOUT_S;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(lines); i++)
		for (at = lines[i]; at && (at = strstr(at, name)); at += strlen(name))
			seconds = strtoul(at + strlen(name), NULL, 10);
	return seconds < 1000000 ? seconds : 1000000;
}

/* The names of all disks, for a message. */
static const char *disk_names(const struct run *r)
{
	char *names = xstrdup("");
	unsigned int i;

	for (i = 0; i < r->nr_disks; i++)
		add_words(&names, r->disks[i].file);
	return names;
}

static void parse(struct run *r, int argc, const char **argv)
{
	struct words words;
	char *value;
	int option;

	options_start(&words, argc, argv, options);
	while ((option = options_next(&words, &value)) != -1) {
		if (option == 'h') {
			options_help(&command_run);
			exit(0);
		}
		take_option(r, option, value);
	}
	if (words.nr_operands > 1)
		usage("unexpected '%s': arguments come after '--'", words.operands[1]);
	if (!words.nr_operands)
		usage("which image or program? (see haunch help run)");
	r->file = words.operands[0];
	r->arguments = words.rest;
	r->nr_arguments = words.nr_rest;
	if (r->detach && r->debug)
		usage("--gdb is for a machine in the foreground, not for -d");
	if (r->nr_ports && strcmp(r->network, "user"))
		usage("-p works with the user network only, not with %s", r->network);
}

/* What haunch ps and inspect show of it. */
static void tell(const struct run *r, const char *name)
{
	json_t *arguments = json_array(), *volumes = json_array();
	char *ports = xstrdup("");
	json_t *fields;
	unsigned int i;

	for (i = 0; i < r->nr_arguments; i++)
		json_array_append_new(arguments, json_string(r->arguments[i]));
	for (i = 0; i < r->nr_attached; i++)
		json_array_append_new(volumes,
				      json_pack("{s:s,s:s,s:b}", "source", r->attached[i].file,
						"to", r->attached[i].guest, "read_only",
						r->attached[i].read_only));
	for (i = 0; i < r->nr_ports; i++)
		add_words(&ports, xprintf("%s:%u->%u/%s", r->ports[i].address, r->ports[i].host,
					  r->ports[i].guest, r->ports[i].protocol));
	fields = json_pack("{s:s,s:s,s:o,s:o,s:s,s:I}", "name", name, "image", r->file, "arguments",
			   arguments, "volumes", volumes, "ports", ports, "memory",
			   (json_int_t)r->settings.memory);
	if (r->group) {
		json_object_set_new(fields, "network", json_string(r->group));
		json_object_set_new(fields, "address", json_string(network_address(r->number)));
	}
	machine_tell(fields);
}

static char *short_name(const struct run *r)
{
	char *name = origin_is(r->file) ? origin_name(r->file) : xstrdup(last_part(r->file)), *dot;

	dot = strrchr(name, '.');
	if (dot && (!strcmp(dot, ".img") || !strcmp(dot, ".iso")))
		*dot = '\0';
	name[strcspn(name, ":")] = '\0';
	return name_is_good(name) ? name : xstrdup("machine");
}

static int main_run(int argc, const char **argv)
{
	struct run r = { .volume_size = VOLUME_SIZE_DEFAULT,
			 .network = "user",
			 .nic = "virtio",
			 .machine = "pc",
			 .image_fd = -1,
			 .number = 2 };
	struct guest guest = { .image = -1, .news = -1 };
	char *connect = NULL, *words, *image;
	int status;
	bool ports;
	unsigned int i;

	parse(&r, argc, argv);
	if (!in_path("qemu-system-x86_64"))
		die("QEMU is not installed; run: haunch setup (or apt-get install qemu-system-x86)");
	for (i = 0; i < r.nr_ports && !r.dry; i++)
		check_port(&r.ports[i]);
	if (r.tap && !r.dry)
		check_tap(r.tap);
	/* One on a network has a name, if only for as long as it runs. */
	r.forget = r.forget || (r.group && !r.name && !r.detach);
	if ((r.detach || r.name || r.group) && !r.dry)
		r.name = machine_register(r.name, short_name(&r));
	open_image(&r);
	for (i = 0; i < r.nr_disks; i++)
		check_disk(&r.disks[i]);
	check_attached(&r);
	choose_memory(&r);
	check_drivers(&r);
	choose_accelerator(&r);
	ports = !r.is_iso && has_driver(&r.image, PORTS_DRIVER);
	if (!ports && !r.is_iso)
		note("the kernel in the image has no driver " PORTS_DRIVER
		     ": the program's standard files are the machine's console, all in one");
	if (ports && !r.dry)
		check_memory(&r);
	if (r.group && !ports)
		die("-n %s wants an image with Linux that is not an ISO", r.group);
	if (r.group && !r.dry) {
		r.number = network_join(r.group, r.name);
		guest.news = network_watch();
		guest.hosts = network_hosts;
	}
	if (r.name && !r.dry)
		tell(&r, r.name);
	if (r.detach && !r.dry)
		machine_detach();
	copy_files(&r);
	connect = r.dry ? xstrdup("") : guest_connect(&guest, ports);
	if (ports && r.name && !r.dry) {
		guest.commands = MAX_COMMANDS;
		add_words(&connect, "haunch.commands");
	}
	words = kernel_words(&r, connect);
	if (strlen(words) > WORDS_MAX)
		die("too much is said to the image: %zu characters of environment, arguments and other words, "
		    "at most %u",
		    strlen(words), WORDS_MAX);
	if (r.is_iso &&
	    (r.settings.kernel_words || r.settings.network_words || r.verbose || r.nr_arguments))
		die("an ISO image boots by its own GRUB: it takes no arguments, no -V, and none of "
		    "what an image can be told");
	if (!r.baked)
		image = xstrdup(r.file);
	else if (r.dry)
		image = xprintf("%s/haunch-%s.img", getenv("TMPDIR") ? getenv("TMPDIR") : "/tmp",
				last_part(r.file));
	else
		image = xprintf("/proc/self/fd/%d", r.image_fd);
	make_command(&r, image, words);
	if (r.dry) {
		print_command(&r, image);
		return 0;
	}
	if (r.debug)
		note("waiting for a debugger: gdb %s/haunch-%s.debug -ex 'target remote :1234'",
		     build_folder(), r.settings.kernel ? r.settings.kernel : "virtio");
	guest.qemu = r.qemu;
	guest.nr_qemu = r.nr_qemu;
	guest.image = r.image_fd;
	guest.disks = disk_names(&r);
	guest.tap = r.tap;
	guest.stop_timeout_s = stop_timeout(&r, words);
	guest.started = machine_runs;
	guest.looked = machine_bound_log;
	status = guest_run(&guest);
	work_remove();
	network_leave();
	machine_ended(status, r.forget);
	return status;
}

const struct command command_run = {
	.name = "run",
	.main = main_run,
	.usage = "usage: haunch run [OPTION]... IMAGE [-- ARGUMENT...]\n"
		 "       haunch run [OPTION]... PROGRAM [-- ARGUMENT...]\n"
		 "       haunch run [OPTION]... ROOT [-- PROGRAM ARGUMENT...]\n",
	.about =
		"Boot an image, or bake a program or a ROOT (deb:, oci:...: see haunch help bake) and boot it.  With an IMAGE, arguments replace "
		"those that were baked.  The program's standard input, output and error are this "
		"command's.  The exit status is the program's; 125 means that the guest died without "
		"one.\n"
		"SIGTERM, SIGINT and SIGHUP press the machine's power button: the program is asked to "
		"end, disks are unmounted.  A second one kills at once, and so does one before the "
		"program has started.  On a terminal Ctrl-C is the program's, and kills the third "
		"time in a row; Ctrl-A C is QEMU's monitor and Ctrl-A X switches the machine off.",
	.options = options,
};

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * bake.c - make a bootable image of a kernel, a program and its files.
 *
 * The files become a cpio archive, the archive and the command line become the payload
 * (core/image.h), and the payload becomes one more segment of the kernel's ELF file, in the place of
 * a spare program header.  Everything is written to a temporary file beside the image, which takes
 * the image's name only when it is complete; whatever goes wrong before leaves an existing image
 * untouched.
 */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "../hypercall/hypercall.h"
#include "image.h"
#include "libraries.h"
#include "tree.h"

/*
 * What the kernel needs beyond its own image, the payload, the unpacked files and the program's
 * segments; and what a file needs beyond its contents.  Measured on the virtio kernel by `run -m`: with
 * this a "hello" runs in 9 MB, and nginx and lighttpd serve files of 1 MiB in 14 and 12.
 */
#define MEMORY_BASE		(2ul << 20)
#define MEMORY_PER_FILE		1024

/* The kernel takes 4095 characters; the boot loader's and `haunch run`'s must fit, too. */
#define COMMAND_LINE_MAX	3072

/* An image must load below 4 GiB. */
#define PAYLOAD_MAX		(2ul << 30)

struct options {
	const char *kernel, *init, *drivers;	/* files that `haunch` knows the places of */
	const char *output;
	const char *program;
	char **arguments;
	int nr_arguments;
	const char **environment;
	unsigned int nr_environment;
	const char **trees;			/* the -d options */
	unsigned int nr_trees;
	char *command_line;
	const char *ip;
	unsigned long memory;			/* MiB, 0: computed */
};

/* ------------------------------------------------------------------ command line */

static const char **append(const char **list, unsigned int *count, const char *item)
{
	list = xrealloc(list, (*count + 1) * sizeof(*list));
	list[(*count)++] = item;
	return list;
}

/* Add a word, or words, to the kernel's command line. */
static void add_words(struct options *o, const char *words)
{
	char *longer;

	if (strchr(words, '\n'))
		usage("a kernel command line cannot hold a line break");
	longer = xprintf("%s%s%s", o->command_line, *o->command_line && *words ? " " : "", words);
	free(o->command_line);
	o->command_line = longer;
}

static void add_mount(struct options *o, const char *mount)
{
	const char *dir = strchr(mount, ':');

	if (mount[0] != '/' || !dir || dir[1] != '/' || strpbrk(mount, " \t\""))
		usage("--mount wants DEVICE:DIRECTORY[:FSTYPE[:ro]], as in /dev/vda:/srv/www:ext4, "
		      "not '%s'", mount);
	add_words(o, xprintf("haunch.mount=%s", mount));
}

/* A size in MiB: 64, 64M and 64MB are the same, and so are 1G and 1024. */
static unsigned long megabytes(const char *text, const char *option)
{
	unsigned long value, factor = 1;
	char *end;

	errno = 0;
	value = strtoul(text, &end, 10);
	if (end != text && *end && strchr("MmGg", *end)) {
		factor = strchr("Gg", *end) ? 1024 : 1;
		end++;
		end += *end == 'B' || *end == 'b';
	}
	if (end == text || *end || errno || *text == '-' || !value || value > 1ul << 24)
		usage("%s wants a size, as in 64M or 1G, not '%s'", option, text);
	return value * factor;
}

static void parse(struct options *o, int argc, char **argv)
{
	enum { KERNEL = 256, INIT, DRIVERS, IP, MOUNT };
	static const struct option longs[] = {
		{ "output", required_argument, NULL, 'o' },
		{ "dir", required_argument, NULL, 'd' },
		{ "env", required_argument, NULL, 'e' },
		{ "command-line", required_argument, NULL, 'c' },
		{ "memory", required_argument, NULL, 'm' },
		{ "ip", required_argument, NULL, IP },
		{ "mount", required_argument, NULL, MOUNT },
		{ "kernel", required_argument, NULL, KERNEL },
		{ "init", required_argument, NULL, INIT },
		{ "drivers", required_argument, NULL, DRIVERS },
		{ NULL, 0, NULL, 0 },
	};
	const char *given;
	int c;

	o->command_line = xstrdup("quiet");
	/* '-': what is not an option comes as 1, in order; ':': we report errors ourselves. */
	while ((c = getopt_long(argc, argv, "-:o:d:e:c:m:", longs, NULL)) != -1) {
		switch (c) {
		case 1:
			if (o->program)
				usage("unexpected '%s': the program's arguments come after '--'",
				      optarg);
			o->program = optarg;
			break;
		case 'o':
			o->output = optarg;
			break;
		case 'd':
			o->trees = append(o->trees, &o->nr_trees, optarg);
			break;
		case 'e':
			if (!strchr(optarg, '=') || *optarg == '=')
				usage("-e wants NAME=VALUE, not '%s'", optarg);
			o->environment = append(o->environment, &o->nr_environment, optarg);
			break;
		case 'c':
			add_words(o, optarg);
			break;
		case 'm':
			o->memory = megabytes(optarg, "-m");
			break;
		case IP:
			o->ip = optarg;
			break;
		case MOUNT:
			add_mount(o, optarg);
			break;
		case KERNEL:
			o->kernel = optarg;
			break;
		case INIT:
			o->init = optarg;
			break;
		case DRIVERS:
			o->drivers = optarg;
			break;
		default:
			given = argv[optind - 1];
			if (c == ':')
				usage("option '%s' wants a value (see haunch help bake)", given);
			if (optopt && optopt < 256)
				usage("unknown option '-%c' (see haunch help bake)", optopt);
			usage("unknown option '%s' (see haunch help bake)", given);
		}
	}
	o->arguments = argv + optind;
	o->nr_arguments = argc - optind;
	if (!o->program && o->nr_arguments) {
		o->program = *o->arguments++;
		o->nr_arguments--;
	}
	if (!o->program)
		usage("which program? (see haunch help bake)");
	if (!o->output)
		usage("-o IMAGE is missing (see haunch help bake)");
	if (!o->kernel || !o->init)
		usage("--kernel and --init are missing: run this as 'haunch bake'");
	if (!o->ip)
		o->ip = "dhcp";
	if (strpbrk(o->ip, " \t\""))
		usage("--ip wants one word, as the kernel's ip= has it, not '%s'", o->ip);
	if (!strcmp(o->ip, "dhcp") || !strcmp(o->ip, "off"))
		add_words(o, xprintf("haunch.network=%s", o->ip));
	else
		add_words(o, xprintf("ip=%s haunch.network=static", o->ip));
	if (strlen(o->command_line) > COMMAND_LINE_MAX)
		die("the kernel command line is too long: %zu characters, at most %u",
		    strlen(o->command_line), COMMAND_LINE_MAX);
}

/* ------------------------------------------------------------------ the guest's files */

/*
 * Die unless it is a program that can run; returns the memory that its segments take, and in
 * *interpreter the one that it names, or NULL.
 */
static uint64_t check_program(const char *path, char **interpreter)
{
	struct view file = view_open(path);
	struct elf64 elf;
	const char *words;
	uint64_t size, memory = 0;
	unsigned int i;

	if (file.size >= 2 && !memcmp(file.data, "#!", 2))
		die("%s is a script, not an ELF executable: bake its interpreter, and put the script "
		    "in with -d %s:/GUEST/PATH -- /GUEST/PATH", path, path);
	words = elf64_open(&elf, file);
	if (!words && elf64_note(&elf, IMAGE_NOTE_OWNER, IMAGE_NOTE_TYPE, &size))
		words = "is a Haunch kernel or image, not a program (boot it with haunch run)";
	if (!words)
		words = elf64_check_program(&elf);
	if (words)
		die("%s %s", path, words);
	if (access(path, X_OK))
		die("%s is not executable (chmod +x %s)", path, path);
	for (i = 0; i < elf.header.e_phnum; i++)
		if (elf64_segment(&elf, i).p_type == PT_LOAD)
			memory += ALIGN_UP(elf64_segment(&elf, i).p_memsz, PAGE_SIZE);
	words = elf64_interpreter(&elf);
	*interpreter = words ? xstrdup(words) : NULL;
	view_close(&file);
	return memory;
}

/*
 * -d HOST:GUEST.  A colon may be part of the host's path: the guest's begins at the last ":/".
 * Without a guest path it is the same as the host's.
 */
static void add_tree(struct node *root, const char *option, const struct tree_skip *skip)
{
	const char *colon = NULL, *at;
	char *host;

	for (at = option; (at = strstr(at, ":/")); at++)
		colon = at;
	if (!colon || colon == option)
		usage("-d wants HOSTPATH:/GUESTPATH, not '%s'", option);
	host = xprintf("%.*s", (int)(colon - option), option);
	tree_add_host(root, host, colon + 1, skip);
	free(host);
}

struct search {
	dev_t dev;
	ino_t ino;
	const char *name;		/* what the user calls it */
	struct node *root;
	struct node *found, *link;
};

static void find_source(struct node *node, void *argument)
{
	struct search *search = argument;

	if (!search->found && node->source && S_ISREG(node->mode) &&
	    node->source_dev == search->dev && node->source_ino == search->ino)
		search->found = node;
}

/* Some programs are several in one, and look at the name that they are called by. */
static void find_link(struct node *node, void *argument)
{
	struct search *search = argument;

	if (!search->link && S_ISLNK(node->mode) && !strcmp(node->name, search->name)) {
		char *path = tree_path(node);

		if (tree_find(search->root, path, true) == search->found)
			search->link = node;
		free(path);
	}
}

/* A program that a -d tree holds stays there, else it goes to /bin.  Returns its guest path. */
static char *add_program(struct node *root, const char *path)
{
	const char *name = strrchr(path, '/');
	struct search search = { .root = root, .name = name ? name + 1 : path };
	struct stat st;
	char *guest;

	if (stat(path, &st))
		die("cannot read %s: %s", path, strerror(errno));
	search.dev = st.st_dev;
	search.ino = st.st_ino;
	tree_walk(root, find_source, &search);
	if (search.found) {
		if (strcmp(search.found->name, search.name))
			tree_walk(root, find_link, &search);
		return tree_path(search.link ? search.link : search.found);
	}
	guest = xprintf("/bin/%s", search.name);
	tree_add_host(root, path, guest, NULL);
	return guest;
}

/*
 * What every POSIX program may expect, where the user did not give it.  /dev/console is what the
 * kernel gives to init as its standard files, before it has a /dev of its own.
 */
static void add_defaults(struct node *root)
{
	static const struct {
		const char *path;
		mode_t mode;
		const char *contents;
	} files[] = {
		{ "/dev", S_IFDIR | 0755, NULL },
		{ "/proc", S_IFDIR | 0555, NULL },
		{ "/sys", S_IFDIR | 0555, NULL },
		{ "/tmp", S_IFDIR | 01777, NULL },
		{ "/run", S_IFDIR | 0755, NULL },
		{ "/root", S_IFDIR | 0700, NULL },
		{ "/var", S_IFDIR | 0755, NULL },
		{ "/var/tmp", S_IFDIR | 01777, NULL },
		{ "/var/run", S_IFLNK | 0777, "/run" },
		{ "/etc", S_IFDIR | 0755, NULL },
		{ "/etc/passwd", S_IFREG | 0644,
		  "root:x:0:0:root:/root:/bin/sh\n"
		  "www-data:x:33:33:www-data:/var/www:/bin/false\n"
		  "nobody:x:65534:65534:nobody:/:/bin/false\n" },
		{ "/etc/group", S_IFREG | 0644,
		  "root:x:0:\nwww-data:x:33:\nnogroup:x:65534:\n" },
		{ "/etc/hosts", S_IFREG | 0644,
		  "127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost\n" },
		{ "/etc/resolv.conf", S_IFLNK | 0777, "/proc/net/pnp" },
	};
	struct node *node;
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(files); i++) {
		node = tree_find(root, files[i].path, false);
		if (node && (node->given || !S_ISDIR(node->mode)))
			continue;
		tree_add(root, files[i].path, files[i].mode, files[i].contents,
			 files[i].contents ? strlen(files[i].contents) : 0);
	}
	node = tree_find(root, "/dev/console", true);
	if (!node) {
		node = tree_add(root, "/dev/console", S_IFCHR | 0600, "", 0);
		node->rdev = makedev(5, 1);
	}
}

static bool has_environment(const struct options *o, const char *name)
{
	unsigned int i;

	for (i = 0; i < o->nr_environment; i++)
		if (!strncmp(o->environment[i], name, strlen(name)))
			return true;
	return false;
}

/* What init reads: the number of arguments, the arguments, the environment, all NUL-terminated. */
static void add_program_file(struct node *root, const struct options *o, const char *guest)
{
	static const char *const environment[] = {
		"PATH=/bin:/sbin:/usr/bin:/usr/sbin:/usr/local/bin:/usr/local/sbin",
		"HOME=/root", "TERM=linux",
	};
	size_t size = 0;
	unsigned int i;
	char *data;
	FILE *f;

	f = open_memstream(&data, &size);
	if (!f)
		die("out of memory");
	fprintf(f, "%d%c%s%c", o->nr_arguments + 1, 0, guest, 0);
	for (i = 0; i < (unsigned int)o->nr_arguments; i++)
		fprintf(f, "%s%c", o->arguments[i], 0);
	for (i = 0; i < ARRAY_SIZE(environment); i++) {
		char *name = xprintf("%.*s", (int)strcspn(environment[i], "=") + 1, environment[i]);

		if (!has_environment(o, name))
			fprintf(f, "%s%c", environment[i], 0);
		free(name);
	}
	for (i = 0; i < o->nr_environment; i++)
		fprintf(f, "%s%c", o->environment[i], 0);
	if (fclose(f))
		die("out of memory");
	tree_add(root, "/.haunch", S_IFDIR | 0755, NULL, 0);
	tree_add(root, "/.haunch/program", S_IFREG | 0644, data, size);
	free(data);
}

static void add_init(struct node *root, const char *path)
{
	struct node *node = tree_find(root, "/init", false);
	struct view init = view_open(path);

	if (node)
		note("the /init of your files is replaced by haunch's own");
	tree_add(root, "/init", S_IFREG | 0755, init.data, init.size);
	view_close(&init);
	/* Its clients for DHCP and time lie beside it. */
	path = xprintf("%.*sbusybox", (int)(strrchr(path, '/') ? strrchr(path, '/') + 1 - path : 0),
		       path);
	init = view_open(path);
	tree_add(root, "/.haunch", S_IFDIR | 0755, NULL, 0);
	tree_add(root, "/.haunch/busybox", S_IFREG | 0755, init.data, init.size);
	view_close(&init);
}

/* Adds to *memory what libraries take besides their files. */
static struct node *make_tree(const struct options *o, const struct tree_skip *skip,
			      const char *interpreter, uint64_t *memory)
{
	struct node *root = tree_new();
	unsigned int i;
	char *guest;

	for (i = 0; i < o->nr_trees; i++)
		add_tree(root, o->trees[i], skip);
	guest = add_program(root, o->program);
	if (interpreter)
		*memory += add_libraries(root, o->program, interpreter);
	add_defaults(root);
	add_init(root, o->init);
	add_program_file(root, o, guest);
	free(guest);
	return root;
}

static void add_memory(struct node *node, void *argument)
{
	uint64_t *bytes = argument;

	*bytes += MEMORY_PER_FILE;
	if (S_ISREG(node->mode))
		*bytes += ALIGN_UP(node->size, PAGE_SIZE);
}

/* ------------------------------------------------------------------ the image */

static char *temporary;			/* to be removed unless all goes well */

static void remove_temporary(void)
{
	if (temporary)
		unlink(temporary);
}

static void interrupted(int sig)
{
	if (on_exit_cleanup)
		on_exit_cleanup();
	remove_temporary();
	signal(sig, SIG_DFL);
	raise(sig);
}

struct output {
	struct sink sink;
	int fd;
	const char *name;		/* of the image, for messages */
	size_t used;
	char buffer[1 << 16];
};

static void write_all(struct output *out, const void *data, size_t size, off_t offset)
{
	while (size) {
		ssize_t n = offset < 0 ? write(out->fd, data, size)
				       : pwrite(out->fd, data, size, offset);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			die("cannot write %s: %s", out->name,
			    n ? strerror(errno) : strerror(ENOSPC));
		data = (const char *)data + n;
		size -= n;
		if (offset >= 0)
			offset += n;
	}
}

static void output_flush(struct output *out)
{
	write_all(out, out->buffer, out->used, -1);
	out->used = 0;
}

static void output_write(struct sink *sink, const void *data, size_t size)
{
	struct output *out = (struct output *)sink;

	if (out->used + size > sizeof(out->buffer))
		output_flush(out);
	if (size > sizeof(out->buffer)) {
		write_all(out, data, size, -1);
		return;
	}
	memcpy(out->buffer + out->used, data, size);
	out->used += size;
}

static void output_put(struct output *out, const void *data, size_t size)
{
	output_write(&out->sink, data, size);
	out->sink.written += size;
}

static void output_align(struct output *out, uint64_t align)
{
	static const char zeros[PAGE_SIZE];

	output_put(out, zeros, ALIGN_UP(out->sink.written, align) - out->sink.written);
}

/* Open a temporary file in the image's folder, to become `*name` (symlinks followed). */
static void output_open(struct output *out, const char *output)
{
	mode_t mask = umask(0);
	const char *slash;
	struct stat st;
	char *name, *real;

	umask(mask);
	name = xstrdup(output);
	real = realpath(name, NULL);
	if (real)
		name = real;
	if (!stat(name, &st) && !S_ISREG(st.st_mode))
		die("cannot write %s: it is a %s", name,
		    S_ISDIR(st.st_mode) ? "directory" : "device or pipe, not a file");
	slash = strrchr(name, '/');
	temporary = xprintf("%.*s.haunch-bake-XXXXXX", slash ? (int)(slash - name + 1) : 0, name);
	memset(out, 0, offsetof(struct output, buffer));
	out->sink.write = output_write;
	out->name = name;
	out->fd = mkostemp(temporary, O_CLOEXEC);
	if (out->fd < 0) {
		temporary = NULL;
		die("cannot write %s: %s", name, strerror(errno));
	}
	on_exit_cleanup = remove_temporary;
	if (fchmod(out->fd, 0666 & ~mask))
		die("cannot write %s: %s", name, strerror(errno));
}

static void output_finish(struct output *out)
{
	output_flush(out);
	if (fsync(out->fd) || close(out->fd) || rename(temporary, out->name))
		die("cannot write %s: %s", out->name, strerror(errno));
	temporary = NULL;
}

/*
 * Kbuild's modules.builtin has lines such as kernel/drivers/net/virtio_net.ko; what users care for
 * is drivers, file systems and protocols, without the frame.
 */
static char *read_drivers(const char *path, size_t *size)
{
	static const char *const wanted[] = { "drivers/", "fs/", "net/" };
	struct view file = view_open(path);
	const char *at = (const char *)file.data, *end = at + file.size;
	char *text = NULL;
	unsigned int i;
	FILE *f;

	f = open_memstream(&text, size);
	if (!f)
		die("out of memory");
	while (at < end) {
		const char *stop = memchr(at, '\n', end - at);
		size_t length = (stop ? stop : end) - at;

		if (length > 10 && !memcmp(at, "kernel/", 7) && !memcmp(at + length - 3, ".ko", 3))
			for (i = 0; i < ARRAY_SIZE(wanted); i++)
				if (!strncmp(at + 7, wanted[i], strlen(wanted[i])))
					fprintf(f, "%.*s\n", (int)length - 10, at + 7);
		at += length + 1;
	}
	if (fclose(f))
		die("out of memory");
	view_close(&file);
	return text;
}

static unsigned int spare_segment(const struct image *kernel)
{
	unsigned int i;

	for (i = 0; i < kernel->elf.header.e_phnum; i++)
		if (elf64_segment(&kernel->elf, i).p_type == PT_NULL)
			return i;
	die("the kernel has no spare program header");
}

/* memory: what the program takes besides its file */
static void bake(const struct options *o, const struct image *kernel, struct node *root,
		 uint64_t memory)
{
	struct output *out = xmalloc(sizeof(*out));
	struct image_payload payload = { .version = IMAGE_PAYLOAD_VERSION };
	struct image_trailer trailer = { .magic = IMAGE_TRAILER_MAGIC };
	struct image_note image_note = kernel->note;
	char *drivers = NULL;
	size_t drivers_size = 0;
	unsigned int segment = spare_segment(kernel);
	Elf64_Phdr p = { .p_type = PT_LOAD, .p_flags = PF_R, .p_align = PAGE_SIZE };
	uint64_t start;

	if (o->drivers)
		drivers = read_drivers(o->drivers, &drivers_size);
	output_open(out, o->output);
	output_put(out, kernel->elf.file.data, kernel->elf.file.size);
	output_align(out, PAGE_SIZE);
	start = out->sink.written;

	memcpy(payload.magic, IMAGE_PAYLOAD_MAGIC, sizeof(payload.magic));
	payload.command_line = sizeof(payload);
	payload.command_line_size = strlen(o->command_line) + 1;
	payload.initrd = ALIGN_UP(payload.command_line + payload.command_line_size, PAGE_SIZE);
	output_put(out, &payload, sizeof(payload));
	output_put(out, o->command_line, payload.command_line_size);
	output_align(out, PAGE_SIZE);
	tree_write(root, &out->sink);
	payload.initrd_size = out->sink.written - start - payload.initrd;
	output_align(out, PAGE_SIZE);

	p.p_offset = start;
	p.p_filesz = p.p_memsz = out->sink.written - start;
	p.p_paddr = ALIGN_UP(kernel->kernel_end, PAGE_SIZE);
	p.p_vaddr = p.p_paddr + HC_IMAGE_MAP;
	if (p.p_memsz > PAYLOAD_MAX)
		die("the files are too large for an image: %llu MB, at most %lu MB; put them on a "
		    "disk (haunch run --disk)", (unsigned long long)p.p_memsz >> 20,
		    PAYLOAD_MAX >> 20);
	tree_walk(root, add_memory, &memory);
	image_note.payload_start = p.p_paddr;
	image_note.payload_size = p.p_memsz;
	image_note.memory_needed = p.p_paddr + p.p_memsz + memory + MEMORY_BASE;
	if (o->memory)
		image_note.memory_needed = (uint64_t)o->memory << 20;

	trailer.size = drivers_size;
	output_put(out, &trailer, sizeof(trailer));
	if (drivers_size)
		output_put(out, drivers, drivers_size);
	output_flush(out);

	write_all(out, &payload, sizeof(payload), start);
	write_all(out, &p, sizeof(p), kernel->elf.header.e_phoff + segment * sizeof(p));
	write_all(out, &image_note, sizeof(image_note), kernel->note_offset);
	output_finish(out);
	free(drivers);
	free(out);
}

int main(int argc, char **argv)
{
	static const int signals[] = { SIGHUP, SIGINT, SIGTERM };
	struct options o = { 0 };
	struct tree_skip skip = { 0 };
	struct image kernel;
	struct stat st, program;
	struct node *root;
	uint64_t memory;
	const char *words;
	char *interpreter;
	unsigned int i;

	tool_name = "haunch bake";
	parse(&o, argc, argv);
	for (i = 0; i < ARRAY_SIZE(signals); i++)
		if (signal(signals[i], interrupted) == SIG_IGN)
			signal(signals[i], SIG_IGN);
	/* A file size limit is an error that write() tells of, like a full disk. */
	signal(SIGXFSZ, SIG_IGN);

	memory = check_program(o.program, &interpreter);
	words = image_open(&kernel, view_open(o.kernel));
	if (words)
		die("the kernel %s %s", o.kernel, words);
	if (kernel.note.payload_size)
		die("the kernel %s is a baked image already", o.kernel);
	if (!stat(o.output, &st)) {
		skip.dev = st.st_dev;
		skip.ino = st.st_ino;
		if (!stat(o.program, &program) && program.st_dev == st.st_dev &&
		    program.st_ino == st.st_ino)
			die("-o %s would overwrite the program itself", o.output);
	}
	root = make_tree(&o, &skip, interpreter, &memory);
	bake(&o, &kernel, root, memory);
	return 0;
}

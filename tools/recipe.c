/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * recipe.c - make a bootable image of a kernel, a program and its files.
 *
 * The files become a cpio archive, the archive and the command line become the payload
 * (core/image.h), and the payload becomes one more segment of the kernel's ELF file, in the place of
 * a spare program header.  Everything is written to a temporary file beside the image, which takes
 * the image's name only when it is complete; whatever goes wrong before leaves an existing image
 * untouched.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../hypercall/hypercall.h"
#include "base.h"
#include "child.h"
#include "image.h"
#include "host.h"
#include "libraries.h"
#include "origin.h"
#include "recipe.h"
#include "release.h"
#include "trace.h"
#include "tree.h"

/*
 * What the kernel needs beyond its own image, the payload, the unpacked files and the program's
 * segments; and what a file needs beyond its contents.  Measured on the virtio kernel by `run -m`: with
 * this a "hello" runs in 9 MB, and nginx and lighttpd serve files of 1 MiB in 14 and 12.
 */
#define MEMORY_BASE_MB		2
#define MEMORY_PER_FILE		1024

/* The kernel takes 4095 characters; the boot loader's and `haunch run`'s must fit, too. */
#define COMMAND_LINE_MAX	3072

/* Files of more than this are not taken into memory, but stay on a disk, which is the image itself. */
#define IN_MEMORY_MAX		(32ul << 20)

/* What a machine needs whose files are on a disk, for them and for what it runs. */
#define MEMORY_WITH_BASE	(32ul << 20)

/* An image must load below 4 GiB. */
#define PAYLOAD_MAX		(2ul << 30)

/* A file of the build; dies if it is not there. */
static char *built(const char *build, const char *format, const char *name)
{
	char *file = xprintf(format, name), *path = xprintf("%s/%s", build, file);

	free(file);
	if (access(path, R_OK))
		die("the kernel is not built yet (it takes some minutes, once); run: haunch build");
	return path;
}

/*
 * What the kernel's donor.conf says of the key, up to the line's end and allocated, or the other.
 * (A kernel without that file beside it is Linux.)
 */
static char *donor_value(const struct recipe *r, const char *key, const char *otherwise)
{
	char *path = xprintf("%s/haunch-%s.conf", r->build, r->kernel), *value = NULL;
	size_t length = strlen(key), size = 0;
	char *line = NULL;
	FILE *f = fopen(path, "re");

	while (f && !value && getline(&line, &size, f) > 0)
		if (!strncmp(line, key, length) && line[length] == ' ')
			value = xprintf("%.*s", (int)strcspn(line + length + 1, "\n"),
					line + length + 1);
	if (f)
		fclose(f);
	free(line);
	free(path);
	return value ? value : xstrdup(otherwise);
}

/* The kernel's words: ours, the user's, the network. */
static char *command_line(const struct recipe *r, const struct origin *o, const struct base *base)
{
	const struct settings *s = r->settings;
	char *line = donor_value(r, "words", "quiet");

	if (base)
		add_setting(&line, "base", base->id);
	if (base && r->writable)
		add_words(&line, "haunch.writable");
	if (o->user)
		add_setting(&line, "user", o->user);
	if (o->directory)
		add_setting(&line, "directory", o->directory);
	if (o->stop_signal)
		add_setting(&line, "stop", xprintf("%d", parse_signal(o->stop_signal)));
	if (o->stop_timeout)
		add_setting(&line, "stop-timeout", xprintf("%lu", o->stop_timeout));
	if (s->kernel_words)
		add_words(&line, s->kernel_words);
	add_words(&line, s->network_words ? s->network_words : "haunch.network=dhcp");
	if (strlen(line) > COMMAND_LINE_MAX)
		die("the kernel command line is too long: %zu characters, at most %u", strlen(line),
		    COMMAND_LINE_MAX);
	return line;
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
		    "in with -d %s:/GUEST/PATH -- /GUEST/PATH",
		    path, path);
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

/*
 * A program that a -d tree holds stays there; one of this machine's system has the same path, by which many find
 * what belongs to them; any other goes to /bin.  Returns its guest path.
 */
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
	guest = (!strncmp(path, "/usr/", 5) || !strncmp(path, "/opt/", 5)) && !strstr(path, "/.") ?
			xstrdup(path) :
			xprintf("/bin/%s", search.name);
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
		{ "/etc/group", S_IFREG | 0644, "root:x:0:\nwww-data:x:33:\nnogroup:x:65534:\n" },
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

/* The value that a list gives to "NAME=", or NULL. */
static const char *value_in(const char **list, unsigned int count, const char *name)
{
	size_t length = strcspn(name, "=") + 1;
	unsigned int i;

	for (i = 0; i < count; i++)
		if (!strncmp(list[i], name, length))
			return list[i] + length;
	return NULL;
}

static const char *environment_value(const struct settings *s, const char *name)
{
	return value_in(s->environment, s->nr_environment, name);
}

/*
 * What init reads: how many arguments, and how many of them stay when others are given; the arguments, the
 * environment.  All NUL-terminated.
 */
static void add_program_file(struct node *root, const struct recipe *r, const struct origin *o)
{
	static const char *const environment[] = {
		"PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
		"HOME=/root",
		"TERM=linux",
	};
	const struct settings *s = r->settings;
	unsigned int i, from_origin = r->nr_arguments ? o->nr_kept : o->nr_arguments;
	size_t size = 0;
	char *data;
	FILE *f;

	f = open_memstream(&data, &size);
	if (!f)
		die("out of memory");
	fprintf(f, "%u %u%c", from_origin + r->nr_arguments, o->nr_kept, 0);
	for (i = 0; i < from_origin; i++)
		fprintf(f, "%s%c", o->arguments[i], 0);
	for (i = 0; i < r->nr_arguments; i++)
		fprintf(f, "%s%c", r->arguments[i], 0);
	for (i = 0; i < ARRAY_SIZE(environment); i++)
		if (!environment_value(s, environment[i]) &&
		    !value_in(o->environment, o->nr_environment, environment[i]))
			fprintf(f, "%s%c", environment[i], 0);
	for (i = 0; i < o->nr_environment; i++)
		if (!environment_value(s, o->environment[i]))
			fprintf(f, "%s%c", o->environment[i], 0);
	for (i = 0; i < s->nr_environment; i++)
		fprintf(f, "%s%c", s->environment[i], 0);
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

#define STRACE_FOLDER	"/.haunch/strace"

/* A file for strace, by its name alone. */
static void add_to_strace(struct node *node, void *argument)
{
	char *guest;

	if (!S_ISREG(node->mode) || !node->source)
		return;
	guest = xprintf(STRACE_FOLDER "/%s", node->name);
	tree_add_host(argument, node->source, guest, NULL);
	free(guest);
}

/*
 * This machine's strace, with its linker and libraries in a folder of its own: so it fits any system.  It
 * goes in front of the program.
 */
static void add_strace(struct node *root, struct origin *o)
{
	struct node *its = tree_new();
	char *path = find_in_path("strace"), *interpreter;
	const char *name, **arguments = NULL;
	unsigned int count = 0, i;

	if (!path)
		die("strace is missing: apt-get install strace");
	check_program(path, &interpreter);
	add_program(its, path);
	if (interpreter)
		add_libraries(its, path, interpreter);
	tree_walk(its, add_to_strace, root);
	if (interpreter) {
		name = strrchr(interpreter, '/');
		arguments = append(arguments, &count, xprintf(STRACE_FOLDER "%s", name));
		arguments = append(arguments, &count, "--library-path");
		arguments = append(arguments, &count, STRACE_FOLDER);
		/* The linker is a symlink's name where the file has another. */
		if (!tree_find(root, arguments[0], true))
			tree_add_host(root, interpreter, arguments[0], NULL);
	}
	arguments = append(arguments, &count, STRACE_FOLDER "/strace");
	arguments = append(arguments, &count, "-f");
	arguments = append(arguments, &count, "--");
	o->nr_kept += count;
	for (i = 0; i < o->nr_arguments; i++)
		arguments = append(arguments, &count, o->arguments[i]);
	o->arguments = arguments;
	o->nr_arguments = count;
	free(path);
}

/* Of a root, which may be of a machine of another kind: can this one run its program? */
static void check_origin_program(struct node *root, const struct recipe *r, const struct origin *o)
{
	const char *name = r->nr_arguments && !o->nr_kept ? r->arguments[0] :
			   o->nr_arguments		  ? o->arguments[0] :
							    r->arguments[0];
	char *path = strchr(name, '/') ? xstrdup(name) : origin_program(root, name);
	struct node *node = path ? tree_find(root, path, true) : NULL;
	Elf64_Ehdr header;

	if (node && tree_head(node, &header, sizeof(header)) &&
	    !memcmp(header.e_ident, ELFMAG, SELFMAG) &&
	    (header.e_ident[EI_CLASS] != ELFCLASS64 || header.e_machine != EM_X86_64))
		die("%s in %s is a program for another CPU, not for x86-64", path, r->program);
	free(path);
}

/* The guest's files, but for what init wants.  Adds to *memory what libraries take besides their files. */
static struct node *make_tree(const struct recipe *r, const struct tree_skip *skip,
			      struct origin *origin, uint64_t *memory)
{
	const struct settings *s = r->settings;
	struct origin_options options = {
		.build = r->build,
		.full = s->full,
		.pull = s->pull,
		.skip = skip,
	};
	struct node *root = tree_new();
	char *interpreter = NULL;
	unsigned int i;

	if (origin_is(r->program)) {
		origin_add(root, r->program, &options, origin);
	} else {
		*memory = check_program(r->program, &interpreter);
		*origin = (struct origin){ .nr_kept = 1 };
	}
	if (s->trace_libraries && origin_is(r->program))
		usage("--trace-libraries runs a program of this machine, not one of %s",
		      r->program);
	for (i = 0; i < s->nr_trees; i++)
		add_tree(root, s->trees[i], skip);
	if (!origin_is(r->program)) {
		origin->arguments =
			append(NULL, &origin->nr_arguments, add_program(root, r->program));
		if (interpreter)
			*memory += add_libraries(root, r->program, interpreter);
		if (s->trace_libraries)
			trace_libraries(root, r->program, r->arguments, r->nr_arguments);
		if (!s->bare)
			add_host_files(root, r->program, environment_value(s, "TZ="));
	} else if (!origin->nr_arguments && !r->nr_arguments) {
		die("%s does not say what is to be run: add -- PROGRAM ARGUMENT...", r->program);
	}
	if (origin_is(r->program))
		check_origin_program(root, r, origin);
	if (s->strace)
		add_strace(root, origin);
	add_defaults(root);
	return root;
}

/* What is in memory of an image whose files are on a disk. */
static struct node *make_small_tree(void)
{
	static const char *const folders[] = { "/dev", "/proc", "/sys", "/tmp" };
	struct node *root = tree_new();
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(folders); i++)
		tree_add(root, folders[i], S_IFDIR | 0755, NULL, 0);
	tree_add(root, "/dev/console", S_IFCHR | 0600, "", 0)->rdev = makedev(5, 1);
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
		ssize_t n = offset < 0 ? write(out->fd, data, size) :
					 pwrite(out->fd, data, size, offset);

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

/* Open a file without a name, which goes away with the last process that has it open. */
static void output_open_unnamed(struct output *out)
{
	const char *dir = getenv("TMPDIR");
	char *name;

	if (!dir || !*dir)
		dir = "/tmp";
	name = xprintf("%s/.haunch-run-XXXXXX", dir);
	memset(out, 0, offsetof(struct output, buffer));
	out->sink.write = output_write;
	out->name = xprintf("a temporary file in %s", dir);
	out->fd = mkostemp(name, O_CLOEXEC);
	if (out->fd < 0 || unlink(name))
		die("cannot write %s: %s", out->name, strerror(errno));
	free(name);
}

/* Open a temporary file in the image's folder, to become `output` (symlinks followed). */
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
	clean_up_by(remove_temporary);
	if (fchmod(out->fd, 0666 & ~mask))
		die("cannot write %s: %s", name, strerror(errno));
}

static void output_finish(struct output *out)
{
	output_flush(out);
	if (!temporary)
		return;
	if (fsync(out->fd) || close(out->fd) || rename(temporary, out->name))
		die("cannot write %s: %s", out->name, strerror(errno));
	out->fd = -1;
	free(temporary);
	temporary = NULL;
}

/*
 * Kbuild's modules.builtin has lines such as kernel/drivers/net/virtio_net.ko; what users care for
 * is drivers, file systems and protocols, without the frame.  What donor.conf says goes ahead of them.
 */
static char *read_drivers(const struct recipe *r, const char *path, size_t *size)
{
	static const char *const wanted[] = { "drivers/", "fs/", "net/" };
	struct view file = view_open(path);
	const char *at = (const char *)file.data, *end = at + file.size;
	char *text = NULL, *licence = donor_value(r, "licence", ""),
	     *firmware = donor_value(r, "firmware", "");
	unsigned int i;
	FILE *f;

	f = open_memstream(&text, size);
	if (!f)
		die("out of memory");
	if (*licence)
		fprintf(f, IMAGE_LICENCE "%s\n", licence);
	if (*firmware)
		fprintf(f, IMAGE_FIRMWARE "%s\n", firmware);
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
	free(licence);
	free(firmware);
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

/* The image is complete but for its checksum. */
static void write_checksum(struct output *out)
{
	struct image written;
	struct view file = { .size = out->sink.written };
	const char *words;
	uint32_t sum;
	void *map = mmap(NULL, file.size, PROT_READ, MAP_SHARED, out->fd, 0);

	if (map == MAP_FAILED)
		die("cannot read %s: %s", out->name, strerror(errno));
	file.data = map;
	words = image_open(&written, file);
	if (words)
		die("%s %s", out->name, words);
	sum = image_checksum(&written);
	munmap(map, file.size);
	write_all(out, &sum, sizeof(sum),
		  written.note_offset + offsetof(struct image_note, checksum));
}

/* The base, if there is one, behind all else.  The image's end is such that all of it can be memory (image.h). */
static void write_base(struct output *out, const struct base *base)
{
	struct view file = view_open(base->path);

	output_align(out, PAGE_SIZE);
	output_put(out, file.data, file.size);
	output_align(out, PAGE_SIZE);
	view_close(&file);
	if (ftruncate(out->fd, ALIGN_UP(out->sink.written, IMAGE_MEMORY_ALIGN)))
		die("cannot write %s: %s", out->name, strerror(errno));
}

/* memory: what the program takes besides its file.  Returns the file if it has no name, or -1. */
static int write_image(const struct recipe *r, const struct image *kernel, struct node *root,
		       const struct base *base, char *words, uint64_t memory, const char *image)
{
	struct output *out = xmalloc(sizeof(*out));
	struct image_payload payload = { .version = IMAGE_PAYLOAD_VERSION };
	struct image_trailer trailer = { .magic = IMAGE_TRAILER_MAGIC };
	struct image_note image_note = kernel->note;
	char *list, *drivers = NULL, *base_mb;
	size_t drivers_size = 0;
	unsigned int segment = spare_segment(kernel);
	Elf64_Phdr p = { .p_type = PT_LOAD, .p_flags = PF_R, .p_align = PAGE_SIZE };
	uint64_t start;
	int fd;

	list = xprintf("%s/haunch-%s.drivers", r->build, r->kernel);
	if (!access(list, R_OK))
		drivers = read_drivers(r, list, &drivers_size);
	free(list);
	if (image)
		output_open(out, image);
	else
		output_open_unnamed(out);
	output_put(out, kernel->elf.file.data, kernel->elf.file.size);
	output_align(out, PAGE_SIZE);
	start = out->sink.written;

	memcpy(payload.magic, IMAGE_PAYLOAD_MAGIC, sizeof(payload.magic));
	payload.command_line = sizeof(payload);
	payload.command_line_size = strlen(words) + 1;
	payload.initrd = ALIGN_UP(payload.command_line + payload.command_line_size, PAGE_SIZE);
	output_put(out, &payload, sizeof(payload));
	output_put(out, words, payload.command_line_size);
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
		    "disk (haunch run --disk)",
		    (unsigned long long)p.p_memsz >> 20, PAYLOAD_MAX >> 20);
	tree_walk(root, add_memory, &memory);
	image_note.payload_start = p.p_paddr;
	image_note.payload_size = p.p_memsz;
	base_mb = donor_value(r, "memory", "");
	image_note.memory_needed =
		p.p_paddr + p.p_memsz + memory +
		(*base_mb ? strtoul(base_mb, NULL, 10) : MEMORY_BASE_MB) * (1ul << 20);
	free(base_mb);
	if (r->memory)
		image_note.memory_needed = r->memory << 20;

	trailer.size = drivers_size;
	if (base) {
		trailer.base =
			ALIGN_UP(out->sink.written + sizeof(trailer) + drivers_size, PAGE_SIZE);
		trailer.base_size = ALIGN_UP(base->size, PAGE_SIZE);
	}
	output_put(out, &trailer, sizeof(trailer));
	if (drivers_size)
		output_put(out, drivers, drivers_size);
	if (base)
		write_base(out, base);
	output_flush(out);

	write_all(out, &payload, sizeof(payload), start);
	write_all(out, &p, sizeof(p), kernel->elf.header.e_phoff + segment * sizeof(p));
	image_note.checksum = 0;
	write_all(out, &image_note, sizeof(image_note), kernel->note_offset);
	write_checksum(out);
	output_finish(out);
	fd = out->fd;
	free(drivers);
	free(out);
	return fd;
}

static void add_size(struct node *node, void *argument)
{
	uint64_t *bytes = argument;

	if (S_ISREG(node->mode))
		*bytes += node->size;
}

/* May the kernel have its root on a disk? */
static bool has_overlay(const struct recipe *r, const char *kernel)
{
	char *list = xprintf("%s/haunch-%s.drivers", r->build, kernel), *text;
	size_t size = 0;
	bool has = false;

	if (!access(list, R_OK)) {
		text = read_drivers(r, list, &size);
		has = size && strstr(text, "fs/overlayfs/");
		free(text);
	}
	free(list);
	return has;
}

int recipe_bake(const struct recipe *recipe, const char *image)
{
	struct recipe with_kernel = *recipe;
	const struct recipe *r = &with_kernel;
	struct tree_skip skip = { 0 };
	struct base made, *base = NULL;
	struct image kernel;
	struct stat st, program;
	struct origin origin;
	struct node *root, *files;
	uint64_t memory = 0, size = 0;
	bool large;
	const char *words;
	char *path, *wants_init, *init = built(r->build, "%s", "init/init");
	int fd;

	clean_up_on_signals(true);
	/* A file size limit is an error that write() tells of, like a full disk. */
	signal(SIGXFSZ, SIG_IGN);

	if (image && !stat(image, &st)) {
		skip.dev = st.st_dev;
		skip.ino = st.st_ino;
		if (!stat(r->program, &program) && program.st_dev == st.st_dev &&
		    program.st_ino == st.st_ino)
			die("-o %s would overwrite the program itself", image);
	}
	/* What is cheap to find out comes before what takes minutes. */
	free(built(r->build, "haunch-%s.elf",
		   r->kernel		 ? r->kernel :
		   origin_is(r->program) ? "generic" :
					   "virtio"));
	root = files = make_tree(r, &skip, &origin, &memory);
	tree_walk(files, add_size, &size);
	large = r->writable || (size > IN_MEMORY_MAX && !r->one_part && !r->settings->in_memory);
	/* Whole systems have programs that ask for more than the small kernel has. */
	if (!r->kernel)
		with_kernel.kernel = origin_is(r->program) || (large && has_overlay(r, "generic")) ?
					     "generic" :
					     "virtio";
	path = built(r->build, "haunch-%s.elf", r->kernel);
	words = image_open(&kernel, view_open(path));
	if (words)
		die("the kernel %s %s", path, words);
	if (kernel.note.payload_size)
		die("the kernel %s is a baked image already", path);
	release_check(&kernel.note, "the kernel");
	if (r->writable && !has_overlay(r, r->kernel))
		die("--size wants a kernel with overlayfs, which %s has not: leave -k out",
		    r->kernel);
	if (large && has_overlay(r, r->kernel)) {
		base = &made;
		base_make(base, files);
		root = make_small_tree();
		memory += MEMORY_WITH_BASE;
	}
	wants_init = donor_value(r, "init", "yes");
	if (strcmp(wants_init, "no"))
		add_init(root, init);
	free(wants_init);
	add_program_file(root, r, &origin);
	fd = write_image(r, &kernel, root, base, command_line(r, &origin, base), memory, image);
	if (base)
		unlink(base->path);
	clean_up_on_signals(false);
	free(path);
	free(init);
	return fd;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * inspect.c - haunch inspect: show what is in an image: program, arguments, files, sizes, drivers.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"
#include "image.h"
#include "machine.h"

static void put_line(const char *label, const char *text, size_t length)
{
	printf("%-14s", label);
	put_safe(text, length);
	putchar('\n');
}

/* A value for a script, without control characters all the same. */
static void put_field(const char *text, size_t length)
{
	put_safe(text, length);
	putchar('\n');
}

static const char *human(uint64_t bytes)
{
	static char text[4][32];
	static unsigned int next;
	char *s = text[next++ % 4];

	if (bytes < 10 << 10)
		snprintf(s, sizeof(text[0]), "%" PRIu64 " bytes", bytes);
	else if (bytes < 10 << 20)
		snprintf(s, sizeof(text[0]), "%" PRIu64 " KiB", (bytes + 512) >> 10);
	else
		snprintf(s, sizeof(text[0]), "%" PRIu64 " MiB", (bytes + (1 << 19)) >> 20);
	return s;
}

/* An argument as one would type it to a shell. */
static void put_argument(const char *text, size_t length)
{
	size_t i;
	bool plain = length > 0;

	for (i = 0; i < length; i++)
		if (strchr(" \t\n'\"\\$&|;<>*?()[]{}~#!`", text[i]))
			plain = false;
	if (plain) {
		put_safe(text, length);
		return;
	}
	putchar('\'');
	for (i = 0; i < length; i++) {
		if (text[i] == '\'')
			printf("'\\''");
		else
			put_safe(text + i, 1);
	}
	putchar('\'');
}

/* What recipe.c put into /.haunch/program: a number of arguments, these, the environment. */
static void show_program(const char *data, size_t size)
{
	const char *at = data, *end = data + size;
	unsigned long arguments = 0, i;

	for (i = 0; at < end; i++) {
		size_t length = strnlen(at, end - at);

		if (i == 0) {
			for (arguments = 0; length && *at >= '0' && *at <= '9'; at++, length--)
				arguments = arguments * 10 + (*at - '0');
		} else if (i == 1) {
			put_line("program", at, length);
			printf("%-14s", "arguments");
		} else if (i <= arguments) {
			if (i > 2)
				putchar(' ');
			put_argument(at, length);
		} else {
			if (i == arguments + 1)
				printf("\n%-14s", "environment");
			else
				printf("%-14s", "");
			put_safe(at, length);
			putchar('\n');
		}
		at += length + 1;
	}
	if (i <= arguments + 1)
		putchar('\n');
}

static void show_mode(unsigned int mode, char text[11])
{
	static const struct {
		unsigned int type;
		char letter;
	} types[] = {
		{ S_IFDIR, 'd' }, { S_IFLNK, 'l' }, { S_IFCHR, 'c' },
		{ S_IFBLK, 'b' }, { S_IFIFO, 'p' }, { S_IFSOCK, 's' },
	};
	unsigned int i;

	strcpy(text, "-rwxrwxrwx");
	for (i = 0; i < ARRAY_SIZE(types); i++)
		if ((mode & S_IFMT) == types[i].type)
			text[0] = types[i].letter;
	for (i = 0; i < 9; i++)
		if (!(mode & (0400 >> i)))
			text[i + 1] = '-';
	if (mode & S_ISUID)
		text[3] = mode & S_IXUSR ? 's' : 'S';
	if (mode & S_ISGID)
		text[6] = mode & S_IXGRP ? 's' : 'S';
	if (mode & S_ISVTX)
		text[9] = mode & S_IXOTH ? 't' : 'T';
}

static void show_files(struct view archive, bool list, uint64_t *count, uint64_t *bytes)
{
	struct cpio_entry e;
	char mode[11], size[32];
	int result;

	*count = *bytes = 0;
	while ((result = cpio_next(&archive, &e)) > 0) {
		++*count;
		*bytes += e.size;
		if (!list)
			continue;
		show_mode(e.mode, mode);
		if (S_ISCHR(e.mode) || S_ISBLK(e.mode))
			snprintf(size, sizeof(size), "%u,%u", e.device_major, e.device_minor);
		else if (S_ISREG(e.mode) && e.links > 1 && !e.size)
			snprintf(size, sizeof(size), "link");
		else
			snprintf(size, sizeof(size), "%" PRIu64, e.size);
		printf("  %s %5u %5u %10s  ", mode, e.uid, e.gid, size);
		if (strcmp(e.name, "."))
			putchar('/');
		put_safe(e.name, e.name_length);
		if (S_ISLNK(e.mode)) {
			printf(" -> ");
			put_safe(e.data, e.size);
		}
		putchar('\n');
	}
	if (result < 0) {
		if (list)
			printf("  (the rest of the archive is damaged)\n");
		die("the archive of files in the image is damaged after %" PRIu64 " entries",
		    *count);
	}
}

/* The names of what is in the kernel below a folder of its source, or of all of it. */
static void show_built_in(const struct view *drivers, const char *label, const char *folder)
{
	const char *at = (const char *)drivers->data, *end = at + drivers->size;
	unsigned int column = 0;

	while (at < end) {
		const char *stop = memchr(at, '\n', end - at);
		size_t length = (stop ? stop : end) - at;
		const char *name = memrchr(at, '/', length);

		if (name && length > strlen(folder) && !memcmp(at, folder, strlen(folder))) {
			size_t name_length = at + length - ++name;

			if (!label) {
				put_safe(name, name_length);
				putchar('\n');
			} else if (!column || column + name_length + 1 > 96) {
				printf("%s%-13s", column ? "\n" : "", column ? "" : label);
				column = 13;
			}
			if (label) {
				putchar(' ');
				put_safe(name, name_length);
				column += name_length + 1;
			}
		}
		at += length + 1;
	}
	if (column)
		putchar('\n');
}

static void show(const struct image *image, const char *path, bool iso)
{
	const struct image_note *n = &image->note;
	struct view archive = image->initrd, licence;
	struct cpio_entry e;
	uint64_t count, bytes;

	put_line("image", path, strlen(path));
	printf("%-14s%s\n", "format",
	       iso ? "ISO 9660, boots by GRUB from CD or USB" :
		     "ELF, boots by PVH (qemu -kernel) or Multiboot 2");
	printf("%-14s%s\n", "kernel", human(image->kernel_size));
	put_line("haunch", n->release, strnlen(n->release, IMAGE_RELEASE_SIZE));
	put_line("donor", n->donor, strnlen(n->donor, IMAGE_RELEASE_SIZE));
	licence = image_says(image, IMAGE_LICENCE);	/* an image made by older tools has none */
	if (licence.size)
		put_line("licence", (const char *)licence.data, licence.size);
	if (!n->payload_size) {
		printf("%-14snone: this is a kernel that nothing was baked into yet\n", "program");
		return;
	}
	while (cpio_next(&archive, &e) > 0)
		if (!strcmp(e.name, ".haunch/program") && e.size)
			show_program(e.data, e.size);
	put_line("command line", image->command_line, strlen(image->command_line));
	printf("%-14s%s\n", "memory",
	       xprintf("%" PRIu64 " MiB needed at least",
		       (n->memory_needed + (1 << 20) - 1) >> 20));
	show_files(image->initrd, false, &count, &bytes);
	printf("%-14s%" PRIu64 " entries, %s\n", "files", count, human(bytes));
	show_files(image->initrd, true, &count, &bytes);
	if (image->base_size)
		printf("%-14s%s more on a disk: mount -t erofs -o ro,offset=%" PRIu64
		       " IMAGE DIRECTORY shows them\n",
		       "files", human(image->base_size), image->base);
	show_built_in(&image->drivers, "drivers", "drivers/");
	show_built_in(&image->drivers, "file systems", "fs/");
	show_built_in(&image->drivers, "protocols", "net/");
}

/* All that is known of a machine that has a name, as JSON. */
static bool show_machine(const char *name)
{
	bool running;
	json_t *state = machine_state(name, &running);

	if (!state)
		return false;
	json_object_set_new(state, "running", json_boolean(running));
	json_dumpf(state, stdout, JSON_INDENT(2));
	putchar('\n');
	json_decref(state);
	return true;
}

static const struct poptOption options[] = {
	OPTION_VALUE(
		"field", '\0', OPTION_OWN, "NAME",
		"just one value, for scripts: kind (image, iso, kernel or other), memory (bytes "
		"needed at least), release (of haunch), donor (its package and version), "
		"command-line or drivers"),
	OPTION_END
};

static int main_inspect(int argc, const char **argv)
{
	const char *field = NULL, *path, *problem;
	struct view file, inside;
	struct words words;
	struct image image;
	char *value;
	int option;

	options_start(&words, argc, argv, options);
	while ((option = options_next(&words, &value)) != -1) {
		if (option == 'h') {
			options_help(&command_inspect);
			return 0;
		}
		field = value;
	}
	if (words.nr_operands + words.nr_rest != 1)
		usage("one IMAGE is wanted (see haunch help inspect)");
	path = words.nr_operands ? words.operands[0] : words.rest[0];
	if (!field && access(path, F_OK) && show_machine(path))
		return 0;
	file = view_open(path);
	inside = image_in_iso(file);
	problem = image_open(&image, inside);
	if (field) {
		if (!strcmp(field, "kind"))
			puts(problem		      ? "other" :
			     inside.data != file.data ? "iso" :
			     image.note.payload_size  ? "image" :
							"kernel");
		else if (problem)
			die("%s %s", path, problem);
		else if (!strcmp(field, "memory"))
			printf("%" PRIu64 "\n", image.note.memory_needed);
		else if (!strcmp(field, "command-line"))
			put_field(image.command_line,
				  image.command_line ? strlen(image.command_line) : 0);
		else if (!strcmp(field, "release"))
			put_field(image.note.release,
				  strnlen(image.note.release, IMAGE_RELEASE_SIZE));
		else if (!strcmp(field, "donor"))
			put_field(image.note.donor, strnlen(image.note.donor, IMAGE_RELEASE_SIZE));
		else if (!strcmp(field, "drivers"))
			show_built_in(&image.drivers, NULL, "");
		else
			usage("unknown field '%s'", field);
		return 0;
	}
	if (problem)
		die("%s %s", path, problem);
	show(&image, path, inside.data != file.data);
	if (image.note.payload_size && !image_intact(&image))
		die("%s is damaged: its checksum is not that of when it was made", path);
	return 0;
}

const struct command command_inspect = {
	.name = "inspect",
	.main = main_inspect,
	.usage = "usage: haunch inspect [--field NAME] IMAGE\n"
		 "       haunch inspect MACHINE\n",
	.about =
		"Show what is in an image (ELF or ISO): the program with its arguments and "
		"environment, the kernel's command line, the files (mode, user, group, size, name), "
		"sizes, and drivers.  Of a machine with a name, all that is known of it, as JSON.",
	.options = options,
};

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * volumes.c - named volumes, and haunch volume.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "commands.h"
#include "machine.h"
#include "volumes.h"

#define ENDING	".ext4"

enum { OPTION_FORMAT = OPTION_OWN };

static void make_folders(char *path)
{
	char *slash;

	for (slash = path + 1; (slash = strchr(slash, '/')); *slash++ = '/') {
		*slash = '\0';
		mkdir(path, 0700);
	}
	if (mkdir(path, 0700) && errno != EEXIST)
		die("cannot make %s: %s", path, strerror(errno));
}

static const char *volumes_folder(void)
{
	static char *folder;
	const char *data = getenv("XDG_DATA_HOME"), *home = getenv("HOME");

	if (folder)
		return folder;
	if (data && *data)
		folder = xprintf("%s/haunch/volumes", data);
	else if (home && *home)
		folder = xprintf("%s/.local/share/haunch/volumes", home);
	else
		die("there is no HOME to keep volumes in");
	make_folders(folder);
	return folder;
}

static char *volume_file(const char *name)
{
	return xprintf("%s/%s" ENDING, volumes_folder(), name);
}

/* QEMU holds locks on the disks that it has. */
static bool in_use(const char *path)
{
	struct flock lock = { .l_type = F_WRLCK, .l_whence = SEEK_SET };
	int fd = open(path, O_RDWR | O_CLOEXEC);
	bool used;

	if (fd < 0)
		die("cannot open %s: %s", path, strerror(errno));
	used = !fcntl(fd, F_OFD_GETLK, &lock) && lock.l_type != F_UNLCK;
	close(fd);
	return used;
}

void ext4_make(const char *file, const char *label, uint64_t offset, uint64_t size,
	       const char *what)
{
	const char *const arguments[] = {
		"mke2fs",
		"-q",
		"-F",
		"-t",
		"ext4",
		"-L",
		label,
		"-E",
		xprintf("nodiscard,root_owner=0:0,offset=%llu", (unsigned long long)offset),
		file,
		xprintf("%lluM", (unsigned long long)size),
		NULL,
	};

	/* mke2fs is the system administrator's, who has the folder in the path. */
	setenv("PATH",
	       xprintf("%s:/usr/sbin:/sbin", getenv("PATH") ? getenv("PATH") : "/usr/bin:/bin"), 1);
	child_run(arguments, "run", what);
}

static char *half_made;			/* a file to be removed */

static void remove_half_made(void)
{
	if (half_made)
		unlink(half_made);
}

char *volume_open(const char *name, uint64_t size)
{
	char *path = volume_file(name);

	if (!access(path, F_OK)) {
		if (in_use(path))
			die("the volume %s is in use by another machine", name);
		return path;
	}
	clean_up_by(remove_half_made);
	half_made = xprintf("%s.new", path);
	unlink(half_made);
	ext4_make(half_made, name, 0, size, xprintf("make the volume %s", name));
	work_remove();
	if (rename(half_made, path))
		die("cannot make the volume %s: %s", name, strerror(errno));
	half_made = NULL;
	return path;
}

/* ------------------------------------------------------------------ the command */

static int is_volume(const struct dirent *entry)
{
	size_t length = strlen(entry->d_name);

	return length > strlen(ENDING) && !strcmp(entry->d_name + length - strlen(ENDING), ENDING);
}

static void list(bool as_json)
{
	struct dirent **entries;
	json_t *all = json_array();
	int count = scandir(volumes_folder(), &entries, is_volume, alphasort), i;
	struct stat st;

	if (!as_json)
		printf("%-24s %10s %10s %s\n", "NAME", "MB", "USED", "IN USE");
	for (i = 0; i < count; i++) {
		char *name = xprintf("%.*s", (int)(strlen(entries[i]->d_name) - strlen(ENDING)),
				     entries[i]->d_name);
		char *path = volume_file(name);

		if (stat(path, &st))
			continue;
		if (as_json)
			json_array_append_new(all, json_pack("{s:s,s:s,s:I,s:I,s:b}", "name", name,
							     "file", path, "size",
							     (json_int_t)st.st_size, "used",
							     (json_int_t)st.st_blocks * 512,
							     "in_use", in_use(path)));
		else
			printf("%-24s %10lld %10lld %s\n", name, (long long)st.st_size >> 20,
			       (long long)st.st_blocks >> 11, in_use(path) ? "yes" : "no");
		free(path);
		free(name);
		free(entries[i]);
	}
	if (as_json) {
		json_dumpf(all, stdout, JSON_INDENT(2));
		putchar('\n');
	}
	json_decref(all);
}

static void remove_all(const struct words *words)
{
	unsigned int i, round;
	char *path;

	/* All or nothing, as far as that is known before. */
	for (round = 0; round < 2; round++) {
		for (i = 1; i < words->nr_operands; i++) {
			const char *name = words->operands[i];

			path = volume_file(name);
			if (!name_is_good(name) || access(path, F_OK))
				die("there is no volume called %s (see haunch volume ls)", name);
			if (in_use(path))
				die("the volume %s is in use by a machine", name);
			if (round && unlink(path))
				die("cannot remove %s: %s", path, strerror(errno));
			free(path);
		}
	}
}

static int main_volume(int argc, const char **argv)
{
	struct words words;
	bool as_json = false;
	char *value;
	int option;

	options_start(&words, argc, argv, command_volume.options);
	while ((option = options_next(&words, &value)) != -1) {
		if (option == 'h') {
			options_help(&command_volume);
			return 0;
		}
		as_json = !strcmp(value, "json");
		if (!as_json && strcmp(value, "table"))
			usage("--format wants table or json, not '%s'", value);
	}
	if (words.nr_operands == 1 && !strcmp(words.operands[0], "ls"))
		list(as_json);
	else if (words.nr_operands > 1 && !strcmp(words.operands[0], "rm"))
		remove_all(&words);
	else
		usage("volume wants ls, or rm NAME... (see haunch help volume)");
	return 0;
}

static const struct poptOption options[] = { OPTION_VALUE("format", '\0', OPTION_FORMAT,
							  "table|json",
							  "how ls prints it (default: table)"),
					     OPTION_END };

const struct command command_volume = {
	.name = "volume",
	.main = main_volume,
	.usage = "usage: haunch volume ls [--format table|json]\n"
		 "       haunch volume rm NAME...\n",
	.about =
		"List the volumes that haunch run -v NAME:DIRECTORY has made, or remove some, with all that is "
		"in them.  Each is an ext4 file system in a sparse file below $XDG_DATA_HOME/haunch/volumes.",
	.options = options,
};

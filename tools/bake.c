/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * bake.c - haunch bake: make an image, and wrap it for GRUB if asked.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "commands.h"
#include "disk.h"
#include "origin.h"
#include "recipe.h"

/* ------------------------------------------------------------------ ISO */

/* A small GRUB, without a menu; of its modules only what that wants. */
#define GRUB_MODULES                                                                \
	"multiboot2 serial terminal normal configfile iso9660 biosdisk part_msdos " \
	"search"

static const char grub_configuration[] = GRUB_TERMINALS "multiboot2 /boot/haunch.elf\nboot\n";

#define WRITABLE_LEAST	16u		/* MiB: less is hardly a file system */

static char *unfinished;		/* a file to be removed */

static void remove_unfinished(void)
{
	if (unfinished)
		unlink(unfinished);
}

static char *make_folder(const char *name)
{
	char *path = xprintf("%s/%s", work_folder(), name);

	if (mkdir(path, 0755))
		die("cannot make %s: %s", path, strerror(errno));
	return path;
}

static void write_text(const char *path, const char *text)
{
	FILE *f = fopen(path, "we");

	if (!f || fputs(text, f) < 0 || fclose(f))
		die("cannot write %s: %s", path, strerror(errno));
}

static void grub(const char *from, const char *image)
{
	const char *arguments[] = {
		"grub-mkrescue",
		"-d",
		"/usr/lib/grub/i386-pc",
		"--install-modules=" GRUB_MODULES,
		"--modules=" GRUB_MODULES,
		"--locales=",
		"--fonts=",
		"--themes=",
		"-o",
		unfinished,
		from,
		NULL,
	};

	child_run(arguments, "iso", xprintf("make %s", image));
}

static void make_iso(const struct recipe *recipe, const char *output)
{
	struct recipe one_part = *recipe;
	char *folder = make_folder("iso");

	free(make_folder("iso/boot"));
	free(make_folder("iso/boot/grub"));
	one_part.one_part = true;
	recipe_bake(&one_part, xprintf("%s/boot/haunch.elf", folder));
	clean_up_on_signals(true);
	write_text(xprintf("%s/boot/grub/grub.cfg", folder), grub_configuration);
	grub(folder, output);
}

/* ------------------------------------------------------------------ formats */

static const struct format {
	const char *name, *ending;
	const char *of_qemu;		/* what qemu-img calls it; NULL: it is not needed */
} formats[] = {
	{ "elf", "img", NULL },	       { "iso", "iso", NULL },	   { "raw", "raw", NULL },
	{ "qcow2", "qcow2", "qcow2" }, { "vmdk", "vmdk", "vmdk" }, { "vhd", "vhd", "vpc" },
};

static void make_disk(const struct recipe *recipe, const struct format *format, const char *output)
{
	char *image = xprintf("%s/image", work_folder()), *raw = xprintf("%s/raw", work_folder());
	const char *const convert[] = {
		"qemu-img", "convert", "-f", "raw", "-O", format->of_qemu, raw, unfinished, NULL,
	};
	struct recipe for_all = *recipe;

	if (format->of_qemu)
		child_want("qemu-img", "iso");
	/* Whose hypervisor it is for, and what devices that has, nobody knows. */
	if (!for_all.kernel)
		for_all.kernel = "generic";
	recipe_bake(&for_all, image);
	clean_up_on_signals(true);
	if (!format->of_qemu) {
		disk_make(image, unfinished, recipe->writable);
		return;
	}
	write_text(raw, "");
	disk_make(image, raw, recipe->writable);
	child_run(convert, "iso", xprintf("make %s", output));
}

/* What is not an ELF file is made beside its place, and takes it when it is complete. */
static void bake_wrapped(const struct recipe *recipe, const struct format *format,
			 const char *output)
{
	bool iso = !strcmp(format->name, "iso");
	char *real = realpath(output, NULL);
	mode_t mask = umask(0);
	const char *slash;
	struct stat st;
	int fd;

	umask(mask);
	child_want("grub-mkrescue", "iso");
	child_want("mformat", "iso");
	if (iso)
		child_want("xorriso", "iso");
	if (real)
		output = real;
	if (!stat(output, &st) && !S_ISREG(st.st_mode))
		die("cannot write %s: it is a %s", output,
		    S_ISDIR(st.st_mode) ? "directory" : "device or pipe, not a file");
	clean_up_by(remove_unfinished);
	clean_up_on_signals(true);
	slash = strrchr(output, '/');
	unfinished =
		xprintf("%.*s.haunch-bake-XXXXXX", slash ? (int)(slash - output + 1) : 0, output);
	fd = mkostemp(unfinished, O_CLOEXEC);
	if (fd < 0) {
		unfinished = NULL;
		die("cannot write %s: %s", output, strerror(errno));
	}
	close(fd);
	if (iso)
		make_iso(recipe, output);
	else
		make_disk(recipe, format, output);
	if (chmod(unfinished, 0666 & ~mask) || rename(unfinished, output))
		die("cannot write %s: %s", output, strerror(errno));
	unfinished = NULL;
	work_remove();
}

static const struct format *find_format(const char *name)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(formats); i++)
		if (!strcmp(formats[i].name, name))
			return &formats[i];
	usage("-f wants elf, iso, raw, qcow2, vmdk or vhd, not '%s'", name);
}

/* ------------------------------------------------------------------ the command */

enum { OPTION_SIZE = OPTION_OWN };

static const struct poptOption options[] = {
	OPTION_VALUE("output", 'o', 'o', "IMAGE",
		     "the image to write (default: PROGRAM's name with .img, .iso...)"),
	OPTION_VALUE(
		"format", 'f', 'f', "elf|iso|raw|qcow2|vmdk|vhd",
		"elf: for qemu -kernel and GRUB's multiboot2 (default); iso: boots from CD or "
		"USB by itself, all files in memory; the others: a disk that boots by BIOS and by "
		"UEFI"),
	OPTION_VALUE(
		"size", '\0', OPTION_SIZE, "SIZE",
		"of a disk: what the program writes is kept, on a partition of that size (default: it is "
		"in memory, and lost)"),
	OPTION_VALUE("memory", 'm', 'm', "SIZE",
		     "the machine's memory, as in 64M or 1G: the image does not start with less "
		     "(default: computed)"),
	OPTION_FILES('d'),
	OPTION_TABLE(recipe_options, NULL),
	OPTION_TABLE(settings_options, NULL),
	OPTION_END
};

static int main_bake(int argc, const char **argv)
{
	struct settings settings = { 0 };
	struct recipe recipe = { .settings = &settings, .build = build_folder() };
	const char *output = NULL, *name;
	const struct format *format = formats;
	struct words words;
	char *value;
	int option;

	options_start(&words, argc, argv, options);
	while ((option = options_next(&words, &value)) != -1) {
		if (option == 'f') {
			format = find_format(value);
		} else if (option == 'o') {
			if (!*value)
				usage("-o wants the name of a file");
			output = value;
		} else if (option == OPTION_SIZE) {
			recipe.writable = parse_memory("--size", value);
			if (recipe.writable < WRITABLE_LEAST)
				usage("--size wants %u MB at least, not '%s'", WRITABLE_LEAST,
				      value);
		} else if (option == 'h') {
			options_help(&command_bake);
			return 0;
		} else {
			settings_take(&settings, option, value);
		}
	}
	if (words.nr_operands > 1)
		usage("unexpected '%s': the program's arguments come after '--'",
		      words.operands[1]);
	if (!words.nr_operands && words.nr_rest && !origin_is(*words.rest)) {
		recipe.program = *words.rest++;
		words.nr_rest--;
	} else if (words.nr_operands) {
		recipe.program = words.operands[0];
	} else {
		usage("which program? (see haunch help bake)");
	}
	recipe.arguments = words.rest;
	recipe.nr_arguments = words.nr_rest;
	recipe.kernel = settings.kernel;
	recipe.memory = settings.memory;
	if (recipe.writable && (!strcmp(format->name, "elf") || !strcmp(format->name, "iso")))
		usage("--size is for disks (-f raw, qcow2, vmdk or vhd); of an image in another file, "
		      "volumes keep what is written (haunch run -v)");
	if (!output) {
		name = strrchr(recipe.program, '/');
		name = origin_is(recipe.program) ? origin_name(recipe.program) :
		       name			 ? name + 1 :
						   recipe.program;
		output = xprintf("%s.%s", name, format->ending);
	}
	if (format != formats)
		bake_wrapped(&recipe, format, output);
	else
		recipe_bake(&recipe, output);
	work_remove();
	return 0;
}

const struct command command_bake = {
	.name = "bake",
	.main = main_bake,
	.usage = "usage: haunch bake [OPTION]... PROGRAM [-- ARGUMENT...]\n"
		 "       haunch bake [OPTION]... ROOT [-- PROGRAM ARGUMENT...]\n",
	.about =
		"Make an image that boots PROGRAM with the arguments: an unmodified x86-64 Linux "
		"executable, static (haunch cc, gcc -static-pie, gcc -static) or dynamic.  When it "
		"ends the machine powers off.\n"
		"ROOT is a whole system: deb:PACKAGE[,PACKAGE...], of Debian packages, which starts what "
		"their systemd units or init scripts say; oci:LAYOUT[:TAG], docker-archive:FILE and "
		"docker://REGISTRY/IMAGE, container images with all that they say of themselves; "
		"rootfs:DIRECTORY or rootfs:ARCHIVE, which wants to be told what to start.  Arguments "
		"replace what it would start, but for a container image's entry point.",
	.options = options,
	.notes =
		"PROGRAM becomes /bin/NAME in the image, unless a -d directory holds it: then it "
		"stays there, as it does in /usr and /opt.  The libraries that a dynamic PROGRAM is "
		"linked with are taken along from this machine, unless a -d has them; those it opens while it runs (modules, "
		"plugins, gconv) are not: give them with -d.  So are /etc/localtime, the zone that "
		"-e TZ=ZONE names, and /etc/ssl/certs/ca-certificates.crt for a program that is linked "
		"with OpenSSL or GnuTLS, or names that file; other zones: "
		"-d /usr/share/zoneinfo:/usr/share/zoneinfo.  /etc/passwd, /etc/group, /etc/hosts, "
		"/tmp and such are made where -d does not give them.",
};

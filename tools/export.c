/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * export.c - haunch export: what others want to know to run an image: a domain for libvirt, a unit for
 * systemd.
 */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "commands.h"
#include "disk.h"
#include "image.h"
#include "machine.h"

#define MEMORY_DEFAULT	256	/* MiB, of a disk, which does not tell */
#define MEMORY_SPARE	16	/* more than an image needs at least */

enum { OPTION_LIBVIRT = OPTION_OWN, OPTION_SYSTEMD, OPTION_NAME };

static void put_xml(const char *text)
{
	for (; *text; text++) {
		if (*text == '&')
			fputs("&amp;", stdout);
		else if (*text == '<')
			fputs("&lt;", stdout);
		else if (*text == '\'')
			fputs("&apos;", stdout);
		else
			putchar(*text);
	}
}

static void put_disk(const char *path, const char *format, const struct image *image)
{
	printf("    <disk type='file' device='disk'>\n"
	       "      <driver name='qemu' type='%s'/>\n"
	       "      <source file='",
	       format);
	put_xml(path);
	if (image)
		printf("'>\n"
		       "        <slices><slice type='storage' offset='%" PRIu64 "' size='%" PRIu64
		       "'/></slices>\n      </source>\n",
		       image->base, image->base_size);
	else
		puts("'/>");
	printf("      <target dev='vda' bus='virtio'/>\n%s    </disk>\n",
	       image ? "      <readonly/>\n" : "");
}

static void put_domain(const char *name, const char *path, const struct view *file, uint64_t memory)
{
	const char *format = disk_format(file), *problem;
	struct image image = { 0 };

	if (!format) {
		problem = image_open(&image, *file);
		if (problem)
			die("%s %s", path, problem);
		if (!image.note.payload_size)
			die("%s is a kernel that nothing was baked into yet", path);
		if (!memory)
			memory = image.base_size ? MEMORY_DEFAULT :
						   (image.note.memory_needed >> 20) + MEMORY_SPARE;
	}
	if (!memory)
		memory = MEMORY_DEFAULT;
	printf("<domain type='kvm'>\n  <name>%s</name>\n  <memory unit='MiB'>%" PRIu64 "</memory>\n"
	       "  <vcpu>1</vcpu>\n  <os>\n    <type arch='x86_64' machine='pc'>hvm</type>\n",
	       name, memory);
	if (format) {
		printf("    <boot dev='hd'/>\n");
	} else {
		printf("    <kernel>");
		put_xml(path);
		printf("</kernel>\n");
	}
	printf("  </os>\n  <features><acpi/></features>\n  <cpu mode='host-passthrough'/>\n"
	       "  <on_poweroff>destroy</on_poweroff>\n  <on_reboot>restart</on_reboot>\n"
	       "  <on_crash>destroy</on_crash>\n  <devices>\n");
	if (format || image.base_size)
		put_disk(path, format ? format : "raw", format ? NULL : &image);
	printf("    <interface type='network'>\n      <source network='default'/>\n"
	       "      <model type='virtio'/>\n    </interface>\n"
	       "    <serial type='pty'/>\n    <console type='pty'/>\n"
	       "    <rng model='virtio'><backend model='random'>/dev/urandom</backend></rng>\n"
	       "  </devices>\n</domain>\n");
}

/* A word as systemd.service(5) wants it. */
static void put_word(const char *word)
{
	putchar('"');
	for (; *word; word++) {
		if (strchr("\"\\%$", *word))
			putchar(*word == '%' || *word == '$' ? *word : '\\');
		putchar(*word);
	}
	putchar('"');
}

static void put_unit(const char *name, const char *path, const struct words *words)
{
	const char *command = getenv("HAUNCH_COMMAND");
	char *self = command && *command ? realpath(command, NULL) : NULL;
	unsigned int i;

	printf("[Unit]\nDescription=%s, a machine of Haunch\nAfter=network-online.target\n"
	       "Wants=network-online.target\n\n[Service]\nExecStart=",
	       name);
	put_word(self ? self : "haunch");
	printf(" run --rm --name %s ", name);
	for (i = 0; i < words->nr_rest; i++) {
		put_word(words->rest[i]);
		putchar(' ');
	}
	put_word(path);
	/* It stops in order by its power button; a failure is the program's, or QEMU's. */
	printf("\nKillMode=mixed\nTimeoutStopSec=80\nRestart=on-failure\nRuntimeDirectory=haunch-%s\n"
	       "Environment=XDG_RUNTIME_DIR=%%t/haunch-%s\n\n[Install]\nWantedBy=multi-user.target\n",
	       name, name);
	free(self);
}

static int main_export(int argc, const char **argv)
{
	const char *name = NULL, *slash;
	char *path, *value, *own_name;
	struct words words;
	uint64_t memory = 0;
	struct view file;
	int option, kind = 0;

	options_start(&words, argc, argv, command_export.options);
	while ((option = options_next(&words, &value)) != -1) {
		if (option == 'h') {
			options_help(&command_export);
			return 0;
		} else if (option == 'm') {
			memory = parse_memory("-m", value);
		} else if (option == OPTION_NAME) {
			name = value;
		} else {
			kind = option;
		}
	}
	if (!kind)
		usage("--libvirt or --systemd? (see haunch help export)");
	if (words.nr_operands != 1)
		usage("one IMAGE is wanted (see haunch help export)");
	path = realpath(words.operands[0], NULL);
	if (!path)
		die("cannot open %s: %s", words.operands[0], strerror(errno));
	slash = strrchr(path, '/') + 1;
	own_name = xprintf("%.*s", (int)strcspn(slash, "."), slash);
	if (!name)
		name = own_name;
	if (!name_is_good(name))
		usage("--name wants letters, digits, '.', '-' and '_', not '%s'", name);
	file = view_open(path);
	if (kind == OPTION_LIBVIRT)
		put_domain(name, path, &file, memory);
	else
		put_unit(name, path, &words);
	view_close(&file);
	free(own_name);
	free(path);
	return 0;
}

static const struct poptOption options[] = {
	OPTION_FLAG("libvirt", '\0', OPTION_LIBVIRT, "a domain, for virsh define"),
	OPTION_FLAG("systemd", '\0', OPTION_SYSTEMD,
		    "a unit, for /etc/systemd/system/NAME.service"),
	OPTION_VALUE("name", '\0', OPTION_NAME, "NAME", "of the machine (default: the image's)"),
	OPTION_VALUE("memory", 'm', 'm', "SIZE", "the machine's memory, in a domain"), OPTION_END
};

const struct command command_export = {
	.name = "export",
	.main = main_export,
	.usage = "usage: haunch export --libvirt [OPTION]... IMAGE\n"
		 "       haunch export --systemd [OPTION]... IMAGE [-- OPTION-OF-RUN...]\n",
	.about =
		"Print what others want to know to run an image: an ELF file, or a disk (bake -f raw, "
		"qcow2, vmdk, vhd).",
	.options = options,
};

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * disk.c - a raw disk: GRUB in front of the first partition for a BIOS; the first partition, a FAT, with
 * the image, and GRUB for UEFI; the second with the files that are not in memory, if there are any; the third
 * for what is written, if it is to stay (init/mount.c).  The table of partitions is the BIOS's (UEFI specification 2.10, 5.2.1).
 */
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "child.h"
#include "disk.h"
#include "image.h"
#include "volumes.h"

#define SECTOR		512
#define MIB		(1ul << 20)
#define BIOS_FOLDER	"/usr/lib/grub/i386-pc"
#define EFI_FOLDER	"/usr/lib/grub/x86_64-efi"
#define FAT_SPARE	(8 * MIB)	/* for GRUB, and for the FAT itself */
#define FAT_LEAST	(40 * MIB)	/* less would be a FAT12, which not every firmware reads */

#define MODULES \
	"part_msdos", "fat", "multiboot2", "boot", "search_fs_file", "serial", "terminal", \
		"terminfo"

/* It is run before there is a menu, and by a parser that knows commands only. */
static const char configuration[] = GRUB_TERMINALS "search.file /boot/haunch.elf root\n"
						   "multiboot2 /boot/haunch.elf\n"
						   "boot\n";

static void write_at(int fd, const void *data, size_t size, off_t at)
{
	ssize_t n;

	for (; size; size -= n, at += n, data = (const char *)data + n) {
		n = pwrite(fd, data, size, at);
		if (n < 0 && errno == EINTR)
			n = 0;
		else if (n <= 0)
			die("cannot write the disk: %s", n ? strerror(errno) : strerror(ENOSPC));
	}
}

static void write_file_at(int fd, const char *path, size_t size, off_t at)
{
	struct view file = view_open(path);

	write_at(fd, file.data, size && size < file.size ? size : file.size, at);
	view_close(&file);
}

static char *work_file(const char *name)
{
	return xprintf("%s/%s", work_folder(), name);
}

/* GRUB with all that it needs in itself, for one kind of firmware. */
static char *make_grub(const char *format, const char *folder, const char *disk)
{
	char *settings = work_file("early.cfg"), *output = work_file(format);
	const char *const arguments[] = {
		"grub-mkimage",
		"-d",
		folder,
		"-O",
		format,
		"-o",
		output,
		"-p",
		"/boot",
		"-c",
		settings,
		MODULES,
		strcmp(format, "i386-pc") ? NULL : "biosdisk",
		NULL,
	};
	FILE *f = fopen(settings, "we");

	if (!f || fputs(configuration, f) < 0 || fclose(f))
		die("cannot write %s: %s", settings, strerror(errno));
	if (access(folder, F_OK))
		die("%s is missing; run: haunch setup iso", folder);
	child_run(arguments, "iso", disk);
	free(settings);
	return output;
}

/* A FAT with GRUB and the part of the image that is loaded. */
static char *make_fat(const char *image, uint64_t loaded, uint64_t *size)
{
	char *fat = work_file("fat"), *elf = work_file("haunch.elf");
	char *efi = make_grub("x86_64-efi", EFI_FOLDER, "make a loader for UEFI");
	char *sectors;
	int fd;

	*size = ALIGN_UP(loaded + FAT_SPARE, MIB);
	if (*size < FAT_LEAST)
		*size = FAT_LEAST;
	fd = open(elf, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0)
		die("cannot write %s: %s", elf, strerror(errno));
	write_file_at(fd, image, loaded, 0);
	close(fd);
	fd = open(fat, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (fd < 0 || ftruncate(fd, *size))
		die("cannot write %s: %s", fat, strerror(errno));
	close(fd);
	sectors = xprintf("%llu", (unsigned long long)*size / SECTOR);
	/* The number is the volume's, which is otherwise one by chance. */
	const char *const format[] = {
		"mformat", "-i", fat,	     "-T", sectors,  "-h", "64", "-s",
		"32",	   "-N", "48415543", "-v", "HAUNCH", "::", NULL,
	};
	const char *const folders[] = {
		"mmd", "-i", fat, "::/EFI", "::/EFI/BOOT", "::/boot", NULL
	};
	const char *const loader[] = { "mcopy", "-i", fat, efi, "::/EFI/BOOT/BOOTX64.EFI", NULL };
	const char *const kernel[] = { "mcopy", "-i", fat, elf, "::/boot/haunch.elf", NULL };

	child_run(format, "iso", "make a FAT");
	child_run(folders, "iso", "make folders on a FAT");
	child_run(loader, "iso", "copy a file to a FAT");
	child_run(kernel, "iso", "copy a file to a FAT");
	unlink(elf);
	free(sectors);
	free(efi);
	free(elf);
	return fat;
}

/* An entry of the table; addresses by cylinder and head are those that say "beyond". */
static void put_partition(uint8_t *entry, unsigned int type, bool active, uint64_t start,
			  uint64_t size)
{
	const uint32_t sectors[2] = { start / SECTOR, size / SECTOR };
	const uint8_t head[8] = { active ? 0x80 : 0, 0xfe, 0xff, 0xff, type, 0xfe, 0xff, 0xff };

	memcpy(entry, head, sizeof(head));
	memcpy(entry + sizeof(head), sectors, sizeof(sectors));
}

void disk_make(const char *path, const char *disk, uint64_t writable)
{
	struct view file = view_open(path);
	struct image image;
	uint8_t table[66] = { 0 };
	const char *words = image_open(&image, file);
	uint64_t fat_size = 0, base_at, end;
	char *fat, *core;
	int fd;

	if (words)
		die("%s %s", path, words);
	if (access(BIOS_FOLDER, F_OK))
		die("%s is missing; run: haunch setup iso", BIOS_FOLDER);
	fat = make_fat(path, image.base_size ? image.base : file.size, &fat_size);
	core = make_grub("i386-pc", BIOS_FOLDER, "make a loader for a BIOS");
	base_at = MIB + fat_size;
	end = ALIGN_UP(base_at + image.base_size, MIB);
	if (end / SECTOR > UINT32_MAX || writable > ((uint64_t)UINT32_MAX * SECTOR - end) / MIB)
		die("the files are too large for a disk: 2 TB at most");
	fd = open(disk, O_WRONLY | O_TRUNC | O_CLOEXEC);
	if (fd < 0 || ftruncate(fd, end + writable * MIB))
		die("cannot write %s: %s", disk, strerror(errno));
	/* boot.img takes the loader from the second sector on, where nothing else is said. */
	write_file_at(fd, BIOS_FOLDER "/boot.img", 440, 0);
	write_file_at(fd, core, 0, SECTOR);
	put_partition(table, 0xef, true, MIB, fat_size);
	if (image.base_size)
		put_partition(table + 16, 0x83, false, base_at, image.base_size);
	if (writable)
		put_partition(table + 32, 0x83, false, end, writable * MIB);
	table[64] = 0x55;
	table[65] = 0xaa;
	write_at(fd, table, sizeof(table), SECTOR - sizeof(table));
	write_file_at(fd, fat, 0, MIB);
	if (image.base_size)
		write_at(fd, file.data + image.base, image.base_size, base_at);
	if (writable)
		ext4_make(disk, "haunch", end, writable, "make a file system on the disk");
	if (fsync(fd) || close(fd))
		die("cannot write %s: %s", disk, strerror(errno));
	unlink(fat);
	view_close(&file);
	free(fat);
	free(core);
}

const char *disk_format(const struct view *file)
{
	/* Whose code may have the mark of a disk, too. */
	if (file->size > SELFMAG && !memcmp(file->data, ELFMAG, SELFMAG))
		return NULL;
	if (file->size > 4 && !memcmp(file->data, "QFI\373", 4))
		return "qcow2";
	if (file->size > 4 && !memcmp(file->data, "KDMV", 4))
		return "vmdk";
	if (file->size > 8 && !memcmp(file->data, "conectix", 8))
		return "vpc";
	if (file->size > 512 && file->data[510] == 0x55 && file->data[511] == 0xaa)
		return "raw";
	return NULL;
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * image.h - reading kernels and baked images; the format itself is in core/image.h.
 *
 * A baked image is the kernel's ELF file, the payload as one more segment of it, and behind the
 * payload, outside all segments and so never loaded, a trailer with the names of the kernel's drivers,
 * and the base: a file system with what is too much for memory, which the machine has as a disk.
 */
#ifndef TOOLS_IMAGE_H
#define TOOLS_IMAGE_H

#include "../core/image.h"
#include "elf64.h"

/* Linux has struct pages for so much of a device's memory at a time: the size of an image with a base. */
#define IMAGE_MEMORY_ALIGN	(2ul << 20)

#define IMAGE_TRAILER_MAGIC	"HAUNCHTR"

/* What lines ahead of the drivers' names begin with: what donor.conf says of the image's kernel. */
#define IMAGE_LICENCE		"licence: "
#define IMAGE_FIRMWARE		"firmware: "

struct image_trailer {
	char magic[8];			/* IMAGE_TRAILER_MAGIC, without its NUL */
	uint64_t size;			/* of the text behind it: "drivers/net/dummy", one a line */
	uint64_t base, base_size;	/* in the file, page aligned; 0: there is none */
};

struct image {
	struct elf64 elf;
	uint64_t note_offset;		/* in the file, of struct image_note */
	struct image_note note;
	uint64_t kernel_size;		/* bytes loaded, without the payload */
	uint64_t kernel_end;		/* physical, of the highest segment but the payload */
	/* Only of a baked image; else all zero. */
	uint64_t payload_offset;	/* in the file */
	struct image_payload payload;
	const char *command_line;
	struct view initrd;
	struct view drivers;
	uint64_t base, base_size;	/* in the file; 0: none */
};

/* Returns NULL, or words that follow the path; every offset in *image is then in bounds. */
const char *image_open(struct image *image, struct view file);

/* What a line that begins so says, without its newline; of size 0 if there is none. */
struct view image_says(const struct image *image, const char *beginning);

/*
 * Is it an ISO 9660 file system?  Then look for an image in it (files on it are contiguous and
 * start at a sector), and return what is from there on; else returns the view unchanged.
 */
struct view image_in_iso(struct view file);

/* The checksum that a baked image should have, and whether it has it. */
uint32_t image_checksum(const struct image *image);
bool image_intact(const struct image *image);

/* One entry of a newc archive; pointers are into the archive. */
struct cpio_entry {
	unsigned int inode, mode, uid, gid, links, mtime, device_major, device_minor;
	const char *name;
	size_t name_length;
	const char *data;
	uint64_t size;
};

/*
 * Take the next entry from the view.  Returns 1; 0 at the archive's end; -1 if it is damaged.
 */
int cpio_next(struct view *archive, struct cpio_entry *entry);

#endif /* TOOLS_IMAGE_H */

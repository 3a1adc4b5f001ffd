/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * image.c - reading kernels and baked images (see image.h).  Nothing in the file is trusted.
 */
#include <string.h>
#include <zlib.h>

#include "image.h"

#define ISO_SECTOR		2048
#define ISO_DESCRIPTOR		(16 * ISO_SECTOR)	/* primary volume: ECMA-119, 6.7.1 */

static const char *open_payload(struct image *image)
{
	const struct view *file = &image->elf.file;
	const struct image_payload *p = &image->payload;
	struct image_trailer trailer;
	uint64_t size = image->note.payload_size, end;
	unsigned int i;

	for (i = 0; i < image->elf.header.e_phnum; i++) {
		Elf64_Phdr s = elf64_segment(&image->elf, i);

		if (s.p_type == PT_LOAD && s.p_paddr == image->note.payload_start &&
		    s.p_filesz == size)
			image->payload_offset = s.p_offset;
	}
	if (!image->payload_offset)
		return "is damaged: the payload that its note tells of is not there";
	if (size < sizeof(*p))
		return "is damaged: its payload is too short";
	memcpy(&image->payload, file->data + image->payload_offset, sizeof(*p));
	if (memcmp(p->magic, IMAGE_PAYLOAD_MAGIC, sizeof(p->magic)))
		return "is damaged: its payload does not begin with " IMAGE_PAYLOAD_MAGIC;
	if (p->version != IMAGE_PAYLOAD_VERSION)
		return "was made by another version of haunch: bake it again";
	if (p->command_line > size || p->command_line_size > size - p->command_line ||
	    !p->command_line_size || p->initrd > size || p->initrd_size > size - p->initrd)
		return "is damaged: offsets in its payload are out of bounds";
	image->command_line = (const char *)file->data + image->payload_offset + p->command_line;
	if (image->command_line[p->command_line_size - 1])
		return "is damaged: its command line is not terminated";
	image->initrd.data = file->data + image->payload_offset + p->initrd;
	image->initrd.size = p->initrd_size;

	end = image->payload_offset + size;
	if (view_has(file, end, sizeof(trailer))) {
		memcpy(&trailer, file->data + end, sizeof(trailer));
		if (!memcmp(trailer.magic, IMAGE_TRAILER_MAGIC, sizeof(trailer.magic)) &&
		    view_has(file, end + sizeof(trailer), trailer.size)) {
			image->drivers.data = file->data + end + sizeof(trailer);
			image->drivers.size = trailer.size;
			image->base = trailer.base;
			image->base_size = trailer.base_size;
		}
	}
	if (image->base_size && (image->base % PAGE_SIZE || image->base_size % PAGE_SIZE ||
				 !view_has(file, image->base, image->base_size)))
		return "is damaged: a part of it is missing";
	return NULL;
}

const char *image_open(struct image *image, struct view file)
{
	uint64_t note_size = 0;
	const char *words;
	unsigned int i;

	memset(image, 0, sizeof(*image));
	words = elf64_open(&image->elf, file);
	if (words)
		return words;
	image->note_offset = elf64_note(&image->elf, IMAGE_NOTE_OWNER, IMAGE_NOTE_TYPE, &note_size);
	if (!image->note_offset)
		return "is not a Haunch image";
	if (note_size < sizeof(image->note))
		return "is damaged: its note is too short";
	memcpy(&image->note, file.data + image->note_offset, sizeof(image->note));
	if (image->note.version != IMAGE_NOTE_VERSION)
		return "was made by another version of haunch: bake it again";
	for (i = 0; i < image->elf.header.e_phnum; i++) {
		Elf64_Phdr s = elf64_segment(&image->elf, i);

		if (s.p_type != PT_LOAD ||
		    (image->note.payload_size && s.p_paddr == image->note.payload_start))
			continue;
		image->kernel_size += s.p_filesz;
		if (s.p_paddr + s.p_memsz > image->kernel_end)
			image->kernel_end = s.p_paddr + s.p_memsz;
	}
	return image->note.payload_size ? open_payload(image) : NULL;
}

struct view image_says(const struct image *image, const char *beginning)
{
	const char *at = (const char *)image->drivers.data, *end = at + image->drivers.size;
	size_t skip = strlen(beginning), length;

	for (; at < end; at += length + 1) {
		const char *stop = memchr(at, '\n', end - at);

		length = (stop ? stop : end) - at;
		if (length >= skip && !memcmp(at, beginning, skip))
			return (struct view){ (const uint8_t *)at + skip, length - skip };
	}
	return (struct view){ 0 };
}

uint32_t image_checksum(const struct image *image)
{
	const uint8_t *data = image->elf.file.data;
	uint64_t at = image->note_offset + offsetof(struct image_note, checksum);
	uint64_t behind = at + sizeof(image->note.checksum);
	uint64_t end = image->payload_offset + image->note.payload_size;
	static const uint8_t zeros[sizeof(image->note.checksum)];
	uLong sum = crc32_z(0, data, at);

	sum = crc32_z(sum, zeros, sizeof(zeros));
	return end > behind ? crc32_z(sum, data + behind, end - behind) : sum;
}

bool image_intact(const struct image *image)
{
	return image_checksum(image) == image->note.checksum;
}

struct view image_in_iso(struct view file)
{
	struct view inside;
	struct image image;
	uint64_t at;

	if (!view_has(&file, ISO_DESCRIPTOR, 6) || memcmp(file.data + ISO_DESCRIPTOR, "\1CD001", 6))
		return file;
	for (at = ISO_DESCRIPTOR; view_has(&file, at, ISO_SECTOR); at += ISO_SECTOR) {
		if (memcmp(file.data + at, ELFMAG, SELFMAG))
			continue;
		inside.data = file.data + at;
		inside.size = file.size - at;
		if (!image_open(&image, inside))
			return inside;
	}
	return file;
}

/* Eight hexadecimal digits, as every number of the format is. */
static bool hex(const uint8_t *text, unsigned int *value)
{
	unsigned int i;

	*value = 0;
	for (i = 0; i < 8; i++) {
		unsigned int c = text[i];

		if (c >= '0' && c <= '9')
			c -= '0';
		else if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
			c = (c | 0x20) - 'a' + 10;
		else
			return false;
		*value = *value << 4 | c;
	}
	return true;
}

int cpio_next(struct view *archive, struct cpio_entry *entry)
{
	static const size_t header_size = 110;
	unsigned int field[13], i;
	uint64_t data, next;

	if (!view_has(archive, 0, header_size) || memcmp(archive->data, "070701", 6))
		return -1;
	for (i = 0; i < ARRAY_SIZE(field); i++)
		if (!hex(archive->data + 6 + 8 * i, &field[i]))
			return -1;
	if (!field[11] || !view_has(archive, header_size, field[11]) ||
	    archive->data[header_size + field[11] - 1])
		return -1;
	data = ALIGN_UP(header_size + field[11], 4);
	if (!view_has(archive, data, field[6]))
		return -1;
	entry->inode = field[0];
	entry->mode = field[1];
	entry->uid = field[2];
	entry->gid = field[3];
	entry->links = field[4];
	entry->mtime = field[5];
	entry->device_major = field[9];
	entry->device_minor = field[10];
	entry->name = (const char *)archive->data + header_size;
	entry->name_length = field[11] - 1;
	entry->data = (const char *)archive->data + data;
	entry->size = field[6];
	if (!strcmp(entry->name, "TRAILER!!!"))
		return 0;
	next = ALIGN_UP(data + field[6], 4);
	if (next > archive->size)
		next = archive->size;
	archive->data += next;
	archive->size -= next;
	return 1;
}

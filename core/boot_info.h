/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * boot_info.h - what a boot loader tells, whichever it was.
 */
#ifndef CORE_BOOT_INFO_H
#define CORE_BOOT_INFO_H

#define MULTIBOOT2_MAGIC	0x36d76289	/* what the loader has in eax */
#define MULTIBOOT2_SIZE		16384		/* of boot.S's copy of its information */

#ifndef __ASSEMBLER__

#include <stddef.h>

#include "ranges.h"

#define COMMAND_LINE_SIZE	4096

struct boot_info {
	struct ranges ram;		/* whole pages of RAM that nobody has reserved */
	struct ranges reserved;		/* what the map says is something else */
	char command_line[COMMAND_LINE_SIZE];
	uint64_t initrd;		/* physical; the first module */
	uint64_t initrd_size;		/* 0: none */
	uint64_t rsdp;			/* physical; 0: unknown */
	unsigned char rsdp_copy[36];	/* a loader may hand over a copy instead */
	unsigned int rsdp_copy_size;
};

/*
 * Reads physical memory: the bytes at `physical`, or NULL if they are out of reach.
 */
typedef const void *(*boot_reader)(uint64_t physical, uint64_t size);

/*
 * Xen's PVH start info (Xen, public/arch-x86/hvm/start_info.h), at `physical`.  Fills *info, which
 * was cleared.  Returns NULL, or a message that says what is wrong.
 */
const char *boot_info_pvh(struct boot_info *info, uint64_t physical, boot_reader at);

/*
 * The Multiboot 2 information (Multiboot2 specification 2.0, 3.6) of at most `size` bytes.
 */
const char *boot_info_multiboot2(struct boot_info *info, const void *data, size_t size);

/* Append " " and the text, up to its NUL if it has one, to a line; what does not fit is cut off. */
void command_line_append(char line[COMMAND_LINE_SIZE], const char *text, size_t length);

/* Is it one of the words before "--"? */
bool command_line_has(const char *line, const char *word);

#endif /* !__ASSEMBLER__ */
#endif /* CORE_BOOT_INFO_H */

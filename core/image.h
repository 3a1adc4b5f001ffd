/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * image.h - what the tools write into a kernel and the core reads when it boots.
 *
 * Shared by core/ and tools/, so it needs nothing but <stdint.h>.  All numbers are little-endian.
 */
#ifndef CORE_IMAGE_H
#define CORE_IMAGE_H

#include <stdint.h>

#define IMAGE_NOTE_OWNER	"Haunch"
#define IMAGE_NOTE_TYPE		1
#define IMAGE_NOTE_VERSION	1

/* The descriptor of the note "Haunch", type 1.  It is loaded with the kernel, and bake fills it. */
struct image_note {
	uint32_t version;
	uint32_t flags;
	uint64_t payload_start;		/* physical, page aligned, above the kernel */
	uint64_t payload_size;		/* 0: no payload */
	uint64_t memory_needed;		/* bytes of RAM below which the core refuses to start */
	uint64_t symbols_start;		/* physical; the symbol table, filled by symtab */
	uint64_t symbols_size;		/* 0: none */
	uint64_t reserved[1];
};

#define IMAGE_PAYLOAD_MAGIC	"HAUNCHPL"
#define IMAGE_PAYLOAD_VERSION	1

/* The payload's first bytes.  Offsets count from here. */
struct image_payload {
	char magic[8];			/* IMAGE_PAYLOAD_MAGIC, without its NUL */
	uint32_t version;
	uint32_t flags;
	uint64_t command_line;		/* offset of the NUL-terminated baked command line */
	uint64_t command_line_size;	/* with its NUL */
	uint64_t initrd;		/* offset of a newc cpio archive, page aligned */
	uint64_t initrd_size;
};

#endif /* CORE_IMAGE_H */

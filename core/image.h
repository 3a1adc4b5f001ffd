/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * image.h - what the tools write into a kernel and the core reads when it boots.
 *
 * Shared by core/ and tools/, so it needs nothing but <stdint.h>; by assembly too (constants only).
 * All numbers are little-endian.
 */
#ifndef CORE_IMAGE_H
#define CORE_IMAGE_H

#define IMAGE_NOTE_OWNER	"Haunch"
#define IMAGE_NOTE_TYPE		1
#define IMAGE_NOTE_VERSION	3

/* Bytes for each of the names of versions, with the NUL. */
#define IMAGE_RELEASE_SIZE	64

#ifndef __ASSEMBLER__

#include <stdint.h>

/* The descriptor of the note "Haunch", type 1.  It is loaded with the kernel, and bake fills it. */
struct image_note {
	uint32_t version;
	/* CRC-32 (zlib's) of the file up to the payload's end, these four bytes being 0; for tools. */
	uint32_t checksum;
	uint64_t payload_start;		/* physical, page aligned, above the kernel */
	uint64_t payload_size;		/* 0: no payload */
	uint64_t memory_needed;		/* bytes of RAM below which the core refuses to start */
	uint64_t symbols_start;		/* physical; the symbol table, filled by symtab */
	uint64_t symbols_size;		/* 0: none */
	/*
	 * Physical, within the symbols' segment: what to add the image's displacement to, coded as in
	 * an ELF file's section of type SHT_RELR (ELF gABI): a word that is even is an address, a
	 * word that is odd has a bit for each of the 63 words that follow.  The last word is
	 * IMAGE_RELOCATIONS_END.
	 */
	uint64_t relocations_start;
	uint64_t relocations_size;
	/* What the kernel was made of, for people; filled by symtab. */
	char release[IMAGE_RELEASE_SIZE];	/* Haunch's version, as in "0.1.0" */
	char donor[IMAGE_RELEASE_SIZE];		/* "linux-source-6.1 6.1.192-2" */
};

#define IMAGE_RELOCATIONS_END	1	/* no bit is set */

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

#endif /* !__ASSEMBLER__ */
#endif /* CORE_IMAGE_H */

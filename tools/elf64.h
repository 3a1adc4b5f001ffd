/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * elf64.h - reading ELF files for x86-64 without trusting a byte of them.
 */
#ifndef TOOLS_ELF64_H
#define TOOLS_ELF64_H

#include <elf.h>

#include "common.h"

struct elf64 {
	struct view file;
	Elf64_Ehdr header;
};

/*
 * Check the file's head and that every header and segment lies inside it.  Returns NULL and fills
 * *elf, or says in a few words what is wrong, so that "PATH WORDS" is a sentence.
 */
const char *elf64_open(struct elf64 *elf, struct view file);

/* Segment number i, below header.e_phnum. */
Elf64_Phdr elf64_segment(const struct elf64 *elf, unsigned int i);

/*
 * Find a note by owner and type.  Returns the file offset of its descriptor, or 0, and the length
 * in *size.
 */
uint64_t elf64_note(const struct elf64 *elf, const char *owner, uint32_t type, uint64_t *size);

/* The interpreter (PT_INTERP) that a dynamic executable names; NULL: none; "": not a path. */
const char *elf64_interpreter(const struct elf64 *elf);

/* Is this an executable that the guest can run?  NULL, or words as above. */
const char *elf64_check_program(const struct elf64 *elf);

#endif /* TOOLS_ELF64_H */

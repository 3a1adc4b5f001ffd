/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * elf64.c - reading ELF files for x86-64 without trusting a byte of them.
 *
 * Structures are copied out with memcpy(), for a hostile file may put them at odd offsets.
 */
#include <stdio.h>
#include <string.h>

#include "../hypercall/hypercall.h"
#include "elf64.h"

/* Fixed-address programs live between these: Linux's mmap_min_addr, the lower half without its last page. */
#define PROGRAM_LOWEST		PAGE_SIZE
#define PROGRAM_HIGHEST		((unsigned long)HC_PROGRAM_LIMIT - PAGE_SIZE)

/* As long as a path can be, with its NUL. */
#define INTERPRETER_MAX		4096

static const struct {
	uint16_t machine;
	const char *name;
} machines[] = {
	{ EM_386, "32-bit x86" }, { EM_ARM, "32-bit ARM" },	  { EM_AARCH64, "64-bit ARM" },
	{ EM_RISCV, "RISC-V" },	  { EM_PPC64, "64-bit PowerPC" }, { EM_S390, "S/390" },
	{ EM_MIPS, "MIPS" },	  { EM_LOONGARCH, "LoongArch" },  { EM_SPARCV9, "SPARC" },
};

static const char *other_machine(uint16_t machine)
{
	static char words[80];
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(machines); i++) {
		if (machines[i].machine == machine) {
			snprintf(words, sizeof(words), "is for another machine (%s), not x86-64",
				 machines[i].name);
			return words;
		}
	}
	snprintf(words, sizeof(words), "is for another machine (ELF number %u), not x86-64",
		 machine);
	return words;
}

const char *elf64_open(struct elf64 *elf, struct view file)
{
	static char words[160];
	Elf64_Ehdr *h = &elf->header;
	unsigned int i;

	elf->file = file;
	if (!file.size)
		return "is empty";
	if (file.size < SELFMAG || memcmp(file.data, ELFMAG, SELFMAG))
		return "is not an ELF file";
	if (file.size < EI_NIDENT)
		return "is truncated: its ELF header is not complete";
	/* The 32-bit header has e_machine at the same place, so the machine can be named first. */
	if (file.size >= offsetof(Elf64_Ehdr, e_version)) {
		uint16_t machine;

		memcpy(&machine, file.data + offsetof(Elf64_Ehdr, e_machine), sizeof(machine));
		if (file.data[EI_DATA] != ELFDATA2LSB)
			return "is for another machine (big-endian), not x86-64";
		if (machine != EM_X86_64)
			return other_machine(machine);
	}
	if (file.data[EI_CLASS] != ELFCLASS64)
		return "is a 32-bit (x32) executable, not a 64-bit one";
	if (file.size < sizeof(*h))
		return "is truncated: its ELF header is not complete";
	memcpy(h, file.data, sizeof(*h));
	if (h->e_phnum && h->e_phentsize != sizeof(Elf64_Phdr))
		return "is damaged: its program headers have a wrong size";
	if (!view_has(&file, h->e_phoff, h->e_phnum * sizeof(Elf64_Phdr)))
		return "is truncated: its program headers are not complete";
	for (i = 0; i < h->e_phnum; i++) {
		Elf64_Phdr p = elf64_segment(elf, i);

		if (p.p_type == PT_NULL)
			continue;
		if (p.p_filesz && !view_has(&file, p.p_offset, p.p_filesz)) {
			snprintf(words, sizeof(words),
				 "is truncated: segment %u ends at byte %llu, the file at %llu", i,
				 (unsigned long long)(p.p_offset + p.p_filesz),
				 (unsigned long long)file.size);
			return words;
		}
		if (p.p_type == PT_LOAD &&
		    (p.p_filesz > p.p_memsz || p.p_vaddr + p.p_memsz < p.p_vaddr ||
		     p.p_paddr + p.p_memsz < p.p_paddr))
			return "is damaged: a segment's sizes make no sense";
	}
	if (h->e_shoff && h->e_shnum &&
	    !view_has(&file, h->e_shoff, (uint64_t)h->e_shnum * h->e_shentsize)) {
		snprintf(words, sizeof(words),
			 "is truncated: its section headers end at byte %llu, the file at %llu",
			 (unsigned long long)(h->e_shoff + (uint64_t)h->e_shnum * h->e_shentsize),
			 (unsigned long long)file.size);
		return words;
	}
	return NULL;
}

Elf64_Phdr elf64_segment(const struct elf64 *elf, unsigned int i)
{
	Elf64_Phdr p;

	memcpy(&p, elf->file.data + elf->header.e_phoff + i * sizeof(p), sizeof(p));
	return p;
}

uint64_t elf64_note(const struct elf64 *elf, const char *owner, uint32_t type, uint64_t *size)
{
	size_t owner_size = strlen(owner) + 1;
	unsigned int i;

	for (i = 0; i < elf->header.e_phnum; i++) {
		Elf64_Phdr p = elf64_segment(elf, i);
		uint64_t at = p.p_offset, left = p.p_filesz;

		if (p.p_type != PT_NOTE)
			continue;
		while (left >= sizeof(Elf64_Nhdr)) {
			Elf64_Nhdr n;
			uint64_t name, whole;

			memcpy(&n, elf->file.data + at, sizeof(n));
			name = sizeof(n) + ALIGN_UP((uint64_t)n.n_namesz, 4);
			whole = name + ALIGN_UP((uint64_t)n.n_descsz, 4);
			if (name + n.n_descsz > left)
				break;
			if (n.n_type == type && n.n_namesz == owner_size &&
			    !memcmp(elf->file.data + at + sizeof(n), owner, owner_size)) {
				*size = n.n_descsz;
				return at + name;
			}
			if (whole > left)
				break;
			at += whole;
			left -= whole;
		}
	}
	return 0;
}

static bool has_dynamic_tag(const struct elf64 *elf, Elf64_Sxword tag)
{
	unsigned int i;

	for (i = 0; i < elf->header.e_phnum; i++) {
		Elf64_Phdr p = elf64_segment(elf, i);
		uint64_t at;

		if (p.p_type != PT_DYNAMIC)
			continue;
		for (at = 0; p.p_filesz - at >= sizeof(Elf64_Dyn); at += sizeof(Elf64_Dyn)) {
			Elf64_Dyn d;

			memcpy(&d, elf->file.data + p.p_offset + at, sizeof(d));
			if (d.d_tag == DT_NULL)
				break;
			if (d.d_tag == tag)
				return true;
		}
	}
	return false;
}

const char *elf64_interpreter(const struct elf64 *elf)
{
	unsigned int i;

	for (i = 0; i < elf->header.e_phnum; i++) {
		Elf64_Phdr p = elf64_segment(elf, i);
		const char *name;

		if (p.p_type != PT_INTERP)
			continue;
		if (p.p_filesz < 2 || p.p_filesz > INTERPRETER_MAX)
			return "";
		name = (const char *)elf->file.data + p.p_offset;
		if (name[0] != '/' || memchr(name, '\0', p.p_filesz) != name + p.p_filesz - 1)
			return "";
		return name;
	}
	return NULL;
}

const char *elf64_check_program(const struct elf64 *elf)
{
	static char words[160];
	const Elf64_Ehdr *h = &elf->header;
	const char *interpreter = elf64_interpreter(elf);
	bool entry_found = false;
	unsigned int i;

	switch (h->e_type) {
	case ET_EXEC:
	case ET_DYN:
		break;
	case ET_REL:
		return "is an object file, not an executable: link it first";
	case ET_CORE:
		return "is a core dump, not an executable";
	default:
		return "is not an executable";
	}
	for (i = 0; i < h->e_phnum; i++) {
		Elf64_Phdr p = elf64_segment(elf, i);

		if (p.p_type != PT_LOAD)
			continue;
		if ((p.p_flags & PF_X) && h->e_entry >= p.p_vaddr &&
		    h->e_entry - p.p_vaddr < p.p_memsz)
			entry_found = true;
		if (h->e_type == ET_EXEC && p.p_memsz &&
		    (p.p_vaddr < PROGRAM_LOWEST || p.p_vaddr + p.p_memsz > PROGRAM_HIGHEST)) {
			snprintf(words, sizeof(words),
				 "is linked at 0x%llx, but a fixed address "
				 "must be from 0x%lx to 0x%lx: link it with -static-pie",
				 (unsigned long long)p.p_vaddr, PROGRAM_LOWEST, PROGRAM_HIGHEST);
			return words;
		}
	}
	if (interpreter && !*interpreter)
		return "is damaged: the name of its interpreter is not a path";
	if (h->e_type == ET_DYN && !interpreter && (!h->e_entry || has_dynamic_tag(elf, DT_NEEDED)))
		return "is a shared library, not a program";
	if (!entry_found)
		return "has no code at its entry point: it is not a program";
	return NULL;
}

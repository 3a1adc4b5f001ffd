// SPDX-License-Identifier: GPL-2.0-only
// Copyright (c) 2026 The Haunch authors
/*
 * The function of a program that an address is in, by the symbol table of its file: all functions, or
 * those that a stripped file still exports.  The file may be anything, and may change meanwhile: what is
 * read is checked, and no loop is longer than its limit.
 */
#include <linux/elf.h>
#include <linux/fs.h>
#include <linux/slab.h>
#include <linux/string.h>
#include "haunch.h"

#define HEADERS_MAX	128
#define SYMBOLS_MAX	200000
#define CHUNK		128		/* symbols that are read at once */

static bool read_at(struct file *file, u64 offset, void *to, size_t size)
{
	loff_t at = offset;

	return offset <= LLONG_MAX - size && kernel_read(file, to, size, &at) == size;
}

/* The address, as linked, of what is at an offset of the file; 0: none. */
static u64 linked_address(struct file *file, const struct elfhdr *header, u64 offset)
{
	unsigned int i;

	for (i = 0; i < min_t(unsigned int, header->e_phnum, HEADERS_MAX); i++) {
		struct elf_phdr p;

		if (!read_at(file, header->e_phoff + i * sizeof(p), &p, sizeof(p)))
			break;
		if (p.p_type == PT_LOAD && offset >= p.p_offset && offset - p.p_offset < p.p_filesz)
			return offset - p.p_offset + p.p_vaddr;
	}
	return 0;
}

/* The table of symbols, and that of their names: the complete one, if there is one. */
static bool find_tables(struct file *file, const struct elfhdr *header, struct elf_shdr *symbols,
			struct elf_shdr *names)
{
	bool found = false;
	unsigned int i;

	for (i = 0; i < min_t(unsigned int, header->e_shnum, HEADERS_MAX); i++) {
		struct elf_shdr s;

		if (!read_at(file, header->e_shoff + i * sizeof(s), &s, sizeof(s)))
			return false;
		if (s.sh_type != SHT_SYMTAB && (s.sh_type != SHT_DYNSYM || found))
			continue;
		if (!read_at(file, header->e_shoff + s.sh_link * sizeof(*names), names, sizeof(*names)))
			return false;
		*symbols = s;
		found = true;
		if (s.sh_type == SHT_SYMTAB)
			break;
	}
	return found;
}

bool program_symbol(struct file *file, u64 offset, char *name, size_t size)
{
	struct elf_shdr symbols, names;
	struct elfhdr header;
	struct elf64_sym *chunk, found = { .st_size = 0 };
	u64 address, done, count;
	ssize_t length;
	loff_t at;

	if (!read_at(file, 0, &header, sizeof(header)) ||
	    memcmp(header.e_ident, ELFMAG, SELFMAG) || header.e_ident[EI_CLASS] != ELFCLASS64 ||
	    header.e_phentsize != sizeof(struct elf_phdr) ||
	    header.e_shentsize != sizeof(struct elf_shdr))
		return false;
	address = linked_address(file, &header, offset);
	if (!address || !find_tables(file, &header, &symbols, &names))
		return false;
	chunk = kmalloc_array(CHUNK, sizeof(*chunk), GFP_KERNEL | __GFP_NOWARN | __GFP_NORETRY);
	if (!chunk)
		return false;
	count = min_t(u64, symbols.sh_size / sizeof(*chunk), SYMBOLS_MAX);
	for (done = 0; done < count && !found.st_size; done += CHUNK) {
		unsigned int n = min_t(u64, count - done, CHUNK), i;

		if (!read_at(file, symbols.sh_offset + done * sizeof(*chunk), chunk,
			     n * sizeof(*chunk)))
			break;
		for (i = 0; i < n; i++)
			if (ELF_ST_TYPE(chunk[i].st_info) == STT_FUNC &&
			    address >= chunk[i].st_value &&
			    address - chunk[i].st_value < chunk[i].st_size)
				found = chunk[i];
	}
	kfree(chunk);
	at = names.sh_offset + found.st_name;
	if (!found.st_size || at < 0)
		return false;
	length = kernel_read(file, name, size - 1, &at);
	if (length <= 0)
		return false;
	name[length] = '\0';
	return *name != '\0';
}

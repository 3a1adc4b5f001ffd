// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * symtab.c - puts the names of a linked kernel's functions, and what must be changed when
 * it does not run where it was linked, where the kernel itself finds them, and strips it.
 *
 *	symtab KERNEL OUTPUT RELEASE DONOR
 *
 * The kernel was linked with --emit-relocs.  Both tables (core/symbols.h, core/image.h) are appended to the
 * file, a spare program header (PT_NULL) has them loaded right above the kernel, and the kernel's note
 * says where that is, and of which releases of Haunch and of the donor it was made.  So they need no second link.  What no program header names (sections, debug
 * information) is left out.
 *
 * The input may be anything: every offset is checked before it is used.
 */
#include <elf.h>
#include <stdarg.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../core/image.h"
#include "../core/symbols.h"
#include "../hypercall/hypercall.h"

#define NAME_MAX_LENGTH		79
#define PAGE			4096ull

struct function {
	uint64_t address;
	const char *name;
	size_t length;
	bool global;
};

static const char *input;

static void __attribute__((format(printf, 1, 2), noreturn)) die(const char *format, ...)
{
	va_list list;

	fprintf(stderr, "symtab: %s: ", input);
	va_start(list, format);
	vfprintf(stderr, format, list);
	va_end(list);
	fputc('\n', stderr);
	exit(1);
}

static void *allocate(size_t size)
{
	void *p = calloc(1, size ? size : 1);

	if (!p)
		die("out of memory");
	return p;
}

/* ------------------------------------------------------------------ the ELF file */

static unsigned char *file;
static size_t file_size;

static void *at(uint64_t offset, uint64_t size)
{
	if (offset > file_size || size > file_size - offset)
		die("truncated, or not an ELF file");
	return file + offset;
}

static void read_file(const char *path)
{
	FILE *f = fopen(path, "rb");
	long size;

	input = path;
	if (!f || fseek(f, 0, SEEK_END) || (size = ftell(f)) < 0 || fseek(f, 0, SEEK_SET))
		die("cannot be read");
	file_size = (size_t)size;
	file = allocate(file_size);
	if (fread(file, 1, file_size, f) != file_size)
		die("cannot be read");
	fclose(f);
}

static Elf64_Ehdr *header(void)
{
	Elf64_Ehdr *h = at(0, sizeof(*h));

	if (memcmp(h->e_ident, ELFMAG, SELFMAG) || h->e_ident[EI_CLASS] != ELFCLASS64 ||
	    h->e_machine != EM_X86_64 || h->e_phentsize != sizeof(Elf64_Phdr))
		die("not an ELF file for x86-64");
	return h;
}

static Elf64_Phdr *segment(unsigned int i)
{
	return at(header()->e_phoff + i * sizeof(Elf64_Phdr), sizeof(Elf64_Phdr));
}

static Elf64_Shdr *section(unsigned int i)
{
	if (i >= header()->e_shnum)
		die("a section number is out of range");
	return at(header()->e_shoff + i * sizeof(Elf64_Shdr), sizeof(Elf64_Shdr));
}

/* A string of a string table. */
static const char *string(const Elf64_Shdr *table, uint64_t offset)
{
	const char *strings = at(table->sh_offset, table->sh_size);

	if (offset >= table->sh_size || !memchr(strings + offset, 0, table->sh_size - offset))
		die("a name is out of range");
	return strings + offset;
}

static struct image_note *find_note(void)
{
	for (unsigned int i = 0; i < header()->e_phnum; i++) {
		const Elf64_Phdr *p = segment(i);
		uint64_t offset = p->p_offset, end = p->p_offset + p->p_filesz;

		if (p->p_type != PT_NOTE)
			continue;
		while (offset + sizeof(Elf64_Nhdr) <= end) {
			const Elf64_Nhdr *n = at(offset, sizeof(*n));
			uint64_t name = offset + sizeof(*n);
			uint64_t desc = name + ((n->n_namesz + 3ull) & ~3ull);

			if (n->n_type == IMAGE_NOTE_TYPE &&
			    n->n_namesz == sizeof(IMAGE_NOTE_OWNER) &&
			    n->n_descsz >= sizeof(struct image_note) &&
			    !memcmp(at(name, n->n_namesz), IMAGE_NOTE_OWNER, n->n_namesz))
				return at(desc, sizeof(struct image_note));
			offset = desc + ((n->n_descsz + 3ull) & ~3ull);
		}
	}
	die("has no note of owner \"" IMAGE_NOTE_OWNER "\": not a Haunch kernel");
}

/* ------------------------------------------------------------------ the functions */

static int by_address(const void *a, const void *b)
{
	const struct function *x = a, *y = b;

	if (x->address != y->address)
		return x->address < y->address ? -1 : 1;
	/* Of several names for one function, prefer the public one, then the shortest. */
	if (x->global != y->global)
		return x->global ? -1 : 1;
	if (x->length != y->length)
		return x->length < y->length ? -1 : 1;
	return strcmp(x->name, y->name);
}

static struct function *read_functions(size_t *count)
{
	struct function *functions = NULL;
	size_t n = 0, unique = 0;

	for (unsigned int i = 0; i < header()->e_shnum; i++) {
		const Elf64_Shdr *s = section(i), *strings;
		size_t symbols;

		if (s->sh_type != SHT_SYMTAB)
			continue;
		strings = section(s->sh_link);
		symbols = s->sh_size / sizeof(Elf64_Sym);
		at(s->sh_offset, s->sh_size);
		functions = allocate(symbols * sizeof(*functions));
		for (size_t j = 0; j < symbols; j++) {
			const Elf64_Sym *symbol =
				at(s->sh_offset + j * sizeof(*symbol), sizeof(*symbol));
			struct function *f = &functions[n];

			if (ELF64_ST_TYPE(symbol->st_info) != STT_FUNC ||
			    symbol->st_shndx == SHN_UNDEF || symbol->st_shndx >= SHN_LORESERVE ||
			    !(section(symbol->st_shndx)->sh_flags & SHF_EXECINSTR) ||
			    symbol->st_value < HC_IMAGE_MAP ||
			    symbol->st_value - HC_IMAGE_MAP > UINT32_MAX)
				continue;
			f->address = symbol->st_value - HC_IMAGE_MAP;
			f->name = string(strings, symbol->st_name);
			f->length = strlen(f->name);
			if (f->length > NAME_MAX_LENGTH)
				f->length = NAME_MAX_LENGTH;
			f->global = ELF64_ST_BIND(symbol->st_info) != STB_LOCAL;
			n += f->length != 0;
		}
		break;
	}
	if (!n)
		die("has no symbols");
	qsort(functions, n, sizeof(*functions), by_address);
	for (size_t i = 0; i < n; i++)
		if (!i || functions[i].address != functions[unique - 1].address)
			functions[unique++] = functions[i];
	*count = unique;
	return functions;
}

/* ------------------------------------------------------------------ coding the names */

/*
 * Byte pair encoding: again and again, give the most frequent pair of bytes one of the byte values
 * that no name uses.  The names lie one behind the other in `text`, as 16-bit units, of which one
 * value (GAP) keeps pairs from crossing into the next name.
 */
#define GAP			0xffff

static size_t replace_pair(uint16_t *text, size_t size, unsigned int a, unsigned int b,
			   unsigned int code)
{
	size_t used = 0;

	for (size_t i = 0; i < size; i++) {
		if (i + 1 < size && text[i] == a && text[i + 1] == b) {
			text[used++] = (uint16_t)code;
			i++;
		} else {
			text[used++] = text[i];
		}
	}
	return used;
}

static size_t code_names(uint16_t *text, size_t size, uint8_t pair[256][2])
{
	uint32_t *pairs = allocate(65536 * sizeof(*pairs));
	bool used[256] = { [0] = true };

	for (size_t i = 0; i < size; i++)
		if (text[i] != GAP)
			used[text[i]] = true;
	for (unsigned int code = 1; code < 256; code++) {
		unsigned int best = 0;

		if (used[code])
			continue;
		memset(pairs, 0, 65536 * sizeof(*pairs));
		for (size_t i = 0; i + 1 < size; i++)
			if (text[i] != GAP && text[i + 1] != GAP)
				pairs[text[i] << 8 | text[i + 1]]++;
		for (unsigned int i = 0; i < 65536; i++)
			if (pairs[i] > pairs[best])
				best = i;
		if (pairs[best] < 4)
			break;
		pair[code][0] = (uint8_t)(best >> 8);
		pair[code][1] = (uint8_t)best;
		size = replace_pair(text, size, best >> 8, best & 0xff, code);
	}
	free(pairs);
	return size;
}

static unsigned char *make_table(const struct function *functions, size_t count, size_t *table_size)
{
	struct symbols_header *h;
	uint16_t *text;
	unsigned char *table, *p;
	size_t size = 0, limit = sizeof(*h), i, j;
	uint64_t last = functions[0].address;

	for (i = 0; i < count; i++) {
		size += functions[i].length + 1;
		limit += functions[i].length + 1 + 5;
	}
	text = allocate(size * sizeof(*text));
	for (i = 0, size = 0; i < count; i++) {
		for (j = 0; j < functions[i].length; j++)
			text[size++] = (unsigned char)functions[i].name[j];
		text[size++] = GAP;
	}
	table = allocate(limit);
	h = (void *)table;
	memcpy(h->magic, SYMBOLS_MAGIC, sizeof(h->magic));
	size = code_names(text, size, h->pair);
	h->count = (uint32_t)count;
	h->base = (uint32_t)last;
	p = table + sizeof(*h);
	for (i = 0, j = 0; i < count; i++) {
		uint64_t distance = functions[i].address - last;
		unsigned char *length;

		last = functions[i].address;
		for (; distance >= 0x80; distance >>= 7)
			*p++ = (unsigned char)(distance | 0x80);
		*p++ = (unsigned char)distance;
		length = p++;
		while (j < size && text[j] != GAP)
			*p++ = (unsigned char)text[j++];
		j++;
		*length = (unsigned char)(p - length - 1);
	}
	h->stream_size = (uint32_t)(p - table - sizeof(*h));
	*table_size = (size_t)(p - table);
	free(text);
	return table;
}

/* ------------------------------------------------------------------ relocations */

/* Words of the image that hold an address in it: their physical addresses, sorted. */
static uint64_t *words;
static size_t nr_words;

/* The `size` bytes at an address of a section that is loaded, as a number. */
static uint64_t contents(const Elf64_Shdr *target, uint64_t address, size_t size)
{
	uint64_t value = 0;

	if (address < target->sh_addr || address - target->sh_addr > target->sh_size ||
	    target->sh_size - (address - target->sh_addr) < size)
		die("a relocation at 0x%llx is outside of its section",
		    (unsigned long long)address);
	memcpy(&value, at(target->sh_offset + (address - target->sh_addr), size), size);
	return value;
}

/*
 * What is linked below HC_IMAGE_MAP, the first steps of the boot, stays where it is.  Elsewhere an
 * address is a word of 64 bits, or a distance that does not change.
 */
static void read_section(const Elf64_Shdr *relocations, const Elf64_Shdr *target)
{
	size_t count = relocations->sh_size / sizeof(Elf64_Rela);

	words = realloc(words, (nr_words + count + 1) * sizeof(*words));
	if (!words)
		die("out of memory");
	for (size_t i = 0; i < count; i++) {
		const Elf64_Rela *r = at(relocations->sh_offset + i * sizeof(*r), sizeof(*r));
		unsigned int type = ELF64_R_TYPE(r->r_info);
		int64_t distance;

		switch (type) {
		case R_X86_64_NONE:
		case R_X86_64_PC32:
		case R_X86_64_PLT32:
		case R_X86_64_PC64:
			break;
		case R_X86_64_GOTPCREL:
		case R_X86_64_GOTPCRELX:
		case R_X86_64_REX_GOTPCRELX:
			/* The distance to a word of the linker's that holds the address. */
			distance = (int32_t)contents(target, r->r_offset, sizeof(int32_t));
			words[nr_words++] = r->r_offset + 4 + distance - HC_IMAGE_MAP;
			break;
		case R_X86_64_64:
			/* An absolute symbol, or a weak one that nobody has defined, does not move. */
			if (contents(target, r->r_offset, sizeof(uint64_t)) < HC_IMAGE_MAP)
				break;
			if (r->r_offset % 8)
				die("the address at 0x%llx is not aligned",
				    (unsigned long long)r->r_offset);
			words[nr_words++] = r->r_offset - HC_IMAGE_MAP;
			break;
		default:
			die("the relocation of type %u at 0x%llx ties it to one address", type,
			    (unsigned long long)r->r_offset);
		}
	}
}

static int by_value(const void *a, const void *b)
{
	const uint64_t *x = a, *y = b;

	return *x < *y ? -1 : *x > *y;
}

#define BITS			63	/* that one odd word has */

/* Code the words as a section of type SHT_RELR has them: see core/image.h. */
static uint64_t *make_relocations(size_t *size)
{
	uint64_t *table, *to;

	for (unsigned int i = 0; i < header()->e_shnum; i++) {
		const Elf64_Shdr *s = section(i), *target;

		if (s->sh_type != SHT_RELA)
			continue;
		target = section(s->sh_info);
		if (target->sh_flags & SHF_ALLOC && target->sh_addr >= HC_IMAGE_MAP)
			read_section(s, target);
	}
	qsort(words, nr_words, sizeof(*words), by_value);
	table = to = allocate((nr_words + 2) * sizeof(*table));
	for (size_t i = 0; i < nr_words;) {
		uint64_t next = words[i] + 8;

		*to++ = words[i++];
		for (;;) {
			uint64_t bits = 0;

			/* The same word may have been named more than once. */
			for (; i < nr_words && (words[i] < next || words[i] - next < BITS * 8); i++)
				if (words[i] >= next)
					bits |= 1ull << ((words[i] - next) / 8);
			if (!bits)
				break;
			*to++ = bits << 1 | 1;
			next += BITS * 8;
		}
	}
	*to++ = IMAGE_RELOCATIONS_END;
	*size = (size_t)(to - table) * sizeof(*table);
	return table;
}

/* ------------------------------------------------------------------ the exception table */

/* What is loaded at an address of the image, by its symbol; NULL if there is no such symbol. */
static void *find_symbol(const char *name, uint64_t *address)
{
	for (unsigned int i = 0; i < header()->e_shnum; i++) {
		const Elf64_Shdr *s = section(i);

		for (uint64_t j = 0; s->sh_type == SHT_SYMTAB && j < s->sh_size / sizeof(Elf64_Sym);
		     j++) {
			const Elf64_Sym *symbol =
				at(s->sh_offset + j * sizeof(*symbol), sizeof(*symbol));
			const Elf64_Shdr *in;

			if (symbol->st_shndx == SHN_UNDEF || symbol->st_shndx >= SHN_LORESERVE ||
			    strcmp(string(section(s->sh_link), symbol->st_name), name))
				continue;
			in = section(symbol->st_shndx);
			if (symbol->st_value < in->sh_addr || in->sh_type == SHT_NOBITS)
				die("the symbol %s is not in its section", name);
			*address = symbol->st_value;
			return at(in->sh_offset + (symbol->st_value - in->sh_addr),
				  sizeof(uint32_t));
		}
	}
	return NULL;
}

/* Where an instruction may fault, and where it goes on then: as distances from the two words themselves. */
struct exception {
	int32_t instruction, fixup;
};

static int by_instruction(const void *a, const void *b)
{
	const struct exception *x = a, *y = b;

	return x->instruction < y->instruction ? -1 : x->instruction > y->instruction;
}

/* Linux sorts its table at each boot, unless a tool of the build did. */
static void sort_exceptions(void)
{
	uint64_t start, end, unused;
	struct exception *table = find_symbol("__start___ex_table", &start);
	uint32_t *needed = find_symbol("main_extable_sort_needed", &unused);
	size_t count;

	if (!table || !needed || !find_symbol("__stop___ex_table", &end))
		return;
	if (end < start || (end - start) % sizeof(*table))
		die("the exception table is damaged");
	count = (end - start) / sizeof(*table);
	at((uint64_t)((unsigned char *)table - file), end - start);
	/* From the table's start both are told while it is sorted. */
	for (size_t i = 0; i < count; i++) {
		table[i].instruction += (int32_t)(i * sizeof(*table));
		table[i].fixup += (int32_t)(i * sizeof(*table));
	}
	qsort(table, count, sizeof(*table), by_instruction);
	for (size_t i = 0; i < count; i++) {
		table[i].instruction -= (int32_t)(i * sizeof(*table));
		table[i].fixup -= (int32_t)(i * sizeof(*table));
	}
	*needed = 0;
}

/* ------------------------------------------------------------------ the output */

static void pad_to(FILE *f, uint64_t offset)
{
	while (ftell(f) >= 0 && (uint64_t)ftell(f) < offset)
		fputc(0, f);
}

static void write_file(const char *path, const unsigned char *table, size_t table_size,
		       const uint64_t *relocations, size_t relocations_size)
{
	size_t padding = -table_size & 7, size = table_size + padding + relocations_size;
	static const char zeros[8];
	static const Elf64_Shdr null_section;
	struct image_note *note = find_note();
	Elf64_Ehdr *h = header();
	Elf64_Phdr *spare = NULL;
	uint64_t file_end = 0, memory_end = 0, offset = 0;
	FILE *f;

	for (unsigned int i = 0; i < h->e_phnum; i++) {
		Elf64_Phdr *p = segment(i);

		if (p->p_type == PT_NULL && !spare)
			spare = p;
		if (p->p_type == PT_NULL)
			continue;
		at(p->p_offset, p->p_filesz);
		if (p->p_offset + p->p_filesz > file_end)
			file_end = p->p_offset + p->p_filesz;
		if (p->p_type != PT_LOAD)
			continue;
		if (p->p_paddr + p->p_memsz > memory_end) {
			memory_end = p->p_paddr + p->p_memsz;
			offset = p->p_vaddr - p->p_paddr;
		}
	}
	if (!spare)
		die("has no spare program header");
	memory_end = (memory_end + PAGE - 1) / PAGE * PAGE;
	*spare = (Elf64_Phdr){
		.p_type = PT_LOAD,
		.p_flags = PF_R,
		.p_offset = (file_end + PAGE - 1) / PAGE * PAGE,
		.p_vaddr = memory_end + offset,
		.p_paddr = memory_end,
		.p_filesz = size,
		.p_memsz = size,
		.p_align = PAGE,
	};
	note->symbols_start = memory_end;
	note->symbols_size = size;
	note->relocations_start = memory_end + table_size + padding;
	note->relocations_size = relocations_size;
	/* The null section only: GRUB from 2.12 on wants a table of sections. */
	h->e_shoff = spare->p_offset + size;
	h->e_shnum = 1;
	h->e_shentsize = sizeof(null_section);
	h->e_shstrndx = SHN_UNDEF;

	f = fopen(path, "wb");
	if (!f) {
		input = path;
		die("cannot be written");
	}
	fwrite(file, 1, file_end, f);
	pad_to(f, spare->p_offset);
	fwrite(table, 1, table_size, f);
	fwrite(zeros, 1, padding, f);
	fwrite(relocations, 1, relocations_size, f);
	fwrite(&null_section, 1, sizeof(null_section), f);
	if (ferror(f) | fclose(f)) {
		remove(path);
		input = path;
		die("cannot be written");
	}
}

/* Put a name into the note, whole. */
static void write_release(char to[IMAGE_RELEASE_SIZE], const char *name)
{
	size_t length = strlen(name);

	if (!length || length >= IMAGE_RELEASE_SIZE)
		die("the release \"%s\" is empty, or longer than %d bytes", name,
		    IMAGE_RELEASE_SIZE - 1);
	memcpy(to, name, length + 1);
}

int main(int argc, char **argv)
{
	struct function *functions;
	unsigned char *table;
	uint64_t *relocations;
	size_t count, size, relocations_size;

	if (argc != 5) {
		fprintf(stderr, "usage: symtab KERNEL OUTPUT RELEASE DONOR\n");
		return 2;
	}
	read_file(argv[1]);
	functions = read_functions(&count);
	table = make_table(functions, count, &size);
	relocations = make_relocations(&relocations_size);
	sort_exceptions();
	write_release(find_note()->release, argv[3]);
	write_release(find_note()->donor, argv[4]);
	write_file(argv[2], table, size, relocations, relocations_size);
	free(relocations);
	free(words);
	free(table);
	free(functions);
	free(file);
	return 0;
}

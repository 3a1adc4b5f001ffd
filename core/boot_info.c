// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * boot_info.c - reads what the boot loader left in memory.
 *
 * Trusts no number in it: every pointer goes through the reader, every length is checked, for a
 * loader's bug must give a message and not a triple fault.  Portable, with a unit test.
 */
#include "boot_info.h"
#include "core.h"

/* ------------------------------------------------------------------ what both have in common */

/*
 * Collects a memory map.  An entry may overlap others; where it does, the one that is not RAM wins,
 * so what is not RAM is remembered until all of the map was seen.
 */
struct map {
	struct ranges ram, other;
};

/* Both use the types of the BIOS call E820: 1 is RAM. */
static void map_entry(struct map *map, uint64_t start, uint64_t size, uint32_t type)
{
	uint64_t end = start + size;

	if (end < start)
		end = ~0ull;
	ranges_add(type == 1 ? &map->ram : &map->other, start, end);
}

static const char *map_finish(struct map *map, struct boot_info *info)
{
	for (unsigned int i = 0; i < map->other.nr; i++)
		ranges_remove(&map->ram, map->other.range[i].start, map->other.range[i].end);
	ranges_round(&map->ram, HC_PAGE_SIZE);
	info->ram = map->ram;
	info->reserved = map->other;
	return info->ram.nr ? NULL : "the boot loader's memory map has no RAM";
}

void command_line_append(char line[COMMAND_LINE_SIZE], const char *text, size_t length)
{
	size_t used = strlen(line);

	while (length && *text == ' ') {
		text++;
		length--;
	}
	if (!length || !*text)
		return;
	if (used && used < COMMAND_LINE_SIZE - 1)
		line[used++] = ' ';
	for (; length && *text && used < COMMAND_LINE_SIZE - 1; length--)
		line[used++] = *text++;
	line[used] = '\0';
}

bool command_line_has(const char *line, const char *word)
{
	size_t length = strlen(word);

	while (*line) {
		size_t n = 0;

		while (line[n] && line[n] != ' ')
			n++;
		if (n == 2 && !memcmp(line, "--", n))
			return false;
		if (n == length && !memcmp(line, word, n))
			return true;
		line += n + (line[n] == ' ');
	}
	return false;
}

/* ------------------------------------------------------------------ PVH */

#define PVH_MAGIC		0x336ec578

struct pvh_start_info {
	uint32_t magic;
	uint32_t version;		/* 1 and above have a memory map */
	uint32_t flags;
	uint32_t nr_modules;
	uint64_t modules;
	uint64_t command_line;
	uint64_t rsdp;
	uint64_t memory_map;
	uint32_t memory_map_entries;
	uint32_t reserved;
};

struct pvh_module {
	uint64_t start, size, command_line, reserved;
};

struct pvh_memory {
	uint64_t start, size;
	uint32_t type, reserved;
};

const char *boot_info_pvh(struct boot_info *info, uint64_t physical, boot_reader at)
{
	const struct pvh_start_info *start = at(physical, sizeof(*start));
	struct map map = { .ram.nr = 0, .other.nr = 0 };

	if (!start || start->magic != PVH_MAGIC)
		return "the PVH boot loader passes no start info";
	if (start->version < 1 || !start->memory_map)
		return "the PVH boot loader passes no memory map";
	for (uint32_t i = 0; i < start->memory_map_entries && i < 1024; i++) {
		const struct pvh_memory *memory =
			at(start->memory_map + i * sizeof(*memory), sizeof(*memory));

		if (!memory)
			return "the PVH memory map is out of reach";
		map_entry(&map, memory->start, memory->size, memory->type);
	}
	for (uint64_t i = 0; start->command_line && i < COMMAND_LINE_SIZE - 1; i++) {
		const char *c = at(start->command_line + i, 1);

		if (!c || !*c)
			break;
		info->command_line[i] = *c;
	}
	if (start->nr_modules && start->modules) {
		const struct pvh_module *module = at(start->modules, sizeof(*module));

		if (!module)
			return "the PVH module list is out of reach";
		info->initrd = module->start;
		info->initrd_size = module->size;
	}
	info->rsdp = start->rsdp;
	return map_finish(&map, info);
}

/* ------------------------------------------------------------------ Multiboot 2 */

enum {
	TAG_END = 0,
	TAG_COMMAND_LINE = 1,
	TAG_MODULE = 3,
	TAG_MEMORY_MAP = 6,
	TAG_RSDP_1 = 14,
	TAG_RSDP_2 = 15,
};

struct tag {
	uint32_t type;
	uint32_t size;			/* with this header, without the padding to 8 bytes */
};

struct tag_module {
	struct tag tag;
	uint32_t start, end;		/* then the command line */
};

struct tag_memory_map {
	struct tag tag;
	uint32_t entry_size, entry_version;
};

struct multiboot2_memory {
	uint64_t start, size;
	uint32_t type, reserved;
};

static void memory_map_tag(struct map *map, const struct tag *tag)
{
	const struct tag_memory_map *header = (const void *)tag;
	const unsigned char *entry = (const void *)(header + 1);
	size_t left;

	if (tag->size < sizeof(*header) || header->entry_size < sizeof(struct multiboot2_memory))
		return;
	for (left = tag->size - sizeof(*header); left >= header->entry_size;
	     left -= header->entry_size, entry += header->entry_size) {
		struct multiboot2_memory memory;

		memcpy(&memory, entry, sizeof(memory));
		map_entry(map, memory.start, memory.size, memory.type);
	}
}

const char *boot_info_multiboot2(struct boot_info *info, const void *data, size_t size)
{
	const unsigned char *p = data, *end;
	struct map map = { .ram.nr = 0, .other.nr = 0 };
	uint32_t total;

	if (size < 8)
		return "the Multiboot 2 information is empty";
	memcpy(&total, p, sizeof(total));
	if (total > size)
		return "the Multiboot 2 information is too long";
	end = p + total;
	p += 8;
	while (end - p >= (ptrdiff_t)sizeof(struct tag)) {
		const struct tag *tag = (const void *)p;
		const struct tag_module *module = (const void *)p;
		const char *text = (const char *)(tag + 1);
		size_t length = 0;

		if (tag->type == TAG_END)
			break;
		if (tag->size < sizeof(*tag) || tag->size > (size_t)(end - p))
			return "the Multiboot 2 information is damaged";
		switch (tag->type) {
		case TAG_COMMAND_LINE:
			command_line_append(info->command_line, text, tag->size - sizeof(*tag));
			break;
		case TAG_MODULE:
			if (info->initrd_size || tag->size < sizeof(*module) ||
			    module->end <= module->start)
				break;
			info->initrd = module->start;
			info->initrd_size = module->end - module->start;
			break;
		case TAG_MEMORY_MAP:
			memory_map_tag(&map, tag);
			break;
		case TAG_RSDP_1:
		case TAG_RSDP_2:
			length = tag->size - sizeof(*tag);
			if (length > sizeof(info->rsdp_copy))
				length = sizeof(info->rsdp_copy);
			if (length < info->rsdp_copy_size)
				break;
			memcpy(info->rsdp_copy, text, length);
			info->rsdp_copy_size = (unsigned int)length;
			break;
		default:
			break;
		}
		if ((size_t)(end - p) < ((tag->size + 7ul) & ~7ul))
			break;
		p += (tag->size + 7ul) & ~7ul;
	}
	return map_finish(&map, info);
}

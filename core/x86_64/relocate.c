// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * relocate.c - puts the image, core and donor, at a random address.
 *
 * Called by boot.S before anything else of C, at the physical address, which is mapped at 0 and up.
 * So this code, and what it calls, must be position-independent, as all of the core is, and no address
 * of the image may be kept for later.  An exception here resets the machine.
 */
#include "../boot_info.h"
#include "../image.h"
#include "cpu.h"

unsigned long relocate(uint32_t magic, unsigned long info);

unsigned long hc_image_map = HC_IMAGE_MAP;

#define LARGE_SIZE		(2 * MIB)
#define LARGE_ENTRY		0xe3ull		/* 2 MiB, present, writable, accessed, dirty */
#define TABLE_ENTRY		0x03ull
#define WORDS_OF_A_BITMAP	63

/* The direct map is the identity. */
static const void *below_1_gib(uint64_t physical, uint64_t size)
{
	return physical < GIB && size <= GIB - physical ? hc_va(physical) : NULL;
}

/* Does a command line, the loader's or the baked one, have the word? */
static bool has_word(uint32_t magic, unsigned long info, const char *word)
{
	static struct boot_info boot;
	static char baked[COMMAND_LINE_SIZE];
	const struct image_note *note = (const void *)image_note;
	const struct image_payload *payload = below_1_gib(note->payload_start, note->payload_size);

	if (magic == MULTIBOOT2_MAGIC)
		boot_info_multiboot2(&boot, hc_va(info), MULTIBOOT2_SIZE);
	else
		boot_info_pvh(&boot, info, below_1_gib);
	/* What is wrong with it is start()'s to say. */
	if (note->payload_size >= sizeof(*payload) && payload &&
	    payload->command_line < note->payload_size &&
	    payload->command_line_size <= note->payload_size - payload->command_line)
		command_line_append(baked, (const char *)payload + payload->command_line,
				    payload->command_line_size);
	return command_line_has(boot.command_line, word) || command_line_has(baked, word);
}

/* Add to one word; nothing outside of the image is touched, whatever the table says. */
static void move_word(uint64_t physical, uint64_t distance, uint64_t start, uint64_t end)
{
	if (physical >= start && physical < end)
		*(uint64_t *)hc_va(physical) += distance;
}

static void move(const struct image_note *note, uint64_t distance)
{
	const uint64_t *word = hc_va(note->relocations_start);
	uint64_t start = hc_pa(image_core_text_start), end = hc_pa(image_end), at = 0;

	for (uint64_t n = note->relocations_size / sizeof(*word); n; n--, word++) {
		if (!(*word & 1)) {
			at = *word & ~7ull;
			move_word(at, distance, start, end);
			at += sizeof(*word);
			continue;
		}
		for (uint64_t bits = *word >> 1, here = at; bits; bits >>= 1, here += sizeof(*word))
			if (bits & 1)
				move_word(here, distance, start, end);
		at += WORDS_OF_A_BITMAP * sizeof(*word);
	}
}

/* Map the first GiB at `address`, a multiple of 2 MiB: with what is in front of it, two directories. */
static void map_image(unsigned long address)
{
	uint64_t *upper = boot_tables + 3 * 512, *directory = boot_tables + 4 * 512;
	unsigned long before = address % GIB / LARGE_SIZE, first = address >> 30 & 511;

	boot_tables[511] = hc_pa(upper) | TABLE_ENTRY;
	upper[first] = hc_pa(directory) | TABLE_ENTRY;
	if (first + 1 < 512)
		upper[first + 1] = hc_pa(directory + 512) | TABLE_ENTRY;
	for (unsigned long i = 0; i < GIB / LARGE_SIZE; i++)
		directory[before + i] = i * LARGE_SIZE | LARGE_ENTRY;
}

/* Is the table there?  Its last word tells, for the machine may have less memory than the image takes. */
static bool is_complete(const struct image_note *note)
{
	uint64_t count = note->relocations_size / sizeof(uint64_t);
	const uint64_t *word = below_1_gib(note->relocations_start, note->relocations_size);

	return word && count && word[count - 1] == IMAGE_RELOCATIONS_END;
}

/* Returns how far the image was moved. */
unsigned long relocate(uint32_t magic, unsigned long info)
{
	const struct image_note *note = (const void *)image_note;
	uint64_t size = page_up(hc_pa(image_end)), distance = 0;

	cpu_find_features();
	/* Behind the image there is room for what the tools append to it, up to a GiB. */
	if (size < GIB && is_complete(note) && !has_word(magic, info, "nokaslr"))
		distance = entropy_word() % ((-HC_IMAGE_MAP - GIB) / LARGE_SIZE) * LARGE_SIZE;
	map_image(HC_IMAGE_MAP + distance);
	if (distance)
		move(note, distance);
	hc_image_map = HC_IMAGE_MAP + distance;
	return distance;
}

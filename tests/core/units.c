// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * units.c - the core's portable parts on the host: memory maps, boot information, ACPI tables, the
 * symbol table; with sound input first, then with the same input damaged in every way.
 *
 * Every piece of "physical memory" that is handed out is a copy of just the size that was asked
 * for, so that the address sanitizer sees a read beyond it.
 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "../../core/acpi.h"
#include "../../core/boot_info.h"
#include "../../core/core.h"
#include "../../core/symbols.h"

static unsigned int tests, failures;

static void ok(bool good, const char *name)
{
	printf("%sok %u - %s\n", good ? "" : "not ", ++tests, name);
	failures += !good;
}

/* What the core has beside the files under test. */
unsigned long hc_direct_map, hc_image_map;
char image_core_text_start[1], image_core_text_end[1], image_text_start[1], image_text_end[1];

void print(const char *format, ...)
{
	va_list list;

	va_start(list, format);
	vprintf(format, list);
	va_end(list);
}

/* A generator whose sequence is always the same. */
static uint32_t random_state;

static uint32_t random_number(void)
{
	random_state = random_state * 1664525 + 1013904223;
	return random_state >> 8;
}

/* ------------------------------------------------------------------ physical memory */

#define MEMORY_BASE	0x1000
#define MEMORY_SIZE	0x4000

static unsigned char memory[MEMORY_SIZE];
static void *copies[8192];
static unsigned int nr_copies;

static const void *at(uint64_t physical, uint64_t size)
{
	void *copy;

	if (physical < MEMORY_BASE || physical - MEMORY_BASE > MEMORY_SIZE ||
	    size > MEMORY_SIZE - (physical - MEMORY_BASE) || nr_copies == ARRAY_SIZE(copies))
		return NULL;
	copy = malloc(size);
	memcpy(copy, memory + physical - MEMORY_BASE, size);
	copies[nr_copies++] = copy;
	return copy;
}

static void release(void)
{
	while (nr_copies)
		free(copies[--nr_copies]);
}

static void put(uint64_t physical, const void *data, size_t size)
{
	memcpy(memory + physical - MEMORY_BASE, data, size);
}

static void put32(uint64_t physical, uint32_t value)
{
	put(physical, &value, 4);
}

static void put64(uint64_t physical, uint64_t value)
{
	put(physical, &value, 8);
}

static void damage(unsigned char *data, size_t size)
{
	unsigned int n = 1 + random_number() % 8;

	while (n--) {
		unsigned char *p = data + random_number() % size;

		switch (random_number() % 4) {
		case 0:
			*p = (unsigned char)random_number();
			break;
		case 1:
			*p ^= (unsigned char)(1u << random_number() % 8);
			break;
		case 2:
			*p = 0xff;
			break;
		default:
			*p = 0;
		}
	}
}

/* ------------------------------------------------------------------ ranges */

/* The same by brute force: one flag for each unit. */
#define UNITS		256

static void test_ranges(void)
{
	bool sound = true, right = true, rounded = true;
	struct ranges set = { .nr = 0 };

	for (int round = 0; round < 2000; round++) {
		bool flags[UNITS] = { false };

		set.nr = 0;
		for (int step = 0; step < 40; step++) {
			unsigned int start = random_number() % UNITS;
			unsigned int end = start + random_number() % 20;
			bool add = random_number() % 3;

			if (end > UNITS)
				end = UNITS;
			if (add)
				ranges_add(&set, start, end);
			else
				ranges_remove(&set, start, end);
			for (unsigned int i = start; i < end; i++)
				flags[i] = add;
		}
		for (unsigned int i = 0; i < set.nr; i++) {
			sound &= set.range[i].start < set.range[i].end;
			sound &= !i || set.range[i].start > set.range[i - 1].end;
		}
		for (unsigned int i = 0; i < UNITS; i++) {
			right &= ranges_hold(&set, i, i + 1) == flags[i];
			right &= ranges_touch(&set, i, i + 1) == flags[i];
		}
		ranges_round(&set, 4);
		for (unsigned int i = 0; i < UNITS; i += 4) {
			bool all = flags[i] && flags[i + 1] && flags[i + 2] && flags[i + 3];

			rounded &= ranges_hold(&set, i, i + 4) == all;
			rounded &= ranges_touch(&set, i, i + 4) == all;
		}
	}
	ok(sound, "ranges stay sorted and apart");
	ok(right, "ranges hold what was added and not removed");
	ok(rounded, "ranges round inwards");

	set.nr = 0;
	for (unsigned int i = 0; i < 200; i++)
		ranges_add(&set, i * 1000, i * 1000 + 1 + i);
	ok(set.nr == RANGES_MAX && set.range[0].end - set.range[0].start == 200 - RANGES_MAX + 1,
	   "too many ranges: the smallest are forgotten");
	for (unsigned int i = 0; i < 200; i++)
		ranges_remove(&set, i * 1000 + 50, i * 1000 + 51);
	ok(set.nr == RANGES_MAX, "and when they are split");

	set.nr = 0;
	ranges_add(&set, 0x1000, 0x3000);
	ranges_add(&set, 0x10000, 0x20000);
	ok(ranges_find(&set, 0x2000, ~0ull) == 0x1000 &&
		   ranges_find(&set, 0x3000, ~0ull) == 0x10000 &&
		   ranges_find(&set, 0x3000, 0x12000) == ~0ull &&
		   ranges_find(&set, 0x20000, ~0ull) == ~0ull,
	   "find the lowest place that is large enough");
	ok(ranges_total(&set) == 0x12000, "total");
	ranges_add(&set, 0xfffffffffffff800, ~0ull);
	ranges_round(&set, 4096);
	ok(set.nr == 2, "rounding at the end of the address space");
}

/* ------------------------------------------------------------------ PVH */

static void make_pvh(void)
{
	static const struct {
		uint64_t start, size;
		uint32_t type;
	} map[] = {
		{ 0, 0x9fc00, 1 },	    { 0x9fc00, 0x400, 2 },
		{ 0x100000, 0x3ee0000, 1 }, { 0x3fe0000, 0x20000, 2 },
		{ 0x3fd0000, 0x800, 3 },	/* overlaps RAM, and only partly */
		{ 0x100000000, 0x1000, 1 }, { 0xfffffffffffff000, 0x10000, 2 },
	};

	memset(memory, 0, sizeof(memory));
	put32(0x1000, 0x336ec578);
	put32(0x1004, 1);
	put32(0x100c, 1);
	put64(0x1010, 0x1200);
	put64(0x1018, 0x1300);
	put64(0x1020, 0xf5a0);
	put64(0x1028, 0x1400);
	put32(0x1030, ARRAY_SIZE(map));
	put64(0x1200, 0x3000000);
	put64(0x1208, 1234);
	put(0x1300, "one two", 8);
	for (unsigned int i = 0; i < ARRAY_SIZE(map); i++) {
		put64(0x1400 + i * 24, map[i].start);
		put64(0x1408 + i * 24, map[i].size);
		put32(0x1410 + i * 24, map[i].type);
	}
}

static bool ram_is_right(const struct ranges *ram)
{
	return ram->nr == 4 && ram->range[0].start == 0 && ram->range[0].end == 0x9f000 &&
	       ram->range[1].start == 0x100000 && ram->range[1].end == 0x3fd0000 &&
	       ram->range[2].start == 0x3fd1000 && ram->range[2].end == 0x3fe0000 &&
	       ram->range[3].start == 0x100000000 && ram->range[3].end == 0x100001000;
}

static struct boot_info info;

static void test_pvh(void)
{
	const char *error;

	make_pvh();
	memset(&info, 0, sizeof(info));
	error = boot_info_pvh(&info, 0x1000, at);
	release();
	ok(!error && ram_is_right(&info.ram), "PVH: memory map");
	ok(!strcmp(info.command_line, "one two") && info.initrd == 0x3000000 &&
		   info.initrd_size == 1234 && info.rsdp == 0xf5a0,
	   "PVH: the rest");
	memset(&info, 0, sizeof(info));
	ok(boot_info_pvh(&info, 0, at) && boot_info_pvh(&info, 0x1004, at), "PVH: no start info");
	release();
	memset(memory + 0x300, 'x', MEMORY_SIZE - 0x300);
	put64(0x1028, 0x1030);
	memset(&info, 0, sizeof(info));
	boot_info_pvh(&info, 0x1000, at);
	release();
	ok(strlen(info.command_line) == COMMAND_LINE_SIZE - 1,
	   "PVH: a command line without an end");
	for (int i = 0; i < 20000; i++) {
		make_pvh();
		damage(memory, 0x500);
		memset(&info, 0, sizeof(info));
		boot_info_pvh(&info, 0x1000, at);
		release();
	}
	ok(true, "PVH: damaged information");
}

/* ------------------------------------------------------------------ Multiboot 2 */

static size_t add_tag(unsigned char *p, uint32_t type, const void *data, uint32_t size)
{
	uint32_t header[2] = { type, size + 8 };

	memcpy(p, header, 8);
	memcpy(p + 8, data, size);
	return (size + 8 + 7) & ~7u;
}

static size_t make_multiboot2(unsigned char *data)
{
	unsigned char map[8 + 7 * 24];
	uint32_t module[3] = { 0x3000000, 0x3000100, 0 }, total;
	uint32_t entry[2] = { 24, 0 };
	size_t size = 8;

	make_pvh();
	memcpy(map, entry, 8);
	memcpy(map + 8, memory + 0x400, 7 * 24);
	size += add_tag(data + size, 1, "one two", 8);
	size += add_tag(data + size, 2, "GRUB 2", 7);
	size += add_tag(data + size, 3, module, sizeof(module));
	module[0] = 0;
	size += add_tag(data + size, 3, module, sizeof(module));
	size += add_tag(data + size, 6, map, sizeof(map));
	size += add_tag(data + size, 14, "RSD PTR 01234567890", 20);
	size += add_tag(data + size, 0, "", 0);
	total = (uint32_t)size;
	memcpy(data, &total, 4);
	return size;
}

static void test_multiboot2(void)
{
	unsigned char data[1024] = { 0 };
	size_t size = make_multiboot2(data);
	const char *error;

	memset(&info, 0, sizeof(info));
	error = boot_info_multiboot2(&info, data, sizeof(data));
	ok(!error && ram_is_right(&info.ram), "Multiboot 2: memory map");
	ok(!strcmp(info.command_line, "one two") && info.initrd == 0x3000000 &&
		   info.initrd_size == 0x100 && info.rsdp_copy_size == 20,
	   "Multiboot 2: the rest");
	ok(boot_info_multiboot2(&info, data, size - 8),
	   "Multiboot 2: information that is too long");
	for (int i = 0; i < 50000; i++) {
		unsigned char *copy = malloc(sizeof(data));

		memset(copy, 0, sizeof(data));
		size = make_multiboot2(copy);
		copy = realloc(copy, size);
		damage(copy, size);
		memset(&info, 0, sizeof(info));
		boot_info_multiboot2(&info, copy, size);
		free(copy);
	}
	ok(true, "Multiboot 2: damaged information");
}

static void test_command_line_has(void)
{
	ok(command_line_has("nokaslr", "nokaslr") && command_line_has("a nokaslr  b", "nokaslr") &&
		   command_line_has(" a  b", "b"),
	   "a word of the command line");
	ok(!command_line_has("", "nokaslr") && !command_line_has("nokaslr=1 xnokaslr", "nokaslr") &&
		   !command_line_has("nokasl", "nokaslr"),
	   "no word of the command line");
	ok(!command_line_has("a -- nokaslr", "nokaslr") && command_line_has("b -- a", "b"),
	   "a word behind -- is the program's");
}

static void test_command_line(void)
{
	char line[COMMAND_LINE_SIZE] = "";

	command_line_append(line, "  one", 5);
	command_line_append(line, "two\0three", 9);
	command_line_append(line, "   ", 3);
	ok(!strcmp(line, "one two"), "command lines are joined");
	for (int i = 0; i < 1000; i++)
		command_line_append(line, "more words", 10);
	ok(strlen(line) == sizeof(line) - 1, "and cut off");
}

/* ------------------------------------------------------------------ ACPI */

static void finish_table(uint64_t table, const char *signature, uint32_t size)
{
	unsigned char *p = memory + table - MEMORY_BASE, sum = 0;

	memcpy(p, signature, 4);
	memcpy(p + 4, &size, 4);
	p[9] = 0;
	for (uint32_t i = 0; i < size; i++)
		sum = (unsigned char)(sum + p[i]);
	p[9] = (unsigned char)-sum;
}

static void finish_rsdp(void)
{
	unsigned char *p = memory, sum = 0;

	p[8] = 0;
	for (int i = 0; i < 20; i++)
		sum = (unsigned char)(sum + p[i]);
	p[8] = (unsigned char)-sum;
}

static void make_acpi(void)
{
	static const unsigned char s5[] = {
		0x08, '_', 'S', '5', '_', 0x12, 0x06, 0x04, 0x0a, 0x05, 0x01, 0x00, 0x00,
	};

	memset(memory, 0, sizeof(memory));
	put(0x1000, "RSD PTR ", 8);
	put32(0x1010, 0x1100);
	finish_rsdp();
	/* RSDT: a table that is not there, FADT, MCFG. */
	put32(0x1100 + 36, 0x12345678);
	put32(0x1100 + 40, 0x1200);
	put32(0x1100 + 44, 0x1400);
	finish_table(0x1100, "RSDT", 48);
	put32(0x1200 + 40, 0x1500);
	memory[0x200 + 46] = 9;
	put32(0x1200 + 48, 0xb2);
	put32(0x1200 + 56, 0x600);
	put32(0x1200 + 60, 0x10600);
	put32(0x1200 + 80, 0xafe0);
	memory[0x200 + 88] = 4;
	memory[0x200 + 92] = 16;
	memory[0x200 + 52] = 0xf1;
	put32(0x1200 + 64, 0x604);
	put32(0x1200 + 76, 0x608);
	memory[0x200 + 91] = 4;
	put32(0x1200 + 112, 1u << 10 | 1u << 8);
	memory[0x200 + 116] = 1;
	put64(0x1200 + 120, 0xcf9);
	memory[0x200 + 128] = 0xf;
	finish_table(0x1200, "FACP", 244);
	put64(0x1400 + 44, 0xb0000000);
	memory[0x400 + 44 + 11] = 0xff;
	finish_table(0x1400, "MCFG", 60);
	put(0x1500 + 100, s5, sizeof(s5));
	finish_table(0x1500, "DSDT", 200);
}

static void test_acpi(void)
{
	struct acpi acpi;
	uint8_t a = 9, b = 9;

	make_acpi();
	ok(acpi_rsdp_good(memory, 20) && !acpi_rsdp_good(memory, 19) &&
		   !acpi_rsdp_good(memory + 1, 20),
	   "ACPI: root pointer");
	acpi_read(&acpi, memory, 36, at);
	ok(acpi.present && acpi.pm1a_control == 0x604 && acpi.pm_timer == 0x608 &&
		   acpi.pm_timer_32_bits && acpi.smi_command == 0xb2 && acpi.acpi_enable == 0xf1 &&
		   acpi.reset_supported && acpi.reset.space == 1 && acpi.reset.address == 0xcf9 &&
		   acpi.reset_value == 0xf && acpi.dsdt == 0x1500,
	   "ACPI: FADT");
	ok(acpi.sci_line == 9 && acpi.fixed_power_button && acpi.pm1_event[0] == 0x600 &&
		   !acpi.pm1_event[1] && acpi.pm1_event_length[0] == 4 && acpi.gpe[0] == 0xafe0 &&
		   acpi.gpe_length[0] == 16 && !acpi.gpe[1],
	   "ACPI: the power button");
	ok(acpi.ecam == 0xb0000000 && acpi.ecam_first_bus == 0 && acpi.ecam_last_bus == 255,
	   "ACPI: MCFG");
	ok(acpi_find_s5(&acpi, at, &a, &b) && a == 5 && b == 1, "ACPI: S5");
	release();
	memory[0x500 + 100 + 1] = 'X';
	finish_table(0x1500, "DSDT", 200);
	ok(!acpi_find_s5(&acpi, at, &a, &b), "ACPI: no S5");
	memory[0x200 + 64]++;
	acpi_read(&acpi, memory, 36, at);
	ok(!acpi.present && acpi.ecam, "ACPI: a wrong checksum");
	release();
	for (int i = 0; i < 50000; i++) {
		make_acpi();
		damage(memory, 0x600);
		/* Half of the time make it pass the checks, so that contents get looked at. */
		if (i & 1) {
			static const struct {
				uint64_t table;
				char name[5];
			} tables[] = { { 0x1100, "RSDT" },
				       { 0x1200, "FACP" },
				       { 0x1400, "MCFG" },
				       { 0x1500, "DSDT" } };

			memcpy(memory, "RSD PTR ", 8);
			finish_rsdp();
			for (unsigned int j = 0; j < ARRAY_SIZE(tables); j++)
				finish_table(tables[j].table, tables[j].name,
					     36 + random_number() % 300);
		}
		acpi_read(&acpi, memory, 36, at);
		acpi_find_s5(&acpi, at, &a, &b);
		release();
	}
	ok(true, "ACPI: damaged tables");
	memset(memory, 0, sizeof(memory));
	memset(memory + 0x100, 0xff, 64);
	ok(!acpi_find_rsdp(at), "ACPI: no root pointer");
	release();
}

/* ------------------------------------------------------------------ symbols */

static size_t make_symbols(unsigned char *table)
{
	struct symbols_header *header = (void *)table;
	/* "ab" is 0x80, "abab" is 0x81. */
	static const uint8_t stream[] = {
		0x00, 3, 'o', 'n', 'e', 0x10, 2, 0x80, 'c', 0x80, 0x01, 2, 0x81, 'z',
	};

	memset(header, 0, sizeof(*header));
	memcpy(header->magic, SYMBOLS_MAGIC, 8);
	header->count = 3;
	header->base = 0x40100000;
	header->stream_size = sizeof(stream);
	header->pair[0x80][0] = 'a';
	header->pair[0x80][1] = 'b';
	header->pair[0x81][0] = 0x80;
	header->pair[0x81][1] = 0x80;
	memcpy(header + 1, stream, sizeof(stream));
	return sizeof(*header) + sizeof(stream);
}

static bool finds(unsigned long address, const char *name, unsigned long offset)
{
	struct symbol symbol;

	return symbol_find(address, &symbol) && !strcmp(symbol.name, name) &&
	       symbol.offset == offset;
}

static void test_symbols(void)
{
	static unsigned char table[2048];
	size_t size = make_symbols(table);
	struct symbol symbol;

	symbols_init(table, size);
	ok(finds(0x40100000, "one", 0) && finds(0x4010000f, "one", 15), "symbols: the first");
	ok(finds(0x40100010, "abc", 0) && finds(0x4010008f, "abc", 127), "symbols: a coded name");
	ok(finds(0x40100090, "ababz", 0) && finds(0x7fffffff, "ababz", 0x3fefff6f),
	   "symbols: the last");
	ok(!symbol_find(0x400fffff, &symbol), "symbols: below all");
	symbols_init(table, size - 1);
	ok(!symbol_find(0x40100000, &symbol), "symbols: a table that is cut off");
	for (int i = 0; i < 50000; i++) {
		unsigned char *copy;

		size = make_symbols(table);
		damage(table, size);
		memcpy(table, SYMBOLS_MAGIC, 8);
		copy = malloc(size);
		memcpy(copy, table, size);
		symbols_init(copy, size);
		for (unsigned long address = 0x40100000; address < 0x40100200; address += 15)
			symbol_find(address, &symbol);
		free(copy);
	}
	ok(true, "symbols: damaged tables");
}

int main(void)
{
	test_ranges();
	test_pvh();
	test_multiboot2();
	test_command_line();
	test_command_line_has();
	test_acpi();
	test_symbols();
	printf("1..%u\n", tests);
	return failures != 0;
}

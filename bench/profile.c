/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * profile.c - where guest instructions went: resolve a dump of icount.c to functions.
 *
 *	profile [OPTION...] DUMP ELF[@BASE]...
 *
 * Each ELF has symbols; the first that covers an address is asked.  One that is loaded elsewhere
 * than it is linked (a static PIE) is given with BASE, its load address in hexadecimal, or with
 * @auto: then the page-aligned base is taken that puts most functions on addresses that were
 * executed as the start of a block.
 */
#include <err.h>
#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char usage[] =
	"usage: profile [OPTION...] DUMP ELF[@BASE|@auto]...\n"
	"  -n N         the profile is of N requests: show instructions per request\n"
	"  -t N         show the N costliest functions (default 40)\n"
	"  -f FUNCTION  show the blocks of this function instead\n"
	"  -e           sum up by ELF only\n";

/* No function is larger, so what is farther behind its start is not its. */
#define FUNCTION_MAX 65536

struct symbol {
	uint64_t address; /* as loaded */
	const char *name;
	const struct elf *elf;
	uint64_t insns; /* executed in it */
	uint64_t calls; /* how often its first block was entered */
};

struct elf {
	const char *path;
	uint64_t base, start; /* addresses as loaded */
	struct symbol *symbols;	   /* sorted by address */
	size_t n_symbols;
	uint64_t insns;
};

struct block {
	uint64_t pc, insns, entered;
	struct symbol *symbol;
};

static struct block *blocks;
static size_t n_blocks;
static uint64_t total, unknown; /* instructions; unknown: in no function */

static void *grow(void *array, size_t n, size_t size)
{
	/* Doubles whenever n is a power of two. */
	if (n & (n - 1) || (n && n < 1024))
		return array;
	array = realloc(array, (n ? 2 * n : 1024) * size);
	if (!array)
		err(1, "memory");
	return array;
}

static void read_dump(const char *path)
{
	FILE *file = fopen(path, "r");
	struct block block = { 0 };

	if (!file)
		err(1, "%s", path);
	while (fscanf(file, "%" SCNx64 " %" SCNu64 " %" SCNu64, &block.pc, &block.insns,
		      &block.entered) == 3) {
		blocks = grow(blocks, n_blocks, sizeof(block));
		blocks[n_blocks++] = block;
		total += block.insns * block.entered;
	}
	fclose(file);
	if (!n_blocks)
		errx(1, "%s: no blocks in it", path);
}

static int compare_symbols(const void *a, const void *b)
{
	const struct symbol *left = a, *right = b;

	return (left->address > right->address) - (left->address < right->address);
}

static int compare_blocks(const void *a, const void *b)
{
	const struct block *left = a, *right = b;

	return (left->pc > right->pc) - (left->pc < right->pc);
}

static void read_symbols(struct elf *elf)
{
	char command[4096], line[4096], name[4096], type;
	uint64_t address;
	FILE *nm;

	if (snprintf(command, sizeof(command), "nm -n --defined-only '%s'", elf->path) >=
	    (int)sizeof(command))
		errx(1, "%s: the name is too long", elf->path);
	nm = popen(command, "r");
	if (!nm)
		err(1, "nm");
	while (fgets(line, sizeof(line), nm)) {
		struct symbol *last = elf->n_symbols ? &elf->symbols[elf->n_symbols - 1] : NULL;

		if (sscanf(line, "%" SCNx64 " %c %4095s", &address, &type, name) != 3 ||
		    !strchr("tTwW", type))
			continue;
		/* Several names at one address: the first will do. */
		if (last && last->address == address)
			continue;
		elf->symbols = grow(elf->symbols, elf->n_symbols, sizeof(*last));
		elf->symbols[elf->n_symbols++] =
			(struct symbol){ .address = address, .name = strdup(name), .elf = elf };
	}
	if (pclose(nm) || !elf->n_symbols)
		errx(1, "%s: no symbols of functions in it", elf->path);
	qsort(elf->symbols, elf->n_symbols, sizeof(*elf->symbols), compare_symbols);
}

static bool block_starts_at(uint64_t address)
{
	struct block key = { .pc = address };

	return bsearch(&key, blocks, n_blocks, sizeof(key), compare_blocks);
}

/*
 * Each block that is at some function's offset within a page suggests a base; the suggestion that
 * most other functions agree with is right.  Only a few functions are needed to make suggestions.
 */
static uint64_t guess_base(const struct elf *elf)
{
	uint64_t best = 0;
	size_t best_hits = 0, step = elf->n_symbols / 60 + 1;

	for (size_t s = 0; s < elf->n_symbols; s += step) {
		const struct symbol *symbol = &elf->symbols[s];

		for (size_t b = 0; b < n_blocks; b++) {
			uint64_t base = blocks[b].pc - symbol->address;
			size_t hits = 0;

			if (base & 0xfff || blocks[b].pc < symbol->address || base == best)
				continue;
			for (size_t i = 0; i < elf->n_symbols; i++)
				hits += block_starts_at(elf->symbols[i].address + base);
			if (hits > best_hits) {
				best_hits = hits;
				best = base;
			}
		}
	}
	fprintf(stderr, "%s: base %" PRIx64 " (%zu of %zu functions were entered)\n", elf->path,
		best, best_hits, elf->n_symbols);
	return best;
}

static struct symbol *find(struct elf *elf, uint64_t pc)
{
	size_t low = 0, high = elf->n_symbols;

	if (pc < elf->start)
		return NULL;
	while (high - low > 1) {
		size_t middle = (low + high) / 2;

		if (elf->symbols[middle].address <= pc)
			low = middle;
		else
			high = middle;
	}
	/* Not the kernel's early code, which is at low addresses, for all that programs execute. */
	return pc - elf->symbols[low].address < FUNCTION_MAX ? &elf->symbols[low] : NULL;
}

static void open_elf(struct elf *elf, char *argument)
{
	char *base = strrchr(argument, '@');

	if (base)
		*base++ = '\0';
	elf->path = argument;
	read_symbols(elf);
	if (base)
		elf->base = strcmp(base, "auto") ? strtoull(base, NULL, 16) : guess_base(elf);
	for (size_t i = 0; i < elf->n_symbols; i++)
		elf->symbols[i].address += elf->base;
	elf->start = elf->symbols[0].address;
}

static int compare_costs(const void *a, const void *b)
{
	const struct symbol *const *left = a, *const *right = b;

	return ((*right)->insns > (*left)->insns) - ((*right)->insns < (*left)->insns);
}

/* Give each block to a function. */
static void attribute(struct elf *elves, size_t n_elves)
{
	for (size_t i = 0; i < n_blocks; i++) {
		struct block *block = &blocks[i];
		uint64_t insns = block->insns * block->entered;

		for (size_t e = 0; e < n_elves && !block->symbol; e++)
			block->symbol = find(&elves[e], block->pc);
		if (!block->symbol) {
			unknown += insns;
			continue;
		}
		block->symbol->insns += insns;
		if (block->pc == block->symbol->address)
			block->symbol->calls += block->entered;
	}
	for (size_t e = 0; e < n_elves; e++)
		for (size_t i = 0; i < elves[e].n_symbols; i++)
			elves[e].insns += elves[e].symbols[i].insns;
}

static void show_line(double insns, double calls, double requests, const char *elf,
		      const char *name)
{
	printf("%14.1f %6.2f%%", insns / requests, 100 * insns / total);
	if (calls < 0)
		printf(" %12s", "");
	else
		printf(" %12.2f", calls / requests);
	printf("  %-12.12s %s\n", strrchr(elf, '/') ? strrchr(elf, '/') + 1 : elf, name);
}

static void show_elves(const struct elf *elves, size_t n_elves, double requests)
{
	for (size_t e = 0; e < n_elves; e++)
		show_line(elves[e].insns, -1, requests, elves[e].path, "");
	if (unknown)
		show_line(unknown, -1, requests, "?", "(no symbol)");
	show_line(total, -1, requests, "", "total");
}

static void show_functions(const struct elf *elves, size_t n_elves, double requests, size_t top)
{
	struct symbol **list = NULL;
	size_t n = 0;

	for (size_t e = 0; e < n_elves; e++) {
		for (size_t i = 0; i < elves[e].n_symbols; i++) {
			if (!elves[e].symbols[i].insns)
				continue;
			list = grow(list, n, sizeof(struct symbol *));
			list[n++] = &elves[e].symbols[i];
		}
	}
	if (list)
		qsort(list, n, sizeof(struct symbol *), compare_costs);
	for (size_t i = 0; i < n && i < top; i++)
		show_line(list[i]->insns, list[i]->calls, requests, list[i]->elf->path,
			  list[i]->name);
}

static void show_blocks(const char *name, double requests)
{
	bool found = false;

	printf("%16s %10s %14s %8s %14s\n", "address", "offset", "entered", "insns",
	       "instructions");
	for (size_t i = 0; i < n_blocks; i++) {
		const struct block *block = &blocks[i];

		if (!block->symbol || strcmp(block->symbol->name, name))
			continue;
		found = true;
		/* The address as linked is what objdump shows. */
		printf("%16" PRIx64 " %#10" PRIx64 " %14.2f %8" PRIu64 " %14.1f\n",
		       block->pc - block->symbol->elf->base, block->pc - block->symbol->address,
		       block->entered / requests, block->insns,
		       block->entered * block->insns / requests);
	}
	if (!found)
		errx(1, "nothing was executed in a function %s", name);
}

int main(int argc, char **argv)
{
	const char *function = NULL;
	bool by_elf = false;
	double requests = 1;
	size_t top = 40, n_elves;
	struct elf *elves;
	int option;

	while ((option = getopt(argc, argv, "n:t:f:eh")) != -1) {
		switch (option) {
		case 'n':
			requests = atof(optarg);
			break;
		case 't':
			top = strtoul(optarg, NULL, 10);
			break;
		case 'f':
			function = optarg;
			break;
		case 'e':
			by_elf = true;
			break;
		case 'h':
			fputs(usage, stdout);
			return 0;
		default:
			fputs(usage, stderr);
			return 2;
		}
	}
	if (optind + 2 > argc || requests <= 0) {
		fputs(usage, stderr);
		return 2;
	}
	read_dump(argv[optind++]);
	qsort(blocks, n_blocks, sizeof(*blocks), compare_blocks);
	n_elves = argc - optind;
	elves = calloc(n_elves, sizeof(*elves));
	if (!elves)
		err(1, "memory");
	for (size_t e = 0; e < n_elves; e++)
		open_elf(&elves[e], argv[optind + e]);
	attribute(elves, n_elves);

	if (function) {
		show_blocks(function, requests);
		return 0;
	}
	printf("%14s %7s %12s  %-12s %s\n", "instructions", "", "calls", "elf", "function");
	if (!by_elf)
		show_functions(elves, n_elves, requests, top);
	show_elves(elves, n_elves, requests);
	return 0;
}

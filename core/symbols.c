// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * symbols.c - finds the name of the function that an address lies in.
 *
 * Slow and small: it is used when all is lost.  Trusts nothing in the table, for memory may be
 * damaged by then.  Portable, with a unit test.
 */
#include "core.h"
#include "symbols.h"

static const struct symbols_header *header;	/* NULL: no table */

void symbols_init(const void *table, size_t size)
{
	const struct symbols_header *h = table;

	header = NULL;
	if (size >= sizeof(*h) && !memcmp(h->magic, SYMBOLS_MAGIC, sizeof(h->magic)) &&
	    h->stream_size <= size - sizeof(*h))
		header = h;
}

/* Expand a coded name; what does not fit is cut off. */
static void expand(const uint8_t *code, size_t length, char *name, size_t size)
{
	uint8_t stack[32];		/* codes that wait while an earlier part is expanded */
	unsigned int depth = 0;
	size_t used = 0, steps = 0;

	while (length || depth) {
		uint8_t c;

		if (depth)
			c = stack[--depth];
		else
			length--, c = *code++;
		if (++steps > 4096)	/* a damaged table: codes that stand for themselves */
			break;
		if (!header->pair[c][1]) {
			if (used < size - 1)
				name[used++] = c > ' ' && c < 0x7f ? (char)c : '?';
			continue;
		}
		if (depth + 2 > sizeof(stack))
			break;
		stack[depth++] = header->pair[c][1];
		stack[depth++] = header->pair[c][0];
	}
	name[used] = '\0';
}

bool symbol_find(unsigned long address, struct symbol *symbol)
{
	const uint8_t *p, *end, *found = NULL;
	unsigned long at, start = 0;

	if (!header)
		return false;
	p = (const uint8_t *)(header + 1);
	end = p + header->stream_size;
	at = header->base;
	for (uint32_t i = 0; i < header->count; i++) {
		unsigned int shift = 0;

		do {
			if (p >= end || shift > 28)
				return false;
			at += (unsigned long)(*p & 0x7f) << shift;
			shift += 7;
		} while (*p++ & 0x80);
		if (at > address)
			break;
		if (p >= end || *p >= end - p)
			return false;
		start = at;
		found = p;
		p += 1 + *p;
	}
	if (!found)
		return false;
	expand(found + 1, *found, symbol->name, sizeof(symbol->name));
	symbol->offset = address - start;
	return true;
}

void print_symbol(unsigned long address)
{
	struct symbol symbol;

	print("0x%lx", address);
	if (in_image_text(address) && symbol_find(hc_pa((const void *)address), &symbol))
		print(" <%s+0x%lx>", symbol.name, symbol.offset);
}

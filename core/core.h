/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * core.h - what the parts of the core share with each other.
 *
 * The first half is portable C (core/), the second is what a machine's folder (core/x86_64/)
 * brings.  Nothing of it is visible outside: core.o exports the hc_* functions and the entry
 * points only.
 */
#ifndef CORE_CORE_H
#define CORE_CORE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#if !__STDC_HOSTED__
/* Nothing is bound at run time: addresses are relative to the code, which can so be moved. */
#pragma GCC visibility push(hidden)
#endif

#include "../hypercall/hypercall.h"
#include "ranges.h"

#define KIB			1024ul
#define MIB			(1024 * KIB)
#define GIB			(1024 * MIB)
#define NS_PER_SECOND		1000000000ul

#define ARRAY_SIZE(array)	(sizeof(array) / sizeof((array)[0]))
#define __noreturn		__attribute__((noreturn))
#define __printf_like		__attribute__((format(printf, 1, 2)))

static inline unsigned long page_down(unsigned long x)
{
	return x & ~(HC_PAGE_SIZE - 1ul);
}

static inline unsigned long page_up(unsigned long x)
{
	return page_down(x + HC_PAGE_SIZE - 1);
}

/* ------------------------------------------------------------------ x86_64/string.c */

void *memcpy(void *to, const void *from, size_t size);
void *memmove(void *to, const void *from, size_t size);
void *memset(void *to, int value, size_t size);
int memcmp(const void *a, const void *b, size_t size);
size_t strlen(const char *s);

/* ------------------------------------------------------------------ print.c */

/* %s; %u and %x with `l`, a width, and `0`; nothing else.  Any context. */
void print(const char *format, ...) __printf_like;

/* The machine cannot go on: prints "haunch: panic: ..." and a backtrace, and powers off. */
void panic(const char *format, ...) __printf_like __noreturn;

/* A hypercall was called with an argument that it cannot have. */
void bug(const char *function, const char *what, unsigned long value) __noreturn;

/* The status with which the core ends a machine that failed; `haunch run` uses the same. */
#define STATUS_PANIC		125
#define STATUS_MEMORY		1

/* True between panic() and the end: whatever fails now must not be reported at length. */
extern bool panicking;

/* ------------------------------------------------------------------ symbols.c */

struct symbol {
	char name[80];
	unsigned long offset;		/* from the function's first byte */
};

/* Use the table of `size` bytes that tools/symtab made. */
void symbols_init(const void *table, size_t size);

/* The function that holds the address, the image's physical one; false if none is known. */
bool symbol_find(unsigned long address, struct symbol *symbol);

/* Print the address as name+offset, or just in hexadecimal. */
void print_symbol(unsigned long address);

/* ------------------------------------------------------------------ entropy.c */

/* Mix the CPU's random numbers, the loader's data and timing jitter; returns the bits to credit. */
unsigned int entropy_collect(unsigned char seed[HC_ENTROPY_SIZE]);
void entropy_add(const void *data, size_t size);

/* A random number, from as much as there is before any clock or device was set up. */
uint64_t entropy_word(void);

/* ------------------------------------------------------------------ start.c */

/* All RAM that the machine has: sorted, disjoint, whole pages. */
extern struct ranges machine_ram;

/* True from the call of donor_start() on: until then nobody is there to take faults. */
extern bool donor_runs;

extern struct acpi machine_acpi;

/* ------------------------------------------------------------------ the machine's part */

/*
 * Bounds made by the linker script.  The core's own part of the image comes first, complete with
 * its bss, so that it can speak even if RAM ends within the donor's part.
 */
extern const unsigned char image_note[];	/* struct image_note */
extern char image_start[], image_core_text_start[], image_core_text_end[], image_core_rodata_end[],
	image_core_end[], image_text_start[], image_text_end[], image_rodata_end[], image_end[];

static inline bool in_image_text(unsigned long address)
{
	return (address >= (unsigned long)image_core_text_start &&
		address < (unsigned long)image_core_text_end) ||
	       (address >= (unsigned long)image_text_start &&
		address < (unsigned long)image_text_end);
}

/*
 * page.c: the final page tables, and the direct map where `random` says.  Page-table pages are taken
 * from [pool, pool + pool_size).  What hc_va() said before is no address any more.
 */
unsigned long page_pool_size(void);
void page_init(unsigned long pool, unsigned long pool_size, uint64_t random);

/* Where the direct map has what can be read at an address in the space in use; NULL: nothing. */
const void *page_find(unsigned long address);

/* Did the address fault only because this space is older than the mapping?  It has it, then. */
bool page_sync(unsigned long address);

/*
 * Physical memory that firmware tables lie in, for reading; NULL if it cannot be had.  Maps it if
 * it is not RAM; before page_init() it can be had if it is below 1 GiB.
 */
const void *firmware_at(uint64_t physical, uint64_t size);

/* cpu.c */
void cpu_init(void);		/* descriptor tables; then exceptions are reported */
void cpu_set_wall(bool on);	/* before page_init(): programs run in ring 3 */
void cpu_describe(struct hc_start_info *info);

/* irq.c */
void irq_init(void);

/* Add what no device may be placed on: the registers of interrupt controllers. */
void irq_reserve(struct ranges *reserved);

/* console.c */
void console_init(void);
void console_map(void);		/* into the page tables that page_init() has made */
void console_drain(void);	/* wait, up to a minute, until the last character has left */

/* time.c: the clock, then the timer.  After ACPI's tables are known. */
void time_init(void);

/* fpu.c */
void fpu_init(void);

/* random.c */
void timing_sample(void);	/* an access to a slow device, whose duration nobody can foretell */

#endif /* CORE_CORE_H */

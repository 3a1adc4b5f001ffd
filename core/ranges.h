/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * ranges.h - sets of physical memory, as sorted, disjoint, non-adjacent ranges [start, end).
 *
 * Firmware's memory maps come unsorted and overlapping; a union of what is RAM minus a union of
 * what is not gives what can be trusted.
 */
#ifndef CORE_RANGES_H
#define CORE_RANGES_H

#include <stdbool.h>
#include <stdint.h>

#define RANGES_MAX		64

struct range {
	uint64_t start, end;
};

struct ranges {
	unsigned int nr;
	struct range range[RANGES_MAX];
};

/* Make the set hold [start, end).  If the set is full, its smallest range is forgotten. */
void ranges_add(struct ranges *set, uint64_t start, uint64_t end);

/* Make the set hold nothing of [start, end). */
void ranges_remove(struct ranges *set, uint64_t start, uint64_t end);

/* Shrink every range to whole multiples of `unit` (a power of two). */
void ranges_round(struct ranges *set, uint64_t unit);

/* Does the set hold all, or any, of [start, end)?  An empty range is held by no set. */
bool ranges_hold(const struct ranges *set, uint64_t start, uint64_t end);
bool ranges_touch(const struct ranges *set, uint64_t start, uint64_t end);

/*
 * The lowest `size` bytes in the set that end at or below `limit`; ~0 if there are none.
 */
uint64_t ranges_find(const struct ranges *set, uint64_t size, uint64_t limit);

uint64_t ranges_total(const struct ranges *set);

#endif /* CORE_RANGES_H */

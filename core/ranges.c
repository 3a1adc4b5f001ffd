// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * ranges.c - sets of physical memory.
 *
 * Invariant: range[0..nr) are not empty, sorted, disjoint, and do not touch each other.
 */
#include "core.h"

/* Add what is above all that the set has.  If it is full, the smallest range is forgotten, this one perhaps. */
static void append(struct ranges *set, uint64_t start, uint64_t end)
{
	unsigned int smallest = 0;

	if (start >= end)
		return;
	if (set->nr == RANGES_MAX) {
		for (unsigned int i = 1; i < set->nr; i++)
			if (set->range[i].end - set->range[i].start <
			    set->range[smallest].end - set->range[smallest].start)
				smallest = i;
		if (set->range[smallest].end - set->range[smallest].start >= end - start)
			return;
		set->nr--;
		memmove(set->range + smallest, set->range + smallest + 1,
			(set->nr - smallest) * sizeof(set->range[0]));
	}
	set->range[set->nr++] = (struct range){ start, end };
}

/* Each of these makes the set anew, from the lowest range to the highest. */

void ranges_add(struct ranges *set, uint64_t start, uint64_t end)
{
	struct ranges old = *set;
	unsigned int i = 0;

	if (start >= end)
		return;
	set->nr = 0;
	for (; i < old.nr && old.range[i].end < start; i++)
		append(set, old.range[i].start, old.range[i].end);
	for (; i < old.nr && old.range[i].start <= end; i++) {
		if (old.range[i].start < start)
			start = old.range[i].start;
		if (old.range[i].end > end)
			end = old.range[i].end;
	}
	append(set, start, end);
	for (; i < old.nr; i++)
		append(set, old.range[i].start, old.range[i].end);
}

void ranges_remove(struct ranges *set, uint64_t start, uint64_t end)
{
	struct ranges old = *set;

	if (start >= end)
		return;
	set->nr = 0;
	for (unsigned int i = 0; i < old.nr; i++) {
		struct range r = old.range[i];

		append(set, r.start, r.end < start ? r.end : start);
		append(set, r.start > end ? r.start : end, r.end);
	}
}

void ranges_round(struct ranges *set, uint64_t unit)
{
	struct ranges old = *set;

	set->nr = 0;
	for (unsigned int i = 0; i < old.nr; i++) {
		uint64_t start = (old.range[i].start + unit - 1) & ~(unit - 1);

		if (start >= old.range[i].start)	/* it did not go around */
			append(set, start, old.range[i].end & ~(unit - 1));
	}
}

bool ranges_hold(const struct ranges *set, uint64_t start, uint64_t end)
{
	for (unsigned int i = 0; i < set->nr; i++)
		if (start >= set->range[i].start && end <= set->range[i].end)
			return start < end;
	return false;
}

bool ranges_touch(const struct ranges *set, uint64_t start, uint64_t end)
{
	for (unsigned int i = 0; i < set->nr; i++)
		if (start < set->range[i].end && end > set->range[i].start)
			return start < end;
	return false;
}

uint64_t ranges_find(const struct ranges *set, uint64_t size, uint64_t limit)
{
	for (unsigned int i = 0; i < set->nr; i++) {
		uint64_t end = set->range[i].end < limit ? set->range[i].end : limit;

		if (end > set->range[i].start && end - set->range[i].start >= size)
			return set->range[i].start;
	}
	return ~0ull;
}

uint64_t ranges_total(const struct ranges *set)
{
	uint64_t total = 0;

	for (unsigned int i = 0; i < set->nr; i++)
		total += set->range[i].end - set->range[i].start;
	return total;
}

// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * ranges.c - sets of physical memory.
 *
 * Invariant: range[0..nr) are not empty, sorted, disjoint, and do not touch each other.
 */
#include "ranges.h"

static void delete_at(struct ranges *set, unsigned int i, unsigned int count)
{
	set->nr -= count;
	for (; i < set->nr; i++)
		set->range[i] = set->range[i + count];
}

/* Returns false if the new range is smaller than all there are and was therefore forgotten. */
static bool insert_at(struct ranges *set, unsigned int i, uint64_t start, uint64_t end)
{
	unsigned int j;

	if (set->nr == RANGES_MAX) {
		unsigned int smallest = 0;

		for (j = 1; j < set->nr; j++)
			if (set->range[j].end - set->range[j].start <
			    set->range[smallest].end - set->range[smallest].start)
				smallest = j;
		if (set->range[smallest].end - set->range[smallest].start >= end - start)
			return false;
		delete_at(set, smallest, 1);
		if (smallest < i)
			i--;
	}
	for (j = set->nr; j > i; j--)
		set->range[j] = set->range[j - 1];
	set->range[i] = (struct range){ start, end };
	set->nr++;
	return true;
}

void ranges_add(struct ranges *set, uint64_t start, uint64_t end)
{
	unsigned int first = 0, past;

	if (start >= end)
		return;
	while (first < set->nr && set->range[first].end < start)
		first++;
	for (past = first; past < set->nr && set->range[past].start <= end; past++) {
		if (set->range[past].start < start)
			start = set->range[past].start;
		if (set->range[past].end > end)
			end = set->range[past].end;
	}
	if (past == first) {
		insert_at(set, first, start, end);
		return;
	}
	set->range[first] = (struct range){ start, end };
	delete_at(set, first + 1, past - first - 1);
}

void ranges_remove(struct ranges *set, uint64_t start, uint64_t end)
{
	unsigned int i = 0;

	if (start >= end)
		return;
	while (i < set->nr && set->range[i].start < end) {
		struct range old = set->range[i];

		if (old.end <= start) {
			i++;
		} else if (old.start >= start && old.end <= end) {
			delete_at(set, i, 1);
		} else if (old.start < start) {
			set->range[i].end = start;
			i++;
			if (old.end > end)
				insert_at(set, i, end, old.end);
			if (old.end >= end)
				return;
		} else {
			set->range[i].start = end;
			return;
		}
	}
}

void ranges_round(struct ranges *set, uint64_t unit)
{
	unsigned int i = 0;

	while (i < set->nr) {
		struct range *r = &set->range[i];
		uint64_t end = r->end & ~(unit - 1);
		uint64_t start = (r->start + unit - 1) & ~(unit - 1);

		/* start < r->start: it went around */
		if (start < r->start || start >= end) {
			delete_at(set, i, 1);
			continue;
		}
		*r = (struct range){ start, end };
		i++;
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

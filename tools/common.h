/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * common.h - what the host tools have in common: messages, memory, files.
 *
 * A tool that cannot go on says so in one line on stderr and ends: die() with status 1, usage()
 * (the command line is wrong) with status 2.
 */
#ifndef TOOLS_COMMON_H
#define TOOLS_COMMON_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#define ARRAY_SIZE(a)		(sizeof(a) / sizeof((a)[0]))
#define PAGE_SIZE		4096ul
#define ALIGN_UP(x, a) (((x) + (a)-1) & ~((uint64_t)(a)-1))

/* The command in messages: "haunch bake: ...". */
extern const char *tool_name;

/*
 * Functions that remove what is unfinished.  die() calls them, and so do SIGHUP, SIGINT and SIGTERM between
 * clean_up_on_signals(true) and (false), unless they were ignored; then the signal ends the process.
 */
void clean_up_by(void (*function)(void));
void clean_up_on_signals(bool on);

void die(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
void usage(const char *format, ...) __attribute__((noreturn, format(printf, 1, 2)));
void note(const char *format, ...) __attribute__((format(printf, 1, 2)));

void *xmalloc(size_t size);
void *xrealloc(void *old, size_t size);
char *xstrdup(const char *s);
char *xprintf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* Is there a program of that name in $PATH?  Where?  NULL: it is in none of the folders. */
bool in_path(const char *program);
char *find_in_path(const char *program);

/* A whole file mapped read-only.  An empty file has data NULL and size 0. */
struct view {
	const uint8_t *data;
	uint64_t size;
};

struct view view_open(const char *path);
void view_close(struct view *view);

/* Are [offset, offset + length) inside the view? */
static inline bool view_has(const struct view *view, uint64_t offset, uint64_t length)
{
	return offset <= view->size && length <= view->size - offset;
}

/* Print text from an untrusted file: what is not printable is shown as \xNN. */
void put_safe(const char *text, size_t length);

#endif /* TOOLS_COMMON_H */

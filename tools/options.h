/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * options.h - the options of the commands.
 *
 * Each command has one table of them, popt's, from which its words are parsed and its help is made.
 * What several commands know means the same in all of them: those are in tables of their own.
 */
#ifndef TOOLS_OPTIONS_H
#define TOOLS_OPTIONS_H

#include <popt.h>

#include "common.h"

struct command {
	const char *name;
	int (*main)(int argc, const char **argv);	/* argv[0] is the command */
	const char *usage;		/* lines */
	const char *about;		/* paragraphs, with an empty line between two */
	const struct poptOption *options;
	const char *notes;		/* one more paragraph, or NULL */
};

/* Rows of a table.  `id` is what options_next() returns, a letter or one of enum option. */
#define OPTION_VALUE(name, letter, id, argument, text) \
	{                                                               \
		name, letter, POPT_ARG_STRING, NULL, id, text, argument \
	}
#define OPTION_FLAG(name, letter, id, text)                       \
	{                                                         \
		name, letter, POPT_ARG_NONE, NULL, id, text, NULL \
	}
#define OPTION_TABLE(table, heading) \
	{                                                                             \
		NULL, '\0', POPT_ARG_INCLUDE_TABLE, (void *)(table), 0, heading, NULL \
	}
/* Every table's last rows. */
#define OPTION_END \
	{ "help", 'h', POPT_ARG_NONE | POPT_ARGFLAG_DOC_HIDDEN, NULL, 'h', NULL, NULL }, \
		POPT_TABLEEND

enum option {
	OPTION_IP = 256,
	OPTION_MOUNT,
	OPTION_RESTART,
	OPTION_STOP_SIGNAL,
	OPTION_STOP_TIMEOUT,
	OPTION_OPEN_FILES,
	OPTION_BARE,
	OPTION_ENV_FILE,
	OPTION_HOSTNAME,
	OPTION_READ_ONLY,
	OPTION_FULL,
	OPTION_PULL,
	OPTION_IN_MEMORY,
	OPTION_STRACE,
	OPTION_TRACE_LIBRARIES,
	OPTION_DIR,
	OPTION_OWN,			/* the first of a command's own numbers */
};

/* The words of a command line. */
struct words {
	const char *command;
	poptContext context;
	const char **operands;		/* what is no option, once options_next() has returned -1 */
	unsigned int nr_operands;
	const char **rest;		/* what stands behind the first "--" */
	unsigned int nr_rest;
};

void options_start(struct words *words, int argc, const char **argv,
		   const struct poptOption *options);

/*
 * The next option's id and its value, or NULL; -1 after the last one.  Where an option is unknown or
 * lacks its value, that is a usage error.
 */
int options_next(struct words *words, char **value);

/* Print what `haunch help COMMAND` says, or the table alone: name, letter, argument, text. */
void options_help(const struct command *command);
void options_table(const struct command *command);

/* What an image can be told when it is made, and again when it is run. */
struct settings {
	uint64_t memory;		/* MiB; 0: not given */
	char *kernel_words;		/* for the kernel's command line */
	char *network_words;		/* of --ip; "" if it was not given */
	const char **trees;		/* -d */
	unsigned int nr_trees;
	const char **environment;	/* -e */
	unsigned int nr_environment;
	bool bare;			/* --bare */
	bool full, pull, in_memory, strace, trace_libraries;
	const char *kernel;		/* -k, or NULL */
};

/* For whoever bakes; -d is short for it where it is not for something else. */
#define OPTION_FILES(letter) \
	OPTION_VALUE("dir", letter, OPTION_DIR, "HOST:GUEST", \
		     "take a file along, or a directory with all that is in it, as GUEST in the " \
		     "image; modes, owners and symlinks are kept; any number")

extern const struct poptOption settings_options[];	/* -c, --mount, --ip... */
extern const struct poptOption recipe_options[];	/* -k, --bare... */

/* Take the option if it is of those tables; returns false if not. */
bool settings_take(struct settings *settings, int option, const char *value);

/* A word for init: haunch.NAME=VALUE, coded so that it is one word of a command line. */
void add_setting(char **words, const char *name, const char *value);

/* Add words, with a space between, to *line, which is allocated. */
void add_words(char **line, const char *words);

/* "64M", "1G", "64": returns MiB.  The option's name is for the message. */
uint64_t parse_memory(const char *option, const char *text);

/* A signal's number, by its name, with or without SIG, or as it is; else a usage error. */
int parse_signal(const char *text);

/* A number from min to max, or a usage error that says `wants`. */
unsigned long parse_number(const char *option, const char *text, unsigned long min,
			   unsigned long max, const char *wants);

/* A list that grows. */
const char **append(const char **list, unsigned int *count, const char *item);

#endif /* TOOLS_OPTIONS_H */

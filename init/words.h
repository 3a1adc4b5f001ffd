/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * words.h - the words of the kernel's command line, and the file that says what to run: for init, and for a
 * kernel that has no init and starts the program itself.  All is done in place, with strlen(), strcmp() and
 * strncmp() only.
 */
#ifndef INIT_WORDS_H
#define INIT_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#define PROGRAM_FILE	"/.haunch/program"
#define MAX_ENVIRONMENT 128 /* on the kernel's command line */
#define MAX_ARGUMENTS	256 /* on the kernel's command line */

struct words {
	char *arguments[MAX_ARGUMENTS], *environment[MAX_ENVIRONMENT];
	unsigned int nr_arguments, nr_environment;
};

/* Cut the next word off, or return NULL; double quotes hold words together, as the kernel has it. */
char *next_word(char **at);

/* Put characters in the place of "%" and two hexadecimal digits; returns the word. */
char *decode(char *word);

/* What follows the name, or NULL if the word does not begin with it. */
char *value_of(char *word, const char *name);

/*
 * Is the word an argument, or a variable, for the program ("--" and all behind it, haunch.argument=, haunch.env=)?
 * behind: "--" was there.  *problem: a line that says why it cannot be taken.
 */
bool word_of_program(struct words *words, char *word, bool *behind, const char **problem);

/* The place in a list of the environment that has the variable of a word "NAME=VALUE", or its end. */
char **find_variable(char **list, const char *word);

/*
 * Split the program file's contents, behind which is a NUL, into its strings, and put those of the command line into
 * their place: arguments, NULL, environment, NULL, in a list of zeros with room for nr_strings().  Returns where the
 * environment begins, or NULL if the file is damaged.
 */
char **program_strings(char *data, size_t size, const struct words *words, char **strings);
unsigned int nr_strings(const char *data, size_t size);

#endif

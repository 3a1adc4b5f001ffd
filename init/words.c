// SPDX-License-Identifier: BSD-2-Clause
// Copyright (c) 2026 The Haunch authors
/*
 * words.c - see words.h.
 */
#include <string.h>

#include "words.h"

char *value_of(char *word, const char *name)
{
	size_t length = strlen(name);

	return strncmp(word, name, length) ? NULL : word + length;
}

char *next_word(char **at)
{
	char *word, *to;
	bool quoted = false;

	while (**at == ' ' || **at == '\n')
		++*at;
	if (!**at)
		return NULL;
	for (word = to = *at; **at; ++*at) {
		if (**at == '"')
			quoted = !quoted;
		else if ((**at == ' ' || **at == '\n') && !quoted)
			break;
		else
			*to++ = **at;
	}
	if (**at)
		++*at;
	*to = '\0';
	return word;
}

/* The digit's value, or -1. */
static int digit(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	c |= 0x20;
	return c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

char *decode(char *word)
{
	char *from, *to;

	for (from = to = word; *from; from++) {
		if (*from == '%' && digit(from[1]) >= 0 && digit(from[2]) >= 0) {
			*to++ = (char)(digit(from[1]) * 16 + digit(from[2]));
			from += 2;
		} else {
			*to++ = *from;
		}
	}
	*to = '\0';
	return word;
}

bool word_of_program(struct words *words, char *word, bool *behind, const char **problem)
{
	char *value = *behind ? word : value_of(word, "haunch.argument=");

	if (!*behind && !strcmp(word, "--")) {
		*behind = true;
	} else if (value && words->nr_arguments == MAX_ARGUMENTS) {
		*problem = "too many arguments on the command line";
	} else if (value) {
		words->arguments[words->nr_arguments++] = *behind ? word : decode(value);
	} else {
		value = value_of(word, "haunch.env=");
		if (value && words->nr_environment == MAX_ENVIRONMENT)
			*problem = "too many haunch.env= on the command line";
		else if (value)
			words->environment[words->nr_environment++] = decode(value);
		return value;
	}
	return true;
}

char **find_variable(char **list, const char *word)
{
	size_t length = 0;

	while (word[length] && word[length] != '=')
		length++;
	for (; *list; list++)
		if (!strncmp(*list, word, length + 1))
			break;
	return list;
}

unsigned int nr_strings(const char *data, size_t size)
{
	const char *at;
	unsigned int nr = 2 + MAX_ARGUMENTS + MAX_ENVIRONMENT;

	for (at = data; at < data + size; at += strlen(at) + 1)
		nr++;
	return nr;
}

static unsigned int number(char **at)
{
	unsigned int n = 0;

	for (; **at >= '0' && **at <= '9'; ++*at)
		n = n * 10 + (unsigned int)(**at - '0');
	*at += **at == ' ';
	return n;
}

char **program_strings(char *data, size_t size, const struct words *words, char **strings)
{
	char *at = data, **environment;
	unsigned int nr = number(&at), kept = number(&at), i;

	if (!nr || kept > nr)
		return NULL;
	at = data;
	for (i = 0; i < nr; i++) {
		at += strlen(at) + 1;
		if (at >= data + size)
			return NULL;
		if (i < kept || !words->nr_arguments)
			*strings++ = at;
	}
	for (i = 0; i < words->nr_arguments; i++)
		*strings++ = words->arguments[i];
	environment = ++strings;
	for (at += strlen(at) + 1; at < data + size; at += strlen(at) + 1)
		*strings++ = at;
	for (i = 0; i < words->nr_environment; i++)
		*find_variable(environment, words->environment[i]) = words->environment[i];
	return environment;
}

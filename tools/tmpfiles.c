/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * tmpfiles.c - the folders that packages have systemd make at each boot (tmpfiles.d(5)): those of /run, for
 * the most part.  An image's files are as new at each boot, so they can be in it.
 */
#include <stdlib.h>
#include <string.h>

#include "origin.h"

static const char *const folders[] = { "/usr/lib/tmpfiles.d", "/etc/tmpfiles.d" };

/* A number, or that of a name in /etc/passwd or /etc/group; root's where there is none. */
static unsigned int number_of(struct node *root, const char *file, const char *name)
{
	char *text = name ? account_field(root, file, name, 2) : NULL;
	unsigned int number = strtoul(text ? text : name ? name : "0", NULL, 10);

	free(text);
	return number;
}

/* TYPE PATH [MODE [USER [GROUP [AGE [ARGUMENT]]]]]; "-" is the default. */
static void take_line(struct node *root, char *line)
{
	char *words[5] = { NULL }, *mode, *word;
	struct node *node;
	unsigned int n = 0;

	while (n < ARRAY_SIZE(words) && (word = strsep(&line, " \t\r")))
		if (*word)
			words[n++] = word;
	if (n < 2 || !strchr("dDvqQ", *words[0]) || *words[1] != '/' || strchr(words[1], '%') ||
	    strstr(words[1], ".."))
		return;
	for (n = 2; n < ARRAY_SIZE(words); n++)
		if (words[n] && !strcmp(words[n], "-"))
			words[n] = NULL;
	mode = words[2] ? words[2] + strspn(words[2], "~:") : NULL;
	node = tree_replace(root, words[1],
			    S_IFDIR | (mode ? strtoul(mode, NULL, 8) & 07777 : 0755));
	node->uid = number_of(root, "/etc/passwd", words[3]);
	node->gid = number_of(root, "/etc/group", words[4]);
}

void tmpfiles_add(struct node *root)
{
	char *path, *text, *rest, *line;
	struct node *folder;
	unsigned int i, n;

	for (i = 0; i < ARRAY_SIZE(folders); i++) {
		folder = tree_find(root, folders[i], true);
		for (n = 0; folder && n < folder->nr_children; n++) {
			path = tree_path(folder->children[n]);
			text = tree_text(root, path);
			for (rest = text; (line = strsep(&rest, "\n"));)
				take_line(root, line);
			free(text);
			free(path);
		}
	}
}

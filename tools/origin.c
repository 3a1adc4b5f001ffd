/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * origin.c - whole root file systems that an image can be made of (see origin.h).
 */
#include <errno.h>
#include <sha256.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "origin.h"
#include "tar.h"

static const char *const kinds[] = { "deb:", "rootfs:", "oci:", "docker-archive:", "docker://" };

bool origin_is(const char *word)
{
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(kinds); i++)
		if (!strncmp(word, kinds[i], strlen(kinds[i])))
			return true;
	return false;
}

char *origin_name(const char *word)
{
	static const char plain[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-";
	const char *at = strchr(word, ':') + 1, *slash;
	size_t length;
	char *name;

	at += strspn(at, "/");
	name = xstrdup(at);
	while ((length = strlen(name)) && name[length - 1] == '/')
		name[length - 1] = '\0';
	slash = strrchr(name, '/');
	if (slash)
		memmove(name, slash + 1, strlen(slash + 1) + 1);
	name[strspn(name, plain)] = '\0';
	/* "." and the like */
	if (!name[strspn(name, ".")])
		strcpy(name = xmalloc(5), "root");
	return name;
}

char *origin_cache(const char *build, const char *kind, const char *key)
{
	char digest[SHA256_DIGEST_STRING_LENGTH];

	SHA256Data((const uint8_t *)key, strlen(key), digest);
	return xprintf("%s/roots/%s-%.16s", build, kind, digest);
}

char *origin_program(struct node *root, const char *name)
{
	static const char *const folders[] = {
		"/usr/local/sbin", "/usr/local/bin", "/usr/sbin",  "/usr/bin",
		"/sbin",	   "/bin",	     "/usr/games",
	};
	unsigned int i;

	for (i = 0; i < ARRAY_SIZE(folders); i++) {
		char *path = xprintf("%s/%s", folders[i], name);

		if (tree_find(root, path, true))
			return path;
		free(path);
	}
	return NULL;
}

void origin_keep(const char *from, const char *kept)
{
	char *new = xprintf("%s.new", kept),
	     *folder = xprintf("%.*s", (int)(strrchr(kept, '/') - kept), kept);
	const char *const move[] = { "mv", "-T", from, new, NULL };

	if (mkdir(folder, 0777) && errno != EEXIST)
		die("cannot make %s: %s", folder, strerror(errno));
	remove_tree(new);
	if (child_wait(child_start(move, NULL, "run"))) {
		remove_tree(new);
		die("cannot keep %s: %s", kept, child_error());
	}
	remove_tree(kept);
	if (rename(new, kept))
		die("cannot keep %s: %s", kept, strerror(errno));
	free(folder);
	free(new);
}

/* The number of a Debian or another system that its libraries are of is not looked at. */
static void rootfs_add(struct node *root, const char *path, const struct tree_skip *skip)
{
	struct stat st;

	if (stat(path, &st))
		die("cannot read %s: %s", path, errno == ENOENT ? "no such file" : strerror(errno));
	if (S_ISDIR(st.st_mode))
		tree_add_host(root, path, "/", skip);
	else
		tar_read(root, path, path);
}

/* By skopeo, into a layout in the work folder, which is kept if it has a name. */
static void fetch(struct node *root, const char *word, const struct origin_options *options,
		  struct origin *origin)
{
	bool network = !strncmp(word, "docker://", 9);
	char *kept = network ? origin_cache(options->build, "docker", word) : NULL, *to, *folder;
	const char *arguments[] = {
		"skopeo",
		"--insecure-policy",
		"--override-os=linux",
		"--override-arch=amd64",
		"copy",
		"--quiet",
		word,
		NULL,
		NULL,
	};

	if (kept && !options->pull && !access(kept, F_OK)) {
		oci_add(root, kept, NULL, origin);
		return;
	}
	folder = xprintf("%s/layout", work_folder());
	to = xprintf("oci:%s:image", folder);
	arguments[7] = to;
	if (!network && access(strchr(word, ':') + 1, F_OK) && !strchr(strchr(word, ':') + 1, ':'))
		die("cannot read %s: no such file", strchr(word, ':') + 1);
	child_run(arguments, "roots", xprintf("get %s", word));
	oci_add(root, folder, NULL, origin);
	if (kept)
		origin_keep(folder, kept);
	free(to);
	free(folder);
	free(kept);
}

void origin_add(struct node *root, const char *word, const struct origin_options *options,
		struct origin *origin)
{
	const char *rest = strchr(word, ':') + 1, *colon;

	memset(origin, 0, sizeof(*origin));
	if (!*rest)
		usage("%s wants something behind its colon (see haunch help bake)", word);
	if (!strncmp(word, "deb:", 4)) {
		deb_add(root, rest, options, origin);
	} else if (!strncmp(word, "rootfs:", 7)) {
		rootfs_add(root, rest, options->skip);
	} else if (!strncmp(word, "oci:", 4)) {
		colon = strrchr(rest, ':');
		if (colon && strchr(colon, '/'))
			colon = NULL;
		rest = colon ? xprintf("%.*s", (int)(colon - rest), rest) : xstrdup(rest);
		oci_add(root, rest, colon ? colon + 1 : NULL, origin);
		free((char *)rest);
	} else {
		fetch(root, word, options, origin);
	}
}

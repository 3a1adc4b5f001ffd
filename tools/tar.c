/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * tar.c - the guest's files out of tar archives, and into one (see tar.h).  No archive is trusted.
 */
#include <archive.h>
#include <archive_entry.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "tar.h"

#define WHITEOUT	".wh."
#define OPAQUE		".wh..wh..opq"
#define ARCHIVE_DEVICE	((dev_t)-1)	/* no host file has it */

struct layer {
	struct node *root;
	struct archive *archive;
	unsigned int number;
	const char *name;
};

static ino_t last_identity;

static void damaged(const struct layer *l, const char *words) __attribute__((noreturn));

static void damaged(const struct layer *l, const char *words)
{
	die("%s is damaged: %s", l->name, words ? words : "it is not a tar archive");
}

/* "/" and the path without "." and empty parts; the caller frees it. */
static char *clean(const struct layer *l, const char *path)
{
	char *result, *to;

	if (!path)
		damaged(l, "an entry has no name");
	if (strlen(path) >= PATH_MAX)
		damaged(l, "an entry's name is too long");
	result = to = xmalloc(strlen(path) + 2);
	while (*path) {
		size_t length;

		path += strspn(path, "/");
		length = strcspn(path, "/");
		if (length == 2 && !memcmp(path, "..", 2))
			die("%s holds a path with '..', which could lead out of the root: refused",
			    l->name);
		if (length && !(length == 1 && *path == '.')) {
			*to++ = '/';
			memcpy(to, path, length);
			to += length;
		}
		path += length;
	}
	if (to == result)
		*to++ = '/';
	*to = '\0';
	return result;
}

/* Is it one of the marks that say what a layer takes away? */
static bool take_away(const struct layer *l, char *path)
{
	char *slash = strrchr(path, '/'), *name = slash + 1;
	struct node *node;
	unsigned int i;

	if (strncmp(name, WHITEOUT, strlen(WHITEOUT)))
		return false;
	if (strcmp(name, OPAQUE)) {
		memmove(name, name + strlen(WHITEOUT), strlen(name + strlen(WHITEOUT)) + 1);
		node = *name ? tree_find(l->root, path, false) : NULL;
		if (node && node->parent)
			tree_remove(node);
		return true;
	}
	*slash = '\0';
	node = tree_find(l->root, path, true);
	for (i = node ? node->nr_children : 0; i-- > 0;)
		if (node->children[i]->layer < l->number)
			tree_remove(node->children[i]);
	return true;
}

static void link_to(const struct layer *l, const char *path, const char *target)
{
	char *clean_target = clean(l, target);
	struct node *other = tree_find(l->root, clean_target, false), *node;

	if (!other || S_ISDIR(other->mode))
		damaged(l, "a hard link leads to what is not there");
	free(clean_target);
	node = tree_find(l->root, path, false);
	if (node == other)
		return;
	/* What is in the way could be what it leads to, or hold it. */
	for (struct node *up = other; up; up = up->parent)
		if (up == node)
			damaged(l, "a hard link takes the place of what it leads to");
	node = tree_replace(l->root, path, other->mode);
	node->uid = other->uid;
	node->gid = other->gid;
	node->mtime = other->mtime;
	node->rdev = other->rdev;
	node->size = other->size;
	node->data =
		other->data ? memcpy(xmalloc(other->size + 1), other->data, other->size + 1) : NULL;
	node->source = other->source ? xstrdup(other->source) : NULL;
	node->source_dev = other->source_dev;
	node->source_ino = other->source_ino;
	node->spooled = other->spooled;
	node->layer = l->number;
}

static void read_contents(const struct layer *l, struct node *node)
{
	static char buffer[1 << 16];
	la_ssize_t n;

	node->spooled = tree_spool(NULL, 0);
	while ((n = archive_read_data(l->archive, buffer, sizeof(buffer))) > 0) {
		tree_spool(buffer, n);
		node->size += n;
	}
	if (n < 0)
		damaged(l, archive_error_string(l->archive));
}

static void take_entry(const struct layer *l, struct archive_entry *e)
{
	char *path = clean(l, archive_entry_pathname(e));
	const char *target = archive_entry_hardlink(e), *symlink = archive_entry_symlink(e);
	mode_t mode = archive_entry_mode(e);
	struct node *node;

	if (take_away(l, path)) {
		free(path);
		return;
	}
	if (target) {
		link_to(l, path, target);
		free(path);
		return;
	}
	if (!S_ISREG(mode) && !S_ISDIR(mode) && !S_ISLNK(mode) && !S_ISCHR(mode) &&
	    !S_ISBLK(mode) && !S_ISFIFO(mode)) {
		free(path);
		return;
	}
	if (!strcmp(path, "/") && !S_ISDIR(mode))
		damaged(l, "its root is no directory");
	node = tree_replace(l->root, path, mode);
	node->uid = archive_entry_uid(e);
	node->gid = archive_entry_gid(e);
	node->mtime = archive_entry_mtime(e);
	node->rdev = archive_entry_rdev(e);
	node->layer = l->number;
	node->size = 0;
	free(node->data);
	free(node->source);
	node->data = NULL;
	node->source = xstrdup(l->name);
	node->source_dev = ARCHIVE_DEVICE;
	node->source_ino = ++last_identity;
	if (S_ISLNK(mode)) {
		if (!symlink || !*symlink)
			damaged(l, "a symlink leads nowhere");
		node->data = xstrdup(symlink);
		node->size = strlen(symlink);
	} else if (S_ISREG(mode)) {
		read_contents(l, node);
	}
	free(path);
}

void tar_read(struct node *root, const char *path, const char *name)
{
	static unsigned int number;
	struct layer l = { .root = root, .archive = archive_read_new(), .name = name };
	struct archive_entry *e;
	int result;

	if (!l.archive)
		die("out of memory");
	l.number = ++number;
	archive_read_support_filter_gzip(l.archive);
	archive_read_support_filter_bzip2(l.archive);
	archive_read_support_filter_xz(l.archive);
	archive_read_support_filter_zstd(l.archive);
	archive_read_support_format_tar(l.archive);
	archive_read_support_format_empty(l.archive);
	if (archive_read_open_filename(l.archive, path, 1 << 16))
		damaged(&l, archive_error_string(l.archive));
	while ((result = archive_read_next_header(l.archive, &e)) == ARCHIVE_OK ||
	       result == ARCHIVE_WARN)
		take_entry(&l, e);
	if (result != ARCHIVE_EOF)
		damaged(&l, archive_error_string(l.archive));
	archive_read_free(l.archive);
}

/* ------------------------------------------------------------------ writing */

struct output {
	struct archive *archive;
	const char *problem;
};

static void put_data(void *to, const void *data, size_t size)
{
	struct output *out = to;

	if (!out->problem && size &&
	    archive_write_data(out->archive, data, size) != (la_ssize_t)size)
		out->problem = archive_error_string(out->archive);
}

static void put_node(struct node *node, void *argument)
{
	struct output *out = argument;
	struct archive_entry *e;
	char *path;

	/* A pax archive needs no entry for the root if that is as everybody's. */
	if (out->problem)
		return;
	e = archive_entry_new();
	if (!e)
		die("out of memory");
	path = tree_path(node);
	archive_entry_set_pathname(e, node->parent ? path + 1 : "./");
	archive_entry_set_mode(e, node->mode);
	archive_entry_set_uid(e, node->uid);
	archive_entry_set_gid(e, node->gid);
	archive_entry_set_mtime(e, node->mtime, 0);
	archive_entry_set_rdev(e, node->rdev);
	if (S_ISLNK(node->mode))
		archive_entry_set_symlink(e, node->data);
	else if (S_ISREG(node->mode) && node->first->written_as)
		archive_entry_set_hardlink(e, node->first->written_as);
	else if (S_ISREG(node->mode))
		archive_entry_set_size(e, node->size);
	if (archive_write_header(out->archive, e) < ARCHIVE_WARN)
		out->problem = archive_error_string(out->archive);
	if (S_ISREG(node->mode) && !node->first->written_as) {
		tree_contents(node, put_data, out);
		node->first->written_as = path;
	} else {
		free(path);
	}
	archive_entry_free(e);
}

const char *tar_write(struct node *root, int fd)
{
	struct output out = { .archive = archive_write_new() };

	if (!out.archive)
		die("out of memory");
	archive_write_set_format_pax_restricted(out.archive);
	archive_write_set_options(out.archive, "hdrcharset=BINARY");
	archive_write_add_filter_none(out.archive);
	if (archive_write_open_fd(out.archive, fd))
		return archive_error_string(out.archive);
	tree_number(root);
	tree_walk(root, put_node, &out);
	if (!out.problem && archive_write_close(out.archive))
		out.problem = archive_error_string(out.archive);
	/* The words are the archive's own. */
	if (!out.problem)
		archive_write_free(out.archive);
	return out.problem;
}

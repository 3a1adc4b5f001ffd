/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * tree.h - the guest's files: a tree in memory, filled from host files, written as a cpio archive.
 *
 * Nodes only remember where a file's contents come from; contents are read when the archive is
 * written.  Guest paths are absolute; symlinks that are part of the tree are followed inside it,
 * so that "/bin/x" lands in /usr/bin where a tree has /bin -> usr/bin.
 */
#ifndef TOOLS_TREE_H
#define TOOLS_TREE_H

#include <sys/stat.h>

#include "common.h"

struct node {
	char *name;			/* "" for the root */
	struct node *parent;		/* the root's is NULL */
	struct node **children;		/* sorted by name */
	unsigned int nr_children;
	bool given;			/* by the user, not made up to hold something else */

	mode_t mode;
	uid_t uid;
	gid_t gid;
	int64_t mtime;
	dev_t rdev;			/* of a device node */
	uint64_t size;			/* of a file's contents or a symlink's target */
	char *data;			/* those bytes, or NULL: read them from `source` */
	char *source;			/* host path, for messages too; NULL: made by us */
	dev_t source_dev;		/* identity of the host file: finds hard links */
	ino_t source_ino;
	off_t spooled;			/* where the contents are in the spool; -1: they are not there */
	unsigned int layer;		/* of the container image that it comes from */
	bool kept;			/* deb.c: a package that stays has it */

	/* Used by tree_write() and tar_write(). */
	unsigned int inode, links;
	struct node *first;		/* of the nodes that are one hard-linked file; or itself */
	unsigned int links_left;	/* in the first: names still to be written */
	char *written_as;		/* in the first, in a tar archive */
};

/* What is not to be taken into a tree, for it is what is being written. */
struct tree_skip {
	dev_t dev;
	ino_t ino;
};

struct node *tree_new(void);

/* The node at a guest path, or NULL.  follow: also the last component if it is a symlink. */
struct node *tree_find(struct node *root, const char *path, bool follow);

/* Add a host file, or a directory with all that is in it; what is there already is replaced. */
void tree_add_host(struct node *root, const char *host, const char *guest,
		   const struct tree_skip *skip);

/* Add something of our own, root's, which replaces a file but not a directory. */
struct node *tree_add(struct node *root, const char *guest, mode_t mode, const void *data,
		      uint64_t size);

/*
 * A node for an entry of an archive: what was at the path goes, unless both are directories.  Symlinks
 * on the way are followed inside the tree, so no path leads out of it.
 */
struct node *tree_replace(struct node *root, const char *guest, mode_t mode);

/* Take it, and all that is below, out of the tree. */
void tree_remove(struct node *node);

/* A file's contents, NUL-terminated; the caller frees them.  NULL: there is no such file. */
char *tree_text(struct node *root, const char *path);

/* Contents that came out of an archive are in one file without a name.  Dies if there is no room. */
off_t tree_spool(const void *data, size_t size);

/* Give a file's contents to `put`, piece by piece; dies if they changed since they were looked at. */
void tree_contents(const struct node *node, void (*put)(void *to, const void *data, size_t size),
		   void *to);

/* The first bytes of a file's contents.  Returns false if it is no file, or has less. */
bool tree_head(const struct node *node, void *buffer, size_t size);

/* Give every node an inode number; the names of one file share theirs, and `first`. */
void tree_number(struct node *root);

/* The guest path of a node; the caller frees it. */
char *tree_path(const struct node *node);

/* Call for every node, parents first, in the order of names. */
void tree_walk(struct node *node, void (*visit)(struct node *node, void *argument), void *argument);

/* Where tree_write() puts its bytes; must not return if it cannot. */
struct sink {
	void (*write)(struct sink *sink, const void *data, size_t size);
	uint64_t written;
};

/* Write the tree as a newc cpio archive. */
void tree_write(struct node *root, struct sink *sink);

#endif /* TOOLS_TREE_H */

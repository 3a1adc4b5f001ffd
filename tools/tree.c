/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * tree.c - the guest's files (see tree.h).
 *
 * The archive is cpio's "newc" format, which Linux unpacks by itself (initramfs).  Hard links are
 * entries with the same inode number; the contents come with the last of them, as cpio(1) does it.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "tree.h"

#define MAX_SYMLINKS	40		/* as Linux has it */

struct node *tree_new(void)
{
	struct node *root = xmalloc(sizeof(*root));

	memset(root, 0, sizeof(*root));
	root->name = xstrdup("");
	root->mode = S_IFDIR | 0755;
	root->spooled = -1;
	return root;
}

/* Index of the child, or where it would have to be inserted. */
static unsigned int child_index(const struct node *dir, const char *name, size_t length,
				bool *found)
{
	unsigned int low = 0, high = dir->nr_children;

	*found = false;
	while (low < high) {
		unsigned int middle = (low + high) / 2;
		const char *other = dir->children[middle]->name;
		int order = strncmp(other, name, length);

		if (!order && other[length])
			order = 1;
		if (!order) {
			*found = true;
			return middle;
		}
		if (order < 0)
			low = middle + 1;
		else
			high = middle;
	}
	return low;
}

static struct node *child_find(const struct node *dir, const char *name, size_t length)
{
	bool found;
	unsigned int i = child_index(dir, name, length, &found);

	return found ? dir->children[i] : NULL;
}

static struct node *child_make(struct node *dir, const char *name, size_t length)
{
	bool found;
	unsigned int i = child_index(dir, name, length, &found);
	struct node *node;

	if (found)
		return dir->children[i];
	if (!(dir->nr_children & (dir->nr_children + 1)))
		dir->children = xrealloc(dir->children,
					 (dir->nr_children + 1) * 2 * sizeof(*dir->children));
	memmove(dir->children + i + 1, dir->children + i,
		(dir->nr_children - i) * sizeof(*dir->children));
	node = tree_new();
	free(node->name);
	node->name = xmalloc(length + 1);
	memcpy(node->name, name, length);
	node->name[length] = '\0';
	node->parent = dir;
	dir->children[i] = node;
	dir->nr_children++;
	return node;
}

char *tree_path(const struct node *node)
{
	char *parent, *path;

	if (!node->parent)
		return xstrdup("/");
	if (!node->parent->parent)
		return xprintf("/%s", node->name);
	parent = tree_path(node->parent);
	path = xprintf("%s/%s", parent, node->name);
	free(parent);
	return path;
}

/*
 * Walk from `at` along the path.  make: create what is missing as directories.  Returns NULL if it
 * is not there; dies if something in the way is not a directory and make is set.
 */
static struct node *walk(struct node *root, struct node *at, const char *path, bool make,
			 bool follow, unsigned int depth)
{
	if (*path == '/')
		at = root;
	while (*path) {
		struct node *next;
		size_t length;

		path += strspn(path, "/");
		length = strcspn(path, "/");
		if (!length)
			break;
		if (!S_ISDIR(at->mode)) {
			if (make)
				die("%s is a file in the image: nothing can be put below it",
				    tree_path(at));
			return NULL;
		}
		if (length == 1 && path[0] == '.') {
			next = at;
		} else if (length == 2 && !memcmp(path, "..", 2)) {
			next = at->parent ? at->parent : root;
		} else {
			next = child_find(at, path, length);
			if (!next && !make)
				return NULL;
			if (!next)
				next = child_make(at, path, length);
		}
		path += length;
		if (S_ISLNK(next->mode) && (follow || path[strspn(path, "/")])) {
			if (depth >= MAX_SYMLINKS)
				die("too many symlinks in the image at %s", tree_path(next));
			next = walk(root, at, next->data, make, true, depth + 1);
			if (!next)
				return NULL;
		}
		at = next;
	}
	return at;
}

struct node *tree_find(struct node *root, const char *path, bool follow)
{
	return walk(root, root, path, false, follow, 0);
}

/* The node for a guest path: its parents are made, the node itself is new or what was there. */
static struct node *place(struct node *root, const char *guest)
{
	const char *slash, *end = guest + strlen(guest);
	struct node *parent;
	char *dir;

	while (end > guest && end[-1] == '/')
		end--;
	if (end == guest)
		return root;
	for (slash = end; slash > guest && slash[-1] != '/'; slash--)
		;
	dir = xmalloc(slash - guest + 1);
	memcpy(dir, guest, slash - guest);
	dir[slash - guest] = '\0';
	parent = walk(root, root, dir, true, true, 0);
	free(dir);
	if (!S_ISDIR(parent->mode))
		die("%s is a file in the image: nothing can be put below it", tree_path(parent));
	return child_make(parent, slash, end - slash);
}

static bool is_new(const struct node *node)
{
	return !node->given && !node->nr_children;
}

struct node *tree_add(struct node *root, const char *guest, mode_t mode, const void *data,
		      uint64_t size)
{
	struct node *node = place(root, guest);

	if (S_ISDIR(node->mode) && !S_ISDIR(mode) && !is_new(node))
		die("%s is a directory in the image, but should be a file", guest);
	node->given = true;
	node->mode = mode;
	node->uid = node->gid = 0;
	node->mtime = 0;
	node->source = NULL;
	node->spooled = -1;
	node->size = size;
	node->data = NULL;
	if (!S_ISDIR(mode)) {
		node->data = xmalloc(size + 1);
		memcpy(node->data, data, size);
		node->data[size] = '\0';
	}
	return node;
}

void tree_remove(struct node *node)
{
	struct node *dir = node->parent;
	unsigned int i;
	bool found;

	while (node->nr_children)
		tree_remove(node->children[node->nr_children - 1]);
	if (!dir)
		return;
	i = child_index(dir, node->name, strlen(node->name), &found);
	memmove(dir->children + i, dir->children + i + 1,
		(dir->nr_children - i - 1) * sizeof(*dir->children));
	dir->nr_children--;
	free(node->children);
	free(node->name);
	free(node->data);
	free(node->source);
	free(node);
}

struct node *tree_replace(struct node *root, const char *guest, mode_t mode)
{
	struct node *node = place(root, guest), *dir = node->parent;
	char *name;

	if (dir && !is_new(node) && !(S_ISDIR(node->mode) && S_ISDIR(mode))) {
		name = xstrdup(node->name);
		tree_remove(node);
		node = child_make(dir, name, strlen(name));
		free(name);
	}
	node->given = true;
	node->mode = mode;
	return node;
}

static char *read_symlink(const char *path, uint64_t *length)
{
	size_t size = 256;
	char *target = NULL;
	ssize_t n;

	do {
		size *= 2;
		target = xrealloc(target, size);
		n = readlink(path, target, size);
		if (n < 0)
			die("cannot read the symlink %s: %s", path, strerror(errno));
	} while ((size_t)n == size);
	target[n] = '\0';
	*length = n;
	return target;
}

static int by_name(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static void add_children(struct node *root, struct node *dir, const char *host,
			 const struct tree_skip *skip);

/* Add the host file as the node; the node may be new. */
static void add_node(struct node *root, struct node *node, const char *host, const struct stat *st,
		     const struct tree_skip *skip)
{
	if (S_ISDIR(st->st_mode)) {
		/* A directory of another tree is merged; one that a symlink names is, too. */
		if (S_ISLNK(node->mode)) {
			char *path = tree_path(node);

			node = walk(root, root, path, true, true, 0);
			free(path);
		}
		if (!S_ISDIR(node->mode))
			die("%s is a directory, but %s is a file in the image already", host,
			    tree_path(node));
	} else {
		if (S_ISDIR(node->mode) && !is_new(node))
			die("%s is a file, but %s is a directory in the image already", host,
			    tree_path(node));
		if (S_ISREG(st->st_mode) && access(host, R_OK))
			die("cannot read %s: %s", host, strerror(errno));
	}
	node->given = true;
	node->mode = st->st_mode;
	node->uid = st->st_uid;
	node->gid = st->st_gid;
	node->mtime = st->st_mtime;
	node->rdev = st->st_rdev;
	node->source = xstrdup(host);
	node->source_dev = st->st_dev;
	node->source_ino = st->st_ino;
	node->spooled = -1;
	node->data = NULL;
	node->size = 0;
	if (S_ISREG(st->st_mode))
		node->size = st->st_size;
	else if (S_ISLNK(st->st_mode))
		node->data = read_symlink(host, &node->size);
	else if (S_ISDIR(st->st_mode))
		add_children(root, node, host, skip);
}

static void add_children(struct node *root, struct node *dir, const char *host,
			 const struct tree_skip *skip)
{
	char **names = NULL;
	size_t count = 0, i;
	struct dirent *entry;
	DIR *stream;

	stream = opendir(host);
	if (!stream)
		die("cannot read the directory %s: %s", host, strerror(errno));
	while (errno = 0, (entry = readdir(stream))) {
		if (!strcmp(entry->d_name, ".") || !strcmp(entry->d_name, ".."))
			continue;
		if (!(count & (count - 1)))
			names = xrealloc(names, (count ? count * 2 : 1) * sizeof(*names));
		names[count++] = xstrdup(entry->d_name);
	}
	if (errno)
		die("cannot read the directory %s: %s", host, strerror(errno));
	closedir(stream);
	if (count)
		qsort(names, count, sizeof(*names), by_name);
	for (i = 0; i < count; i++) {
		char *path =
			xprintf("%s%s%s", host, host[strlen(host) - 1] == '/' ? "" : "/", names[i]);
		struct stat st;

		if (lstat(path, &st))
			die("cannot read %s: %s", path, strerror(errno));
		if (skip && st.st_dev == skip->dev && st.st_ino == skip->ino)
			note("%s is left out of the image: it is the image itself", path);
		else
			add_node(root, child_make(dir, names[i], strlen(names[i])), path, &st,
				 skip);
		free(path);
		free(names[i]);
	}
	free(names);
}

void tree_add_host(struct node *root, const char *host, const char *guest,
		   const struct tree_skip *skip)
{
	struct stat st;

	/* The path itself may be a symlink to what is meant; below it symlinks stay symlinks. */
	if (stat(host, &st))
		die("cannot read %s: %s", host, strerror(errno));
	if (S_ISDIR(st.st_mode))
		add_node(root, walk(root, root, guest, true, true, 0), host, &st, skip);
	else
		add_node(root, place(root, guest), host, &st, skip);
}

void tree_walk(struct node *node, void (*visit)(struct node *node, void *argument), void *argument)
{
	unsigned int i;

	visit(node, argument);
	for (i = 0; i < node->nr_children; i++)
		tree_walk(node->children[i], visit, argument);
}

/* ------------------------------------------------------------------ contents */

static int spool = -1;
static off_t spool_size;

off_t tree_spool(const void *data, size_t size)
{
	const char *folder = getenv("TMPDIR");
	off_t at = spool_size;
	char *name;

	if (!folder || !*folder)
		folder = "/tmp";
	if (spool < 0) {
		name = xprintf("%s/.haunch-files-XXXXXX", folder);
		spool = mkostemp(name, O_CLOEXEC);
		if (spool < 0 || unlink(name))
			die("cannot write a temporary file in %s: %s", folder, strerror(errno));
		free(name);
	}
	while (size) {
		ssize_t n = pwrite(spool, data, size, spool_size);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			die("cannot write a temporary file in %s: %s", folder,
			    n ? strerror(errno) : strerror(ENOSPC));
		data = (const char *)data + n;
		size -= n;
		spool_size += n;
	}
	return at;
}

static int open_source(const struct node *node)
{
	struct stat st;
	int fd;

	if (node->spooled >= 0)
		return spool;
	fd = open(node->source, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (fd < 0 || fstat(fd, &st))
		die("cannot read %s: %s", node->source, strerror(errno));
	if (st.st_ino != node->source_ino || st.st_dev != node->source_dev ||
	    (uint64_t)st.st_size != node->size)
		die("%s changed while the image was made: try again", node->source);
	return fd;
}

/* The first so many bytes of a file's contents. */
static void take_first(const struct node *node, uint64_t left,
		       void (*take)(void *to, const void *data, size_t size), void *to)
{
	static char buffer[1 << 16];
	off_t at = node->spooled >= 0 ? node->spooled : 0;
	int fd;

	if (node->data || !left) {
		take(to, node->data, left);
		return;
	}
	fd = open_source(node);
	while (left) {
		ssize_t n = pread(fd, buffer, left < sizeof(buffer) ? left : sizeof(buffer), at);

		if (n < 0)
			die("cannot read %s: %s", node->source, strerror(errno));
		if (!n)
			die("%s changed while the image was made: try again", node->source);
		take(to, buffer, n);
		left -= n;
		at += n;
	}
	if (fd != spool)
		close(fd);
}

void tree_contents(const struct node *node, void (*take)(void *to, const void *data, size_t size),
		   void *to)
{
	take_first(node, node->size, take, to);
}

static void take_text(void *to, const void *data, size_t size)
{
	char **end = to;

	if (size)
		memcpy(*end, data, size);
	*end += size;
}

char *tree_text(struct node *root, const char *path)
{
	struct node *node = tree_find(root, path, true);
	char *text, *end;

	if (!node || !S_ISREG(node->mode) || node->size > 1u << 30)
		return NULL;
	text = end = xmalloc(node->size + 1);
	tree_contents(node, take_text, &end);
	*end = '\0';
	return text;
}

bool tree_head(const struct node *node, void *buffer, size_t size)
{
	char *end = buffer;

	if (!S_ISREG(node->mode) || node->size < size)
		return false;
	take_first(node, size, take_text, &end);
	return true;
}

/* ------------------------------------------------------------------ cpio */

struct list {
	struct node **nodes;
	size_t count;
};

static void collect(struct node *node, void *argument)
{
	struct list *list = argument;

	if (!(list->count & (list->count - 1)))
		list->nodes = xrealloc(list->nodes,
				       (list->count ? list->count * 2 : 1) * sizeof(*list->nodes));
	list->nodes[list->count++] = node;
}

static int by_source(const void *a, const void *b)
{
	const struct node *x = *(struct node *const *)a, *y = *(struct node *const *)b;

	if (x->source_dev != y->source_dev)
		return x->source_dev < y->source_dev ? -1 : 1;
	if (x->source_ino != y->source_ino)
		return x->source_ino < y->source_ino ? -1 : 1;
	return 0;
}

void tree_number(struct node *root)
{
	struct list list = { NULL, 0 };
	size_t first, end, i;

	tree_walk(root, collect, &list);
	for (i = 0; i < list.count; i++) {
		list.nodes[i]->inode = i + 1;
		list.nodes[i]->links = list.nodes[i]->links_left = 1;
		list.nodes[i]->first = list.nodes[i];
	}
	qsort(list.nodes, list.count, sizeof(*list.nodes), by_source);
	for (first = 0; first < list.count; first = end) {
		struct node *node = list.nodes[first];

		for (end = first + 1; end < list.count; end++)
			if (by_source(list.nodes + first, list.nodes + end))
				break;
		if (!node->source || !S_ISREG(node->mode))
			continue;
		for (i = first; i < end; i++) {
			list.nodes[i]->inode = node->inode;
			list.nodes[i]->links = end - first;
			list.nodes[i]->first = node;
		}
		node->links_left = end - first;
	}
	free(list.nodes);
}

static void put(struct sink *sink, const void *data, size_t size)
{
	sink->write(sink, data, size);
	sink->written += size;
}

static void pad(struct sink *sink, unsigned int align)
{
	static const char zeros[4];

	put(sink, zeros, ALIGN_UP(sink->written, align) - sink->written);
}

static void put_header(struct sink *sink, const struct node *node, const char *name, uint64_t size)
{
	size_t name_size = strlen(name) + 1;
	const unsigned int fields[] = {
		node->inode,	   node->mode, node->uid, node->gid, node->links,
		node->mtime,	   size,       0,	  0,	     major(node->rdev),
		minor(node->rdev), name_size,  0,
	};
	char field[9];
	unsigned int i;

	put(sink, "070701", 6);
	for (i = 0; i < ARRAY_SIZE(fields); i++) {
		snprintf(field, sizeof(field), "%08X", fields[i]);
		put(sink, field, 8);
	}
	put(sink, name, name_size);
	pad(sink, 4);
}

static void put_piece(void *to, const void *data, size_t size)
{
	put(to, data, size);
}

static void write_node(struct node *node, void *argument)
{
	struct sink *sink = argument;
	uint64_t size = 0;
	char *path;

	if (S_ISLNK(node->mode) || (S_ISREG(node->mode) && --node->first->links_left == 0))
		size = node->size;
	if (size > UINT32_MAX)
		die("%s is larger than 4 GiB, which an image cannot hold: put it on a disk "
		    "(haunch run --disk)",
		    node->source ? node->source : node->name);
	path = tree_path(node);
	put_header(sink, node, node->parent ? path + 1 : ".", size);
	free(path);
	if (size)
		tree_contents(node, put_piece, sink);
	pad(sink, 4);
}

void tree_write(struct node *root, struct sink *sink)
{
	static const struct node trailer = { .links = 1 };

	tree_number(root);
	tree_walk(root, write_node, sink);
	put_header(sink, &trailer, "TRAILER!!!", 0);
}

/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * libraries.c - the interpreter and the shared libraries of a dynamic executable.
 *
 * Which libraries those are, and where, only the dynamic linker itself knows for sure (run paths,
 * its cache, its own folders), so it is asked: `ld.so --list PROGRAM` maps the files, but does not
 * run any of their code.  An interpreter is code that the program's author chose, so only those
 * that are the system's own are ever started; who gives another one gives its libraries, too.
 *
 * The guest has neither the host's cache nor, perhaps, the program at the place that its run path
 * starts from.  A library from anywhere but the linker's own folders is therefore put into one of
 * those as well, by a hard link.
 */
#include <errno.h>
#include <fcntl.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "libraries.h"

extern char **environ;

/* The interpreters that may be started, and the folders that each looks into by itself. */
static const struct linker {
	const char *path;
	const char *folders[6];		/* the first one is where a library from elsewhere goes */
	bool glibc;
} linkers[] = {
	{ "/lib64/ld-linux-x86-64.so.2",
	  { "/usr/lib/x86_64-linux-gnu", "/lib/x86_64-linux-gnu", "/lib64", "/usr/lib64", "/lib",
	    "/usr/lib" },
	  true },
	{ "/lib/ld-musl-x86_64.so.1", { "/usr/lib", "/lib", "/usr/local/lib" }, false },
};

struct libraries {
	struct node *root;
	const struct linker *linker;
	struct node **nodes;		/* those that were counted */
	unsigned int nr_nodes;
	uint64_t memory;
	bool ends_threads;		/* by pthread_exit() or pthread_cancel() */
};

/*
 * A folder of symlinks to the user's own libraries, by the names that they have in the guest: the
 * linker is told to look there first.
 */
static char *own;
static char **own_links;
static unsigned int nr_own_links;

static void remove_own(void)
{
	while (nr_own_links)
		unlink(own_links[--nr_own_links]);
	if (own)
		rmdir(own);
	own = NULL;
}

/* The addresses that its segments span: that is what the linker maps. */
static uint64_t span(const char *path)
{
	struct view file = view_open(path);
	uint64_t low = UINT64_MAX, high = 0;
	struct elf64 elf;
	unsigned int i;

	if (!elf64_open(&elf, file)) {
		for (i = 0; i < elf.header.e_phnum; i++) {
			Elf64_Phdr p = elf64_segment(&elf, i);

			if (p.p_type != PT_LOAD)
				continue;
			if (p.p_vaddr < low)
				low = p.p_vaddr;
			if (p.p_vaddr + p.p_memsz > high)
				high = p.p_vaddr + p.p_memsz;
		}
	}
	view_close(&file);
	return high > low ? ALIGN_UP(high - low, PAGE_SIZE) + PAGE_SIZE : 0;
}

/* Parts of glibc that programs open by name, such as those of other languages' compilers (Free Pascal's). */
static const char *const opened[] = { "libpthread.so.0", "libdl.so.2", "librt.so.1", "libm.so.6" };

static bool names(const char *path, const char *text, size_t size)
{
	struct view file = view_open(path);
	bool found = file.size && memmem(file.data, file.size, text, size);

	view_close(&file);
	return found;
}

/* Does it name a function for which glibc opens a library only when it is called? */
static bool ends_threads(const char *path)
{
	static const char exit_name[] = "\0pthread_exit", cancel_name[] = "\0pthread_cancel";

	return names(path, exit_name, sizeof(exit_name)) ||
	       names(path, cancel_name, sizeof(cancel_name));
}

static void count(struct libraries *l, struct node *node)
{
	unsigned int i;

	if (!node->source || !S_ISREG(node->mode))
		return;
	for (i = 0; i < l->nr_nodes; i++)
		if (l->nodes[i]->source_dev == node->source_dev &&
		    l->nodes[i]->source_ino == node->source_ino)
			return;
	l->nodes = xrealloc(l->nodes, (l->nr_nodes + 1) * sizeof(*l->nodes));
	l->nodes[l->nr_nodes++] = node;
	l->memory += span(node->source);
	if (strncmp(node->name, "libc.so", strlen("libc.so")) && ends_threads(node->source))
		l->ends_threads = true;
}

/* Take the host's file along, unless the guest has one there. */
static void add_file(struct libraries *l, const char *host, const char *guest)
{
	struct node *node = tree_find(l->root, guest, true);

	if (!node) {
		tree_add_host(l->root, host, guest, NULL);
		node = tree_find(l->root, guest, true);
	}
	count(l, node);
}

/* Link a file of the guest, if it is one that the host has, into the folder of own libraries. */
static void own_library(const char *name, const struct node *node)
{
	char *link, *target;

	if (!S_ISREG(node->mode) || !node->source)
		return;
	if (!own) {
		const char *dir = getenv("TMPDIR");

		own = xprintf("%s/haunch-bake.XXXXXX", dir && *dir == '/' ? dir : "/tmp");
		if (!mkdtemp(own))
			die("cannot make a temporary directory %s: %s", own, strerror(errno));
		clean_up_by(remove_own);
	}
	link = xprintf("%s/%s", own, name);
	target = realpath(node->source, NULL);
	if (!target || (symlink(target, link) && errno != EEXIST))
		die("cannot link %s to %s: %s", link, node->source, strerror(errno));
	free(target);
	own_links = xrealloc(own_links, (nr_own_links + 1) * sizeof(*own_links));
	own_links[nr_own_links++] = link;
}

/* What the user has put into the linker's folders. */
static void own_libraries(struct libraries *l)
{
	unsigned int i, j;

	for (i = 0; i < ARRAY_SIZE(l->linker->folders) && l->linker->folders[i]; i++) {
		struct node *folder = tree_find(l->root, l->linker->folders[i], true);

		for (j = 0; folder && j < folder->nr_children; j++) {
			char *path = tree_path(folder->children[j]);
			struct node *node = tree_find(l->root, path, true);

			if (node && strstr(folder->children[j]->name, ".so"))
				own_library(folder->children[j]->name, node);
			free(path);
		}
	}
}

struct search {
	struct node *root;
	const char *name;
	struct node *found;
};

static void find_name(struct node *node, void *argument)
{
	struct search *search = argument;

	if (!search->found && !strcmp(node->name, search->name)) {
		char *path = tree_path(node);
		struct node *target = tree_find(search->root, path, true);

		if (target && S_ISREG(target->mode) && target->source)
			search->found = target;
		free(path);
	}
}

/* The linker does not find it: perhaps the user has put it somewhere else. */
static void missing(struct libraries *l, const char *program, const char *name)
{
	struct search search = { .root = l->root, .name = name };
	unsigned int i;

	tree_walk(l->root, find_name, &search);
	for (i = 0; search.found && i < nr_own_links; i++)
		if (!strcmp(strrchr(own_links[i], '/') + 1, name))
			search.found = NULL;
	if (!search.found)
		die("%s needs the library %s, which is not found: install its package, or give "
		    "the file with -d FILE:%s/%s",
		    program, name, l->linker->folders[0],
		    strrchr(name, '/') ? strrchr(name, '/') + 1 : name);
	own_library(name, search.found);
}

static void add_library(struct libraries *l, const char *name, const char *host)
{
	unsigned int i;
	char *guest;

	if (strchr(name, '/')) {	/* asked for by its path; the guest's programs start in / */
		guest = xprintf("%s%s", *name == '/' ? "" : "/", name);
		add_file(l, host, guest);
		free(guest);
		return;
	}
	if (*host == '/' && !(own && !strncmp(host, own, strlen(own))))
		add_file(l, host, host);
	for (i = 0; i < ARRAY_SIZE(l->linker->folders) && l->linker->folders[i]; i++) {
		struct node *node;

		guest = xprintf("%s/%s", l->linker->folders[i], name);
		node = tree_find(l->root, guest, true);
		free(guest);
		if (node) {
			count(l, node);
			return;
		}
	}
	guest = xprintf("%s/%s", l->linker->folders[0], name);
	host = realpath(host, NULL);
	if (!host)
		die("cannot find the library %s: %s", name, strerror(errno));
	add_file(l, host, guest);
	free((char *)host);
	free(guest);
}

/* The name in a line that says "...TEXT<name>: ...", or NULL. */
static char *name_behind(char *line, const char *text)
{
	char *at = strstr(line, text), *end;

	if (!at)
		return NULL;
	at += strlen(text);
	end = strstr(at, ": ");
	return end ? xprintf("%.*s", (int)(end - at), at) : NULL;
}

/* "NAME => PATH (ADDRESS)" or "PATH (ADDRESS)"; returns false if it is neither. */
static bool list_line(struct libraries *l, char *line)
{
	char *arrow, *end = NULL, *next, *host = line;

	arrow = strstr(line, " => ");
	if (arrow) {
		*arrow = '\0';
		host = arrow + 4;
	}
	for (next = host; (next = strstr(next, " (0x")); next++)
		end = next;
	if (!end)
		return !strcmp(line, "statically linked");
	*end = '\0';
	/* Without a path it is the kernel's own (linux-vdso.so.1), which the guest has none of. */
	if (strchr(host, '/') && strcmp(host, l->linker->path))
		add_library(l, line, host);
	return true;
}

/* The environment without the linker's own variables: they could make it do other things. */
static char **linker_environment(void)
{
	size_t size = 0, i, n = 0;
	char **copy;

	while (environ[size])
		size++;
	copy = xmalloc((size + 1) * sizeof(*copy));
	for (i = 0; i < size; i++)
		if (strncmp(environ[i], "LD_", 3))
			copy[n++] = environ[i];
	copy[n] = NULL;
	return copy;
}

/* Start `linker --list program`; returns what it writes. */
static FILE *start_linker(struct libraries *l, const char *program, pid_t *pid)
{
	const char *given = getenv("LD_LIBRARY_PATH");
	char **environment = linker_environment();
	/* Without a slash it would be looked for among the libraries. */
	char *path = xprintf("%s%s", strchr(program, '/') ? "" : "./", program);
	char *folders =
		xprintf("%s%s%s", own ? own : "", own && given ? ":" : "", given ? given : "");
	const char *words[8];
	posix_spawn_file_actions_t actions;
	unsigned int n = 0;
	int pipes[2], error;
	FILE *f;

	words[n++] = l->linker->path;
	/* No variants of libraries for this machine's CPU: the guest's may be another. */
	if (l->linker->glibc) {
		words[n++] = "--glibc-hwcaps-mask";
		words[n++] = "none";
	}
	if (*folders) {
		words[n++] = "--library-path";
		words[n++] = folders;
	}
	words[n++] = "--list";
	words[n++] = path;
	words[n] = NULL;
	if (pipe2(pipes, O_CLOEXEC))
		die("cannot make a pipe: %s", strerror(errno));
	posix_spawn_file_actions_init(&actions);
	posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&actions, pipes[1], 1);
	posix_spawn_file_actions_adddup2(&actions, pipes[1], 2);
	error = posix_spawn(pid, words[0], &actions, NULL, (char **)words, environment);
	if (error)
		die("cannot start the dynamic linker %s: %s", words[0], strerror(error));
	posix_spawn_file_actions_destroy(&actions);
	free(environment);
	free(path);
	free(folders);
	close(pipes[1]);
	f = fdopen(pipes[0], "r");
	if (!f)
		die("out of memory");
	return f;
}

/* Ask the linker what the program needs; returns the name of what it does not find, or NULL. */
static char *list(struct libraries *l, const char *program)
{
	char *line = NULL, *trouble = NULL, *not_found = NULL, **lines = NULL;
	unsigned int nr_lines = 0, i;
	size_t size = 0;
	ssize_t length;
	int status;
	pid_t pid;
	FILE *f;

	f = start_linker(l, program, &pid);
	while ((length = getline(&line, &size, f)) > 0) {
		if (line[length - 1] == '\n')
			line[length - 1] = '\0';
		if (!not_found)
			not_found = name_behind(line, "rror loading shared library ");	/* musl */
		if (!not_found && strstr(line, ": cannot open shared object file"))
			not_found = name_behind(line, ": error while loading shared libraries: ");
		if (*line != '\t') {
			if (!trouble)
				trouble = xstrdup(line);
			continue;
		}
		lines = xrealloc(lines, (nr_lines + 1) * sizeof(*lines));
		lines[nr_lines++] = xstrdup(line + 1);
	}
	fclose(f);
	free(line);
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			die("cannot wait for the dynamic linker: %s", strerror(errno));
	if (!not_found && WIFSIGNALED(status))
		die("the dynamic linker %s crashes on %s: it is damaged", l->linker->path, program);
	if (!not_found && (trouble || status))
		die("the dynamic linker %s refuses %s: %s", l->linker->path, program,
		    trouble ? trouble : "it does not say why");
	for (i = 0; i < nr_lines; i++) {
		if (!not_found && !list_line(l, lines[i]))
			die("the dynamic linker %s says of %s what haunch does not understand: %s",
			    l->linker->path, program, lines[i]);
		free(lines[i]);
	}
	free(lines);
	free(trouble);
	return not_found;
}

/* A library of this machine's that perhaps no file is linked with, if it is there. */
static void add_opened(struct libraries *l, const char *name)
{
	bool found = false;
	unsigned int i;
	char *path;

	for (i = 0; !found && i < ARRAY_SIZE(l->linker->folders) && l->linker->folders[i]; i++) {
		path = xprintf("%s/%s", l->linker->folders[i], name);
		found = tree_find(l->root, path, true);
		free(path);
	}
	for (i = 0; !found && i < ARRAY_SIZE(l->linker->folders) && l->linker->folders[i]; i++) {
		path = xprintf("%s/%s", l->linker->folders[i], name);
		found = !access(path, R_OK);
		if (found)
			add_library(l, name, path);
		free(path);
	}
}

uint64_t add_libraries(struct node *root, const char *program, const char *interpreter)
{
	struct libraries l = { .root = root };
	struct node *given = tree_find(root, interpreter, true);
	unsigned int i;
	char *name;

	for (i = 0; i < ARRAY_SIZE(linkers); i++)
		if (!strcmp(interpreter, linkers[i].path) && !access(interpreter, X_OK))
			l.linker = &linkers[i];
	if (given) {
		/* Of another system than this one, with its libraries: ours would not fit. */
		count(&l, given);
	} else if (l.linker) {
		own_libraries(&l);
		while ((name = list(&l, program))) {
			missing(&l, program, name);
			free(name);
		}
		remove_own();
		/* What glibc unwinds the stacks of threads with. */
		if (l.linker->glibc && (l.ends_threads || ends_threads(program)))
			add_opened(&l, "libgcc_s.so.1");
		for (i = 0; l.linker->glibc && i < ARRAY_SIZE(opened); i++)
			if (names(program, opened[i], strlen(opened[i]) + 1))
				add_opened(&l, opened[i]);
		add_file(&l, interpreter, interpreter);
	} else {
		if (access(interpreter, F_OK))
			die("%s needs the interpreter %s, which is not there: install its package, "
			    "or give it and the libraries with -d",
			    program, interpreter);
		die("%s needs the interpreter %s, which is not one that haunch asks for libraries: "
		    "give it and them with -d",
		    program, interpreter);
	}
	free(l.nodes);
	return l.memory;
}

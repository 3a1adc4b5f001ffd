/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * origin.h - whole root file systems that an image can be made of, and what each says is to be run.
 *
 *	rootfs:DIRECTORY, rootfs:ARCHIVE		as it is; an archive is tar's, compressed or not
 *	deb:PACKAGE[,PACKAGE]...			of Debian packages (deb.c)
 *	oci:LAYOUT[:TAG]				an OCI image layout (oci.c)
 *	docker-archive:FILE[:REFERENCE], docker://...	what skopeo makes a layout of
 */
#ifndef TOOLS_ORIGIN_H
#define TOOLS_ORIGIN_H

#include "tree.h"

struct origin {
	const char **arguments;		/* the program and its arguments; none: the user has to say */
	unsigned int nr_arguments;
	unsigned int nr_kept;		/* of them, the first ones that the user's do not replace */
	const char **environment;	/* "NAME=VALUE" */
	unsigned int nr_environment;
	const char *user;		/* "NAME[:GROUP]", names or numbers; NULL: root */
	const char *directory;		/* NULL: / */
	const char *stop_signal;	/* NULL: SIGTERM */
	unsigned long stop_timeout;	/* seconds; 0: init's own */
	const char **ports;		/* "80/tcp", that it listens to */
	unsigned int nr_ports;
	const char **volumes;		/* directories that are to outlive it */
	unsigned int nr_volumes;
};

struct origin_options {
	const char *build;		/* the folder that keeps what was made or fetched */
	bool full;			/* all of the packages, also what nothing needs */
	bool pull;			/* make or fetch it anew */
	const struct tree_skip *skip;
};

bool origin_is(const char *word);

/* A short name for it, as for an image's file; the caller frees it. */
char *origin_name(const char *word);

/* Put it into the tree, which is empty.  Dies if it cannot. */
void origin_add(struct node *root, const char *word, const struct origin_options *options,
		struct origin *origin);

/* deb.c, oci.c */
void deb_add(struct node *root, const char *packages, const struct origin_options *options,
	     struct origin *origin);
void oci_add(struct node *root, const char *layout, const char *tag, struct origin *origin);

/*
 * unit.c: does a unit's text start something that stays?  *nameless: in the background, and no file is to say
 * which process it is.
 */
bool unit_is_service(const char *text, bool *nameless);

/*
 * Have the machine do what systemd would do to start services, by a shell script.  `files` are guest paths of their
 * .service files, or host paths where `on_host`, or guest paths of scripts of System V's init.  What ends them, and
 * how long that may take, is noted.
 */
struct unit_file {
	char *path;
	bool on_host;
};
void units_add(struct node *root, const struct unit_file *files, unsigned int count,
	       struct origin *origin);

/* The field of a name's line in a guest's /etc/passwd or such (passwd(5)), or NULL; the caller frees it. */
char *account_field(struct node *root, const char *file, const char *name, unsigned int field);

/* tmpfiles.c: the folders that systemd would make at boot. */
void tmpfiles_add(struct node *root);

/* Where a root has the program of that name, by init's own PATH (and among games), or NULL; the caller frees it. */
char *origin_program(struct node *root, const char *name);

/* Move a file or a folder there, which may be another file system, in place of what is there; or die. */
void origin_keep(const char *from, const char *kept);

/* A file that is kept below the build folder: its name tells of what it was made, by a checksum. */
char *origin_cache(const char *build, const char *kind, const char *key);

#endif /* TOOLS_ORIGIN_H */

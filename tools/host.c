/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * host.c - what a program reads of the system that it is on, beside its libraries: certificates, the time
 * zone.  Debian's packages depend on these, or have their library do so; here it is told by what the
 * program is linked with, and by the names that a static one has in it.
 */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "host.h"

#define CERTIFICATES	"/etc/ssl/certs/ca-certificates.crt"
#define OPENSSL_FILE	"/usr/lib/ssl/cert.pem"		/* where Debian's OpenSSL looks */
#define LOCALTIME	"/etc/localtime"
#define ZONES		"/usr/share/zoneinfo/"

struct wants {
	bool certificates, zone;
};

static bool begins(const char *name, const char *with)
{
	return !strncmp(name, with, strlen(with));
}

/* A library says what it is by its name. */
static void look_at_library(struct node *node, void *argument)
{
	struct wants *wants = argument;

	if (begins(node->name, "libssl.so") || begins(node->name, "libgnutls.so"))
		wants->certificates = true;
	if (begins(node->name, "libc.so") || begins(node->name, "ld-musl-"))
		wants->zone = true;
}

/* A static program by what it has in it; Go's and Rust's name these files, too. */
static void look_at_program(const char *path, struct wants *wants)
{
	struct view file = view_open(path);

	if (memmem(file.data, file.size, CERTIFICATES, strlen(CERTIFICATES)) ||
	    memmem(file.data, file.size, OPENSSL_FILE, strlen(OPENSSL_FILE)))
		wants->certificates = true;
	if (memmem(file.data, file.size, LOCALTIME, strlen(LOCALTIME)))
		wants->zone = true;
	view_close(&file);
}

/* Take the host's file along, as `guest`, unless the guest has one or the host none that can be read. */
static void add_file(struct node *root, const char *host, const char *guest)
{
	if (!tree_find(root, guest, false) && !access(host, R_OK))
		tree_add_host(root, host, guest, NULL);
}

static void add_link(struct node *root, const char *guest, const char *target)
{
	if (!tree_find(root, guest, false) && tree_find(root, target, true))
		tree_add(root, guest, S_IFLNK | 0777, target, strlen(target));
}

static void add_zone(struct node *root, const char *zone)
{
	char *local = realpath(LOCALTIME, NULL), *path;

	/* ":Europe/Berlin" is the same; rules such as CET-1CEST are no file, and a path is the user's own. */
	if (zone && *zone == ':')
		zone++;
	if (zone && *zone && *zone != '/' && !strstr(zone, "..")) {
		path = xprintf(ZONES "%s", zone);
		add_file(root, path, path);
		if (strchr(zone, '/') && !tree_find(root, path, true))
			note("there is no time zone %s on this machine (package tzdata): it is UTC",
			     zone);
		free(path);
	}
	/* As Debian has it: programs that want the zone's name read where the link leads to. */
	if (local && begins(local, ZONES) && !tree_find(root, LOCALTIME, false)) {
		add_file(root, local, local);
		add_link(root, LOCALTIME, local);
	} else if (local) {
		add_file(root, local, LOCALTIME);
	}
	free(local);
}

void add_host_files(struct node *root, const char *program, const char *zone)
{
	struct wants wants = { false, false };

	tree_walk(root, look_at_library, &wants);
	look_at_program(program, &wants);
	if (wants.certificates) {
		add_file(root, CERTIFICATES, CERTIFICATES);
		add_link(root, OPENSSL_FILE, CERTIFICATES);
	}
	if (wants.zone)
		add_zone(root, zone);
}

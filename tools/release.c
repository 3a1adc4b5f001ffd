/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * release.c - asks dpkg for the donor's version (see release.h).
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "release.h"

/* What dpkg allows in the names and versions of packages; nothing of it means anything to a shell. */
static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789.+-:~";

/* A command's first word of output, or "". */
static void ask(const char *command, char answer[IMAGE_RELEASE_SIZE])
{
	FILE *f = popen(command, "re");

	answer[0] = '\0';
	if (!f)
		return;
	if (fgets(answer, IMAGE_RELEASE_SIZE, f))
		answer[strspn(answer, letters)] = '\0';
	pclose(f);
}

void release_check(const struct image_note *of, const char *name)
{
	char package[IMAGE_RELEASE_SIZE], *version, installed[IMAGE_RELEASE_SIZE], *command;
	size_t length = strnlen(of->donor, sizeof(of->donor));

	if (length == sizeof(of->donor))
		return;
	memcpy(package, of->donor, length + 1);
	version = strchr(package, ' ');
	if (!version)
		return;
	*version++ = '\0';
	/* The image may be anybody's. */
	if (!*package || *package == '-' || package[strspn(package, letters)] || !*version ||
	    *version == '-' || version[strspn(version, letters)])
		return;
	command = xprintf("dpkg-query -W -f='${Version}\\n' %s 2>/dev/null", package);
	ask(command, installed);
	free(command);
	if (!*installed || !strcmp(installed, version))
		return;
	command = xprintf("dpkg --compare-versions %s gt %s 2>/dev/null", installed, version);
	if (!system(command))
		note("%s is of %s %s, and %s is installed: run haunch build, and bake again", name,
		     package, version, installed);
	free(command);
}

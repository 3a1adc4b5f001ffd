/* SPDX-License-Identifier: BSD-2-Clause */
/* Copyright (c) 2026 The Haunch authors */
/*
 * user.c - whom the program runs as, and where it is found, in the root as the program sees it.
 */
#define _GNU_SOURCE
#include <errno.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "init.h"

static bool is_number(const char *text, unsigned int *number)
{
	unsigned long value;
	char *end;

	value = strtoul(text, &end, 10);
	if (*text < '0' || *text > '9' || *end || value >= UINT_MAX)
		return false;
	*number = value;
	return true;
}

const char *find_user(const char *name, struct user *user)
{
	char text[128], *group;
	struct passwd *entry;
	struct group *other;

	snprintf(text, sizeof(text), "%s", name);
	group = strchr(text, ':');
	if (group)
		*group++ = '\0';
	entry = is_number(text, &user->uid) ? getpwuid(user->uid) : getpwnam(text);
	if (entry) {
		user->uid = entry->pw_uid;
		user->gid = entry->pw_gid;
		user->home = entry->pw_dir;
	} else if (!is_number(text, &user->uid)) {
		return "user";
	}
	if (group && *group) {
		other = is_number(group, &user->gid) ? NULL : getgrnam(group);
		if (other)
			user->gid = other->gr_gid;
		else if (!is_number(group, &user->gid))
			return "group";
	}
	user->groups[0] = user->gid;
	user->nr_groups = 1;
	if (entry && !(group && *group)) {
		user->nr_groups = MAX_GROUPS;
		if (getgrouplist(entry->pw_name, user->gid, user->groups, &user->nr_groups) < 0)
			user->nr_groups = MAX_GROUPS;
	}
	return NULL;
}

void become(const struct user *user)
{
	int i;

	/* It may open them again, by /dev/stdout and the like. */
	for (i = 0; i < 3; i++)
		fchown(i, user->uid, user->gid);
	if (setgroups(user->nr_groups, user->groups) || setgid(user->gid) || setuid(user->uid))
		_exit(126);
}

const char *find_program(const char *name, const char *folders)
{
	static char path[PATH_MAX];
	size_t length;

	for (; *folders; folders += length, folders += *folders == ':') {
		length = strcspn(folders, ":");
		snprintf(path, sizeof(path), "%.*s/%s", (int)length, folders, name);
		if (!access(path, X_OK))
			return path;
	}
	return name;
}
